"""One candidate's text as it grows under its grammar.

The grammar engine says which tokens its expressions allow; the bounds of the text that is being written are counted
here and narrow that down. What is allowed can always be brought to a valid end, by the model or by `Draft.close`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from gamegen.engine.closing import find_end
from gamegen.engine.satisfying import first_line
from gamegen.engine.tokens import QUOTE
from gamegen.errors import SchemaFault

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gamegen.engine.grammar import Grammar

_LONGEST_CLOSING = 300_000


class Draft:
    """`tokens` begin with the grammar's prefix; an end-of-text token is not among them."""

    def __init__(self, grammar: Grammar) -> None:
        self.grammar = grammar
        self.tokens = list(grammar.prefix)
        self.sampled: list[int] = []
        """Positions in `tokens` that the model chose."""
        self.cut = False
        """Whether a limit, not the model, ended the text or one within the document."""
        self._free = grammar.fragment.free
        self._tables = grammar.grammars.tokens
        self._matcher = grammar.matcher.deep_copy()
        self._scanner = grammar.scanner.copy() if grammar.scanner is not None else None
        self._ending: list[int] = []
        """What is allowed, token after token, where nothing else keeps a text of the document within its bounds."""
        self._ended = False

    @property
    def finished(self) -> bool:
        return self._ended or bool(self._matcher.is_stopped())

    @property
    def exhausted(self) -> bool:
        """Whether the token budget is used up: `close` is due."""
        return len(self.tokens) - len(self.grammar.prefix) >= self.grammar.fragment.budget

    @property
    def room(self) -> int | None:
        """Characters that the open text, or the finished bare one, may still take; None where none is counted."""
        scanner = self._scanner
        if scanner is None:
            return None
        bounds = self.grammar.fragment.bounds or scanner.bounds
        return None if bounds is None else bounds.longest - scanner.length

    @property
    def field(self) -> str:
        """The path of the open text that is being written ("$.goals[*].text", "$" for a bare one), or "".

        Followed where a text is counted or has settings of its own.
        """
        return self._scanner.field if self._scanner is not None else ""

    def fill_mask(self, row: NDArray[np.int32]) -> None:
        """Write one bit per token, little end first: may it come next. `row` is contiguous, [mask_width].

        Where only `close` can still end a bare text within its bounds, no bit is set. A text in a document then has
        one: the next token of its ending.
        """
        self._matcher.unsafe_compute_mask_ptr(row.ctypes.data, row.nbytes)
        scanner, tables = self._scanner, self._tables
        if scanner is None:
            return
        if scanner.bounds is not None:
            row &= tables.within(scanner.bounds, scanner.length, scanner.needs)
        if self._free:
            return
        octets = row.view(np.uint8)
        for token in tables.crossing_in(row):
            if not scanner.copy().feed(tables.bytes[token]):
                octets[token >> 3] &= 255 ^ (1 << (token & 7))
        if scanner.bounds is not None and not row.any():
            self._ending = self._ending or self._end()
            octets[self._ending[0] >> 3] = 1 << (self._ending[0] & 7)

    def allows(self, tokens: Sequence[int]) -> list[bool]:
        """What `fill_mask` would say of these tokens, without the mask: much cheaper for a few of them."""
        eos = self.grammar.grammars.eos
        if self.finished:
            return [token in eos for token in tokens]
        scanner = self._scanner
        if scanner is not None and not self._free and scanner.tight:  # perhaps nothing fits but an ending
            row = np.zeros(self._tables.width, np.int32)
            self.fill_mask(row)
            octets = row.view(np.uint8)
            return [bool(octets[token >> 3] >> (token & 7) & 1) for token in tokens]
        validate = self._matcher.validate_tokens
        return [
            self._matcher.is_accepting() if token in eos else validate([token]) == 1 and self._fits(token)
            for token in tokens
        ]

    def _fits(self, token: int) -> bool:
        """Whether the counted texts stay within their bounds."""
        scanner, tables = self._scanner, self._tables
        if scanner is None:
            return True
        if (bounds := scanner.bounds) is not None:
            length = scanner.length + tables.counts[token]
            if tables.closes[token]:
                if not bounds.shortest <= length <= bounds.longest:
                    return False
            elif length + scanner.needs[tables.tails[token]] > bounds.longest:
                return False
        return self._free or token not in tables.crossing or scanner.copy().feed(tables.bytes[token])

    def take(self, token: int, sampled: bool = True) -> list[int]:
        """Append a token that the mask allows. Returns it with the tokens that now follow by force.

        Raises SchemaFault GG857 where the grammar runs into limits of its own.
        """
        if token in self.grammar.grammars.eos and self._matcher.is_accepting():
            self._ended = True
            return []
        if sampled:
            self.sampled.append(len(self.tokens))
        self.cut |= self._ending[:1] == [token]
        self._append(token)
        scanner, matcher = self._scanner, self._matcher
        if scanner is not None and scanner.bounds is not None and not scanner.bounds.forces:
            return [token]  # an open text is open everywhere
        forced: list[int] = [] if matcher.is_stopped() else matcher.compute_ff_tokens()
        for one in forced:
            self._append(one)
        return [token, *forced]

    def _append(self, token: int) -> None:
        if not self._matcher.consume_token(token):
            raise SchemaFault.of("GG857", f"the grammar gave up: {first_line(self._matcher.get_error())}")
        self.tokens.append(token)
        self._ending = self._ending[1:] if self._ending[:1] == [token] else []
        scanner, tables = self._scanner, self._tables
        if scanner is None:
            return
        if tables.plain[token] and scanner.bounds is not None and not scanner.bounds.mention:
            scanner.length += tables.counts[token]
        else:
            scanner.feed(tables.bytes[token])

    def close(self) -> None:
        """Bring the text to a valid end nearby without the model. Raises SchemaFault GG857 where there is none."""
        self.cut = True
        for _ in range(_LONGEST_CLOSING):
            if self.finished or self._matcher.is_accepting():
                self._ended = True
                return
            if self._scanner is not None and self._scanner.bounds is not None:
                for token in self._ending or self._end():
                    self._append(token)
            else:
                self.take(self._nearest(), sampled=False)
        raise SchemaFault.of("GG857", "the grammar found no end of the text")

    def _end(self) -> list[int]:
        """Tokens that end the open text."""
        scanner, tables = self._scanner, self._tables
        if scanner is not None and scanner.bounds is not None:
            matcher = self._matcher.deep_copy()
            run = find_end(matcher, tables.spell, tables.others, scanner.bounds, scanner.length, scanner.missing)
            if run is not None:
                return run
        raise SchemaFault.of("GG857", "the grammar found no end of the text", where=self.field)

    def _nearest(self) -> int:
        """The allowed token that leads to an end soonest, outside of counted texts."""
        row = np.zeros(self._tables.width, np.int32)
        self.fill_mask(row)
        allowed = np.unpackbits(row.view(np.uint8), bitorder="little")
        single = self._tables.single
        for ending in (QUOTE,) if self._free else (b"}", b"]", QUOTE):
            token = single.get(ending)
            if token is not None and allowed[token]:
                return token
        for last in (b".", b"e", b"1"):
            token = single.get(last)
            if token is not None and allowed[token] and self._matcher.validate_tokens([token, single[QUOTE]]) == 2:
                return token
        for byte in b"etaoinshrdlucmfwypvbgkjqxzETAOINSHRDLUCMFWYPVBGKJQXZ,:123456789.0":
            token = single.get(bytes([byte]))
            if token is not None and allowed[token]:
                return token
        return int(np.argmax(allowed))

    def text(self) -> tuple[str, int]:
        """The finished text, and how many of its characters were forced by the grammar or the opening."""
        pieces = [self._tables.bytes[token] for token in self.tokens]
        chosen = set(self.sampled)
        content = b"".join(pieces)
        free = [i in chosen for i, piece in enumerate(pieces) for _ in piece]  # of each byte
        if self._free:
            content, free = content[:-1], free[:-1]
        begins = [not by_model for byte, by_model in zip(content, free, strict=True) if byte & 0xC0 != 0x80]
        opening = len(self.grammar.opening)
        return content.decode(), opening + sum(begins[opening:])
