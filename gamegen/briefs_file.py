"""Files of briefs: a CSV with a header line, or a TOML or JSON file with one [[brief]] table per record.

Each row keeps the places of its cells, so that every later fault is told with its line.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from gamegen.document import LANGUAGES, Document, missing, quoted, read_document
from gamegen.errors import HostFailed, InvalidInput
from gamegen.naming import did_you_mean
from gamegen.positions import Place
from gamegen.records import JSON, Finding

ROW_ID = re.compile(r"[a-z0-9][a-z0-9_]*")
_MARKS = {
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
    b"PK\x03\x04": "a spreadsheet's own format",
    b"\xd0\xcf\x11\xe0": "a spreadsheet's own format",
}
"""How files begin that are no text in UTF-8."""


class Row(dict[str, JSON]):
    """The settings of one brief and its `id`; what is left empty is not there.

    path, line: where it stands (line from 1). cells: the place of each value. columns: of each name of the header line
    (CSV), or of each key.
    """

    def __init__(
        self, values: Mapping[str, JSON], path: str, line: int, cells: Mapping[str, Place], columns: Mapping[str, Place]
    ) -> None:
        super().__init__(values)
        self.path, self.line, self.cells, self.columns = path, line, cells, columns

    def place(self, key: str) -> Place:
        """Where the value of the key stands; the row's own place for a key that it does not have."""
        return self.cells.get(key, (self.line, 1))


def read_briefs(path: Path | str) -> list[Row]:
    """The rows of a file of briefs. Raises InvalidInput (GG006, GG70x) with the line of every fault."""
    rows, faults = read_rows(path)
    if faults:
        raise InvalidInput(faults)
    return rows


def read_rows(path: Path | str) -> tuple[list[Row], list[Finding]]:
    """The sound rows of a file, and the faults of the others. Raises InvalidInput, HostFailed if there are no rows to
    read at all."""
    path = Path(path)
    if not path.exists():
        raise missing(path, "a file of briefs")
    if path.suffix.lower() in LANGUAGES:
        document = read_document(path)
        rows, faults = list(_tables(document)), _other_keys(document)
    else:
        rows, faults = _table(str(path), _text(path))
    if not rows and not faults:
        faults = [Finding("GG006", "no rows", "a CSV with a header line, or [[brief]] tables", str(path))]
    kept, wrong = _named(rows)
    return kept, sorted([*faults, *wrong], key=lambda fault: (fault.line, fault.column))


def _named(rows: list[Row]) -> tuple[list[Row], list[Finding]]:
    """The rows with an id of their own, and the faults of the others."""
    kept: list[Row] = []
    faults: list[Finding] = []
    first: dict[str, int] = {}
    for row in rows:
        name = row.get("id", "")
        line, column = row.place("id")
        if not isinstance(name, str) or not ROW_ID.fullmatch(name):
            message = f"expected an id like smith_first, found {quoted(str(name))}"
            faults.append(Finding("GG006", message, "small letters, digits and _", row.path, line, column))
        elif name in first:
            message = f"the id {quoted(name)} stands twice, first in line {first[name]}"
            faults.append(Finding("GG006", message, "give one of them another id", row.path, line, column))
        else:
            first[name] = line
            kept.append(row)
    return kept, faults


def _tables(document: Document) -> Iterator[Row]:
    value = document.value if isinstance(document.value, dict) else {}
    tables = value.get("brief")
    for number, table in enumerate(tables if isinstance(tables, list) else ()):
        if isinstance(table, dict):
            at = ("brief", number)
            cells = {key: document.places.value((*at, key)) for key in table}
            columns = {key: document.places.key((*at, key)) for key in table}
            yield Row(table, str(document.path), document.places.value(at)[0], cells, columns)


def _other_keys(document: Document) -> list[Finding]:
    value = document.value
    if not isinstance(value, dict):
        return [document.finding("GG705", "expected a table with a list named brief", "write [[brief]] tables")]
    faults = [
        document.finding("GG703", f"unknown key {quoted(key)}", did_you_mean(key, ["brief"]), (key,), of_key=True)
        for key in value
        if key != "brief"
    ]
    tables = value.get("brief", [])
    if not isinstance(tables, list):
        faults.append(document.finding("GG705", "expected a list of tables", "write [[brief]]", ("brief",)))
    else:
        faults += [
            document.finding("GG705", "expected a table", "write [[brief]] before it", ("brief", number))
            for number, table in enumerate(tables)
            if not isinstance(table, dict)
        ]
    return faults


