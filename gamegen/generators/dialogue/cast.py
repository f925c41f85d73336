"""Who talks, where, and about what: the entries of the world that a dialogue uses.

Leads and facts take turns over the dialogues of a block (turns.py). All else are rendezvous draws under the
dialogue's name, so that an entry that is added to the world moves only the dialogues that choose it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gamegen._random import Stream, rendezvous
from gamegen.errors import UsageError
from gamegen.generators.dialogue.turns import in_turn, lead_at
from gamegen.generators.dialogue.words import Subject
from gamegen.generators.phrases import noun
from gamegen.naming import did_you_mean, unknown_id
from gamegen.records import JSON, Brief
from gamegen.world import Character, Creature, Fact, Flag, Item, Location, World

COMPANY: tuple[tuple[int, float], ...] = ((6, 0.35), (14, 0.9), (21, 0.8), (28, 1.0), (38, 1.0), (50, 1.0))
"""How many others take part if they are at hand: one more from so many nodes on, with this chance."""
_HOSTILE = frozenset({"alarm", "alarmed", "angry", "enemy", "hated", "hostile", "suspicious", "wanted"})
_LEARNED = frozenset({"exposed", "heard", "known", "knows", "learned", "learnt", "revealed", "told"})
_TOKEN = re.compile(r"[a-z]+")


@dataclass(frozen=True, slots=True)
class Cast:
    """The entries of one dialogue. `secret` is what is told last, `facts` what else the lead can tell."""

    lead: Character
    others: tuple[Character, ...]
    """Who else takes part, if the talk gets so far; the first one sooner."""
    place: Location | None
    link: Location | None
    """Where one can walk from the place."""
    faction: str
    """Id of the faction that the player may claim to come from ("" if there is none)."""
    subject: Subject
    """What the secret is about."""
    secret: Fact | None
    facts: tuple[Fact, ...]
    gift: Item | None
    proof: Item | None
    """An item that loosens the lead's tongue."""
    creature: Creature | None
    relations: tuple[tuple[str, Character], ...]
    angers: Flag | None
    """A flag to set when the lead is angered."""
    learns: Flag | None
    """A flag to set when the secret is told."""
    closes: Flag | None
    """A flag without which the secret makes no sense any more."""


def cast(world: World, brief: Brief, seed: int, nodes: int) -> Cast:
    """Draw the entries. nodes: how many the dialogue is to have; a large one has more people.

    Raises UsageError (GG005) for settings that name what is not there or cannot go together.
    """
    draw = _Draw(world, (seed, brief.id, "dialogue"), (seed, brief.block, "dialogue"), brief.ordinal)
    settings = brief.settings
    place_id = _id(world.locations, "location", settings.get("location"))
    topic = _topic(world, settings.get("topic"))
    wanted = _id(world.characters, "character", settings.get("character"))
    second = _id(world.characters, "character", settings.get("other"))
    lead = draw.lead(_giver(world, settings, wanted), topic, place_id, second)
    place = world.locations.get(place_id or lead.location or "")
    known = [world.facts[id] for id in in_turn(world, lead, brief.ordinal, *draw.block)]
    secret = topic or next((fact for fact in known if fact.secret), known[0] if known else None)
    others = draw.others(lead, place, world.characters[second] if second is not None else None, nodes)
    link = world.locations.get(next(iter(draw.order(place.links, "link")), "")) if place else None
    subject = draw.subject(secret, lead, place)
    return Cast(
        lead=lead,
        others=others,
        place=place,
        link=link,
        faction=next(iter(draw.order(world.factions, "faction")), ""),
        subject=subject,
        secret=secret,
        facts=tuple(fact for fact in known if fact != secret),
        gift=draw.item("gift", (i for i in world.items.values() if i.owner == lead.id and "quest" not in i.tags)),
        proof=draw.proof(lead, secret, known),
        creature=draw.creature(place),
        relations=tuple(
            (kind, world.characters[id])
            for id, kind in {relation.to: relation.kind for relation in lead.relations}.items()
            if id in world.characters and id != lead.id
        ),
        angers=draw.flag("angers", _HOSTILE, _tokens(lead.id, lead.faction or "")),
        learns=draw.flag("learns", _LEARNED, _tokens(*_about(secret))),
        closes=draw.closing(secret),
    )


