"""The quest kind: plans that fit the world, and records that validate and pass their proofs."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from itertools import pairwise

import pytest
from hypothesis import given, settings, strategies as st

from gamegen import _resources
from gamegen.checks import quest, references
from gamegen.errors import UsageError
from gamegen.generators.quest.cast import suits
from gamegen.generators.quest.derivation import MOST_OBJECTIVES
from gamegen.generators.quest.generator import GENERATOR
from gamegen.generators.quest.grammar import MOTIVATIONS, STRATEGIES
from gamegen.generators.quest.rewards import LEVELS, budget, over_budget, rewards
from gamegen.generators.quest.stages import MOST_STAGES
from gamegen.generators.quest.texts import LONGEST_SUMMARY
from gamegen.hookspecs import CheckContext
from gamegen.records import JSON, canonical
from gamegen.schema import validate
from gamegen.world import Character, Creature, Flag, Item, Location, World
from gamegen.world_file import load_world
from tests.generators.quests import part, planned, requests, saltmarrow, written
from tests.worlds import bare_world, hut_world, small_world

MANY = 300


def faults(record: dict[str, JSON], world: World) -> list[str]:
    found = validate(record, GENERATOR.schema)
    for check in (*quest.CHECKS, *references.CHECKS):
        found += check.run(record, CheckContext(world))
    return [str(finding) for finding in found]


@pytest.fixture(scope="module")
def records() -> list[dict[str, JSON]]:
    return [written(planned(saltmarrow(), seed, seed)) for seed in range(1, MANY + 1)]


def objectives(record: dict[str, JSON]) -> list[dict[str, JSON]]:
    return [objective for stage in record["stages"] for objective in stage["objectives"]]


@cache
def perihelion() -> World:
    return load_world(_resources.folder("samples") / "perihelion" / "world")


@pytest.mark.parametrize("world", [saltmarrow, perihelion])
def test_every_quest_validates_and_passes_its_proofs(world: Callable[[], World]) -> None:
    records = [written(planned(world(), seed, seed)) for seed in range(1, MANY + 1)]
    assert [fault for record in records for fault in faults(record, world())] == []


@pytest.mark.parametrize("world", [saltmarrow, perihelion])
def test_all_strategies_have_their_turn_in_a_batch_of_each_world(world: Callable[[], World]) -> None:
    taken = Counter(planned(world(), 7, row).data["document"]["strategy"] for row in range(1, 109))
    assert set(taken) == {strategy.name for strategy in STRATEGIES}
    assert max(taken.values()) <= 8


def test_a_strategy_comes_back_with_other_words() -> None:
    titles: dict[str, list[str]] = {}
    for row in range(1, 109):
        plan = planned(saltmarrow(), 7, row, strategy="spy")
        titles.setdefault("spy", []).append(requests(plan)[0].fallback[0])
    assert all(first != second for first, second in pairwise(titles["spy"]))


def test_neighbors_open_the_same_objective_differently() -> None:
    openings = []
    for row in range(1, 13):
        asked = requests(planned(saltmarrow(), 7, row, strategy="spy", depth=0, optional=0))
        openings.append(next(request.opening for request in asked if request.card.get("verb") == "spy"))
    assert len({opening.split(" ")[0] for opening in openings}) == 3


def test_no_two_journal_entries_of_a_quest_say_the_same() -> None:
    for world in (saltmarrow(), perihelion()):
        for row in range(1, 100):
            musts = [r.card["must"] for r in requests(planned(world, 3, row)) if r.card["kind"] == "journal"]
            assert len(set(musts)) == len(musts)


def test_a_summary_says_task_and_reason_where_there_is_room_for_both() -> None:
    summaries = [requests(planned(saltmarrow(), row=row))[1].card["must"] for row in range(1, 60)]
    assert sum("; also: " in must for must in summaries) > 50
    assert all(len(must.split()) <= LONGEST_SUMMARY for must in summaries)


def test_every_new_verb_is_used() -> None:
    verbs = {
        objective["verb"]
        for row in range(1, 200)
        for stage in planned(saltmarrow(), 7, row).data["document"]["stages"]
        for objective in stage["objectives"]
    }
    assert {"exchange", "read", "experiment", "escape", "sneak"} <= verbs


def test_small_worlds_make_good_quests_too() -> None:
    for world in (small_world(), hut_world()):
        for seed in range(40):
            assert faults(written(planned(world, seed, seed)), world) == []


def test_no_quest_grows_beyond_the_caps(records: list[dict[str, JSON]]) -> None:
    for record in records:
        assert 1 <= len(record["stages"]) <= MOST_STAGES
        assert len(objectives(record)) <= MOST_OBJECTIVES


def test_most_quests_have_three_to_seven_objectives_in_two_to_five_stages(records: list[dict[str, JSON]]) -> None:
    usual = [r for r in records if 3 <= len(objectives(r)) <= 7 and 2 <= len(r["stages"]) <= 5]
    assert len(usual) > 0.7 * MANY


def test_a_batch_has_branches_optional_hidden_and_failing_quests(records: list[dict[str, JSON]]) -> None:
    branches = sum(any(len(stage["next"]) > 1 for stage in record["stages"]) for record in records)
    assert 0.35 * MANY < branches < 0.85 * MANY
    assert sum(any(o["optional"] for o in objectives(r)) for r in records) > 0.3 * MANY
    assert sum(any(o["hidden"] for o in objectives(r)) for r in records) > 0.05 * MANY
    assert sum(bool(record["fail_conditions"]) for record in records) > 0.03 * MANY
    assert sum(bool(record["prerequisites"]) for record in records) > 0.03 * MANY


def test_branches_lead_to_different_outcomes_with_different_objectives(records: list[dict[str, JSON]]) -> None:
    for record in records:
        for stage in record["stages"]:
            edges = stage["next"]
            assert len({edge["to"] for edge in edges}) == len(edges)
            assert len({tuple(sorted(edge["requires"])) for edge in edges}) == len(edges)


def test_every_motivation_and_strategy_occurs(records: list[dict[str, JSON]]) -> None:
    assert {record["motivation"] for record in records} == set(MOTIVATIONS)
    assert {record["strategy"] for record in records} == {strategy.name for strategy in STRATEGIES}


def test_motivations_take_turns_over_a_block() -> None:
    taken = Counter(planned(saltmarrow(), 7, row).data["document"]["motivation"] for row in range(1, 19))
    assert set(taken.values()) == {2}


def test_givers_are_spread(records: list[dict[str, JSON]]) -> None:
    counts = Counter(record["giver"] for record in records)
    assert set(counts) == set(saltmarrow().characters)
    assert max(counts.values()) < 0.15 * MANY


def test_targets_belong_where_the_objective_is(records: list[dict[str, JSON]]) -> None:
    world = saltmarrow()
    for record in records:
        for objective in objectives(record):
            target = world.get(objective["target"])
            if objective["verb"] == "gather":  # where it lies, or from a person who lets it go
                assert isinstance(target, Item)
                owner = world.characters[target.owner] if target.owner else None
                assert (owner.location if owner else target.location) == objective["location"]
            if objective["verb"] == "steal":
                assert isinstance(target, Item) and target.owner not in (None, record["giver"])
                assert world.characters[target.owner].location == objective["location"]
            if objective["verb"] in ("kill", "capture"):
                assert isinstance(target, Creature) and target.location == objective["location"]
                assert suits(target.danger, record["level"])
            if objective["verb"] in ("interview", "spy"):
                assert isinstance(target, Character) and target.location == objective["location"]


def test_facts_are_known_to_the_giver_or_to_who_is_asked_or_stand_in_what_is_read(
    records: list[dict[str, JSON]],
) -> None:
    world = saltmarrow()
    for record in records:
        asked = {o["target"] for o in objectives(record) if o["verb"] == "interview"} | {record["giver"]}
        known = {fact for person in asked for fact in world.characters[person].knows}
        read = {o["target"] for o in objectives(record) if o["verb"] == "read"}
        assert all(fact in known or read.intersection(world.facts[fact].about) for fact in record["facts"])


def test_refs_are_the_ids_of_the_record_sorted_and_entries_their_hashes() -> None:
    plan = planned(saltmarrow(), row=8)
    refs = plan.data["document"]["refs"]
    assert [(ref["type"], ref["id"]) for ref in refs] == sorted((ref["type"], ref["id"]) for ref in refs)
    assert plan.entries == {ref["id"]: saltmarrow().entry_hash(ref["id"]) for ref in refs if ref["type"] != "quest"}


def test_items_gained_are_given_away_or_kept_but_never_conjured(records: list[dict[str, JSON]]) -> None:
    for record in records:
        for objective in objectives(record):
            if objective["verb"] in ("deliver", "experiment") and objective["target"] in saltmarrow().items:
                assert objective["requires"] == {"type": "item", "id": objective["target"], "op": ">=", "value": 1}
            if objective["verb"] in ("gather", "steal"):
                assert objective["effects"] == [
                    {"type": "item", "id": objective["target"], "op": "add", "value": objective["count"]}
                ]


def test_same_inputs_same_bytes_whatever_the_hash_seed() -> None:
    code = (
        "from tests.generators.quests import planned, saltmarrow\n"
        "from gamegen.records import canonical\n"
        "for row in range(1, 30): print(canonical(dict(planned(saltmarrow(), 3, row).data)))"
    )
    here = "\n".join(canonical(dict(planned(saltmarrow(), 3, row).data)) for row in range(1, 30)) + "\n"
    env = {**os.environ, "PYTHONHASHSEED": "4242", "PYTHONUTF8": "1"}
    there = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, encoding="utf-8", check=True)
    assert there.stdout == here


def test_plan_data_is_plain_json() -> None:
    import json

    data = planned(saltmarrow()).data
    assert json.loads(canonical(dict(data))) == data


@pytest.mark.parametrize(
    ("table", "entry"),
    [
        ("characters", Character("zeb_newcomer", "Zeb Newcomer", "tinker", location="market")),
        ("items", Item("spare_button", "the spare button", location="market")),
        ("creatures", Creature("grey_moth", "the grey moth", "grey moths", location="market", danger=4)),
        ("locations", Location("shed", "the shed")),
        ("flags", Flag("moon_risen", "bool", False)),
    ],
)
def test_a_new_entry_leaves_most_plans_as_they_were(table: str, entry: Character | Item) -> None:
    world = saltmarrow()
    larger = replace(world, **{table: {**getattr(world, table), entry.id: entry}})
    same = sum(planned(world, 5, row).data == planned(larger, 5, row).data for row in range(1, 101))
    assert same >= 80


@pytest.mark.parametrize("motivation", MOTIVATIONS)
def test_the_motivation_is_honoured(motivation: str) -> None:
    for row in range(1, 6):
        assert planned(saltmarrow(), row=row, motivation=motivation).data["document"]["motivation"] == motivation


def test_giver_level_and_type_are_honoured() -> None:
    for row in range(1, 30):
        document = planned(saltmarrow(), row=row, giver="mira_voss", level=3, type="main").data["document"]
        assert (document["giver"], document["level"], document["type"]) == ("mira_voss", 3, "main")


def test_the_location_is_where_something_is_done() -> None:
    for row in range(1, 30):
        record = written(planned(saltmarrow(), row=row, location="salt_pans"))
        assert "salt_pans" in {objective["location"] for objective in objectives(record)}


@pytest.mark.parametrize(
    ("wish", "code", "says"),
    [
        ({"giver": "ada_quil"}, "GG005", 'did you mean "ada_quill"?'),
        ({"location": "mil"}, "GG005", 'did you mean "mill"?'),
        ({"motivation": "welth"}, "GG005", 'did you mean "wealth"?'),
        ({"type": "bonus"}, "GG005", "main, side"),
        ({"level": 21}, "GG005", "from 1 to 20"),
        ({"level": True}, "GG005", "from 1 to 20"),
        ({"levle": 2}, "GG004", 'did you mean "level"?'),
        ({"motivation": "ability", "location": "ferry"}, "GG005", "needs an item that nobody else owns at ferry"),
        ({"strategy": "practice_combat", "location": "ferry"}, "GG005", "needs a creature at ferry"),
    ],
)
def test_impossible_wishes_are_refused_with_the_reason(wish: dict[str, JSON], code: str, says: str) -> None:
    with pytest.raises(UsageError) as raised:
        planned(small_world(), **wish)
    assert raised.value.findings[0].code == code
    assert says in str(raised.value)


def test_a_level_without_a_fair_opponent_says_which_danger_is_missing() -> None:
    world = replace(small_world(), items={})
    with pytest.raises(UsageError, match="of danger 14 to 20"):
        planned(world, motivation="conquest", level=20)


def test_a_world_without_a_location_is_refused_by_name() -> None:
    with pytest.raises(UsageError, match="GG400 a quest needs at least one location"):
        planned(bare_world())


def test_a_world_without_what_a_motivation_needs_is_refused() -> None:
    with pytest.raises(UsageError, match="needs an item that somebody else owns"):
        planned(hut_world(), motivation="wealth")


SALTMARROW_IDS = [entity.id for entity in saltmarrow()]


@settings(max_examples=60, deadline=None)
@given(
    keep=st.sets(st.sampled_from(SALTMARROW_IDS)),
    person=st.sampled_from(sorted(saltmarrow().characters)),
    seed=st.integers(0, 2**63 - 1),
    row=st.integers(1, 10_000),
    level=st.none() | st.integers(1, 20),
    motivation=st.none() | st.sampled_from(MOTIVATIONS),
)
def test_any_part_of_a_world_gives_a_good_quest_or_a_reason(
    keep: set[str], person: str, seed: int, row: int, level: int | None, motivation: str | None
) -> None:
    world = part(saltmarrow(), keep | {person})
    wishes = {"level": level, "motivation": motivation}
    try:
        plan = planned(world, seed, row, **{key: value for key, value in wishes.items() if value is not None})
    except UsageError as error:
        assert error.findings[0].code == ("GG005" if world.locations else "GG400")
        assert world.locations == {} or motivation is not None
        return
    assert faults(written(plan), world) == []


@settings(max_examples=40, deadline=None)
@given(
    name=st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=80),
    row=st.integers(1, 1000),
)
def test_any_name_gives_a_good_record(name: str, row: int) -> None:
    world = small_world()
    named = replace(
        world,
        characters={id: replace(person, name=name) for id, person in world.characters.items()},
        items={id: replace(item, name=name) for id, item in world.items.items()},
        locations={id: replace(place, name=name) for id, place in world.locations.items()},
    )
    assert faults(written(planned(named, row=row)), named) == []


def test_each_text_is_asked_for_once_with_a_card_that_has_a_must() -> None:
    for row in range(1, 40):
        asked = requests(planned(saltmarrow(), row=row))
        assert len({request.key for request in asked}) == len(asked)
        assert 7 <= len(asked) <= 2 + MOST_STAGES + MOST_OBJECTIVES + 5
        for request in asked:
            must = request.card["must"]
            assert must and not must.endswith(".") and "  " not in must and "{" not in must
            assert request.fallback


def test_an_objective_begins_with_its_verb_and_names_its_target() -> None:
    for row in range(1, 40):
        for request in requests(planned(saltmarrow(), row=row)):
            if request.card["kind"] == "objective":
                assert all(name in request.opening for name in request.names)
                assert request.names and request.opening[0].isupper()


def test_openings_vary() -> None:
    openings = Counter(
        request.opening.split()[0]
        for row in range(1, 60)
        for request in requests(planned(saltmarrow(), row=row))
        if request.opening
    )
    assert len(openings) > 20


def test_last_resorts_obey_the_schema_fragment() -> None:
    for row in range(1, 40):
        for request in requests(planned(saltmarrow(), row=row)):
            assert [fault for text in request.fallback for fault in validate(text, request.schema)] == []


def test_texts_stand_where_their_keys_say() -> None:
    plan = planned(saltmarrow(), row=4)
    coroutine = GENERATOR.write(plan)
    asked = next(coroutine)
    with pytest.raises(StopIteration) as stop:
        coroutine.send([request.key for request in asked])
    document = stop.value.value
    assert document["title"]["text"] == "title"
    for stage in document["stages"]:
        assert stage["journal"]["text"] == f"stages/{stage['id']}/journal"
        for objective in stage["objectives"]:
            assert objective["text"]["text"] == f"stages/{stage['id']}/objectives/{objective['id']}"
    for outcome in document["outcomes"]:
        assert outcome["text"]["text"] == f"outcomes/{outcome['id']}"


def test_the_outline_tells_giver_stages_outcomes_and_pay() -> None:
    plan = planned(saltmarrow(), row=4)
    lines = plan.data["outline"]
    document = plan.data["document"]
    assert saltmarrow().characters[document["giver"]].name in lines[0]
    assert "<steal>" in lines[1]
    assert [line for line in lines if line[0].isdigit()] == [
        line for line in lines if any(f". {stage['id']}: " in line for stage in document["stages"])
    ]
    assert sum(line.startswith(("success ", "failure ")) for line in lines) == len(document["outcomes"])
    assert lines[-1].startswith(f"pays {document['rewards']['xp']} xp")


def test_planned_rewards_stay_within_the_budget() -> None:
    for level in LEVELS:
        for type in ("main", "side"):
            for stages in range(1, 6):
                assert over_budget(rewards(level, type, stages, "item", "faction"), level, type) == []


def test_the_budget_grows_with_the_level_and_main_quests_pay_more() -> None:
    for level in list(LEVELS)[1:]:
        assert budget(level, "side").xp > budget(level - 1, "side").xp
        assert budget(level, "side").currency > budget(level - 1, "side").currency
        assert budget(level, "main").xp > budget(level, "side").xp
