"""Schema fragments as token masks, by llguidance; and one candidate's text as it grows under them.

A fragment is compiled once into a `Grammar`; each candidate gets a copy of its matcher (`Draft`). A string is written
bare, but it is compiled as the JSON string that it is: its opening quotation mark stands at the end of the prompt and
has been consumed, its closing one ends the text. The text profile leaves neither quotation marks nor backslashes to
the string, so the two forms agree. The characters of a free text are counted here, not in the grammar.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gamegen.engine.fragment import Bounds, Fragment, read
from gamegen.engine.tokenizer import token_bytes
from gamegen.errors import ModelUnavailable, SchemaFault
from gamegen.records import JSON

if TYPE_CHECKING:
    from numpy.typing import NDArray

_OPTIONS = {"whitespace_flexible": False}  # compact separators: more forced tokens, fewer to sample
_QUOTE = b'"'
_MOST_COMPILED = 256  # about 0.4 MB each, once used
_LONGEST_CLOSING = 20_000


@dataclass(frozen=True, slots=True)
class Grammar:
    """A compiled fragment.

    opening: words that every text begins with.
    prefix:  tokens that every text begins with (the opening, then what the schema forces): no candidate samples them.
    """

    fragment: Fragment
    opening: str
    prefix: tuple[int, ...]
    matcher: Any
    grammars: Grammars


class Grammars:
    """Compiles fragments for one tokenizer, and remembers the last ones used. V: vocabulary, width of the logits."""

    def __init__(
        self,
        tokenizer_json: str,
        vocabulary: int,
        eos: Sequence[int],
        encode: Callable[[str], list[int]],
    ) -> None:
        import llguidance

        self.vocabulary = vocabulary
        self.mask_width = (vocabulary + 31) // 32
        """32-bit words of one row's mask."""
        self.eos = frozenset(eos)
        self.bytes = (token_bytes(tokenizer_json) + [b""] * vocabulary)[:vocabulary]
        self.characters = np.array([_characters(content) for content in self.bytes], np.int32)
        """[V] characters that each token begins, up to a closing quotation mark."""
        self.single = {content: index for index, content in reversed(list(enumerate(self.bytes))) if len(content) == 1}
        """The tokens of one byte."""
        if _QUOTE not in self.single:
            raise ModelUnavailable.of("GG858", "the tokenizer has no token for a quotation mark alone")
        self._closing = np.array([_QUOTE in content for content in self.bytes])
        self._longest_token = int(self.characters.max())
        self._within: dict[tuple[int, int, int], NDArray[np.int32]] = {}
        self._encode = encode
        self._tokenizer = llguidance.LLTokenizer(tokenizer_json, n_vocab=vocabulary, eos_token=list(eos))
        self._known: OrderedDict[tuple[str, str], Grammar] = OrderedDict()

    def compile(self, schema: Mapping[str, JSON], opening: str = "") -> Grammar:
        """The grammar of a fragment whose text begins with `opening`.

        Raises SchemaFault (see `fragment.read`; GG852 where the opening does not fit the schema).
        """
        key = json.dumps(schema), opening  # unsorted: the order of properties is the order of the document
        if key not in self._known:
            self._known[key] = self._compile(schema, opening)
            if len(self._known) > _MOST_COMPILED:
                self._known.popitem(last=False)
        self._known.move_to_end(key)
        return self._known[key]

    def _compile(self, schema: Mapping[str, JSON], opening: str) -> Grammar:
        import llguidance

        fragment = read(schema, opening)
        source = llguidance.LLMatcher.grammar_from_json_schema(json.dumps(fragment.schema), overrides=_OPTIONS)
        matcher = llguidance.LLMatcher(self._tokenizer, source, log_level=0)
        if matcher.is_error() or (fragment.free and not matcher.consume_token(self.single[_QUOTE])):
            if opening:
                raise _unfit(opening, "does not fit the schema")
            raise SchemaFault.of("GG851", f"no text can satisfy this schema: {_first_line(matcher.get_error())}")
        # The last space belongs to the token of the next word, and the grammar asks for it there.
        prefix = self._encode(_inside(opening.rstrip(" "))) if opening.strip() else []
        if matcher.try_consume_tokens(prefix) < len(prefix):
            raise _unfit(opening, "does not fit the schema")
        forced = matcher.compute_ff_tokens()
        matcher.consume_tokens(forced)
        prefix = [*prefix, *forced]
        bounds = fragment.bounds
        if bounds is not None and prefix and self.count(prefix) + bounds.ending > bounds.longest:
            raise _unfit(opening, f"leaves no room in {bounds.longest} characters")
        return Grammar(fragment, opening, tuple(prefix), matcher, self)

    def count(self, tokens: Sequence[int]) -> int:
        """Characters of a free text that the tokens add."""
        return int(self.characters[list(tokens)].sum())

    def within(self, bounds: Bounds, length: int) -> NDArray[np.int32]:
        """Mask [mask_width] of the tokens that keep a text of `length` characters within its bounds.

        A token that ends the text must leave it long enough and not too long; any other must leave room to end it.
        """
        room = min(bounds.longest - length, self._longest_token + bounds.ending)
        lacking = min(max(bounds.shortest - length, 0), self._longest_token + 1)
        key = room, lacking, bounds.ending
        if key not in self._within:
            allowed = np.zeros(32 * self.mask_width, np.bool_)
            ends = (self.characters <= room) & (self.characters >= lacking)
            allowed[: self.vocabulary] = np.where(self._closing, ends, self.characters + bounds.ending <= room)
            self._within[key] = np.packbits(allowed, bitorder="little").view(np.int32)
        return self._within[key]


