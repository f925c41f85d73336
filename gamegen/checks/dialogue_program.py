"""A dialogue made ready for its exploration: a state is one integer, a choice is two masks.

A state is packed: for each followed variable a field with the number of its value (0: a value that nothing has looked
at yet, or that matters no more), the number of the choice point where the play waits, and a bit for each once-choice
taken. A choice leads through gotos, which ask for nothing, to the next choice point or to an end: one `Way` for each
outcome of its check. `set` effects, the new choice point and all that is dropped are `state & keep | put`; an `add`
looks its result up by the number of the old value.

Two reductions make the states few; neither changes what plays can do.

What can matter no more. At each choice point a variable is *live* if some way from there reads it before it is set;
a once-choice if its node can still be reached. What is not live does not tell states apart: no condition that follows
can see it, so states that differ in it alone have the same plays.

Once-choices that change nothing. A value is *settled* if every effect of nodes and choices on its variable leaves it
as it is (the largest value of a counter that only grows, the flag that is only ever raised). Let a once-choice lead
back to its own node whatever its check, and let its node have a choice that is always open. While all live variables
that it changes have settled values, it is *void*: taking it leads to the state it was taken in. Settled values stay,
so a void choice stays void. States that differ in void choices alone therefore have the same plays but for some
takings of void choices, which can be left out of any play: the same nodes, ends and softlocks are reached. No dead
end is lost, for its node has a choice that stays open; and no edge, for the shortest play to an edge takes it once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from gamegen.checks.dialogue_values import Name, Variable, followed, leaves
from gamegen.play import COMPARE, Value, changed
from gamegen.records import JSON

State = int
Row = Sequence[Value | None]
"""The values of the followed variables; None is a value that is still open."""
Test = Callable[[Row], bool]
FEW = 1000
"""Values of a variable up to which its field is made to measure."""
WIDE = 26
"""Bits of any other field: more values than the states of an exploration can show."""


class Edge(NamedTuple):
    """A choice taken: at `node`, `choice`, with `success` of its check (None without one)."""

    node: str
    choice: str
    success: bool | None

    def __str__(self) -> str:
        outcome = {None: "", True: " (success)", False: " (failure)"}[self.success]
        return f"{self.node}/{self.choice}{outcome}"


class Unknown(Exception):
    """A value is looked at that is still open: the state must split."""

    def __init__(self, index: int) -> None:
        self.index = index


class Step(NamedTuple):
    """A way over packed states: ``(state | bit) & keep | put``, and what `adds` look up."""

    edge: int
    """Its number in `Program.edges`; -1 for the step before the start."""
    bit: State
    keep: State
    put: State
    adds: tuple[tuple[int, State, _Added], ...]
    """(shift of the field, mask of the field when shifted down, its results)"""
    end: str
    passed: tuple[str, ...]
    """The nodes entered, the last one included."""


class Open(NamedTuple):
    """What is open at a choice point with certain values."""

    steps: tuple[Step, ...]
    unknown: tuple[tuple[State, int], ...]
    """(bit of the choice, variable) where a choice looks at a value that is still open."""


@dataclass(slots=True)
class Way:
    """What follows a choice (or the start) with one outcome of its check, in terms of the record."""

    edge: int
    passed: tuple[str, ...]
    effects: tuple[Mapping[str, JSON], ...]
    """Those on followed variables, in order."""
    point: int
    """The choice point at which the play waits next; -1 for an end."""
    end: str
    looks: frozenset[int] = frozenset()
    """The game's own variables to whose present values it adds."""
    step: Step | None = None


@dataclass(slots=True)
class Option:
    """A choice. bit: of its place among the once-choices; 0 for a choice that may be taken again."""

    bit: State
    test: Test | None
    reads: frozenset[int]
    ways: tuple[Way, ...]
    fields: State = 0
    """The fields that decide whether it is open and where it leads."""
    known: dict[State, Open] = field(default_factory=dict)
    """What it offers, by the values of these fields."""


