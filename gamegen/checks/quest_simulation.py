"""Forward simulation of a quest: every play from every start that its prerequisites allow.

What a quest means. It starts in `start` when all prerequisites hold. The player may complete any objective of the
stage that is not done yet and whose `requires` holds; its effects are applied once. Then the fail conditions are
tested, and the first that holds ends the quest in its outcome. Then the first edge, in the order of `next`, whose
required objectives are all done is taken: its effects are applied, and its stage begins with no objective done, or its
outcome is reached and the outcome's effects are applied. The quest's own state is `inactive`, then the id of the stage,
then of the outcome.

Flags, items and other quests start at every value that the conditions can tell apart (as for dialogues) and that the
prerequisites allow; during the quest nothing but the quest changes them. No such play may get stuck. What the quest
offers - stages, objectives, edges - must be open to plays that start as poor as the prerequisites allow: an item that
the player may happen to own proves nothing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import product
from math import prod
from typing import NamedTuple

from gamegen.checks.dialogue_states import candidates, leaves
from gamegen.checks.reach import reaching
from gamegen.play import DEFAULTS, Value, changed, holds, shown
from gamegen.records import JSON

BOUND = 20_000
"""States that are looked at before the simulation gives up and says so; also the most starts."""

Record = Mapping[str, JSON]
Name = tuple[str, str]
"""A variable: (flag | item | quest, id)."""


def conditions(record: Record) -> Iterator[tuple[str, Mapping[str, JSON]]]:
    """(JSON path, condition) of every condition of the record."""
    for i, condition in enumerate(record["prerequisites"]):
        yield f"$.prerequisites[{i}]", condition
    for s, stage in enumerate(record["stages"]):
        for o, objective in enumerate(stage["objectives"]):
            if "requires" in objective:
                yield f"$.stages[{s}].objectives[{o}].requires", objective["requires"]
    for i, fail in enumerate(record["fail_conditions"]):
        yield f"$.fail_conditions[{i}].condition", fail["condition"]


def effects(record: Record) -> Iterator[tuple[str, Mapping[str, JSON]]]:
    """(JSON path, effect) of every effect of the record."""
    parts: list[tuple[str, Mapping[str, JSON]]] = []
    for s, stage in enumerate(record["stages"]):
        parts += ((f"$.stages[{s}].objectives[{o}]", part) for o, part in enumerate(stage["objectives"]))
        parts += ((f"$.stages[{s}].next[{e}]", edge) for e, edge in enumerate(stage["next"]))
    parts += ((f"$.outcomes[{o}]", outcome) for o, outcome in enumerate(record["outcomes"]))
    for where, part in parts:
        for e, effect in enumerate(part.get("effects", ())):
            yield f"{where}.effects[{e}]", effect


@dataclass(frozen=True, slots=True)
class Values:
    """The values of the tested variables in one state: what `holds` looks at."""

    index: Mapping[Name, int]
    row: tuple[Value, ...]

    def value(self, kind: str, id: str) -> Value:
        return self.row[self.index[kind, id]]


class State(NamedTuple):
    """Where a play stands: `place` is a stage or an outcome, `done` the stage's objectives that are done."""

    place: str
    done: frozenset[str]
    row: tuple[Value, ...]


@dataclass(slots=True)
class Simulation:
    """What plays can do."""

    starts: int = 0
    """Starting values that satisfy the prerequisites."""
    failing: int = 0
    """Those of them that a fail condition ends before the first step."""
    states: int = 0
    complete: bool = True
    """False when the bound was hit: what is missing below is then not proven to be missing."""
    entered: dict[str, str] = field(default_factory=dict)
    """Stages and outcomes that some play reaches, each with a shortest trace."""
    done: set[str] = field(default_factory=set)
    """Objectives that some play completes."""
    taken: set[tuple[str, int]] = field(default_factory=set)
    """Edges that some play takes: (stage, position in `next`)."""
    stuck: dict[str, str] = field(default_factory=dict)
    """Stages in which some play can never reach an outcome any more, each with the trace of a shortest one."""


def simulate(record: Record, bound: int = BOUND) -> Simulation:
    """Follow every play of a record whose ids, targets and types are sound (see gamegen/checks/quest.py)."""
    rich, poor = _Simulator(record, bound).run(), _Simulator(record, bound, poor=True).run()
    return replace(poor, states=rich.states, complete=rich.complete, stuck=rich.stuck)


def satisfiable(record: Record, condition: Mapping[str, JSON]) -> bool:
    """Whether the condition holds for any values of its variables; True if they are too many to be tried."""
    names, choices = variables(record, [condition])
    if prod(map(len, choices)) > BOUND:
        return True
    index = {name: i for i, name in enumerate(names)}
    return any(holds(condition, Values(index, row)) for row in product(*choices))


