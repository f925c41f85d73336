"""Walks that cover a dialogue, and plays that are recorded and played again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from gamegen.checks.dialogue_states import explore
from gamegen.errors import InvalidContent
from gamegen.play import Player
from gamegen.plays import Edge, Moment, Step, Walk, covered, follow, passed, walks
from gamegen.recordings import read_recording, recorded, replay
from tests.dialogue_records import choice, effect, forge, leaf, node
from tests.strategies import proven_dialogues

ANY = settings(
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture],
)


def circle(*choices: dict[str, Any], **rest: Any) -> dict[str, Any]:
    """The forge with these choices at its hub instead."""
    ways = [*choices, choice("leave", "hub", goto="bye")]
    return {**forge(), "start": "hub", "nodes": [node("hub", choices=ways), node("bye", end="left")], **rest}


def test_the_walks_of_the_forge_take_every_choice_with_both_outcomes() -> None:
    found = walks(forge(), seed=1, random=0)
    edges = covered(forge(), found).covered
    assert edges == {
        *(Edge("hub", id, None) for id in ("weather", "ore", "secret", "leave")),
        *(Edge("hub", "press", success) for success in (True, False)),
    }


@ANY
@given(record=proven_dialogues())
def test_walks_cover_all_that_plays_can_reach(record: dict[str, Any]) -> None:
    found, explored = walks(record, seed=1, random=0), explore(record)
    assert covered(record, found) == (explored.edges.keys(), explored.edges.keys())
    assert passed(record, found) == (explored.nodes, explored.ends.keys())


@ANY
@given(record=proven_dialogues())
def test_walks_at_random_reach_nothing_that_the_exploration_does_not_know(record: dict[str, Any]) -> None:
    edges, reachable = covered(record, walks(record, seed=2, random=30))
    assert edges == reachable


def test_what_few_walks_cover_is_less_than_what_can_be_reached() -> None:
    edges, reachable = covered(forge(), [Walk((Step("leave"),))])
    assert edges == {Edge("hub", "leave", None)}
    assert len(reachable) == 6


def test_a_choice_that_needs_another_start_comes_with_that_start() -> None:
    rich = choice("rich", "hub", goto="bye", condition=leaf("item", "ore", ">=", 7))
    found = walks(circle(rich), seed=1, random=0)
    (walk,) = (walk for walk in found if Step("rich") in walk.steps)
    assert walk.start["item", "ore"] >= 7
    assert walk.state(circle(rich)).items == {"ore": walk.start["item", "ore"]}


def test_as_many_walks_at_random_as_asked_for_follow_those_that_cover() -> None:
    few = walks(forge(), seed=1, random=0)
    assert walks(forge(), seed=1, random=8)[: len(few)] == few
    assert len(walks(forge(), seed=1, random=8)) == len(few) + 8


def test_walks_at_random_begin_with_the_records_values_and_with_others_in_turn() -> None:
    found = walks(forge(), seed=1, random=20)[-20:]
    assert all(not walk.start for walk in found[::2])
    assert len({walk.start["item", "ore"] for walk in found[1::2]}) > 1


def test_another_seed_walks_elsewhere() -> None:
    assert walks(forge(), seed=1) == walks(forge(), seed=1)
    assert walks(forge(), seed=1)[-50:] != walks(forge(), seed=2)[-50:]


def test_walks_are_the_same_in_every_process() -> None:
    code = "from gamegen.plays import walks; from tests.dialogue_records import forge; print(walks(forge(), 1, 5))"
    said = {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            cwd=Path(__file__).parents[1],
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }
    assert said == {f"{walks(forge(), 1, 5)}\n"}


def test_a_walk_in_a_circle_stops() -> None:
    around = circle(choice("on", "hub", goto="hub"), choice("off", "hub", goto="hub"))
    assert max(map(len, walks(around, seed=1, random=40, length=5))) <= 7


def test_a_dialogue_without_choices_has_one_walk() -> None:
    record = {**forge(), "start": "bye", "nodes": [node("bye", end="left")]}
    assert walks(record, seed=1, random=0) == [Walk()]
    assert passed(record, [Walk()]) == ({"bye"}, {"left"})


def test_more_states_than_can_be_explored_are_refused() -> None:
    many = [
        choice(f"c{n}", "hub", goto="hub", once=True, effects=[effect("local", f"v{n}", "set", True)])
        for n in range(17)
    ]
    asked = choice("all", "hub", goto="bye", condition={"all": [leaf("local", f"v{n}", "==", True) for n in range(17)]})
    variables = [{"id": f"v{n}", "type": "bool", "initial": False} for n in range(17)]
    with pytest.raises(InvalidContent, match="GG314"):
        walks(circle(*many, asked, variables=variables), seed=1)


def test_following_a_walk_tells_each_step_with_what_it_brought() -> None:
    walk = Walk((Step("press", True), Step("leave")), {("item", "ore"): 1})
    first, second, third = follow(forge(), walk)
    assert (first.step, first.node) == (None, "")
    assert isinstance(second, Moment) and second.node == "hub" and second.state.locals == {"trust": 1}
    assert third.state.end == "left" and third.state.items == {"ore": 1}
    assert walk.rolls == (True,)
    assert list(walk) == [("press", True), ("leave", None)]


def test_a_step_that_is_not_on_offer_is_refused() -> None:
    with pytest.raises(ValueError, match="on offer"):
        follow(forge(), Walk((Step("secret"),)))


@ANY
@given(record=proven_dialogues())
def test_every_play_that_is_recorded_comes_out_the_same(record: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "play.jsonl"
    for walk in walks(record, seed=1, random=3):
        player = Player(record, state=walk.state(record))
        player.start()
        for step in walk:
            player.choose(*step)
        file.write_text(recorded(record, walk.state(record), player.transcript), encoding="utf-8")
        assert replay(record, read_recording(file)) is None


@ANY
@given(record=proven_dialogues())
def test_every_line_that_changes_is_found_by_some_recorded_play(record: dict[str, Any], tmp_path: Path) -> None:
    file, found = tmp_path / "play.jsonl", walks(record, seed=1, random=0)
    for place, one in enumerate(record["nodes"]):
        other = json.loads(json.dumps(record))
        other["nodes"][place]["lines"][0]["text"] += " Indeed."
        differences = []
        for walk in found:
            player = Player(record, state=walk.state(record))
            player.start()
            for step in walk:
                player.choose(*step)
            file.write_text(recorded(record, walk.state(record), player.transcript), encoding="utf-8")
            differences.append(replay(other, read_recording(file)))
        told = [str(difference) for difference in differences if difference]
        text = one["lines"][0]["text"]
        assert told and set(told) == {f"line: recorded {text!r}, now {text + ' Indeed.'!r}"}
