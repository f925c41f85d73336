"""The good records: three seeds of each kind for each sample world, written by an engine without a model."""

from __future__ import annotations

from functools import cache

from gamegen import _resources
from gamegen.plugins import Registry, load_registry
from gamegen.records import Finding
from gamegen.session import Session, check_record
from gamegen.testing import FakeEngine
from gamegen.world import World
from gamegen.world_file import load_world
from tests.mutations.damages import Document

KINDS = ("quest", "dialogue", "character")
WORLDS = ("saltmarrow", "perihelion")
SEEDS = (1, 2, 3)


@cache
def world(name: str) -> World:
    return load_world(_resources.folder("samples") / name / "world")


@cache
def registry() -> Registry:
    return load_registry(None)


@cache
def records(kind: str) -> tuple[tuple[str, Document], ...]:
    """(name of the world, record)"""
    found = []
    with Session(engine=FakeEngine()) as session:
        for name in WORLDS:
            for seed in SEEDS:
                made = session.stream(kind, world=world(name), count=1, seed=seed)
                found += [(name, dict(record.data)) for record in made]
    return tuple(found)


def findings(name: str, document: Document) -> list[Finding]:
    """What `gamegen validate` finds in a record of that world."""
    return check_record(document, registry().generators[document["kind"]].schema, registry(), world(name))
