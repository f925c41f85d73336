"""Exploration of a dialogue over the states of its variables, breadth-first, under the rules of gamegen/play.py.

The game's own flags, items and quests may have any value when the dialogue starts. They are left open until a condition
or an `add` looks at one; there the state splits into one for each value that the conditions can tell apart
(`candidates`). What no condition reads is no part of the state. An integer that only ever grows is followed up to one
above the largest constant it is tested against, for beyond that no condition can tell its values apart (and likewise
for one that only falls); one that does both is followed as it is.

The result is exact for booleans, strings and quests, and for integers up to the starting values of `candidates`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from gamegen.checks.reach import reaching
from gamegen.play import DEFAULTS, Value, changed, holds
from gamegen.records import JSON

BOUND = 50_000
"""States that are looked at before the exploration gives up and says so."""

Name = tuple[str, str]
"""A variable: (flag | item | quest | local, id)."""
Values = tuple[Value | None, ...]
"""The values of the followed variables; None is a value that nothing has looked at yet."""


class Edge(NamedTuple):
    """A choice taken: at `node`, `choice`, with `success` of its check (None without one)."""

    node: str
    choice: str
    success: bool | None

    def __str__(self) -> str:
        outcome = {None: "", True: " (success)", False: " (failure)"}[self.success]
        return f"{self.node}/{self.choice}{outcome}"


@dataclass(frozen=True, slots=True)
class Witness:
    """A play that shows something: the values it must start with, and the choices taken in order."""

    start: Mapping[Name, Value] = field(default_factory=dict)
    edges: tuple[Edge, ...] = ()

    def __str__(self) -> str:
        values = ", ".join(f"{id} = {_shown(value)}" for (_, id), value in self.start.items())
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
    complete: bool
    """False when the bound was hit: what is missing above is then not proven to be missing."""
    grows: str = ""
    """When the bound was hit: the variable that took most values."""


class _Assumed(NamedTuple):
    """A split: the followed variable of this number is taken to have started with `value`."""

    variable: int
    value: Value


class _Unknown(Exception):
    """A value is looked at that is still open: the state must split."""

    def __init__(self, index: int) -> None:
        self.index = index


@dataclass(slots=True)
class _Variable:
    name: Name
    start: Value | None
    """Its value at the start; None for the game's own."""
    candidates: tuple[Value, ...] = ()
    low: int | None = None
    high: int | None = None
    """Values below `low` count as `low`, above `high` as `high`; None: no limit."""

    def limited(self, value: Value) -> Value:
        if self.low is not None and int(value) < self.low:
            return self.low
        if self.high is not None and int(value) > self.high:
            return self.high
        return value


class _State(NamedTuple):
    node: str
    """The choice point where the play waits; "" before the start."""
    values: Values
    chosen: frozenset[tuple[str, str]]
    """The once-choices taken."""


@dataclass(frozen=True, slots=True)
class _Reader:
    """What `holds` looks at: the values of one state."""

    index: Mapping[Name, int]
    values: Values

    def value(self, kind: str, id: str) -> Value:
        position = self.index[kind, id]
        value = self.values[position]
        if value is None:
            raise _Unknown(position)
        return value


def explore(record: Mapping[str, JSON], bound: int = BOUND) -> Exploration:
    """Follow every play of a record whose ids, targets and types are sound (see gamegen/checks/dialogue.py)."""
    return _Explorer(record, bound).run()


