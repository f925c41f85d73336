"""Frozen values that the boxes of the pipeline hand to each other. No I/O here."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from hashlib import blake2b, sha256
from typing import Any, Literal

JSON = Any
"""A JSON value: None, bool, int, float, str, list of JSON, dict of str to JSON."""

CONTRACTS: dict[str, int] = {"plan": 3, "writing": 4, "rewriting": 1}
"""Numbers that go up when the same inputs give other plans, other choices of text, or other near-duplicates. The engine
has its own."""

LOCK_DIGITS = 8

Severity = Literal["error", "warning", "not_run"]


def canonical(value: JSON) -> str:
    """One line of JSON with sorted keys and no spaces: what is hashed and what stands on disk."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def content_hash(value: JSON) -> str:
    """SHA-256 (hex) of the canonical form."""
    return sha256(canonical(value).encode()).hexdigest()


def strings(value: JSON) -> Iterator[str]:
    """Every string inside a JSON value; keys are none."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from strings(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from strings(part)


def line_id(record_id: str, key: str) -> str:
    """The stable id of a text: record id and eight hex digits of the text's place in the plan.

    The place (`key`) names nodes and stages by id, so the line id survives every edit of the text itself.
    """
    return f"{record_id}_{blake2b(key.encode(), digest_size=4).hexdigest()}"


def lock_of(text: str) -> str:
    """The first 8 hex digits of the SHA-256 of a text in UTF-8: another text has, but for chance, another lock.

    Yarn Spinner's string tables have the same.
    """
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:LOCK_DIGITS]


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault, with its stable code and its place.

    `where` is a JSON path inside the value (``$.nodes[2].choices[0]``); `line` and `column` count from 1, 0 = unknown.
    """

    code: str
    message: str
    hint: str = ""
    path: str = ""
    line: int = 0
    column: int = 0
    where: str = ""
    severity: Severity = "error"

    def __str__(self) -> str:
        place = self.path
        if self.line:
            place += f":{self.line}:{self.column}"
        text = f"{place}: {self.code} {self.message}" if place else f"{self.code} {self.message}"
        if self.where:
            text += f" at {self.where}"
        return f"{text}; {self.hint}" if self.hint else text

    def at(self, path: str) -> Finding:
        """The same finding in this file."""
        return replace(self, path=path)

    def as_json(self) -> dict[str, JSON]:
        return {name: getattr(self, name) for name in self.__slots__ if getattr(self, name)}


@dataclass(frozen=True, slots=True)
class Brief:
    """What is wanted: one record. `row` is a brief's own id, or the ordinal in four digits or more."""

    kind: str
    block: str
    row: str
    ordinal: int
    settings: Mapping[str, JSON] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return f"{self.block}_{self.row}"


@dataclass(frozen=True, slots=True)
class TextContext:
    """What the text checks may know: built from the plan when writing, from record and world when validating."""

    language: str = "en"
    rating: str = "teen"
    avoid: tuple[str, ...] = ()
    unrated: tuple[str, ...] | None = None
    """Words that the rating leaves out; None: those of gamegen's own lists."""
    names: tuple[str, ...] = ()
    """Every name and alias of world and project that a text may use."""
    lines: tuple[str, ...] = ()
    """Example lines of the world; no text may copy one."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The symbolic half of a record: a pure function of world, brief and seed.

    `data` is a JSON value with all that was decided and a copy of every world value that the texts may use.
    `entries` maps the id of each world entry used to its hash.
    """

    kind: str
    id: str
    seed: int
    data: Mapping[str, JSON]
    context: TextContext = field(default_factory=TextContext)
    entries: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sampling:
    """How tokens are drawn (see `gamegen.engine.sampler` for the formula).

    `top_k` 0, `top_p` 1.0 and `min_p` 0.0 switch a filter off; temperature 0 is greedy. Penalties only lower: the
    repetition penalty is at least 1 (1 is off), the frequency penalty, in units of logits, at least 0 (off).
    """

    temperature: float = 0.8
    top_p: float = 0.92
    min_p: float = 0.05
    top_k: int = 0
    repetition_penalty: float = 1.0
    frequency_penalty: float = 0.0


@dataclass(frozen=True, slots=True)
class Request:
    """One piece of text that the plan leaves open.

    key:        the text's place in the record, by ids: ``nodes/hub/lines/0``; unique in the record.
    template:   the prompt template, ``<kind>/<name>.j2``; rendered with `card` and `values` (never with the world).
    card:       kind, who, voice, intent, must ...: the fields of the corpus; every text has one `must`.
    schema:     the schema fragment that the text obeys. A fragment of type string is written free, between quotation
                marks; any other is written as compact JSON and sent back parsed.
    names:      names of which each must stand in the text (agreement with the structured field beside it).
    opening:    words the text begins with, set by the plan; the model writes on from there.
    fallback:   hand-written last resorts of the generator's own, tried before the library's.
    """

    key: str
    template: str
    card: Mapping[str, JSON]
    schema: Mapping[str, JSON]
    values: Mapping[str, JSON] = field(default_factory=dict)
    names: tuple[str, ...] = ()
    opening: str = ""
    sampling: Sampling | None = None
    candidates: int | None = None
    fallback: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Record:
    """One finished record: the JSON document as it stands on disk, provenance and review included."""

    data: Mapping[str, JSON]

    @property
    def id(self) -> str:
        return str(self.data["id"])

    @property
    def kind(self) -> str:
        return str(self.data["kind"])

    def __getitem__(self, name: str) -> JSON:
        return self.data[name]

    def to_line(self) -> str:
        """The record as one line of JSONL, without the line feed."""
        return canonical(self.data)
