"""Quests and sheets load as variables, tags and data in each runtime; quests move as their simulation does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest

from gamegen._random import Stream
from gamegen.play import DEFAULTS, State
from gamegen_exporters import ink as ink_format, names, yarn as yarn_format
from tests.consumers import quest_steps
from tests.consumers.planned import planned
from tests.consumers.quest_steps import Progress
from tests.consumers.runtimes import Ink, Play, Yarn
from tests.consumers.walks import tagged, unmarked
from tests.dialogue_records import effect, leaf

Record = dict[str, Any]
SEEDS = range(1, 9)
NOT_DATA = {"provenance", "review", "refs", "placeholders"}
LOGIC = {"prerequisites", "fail_conditions", "requires", "effects", "next"}


def lens() -> Record:
    """A quest with two ways, a loop, an objective that asks for something, and two ways to fail."""

    def text(key: str) -> dict[str, str]:
        return {"id": f"lens_{key}", "text": f"At 10:30 {key}: [done] #1"}

    def objective(id: str, **rest: Any) -> Record:
        fixed = {"verb": "use", "target": "lens", "count": 1, "location": "pier", "optional": False, "hidden": False}
        return {"id": id, **fixed, "text": text(id), **rest}

    coins = leaf("item", "coin", ">=", 2)
    found, caught = effect("flag", "met", "set", False), effect("item", "lens", "add", -9)
    return {
        "kind": "quest",
        "id": "lens",
        "schema_version": 1,
        "title": text("title"),
        "summary": text("summary"),
        "giver": "mira",
        "motivation": "wealth",
        "strategy": "",
        "type": "side",
        "level": 3,
        "prerequisites": [leaf("flag", "met", "==", True), {"not": leaf("quest", "other", "==", "lost")}],
        "start": "search",
        "stages": [
            {
                "id": "search",
                "journal": text("search"),
                "objectives": [
                    objective("look", effects=[effect("item", "lens", "add", 2)]),
                    objective("ask", optional=True, hidden=True, effects=[effect("flag", "noise", "add", 1)]),
                    objective("bribe", requires=coins, effects=[effect("item", "coin", "add", -3)]),
                ],
                "next": [
                    {"to": "sold", "requires": ["look", "bribe"], "effects": [effect("item", "lens", "set", 0)]},
                    {"to": "bring", "requires": ["look"]},
                    {"to": "search", "requires": ["ask"]},
                ],
            },
            {
                "id": "bring",
                "journal": text("bring"),
                "objectives": [objective("give", requires=leaf("item", "lens", ">=", 1)), objective("lose")],
                "next": [{"to": "found", "requires": ["give"]}, {"to": "search", "requires": ["lose"]}],
            },
        ],
        "outcomes": [
            {"id": "found", "status": "success", "text": text("found"), "effects": [found]},
            {"id": "sold", "status": "failure", "text": text("sold")},
            {"id": "caught", "status": "failure", "text": text("caught"), "effects": [caught]},
        ],
        "fail_conditions": [
            {"condition": leaf("flag", "noise", ">=", 3), "outcome": "caught"},
            {"condition": leaf("quest", "other", "==", "lost"), "outcome": "sold"},
        ],
        "rewards": {"xp": 50, "currency": 0, "items": [{"id": "lens", "count": 1}], "reputation": []},
        "facts": [],
        "refs": [
            {"type": "flag", "id": "met", "name": "met", "value_type": "bool", "initial": True},
            {"type": "flag", "id": "noise", "name": "noise", "value_type": "int", "initial": -1},
            {"type": "item", "id": "lens", "name": "the lens", "value_type": "int", "initial": 0},
            {"type": "item", "id": "coin", "name": "coin", "value_type": "int", "initial": 2},
            {"type": "quest", "id": "other", "name": "Other", "value_type": "string", "initial": "inactive"},
        ],
    }  # fmt: skip


def records(kind: str) -> list[Record]:
    return [planned(kind, seed) for seed in SEEDS] + ([lens()] if kind == "quest" else [])


def at(value: Any, path: Sequence[str]) -> Any:
    """The value at a path of property names, ids and numbers."""
    for part in path:
        if isinstance(value, Mapping):
            value = value[part]
        else:
            value = (
                next((one for one in value if isinstance(one, Mapping) and one.get("id") == part), None)
                or value[int(part)]
            )
    return value


def leaves(value: Any) -> Iterator[Any]:
    """The values that are data and no logic, texts whole."""
    if isinstance(value, Mapping) and value.keys() != {"id", "text"}:
        for name, part in value.items():
            if name not in NOT_DATA | LOGIC:
                yield from leaves(part)
    elif isinstance(value, list):
        for part in value:
            yield from leaves(part)
    elif value != "":
        yield value


def shown(value: Any) -> str:
    """A value as a line shows it."""
    if isinstance(value, Mapping):
        return str(value["text"])
    return str(value).lower() if isinstance(value, bool) else str(value)


def texts_apart(record: Record) -> list[Any]:
    """Texts that journal and objectives say instead of the data."""
    if record["kind"] != "quest":
        return []
    stages = record["stages"]
    return [
        *(stage["journal"] for stage in stages),
        *(one["text"] for stage in stages for one in stage["objectives"]),
        *(outcome["text"] for outcome in record["outcomes"]),
    ]


def hold_data(record: Record, lines: Sequence[Mapping[str, Any]], id_tag: str) -> None:
    """The lines say every value of the record once, each under its path, texts with their line ids."""
    expected = [one for one in leaves(record) if one not in texts_apart(record)]
    assert len(lines) == len(expected)
    for line in lines:
        tags = tagged(line["tags"])
        value = at(record, tags["field"].split("."))
        assert line["text"] == shown(value)
        assert tags.get(id_tag) == (value["id"] if isinstance(value, Mapping) else None)


def numbers(record: Record) -> dict[str, int]:
    """Some numbers by the identifiers that the documentation promises."""
    if record["kind"] == "quest":
        return {
            f"quest_{record['id']}__level": record["level"],
            f"quest_{record['id']}__rewards__xp": record["rewards"]["xp"],
        }
    prefix = f"character_{record['id']}__"
    return {
        f"{prefix}level": record["level"],
        f"{prefix}hit_points": record["hit_points"],
        **{f"{prefix}abilities__{name}": value for name, value in record["abilities"].items()},
        **{f"{prefix}modifiers__{name}": value for name, value in record["modifiers"].items()},
        **{f"{prefix}skills__{name}__proficient": one["proficient"] for name, one in record["skills"].items()},
    }


def data_plays(some: Sequence[Record]) -> list[Play]:
    """Per record: its data, and its numbers after a new game."""
    return [
        Play([{"goto": f"{names.knot(one['kind'], one['id'])}__data"}, {"get": list(numbers(one))}]) for one in some
    ]


@pytest.mark.parametrize("kind", ["quest", "character"])
def test_data_reads_back_in_ink(ink: Ink, kind: str) -> None:
    some = records(kind)
    for results in ink.play(ink_format.render(some, {}), data_plays(some)).values():
        for record, (data, found) in zip(some, results, strict=True):
            hold_data(record, data["lines"], "id")
            assert found == numbers(record)


@pytest.mark.parametrize("kind", ["quest", "character"])
def test_data_reads_back_in_yarn(yarn: Yarn, kind: str) -> None:
    some = records(kind)
    plays = [Play([{"call": "gamegen_new_game"}, *one.steps]) for one in data_plays(some)]
    for results in yarn.play(yarn_format.render(some, {}), plays).values():
        for record, (_, data, found) in zip(some, results, strict=True):
            hold_data(record, [{**line, "text": unmarked(line["text"])[1]} for line in data["lines"]], "line")
            assert found == numbers(record)


def log_steps(record: Record) -> list[dict[str, Any]]:
    """Put the quest in every state and ask for journal and objectives."""
    variable, knot = names.state("quest", record["id"]), names.knot("quest", record["id"])
    states = ["inactive", *(stage["id"] for stage in record["stages"]), *(one["id"] for one in record["outcomes"])]
    return [
        step
        for state in states
        for step in ({"set": {variable: state}}, {"goto": f"{knot}__journal"}, {"goto": f"{knot}__objectives"})
    ]


def log(record: Record) -> list[list[str]]:
    """The texts that `log_steps` must show: journal and objectives of each state."""
    shown: list[list[str]] = [[], []]
    for stage in record["stages"]:
        shown += ([stage["journal"]["text"]], [one["text"]["text"] for one in stage["objectives"]])
    for outcome in record["outcomes"]:
        shown += ([outcome["text"]["text"]], [])
    return shown


def test_journal_and_objectives_follow_the_state_in_ink(ink: Ink) -> None:
    some = records("quest")
    for results in ink.play(ink_format.render(some, {}), [Play(log_steps(record)) for record in some]).values():
        for record, answers in zip(some, results, strict=True):
            assert [[line["text"] for line in one["lines"]] for one in answers if one] == log(record)


def test_journal_and_objectives_follow_the_state_in_yarn(yarn: Yarn) -> None:
    some = records("quest")
    for results in yarn.play(yarn_format.render(some, {}), [Play(log_steps(record)) for record in some]).values():
        for record, answers in zip(some, results, strict=True):
            heard = [[unmarked(line["text"])[1] for line in one["lines"]] for one in answers if one]
            assert heard == log(record)


def test_an_objective_is_tagged_with_what_a_log_needs(ink: Ink) -> None:
    steps = [{"set": {"quest_lens": "search"}}, {"goto": "quest_lens__objectives"}]
    ((_, shown),) = ink.play(ink_format.render([lens()], {}), [Play(steps)])["bink"]
    hidden = shown["lines"][1]["tags"]
    assert hidden == [
        *("id:lens_ask", "objective:ask", "done:quest_lens__done_search__ask"),
        *("verb:use", "target:lens", "count:1", "location:pier", "optional", "hidden"),
    ]


def first_state(record: Record, stream: Stream) -> State:
    """The state that the quest begins in; now and then the game's own values are other ones."""
    tables: dict[str, dict[str, Any]] = {"flag": {}, "item": {}, "quest": {record["id"]: "inactive"}}
    for ref in record["refs"]:
        if ref["type"] in tables:
            value = ref.get("initial", DEFAULTS[ref["type"]])
            if stream.chance(0.3):
                value = (
                    not value if isinstance(value, bool) else stream.integer(0, 3) if isinstance(value, int) else value
                )
            tables[ref["type"]][ref["id"]] = value
    tables["quest"][record["id"]] = "inactive"
    return State(flags=tables["flag"], items=tables["item"], quests=tables["quest"])