class Draft:
    """One candidate's text. `tokens` begin with the grammar's prefix; an end-of-text token is not among them."""

    def __init__(self, grammar: Grammar) -> None:
        self.grammar = grammar
        self.tokens = list(grammar.prefix)
        self.sampled: list[int] = []
        """Positions in `tokens` that the model chose."""
        self.cut = False
        """Whether a limit, not the model, ended the text."""
        self._length = grammar.grammars.count(self.tokens)
        self._matcher = grammar.matcher.deep_copy()
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
        """Characters that a free text may still take; None for any other."""
        bounds = self.grammar.fragment.bounds
        return None if bounds is None else bounds.longest - self._length

    def fill_mask(self, row: NDArray[np.int32]) -> None:
        """Write one bit per token, little end first: may it come next. `row` is contiguous, [mask_width].

        No bit is set where only `close` can still end the text within its bounds.
        """
        self._matcher.unsafe_compute_mask_ptr(row.ctypes.data, row.nbytes)
        bounds = self.grammar.fragment.bounds
        if bounds is not None:
            row &= self.grammar.grammars.within(bounds, self._length)

    def take(self, token: int, sampled: bool = True) -> list[int]:
        """Append a token that the mask allows. Returns it with the tokens that now follow by force.

        Raises SchemaFault GG857 where the grammar runs into limits of its own.
        """
        if token in self.grammar.grammars.eos and self._matcher.is_accepting():
            self._ended = True
            return []
        if not self._matcher.consume_token(token):
            raise SchemaFault.of("GG857", f"the grammar gave up: {_first_line(self._matcher.get_error())}")
        if sampled:
            self.sampled.append(len(self.tokens))
        forced = [] if self._matcher.is_stopped() else self._matcher.compute_ff_tokens()
        if forced:
            self._matcher.consume_tokens(forced)
        run = [token, *forced]
        self.tokens += run
        self._length += self.grammar.grammars.count(run)
        return run

    def close(self) -> None:
        """Bring the text to the nearest valid end without the model. Raises SchemaFault GG857 where there is none."""
        self.cut = True
        mask = np.zeros(self.grammar.grammars.mask_width, np.int32)
        for _ in range(_LONGEST_CLOSING):
            if self.finished or self._matcher.is_accepting():
                self._ended = True
                return
            self._matcher.unsafe_compute_mask_ptr(mask.ctypes.data, mask.nbytes)
            allowed = np.unpackbits(mask.view(np.uint8), bitorder="little")
            self.take(self._nearest(allowed), sampled=False)
        raise SchemaFault.of("GG857", "the grammar found no end of the text")

    def _nearest(self, allowed: NDArray[np.uint8]) -> int:
        """The allowed token that leads to an end soonest, by rules that hold for documents and for bare text."""
        single = self.grammar.grammars.single
        bounds = self.grammar.fragment.bounds
        lacking = bounds.shortest - self._length if bounds is not None else 0
        quote = single[_QUOTE]
        for ending in (_QUOTE,) if self.grammar.fragment.free else (b"}", b"]", _QUOTE):
            token = single.get(ending)
            if token is not None and allowed[token] and (lacking <= 0 or token != quote):
                return token
        if lacking <= 1:
            for last in (b".", b"e", b"1"):
                token = single.get(last)
                if token is not None and allowed[token] and self._matcher.validate_tokens([token, quote]) == 2:
                    return token
        for byte in b"etaoinshrdlucmfwypvbgkjqxzETAOINSHRDLUCMFWYPVBGKJQXZ,:123456789.0":
            token = single.get(bytes([byte]))
            if token is not None and allowed[token]:
                return token
        return int(np.argmax(allowed))

    def text(self) -> tuple[str, int]:
        """The finished text, and how many of its characters were forced by the grammar or the opening."""
        pieces = [self.grammar.grammars.bytes[token] for token in self.tokens]
        chosen = set(self.sampled)
        content = b"".join(pieces)
        free = [i in chosen for i, piece in enumerate(pieces) for _ in piece]  # of each byte
        if self.grammar.fragment.free:
            content, free = content[:-1], free[:-1]
        begins = [not by_model for byte, by_model in zip(content, free, strict=True) if byte & 0xC0 != 0x80]
        opening = len(self.grammar.opening)
        text = content.decode()
        return (json.loads(f'"{text}"') if self.grammar.fragment.free else text), opening + sum(begins[opening:])


def _inside(text: str) -> str:
    """The text as it stands inside a JSON string."""
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _unfit(opening: str, problem: str) -> Exception:
    return SchemaFault.of("GG852", f"the opening {opening!r} {problem}", "shorten it, or widen the schema")


def _characters(content: bytes) -> int:
    """Characters that begin in the bytes before a quotation mark."""
    return sum(1 for byte in content.split(_QUOTE)[0] if byte & 0xC0 != 0x80)


def _first_line(message: str) -> str:
    return message.strip().split("\n")[0][:300]
