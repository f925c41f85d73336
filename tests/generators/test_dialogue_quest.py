"""Dialogues that are bound to a quest."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest

from gamegen.errors import UsageError
from gamegen.generators.dialogue.generator import GENERATOR as DIALOGUE
from gamegen.generators.dialogue.quest import quest_setting, resolve
from gamegen.generators.quest.generator import GENERATOR as QUEST
from gamegen.play import Player, initial_state
from gamegen.records import Brief, Record, canonical
from gamegen.world import World
from gamegen.world_file import load_world
from tests.generators.test_dialogue import faults, written

SALTMARROW = Path(__file__).parents[2] / "samples" / "saltmarrow" / "world"

SETTING: dict[str, Any] = {
    "id": "side_quests_0007",
    "title": "The Long Way Down",
    "giver": "mira_voss",
    "task": "fetch the ice saw from the ice house and bring it to Mira Voss",
    "about": "ice_saw",
    "states": ["inactive", "fetch", "delivery", "complete", "kept", "lost"],
    "offered": "inactive",
    "active": ["fetch", "delivery"],
    "success": ["complete", "kept"],
    "failed": ["lost"],
    "reward": "forty crowns",
}
QUEST_RECORD: dict[str, Any] = {
    "id": "q_0001",
    "kind": "quest",
    "title": {"id": "q_0001_a", "text": "Cold Iron"},
    "summary": {"id": "q_0001_b", "text": "Mira needs a saw. She will not say why."},
    "giver": "mira_voss",
    "stages": [
        {
            "id": "fetch",
            "objectives": [
                {"id": "go", "verb": "goto", "target": "ice_house", "location": "ice_house", "optional": False},
                {"id": "get", "verb": "gather", "target": "ice_saw", "location": "ice_house", "optional": False},
            ],
        },
        {
            "id": "report",
            "objectives": [
                {"id": "tell", "verb": "interview", "target": "mira_voss", "location": "forge", "optional": False}
            ],
        },
    ],
    "outcomes": [{"id": "complete", "status": "success"}, {"id": "too_late", "status": "failure"}],
    "rewards": {"currency": 40},
    "refs": [
        {"id": "ice_saw", "type": "item", "name": "the ice saw"},
        {"id": "ice_house", "type": "location", "name": "the ice house"},
        {"id": "mira_voss", "type": "character", "name": "Mira Voss"},
    ],
}


@cache
def saltmarrow() -> World:
    return load_world(SALTMARROW)


def document(seed: int = 1, **settings: Any) -> dict[str, Any]:
    given = {"quest": SETTING, **settings}
    return written(DIALOGUE.plan(saltmarrow(), Brief("dialogue", "talk", f"{seed:04d}", seed, given), seed))[0]


def offered(record: dict[str, Any], state: str) -> list[str]:
    player = Player(record, state=initial_state(record, quests={SETTING["id"]: state}))
    player.start()
    assert player.offer is not None
    return [choice.id for choice in player.offer.choices]


def test_every_record_passes_its_proofs() -> None:
    for seed in range(40):
        assert faults(document(seed), saltmarrow()) == [], seed


@pytest.mark.parametrize(
    ("state", "choice"),
    [
        ("inactive", "work"),
        ("fetch", "report"),
        ("delivery", "report"),
        ("complete", "done"),
        ("kept", "done"),
        ("lost", "failed"),
    ],
)
def test_the_state_of_the_quest_decides_what_is_said(state: str, choice: str) -> None:
    found = offered(document(nodes=16), state)
    assert set(found) & {"work", "report", "done", "failed"} == {choice}
    assert "leave" in found


def test_accepting_starts_the_quest() -> None:
    record = document()
    player = Player(record)
    player.start()
    player.choose("work")
    player.choose("accept")
    assert player.state.quests[SETTING["id"]] == "fetch"


def test_the_offer_says_the_task_and_the_giver_leads() -> None:
    plan = DIALOGUE.plan(saltmarrow(), Brief("dialogue", "talk", "0001", 1, {"quest": SETTING}), 1)
    offer = next(text for text in plan.data["texts"] if text["key"] == "nodes/offer/lines/0")
    assert "fetch the ice saw from the ice house and bring it to her" in offer["card"]["must"]
    assert "bring it to me" in offer["fallback"][0]
    assert plan.data["document"]["participants"][0] == "mira_voss"


def test_the_quest_is_listed_with_its_states() -> None:
    ref = next(ref for ref in document()["refs"] if ref["type"] == "quest")
    assert ref["name"] == "The Long Way Down"
    assert set(ref["values"]) == {"inactive", "fetch", "delivery", "complete", "kept", "lost"}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"character": "oren_tal"}, "is given by mira_voss"),
        ({"pattern": "hub"}, "goes with the pattern quest"),
        ({"nodes": 4}, "at least 9 nodes"),
        ({"quest": {"id": "x"}}, "giver, task, about, offered, active, success missing"),
        ({"quest": {**SETTING, "giver": "mira_vos"}}, 'did you mean "mira_voss"'),
    ],
)
def test_impossible_settings_are_refused_with_the_reason(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as error:
        document(**settings)
    assert message in str(error.value)


def test_a_setting_from_a_record_names_its_most_telling_objective() -> None:
    setting = quest_setting(QUEST_RECORD)
    assert setting["task"] == "fetch the ice saw from the ice house"
    assert setting["about"] == "the ice saw"
    assert (setting["active"], setting["success"], setting["failed"]) == (
        ["fetch", "report"],
        ["complete"],
        ["too_late"],
    )
    assert (setting["title"], setting["reward"]) == ("Cold Iron", "40 coins")


def test_a_summary_that_is_an_order_is_the_task() -> None:
    summary = {"id": "x", "text": "Fetch the ice saw before the thaw. Nobody may see it."}
    assert quest_setting({**QUEST_RECORD, "summary": summary})["task"] == "fetch the ice saw before the thaw"


def test_a_setting_can_be_made_from_every_plan_of_a_quest() -> None:
    for n in range(1, 21):
        plan = QUEST.plan(saltmarrow(), Brief("quest", "q", f"{n:04d}", n), 3)
        setting = quest_setting(plan)
        summary = next(text for text in plan.data["texts"] if text["key"] == "summary")
        assert summary["card"]["must"].startswith(setting["task"])
        brief = Brief("dialogue", "talk", f"{n:04d}", n, {"quest": setting})
        assert faults(written(DIALOGUE.plan(saltmarrow(), brief, 3))[0], saltmarrow()) == []


def test_a_record_is_found_by_file_and_id(tmp_path: Path) -> None:
    file = tmp_path / "quests.jsonl"
    file.write_text(canonical(dict(Record(QUEST_RECORD).data)) + "\n", encoding="utf-8")
    assert resolve("record", f"{file}#q_0001") == quest_setting(QUEST_RECORD)


@pytest.mark.parametrize(("named", "message"), [("nothing", "expected FILE.jsonl#ID"), ("{file}#q_0002", "q_0001")])
def test_a_record_that_is_not_there_is_refused(tmp_path: Path, named: str, message: str) -> None:
    file = tmp_path / "quests.jsonl"
    file.write_text(canonical(QUEST_RECORD) + "\n", encoding="utf-8")
    with pytest.raises(UsageError, match=message):
        resolve("record", named.format(file=file))
