"""Schema fragments compiled for a tokenizer, by llguidance.

A fragment is compiled once into a `Grammar`; each candidate gets a copy of its matcher (`draft.Draft`). A string is
written bare: its opening quotation mark stands at the end of the prompt, its closing one ends the text. The characters
of an open text are counted outside the grammar (see `fields`).
"""

from __future__ import annotations

import unicodedata
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gamegen.engine import lark, words
from gamegen.engine.closing import find_end
from gamegen.engine.draft import Draft
from gamegen.engine.fields import Scanner, Text
from gamegen.engine.fragment import Fragment, read, source
from gamegen.engine.satisfying import first_line, limits
from gamegen.engine.tokens import QUOTE, Tokens
from gamegen.errors import ModelUnavailable, SchemaFault
from gamegen.records import JSON

__all__ = ["Draft", "Grammar", "Grammars"]

_MOST_COMPILED = 128
"""Grammars that are kept. Each takes about 0.6 MB, once used, and as much again for each 2,000 of `Fragment.states`."""
_CONTROLS = ("Cc", "Cs", "Zl", "Zp")


@dataclass(frozen=True, slots=True)
class Grammar:
    """A compiled fragment.

    opening: words that every text begins with.
    prefix:  tokens that every text begins with (the opening, then what the schema forces): no candidate samples them.
    scanner: behind the prefix; None where no place in the document matters.
    """

    fragment: Fragment
    opening: str
    prefix: tuple[int, ...]
    matcher: Any
    scanner: Scanner | None
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

        self.tokens = Tokens(tokenizer_json, vocabulary)
        self.vocabulary = vocabulary
        self.mask_width = self.tokens.width
        """32-bit words of one row's mask."""
        self.eos = frozenset(eos)
        self.bytes = self.tokens.bytes
        self.characters = self.tokens.characters
        """[V] characters that each token begins, up to a closing quotation mark."""
        if QUOTE not in self.tokens.single:
            raise ModelUnavailable.of("GG858", "the tokenizer has no token for a quotation mark alone")
        self._encode = encode
        self._tokenizer = llguidance.LLTokenizer(tokenizer_json, n_vocab=vocabulary, eos_token=list(eos))
        self._known: OrderedDict[tuple[str, str, tuple[str, ...]], Grammar] = OrderedDict()

    def compile(
        self, schema: Mapping[str, JSON], opening: str = "", avoid: Sequence[str] = (), max_tokens: int | None = None
    ) -> Grammar:
        """The grammar of a fragment whose text begins with `opening`, and whose open strings have no word of `avoid`.

        Raises SchemaFault (see `fragment.read`; GG852 where the opening does not fit the schema, GG859 where the bounds
        can need more than `max_tokens`).
        """
        key = source(schema), opening, words.cleaned(avoid)  # unsorted: properties keep their order in the document
        if key not in self._known:
            self._known[key] = self._compile(schema, opening, key[2])
            while (
                len(self._known) > 1
                and sum(1 + one.fragment.states // 2000 for one in self._known.values()) > _MOST_COMPILED
            ):
                self._known.popitem(last=False)
        self._known.move_to_end(key)
        grammar = self._known[key]
        if max_tokens is not None and grammar.fragment.budget > max_tokens:
            raise _too_long(grammar.fragment, max_tokens)
        return grammar

    def count(self, tokens: Sequence[int]) -> int:
        """Characters of a free text that the tokens add."""
        return self.tokens.count(tokens)

    def _compile(self, schema: Mapping[str, JSON], opening: str, avoid: tuple[str, ...]) -> Grammar:
        import llguidance

        if any(unicodedata.category(character) in _CONTROLS for character in opening):
            raise _unfit(opening, "is not one line of text")
        fragment = read(schema, opening, avoid)
        if word := words.found(_avoided(fragment), opening):
            raise _unfit(opening, f"has the word {word!r}, which is to be avoided")
        text = llguidance.LLMatcher.grammar_from_lark(lark.grammar(fragment.schema, fragment.free))
        matcher = llguidance.LLMatcher(self._tokenizer, text, log_level=0, limits=limits())
        if matcher.is_error():
            raise SchemaFault.of("GG102", f"the grammar cannot hold this: {first_line(matcher.get_error())}", where="$")
        # The last space belongs to the token of the next word, and the grammar asks for it there.
        prefix = self._encode(opening.rstrip(" ")) if opening.strip() else []
        if matcher.try_consume_tokens(prefix) < len(prefix):
            raise _unfit(opening, "does not fit the schema")
        forced = matcher.compute_ff_tokens()
        matcher.consume_tokens(forced)
        scanner = None
        if fragment.place is not None:
            scanner = Scanner(fragment.place, fragment.free)
            if fragment.free:
                scanner.begin(opening.rstrip(" ") if prefix else "")
            for token in forced if fragment.free else (*prefix, *forced):
                scanner.feed(self.bytes[token])
        grammar = Grammar(fragment, opening, (*prefix, *forced), matcher, scanner, self)
        if opening:
            self._check_room(grammar)
        return grammar

    def _check_room(self, grammar: Grammar) -> None:
        """That the opening leaves a text, and the text room to go on."""
        scanner = grammar.scanner
        if not grammar.prefix and not any(self.tokens.others(grammar.matcher.deep_copy())):
            raise _unfit(grammar.opening, "does not fit the schema")
        if scanner is None or scanner.bounds is None:
            return
        bounds, matcher = scanner.bounds, grammar.matcher.deep_copy()
        end = find_end(matcher, self.tokens.spell, self.tokens.others, bounds, scanner.length, scanner.missing)
        if end is None or scanner.length + max(scanner.needs) > bounds.longest:
            raise _unfit(grammar.opening, f"leaves no room in {bounds.longest} characters")


def _avoided(fragment: Fragment) -> tuple[str, ...]:
    """The words that a bare text avoids."""
    text: Text | None = fragment.schema.get("x-gamegen") if fragment.free else None
    return text.avoid if text is not None else ()


def _unfit(opening: str, problem: str) -> Exception:
    return SchemaFault.of("GG852", f"the opening {opening!r} {problem}", "shorten it, or widen the schema")


def _too_long(fragment: Fragment, most: int) -> Exception:
    where, tokens = fragment.largest
    return SchemaFault.of(
        "GG859",
        f"expected bounds that {most} tokens can hold, found bounds that can need {fragment.budget}, {tokens} here",
        "lower the bounds of the schema, or raise max_tokens",
        where=where,
    )
