"""Bounty notices: a creature, a price that follows its danger, and one sentence that somebody nailed to a board."""

from __future__ import annotations

from collections.abc import Generator as Coroutine
from pathlib import Path
from typing import Any

import gamegen

TEXT = {
    "type": "object",
    "properties": {"id": {"type": "string"}, "text": {"type": "string", "minLength": 20, "maxLength": 160}},
    "required": ["id", "text"],
    "additionalProperties": False,
}
SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Bounty notice",
    "type": "object",
    "properties": {
        "id": {"type": "string"},
        "kind": {"const": "notice"},
        "creature": {"type": "string"},
        "price": {"type": "integer", "minimum": 1},
        "body": TEXT,
        "provenance": {"type": "object"},
        "review": {"type": "object"},
    },
    "required": ["id", "kind", "creature", "price", "body"],
    "additionalProperties": False,
}


def plan(world: gamegen.World, brief: gamegen.Brief, seed: int) -> gamegen.Plan:
    creatures = list(world.creatures.values())
    creature = creatures[(seed + brief.ordinal) % len(creatures)]
    data = {
        "creature": creature.id,
        "name": creature.name,
        "price": 15 * creature.danger,
        "outline": [f"a bounty on {creature.name}"],
    }
    return gamegen.Plan(
        "notice", brief.id, seed, data, world.text_context(), {creature.id: world.entry_hash(creature.id)}
    )


def write(plan: gamegen.Plan) -> Coroutine[list[gamegen.Request], list[Any], dict[str, Any]]:
    must = f"{plan.data['price']} silver for {plan.data['name']}"
    (text,) = yield [
        gamegen.Request(
            key="body",
            template="notice/body.j2",
            card={"kind": "notice", "must": must},
            schema=TEXT["properties"]["text"],
            fallback=(f"The watch pays {must}, dead or driven off.",),
        )
    ]
    return {
        "id": plan.id,
        "kind": "notice",
        "creature": plan.data["creature"],
        "price": plan.data["price"],
        "body": {"id": gamegen.line_id(plan.id, "body"), "text": text},
    }


GENERATOR = gamegen.Generator(
    kind="notice",
    schema=SCHEMA,
    plan=plan,
    write=write,
    templates=Path(__file__).parent / "templates",
    cards={"notice": ["must"]},  # what a model that was tuned on notices is shown
)
