"""What there is to talk about: units of a question and its answer, drawn from what the people of a dialogue know.

About a quarter of the lines tell a fact of the world, each once, by the lead or by somebody else who is there. As many
speak of what such a fact is about without telling it again: how one knows, who else does, what to do, what the thing,
the place or the person is like (so 57% of the lines or more touch a fact, as those of shipped dialogues do). The rest
is small talk and what people have to do with each other. Which of the motifs' slots comes next is decided by how much
of each the dialogue has used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from gamegen._random import digest
from gamegen.generators.dialogue import words as words
from gamegen.generators.dialogue.cast import world_subject
from gamegen.generators.dialogue.motifs import turn
from gamegen.generators.dialogue.talk import Talk, Topic, effect, speaker
from gamegen.generators.dialogue.topology import Node
from gamegen.generators.dialogue.turns import in_turn, keepers
from gamegen.generators.dialogue.words import Say, Subject, both, length
from gamegen.generators.phrases import noun
from gamegen.world import Character, Entity, Fact, Faction, Item, Location

LONGEST = 19
"""Words that a line of two parts may have to say."""
DESCRIPTION = 24
"""Words that a description may have to say."""
OWN = 12
"""For how many motifs each question stands that the world itself answers."""
DESCRIBED = 5
"""One in so many dialogues may describe a thing."""
AFTERTHOUGHT, PAIR, WHEREABOUTS = 0.7, 0.15, 0.1
"""How often a fact is told with a second thought, with another fact about the same thing, with where one finds it."""
AFTER_SHARE = 1 / 20
"""The share of a slot of second thoughts that a dialogue may use up as second parts."""
TALK = 18
"""Questions of small talk in one dialogue."""
ASIDES = 2
"""Lines that others throw in about the lead, in one dialogue."""
NEWS = 6
"""One in so many dialogues has the world's premise for news."""
ON = ("source", "others", "advice", "feelings")
"""Slots of exchanges on whatever a fact is about."""
_NAMED = ("item", "creature", "character", "location", "faction")
_FOES = frozenset({"rival", "distrusts", "suspects", "former_spouse", "enemy", "avoids"})

Source = Callable[[], "Unit | None"]


@dataclass(slots=True)
class Unit:
    """A question of the player and what is answered. `name` is for the ids."""

    ask: Say
    answer: Say
    topic: Topic
    name: str


