"""Words that a text must avoid or mention, as regular expressions: whole words, in any letter case.

A word ends where the next character is no letter, digit or mark. Two spellings are the same word where Unicode's case
folding maps them character by character ("ſ" and "s", "K" and "k"), where one is composed and the other decomposed
(NFC, NFD), and where an apostrophe is straight or curly. Not covered: foldings that change the number of characters
("ß" is not "ss"), inflected forms ("robots" is not "robot"), and letters that only look alike.
"""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Iterable, Sequence

from gamegen.engine.profile import escape

_APOSTROPHES = "'’"
_FOLDED = 0x1F000  # no character above has a case that folds to another one of this range
_IN_WORDS = "LNM"  # categories of letters, numbers and marks


def cleaned(words: Iterable[str]) -> tuple[str, ...]:
    """The words in one order, each once, with single spaces between; empty ones are left out."""
    return _cleaned(tuple(words))


@functools.lru_cache(maxsize=256)
def _cleaned(words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted({unicodedata.normalize("NFC", " ".join(word.split())) for word in words if word.strip()}))


@functools.lru_cache(maxsize=256)
def contains(words: tuple[str, ...], letters: str) -> str:
    """The expression of every text that has one of the words.

    letters: the class, without brackets, of all letters, digits and marks that the text can have at all.
    """
    spelt = "|".join(spelling(word) for word in words)
    return f"(?:(?s:.*)[^{letters}])?(?:{spelt})(?:[^{letters}](?s:.*))?"


def spelling(word: str) -> str:
    """The expression of a word in any letter case, normal form and apostrophe."""
    return "".join(_spellings(character) for character in word)


def found(words: Iterable[str], text: str) -> str:
    """The first of the words that the text has, or nothing: what `contains` says, for a text at hand."""
    text = _plain(text)
    return next((word for word in words if _has(text, _plain_word(word))), "")


def _has(text: str, word: str) -> bool:
    start = text.find(word)
    while start >= 0:
        end = start + len(word)
        if not (_in_word(text[start - 1 : start]) or _in_word(text[end : end + 1])):
            return True
        start = text.find(word, start + 1)
    return False


def escape_length(words: Sequence[str]) -> int:
    """Characters that always suffice to make the end of a text another word than all of these.

    With one more of the 36 plain letters and digits a text ends in 36 different words, with two more in 1,296, and
    each word can be the end of one of them.
    """
    length = 0
    while words and 36**length <= len(words):
        length += 1
    return length


@functools.lru_cache(maxsize=1024)
def _spellings(character: str) -> str:
    if character in _APOSTROPHES:
        return f"[{_APOSTROPHES}]"
    forms = sorted(_same(character) | {character})
    decomposed = sorted({form for form in (unicodedata.normalize("NFD", c) for c in forms) if len(form) > 1})
    alternatives = [escape(form) for form in (*forms, *decomposed)]
    return alternatives[0] if len(alternatives) == 1 else f"(?:{'|'.join(alternatives)})"


def _same(character: str) -> frozenset[str]:
    return _folds().get(_fold(character), frozenset())


@functools.cache
def _folds() -> dict[str, frozenset[str]]:
    """A folded character -> all that fold to it."""
    groups: dict[str, set[str]] = {}
    for code in range(_FOLDED):
        character = chr(code)
        if _fold(character) != character:
            groups.setdefault(_fold(character), {_fold(character)}).add(character)
    return {folded: frozenset(group) for folded, group in groups.items()}


def _fold(character: str) -> str:
    folded = character.casefold()
    if len(folded) == 1:
        return folded
    lowered = character.lower()  # "ẞ" folds to two characters, but its small letter is one
    return lowered if len(lowered) == 1 else character


def _plain(text: str) -> str:
    folded = "".join(map(_fold, unicodedata.normalize("NFC", text)))
    return unicodedata.normalize("NFD", folded).replace("’", "'")


_plain_word = functools.lru_cache(maxsize=1024)(_plain)


def _in_word(character: str) -> bool:
    return bool(character) and unicodedata.category(character)[0] in _IN_WORDS
