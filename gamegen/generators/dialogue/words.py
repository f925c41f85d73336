"""The words of a dialogue's plan: for every text an intent, what it must say, and a plain sentence as the last resort.

A `must` speaks of the speaker in the third person ("she works at Voss Forge"), as the corpus does; a `plain` sentence
is said by the speaker ("You have found me at Voss Forge."). Of a choice it is the player's own words: "who pays?", and
"Who pays?" plainly. Templates may use, beside names: {they} {them} {their} for
the speaker, {s} and {es} for the ending of the speaker's verbs, {are} {have} {do}. What fits any world comes from the
motifs (motifs.py); here stands what is made from the world's own entries: tellings of facts, descriptions, relations,
news.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from gamegen.generators.phrases import clause, noun, sentence
from gamegen.spoken import ALSO
from gamegen.world import Character, Entity, Fact

_FORMS = {
    "she": ("she", "her", "her"),
    "he": ("he", "him", "his"),
    "they": ("they", "them", "their"),
    "it": ("it", "it", "its"),
}
_TITLES = frozenset(
    {"brother", "captain", "dame", "doctor", "father", "lady", "lord", "mother", "old", "sir", "sister"}
)
_OBJECT_AFTER = re.compile(
    r"about|against|at|behind|beside|by|for|from|near|of|on|over|to|under|with|without"
    r"|(?!(?:fear|hear|hope|know|say|see|think)s)\w+(?:s|ed)"
)
"""The word before a name that stands for an object: a preposition, or a verb that no clause follows."""
RELATIONS = {
    "owes_money": ("{they} owe{s} {other} money", "I owe {other} money."),
    "lent_money": ("{other} owes {them} money", "{other} owes me money."),
    "employs": ("{other} works for {them}", "{other} works for me."),
    "works_for": ("{they} work{s} for {other}", "I work for {other}."),
    "paid_by": ("{other} pays {them}", "{other} pays me."),
    "pays": ("{they} pay{s} {other}", "I pay {other}."),
    "avoids": ("{they} avoid{s} {other}", "I keep away from {other}."),
    "distrusts": ("{they} {do} not trust {other}", "I do not trust {other}."),
    "suspects": ("{they} suspect{s} {other}", "I suspect {other}."),
    "buys_from": ("{they} buy{s} from {other}", "I buy from {other}."),
    "sells_to": ("{they} sell{s} to {other}", "I sell to {other}."),
}
"""What a person says of somebody, by the kind of relation; any other kind is a noun: "she is Oren Tal's rival"."""


@dataclass(frozen=True, slots=True)
class Say:
    """One text to write. `facts` are the ids of the facts that it reveals."""

    intent: str
    must: str
    plain: str
    facts: tuple[str, ...] = ()


class Claims:
    """What the texts of one record say, so that none says what another one says."""

    def __init__(self) -> None:
        self._texts: set[str] = set()

    def claim(self, *says: Say) -> bool:
        """Whether all of them are new and differ, in each half as well; then they count as said."""
        parts = [{text.casefold() for text in (say.must, say.plain, *say.must.split(ALSO))} for say in says]
        texts = [text for each in parts for text in each]
        if len(set(texts)) < len(texts) or not self._texts.isdisjoint(texts):
            return False
        self._texts.update(texts)
        return True

    def snapshot(self) -> frozenset[str]:
        return frozenset(self._texts)

    def restore(self, texts: frozenset[str]) -> None:
        self._texts = set(texts)


@dataclass(frozen=True, slots=True)
class Speaker:
    """A person as the words need them."""

    name: str
    first: str
    """How somebody speaks to them."""
    role: str
    pronouns: str

    @classmethod
    def of(cls, person: Character) -> Speaker:
        words = person.name.split()
        plain = len(words) == 2 and words[0].casefold() not in _TITLES and words[0][:1].isupper()
        return cls(noun(person.name), noun(words[0] if plain else person.name), noun(person.role), person.pronouns)

    def fill(self, template: str, **names: str) -> str:
        """The template with the speaker's pronouns and verb endings, and the names."""
        return template.format(**{**_forms(self), **names})

    def say(self, intent: str, must: str, plain: str, **names: str) -> Say:
        words = {**_forms(self), **names}
        return Say(intent, must.format(**words), sentence(plain.format(**words)))

    def asks(self, intent: str, plain: str, **names: str) -> Say:
        """What the player says to the speaker."""
        return self.say(intent, asked(plain), plain, **names)

    def of_fact(self, fact: Fact, own_names: Sequence[str]) -> str:
        """The fact as a clause; a speaker whom it names speaks of themself with a pronoun."""
        they, them, their = _FORMS[self.pronouns]
        names = "|".join(re.escape(noun(name)) for name in sorted(own_names, key=lambda name: (-len(name), name)))

        def pronoun(match: re.Match[str]) -> str:
            name, owns, before = match["name"], match["owns"], match["before"]
            if owns:
                return f"{before}{their}"
            if not before:  # "they sells" is no English: somebody called they keeps the name
                return name if self.pronouns == "they" else they
            return f"{before}{them}" if _OBJECT_AFTER.fullmatch(before.strip().casefold()) else match[0]

        pattern = rf"(?P<before>(?:\b[\w’']+ )?)\b(?P<name>{names})\b(?P<owns>['’]s\b)?"
        return re.sub(pattern, pronoun, clause(fact.text), flags=re.IGNORECASE)

    def in_first_person(self, goal: str) -> str:
        """A goal as its owner says it: "clear my name"."""
        _, them, their = _FORMS[self.pronouns]
        mine = re.sub(rf"\b{their}\b(?= \w)", "my", noun(goal))
        return mine if them == their else re.sub(rf"\b{them}\b", "me", mine)