def _text(path: Path) -> str:
    try:
        source = path.read_bytes()
    except OSError as error:
        reason = f"cannot read the briefs: {error.strerror or error}"
        raise HostFailed.of("GG006", reason, "check the file and its permissions", path=str(path)) from None
    for mark, format in _MARKS.items():
        if source.startswith(mark):
            hint = "save it as CSV in UTF-8"
            raise InvalidInput.of("GG006", f"expected a CSV in UTF-8, found {format}", hint, path=str(path))
    try:
        return source.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = source[: error.start]
        line = before.count(b"\n") + 1
        column = len(before.rpartition(b"\n")[2].decode("utf-8", "replace")) + 1
        message = f"expected UTF-8 text, found byte 0x{source[error.start]:02x}"
        raise InvalidInput.of(
            "GG006", message, "save the file as UTF-8", path=str(path), line=line, column=column
        ) from None


def _table(path: str, text: str) -> tuple[list[Row], list[Finding]]:
    """The rows of a CSV and the faults of its form (RFC 4180: commas, double quotation marks, doubled inside)."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    lines = text.splitlines()
    rows: list[Row] = []
    faults: list[Finding] = []
    columns: dict[str, Place] | None = None
    names: list[str] = []
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            message = f"not CSV: {error}"
            faults.append(Finding("GG006", message, "close every quotation mark", path, line, 1))
            return rows, faults
        if cells is None:
            break
        cells = [cell.strip() for cell in cells]
        if not any(cells):
            continue
        one_line = reader.line_num == line and line <= len(lines)
        starts = _starts(lines[line - 1]) if one_line else [1] * len(cells)
        places = [(line, starts[n] if n < len(starts) else 1) for n in range(len(cells))]
        if columns is None:
            names, columns = cells, dict(zip(reversed(cells), reversed(places), strict=True))
            faults += _header(path, cells, places)
            if faults:
                return rows, faults
            continue
        if len(cells) > len(names):
            if any(cells[len(names) :]):
                message = f"expected {len(names)} cells as in the header, found {len(cells)}"
                hint = "put quotation marks around a cell with a comma"
                faults.append(Finding("GG006", message, hint, path, *places[len(names)]))
                continue
            cells = cells[: len(names)]
        named = {name: n for n, name in enumerate(names) if n < len(cells) and cells[n]}
        values = {name: cells[n] for name, n in named.items()}
        rows.append(Row(values, path, line, {name: places[n] for name, n in named.items()}, columns))
    return rows, faults


def _header(path: str, names: list[str], places: list[Place]) -> list[Finding]:
    """The faults of a header line."""
    if len(names) == 1:
        for mark, called in ((";", "semicolons"), ("\t", "tabs")):
            if mark in names[0]:
                message = f"expected cells separated by commas, found {called}"
                return [Finding("GG006", message, "save the file with commas", path, *places[0])]
    faults = []
    for n, (name, place) in enumerate(zip(names, places, strict=True)):
        if not name:
            faults.append(Finding("GG006", f"column {n + 1} has no name", "name or remove it", path, *place))
        elif name in names[:n]:
            message = f"column {quoted(name)} stands twice"
            faults.append(Finding("GG006", message, "remove one of them", path, *place))
    if "id" not in names:
        near = next((name for name in names if name.casefold() == "id"), None)
        hint = f"write {quoted(near)} as id" if near else "the first line names the columns: id, then settings"
        faults.append(Finding("GG006", "no column id", hint, path, *places[0]))
    return faults


def _starts(line: str) -> list[int]:
    """The columns (from 1) at which the cells of one line begin."""
    starts, inside = [1], False
    for column, char in enumerate(line, 1):
        if char == '"':
            inside = not inside
        elif char == "," and not inside:
            starts.append(column + 1)
    return starts
