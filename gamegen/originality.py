"""Whether a text says words of another: by equality, and by runs of eight consecutive words.

What texts are compared with is kept as hashes, so that a model can carry the lines it was taught on (`Copies.to_bytes`)
without giving them away, and a project's novel need not be in memory.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from gamegen._words import words
from gamegen.document import missing
from gamegen.errors import HostFailed, WorldFault
from gamegen.records import JSON

SHARED_WORDS = 8
"""A text that shares so many consecutive words with another is a copy of it: one fewer than what is promised."""

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

    def holds(self, text: str) -> bool:
        """Whether the text is one of the lines, or shares `SHARED_WORDS` consecutive words with one."""
        own = words(text)
        return _hash(own) in self.whole or any(run in self.runs for run in _runs(own))

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


def read_originals(paths: Iterable[Path]) -> Copies:
    """The runs of words of these files: UTF-8 text, or JSON lines, whose strings are lines of their own.

    Raises InvalidInput GG006 for a file that is not there, HostFailed GG006 for one that cannot be read, WorldFault
    GG701 for one that is not UTF-8, GG702 for a line that is not JSON.
    """
    found = Copies()
    for path in paths:
        text = _read(path)
        if path.suffix != ".jsonl":
            found |= Copies.of_text(text)
            continue
        for number, line in enumerate(text.splitlines(), 1):
            if line.strip():
                found |= Copies.of(_strings(_parsed(line, path, number)))
    return found


def longest_shared_run(text: str, others: Iterable[Sequence[str]]) -> int:
    """The most consecutive words that the text has in common with one of the others, each given as its words."""
    own = words(text)
    best = 0
    for other in others:
        above = [0] * (len(other) + 1)
        for word in own:
            row = [0] * (len(other) + 1)
            for place, against in enumerate(other, 1):
                if word == against:
                    row[place] = above[place - 1] + 1
            best = max(best, *row)
            above = row
    return best


def _read(path: Path) -> str:
    if not path.is_file():
        raise missing(path, "a text to keep apart")
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise WorldFault.of(
            "GG701", "expected UTF-8, found other bytes", "save the file as UTF-8", path=str(path)
        ) from None
    except OSError as error:
        raise HostFailed.of("GG006", f"cannot be read: {error.strerror or error}", path=str(path)) from None


def _parsed(line: str, path: Path, number: int) -> JSON:
    try:
        return json.loads(line)
    except json.JSONDecodeError as error:
        raise WorldFault.of(
            "GG702",
            f"expected one JSON value a line, found {error.msg}",
            "correct the line, or give the file another ending than .jsonl",
            path=str(path),
            line=number,
            column=error.colno,
        ) from None


def _strings(value: JSON) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from _strings(part)
    elif isinstance(value, list):
        for part in value:
            yield from _strings(part)


def _runs(sequence: Sequence[str]) -> Iterator[bytes]:
    return (_hash(sequence[start : start + SHARED_WORDS]) for start in range(len(sequence) - SHARED_WORDS + 1))


def _hash(sequence: Sequence[str]) -> bytes:
    return blake2b(" ".join(sequence).encode(), digest_size=_BYTES).digest()