class _Explorer:
    """fixed: values that the game's own variables are taken to start with."""

    def __init__(self, record: Mapping[str, JSON], bound: int, fixed: Mapping[Name, Value] | None = None) -> None:
        self.record = record
        self.bound = bound
        self.fixed = dict(fixed or {})
        self.nodes = {node["id"]: node for node in record["nodes"]}
        self.variables = followed(record)
        self.index = {variable.name: i for i, variable in enumerate(self.variables)}
        self.parents: dict[_State, tuple[_State, Edge | _Assumed | None] | None] = {}
        self.reached: set[str] = set()
        self.edges: dict[Edge, _State] = {}
        self.ends: dict[str, tuple[_State, Edge | None]] = {}
        self.dead: dict[str, _State] = {}
        self.before: dict[_State, list[_State]] = {}
        self.ending: set[_State] = set()
        self.split: set[_State] = set()
        self.parts: list[tuple[_State, _Assumed, _State]] = []
        """(a state that was split, what was assumed, what it is then)"""
        self.tried: set[frozenset[tuple[Name, Value]]] = {frozenset(self.fixed.items())}
        """Starts that were followed; one set for all explorations that come of one."""

    def run(self) -> Exploration:
        known = {
            variable.name: variable.limited(self.fixed[variable.name])
            for variable in self.variables
            if variable.name in self.fixed
        }
        start = tuple(known.get(variable.name, variable.start) for variable in self.variables)
        first = _State("", start, frozenset())
        self.parents[first] = None
        waiting = deque([first])
        seen = 0
        while waiting and seen < self.bound:
            state = waiting.popleft()
            seen += 1
            try:
                steps = self._steps(state)
            except _Unknown as unknown:
                self.split.add(state)
                variable = self.variables[unknown.index]
                parts = []
                for value in variable.candidates:
                    part = state._replace(values=_put(state.values, unknown.index, value))
                    assumed = _Assumed(unknown.index, value)
                    self.parts.append((state, assumed, part))
                    if self._link(state, part, assumed):
                        parts.append(part)
                waiting.extendleft(reversed(parts))  # no choice was taken: they are as near as the state was
                continue
            for edge, after, end in steps:
                if edge is not None:
                    self.edges.setdefault(edge, state)
                if end:
                    self.ends.setdefault(end, (state, edge))
                    self.ending.add(state)
                elif after is not None and self._link(state, after, edge):
                    waiting.append(after)
            if not steps:
                self.dead.setdefault(state.node, state)
                self.ending.add(state)
        # What was not looked at may end well: nothing is claimed of it.
        self.ending.update(waiting)
        return Exploration(
            nodes=frozenset(self.reached),
            edges={edge: self._witness(state, edge) for edge, state in self.edges.items()},
            ends={end: self._witness(state, edge) for end, (state, edge) in self.ends.items()},
            dead={node: self._witness(state) for node, state in self.dead.items()},
            stuck=self._stuck(),
            states=seen,
            complete=not waiting,
            grows=self._grows() if waiting else "",
        )

    def _link(self, state: _State, after: _State, label: Edge | _Assumed | None) -> bool:
        """Note the step; True if it leads to a state that is new."""
        self.before.setdefault(after, []).append(state)
        if after in self.parents:
            return False
        self.parents[after] = (state, label)
        return True

    def _steps(self, state: _State) -> list[tuple[Edge | None, _State | None, str]]:
        """(edge, next state, end) for each way on; raises _Unknown when a value must be known first."""
        if not state.node:
            return [(None, *self._enter(self.record["start"], state.values, state.chosen))]
        node = self.nodes[state.node]
        reader = _Reader(self.index, state.values)
        steps: list[tuple[Edge | None, _State | None, str]] = []
        for choice in node["choices"]:
            name = (node["id"], choice["id"])
            if name in state.chosen or not holds(choice.get("condition"), reader):
                continue
            chosen = state.chosen | {name} if choice.get("once") else state.chosen
            values = self._changed(choice, state.values)
            targets: list[tuple[bool | None, str]]
            if "check" in choice:
                targets = [(True, choice["check"]["success"]), (False, choice["check"]["failure"])]
            else:
                targets = [(None, choice["goto"])]
            steps += ((Edge(*name, success), *self._enter(target, values, chosen)) for success, target in targets)
        return steps

    def _enter(self, target: str, values: Values, chosen: frozenset[tuple[str, str]]) -> tuple[_State | None, str]:
        """From a node to the next choice point or end."""
        passed = []
        while True:
            node = self.nodes[target]
            passed.append(target)
            values = self._changed(node, values)
            if "goto" not in node:
                break
            target = node["goto"]
        self.reached.update(passed)
        return (None, node["end"]) if "end" in node else (_State(target, values, chosen), "")

    def _changed(self, part: Mapping[str, JSON], values: Values) -> Values:
        """The values after the effects of a node or choice."""
        for effect in part.get("effects", ()):
            position = self.index.get((effect["type"], effect["id"]))
            if position is None:
                continue  # nothing reads it
            value = values[position]
            if effect["op"] == "set":
                value = effect["value"]  # `changed` would look at the old value, which may be open
                if effect["type"] == "item":
                    value = max(0, int(value))
            elif value is None:
                raise _Unknown(position)
            else:
                value = changed(value, effect)
            values = _put(values, position, self.variables[position].limited(value))
        return values

    def _stuck(self) -> dict[str, Witness]:
        """Backwards from every end: what is not met can never end.

        A state in which a value is still open is met if it ends for one of them. So what cannot end with some value is
        followed again from the start with this value.
        """
        good = reaching(self.ending, self.before)
        stuck: dict[str, Witness] = {}
        for state in self.parents:  # in breadth-first order: the first of a node has the shortest play
            if state not in good and state not in self.split and state.node and state.node not in stuck:
                stuck[state.node] = self._witness(state)
        for state, assumed, part in self.parts:
            if part in good:
                continue
            start = {**self._witness(state).start, self.variables[assumed.variable].name: assumed.value}
            if (values := frozenset(start.items())) not in self.tried:
                self.tried.add(values)
                again = _Explorer(self.record, self.bound, start)
                again.tried = self.tried
                stuck = {**again.run().stuck, **stuck}
        return stuck

    def _witness(self, state: _State, last: Edge | None = None) -> Witness:
        """The play that leads to the state, and the edge taken there."""
        edges = [] if last is None else [last]
        start: list[tuple[Name, Value]] = []
        step = self.parents[state]
        while step is not None:
            state, label = step
            if isinstance(label, Edge):
                edges.append(label)
            elif label is not None:
                start.append((self.variables[label.variable].name, label.value))
            step = self.parents[state]
        return Witness(self.fixed | dict(reversed(start)), tuple(reversed(edges)))

    def _grows(self) -> str:
        values = [{state.values[i] for state in self.parents} for i in range(len(self.variables))]
        widest = max(range(len(values)), key=lambda i: len(values[i]), default=None)
        return "" if widest is None else self.variables[widest].name[1]


