from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from gamegen.engine.sampler import MOST, draw, log_normaliser, unpack
from gamegen.records import Sampling

VOCABULARY = 1000
OFF = Sampling(temperature=1.0, top_p=1.0, min_p=0.0)


def noise(rows: int, seed: int = 0, width: int = VOCABULARY) -> Any:
    return (3 * np.random.default_rng(seed).standard_normal((rows, width))).astype(np.float32)


def everything(rows: int, width: int = VOCABULARY) -> Any:
    return np.ones((rows, width), np.bool_)


def draws(logits: Any, rule: Sampling, uniforms: Any, allowed: Any = None, seen: Any = ()) -> list[int]:
    """Tokens drawn from one row of logits, one per uniform number."""
    count = len(uniforms)
    rows = np.repeat(logits[None], count, axis=0)
    mask = np.repeat(allowed[None], count, axis=0) if allowed is not None else everything(count, len(logits))
    tokens, _ = draw(rows, mask, [rule] * count, list(uniforms), [list(seen)] * count)
    return [int(token) for token in tokens]


def test_unpack_reads_the_lowest_bit_first() -> None:
    masks = np.array([[0b101, 1 << 3]], np.int32)
    assert np.flatnonzero(unpack(masks, 40)[0]).tolist() == [0, 2, 35]


def test_only_allowed_tokens_are_drawn() -> None:
    allowed = np.zeros(VOCABULARY, np.bool_)
    allowed[[3, 500, 999]] = True
    assert set(draws(noise(1)[0], OFF, np.linspace(0, 0.999, 200), allowed)) == {3, 500, 999}


def test_frequencies_follow_the_softmax() -> None:
    logits = np.log(np.array([0.5, 0.3, 0.2], np.float32))
    drawn = draws(logits, OFF, (np.arange(1000) + 0.5) / 1000)
    assert [drawn.count(token) for token in range(3)] == [500, 300, 200]


def test_temperature_sharpens() -> None:
    logits = np.log(np.array([0.5, 0.3, 0.2], np.float32))
    drawn = draws(logits, Sampling(temperature=0.5, top_p=1, min_p=0), (np.arange(1000) + 0.5) / 1000)
    expected = np.array([0.25, 0.09, 0.04]) / 0.38
    assert [drawn.count(token) / 1000 for token in range(3)] == pytest.approx(expected, abs=2e-3)


def test_temperature_zero_takes_the_first_of_the_most_probable() -> None:
    logits = np.array([1, 5, 5, 2], np.float32)
    assert set(draws(logits, Sampling(temperature=0), [0.0, 0.5, 0.999])) == {1}


def test_top_k_keeps_the_most_probable() -> None:
    logits = noise(1)[0]
    best = set(np.argsort(-logits)[:5].tolist())
    drawn = draws(logits, Sampling(temperature=1, top_p=1, min_p=0, top_k=5), np.linspace(0, 0.9999, 500))
    assert set(drawn) == best


def test_top_p_keeps_the_fewest_that_reach_it() -> None:
    logits = np.log(np.array([0.4, 0.3, 0.2, 0.1], np.float32))
    spread = np.linspace(0, 0.9999, 200)
    assert set(draws(logits, Sampling(1.0, top_p=0.69, min_p=0), spread)) == {0, 1}
    assert set(draws(logits, Sampling(1.0, top_p=0.71, min_p=0), spread)) == {0, 1, 2}


def test_min_p_is_a_share_of_the_most_probable() -> None:
    logits = np.log(np.array([0.5, 0.3, 0.15, 0.05], np.float32))
    assert set(draws(logits, Sampling(1.0, top_p=1, min_p=0.29), np.linspace(0, 0.9999, 200))) == {0, 1, 2}


def test_never_more_than_the_limit_is_drawn_from() -> None:
    drawn = set(draws(np.zeros(VOCABULARY, np.float32), OFF, np.linspace(0, 0.99999, 2000)))
    assert drawn == set(range(MOST))


def test_the_repetition_penalty_lowers_what_was_said() -> None:
    logits = np.array([2.0, -1.0, 1.5], np.float32)
    rule = Sampling(temperature=0, repetition_penalty=2.0)
    assert draws(logits, rule, [0.5], seen=[0, 0, 1]) == [2]
    assert draws(np.array([-0.5, -0.9, -3], np.float32), rule, [0.5], seen=[0]) == [1]


def test_the_log_probability_is_the_unmasked_models() -> None:
    logits = noise(1)
    allowed = np.zeros((1, VOCABULARY), np.bool_)
    allowed[0, [7, 8]] = True
    (token,), (logprob,) = draw(logits, allowed, [Sampling(0.3)], [0.2], [[]])
    exact = logits[0].astype(np.float64)
    assert logprob == pytest.approx(exact[token] - np.log(np.exp(exact).sum()), abs=1e-5)


def test_the_normaliser_survives_large_logits() -> None:
    assert log_normaliser(np.array([[1000, 1000]], np.float32))[0] == pytest.approx(1000 + np.log(2))


RULES = st.builds(
    Sampling,
    temperature=st.sampled_from([0.0, 0.3, 0.8, 1.5]),
    top_p=st.sampled_from([0.3, 0.92, 1.0]),
    min_p=st.sampled_from([0.0, 0.01, 0.05, 0.3]),
    top_k=st.sampled_from([0, 1, 7]),
    repetition_penalty=st.sampled_from([1.0, 1.2]),
)


@settings(deadline=None, max_examples=60)
@given(rules=st.lists(RULES, min_size=1, max_size=9), seed=st.integers(0, 99), width=st.sampled_from([37, 1000, 4099]))
def test_a_rows_bits_do_not_depend_on_the_batch(rules: list[Sampling], seed: int, width: int) -> None:
    count, random = len(rules), np.random.default_rng(seed)
    logits = noise(count, seed, width)
    allowed = random.random((count, width)) < 0.7
    allowed[:, 0] = True
    uniforms = random.random(count).tolist()
    seen = [random.integers(0, width, 5).tolist() for _ in rules]
    tokens, logprobs = draw(logits, allowed, rules, uniforms, seen)
    for i in range(count):
        alone = draw(logits[i : i + 1], allowed[i : i + 1], [rules[i]], [uniforms[i]], [seen[i]])
        assert (alone[0][0], alone[1][0].tobytes()) == (tokens[i], logprobs[i].tobytes())
        assert allowed[i, tokens[i]]
