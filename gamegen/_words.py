"""Words of a text as the checks and the score compare them: folded case, plain apostrophes, rough stems."""

from __future__ import annotations

import re
from functools import lru_cache

_WORD = re.compile(r"[^\W_]+(?:['’\-][^\W_]+)*")
_SUFFIXES = ("ings", "ing", "ers", "ies", "ied", "ed", "es", "er", "ly", "s", "y", "d")


def word_set(words: str) -> frozenset[str]:
    """The words of a list written as text."""
    return frozenset(words.split())


STOP_WORDS = word_set(
    """
    a about after again all also am an and any anyone anything are as ask asked asks at away back be because been
    before being but by came can cannot claim claims come comes could did do does done down each else even ever
    every for from get gets go goes going gone got had has have he her here hers him himself his how i if in into
    is it its itself just know knows let made make makes may me mention mentions might mine more most much must my
    myself never next no nobody not nothing now of off on once one only or other our out over own player put said
    say says shall she should so some someone something still such take takes tell tells than that the their them
    then there these they thing things this those though to too until up upon us very wants was we well went were
    what when where which while who whom whose why will with without won't would yes you your yours
    """
)
"""Words that carry no content of their own: a text that shares only these with its `must` does not say it."""


def words(text: str) -> list[str]:
    """The words of a text in order, lower case, with plain apostrophes ("Don’t" is "don't")."""
    return [word.replace("’", "'").casefold() for word in _WORD.findall(text)]


@lru_cache(maxsize=16384)
def stem(word: str) -> str:
    """A rough stem, so that "selling", "sells" and "sell" are one word. Not linguistics: comparing is all it is for."""
    word = word.casefold().replace("’", "'").removesuffix("'s").removesuffix("'")
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= 3:
            word = word[: -len(suffix)]
            break
    if len(word) > 3 and word[-1] == word[-2]:
        word = word[:-1]
    return word.removesuffix("e") if len(word) > 3 else word


def folded(text: str) -> str:
    """What makes two texts read the same: letters and digits alone."""
    return "".join(filter(str.isalnum, text.casefold()))


@lru_cache(maxsize=16384)
def content_stems(text: str) -> tuple[str, ...]:
    """The different stems of the words that carry content, in order of their first place."""
    found: dict[str, None] = {}
    for word in words(text):
        for part in word.split("-"):
            if len(part) > 1 and part not in STOP_WORDS:
                found.setdefault(stem(part))
    return tuple(found)


def coverage(must: str, text: str) -> float:
    """How much of what must be said is said: the share of its content stems that the text holds, 0 to 1."""
    wanted = content_stems(must)
    if not wanted:
        return 1.0
    held = set(content_stems(text))
    return sum(word in held for word in wanted) / len(wanted)
