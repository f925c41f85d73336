"""Where each key and value of a TOML or JSON source stands (tomllib and json tell no positions).

The source must have been parsed without error by tomllib or json first: these grammars are more lenient.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from tree_sitter import Node

Language = Literal["toml", "json"]
ValuePath = tuple[str | int, ...]
"""The way from the root to a value: keys and indices."""
Place = tuple[int, int]
"""Line and column; both count from 1, columns in characters."""

_Point = tuple[int, int]
"""Row and column from 0, in bytes, as tree-sitter counts."""

_NO_VALUE = frozenset({"comment", "ERROR"})


@dataclass(frozen=True, slots=True)
class Positions:
    """Places by path. A table's value stands where its header or brace does."""

    lines: tuple[bytes, ...]
    values: Mapping[ValuePath, _Point]
    keys: Mapping[ValuePath, _Point]
    repeats: tuple[tuple[ValuePath, _Point], ...]

    def value(self, path: ValuePath) -> Place:
        """The place of the value; of the nearest table around it if it has none of its own."""
        while path not in self.values:
            path = path[:-1]
        return self._place(self.values[path])

    def key(self, path: ValuePath) -> Place:
        """The place of the key that names the value; of the value if no key does."""
        return self._place(self.keys[path]) if path in self.keys else self.value(path)

    @property
    def repeated(self) -> Iterator[tuple[ValuePath, Place]]:
        """Keys that JSON says again in one object (json keeps the last without a word), with their later places."""
        for path, point in self.repeats:
            yield path, self._place(point)

    def _place(self, point: _Point) -> Place:
        # only for places that are asked for: minified sources are one long line
        row, column = point
        return row + 1, len(self.lines[row][:column].decode("utf-8", "replace")) + 1


def positions(source: bytes, language: Language) -> Positions:
    """The places of all keys and values of a UTF-8 source without byte-order mark."""
    import tree_sitter

    if language == "json":
        from tree_sitter_json import language as grammar
    else:
        from tree_sitter_toml import language as grammar
    root = tree_sitter.Parser(tree_sitter.Language(grammar())).parse(source).root_node
    reader = _Reader()
    if language == "json":
        reader.json_document(root)
    else:
        reader.toml_document(root)
    return Positions(tuple(source.split(b"\n")), reader.values, reader.keys, tuple(reader.repeats))


class _Reader:
    """Walks the tree with a stack of its own: sources may nest deeper than Python recurses."""

    def __init__(self) -> None:
        self.values: dict[ValuePath, _Point] = {(): (0, 0)}
        self.keys: dict[ValuePath, _Point] = {}
        self.repeats: list[tuple[ValuePath, _Point]] = []
        self.waiting: list[tuple[ValuePath, Node]] = []
        self.counts: dict[ValuePath, int] = {}
        """Elements so far of each array of tables that has headers."""

    def add(self, path: ValuePath, node: Node) -> None:
        self.values[path] = node.start_point
        self.waiting.append((path, node))

    def drain(self) -> None:
        while self.waiting:
            path, node = self.waiting.pop()
            if node.type == "array":
                for i, item in enumerate(_values(node)):
                    self.add((*path, i), item)
            elif node.type == "inline_table":
                for pair in _values(node):
                    self.toml_pair(path, pair)
            elif node.type == "object":
                for pair in _values(node):
                    self.json_pair(path, pair)

    def json_pair(self, path: ValuePath, pair: Node) -> None:
        key, *rest = _values(pair)
        inner = (*path, json.loads(_text(key), strict=False))
        if inner in self.keys:
            self.repeats.append((inner, key.start_point))
            self._forget(inner)  # json keeps the last
        self.keys.setdefault(inner, key.start_point)
        for value in rest[:1]:
            self.add(inner, value)

    def _forget(self, path: ValuePath) -> None:
        self.waiting = [(other, node) for other, node in self.waiting if other[: len(path)] != path]

    def toml_pair(self, path: ValuePath, pair: Node) -> None:
        key, *rest = _values(pair)
        inner = self.toml_key(path, key)
        for value in rest[:1]:
            self.add(inner, value)

    def toml_key(self, path: ValuePath, key: Node) -> ValuePath:
        """Follow a (dotted) key from a table; tables that it makes on the way stand where their name does."""
        parts = list(_parts(key))
        for i, part in enumerate(parts):
            path = (*path, _name(part))
            self.keys.setdefault(path, part.start_point)
            if i < len(parts) - 1:
                self.values.setdefault(path, part.start_point)
                path = self.last(path)
        return path

    def last(self, path: ValuePath) -> ValuePath:
        """The table that a name stands for: of an array of tables the last element so far."""
        count = self.counts.get(path)
        return path if count is None else (*path, count - 1)

    def json_document(self, root: Node) -> None:
        for node in _values(root):
            self.add((), node)
        self.drain()

    def toml_document(self, root: Node) -> None:
        for node in _values(root):
            if node.type == "pair":
                self.toml_pair((), node)
                continue
            header, *pairs = _values(node)
            path = self.toml_key((), header)
            if node.type == "table_array_element":
                self.counts[path] = self.counts.get(path, 0) + 1
                self.values.setdefault(path, node.start_point)
                path = self.last(path)
            self.values[path] = node.start_point
            for pair in pairs:
                self.toml_pair(path, pair)
        self.drain()


def _values(node: Node) -> list[Node]:
    return [child for child in node.children if child.is_named and child.type not in _NO_VALUE]


def _parts(key: Node) -> Iterator[Node]:
    """The simple keys of a dotted key, which the grammar nests to the left."""
    chain = []
    while key.type == "dotted_key":
        left, right = _values(key)
        chain.append(right)
        key = left
    yield key
    yield from reversed(chain)


def _name(key: Node) -> str:
    text = _text(key)
    if key.type == "bare_key":
        return text
    (name,) = tomllib.loads(f"{text} = 0")
    return name


def _text(node: Node) -> str:
    return (node.text or b"").decode("utf-8", "replace")
