"""One example as tuning sees it: a card, the line that answers it, and the place it was read from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from gamegen._random import digest
from gamegen._words import words
from gamegen.records import canonical

SPEAKERS = ("who", "to", "giver")
"""Fields of a card that begin with the name of a person: "Mira Voss, blacksmith"."""


@dataclass(frozen=True)
class Lesson:
    """card: kind and fields, without the line. file, number: where it stands; number counts lines from 1."""

    card: Mapping[str, str]
    line: str
    file: str = ""
    number: int = 0

    @property
    def kind(self) -> str:
        return self.card["kind"]

    @cached_property
    def name(self) -> bytes:
        """16 bytes that name card and line, wherever they stand."""
        return digest("lesson", canonical([dict(self.card), self.line]))

    @cached_property
    def words(self) -> tuple[str, ...]:
        return tuple(words(self.line))

    @property
    def speaker(self) -> tuple[str, ...]:
        """The words of the person's name; empty where the card names nobody."""
        for field in SPEAKERS:
            if self.card.get(field):
                return tuple(words(self.card[field].split(",")[0]))
        return ()
