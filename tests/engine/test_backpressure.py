"""A million requests from an iterator run in constant memory: jobs are taken only as fast as rows get free."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Any

import numpy as np
import pytest

from gamegen.engine.api import EngineInfo, Job
from gamegen.engine.prefix import PAGE
from gamegen.engine.runtime import OnnxEngine
from gamegen.engine.session import KVSession, Logits
from gamegen.records import JSON, Sampling
from tests.engine.tiny import VOCABULARY, encode, schedulers

CHOICE = {"type": "string", "enum": ["no", "yes"]}
TEXTS = ({"type": "string", "minLength": 3, "maxLength": 5}, {"type": "string", "minLength": 9, "maxLength": 12})
GREEDY = Sampling(temperature=0)


class Quick(KVSession):
    """Likes the letter n best, whatever it has read, and keeps nothing."""

    vocabulary = VOCABULARY
    bytes_per_token = 1000

    def __init__(self) -> None:
        super().__init__()
        values = np.zeros((64, VOCABULARY), np.float32)
        values[:, encode("n")] = 5
        self.logits = Logits.of(values)
        self.nothing = Logits.of(values[:0])
        self.batches: list[int] = []
        """Rows of each decode call, as far as they are asked for."""
        self.counting = False

    def reserve_pages(self, count: int, size: int) -> None:
        self.pages = count

    def save_page(self, slot: int, start: int, page: int) -> None:
        pass

    def load_pages(self, pages: Sequence[int], slot: int) -> None:
        pass

    def _extend(self, slot: int, tokens: Sequence[int], start: int, wanted: Sequence[int]) -> Logits:
        return self.logits if wanted else self.nothing

    def copy(self, source: int, slot: int, length: int) -> None:
        self.lengths[slot] = length

    def decode(self, slots: Sequence[int], tokens: Sequence[int], wanted: Sequence[int]) -> Logits:
        for slot in slots:
            self.lengths[slot] += 1
        if self.counting:
            self.batches.append(len(slots))
        return self.logits


def quick(batch_size: int = 16, **options: Any) -> OnnxEngine:
    return OnnxEngine(EngineInfo("quick", "0" * 64, "cpu", 0), schedulers(Quick(), batch_size=batch_size, **options))


class Source:
    """So many jobs, each with a prompt of its own. Knows how many were taken."""

    def __init__(self, count: int, candidates: int = 1, schemas: Sequence[dict[str, JSON]] = TEXTS) -> None:
        self.count, self.candidates, self.schemas, self.taken = count, candidates, schemas, 0

    def __iter__(self) -> Iterator[Job]:
        for number in range(self.count):
            self.taken += 1
            prompt = f"{number}, the harbor of {number * 977}, weighed and counted " * 4 + ': "'
            schema = self.schemas[number % len(self.schemas)]
            yield Job(f"r{number}", "k", "", prompt, schema, GREEDY, candidates=self.candidates, seed=number)


def test_memory_is_the_same_after_many_jobs_as_after_few() -> None:
    """What lives is measured, in bytes; a job that were kept would take a kilobyte. Every prompt has a page of its own,
    and there is room for few."""
    engine, measured = quick(memory=4 * 50 * PAGE * Quick.bytes_per_token), {}
    tracemalloc.start()
    try:
        for done, _ in enumerate(engine.stream(Source(20_000, schemas=[CHOICE]))):
            if done in (5_000, 19_900):
                gc.collect()
                measured[done], _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(engine.schedulers[0]._tree) == 50
    assert measured[19_900] - measured[5_000] < 100_000


@pytest.mark.parametrize("candidates", [1, 3])
def test_jobs_are_taken_as_fast_as_they_are_done(candidates: int) -> None:
    engine, source = quick(batch_size=8), Source(2_000, candidates)
    assert engine.capacity == 16
    for returned, _ in enumerate(engine.stream(source)):
        ahead = (source.taken - returned) * candidates
        assert ahead <= engine.capacity + 8 + candidates
    assert returned + 1 == source.taken == 2_000


def test_rows_are_filled_as_long_as_there_are_jobs() -> None:
    engine = quick(batch_size=8)
    session = engine.sessions[0]
    assert isinstance(session, Quick)
    session.counting = True
    assert len(list(engine.stream(Source(500)))) == 500
    assert len(session.batches) > 200
    assert set(session.batches[:-12]) == {8}


def test_leaving_a_stream_drops_its_jobs_and_takes_no_more() -> None:
    engine, source = quick(), Source(1_000)
    with closing(engine.stream(source)) as stream:  # type: ignore[type-var]
        for _ in range(10):
            next(stream)
        assert engine.pending > 0
    assert engine.pending == 0
    assert source.taken < 100
    assert len(list(engine.stream(Source(20)))) == 20


def test_an_engine_that_is_cancelled_within_a_stream_goes_on_with_new_jobs_only() -> None:
    engine, source = quick(batch_size=4), Source(200)
    names = []
    for job, _ in engine.stream(source):
        names.append(job.record)
        if len(names) == 50:
            engine.cancel()
    assert len(names) == len(set(names)) < 200
    assert source.taken == 200


def test_a_source_that_fails_drops_what_is_under_way() -> None:
    def broken() -> Iterator[Job]:
        yield from Source(30)
        raise OSError("disk")

    engine, done = quick(batch_size=4), 0
    with pytest.raises(OSError, match="disk"):
        for _ in engine.stream(broken()):
            done += 1
    assert 30 - engine.capacity - 4 <= done < 30
    assert engine.pending == 0


def test_nothing_comes_of_no_jobs() -> None:
    assert list(quick().stream([])) == []
