"""Translations and voice: the texts of records as tables for translators and studios, and back.

`rows` lists the texts of records; `csv_file`, `po_file` and `xliff_file` write and read them; `translations` keeps what
came back, tells what is stale or missing, and puts it into records (`translated`); `voice` lists what is spoken.
"""

from gamegen.loc.table import Entry, Row, rows
from gamegen.loc.translations import (
    Translation,
    choose,
    merge,
    read_translations,
    translated,
    write_translations,
)
from gamegen.loc.voice import spoken
from gamegen.records import lock_of

__all__ = [
    "Entry",
    "Row",
    "Translation",
    "choose",
    "lock_of",
    "merge",
    "read_translations",
    "rows",
    "spoken",
    "translated",
    "write_translations",
]
