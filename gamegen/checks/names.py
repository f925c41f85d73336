"""Names in a text that world and project do not know.

A capital in the middle of an English sentence is a name, unless it stands in a list of words that always carry one
(months, titles, peoples). At the start of a sentence a capital proves nothing: there only common given names count.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher

from gamegen.checks.vocabulary import CALENDAR, GIVEN_NAMES, PEOPLES, TITLES
from gamegen.records import Finding

_TOKEN = re.compile(r"[^\W\d_]+(?:['’\-][^\W\d_]+)*")
_OPENS = re.compile(r"(?:^|[.!?…:;]['’)»]?\s+[‘'’(«]?|\)\s+|[—–]\s*|(?<!\w)['‘“(«]|\.\.\.\s*)$")
"""What stands before a word that begins a sentence or a quotation."""
_ALWAYS = CALENDAR | PEOPLES | TITLES | {"i", "ok", "tv", "sos"}


_TURNED = ("her", "his", "their")
_OTHERS = ("my", "your", "our", *_TURNED)
_WHOLE = ("self", "selves")
"""What makes a pronoun of its own: "herself" is said "myself" with right."""
ALIKE = 0.7
"""Likeness from which a foreign word counts as a misspelt name."""


def known_tokens(names: Iterable[str]) -> frozenset[str]:
    """All words of the names and texts given, as `foreign` compares them."""
    return frozenset(_singular(part) for name in names for token in _TOKEN.findall(name) for part in _parts(token))


def foreign(text: str, known: frozenset[str]) -> list[Finding]:
    """A finding for each capitalised word that names nobody and nothing known. `known` comes from `known_tokens`."""
    return [
        Finding("GG609", f"expected names of this world, found {token!r}", "use a name that the world has, or add it")
        for token in dict.fromkeys(match[0] for match in _foreign(text, known))
    ]


def respelled(text: str, known: frozenset[str], names: Iterable[str]) -> tuple[str, int]:
    """The text with each misspelt name as `names` have it, and how many of its characters were put in.

    A foreign word counts as misspelt if just one word of the names begins with the same letter and is like it
    (Ratcliff and Obershelp, 0.7); a small model writes "Toller" for "Tolliver", again and again. So does a word whose
    beginning was taken for a pronoun and turned: "the knife myon" for "the knife heron".
    """
    names = tuple(names)
    text, put = _turned_back(text, known, names)
    spellings = sorted({token for name in names for token in _TOKEN.findall(name) if token[0].isupper()})
    pieces, end = [], 0
    for match in _foreign(text, known):
        bare = re.sub(r"['’].*$", "", match[0])
        like = [
            word
            for word in spellings
            if word[0] == bare[0] and SequenceMatcher(None, bare.casefold(), word.casefold()).ratio() >= ALIKE
        ]
        if len(like) == 1:
            pieces += [text[end : match.start()], like[0]]
            end = match.start() + len(bare)
            put += len(like[0])
    return "".join([*pieces, text[end:]]), put


def _turned_back(text: str, known: frozenset[str], names: Iterable[str]) -> tuple[str, int]:
    """The text without turned beginnings, and how many characters that put in."""
    meant: dict[str, str] = {}
    for word in sorted({token.casefold() for name in names for token in _TOKEN.findall(name)}):
        for pronoun in _TURNED:
            rest = word.removeprefix(pronoun)
            if rest != word and len(rest) > 1 and rest not in _WHOLE:
                meant |= {other + rest: word for other in _OTHERS if _singular(other + rest) not in known}
    put = 0

    def back(match: re.Match[str]) -> str:
        nonlocal put
        word = meant.get(match[0].casefold())
        if word is None:
            return match[0]
        put += len(word)
        return word.capitalize() if match[0][0].isupper() else word

    return _TOKEN.sub(back, text), put


def _foreign(text: str, known: frozenset[str]) -> Iterator[re.Match[str]]:
    for match in _TOKEN.finditer(text):
        token = match[0]
        if not token[0].isupper() or (len(token) > 1 and token.isupper()):
            continue
        parts = _parts(token)
        if parts[0] in _ALWAYS or any(_singular(part) in known for part in parts):
            continue
        opens = _OPENS.search(text[: match.start()]) is not None
        if opens and parts[0] not in GIVEN_NAMES:
            continue
        yield match


def _parts(token: str) -> list[str]:
    """The words of a token: "Voss’s" is voss, "I'm" is i, "Salt-Beard" is salt and beard."""
    return [re.sub(r"['’].*$", "", part).casefold() or part.casefold() for part in token.split("-")]


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") else word
