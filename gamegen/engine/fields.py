"""Where in a document the model is writing: the open strings of a fragment by path, and a scanner that follows them.

`places` turns a normalised fragment into a tree of places, `Scanner` walks it byte by byte while a compact JSON text
grows, and `field_spans` names the values of a finished one. The characters of most open strings are counted by the
scanner, not by the grammar: an expression that counts has a state for each length, and its masks cost ten times more.
It is counted where the place alone tells which string is being written.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

from gamegen.engine import words
from gamegen.engine.profile import TAILS
from gamegen.records import JSON

_QUOTE, _BACKSLASH, _COLON, _COMMA = b'"\\:,'
_OPENING, _CLOSING, _OBJECT = b"{[", b"}]", b"{"[0]
_WORD = TAILS.index("word")
_MARK = "\u0489"  # combines with any character to nothing new: what it follows is no whole word
_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PIECES = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{},:]|[^\[\]{},:"]+')


@dataclass(frozen=True, slots=True)
class Bounds:
    """An open text whose characters are counted.

    shortest, longest: characters at least and at most. ending: characters that always suffice to end the text.
    needs: the same by the class of its last character (`profile.TAILS`). mention: words that it must have.
    forces: whether characters inside may follow by force (placeholders, mentions).
    """

    shortest: int
    longest: int
    ending: int
    needs: tuple[int, ...]
    mention: tuple[str, ...] = ()
    forces: bool = False


@dataclass(slots=True)
class Text:
    """What an open string of a normalised fragment carries beside its JSON Schema keywords (as its `x-gamegen`).

    where:    its place in the schema, for faults.
    bounds:   for counting its characters outside the grammar; None where a pattern or format leaves it to the grammar.
    longest:  characters at most.
    letters:  the class of its letters, digits and marks; what borders on another character is a whole word.
    opening:  the expression of texts that begin with the opening, or nothing.
    settings: sampling overrides.
    counted:  whether its characters are counted outside the grammar; `places` says so.
    """

    where: str
    bounds: Bounds | None
    longest: int
    letters: str
    avoid: tuple[str, ...] = ()
    mention: tuple[str, ...] = ()
    opening: str = ""
    settings: Mapping[str, JSON] = field(default_factory=dict)
    counted: bool = False


@dataclass(slots=True)
class Place:
    """A place in the documents of a fragment: `$.goals[*].text`.

    texts:  the open strings that may stand here.
    bounds: of the one that may, where its characters are counted.
    fixed:  enumerated strings that may stand here, too.
    keys, items, rest: the places of properties, of items by index, and of the items behind them.
    mixed:  whether alternatives disagree about which items have places of their own.
    vague:  whether it is within such an array: other strings may stand here, too.
    """

    path: str
    texts: list[Text] = field(default_factory=list)
    bounds: Bounds | None = None
    fixed: list[str] = field(default_factory=list)
    keys: dict[str, Place] = field(default_factory=dict)
    items: dict[int, Place] = field(default_factory=dict)
    rest: Place | None = None
    mixed: bool = False
    vague: bool = False

    def below(self) -> Iterator[Place]:
        """This place and all within it."""
        yield self
        for place in (*self.keys.values(), *self.items.values(), *([self.rest] if self.rest else [])):
            yield from place.below()

    def item(self, index: int) -> Place | None:
        return self.items.get(index, self.rest)


def places(node: Mapping[str, JSON]) -> Place:
    """The places of a normalised fragment. Says of each of its texts whether its characters are counted here."""
    root = _place(node, "$")
    for place in root.below():
        bounds = {text.bounds for text in place.texts}
        if len(bounds) == 1 and not place.vague and all(_suits(word, *bounds) for word in place.fixed):
            place.bounds = bounds.pop()
        for text in place.texts:
            text.counted = place.bounds is not None
    return root


def step(path: str, key: str | int) -> str:
    """The path of a property or an item."""
    if isinstance(key, int):
        return f"{path}[{key}]"
    return f"{path}.{key}" if _PLAIN_NAME.fullmatch(key) else f"{path}[{json.dumps(key, ensure_ascii=False)}]"


def field_spans(text: str, bare: bool) -> list[tuple[str, int, int]]:
    """(path, start, end) of each value of a finished compact JSON text that is no object or array.

    start, end: characters; those of a string without its quotation marks. A bare text is one value, "$".
    """
    if bare:
        return [("$", 0, len(text))]
    spans: list[tuple[str, int, int]] = []
    stack: list[tuple[str, int]] = []  # path of each open object or array, and the index of its item, -1 for an object
    path, is_key = "$", False
    for piece in _PIECES.finditer(text):
        found, start, end = piece[0], piece.start(), piece.end()
        if found in ("{", "["):
            stack.append((path, -1 if found == "{" else 0))
            path, is_key = (path, True) if found == "{" else (f"{path}[0]", False)
        elif found in ("}", "]"):
            path = stack.pop()[0]
        elif found == ",":
            parent, index = stack[-1]
            is_key = index < 0
            if not is_key:
                stack[-1] = parent, index + 1
                path = f"{parent}[{index + 1}]"
        elif found == ":":
            is_key = False
        elif is_key:
            path = step(stack[-1][0], json.loads(found))
        else:
            quoted = found[0] == '"'
            spans.append((path, start + quoted, end - quoted))
    return spans


class Scanner:
    """Follows a compact JSON text, or a bare one, as its bytes are appended."""

    __slots__ = (
        "_escaped",
        "_key",
        "_name",
        "_place",
        "_quoted",
        "_stack",
        "_text",
        "bounds",
        "field",
        "length",
        "missing",
        "needs",
    )

    def __init__(self, root: Place, bare: bool = False) -> None:
        self._place: Place | None = root
        self._stack: list[tuple[Place | None, int]] = []
        """The place of each open object or array, and the index of the item, -1 for an object."""
        self._quoted = bare
        self._key = False
        """Whether the next string, or the one that is open, is a property's name."""
        self._escaped = False
        self._name = bytearray()
        self._text = bytearray()
        """Of the open text, where it must mention words."""
        self.bounds = root.bounds if bare else None
        """Of the open text that is being written, if it is counted."""
        self.field = root.path if bare and root.texts else ""
        """The path of the open text that is being written."""
        self.length = 0
        """Characters of the counted text that is being written, or of the last one."""
        self.missing: list[str] = []
        """The words that the open text must still mention."""
        self.needs: tuple[int, ...] = ()
        """Characters that suffice to end the open text by the class of its last one, its mentions included."""
        self._update()

    def copy(self) -> Self:
        new = object.__new__(type(self))
        new._place, new._stack = self._place, self._stack.copy()
        new._quoted, new._key, new._escaped = self._quoted, self._key, self._escaped
        new._name, new._text = self._name[:], self._text[:]
        new.bounds, new.field, new.length = self.bounds, self.field, self.length
        new.missing, new.needs = self.missing, self.needs
        return new

    def begin(self, text: str) -> None:
        """A bare text begins with this."""
        self.length = len(text)
        self._text += text.encode()
        self._update()

    @property
    def tight(self) -> bool:
        """Whether the open text is so near its longest that only its ending may fit."""
        return self.bounds is not None and self.length + max(self.needs) >= self.bounds.longest

    def feed(self, data: bytes) -> bool:
        """Follow the bytes. Returns whether each counted text that they end is within its bounds, and the one that
        they leave open can still be ended."""
        fits = True
        for byte in data:
            if self._quoted:
                fits &= self._character(byte)
            else:
                self._structure(byte)
        self._update()
        return fits and (self.bounds is None or self.length + max(self.needs) <= self.bounds.longest)

    def _update(self) -> None:
        """Find out what the open text still needs. A word at its very end may yet become another: it is missing."""
        bounds = self.bounds
        self.missing, self.needs = [], bounds.needs if bounds is not None else ()
        if bounds is not None and bounds.mention:
            text = self._text.decode(errors="ignore") + _MARK
            self.missing = [word for word in bounds.mention if not words.found((word,), text)]
            more = sum(len(word) + 1 for word in self.missing)
            if more:  # behind a word a stop is needed again
                self.needs = tuple(max(need, bounds.needs[_WORD]) + more for need in bounds.needs)

    def _character(self, byte: int) -> bool:
        """A byte inside quotation marks; False for one that ends a text out of its bounds."""
        if byte == _QUOTE and not self._escaped:
            return self._close()
        self._escaped = byte == _BACKSLASH and not self._escaped and (self.bounds is None)
        if self._key:
            self._name.append(byte)
        elif self.bounds is not None:
            self.length += byte & 0xC0 != 0x80
            if self.bounds.mention:
                self._text.append(byte)
        return True

    def _close(self) -> bool:
        self._quoted = False
        if self._key:
            parent = self._stack[-1][0]
            self._place = parent.keys.get(json.loads(b'"' + self._name + b'"')) if parent else None
            return True
        bounds, self.bounds, self.field = self.bounds, None, ""
        return bounds is None or bounds.shortest <= self.length <= bounds.longest

    def _structure(self, byte: int) -> None:
        if byte == _QUOTE:
            self._quoted = True
            if self._key:
                self._name.clear()
            elif self._place is not None:
                self.bounds = self._place.bounds
                self.field = self._place.path if self._place.texts else ""
                self._text.clear()
                if self.bounds is not None:
                    self.length = 0
        elif byte in _OPENING:
            self._key = byte == _OBJECT
            self._stack.append((self._place, -1 if self._key else 0))
            if not self._key:
                self._place = self._place.item(0) if self._place else None
        elif byte in _CLOSING:
            self._place, _ = self._stack.pop()
        elif byte == _COLON:
            self._key = False
        elif byte == _COMMA:
            parent, index = self._stack[-1]
            self._key = index < 0
            if not self._key:
                self._stack[-1] = parent, index + 1
                self._place = parent.item(index + 1) if parent else None


