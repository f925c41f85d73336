from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings, strategies as st

from gamegen.engine.sampler import MOST, Asked, Choice, check, draw, unpack
from gamegen.engine.session import Logits
from gamegen.errors import UsageError
from gamegen.records import Sampling

VOCABULARY = 1000
OFF = Sampling(temperature=1.0, top_p=1.0, min_p=0.0)
NEAR = 1e-9
"""What lies nearer to a limit than this may fall on either side of it, by rounding."""


def noise(rows: int, seed: int = 0, width: int = VOCABULARY) -> Any:
    return (3 * np.random.default_rng(seed).standard_normal((rows, width))).astype(np.float32)


@dataclass
class Row:
    """One row of logits and what its grammar and its text say. Counts what it was asked."""

    logits: Any
    allowed: Any = None
    seen: Sequence[int] = ()
    masks: int = 0

    def __post_init__(self) -> None:
        self.logits = np.asarray(self.logits, np.float32)
        if self.allowed is None:
            self.allowed = np.ones(len(self.logits), np.bool_)
        self.asked: list[int] = []

    @property
    def counts(self) -> dict[int, int]:
        return {token: list(self.seen).count(token) for token in self.seen}

    def allows(self, tokens: Sequence[int]) -> list[bool]:
        self.asked += tokens
        return [bool(self.allowed[token]) for token in tokens]

    def mask(self) -> Any:
        self.masks += 1
        return self.allowed

    def choose(self, rule: Sampling, uniform: float) -> Choice | None:
        return draw(Logits.of(self.logits[None]), 0, rule, Asked(self.allows, self.mask, self.counts), uniform)

    def token(self, rule: Sampling, uniform: float) -> int:
        choice = self.choose(rule, uniform)
        assert choice is not None
        return choice.token


def draws(logits: Any, rule: Sampling, uniforms: Any, **told: Any) -> list[int]:
    """Tokens drawn from one row of logits, one per uniform number."""
    return [Row(logits, **told).token(rule, float(uniform)) for uniform in uniforms]


def lower(logit: float, count: int, rule: Sampling) -> float:
    """A logit with the penalties of a token that was said `count` times."""
    if not count:
        return logit
    said = logit / rule.repetition_penalty if logit > 0 else logit * rule.repetition_penalty
    return said - rule.frequency_penalty * count


def naive(row: Row, rule: Sampling, uniform: float) -> int | None:
    """The rule of the sampler's docstring, step by step over the whole vocabulary. Gives up (`assume`) where rounding
    decides."""
    logits = row.logits.astype(np.float64)
    for token, count in row.counts.items():
        logits[token] = lower(logits[token], count, rule)
    allowed = np.flatnonzero(row.allowed)
    if not len(allowed):
        return None
    order = allowed[np.lexsort((allowed, -logits[allowed]))]
    if rule.temperature == 0:
        gaps = logits[order[0]] - logits[order]
        assume(not ((gaps > 0) & (gaps < NEAR)).any())
        return int(order[0])
    weights = np.exp((logits[order] - logits[order[0]]) / rule.temperature)
    share = weights / weights.sum()
    assume((np.abs(share / share[0] - rule.min_p) > NEAR).all())
    kept = share >= rule.min_p * share[0]
    order, share = order[kept][:MOST], share[kept][:MOST]
    if rule.top_k:
        order, share = order[: rule.top_k], share[: rule.top_k]
    sums = np.cumsum(share / share.sum())
    last = len(sums) - 1
    if rule.top_p < 1:
        assume((np.abs(sums - rule.top_p) > NEAR).all())
        last = int(np.argmax(sums >= rule.top_p))
    mark = uniform * sums[last]
    assume((np.abs(sums[: last + 1] - mark) > NEAR)[:last].all())
    return int(order[min(int(np.argmax(sums > mark)), last)])


RULES = st.builds(
    Sampling,
    temperature=st.sampled_from([0.0, 0.3, 0.8, 1.5]),
    top_p=st.sampled_from([0.3, 0.92, 1.0]),
    min_p=st.sampled_from([0.0, 0.01, 0.05, 0.3]),
    top_k=st.sampled_from([0, 1, 7]),
    repetition_penalty=st.sampled_from([1.0, 1.2, 3.0]),
    frequency_penalty=st.sampled_from([0.0, 0.0, 0.4, 2.5]),
)


