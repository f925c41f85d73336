"""Differential play: every dialogue plays in inkjs, bink and bondage as it does in gamegen/play.py."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from gamegen import _resources
from gamegen.checks.dialogue_values import conditions, effects, leaves
from gamegen_exporters import ink as ink_format, names, yarn as yarn_format
from tests.consumers.runtimes import Ink, Play, Yarn
from tests.consumers.walks import Walk, heard_in_ink, heard_in_yarn, hold, walks
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
    play_in_ink(ink, records, [one for record in records for one in choose(record)], options)


def held_in_yarn(
    yarn: Yarn,
    records: Sequence[Dialogue],
    options: Mapping[str, Any] | None = None,
    choose: Callable[[Dialogue], list[Walk]] = walks,
) -> None:
    """The walks through each record, exported together, play in bondage as in the reference player."""
    play_in_yarn(yarn, records, [one for record in records for one in choose(record)], options)


def held_in_all(ink: Ink, yarn: Yarn, records: Sequence[Dialogue]) -> None:
    """Both; the walks are made once."""
    taken = [one for record in records for one in walks(record)]
    play_in_ink(ink, records, taken)
    play_in_yarn(yarn, records, taken)


def play_in_ink(
    ink: Ink, records: Sequence[Dialogue], taken: Sequence[Walk], options: Mapping[str, Any] | None = None
) -> None:
    files = ink_format.render(records, options or {})
    speakers = sorted({names.character(one["speaker"]) for record in records for one in record["nodes"]})
    plays = [Play([{"get": speakers}, *one.play.steps], one.play.rolls) for one in taken]
    for runtime, results in ink.play(files, plays).items():
        for one, (found, *answers) in zip(taken, results, strict=True):
            hold(runtime, one, [heard_in_ink(answer, found) for answer in answers])


def play_in_yarn(
    yarn: Yarn, records: Sequence[Dialogue], taken: Sequence[Walk], options: Mapping[str, Any] | None = None
) -> None:
    files = yarn_format.render(records, options or {})
    begin = {"call": "gamegen_new_game"}
    plays = [Play([begin, *one.play.steps], one.play.rolls) for one in taken]
    for runtime, results in yarn.play(files, plays).items():
        for one, (_, *answers) in zip(taken, results, strict=True):
            hold(runtime, one, [heard_in_yarn(answer) for answer in answers])


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


@pytest.mark.parametrize("world", ["saltmarrow", "perihelion"])
def test_the_gallery_plays_alike(ink: Ink, yarn: Yarn, world: str) -> None:
    source = (_resources.folder("samples") / "gallery" / world / "dialogue.jsonl").read_text(encoding="utf-8")
    records = [json.loads(line) for line in source.splitlines()]
    assert len(records) == 10
    held_in_all(ink, yarn, records)


OPERATORS = ("==", "!=", "<", "<=", ">", ">=")
VARIABLES: dict[tuple[str, str], list[Any]] = {
    **{(kind, "known"): [False, True] for kind in ("flag", "local")},
    **{(kind, "debt"): [-1, 0, 3] for kind in ("flag", "local")},
    **{(kind, "mood"): ["calm", "very sad", ""] for kind in ("flag", "local")},
    ("item", "ore"): [1, 2],
    ("quest", "find_lens"): ["inactive", "done"],
}


def table(kind: str, id: str, values: list[Any]) -> Dialogue:
    """A dialogue that tests one variable in every way against each of the values, and changes it in every way."""
    record = f"table_{kind}_{id}"
    operators = OPERATORS if type(values[0]) is int else OPERATORS[:2]
    tests = [leaf(kind, id, op, value) for op in operators for value in values]
    changes = [effect(kind, id, "set", value) for value in values]
    if type(values[0]) is int:
        changes += (effect(kind, id, "add", value) for value in (2, -1, -4))
    choices = [
        *(choice(f"test{n}", "hub", goto="hub", condition=test) for n, test in enumerate(tests)),
        *(choice(f"not{n}", "hub", goto="hub", condition={"not": test}) for n, test in enumerate(tests)),
        *(choice(f"change{n}", "hub", goto="hub", effects=[one], once=True) for n, one in enumerate(changes)),
        choice("leave", "hub", goto="bye"),
    ]
    type_name = {bool: "bool", int: "int", str: "string"}[type(values[0])]
    refs = [{"type": "character", "id": "mira", "name": "Mira Voss"}]
    if kind != "local":
        refs.append({"type": kind, "id": id, "name": id, "value_type": type_name, "initial": values[0]})
    return {
        **{"kind": "dialogue", "id": record, "schema_version": 1, "participants": ["mira"], "start": "hub"},
        "variables": [{"id": id, "type": type_name, "initial": values[0]}] if kind == "local" else [],
        "nodes": [node("hub", choices=choices), node("bye", end="over")],
        "ends": [{"id": "over", "outcome": "over"}],
        "refs": refs,
    }


def test_every_test_and_effect_of_every_type_plays_alike(ink: Ink, yarn: Yarn) -> None:
    for (kind, id), values in VARIABLES.items():
        held_in_all(ink, yarn, [table(kind, id, values)])


EXAMPLES = 200


def features(record: Dialogue) -> set[str]:
    """What of the schema a dialogue uses."""
    choices = [choice for one in record["nodes"] for choice in one.get("choices", ())]
    following = {
        one["id"]: {one.get("goto"), *(target for choice in one.get("choices", ()) for target in targets(choice))}
        for one in record["nodes"]
    }
    found = {word for _, change in effects(record) for word in (change["op"], f"changes {change['type']}")}
    for _, condition in conditions(record):
        found |= {word for leaf in leaves(condition) for word in (leaf["op"], f"tests {leaf['type']}")}
        found |= {f"{key}{' in another' if nested else ''}" for key, nested in nestings(condition)}
    found |= {"once" for choice in choices if choice.get("once")}
    found |= {"check" for choice in choices if "check" in choice}
    found |= {"circle" for id, after in following.items() if id in reaching(after, following)}
    return found


def targets(choice: Dialogue) -> list[str]:
    check = choice.get("check")
    return [check["success"], check["failure"]] if check else [choice["goto"]]


def nestings(condition: Dialogue) -> Iterator[tuple[str, bool]]:
    """Each all, any and not, and whether it stands in another one."""
    for key in ("all", "any", "not"):
        if key in condition:
            yield key, False
            for part in condition[key] if key != "not" else [condition[key]]:
                yield from ((inner, True) for inner, _ in nestings(part))


def reaching(first: Iterable[str | None], following: Mapping[str, set[str | None]]) -> set[str | None]:
    seen: set[str | None] = set()
    waiting = list(first)
    while waiting:
        id = waiting.pop()
        if id not in seen:
            seen.add(id)
            waiting += following.get(id or "", ())
    return seen


EVERYTHING = {
    *("once", "check", "circle", "set", "add", "==", "!=", "<", "<=", ">", ">="),
    *("tests flag", "tests item", "tests quest", "tests local"),
    *("changes flag", "changes item", "changes quest", "changes local"),
    *(f"{key}{depth}" for key in ("all", "any", "not") for depth in ("", " in another")),
}


def test_any_dialogue_plays_alike(ink: Ink, yarn: Yarn) -> None:
    """Dialogues over the whole schema; that all of it came is asserted."""
    seen: Counter[str] = Counter()

    @settings(
        deadline=None,
        max_examples=EXAMPLES,
        # Shrinking asks the runtimes for minutes; a dialogue of a few nodes can be read as it is.
        phases=(Phase.explicit, Phase.reuse, Phase.generate),
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(record=proven_dialogues(max_nodes=10))
    def plays(record: Dialogue) -> None:
        held_in_all(ink, yarn, [record])
        seen.update({"dialogues"} | features(record))

    plays()
    assert seen["dialogues"] >= EXAMPLES
    assert set() == EVERYTHING - seen.keys()


def test_a_difference_is_told_with_both_transcripts(ink: Ink) -> None:
    """An export that says another line fails, and the message holds what either side said at each step."""
    record = forge()
    other = json.loads(json.dumps(record).replace("Mind the step.", "Mind the stairs."))
    with pytest.raises(AssertionError) as failure:
        play_in_ink(ink, [other], walks(record))
    shown = str(failure.value)
    assert "inkjs does not play this walk as gamegen/play.py does" in shown
    assert [line[:13] for line in shown.splitlines() if line.startswith("!")][:2] == ["!   reference", "!   inkjs:   "]
    assert "Mind the step." in shown and "Mind the stairs." in shown


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Rain again.", "Rain, again."),
        ('"speaker": "oren"', '"speaker": "mira"'),
        ('"dc": 12', '"dc": 13'),
        ('"op": ">=", "value": 1}', '"op": ">=", "value": 9}'),
        ('"op": "add", "value": 1}', '"op": "add", "value": 3}'),
    ],
    ids=["text", "speaker", "tag", "offer", "variable"],
)
def test_what_differs_in_any_way_is_found(ink: Ink, yarn: Yarn, before: str, after: str) -> None:
    source = json.dumps(forge())
    assert before in source
    other = json.loads(source.replace(before, after))
    with pytest.raises(AssertionError, match="inkjs does not play"):
        play_in_ink(ink, [other], walks(forge()))
    with pytest.raises(AssertionError, match="bondage does not play"):
        play_in_yarn(yarn, [other], walks(forge()))
