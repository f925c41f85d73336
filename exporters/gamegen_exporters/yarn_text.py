"""Escaping for Yarn 2 and 3: what stands in the source so that a player reads exactly the text.

The text before the first colon of a line is its speaker. Where a text would be cut there, or begins with a mark that
one of the versions cannot escape at the start of a line, an explicit `[character name="" /]` stands before it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from .script import Shown, Speaker, Text, Value
from .texts import one_line, printable, refusal

_MARKS = re.compile(r"[\\{}#<>/\[\]]")
_MARKUP_VALUE = re.compile(r"[{}#<>/]")
_LEADING = frozenset("\\{}#<>/[]=-")
_NOT_IMPLICIT = frozenset(':"\\[]')
_COMMAND_WORD = re.compile(r"(set|declare|jump|detour)\b")
"""Yarn 3.2 takes a line for a command that lacks its brackets if it would be one within them ("jump down"): YS0022."""
_NUMBERED = re.compile(r"\{(0|[1-9]\d*)\}")
_INT = 2**24
"""Yarn's numbers are 32-bit floats: integers are exact up to here."""


def escaped(text: str) -> str:
    """A piece of a line or option."""
    return _MARKS.sub(r"\\\g<0>", text)


def yarn_text(text: Text, speaker: Speaker | None = None) -> str:
    """A whole line or option with its speaker. Raises InvalidContent (GG050) for a name that Yarn cannot hold."""
    source = _source(text.parts)
    if speaker is not None:
        return _speaker(speaker, text.record) + source
    literal = "".join(part for part in text.parts if isinstance(part, str))
    first = text.parts[0]
    # The value of a variable may hold a colon, and may begin with anything.
    bare = all(isinstance(part, str) for part in text.parts) and ":" not in literal
    if bare and isinstance(first, str) and first[0] not in _LEADING and not _COMMAND_WORD.match(first):
        return source
    return f'[character name="" /]{source}'


def _source(parts: Iterable[str | Shown]) -> str:
    """Literal pieces escaped, variables as expressions.

    In its string table the compiler numbers the expressions of a line: `{$x} of \\{0\\}` becomes `{0} of {0}`, and the
    runtime puts the first value in both places. So a literal number in braces that is also an expression's becomes an
    expression itself. The runtime replaces the numbers in rising order: empty expressions in front see to it that the
    literal's own number comes after the one that it shows.
    """
    parts = tuple(parts)
    shown = sum(isinstance(part, Shown) for part in parts)
    numbers = [int(found) for part in parts if isinstance(part, str) for found in _NUMBERED.findall(part)]
    clashing: set[int] = set()
    count = shown
    while new := {number for number in numbers if number < count} - clashing:
        clashing |= new
        count = shown + sum(number in clashing for number in numbers) + max(clashing)
    empty = '{""}' * max(clashing, default=0)
    return empty + "".join(
        f"{{${part.name}}}" if isinstance(part, Shown) else _literal(part, clashing) for part in parts
    )


def _literal(text: str, clashing: set[int]) -> str:
    pieces = _NUMBERED.split(text)
    for place in range(1, len(pieces), 2):
        number = pieces[place]
        pieces[place] = f'\\{{{{"{number}"}}\\}}' if int(number) in clashing else f"\\{{{number}\\}}"
    pieces[::2] = map(escaped, pieces[::2])
    return "".join(pieces)


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


_WORD = re.compile(r"[A-Za-z0-9_-]+")
_ENDS_COMMAND = re.compile(r"[>{}]")


def command_value(value: Value, record: str, place: str) -> str:
    """A constant as one argument of a command: a word as it is, another string in quotation marks.

    A command's text cannot hold `>` or `{`: such a string is an expression, which the runtime puts between the
    quotation marks before it splits the command.
    """
    shown = yarn_value(value, record, place)
    if not isinstance(value, str) or _WORD.fullmatch(value):
        return shown.strip('"')
    return f'"{{{shown}}}"' if _ENDS_COMMAND.search(value) else shown
