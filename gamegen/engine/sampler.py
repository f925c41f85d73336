"""Draws tokens for many rows at once. Every operation works within a row, so that a row's draw never depends on others.

For one row, with logits x and the tokens A that the grammar allows:

1. Repetition penalty r (Keskar et al., CTRL, 2019): x of tokens that the text holds already becomes x / r where
   positive, else x * r.
2. p = softmax(x / temperature) over A.
3. Kept are the tokens with p >= min_p * max p, of these the `top_k` most probable, never more than `MOST`
   (equal ones in the order of their ids); of these the fewest most probable whose share of the kept reaches top_p.
4. The token is where u * (the kept sum) falls, most probable first. Temperature 0 takes the most probable.

The log-probability is the drawn token's under softmax(x) of the whole vocabulary: no mask, penalty or temperature.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from gamegen.records import Sampling

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST = 256
"""At most so many tokens are drawn from; beyond them lies noise."""


def unpack(masks: NDArray[np.int32], vocabulary: int) -> NDArray[np.bool_]:
    """Bit masks [n, W] -> [n, V]; bit i of the row says whether token i is allowed."""
    bits = np.unpackbits(masks.view(np.uint8), axis=1, count=vocabulary, bitorder="little")
    return bits.view(np.bool_)


def draw(
    logits: NDArray[np.float32],
    allowed: NDArray[np.bool_],
    rules: Sequence[Sampling],
    uniforms: Sequence[float],
    seen: Sequence[Sequence[int]],
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Draw one token per row.

    logits, allowed: [n, V]; every row allows at least one token. uniforms: numbers in [0, 1).
    seen: tokens of each row's text, for the repetition penalty. Returns tokens [n] and their log-probabilities [n].
    """
    count = len(rules)
    normal = log_normaliser(logits)
    scores = np.where(allowed, logits, np.float32(-np.inf))
    for row, rule in enumerate(rules):
        if rule.repetition_penalty != 1.0 and seen[row]:
            ids = np.unique(np.asarray(seen[row]))
            old = scores[row, ids]
            penalty = np.float32(rule.repetition_penalty)
            scores[row, ids] = np.where(old > 0, old / penalty, old * penalty)
    best = scores.max(axis=1)
    temperature = np.array([rule.temperature or 1.0 for rule in rules])
    least = np.array([0.0 if rule.temperature == 0 else _log(rule.min_p) for rule in rules])
    floor = (best + temperature * least).astype(np.float32)
    for row in range(count):
        if least[row] < -4.0:  # a weak floor lets many tokens pass: raise it to the one that `MOST` tokens reach
            floor[row] = max(
                floor[row], np.partition(scores[row], -min(MOST, scores.shape[1]))[-min(MOST, scores.shape[1])]
            )
    floor = np.maximum(floor, np.finfo(np.float32).min)  # never a token that is not allowed

    rows, ids = np.divmod(np.flatnonzero(scores >= floor[:, None]), scores.shape[1])
    values = scores[rows, ids]
    order = np.lexsort((ids, -values, rows))
    rows, ids, values = rows[order], ids[order], values[order]
    starts = np.searchsorted(rows, np.arange(count))
    rank = np.arange(len(rows)) - starts[rows]
    limit = np.array([1 if rule.temperature == 0 else min(rule.top_k or MOST, MOST) for rule in rules])
    fits = rank < limit[rows]
    rows, ids, values, rank = rows[fits], ids[fits], values[fits], rank[fits]

    width = int(rank.max()) + 1
    weights = np.zeros((count, width))
    weights[rows, rank] = np.exp((values.astype(np.float64) - best[rows]) / temperature[rows])
    tokens = np.zeros((count, width), np.int64)
    tokens[rows, rank] = ids
    sums = np.cumsum(weights, axis=1)
    top_p = np.array([rule.top_p for rule in rules])
    kept = np.minimum((sums < (top_p * sums[:, -1])[:, None]).sum(axis=1), np.bincount(rows, minlength=count) - 1)
    total = sums[np.arange(count), kept]
    drawn = np.minimum((sums <= (np.asarray(uniforms) * total)[:, None]).sum(axis=1), kept)
    chosen = tokens[np.arange(count), drawn]
    return chosen, logits[np.arange(count), chosen] - normal


def log_normaliser(logits: NDArray[np.float32]) -> NDArray[np.float64]:
    """log(sum(exp(row))) of each row of [n, V]."""
    peak = logits.max(axis=1)
    shifted = logits - peak[:, None]
    np.exp(shifted, out=shifted)
    total: NDArray[np.float64] = peak + np.log(shifted.sum(axis=1, dtype=np.float32).astype(np.float64))
    return total


def _log(share: float) -> float:
    return float(np.log(share)) if share > 0 else -np.inf
