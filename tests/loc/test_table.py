"""The rows of a project: which texts, under which id, and what a translator is told."""

from __future__ import annotations

import json
from copy import deepcopy
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from gamegen.errors import InvalidContent
from gamegen.exporting import load_records
from gamegen.loc import lock_of, rows
from gamegen.loc.table import longest
from gamegen.records import line_id
from gamegen.schema import load_schema
from tests.dialogue_records import forge
from tests.strategies import dialogues, texts

unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
ROOT = Path(__file__).parents[2]
GALLERY = sorted((ROOT / "samples" / "gallery").glob("*/*.jsonl"))


def by_id(record: dict[str, Any], key: str) -> Any:
    return next(row for row in rows([record]) if row.id == line_id("talk_0001", key))


def codes(*records: dict[str, Any]) -> list[str]:
    with pytest.raises(InvalidContent) as caught:
        rows(records)
    return [one.code for one in caught.value.findings]


def test_every_text_is_a_row_in_the_order_of_the_record() -> None:
    record = forge()
    found = [row.id for row in rows([record])]
    expected = [
        text["id"]
        for node in record["nodes"]
        for text in (*node["lines"], *(choice["text"] for choice in node.get("choices", ())))
    ]
    assert sorted(found) == sorted(expected)
    assert len(set(found)) == len(found)


@pytest.mark.parametrize("file", GALLERY, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_finished_records_give_rows_with_kind_speaker_and_length(file: Path) -> None:
    table = rows(load_records([file]))
    assert table
    assert all(row.kind and row.max_length and len(row.text) <= row.max_length for row in table)
    assert all(bool(row.speaker) == (file.stem == "dialogue") for row in table)


def test_the_row_of_a_line_says_who_means_what_to_whom_and_where() -> None:
    record = forge()
    record["nodes"][0]["intent"] = "greets"
    row = rows([record], voices={"mira": "gruff"})[0]
    assert (row.speaker, row.speaker_name, row.kind) == ("mira", "Mira Voss", "npc_line")
    assert row.direction == "intent: greets; voice: gruff"
    assert row.note == (
        "spoken line; dialogue talk_0001 (the lens), nodes/greet/lines/0; intent: greets; voice: gruff; "
        "{player} shows: Ada; at most 320 characters"
    )


def test_the_row_of_a_choice_has_what_it_answers_and_not_what_the_other_one_means() -> None:
    record = forge()
    record["nodes"][1]["intent"] = "jokes"
    row = by_id(record, "nodes/hub/choices/weather")
    assert (row.speaker, row.kind, row.direction) == ("player", "player_choice", "")
    assert "nodes/hub/choices/weather/text; answers: What else?; at most 160 characters" in row.note


def test_the_voice_of_a_speaker_is_that_of_the_sheet_in_the_content() -> None:
    sheet = json.loads((ROOT / "samples/gallery/saltmarrow/character.jsonl").read_text("utf-8").splitlines()[0])
    sheet |= {"character": "mira", "voice": "gruff and slow"}
    table = rows([forge(), sheet], voices={"mira": "of the world", "oren": "thin"})
    assert {row.direction for row in table if row.speaker == "mira"} == {"voice: gruff and slow"}
    assert {row.direction for row in table if row.speaker == "oren"} == {"voice: thin"}


def test_what_a_note_says_is_one_line_whatever_names_hold() -> None:
    record = forge()
    record["refs"][0]["name"] = "Mira\nVoss\x00\t the  Smith"
    record["placeholders"][0]["value"] = "A\u2028da"
    assert all(row.note.isprintable() and row.speaker_name.isprintable() for row in rows([record]))


@unhurried
@given(texts())
def test_ids_and_notes_stay_when_a_text_is_edited(text: str) -> None:
    record = forge()
    before = rows([record])
    edited = deepcopy(record)
    edited["nodes"][2]["lines"][0]["text"] = text
    after = rows([edited])
    assert [row.id for row in after] == [row.id for row in before]
    changed = [new.id for old, new in zip(before, after, strict=True) if old.lock != new.lock]
    assert changed == ([line_id("talk_0001", "nodes/rain/lines/0")] if text != "Rain again." else [])


@unhurried
@given(dialogues())
def test_ids_come_from_the_place_so_another_order_of_nodes_keeps_them(record: dict[str, Any]) -> None:
    turned = record | {"nodes": record["nodes"][::-1]}
    assert {row.id: row.text for row in rows([turned])} == {row.id: row.text for row in rows([record])}


@unhurried
@given(texts())
def test_a_lock_is_the_beginning_of_the_sha_256(text: str) -> None:
    assert lock_of(text) == sha256(text.encode()).hexdigest()[:8]


def test_two_texts_with_one_id_are_refused() -> None:
    record = forge()
    record["nodes"][1]["lines"][0]["id"] = record["nodes"][0]["lines"][0]["id"]
    assert codes(record) == ["GG057"]
    assert set(codes(forge(), forge() | {"id": "talk_0002"})) == {"GG057"}


@pytest.mark.parametrize("text", ["", "two\nlines", " outer", "e\u0301", "\ud800", "bell\x07"])
def test_a_text_outside_the_profile_is_refused(text: str) -> None:
    record = forge()
    record["nodes"][0]["lines"][0]["text"] = text
    assert "GG601" in codes(record)


def test_lengths_are_those_of_the_schema() -> None:
    quest = load_schema("quest")
    assert longest(quest, ("title",)) == 80
    assert longest(quest, ("stages", 3, "objectives", 0, "text")) == 200
    assert longest(load_schema("dialogue"), ("nodes", 0, "choices", 2, "text")) == 160
    assert longest({}, ("title",)) is None


def test_texts_of_an_unknown_kind_have_rows_without_a_length() -> None:
    note = {"id": "tavern_0001", "kind": "tavern", "sign": {"id": "tavern_0001_x", "text": "Open."}}
    (row,) = rows([note])
    assert (row.kind, row.speaker, row.max_length) == ("", "", None)
    assert row.note == "sign; tavern tavern_0001, sign"
