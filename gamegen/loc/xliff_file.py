"""XLIFF 1.2, read and written by translate-toolkit: the id of a unit is the line id.

The lock of a row is that of its source element. A stale translation has the state `needs-review-translation`.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from pathlib import Path

from gamegen.errors import InvalidInput
from gamegen.loc.extra import needed, same_language
from gamegen.loc.table import Entry, Row
from gamegen.records import lock_of

_LIBRARY = "translate.storage.xliff"
_NAMESPACE = "urn:oasis:names:tc:xliff:document:1.2"
_EMPTY = (
    f'<xliff version="1.2" xmlns="{_NAMESPACE}">'
    '<file original="gamegen" source-language="en" datatype="plaintext"><body></body></file></xliff>'
).encode()
_REVIEW = "needs-"
"""What the states of a target begin with that still wants work: needs-review-translation, needs-l10n and so on."""


def to_xliff(
    table: Iterable[Row], source: str, language: str, done: Mapping[str, str], stale: Mapping[str, str]
) -> bytes:
    """The file. source, language: BCP 47. done, stale: as in `to_po`. Raises UsageError (GG059)."""
    xliff = needed(_LIBRARY)
    new = type("Unit", (xliff.Xliff1Unit,), {"namespace": _NAMESPACE})  # the library's own makes units of 1.1
    file = xliff.Xliff1File.parsestring(_EMPTY)
    file.setsourcelanguage(source)
    file.settargetlanguage(language)
    for row in table:
        unit = new(row.text)
        unit.setid(row.id)
        if row.max_length is not None:
            unit.xmlelement.set("maxwidth", str(row.max_length))
            unit.xmlelement.set("size-unit", "char")
        if row.id in stale:
            unit.target = stale[row.id]
            unit.set_state_n(unit.S_NEEDS_REVIEW)
        elif row.id in done:
            unit.target = done[row.id]
        if row.speaker_name:
            unit.addnote(f"speaker: {row.speaker_name}", origin="developer")
        unit.addnote(row.note, origin="developer")
        file.addunit(unit)
    out = io.BytesIO()
    file.serialize(out)
    return out.getvalue().rstrip() + b"\n"


def from_xliff(path: Path, content: bytes, language: str) -> list[Entry]:
    """The rows of a file. Raises InvalidInput (GG056), UsageError (GG059)."""
    xliff = needed(_LIBRARY)
    try:
        file = xliff.Xliff1File.parsestring(content)
        into = file.gettargetlanguage() or ""
    except (ValueError, AssertionError, AttributeError, SyntaxError, StopIteration) as error:  # lxml's is a SyntaxError
        said = str(error).splitlines()[0] if str(error) else "it has another form"
        raise InvalidInput.of("GG056", f"expected XLIFF 1.2: {said}", "export it again", path=str(path)) from None
    same_language(path, into, language)
    entries = []
    for unit in file.units:
        target = unit.target_dom
        state = target.get("state", "") if target is not None else ""
        text = "" if state == "new" else str(unit.target or "")
        id = unit.xmlelement.get("id", "")
        entries.append(
            Entry(
                id,
                text,
                lock_of(str(unit.source or "")),
                unit.xmlelement.sourceline or 0,
                bool(text) and state.startswith(_REVIEW),
            )
        )
    return entries
