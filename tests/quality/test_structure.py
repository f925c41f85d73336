"""The shape of dialogues and quests."""

from __future__ import annotations

from typing import Any

import pytest

from gamegen.quality.structure import REFERENCE, structure


def text(words: str) -> dict[str, str]:
    return {"id": words, "text": words}


def node(id: str, *choices: dict[str, Any], goto: str | None = None, facts: tuple[str, ...] = ()) -> dict[str, Any]:
    made: dict[str, Any] = {"id": id, "lines": [text("one two three four")]}
    if choices:
        made["choices"] = list(choices)
    if goto is not None:
        made["goto"] = goto
    return {**made, "facts": list(facts)} if facts else made


def choice(**way: Any) -> dict[str, Any]:
    return {"id": "c", "text": text("one two"), **way}


DIALOGUE = {
    "id": "d",
    "kind": "dialogue",
    "start": "hello",
    "ends": [{"id": "left"}, {"id": "won"}],
    "nodes": [
        node("hello", goto="hub"),
        node("hub", choice(goto="tell"), choice(check={"success": "won", "failure": "hub"}), choice(goto="left")),
        node("tell", goto="hub", facts=("lens_sold",)),
    ],
}
QUEST = {
    "id": "q",
    "kind": "quest",
    "stages": [
        {"objectives": [{}, {}], "next": [{"to": "b"}, {"to": "complete"}]},
        {"objectives": [{}], "next": [{"to": "complete"}]},
    ],
    "outcomes": [{}, {}],
}


def test_a_dialogue_is_measured() -> None:
    found = {name: figure.median for name, figure in structure([DIALOGUE])["dialogue"].items()}
    assert found == {
        "nodes": 3,
        "edges": 6,
        "options": 3,
        "depth": 3,
        "ends": 2,
        "player_lines": 0.5,
        "npc_words": 4,
        "player_words": 2,
        "lines_with_facts": pytest.approx(1 / 3),
    }
    assert found.keys() == REFERENCE.keys()


def test_a_quest_is_measured_without_a_reference() -> None:
    found = structure([QUEST])["quest"]
    assert {name: figure.median for name, figure in found.items()} == {
        "stages": 2,
        "objectives": 3,
        "edges": 3,
        "branches": 1,
        "outcomes": 2,
    }
    assert all(figure.reference is None for figure in found.values())


def test_percentiles_are_interpolated() -> None:
    records = [{**DIALOGUE, "ends": [{}] * count} for count in (1, 2, 3, 4, 5)]
    ends = structure(records)["dialogue"]["ends"]
    assert (ends.p10, ends.median, ends.p90) == (pytest.approx(1.4), 3, pytest.approx(4.6))
    assert ends.as_json() == {"median": 3.0, "p10": 1.4, "p90": 4.6, "reference": 2}


def test_records_of_other_kinds_have_no_structure() -> None:
    assert structure([{"id": "p", "kind": "poem"}]) == {}
