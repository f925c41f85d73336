"""Records from real plans over the sample world, with words that need no model and are hard for the formats."""

from __future__ import annotations

from functools import cache
from typing import Any

from gamegen import _resources
from gamegen.generators.character import generator as character
from gamegen.generators.dialogue import generator as dialogue
from gamegen.generators.quest import generator as quest
from gamegen.hookspecs import Generator
from gamegen.records import Brief, Request
from gamegen.world import World
from gamegen.world_file import load_world

GENERATORS: dict[str, Generator] = {one.GENERATOR.kind: one.GENERATOR for one in (quest, dialogue, character)}


@cache
def saltmarrow() -> World:
    return load_world(_resources.folder("samples") / "saltmarrow" / "world")


def planned(kind: str, seed: int) -> dict[str, Any]:
    """The record that this plan becomes when each text is its own key between marks of the formats."""
    generator = GENERATORS[kind]
    plan = generator.plan(saltmarrow(), Brief(kind, f"{kind}s", f"{seed:04d}", seed), seed)
    coroutine = generator.write(plan)
    asked = next(coroutine)
    while True:
        try:
            asked = coroutine.send([_words(request) for request in asked])
        except StopIteration as stop:
            document: dict[str, Any] = stop.value
            return document


def _words(request: Request) -> str:
    return f"-> {request.key}: [x] | #y // \\ ~"
