"""Schema fragments as token masks, by llguidance; and one candidate's text as it grows under them.

A fragment is compiled once into a `Grammar`; each candidate gets a copy of its matcher (`Draft`). A string is written
bare, but it is compiled as the JSON string that it is: its opening quotation mark stands at the end of the prompt and
has been consumed, its closing one ends the text. The text profile leaves neither quotation marks nor backslashes to
the string, so the two forms agree.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gamegen.engine.fragment import Fragment, read
from gamegen.engine.tokenizer import token_bytes
from gamegen.errors import ModelUnavailable, SchemaFault
from gamegen.records import JSON, canonical

if TYPE_CHECKING:
    from numpy.typing import NDArray

_OPTIONS = {"whitespace_flexible": False}  # compact separators: more forced tokens, fewer to sample
_LONGEST_CLOSING = 20_000


@dataclass(frozen=True, slots=True)
class Grammar:
    """A compiled fragment.

    prefix: tokens that every text begins with (the opening, then what the schema forces): no candidate samples them.
    """

    fragment: Fragment
    prefix: tuple[int, ...]
    matcher: Any
    grammars: Grammars


class Grammars:
    """Compiles fragments for one tokenizer, and remembers them. V: vocabulary, the width of the logits."""

    def __init__(
        self,
        tokenizer_json: str,
        vocabulary: int,
        eos: Sequence[int],
        encode: Callable[[str], list[int]],
    ) -> None:
        import llguidance

        self.vocabulary = vocabulary
        self.eos = frozenset(eos)
        self.bytes = (token_bytes(tokenizer_json) + [b""] * vocabulary)[:vocabulary]
        self.characters = np.array([_characters(content) for content in self.bytes], np.int32)
        """Characters that each token begins, up to a closing quotation mark."""
        self.single = {content: index for index, content in reversed(list(enumerate(self.bytes))) if len(content) == 1}
        self._encode = encode
        self._tokenizer = llguidance.LLTokenizer(tokenizer_json, n_vocab=vocabulary, eos_token=list(eos))
        self._known: dict[tuple[str, str], Grammar] = {}
        if missing := sorted(set(b'"') - {content[0] for content in self.single}):
            raise ModelUnavailable.of("GG858", f"the tokenizer has no token for the byte {missing[0]:#x} alone")

    @property
    def mask_width(self) -> int:
        """32-bit words of one row's mask."""
        return (self.vocabulary + 31) // 32

    def compile(self, schema: Mapping[str, JSON], opening: str = "") -> Grammar:
        """The grammar of a fragment whose text begins with `opening`.

        Raises SchemaFault (see `fragment.read`; GG852 where the opening does not fit the schema).
        """
        key = canonical(schema), opening
        if key not in self._known:
            if len(self._known) >= 4096:
                self._known.clear()
            self._known[key] = self._compile(schema, opening)
        return self._known[key]

    def _compile(self, schema: Mapping[str, JSON], opening: str) -> Grammar:
        import llguidance

        fragment = read(schema, opening)
        text = json.dumps(fragment.schema)
        source = llguidance.LLMatcher.grammar_from_json_schema(text, overrides=_OPTIONS)
        matcher = llguidance.LLMatcher(self._tokenizer, source, log_level=0)
        if matcher.is_error():
            raise SchemaFault.of("GG851", f"no text can satisfy this schema: {_first_line(matcher.get_error())}")
        if fragment.free and not matcher.consume_token(self.single[b'"']):
            raise SchemaFault.of("GG851", "no text can satisfy this schema")
        prefix = self._encode(opening.rstrip(" ")) if opening.strip() else []
        if matcher.try_consume_tokens(prefix) < len(prefix):
            raise SchemaFault.of(
                "GG852", f"the opening {opening!r} does not fit the schema", "shorten it, or widen the schema"
            )
        forced = matcher.compute_ff_tokens()
        if forced:
            matcher.consume_tokens(forced)
        return Grammar(fragment, (*prefix, *forced), matcher, self)


class Draft:
    """One candidate's text. `tokens` begin with the grammar's prefix; an end-of-text token is not among them."""

    def __init__(self, grammar: Grammar) -> None:
        self.grammar = grammar
        self.tokens = list(grammar.prefix)
        self.sampled: list[int] = []
        """Positions in `tokens` that the model chose."""
        self.cut = False
        """Whether the end was forced by a limit."""
        self._matcher = grammar.matcher.deep_copy()
        self._ended = False

    @property
    def finished(self) -> bool:
        return self._ended or bool(self._matcher.is_stopped())

    @property
    def room(self) -> int:
        """Characters that a free text may still take; a large number for any other."""
        if not self.grammar.fragment.longest:
            return 1 << 30
        return self.grammar.fragment.longest - int(self.grammar.grammars.characters[self.tokens].sum())

    @property
    def exhausted(self) -> bool:
        """Whether the token budget is used up: `close` is due."""
        return len(self.tokens) - len(self.grammar.prefix) >= self.grammar.fragment.budget

    def fill_mask(self, row: NDArray[np.int32]) -> None:
        """Write one bit per token, little end first: may it come next. `row` is contiguous, [mask_width]."""
        self._matcher.unsafe_compute_mask_ptr(row.ctypes.data, row.nbytes)

    def take(self, token: int, sampled: bool = True) -> list[int]:
        """Append a token that the mask allows. Returns it with the tokens that now follow by force."""
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
        self.tokens += [token, *forced]
        return [token, *forced]

    def close(self) -> None:
        """Bring the text to the nearest valid end without the model."""
        self.cut = True
        mask = np.zeros(self.grammar.grammars.mask_width, np.int32)
        for _ in range(_LONGEST_CLOSING):
            if self.finished:
                return
            if self._matcher.is_accepting():
                self._ended = True
                return
            self.fill_mask(mask)
            self.take(self._nearest(np.unpackbits(mask.view(np.uint8), bitorder="little").astype(bool)), sampled=False)
        raise SchemaFault.of("GG857", "the grammar found no end of the text")

    def _nearest(self, allowed: NDArray[np.bool_]) -> int:
        """The allowed token that leads to an end soonest, by simple rules that hold for JSON and for bare text."""
        single = self.grammar.grammars.single
        quote = single[b'"']
        for ending in b'}]"':
            token = single.get(bytes([ending]))
            if token is not None and allowed[token]:
                return token
        for last in b".e1":
            token = single.get(bytes([last]))
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
        content = b"".join(pieces)
        chosen = set(self.sampled)
        marks = b"".join((b"\1" if i in chosen else b"\0") * len(piece) for i, piece in enumerate(pieces))
        if self.grammar.fragment.free:
            content, marks = content[:-1], marks[:-1]
        forced = sum(1 for byte, mark in zip(content, marks, strict=True) if not mark and byte & 0xC0 != 0x80)
        text = content.decode()
        return (json.loads(f'"{text}"') if self.grammar.fragment.free else text), forced


def _characters(content: bytes) -> int:
    return sum(1 for byte in content.split(b'"')[0] if byte & 0xC0 != 0x80)


def _first_line(message: str) -> str:
    return message.strip().split("\n")[0][:300]
