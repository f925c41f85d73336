"""Several schedulers in threads of their own give what one gives, and stop when they are told to."""

from __future__ import annotations

import gc
import random
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from gamegen.engine.api import Completion, EngineInfo, Job
from gamegen.engine.prefix import PAGE, PrefixTree
from gamegen.engine.runtime import OnnxEngine, open_engine
from gamegen.engine.session import Logits
from gamegen.engine.workers import Workers
from gamegen.errors import ModelUnavailable
from tests.engine.test_scheduler import SHARED, TEXT, Results, jobs, run
from tests.engine.tiny import NumpySession, encode, scheduler, schedulers, write_model_folder


def engine(session: NumpySession | None = None, workers: int = 3, **options: Any) -> OnnxEngine:
    return OnnxEngine(EngineInfo("tiny", "0" * 64, "cpu", 0), schedulers(session, workers, **options))


def finished(work: OnnxEngine, given: Sequence[Job]) -> Results:
    return {(job.record, job.key): completions for job, completions in work.stream(given)}


@pytest.fixture(scope="module")
def expected() -> Results:
    return run(scheduler(batch_size=1), jobs())


@settings(deadline=None, max_examples=25)
@given(
    order=st.permutations(range(len(jobs()))),
    workers=st.integers(2, 4),
    batch_size=st.integers(4, 12),
    pages=st.sampled_from([0, 2, 40]),
)
def test_the_workers_change_nothing(
    order: list[int], workers: int, batch_size: int, pages: int, expected: Results
) -> None:
    work = jobs()
    memory = {"memory": 4 * pages * PAGE * NumpySession.bytes_per_token} if pages == 2 else {}
    with closing(engine(workers=workers, batch_size=batch_size, prefix_cache=pages > 0, **memory)) as several:
        assert finished(several, [work[i] for i in order]) == expected


def test_the_candidates_of_the_last_job_are_shared_out() -> None:
    job = replace(jobs()[3], candidates=9)
    tasks = scheduler().tasks
    resting = ("first", "second", "third")
    tasks.resting.update(resting)
    tasks.submit(job)
    shares = [tasks.take(each) for each in resting]
    assert [(share.first, share.last) for share in shares if share is not None] == [(0, 3), (3, 6), (6, 9)]
    assert not tasks.waiting
    with closing(engine(workers=3, batch_size=9)) as several:
        (found,) = finished(several, [job]).values()
    assert found == run(scheduler(), [job])[job.record, job.key]


def test_every_worker_works_and_the_rows_are_shared_out() -> None:
    with closing(engine(workers=2, batch_size=7)) as several:
        names = {thread.name for thread in threading.enumerate()}
        list(several.stream(Job(f"r{i}", "k", SHARED, f'{i}: "', TEXT) for i in range(60)))
        assert sorted(each.batch_size for each in several.schedulers) == [3, 4]
        assert all(any(session.lengths) for session in several.sessions)
    assert {"gamegen-0", "gamegen-1"} <= names


def test_the_pages_of_a_prompt_are_found_by_every_worker() -> None:
    """One after the other: the second job may be taken by any worker, and computes no page again."""
    session = NumpySession()
    with closing(engine(session, workers=3)) as several:
        for number in range(12):
            finished(several, [Job(f"r{number}", "k", SHARED, 'x: "', TEXT)])
    page = tuple(encode(SHARED)[:PAGE])
    assert session.prefills.count(page) == 1


def test_a_page_that_two_workers_computed_is_kept_once() -> None:
    tree, pages = PrefixTree(4), [(1,) * PAGE, (2,) * PAGE]
    assert tree.add(pages[:1]) is not None
    assert tree.add(pages[:1]) is None
    assert tree.add(pages) is not None
    assert len(tree) == 2 == len(tree.find(pages))


