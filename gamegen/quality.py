"""What finished content is like, in figures: variety, originality, and whose words they are (docs/quality.md)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from gamegen._random import digest
from gamegen._words import words
from gamegen.checks.text import card_kind, texts_of
from gamegen.measures import distinct, self_bleu
from gamegen.originality import TAUGHT_WORDS, Copies, SharedRuns
from gamegen.records import JSON
from gamegen.shares import Shares, shares

if TYPE_CHECKING:
    from gamegen.engine.manifest import ModelFolder

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
    """Texts that are an example line or have eight words in a row of one, of a text that is kept apart, or of a line
    that a model was taught on (GG608, GG613)."""
    taught: int
    """How many of these have words of a line that a model was taught on; it may have been taught on them."""

    def as_json(self) -> dict[str, JSON]:
        return {
            "records": self.records,
            **self.shares.as_json(),
            "kinds": {kind: _rounded(asdict(variety)) for kind, variety in self.kinds.items()},
            "longest_shared_run": self.longest_shared_run,
            "longest_shared_text": self.longest_shared_text,
            "unoriginal": self.unoriginal,
            "taught": self.taught,
        }


@dataclass(frozen=True, slots=True)
class Taught:
    """The lines that the models of some records were taught on.

    absent: model id -> how many records name it, of models that are not there as they were: their lines are unknown.
    """

    lines: Copies
    absent: Mapping[str, int]


def lines_taught(records: Iterable[Mapping[str, JSON]], models: Iterable[ModelFolder]) -> Taught:
    """The training lines of the models that wrote the records, or texts of them anew, as far as `models` has them.

    A model is known by id and SHA-256. Raises ModelUnavailable (GG802) for lines that cannot be read.
    """
    named = Counter(model for record in records for model in _models(record))
    there = {(folder.id, folder.sha256): folder for folder in models if any(folder.id == id for id, _ in named)}
    lines = Copies()
    for model in sorted(named.keys() & there.keys()):
        lines |= there[model].training_lines() or Copies()
    absent: Counter[str] = Counter()
    for (id, sha256), count in sorted(named.items()):
        if (id, sha256) not in there:
            absent[id] += count
    return Taught(lines, dict(absent))


def _models(record: Mapping[str, JSON]) -> set[tuple[str, str]]:
    """(id, SHA-256) of the models that the provenance names: who wrote the record, and who last wrote it anew."""
    provenance = record.get("provenance")
    written = provenance if isinstance(provenance, Mapping) else {}
    models = (part.get("model") for part in (written, written.get("restyled")) if isinstance(part, Mapping))
    return {
        (str(each["id"]), str(each.get("sha256", ""))) for each in models if isinstance(each, Mapping) and "id" in each
    }


def quality(
    records: Sequence[Mapping[str, JSON]], examples: Iterable[str], originals: Copies, taught: Copies | None = None
) -> Quality:
    """The figures of these records. examples: lines that were shown. originals: texts that are kept apart. taught:
    lines that a model was taught on.

    A pure function; the order of the records does not matter.
    """
    texts: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for record in records:
        for where, text in texts_of(record):
            kind = card_kind(str(record["kind"]), where) or str(record["kind"])
            texts[kind].append((digest("quality", f"{record['id']}{where}", text).hex(), text))
    lines = list(examples)
    runs = SharedRuns(map(words, lines))
    copies = Copies.of(lines)
    lessons = taught or Copies()
    own = sorted(text for found in texts.values() for _, text in found)
    longest, text = max(((runs.longest(text), text) for text in own), default=(0, ""))
    of_taught = [lessons.holds(text, TAUGHT_WORDS) for text in own]
    return Quality(
        records=len(records),
        shares=shares(records),
        kinds={kind: _variety([text for _, text in sorted(found)]) for kind, found in sorted(texts.items())},
        longest_shared_run=longest,
        longest_shared_text=text,
        unoriginal=sum(
            of or copies.holds(text) or originals.holds(text) for text, of in zip(own, of_taught, strict=True)
        ),
        taught=sum(of_taught),
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
