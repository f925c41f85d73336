"""The options of the Yarn exporter in bondage: the profiles play alike; a game that listens to commands keeps up."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from gamegen import _resources
from gamegen._random import Stream
from gamegen.exporting import load_records
from gamegen.play import DEFAULTS
from gamegen_exporters import names, yarn as yarn_format
from tests.consumers.planned import GENERATORS, planned
from tests.consumers.runtimes import NodeRuntime, Play, Yarn
from tests.consumers.test_dialogues import maze
from tests.consumers.walks import heard_in_yarn, walks
from tests.dialogue_records import effect, forge

Record = dict[str, Any]
EVERYTHING = {"profile": "3", "strings": True}
SEEDS = range(1, 9)
PLAYS, PICKS = 12, 20


@pytest.fixture(scope="module")
def listener(node: Path, modules: Path) -> Iterator[NodeRuntime]:
    runtime = NodeRuntime(node, modules, "yarn_effects_play.js")
    yield runtime
    runtime.close()


@cache
def gallery(world: str) -> list[Record]:
    return [dict(one.data) for one in load_records([_resources.folder("samples") / "gallery" / world])]


def test_dialogues_of_profile_3_play_as_the_reference_player(yarn: Yarn) -> None:
    """What version 3 alone has is in quests, sheets and the node of a new game; bondage runs the dialogues."""
    records = [forge(), maze(), *(planned("dialogue", seed) for seed in SEEDS[:3])]
    files = yarn_format.render(records, EVERYTHING)
    assert [name for name, text in files.items() if "<<return>>" in text] == ["variables.yarn"]
    files["variables.yarn"] = files["variables.yarn"].replace("<<return>>", "<<stop>>")
    taken = [one for record in records for one in walks(record, wandering=10)]
    plays = [Play([{"call": "gamegen_new_game"}, *one.play.steps], one.play.rolls) for one in taken]
    for one, (_, *answers) in zip(taken, yarn.play(files, plays)["bondage"], strict=True):
        assert [heard_in_yarn(answer) for answer in answers] == list(one.expected)


def test_data_lines_with_ids_load(yarn: Yarn) -> None:
    records = [planned(kind, seed) for kind in sorted(GENERATORS) for seed in SEEDS]
    titles = [f"{one['kind']}_{one['id']}__data" for one in records if one["kind"] != "dialogue"]
    plays = [Play([{"goto": title}]) for title in titles]
    ((*results,),) = yarn.play(yarn_format.render(records, {"strings": True}), plays).values()
    lines = [line for (begun,) in results for line in begun["lines"]]
    assert lines
    assert [line for line in lines if not any(tag.startswith("line:") for tag in line["tags"])] == []


def begun(record: Mapping[str, Any]) -> dict[str, Any]:
    """The game's own state as the record begins, by identifier."""
    kept = {
        names.state(ref["type"], ref["id"]): ref.get("initial", DEFAULTS[ref["type"]])
        for ref in record["refs"]
        if ref["type"] in DEFAULTS
    }
    own = {names.state("quest", record["id"]): DEFAULTS["quest"]} if record["kind"] == "quest" else {}
    return {**kept, **own}


def listened(state: dict[str, Any], commands: Sequence[str]) -> dict[str, Any]:
    """The state of a game that knows nothing of Yarn's variables and does what the commands say."""
    for command in commands:
        name, kind, id, op, value = shlex.split(command)
        assert name == "gamegen_effect"
        key = names.state(kind, id)
        given: Any = {"true": True, "false": False}.get(value, value)
        given = int(value) if isinstance(state[key], int) and not isinstance(state[key], bool) else given
        state[key] = state[key] + given if op == "add" else given
        if kind == "item":
            state[key] = max(0, state[key])
    return state


def told(listener: NodeRuntime, record: Record, starts: Sequence[str]) -> int:
    """Play at random from each start; the number of commands heard."""
    stream = Stream("listening", record["id"])
    plays = [
        {
            "start": start,
            "picks": [stream.integer(0, 59) for _ in range(PICKS)],
            "rolls": [stream.chance(0.5) for _ in range(PICKS)],
        }
        for start in starts
    ]
    answer = listener.ask({"files": yarn_format.render([record], {"commands": True}), "plays": plays})
    assert answer["faults"] == []
    for one in answer["plays"]:
        expected = listened(begun(record), one["commands"])
        assert {name: one["values"][name] for name in expected} == expected
    return sum(len(one["commands"]) for one in answer["plays"])


def test_a_game_that_listens_keeps_up_with_dialogues(listener: NodeRuntime) -> None:
    records = [forge(), maze(), *(planned("dialogue", seed) for seed in SEEDS)]
    records += [one for world in ("saltmarrow", "perihelion") for one in gallery(world) if one["kind"] == "dialogue"]
    heard = [told(listener, one, [names.knot("dialogue", one["id"])] * PLAYS) for one in records]
    assert sum(heard) > len(records)


def test_a_game_that_listens_keeps_up_with_quests(listener: NodeRuntime) -> None:
    records = [one for world in ("saltmarrow", "perihelion") for one in gallery(world) if one["kind"] == "quest"]
    heard = [told(listener, one, [f"quest_{one['id']}__start"]) for one in records]
    assert sum(heard) >= len(records) // 2


@pytest.mark.parametrize("value", ["clear sky", "fog", "a > b", "{x} < y", "", "#a // b", "it’s"])
def test_any_value_arrives(listener: NodeRuntime, value: str) -> None:
    record = forge()
    flag = {"type": "flag", "id": "weather", "name": "weather", "value_type": "string", "initial": "rain"}
    record["refs"] = [*record["refs"], flag]
    record["nodes"][0]["effects"] = [effect("flag", "weather", "set", value)]
    assert told(listener, record, [names.knot("dialogue", record["id"])]) > 0
