"""Records from real plans over the sample worlds, with words that need no model: hard ones for the formats, or those
of a run in which the model fails."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from gamegen import _resources
from gamegen.engine.api import Job
from gamegen.generators.character import generator as character
from gamegen.generators.dialogue import generator as dialogue
from gamegen.generators.quest import generator as quest
from gamegen.hookspecs import Generator
from gamegen.records import Brief, Plan, Request
from gamegen.testing import fake_text
from gamegen.world import World
from gamegen.world_file import load_world

GENERATORS: dict[str, Generator] = {one.GENERATOR.kind: one.GENERATOR for one in (quest, dialogue, character)}


@cache
def world(name: str) -> World:
    return load_world(_resources.folder("samples") / name / "world")


def saltmarrow() -> World:
    return world("saltmarrow")


def hard(request: Request) -> str:
    """The text's own key between marks of the formats."""
    return f"-> {request.key}: [x] | #y // \\ ~"


def last_resort(request: Request) -> str:
    """The first last resort of the generator's own, or what the fake engine answers."""
    if request.fallback:
        return request.fallback[0]
    return fake_text(Job("", request.key, "", "", request.schema, opening=request.opening), 0)


def plan(kind: str, seed: int, name: str, **wishes: Any) -> Plan:
    return GENERATORS[kind].plan(world(name), Brief(kind, f"{kind}s", f"{seed:04d}", seed, wishes), seed)


def planned(
    kind: str, seed: int, name: str = "saltmarrow", words: Callable[[Request], str] = hard, **wishes: Any
) -> dict[str, Any]:
    """The record that this plan becomes when each text is what `words` gives; `wishes` are settings of the brief."""
    coroutine = GENERATORS[kind].write(plan(kind, seed, name, **wishes))
    asked = next(coroutine)
    while True:
        try:
            asked = coroutine.send([words(request) for request in asked])
        except StopIteration as stop:
            document: dict[str, Any] = stop.value
            return document
