"""The pages of docs/checks and the examples in them that can be run."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

FOLDER = Path(__file__).parents[1] / "docs" / "checks"
_EXAMPLE = re.compile(r"^```(json|toml) (gg\d+)(?: (\w+))?\n(.*?)^```", re.MULTILINE | re.DOTALL)
_BASE = re.compile(r"^```json base (\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)


class Example(NamedTuple):
    """language: "json" for a patch to the record of this kind, "toml" for a whole world."""

    page: str
    code: str
    language: str
    kind: str
    source: str


def pages() -> dict[str, str]:
    """Code -> page."""
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("GG*.md"))}


def examples() -> list[Example]:
    return [
        Example(page, match[2].upper(), match[1], match[3] or "", match[4])
        for page, text in pages().items()
        for match in _EXAMPLE.finditer(text)
    ]


@cache
def _bases() -> Mapping[str, str]:
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    return {match[1]: match[2] for match in _BASE.finditer(text)}


def base(kind: str) -> dict[str, Any] | None:
    """The record of a kind that stands in the README."""
    source = _bases().get(kind)
    return json.loads(source) if source is not None else None


def patched(record: Mapping[str, Any], patch: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The record after a JSON Patch (RFC 6902) of the operations add, replace and remove."""
    result: dict[str, Any] = deepcopy(dict(record))
    for step in patch:
        *way, last = step["path"].split("/")[1:]
        holder: Any = result
        for key in way:
            holder = holder[int(key)] if isinstance(holder, list) else holder[key]
        match step["op"]:
            case "remove":
                del holder[int(last) if isinstance(holder, list) else last]
            case "add" if isinstance(holder, list):
                holder.insert(len(holder) if last == "-" else int(last), step["value"])
            case "add" | "replace":
                holder[int(last) if isinstance(holder, list) else last] = step["value"]
            case other:
                raise ValueError(f"no operation {other!r}")
    return result