class Failing(NumpySession):
    """Decodes, in all its siblings together, `count` times."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.left = [count]

    def decode(self, slots: Sequence[int], tokens: Sequence[int], wanted: Sequence[int]) -> Logits:
        if not self.left[0]:
            raise RuntimeError("DXGI_ERROR_DEVICE_REMOVED")
        self.left[0] -= 1
        return super().decode(slots, tokens, wanted)


@pytest.mark.parametrize("count", [0, 20, 60])
def test_what_was_finished_is_delivered_before_a_worker_s_fault(count: int, expected: Results) -> None:
    session, done = Failing(count), {}
    with closing(engine(session, workers=2, batch_size=4)) as several:
        with pytest.raises(ModelUnavailable, match="GG861"):
            for job, completions in several.stream(jobs()):
                done[job.record, job.key] = completions
        assert several.pending == 0
        assert done.items() <= expected.items()
        assert len(done) < len(expected)
        session.left[0] = 1 << 30
        assert finished(several, jobs()) == expected


def test_what_was_dropped_is_never_returned(expected: Results) -> None:
    choose = random.Random(3)
    with closing(engine(workers=3, batch_size=6)) as several:
        for _ in range(12):
            for job in jobs():
                several.submit(replace(job, record=f"dropped {job.record}"))
            for _ in range(choose.randrange(3)):
                several.poll()
            several.cancel()
            done = several.poll()  # what was finished by then
            assert all(replace(job, record=job.record.removeprefix("dropped ")) in jobs() for job, _ in done)
            assert several.pending == 0
            assert several.poll() == []
        assert finished(several, jobs()) == expected


def test_no_worker_is_in_a_step_while_they_are_paused() -> None:
    inside = threading.Semaphore(0)

    class Slow(NumpySession):
        def decode(self, slots: Sequence[int], tokens: Sequence[int], wanted: Sequence[int]) -> Logits:
            inside.release()
            return super().decode(slots, tokens, wanted)

    several = schedulers(Slow(), 3, batch_size=6)
    with closing(Workers(several)) as workers:
        for job in jobs():
            workers.submit(job)
        assert inside.acquire(timeout=30)
        with workers.paused():
            before = [len(each.session.decodes) for each in several]  # type: ignore[attr-defined]
            for each in several:
                each.drop()
        assert before == [len(each.session.decodes) for each in several]  # type: ignore[attr-defined]
        workers.cancel()


def test_scores_beside_jobs_are_those_without(expected: Results) -> None:
    pairs = [("The smith: ", "The lens is in the harbor."), ("", "weighed and counted")]
    alone = scheduler().score(pairs)
    with closing(engine(workers=2, batch_size=4)) as several:
        for job in jobs():
            several.submit(job)
        found: dict[tuple[str, str], tuple[Completion, ...]] = {}
        while several.pending:
            assert several.score(pairs) == alone
            found |= {(job.record, job.key): completions for job, completions in several.poll()}
    assert found == expected


def test_the_threads_end_with_the_engine() -> None:
    def threads() -> int:
        return sum(thread.name.startswith("gamegen-") for thread in threading.enumerate())

    before = threads()
    closed = engine(workers=3)
    assert threads() == before + 3
    closed.close()
    closed.close()
    dropped = engine(workers=2)
    dropped.submit(jobs()[0])
    del dropped
    gc.collect()
    assert threads() == before


def test_a_process_that_ends_while_they_work_ends_cleanly(tmp_path: Path) -> None:
    folder = write_model_folder(tmp_path / "tiny", "rewritten")
    program = (
        "from gamegen.engine.runtime import open_engine\n"
        "from gamegen.engine.api import Job\n"
        f"engine = open_engine({str(folder)!r}, threads=2, batch_size=8)\n"
        "for i in range(400): engine.submit(Job(str(i), 'k', '', 'x: \"', {'type': 'string', 'maxLength': 60}))\n"
        "print(len(engine.poll()) > 0, len(engine.schedulers))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "True 2\n", "")


@pytest.mark.parametrize(
    ("options", "workers"),
    [({"threads": 1}, 1), ({"threads": 2}, 2), ({"threads": 2, "batch_size": 1}, 1), ({"threads": 4}, 2)],
)
def test_two_workers_run_where_two_threads_and_two_rows_may(
    options: dict[str, int], workers: int, tmp_path: Path
) -> None:
    folder = write_model_folder(tmp_path / "tiny", "rewritten")
    with closing(open_engine(folder, **options)) as opened:
        assert len(opened.schedulers) == workers


@pytest.mark.parametrize("form", ["rewritten", "plain"])
def test_workers_share_a_real_graph(form: Any, tmp_path: Path, expected: Results) -> None:
    folder = write_model_folder(tmp_path / "tiny", form)
    found = []
    options: list[dict[str, int]] = [{"threads": 1, "batch_size": 1}, {"threads": 2, "batch_size": 6}, {"threads": 3}]
    short: Callable[[Job], Job] = lambda job: replace(job, shared=job.shared[:60])  # noqa: E731
    for each in options:
        with closing(open_engine(folder, **each)) as opened:
            found.append(finished(opened, [short(job) for job in jobs()]))
    assert found[1:] == found[:1] * 2
