"""How probable given continuations are, beside what the graph says of the same tokens."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from gamegen.engine.api import Job, Score
from gamegen.engine.manifest import read_folder
from gamegen.engine.prefix import PAGE
from gamegen.engine.runtime import OnnxEngine, open_engine
from gamegen.engine.scheduler import CAPACITY
from gamegen.engine.verify import RewrittenGraph
from gamegen.errors import ModelUnavailable
from tests.engine.small_engine import CONTEXT, run, small_model, with_small_model
from tests.engine.tiny import NumpySession, encode, scheduler

HEAD = "They said: the ferry waits. It is the bell, not the tide, and the guild pays for it."
PAIRS = [
    (HEAD, " The lens is in the harbor."),
    (HEAD, " No"),
    (HEAD, "x"),
    (HEAD, ""),
    (HEAD[:50], " Hearth, hammer, anvil! Nobody leaves before dawn? Everything that floats is weighed."),
    (HEAD[:33], "e lens"),
    ("", "The lens is in the harbor."),
    ("T", "he lens — l’été."),
    (HEAD * 3, HEAD * 2),
]
TEXT = {"type": "string", "minLength": 3, "maxLength": 14}


@pytest.fixture(scope="module")
def model() -> Path:
    return small_model()


@pytest.fixture(scope="module")
def engine(model: Path) -> Iterator[OnnxEngine]:
    with closing(open_engine(model, batch_size=4, threads=1)) as engine:
        yield engine


@pytest.fixture(scope="module")
def expected(model: Path) -> list[Score]:
    """Each pair scored alone by an engine of its own."""
    found = []
    for pair in PAIRS:
        with closing(open_engine(model, batch_size=1, threads=1, prefix_cache=False)) as alone:
            found += alone.score([pair])
    return found


@with_small_model
def test_scores_are_the_graphs_log_softmax(model: Path, engine: OnnxEngine) -> None:
    folder = read_folder(model)
    assert folder.onnx_cache8 is not None
    graph = RewrittenGraph(folder.onnx_cache8, 1, CONTEXT)
    encoded = engine.schedulers[0].tasks.encode
    for (prompt, continuation), score in zip(PAIRS, engine.score(PAIRS), strict=True):
        before, after = encoded(prompt) or [*folder.manifest.eos], encoded(continuation)
        logits = graph.logits([*before, *after]).astype(np.float64)[len(before) - 1 : -1]
        chosen = logits[np.arange(len(after)), after] - np.logaddexp.reduce(logits, axis=1)
        assert len(score.logprobs) == len(after)
        assert score.logprobs == pytest.approx(chosen, abs=1e-3)
        assert score.logprob == pytest.approx(chosen.sum(), abs=1e-2)


@with_small_model
@settings(deadline=None, max_examples=20)
@given(order=st.permutations(range(len(PAIRS))), count=st.integers(1, len(PAIRS)))
def test_a_score_has_the_same_bits_in_any_company(
    order: list[int], count: int, engine: OnnxEngine, expected: list[Score]
) -> None:
    chosen = order[:count]
    assert engine.score([PAIRS[i] for i in chosen]) == [expected[i] for i in chosen]


@with_small_model
@pytest.mark.parametrize(("batch_size", "threads", "cached"), [(1, 2, True), (16, 1, False), (16, 2, True)])
def test_neither_batch_nor_threads_nor_prefix_cache_change_a_bit(
    batch_size: int, threads: int, cached: bool, model: Path, expected: list[Score]
) -> None:
    options = {"batch_size": batch_size, "threads": threads, "prefix_cache": cached}
    with closing(open_engine(model, **options)) as other:  # type: ignore[arg-type]
        assert other.score(PAIRS) == expected
        assert other.score(PAIRS[::-1]) == expected[::-1]


@with_small_model
def test_what_was_written_is_as_probable_as_its_trace_says(engine: OnnxEngine) -> None:
    """Written token by token in a batch, scored as one chunk: other kernels, nearly the same numbers."""
    work = [Job(f"r{i}", "k", HEAD, f' So {i}: "', TEXT, candidates=3, seed=i) for i in range(8)]
    compared = 0
    for job, completions in engine.stream(work):
        prompt = job.shared + job.prompt
        for completion, score in zip(
            completions, engine.score([(prompt, completion.text + '"') for completion in completions]), strict=True
        ):
            told = [token.logprob for token in completion.trace]
            if len(told) != len(score.logprobs):
                continue  # the model wrote other tokens than the tokenizer
            pairs = [pair for pair in zip(told, score.logprobs, strict=True) if pair[0] is not None]
            assert [of for of, _ in pairs] == pytest.approx([of for _, of in pairs], abs=5e-2)
            compared += len(pairs)
    assert compared > 100


@with_small_model
def test_scoring_while_jobs_are_under_way_changes_neither(
    model: Path, engine: OnnxEngine, expected: list[Score]
) -> None:
    work = [Job(f"r{i}", "k", HEAD, f' So {i}: "', TEXT, candidates=1 + 3 * (i % 3), seed=i) for i in range(9)]
    written = run(engine, work)
    with closing(open_engine(model, batch_size=3, threads=1)) as other:
        for job in work:
            other.submit(job)
        found = {}
        while other.pending:
            assert other.score(PAIRS) == expected
            found |= {(job.record, job.key): completions for job, completions in other.poll()}
    assert found == written


def test_a_prompt_is_computed_once_for_all_its_continuations() -> None:
    session = NumpySession()
    engine = scheduler(session)
    head = HEAD[:60]
    assert len(encode(head)) < PAGE
    engine.score([(head, " a"), ("other", "b"), (head, " lens"), (head, "c")])
    assert session.prefills.count(tuple(encode(head))) == 1


def test_scores_do_not_depend_on_how_jobs_go_on() -> None:
    alone = scheduler().score(PAIRS)
    engine = scheduler(batch_size=2)
    for i in range(5):
        engine.submit(Job(f"r{i}", "k", HEAD, f'{i}: "', TEXT, candidates=2))
    while engine.pending:
        engine.step()
        engine.take_done()
        assert engine.score(PAIRS) == alone


def test_a_failed_scoring_leaves_the_jobs_as_they_were() -> None:
    class Failing(NumpySession):
        """Fails behind the prompt of a scoring, which then stands in the spare slot."""

        armed = False

        def prefill(self, slot, tokens, start, wanted=1):  # type: ignore[no-untyped-def]
            logits = super().prefill(slot, tokens, start, wanted)
            if self.armed:
                raise RuntimeError("device removed")
            return logits

    work = [Job(f"r{i}", "k", "", f'The smith, {i}: "', TEXT, candidates=6) for i in range(3)]
    found = []
    for fails in (False, True):
        session = Failing()
        engine = scheduler(session, batch_size=2)
        for job in work:
            engine.submit(job)
        results = {}
        while engine.pending:
            engine.step()
            results |= {job.record: completions for job, completions in engine.take_done()}
            if fails:
                session.armed = True
                with pytest.raises(RuntimeError):
                    engine.score([(HEAD, " No")])
                session.armed = False
        found.append(results)
    assert found[0] == found[1]


def test_nothing_to_score_scores_nothing() -> None:
    assert scheduler().score([]) == []
    assert scheduler().score([("a", "")]) == [Score(())]


def test_a_pair_that_does_not_fit_the_context_is_refused() -> None:
    engine = scheduler(context=100)
    with pytest.raises(ModelUnavailable, match=r"GG850 a prompt and its continuation need \d+ .* room for 100;"):
        engine.score([("a", "b"), (HEAD * 4, " No")])
    assert len(engine.score([("a", "b")])) == 1


def test_a_pair_that_does_not_fit_the_rows_in_use_waits_for_them() -> None:
    engine = scheduler()
    engine.submit(Job("r", "k", "", 'x: "', TEXT))
    engine.step()
    long = ("the tide " * 600, " waits")
    with pytest.raises(ModelUnavailable, match=rf"GG850 .* room for {CAPACITY};"):
        engine.score([long])
    while engine.pending:
        engine.poll()
    assert len(engine.score([long])[0].logprobs) == len(encode(" waits"))
