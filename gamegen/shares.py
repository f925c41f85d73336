"""How much of the text is the model's own, and what it took: read from the provenance of finished records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gamegen.records import JSON


@dataclass(frozen=True, slots=True)
class Shares:
    texts: int
    library: int
    """Texts from the hand-written library."""
    characters: int
    """Characters of all open texts."""
    sampled: int
    """Characters that the model sampled: neither forced by grammar or opening, nor from the library."""
    records: int = 0
    """Records whose provenance says what they took."""
    candidates: int = 0
    """Completions that were asked for, of all these records."""
    tokens: int = 0
    """Tokens that were sampled for them."""

    @property
    def sampled_share(self) -> float:
        return self.sampled / self.characters if self.characters else 0.0

    @property
    def library_share(self) -> float:
        return self.library / self.texts if self.texts else 0.0

    def __str__(self) -> str:
        told = (
            f"{self.texts} texts: {self.sampled_share:.1%} of the characters sampled, "
            f"{self.library_share:.1%} of the texts from the fallback library"
        )
        if self.records:
            candidates, tokens = self.candidates / self.records, self.tokens / self.records
            told += f"; {candidates:.0f} candidates and {tokens:.0f} tokens a record"
        return told

    def as_json(self) -> dict[str, JSON]:
        return {
            "texts": self.texts,
            "library": self.library,
            "characters": self.characters,
            "sampled": self.sampled,
            "sampled_share": round(self.sampled_share, 4),
            "library_share": round(self.library_share, 4),
            "candidates": self.candidates,
            "tokens": self.tokens,
        }


def shares(records: Iterable[Mapping[str, JSON]]) -> Shares:
    """Count over the provenance of the records; texts that a person wrote are left out."""
    told = [record.get("provenance", {}) for record in records]
    texts = [text for each in told for text in each.get("texts", {}).values() if text["source"] != "person"]
    costs = [each["cost"] for each in told if "cost" in each]
    model = [text for text in texts if text["source"] == "model"]
    return Shares(
        texts=len(texts),
        library=len(texts) - len(model),
        characters=sum(text.get("characters", 0) for text in texts),
        sampled=sum(text.get("characters", 0) - text.get("forced", 0) for text in model),
        records=len(costs),
        candidates=sum(cost.get("candidates", 0) for cost in costs),
        tokens=sum(cost.get("tokens", 0) for cost in costs),
    )
