"""Differential play: every dialogue plays in inkjs, bink and bondage as it does in gamegen/play.py."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from gamegen_exporters import ink as ink_format, names, yarn as yarn_format
from tests.consumers.runtimes import Ink, Play, Yarn
from tests.consumers.walks import Walk, heard_in_ink, heard_in_yarn, walks
from tests.dialogue_records import choice, effect, forge, leaf, node, text
from tests.strategies import proven_dialogues

Dialogue = dict[str, Any]


def maze() -> Dialogue:
    """What `forge` leaves out: nested conditions over every type, a check in a circle, item floor, strings, chains."""
    nested = {
        "any": [
            {"all": [leaf("flag", "weather", "!=", "rain"), {"not": leaf("local", "mood", "==", "calm")}]},
            {"not": {"any": [leaf("item", "ore", "<", 2), leaf("quest", "find_lens", "!=", "inactive")]}},
        ]
    }
    record: Dialogue = {
        **forge(),
        "id": "talk_0002",
        "variables": [
            {"id": "mood", "type": "string", "initial": "calm"},
            {"id": "debt", "type": "int", "initial": -2},
            {"id": "known", "type": "bool", "initial": False},
        ],
        "start": "a",
        "nodes": [
            node("a", goto="b", effects=[effect("local", "debt", "add", -1)]),
            node("b", goto="hub", speaker="oren"),
            node(
                "hub",
                choices=[
                    choice("sing", "hub", goto="hub", effects=[effect("local", "mood", "set", "sad")], once=True),
                    choice("take", "hub", goto="hub", effects=[effect("item", "ore", "add", -3)]),
                    choice("give", "hub", goto="hub", effects=[effect("item", "ore", "set", 2)], once=True),
                    choice("maze", "hub", goto="deep", condition=nested),
                    choice(
                        "luck",
                        "hub",
                        check={"skill": "sleight_of_hand", "dc": 20, "success": "won", "failure": "hub"},
                        effects=[effect("flag", "weather", "set", "clear sky")],
                        condition=leaf("local", "debt", "<=", -3),
                    ),
                    choice("leave", "hub", goto="bye"),
                ],
            ),
            node("deep", choices=[choice("up", "deep", goto="hub"), choice("luck", "deep", goto="won", once=True)]),
            node("won", goto="hub", effects=[effect("local", "known", "set", True)]),
            node("bye", end="left", effects=[effect("flag", "count", "add", -5)]),
        ],
        "ends": [
            {
                "id": "left",
                "outcome": "nothing",
                "effects": [effect("flag", "count", "add", 1), effect("quest", "find_lens", "set", "done")],
            }
        ],
    }
    record["nodes"][0]["lines"] += [text("nodes/a/lines/1", "TODO: 10:30 // #tag", "talk_0002")]
    for place, one in enumerate(record["nodes"]):
        for index, line in enumerate(one["lines"]):
            line["id"] = f"talk_0002_{place}_{index}"
        for index, option in enumerate(one.get("choices", ())):
            option["text"]["id"] = f"talk_0002_{place}_c{index}"
    record["refs"] = [
        *record["refs"],
        {"type": "flag", "id": "weather", "name": "weather", "value_type": "string", "initial": "rain"},
        {"type": "flag", "id": "count", "name": "count", "value_type": "int", "initial": -7},
    ]
    return record


def held_in_ink(
    ink: Ink,
    records: Sequence[Dialogue],
    options: Mapping[str, Any] | None = None,
    choose: Callable[[Dialogue], list[Walk]] = walks,
) -> None:
    """The walks through each record, exported together, play in both Ink runtimes as in the reference player."""
    files = ink_format.render(records, options or {})
    speakers = sorted({names.character(one["speaker"]) for record in records for one in record["nodes"]})
    taken = [one for record in records for one in choose(record)]
    plays = [Play([{"get": speakers}, *one.play.steps], one.play.rolls) for one in taken]
    for runtime, results in ink.play(files, plays).items():
        for one, (found, *answers) in zip(taken, results, strict=True):
            heard = [heard_in_ink(answer, found) for answer in answers]
            assert (runtime, heard) == (runtime, list(one.expected))


def held_in_yarn(
    yarn: Yarn,
    records: Sequence[Dialogue],
    options: Mapping[str, Any] | None = None,
    choose: Callable[[Dialogue], list[Walk]] = walks,
) -> None:
    """The walks through each record, exported together, play in bondage as in the reference player."""
    files = yarn_format.render(records, options or {})
    taken = [one for record in records for one in choose(record)]
    begin = {"call": "gamegen_new_game"}
    plays = [Play([begin, *one.play.steps], one.play.rolls) for one in taken]
    for runtime, results in yarn.play(files, plays).items():
        for one, (_, *answers) in zip(taken, results, strict=True):
            assert (runtime, [heard_in_yarn(answer) for answer in answers]) == (runtime, list(one.expected))


@pytest.mark.parametrize("options", [{}, {"single_file": True}], ids=["files", "single"])
def test_hand_made_dialogues_play_in_ink(ink: Ink, options: dict[str, Any]) -> None:
    held_in_ink(ink, [forge(), maze()], options)


@pytest.mark.parametrize("options", [{}, {"single_file": True}], ids=["files", "single"])
def test_hand_made_dialogues_play_in_yarn(yarn: Yarn, options: dict[str, Any]) -> None:
    held_in_yarn(yarn, [forge(), maze()], options)


def test_a_second_play_starts_afresh_in_ink(ink: Ink) -> None:
    record = forge()
    once = {"goto": names.knot("dialogue", record["id"])}
    (found,) = ink.play(ink_format.render([record], {}), [Play([once, {"choose": 0}, once])])["bink"]
    assert found[0] == found[2]
    assert len(found[1]["choices"]) < len(found[2]["choices"])


def test_a_second_play_starts_afresh_in_yarn(yarn: Yarn) -> None:
    record = forge()
    once = {"goto": names.knot("dialogue", record["id"])}
    (found,) = yarn.play(yarn_format.render([record], {}), [Play([once, {"choose": 0}, once])])["bondage"]
    assert found[0] == found[2]
    assert len(found[1]["choices"]) < len(found[2]["choices"])


ANY = settings(
    deadline=None,
    max_examples=40,
    # Shrinking asks the runtimes for minutes; a dialogue of a few nodes can be read as it is.
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@ANY
@given(record=proven_dialogues())
def test_any_dialogue_plays_in_ink(ink: Ink, record: Dialogue) -> None:
    held_in_ink(ink, [record])


@ANY
@given(record=proven_dialogues())
def test_any_dialogue_plays_in_yarn(yarn: Yarn, record: Dialogue) -> None:
    held_in_yarn(yarn, [record])
