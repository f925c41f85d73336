"""What a batch would be and what it would cost, before a token is spent: outlines, requests and tokens."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gamegen.hookspecs import Generator
from gamegen.library import Library
from gamegen.prompts import Prompts
from gamegen.records import Brief
from gamegen.testing import FakeEngine
from gamegen.writing import write_record

if TYPE_CHECKING:
    from gamegen.world import World

CHARACTERS_PER_TOKEN = 4
"""A common estimate for English; the tokenizer belongs to the model, and planning needs none."""


@dataclass(frozen=True, slots=True)
class Outline:
    """One planned record. Tokens are estimates: prompts once per request, texts for every candidate."""

    id: str
    lines: tuple[str, ...]
    requests: int
    prompt_tokens: int
    text_tokens: int


def outlines(
    generator: Generator, briefs: Sequence[Brief], world: World, seed: int, prompts: Prompts, library: Library
) -> Iterator[Outline]:
    """Plan each brief and rehearse its writing with a fake engine. Raises what planning and templates raise."""
    for brief in briefs:
        plan = generator.plan(world, brief, seed)
        engine = FakeEngine()
        coroutine = write_record(generator, plan, prompts, library)
        results = None
        try:
            while True:
                jobs = next(coroutine) if results is None else coroutine.send(results)
                results = []
                for job in jobs:
                    engine.submit(job)
                    results += [completions for _, completions in engine.poll()]
        except StopIteration:
            first = [job for job in engine.jobs if job.attempt == 0]
        yield Outline(
            brief.id,
            tuple(plan.data.get("outline", ())),
            len(first),
            sum(len(job.prompt) for job in first) // CHARACTERS_PER_TOKEN,
            sum(job.candidates * int(job.schema.get("maxLength", 200)) // 2 for job in first) // CHARACTERS_PER_TOKEN,
        )
