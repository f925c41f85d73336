"""Turns a card's `must` into plain speech: from "she owes the guild money" to "I owe the guild money".

A `must` tells of the speaker and the player in the third person; that of a choice is in the player's own words. A small
model repeats the person it reads, so prompts show it the clause as the speaker would say it. English only, and careful:
who is not surely the speaker stays.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from gamegen._words import word_set, words

ALSO, NEXT = "; also: ", "; next: "
"""What joins two things that one text must say: two of one speaker, and in a journal what was done and what is next."""

_OWN = {
    "she": {"she": "I", "her": "my", "hers": "mine", "herself": "myself"},
    "he": {"he": "I", "his": "my", "him": "me", "himself": "myself"},
    "they": {"they": "I", "their": "my", "them": "me", "themself": "myself", "themselves": "myself"},
    "it": {"it": "I", "its": "my", "itself": "myself"},
}
_HEADS = {"she": "she", "her": "she", "he": "he", "his": "he", "him": "he", "they": "they", "their": "they"}
_OTHERS = frozenset({"she", "her", "he", "his", "him"})
"""A clause that begins so is about its speaker, by the rule of the corpus."""

_VERBS = {"has": "have", "is": "am", "does": "do", "goes": "go", "are": "am", "were": "was", "isn't": "am not"}
_AUXILIARIES = word_set("has is was had cannot can will would won't doesn't does never always only")
_KEPT = frozenset({"was", "as", "always", "this", "its", "his", "us", "thus", "perhaps", "sometimes", "once"})
_PLAYER = (
    (r"\bthe player['’]s\b(?= \w)", "your"),
    (r"\bthe player['’]s\b", "yours"),
    (r"\bthe player has\b", "you have"),
    (r"\bthe player is\b", "you are"),
    (r"\bthe player was\b", "you were"),
    (r"\bthe player does\b", "you do"),
)
_ACTS = re.compile(r"\bthe player(?: (?!\w*ss\b)(\w+s)\b)?", re.IGNORECASE)
"""The player, and what looks like a verb after it."""
_CLAIM = re.compile(r"^(?:she|he|they|it) (?:claim|say)s? (?:that )?", re.IGNORECASE)
"""What a liar claims is said as if it were so."""
_WORD = re.compile(r"[\w'’]+")


@lru_cache(maxsize=4096)
def to_player(clause: str) -> str:
    """The clause said to the player: "the player found the key" becomes "you found the key"."""
    return _by_part(_to_player, clause)


def _to_player(clause: str) -> str:
    for pattern, told in _PLAYER:
        clause = re.sub(pattern, told, clause, flags=re.IGNORECASE)
    return _ACTS.sub(lambda found: f"you {_first_person(found[1])}" if found[1] else "you", clause)


def parts_of(must: str) -> list[str]:
    """The things that a `must` asks for, one or more."""
    return must.replace(NEXT, ALSO).split(ALSO)


def _by_part(say: Callable[[str], str], must: str) -> str:
    """Each part said by itself; those after the first begin a sentence of their own."""
    first, *others = must.split(ALSO)
    return ". ".join([say(first), *(capital(say(part)) for part in others)])


@lru_cache(maxsize=4096)
def spoken(must: str) -> str:
    """What a `must` asks for as its speaker says it to the player, each part by itself.

    A clause that begins with a pronoun is about the speaker ("she owes …", "her brother …"), and so is the first "she"
    or "he" of one that begins with the player ("the player found her key"); in any other it may be somebody else.
    """
    return _by_part(_spoken, must)


def _spoken(clause: str) -> str:
    clause = _CLAIM.sub("", _to_player(clause))
    said = words(clause)
    head = said[0] if said else ""
    if head in ("you", "your"):
        head = next((word for word in said if word in _OTHERS), "")
    if head not in _HEADS:
        return clause
    own = _HEADS[head]
    tokens = re.findall(r"[\w'’]+|[^\w'’]+", clause)
    result: list[str] = []
    subject = False
    for place, token in enumerate(tokens):
        word = token.casefold()
        if not _WORD.fullmatch(token):
            result.append(token)
            continue
        if word in _OWN[own]:
            subject = word == own
            result.append(_as_object(tokens, place) if own == "she" and word == "her" else _OWN[own][word])
            continue
        result.append((_VERBS.get(word, word) if own == "they" else _first_person(word)) if subject else token)
        subject = subject and word in ("never", "always", "only", "still", "not", "also")
    return "".join(result)


def _as_object(tokens: list[str], place: int) -> str:
    """ "her" before a word is "my", at the end of a clause or before a preposition "me"."""
    following = next((token.casefold() for token in tokens[place + 1 :] if token.strip()), ".")
    return "my" if re.match(r"\w", following) and following not in _PREPOSITIONS else "me"


def _first_person(verb: str) -> str:
    """The verb after "I" (after "you" as well, but for the forms of "be")."""
    if verb in _VERBS:
        return _VERBS[verb]
    if not verb.endswith("s") or verb in _KEPT or verb.endswith("ss"):
        return verb
    if verb.endswith("ies") and len(verb) > 4:
        return verb[:-3] + "y"
    if re.search(r"(?:sh|ch|ss|x|zz)es$", verb):
        return verb[:-2]
    return verb[:-1]


_PREPOSITIONS = word_set("at by for from in into of off on out over to up with and or but after before when")


def role(who: str) -> str:
    """What a person is, with an article: "Mira Voss, blacksmith" is "a blacksmith"; without a role, the name."""
    name, comma, what = who.partition(", ")
    if not comma:
        return name
    if what.split(" ", 1)[0] in ("a", "an", "the") or what.endswith("'s") or what[:1].isupper():
        return what
    return f"{'an' if what[:1] in 'aeiou' else 'a'} {what}"


def capital(text: str) -> str:
    """The text with a capital first letter; the others stay."""
    return text[:1].upper() + text[1:]


def ended(text: str) -> str:
    """The text with a stop, unless it ends with a question or exclamation mark."""
    return text if text.endswith(("?", "!")) else text.rstrip(".") + "."


def told_of(must: str, pronouns: str) -> str:
    """What is told of a person, with the person as its subject: "keeps a cat" of a she is "She keeps a cat"."""
    first = must.split(" ", 1)[0]
    verb = first in _AUXILIARIES or (first.endswith("s") and not first.endswith("ss") and first not in _KEPT)
    return f"{capital(pronouns)} {must}" if verb and pronouns in ("she", "he") else capital(must)


def noted(must: str) -> str:
    """A journal's `must` as sentences: "the player has the key; next: sell it" is "You have the key. Sell it."."""
    return " ".join(f"{capital(part)}." for part in to_player(must).rstrip(".").split(NEXT))


FILTERS: dict[str, Callable[..., str]] = {
    "capital": capital,
    "ended": ended,
    "noted": noted,
    "role": role,
    "spoken": spoken,
    "told_of": told_of,
    "to_player": to_player,
}
"""What templates may use, beside Jinja's own."""
