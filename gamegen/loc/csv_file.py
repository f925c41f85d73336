"""CSV for spreadsheets: columns id, speaker, text, note, lock, translation.

Spreadsheets run a cell that begins with = + - or @ as a formula; such a cell gets an apostrophe in front, and reading
takes it off again. The file begins with a byte-order mark, for Excel takes one without it for the system's old
encoding. What comes back may have semicolons or tabs in the place of commas, and may be UTF-16: Excel writes these.
A spreadsheet may turn a lock like 12345e67 into a number; the lock is then taken from the text beside it.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from gamegen.errors import InvalidInput
from gamegen.loc.table import Entry, Row
from gamegen.records import LOCK_DIGITS, Finding, lock_of

COLUMNS = ("id", "speaker", "text", "note", "lock", "translation")
_FORMULA = frozenset("=+-@＝＋－＠")
_LOCK = re.compile(rf"[0-9a-f]{{{LOCK_DIGITS}}}")
_SEPARATORS = ",;\t"


def to_csv(table: Iterable[Row], done: Mapping[str, str], stale: Mapping[str, str]) -> bytes:
    """The file. done: translations by id; stale: those for an earlier source text, which stand in the note alone, so
    that nobody takes them for good unread."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in table:
        earlier = (
            f"; the source text has changed since it was translated as: {stale[row.id]}" if row.id in stale else ""
        )
        cells = (row.id, row.speaker_name, row.text, row.note + earlier, row.lock, done.get(row.id, ""))
        writer.writerow([guarded(cell) for cell in cells])
    return codecs.BOM_UTF8 + out.getvalue().encode("utf-8")


def from_csv(path: Path, content: bytes) -> list[Entry]:
    """The rows of a file. Raises InvalidInput (GG056) with every row that cannot be read."""
    text = _decoded(path, content)
    first = text.split("\n", 1)[0]
    separator = max(_SEPARATORS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    entries: list[Entry] = []
    faults: list[Finding] = []
    try:
        head = [cell.strip().lower() for cell in next(reader, [])]
        if not {"id", "translation"} <= set(head) or not {"lock", "text"} & set(head) or len(set(head)) < len(head):
            message = f"expected the columns {', '.join(COLUMNS)}, found {', '.join(head) or 'none'}"
            hint = "leave the first row as it was exported"
            raise InvalidInput.of("GG056", message, hint, path=str(path), line=1, column=1)
        for cells in reader:
            if not any(cells):
                continue
            if len(cells) > len(head) and any(cells[len(head) :]):
                message = f"expected {len(head)} cells, found {len(cells)}"
                hint = "put the cell with the separator between quotation marks"
                faults.append(Finding("GG056", message, hint, str(path), reader.line_num, 1))
                continue
            row = dict(zip(head, (bare(cell) for cell in cells), strict=False))
            lock = row.get("lock", "").strip().lower()
            if "text" in head and not _LOCK.fullmatch(lock):
                lock = lock_of(row.get("text", ""))
            entries.append(Entry(row.get("id", "").strip(), row.get("translation", ""), lock, reader.line_num))
    except csv.Error as error:
        message = f"expected CSV, found {error}"
        raise InvalidInput.of("GG056", message, "save it as CSV again", path=str(path), line=reader.line_num) from None
    if faults:
        raise InvalidInput(faults)
    return entries


def guarded(cell: str) -> str:
    """The cell as no spreadsheet takes it for a formula."""
    return f"'{cell}" if cell.lstrip("'")[:1] in _FORMULA and cell.strip("'") else cell


def bare(cell: str) -> str:
    """The cell without the apostrophe of `guarded`, whatever it was written as."""
    return cell[1:] if cell.startswith("'") and guarded(cell) != cell else cell


def _decoded(path: Path, content: bytes) -> str:
    try:
        if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return content.decode("utf-16")
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"expected UTF-8, byte {error.start} is not"
        raise InvalidInput.of("GG056", message, "save it as “CSV UTF-8”", path=str(path)) from None
