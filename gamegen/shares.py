"""How much of the text is the model's own: read from the provenance of finished records."""

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

    @property
    def sampled_share(self) -> float:
        return self.sampled / self.characters if self.characters else 0.0

    @property
    def library_share(self) -> float:
        return self.library / self.texts if self.texts else 0.0

    def __str__(self) -> str:
        return (
            f"{self.texts} texts: {self.sampled_share:.1%} of the characters sampled, "
            f"{self.library_share:.1%} of the texts from the fallback library"
        )

    def as_json(self) -> dict[str, JSON]:
        return {
            "texts": self.texts,
            "library": self.library,
            "characters": self.characters,
            "sampled": self.sampled,
            "sampled_share": round(self.sampled_share, 4),
            "library_share": round(self.library_share, 4),
        }


def shares(records: Iterable[Mapping[str, JSON]]) -> Shares:
    """Count over the provenance of the records; texts that a person wrote are left out."""
    texts = [
        text
        for record in records
        for text in record.get("provenance", {}).get("texts", {}).values()
        if text["source"] != "person"
    ]
    model = [text for text in texts if text["source"] == "model"]
    return Shares(
        texts=len(texts),
        library=len(texts) - len(model),
        characters=sum(text.get("characters", 0) for text in texts),
        sampled=sum(text.get("characters", 0) - text.get("forced", 0) for text in model),
    )