def _place(node: Mapping[str, JSON], path: str) -> Place:
    if "anyOf" in node:
        return _merged([_place(part, path) for part in node["anyOf"]])
    if "enum" in node:
        return _merged([_fixed(value, path) for value in node["enum"]])
    place = Place(path)
    if node["type"] == "string":
        place.texts = [node["x-gamegen"]]
    elif node["type"] == "object":
        place.keys = {name: _place(part, step(path, name)) for name, part in node["properties"].items()}
    elif node["type"] == "array":
        heads = node.get("prefixItems", ())
        place.items = {index: _place(part, step(path, index)) for index, part in enumerate(heads)}
        place.rest = _place(node["items"], f"{path}[*]") if node["items"] is not False else None
    return place


def _suits(word: str, bounds: Bounds | None) -> bool:
    """Whether counting the characters of an open text gets in no enumerated string's way."""
    if bounds is None or bounds.mention or _compact(word) != f'"{word}"':
        return False
    return bounds.shortest <= len(word) <= bounds.longest - bounds.ending


def _compact(value: JSON) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _fixed(value: JSON, path: str) -> Place:
    """The places of an enumerated value."""
    place = Place(path, fixed=[value] if isinstance(value, str) else [])
    if isinstance(value, dict):
        place.keys = {name: _fixed(part, step(path, name)) for name, part in value.items()}
    elif isinstance(value, list):
        place.items = {index: _fixed(part, step(path, index)) for index, part in enumerate(value)}
    return place


def _merged(parts: Sequence[Place]) -> Place:
    """The place of alternatives."""
    if len(parts) == 1:
        return parts[0]
    place = Place(parts[0].path)
    place.texts = [text for part in parts for text in part.texts]
    arrays = [part for part in parts if part.items or part.rest]
    place.mixed = any(part.mixed for part in parts) or len({frozenset(part.items) for part in arrays}) > 1
    place.fixed = [word for part in parts for word in part.fixed]
    for key in dict.fromkeys(key for part in parts for key in part.keys):
        place.keys[key] = _merged([part.keys[key] for part in parts if key in part.keys])
    for index in dict.fromkeys(index for part in parts for index in part.items):
        place.items[index] = _merged([part.items[index] for part in parts if index in part.items])
    if rests := [part.rest for part in parts if part.rest]:
        place.rest = _merged(rests)
    if place.mixed:  # the index of an item does not tell which string it is
        for part in (*place.items.values(), *([place.rest] if place.rest else [])):
            for inner in part.below():
                inner.vague = True
    return place
