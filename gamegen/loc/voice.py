"""The voice manifest: what is spoken, by whom, how, into which file, and for about how long."""

from __future__ import annotations

import codecs
import csv
import io
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from gamegen.loc.csv_file import guarded
from gamegen.loc.table import Row

COLUMNS = ("id", "speaker", "name", "text", "direction", "file", "seconds")
LETTERS_PER_SECOND = 12.5
"""Letters and digits of a script that writes sounds: 150 words of five letters a minute, a usual pace of read English
(https://learn.microsoft.com/en-us/answers/questions/530697). Radio news is read at 160 to 180 words a minute (Rodero,
"A comparative analysis of speech rate and perception in radio bulletins", Text & Talk 32-3, 2012)."""
SYLLABLES_PER_SECOND = 5.2
"""Wide letters (Chinese, Japanese, Korean), one syllable each: Mandarin as read aloud (Pellegrino, Coupé and Marsico,
"A cross-language perspective on speech information rate", Language 87-3, 2011, table 1)."""

_SAFE = re.compile(r"[a-z0-9_]{1,100}")
_RESERVED = frozenset({"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))})
"""What no file or folder may be called on Windows."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """One line to record. `seconds` is an estimate, see LETTERS_PER_SECOND."""

    id: str
    speaker: str
    name: str
    text: str
    direction: str
    file: str
    seconds: float


def spoken(table: Iterable[Row]) -> tuple[Spoken, ...]:
    """The lines that somebody says, in order. Choices are not said (`gamegen.play`); quests and sheets have none."""
    return tuple(
        Spoken(row.id, row.speaker, row.speaker_name, row.text, row.direction, file_name(row), seconds(row.text))
        for row in table
        if row.kind == "npc_line"
    )


def file_name(row: Row) -> str:
    """``<speaker>/<line id>.wav``: the same for as long as the ids are, and good on Windows, macOS and Linux."""
    return f"{safe(row.speaker)}/{safe(row.id)}.wav"


def safe(name: str) -> str:
    """An id as the name of a file. One that some system cannot have is cleaned, and tells itself apart by a hash."""
    if _SAFE.fullmatch(name) and name not in _RESERVED:
        return name
    cleaned = re.sub(r"[^a-z0-9_]+", "_", name.lower())[:80]
    return f"{cleaned}-{sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"


def seconds(text: str) -> float:
    """How long it takes to say, to a tenth of a second, at least half a second. Placeholders count as they stand."""
    wide = sum(unicodedata.east_asian_width(c) in "WF" and c.isalnum() for c in text)
    narrow = sum(c.isalnum() for c in text) - wide
    return max(0.5, round(narrow / LETTERS_PER_SECOND + wide / SYLLABLES_PER_SECOND, 1))


def to_csv(lines: Iterable[Spoken]) -> bytes:
    """The manifest, as `gamegen.loc.csv_file` writes tables."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in lines:
        cells = (one.id, one.speaker, one.name, one.text, one.direction, one.file, f"{one.seconds:.1f}")
        writer.writerow([guarded(cell) for cell in cells])
    return codecs.BOM_UTF8 + out.getvalue().encode("utf-8")
