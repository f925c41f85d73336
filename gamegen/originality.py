"""Whether a text says words of another: by equality, and by runs of eight consecutive words.

What texts are compared with is kept as hashes, so that a model can carry the lines it was taught on (`Copies.to_bytes`)
without giving them away, and a project's novel need not be in memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from gamegen._words import words

SHARED_WORDS = 8
"""A text that has so many words in a row, or more, of another is a copy of it."""

TAUGHT_WORDS = 4
"""A whole line that a model was taught on counts from so many words on: "What happened here?" is nobody's own."""

_BYTES = 8


@dataclass(frozen=True, slots=True)
class Copies:
    """Lines to be compared with: 64-bit hashes of their words, and of each of their runs of `SHARED_WORDS` words."""

    whole: frozenset[bytes] = frozenset()
    runs: frozenset[bytes] = frozenset()

    @classmethod
    def of(cls, lines: Iterable[str]) -> Copies:
        """Of lines that each stand for themselves."""
        split = [words(line) for line in lines]
        return cls(
            frozenset(_hash(line) for line in split if line), frozenset(run for line in split for run in _runs(line))
        )

    @classmethod
    def of_text(cls, text: str) -> Copies:
        """Of running text, whose sentences no one says alone: its runs only, across line breaks."""
        return cls(runs=frozenset(_runs(words(text))))

    def __or__(self, other: Copies) -> Copies:
        return Copies(self.whole | other.whole, self.runs | other.runs)

    def is_line(self, text: str, least: int = 1) -> bool:
        """Whether the text is one of the lines, marks aside, and has at least so many words."""
        own = words(text)
        return len(own) >= least and _hash(own) in self.whole

    def shares_run(self, text: str) -> bool:
        """Whether the text shares `SHARED_WORDS` consecutive words with one of the lines."""
        return any(run in self.runs for run in _runs(words(text)))

    def holds(self, text: str, least: int = 1) -> bool:
        """Whether the text is one of the lines of at least so many words, or shares a run of words with one."""
        return self.is_line(text, least) or self.shares_run(text)

    def to_bytes(self) -> bytes:
        """The hashes, sorted: eight bytes with the number of whole lines, those, then the runs."""
        return b"".join((len(self.whole).to_bytes(_BYTES, "big"), *sorted(self.whole), *sorted(self.runs)))

    @classmethod
    def from_bytes(cls, data: bytes) -> Copies:
        """What `to_bytes` wrote. Raises ValueError for anything else."""
        count = int.from_bytes(data[:_BYTES], "big")
        if len(data) % _BYTES or len(data) < _BYTES * (count + 1):
            raise ValueError("expected whole hashes of eight bytes, found a torn file")
        hashes = [data[start : start + _BYTES] for start in range(_BYTES, len(data), _BYTES)]
        return cls(frozenset(hashes[:count]), frozenset(hashes[count:]))


class SharedRuns:
    """The runs of words of some lines, each given as its words: finds the longest that a text shares with one of them.

    Takes a look-up for each word of the text, where comparing all with all takes one for each word of each line.
    """

    def __init__(self, others: Iterable[Sequence[str]]) -> None:
        self._others = [tuple(other) for other in others]
        self._grams: dict[int, frozenset[tuple[str, ...]]] = {}

    def longest(self, text: str) -> int:
        """The most consecutive words that the text has in common with one of the lines."""
        own = tuple(words(text))
        best = 0
        for start in range(len(own)):
            while start + best < len(own) and own[start : start + best + 1] in self._of(best + 1):
                best += 1  # a run that is shared has only shared runs in it
        return best

    def _of(self, size: int) -> frozenset[tuple[str, ...]]:
        """All runs of this size, made when they are first asked for."""
        if size not in self._grams:
            self._grams[size] = frozenset(
                other[start : start + size] for other in self._others for start in range(len(other) - size + 1)
            )
        return self._grams[size]


def _runs(sequence: Sequence[str]) -> Iterator[bytes]:
    return (_hash(sequence[start : start + SHARED_WORDS]) for start in range(len(sequence) - SHARED_WORDS + 1))


def _hash(sequence: Sequence[str]) -> bytes:
    return blake2b(" ".join(sequence).encode(), digest_size=_BYTES).digest()