@dataclass(slots=True)
class Point:
    """A choice point; the first of a program stands for what comes before the start (node "")."""

    node: str
    options: tuple[Option, ...]
    live: frozenset[int] = frozenset()
    bits: State = 0
    """The once-choices that are live."""
    fields: State = 0
    """The fields that decide what is open."""
    known: dict[State, Open] = field(default_factory=dict)
    """What is open, by the values of these fields."""


class _Field:
    """The place of a variable in a state, and the numbers of its values (from 1)."""

    def __init__(self, variable: Variable, changes: Sequence[Mapping[str, JSON]]) -> None:
        self.variable = variable
        self.values: list[Value | None] = [None]
        self.numbers: dict[Value, int] = {}
        self.shift = 0
        if variable.start is not None:
            self.number(variable.limited(variable.start))
        for candidate in variable.candidates:
            self.number(variable.limited(candidate))
        for value in self.values:  # it grows under the loop
            if len(self.values) > FEW:
                break
            for effect in changes:
                if effect["op"] == "set" or value is not None:
                    self.number(after_effect(variable, value, effect))
        self.bits = WIDE if len(self.values) > FEW else len(self.values).bit_length()
        self.mask = (1 << self.bits) - 1

    def number(self, value: Value) -> int:
        found = self.numbers.get(value)
        if found is None:
            found = self.numbers[value] = len(self.values)
            self.values.append(value)
        return found

    def put(self, value: Value) -> State:
        return self.number(value) << self.shift


class _Added(dict[int, State]):
    """The number of a value -> the field after some effects, shifted to its place; computed when first asked for."""

    def __init__(self, place: _Field, effects: Sequence[Mapping[str, JSON]]) -> None:
        self.place = place
        self.effects = effects

    def __missing__(self, number: int) -> State:
        value = self.place.values[number]
        for effect in self.effects:
            value = after_effect(self.place.variable, value, effect)
        assert value is not None
        self[number] = result = self.place.put(value)
        return result


