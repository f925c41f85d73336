"""Plays through a dialogue as data: walks that cover every choice, walks at random, and what is said on each.

A walk names what it takes (the game's values at the start, choices, outcomes of checks) and not what is said, so it can
be played in anything that plays dialogues and held against gamegen/play.py. The walks of a record are a function of the
record and the seed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import NamedTuple

from gamegen._random import Stream
from gamegen.checks.dialogue_states import Edge, explore
from gamegen.checks.dialogue_values import Name, followed
from gamegen.errors import InvalidContent
from gamegen.play import End, Event, Line, Player, State, Value, initial_state
from gamegen.records import JSON

__all__ = ["Coverage", "Edge", "Moment", "Step", "Walk", "covered", "follow", "passed", "walks", "wander"]

LENGTH = 25
"""Choices after which a walk at random stops if it met no end."""


class Step(NamedTuple):
    """A choice taken, by id, and the outcome of its check (None without one)."""

    choice: str
    success: bool | None = None


@dataclass(frozen=True, slots=True)
class Walk:
    """A play in terms of what is taken. Iterates over its steps."""

    steps: tuple[Step, ...] = ()
    start: Mapping[Name, Value] = field(default_factory=dict)
    """Values of the game's own variables that differ from the record's `refs`, by (flag | item | quest, id)."""

    def __iter__(self) -> Iterator[Step]:
        return iter(self.steps)

    def __len__(self) -> int:
        return len(self.steps)

    @property
    def rolls(self) -> tuple[bool, ...]:
        """The outcomes of its skill checks, in order."""
        return tuple(step.success for step in self.steps if step.success is not None)

    def state(self, record: Mapping[str, JSON]) -> State:
        """What the play of this record starts with."""
        state = initial_state(record)
        for (kind, id), value in self.start.items():
            state = state.having(kind, id, value)
        return state


@dataclass(frozen=True, slots=True)
class Moment:
    """What one step brought. `step` is None for the start of the play; `node` is where the choice was taken."""

    step: Step | None
    node: str
    events: tuple[Event, ...]
    state: State


class Coverage(NamedTuple):
    """What walks pass, and what any play can."""

    covered: frozenset[Edge]
    reachable: frozenset[Edge]


def walks(record: Mapping[str, JSON], seed: int, random: int = 50, length: int = LENGTH) -> list[Walk]:
    """Walks that together take every choice that any play can take, with every outcome of its check, and reach every
    end; then `random` walks at random, every other one from values of the game's own that its conditions tell apart.

    At least one walk, if only an empty one.

    length: choices at random after which a walk stops.
    Raises InvalidContent (GG314) when the states of the record are past the bound of the exploration.
    """
    explored = explore(record)
    if not explored.complete:
        message = f"expected a dialogue that can be explored, found more than {explored.bound} states"
        raise InvalidContent.of("GG314", message, "test fewer variables, or give its effects a limit")
    found: list[Walk] = []
    taken: set[Edge] = set()
    ends: set[str] = set()
    plays = [*explored.edges.items(), *explored.ends.items()]
    longest_first = sorted(plays, key=lambda pair: -len(pair[1].edges))
    for number, (target, witness) in enumerate(longest_first):
        if target in (taken if isinstance(target, Edge) else ends):
            continue
        steps = [Step(edge.choice, edge.success) for edge in witness.edges]
        walk = wander(record, witness.start, steps, Stream(record["id"], "cover", seed, number), length, taken)
        for moment in follow(record, walk):
            if moment.step:
                taken.add(Edge(moment.node, *moment.step))
            ends.add(moment.state.end)
        found.append(walk)
    starts = [variable for variable in followed(record) if variable.start is None]
    for number in range(random):
        stream = Stream(record["id"], "random", seed, number)
        start = {v.name: stream.choice(v.candidates) for v in starts} if number % 2 else {}
        found.append(wander(record, start, [], stream, length))
    return found or [Walk()]


def follow(record: Mapping[str, JSON], walk: Walk) -> list[Moment]:
    """What the reference player says on a walk: the start, then each step.

    Raises ValueError for a step that is not on offer, InvalidContent for what a dialogue may not do.
    """
    player = Player(record, state=walk.state(record))
    moments = [Moment(None, "", player.start(), player.state)]
    for step in walk:
        node = player.state.node
        moments.append(Moment(step, node, player.choose(step.choice, step.success), player.state))
    return moments


def covered(record: Mapping[str, JSON], walks: Sequence[Walk]) -> Coverage:
    """The edges that the walks take, and those that any play can take."""
    moments = (moment for walk in walks for moment in follow(record, walk))
    edges = frozenset(Edge(moment.node, *moment.step) for moment in moments if moment.step)
    return Coverage(edges, frozenset(explore(record).edges))


def passed(record: Mapping[str, JSON], walks: Sequence[Walk]) -> tuple[frozenset[str], frozenset[str]]:
    """The nodes and the ends that the walks come through."""
    events = [event for walk in walks for moment in follow(record, walk) for event in moment.events]
    nodes = frozenset(event.node for event in events if isinstance(event, Line))
    return nodes, frozenset(event.id for event in events if isinstance(event, End))


def wander(
    record: Mapping[str, JSON],
    start: Mapping[Name, Value],
    steps: Sequence[Step],
    stream: Stream,
    length: int,
    taken: Set[Edge] | None = None,
) -> Walk:
    """The steps, then on at random to an end, for at most `length` more; first what is not in `taken`, if given."""
    walk = Walk(tuple(steps), start)
    player = Player(record, state=walk.state(record))
    player.start()
    known = set(taken or ())
    for step in steps:
        known.add(Edge(player.state.node, *step))
        player.choose(*step)
    more: list[Step] = []
    while len(more) < length and (offer := player.offer) is not None and offer.choices:
        ways = [Step(one.id, success) for one in offer.choices for success in ((True, False) if one.skill else (None,))]
        new = [way for way in ways if Edge(offer.node, *way) not in known] if taken is not None else []
        choice = stream.choice(new) if new else None
        if choice is None:
            one = stream.choice(offer.choices)
            choice = Step(one.id, stream.chance(0.5) if one.skill else None)
        known.add(Edge(offer.node, *choice))
        more.append(choice)
        player.choose(*choice)
    return Walk((*steps, *more), start)
