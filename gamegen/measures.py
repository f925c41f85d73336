"""How varied texts are: distinct-n and self-BLEU of words in lower case without marks, compression of bytes."""

from __future__ import annotations

import math
import zlib
from collections import Counter
from collections.abc import Sequence

from gamegen._words import words

EPSILON = 0.1
"""What stands for no n-gram in common where there is a word in common (method 1 of Chen and Cherry, 2014)."""

Gram = tuple[str, ...]


def distinct(texts: Sequence[str], n: int) -> float:
    """Different n-grams as a share of all of them, 0 to 1 (Li et al., "A Diversity-Promoting Objective", 2016).

    Falls with the number of texts: compare samples of one size. 0 where no text has n words.
    """
    grams = [gram for text in texts for gram in _grams(words(text), n)]
    return len(set(grams)) / len(grams) if grams else 0.0


def self_bleu(texts: Sequence[str], n: int = 4) -> float:
    """The mean BLEU-n of each text with all others as its references, 0 to 1; lower is more varied.

    Zhu et al., "Texygen" (2018), with BLEU of Papineni et al. (2002): the geometric mean of the clipped precisions of
    1 to n words, times the brevity penalty against the nearest length. Texts without words are left out; 0 for fewer
    than two.
    """
    split = [found for text in texts if (found := words(text))]
    if len(split) < 2:
        return 0.0
    lengths = Counter(map(len, split))
    precisions = [_clipped(split, size) for size in range(1, n + 1)]
    total = 0.0
    for index, own in enumerate(split):
        if not precisions[0][index][0]:
            continue  # no word in common: 0 without smoothing
        logs = [math.log(max(found[index][0], EPSILON) / max(found[index][1], 1)) for found in precisions]
        total += _brevity(len(own), lengths) * math.exp(math.fsum(logs) / n)
    return total / len(split)


def compression_ratio(texts: Sequence[str]) -> float:
    """Bytes of the texts, one a line in UTF-8, to bytes of their zlib stream at level 9; higher is more repetitive.

    Shaib et al., "Standardizing the Measurement of Text Diversity" (2024), who found it the best single measure. Rises
    with the number of texts: compare samples of one size. 0 for no texts; below 1 for a few short ones.
    """
    raw = "\n".join(texts).encode()
    return len(raw) / len(zlib.compress(raw, 9)) if raw else 0.0


def _clipped(split: Sequence[Sequence[str]], n: int) -> list[tuple[int, int]]:
    """For each text: n-grams that it has in common with the others (each as often as one of them has it), and all."""
    counts = [Counter(_grams(own, n)) for own in split]
    best: dict[Gram, tuple[int, int, int]] = {}
    for index, own in enumerate(counts):
        for gram, count in own.items():
            most, owner, second = best.get(gram, (0, -1, 0))
            best[gram] = (count, index, most) if count > most else (most, owner, max(second, count))
    result = []
    for index, own in enumerate(counts):
        shared = 0
        for gram, count in own.items():
            most, owner, second = best[gram]
            shared += min(count, second if owner == index else most)
        result.append((shared, sum(own.values())))
    return result


def _brevity(length: int, lengths: Counter[int]) -> float:
    """BLEU's penalty for a text that is shorter than the nearest of the others."""
    others = [other for other, count in lengths.items() if count > (other == length)]
    nearest = min(others, key=lambda other: (abs(other - length), other))
    return 1.0 if length > nearest else math.exp(1 - nearest / length)


def _grams(own: Sequence[str], n: int) -> list[Gram]:
    return [tuple(own[start : start + n]) for start in range(len(own) - n + 1)]
