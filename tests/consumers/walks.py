"""Walks through a dialogue for the runtimes, what the reference player says on each, and what the runtimes said."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gamegen import plays
from gamegen._random import Stream
from gamegen.checks.dialogue_states import Edge, Witness
from gamegen.play import End, Event, Line, Offer, State
from gamegen_exporters import names
from tests.consumers.runtimes import Play

Dialogue = Mapping[str, Any]
LINE_TAGS, CHOICE_TAGS = {"speaker"}, {"skill", "dc"}
"""The tags beside the line id; those of a choice only if it rolls a check."""


@dataclass(frozen=True)
class Walk:
    """A play for a runtime, and what each of its steps must answer (None: nothing to compare)."""

    play: Play
    expected: tuple[Any, ...]
    edges: frozenset[Edge]


def walks(record: Dialogue, wandering: int = 50, length: int = 25) -> list[Walk]:
    """Walks that take every choice of a proven record with both outcomes of its check, through all nodes, to all ends
    (asserted), and `wandering` that choose at random. A walk that comes twice is played once."""
    found = plays.walks(record, seed=1, random=wandering, length=length)
    assert plays.covered(record, found) == (all_edges(record), all_edges(record))
    assert plays.passed(record, found) == (
        {one["id"] for one in record["nodes"]},
        {one["id"] for one in record["ends"]},
    )
    different = {(one.steps, frozenset(one.start.items())): one for one in found}
    return [runnable(record, one) for one in different.values()]


def all_edges(record: Dialogue) -> frozenset[Edge]:
    """Every choice with every outcome of its check, reachable or not."""
    return frozenset(
        Edge(node["id"], choice["id"], success)
        for node in record["nodes"]
        for choice in node.get("choices", ())
        for success in ((True, False) if "check" in choice else (None,))
    )


def walk(record: Dialogue, witness: Witness, stream: Stream, length: int) -> Walk:
    """The play of the witness, then on at random for at most `length` choices."""
    steps = [plays.Step(edge.choice, edge.success) for edge in witness.edges]
    return runnable(record, plays.wander(record, witness.start, steps, stream, length))


def runnable(record: Dialogue, taken: plays.Walk) -> Walk:
    """The walk as steps for a runtime: at each offer all variables are read, then the choice is taken by its index."""
    begun = taken.state(record)
    shared = {"flag": begun.flags, "item": begun.items, "quest": begun.quests}
    set_up = {names.state(kind, id): value for kind, table in shared.items() for id, value in table.items()}
    first, *moments = plays.follow(record, taken)
    steps: list[dict[str, Any]] = [{"set": set_up}, {"goto": names.knot("dialogue", record["id"])}]
    expected: list[Any] = [None, said(first.events)]
    edges: set[Edge] = set()
    before = first
    for moment in moments:
        offer = before.events[-1]
        assert isinstance(offer, Offer) and moment.step is not None
        variables = values(record, before.state)
        steps += ({"get": list(variables)}, {"choose": [one.id for one in offer.choices].index(moment.step.choice)})
        expected += (variables, said(moment.events))
        edges.add(Edge(moment.node, *moment.step))
        before = moment
    variables = values(record, before.state) | {names.end(record["id"]): before.state.end}
    steps.append({"get": list(variables)})
    expected.append(variables)
    return Walk(Play(steps, taken.rolls), tuple(expected), frozenset(edges))


def said(events: tuple[Event, ...]) -> dict[str, Any]:
    """The events up to the next offer or end in the form of `heard_in_ink` and `heard_in_yarn`."""
    lines = [event for event in events if isinstance(event, Line)]
    offer = next((event for event in events if isinstance(event, Offer)), None)
    assert offer is not None or isinstance(events[-1], End)
    return {
        "lines": [{"id": one.id, "speaker": one.speaker, "name": one.speaker_name, "text": one.text} for one in lines],
        "choices": [
            {"id": one.line, "text": one.text, "skill": one.skill, "dc": str(one.dc or "")}
            for one in (offer.choices if offer else ())
        ],
    }


def values(record: Dialogue, state: State) -> dict[str, Any]:
    """Every variable by its identifier, the marks of choices included."""
    id = record["id"]
    shared = {"flag": state.flags, "item": state.items, "quest": state.quests}
    return {
        **{names.state(kind, key): value for kind, table in shared.items() for key, value in table.items()},
        **{names.local(id, key): value for key, value in state.locals.items()},
        **{
            names.chosen(id, node["id"], choice["id"]): (node["id"], choice["id"]) in state.chosen
            for node in record["nodes"]
            for choice in node.get("choices", ())
            if choice.get("once")
        },
    }


def heard_in_ink(result: Any, speakers: Mapping[str, str]) -> Any:
    """What an Ink runtime answered; the name of a speaker is looked up as a game does."""
    if not isinstance(result, dict) or "lines" not in result:
        return result
    lines = []
    for line in result["lines"]:
        tags = tagged(line["tags"])
        assert tags.keys() == {"id", *LINE_TAGS}, line
        name = speakers[names.character(tags["speaker"])]
        lines.append({"id": tags["id"], "speaker": tags["speaker"], "name": name, "text": line["text"]})
    return {"lines": lines, "choices": [_choice(one, one["text"], "id") for one in result["choices"]]}


def heard_in_yarn(result: Any) -> Any:
    """What bondage answered, with the markup of speakers read as Yarn Spinner reads it."""
    if not isinstance(result, dict) or "lines" not in result:
        return result
    lines = []
    for line in result["lines"]:
        tags = tagged(line["tags"])
        assert tags.keys() == {"line", *LINE_TAGS}, line
        name, text = unmarked(line["text"])
        lines.append({"id": tags["line"], "speaker": tags["speaker"], "name": name, "text": text})
    return {"lines": lines, "choices": [_choice(one, unmarked(one["text"])[1], "line") for one in result["choices"]]}


def _choice(choice: Mapping[str, Any], text: str, id: str) -> dict[str, str]:
    tags = tagged(choice["tags"])
    assert tags.keys() in ({id}, {id, *CHOICE_TAGS}), choice
    return {"id": tags[id], "text": text, "skill": tags.get("skill", ""), "dc": tags.get("dc", "")}


def tagged(tags: list[str]) -> dict[str, str]:
    """Tags by key; a key that stands twice fails."""
    found = {key: value for key, _, value in (tag.partition(":") for tag in tags)}
    assert len(found) == len(tags), tags
    return found


def unmarked(source: str) -> tuple[str, str]:
    """Speaker and text of a line as Yarn Spinner reads it: the explicit attribute, or what precedes the first colon."""
    opening, closing = '[character name="', '" /]'
    if source.startswith(opening):
        name, _, text = source.removeprefix(opening).partition(closing)
        return name.replace('\\"', '"'), text
    name, colon, text = source.partition(": ")
    return (name, text) if colon else ("", source)


def difference(runtime: str, one: Walk, heard: Sequence[Any]) -> str:
    """Both transcripts of a walk, the steps that differ marked: what a failing test shows."""
    shown = [f"{runtime} does not play this walk as gamegen/play.py does (rolls: {list(one.play.rolls)})"]
    for step, wanted, found in zip(one.play.steps, one.expected, heard, strict=True):
        shown.append(json.dumps(step, ensure_ascii=False))
        if wanted == found:
            shown.append(f"    both:      {json.dumps(wanted, ensure_ascii=False)}")
        else:
            shown.append(f"!   reference: {json.dumps(wanted, ensure_ascii=False)}")
            shown.append(f"!   {runtime + ':':<10} {json.dumps(found, ensure_ascii=False)}")
    return "\n".join(shown)


def hold(runtime: str, one: Walk, heard: Sequence[Any]) -> None:
    """Fails with both transcripts where a runtime differs from the reference player."""
    if list(heard) != list(one.expected):
        raise AssertionError(difference(runtime, one, heard))
