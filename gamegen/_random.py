"""Counter-based random numbers: a value is a function of its name alone, never of what was drawn before.

The bits are BLAKE2b of the name (RFC 7693), so that they are the same on every machine and Python version.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")


def digest(*parts: str | int) -> bytes:
    """16 bytes that name the sequence of parts without ambiguity (each part is length-prefixed)."""
    state = blake2b(digest_size=16)
    for part in parts:
        raw = f"{type(part).__name__[0]}{part}".encode()
        state.update(len(raw).to_bytes(4, "little"))
        state.update(raw)
    return state.digest()


def uniform(name: bytes, counter: int) -> float:
    """The number in [0, 1) with 53 random bits at position `counter` of the stream `name`."""
    raw = blake2b(counter.to_bytes(8, "little"), key=name, digest_size=8).digest()
    return (int.from_bytes(raw, "little") >> 11) * 2.0**-53


def rendezvous(items: Iterable[str], *name: str | int) -> list[str]:
    """The items in the order of their own hash under the name (highest random weight first).

    Adding an item leaves the order of the others as it was (Thaler and Ravishankar, 1998).
    """
    return sorted(items, key=lambda item: (digest(*name, item), item))


class Stream:
    """A named stream of draws for planning. The same name gives the same draws in the same order."""

    def __init__(self, *name: str | int) -> None:
        self.name = name
        self._key = digest(*name)
        self._counter = 0

    def child(self, *name: str | int) -> Stream:
        """A stream of its own; draws from it do not move this one."""
        return Stream(*self.name, *name)

    def uniform(self) -> float:
        """A float in [0, 1)."""
        self._counter += 1
        return uniform(self._key, self._counter)

    def integer(self, low: int, high: int) -> int:
        """An integer in [low, high], both included."""
        return low + int(self.uniform() * (high - low + 1))

    def chance(self, probability: float) -> bool:
        return self.uniform() < probability

    def choice(self, items: Sequence[T]) -> T:
        """One of the items; the items must not be empty."""
        return items[self.integer(0, len(items) - 1)]

    def shuffled(self, items: Iterable[T]) -> list[T]:
        result = list(items)
        for i in range(len(result) - 1, 0, -1):
            j = self.integer(0, i)
            result[i], result[j] = result[j], result[i]
        return result

    def sample(self, items: Iterable[T], count: int) -> list[T]:
        """`count` different items (fewer, if there are fewer) in random order."""
        return self.shuffled(items)[:count]
