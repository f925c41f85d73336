"""Exports are whole or not at all, leave alone what has not changed, and name the records that they leave out."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

import gamegen
from gamegen.errors import InvalidContent, InvalidInput, PluginFault, UsageError
from gamegen.exporting import export_records, load_records, read_records
from gamegen.hookspecs import Exporter
from gamegen.plugins import Registry, load_registry
from gamegen.records import JSON, Record
from gamegen.staging import LIST, Staging, unsafe

GALLERY = Path(__file__).parents[1] / "samples" / "gallery" / "saltmarrow"


def registry_with(exporter: Exporter) -> Registry:
    own = load_registry()
    return Registry(
        **{**{name: getattr(own, name) for name in own.__slots__}, "exporters": {exporter.format: exporter}}
    )


def each(records: Iterator[Mapping[str, JSON]], options: Mapping[str, JSON]) -> Iterator[tuple[str, str]]:
    """A file for each record, and a list of them, piece by piece."""
    for record in records:
        yield f"{record['id']}.txt", "one\n"
        yield "list.txt", f"{record['id']}\n"


def streaming(render: Any = each) -> Registry:
    return registry_with(Exporter("toy", (), render, streams=True))


def toys(*ids: str) -> list[dict[str, JSON]]:
    return [{"id": id, "kind": "toy"} for id in ids]


def dialogues() -> list[Record]:
    return load_records([GALLERY / "dialogue.jsonl"])


def inside(folder: Path) -> dict[str, str]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != LIST)
    return {path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in files}


def test_pieces_of_a_file_are_joined_in_their_order(tmp_path: Path) -> None:
    done = export_records(toys("b", "a"), "toy", tmp_path, {}, streaming())
    assert inside(tmp_path) == {"a.txt": "one\n", "b.txt": "one\n", "list.txt": "b\na\n"}
    assert done.files == [tmp_path / name for name in ("a.txt", "b.txt", "list.txt")]
    assert (done.changed, done.records, done.refused) == (3, 2, ())


def test_a_stream_takes_records_as_they_come(tmp_path: Path) -> None:
    taken: list[str] = []

    def made() -> Iterator[dict[str, JSON]]:
        for record in toys("a", "b"):
            taken.append(record["id"])
            yield record

    def render(records: Iterator[Mapping[str, JSON]], _: Any) -> Iterator[tuple[str, str]]:
        for record in records:
            assert taken[-1] == record["id"]
            yield f"{record['id']}.txt", ""

    export_records(made(), "toy", tmp_path, {}, streaming(render))
    assert taken == ["a", "b"]


def test_what_has_not_changed_keeps_its_time(tmp_path: Path) -> None:
    export_records(toys("a", "b"), "toy", tmp_path, {}, streaming())
    for path in tmp_path.iterdir():
        os.utime(path, (1, 1))
    done = export_records(toys("a", "b", "c"), "toy", tmp_path, {}, streaming())
    assert done.changed == 2
    changed = {path.name for path in done.files if path.stat().st_mtime != 1}
    assert changed == {"c.txt", "list.txt"}


def test_an_exporter_that_fails_changes_nothing(tmp_path: Path) -> None:
    export_records(toys("a"), "toy", tmp_path, {}, streaming())
    before = inside(tmp_path)

    def render(records: Iterator[Mapping[str, JSON]], options: Mapping[str, JSON]) -> Iterator[tuple[str, str]]:
        yield from each(records, options)
        raise InvalidContent.of("GG050", "it cannot be held")

    with pytest.raises(InvalidContent):
        export_records(toys("a", "b"), "toy", tmp_path, {}, streaming(render))
    assert inside(tmp_path) == before
    assert {path.name for path in tmp_path.iterdir()} == {*before, LIST}


def test_files_that_are_made_no_more_go_and_all_others_stay(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("kept", "utf-8")
    export_records(toys("a", "b", "c"), "toy", tmp_path, {}, streaming())
    (tmp_path / "c.txt").write_text("edited", "utf-8")
    export_records(toys("a"), "toy", tmp_path, {}, streaming())
    assert inside(tmp_path) == {"a.txt": "one\n", "c.txt": "edited", "list.txt": "a\n", "mine.txt": "kept"}


def test_a_torn_list_of_files_takes_nothing_away(tmp_path: Path) -> None:
    export_records(toys("a", "b"), "toy", tmp_path, {}, streaming())
    (tmp_path / LIST).write_text("{", "utf-8")
    export_records(toys("a"), "toy", tmp_path, {}, streaming())
    assert "b.txt" in inside(tmp_path)


@pytest.mark.parametrize(
    "name",
    ["../a", "/a", "a\\b", "con.txt", "x/NUL", "a.", "a b", "é", "a:b", "x" * 201, "", "a/../b", "LPT1", "a//b", "./a"],
)
def test_a_name_that_some_system_refuses_is_refused(name: str, tmp_path: Path) -> None:
    assert unsafe(name)
    with pytest.raises(PluginFault, match="GG010"), Staging(tmp_path, "toy") as staging:
        staging.add(name, "")
    assert inside(tmp_path) == {}


def test_two_names_that_are_one_file_on_windows_are_refused(tmp_path: Path) -> None:
    with pytest.raises(PluginFault, match="one file on Windows"), Staging(tmp_path, "toy") as staging:
        staging.add("a.txt", "")
        staging.add("A.txt", "")


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 60), st.text(st.characters(codec="utf-8"), max_size=5)), max_size=90))
def test_any_pieces_come_out_whole(tmp_path_factory: pytest.TempPathFactory, pieces: list[tuple[int, str]]) -> None:
    folder = tmp_path_factory.mktemp("out")
    wanted: dict[str, str] = {}
    with Staging(folder, "toy") as staging:
        for number, piece in pieces:
            staging.add(f"f{number}.txt", piece)
            wanted[f"f{number}.txt"] = wanted.get(f"f{number}.txt", "") + piece
        staging.commit()
    assert {path.name: path.read_bytes().decode() for path in folder.iterdir() if path.name != LIST} == wanted


def broken() -> list[Record]:
    """Of five dialogues one is of another version, one leads nowhere."""
    records = [Record(json.loads(record.to_line())) for record in dialogues()[:5]]
    records[1].data["schema_version"] = 99
    records[3].data["nodes"][0] = {**records[3].data["nodes"][0], "goto": "nowhere"}
    records[3].data["nodes"][0].pop("choices", None)
    records[3].data["nodes"][0].pop("end", None)
    return records


def test_a_record_that_fails_its_proof_is_named_and_left_out(tmp_path: Path) -> None:
    records = broken()
    done = export_records(records, "ink", tmp_path, {}, load_registry())
    assert done.records == 3
    assert {finding.message.split()[0] for finding in done.refused} == {records[1].id, records[3].id}
    names = set(inside(tmp_path))
    assert f"dialogue_{records[0].id}.ink" in names
    assert not {f"dialogue_{records[n].id}.ink" for n in (1, 3)} & names


def test_from_python_the_others_are_written_and_the_broken_ones_raised(tmp_path: Path) -> None:
    records = broken()
    with pytest.raises(InvalidContent) as caught:
        gamegen.export(records, "json", tmp_path)
    assert {finding.message.split()[0] for finding in caught.value.findings} == {records[1].id, records[3].id}
    (kept,) = [json.loads(text) for name, text in inside(tmp_path).items() if name == "records/dialogue.json"]
    assert [record["id"] for record in kept["records"]] == [records[n].id for n in (0, 2, 4)]


def test_a_kind_that_the_format_cannot_hold_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="GG002 format ink does not hold toy"):
        export_records(toys("a"), "ink", tmp_path, {}, load_registry())
    with pytest.raises(UsageError, match="GG004"):
        export_records([], "ink", tmp_path, {"colour": "red"}, load_registry())
    assert inside(tmp_path) == {}


def test_lines_that_are_no_record_are_all_named_and_nothing_is_written(tmp_path: Path) -> None:
    file = tmp_path / "in.jsonl"
    file.write_text('{"id":"a","kind":"toy"}\n{"id":1}\nnot json\n{"id":"a","kind":"toy"}\n', "utf-8")
    out = tmp_path / "out"
    with pytest.raises(InvalidInput) as caught:
        export_records(read_records([file]), "toy", out, {}, streaming())
    assert [finding.line for finding in caught.value.findings] == [2, 3, 4]
    assert inside(out) == {}


def test_bytes_that_are_no_utf8_are_told_with_their_place(tmp_path: Path) -> None:
    file = tmp_path / "in.jsonl"
    file.write_bytes(b'{"id":"a","kind":"toy"}\n\xff\n')
    with pytest.raises(InvalidInput, match="byte 24"):
        load_records([file])


def test_conditions_without_a_bottom_are_refused_and_nothing_is_written(tmp_path: Path) -> None:
    record = dialogues()[0].data
    condition: JSON = {"type": "flag", "id": "alarm", "op": "==", "value": True}
    for _ in range(700):
        condition = {"not": condition}
    choice = next(choice for node in record["nodes"] for choice in node.get("choices", ()))
    deep = json.loads(json.dumps(record))
    deep_choice = next(choice for node in deep["nodes"] for choice in node.get("choices", ()))
    deep_choice["condition"] = condition
    deep["refs"].append({"type": "flag", "id": "alarm", "name": "alarm", "value_type": "bool", "initial": True})
    assert choice["id"] == deep_choice["id"]
    with pytest.raises(InvalidInput, match="nested too deeply"):
        export_records([deep], "json", tmp_path, {"profile": "unity"}, load_registry())
    assert inside(tmp_path) == {}