@st.composite
def rows(draw: st.DrawFn) -> Row:
    """Noise or logits with many ties; anything from nothing to everything allowed; a text that holds the best tokens,
    or any."""
    width = draw(st.sampled_from([3, 64, 65, 320, 1000, 4099]))
    random = np.random.default_rng(draw(st.integers(0, 1 << 32)))
    scale = draw(st.sampled_from([0.3, 3.0, 12.0]))
    logits = (scale * random.standard_normal(width)).astype(np.float32)
    if draw(st.booleans()):
        logits = np.round(logits)
    best = np.argsort(-logits)
    allowed = np.zeros(width, np.bool_)
    kind = draw(st.sampled_from(["all", "most", "few", "one", "none", "the best", "not the best"]))
    share = {"all": 1.1, "most": 0.7, "few": 3 / width, "not the best": 0.8}.get(kind, 0.0)
    allowed[random.random(width) < share] = True
    if kind == "one":
        allowed[random.integers(width)] = True
    elif kind == "the best":
        allowed[best[: random.integers(1, 9)]] = True
    elif kind == "not the best":
        allowed[best[: min(40, width // 2)]] = False
    seen = best[: draw(st.integers(0, 5))].tolist() * draw(st.integers(0, 2))
    return Row(logits, allowed, [*seen, *random.integers(0, width, draw(st.integers(0, 40))).tolist()])


@settings(deadline=None, max_examples=1500)
@given(row=rows(), rule=RULES, uniform=st.floats(0, 1, exclude_max=True))
def test_a_draw_is_what_the_rule_says(row: Row, rule: Sampling, uniform: float) -> None:
    choice = row.choose(rule, uniform)
    expected = naive(row, rule, uniform)
    assert (choice.token if choice is not None else None) == expected


@settings(deadline=None, max_examples=600)
@given(row=rows(), rule=RULES, uniform=st.floats(0, 1, exclude_max=True))
def test_a_mask_is_only_made_where_nothing_near_is_allowed(row: Row, rule: Sampling, uniform: float) -> None:
    """Nothing of the near ones as they are, or so many near ones, or near the best when its penalty is paid, that one
    look at all is cheaper."""
    row.choose(rule, uniform)
    logits = row.logits.astype(np.float64)
    depth = -1e30
    if not rule.temperature or rule.min_p:
        depth = rule.temperature * np.log(rule.min_p) if rule.temperature else 0.0
    near = logits >= np.float32(logits.max() + depth)
    allowed = np.flatnonzero(near & row.allowed)
    lowered = [lower(float(logits[token]), row.counts.get(token, 0), rule) for token in allowed.tolist()]
    crowded = near.sum() > MOST or (lowered and (logits >= np.float32(max(lowered) + depth)).sum() > MOST)
    assert row.masks == (bool(crowded) or not len(allowed))


@settings(deadline=None, max_examples=300)
@given(row=rows(), rule=RULES, uniform=st.floats(0, 1, exclude_max=True))
def test_no_token_is_asked_about_twice(row: Row, rule: Sampling, uniform: float) -> None:
    row.choose(rule, uniform)
    assert len(set(row.asked)) == len(row.asked) <= 2 * MOST
    assert row.masks <= 1


def test_unpack_reads_the_lowest_bit_first() -> None:
    mask = np.array([0b101, 1 << 3], np.int32)
    assert np.flatnonzero(unpack(mask, 40)).tolist() == [0, 2, 35]
    assert unpack(mask, 40).shape == (40,)


def test_only_allowed_tokens_are_drawn() -> None:
    allowed = np.zeros(VOCABULARY, np.bool_)
    allowed[[3, 500, 999]] = True
    assert set(draws(noise(1)[0], OFF, np.linspace(0, 0.999, 200), allowed=allowed)) == {3, 500, 999}


def test_nothing_is_drawn_where_nothing_is_allowed() -> None:
    nothing = np.zeros(VOCABULARY, np.bool_)
    for rule in (OFF, Sampling(), Sampling(temperature=0)):
        assert Row(noise(1)[0], nothing).choose(rule, 0.5) is None


def test_a_token_that_stands_alone_in_the_mask_says_so() -> None:
    logits, allowed = noise(1)[0], np.zeros(VOCABULARY, np.bool_)
    allowed[int(logits.argmin())] = True
    choice = Row(logits, allowed).choose(Sampling(), 0.5)
    assert choice is not None and (choice.token, choice.alone) == (int(logits.argmin()), True)
    allowed[int(np.argsort(logits)[1])] = True
    choice = Row(logits, allowed).choose(Sampling(), 0.5)
    assert choice is not None and not choice.alone


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
    assert set(draws([1, 5, 5, 2], Sampling(temperature=0), [0.0, 0.5, 0.999])) == {1}


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


def test_min_p_is_a_share_of_the_most_probable_that_is_allowed() -> None:
    logits = np.log(np.array([0.5, 0.3, 0.15, 0.05], np.float32))
    spread = np.linspace(0, 0.9999, 200)
    assert set(draws(logits, Sampling(1.0, top_p=1, min_p=0.29), spread)) == {0, 1, 2}
    allowed = np.array([False, True, True, True])
    assert set(draws(logits, Sampling(1.0, top_p=1, min_p=0.4), spread, allowed=allowed)) == {1, 2}


def test_never_more_than_the_limit_is_drawn_from() -> None:
    drawn = set(draws(np.zeros(VOCABULARY), OFF, np.linspace(0, 0.99999, 2000)))
    assert drawn == set(range(MOST))


def test_the_repetition_penalty_lowers_what_was_said() -> None:
    rule = Sampling(temperature=0, repetition_penalty=2.0)
    assert draws([2.0, -1.0, 1.5], rule, [0.5], seen=[0, 0, 1]) == [2]
    assert draws([-0.5, -0.9, -3], rule, [0.5], seen=[0]) == [1]


def test_the_frequency_penalty_counts_how_often_it_was_said() -> None:
    rule = Sampling(temperature=0, frequency_penalty=0.4)
    assert draws([2.0, 1.5, -1.0], rule, [0.5], seen=[0]) == [0]
    assert draws([2.0, 1.5, -1.0], rule, [0.5], seen=[0, 0]) == [1]


def test_what_was_not_said_is_not_lowered() -> None:
    logits = noise(1)[0]
    penalised = replace(OFF, repetition_penalty=4.0, frequency_penalty=4.0)
    spread = np.linspace(0, 0.999, 50)
    assert draws(logits, penalised, spread) == draws(logits, OFF, spread)


def test_the_log_probability_is_the_unmasked_models() -> None:
    allowed = np.zeros(VOCABULARY, np.bool_)
    allowed[[7, 8]] = True
    row = Row(noise(1)[0], allowed, seen=[7, 8])
    choice = row.choose(Sampling(0.3, repetition_penalty=2.0, frequency_penalty=1.0), 0.2)
    exact = row.logits.astype(np.float64)
    assert choice is not None
    assert choice.logprob == pytest.approx(exact[choice.token] - np.log(np.exp(exact).sum()), abs=1e-5)


@settings(deadline=None, max_examples=60)
@given(rules=st.lists(RULES, min_size=1, max_size=9), seed=st.integers(0, 99), width=st.sampled_from([37, 1000, 4099]))
def test_a_rows_bits_do_not_depend_on_the_batch(rules: list[Sampling], seed: int, width: int) -> None:
    random = np.random.default_rng(seed)
    logits = noise(len(rules), seed, width)
    together = Logits.of(logits)
    for i, rule in enumerate(rules):
        allowed, uniform = random.random(width) < 0.7, float(random.random())
        row = Row(logits[i], allowed, random.integers(0, width, 5).tolist())
        assert draw(together, i, rule, Asked(row.allows, row.mask, row.counts), uniform) == row.choose(rule, uniform)


INF = float("inf")


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("temperature", (-0.1, INF, float("nan"))),
        ("top_p", (0.0, 1.01, -1.0, float("nan"))),
        ("min_p", (-0.1, 1.0, float("nan"))),
        ("top_k", (-1,)),
        ("repetition_penalty", (0.99, 0.0, INF, float("nan"))),
        ("frequency_penalty", (-0.5, INF, float("nan"))),
    ],
)
def test_a_setting_out_of_its_range_is_refused_by_name(name: str, values: tuple[float, ...]) -> None:
    spoken = name.replace("_penalty", " penalty")
    for value in values:
        with pytest.raises(UsageError, match=rf"GG005 expected a {spoken} .*, found {value}"):
            check(replace(Sampling(), **{name: value}))


@given(RULES)
def test_settings_in_their_range_are_accepted(rule: Sampling) -> None:
    check(rule)
