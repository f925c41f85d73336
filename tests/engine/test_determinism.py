"""A completion's bytes depend on its request alone: 300 mixed requests on a model that gamegen has exported.

Its products have 8 bits, its keys and values too: the kernels that the default model runs on.
"""

from __future__ import annotations

import itertools
import json
import random
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jsonschema import Draft202012Validator

from gamegen.engine import runtime
from gamegen.engine.api import Job
from gamegen.engine.prefix import PAGE
from gamegen.engine.runtime import OnnxEngine, open_engine
from gamegen.engine.scheduler import CHUNK
from gamegen.engine.session import InPlaceSession
from gamegen.records import Sampling
from tests.engine.small_engine import Results, run, small_model, with_small_model

REQUESTS = 300
HEADS = (
    "",
    "The bell. ",
    "They said: the ferry waits. It is the bell, not the tide, and the guild pays for it.\n",
    "They said: the ferry waits. It is the bell, not the tide, and nobody leaves before dawn. " * 2,
)
WORDS = ("lens", "harbor", "the tide", "a smith", "guild", "ferry", "fog", "l’été", "12", "dawn")
SAMPLINGS = (
    Sampling(),
    Sampling(temperature=0),
    Sampling(temperature=1.4, top_p=1.0, min_p=0.0),
    Sampling(temperature=0.6, top_k=3, min_p=0.0),
    Sampling(temperature=1.0, top_p=0.5, min_p=0.01, repetition_penalty=1.5),
    Sampling(temperature=0.9, top_p=1.0, min_p=0.02, frequency_penalty=1.0),
    Sampling(temperature=0, repetition_penalty=1.3, frequency_penalty=0.2),
)
LONG, SHORT = "a sheet of the harbor town and its guild", "an aside"


def text(most: int, **more: Any) -> dict[str, Any]:
    return {"type": "string", "minLength": 2, "maxLength": most, **more}


def document(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": [*properties], "additionalProperties": False}


LEVEL = {"type": "integer", "minimum": 1, "maximum": 20}
SCHEMAS = (
    text(6),
    text(12),
    text(9, **{"x-gamegen": {"ends": "title"}}),
    text(8, pattern="^[a-z]+ [a-z]+$"),
    {"type": "string", "enum": ["to sell the lens", "to sell the boat, and never to be weighed again", "no"]},
    {"type": "string", "const": "No."},
    {"type": "boolean"},
    LEVEL,
    {"enum": [LONG, SHORT, 7, None]},
    document(kind={"const": LONG}, name=text(6), level=LEVEL),
    document(level=LEVEL, kind={"const": SHORT}, goal={"enum": [LONG, LONG + "s", SHORT]}),
    document(name=text(5, **{"x-gamegen": {"temperature": 0}}), told=text(5)),
    {"type": "array", "items": text(4), "minItems": 1, "maxItems": 2},
)


def requests() -> list[Job]:
    """Every schema under every sampling, with prompts that share much, little and nothing."""
    choose = random.Random(7)
    result = []
    for i in range(REQUESTS):
        schema, free = SCHEMAS[i % len(SCHEMAS)], SCHEMAS[i % len(SCHEMAS)] in SCHEMAS[:3]
        result.append(
            Job(
                record=f"record{i // 3}",
                key=f"key{i % 3}",
                shared=choose.choice(HEADS),
                prompt=" ".join(choose.choices(WORDS, k=choose.randrange(9))) + ': "',
                schema=schema,
                sampling=SAMPLINGS[i // len(SCHEMAS) % len(SAMPLINGS)],
                candidates=choose.choice((1, 1, 1, 1, 2, 3)),
                seed=choose.randrange(5),
                attempt=choose.randrange(2),
                opening="Ha" if free and i % 4 == 0 else "",
                avoid=("e", "a", "the") if i % 5 == 0 else (),
            )
        )
    return result


@pytest.fixture(scope="module")
def model() -> Path:
    return small_model()


def engine(model: Path, **options: Any) -> OnnxEngine:
    return open_engine(model, provider="cpu", **options)


@pytest.fixture(scope="module")
def expected(model: Path) -> Results:
    with closing(engine(model, batch_size=1, threads=1)) as one:
        return run(one, requests())


@with_small_model
@pytest.mark.parametrize(
    ("batch_size", "threads", "cached"), [*itertools.product((1, 2, 7, 16, 64), (1, 2), (True, False))]
)
def test_nothing_but_the_request_changes_a_byte(
    batch_size: int, threads: int, cached: bool, model: Path, expected: Results
) -> None:
    """Text, bits of the log-probabilities, and trace; the requests come in another order each time."""
    work = requests()
    random.Random(f"{batch_size} {threads} {cached}").shuffle(work)
    with closing(engine(model, batch_size=batch_size, threads=threads, prefix_cache=cached)) as other:
        assert run(other, work) == expected


@with_small_model
def test_with_float32_keys_and_values_it_is_the_same(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The graph for an older ONNX Runtime and for other providers."""
    monkeypatch.setattr(runtime, "CACHE8_RUNTIME", (999, 0))
    work, found = requests()[::3], []
    for batch_size, threads, cached in ((1, 1, True), (4, 2, False), (7, 1, True), (64, 1, False)):
        with closing(engine(model, batch_size=batch_size, threads=threads, prefix_cache=cached)) as other:
            session = other.sessions[0]
            assert isinstance(session, InPlaceSession) and session.dtype == np.float32
            found.append(run(other, work[::-1] if cached else work))
    assert found[1:] == found[:1] * 3


@with_small_model
def test_memory_for_few_rows_and_pages_changes_no_byte(model: Path, expected: Results) -> None:
    with closing(engine(model, memory=400_000, threads=1)) as small:
        assert run(small, requests()[::-1]) == expected
        assert 0 < small.sessions[0].pages == len(small.schedulers[0]._tree)
        assert len(small.schedulers[0]._rows) < 4


@with_small_model
def test_the_requests_are_as_mixed_as_they_should_be(model: Path, expected: Results) -> None:
    """Else the test above would prove less than it says."""
    work = requests()
    assert len({(job.record, job.key) for job in work}) == len(work) == REQUESTS == len(expected)
    with closing(engine(model)) as any_engine:
        lengths = {len(any_engine.schedulers[0].tasks.prompt(job.shared + job.prompt)) for job in work}
    assert len(lengths) > 60
    assert min(lengths) < PAGE < 4 * PAGE < max(lengths)
    assert {length % PAGE for length in lengths} >= {0, 1}
    completions = [completion for found in expected.values() for completion in found]
    assert {completion.finish for completion in completions} == {"stop", "length"}
    runs = []
    for completion in completions:
        behind = itertools.dropwhile(lambda token: token.logprob is None, completion.trace)
        groups = itertools.groupby(behind, key=lambda token: token.logprob is None)
        runs += [len([*group]) for forced, group in groups if forced]
    assert min(runs) == 1 and any(1 < each < CHUNK for each in runs) and max(runs) > CHUNK
    assert len({completion.text for completion in completions}) > len(completions) // 3


@with_small_model
def test_every_completion_obeys_its_schema(expected: Results) -> None:
    faults: Counter[str] = Counter()
    for job in requests():
        validator = Draft202012Validator(job.schema)
        for completion in expected[job.record, job.key]:
            value = completion.text if job.schema.get("type") == "string" else json.loads(completion.text)
            faults.update(error.message for error in validator.iter_errors(value))
            assert completion.text.startswith(job.opening)
    assert not faults