def asked(plain: str) -> str:
    """What a choice has to say, by the plain sentence: "Who pays?" is "who pays?", "I will." is "I will"."""
    as_it_is = re.match(r"(?:I\b|\{)", plain)
    return (plain if as_it_is else plain[:1].lower() + plain[1:]).rstrip(".")


@lru_cache(maxsize=256)
def _forms(speaker: Speaker) -> Mapping[str, str]:
    they, them, their = _FORMS[speaker.pronouns]
    many = speaker.pronouns == "they"
    return {
        "they": they,
        "them": them,
        "their": their,
        "s": "" if many else "s",
        "es": "" if many else "es",
        "are": "are" if many else "is",
        "have": "have" if many else "has",
        "do": "do" if many else "does",
        "name": speaker.name,
        "first": speaker.first,
        "role": speaker.role,
        "a_role": f"{'an' if speaker.role[:1].casefold() in 'aeiou' else 'a'} {speaker.role}",
    }


FORMS = frozenset({"they", "them", "their", "s", "es", "are", "have", "do", "name", "first", "role", "a_role"})
"""The placeholders that every speaker fills."""
_SEAM = re.compile(r"(?<=[.!?]) (?=[^a-z])")


def both(first: Say, second: Say) -> Say:
    """One line that says two things: the intent is the first's."""
    return Say(
        first.intent, first.must + ALSO + second.must, f"{first.plain} {second.plain}", first.facts + second.facts
    )


def head(say: Say) -> Say | None:
    """The first of two things that a line says; None for a line of one, or whose sentences do not show the seam."""
    first, also, _ = say.must.partition(ALSO)
    sentences = _SEAM.split(say.plain)
    return Say(say.intent, first, sentences[0]) if also and len(sentences) == 2 else None


def length(say: Say) -> int:
    """Words that the line has to say."""
    return len(say.must.replace(ALSO, " ").split())


@dataclass(frozen=True, slots=True)
class Subject:
    """What a question is about."""

    id: str
    type: str
    name: str

    @classmethod
    def of(cls, entity: Entity) -> Subject:
        return cls(entity.id, entity.type, noun(entity.name))


def telling(speaker: Speaker, fact: Fact, own_names: Sequence[str], creatures: bool, reports: bool = True) -> Say:
    """The line that reveals a fact. `reports` chooses between two intents for one that is open and harmless."""
    must = speaker.of_fact(fact, own_names)
    own = must != clause(fact.text)
    if fact.secret:
        intent = "confesses" if own else "reveals"
    else:
        intent = "warns" if creatures else "reports" if reports else "reveals"
    return Say(intent, must, sentence(clause(fact.text)), (fact.id,))


_VERBS = re.compile(
    r"(?<!\w)(?:is|are|was|were|has|have|had|will|would|can|may|must|should|runs|stands|lies|hangs|waits|does)(?!\w)"
)
_PHRASE = re.compile(
    r"an? |half an? |where |the (?:only|first|last|poorest|oldest|longest|largest|bare) "
    r"|(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty)(?: [\w’'-]+)? [\w’'-]+(?: of |, )"
)
_SENTENCES = re.compile(r"(?<=[.!?])\s+")


def described(name: str, description: str, most: int = 28) -> Say | None:
    """A description as clauses about the thing; None for one that does not say how it fits.

    "A low stone forge under the wall. Its chimney smokes." becomes "Voss Forge is a low stone forge under the wall;
    also: its chimney smokes", "It grinds grain." "the tide mill grinds grain"; a noun phrase must begin as one and hold
    no verb that is surely finite. most: words of both clauses; a second one that is too long is left out.
    """
    first, *rest = _SENTENCES.split(description)
    first = clause(first)
    relative = re.split(r" (?:who|which|that|where|when|and|what|since) ", first)[0]
    if _PHRASE.match(first) and (first.startswith("where ") or not _VERBS.search(relative)):
        must = f"{name} is {first}"
    elif first.startswith("it "):
        must = f"{name} {first[3:]}"
    elif first.startswith("its "):
        must = f"{name}'s {first[4:]}"
    else:
        return None
    say = Say("describes", must, sentence(must))
    second = clause(rest[0]) if rest else ""
    if not second or re.search(r"\b(?:here|you)\b", second) or len(f"{must} {second}".split()) > most:
        return say
    return both(say, Say("describes", second, sentence(second)))


def relation(speaker: Speaker, kind: str, other: str) -> Say:
    """What the speaker has to do with somebody."""
    known = RELATIONS.get(kind)
    word = noun(kind.replace("_", " "))
    must, plain = known or ("{they} {are} {other}'s {word}", "I am {other}'s {word}")
    return speaker.say("reveals", must, plain, other=other, word=word)


def news(speaker: Speaker, world: str, premise: str) -> list[tuple[Say, Say]]:
    """(question, answer) for each sentence of the world's premise that a person can say."""
    asks = ("What is new in {world}?", "What else should I know about {world}?")
    parts = [part for part in re.split(r"(?<=[.!?])\s+", premise) if 3 <= len(part.split()) <= 18]
    return [
        (speaker.asks("asks", ask, world=world), Say("reports", clause(part), sentence(clause(part))))
        for ask, part in zip(asks, parts, strict=False)
    ]