class Program:
    """record: a dialogue whose ids, targets and types are sound, without a circle of gotos."""

    def __init__(self, record: Mapping[str, JSON]) -> None:
        self.variables: list[Variable] = followed(record)
        self.index: dict[Name, int] = {variable.name: i for i, variable in enumerate(self.variables)}
        self.edges: list[Edge] = []
        self._nodes = {node["id"]: node for node in record["nodes"]}
        offering = [node for node in record["nodes"] if "choices" in node]
        self._numbers = {node["id"]: n for n, node in enumerate(offering, 1)}
        self._once = 0
        start = Option(0, None, frozenset(), (self._way(-1, record["start"], ()),))
        self.points: list[Point] = [Point("", (start,)), *map(self._point, offering)]
        self._find_live()
        self._lay_out()
        for point in self.points:
            self._compile(point)
        self._void = tuple(self._voidable())
        self.voids = bool(self._void)
        self.void_fields = self._mask({position for _, positions in self._void for position in positions})
        """The fields that decide which once-choices are void."""

    def start(self, fixed: Mapping[Name, Value]) -> State:
        """The state before the start. fixed: values that the game's own variables are taken to start with."""
        state = 0
        for variable, place in zip(self.variables, self.fields, strict=True):
            value = fixed.get(variable.name, variable.start)
            if value is not None:
                state |= place.put(variable.limited(value))
        return state

    def point(self, state: State) -> Point:
        return self.points[state >> self.point_shift & self.point_mask]

    def open(self, point: Point, state: State) -> Open:
        """What is open at the point, whatever was taken; the caller keeps it in `Point.known`."""
        steps: tuple[Step, ...] = ()
        unknown: tuple[tuple[State, int], ...] = ()
        for option in point.options:
            key = state & option.fields
            found = option.known.get(key)
            if found is None:
                found = option.known[key] = self._open(option, self.row(state))
            steps += found.steps
            unknown += found.unknown
        return Open(steps, unknown)

    def _open(self, option: Option, row: Row) -> Open:
        try:
            if option.test is not None and not option.test(row):
                return Open((), ())
        except Unknown as looked:
            return Open((), ((option.bit, looked.index),))
        looks = [i for way in option.ways for i in sorted(way.looks) if row[i] is None]
        steps = (way.step for way in option.ways if way.step is not None)
        return Open(tuple(steps), tuple((option.bit, i) for i in looks[:1]))

    def row(self, state: State) -> Row:
        return [place.values[state >> place.shift & place.mask] for place in self.fields]

    def put(self, state: State, position: int, value: Value) -> State:
        """The state with one variable at the value."""
        place = self.fields[position]
        return state & ~(place.mask << place.shift) | place.put(value)

    def void(self, state: State) -> State:
        """The once-choices that change nothing in this state or in any later one."""
        row = self.row(state)
        found = 0
        for bit, positions in self._void:
            if all(self._is_settled(i, row[i]) for i in positions):
                found |= bit
        return found

    def _way(self, edge: int, target: str, effects: Sequence[Mapping[str, JSON]]) -> Way:
        passed = []
        applied = list(effects)
        while True:
            node = self._nodes[target]
            passed.append(target)
            applied += node.get("effects", ())
            if "goto" not in node:
                break
            target = node["goto"]
        kept = tuple(effect for effect in applied if (effect["type"], effect["id"]) in self.index)
        return Way(edge, tuple(passed), kept, self._numbers.get(target, -1), node.get("end", ""))

    def _point(self, node: Mapping[str, JSON]) -> Point:
        options = []
        for choice in node["choices"]:
            bit = 0
            if choice.get("once"):
                bit = 1 << self._once
                self._once += 1
            condition = choice.get("condition")
            outcomes: list[tuple[bool | None, str]] = [(None, choice.get("goto", ""))]
            if "check" in choice:
                outcomes = [(True, choice["check"]["success"]), (False, choice["check"]["failure"])]
            ways = []
            for success, target in outcomes:
                ways.append(self._way(len(self.edges), target, choice.get("effects", ())))
                self.edges.append(Edge(node["id"], choice["id"], success))
            reads = frozenset(self.index[leaf["type"], leaf["id"]] for leaf in leaves(condition))
            options.append(Option(bit, self._test(condition) if condition else None, reads, tuple(ways)))
        return Point(node["id"], tuple(options))

    def _test(self, condition: Mapping[str, JSON]) -> Test:
        """The condition over a row of values, read from left to right as `gamegen.play.holds` does."""
        if not condition:
            return lambda row: True
        if "all" in condition:
            every = [self._test(part) for part in condition["all"]]
            return lambda row: all(part(row) for part in every)
        if "any" in condition:
            some = [self._test(part) for part in condition["any"]]
            return lambda row: any(part(row) for part in some)
        if "not" in condition:
            inner = self._test(condition["not"])
            return lambda row: not inner(row)
        position, constant = self.index[condition["type"], condition["id"]], condition["value"]
        return _leaf(position, COMPARE[condition["op"]], constant)

    def _find_live(self) -> None:
        """Backwards through the ways until nothing is added."""
        before: dict[int, set[int]] = {}
        for number, point in enumerate(self.points):
            point.bits = sum(option.bit for option in point.options)
            for way in (way for option in point.options for way in option.ways if way.point >= 0):
                before.setdefault(way.point, set()).add(number)
        waiting = dict.fromkeys(range(len(self.points)))
        while waiting:
            number, _ = waiting.popitem()
            point = self.points[number]
            live, bits = set(point.live), point.bits
            for option in point.options:
                live |= option.reads
                for way in option.ways:
                    if way.point >= 0:
                        after = self.points[way.point]
                        set_there = {self._position(each) for each in way.effects if each["op"] == "set"}
                        live |= after.live - set_there
                        bits |= after.bits
            if live != point.live or bits != point.bits:
                point.live, point.bits = frozenset(live), bits
                waiting.update(dict.fromkeys(before.get(number, ())))

    def _position(self, effect: Mapping[str, JSON]) -> int:
        return self.index[effect["type"], effect["id"]]

    def _lay_out(self) -> None:
        """Once-choices lowest, then the choice point, then the fields."""
        changes: list[list[Mapping[str, JSON]]] = [[] for _ in self.variables]
        for way in (way for point in self.points for option in point.options for way in option.ways if way.point >= 0):
            for effect in way.effects:
                changes[self._position(effect)].append(effect)
        self._changes = changes
        self._settled: list[dict[Value | None, bool]] = [{} for _ in self.variables]
        self.taken = (1 << self._once) - 1
        self.point_shift = self._once
        self.point_mask = (1 << len(self.points).bit_length()) - 1
        shift = self._once + len(self.points).bit_length()
        self.fields = [_Field(variable, changes[i]) for i, variable in enumerate(self.variables)]
        for place in self.fields:
            place.shift = shift
            shift += place.bits

    def _compile(self, point: Point) -> None:
        for option in point.options:
            looked: set[int] = set(option.reads)
            for way in option.ways:
                way.step = self._step(option.bit, way)
                looked |= way.looks
            option.fields = self._mask(looked)
            point.fields |= option.fields

    def _mask(self, positions: Iterable[int]) -> State:
        mask = 0
        for place in map(self.fields.__getitem__, positions):
            mask |= place.mask << place.shift
        return mask

    def _step(self, bit: State, way: Way) -> Step:
        if way.point < 0:
            return Step(way.edge, bit, 0, 0, (), way.end, way.passed)
        after = self.points[way.point]
        keep, put = after.bits, way.point << self.point_shift
        adds = []
        for position in sorted(after.live):
            place = self.fields[position]
            effects = [effect for effect in way.effects if self._position(effect) == position]
            last_set = max((n for n, effect in enumerate(effects) if effect["op"] == "set"), default=-1)
            effects = effects[max(last_set, 0) :]
            if last_set >= 0:
                put |= _Added(place, effects)[0]
            elif effects:
                adds.append((place.shift, place.mask, _Added(place, effects)))
                if place.variable.start is None:
                    way.looks |= {position}
            else:
                keep |= place.mask << place.shift
        return Step(way.edge, bit, keep, put, tuple(adds), "", way.passed)

    def _voidable(self) -> Iterator[tuple[State, tuple[int, ...]]]:
        """(bit, variables that it changes) of each once-choice that is void where these are settled."""
        for number, point in enumerate(self.points):
            if any(not option.bit and option.test is None for option in point.options):
                for option in point.options:
                    if option.bit and all(way.point == number for way in option.ways):
                        changed = {self._position(effect) for way in option.ways for effect in way.effects}
                        yield option.bit, tuple(sorted(changed & point.live))

    def _is_settled(self, position: int, value: Value | None) -> bool:
        known = self._settled[position]
        if value not in known:
            variable = self.variables[position]
            known[value] = value is not None and all(
                after_effect(variable, value, effect) == value for effect in self._changes[position]
            )
        return known[value]


def after_effect(variable: Variable, value: Value | None, effect: Mapping[str, JSON]) -> Value:
    """The value that is followed after an effect; for `add` the old one must be known."""
    if effect["op"] == "set":  # `changed` would look at the old value, which may be open
        return variable.limited(max(0, int(effect["value"])) if effect["type"] == "item" else effect["value"])
    assert value is not None
    return variable.limited(changed(value, effect))


def _leaf(position: int, compare: Callable[[Any, Any], bool], constant: Value) -> Test:
    def test(row: Row) -> bool:
        value = row[position]
        if value is None:
            raise Unknown(position)
        return compare(value, constant)

    return test
