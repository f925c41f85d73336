"""Texts of records: placeholders, and what no script format can hold."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from gamegen.errors import InvalidContent
from gamegen.records import JSON

from . import names
from .script import Shown, Text

_BRACES = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
_UNPRINTABLE = {"Cc", "Cs", "Zl", "Zp"}


def listed(record: Mapping[str, JSON]) -> dict[str, str]:
    """The placeholders of a record with the values they show."""
    return {item["name"]: item["value"] for item in record.get("placeholders", ())}


def template(record: Mapping[str, JSON], text: Mapping[str, JSON]) -> Text:
    """A text of the record, placeholders and doubled braces resolved as `gamegen.play.show` does.

    Raises InvalidContent (GG316) for a placeholder that is not listed or a single brace, GG050 for a text that is not
    one plain line.
    """
    found: list[str | Shown] = []
    known = listed(record)
    source, start = str(text["text"]), 0
    for match in _BRACES.finditer(source):
        found.append(source[start : match.start()])
        start = match.end()
        if match.group() in ("{{", "}}"):
            found.append(match.group()[0])
        elif match.group(1) in known:
            found.append(Shown(names.placeholder(match.group(1))))
        else:
            raise InvalidContent.of(
                "GG316",
                f"record {record['id']}: expected a listed placeholder, found {match.group()!r}",
                "list it, or double the brace",
                where=str(text["id"]),
            )
    found.append(source[start:])
    one_line(source, str(record["id"]), str(text["id"]))
    return Text(_merged(found), str(record["id"]), str(text["id"]))


def literal(value: str, record: str, place: str) -> Text:
    """A string that is shown as it is. Raises InvalidContent (GG050) if it is not one plain line."""
    one_line(value, record, place)
    return Text((value,), record, place)


def one_line(value: str, record: str, place: str) -> None:
    """Raises InvalidContent (GG050) for line breaks, control characters, outer and double spaces: they get lost."""
    printable(value, record, place)
    if value != value.strip() or "  " in value:
        raise refusal(record, place, f"expected one line without outer or double spaces, found {value!r}")


def printable(value: str, record: str, place: str) -> None:
    """Raises InvalidContent (GG050) for line breaks and control characters."""
    if value.isprintable():
        return
    for char in value:
        if unicodedata.category(char) in _UNPRINTABLE:
            raise refusal(record, place, f"expected printable characters, found U+{ord(char):04X}")


def refusal(record: str, place: str, message: str, hint: str = "edit the text") -> Exception:
    """The error for what a format cannot hold at a place."""
    return InvalidContent.of("GG050", f"record {record}: {message}", hint, where=place)


def _merged(parts: list[str | Shown]) -> tuple[str | Shown, ...]:
    """Neighbouring strings as one, empty ones dropped: escaping looks at what a line begins with."""
    merged: list[str | Shown] = []
    for one in parts:
        if isinstance(one, str) and merged and isinstance(merged[-1], str):
            merged[-1] += one
        elif one:
            merged.append(one)
    return tuple(merged)
