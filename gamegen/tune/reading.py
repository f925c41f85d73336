"""Reads one file of examples: JSONL as the corpus has it, or a spreadsheet (CSV) with the same names as its header."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from gamegen.cards import EXTRAS
from gamegen.errors import HostFailed, InvalidInput
from gamegen.naming import did_you_mean
from gamegen.records import JSON, Finding
from gamegen.tune.lessons import Lesson

Fields = Mapping[str, tuple[str, ...]]
"""The kinds of card and the fields of each."""

SUFFIXES = (".jsonl", ".csv")
OPTIONAL: Mapping[str, frozenset[str]] = {
    "npc_line": frozenset({"voice"}),
    "objective": frozenset({"place", "must"}),
    "trait": frozenset({"pronouns"}),
}
"""Fields that an example may lack: its card then does without them."""
_HEADER, _HEADER_LINE = "\x00header", "\x00line"
"""Keys of a row of CSV beside its cells: the names of all columns, and where they stand."""


def read_lessons(path: Path, data: bytes, fields: Fields) -> tuple[list[Lesson], list[Finding]]:
    """The lessons of a file and everything that is wrong with the rest, each with its line.

    Findings: GG701 not UTF-8, GG871 an unknown kind, GG872 no example, GG873 a spreadsheet without a needed column.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        found = f"expected UTF-8 text, found byte 0x{data[error.start]:02x}"
        return [], [Finding("GG701", found, "save the file as UTF-8", path=str(path), line=line, column=1)]
    rows = _csv_rows if path.suffix.lower() == ".csv" else _jsonl_rows
    lessons: list[Lesson] = []
    findings: dict[Finding, None] = {}  # a column that is missing is told once
    for number, row in rows(text, path):
        result = row if isinstance(row, Finding) else _lesson(row, path, number, fields)
        if isinstance(result, Finding):
            findings[result] = None
        else:
            lessons.append(result)
    return lessons, list(findings)


def read_bytes(path: Path) -> bytes:
    """The content. Raises InvalidInput (GG006) for a file that is not there, HostFailed for one that cannot be read."""
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError, ValueError):
        raise InvalidInput.of(
            "GG006", "expected a file of examples, found nothing of this name", "check the path", path=str(path)
        ) from None
    except OSError as error:
        raise HostFailed.of(
            "GG006", f"cannot read: {error.strerror or error}", "check the file and its permissions", path=str(path)
        ) from None


def _jsonl_rows(text: str, path: Path) -> Iterator[tuple[int, Mapping[str, JSON] | Finding]]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            found = error.msg if isinstance(error, json.JSONDecodeError) else type(error).__name__
            yield number, _no_example(path, number, f"found {found}")
            continue
        if not isinstance(value, dict):
            yield number, _no_example(path, number, f"found {line.strip()[:60]}")
            continue
        yield number, value


def _csv_rows(text: str, path: Path) -> Iterator[tuple[int, Mapping[str, JSON] | Finding]]:
    """Rows of a CSV; the separator is the comma, the semicolon or the tab, whichever stands first in the header."""
    header = text.split("\n", 1)[0]
    separator = min((mark for mark in ",;\t" if mark in header), key=header.index, default=",")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    names: list[str] = []
    end = header_line = 0
    try:
        for cells in reader:
            start, end = end + 1, reader.line_num
            if not any(cell.strip() for cell in cells):
                continue
            if not names:
                names = [cell.strip().casefold() for cell in cells]
                if missing := [name for name in ("kind", "line") if name not in names]:
                    yield start, _no_column(path, start, missing)
                    return
                header_line = start
                continue
            if len(cells) > len(names) and any(cell.strip() for cell in cells[len(names) :]):
                yield start, _no_example(path, start, f"found {len(cells)} cells below {len(names)} columns")
                continue
            row = dict(zip(names, cells, strict=False))
            yield start, {**row, _HEADER: names, _HEADER_LINE: header_line}
    except csv.Error as error:
        yield end + 1, _no_example(path, end + 1, f"found a row that is no CSV ({error})")


def _lesson(row: Mapping[str, JSON], path: Path, number: int, fields: Fields) -> Lesson | Finding:
    kind = row.get("kind")
    if not isinstance(kind, str) or not kind.strip():
        return _no_example(path, number, "found no kind")
    kind = kind.strip()
    if kind not in fields:
        return Finding(
            "GG871",
            f"expected a kind of card, found {kind!r}",
            did_you_mean(kind, fields),
            path=str(path),
            line=number,
            column=1,
        )
    values: dict[str, str] = {}
    for name in dict.fromkeys((*fields[kind], *EXTRAS, "line")):
        value = row.get(name, "")
        if not isinstance(value, str):
            return _no_example(path, number, f"found {name} that is no text")
        values[name] = " ".join(value.split())
    optional = {*EXTRAS, *OPTIONAL.get(kind, ())}
    lacking = [name for name, value in values.items() if not value and name not in optional]
    if columns := [name for name in lacking if name not in row.get(_HEADER, lacking)]:
        return _no_column(path, row[_HEADER_LINE], columns, kind)
    if lacking:
        return _no_example(path, number, f"found {kind} without {', '.join(lacking)}")
    line = values.pop("line")
    return Lesson({"kind": kind, **{name: value for name, value in values.items() if value}}, line, str(path), number)


def _no_column(path: Path, line: int, missing: list[str], kind: str = "") -> Finding:
    wanted = f"the columns that {kind} needs" if kind else "the columns kind and line"
    return Finding(
        "GG873",
        f"expected {wanted} in the first row, found no {' and no '.join(missing)}",
        "name the columns kind, line, and the fields of the cards: who, voice, intent, must …",
        path=str(path),
        line=line,
        column=1,
    )


def _no_example(path: Path, number: int, found: str) -> Finding:
    return Finding(
        "GG872",
        f"expected an example with kind, the fields of its card, and line; {found}",
        "docs/tuning.md lists the fields of each kind",
        path=str(path),
        line=number,
        column=1,
    )
