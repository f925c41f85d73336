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
    candidates: int
    """Texts that are written, so that the best of each request can be taken."""
    prompt_tokens: int
    text_tokens: int


@dataclass(frozen=True, slots=True)
class Totals:
    """What a batch costs in all. No time: that depends on model and machine (`gamegen bench` measures a rate)."""

    records: int
    requests: int
    candidates: int
    prompt_tokens: int
    text_tokens: int

    def __str__(self) -> str:
        return (
            f"{self.records} records, {self.requests} texts of {self.candidates} candidates, "
            f"about {self.prompt_tokens} prompt and {self.text_tokens} text tokens"
        )

    def minutes(self, rate: float) -> float:
        """Minutes at a rate of texts per minute."""
        return self.requests / rate


def totals(planned: Sequence[Outline]) -> Totals:
    """The sum of the outlines."""
    return Totals(
        len(planned),
        sum(outline.requests for outline in planned),
        sum(outline.candidates for outline in planned),
        sum(outline.prompt_tokens for outline in planned),
        sum(outline.text_tokens for outline in planned),
    )


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
            sum(job.candidates for job in first),
            sum(len(job.prompt) for job in first) // CHARACTERS_PER_TOKEN,
            sum(job.candidates * int(job.schema.get("maxLength", 200)) // 2 for job in first) // CHARACTERS_PER_TOKEN,
        )
