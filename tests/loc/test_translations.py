"""Translations: what comes back is checked, a changed source makes them stale, and records take them on."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from gamegen.errors import InvalidContent, InvalidInput
from gamegen.loc import Entry, Row, Translation, choose, lock_of, merge, read_translations, rows, translated
from gamegen.loc.translations import Merged, faults, write_translations
from gamegen.records import Record
from gamegen_exporters import ink
from tests.dialogue_records import forge
from tests.strategies import dialogues, texts

unhurried = settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
GREETING = Row("a", "{player}, is it? {{Ha}}.", max_length=40)
RAIN = Row("b", "Rain again.")
TABLE = (GREETING, RAIN)
GOOD = (Entry("a", "{{Ha}}, {player}?", GREETING.lock, 2), Entry("b", "Schon wieder Regen.", RAIN.lock, 3))


def in_german(record: dict[str, Any]) -> dict[str, Translation]:
    """A translation of every text, braces as they are."""
    return {row.id: Translation(row.id, f"DE {row.text}", row.lock) for row in rows([record])}


def said(merged: Merged) -> list[tuple[str, int]]:
    return [(one.code, one.line) for one in merged.findings]


def refused(*arguments: Any, **options: Any) -> list[str]:
    with pytest.raises(InvalidContent) as caught:
        translated(*arguments, **options)
    return [one.code for one in caught.value.findings]


# One translation


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("{{Ha}}, {player}?", []),
        ("{player}, {player}? {{Ha}}", []),
        ("{player} sagt: {{{player}}}", []),
        ("{{Ha}}?", ["GG618"]),
        ("{spieler}? {{Ha}}", ["GG618", "GG618"]),
        ("{player} {Player} {{Ha}}", ["GG618"]),
        ("{player}? Ha.", ["GG618", "GG618"]),
        ("{player}? {{Ha}} {{Ha}}", ["GG618", "GG618"]),
        ("{player}? {{Ha}", ["GG618", "GG618"]),
        ("{player}? {{Ha}}\n", ["GG601", "GG601"]),
        ("{player}?  {{Ha}}", ["GG601"]),
        ("{player}? {{He\u0301}}", ["GG601"]),
        ("{player}? {{Ha}} und noch viel mehr, das keinen Platz hat", ["GG604"]),
    ],
)
def test_placeholders_braces_profile_and_length_are_checked(text: str, codes: list[str]) -> None:
    found = faults(GREETING, text)
    assert [one.code for one in found] == codes
    assert all(one.where == "a" for one in found)


@unhurried
@given(texts())
def test_every_text_may_stand_as_its_own_translation(text: str) -> None:
    assert faults(Row("a", text), text) == []


# A file that comes back


def test_good_rows_become_translations() -> None:
    merged = merge(TABLE, {}, GOOD, by="Jo")
    assert merged.findings == () and merged.taken == 2
    assert merged.translations["b"] == Translation("b", "Schon wieder Regen.", RAIN.lock, "Jo")


def test_what_comes_back_unchanged_keeps_its_maker() -> None:
    first = merge(TABLE, {}, GOOD, by="Jo")
    assert merge(TABLE, first.translations, GOOD, by="Kim").translations == first.translations


def test_translations_of_other_content_are_kept() -> None:
    other = Translation("z", "Anderswo.", "00000000")
    assert merge(TABLE, {"z": other}, GOOD).translations["z"] == other


@pytest.mark.parametrize(
    ("entries", "findings"),
    [
        ((GOOD[0],), [("GG058", 0)]),
        ((GOOD[0], Entry("b", "", RAIN.lock, 3)), [("GG058", 3)]),
        ((*GOOD, Entry("c", "Weg.", "00000000", 4)), [("GG057", 4)]),
        ((*GOOD, Entry("b", "Regen.", RAIN.lock, 4)), [("GG057", 4)]),
        ((GOOD[0], Entry("b", "Regen.", lock_of("Rain."), 3)), [("GG619", 3)]),
        ((GOOD[0], Entry("b", "Regen.", RAIN.lock, 3, review=True)), [("GG619", 3)]),
        ((GOOD[0], Entry("b", "Regen {player}.", RAIN.lock, 3)), [("GG618", 3)]),
        ((GOOD[0], Entry("b", "Regen. ", RAIN.lock, 3)), [("GG601", 3)]),
    ],
)
def test_what_is_wrong_is_a_finding_with_its_row_and_is_not_taken(
    entries: tuple[Entry, ...], findings: list[tuple[str, int]]
) -> None:
    merged = merge(TABLE, {}, entries, path="de.csv")
    assert said(merged) == findings
    assert merged.findings[0].path == "de.csv"
    assert "a" in merged.translations
    assert merged.translations.keys() <= {"a", "b"}
    assert ("b" in merged.translations) == (entries[:2] == GOOD and entries[-1].id != "b")


def test_a_row_may_be_empty_where_a_translation_is_there_already() -> None:
    known = merge(TABLE, {}, GOOD).translations
    assert merge(TABLE, known, (Entry("b", "", RAIN.lock, 2),)).findings == ()


def test_a_stale_row_is_taken_when_asked_and_stays_stale() -> None:
    old = Entry("b", "Regen.", lock_of("Rain."), 3)
    merged = merge(TABLE, {}, (GOOD[0], old), stale=True)
    assert merged.findings == ()
    assert merged.translations["b"].lock == lock_of("Rain.")
    kept = merge(TABLE, merge(TABLE, {}, GOOD).translations, (old,), stale=True)
    assert kept.translations["b"].text == "Schon wieder Regen."


def test_a_stale_translation_that_nobody_mended_is_told() -> None:
    known = {"a": Translation("a", GOOD[0].text, GREETING.lock), "b": Translation("b", "Regen.", lock_of("Rain."))}
    assert said(merge(TABLE, known, (Entry("b", "", RAIN.lock, 3),))) == [("GG619", 3)]


@unhurried
@given(
    st.lists(
        st.builds(
            Entry,
            st.sampled_from(["a", "b", "c"]),
            st.sampled_from(["", "Regen.", "{{Ha}}, {player}?", "two\nlines"]),
            st.sampled_from([GREETING.lock, RAIN.lock, "00000000"]),
            st.integers(1, 9),
            st.booleans(),
        ),
        max_size=5,
    )
)
def test_only_good_rows_are_ever_taken(entries: list[Entry]) -> None:
    merged = merge(TABLE, {}, entries)
    table = {row.id: row for row in TABLE}
    for id, one in merged.translations.items():
        assert faults(table[id], one.text) == [] and one.lock == table[id].lock
        assert [entry.id for entry in entries].count(id) == 1
    told = {one.where for one in merged.findings} | {entry.id for entry in entries if entry.id == "c"}
    assert merged.translations.keys() | told >= table.keys() or any(one.code == "GG057" for one in merged.findings)
    assert bool(merged.findings) == (merged.translations.keys() != table.keys() or len(entries) != 2)


# Records in another language


@unhurried
@given(dialogues(text=texts()), st.data())
def test_texts_are_replaced_and_nothing_else(record: dict[str, Any], data: st.DataObject) -> None:
    before = deepcopy(record)
    words = {row.id: row.text for row in rows([record])}
    turned = {id: Translation(id, text, lock_of(text)) for id, text in words.items()}
    (same,) = translated([record], turned)
    assert same == record == before
    (german,) = translated([record], in_german(record)) if all(len(t) < 150 for t in words.values()) else (None,)
    if german is not None:
        assert {row.id: row.text for row in rows([german])} == {id: f"DE {text}" for id, text in words.items()}
        back = {row.id: Translation(row.id, words[row.id], row.lock) for row in rows([german])}
        assert translated([german], back) == [before]


def test_records_stay_records() -> None:
    record = Record(forge())
    (german,) = translated([record], in_german(forge()))
    assert isinstance(german, Record)
    assert german["nodes"][2]["lines"][0]["text"] == "DE Rain again."
    assert record.data == forge()


def test_an_exporter_takes_the_translated_record_as_it_is() -> None:
    files = ink.render(translated([forge()], in_german(forge())), {})
    assert "DE Rain again." in files["dialogue_talk_0001.ink"]
    assert "DE {text_player}, is it? \\{Ha\\}." in files["dialogue_talk_0001.ink"]


def test_what_is_missing_is_named_and_may_be_left_as_it_is() -> None:
    record = forge()
    known = in_german(record)
    id = record["nodes"][2]["lines"][0]["id"]
    del known[id]
    assert refused([record], known) == ["GG058"]
    (mixed,) = translated([record], known, fallback=True)
    assert mixed["nodes"][2]["lines"][0]["text"] == "Rain again."
    assert mixed["nodes"][0]["lines"][0]["text"].startswith("DE ")


def test_a_changed_source_makes_its_translation_stale() -> None:
    record = forge()
    known = in_german(record)
    line = record["nodes"][2]["lines"][0]
    line["text"] = "More rain."
    assert refused([record], known) == ["GG619"]
    assert translated([record], known, fallback=True)[0]["nodes"][2]["lines"][0]["text"] == "More rain."
    assert translated([record], known, stale=True)[0]["nodes"][2]["lines"][0]["text"] == "DE Rain again."
    (told,) = choose(rows([record]), known, stale=True).findings
    assert (told.code, told.severity, told.where) == ("GG619", "warning", line["id"])


def test_a_stale_translation_without_the_new_placeholder_is_not_used() -> None:
    record = forge()
    known = in_german(record)
    record["nodes"][2]["lines"][0]["text"] = "Rain again, {player}."
    assert refused([record], known, stale=True) == ["GG619", "GG618"]


def test_a_translation_that_was_edited_by_hand_is_checked_again() -> None:
    record = forge()
    known = in_german(record)
    id = record["nodes"][0]["lines"][0]["id"]
    known[id] = Translation(id, "{playr}", known[id].lock)
    assert "GG618" in refused([record], known)


# The file of a language


@unhurried
@given(st.dictionaries(st.sampled_from(["b", "a", "c_1"]), st.tuples(texts(), st.sampled_from(["", "Jo"]))))
def test_a_file_is_sorted_and_read_as_it_was(tmp_path_factory: pytest.TempPathFactory, words: dict[str, Any]) -> None:
    known = {id: Translation(id, text, lock_of(text), by) for id, (text, by) in words.items()}
    file = write_translations(tmp_path_factory.mktemp("t") / "translations" / "de.jsonl", known)
    lines = file.read_bytes().decode("utf-8").split("\n")
    assert [json.loads(line)["id"] for line in lines[:-1]] == sorted(known)
    assert all(("by" in json.loads(line)) == bool(known[json.loads(line)["id"]].by) for line in lines[:-1])
    assert read_translations([file]) == known


def test_the_later_file_wins(tmp_path: Path) -> None:
    one = write_translations(
        tmp_path / "1.jsonl", {"a": Translation("a", "Eins.", "0"), "b": Translation("b", "B", "0")}
    )
    two = write_translations(tmp_path / "2.jsonl", {"a": Translation("a", "Zwei.", "0")})
    assert {id: one.text for id, one in read_translations([one, two]).items()} == {"a": "Zwei.", "b": "B"}


@pytest.mark.parametrize(
    "line",
    [
        "no",
        "[]",
        '{"id": "a"}',
        '{"id": "a", "text": 3, "lock": ""}',
        '{"id":"b","text":"","lock":"","x":""}',
        "[" * 9999,
    ],
)
def test_a_line_that_is_no_translation_is_told_with_its_place(tmp_path: Path, line: str) -> None:
    file = tmp_path / "de.jsonl"
    file.write_text(f'{{"id": "a", "text": "A", "lock": "0"}}\n\n{line}\n', encoding="utf-8")
    with pytest.raises(InvalidInput, match=r"de.jsonl:3:1: GG056"):
        read_translations([file])


def test_an_id_that_stands_twice_in_a_file_is_told(tmp_path: Path) -> None:
    file = tmp_path / "de.jsonl"
    file.write_text('{"id": "a", "text": "A", "lock": "0"}\n' * 2, encoding="utf-8")
    with pytest.raises(InvalidInput, match=r"de.jsonl:2:1: GG057"):
        read_translations([file])


def test_a_file_that_is_not_there_or_not_utf_8_is_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="GG006"):
        read_translations([tmp_path / "de.jsonl"])
    (tmp_path / "de.jsonl").write_bytes(b"\xff")
    with pytest.raises(InvalidInput, match="GG056 expected UTF-8"):
        read_translations([tmp_path / "de.jsonl"])
