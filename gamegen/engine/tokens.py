"""What the tokens of a vocabulary do to an open text: the characters that each adds, and whether it ends the text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from gamegen.engine.fields import Bounds
from gamegen.engine.profile import TAILS, tail
from gamegen.engine.tokenizer import token_bytes

if TYPE_CHECKING:
    from numpy.typing import NDArray

QUOTE = b'"'
_BETWEEN = b'",:[]}'
"""What stands between two strings of a compact JSON text: never the first character of an open one."""
_OFFERED = 4


class Tokens:
    """V: vocabulary, width of the logits. W: 32-bit words of one row's mask, `width`.

    bytes:      of each token.
    characters: [V] characters that each token begins, up to a quotation mark.
    plain:      whether a token has neither a quotation mark nor a backslash.
    tails:      class of the last character of each token (`profile.TAILS`), if it has one.
    single:     the tokens of one byte.
    crossing:   tokens that have a quotation mark and behind it what may be the beginning of another open text.
    """

    def __init__(self, tokenizer_json: str, vocabulary: int) -> None:
        self.vocabulary = vocabulary
        self.width = (vocabulary + 31) // 32
        self.bytes = (token_bytes(tokenizer_json) + [b""] * vocabulary)[:vocabulary]
        self.counts = [_characters(content) for content in self.bytes]
        self.characters = np.array(self.counts, np.int32)
        self.tails = [_tail(content) for content in self.bytes]
        self.closes = [QUOTE in content for content in self.bytes]
        self.plain = [not (closes or b"\\" in content) for closes, content in zip(self.closes, self.bytes, strict=True)]
        self.single = {content: index for index, content in reversed(list(enumerate(self.bytes))) if len(content) == 1}
        self.crossing = frozenset(index for index, content in enumerate(self.bytes) if _crosses(content))
        self._crossing = np.array(sorted(self.crossing), np.int64)
        self._closing = np.array(self.closes)
        self._longest = int(self.characters.max())
        self._tails = np.array(self.tails, np.int64)
        self._within: dict[tuple[int, int, tuple[int, ...]], NDArray[np.int32]] = {}

    def within(self, bounds: Bounds, length: int, needs: tuple[int, ...]) -> NDArray[np.int32]:
        """Mask [W] of the tokens that keep a text of `length` characters within its bounds.

        A token that ends the text must leave it long enough and not too long; any other must leave room to end it:
        so many characters as `needs` says for the class of its own last one.
        """
        room = min(bounds.longest - length, self._longest + max(needs))
        lacking = min(max(bounds.shortest - length, 0), self._longest + 1)
        key = room, lacking, needs
        if key not in self._within:
            allowed = np.zeros(32 * self.width, np.bool_)
            needed = np.array(needs, np.int32)[self._tails]
            ends = (self.characters <= room) & (self.characters >= lacking)
            allowed[: self.vocabulary] = np.where(self._closing, ends, self.characters + needed <= room)
            self._within[key] = np.packbits(allowed, bitorder="little").view(np.int32)
        return self._within[key]

    def crossing_in(self, row: NDArray[np.int32]) -> list[int]:
        """The crossing tokens that a mask [W] allows."""
        bits = (row[self._crossing >> 5] >> (self._crossing & 31).astype(np.int32)) & 1
        return [int(token) for token in self._crossing[bits != 0]]

    def spell(self, text: str) -> list[int] | None:
        """The text in tokens of one byte; None where the vocabulary lacks one."""
        tokens = [self.single.get(bytes([byte])) for byte in text.encode()]
        return None if None in tokens else [token for token in tokens if token is not None]

    def others(self, matcher: Any) -> Iterator[tuple[list[int], int]]:
        """The smallest tokens that a matcher allows next, each beside its characters."""
        row = np.zeros(self.width, np.int32)
        matcher.unsafe_compute_mask_ptr(row.ctypes.data, row.nbytes)
        ids = np.flatnonzero(np.unpackbits(row.view(np.uint8), count=self.vocabulary, bitorder="little"))
        for token in sorted(ids.tolist(), key=lambda one: (self.counts[one], len(self.bytes[one])))[:_OFFERED]:
            yield [token], self.counts[token]

    def count(self, tokens: Sequence[int]) -> int:
        """Characters of a text that the tokens add."""
        return sum(self.counts[token] for token in tokens)


def _characters(content: bytes) -> int:
    """Characters that begin in the bytes before a quotation mark."""
    if content.isascii() and QUOTE not in content:
        return len(content)
    return sum(1 for byte in content.split(QUOTE)[0] if byte & 0xC0 != 0x80)


_STOP, _MARK = TAILS.index("stop"), TAILS.index("mark")
_TAILS = [tail(chr(byte)) for byte in range(128)]


def _tail(content: bytes) -> int:
    """The class of the last character. A stop behind a space ends no sentence: it is one more mark.

    Where the space is of another token, room for more than the stop was kept behind it (`profile.TAILS`, a gap).
    """
    begin = max((i for i in range(max(0, len(content) - 4), len(content)) if content[i] & 0xC0 != 0x80), default=0)
    last = content[begin:]
    try:
        found = _TAILS[last[0]] if len(last) == 1 else tail(last.decode())
    except (UnicodeDecodeError, IndexError):
        return tail("")
    return _MARK if found == _STOP and content[begin - 1 : begin] == b" " else found


def _crosses(content: bytes) -> bool:
    _, quote, behind = content.partition(QUOTE)
    return bool(quote) and (b'"{' in content or any(byte not in _BETWEEN + b"{" for byte in behind))