class _Simulator:
    def __init__(self, record: Record, bound: int, poor: bool = False) -> None:
        self.record = record
        self.bound = bound
        self.poor = poor
        self.stages = {stage["id"]: stage for stage in record["stages"]}
        self.outcomes = {outcome["id"]: outcome for outcome in record["outcomes"]}
        self.names, self.choices = variables(record, [condition for _, condition in conditions(record)])
        self.index = {name: i for i, name in enumerate(self.names)}
        self.result = Simulation()
        self.parents: dict[State, tuple[State | None, str]] = {}
        self.before: dict[State, list[State]] = {}
        self.waiting: deque[State] = deque()

    def run(self) -> Simulation:
        result = self.result
        own = self.index.get(("quest", self.record["id"]))
        total = 1
        for position, values in enumerate(self.choices):
            total *= 1 if position == own else len(values)
        if total > self.bound:
            result.states, result.complete = total, False
            return result
        self._begin(own)
        while self.waiting and result.states < self.bound:
            state = self.waiting.popleft()
            result.states += 1
            if state.place in self.stages:
                self._moves(state)
        result.complete = not self.waiting
        if result.complete:
            self._find_stuck()
        return result

    def _begin(self, own: int | None) -> None:
        """Every start that the prerequisites allow, in its first state."""
        choices = [("inactive",) if i == own else values for i, values in enumerate(self.choices)]
        tests = self.record["prerequisites"]
        rows = [row for row in product(*choices) if all(holds(test, Values(self.index, row)) for test in tests)]
        if self.poor:
            rows = self._poorest(rows)
        for row in rows:
            self.result.starts += 1
            if self._failed(row) is not None:
                self.result.failing += 1
                continue
            start = ", ".join(f"{name[1]} = {shown(value)}" for name, value in zip(self.names, row, strict=True))
            self._reach(None, self._enter(self.record["start"], row), f"start with {start}" if start else "start")

    def _poorest(self, rows: list[tuple[Value, ...]]) -> list[tuple[Value, ...]]:
        """Of the starts that differ in items alone, those with the fewest."""
        items = [i for i, (type, _) in enumerate(self.names) if type == "item"]

        def rest(row: tuple[Value, ...]) -> tuple[Value, ...]:
            return tuple(value for i, value in enumerate(row) if i not in items)

        def owned(row: tuple[Value, ...]) -> int:
            return sum(int(row[i]) for i in items)

        fewest: dict[tuple[Value, ...], int] = {}
        for row in rows:
            fewest[rest(row)] = min(owned(row), fewest.get(rest(row), owned(row)))
        return [row for row in rows if owned(row) == fewest[rest(row)]]

    def _moves(self, state: State) -> None:
        stage = self.stages[state.place]
        for objective in stage["objectives"]:
            if objective["id"] in state.done or not holds(objective.get("requires"), Values(self.index, state.row)):
                continue
            self.result.done.add(objective["id"])
            row = self._changed(objective, state.row)
            after = State(state.place, state.done | {objective["id"]}, row)
            outcome = self._failed(row)
            if outcome is not None:
                after = self._enter(outcome, row)
            else:
                for number, edge in enumerate(stage["next"]):
                    if after.done.issuperset(edge["requires"]):
                        self.result.taken.add((state.place, number))
                        after = self._enter(edge["to"], self._changed(edge, row))
                        break
            self._reach(state, after, objective["id"])

    def _enter(self, place: str, row: tuple[Value, ...]) -> State:
        """A stage or an outcome as it begins, or the failure that its effects bring about."""
        own = self.index.get(("quest", self.record["id"]))
        if own is not None:
            row = (*row[:own], place, *row[own + 1 :])
        if place in self.outcomes:
            return State(place, frozenset(), self._changed(self.outcomes[place], row))
        outcome = self._failed(row)
        return State(place, frozenset(), row) if outcome is None else self._enter(outcome, row)

    def _failed(self, row: tuple[Value, ...]) -> str | None:
        """The outcome of the first fail condition that holds."""
        for fail in self.record["fail_conditions"]:
            if holds(fail["condition"], Values(self.index, row)):
                return str(fail["outcome"])
        return None

    def _changed(self, part: Mapping[str, JSON], row: tuple[Value, ...]) -> tuple[Value, ...]:
        values = list(row)
        for effect in part.get("effects", ()):
            position = self.index.get((effect["type"], effect["id"]))
            if position is not None:  # what no condition reads is no part of the state
                values[position] = changed(values[position], effect)
        return tuple(values)

    def _reach(self, source: State | None, state: State, step: str) -> None:
        if source is not None:
            self.before.setdefault(state, []).append(source)
        if state in self.parents:
            return
        self.parents[state] = (source, step)
        self.waiting.append(state)
        if state.place not in self.result.entered:
            self.result.entered[state.place] = self._trace(state)

    def _trace(self, state: State) -> str:
        """How a play came here: "start with lens = 0 -> gather_lens -> deliver_lens"."""
        steps = []
        here: State | None = state
        while here is not None:
            here, step = self.parents[here]
            steps.append(step)
        return " -> ".join(reversed(steps))

    def _find_stuck(self) -> None:
        """Backwards from every outcome: what is not met can never end."""
        good = reaching((state for state in self.parents if state.place in self.outcomes), self.before)
        for state in self.parents:  # in breadth-first order: the first of a stage has the shortest play
            if state not in good and state.place not in self.result.stuck:
                self.result.stuck[state.place] = self._trace(state)


def variables(record: Record, tests: list[Mapping[str, JSON]]) -> tuple[list[Name], list[tuple[Value, ...]]]:
    """The variables that the tests read, each with the values it may start with."""
    constants: dict[Name, list[Value]] = {}
    for test in tests:
        for leaf in leaves(test):
            constants.setdefault((leaf["type"], leaf["id"]), []).append(leaf["value"])
    added: dict[Name, list[int]] = {}
    for _, effect in effects(record):
        if effect["op"] == "add":
            added.setdefault((effect["type"], effect["id"]), []).append(int(effect["value"]))
    refs = {(ref["type"], ref["id"]): ref for ref in record["refs"]}
    names = sorted(constants)
    choices = []
    for name in names:
        ref = refs[name]
        initial = ref.get("initial", DEFAULTS[name[0]])
        choices.append(candidates(name[0], initial, constants[name], added.get(name, []), list(ref.get("values", ()))))
    return names, choices