def variables(record: Record, progress: Progress) -> dict[str, Any]:
    tables = {"flag": progress.state.flags, "item": progress.state.items, "quest": progress.state.quests}
    return {
        **{names.state(kind, id): value for kind, table in tables.items() for id, value in table.items()},
        **{
            names.done(record["id"], stage["id"], one["id"]): (stage["id"], one["id"]) in progress.done
            for stage in record["stages"]
            for one in stage["objectives"]
        },
    }


def quest_plays(record: Record, count: int = 6, length: int = 14) -> tuple[list[Play], list[list[Any]]]:
    """Plays that start the quest and complete objectives at random, and the variables after each step."""
    plays, expected = [], []
    knot = names.knot("quest", record["id"])
    for number in range(count):
        stream = Stream("quest", record["id"], number)
        progress = Progress(first_state(record, stream))
        before = variables(record, progress)
        steps: list[dict[str, Any]] = [{"set": before}, {"call": f"{knot}__start"}, {"get": list(before)}]
        progress = quest_steps.start(record, progress)
        states = [variables(record, progress)]
        for _ in range(length):
            here = [one for one in record["stages"] if one["id"] == quest_steps.place(record, progress)]
            stage = here[0] if here and stream.chance(0.8) else stream.choice(record["stages"])
            if record["fail_conditions"] and stream.chance(0.2):
                steps.append({"call": f"{knot}__fail"})
                progress = quest_steps.fail(record, progress)
            else:
                id = stream.choice(stage["objectives"])["id"]
                steps.append({"call": f"{knot}__complete__{names.part(stage['id'])}__{names.part(id)}"})
                progress = quest_steps.complete(record, progress, stage["id"], id)
            steps.append({"get": list(before)})
            states.append(variables(record, progress))
        plays.append(Play(steps))
        expected.append(states)
    return plays, expected


def test_quests_move_in_ink_as_in_their_simulation(ink: Ink) -> None:
    some = records("quest")
    plays = [play for record in some for play in quest_plays(record)[0]]
    expected = [(record["id"], states) for record in some for states in quest_plays(record)[1]]
    for results in ink.play(ink_format.render(some, {}), plays).values():
        for answers, (id, states) in zip(results, expected, strict=True):
            assert answers[2::2] == states
            assert answers[1::2] == [state[names.state("quest", id)] for state in states]  # what the functions return


def test_quests_move_in_yarn_as_in_their_simulation(yarn: Yarn) -> None:
    some = records("quest")
    plays = [play for record in some for play in quest_plays(record)[0]]
    expected = [states for record in some for states in quest_plays(record)[1]]
    for results in yarn.play(yarn_format.render(some, {}), plays).values():
        assert [answers[2::2] for answers in results] == expected


def test_the_plays_of_the_hand_made_quest_reach_every_outcome() -> None:
    record = lens()
    ended = {states[-1]["quest_lens"] for states in quest_plays(record, count=60)[1]}
    assert ended >= {"found", "sold", "caught"}