class Material:
    def __init__(self, talk: Talk) -> None:
        self.talk = talk
        self.roles = talk.roles
        self.world = talk.world
        self.stream = talk.stream.child("material")
        self.company = [self.roles.lead, *self.roles.others]
        secret = self.roles.secret
        self.left: dict[str, Fact] = self._facts(secret)
        """Facts that nobody has told yet, in their order: what the lead keeps, what the others keep, then what all of
        them know beside."""
        self.known = len(self.left) + (secret is not None)
        """Facts that the people of the dialogue can tell."""
        self._clauses: dict[tuple[str, str], Say] = {}
        self._told: list[str] = []
        self._used: set[tuple[str, str]] = set()
        """(kind of exchange or description, id) that were had."""
        self._talks = 0
        self._asides = 0
        self._places = [place for place in (self.roles.place, *self._links()) if place is not None]

    def _facts(self, secret: Fact | None) -> dict[str, Fact]:
        talk, name = self.talk, (*self.talk.block, "dialogue")
        told = [(self.roles.lead, fact) for fact in self.roles.facts]
        for person in self.roles.others:
            known = in_turn(self.world, person, talk.ordinal, *name, aside=True)
            told += [(person, self.world.facts[id]) for id in known if not self.world.facts[id].secret]
        kept = keepers(self.world, talk.ordinal, *name)
        told.sort(key=lambda each: kept[each[1].id] != each[0].id)
        return {fact.id: fact for _, fact in told if fact != secret}

    def _links(self) -> Iterator[Location]:
        for id in self.roles.place.links if self.roles.place else ():
            if id in self.world.locations:
                yield self.world.locations[id]

    def snapshot(self) -> tuple[dict[str, Fact], list[str], set[tuple[str, str]], int]:
        return dict(self.left), list(self._told), set(self._used), self._talks

    def restore(self, before: tuple[dict[str, Fact], list[str], set[tuple[str, str]], int]) -> None:
        self.left, self._told, self._used, self._talks = before

    def _new(self, kind: str, id: str) -> bool:
        if (kind, id) in self._used:
            return False
        self._used.add((kind, id))
        return True

    # --- lines that tell a fact

    def saying(self, fact: Fact, by: Character) -> Say:
        """The fact as this person says it."""
        if (say := self._clauses.get((fact.id, by.id))) is None:
            creatures = any(id in self.world.creatures for id in fact.about)
            names = (by.name, *by.aliases)
            say = words.telling(speaker(by), fact, names, creatures, self.stream.chance(0.5))
            self._clauses[fact.id, by.id] = say
        return say

    def tell(self, fact: Fact, by: Character, subject: Subject) -> Say | None:
        """The line that tells the fact, mostly with a second part that belongs to it; None if it was said already."""
        say = self.saying(fact, by)
        if not self.talk.claim(say):
            return None
        self.left.pop(fact.id, None)
        self._told.append(fact.id)
        room = LONGEST - length(say)
        second = self._second(fact, by, subject, room) if room >= 4 else None
        return both(say, second) if second is not None else say

    def _second(self, fact: Fact, by: Character, subject: Subject, room: int) -> Say | None:
        """A claimed second part."""
        draw = self.stream.uniform()
        if draw < PAIR:
            return self._paired(fact, by, room)
        if draw < PAIR + WHEREABOUTS and (found := self._find(subject, by, room)) is not None:
            return found.answer
        if draw < PAIR + WHEREABOUTS + AFTERTHOUGHT:
            slot = self._after(fact)
            if self.talk.deck.share(slot) < AFTER_SHARE:
                return self.talk.deck.one(slot, speaker(by), most=room, subject=subject.name)
        return None

    def _paired(self, fact: Fact, by: Character, room: int) -> Say | None:
        """Another open fact that shares an entry of the world with this one."""
        shared = set(fact.about) - {by.id}
        for other in self.left.values():
            if other.secret or other.id not in by.knows or shared.isdisjoint(other.about):
                continue
            say = self.saying(other, by)
            if length(say) <= room and self.talk.claim(say):
                self.left.pop(other.id)
                self._told.append(other.id)
                return say
        return None

    def fact(self, near: Subject | None = None) -> Unit | None:
        """A question that a fact answers."""
        for fact in list(self.left.values()):
            if near is not None and near.id not in fact.about:
                continue
            by = next(person for person in self.company if fact.id in person.knows)
            for subject in self._subjects(fact, by):
                ask = self.talk.ask(subject, by)
                if ask is None:
                    continue
                answer = self.tell(fact, by, subject)
                if answer is None:
                    break
                return Unit(ask, answer, Topic(subject, by, fact), fact.id)
        return None

    def _subjects(self, fact: Fact, by: Character) -> list[Subject]:
        about = [entity for id in fact.about if id != by.id and (entity := self.world.get(id)) is not None]
        named = sorted((each for each in about if each.type in _NAMED), key=lambda each: _NAMED.index(each.type))
        return [Subject.of(each) for each in named] or [self.talk.subject(None)]

    # --- questions

    def telling(self) -> Unit | None:
        """A question that a fact answers, or else the next thing to ask about."""
        return self.fact() or self.question()

    def question(self) -> Unit | None:
        """The next thing to ask about: what there is too little of so far."""
        loose, near = self._loose(), self._near_told()
        if self.talk.wants_facts:
            groups: list[Iterable[Source]] = [[self.fact], near, loose]
        elif self.talk.wants_touch:
            groups = [near, loose, [self.fact]]
        else:
            groups = [loose, near, [self.fact]]
        return next((unit for group in groups for source in group if (unit := source()) is not None), None)

    def follow(self, topic: Topic) -> Unit | None:
        """A question that goes on with what was just said, or else another one."""
        if topic.kind or not topic.subject.id:
            return self.question()
        if self.talk.wants_facts and (unit := self.fact(topic.subject) or self.fact()) is not None:
            return unit
        if self.talk.wants_touch:
            for source in self._on(topic.subject, topic.by):
                if (unit := source()) is not None:
                    return unit
        return self.question()

    def answer(self, topic: Topic) -> Unit | None:
        """Whatever goes on with a topic, or else anything."""
        return self.follow(topic)

    def _by_share(self, sources: Iterable[tuple[str, Source]]) -> list[Source]:
        """Sources by slot, in the order of the share of the slot that one more use would take, by lot within it; those
        without a slot ("") count as of one of OWN motifs."""
        ranked = [
            (self.talk.deck.share(slot) + self.stream.uniform() / (self.talk.deck.size(slot) or OWN), place, source)
            for place, (slot, source) in enumerate(sources)
        ]
        return [source for _, _, source in sorted(ranked, key=lambda each: each[:2])]

    def _near_told(self) -> Iterator[Source]:
        """Questions about what the facts told so far are about, the latest first by turns."""
        ids = dict.fromkeys(id for fact in reversed(self._told) for id in self.world.facts[fact].about)
        found: list[tuple[str, Source]] = []
        for id in self.stream.shuffled(ids):
            entity = self.world.get(id)
            if entity is not None and entity.type in _NAMED and entity != self.roles.lead:
                found += self._about(Subject.of(entity), self.roles.lead)
        yield from self._by_share(found)

    def _on(self, subject: Subject, by: Character) -> list[Source]:
        return self._by_share(self._about(subject, by))

    def _about(self, subject: Subject, by: Character) -> list[tuple[str, Source]]:
        """All that can be asked about an entry of the world, each with its slot; each once in a dialogue."""
        found: list[tuple[str, Source]] = [
            (slot, lambda slot=slot: self._exchange(slot, subject, by, {"subject": subject.name}))  # type: ignore[misc]
            for slot in ON
        ]
        found += [("witness", lambda: self._witness(subject, by)), ("", lambda: self._described(subject, by))]
        entity = self.talk.entity(subject)
        name = subject.name
        if isinstance(entity, Character):
            found.append(("person", lambda: self._exchange("person", subject, by, {"other": name})))
            found.append(("find", lambda: self._find(subject, by)))
        elif isinstance(entity, Location):
            found.append(("place", lambda: self._exchange("place", subject, by, {"where": name})))
        elif isinstance(entity, Faction):
            found.append(("faction", lambda: self._exchange("faction", subject, by, {"side": name})))
        elif isinstance(entity, Item):
            found.append(("item", lambda: self._exchange("item", subject, by, {"item": name})))
        elif subject.type == "creature":
            found.append(("creature", lambda: self._creature(entity, by)))
        return found

    def _loose(self) -> Iterator[Source]:
        """Small talk, people, places, groups and things that the lead has to do with."""
        lead = self.roles.lead
        found: list[tuple[str, Source]] = [("talk", self._small_talk), ("", self._relation)]
        people = [person for _, person in self.roles.relations if ("relation", person.id) in self._used]
        own = [item for item in self.world.items.values() if item.owner == lead.id]
        sides = [self.world.factions[id] for id in dict.fromkeys((lead.faction or "", self.roles.faction)) if id]
        near: list[Entity] = [*people[:2], *self._places[:3], *own[:2], *sides]
        if self.roles.creature is not None:
            near.append(self.roles.creature)
        for entity in near:
            found += [each for each in self._about(Subject.of(entity), lead) if each[0] not in ON]
        yield from self._by_share(found)

    def _relation(self) -> Unit | None:
        """What the lead has to do with somebody, and where that person is."""
        lead = self.roles.lead
        for kind, person in self.roles.relations:
            subject = Subject.of(person)
            if self._new("relation", person.id):
                say = words.relation(self.talk.lead, kind, subject.name)
                ask = self.talk.deck.one("relation", self.talk.lead, other=subject.name)
                if ask is None or not self.talk.claim(say):
                    continue
                found = self._find(subject, lead, LONGEST - length(say)) if self.stream.chance(0.5) else None
                say = both(say, found.answer) if found is not None else say
                return Unit(ask, say, Topic(subject, lead), f"person_{person.id}")
        return None

    def _exchange(
        self, slot: str, subject: Subject, by: Character, values: Mapping[str, str], most: int = 0
    ) -> Unit | None:
        """A motif of question and answer about an entry of the world, or small talk; once for an entry.

        The question names the entry, which is the first of the values: the player chooses among several.
        """
        if subject.id and (slot, subject.id) in self._used:
            return None
        says = self.talk.deck.filled(slot, speaker(by), values, most, naming=next(iter(values), ""))
        if not says:
            return None
        self._used.add((slot, subject.id))
        return Unit(says[0], says[1], Topic(subject, by), f"{slot}_{subject.id}" if subject.id else slot)

    def _creature(self, entity: Entity | None, by: Character) -> Unit | None:
        place = self.world.locations.get(getattr(entity, "location", None) or "")
        if entity is None or place is None:
            return None
        values = {"creature": noun(entity.name), "where": noun(place.name)}
        return self._exchange("creature", Subject.of(entity), by, values)

    def _find(self, subject: Subject, by: Character, most: int = 0) -> Unit | None:
        """Where one finds a person who is not here. most: words of the answer."""
        person = self.world.characters.get(subject.id)
        place = self.world.locations.get((person.location if person else None) or "")
        absent = person is not None and person not in self.company and place != self.roles.place
        if place is None or not absent:
            return None
        return self._exchange("find", subject, by, {"other": subject.name, "where": noun(place.name)}, most)

    def _witness(self, subject: Subject, by: Character) -> Unit | None:
        """Somebody else is named who knows an open fact about the subject that was told."""
        for id in self._told:
            fact = self.world.facts[id]
            if fact.secret or subject.id not in fact.about:
                continue
            people = [p for p in self.world.characters.values() if id in p.knows and p not in self.company]
            person = next((p for p in people if p.id not in fact.about), None)
            if person is not None:
                return self._exchange("witness", subject, by, {"subject": subject.name, "other": noun(person.name)})
        return None

    def _described(self, subject: Subject, by: Character) -> Unit | None:
        """What the world says of a thing, a place or an animal."""
        entity = self.talk.entity(subject)
        if entity is None or not self._new("described", subject.id):
            return None
        if (int.from_bytes(digest(*self.talk.block, "described", entity.id)[:4]) + self.talk.ordinal) % DESCRIBED:
            return None
        say = words.described(subject.name, getattr(entity, "description", ""), DESCRIPTION)
        if say is None or length(say) > DESCRIPTION:
            return None
        ask = self.talk.ask(subject, by)
        if ask is None or not self.talk.claim(say):
            return None
        return Unit(ask, say, Topic(subject, by), f"look_{subject.id}")

    def _small_talk(self) -> Unit | None:
        if self._talks >= TALK:
            return None
        self._talks += 1
        world = world_subject(self.world)
        if self._talks == 2 and self.talk.ordinal % NEWS == 0:
            news = words.news(self.talk.lead, self.talk.name, self.world.premise)
            at = turn(len(news), self.talk.ordinal // NEWS)
            for ask, answer in (*news[at:], *news[:at]):
                if self.talk.claim(ask, answer):
                    return Unit(ask, answer, Topic(world, self.roles.lead), "news")
        return self._exchange("talk", world, self.roles.lead, {})

    # --- lines that need no question

    def line(self, topic: Topic) -> tuple[Say, Topic, str] | None:
        """(line, its topic, name): what is said right after a line on this topic, by the same or another person."""
        if topic.kind == "bark":
            order = [self._bark, self._fact_line, self._aside]
        elif self.talk.wants_facts:
            order = [self._fact_line, self._afterwards, self._aside]
        elif self.talk.wants_touch:
            order = [self._afterwards, self._aside]
        else:
            order = [self._aside, self._afterwards]
        return next((found for source in order if (found := source(topic)) is not None), None)

    def _fact_line(self, topic: Topic) -> tuple[Say, Topic, str] | None:
        """A fact about the same subject, by anybody; or one that another person throws in."""
        facts = [fact for fact in self.left.values() if not fact.secret]
        near = [fact for fact in facts if topic.subject.id and topic.subject.id in fact.about]
        for fact in (*near, *facts):
            people = self.stream.shuffled(p for p in self.company if fact.id in p.knows)
            for by in people:
                if fact not in near and by == topic.by:
                    continue
                subject = topic.subject if fact in near else self._subjects(fact, by)[0]
                if (say := self.tell(fact, by, subject)) is not None:
                    return say, Topic(subject, by, fact), f"tell_{fact.id}"
        return None

    def _aside(self, topic: Topic) -> tuple[Say, Topic, str] | None:
        """What another person throws in about the lead."""
        others = [person for person in self.company if person not in (topic.by, self.roles.lead)]
        for person in others if topic.by == self.roles.lead and self._asides < ASIDES else ():
            ties = {relation.to: relation.kind for relation in person.relations}
            slot = "aside_foe" if ties.get(self.roles.lead.id) in _FOES else "aside_friend"
            say = self.talk.deck.one(slot, speaker(person), lead=self.talk.lead.first)
            if say is not None:
                self._asides += 1
                return say, Topic(topic.subject, person), f"aside_{person.id}"
        return None

    def _afterwards(self, topic: Topic) -> tuple[Say, Topic, str] | None:
        """What goes on with a subject by itself: a second thought on a fact, or the answer to a question that was not
        asked."""
        if topic.kind or not topic.subject.id:
            return None
        unasked = set(ON[:2]) if topic.fact is not None else set()
        sources = [
            (slot, source)
            for slot, source in self._about(topic.subject, topic.by)
            if slot not in ON or slot in unasked  # advice and feelings need their question
        ]
        if topic.fact is not None:
            sources.append((slot := self._after(topic.fact), lambda: self._second_thought(slot, topic)))
        for source in self._by_share(sources):
            if (unit := source()) is not None:
                return unit.answer, unit.topic, unit.name
        return None

    def _after(self, fact: Fact) -> str:
        """The slot of second thoughts on a fact; those on any fact will do for a secret as well."""
        return min(("after_secret", "after_fact"), key=self.talk.deck.share) if fact.secret else "after_fact"

    def _second_thought(self, slot: str, topic: Topic) -> Unit | None:
        after = self.talk.deck.one(slot, speaker(topic.by), subject=topic.subject.name)
        return (
            None if after is None else Unit(after, after, Topic(topic.subject, topic.by), f"after_{topic.subject.id}")
        )

    def _bark(self, topic: Topic) -> tuple[Say, Topic, str] | None:
        by = next((person for person in self.company if person != topic.by), topic.by)
        say = self.talk.deck.one("bark", speaker(by))
        return None if say is None else (say, Topic(topic.subject, by, kind="bark"), "bark")

    # --- the secret

    def reveal(self, goto: str) -> Node:
        """The node that tells the secret; somebody who knows nothing confesses something of their own."""
        talk, secret, subject = self.talk, self.roles.secret, self.roles.subject
        talk.secret_told = True
        say = self.tell(secret, self.roles.lead, subject) if secret is not None else None
        if say is None:
            say = talk.needed("nothing_told", subject=subject.name)
        node = talk.node("secret", "secret", say, goto, topic=Topic(subject, self.roles.lead, secret))
        if self.roles.learns is not None:
            node.effects.append(effect("flag", self.roles.learns.id, "set", True))
        return node