def leaves(condition: Mapping[str, JSON] | None) -> Iterator[Mapping[str, JSON]]:
    """The leaf tests of a condition."""
    if not condition:
        return
    if "type" in condition:
        yield condition
    for part in (*condition.get("all", ()), *condition.get("any", ()), condition.get("not")):
        yield from leaves(part)


def conditions(record: Mapping[str, JSON]) -> Iterator[tuple[str, Mapping[str, JSON]]]:
    """(JSON path, condition) of every choice that has one."""
    for n, node in enumerate(record["nodes"]):
        for c, choice in enumerate(node.get("choices", ())):
            if choice.get("condition"):
                yield f"$.nodes[{n}].choices[{c}].condition", choice["condition"]


def effects(record: Mapping[str, JSON]) -> Iterator[tuple[str, Mapping[str, JSON]]]:
    """(JSON path, effect) of every effect of nodes, choices and ends."""
    for n, node in enumerate(record["nodes"]):
        for e, effect in enumerate(node.get("effects", ())):
            yield f"$.nodes[{n}].effects[{e}]", effect
        for c, choice in enumerate(node.get("choices", ())):
            for e, effect in enumerate(choice.get("effects", ())):
                yield f"$.nodes[{n}].choices[{c}].effects[{e}]", effect
    for n, end in enumerate(record["ends"]):
        for e, effect in enumerate(end.get("effects", ())):
            yield f"$.ends[{n}].effects[{e}]", effect


def followed(record: Mapping[str, JSON]) -> list[_Variable]:
    """The variables that some condition reads, each with the values it may start with."""
    constants: dict[Name, list[Value]] = {}
    for _, condition in conditions(record):
        for leaf in leaves(condition):
            constants.setdefault((leaf["type"], leaf["id"]), []).append(leaf["value"])
    added: dict[Name, list[int]] = {}
    for _, effect in effects(record):
        if effect["op"] == "add":
            added.setdefault((effect["type"], effect["id"]), []).append(int(effect["value"]))
    initial: dict[Name, Value] = {("local", v["id"]): v["initial"] for v in record["variables"]}
    listed: dict[Name, list[Value]] = {}
    for ref in record["refs"]:
        if ref["type"] in DEFAULTS:
            initial[ref["type"], ref["id"]] = ref.get("initial", DEFAULTS[ref["type"]])
            listed[ref["type"], ref["id"]] = list(ref.get("values", ()))
    result = []
    for name in sorted(constants):
        start = initial[name]
        variable = _Variable(name, start if name[0] == "local" else None)
        changes = added.get(name, [])
        if type(start) is int:
            numbers = [int(value) for value in constants[name]]
            if all(change >= 0 for change in changes):
                variable.high = max(numbers) + 1
            if all(change <= 0 for change in changes):
                variable.low = min(numbers) - 1
        if variable.start is None:
            values = candidates(name[0], start, constants[name], changes, listed.get(name, []))
            variable.candidates = tuple(dict.fromkeys(map(variable.limited, values)))
        result.append(variable)
    return result


def candidates(
    kind: str, initial: Value, constants: list[Value], added: list[int], listed: list[Value]
) -> tuple[Value, ...]:
    """The starting values that conditions can tell apart, the declared one first.

    Integers: just below, at and just above each constant, also as seen through up to three of the amounts that are
    added to it, and one value far beyond all that the record can add or take.
    """
    values: set[Value]
    if isinstance(initial, bool):
        values = {False, True}
    elif isinstance(initial, int):
        shifts = {0}
        for _ in range(3):
            shifts |= {shift + change for shift in shifts for change in added}
        edges = {int(constant) - shift for constant in constants for shift in shifts}
        reach = sum(map(abs, added)) + 1
        numbers = {edge + step for edge in edges for step in (-1, 0, 1)} | {max(edges) + reach, min(edges) - reach}
        values = {max(0, number) if kind == "item" else number for number in numbers}
    elif listed:
        values = set(listed)
    else:
        other = next(f"other{n or ''}" for n in range(len(constants) + 1) if f"other{n or ''}" not in constants)
        values = {*constants, other}
    return (initial, *sorted(values - {initial}, key=lambda value: (str(type(value)), value)))


def goto_circle(record: Mapping[str, JSON]) -> list[str]:
    """The nodes of a circle of gotos, [] if there is none."""
    following = {node["id"]: node["goto"] for node in record["nodes"] if "goto" in node}
    for first in following:
        path = [first]
        while (after := following.get(path[-1])) is not None:
            if after in path:
                return path[path.index(after) :]
            path.append(after)
    return []


def _put(values: Values, index: int, value: Value) -> Values:
    return (*values[:index], value, *values[index + 1 :])


def _shown(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
