"""Drafts that write themselves: tokens drawn at random among the allowed ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from gamegen.engine.grammar import Draft, Grammar

if TYPE_CHECKING:
    from numpy.typing import NDArray

Preference = Callable[[Draft, "NDArray[np.int64]", np.random.Generator], "NDArray[np.int64]"]
"""Narrows the allowed tokens to the ones that this model likes."""


def allowed_tokens(draft: Draft) -> NDArray[np.int64]:
    """The ids of the tokens that may come next."""
    grammars = draft.grammar.grammars
    row = np.zeros(grammars.mask_width, np.int32)
    draft.fill_mask(row)
    bits = np.unpackbits(row.view(np.uint8), count=grammars.vocabulary, bitorder="little")
    return np.flatnonzero(bits)


def evenly(draft: Draft, allowed: NDArray[np.int64], noise: np.random.Generator) -> NDArray[np.int64]:
    return allowed


def shortest(draft: Draft, allowed: NDArray[np.int64], noise: np.random.Generator) -> NDArray[np.int64]:
    """Tokens of the fewest bytes."""
    lengths = np.array([len(draft.grammar.grammars.bytes[token]) for token in allowed])
    return allowed[lengths == lengths.min()]


def longest(draft: Draft, allowed: NDArray[np.int64], noise: np.random.Generator) -> NDArray[np.int64]:
    """Tokens of the most characters: texts run into their bounds at once."""
    lengths = np.array([len(draft.grammar.grammars.bytes[token]) for token in allowed])
    return allowed[lengths == lengths.max()]


def endless(draft: Draft, allowed: NDArray[np.int64], noise: np.random.Generator) -> NDArray[np.int64]:
    """Tokens that end nothing, as far as there are any."""
    going = [token for token in allowed if not set(draft.grammar.grammars.bytes[token]) & set(b'"]}')]
    return np.array(going, np.int64) if going else allowed


def stubborn(draft: Draft, allowed: NDArray[np.int64], noise: np.random.Generator) -> NDArray[np.int64]:
    """The same token again and again, as long as it may come."""
    last = draft.tokens[-1:] or [0]
    return allowed[allowed == last[0]] if last[0] in allowed else allowed


def hasty(draft: Draft, allowed: NDArray[np.int64], noise: np.random.Generator) -> NDArray[np.int64]:
    """Tokens that end one string and begin the next, or hold a whole one."""
    crossing = draft.grammar.grammars.tokens.crossing
    wanted = [token for token in allowed if token in crossing]
    return np.array(wanted, np.int64) if wanted else allowed


def eager(words: Sequence[str]) -> Preference:
    """Tokens that spell one of the words, behind a space: a model that longs for what it must not say."""

    def preference(draft: Draft, allowed: NDArray[np.int64], noise: np.random.Generator) -> NDArray[np.int64]:
        contents = draft.grammar.grammars.bytes
        held = b"".join(contents[token] for token in draft.tokens[-12:])
        wanted = []
        for word in words:
            goal = f" {word}.".encode()
            begun = max((n for n in range(len(goal)) if n == 0 or held.lower().endswith(goal[:n].lower())), default=0)
            rest = goal[begun:].lower()
            wanted += [token for token in allowed if contents[token] and rest.startswith(contents[token].lower())]
        return np.array(wanted, np.int64) if wanted else allowed

    return preference


PREFERENCES: tuple[Preference, ...] = (evenly, shortest, longest, endless, stubborn, hasty)


def advance(draft: Draft, noise: np.random.Generator, preference: Preference = evenly) -> bool:
    """Take one token, or close the draft where it is due. Returns whether there is more to write."""
    if draft.finished:
        return False
    allowed = allowed_tokens(draft)
    if draft.exhausted or not len(allowed):
        draft.close()
        return False
    draft.take(int(noise.choice(preference(draft, allowed, noise))))
    return not draft.finished


def walk(grammar: Grammar, seed: int, preference: Preference = evenly) -> Draft:
    """A finished draft."""
    draft, noise = Draft(grammar), np.random.default_rng(seed)
    while advance(draft, noise, preference):
        pass
    return draft


def follow(grammar: Grammar, text: str) -> Iterator[Draft]:
    """The draft that writes this very text, at the beginning and behind each token, as far as it is allowed."""
    draft, contents = Draft(grammar), grammar.grammars.bytes
    wanted = text.encode() + b'"' * grammar.fragment.free
    while wanted.startswith(held := b"".join(contents[token] for token in draft.tokens)):
        yield draft
        token = grammar.grammars.tokens.single.get(wanted[len(held) : len(held) + 1])
        if token is None or draft.finished or not draft.allows([token])[0]:
            return
        draft.take(token)


def writes(grammar: Grammar, text: str) -> bool:
    """Whether the grammar writes this very text."""
    (eos,) = grammar.grammars.eos
    for draft in follow(grammar, text):
        held = b"".join(grammar.grammars.bytes[token] for token in draft.tokens)
        if held == text.encode() + b'"' * grammar.fragment.free and (draft.finished or draft.allows([eos])[0]):
            return True
    return False
