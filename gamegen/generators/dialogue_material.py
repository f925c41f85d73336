"""What there is to talk about: units of a question and its answer, drawn from what the people of a dialogue know.

Facts come first, as lines of shipped dialogues do (57% touch a fact of the world): each is told once, by the lead or by
somebody else who is there; later it may be doubted and confirmed, or somebody named who knows it too. Then come
relations, places, groups, things and animals, and the small talk of the motifs. Most answers say two things.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from gamegen._random import rendezvous
from gamegen.generators import dialogue_words as words
from gamegen.generators.dialogue_cast import world_subject
from gamegen.generators.dialogue_talk import Talk, Topic, effect, speaker
from gamegen.generators.dialogue_topology import Node
from gamegen.generators.dialogue_words import Say, Subject, both, length
from gamegen.generators.phrases import noun
from gamegen.world import Character, Fact, Location

LONGEST = 19
"""Words that a line of two parts may have to say."""
TWO_PARTS = 0.85
"""How often a second part is looked for."""
TALK = 18
"""Questions of small talk in one dialogue."""
AGAIN = 4
"""How often a fact may come up again after it was told."""
_NAMED = ("item", "creature", "character", "location", "faction")
_FOES = frozenset({"rival", "distrusts", "suspects", "former_spouse", "enemy", "avoids"})


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
        self.left: dict[str, Fact] = {fact.id: fact for fact in self.roles.facts if fact != secret}
        """Facts that nobody has told yet; what a second person knows comes after what the lead knows."""
        for person in self.roles.others:
            for id in rendezvous(person.knows, *talk.stream.name, "asides"):
                fact = self.world.facts.get(id)
                if fact is not None and not fact.secret and fact != secret:
                    self.left.setdefault(id, fact)
        self.known = len(self.left) + (secret is not None)
        """Facts that the people of the dialogue can tell."""
        self._clauses: dict[tuple[str, str], Say] = {}
        self._again: dict[str, int] = {}
        """Facts that were told, and how often again."""
        self._used: set[tuple[str, str]] = set()
        """(kind of exchange or description, id) that were had."""
        self._talks = 0
        self._fresh = True
        """Whether the line before told the fact of the topic at hand, so that it is too early to come back to it."""
        self._places = [place for place in (self.roles.place, *self._links()) if place is not None]

    def _links(self) -> Iterator[Location]:
        for id in self.roles.place.links if self.roles.place else ():
            if id in self.world.locations:
                yield self.world.locations[id]

    def snapshot(self) -> tuple[dict[str, Fact], dict[str, int], set[tuple[str, str]], int]:
        return dict(self.left), dict(self._again), set(self._used), self._talks

    def restore(self, before: tuple[dict[str, Fact], dict[str, int], set[tuple[str, str]], int]) -> None:
        self.left, self._again, self._used, self._talks = before

    # --- lines

    def saying(self, fact: Fact, by: Character) -> Say:
        """The fact as this person says it."""
        if (say := self._clauses.get((fact.id, by.id))) is None:
            creatures = any(id in self.world.creatures for id in fact.about)
            names = (by.name, *by.aliases)
            say = words.telling(speaker(by), fact, names, creatures, self.stream.chance(0.5))
            self._clauses[fact.id, by.id] = say
        return say

    def grounded(self, say: Say, subject: Subject, whole: bool = False) -> Say:
        """A drawn motif of the lead's, with a fact as its second part where it has room for one.

        whole: a motif of two parts stays as it is.
        """
        if whole and words.ALSO in say.must:
            return say
        return self.extended(say, self.roles.lead, subject, near=False, claimed=True) or say

    def told(self, fact: Fact) -> None:
        self.left.pop(fact.id, None)
        self._again.setdefault(fact.id, 0)

    def tell(self, fact: Fact, by: Character, subject: Subject) -> Say | None:
        """The line that tells the fact, mostly with a second part."""
        say = self.saying(fact, by)
        line = self.extended(say, by, subject, after="after_secret" if fact.secret else "after_fact")
        if line is None:
            return None
        self.told(fact)
        return line

    def extended(
        self, say: Say, by: Character, subject: Subject, after: str = "", near: bool = True, claimed: bool = False
    ) -> Say | None:
        """The line with a second part, where one fits; claimed. None if it was said already.

        near: whether the second part must be about the subject; otherwise any open fact will do as gossip.
        claimed: the line is a motif that was drawn, and so is new.
        """
        if words.ALSO in say.must:
            return self._with_fact(say, by, subject, near) or (say if claimed or self.talk.claim(say) else None)
        room = LONGEST - length(say)
        if room >= 4 and self.stream.chance(TWO_PARTS):
            for second in self._seconds(by, subject, room, after, near, bool(say.facts)):
                if (line := self._joined(say, second)) is not None:
                    return line
        return say if claimed or self.talk.claim(say) else None

    def _joined(self, say: Say, second: Say) -> Say | None:
        """Both in one line, claimed; None if that was said already."""
        line = both(say, second)
        if set(say.facts) & set(second.facts) or not self.talk.claim(line):
            return None
        for id in second.facts:
            self.told(self.world.facts[id])
        return line

    def _with_fact(self, say: Say, by: Character, subject: Subject, near: bool) -> Say | None:
        """The first part of a line of two, with an open fact in the place of the second while facts are wanted."""
        first = words.head(say) if self.talk.wants_facts else None
        if first is None:
            return None
        found = (self._joined(first, fact) for fact in self._facts(by, subject, LONGEST - length(first), near))
        return next((line for line in found if line is not None), None)

    def recalled(self, say: Say, topic: Topic) -> Say | None:
        """A claimed line that comes back to the fact of its topic while facts are wanted; None if it cannot."""
        fact = topic.fact
        if fact is None or self._fresh or not self.talk.wants_facts or not self._may_recall(fact, topic.by):
            return None
        first = words.head(say) if words.ALSO in say.must else say
        again = self.saying(fact, topic.by)
        if first is None or first.facts or length(first) + length(again) > LONGEST:
            return None
        line = both(first, again)
        if not self.talk.claim(line):
            return None
        self._again[fact.id] += 1
        return line

    def _knows(self, person: Character, fact: Fact | None) -> bool:
        return fact is not None and fact.id in person.knows

    def _may_recall(self, fact: Fact, by: Character) -> bool:
        return fact.id in by.knows and self._again.get(fact.id, AGAIN) < AGAIN

    def _seconds(
        self, by: Character, subject: Subject, room: int, after: str, near: bool, has_fact: bool
    ) -> Iterator[Say]:
        """Second parts in the order of preference; a drawn motif counts as used even if it is not taken."""
        if not has_fact or (len(self.left) > self.talk.room and self.stream.chance(0.5)):
            yield from self._facts(by, subject, room, near)
        own = list(self._own(by, subject, room))
        if after and (not own or self.stream.chance(0.6)):
            motif = self.talk.deck.one(after, speaker(by), most=room, subject=subject.name)
            if motif is not None:
                yield motif
        yield from own

    def _facts(self, by: Character, subject: Subject, room: int, near: bool) -> Iterator[Say]:
        open_facts = [fact for fact in self.left.values() if fact.id in by.knows and not fact.secret]
        about = [fact for fact in open_facts if subject.id and subject.id in fact.about]
        for fact in about if near else [*about, *open_facts]:
            say = self.saying(fact, by)
            if length(say) <= room:
                yield say

    def _own(self, by: Character, subject: Subject, room: int) -> Iterator[Say]:
        """What the world says of the subject itself: its description, or where one finds a person."""
        entity = self.talk.entity(subject)
        if entity is None or ("own", subject.id) in self._used:
            return
        say: Say | None = None
        if isinstance(entity, Character):
            place = self.world.locations.get(entity.location or "")
            if place is not None and place != self.roles.place and entity not in self.company:
                say = words.whereabouts(speaker(by), subject.name, noun(place.name))
        else:
            say = words.described(subject.name, getattr(entity, "description", ""))
        if say is not None and length(say) <= room:
            self._used.add(("own", subject.id))
            yield say

    # --- questions

    def question(self, fact_first: bool) -> Unit | None:
        """The next thing to ask about."""
        rest: list[Callable[[], Unit | None]] = [
            self._person, self._place, self._thing, self._faction, self._creature, self._item, self._small_talk
        ]  # fmt: skip
        at = self.stream.integer(0, 3)
        rest = [*rest[at:4], *rest[:at], *rest[4:]]
        if self.stream.chance(0.35):
            rest.insert(0, rest.pop())
        sources = [self.fact, *rest] if fact_first else [*rest, self.fact]
        return next((unit for source in sources if (unit := source()) is not None), None)

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

    def _person(self) -> Unit | None:
        """What the lead has to do with somebody, or thinks of them."""
        lead = self.roles.lead
        for kind, person in self.roles.relations:
            subject = Subject.of(person)
            if self._new("relation", person.id):
                ask, say = words.relation(self.talk.lead, kind, subject.name)
                if self.talk.claim(ask) and (answer := self.extended(say, lead, subject)) is not None:
                    return Unit(ask, answer, Topic(subject, lead), f"person_{person.id}")
        return None

    def _exchange(self, slot: str, subject: Subject, near: bool = True, **values: str) -> Unit | None:
        """A motif of question and answer about an entry of the world."""
        lead = self.roles.lead
        says = self.talk.deck.filled(slot, self.talk.lead, values)
        if not says:
            return None
        line = self.extended(says[1], lead, subject, near=near, claimed=True) or says[1]
        return Unit(says[0], line, Topic(subject, lead), f"{slot}_{subject.id}" if subject.id else slot)

    def _new(self, kind: str, id: str) -> bool:
        if (kind, id) in self._used:
            return False
        self._used.add((kind, id))
        return True

    def _place(self) -> Unit | None:
        for place in self._places:
            if self._new("place", place.id):
                unit = self._exchange("place", Subject.of(place), where=noun(place.name))
                if unit is not None:
                    return unit
        return None

    def _thing(self) -> Unit | None:
        """A second look at somebody: an opinion, where the relation was told."""
        for _, person in self.roles.relations:
            if ("relation", person.id) in self._used and self._new("person", person.id):
                unit = self._exchange("person", Subject.of(person), other=noun(person.name))
                if unit is not None:
                    return unit
        return None

    def _faction(self) -> Unit | None:
        own = self.roles.lead.faction or ""
        for id in dict.fromkeys((own, self.roles.faction, *self._about("faction"))):
            if id in self.world.factions and self._new("faction", id):
                faction = self.world.factions[id]
                unit = self._exchange("faction", Subject.of(faction), side=noun(faction.name))
                if unit is not None:
                    return unit
        return None

    def _item(self) -> Unit | None:
        owned = [item.id for item in self.world.items.values() if item.owner == self.roles.lead.id]
        for id in dict.fromkeys((*owned, *self._about("item"))):
            if id in self.world.items and self._new("item", id):
                item = self.world.items[id]
                unit = self._exchange("item", Subject.of(item), item=noun(item.name))
                if unit is not None:
                    return unit
        return None

    def _creature(self) -> Unit | None:
        creature = self.roles.creature
        if creature is None or creature.location not in self.world.locations or not self._new("creature", creature.id):
            return None
        where = noun(self.world.locations[creature.location or ""].name)
        return self._exchange("creature", Subject.of(creature), creature=noun(creature.name), where=where)

    def _about(self, type: str) -> Iterator[str]:
        for id in self._again:
            for about in self.world.facts[id].about:
                if (entity := self.world.get(about)) is not None and entity.type == type:
                    yield about

    def _small_talk(self) -> Unit | None:
        if self._talks >= TALK:
            return None
        self._talks += 1
        world = world_subject(self.world)
        if self._talks == 2:
            for ask, answer in words.news(self.talk.lead, self.talk.name, self.world.premise):
                if self.talk.claim(ask, answer):
                    return Unit(ask, answer, Topic(world, self.roles.lead), "news")
        return self._exchange("talk", world, near=False)

    def answer(self, topic: Topic) -> Unit | None:
        """Whatever goes on with a topic, or else anything."""
        return self.follow(topic, True) or self.question(True)

    # --- what follows on a topic

    def follow(self, topic: Topic, fact_first: bool, fresh: bool = True) -> Unit | None:
        """A question that goes on with what was just said. fresh: the line before told the topic's fact."""
        self._fresh = fresh
        again: list[Callable[[Topic], Unit | None]] = self.stream.shuffled((self._sure, self._witness))
        again.insert(0, self._near)
        if len(self.left) >= max(2, self.talk.room // 3):
            again.insert(1, lambda _: self.fact())
        slots = self.stream.shuffled(("source", "others", "advice", "feelings"))
        motifs = [lambda each, slot=slot: self._on(slot, each, fact_first) for slot in slots]
        order: list[Callable[[Topic], Unit | None]] = [*again, *motifs] if fact_first else [*motifs, *again]
        return next((unit for source in order if (unit := source(topic)) is not None), None)

    def _near(self, topic: Topic) -> Unit | None:
        return self.fact(topic.subject) if topic.subject.id else None

    def _sure(self, topic: Topic) -> Unit | None:
        """The fact is doubted and said again."""
        fact = topic.fact
        if fact is None or not self._may_recall(fact, topic.by) or not self._new("sure", fact.id):
            return None
        ask, say = words.sure(speaker(topic.by), topic.subject.name, self.saying(fact, topic.by))
        return self._repeated(topic, fact, ask, say, "sure")

    def _witness(self, topic: Topic) -> Unit | None:
        """Somebody else is named who knows an open fact."""
        fact = topic.fact
        if fact is None or fact.secret or not self._may_recall(fact, topic.by) or not self._new("witness", fact.id):
            return None
        people = [p for p in self.world.characters.values() if fact.id in p.knows and p not in self.company]
        person = next((p for p in people if p.id not in fact.about), None)
        if person is None:
            return None
        name = noun(person.name)
        ask, say = words.knows_too(speaker(topic.by), topic.subject.name, self.saying(fact, topic.by), name)
        return self._repeated(topic, fact, ask, say, "witness")

    def _repeated(self, topic: Topic, fact: Fact, ask: Say, say: Say, name: str) -> Unit | None:
        if not self.talk.claim(ask):
            return None
        self._again[fact.id] += 1
        answer = self.extended(say, topic.by, topic.subject)
        return None if answer is None else Unit(ask, answer, topic, f"{name}_{fact.id}")

    def _on(self, slot: str, topic: Topic, fact_first: bool) -> Unit | None:
        """An exchange on the subject: the source, who else knows, advice, feelings; each once for a subject.

        fact_first: the answer comes back to what was told, if it has room for it.
        """
        if topic.kind or not topic.subject.id or not self._new(slot, topic.subject.id):
            return None
        says = self.talk.deck.draw(slot, speaker(topic.by), subject=topic.subject.name)
        if not says:
            return None
        answer = self.recalled(says[1], topic) if fact_first else None
        answer = answer or self.extended(says[1], topic.by, topic.subject, claimed=True) or says[1]
        return Unit(says[0], answer, topic, f"{slot}_{topic.subject.id}")

    # --- lines that need no question

    def line(
        self, topic: Topic, fact_first: bool, strict: bool = False, fresh: bool = True
    ) -> tuple[Say, Topic, str] | None:
        """(line, its topic, name): what is said right after a line on this topic, by the same or another person.

        strict: only a line that tells a fact, or may come back to one. fresh: the line before told the topic's fact.
        """
        self._fresh = fresh
        if strict:
            recall = topic.fact is not None and self._may_recall(topic.fact, topic.by)
            again = [self._seconded] if fresh else [self._returning]
            order = [self._fact_line, *(again if recall else [])]
        elif topic.kind == "bark":
            order = [self._bark, self._fact_line, self._aside]
        elif fact_first:
            order = [self._fact_line, self._seconded, self._returning, self._aside, self._afterwards]
        else:
            order = [self._aside, self._afterwards, self._fact_line]
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
        for person in others if topic.by == self.roles.lead else ():
            ties = {relation.to: relation.kind for relation in person.relations}
            slot = "aside_foe" if ties.get(self.roles.lead.id) in _FOES else "aside_friend"
            say = self.talk.deck.one(slot, speaker(person), lead=self.talk.lead.first)
            if say is not None:
                about = Topic(topic.subject, person, topic.fact if self._knows(person, topic.fact) else None)
                return (None if self._fresh else self.recalled(say, about)) or say, about, f"aside_{person.id}"
        return None

    def _seconded(self, topic: Topic) -> tuple[Say, Topic, str] | None:
        """Another person who knows the fact says that it is so."""
        fact = topic.fact
        if fact is None or fact.secret or topic.by.id in fact.about or ("seconded", fact.id) in self._used:
            return None
        for by in self.company:
            if by != topic.by and self._may_recall(fact, by):
                line = self.extended(
                    words.right(speaker(topic.by).first, self.saying(fact, by)), by, topic.subject, after="after_fact"
                )
                if line is not None:
                    self._used.add(("seconded", fact.id))
                    self._again[fact.id] += 1
                    return line, Topic(topic.subject, by, fact), f"agrees_{fact.id}"
        return None

    def _returning(self, topic: Topic) -> tuple[Say, Topic, str] | None:
        return self._afterwards(topic, True)

    def _afterwards(self, topic: Topic, fact_first: bool = False) -> tuple[Say, Topic, str] | None:
        """An afterthought on the subject: advice, or how one knows."""
        if topic.fact is None:
            return None
        for slot in self.stream.shuffled(("advice", "source")):
            unit = self._on(slot, topic, fact_first)
            if unit is not None:
                return unit.answer, unit.topic, unit.name
        after = self.talk.deck.one("after_fact", speaker(topic.by), subject=topic.subject.name)
        if after is None:
            return None
        line = self.recalled(after, topic) or self.extended(after, topic.by, topic.subject, claimed=True)
        return line or after, topic, f"after_{topic.subject.id}"

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
            say = talk.lead.say(
                "confesses",
                "{they} {have} told nobody the truth about {subject}",
                "I have told nobody the truth about {subject}, not even myself",
                subject=subject.name,
            )
            talk.claim(say)
        node = talk.node("secret", "secret", say, goto, topic=Topic(subject, self.roles.lead, secret))
        if self.roles.learns is not None:
            node.effects.append(effect("flag", self.roles.learns.id, "set", True))
        return node
