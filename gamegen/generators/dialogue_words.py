"""The words of a dialogue's plan: for every text an intent, what it must say, and a plain sentence as the last resort.

A `must` speaks of the speaker in the third person ("she works at Voss Forge"), as the corpus does; a `plain` sentence
is said by the speaker ("You have found me at Voss Forge."). Templates may use, beside names: {they} {them} {their} for
the speaker, {s} and {es} for the ending of the speaker's verbs, {are} {have} {do}.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gamegen._random import Stream
from gamegen.generators.phrases import clause, noun, sentence
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
        they, them, their = _FORMS[self.pronouns]
        many = self.pronouns == "they"
        return template.format(
            they=they,
            them=them,
            their=their,
            s="" if many else "s",
            es="" if many else "es",
            are="are" if many else "is",
            have="have" if many else "has",
            do="do" if many else "does",
            name=self.name,
            first=self.first,
            role=self.role,
            a_role=f"{'an' if self.role[:1].casefold() in 'aeiou' else 'a'} {self.role}",
            **names,
        )

    def say(self, intent: str, must: str, plain: str, facts: tuple[str, ...] = (), **names: str) -> Say:
        return Say(intent, self.fill(must, **names), sentence(self.fill(plain, **names)), facts)

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


@dataclass(frozen=True, slots=True)
class Subject:
    """What a question is about."""

    id: str
    type: str
    name: str

    @classmethod
    def of(cls, entity: Entity) -> Subject:
        return cls(entity.id, entity.type, noun(entity.name))


_QUESTIONS = {
    "item": ("what became of {subject}", "What became of {subject}?"),
    "character": ("what {they} know{s} of {subject}", "What do you know of {subject}?"),
    "location": ("what is happening at {subject}", "What is happening at {subject}?"),
    "faction": ("what {they} think{s} of {subject}", "What do you think of {subject}?"),
    "creature": ("what {they} know{s} about {subject}", "What do you know about {subject}?"),
    "world": ("what people say in {subject}", "What do people say in {subject}?"),
}


def question(speaker: Speaker, subject: Subject) -> Say:
    must, plain = _QUESTIONS[subject.type]
    return speaker.say("asks", must, plain, subject=subject.name)


def telling(speaker: Speaker, fact: Fact, own_names: Sequence[str], creatures: bool, stream: Stream) -> Say:
    """The line that reveals a fact."""
    must = speaker.of_fact(fact, own_names)
    own = must != clause(fact.text)
    if fact.secret:
        intent = "confesses" if own else "reveals"
    else:
        intent = "warns" if creatures else stream.choice(("reports", "reveals"))
    return Say(intent, must, sentence(clause(fact.text)), (fact.id,))


def greetings(speaker: Speaker, place: str, world: str) -> list[Say]:
    result = [
        speaker.say("greets", "{they} {are} the {role} here", "I am the {role} here, if that is whom you want"),
        speaker.say("greets", "nobody has come by all day", "You are the first to come by all day"),
        speaker.say(
            "greets",
            "{they} {have} not seen the player in {world} before",
            "I have not seen you in {world} before",
            world=world,
        ),
    ]
    if place:
        result += (
            speaker.say("greets", "the player has come to {place}", "Welcome to {place}", place=place),
            speaker.say("greets", "few visitors come to {place}", "Few visitors come to {place}", place=place),
        )
    return result


def pauses(speaker: Speaker) -> list[Say]:
    """Lines of a hub: they are heard each time the player comes back to it."""
    return [
        speaker.say("greets", "the player may ask another question", "You may ask me another question"),
        speaker.say("greets", "{they} {have} time for one more question", "There is time for one more question"),
        speaker.say("greets", "{they} {are} still listening", "I am still listening to you"),
        speaker.say(
            "deflects", "{they} {have} work to do, so the player should be quick", "I have work to do, so be quick"
        ),
        speaker.say("jokes", "questions are free and answers are not", "Questions are free. Answers are not"),
    ]


def farewells(speaker: Speaker, place: str, link: str) -> list[Say]:
    result = [
        speaker.say("says_goodbye", "{they} {have} work to finish", "Go well. I have work to finish"),
        speaker.say(
            "says_goodbye", "the player should come back before dark", "Come back before dark, if you come back"
        ),
    ]
    if place:
        result.append(
            speaker.say(
                "says_goodbye",
                "the player can find {them} at {place}",
                "You know where to find me: {place}",
                place=place,
            )
        )
    if link:
        result.append(
            speaker.say("says_goodbye", "the road to {link} is open", "The road to {link} is open. Go well", link=link)
        )
    return result


def leavings(speaker: Speaker, place: str, link: str) -> list[Say]:
    result = [
        speaker.say("leaves", "has kept {first} from work for too long", "I have kept you from your work, {first}")
    ]
    if link:
        result.append(speaker.say("leaves", "has to go to {link}", "I have to go to {link} now", link=link))
    if place:
        result.append(
            speaker.say("leaves", "will come back to {place} later", "I will come back to {place} later", place=place)
        )
    return result


def backs(speaker: Speaker, subject: str) -> list[Say]:
    """What the player says to return to the hub."""
    return [
        speaker.say("agrees", "that is enough about {subject}", "That is enough about {subject}", subject=subject),
        speaker.say(
            "asks",
            "another question, not about {subject}",
            "Another question, and not about {subject}",
            subject=subject,
        ),
        speaker.say(
            "jokes",
            "{subject} sounds like trouble",
            "{subject} sounds like more trouble than it is worth",
            subject=subject,
        ),
        speaker.say(
            "agrees",
            "will remember what {first} said of {subject}",
            "I will remember that of {subject}",
            subject=subject,
        ),
    ]


@dataclass(frozen=True, slots=True)
class Approach:
    """A way to press somebody: the skill, what the player says, and how it goes down."""

    skill: str
    choice: Say
    success: Say
    failure: Say


def approaches(speaker: Speaker, subject: str, place: str, faction: str) -> list[Approach]:
    def say(intent: str, must: str, plain: str) -> Say:
        return speaker.say(intent, must, plain, subject=subject, place=place, faction=faction)

    result = [
        Approach(
            "persuasion",
            say("persuades", "{first} can trust the player about {subject}", "You can trust me about {subject}"),
            say(
                "reacts_success", "{they} will talk about {subject} after all", "All right. I will talk about {subject}"
            ),
            say("refuses", "{they} will not talk about {subject}", "I will not talk about {subject}"),
        ),
        Approach(
            "insight",
            say("accuses", "{first} is hiding something about {subject}", "You are hiding something about {subject}"),
            say(
                "reacts_success",
                "the player has guessed right about {subject}",
                "You have guessed right about {subject}",
            ),
            say("deflects", "asked about {subject}", "{subject}? I would sooner talk about the weather"),
        ),
        Approach(
            "intimidation",
            say("threatens", "{first} must talk about {subject}", "Talk about {subject}, before I lose my temper"),
            say(
                "reacts_success",
                "{they} will talk about {subject} if the player calms down",
                "Calm down. I will talk about {subject}",
            ),
            say("threatens", "the player must leave {place} at once", "Leave {place} at once, while you can walk")
            if place
            else say("threatens", "the player must leave at once", "Leave at once, while you can still walk"),
        ),
    ]
    if faction:
        result.append(
            Approach(
                "deception",
                say("lies", "claims to work for {faction}", "I work for {faction}, as it happens"),
                say(
                    "reacts_success",
                    "{they} will talk to anyone from {faction}",
                    "Why did you not say {faction} sent you?",
                ),
                say(
                    "insults",
                    "the player does not work for {faction}",
                    "You do not work for {faction}, not with that face",
                ),
            )
        )
    return result


def truth(speaker: Speaker, subject: str) -> Say:
    return speaker.say("asks", "the truth about {subject}", "Tell me the truth about {subject}", subject=subject)


def afterthoughts(speaker: Speaker, secret: bool, world: str) -> list[Say]:
    """Second lines after a fact."""
    if secret:
        return [
            speaker.say("asks_help", "the player must tell nobody", "You must tell nobody what I said"),
            speaker.say("warns", "{they} will deny every word", "I will deny every word of it"),
        ]
    return [
        speaker.say("reports", "all of {world} talks about it", "All of {world} talks about it", world=world),
        speaker.say(
            "grieves", "nobody in {world} sleeps well because of it", "Nobody in {world} sleeps well now", world=world
        ),
    ]


def relation(speaker: Speaker, kind: str, other: str) -> tuple[Say, Say]:
    """The question about somebody, and the answer."""
    known = RELATIONS.get(kind)
    word = kind.replace("_", " ")
    must, plain = known or (f"{{they}} {{are}} {{other}}'s {word}", f"I am {{other}}'s {word}")
    return (
        speaker.say("asks", "what {they} think{s} of {other}", "What do you think of {other}?", other=other),
        speaker.say("reveals", must, plain, other=other),
    )


def danger(speaker: Speaker, creature: str, place: str) -> tuple[Say, Say]:
    return (
        speaker.say("asks", "what is dangerous near {place}", "What is dangerous near {place}?", place=place),
        speaker.say(
            "warns",
            "{creature} hunts near {place}",
            "Be careful: {creature} hunts near {place}",
            creature=creature,
            place=place,
        ),
    )


def shown(speaker: Speaker, item: str) -> tuple[Say, Say]:
    return (
        speaker.say("persuades", "look at {item}", "Look at {item}. I carried it here", item=item),
        speaker.say("reacts_success", "the player has {item}", "So it is you who has {item}", item=item),
    )


def gift(speaker: Speaker, item: str) -> Say:
    return speaker.say("thanks", "the player may take {item}", "You may take {item} with you", item=item)


@dataclass(frozen=True, slots=True)
class Job:
    """A favor: the question for it, the wish, yes and no, and the answers to those."""

    question: Say
    wish: Say
    agree: Say
    refuse: Say
    thanks: Say
    refused: Say


def job(speaker: Speaker, goal: str) -> Job:
    goal = noun(goal).rstrip(".") or "finish the work before dark"
    mine = speaker.in_first_person(goal)
    return Job(
        speaker.say("asks", "what {first} needs help with", "What do you need help with?"),
        speaker.say("asks_help", "{they} want{s} to {goal}", "I want to {mine}", goal=goal, mine=mine),
        speaker.say("agrees", "will help {first}", "You have my help, {first}"),
        speaker.say("refuses", "will not help {first}", "Find somebody else, {first}"),
        speaker.say("thanks", "the player will help {them}", "You will help me, and I thank you"),
        speaker.say("reacts_failure", "the player will not help {them}", "Then you will not help me. So be it"),
    )


def small_talk(speaker: Speaker, world: str, premise: str) -> Iterator[tuple[str, Say, Say]]:
    """(name, question, answer): what can be talked about in any world."""

    def both(name: str, ask: tuple[str, str, str], answer: tuple[str, str, str]) -> tuple[str, Say, Say]:
        return name, speaker.say(*ask, world=world), speaker.say(*answer, world=world)

    for number, part in enumerate(re.split(r"(?<=[.!?])\s+", premise)):
        if 3 <= len(part.split()) <= 18:
            ask = speaker.say("asks", "what is new in {world}", "What is new in {world}?", world=world)
            if number:
                ask = speaker.say(
                    "asks",
                    "what else there is to know about {world}",
                    "What else should I know about {world}?",
                    world=world,
                )
            yield f"news_{number}", ask, Say("reports", clause(part), sentence(clause(part)))
    yield both(
        "work",
        ("asks", "what {a_role} does all day", "What does {a_role} do all day?"),
        ("jokes", "the work of {a_role} is never done", "The work of {a_role} is never done"),
    )
    yield both(
        "rest",
        ("comforts", "{first} looks tired", "You look tired, {first}"),
        ("thanks", "nobody has asked {them} that for a year", "Nobody has asked me that for a year"),
    )
    yield both(
        "weather",
        ("jokes", "the weather in {world}", "Is the weather in {world} always like this?"),
        ("jokes", "the weather in {world} is worse at night", "The weather in {world} is worse at night"),
    )
    yield both(
        "strangers",
        ("asks", "whether strangers are welcome in {world}", "Are strangers welcome in {world}?"),
        ("reports", "strangers in {world} are watched", "Strangers in {world} are watched, kindly or not"),
    )
    yield both(
        "wish",
        ("asks", "why {first} stays in {world}", "Why do you stay in {world}, {first}?"),
        ("confesses", "{they} once wanted to leave {world}", "I once wanted to leave {world}"),
    )
    yield both(
        "trade",
        ("asks", "how one becomes {a_role}", "How does one become {a_role}?"),
        ("reveals", "{they} became {a_role} by accident", "I became {a_role} by accident"),
    )
    yield both(
        "advice",
        ("asks", "what advice {first} has for a traveler", "What advice do you have for a traveler?"),
        ("warns", "a traveler should never lend money", "A traveler should never lend money"),
    )
    yield both(
        "night",
        ("asks", "what happens in {world} at night", "What happens in {world} at night?"),
        ("warns", "the player should bar the door at night", "Bar your door at night, whatever you hear"),
    )
    yield both(
        "price",
        ("bargains", "a drink for a little gossip", "A drink for a little gossip?"),
        ("bargains", "one drink buys one piece of gossip", "One drink buys one piece of gossip"),
    )
    yield both(
        "food",
        ("asks", "where to eat in {world}", "Where does one eat in {world}?"),
        ("jokes", "{they} would not eat {their} own cooking", "Anywhere but at my table. I cannot cook"),
    )
    yield both(
        "luck",
        ("jokes", "whether {first} believes in luck", "Do you believe in luck, {first}?"),
        ("confesses", "{they} {do} not believe in luck", "I do not believe in luck any more"),
    )
    yield both(
        "news",
        ("asks", "who brings news to {world}", "Who brings news to {world}?"),
        ("reports", "news comes late to {world}", "News comes late to {world}, and wrong"),
    )
    yield both(
        "past",
        ("asks", "what {first} did before", "What did you do before this?"),
        ("deflects", "asked about the past", "The past? It is over, and a good thing too"),
    )


def aside(speaker: Speaker, lead: Speaker, kind: str) -> list[Say]:
    """What a second person throws in about the first."""
    if kind in ("rival", "distrusts", "suspects", "former_spouse"):
        return [
            speaker.say("insults", "{lead} talks too much", "{lead} talks too much, as ever", lead=lead.first),
            speaker.say(
                "warns", "the player should not believe {lead}", "Do not believe all that {lead} says", lead=lead.first
            ),
        ]
    return [
        speaker.say("jokes", "{lead} tells it better every day", "{lead} tells it better every day", lead=lead.first),
        speaker.say("reports", "{lead} is telling the truth", "What {lead} says is the truth", lead=lead.first),
    ]
