"""Quests for tests: planned, and written without a model by the generator's own last resorts."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import cache

from gamegen import _resources
from gamegen.generators.quest.generator import GENERATOR
from gamegen.records import JSON, Brief, Plan, Request
from gamegen.world import World
from gamegen.world_file import load_world


@cache
def saltmarrow() -> World:
    return load_world(_resources.folder("samples") / "saltmarrow" / "world")


def planned(world: World, seed: int = 7, row: int = 1, **settings: JSON) -> Plan:
    return GENERATOR.plan(world, Brief("quest", "side", f"{row:04d}", row, settings), seed)


def requests(plan: Plan) -> list[Request]:
    return next(GENERATOR.write(plan))


def written(plan: Plan) -> dict[str, JSON]:
    """The record as the session would store it, every text the first of its last resorts."""
    coroutine = GENERATOR.write(plan)
    asked = next(coroutine)
    try:
        coroutine.send([request.fallback[0] for request in asked])
    except StopIteration as stop:
        document: Mapping[str, JSON] = stop.value
    return {**document, "provenance": {"seed": plan.seed}, "review": {"state": "draft"}}


def part(world: World, keep: Collection[str]) -> World:
    """The world with only these entries, and no reference to any other."""

    def kept(ids: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(id for id in ids if id in keep)

    def one(id: str | None) -> str | None:
        return id if id in keep else None

    return replace(
        world,
        characters={
            c.id: replace(
                c,
                location=one(c.location),
                faction=one(c.faction),
                culture=one(c.culture),
                knows=kept(c.knows),
                relations=tuple(relation for relation in c.relations if relation.to in keep),
            )
            for c in world.characters.values()
            if c.id in keep
        },
        locations={x.id: replace(x, links=kept(x.links)) for x in world.locations.values() if x.id in keep},
        factions={x.id: x for x in world.factions.values() if x.id in keep},
        items={
            x.id: replace(x, location=one(x.location), owner=one(x.owner)) for x in world.items.values() if x.id in keep
        },
        creatures={x.id: replace(x, location=one(x.location)) for x in world.creatures.values() if x.id in keep},
        facts={x.id: replace(x, about=kept(x.about)) for x in world.facts.values() if x.id in keep},
        flags={x.id: x for x in world.flags.values() if x.id in keep},
        cultures={x.id: x for x in world.cultures.values() if x.id in keep},
    )
