"""What a dialogue reads and changes: conditions, effects, gotos, and the values that its variables may start with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from gamegen.play import DEFAULTS, Value
from gamegen.records import JSON

Name = tuple[str, str]
"""A variable: (flag | item | quest | local, id)."""


@dataclass(slots=True)
class Variable:
    """A variable that some condition reads."""

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


def followed(record: Mapping[str, JSON]) -> list[Variable]:
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
        variable = Variable(name, start if name[0] == "local" else None)
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
    harmless: set[str] = set()
    for first in following:
        path = {first: None}  # a dict for its order
        here = first
        while (after := following.get(here)) is not None and after not in harmless:
            if after in path:
                walked = list(path)
                return walked[walked.index(after) :]
            path[after] = None
            here = after
        harmless.update(path)
    return []
