"""What finished content is like, in figures: variety, originality, and whose words they are (docs/quality.md)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

from gamegen._random import digest
from gamegen._words import words
from gamegen.checks.text import card_kind, texts_of
from gamegen.measures import distinct, self_bleu
from gamegen.originality import Copies, longest_shared_run
from gamegen.records import JSON
from gamegen.shares import Shares, shares

SAMPLE = 500
"""Texts of which variety is measured, for it falls with their number: the first by a hash of text and place."""


@dataclass(frozen=True, slots=True)
class Variety:
    """Of the texts of one kind. texts: all there are; sampled: of how many the other figures are."""

    texts: int
    sampled: int
    words: float
    """Words of a text, on average."""
    distinct_1: float
    distinct_2: float
    distinct_3: float
    self_bleu_4: float


@dataclass(frozen=True, slots=True)
class Quality:
    """The figures of some records. kinds: by kind of card; texts of unknown kinds stand under the kind of record."""

    records: int
    shares: Shares
    kinds: Mapping[str, Variety]
    longest_shared_run: int
    """The most consecutive words that a text has in common with an example line."""
    longest_shared_text: str
    unoriginal: int
    """Texts with eight words in a row of an example line or of a text that is kept apart (GG608, GG613)."""

    def as_json(self) -> dict[str, JSON]:
        return {
            "records": self.records,
            **self.shares.as_json(),
            "kinds": {kind: _rounded(asdict(variety)) for kind, variety in self.kinds.items()},
            "longest_shared_run": self.longest_shared_run,
            "longest_shared_text": self.longest_shared_text,
            "unoriginal": self.unoriginal,
        }


def quality(records: Sequence[Mapping[str, JSON]], examples: Iterable[str], originals: Copies) -> Quality:
    """The figures of these records. examples: lines that were shown or taught. originals: texts that are kept apart.

    A pure function; the order of the records does not matter.
    """
    texts: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for record in records:
        for where, text in texts_of(record):
            kind = card_kind(str(record["kind"]), where) or str(record["kind"])
            texts[kind].append((digest("quality", f"{record['id']}{where}", text).hex(), text))
    lines = list(examples)
    split = [words(line) for line in lines]
    copies = Copies.of(lines) | originals
    own = sorted(text for found in texts.values() for _, text in found)
    longest, text = max(((longest_shared_run(text, split), text) for text in own), default=(0, ""))
    return Quality(
        records=len(records),
        shares=shares(records),
        kinds={kind: _variety([text for _, text in sorted(found)]) for kind, found in sorted(texts.items())},
        longest_shared_run=longest,
        longest_shared_text=text,
        unoriginal=sum(copies.holds(text) for text in own),
    )


def _variety(texts: Sequence[str]) -> Variety:
    sample = texts[:SAMPLE]
    return Variety(
        texts=len(texts),
        sampled=len(sample),
        words=sum(len(text.split()) for text in texts) / len(texts),
        distinct_1=distinct(sample, 1),
        distinct_2=distinct(sample, 2),
        distinct_3=distinct(sample, 3),
        self_bleu_4=self_bleu(sample),
    )


def _rounded(values: Mapping[str, JSON]) -> dict[str, JSON]:
    return {name: round(value, 4) if isinstance(value, float) else value for name, value in values.items()}
