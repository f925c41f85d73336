"""Escaping for Ink: what stands in the source so that a player reads exactly the text.

Ink reads marks anywhere in a line, and keywords at its start; a backslash makes any of them plain. Escaping a mark that
would have been harmless changes nothing, so every mark is escaped everywhere.
"""

from __future__ import annotations

import re

from .script import Shown, Text, Value
from .texts import printable, refusal

_MARKS = re.compile(r'[\\\[\]{}|~#/<>*+=\-!&$("]')
_KEYWORD = re.compile(r"TODO|VAR|CONST|LIST|INCLUDE|EXTERNAL")
_INT = 2**31 - 1
"""Ink's integers have 32 bits."""


def escaped(text: str) -> str:
    """A piece of a line, a choice or a string."""
    return _MARKS.sub(r"\\\g<0>", text)


def ink_text(text: Text) -> str:
    """A whole line or choice, its variables in braces."""
    source = "".join(f"{{{part.name}}}" if isinstance(part, Shown) else escaped(part) for part in text.parts)
    return f"\\{source}" if _KEYWORD.match(source) else source


def ink_value(value: Value, record: str, place: str) -> str:
    """A constant. Raises InvalidContent (GG050) for an integer past 32 bits and for control characters."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        if abs(value) > _INT:
            raise refusal(record, place, f"Ink holds integers up to {_INT}, found {value}", "use a smaller number")
        return str(value)
    printable(value, record, place)
    return f'"{escaped(value)}"'
