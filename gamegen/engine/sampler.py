"""Draws one token of a row, from its logits and from what the grammar allows.

For one row, with logits x and the tokens A that the grammar allows:

1. Repetition penalty r (Keskar et al., CTRL, 2019): x of tokens that the text holds already becomes x / r where
   positive, else x * r. Frequency penalty f: x - f * (times that the text holds the token).
2. p = softmax(x / temperature) over A.
3. Kept are the tokens with p >= min_p * max p, of these the `top_k` most probable, never more than `MOST`
   (equal ones in the order of their ids); of these the fewest most probable whose share of the kept reaches top_p.
4. The token is where u * (the kept sum) falls, most probable first. Temperature 0 takes the most probable.

The log-probability is the drawn token's under softmax(x) of the whole vocabulary: no mask, penalty or temperature.

Only tokens above the floor of step 3 can be drawn, and mostly they are few. `Sampler.draw` finds them by the peaks of
the logits' groups and asks the grammar about them alone; a mask over the vocabulary is only made where the grammar
allows none of them. Penalties only lower, so that no token outside that set can rise into it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gamegen.engine.head import GROUP
from gamegen.errors import UsageError
from gamegen.records import Sampling

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gamegen.engine.session import Logits

MOST = 256
"""At most so many tokens are drawn from; beyond them lies noise."""
_LEAST = -1e30


@dataclass(frozen=True, slots=True)
class Choice:
    """A drawn token. alone: the grammar allowed no other, as far as it was asked."""

    token: int
    logprob: float
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """What a row tells the sampler: which tokens the grammar allows of these, and its mask [V] of booleans."""

    allows: Callable[[Sequence[int]], Sequence[bool]]
    mask: Callable[[], NDArray[np.bool_]]
    counts: Mapping[int, int]
    """How often the text holds each token."""


def check(rule: Sampling) -> None:
    """Raises UsageError GG005 for a setting out of its range."""
    problems = {
        "temperature": 0 <= rule.temperature < math.inf,
        "top_p": 0 < rule.top_p <= 1,
        "min_p": 0 <= rule.min_p < 1,
        "top_k": rule.top_k >= 0,
        "repetition_penalty": 1 <= rule.repetition_penalty < math.inf,
        "frequency_penalty": 0 <= rule.frequency_penalty < math.inf,
    }
    for name, fine in problems.items():
        if not fine:
            raise UsageError.of("GG005", f"expected {_RANGES[name]}, found {getattr(rule, name)!r}")


_RANGES = {
    "temperature": "a temperature of at least 0",
    "top_p": "a top_p above 0 and at most 1",
    "min_p": "a min_p of at least 0 and below 1",
    "top_k": "a top_k of at least 0",
    "repetition_penalty": "a repetition penalty of at least 1",
    "frequency_penalty": "a frequency penalty of at least 0",
}


def unpack(mask: NDArray[np.int32], vocabulary: int) -> NDArray[np.bool_]:
    """Bit mask [W] -> [V]; bit i says whether token i is allowed."""
    return np.unpackbits(mask.view(np.uint8), count=vocabulary, bitorder="little").view(np.bool_)


def draw(logits: Logits, row: int, rule: Sampling, asked: Asked, uniform: float) -> Choice | None:
    """Draw from row `row` of the logits. uniform: a number in [0, 1). None where the grammar allows no token."""
    values = logits.values[row]
    norm = float(logits.norms[row])
    found = _near(values, logits.peaks[row], rule, asked)
    alone = False
    if found is None:
        found, alone = _among(values, asked.mask(), rule, asked.counts)
        if not found:
            return None
    token = _pick(found, rule, uniform)
    return Choice(token, float(values[token]) - norm, alone)


def _near(values: NDArray[np.float32], peaks: NDArray[np.float32], rule: Sampling, asked: Asked) -> _Found | None:
    """The allowed tokens above the floor, found from the top; None where a mask is needed to know them."""
    depth = _depth(rule)
    floor = float(peaks.max()) + depth
    known: dict[int, bool] = {}
    for _ in range(3):
        groups = (peaks >= floor).nonzero()[0]
        if len(groups) > MOST:
            return None
        tokens = [
            token
            for group in groups.tolist()
            for token in (
                group * GROUP + (values[group * GROUP : group * GROUP + GROUP] >= floor).nonzero()[0]
            ).tolist()
        ]
        if len(tokens) > MOST:
            return None
        new = [token for token in tokens if token not in known]
        known.update(zip(new, asked.allows(new), strict=True))
        found = [(_lowered(float(values[t]), t, rule, asked.counts), t) for t in tokens if known[t]]
        if not found:
            return None
        lower = max(found)[0] + depth
        if lower >= floor:
            return [(value, token) for value, token in found if value >= lower]
        floor = lower
    return None


def _among(
    values: NDArray[np.float32], mask: NDArray[np.bool_], rule: Sampling, counts: Mapping[int, int]
) -> tuple[_Found, bool]:
    """The tokens of a mask above the floor, and whether the mask allows but one."""
    allowed = mask.nonzero()[0]
    if not len(allowed):
        return [], False
    lowered = values[allowed].astype(np.float64)
    if counts and (rule.repetition_penalty != 1.0 or rule.frequency_penalty):
        for place in np.isin(allowed, list(counts)).nonzero()[0].tolist():
            lowered[place] = _lowered(float(lowered[place]), int(allowed[place]), rule, counts)
    floor = lowered.max() + _depth(rule)
    if len(allowed) > MOST:
        floor = max(floor, np.partition(lowered, -MOST)[-MOST])
    kept = (lowered >= floor).nonzero()[0]
    return list(zip(lowered[kept].tolist(), allowed[kept].tolist(), strict=True)), len(allowed) == 1


_Found = list[tuple[float, int]]
"""(lowered logit, token)."""


def _depth(rule: Sampling) -> float:
    """How far below the best logit a token may lie: log(min_p) temperatures, not at all where the best is taken."""
    if rule.temperature == 0:
        return 0.0
    return rule.temperature * math.log(rule.min_p) if rule.min_p > 0 else _LEAST


def _lowered(value: float, token: int, rule: Sampling, counts: Mapping[int, int]) -> float:
    count = counts.get(token, 0)
    if not count:
        return value
    value = value / rule.repetition_penalty if value > 0 else value * rule.repetition_penalty
    return value - rule.frequency_penalty * count


def _pick(found: _Found, rule: Sampling, uniform: float) -> int:
    found.sort(key=lambda each: (-each[0], each[1]))
    if rule.temperature == 0:
        return found[0][1]
    del found[min(rule.top_k or MOST, MOST) :]
    best = found[0][0]
    sums, total = [], 0.0
    for value, _ in found:
        total += math.exp((value - best) / rule.temperature)
        sums.append(total)
    kept = next((place for place, each in enumerate(sums) if each >= rule.top_p * total), len(sums) - 1)
    mark = uniform * sums[kept]
    return found[next((place for place, each in enumerate(sums) if each > mark), kept)][1]
