"""Who and what a quest is about: every role filled with an entry of the world that fits.

Draws are rendezvous draws under the quest's name: an entry that is added to the world moves only the quests that choose
it. Tiers say what fits better: the first tier that has anyone is drawn from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeVar

from gamegen._random import Stream, rendezvous
from gamegen.generators.quest_strategies import STEAL, USE, Strategy
from gamegen.world import Character, Creature, Fact, Item, Location, World

E = TypeVar("E", Character, Creature, Item, Location)

EASIER, HARDER = 6, 2
"""A creature suits a level when its danger is at most this much below or above it."""


class Misfit(Exception):
    """The world cannot fill a role; the message says what is needed and what there is."""


@dataclass(frozen=True, slots=True)
class Told:
    """Somebody who can tell a fact, and where they are found."""

    person: Character
    fact: Fact
    place: Location


@dataclass(frozen=True, slots=True)
class Cast:
    """The filled roles of one quest. `place` is where the deed is done, `source` where the item is found."""

    giver: Character
    home: Location
    level: int
    place: Location
    source: Location
    item: Item | None = None
    owner: Character | None = None
    creature: Creature | None = None
    count: int = 1
    person: Character | None = None
    person_home: Location | None = None
    news: Fact | None = None
    """What the person tells."""
    hint: Told | None = None
    """Somebody else who knows of a target or a place."""
    lore: Fact | None = None
    """What the giver knows of it."""
    rival: Character | None = None
    """Somebody whom the player may side with instead of the giver."""
    rival_home: Location | None = None

    @property
    def subjects(self) -> frozenset[str]:
        """The ids that the quest is about, beside its giver."""
        parts = (self.item, self.owner, self.creature, self.person, self.place, self.source)
        return frozenset(part.id for part in parts if part) - {self.giver.id}

    @property
    def taken(self) -> frozenset[str]:
        """The ids of everyone and everything that has a role."""
        hint = self.hint.person if self.hint else None
        roles = (self.giver, self.item, self.owner, self.creature, self.person, self.rival, hint)
        return frozenset(entity.id for entity in roles if entity)


def suits(danger: int, level: int) -> bool:
    """Whether a creature of this danger is a fair opponent at this level."""
    return level - EASIER <= danger <= level + HARDER


class Casting:
    """The draws of one quest: pure functions of (world, name, giver, level, location)."""

    def __init__(self, world: World, name: Sequence[str | int], giver: Character, level: int | None, at: str | None):
        self.world = world
        self.name = tuple(name)
        self.giver = giver
        self.level = level
        self.at = at

    @cached_property
    def home(self) -> Location:
        return self.home_of(self.giver)

    @cached_property
    def walkable(self) -> frozenset[str]:
        """Places that one can walk to from the giver's place and back. A place without links stands open to all."""
        places = self.world.locations
        if not self.home.links:
            return frozenset(places)
        back: dict[str, list[str]] = {id: [] for id in places}
        for place in places.values():
            for link in place.links:
                back[link].append(place.id)
        there = _reached(self.home.id, lambda id: places[id].links)
        return there & _reached(self.home.id, lambda id: back[id])

    def home_of(self, person: Character) -> Location:
        """Where a person is found: the world's word, else one place for good, whatever the quest."""
        if person.location is not None:
            return self.world.locations[person.location]
        return self.world.locations[rendezvous(self.world.locations, "home", person.id)[0]]

    def reaches(self, place: Location) -> bool:
        return place.id in self.walkable

    def draw(self, role: str, need: str, *tiers: Iterable[E]) -> E:
        """One entity of the first tier that is not empty. Raises Misfit with the need."""
        for tier in tiers:
            entities = {entity.id: entity for entity in tier}
            if entities:
                return entities[rendezvous(entities, *self.name, role)[0]]
        raise Misfit(f"needs {need}")

    def chance(self, role: str, probability: float) -> bool:
        """One toss of its own per role."""
        return Stream(*self.name, role, "chance").chance(probability)

    def cast(self, strategy: Strategy) -> Cast:
        """Every role of the strategy filled. Raises Misfit."""
        item = owner = creature = person = person_home = news = None
        source: Location | None = None
        level = self.level or 0
        count = 1
        if "item" in strategy.roles:
            item, owner, source = self._item(strategy)
        if "creature" in strategy.roles:
            creature = self._creature()
            level = level or max(1, min(20, creature.danger + Stream(*self.name, "level").integer(-1, 2)))
            if "person" not in strategy.roles:
                count = self._count(creature, level)
        place = self._place(strategy, source, creature)
        if "person" in strategy.roles:
            person, news = self._person(strategy, place)
            person_home = self.home_of(person)
            place = place or person_home
        place = place or source or self.home
        level = level or Stream(*self.name, "level").integer(1, 10)
        cast = Cast(self.giver, self.home, level, place, source or place, item, owner, creature, count)
        cast = replace(cast, person=person, person_home=person_home, news=news)
        cast = replace(cast, hint=self._hint(cast), lore=self._lore(cast))
        rival = self._rival(cast)
        return replace(cast, rival=rival, rival_home=self.home_of(rival) if rival else None)

    def _item(self, strategy: Strategy) -> tuple[Item, Character | None, Location]:
        places, people = self.world.locations, self.world.characters
        stolen = STEAL in strategy.actions

        def where(item: Item) -> Location:
            if item.location is not None:
                return places[item.location]
            if item.owner is not None:
                return self.home_of(people[item.owner])
            return places[rendezvous(places, "home", item.id)[0]]

        def others(item: Item) -> bool:
            return item.owner is not None and item.owner != self.giver.id

        fits = [
            item
            for item in self.world.items.values()
            if (others(item) if stolen else item.owner is None)
            and self.reaches(where(item))
            and self.at in (None, where(item).id)
        ]
        liked = [item for item in fits if strategy.likes.intersection(item.tags)]
        apt = liked or [item for item in fits if "quest" not in item.tags] or fits
        away = [item for item in apt if where(item) != self.home]
        known = {id for fact in self._known(self.giver) for id in fact.about}
        wanted = [item for item in away if item.id in known] if self.chance("wanted", 0.5) else []
        rivals = [item for item in apt if item.owner and self._apart(people[item.owner])]
        need = "an item that somebody else owns" if stolen else "an item that nobody owns"
        item = self.draw("item", f"{need}{self._somewhere()}", wanted, rivals, away, apt)
        return item, people[item.owner] if item.owner else None, where(item)

    def _creature(self) -> Creature:
        found = [
            creature
            for creature in self.world.creatures.values()
            if (creature.location is None or creature.location in self.walkable)
            and (self.at is None or creature.location in (None, self.at))
        ]
        level = self.level
        need = f"a creature{self._somewhere()}"
        if level is not None:
            found = [creature for creature in found if suits(creature.danger, level)]
            need += f", of danger {max(1, level - EASIER)} to {min(20, level + HARDER)}"
        placed = [creature for creature in found if creature.location is not None]
        return self.draw("creature", need, placed, found)

    def _count(self, creature: Creature, level: int) -> int:
        """One, or a few of a kind that has a plural and is easy for the level."""
        if not creature.plural or creature.danger > level - 1:
            return 1
        return Stream(*self.name, "count").integer(1, min(5, 2 + level - creature.danger))

    def _place(self, strategy: Strategy, source: Location | None, creature: Creature | None) -> Location | None:
        """Where the deed is done, when neither an item's place nor a person's home decides it."""
        places = self.world.locations
        if creature is not None and creature.location is not None:
            return places[creature.location]
        free = "place" in strategy.roles and not ({"item", "person"} & strategy.roles)
        if creature is None and not free and USE not in strategy.actions:
            return None
        fixed = self.at if source is None else None
        found = [place for place in places.values() if self.reaches(place) and fixed in (None, place.id)]
        elsewhere = [place for place in found if place not in (self.home, source)]
        return self.draw("place", f"a location{self._somewhere()}", elsewhere, found)

    def _person(self, strategy: Strategy, lair: Location | None) -> tuple[Character, Fact | None]:
        rescue = "creature" in strategy.roles
        found = [
            person
            for person in self.world.characters.values()
            if person.id != self.giver.id
            and self.reaches(self.home_of(person))
            and (self.home_of(person) != lair if rescue else self.at in (None, self.home_of(person).id))
        ]
        need = "a second character whose home is elsewhere" if rescue else f"a second character{self._somewhere()}"
        if strategy.name == "Interview NPC":
            found = [person for person in found if any(self._known(person))]
            fresh = [person for person in found if any(f.id not in self.giver.knows for f in self._known(person))]
            person = self.draw("person", f"{need} who knows a fact", fresh, found)
        elif strategy.name == "Spy":
            person = self.draw("person", need, [person for person in found if self._apart(person)], found)
        else:
            friends = {relation.to for relation in self.giver.relations}
            close = [person for person in found if person.id in friends]
            allies = [person for person in found if person.faction and person.faction == self.giver.faction]
            person = self.draw("person", need, close, allies, found)
        return person, self._fact("news", self._known(person))

    def _rival(self, cast: Cast) -> Character | None:
        found = [
            person
            for person in self.world.characters.values()
            if person.id not in cast.taken - {cast.owner.id if cast.owner else ""}
            and self.reaches(self.home_of(person))
        ]
        robbed = [person for person in found if person == cast.owner]
        apart = [person for person in found if self._apart(person)]
        try:
            return self.draw("rival", "somebody else", robbed, apart, found)
        except Misfit:
            return None

    def _hint(self, cast: Cast) -> Told | None:
        told = {
            f"{person.id} {fact.id}": Told(person, fact, self.home_of(person))
            for person in self.world.characters.values()
            if person.id not in cast.taken and self.reaches(self.home_of(person))
            for fact in self._known(person)
            if cast.subjects & set(fact.about) and fact.id not in self.giver.knows
        }
        return told[rendezvous(told, *self.name, "hint")[0]] if told else None

    def _lore(self, cast: Cast) -> Fact | None:
        """Something of it that the giver knows; of themselves they do not speak."""
        known = (fact for fact in self._known(self.giver) if cast.subjects & set(fact.about))
        return self._fact("lore", (fact for fact in known if self.giver.id not in fact.about))

    def _fact(self, role: str, facts: Iterable[Fact]) -> Fact | None:
        """One of the facts, sooner one that the giver does not know."""
        table = {fact.id: fact for fact in facts}
        new = [id for id in table if id not in self.giver.knows]
        order = rendezvous(new or table, *self.name, role)
        return table[order[0]] if order else None

    def _known(self, person: Character) -> Iterator[Fact]:
        """What a person knows and may tell: nobody gives away a secret about themselves."""
        facts = (self.world.facts[id] for id in person.knows)
        return (fact for fact in facts if not (fact.secret and person.id in fact.about))

    def _apart(self, person: Character) -> bool:
        """Whether a person stands on another side than the giver."""
        return bool(person.faction and self.giver.faction and person.faction != self.giver.faction)

    def _somewhere(self) -> str:
        if self.at is not None:
            return f" at {self.at}"
        return f" within a walk of {self.home.id}" if self.home.links else ""


def _reached(start: str, links: Callable[[str], Iterable[str]]) -> frozenset[str]:
    seen, waiting = {start}, [start]
    while waiting:
        for id in links(waiting.pop()):
            if id not in seen:
                seen.add(id)
                waiting.append(id)
    return frozenset(seen)
