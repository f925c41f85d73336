"""What the texts are worth: validity, characters of open text, and the table."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import mean
from typing import Any

from jsonschema import Draft202012Validator

JSON = Any


@dataclass(slots=True)
class Tally:
    """What one side wrote in the rounds so far."""

    texts: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    records: list[int] = field(default_factory=list)
    peak_bytes: int = 0

    def add(self, answer: Mapping[str, JSON]) -> None:
        self.texts += [written["text"] for written in answer["written"]]
        self.seconds.append(answer["seconds"])
        self.records.append(len(answer["written"]))
        self.peak_bytes = max(self.peak_bytes, answer["peak_bytes"])


def parse(text: str) -> JSON:
    """The value of a JSON text. Raises ValueError for what RFC 8259 forbids or leaves open: NaN, duplicate names."""

    def refuse(constant: str) -> JSON:
        raise ValueError(f"{constant} is not JSON")

    def unique(pairs: Sequence[tuple[str, JSON]]) -> dict[str, JSON]:
        if len(found := dict(pairs)) != len(pairs):
            raise ValueError("a name stands twice in one object")
        return found

    return json.loads(text, parse_constant=refuse, object_pairs_hook=unique)


def is_valid(text: str, schema: Mapping[str, JSON]) -> bool:
    try:
        return bool(Draft202012Validator(schema).is_valid(parse(text)))
    except ValueError:
        return False


def open_characters(text: str) -> int | None:
    """Characters of title, summary and objectives; None where the text is no such record."""
    try:
        record = parse(text)
        return len(record["title"]) + len(record["summary"]) + sum(map(len, record["objectives"]))
    except (ValueError, KeyError, TypeError):
        return None


def summary(tally: Tally, schema: Mapping[str, JSON], count_tokens: Callable[[str], int]) -> dict[str, JSON]:
    """The figures of one side. Characters are the mean over the records that parse."""
    seconds, count = sum(tally.seconds), len(tally.texts)
    valid = sum(is_valid(text, schema) for text in tally.texts)
    characters = [found for text in tally.texts if (found := open_characters(text)) is not None]
    tokens = sum(map(count_tokens, tally.texts))
    return {
        "records": count,
        "seconds": round(seconds, 2),
        "records_per_minute": round(60 * count / seconds, 2),
        "valid_share": round(valid / count, 4),
        "valid_per_minute": round(60 * valid / seconds, 2),
        "open_characters_per_record": round(mean(characters), 1) if characters else 0.0,
        "tokens_per_record": round(tokens / count, 1),
        "tokens_per_second": round(tokens / seconds, 1),
        "peak_gigabytes": round(tally.peak_bytes / 1e9, 3),
        "records_per_minute_by_round": [
            round(60 * n / s, 2) for n, s in zip(tally.records, tally.seconds, strict=True)
        ],
    }


COLUMNS = (
    ("records/min", "records_per_minute", ".1f"),
    ("valid", "valid_share", ".0%"),
    ("valid/min", "valid_per_minute", ".1f"),
    ("characters", "open_characters_per_record", ".0f"),
    ("tokens/s", "tokens_per_second", ".1f"),
    ("peak GB", "peak_gigabytes", ".2f"),
    ("load s", "load_seconds", ".1f"),
    ("ours : it", "ratio", ".2f"),
    ("valid : valid", "valid_ratio", ".2f"),
)


def table(sides: Iterable[Mapping[str, JSON]]) -> str:
    """One line for each side, and what was said of it below."""
    rows = [["", *(title for title, _, _ in COLUMNS)]]
    notes = []
    for side in sides:
        cells = ["-" if side.get(key) is None else format(side[key], form) for _, key, form in COLUMNS]
        rows.append([side["label"], *cells])
        chosen = ", ".join(f"{key} {value}" for key, value in side["settings"].items())
        notes.append(f"{side['label']}: {chosen}" + (f"; {side['note']}" if side["note"] else ""))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]) for row in rows]
    return "\n".join([*lines, "", *notes])
