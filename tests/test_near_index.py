"""The index of near-duplicates on disk: kept from run to run, made anew where it cannot be read."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from gamegen.near_duplicates import VERSION, pairs_of_texts, texts_in
from gamegen.near_index import Index, Pair
from gamegen.records import Record

LINE = "The bell of Saltmarrow rings every night though nobody pulls the rope."


def sheet(name: str, *texts: str) -> dict[str, Any]:
    return {"id": name, "kind": "poem", "lines": [{"id": f"{name}_{n}", "text": text} for n, text in enumerate(texts)]}


RECORDS = [sheet("a", LINE, "Short."), sheet("b", "short"), sheet("c", "…", LINE.replace("rope", "cord"))]
PAIRS = [Pair(("a", "a_1"), ("b", "b_0")), Pair(("a", "a_0"), ("c", "c_1"))]


def filled(path: Path) -> Path:
    with Index.open(path) as index:
        assert [index.add(record) for record in RECORDS] == [True, True, True]
    return path


def test_pairs_are_those_of_the_texts(tmp_path: Path) -> None:
    with Index.open(filled(tmp_path / "build" / "near.sqlite")) as index:
        assert index.pairs(["a", "b", "c"]) == index.pairs() == PAIRS
    texts = [(record["id"], line, kind, text) for record in RECORDS for line, kind, text in texts_in(record)]
    found = pairs_of_texts([(id, kind, text) for id, _, kind, text in texts])
    assert [Pair(texts[one][:2], texts[two][:2]) for one, two in found] == PAIRS


def test_the_order_decides_which_one_is_later(tmp_path: Path) -> None:
    with Index.open(filled(tmp_path / "near.sqlite")) as index:
        assert index.pairs(["c", "nobody", "a"]) == [Pair(("c", "c_1"), ("a", "a_0"))]


def test_a_record_that_has_not_changed_is_not_hashed_again(tmp_path: Path) -> None:
    with Index.open(filled(tmp_path / "near.sqlite")) as index:
        assert not index.add(Record(RECORDS[0]))
        assert not index.add({**RECORDS[0], "provenance": {"seed": 1}})
        assert index.add(sheet("a", "Other words."))
        assert index.pairs() == []


def test_records_that_are_gone_are_forgotten(tmp_path: Path) -> None:
    path = filled(tmp_path / "near.sqlite")
    with Index.open(path) as index:
        index.keep(["b", "c"])
        assert len(index) == 2
    with Index.open(path) as index:
        assert (len(index), index.pairs()) == (2, [])


def test_nothing_is_kept_of_a_run_that_failed(tmp_path: Path) -> None:
    path = tmp_path / "near.sqlite"
    with pytest.raises(KeyError), Index.open(path) as index:
        index.add(RECORDS[0])
        raise KeyError
    with Index.open(path) as index:
        assert len(index) == 0


@pytest.mark.parametrize("damage", ["no database", "torn", "version", "tables", "empty"])
def test_a_file_that_is_no_index_of_this_version_is_made_anew(tmp_path: Path, damage: str) -> None:
    path = filled(tmp_path / "near.sqlite")
    if damage == "no database":
        path.write_bytes(b"no database at all" * 100)
    elif damage == "torn":
        path.write_bytes(path.read_bytes()[:5000])
    elif damage == "empty":
        path.write_bytes(b"")
    else:
        db = sqlite3.connect(path)
        db.execute(f"PRAGMA user_version = {VERSION + 1}" if damage == "version" else "DROP TABLE records")
        db.execute("CREATE TABLE other (id)")
        db.commit()
        db.close()
    with Index.open(path) as index:
        assert len(index) == 0
        index.add(RECORDS[0])
    with Index.open(path) as index:
        assert len(index) == 1


def test_a_path_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    from gamegen.errors import HostFailed

    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(HostFailed, match="GG008"):
        Index.open(tmp_path / "file" / "near.sqlite")
