"""The promises of a generator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from gamegen.errors import GamegenError
from gamegen.records import Brief, Finding, canonical

from .engine import FakeEngine

if TYPE_CHECKING:
    from gamegen.hookspecs import Generator
    from gamegen.world import World


def conform(generator: Generator, world: World, seeds: Sequence[int] = range(5)) -> list[Finding]:
    """Run the generator for each seed with the fake engine; every broken promise is a finding.

    Promises: plan is deterministic and leaves JSON; records validate under the schema and pass the checks; the same
    inputs give the same bytes.
    """
    from gamegen.session import Session

    found: list[Finding] = []
    for seed in seeds:
        brief = Brief(generator.kind, generator.kind, "0001", 1)
        first, second = generator.plan(world, brief, seed), generator.plan(world, brief, seed)
        if canonical(dict(first.data)) != canonical(dict(second.data)):
            found.append(Finding("GG010", f"plan of {generator.kind} differs between two calls with seed {seed}"))
        lines = []
        for capacity in (1, 8):
            with Session(engine=FakeEngine(capacity=capacity), generators=[generator]) as session:
                try:
                    records = list(session.stream(generator.kind, world=world, count=2, seed=seed))
                except GamegenError as error:
                    found.extend(error.findings)
                    continue
            lines.append([record.to_line() for record in records])
        if len(lines) == 2 and lines[0] != lines[1]:
            found.append(Finding("GG010", f"records of {generator.kind} depend on the batch with seed {seed}"))
    return found
