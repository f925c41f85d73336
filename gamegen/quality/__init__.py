"""What finished content is like, in figures (docs/quality.md): one module for each group of them.

proofs, agreement, structure, spread: what records are. variety, near-duplicates, originality, shares: what texts are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from gamegen._words import words
from gamegen.near_duplicates import pairs_of_texts, texts_in
from gamegen.originality import TAUGHT_WORDS, Copies, SharedRuns
from gamegen.plugins import Registry
from gamegen.quality.agreement import Agreement, agreements
from gamegen.quality.proofs import Proof, Proofs, proofs
from gamegen.quality.spread import Spread, spread
from gamegen.quality.structure import Figure, structure
from gamegen.quality.taught import Taught, lines_taught
from gamegen.quality.texts import SAMPLE, texts_by_kind
from gamegen.quality.variety import Variety, variety
from gamegen.records import JSON
from gamegen.shares import Shares, shares
from gamegen.world import World

__all__ = [
    "SAMPLE",
    "Agreement",
    "Figure",
    "NearDuplicates",
    "Proof",
    "Proofs",
    "Quality",
    "Spread",
    "Taught",
    "Variety",
    "lines_taught",
    "near_duplicates",
    "quality",
]

WITHOUT_WORLD = ("texts with foreign names", "spread over speakers and givers")


@dataclass(frozen=True, slots=True)
class NearDuplicates:
    """later: texts that have an earlier near-duplicate, records in the order of their ids."""

    texts: int
    later: int

    @property
    def share(self) -> float:
        return self.later / self.texts if self.texts else 0.0

    def as_json(self) -> dict[str, JSON]:
        return {"texts": self.texts, "later": self.later, "share": round(self.share, 4)}


@dataclass(frozen=True, slots=True)
class Quality:
    """The figures of some records. kinds: by kind of card; texts of unknown kinds stand under the kind of record."""

    records: int
    shares: Shares
    kinds: Mapping[str, Variety]
    near_duplicates: NearDuplicates
    longest_shared_run: int
    """The most consecutive words that a text has in common with an example line."""
    longest_shared_text: str
    unoriginal: int
    """Texts that are an example line or have eight words in a row of one, of a text that is kept apart, or of a line
    that a model was taught on (GG608, GG613)."""
    taught: int
    """How many of these have words of a line that a model was taught on; it may have been taught on them."""
    proofs: Proofs | None
    """None where no checks were given."""
    agreement: Mapping[str, Agreement]
    structure: Mapping[str, Mapping[str, Figure]]
    spread: Spread
    not_run: tuple[str, ...]
    """What was not looked at: checks by name, and figures that need the world."""

    def as_json(self) -> dict[str, JSON]:
        return {
            "records": self.records,
            **self.shares.as_json(),
            **(self.proofs.as_json() if self.proofs is not None else {}),
            "agreement": {name: each.as_json() for name, each in self.agreement.items()},
            "near_duplicates": self.near_duplicates.as_json(),
            "kinds": {kind: variety.as_json() for kind, variety in self.kinds.items()},
            "longest_shared_run": self.longest_shared_run,
            "longest_shared_text": self.longest_shared_text,
            "unoriginal": self.unoriginal,
            "taught": self.taught,
            "structure": {
                kind: {name: figure.as_json() for name, figure in figures.items()}
                for kind, figures in self.structure.items()
            },
            "spread": {
                whose: {trait: dict(of) for trait, of in traits.items()} for whose, traits in self.spread.items()
            },
            "not_run": list(self.not_run),
        }


def quality(
    records: Sequence[Mapping[str, JSON]],
    examples: Iterable[str],
    originals: Copies,
    taught: Copies | None = None,
    *,
    registry: Registry | None = None,
    world: World | None = None,
) -> Quality:
    """The figures of these records. examples: lines that were shown. originals: texts that are kept apart. taught:
    lines that a model was taught on. registry: has the checks; None: none is run. world: of the records.

    A pure function; the order of the records does not matter.
    """
    kinds = texts_by_kind(records)
    lines = list(examples)
    runs = SharedRuns(map(words, lines))
    copies = Copies.of(lines)
    lessons = taught or Copies()
    own = sorted(text for texts in kinds.values() for text in texts)
    longest, text = max(((runs.longest(text), text) for text in own), default=(0, ""))
    of_taught = [lessons.holds(text, TAUGHT_WORDS) for text in own]
    proven = proofs(records, registry, world, originals) if registry is not None else None
    not_run = (*(proven.not_run if proven is not None else ()), *(WITHOUT_WORLD if world is None else ()))
    return Quality(
        records=len(records),
        shares=shares(records),
        kinds={kind: variety(texts) for kind, texts in kinds.items()},
        near_duplicates=near_duplicates(records),
        longest_shared_run=longest,
        longest_shared_text=text,
        unoriginal=sum(
            of or copies.holds(text) or originals.holds(text) for text, of in zip(own, of_taught, strict=True)
        ),
        taught=sum(of_taught),
        proofs=proven,
        agreement=agreements(records, world),
        structure=structure(records),
        spread=spread(records, world),
        not_run=not_run,
    )


def near_duplicates(records: Iterable[Mapping[str, JSON]]) -> NearDuplicates:
    """Of all texts of the records, taken in the order of their ids."""
    ordered = sorted(records, key=lambda record: str(record["id"]))
    texts = [(str(record["id"]), kind, text) for record in ordered for _, kind, text in texts_in(record)]
    return NearDuplicates(len(texts), len(pairs_of_texts(texts)))
