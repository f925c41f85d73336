"""The corpus: hand-written examples from card to line, which prompts show to the model and no text may copy."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

from gamegen._random import digest
from gamegen._resources import folder
from gamegen._words import coverage, words
from gamegen.errors import WorldFault
from gamegen.records import JSON

Example = Mapping[str, str]
"""The fields of a card (``kind``, ``who``, ``intent``, ``must`` ...) and ``line``."""

FAITHFUL = 0.6
"""Coverage from which an example counts as saying its `must` in its own words."""


def read_examples(path: Path) -> tuple[Example, ...]:
    """The examples of one JSONL file. Raises WorldFault (GG715) for a line that is no example."""
    found = []
    for number, text in enumerate(path.read_text(encoding="utf-8-sig").split("\n"), 1):
        if not text.strip():
            continue
        try:
            value = json.loads(text)
        except json.JSONDecodeError as error:
            raise _fault(path, number, f"found {error.msg}", error.colno) from error
        if not isinstance(value, dict) or not {"kind", "line"} <= value.keys():
            raise _fault(path, number, f"found {text[:60]}")
        found.append({name: str(field) for name, field in value.items()})
    return tuple(found)


def _fault(path: Path, line: int, found: str, column: int = 1) -> WorldFault:
    return WorldFault.of(
        "GG715",
        f"expected one JSON object with kind, the fields of its card, and line; {found}",
        "see docs/templates.md for the fields",
        path=str(path),
        line=line,
        column=column,
    )


@lru_cache
def shipped() -> tuple[Example, ...]:
    """The examples that come with gamegen."""
    return tuple(
        example
        for path in sorted((folder("templates") / "examples").glob("*.jsonl"))
        for example in read_examples(path)
    )


def choose_examples(
    pool: Iterable[Example], count: int, match: Mapping[str, JSON], without: Iterable[str] = (), voice: str = ""
) -> list[Example]:
    """Up to `count` examples whose fields equal `match`, none whose line is in `without`.

    A pure function of its arguments. Those that say their `must` in its own words come first: a small model copies
    what examples do with it; among these, those whose voice has most traits of `voice`. Among equals the order is by
    hash, so that files and their order do not matter.
    """
    traits = set(words(voice))
    banned = set(without)
    fitting = [
        example
        for example in pool
        if example["line"] not in banned and all(example.get(name) == value for name, value in match.items())
    ]

    def rank(example: Example) -> tuple[bool, int, bytes]:
        shared = len(traits.intersection(words(example.get("voice", "")))) if traits else 0
        return not _faithful(example), -shared, digest("example", example["line"])

    fitting.sort(key=rank)
    return fitting[:count]


def _faithful(example: Example) -> bool:
    return coverage(example.get("must", ""), example["line"]) >= FAITHFUL
