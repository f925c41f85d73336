"""Quest lines: one quest's effects are the next one's preconditions, and a whole line plays through."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from click.testing import CliRunner

from gamegen import _resources
from gamegen.checks.quest_line import check_lines
from gamegen.cli.generate import plan_command
from gamegen.errors import UsageError
from gamegen.generators.quest.generator import GENERATOR
from gamegen.play import State, apply, holds
from gamegen.records import JSON, Brief
from gamegen.world import World
from tests.generators.quests import planned, saltmarrow, written
from tests.generators.test_quest import faults
from tests.worlds import hut_world, small_world

LENGTH = 4


def line(world: World, seed: int, number: int = 0, length: int = LENGTH, **wishes: JSON) -> list[dict[str, JSON]]:
    first = number * length + 1
    return [written(planned(world, seed, row, chain=length, **wishes)) for row in range(first, first + length)]


def played(record: dict[str, JSON], state: State) -> State:
    """The state after the quest's main outcome: every required objective of each stage, and the first edge."""
    assert all(holds(test, state) for test in record["prerequisites"])
    stages = {stage["id"]: stage for stage in record["stages"]}
    place = record["start"]
    while place in stages:
        stage, edge = stages[place], stages[place]["next"][0]
        for objective in stage["objectives"]:
            if objective["id"] in edge["requires"]:
                assert holds(objective.get("requires"), state)
                state = apply(objective["effects"], state)
        place = edge["to"]
    outcome = next(each for each in record["outcomes"] if each["id"] == place)
    assert outcome["status"] == "success"
    return apply(outcome["effects"], state).having("quest", record["id"], place)


def begun(records: list[dict[str, JSON]], world: World) -> State:
    return State(
        flags={flag.id: flag.default for flag in world.flags.values()},
        items=dict.fromkeys(world.items, 0),
        quests={record["id"]: "inactive" for record in records},
    )


@pytest.mark.parametrize("seed", range(30))
def test_a_whole_line_plays_through(seed: int) -> None:
    for world in (saltmarrow(), small_world()):
        records = line(world, seed)
        state = begun(records, world)
        for record in records:
            state = played(record, state)


def test_every_quest_of_a_line_validates_and_passes_its_proofs() -> None:
    for seed in range(30):
        records = line(saltmarrow(), seed)
        assert [fault for record in records for fault in faults(record, saltmarrow())] == []
        assert check_lines(records) == []


def test_a_quest_cannot_begin_before_the_one_before_it_is_done() -> None:
    for seed in range(10):
        records = line(saltmarrow(), seed)
        state = begun(records, saltmarrow())
        for record in records[1:]:
            assert not all(holds(test, state) for test in record["prerequisites"])


def test_the_one_before_is_listed_with_its_states() -> None:
    first, second = line(saltmarrow(), 3)[:2]
    refs = {ref["id"]: ref for ref in second["refs"] if ref["type"] == "quest"}
    own = next(ref for ref in first["refs"] if ref["id"] == first["id"])
    assert refs[first["id"]] == own


def test_the_first_of_a_line_waits_for_nothing_of_it_and_the_next_line_begins_anew() -> None:
    for number in (0, 1):
        first = line(saltmarrow(), 3, number)[0]
        assert [ref["id"] for ref in first["refs"] if ref["type"] == "quest"] == [first["id"]]


def test_levels_rise_along_a_line() -> None:
    for seed in range(10):
        levels = [record["level"] for record in line(saltmarrow(), seed, level=3)]
        assert levels == [3, 4, 5, 6]


def test_a_fixed_giver_gives_the_whole_line() -> None:
    givers = {record["giver"] for seed in range(5) for record in line(saltmarrow(), seed, giver="mira_voss")}
    assert givers == {"mira_voss"}


def test_without_a_wish_a_line_is_sometimes_passed_on_to_somebody_of_the_quest_before() -> None:
    changes = 0
    for seed in range(20):
        records = line(saltmarrow(), seed)
        for before, after in pairwise(records):
            if before["giver"] != after["giver"]:
                changes += 1
                assert after["giver"] in {ref["id"] for ref in before["refs"]}
    assert 5 < changes < 50


def test_a_quest_is_mostly_about_something_that_the_one_before_was_about() -> None:
    common = []
    for seed in range(20):
        records = line(saltmarrow(), seed)
        for before, after in pairwise(records):
            about = [
                {ref["id"] for ref in each["refs"] if ref["type"] in ("item", "character", "creature", "location")}
                - {each["giver"]}
                for each in (before, after)
            ]
            common.append(bool(about[0] & about[1]))
    assert sum(common) > 0.9 * len(common)


def test_a_longer_batch_begins_with_the_shorter_one() -> None:
    plans = [planned(saltmarrow(), 7, row, chain=3).data for row in range(1, 7)]
    assert plans[:3] == [planned(saltmarrow(), 7, row, chain=3).data for row in range(1, 4)]


def test_a_line_of_one_is_a_quest_like_any() -> None:
    assert planned(saltmarrow(), row=5, chain=1).data == planned(saltmarrow(), row=5).data


def test_rows_with_names_of_their_own_form_no_line() -> None:
    with pytest.raises(UsageError, match="GG005 chain needs numbered records"):
        GENERATOR.plan(saltmarrow(), Brief("quest", "side", "smith_first", 2, {"chain": 2}), 1)


def test_a_poor_world_has_lines_too() -> None:
    records = line(hut_world(), 1)
    assert len(records) == LENGTH


def test_the_command_line_plans_lines() -> None:
    world = str(_resources.folder("samples") / "saltmarrow" / "world")
    asked = CliRunner().invoke(plan_command, ["quest", "--world", world, "-n", "3", "--chain", "2", "--json"])
    planned_lines = [" ".join(each["lines"]) for each in json.loads(asked.stdout)]
    assert ["after quest_0001 == " in lines for lines in planned_lines] == [False, True, False]
