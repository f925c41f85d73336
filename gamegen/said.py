"""What a record has said so far, as the score of the next text and the last resorts ask about it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from gamegen._words import words


class Said:
    """Texts of one record. Each question takes constant time, or time in the words of the text that is asked about."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._texts: set[str] = set()
        self._wholes: set[tuple[str, ...]] = set()
        self._openings: set[tuple[str, ...]] = set()
        self._pairs: set[tuple[str, str]] = set()
        for text in texts:
            self.add(text)

    def __contains__(self, text: object) -> bool:
        return text in self._texts

    def add(self, text: str) -> None:
        own = words(text)
        self._texts.add(text)
        self._wholes.add(tuple(own))
        self._openings.add(tuple(own[:2]))
        self._pairs.update(pairwise(own))

    def has(self, own: Sequence[str]) -> bool:
        """Whether a text has just these words."""
        return tuple(own) in self._wholes

    def opens(self, own: Sequence[str]) -> bool:
        """Whether a text begins with the same two words."""
        return tuple(own[:2]) in self._openings

    def shared(self, own: Sequence[str], wanted: Sequence[str]) -> float:
        """The share of the pairs of neighboring words that the texts have, but for those that are wanted; 0 to 1."""
        asked = set(pairwise(wanted))
        pairs = [pair for pair in pairwise(own) if pair not in asked]
        return sum(pair in self._pairs for pair in pairs) / len(pairs) if pairs else 0.0
