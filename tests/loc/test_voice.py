"""The voice manifest: what is said, into which file, and for how long."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from gamegen.loc import rows, spoken
from gamegen.loc.voice import COLUMNS, safe, seconds, to_csv
from tests.dialogue_records import forge
from tests.strategies import dialogues, texts

unhurried = settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
RESERVED = ["con", "prn", "aux", "nul", "com1", "lpt9"]


def test_lines_are_said_and_choices_are_not() -> None:
    record = forge()
    said = [line["id"] for node in record["nodes"] for line in node["lines"]]
    assert sorted(one.id for one in spoken(rows([record]))) == sorted(said)


def test_a_line_has_its_speaker_its_direction_and_its_file() -> None:
    record = forge()
    record["nodes"][0] |= {"intent": "greets", "mood": "tired"}
    one = spoken(rows([record], voices={"mira": "gruff"}))[0]
    assert (one.speaker, one.name, one.direction) == ("mira", "Mira Voss", "intent: greets; mood: tired; voice: gruff")
    assert one.file == f"mira/{one.id}.wav"


def test_the_file_stays_when_the_text_is_edited() -> None:
    record = forge()
    before = [one.file for one in spoken(rows([record]))]
    record["nodes"][0]["lines"][0]["text"] = "Another greeting."
    assert [one.file for one in spoken(rows([record]))] == before


@unhurried
@given(st.one_of(st.text(), st.from_regex("[a-z][a-z0-9_]*", fullmatch=True), st.sampled_from(RESERVED)))
def test_a_name_is_good_on_every_system(name: str) -> None:
    found = safe(name)
    assert re.fullmatch(r"[a-z0-9_-]{1,100}", found)
    assert found not in RESERVED
    assert found == safe(name)


@unhurried
@given(st.sets(st.one_of(st.text("aB./ü_-", max_size=4), st.sampled_from([*RESERVED, "a" * 101, "a" * 102]))))
def test_two_ids_never_have_one_file(names: set[str]) -> None:
    assert len({safe(name).lower() for name in names}) == len(names)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("No.", 0.5),
        ("x" * 125, 10.0),
        ("Iron doesn't lie. People do.", 1.7),
        ("雨" * 52, 10.0),
        ("…", 0.5),
    ],
)
def test_seconds_follow_the_figures_cited(text: str, expected: float) -> None:
    assert seconds(text) == expected


@unhurried
@given(dialogues(text=texts()))
def test_the_manifest_is_read_as_it_was(record: dict[str, Any]) -> None:
    lines = spoken(rows([record]))
    read = list(csv.reader(io.StringIO(to_csv(lines).decode("utf-8-sig"), newline="")))
    assert tuple(read[0]) == COLUMNS
    assert [row[0] for row in read[1:]] == [one.id for one in lines]
    assert not any(cell[:1] in set("=+-@") for row in read for cell in row if cell)
