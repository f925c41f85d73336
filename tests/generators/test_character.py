"""Character sheets: planned from the world, proven by the rules, complete under the schema."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from gamegen.briefs import briefs_for
from gamegen.checks.character import CHECKS
from gamegen.checks.references import CHECKS as REFERENCE_CHECKS
from gamegen.errors import UsageError
from gamegen.generators.character import GENERATOR
from gamegen.generators.srd import CLASSES, RACES
from gamegen.hookspecs import CheckContext
from gamegen.records import Finding, canonical
from gamegen.schema import validate
from gamegen.world import World
from gamegen.world_file import load_world
from tests.worlds import bare_world

SALTMARROW = load_world(Path(__file__).parents[2] / "samples" / "saltmarrow" / "world")


def sheet(seed: int = 1, count: int = 1, world: World = SALTMARROW, **settings: Any) -> dict[str, Any]:
    """The last of `count` sheets, with a plain sentence for every text."""
    brief = briefs_for(GENERATOR, "sheet", count, settings)[-1]
    coroutine = GENERATOR.write(GENERATOR.plan(world, brief, seed))
    requests = next(coroutine)
    try:
        coroutine.send([f"A plain sentence about {request.card['part']}." for request in requests])
    except StopIteration as stop:
        return dict(stop.value)
    raise AssertionError("a sheet asks once")


def findings(record: Mapping[str, Any], world: World = SALTMARROW) -> list[Finding]:
    context = CheckContext(world, world.text_context(), GENERATOR.schema)
    return [finding for check in (*CHECKS, *REFERENCE_CHECKS) for finding in check.run(record, context)]


@pytest.mark.parametrize("seed", range(60))
def test_every_sheet_validates_and_passes_its_proofs(seed: int) -> None:
    record = sheet(seed, count=1 + seed % 30)
    assert validate(record, GENERATOR.schema) == []
    assert findings(record) == []


@pytest.mark.parametrize("level", [1, 5, 11, 20])
@pytest.mark.parametrize("race", sorted(RACES))
def test_every_race_and_class_passes_its_proofs(race: str, level: int) -> None:
    for class_ in CLASSES:
        record = sheet(3, race=race, level=level, **{"class": class_})
        assert validate(record, GENERATOR.schema) == []
        assert findings(record) == []


def test_a_batch_goes_through_the_world_once_and_then_makes_new_people() -> None:
    people = len(SALTMARROW.characters)
    sheets = [sheet(5, count=n) for n in range(1, people + 3)]
    assert {record.get("character") for record in sheets[:people]} == set(SALTMARROW.characters)
    assert [record.get("character") for record in sheets[people:]] == [None, None]
    taken = {person.name for person in SALTMARROW.characters.values()}
    assert all(record["name"] not in taken for record in sheets[people:])


def test_a_person_of_the_world_keeps_what_the_world_says() -> None:
    record, person = sheet(character="mira_voss"), SALTMARROW.characters["mira_voss"]
    assert (record["name"], record["role"], record["pronouns"]) == (person.name, person.role, person.pronouns)
    assert record["knows"] == list(person.knows)
    assert len(record["goals"]) == len(person.goals)


def test_a_world_of_one_person_is_enough() -> None:
    record = sheet(world=bare_world())
    assert validate(record, GENERATOR.schema) == []
    assert findings(record, bare_world()) == []


def test_a_new_person_can_be_given_a_name_without_a_culture() -> None:
    assert sheet(world=bare_world(), name="Ansa Reed", role="diver")["name"] == "Ansa Reed"


def test_the_same_inputs_give_the_same_plan() -> None:
    brief = briefs_for(GENERATOR, "sheet", 1, {})[0]
    first, second = (canonical(dict(GENERATOR.plan(SALTMARROW, brief, 9).data)) for _ in range(2))
    assert first == second


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"character": "mira_vos"}, 'did you mean "mira_voss"'),
        ({"culture": "harbor"}, "has no culture"),
        ({"character": "mira_voss", "role": "diver"}, "role is for new people"),
        ({"level": 21}, "21 is greater than the maximum"),
        ({"class": "blacksmith"}, "is not one of"),
    ],
)
def test_impossible_settings_are_refused_with_the_reason(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        sheet(**settings)


def test_a_new_person_without_any_name_is_refused() -> None:
    with pytest.raises(UsageError, match="needs a name"):
        sheet(world=bare_world(), role="diver")


def damaged(name: str) -> dict[str, Any]:
    record = deepcopy(sheet(2, character="mira_voss", level=5, **{"class": "fighter"}))
    if name == "modifier":
        record["modifiers"]["wisdom"] += 1
    elif name == "hit points":
        record["hit_points"] -= 1
    elif name == "armor class without its shield":
        record["equipment"] = [piece for piece in record["equipment"] if piece["id"] != "shield"]
    elif name == "save":
        record["saves"]["charisma"]["modifier"] = 9
    elif name == "skill":
        record["skills"]["stealth"]["modifier"] = 9
    elif name == "proficiency too many":
        bonus = record["proficiency_bonus"]
        for skill in ("arcana", "medicine", "religion"):
            value = record["skills"][skill]
            record["skills"][skill] = {
                "modifier": value["modifier"] + bonus * (not value["proficient"]),
                "proficient": True,
            }
    elif name == "class":
        record["class"] = "smith"
    elif name == "equipment twice":
        record["equipment"].append(record["equipment"][0])
    elif name == "fact not in refs":
        record["refs"] = [ref for ref in record["refs"] if ref["type"] != "fact"]
    elif name == "relation to nobody":
        record["relations"][0]["to"] = "nobody_at_all"
    elif name == "ref renamed":
        record["refs"][0]["name"] = "Someone Else"
    elif name == "ref of another type":
        record["refs"] = [{**ref, "type": "item"} if ref["id"] == "mira_voss" else ref for ref in record["refs"]]
    elif name == "ref twice":
        record["refs"].append(record["refs"][0])
    return record


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("modifier", "GG502"),
        ("hit points", "GG502"),
        ("armor class without its shield", "GG502"),
        ("save", "GG502"),
        ("skill", "GG502"),
        ("proficiency too many", "GG503"),
        ("class", "GG501"),
        ("equipment twice", "GG504"),
        ("fact not in refs", "GG201"),
        ("relation to nobody", "GG201"),
        ("ref renamed", "GG206"),
        ("ref of another type", "GG202"),
        ("ref twice", "GG203"),
    ],
)
def test_a_damage_is_found_by_the_code_that_is_meant_for_it(name: str, code: str) -> None:
    assert code in {finding.code for finding in findings(damaged(name))}
