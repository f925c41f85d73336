"""Escaping for Yarn 2 and 3: what stands in the source so that a player reads exactly the text.

The text before the first colon of a line is its speaker. Where a text would be cut there, or begins with a mark that
one of the versions cannot escape at the start of a line, an explicit `[character name="" /]` stands before it.
"""

from __future__ import annotations

import re

from .script import Shown, Speaker, Text, Value
from .texts import one_line, printable, refusal

_MARKS = re.compile(r"[\\{}#<>/\[\]]")
_MARKUP_VALUE = re.compile(r"[{}#<>/]")
_LEADING = frozenset("\\{}#<>/[]=-")
_NOT_IMPLICIT = frozenset(':"\\[]')
_INT = 2**24
"""Yarn's numbers are 32-bit floats: integers are exact up to here."""


def escaped(text: str) -> str:
    """A piece of a line or option."""
    return _MARKS.sub(r"\\\g<0>", text)


def yarn_text(text: Text, speaker: Speaker | None = None) -> str:
    """A whole line or option with its speaker. Raises InvalidContent (GG050) for a name that Yarn cannot hold."""
    source = "".join(f"{{${part.name}}}" if isinstance(part, Shown) else escaped(part) for part in text.parts)
    if speaker is not None:
        return _speaker(speaker, text.record) + source
    literal = "".join(part for part in text.parts if isinstance(part, str))
    first = text.parts[0]
    # The value of a variable may hold a colon, and may begin with anything.
    bare = all(isinstance(part, str) for part in text.parts) and ":" not in literal
    if bare and isinstance(first, str) and first[0] not in _LEADING:
        return source
    return f'[character name="" /]{source}'


def _speaker(speaker: Speaker, record: str) -> str:
    """``Name: `` where Yarn reads it as such, the explicit attribute elsewhere."""
    name, place = speaker.name, f"speaker {speaker.id}"
    one_line(name, record, place)
    if not _NOT_IMPLICIT & set(name) and name[0] not in _LEADING:
        return f"{escaped(name)}: "
    if "\\" in name or name[0] == '"' or name[-1] == '"':
        message = f"Yarn cannot hold a speaker's name with a backslash or an outer quotation mark, found {name!r}"
        raise refusal(record, place, message, "change the name")
    marked = _MARKUP_VALUE.sub(r"\\\g<0>", name).replace('"', '\\\\"')
    return f'[character name="{marked}" /]'


def yarn_value(value: Value, record: str, place: str) -> str:
    """A constant. Raises InvalidContent (GG050) for what Yarn's literals cannot hold."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        if abs(value) > _INT:
            raise refusal(record, place, f"Yarn holds integers up to {_INT}, found {value}", "use a smaller number")
        return str(value)
    printable(value, record, place)
    if '"' in value or "\\" in value:
        message = f"Yarn cannot hold a quotation mark or a backslash in a value, found {value!r}"
        raise refusal(record, place, message, "use ’ or another character")
    return f'"{value}"'
