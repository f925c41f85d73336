"""Gettext PO, read and written by polib: msgctxt is the line id, msgid the source text.

The lock of a row is that of its msgid. A stale translation stands as `fuzzy`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from gamegen.errors import InvalidInput
from gamegen.loc.extra import needed, same_language
from gamegen.loc.table import Entry, Row, braces
from gamegen.records import lock_of

_LINE = re.compile(r'#.*|(?:(?:msgctxt|msgid|msgid_plural|msgstr(?:\[\d+\])?)?\s*"(?:[^"\\]|\\.)*")?')


def to_po(table: Iterable[Row], language: str, done: Mapping[str, str], stale: Mapping[str, str]) -> bytes:
    """The file. done: translations by id; stale: those for an earlier source text. Raises UsageError (GG059)."""
    polib = needed("polib")
    file = polib.POFile(wrapwidth=0)
    file.header = "Texts of a gamegen project. msgctxt is the line id: leave it as it is."
    file.metadata = {
        "Project-Id-Version": "gamegen",
        "Language": language.replace("-", "_"),
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
    }
    for row in table:
        said = (f"speaker: {row.speaker_name}",) if row.speaker_name else ()
        flags = [
            *(("fuzzy",) if row.id in stale else ()),
            *(("python-brace-format",) if braces(row.text) else ()),  # tools then check the placeholders
            *((f"max-length:{row.max_length}",) if row.max_length is not None else ()),  # Weblate reads it
        ]
        text = stale.get(row.id, done.get(row.id, ""))
        file.append(
            polib.POEntry(
                msgctxt=row.id, msgid=row.text, msgstr=text, comment="\n".join((*said, row.note)), flags=flags
            )
        )
    return f"{str(file).rstrip()}\n".encode()


def from_po(path: Path, content: bytes, language: str) -> list[Entry]:
    """The rows of a file, obsolete ones left out. Raises InvalidInput (GG056), UsageError (GG059)."""
    polib = needed("polib")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"expected UTF-8, byte {error.start} is not"
        raise InvalidInput.of("GG056", message, "save it as UTF-8", path=str(path)) from None
    for number, line in enumerate(text.split("\n"), 1):
        if not _LINE.fullmatch(line.strip()):  # polib would cut the first and the last character off, whatever they are
            message = "expected a keyword and a text between quotation marks, or a comment"
            raise InvalidInput.of("GG056", message, "mend the line", path=str(path), line=number, column=1)
    try:
        file = polib.pofile(f"{text}\n")  # a text of several lines is never taken for the name of a file
    except (OSError, ValueError, IndexError) as error:
        message = f"expected a PO file: {str(error).splitlines()[0] if str(error) else 'it cannot be read'}"
        raise InvalidInput.of("GG056", message, "export it again", path=str(path)) from None
    same_language(path, str(file.metadata.get("Language", "")), language)
    return [
        Entry(one.msgctxt or "", one.msgstr, lock_of(one.msgid), one.linenum, "fuzzy" in one.flags)
        for one in file
        if not one.obsolete
    ]
