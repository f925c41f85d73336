from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, strategies as st

from gamegen.positions import ValuePath, positions

TOML = """\
x = 1
a.b."c d" = "é"   # é
[world]
"é" = "x"
"k\\u00e9" = { to = [1, 2,
  { z.y = 3 }], "é" = 4 }
[[character]]
id = "first"
[[character.sub]]
z = 1
[character.sub.deep]
w = 1979-05-27
[[character]]
'id' = '''
second'''
[[character.sub]]
z = 2
"""


def test_the_example_is_toml() -> None:
    assert tomllib.loads(TOML)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ((), (1, 1)),
        (("x",), (1, 5)),
        (("a",), (2, 1)),
        (("a", "b"), (2, 3)),
        (("a", "b", "c d"), (2, 13)),
        (("world",), (3, 1)),
        (("world", "é"), (4, 7)),
        (("world", "ké", "to", 1), (5, 24)),
        (("world", "ké", "to", 2, "z", "y"), (6, 11)),
        (("world", "ké", "é"), (6, 23)),
        (("character",), (7, 1)),
        (("character", 0), (7, 1)),
        (("character", 0, "sub", 0, "z"), (10, 5)),
        (("character", 0, "sub", 0, "deep", "w"), (12, 5)),
        (("character", 1, "id"), (14, 8)),
        (("character", 1, "sub", 0), (16, 1)),
        (("character", 1, "sub", 0, "z"), (17, 5)),
    ],
)
def test_place_of_a_toml_value(path: ValuePath, value: tuple[int, int]) -> None:
    assert positions(TOML.encode(), "toml").value(path) == value


@pytest.mark.parametrize(
    ("path", "key"),
    [
        (("x",), (1, 1)),
        (("a", "b", "c d"), (2, 5)),
        (("world",), (3, 2)),
        (("world", "ké"), (5, 1)),
        (("world", "ké", "é"), (6, 17)),
        (("character",), (7, 3)),
        (("character", 0), (7, 1)),
        (("character", 0, "sub", 0, "deep"), (11, 16)),
        (("character", 1, "id"), (14, 1)),
    ],
)
def test_place_of_a_toml_key(path: ValuePath, key: tuple[int, int]) -> None:
    assert positions(TOML.encode(), "toml").key(path) == key


JSON_TEXT = """{"é": [10, {"b\\n": null}],
  "t": {"u": true}, "": "😀", "v": 1}"""


@pytest.mark.parametrize(
    ("path", "value", "key"),
    [
        ((), (1, 1), (1, 1)),
        (("é",), (1, 7), (1, 2)),
        (("é", 0), (1, 8), (1, 8)),
        (("é", 1, "b\n"), (1, 20), (1, 13)),
        (("t", "u"), (2, 14), (2, 9)),
        (("",), (2, 25), (2, 21)),
        (("v",), (2, 35), (2, 30)),
    ],
)
def test_place_in_json(path: ValuePath, value: tuple[int, int], key: tuple[int, int]) -> None:
    found = positions(JSON_TEXT.encode(), "json")
    assert (found.value(path), found.key(path)) == (value, key)


def test_an_unknown_path_has_the_place_of_the_table_around_it() -> None:
    found = positions(TOML.encode(), "toml")
    assert found.value(("character", 1, "name")) == (13, 1)
    assert found.key(("nothing", 3, "x")) == (1, 1)


def test_a_key_that_stands_twice_in_json_is_told_with_its_later_place() -> None:
    found = positions(b'{"a": {"x": 1},\n "a": {"y": 2, "y": 3}}', "json")
    assert list(found.repeated) == [(("a",), (2, 2)), (("a", "y"), (2, 16))]
    assert found.value(("a", "y")) == (2, 21)
    assert ("a", "x") not in found.values


def test_a_json_source_may_nest_deeper_than_python_recurses() -> None:
    depth = 20_000
    found = positions(b"[" * depth + b"]" * depth, "json")
    assert found.value((0,) * (depth - 1)) == (1, depth)


def paths_of(value: Any, at: ValuePath = ()) -> Iterator[tuple[ValuePath, Any]]:
    yield at, value
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from paths_of(inner, (*at, key))


text = st.text(st.characters(exclude_categories=["Cs"]))
leaf = st.integers(-(2**40), 2**40) | st.booleans() | text
tree = st.recursive(leaf, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3))
table = st.dictionaries(text, tree, max_size=4)


def starts_with(source: str, place: tuple[int, int], literal: str) -> bool:
    line, column = place
    return source.split("\n")[line - 1][column - 1 :].startswith(literal)


def toml_key(key: str) -> str:
    """A basic string; TOML has no surrogate pairs, so astral characters stand as they are."""
    escaped = (f"\\u{ord(char):04x}" if ord(char) < 32 or char in '"\\\x7f' else char for char in key)
    return f'"{"".join(escaped)}"'


def inline(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case str():
            return toml_key(value)
        case list():
            return f"[{', '.join(map(inline, value))}]"
        case _:
            return "{" + ", ".join(f"{toml_key(key)} = {inline(item)}" for key, item in value.items()) + "}"


def as_toml(table: dict[str, Any], at: tuple[str, ...] = ()) -> str:
    """Tables under headers, lists of tables as arrays of tables, the rest inline."""
    blocks = {
        key: value
        for key, value in table.items()
        if isinstance(value, dict) or (isinstance(value, list) and value and all(isinstance(v, dict) for v in value))
    }
    lines = [f"{toml_key(key)} = {inline(value)}\n" for key, value in table.items() if key not in blocks]
    for key, value in blocks.items():
        name = ".".join(map(toml_key, (*at, key)))
        for item in [value] if isinstance(value, dict) else value:
            header = f"[{name}]" if isinstance(value, dict) else f"[[{name}]]"
            lines.append(f"{header}\n{as_toml(item, (*at, key))}")
    return "".join(lines)


@given(table)
def test_every_toml_value_has_its_own_place(table: dict[str, Any]) -> None:
    source = as_toml(table)
    assert tomllib.loads(source) == table
    found = positions(source.encode(), "toml")
    for path, value in paths_of(table):
        assert path in found.values
        if path and not isinstance(value, dict | list):
            assert starts_with(source, found.value(path), inline(value))
            if isinstance(path[-1], str):
                assert starts_with(source, found.key(path), toml_key(path[-1]))


@given(table, st.sampled_from([None, 1]))
def test_every_json_value_has_its_own_place(table: dict[str, Any], indent: int | None) -> None:
    source = json.dumps(table, ensure_ascii=False, indent=indent)
    found = positions(source.encode(), "json")
    assert not list(found.repeated)
    for path, value in paths_of(table):
        assert path in found.values
        if not isinstance(value, dict | list):
            assert starts_with(source, found.value(path), json.dumps(value, ensure_ascii=False))
