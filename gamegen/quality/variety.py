"""How varied the texts of a kind are, and how long."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from gamegen.measures import compression_ratio, distinct, self_bleu
from gamegen.quality.texts import SAMPLE
from gamegen.records import JSON


@dataclass(frozen=True, slots=True)
class Variety:
    """Of the texts of one kind. texts: all there are; sampled: of how many all figures but words and lengths are."""

    texts: int
    sampled: int
    words: float
    """Words of a text, on average."""
    distinct_1: float
    distinct_2: float
    distinct_3: float
    self_bleu_4: float
    compression_ratio: float
    lengths: Mapping[int, int]
    """Words of a text -> how many texts have so many, in rising order."""

    def as_json(self) -> dict[str, JSON]:
        lengths = {str(words): count for words, count in self.lengths.items()}
        return {
            **{name: round(value, 4) if isinstance(value, float) else value for name, value in asdict(self).items()},
            "lengths": lengths,
        }


def variety(texts: Sequence[str]) -> Variety:
    """The figures of at least one text; the first ones are the sample."""
    sample = texts[:SAMPLE]
    lengths = Counter(len(text.split()) for text in texts)
    return Variety(
        texts=len(texts),
        sampled=len(sample),
        words=sum(words * count for words, count in lengths.items()) / len(texts),
        distinct_1=distinct(sample, 1),
        distinct_2=distinct(sample, 2),
        distinct_3=distinct(sample, 3),
        self_bleu_4=self_bleu(sample),
        compression_ratio=compression_ratio(sample),
        lengths=dict(sorted(lengths.items())),
    )
