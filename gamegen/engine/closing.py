"""Ends an open text without the model: finds characters that bring it to a valid end within its bounds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from gamegen.engine.fields import Bounds

_LETTERS = "etaoinsrhl1"
_STOPS = ".!)’"
_FILLED = 4
"""So many of the characters that a text lacks are left to the search."""
_FURTHER = 8
"""Characters that the search goes at least beyond the shortest text. An end is never far, see `Bounds.ending`."""
_MOST_TRIES = 4_000

Spell = Callable[[str], list[int] | None]
"""The tokens of a few characters, each token as small as the tokenizer has them; None where it cannot write them."""
Others = Callable[[Any], Iterator[tuple[list[int], int]]]
"""Tokens that a matcher allows next, each alone, beside the characters that it adds: the smallest ones."""


def find_end(
    matcher: Any, spell: Spell, others: Others, bounds: Bounds, length: int, missing: Sequence[str]
) -> list[int] | None:
    """Tokens that end a text of `length` characters, its closing quotation mark among them; None where none were found.

    matcher: of the grammar, inside the text; it is used up. missing: words that the text must still have.
    """
    search = _Search(matcher, spell, others)
    spelt = sum(len(word) + 2 for word in missing)
    length += search.fill(bounds.shortest - length - spelt - _FILLED)
    lacking, room = bounds.shortest - length, bounds.longest - length
    nearest = max(lacking, sum(map(len, missing)), 0)
    farthest = min(room, nearest + spelt + max(bounds.ending, _FURTHER))
    for reach in range(nearest, farthest + 1):  # the nearest end first: a search that may go far loses its way
        search.tries = 0
        if search.end(lacking, reach, tuple(missing)):
            return search.run
    return None


@dataclass
class _Search:
    matcher: Any
    spell: Spell
    others: Others
    run: list[int] = field(default_factory=list)
    tries: int = 0

    def fill(self, wanted: int) -> int:
        """Write about so many characters that end nothing. Returns how many."""
        written = 0
        while written < wanted:
            step = next(self._steps(_LETTERS), None)
            if step is None:
                break
            self._take(step[0])
            written += step[1]
        return written

    def end(self, lacking: int, room: int, missing: tuple[str, ...], placed: bool = False) -> bool:
        """Whether the text could be ended; its end then stands in `run`. placed: a word that it must have ends it."""
        quote = self.spell('"') or []
        if lacking <= 0 and self._fits(quote):
            self.run += quote
            return True
        if room < sum(map(len, missing)):
            return False
        for tokens, characters, word in self._steps(_pieces(lacking, missing, placed), missing):
            self.tries += 1
            if self.tries > _MOST_TRIES:
                return False
            if characters > room:
                continue
            self._take(tokens)
            if self.end(lacking - characters, room - characters, missing[word:], word):
                return True
            self.matcher.rollback(len(tokens))
            del self.run[-len(tokens) :]
        return False

    def _steps(self, pieces: Sequence[str], missing: tuple[str, ...] = ()) -> Iterator[tuple[list[int], int, bool]]:
        """What may come next: tokens, their characters, and whether they are a missing word."""
        stuck = True
        for piece in pieces:
            tokens = self.spell(piece)
            if tokens and self._fits(tokens):
                stuck = False
                yield tokens, len(piece), bool(missing) and piece.endswith(missing[0])
        if stuck:  # inside a character or a placeholder
            for tokens, characters in self.others(self.matcher):
                yield tokens, characters, False

    def _fits(self, tokens: list[int]) -> bool:
        return bool(self.matcher.validate_tokens(tokens) == len(tokens))

    def _take(self, tokens: list[int]) -> None:
        self.matcher.consume_tokens(tokens)
        self.run += tokens


def _pieces(lacking: int, missing: tuple[str, ...], placed: bool) -> list[str]:
    """What to try next, most promising first."""
    words = [form for word in missing[:1] for form in (f" {word}", f"e {word}", word)]
    if words and lacking <= sum(len(word) + 1 for word in missing) + 1:
        return [*words, *_LETTERS, " "]
    if placed:  # a letter would make another word of it
        return [*words, *_STOPS, " ", *_LETTERS] if lacking <= 1 else [" ", *_STOPS, *_LETTERS, *words]
    return [*_STOPS, *_LETTERS, " "] if lacking <= 1 else [*_LETTERS, " ", *words, *_STOPS]
