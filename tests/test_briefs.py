"""Briefs: counts, settings and rows."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from gamegen.briefs import briefs_for, parse_settings, proven_briefs, read_briefs
from gamegen.errors import InvalidInput, UsageError
from gamegen.hookspecs import Generator
from gamegen.records import JSON, Brief, Plan
from gamegen.world import World
from tests.worlds import bare_world


def nothing(*_: object) -> None:
    raise NotImplementedError


GENERATOR = Generator(
    kind="toy",
    schema={},
    plan=nothing,  # type: ignore[arg-type]
    write=nothing,  # type: ignore[arg-type]
    settings={
        "level": {"type": "integer", "minimum": 1, "maximum": 20},
        "giver": {"type": "string"},
        "grim": {"type": "boolean"},
        "mood": {"type": "string", "enum": ["calm", "sad"]},
        "knows": {"type": "array", "items": {"type": "string"}},
        "quest": {"type": "object", "x-gamegen": {"resolve": "record"}},
    },
)


def test_ordinals_have_four_digits() -> None:
    assert [brief.id for brief in briefs_for(GENERATOR, "toys", 2, {})] == ["toys_0001", "toys_0002"]


def test_forty_begin_with_twenty() -> None:
    assert briefs_for(GENERATOR, "toy", 40, {})[:20] == briefs_for(GENERATOR, "toy", 20, {})


@pytest.mark.parametrize("count", [0, -3])
def test_a_count_that_is_not_positive_is_refused(count: int) -> None:
    with pytest.raises(UsageError, match="GG003"):
        briefs_for(GENERATOR, "toy", count, {})


def test_texts_become_the_type_that_the_kind_declares() -> None:
    (brief,) = briefs_for(GENERATOR, "toy", 1, parse_settings(["level=3", "giver=7", "grim=true"]))
    assert brief.settings == {"level": 3, "giver": "7", "grim": True}


def test_every_wrong_setting_is_named_with_what_was_expected() -> None:
    with pytest.raises(UsageError) as caught:
        briefs_for(GENERATOR, "toy", 1, {"levle": 3, "level": 30, "grim": "maybe"})
    codes = {finding.code: finding for finding in caught.value.findings}
    assert 'did you mean "level"?' in codes["GG004"].hint
    assert len(caught.value.findings) == 3
    assert "expected a whole number from 1 to 20" in str(caught.value)


@pytest.mark.parametrize("pair", ["level", "=3", " =3"])
def test_a_setting_needs_a_key_and_a_value(pair: str) -> None:
    with pytest.raises(UsageError, match="GG004"):
        parse_settings([pair])


def test_a_spreadsheet_gives_a_brief_per_row(tmp_path: Path) -> None:
    path = tmp_path / "briefs.csv"
    path.write_text("\ufeffid,level,giver\nsmith,3,mira\nferry,,oren\n", encoding="utf-8")
    briefs = briefs_for(GENERATOR, "toy", 1, {"grim": True}, read_briefs(path))
    assert [brief.id for brief in briefs] == ["toy_smith", "toy_ferry"]
    assert briefs[0].settings == {"grim": True, "level": 3, "giver": "mira"}
    assert briefs[1].settings == {"grim": True, "giver": "oren"}


def test_a_toml_file_gives_a_brief_per_table(tmp_path: Path) -> None:
    path = tmp_path / "briefs.toml"
    path.write_text('[[brief]]\nid = "a"\nlevel = 4\n', encoding="utf-8")
    assert briefs_for(GENERATOR, "toy", 1, {}, read_briefs(path))[0].settings == {"level": 4}


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("b.csv", "id,level\n", "no rows"),
        ("b.csv", "", "no rows"),
        ("b.csv", "level\n3\n", "b.csv:1:1: GG006 no column id"),
        ("b.csv", "ID,level\na,3\n", 'write "ID" as id'),
        ("b.csv", "id,level\n,3\n", "b.csv:2:1: GG006 expected an id"),
        ("b.csv", "id\na\n\na\n", 'b.csv:4:1: GG006 the id "a" stands twice, first in line 2'),
        ("b.csv", "id,level,level\na,3,4\n", 'b.csv:1:10: GG006 column "level" stands twice'),
        ("b.csv", "id,,level\na,,4\n", "b.csv:1:4: GG006 column 2 has no name"),
        ("b.csv", "id,level\na,3,4\n", "b.csv:2:5: GG006 expected 2 cells as in the header, found 3"),
        ("b.csv", "id;level\na;3\n", "found semicolons; save the file with commas"),
        ("b.csv", "id\tlevel\na\t3\n", "found tabs"),
        ("b.csv", 'id,giver\na,"mira\n', "b.csv:2:1: GG006 not CSV"),
        ("b.toml", "[[brief]", "b.toml:1:8: GG702"),
        ("b.toml", "[[brief]]\nlevel = 3\n", "b.toml:1:1: GG006 expected an id"),
        ("b.toml", '[[breif]]\nid = "a"\n', r'b.toml:1:3: GG703 unknown key "breif" at \$.breif; did you mean "brief"'),
        ("b.toml", "brief = 3\n", "GG705 expected a list of tables"),
        ("b.json", '{"brief": [3]}', "b.json:1:12: GG705 expected a table"),
    ],
)
def test_a_bad_briefs_file_is_refused(tmp_path: Path, name: str, text: str, message: str) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidInput, match=message):
        read_briefs(path)


def test_a_missing_briefs_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="GG006"):
        read_briefs(tmp_path / "none.csv")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("id\na\nb\n".encode("utf-16"), "found UTF-16; save it as CSV in UTF-8"),
        (b"PK\x03\x04xyz", "found a spreadsheet's own format"),
        (b"id,giver\na,Ren\xe9\n", "b.csv:2:6: GG006 expected UTF-8 text, found byte 0xe9"),
    ],
)
def test_a_file_in_another_encoding_is_refused(tmp_path: Path, source: bytes, message: str) -> None:
    path = tmp_path / "b.csv"
    path.write_bytes(source)
    with pytest.raises(InvalidInput, match=message):
        read_briefs(path)


def written(tmp_path: Path, text: str, name: str = "b.csv") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_an_unknown_column_is_named_once_with_its_place(tmp_path: Path) -> None:
    rows = read_briefs(written(tmp_path, "id,levle,giver\na,3,x\nb,4,y\nc,,z\n"))
    with pytest.raises(UsageError) as caught:
        briefs_for(GENERATOR, "toy", 1, {}, rows)
    (fault,) = caught.value.findings
    assert (fault.line, fault.column, fault.code) == (1, 4, "GG004")
    assert 'did you mean "level"?' in fault.hint


def test_an_unknown_column_without_a_value_is_named_too(tmp_path: Path) -> None:
    rows = read_briefs(written(tmp_path, "id,levle\na,\n"))
    with pytest.raises(UsageError, match=r"b\.csv:1:4: GG004"):
        briefs_for(GENERATOR, "toy", 1, {}, rows)


def test_every_row_is_checked_and_told_with_its_line(tmp_path: Path) -> None:
    rows = read_briefs(written(tmp_path, 'id,level,mood\na,3,calm\nb,30,"sda"\nc,x,\n'))
    with pytest.raises(UsageError) as caught:
        briefs_for(GENERATOR, "toy", 1, {}, rows)
    assert [(fault.line, fault.column) for fault in caught.value.findings] == [(3, 3), (3, 6), (4, 3)]
    assert 'did you mean "sad"?' in str(caught.value)


def test_a_toml_setting_is_told_with_its_line(tmp_path: Path) -> None:
    rows = read_briefs(
        written(tmp_path, '[[brief]]\nid = "a"\nlevel = 40\n\n[[brief]]\nid = "b"\nlvel = 1\n', "b.toml")
    )
    with pytest.raises(UsageError) as caught:
        briefs_for(GENERATOR, "toy", 1, {}, rows)
    assert [(fault.line, fault.column) for fault in caught.value.findings] == [(3, 9), (7, 1)]


def test_a_cell_may_span_lines_and_the_next_row_keeps_its_line(tmp_path: Path) -> None:
    first, second = read_briefs(written(tmp_path, 'id,giver\na,"one\ntwo"\nb,c\n'))
    assert first["giver"] == "one\ntwo"
    assert (first.line, second.line) == (2, 4)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("knows=a; b", ["a", "b"]), ("knows=a", ["a"]), ('knows=["a", "b;c"]', ["a", "b;c"]), ("knows=;", [])],
)
def test_a_list_may_be_written_in_one_cell(text: str, expected: list[str]) -> None:
    (brief,) = briefs_for(GENERATOR, "toy", 1, parse_settings([text]))
    assert brief.settings["knows"] == expected


@pytest.mark.parametrize(
    ("pair", "expected"), [("grim=TRUE", True), ("grim=no", False), ("level=3.0", 3), ("level= 3 ", 3)]
)
def test_values_read_as_spreadsheets_write_them(pair: str, expected: JSON) -> None:
    (brief,) = briefs_for(GENERATOR, "toy", 1, parse_settings([pair]))
    (value,) = brief.settings.values()
    assert value == expected and type(value) is type(expected)


def test_one_key_set_to_two_values_is_refused() -> None:
    with pytest.raises(UsageError, match="level=3 and --set level=4 exclude each other"):
        parse_settings(["level=3", "level=4"])


def test_a_setting_that_declares_it_is_resolved_before_it_is_checked() -> None:
    def resolve(origin: str, text: str) -> JSON:
        return {origin: text}

    (brief,) = briefs_for(replace(GENERATOR, resolve=resolve), "toy", 1, {"quest": "a.jsonl#q"})
    assert brief.settings["quest"] == {"record": "a.jsonl#q"}


def picky(world: World, brief: Brief, seed: int) -> Plan:
    if brief.settings.get("giver") == "nobody":
        raise UsageError.of("GG005", "nobody gives nothing", "name another")
    return Plan(brief.kind, brief.id, seed, {})


PICKY = Generator(kind="toy", schema={}, plan=picky, write=nothing, settings=GENERATOR.settings)  # type: ignore[arg-type]


def test_form_settings_and_plans_of_a_file_are_refused_at_once(tmp_path: Path) -> None:
    path = written(tmp_path, "id,level,giver\na,3,nobody\nA,1,\nb,30,x\nc,1,y\nc,1,nobody\n")
    with pytest.raises(InvalidInput) as caught:
        proven_briefs(PICKY, "toy", 1, {}, path, bare_world(), 0)
    assert [(fault.line, fault.code) for fault in caught.value.findings] == [
        (2, "GG005"),
        (3, "GG006"),
        (4, "GG005"),
        (6, "GG006"),
    ]


def test_a_count_that_cannot_be_planned_is_refused_once() -> None:
    with pytest.raises(UsageError) as caught:
        proven_briefs(PICKY, "toy", 9, {"giver": "nobody"}, None, bare_world(), 0)
    assert len(caught.value.findings) == 1


cells = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Z")), min_size=1, max_size=12)


@given(st.lists(cells, min_size=1, max_size=6))
def test_what_a_spreadsheet_writes_is_read_back(tmp_path_factory: pytest.TempPathFactory, values: list[str]) -> None:
    path = tmp_path_factory.mktemp("briefs") / "b.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["id", "giver"], *([f"r{n}", value] for n, value in enumerate(values))])
    assert [row["giver"] for row in read_briefs(path)] == values
