"""Exploration of a dialogue over the states of its variables, breadth-first, under the rules of gamegen/play.py.

The game's own flags, items and quests may have any value when the dialogue starts. They are left open until a condition
or an `add` looks at one; there the state splits into one for each value that the conditions can tell apart
(`candidates`). What no condition reads is no part of the state. An integer that only ever grows is followed up to one
above the largest constant it is tested against, for beyond that no condition can tell its values apart (and likewise
for one that only falls); one that does both is followed as it is. What matters no more where a play stands, and
once-choices that change nothing, do not tell states apart either (gamegen/checks/dialogue_program.py).

The result is exact for booleans, strings and quests, and for integers up to the starting values of `candidates`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from gamegen.checks.dialogue_program import Edge, Program, State
from gamegen.checks.dialogue_values import Name, candidates, conditions, effects, followed, goto_circle, leaves
from gamegen.checks.reach import reaching_forward
from gamegen.play import Value, shown
from gamegen.records import JSON

__all__ = [
    "BOUND",
    "Edge",
    "Exploration",
    "Witness",
    "candidates",
    "conditions",
    "effects",
    "explore",
    "followed",
    "goto_circle",
    "leaves",
]

BOUND = 50_000
"""States that are looked at before the exploration gives up and says so."""
REPEATED = 10
"""How many times the bound may be spent on following again what cannot end with some starting value."""
START = -1
"""The number of the step before the start, which is no edge."""


@dataclass(frozen=True, slots=True)
class Witness:
    """A play that shows something: the values it must start with, and the choices taken in order."""

    start: Mapping[Name, Value] = field(default_factory=dict)
    edges: tuple[Edge, ...] = ()

    def __str__(self) -> str:
        values = ", ".join(f"{id} = {shown(value)}" for (_, id), value in self.start.items())
        taken = ", ".join(map(str, self.edges)) or "no choice"
        return f"shortest play: {taken}" + (f", starting with {values}" if values else "")


@dataclass(frozen=True, slots=True)
class Exploration:
    """What plays can do. Each witness is a shortest one."""

    nodes: frozenset[str]
    """Nodes that some play reaches."""
    edges: Mapping[Edge, Witness]
    """Choices that some play takes, each with a play that takes it last."""
    ends: Mapping[str, Witness]
    """Ends that some play reaches."""
    dead: Mapping[str, Witness]
    """Nodes that some play reaches with no open choice."""
    stuck: Mapping[str, Witness]
    """Nodes at which some play can go on for ever and never reach an end or a dead end."""
    states: int
    bound: int
    complete: bool
    """False when the bound was hit: what is missing above is then not proven to be missing."""
    grows: str = ""
    """When the bound was hit: the variable that took most values."""


def explore(record: Mapping[str, JSON], bound: int = BOUND) -> Exploration:
    """Follow every play of a record whose ids, targets and types are sound (see gamegen/checks/dialogue.py)."""
    return _Explorer(Program(record), bound).run()


class _Assumed(NamedTuple):
    """A split: the followed variable of this number is taken to have started with `value`."""

    variable: int
    value: Value


@dataclass(slots=True)
class _Tried:
    """What all explorations that come of one share."""

    starts: set[frozenset[tuple[Name, Value]]] = field(default_factory=set)
    """Starts that were followed."""
    left: int = 0
    """States that may still be looked at."""


class _Explorer:
    """fixed: values that the game's own variables are taken to start with."""

    def __init__(
        self, program: Program, bound: int, fixed: Mapping[Name, Value] | None = None, tried: _Tried | None = None
    ) -> None:
        self.program = program
        self.bound = bound
        self.fixed = dict(fixed or {})
        self.tried = tried or _Tried({frozenset(self.fixed.items())}, REPEATED * bound)
        self.parents: dict[State, tuple[State, int | _Assumed] | None] = {}
        """Each state with the one it was first reached from, and the edge taken there or the value assumed."""
        self.after: dict[State, list[State]] = {}
        """The states one step on, of those that were looked at."""
        self.edges: dict[int, State] = {}
        self.ends: dict[str, tuple[State, int]] = {}
        self.reached: set[str] = set()
        self.dead: dict[str, State] = {}
        self.ending: set[State] = set()
        self.parts: list[tuple[State, _Assumed, State]] = []
        """(a state that was split, what was assumed, what it is then)"""
        self.split: set[State] = set()
        self.complete = True

    def run(self) -> Exploration:
        waiting = self._follow()
        self.complete = not waiting
        # What was not looked at may end well: nothing is claimed of it.
        self.ending.update(waiting)
        stuck = self._stuck()
        edges = self.program.edges
        return Exploration(
            nodes=frozenset(self.reached),
            edges={edges[number]: self._witness(state, number) for number, state in self.edges.items()},
            ends={end: self._witness(state, number) for end, (state, number) in self.ends.items()},
            dead={node: self._witness(state) for node, state in self.dead.items()},
            stuck=stuck,
            states=len(self.after),
            bound=self.bound,
            complete=self.complete,
            grows="" if self.complete else self._grows(),
        )

    def _follow(self) -> list[State]:
        """Breadth-first from the start; returns what the bound left over."""
        program, parents, taken = self.program, self.parents, self.program.taken
        steps_on, edges, ending = self.after, self.edges, self.ending
        points, point_shift, point_mask = program.points, program.point_shift, program.point_mask
        void_fields = program.void_fields
        void_known: dict[State, State] = {}
        first = program.start(self.fixed)
        parents[first] = None
        waiting = deque([first])
        while waiting and len(steps_on) < self.bound:
            state = waiting.popleft()
            if state in steps_on:
                continue  # a split has moved it forward
            point = points[state >> point_shift & point_mask]
            key = state & point.fields
            opened = point.known.get(key)
            if opened is None:
                opened = point.known[key] = program.open(point, state)
            if opened.unknown:
                index = next((index for bit, index in opened.unknown if not bit & state), None)
                if index is not None:
                    waiting.extendleft(reversed(self._split(state, index)))  # as near as the state was
                    continue
            after: list[State] = []
            steps_on[state] = after
            stands = False
            for number, bit, keep, put, adds, end, passed in opened.steps:
                if bit & state:
                    continue
                stands = True
                if number not in edges:
                    edges[number] = state
                    self.reached.update(passed)
                if end:
                    self.ends.setdefault(end, (state, number))
                    ending.add(state)
                    continue
                following = (state | bit) & keep | put
                for shift, mask, table in adds:
                    following |= table[state >> shift & mask]
                if following & taken and program.voids:
                    values = following & void_fields
                    void = void_known.get(values)
                    if void is None:
                        void = void_known[values] = program.void(following)
                    following &= ~void
                after.append(following)
                if following not in parents:
                    parents[following] = (state, number)
                    waiting.append(following)
            if not stands:
                self.dead.setdefault(point.node, state)
                ending.add(state)
        edges.pop(START, None)
        return [state for state in waiting if state not in steps_on]

    def _split(self, state: State, index: int) -> list[State]:
        """The state for each value that a variable may have started with; returns those that were not looked at."""
        self.split.add(state)
        after: list[State] = []
        self.after[state] = after
        new = []
        for value in self.program.variables[index].candidates:
            part = self.program.put(state, index, value)
            if self.program.voids:
                part &= ~self.program.void(part)
            assumed = _Assumed(index, value)
            self.parts.append((state, assumed, part))
            after.append(part)
            if part not in self.after:  # if it waits already, then no nearer than it is from here
                self.parents[part] = (state, assumed)
                new.append(part)
        return new

    def _stuck(self) -> dict[str, Witness]:
        """Backwards from every end: what is not met can never end.

        A state in which a value is still open is met if it ends for one of them. So what cannot end with some value is
        followed again from the start with this value, at most REPEATED times as many states as the bound.
        """
        good = reaching_forward(self.ending, self.after)
        stuck: dict[str, Witness] = {}
        if len(good) == len(self.parents):
            return stuck
        for state in self.after:  # in breadth-first order: the first of a node has the shortest play
            node = self.program.point(state).node
            if node and node not in stuck and state not in good and state not in self.split:
                stuck[node] = self._witness(state)
        for state, assumed, part in self.parts:
            if part in good:
                continue
            start = {**self._witness(state).start, self.program.variables[assumed.variable].name: assumed.value}
            if (values := frozenset(start.items())) in self.tried.starts:
                continue
            if self.tried.left <= 0:
                self.complete = False
                break
            self.tried.starts.add(values)
            again = _Explorer(self.program, self.bound, start, self.tried)
            found = again.run()
            self.tried.left -= found.states
            self.complete &= found.complete
            stuck = {**found.stuck, **stuck}
        return stuck

    def _witness(self, state: State, last: int = START) -> Witness:
        """The play that leads to the state, and the edge taken there."""
        program = self.program
        edges = [] if last == START else [program.edges[last]]
        start: list[tuple[Name, Value]] = []
        step = self.parents[state]
        while step is not None:
            state, label = step
            if isinstance(label, _Assumed):
                start.append((program.variables[label.variable].name, label.value))
            elif label != START:
                edges.append(program.edges[label])
            step = self.parents[state]
        return Witness(self.fixed | dict(reversed(start)), tuple(reversed(edges)))

    def _grows(self) -> str:
        """The variable that took most values."""
        fields = self.program.fields
        values = [len({state >> place.shift & place.mask for state in self.parents}) for place in fields]
        return "" if not values else fields[values.index(max(values))].variable.name[1]
