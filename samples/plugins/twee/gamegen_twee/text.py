"""Escaping for SugarCube: what stands in a passage so that a player reads exactly the text.

A mark that SugarCube might read as markup is written as a numeric character reference (``&#47;`` is ``/``), which its
parser turns into the plain character. Prose keeps its apostrophes, question marks and dashes: they are markup only in
company (``''``, ``?name``, ``--``), and are escaped only there.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from gamegen.errors import InvalidContent
from gamegen.records import JSON

from . import names

_UNPRINTABLE = {"Cc", "Cs", "Zl", "Zp"}
_BRACES = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
_MARKS = re.compile(
    r"""[&<>$@\[\]{}|\\/*_~^=#%`+]"""  # anywhere: macros, variables, links, tables, styles, comments
    r"""|"(?=")|(?<=")"|'(?=')|(?<=')'|-(?=-)|(?<=-)-"""  # doubled: verbatim text, bold, em dash
    r"""|\?(?=\S)|(?<=[A-Za-z]):(?=\S)|^!"""  # templates (?name), addresses (https:), headings
)
INTEGER = 2**53 - 1
"""JavaScript's numbers are exact up to here."""


@dataclass(frozen=True, slots=True)
class Text:
    """Pieces of a text: what is said as it is, and variables (with their ``$``) whose value is shown."""

    pieces: tuple[tuple[str, bool], ...]
    """(the piece, whether it is a variable)"""

    def in_passage(self) -> str:
        """As it stands in a passage. The value of a variable is shown as plain text, whatever is in it."""
        return "".join(f"<<= {_plain(piece)}>>" if shown else escaped(piece) for piece, shown in self.pieces)

    def as_argument(self) -> str:
        """As the first argument of ``<<link>>``."""
        if not any(shown for _, shown in self.pieces):
            return _quoted("".join(piece for piece, _ in self.pieces))
        return "`" + " + ".join(_plain(piece) if shown else _quoted(piece) for piece, shown in self.pieces) + "`"


def escaped(text: str) -> str:
    """A piece of text in a passage."""
    return _MARKS.sub(lambda match: f"&#{ord(match.group())};", text)


def _quoted(text: str) -> str:
    """A piece of text as a string that SugarCube then reads as markup."""
    return '"' + escaped(text).replace('"', "&#34;") + '"'


def _plain(variable: str) -> str:
    """An expression for the value of a variable as text without markup."""
    return f'"<html>" + Util.escape({variable}) + "</html>"'


def text(record: Mapping[str, JSON], found: Mapping[str, JSON]) -> Text:
    """A text of the record, its placeholders and doubled braces resolved as `gamegen.play.show` does.

    Raises InvalidContent: GG316 for an unlisted placeholder or a single brace, GG050 for what is not one plain line.
    """
    id, source = str(record["id"]), one_line(found["text"], str(record["id"]), str(found["id"]))
    return Text(tuple(_merged(_pieces(record, id, source, str(found["id"])))))


def _pieces(record: Mapping[str, JSON], id: str, source: str, place: str) -> Iterator[tuple[str, bool]]:
    listed = {one["name"] for one in record.get("placeholders", ())}
    start = 0
    for match in _BRACES.finditer(source):
        yield source[start : match.start()], False
        start = match.end()
        if match.group() in ("{{", "}}"):
            yield match.group()[0], False
        elif match.group(1) in listed:
            yield names.placeholder(id, match.group(1)), True
        else:
            message = f"record {id}: expected a listed placeholder, found {match.group()!r}"
            raise InvalidContent.of("GG316", message, "list it, or double the brace", where=place)
    yield source[start:], False


def _merged(pieces: Iterator[tuple[str, bool]]) -> Iterator[tuple[str, bool]]:
    """Neighboring plain pieces as one: marks in company must be seen."""
    plain = ""
    for piece, shown in pieces:
        if shown:
            if plain:
                yield plain, False
            yield piece, True
            plain = ""
        else:
            plain += piece
    if plain:
        yield plain, False


def one_line(value: str, record: str, place: str) -> str:
    """The value, if a page shows it as it is. Raises InvalidContent (GG050)."""
    printable(value, record, place)
    if value != value.strip() or "  " in value:
        message = f"record {record}: expected one line without outer or double spaces, found {value!r}"
        raise InvalidContent.of("GG050", message, "edit the text", where=place)
    return value


def printable(value: str, record: str, place: str) -> str:
    """The value, if it has no line breaks and control characters. Raises InvalidContent (GG050)."""
    for char in value:
        if unicodedata.category(char) in _UNPRINTABLE:
            message = f"record {record}: expected printable characters, found U+{ord(char):04X}"
            raise InvalidContent.of("GG050", message, "edit the text", where=place)
    return value


def literal(value: bool | int | str, record: str, place: str) -> str:
    """A value in an expression. Strings are spelled in letters, digits and escapes: nothing in them is a mark.

    Raises InvalidContent (GG050) for an integer that JavaScript cannot hold, and for unprintable characters.
    """
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        if abs(value) > INTEGER:
            message = f"record {record}: Twine holds integers up to {INTEGER}, found {value}"
            raise InvalidContent.of("GG050", message, "use a smaller number", where=place)
        return str(value)
    return '"' + "".join(map(_spelled, printable(value, record, place))) + '"'


def _spelled(char: str) -> str:
    if char.isascii() and not char.isalnum() and char not in " _.,-":
        return f"\\u{ord(char):04x}"
    return char
