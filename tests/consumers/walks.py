"""Walks through a dialogue that take every choice with both outcomes, and what the reference player says on each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gamegen._random import Stream
from gamegen.checks.dialogue_states import Edge, Witness, explore
from gamegen.play import End, Event, Line, Offer, Player, State, initial_state
from gamegen_exporters import names
from tests.consumers.runtimes import Play

Dialogue = Mapping[str, Any]


@dataclass(frozen=True)
class Walk:
    """A play for a runtime, and what each of its steps must answer (None: nothing to compare)."""

    play: Play
    expected: tuple[Any, ...]
    edges: frozenset[Edge]


def walks(record: Dialogue, wandering: int = 3, length: int = 25) -> list[Walk]:
    """Walks that take every edge that any play can take (asserted), and some that choose at random."""
    explored = explore(record)
    assert explored.complete
    found: list[Walk] = []
    covered: set[Edge] = set()
    witnesses = [*explored.edges.values(), *explored.ends.values()]
    for number, witness in enumerate(sorted(witnesses, key=lambda one: -len(one.edges))):
        if found and covered.issuperset(witness.edges):
            continue
        found.append(walk(record, witness, Stream(record["id"], "on", number), length))
        covered |= found[-1].edges
    assert covered >= explored.edges.keys()
    found += (walk(record, Witness(), Stream(record["id"], "free", n), length) for n in range(wandering))
    return found


def walk(record: Dialogue, witness: Witness, stream: Stream, length: int) -> Walk:
    """The play of the witness, then on at random for at most `length` choices."""
    start: dict[str, dict[str, Any]] = {"flag": {}, "item": {}, "quest": {}}
    for (kind, id), value in witness.start.items():
        start[kind][id] = value
    state = initial_state(record, flags=start["flag"], items=start["item"], quests=start["quest"])
    player = Player(record, state=state)
    set_up = {names.state(kind, id): value for kind, table in start.items() for id, value in table.items()}
    steps: list[dict[str, Any]] = [{"set": set_up}, {"goto": names.knot("dialogue", record["id"])}]
    expected: list[Any] = [None, said(player.start())]
    rolls: list[bool] = []
    edges: set[Edge] = set()
    for choice, success in _choices(player, witness, stream, length):
        offer = player.offer
        assert offer is not None
        variables = values(record, player.state)
        steps.append({"get": list(variables)})
        expected.append(variables)
        steps.append({"choose": [one.id for one in offer.choices].index(choice)})
        expected.append(said(player.choose(choice, success)))
        if success is not None:
            rolls.append(success)
        edges.add(Edge(offer.node, choice, success))
    variables = values(record, player.state) | {names.end(record["id"]): player.state.end}
    steps.append({"get": list(variables)})
    expected.append(variables)
    return Walk(Play(steps, rolls), tuple(expected), frozenset(edges))


def _choices(player: Player, witness: Witness, stream: Stream, length: int) -> Iterator[tuple[str, bool | None]]:
    for edge in witness.edges:
        yield edge.choice, edge.success
    for _ in range(length):
        if player.offer is None:
            return
        choice = stream.choice(player.offer.choices)
        yield choice.id, stream.chance(0.5) if choice.skill else None


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
        name, text = unmarked(line["text"])
        lines.append({"id": tags["line"], "speaker": tags["speaker"], "name": name, "text": text})
    return {"lines": lines, "choices": [_choice(one, unmarked(one["text"])[1], "line") for one in result["choices"]]}


def _choice(choice: Mapping[str, Any], text: str, id: str) -> dict[str, str]:
    tags = tagged(choice["tags"])
    return {"id": tags[id], "text": text, "skill": tags.get("skill", ""), "dc": tags.get("dc", "")}


def tagged(tags: list[str]) -> dict[str, str]:
    return {key: value for key, _, value in (tag.partition(":") for tag in tags)}


def unmarked(source: str) -> tuple[str, str]:
    """Speaker and text of a line as Yarn Spinner reads it: the explicit attribute, or what precedes the first colon."""
    opening, closing = '[character name="', '" /]'
    if source.startswith(opening):
        name, _, text = source.removeprefix(opening).partition(closing)
        return name.replace('\\"', '"'), text
    name, colon, text = source.partition(": ")
    return (name, text) if colon else ("", source)
