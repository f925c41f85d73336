"""What holds of any world, and of any damage to its file."""

from __future__ import annotations

import json
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any
from unicodedata import normalize

import pytest
from hypothesis import given, settings, strategies as st

from gamegen.errors import GamegenError
from gamegen.world import World
from gamegen.world_file import TABLES, load_world
from tests.test_world_file import GOOD

name = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp"]), min_size=1, max_size=8)
ids = st.from_regex(r"[a-z][a-z0-9_]{0,6}", fullmatch=True)


@st.composite
def worlds(draw: st.DrawFn) -> dict[str, Any]:
    """A valid world as its file says it, with some of the optional keys."""
    all_ids = draw(st.lists(ids, min_size=len(TABLES), max_size=24, unique=True))
    of = {table: all_ids[i :: len(TABLES)] for i, table in enumerate(TABLES)}

    def some(table: str) -> st.SearchStrategy[list[str]]:
        return st.lists(st.sampled_from(of[table]), unique=True, max_size=3)

    def one(table: str) -> st.SearchStrategy[str]:
        return st.sampled_from(of[table])

    names = st.lists(name, max_size=3)
    flags = st.sampled_from([("bool", True), ("int", -4), ("string", ""), ("string", "dawn")])
    relation = st.fixed_dictionaries({"to": one("character"), "kind": name})
    optional: dict[str, dict[str, st.SearchStrategy[Any]]] = {
        "character": {
            "location": one("location"),
            "faction": one("faction"),
            "voice": name,
            "goals": names,
            "knows": some("fact"),
            "lines": names,
            "pronouns": st.sampled_from(["she", "he", "they", "it"]),
            "culture": one("culture"),
            "relations": st.lists(relation, max_size=2),
        },
        "location": {"description": name, "links": some("location")},
        "faction": {"description": name},
        "item": {"owner": one("character"), "tags": st.lists(name, unique=True, max_size=2)},
        "creature": {"plural": name, "danger": st.integers(1, 20)},
        "fact": {"about": st.lists(st.sampled_from(all_ids), unique=True, max_size=3), "secret": st.booleans()},
        "flag": {},
        "culture": {"family": st.lists(name, unique=True, max_size=3)},
    }
    required: dict[str, dict[str, st.SearchStrategy[Any]]] = {
        **{table: {"name": name} for table in TABLES},
        "character": {"name": name, "role": name},
        "fact": {"text": name},
        "culture": {"given": st.lists(name, unique=True, min_size=1, max_size=3)},
        "flag": {},
    }
    world: dict[str, Any] = {"world": {"id": draw(ids), "name": draw(name), "premise": draw(name)}}
    for table in TABLES:
        world[table] = [
            {"id": id, **draw(st.fixed_dictionaries(required[table], optional=optional[table]))} for id in of[table]
        ]
    for flag in world["flag"]:
        flag["type"], flag["default"] = draw(flags)
    return world


def as_toml(world: dict[str, Any]) -> str:
    """Tables and arrays of tables with inline values: all that a world needs of TOML."""

    def inline(value: Any) -> str:
        match value:
            case str():
                return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
            case list():
                return f"[{', '.join(map(inline, value))}]"
            case dict():
                return f"{{ {', '.join(f'{key} = {inline(item)}' for key, item in value.items())} }}"
            case _:
                return json.dumps(value)

    blocks = []
    for table, entries in world.items():
        header = "[world]" if table == "world" else f"[[{table}]]"
        for entry in [entries] if table == "world" else entries:
            blocks.append("\n".join([header, *(f"{key} = {inline(value)}" for key, value in entry.items())]))
    return "\n\n".join(blocks) + "\n"


def without_path(world: World) -> World:
    return replace(world, path="")


def load_text(root: Path, file: str, text: str) -> World:
    path = root / file
    path.write_bytes(text.encode())
    return without_path(load_world(path))


@pytest.fixture(scope="module")
def folder_of_worlds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("worlds")


@settings(max_examples=40, deadline=None)
@given(worlds())
def test_toml_and_json_mean_the_same(folder_of_worlds: Path, world: dict[str, Any]) -> None:
    loaded = load_text(folder_of_worlds, "a.toml", as_toml(world))
    assert loaded == load_text(folder_of_worlds, "a.json", json.dumps(world))
    assert [entity.id for entity in loaded] == [entry["id"] for table in TABLES for entry in world[table]]
    for table in TABLES:
        for entry in world[table]:
            said = loaded.as_json(entry["id"])
            renamed = {"value_type" if (table, key) == ("flag", "type") else key: item for key, item in entry.items()}
            assert {key: said[key] for key in renamed} == json.loads(
                normalize("NFC", json.dumps(renamed, ensure_ascii=False))
            )


@settings(max_examples=40, deadline=None)
@given(worlds(), st.data())
def test_a_world_may_be_split_over_the_files_of_a_folder(
    tmp_path_factory: pytest.TempPathFactory, world: dict[str, Any], data: st.DataObject
) -> None:
    root = tmp_path_factory.mktemp("split")
    parts: list[dict[str, Any]] = [{}, {}, {}]
    parts[data.draw(st.integers(0, 2))]["world"] = world["world"]
    for table in TABLES:
        cuts = sorted(data.draw(st.tuples(*[st.integers(0, len(world[table]))] * 2)))
        for part, rows in zip(
            parts, (world[table][: cuts[0]], world[table][cuts[0] : cuts[1]], world[table][cuts[1] :]), strict=True
        ):
            if rows:
                part[table] = rows
    for i, part in enumerate(parts):
        if data.draw(st.booleans()):
            (root / f"{i}.toml").write_bytes(as_toml(part).encode())
        else:
            (root / f"{i}.json").write_bytes(json.dumps(part).encode())
    single = load_text(root.parent, "single.json", json.dumps(world))
    assert without_path(load_world(root)) == single


@settings(max_examples=150, deadline=None)
@given(
    st.booleans(),
    st.lists(
        st.tuples(
            st.integers(0, 10_000),
            st.integers(0, 6),
            st.binary(max_size=4) | st.sampled_from(list(map(bytes, zip(b'[]{}",=.\\#\n')))),
        ),
        min_size=1,
        max_size=4,
    ),
)
def test_damaged_bytes_are_a_clean_error(
    folder_of_worlds: Path, toml: bool, damages: list[tuple[int, int, bytes]]
) -> None:
    source = bytearray(GOOD.encode() if toml else json.dumps(tomllib.loads(GOOD), indent=1).encode())
    for at, length, new in damages:
        at %= len(source)
        source[at : at + length] = new
    path = folder_of_worlds / ("damaged.toml" if toml else "damaged.json")
    path.write_bytes(source)
    try:
        load_world(path)
    except GamegenError as error:
        str(error).encode()
        assert all(finding.path and finding.line for finding in error.findings)