@dataclass(frozen=True, slots=True)
class _Draw:
    world: World
    name: tuple[str | int, ...]
    block: tuple[str | int, ...]
    ordinal: int

    def order(self, ids: Iterable[str], role: str) -> list[str]:
        return rendezvous(ids, *self.name, role)

    def lead(self, wanted: str | None, topic: Fact | None, place: str | None, second: str | None) -> Character:
        people = self.world.characters
        if wanted is not None:
            person = people[wanted]
            if wanted == second:
                raise UsageError.of("GG005", f"character and other are both {wanted}", "name two people")
            if topic is not None and topic.id not in person.knows:
                hint = did_you_mean(topic.id, person.knows) if person.knows else "name another topic, or none"
                raise UsageError.of("GG005", f'{person.name} does not know the fact "{topic.id}"', hint)
            return person
        able = [id for id, who in people.items() if id != second and (topic is None or topic.id in who.knows)]
        if not able:
            beside = f" beside {second}" if second is not None else ""
            what = f'who knows the fact "{topic.id}"' if topic else "in the world"
            raise UsageError.of("GG005", f"expected a character {what}{beside}, found none", "add one to the world")
        here = [id for id in able if place is not None and people[id].location == place]
        next_one = lead_at(people, self.ordinal, *self.block)
        return people[next_one if next_one in (here or able) else self.order(here or able, "lead")[0]]

    def others(
        self, lead: Character, place: Location | None, second: Character | None, nodes: int
    ) -> tuple[Character, ...]:
        """The wanted second person; or people of the same place, then friends, then neighbors."""
        if second is not None:
            return (second,)
        draw = Stream(*self.name, "second")
        count = sum(draw.chance(chance) for least, chance in COMPANY if nodes >= least)
        people = self.world.characters
        here = [id for id, p in people.items() if place is not None and p.location == place.id and id != lead.id]
        friends = {relation.to for relation in lead.relations if relation.to in people} - {lead.id, *here}
        near = [id for id, p in people.items() if place is not None and p.location in place.links]
        near = [id for id in near if id not in {lead.id, *here, *friends}]
        order = [id for ids in (here, friends, near) for id in self.order(ids, "other")]
        return tuple(people[id] for id in order[:count])

    def subject(self, fact: Fact | None, lead: Character, place: Location | None) -> Subject:
        return subject_of(self.world, fact, lead) or (Subject.of(place) if place else world_subject(self.world))

    def item(self, role: str, items: Iterable[Item]) -> Item | None:
        table = {item.id: item for item in items if not _fixed(item)}
        order = self.order(table, role)
        return table[order[0]] if order else None

    def proof(self, lead: Character, secret: Fact | None, known: Iterable[Fact]) -> Item | None:
        """An item that the secret is about, or else another fact that the lead knows."""
        rest = [id for fact in known for id in fact.about]
        for about in (_about(secret), rest):
            found = [item for id in about if (item := self.world.items.get(id)) is not None and item.owner != lead.id]
            if (item := self.item("proof", found)) is not None:
                return item
        return None

    def creature(self, place: Location | None) -> Creature | None:
        near = {place.id, *place.links} if place else set()
        order = self.order([id for id, c in self.world.creatures.items() if c.location in near], "creature")
        return self.world.creatures[order[0]] if order else None

    def flag(self, role: str, words: frozenset[str], about: frozenset[str]) -> Flag | None:
        """A switch that is off at first and whose id speaks of what happens here: `guild_hostile`."""
        order = self.order(
            [
                flag.id
                for flag in self.world.flags.values()
                if flag.value_type == "bool"
                and not flag.default
                and _tokens(flag.id) & words
                and _tokens(flag.id) & about
            ],
            role,
        )
        return self.world.flags[order[0]] if order else None

    def closing(self, fact: Fact | None) -> Flag | None:
        """A switch about the same thing, which is still off as long as the fact is news: `lens_found`."""
        about = _tokens(*_about(fact))
        order = self.order(
            [
                flag.id
                for flag in self.world.flags.values()
                if flag.value_type == "bool"
                and not flag.default
                and _tokens(flag.id) & about
                and not _tokens(flag.id) & (_HOSTILE | _LEARNED)
            ],
            "closes",
        )
        return self.world.flags[order[0]] if order else None


def subject_of(world: World, fact: Fact | None, lead: Character) -> Subject | None:
    """What a fact is about, beside the one who tells it."""
    about = [entity for id in (fact.about if fact else ()) if id != lead.id and (entity := world.get(id)) is not None]
    kinds = ("item", "creature", "character", "location", "faction")
    named = [entity for entity in about if entity.type in kinds]
    return Subject.of(min(named, key=lambda entity: kinds.index(entity.type))) if named else None


def world_subject(world: World) -> Subject:
    return Subject("", "world", noun(world.name))


def _id(table: Mapping[str, object], type: str, id: object) -> str | None:
    if id is None:
        return None
    if id not in table:
        raise unknown_id(type, str(id), table)
    return str(id)


def _giver(world: World, settings: Mapping[str, JSON], wanted: str | None) -> str | None:
    """Who leads: the giver of a quest that the dialogue is about, else who is wanted."""
    quest = settings.get("quest")
    if not isinstance(quest, Mapping):
        return wanted
    giver = _id(world.characters, "character", quest.get("giver"))
    if wanted is not None and giver is not None and wanted != giver:
        raise UsageError.of(
            "GG005",
            f"character is {wanted}, but the quest {quest.get('id')} is given by {giver}",
            "leave out character, or name the giver",
        )
    return giver or wanted


def _topic(world: World, id: object) -> Fact | None:
    found = _id(world.facts, "fact", id)
    return world.facts[found] if found is not None else None


def _about(fact: Fact | None) -> tuple[str, ...]:
    return fact.about if fact is not None else ()


def _fixed(item: Item) -> bool:
    return "heavy" in item.tags


def _tokens(*ids: str) -> frozenset[str]:
    return frozenset(token for id in ids for token in _TOKEN.findall(id) if len(token) > 2)
