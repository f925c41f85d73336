"""Proofs over quests: good records give nothing, every damage is caught by the code that is meant for it."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy

import pytest

from gamegen.checks.quest import CHECKS, TARGETS
from gamegen.checks.quest_simulation import simulate
from gamegen.codes import CODES
from gamegen.hookspecs import CheckContext
from gamegen.records import JSON, Finding
from gamegen.schema import load_schema, validate

Record = dict[str, JSON]


def text(words: str) -> JSON:
    return {"id": f"q_{words.lower().replace(' ', '_')}", "text": f"{words}."}


def has(id: str, count: int = 1) -> JSON:
    return {"type": "item", "id": id, "op": ">=", "value": count}


def flag(id: str, value: JSON) -> JSON:
    return {"type": "flag", "id": id, "op": "==", "value": value}


def effect(type: str, id: str, op: str, value: JSON) -> JSON:
    return {"type": type, "id": id, "op": op, "value": value}


def objective(id: str, verb: str, target: str, location: str, **more: JSON) -> JSON:
    base = {"id": id, "verb": verb, "target": target, "count": 1, "location": location}
    return {**base, "optional": False, "hidden": False, "text": text(id), **more}


def quest() -> Record:
    """Hand-written: ask, fetch the lens (or leave it), then bring it to the smith or throw it into the sea."""
    states = ["inactive", "inquiry", "fetch", "choice", "kept", "drowned", "too_late"]
    return {
        "id": "the_lens",
        "kind": "quest",
        "schema_version": 1,
        "title": text("The lens"),
        "summary": text("Find the lens"),
        "giver": "smith",
        "motivation": "serenity",
        "strategy": "Recover lost/stolen item",
        "type": "side",
        "level": 3,
        "prerequisites": [flag("storm", False)],
        "start": "inquiry",
        "stages": [
            {
                "id": "inquiry",
                "journal": text("Ask around"),
                "objectives": [objective("ask", "interview", "keeper", "tower")],
                "next": [{"to": "fetch", "requires": ["ask"]}],
            },
            {
                "id": "fetch",
                "journal": text("Fetch it"),
                "objectives": [
                    objective("look", "explore", "reef", "reef", optional=True, hidden=True),
                    objective("take", "gather", "lens", "reef", effects=[effect("item", "lens", "add", 1)]),
                ],
                "next": [{"to": "choice", "requires": ["take"]}],
            },
            {
                "id": "choice",
                "journal": text("Choose"),
                "objectives": [
                    objective(
                        "bring",
                        "deliver",
                        "lens",
                        "forge",
                        to="smith",
                        requires=has("lens"),
                        effects=[effect("item", "lens", "add", -1)],
                    ),
                    objective("sink", "damage", "lens", "reef", effects=[effect("item", "lens", "add", -1)]),
                ],
                "next": [{"to": "kept", "requires": ["bring"]}, {"to": "drowned", "requires": ["sink"]}],
            },
        ],
        "outcomes": [
            {"id": "kept", "status": "success", "text": text("Kept"), "effects": [effect("flag", "lit", "set", True)]},
            {"id": "drowned", "status": "success", "text": text("Drowned")},
            {"id": "too_late", "status": "failure", "text": text("Too late")},
        ],
        "fail_conditions": [{"condition": flag("storm", True), "outcome": "too_late"}],
        "rewards": {"xp": 200, "currency": 50, "items": [], "reputation": [{"faction": "hands", "value": 2}]},
        "facts": ["lens_sold"],
        "refs": [
            {"id": "keeper", "type": "character", "name": "the keeper"},
            {"id": "smith", "type": "character", "name": "the smith"},
            {"id": "wyrm", "type": "creature", "name": "the wyrm"},
            {"id": "lens_sold", "type": "fact", "name": "The lens was sold."},
            {"id": "hands", "type": "faction", "name": "the Hands"},
            {"id": "lit", "type": "flag", "name": "lit", "value_type": "bool", "initial": False},
            {"id": "storm", "type": "flag", "name": "storm", "value_type": "bool", "initial": False},
            {"id": "lens", "type": "item", "name": "the lens", "value_type": "int", "initial": 0},
            {"id": "forge", "type": "location", "name": "the forge"},
            {"id": "reef", "type": "location", "name": "the reef"},
            {"id": "tower", "type": "location", "name": "the tower"},
            {
                "id": "the_lens",
                "type": "quest",
                "name": "the_lens",
                "value_type": "string",
                "initial": "inactive",
                "values": states,
            },
        ],
    }


def findings(record: Record) -> list[Finding]:
    assert validate(record, load_schema("quest")) == []
    return [finding for check in CHECKS for finding in check.run(record, CheckContext())]


def codes(record: Record) -> set[str]:
    return {finding.code for finding in findings(record)}


def state_ref(record: Record) -> JSON:
    return next(ref for ref in record["refs"] if ref["type"] == "quest")


# Each damage changes the record in place.


def same_stage_twice(record: Record) -> None:
    record["stages"][1]["id"] = "inquiry"


def same_objective_twice(record: Record) -> None:
    record["stages"][1]["objectives"][0]["id"] = "ask"


def edge_into_nothing(record: Record) -> None:
    record["stages"][0]["next"][0]["to"] = "fetsch"


def start_at_an_outcome(record: Record) -> None:
    record["start"] = "kept"


def fail_into_nothing(record: Record) -> None:
    record["fail_conditions"][0]["outcome"] = "later"


def skip_a_stage(record: Record) -> None:
    record["stages"][0]["next"][0]["to"] = "choice"


def drop_the_branch(record: Record) -> None:
    record["stages"][2]["next"].pop()


def drop_the_fail_condition(record: Record) -> None:
    record["fail_conditions"] = []


def consume_the_lens_early(record: Record) -> None:
    record["stages"][1]["next"][0]["effects"] = [effect("item", "lens", "set", 0)]


def never_give_the_lens(record: Record) -> None:
    record["stages"][1]["objectives"][1]["effects"] = []


def lose_the_lens_on_a_whim(record: Record) -> None:
    record["stages"][1]["objectives"][0]["effects"] = [effect("item", "lens", "add", -1)]
    record["stages"][1]["objectives"][0]["requires"] = has("lens")
    record["stages"][1]["objectives"].insert(0, objective("wait", "goto", "reef", "reef"))
    record["stages"][1]["next"][0]["requires"].append("wait")
    record["stages"][2]["objectives"][1]["requires"] = has("lens")


def gate_on_a_flag(record: Record) -> None:
    for each in record["stages"][0]["objectives"]:
        each["requires"] = flag("lit", True)


def require_of_another_stage(record: Record) -> None:
    record["stages"][1]["next"][0]["requires"] = ["ask"]


def require_the_optional(record: Record) -> None:
    record["stages"][1]["next"][0]["requires"].append("look")


def kill_an_item(record: Record) -> None:
    record["stages"][1]["objectives"][1]["verb"] = "kill"


def go_to_a_person(record: Record) -> None:
    record["stages"][1]["objectives"][1]["location"] = "smith"


def deliver_to_a_place(record: Record) -> None:
    record["stages"][2]["objectives"][0]["to"] = "forge"


def pay_too_much(record: Record) -> None:
    record["rewards"]["currency"] = 5000


def praise_too_much(record: Record) -> None:
    record["rewards"]["reputation"][0]["value"] = -50


def fail_on_the_impossible(record: Record) -> None:
    record["fail_conditions"][0]["condition"] = {"type": "item", "id": "lens", "op": "<", "value": 0}


def fail_from_the_start(record: Record) -> None:
    record["fail_conditions"][0]["condition"] = flag("storm", False)


def fail_into_success(record: Record) -> None:
    record["fail_conditions"][0]["outcome"] = "drowned"


def compare_a_bool_with_a_text(record: Record) -> None:
    record["prerequisites"] = [flag("storm", "no")]


def order_a_bool(record: Record) -> None:
    record["prerequisites"] = [{"type": "flag", "id": "storm", "op": ">=", "value": True}]


def add_to_a_bool(record: Record) -> None:
    record["outcomes"][0]["effects"] = [effect("flag", "lit", "add", True)]


def use_a_local(record: Record) -> None:
    record["prerequisites"] = [{"type": "local", "id": "mood", "op": "==", "value": 1}]


def set_the_own_state(record: Record) -> None:
    record["outcomes"][0]["effects"] = [effect("quest", "the_lens", "set", "drowned")]


def ask_for_an_unknown_state(record: Record) -> None:
    record["stages"][0]["objectives"][0]["requires"] = {
        "type": "quest",
        "id": "the_lens",
        "op": "!=",
        "value": "inquest",
    }


def wrong_initial_value(record: Record) -> None:
    next(ref for ref in record["refs"] if ref["id"] == "lit")["initial"] = "no"


def only_failure(record: Record) -> None:
    for outcome in record["outcomes"]:
        outcome["status"] = "failure"


def contradict_yourself(record: Record) -> None:
    record["prerequisites"] = [flag("storm", True), flag("storm", False)]


def giver_is_a_place(record: Record) -> None:
    record["giver"] = "forge"


def unlisted_flag(record: Record) -> None:
    record["outcomes"][0]["effects"] = [effect("flag", "lid", "set", True)]


def shadowed_edge(record: Record) -> None:
    record["stages"][2]["next"][1]["requires"] = ["sink", "bring"]


def forget_the_own_state(record: Record) -> None:
    record["refs"] = [ref for ref in record["refs"] if ref["type"] != "quest"]


def forget_one_state(record: Record) -> None:
    state_ref(record)["values"].remove("drowned")


DAMAGES: list[tuple[Callable[[Record], None], str]] = [
    (same_stage_twice, "GG401"),
    (same_objective_twice, "GG401"),
    (edge_into_nothing, "GG402"),
    (start_at_an_outcome, "GG402"),
    (fail_into_nothing, "GG402"),
    (skip_a_stage, "GG403"),
    (drop_the_branch, "GG404"),
    (drop_the_fail_condition, "GG404"),
    (lose_the_lens_on_a_whim, "GG405"),
    (gate_on_a_flag, "GG405"),
    (consume_the_lens_early, "GG406"),
    (never_give_the_lens, "GG406"),
    (require_of_another_stage, "GG407"),
    (require_the_optional, "GG407"),
    (kill_an_item, "GG408"),
    (go_to_a_person, "GG408"),
    (deliver_to_a_place, "GG408"),
    (pay_too_much, "GG409"),
    (praise_too_much, "GG409"),
    (fail_on_the_impossible, "GG410"),
    (fail_from_the_start, "GG410"),
    (fail_into_success, "GG410"),
    (compare_a_bool_with_a_text, "GG411"),
    (order_a_bool, "GG411"),
    (add_to_a_bool, "GG411"),
    (use_a_local, "GG411"),
    (set_the_own_state, "GG411"),
    (ask_for_an_unknown_state, "GG411"),
    (wrong_initial_value, "GG411"),
    (only_failure, "GG412"),
    (contradict_yourself, "GG413"),
    (giver_is_a_place, "GG408"),
    (unlisted_flag, "GG415"),
    (shadowed_edge, "GG416"),
    (forget_the_own_state, "GG417"),
    (forget_one_state, "GG417"),
]


def test_a_good_record_gives_no_finding() -> None:
    assert findings(quest()) == []


@pytest.mark.parametrize(("damage", "code"), DAMAGES, ids=[damage.__name__ for damage, _ in DAMAGES])
def test_a_damage_is_caught_by_its_code(damage: Callable[[Record], None], code: str) -> None:
    record = deepcopy(quest())
    damage(record)
    assert code in codes(record)


def test_every_code_of_the_proofs_is_caught_and_described() -> None:
    caught = {code for _, code in DAMAGES} | {"GG400", "GG414", "GG418"}  # GG418: tests/checks/test_quest_line.py
    assert caught == {code for code in CODES if code.startswith("GG4")}


def test_a_finding_says_what_is_wrong_where_and_how_a_play_comes_there() -> None:
    record = quest()
    consume_the_lens_early(record)
    finding = next(finding for finding in findings(record) if finding.code == "GG406")
    assert finding.where == "$.stages[2].objectives[0]"
    assert "lens >= 1" in finding.message
    assert "start with storm = false, lens = 0 -> ask -> take" in finding.message


def test_a_cascade_is_reported_at_its_root_alone() -> None:
    record = quest()
    gate_on_a_flag(record)
    assert codes(record) == {"GG405"}


def test_a_prerequisite_makes_an_item_available() -> None:
    record = quest()
    never_give_the_lens(record)
    record["prerequisites"].append(has("lens"))
    assert findings(record) == []


def test_stages_may_form_a_circle_that_can_be_left() -> None:
    record = quest()
    record["stages"][2]["objectives"].append(objective("rest", "goto", "forge", "forge"))
    record["stages"][2]["next"].append(
        {"to": "inquiry", "requires": ["rest"], "effects": [effect("item", "lens", "set", 0)]}
    )
    assert findings(record) == []


def test_a_circle_that_cannot_be_left_is_a_stuck_play() -> None:
    record = quest()
    record["stages"][2]["next"] = [{"to": "inquiry", "requires": ["bring"]}]
    record["stages"][2]["objectives"].pop()
    assert "GG405" in codes(record)


def test_effects_of_the_quest_itself_may_fail_it() -> None:
    record = quest()
    record["stages"][1]["objectives"][0]["effects"] = [effect("flag", "storm", "set", True)]
    assert findings(record) == []
    assert "too_late" in simulate(record).entered


def test_nested_conditions_are_followed() -> None:
    record = quest()
    record["stages"][2]["objectives"][0]["requires"] = {"all": [has("lens"), {"not": flag("storm", True)}]}
    assert findings(record) == []
    record["stages"][2]["objectives"][0]["requires"] = {"any": [has("lens", 2), flag("storm", True)]}
    assert codes(record) == {"GG406"}


def test_past_its_bound_the_simulation_says_not_proven() -> None:
    record = quest()
    ids = [f"switch_{n}" for n in range(16)]
    record["refs"] += [{"id": id, "type": "flag", "name": id, "value_type": "bool", "initial": False} for id in ids]
    record["stages"][1]["objectives"][0]["requires"] = {"any": [flag(id, True) for id in ids]}
    found = findings(record)
    assert [(finding.code, finding.severity) for finding in found] == [("GG414", "error")]
    assert "20000 states" in found[0].message


def test_every_verb_of_the_schema_has_its_targets() -> None:
    stage = load_schema("quest")["properties"]["stages"]["items"]["properties"]
    verbs = stage["objectives"]["items"]["properties"]["verb"]["enum"]
    assert set(TARGETS) == set(verbs)
