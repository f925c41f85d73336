"""Conditions and effects of records in terms of identifiers. Their meaning is that of `gamegen.play`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from gamegen.records import JSON

from . import names
from .script import Add, All, Any, Condition, Not, Set, Step, Test


def variable(kind: str, id: str, record: str) -> str:
    """The identifier of a flag, item, quest or local variable."""
    return names.local(record, id) if kind == "local" else names.state(kind, id)


def condition(data: Mapping[str, JSON] | None, record: str) -> Condition | None:
    """None for no condition: it holds always."""
    return _condition(data, record) if data else None


def _condition(data: Mapping[str, JSON], record: str) -> Condition:
    if "all" in data:
        return All(tuple(_condition(part, record) for part in data["all"]))
    if "any" in data:
        return Any(tuple(_condition(part, record) for part in data["any"]))
    if "not" in data:
        return Not(_condition(data["not"], record))
    return Test(variable(data["type"], data["id"], record), data["op"], data["value"])


def effects(data: Iterable[Mapping[str, JSON]], record: str) -> tuple[Step, ...]:
    return tuple(_effect(effect, record) for effect in data)


def _effect(data: Mapping[str, JSON], record: str) -> Step:
    name, value, is_item = variable(data["type"], data["id"], record), data["value"], data["type"] == "item"
    if data["op"] == "add":
        return Add(name, value, floor=is_item and value < 0)
    return Set(name, max(0, value) if is_item else value)


def both(*conditions: Condition | None) -> Condition:
    """All of them; at least one is not None."""
    found = tuple(one for one in conditions if one is not None)
    return found[0] if len(found) == 1 else All(found)
