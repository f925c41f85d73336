"""References: every id that a record uses stands in its `refs`, and every ref is what the world says it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from gamegen.hookspecs import Check, CheckContext
from gamegen.naming import did_you_mean
from gamegen.records import JSON, Finding
from gamegen.world import Flag

TARGETS = ("character", "item", "creature", "location")


class Use(NamedTuple):
    """One id in a record: where it stands, and of which types it may be."""

    where: str
    id: str
    types: tuple[str, ...]


def uses(record: Mapping[str, JSON]) -> Iterator[Use]:
    """Every id of something outside the record, of the three kinds; conditions and effects of any kind."""
    yield from _fields(record, "$", {"location": "location", "giver": "character", "faction": "faction"})
    yield from _fields(record, "$", {"character": "character", "culture": "culture"})
    yield from _list(record, "$", "participants", "character")
    yield from _list(record, "$", "facts", "fact")
    yield from _list(record, "$", "knows", "fact")
    for n, node in enumerate(record.get("nodes", ())):
        yield from _fields(node, f"$.nodes[{n}]", {"speaker": "character"})
        yield from _list(node, f"$.nodes[{n}]", "facts", "fact")
    for n, relation in enumerate(record.get("relations", ())):
        yield Use(f"$.relations[{n}].to", relation["to"], ("character",))
    for s, stage in enumerate(record.get("stages", ())):
        for n, objective in enumerate(stage["objectives"]):
            where = f"$.stages[{s}].objectives[{n}]"
            yield Use(f"{where}.target", objective["target"], TARGETS)
            yield Use(f"{where}.location", objective["location"], ("location",))
            if "to" in objective:
                yield Use(f"{where}.to", objective["to"], ("character",))
    rewards = record.get("rewards", {})
    for n, item in enumerate(rewards.get("items", ())):
        yield Use(f"$.rewards.items[{n}].id", item["id"], ("item",))
    for n, reputation in enumerate(rewards.get("reputation", ())):
        yield Use(f"$.rewards.reputation[{n}].faction", reputation["faction"], ("faction",))
    yield from _state(record, "$")


def _fields(value: Mapping[str, JSON], where: str, types: Mapping[str, str]) -> Iterator[Use]:
    for name, type in types.items():
        if name in value:
            yield Use(f"{where}.{name}", value[name], (type,))


def _list(value: Mapping[str, JSON], where: str, name: str, type: str) -> Iterator[Use]:
    for n, id in enumerate(value.get(name, ())):
        yield Use(f"{where}.{name}[{n}]", id, (type,))


def _state(value: JSON, where: str) -> Iterator[Use]:
    """Ids in conditions and effects, wherever they stand; local variables are the record's own."""
    if isinstance(value, dict):
        if {"type", "id", "op", "value"} <= value.keys():
            if value["type"] != "local":
                yield Use(f"{where}.id", value["id"], (value["type"],))
            return
        for name, part in value.items():
            if isinstance(part, dict | list) and name not in ("provenance", "refs"):
                yield from _state(part, f"{where}.{name}")
    elif isinstance(value, list):
        for n, part in enumerate(value):
            if isinstance(part, dict | list):
                yield from _state(part, f"{where}[{n}]")


def declared(record: Mapping[str, JSON], context: CheckContext) -> Iterator[Finding]:
    """GG201 an id that is not in refs, GG202 of another type there, GG203 a ref that stands twice."""
    refs: dict[str, list[str]] = {}
    for n, ref in enumerate(record.get("refs", ())):
        types = refs.setdefault(ref["id"], [])
        if ref["type"] in types:
            yield Finding("GG203", f"{ref['type']} {ref['id']} stands twice", "remove one", where=f"$.refs[{n}]")
        types.append(ref["type"])
    for use in uses(record):
        types = refs.get(use.id, [])
        if not types:
            hint = did_you_mean(use.id, refs) or "add it to refs"
            yield Finding("GG201", f"{use.id} is not in refs", hint, where=use.where)
        elif not set(types) & set(use.types):
            wanted = " or ".join(use.types)
            yield Finding("GG202", f"expected a {wanted}, {use.id} is a {types[0]}", "name another", where=use.where)


def existing(record: Mapping[str, JSON], context: CheckContext) -> Iterator[Finding]:
    """GG204 a ref that the world does not have, GG205 of another type there, GG206 by another name, GG207 a flag of
    another value type."""
    world = context.world
    if world is None:
        return
    for n, ref in enumerate(record.get("refs", ())):
        where = f"$.refs[{n}]"
        if ref["type"] == "quest":
            continue  # quests are records, not entries of the world
        entity = world.get(ref["id"])
        if entity is None:
            names = (each.id for each in world if each.type == ref["type"])
            hint = did_you_mean(ref["id"], names)
            yield Finding("GG204", f"the world has no {ref['type']} {ref['id']}", hint, where=where)
        elif entity.type != ref["type"]:
            hint = f"refer to it as a {entity.type}"
            yield Finding("GG205", f"{ref['id']} is a {entity.type}, not a {ref['type']}", hint, where=where)
        elif entity.name != ref["name"]:
            message = f"{ref['id']} is called {entity.name!r} in the world, {ref['name']!r} here"
            yield Finding("GG206", message, "generate the record again, or mend the name", where=where)
        elif isinstance(entity, Flag) and ref.get("value_type", entity.value_type) != entity.value_type:
            message = f"flag {ref['id']} is {entity.value_type} in the world, {ref['value_type']} here"
            yield Finding("GG207", message, "use the world's type", where=where)


CHECKS = (
    Check("references declared", (), declared),
    Check("references exist in the world", (), existing, needs_world=True),
)
