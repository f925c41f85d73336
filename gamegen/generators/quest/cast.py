"""Who and what a quest is about: every role filled with an entry of the world that fits.

Draws are rendezvous draws under the quest's name: an entry that is added to the world moves only the quests that choose
it. Tiers say what fits better: the first tier that has anyone is drawn from.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple, TypeVar

from gamegen._random import Stream, rendezvous
from gamegen.generators.quest.grammar import Strategy
from gamegen.world import Character, Creature, Fact, Item, Location, World

E = TypeVar("E", Character, Creature, Item, Location)

EASIER, HARDER = 6, 2
"""A creature suits a level when its danger is at most this much below or above it."""


class Misfit(Exception):
    """The world cannot fill a role; the message says what is needed and what there is."""


class Unshaped(Misfit):
    """The roles are filled, but the quest cannot take the shape that is wished for."""


class Told(NamedTuple):
    """Somebody who can tell a fact."""

    person: Character
    fact: Fact


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a brief fixes of the cast; None or "" where the plan may choose."""

    level: int | None = None
    location: str | None = None
    target: str | None = None
    rival: Character | None = None


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
    lore: Fact | None = None
    """What the giver knows of it."""
    rivals: tuple[Character, ...] = ()
    """People whom the player may side with instead of the giver, the best first."""

    @property
    def subjects(self) -> frozenset[str]:
        """The ids that the quest is about, beside its giver."""
        parts = (self.item, self.owner, self.creature, self.person, self.place, self.source)
        return frozenset(part.id for part in parts if part) - {self.giver.id}

    @property
    def taken(self) -> frozenset[str]:
        """The ids of everyone and everything that has a role."""
        roles = (self.giver, self.item, self.owner, self.creature, self.person)
        return frozenset(entity.id for entity in roles if entity)

    def role(self, name: str) -> Character | Creature | Item | Location:
        """The entry that fills a role of the strategy. Raises KeyError for one that is empty."""
        entity: Character | Creature | Item | Location | None = getattr(self, name)
        if entity is None:
            raise KeyError(name)
        return entity


def suits(danger: int, level: int) -> bool:
    """Whether a creature of this danger is a fair opponent at this level."""
    return level - EASIER <= danger <= level + HARDER


class Casting:
    """The draws of one quest: pure functions of (world, name, giver, what is wanted)."""

    def __init__(self, world: World, name: Sequence[str | int], giver: Character, wanted: Wanted):
        self.world = world
        self.name = tuple(name)
        self.giver = giver
        self.wanted = wanted
        self.level = wanted.level
        self.at = wanted.location

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

    @cached_property
    def tellers(self) -> dict[str, list[Told]]:
        """Entity -> who can tell what about it that the giver does not know; within reach, the giver excepted."""
        found: dict[str, list[Told]] = {}
        own = set(self.giver.knows)
        for person in self.world.characters.values():
            if person.id == self.giver.id or not self.reaches(self.home_of(person)):
                continue
            for fact in self.known_to(person):
                if fact.id not in own:
                    for id in fact.about:
                        found.setdefault(id, []).append(Told(person, fact))
        return found

    def home_of(self, person: Character) -> Location:
        """Where a person is found: the world's word, else one place for good, whatever the quest."""
        if person.location is not None:
            return self.world.locations[person.location]
        return self.world.locations[rendezvous(self.world.locations, "home", person.id)[0]]

    def where_is(self, item: Item) -> Location:
        """Where an item is found: the world's word, its owner's place, else one place for good."""
        if item.location is not None:
            return self.world.locations[item.location]
        if item.owner is not None:
            return self.home_of(self.world.characters[item.owner])
        return self.world.locations[rendezvous(self.world.locations, "home", item.id)[0]]

    def reaches(self, place: Location) -> bool:
        return place.id in self.walkable

    def draw(self, role: str, need: str, *tiers: Iterable[E]) -> E:
        """One entity of the first tier that is not empty. Raises Misfit with the need."""
        for tier in tiers:
            entities = {entity.id: entity for entity in tier}
            if len(entities) == 1:
                return next(iter(entities.values()))
            if entities:
                return entities[rendezvous(entities, *self.name, role)[0]]
        raise Misfit(f"needs {need}")

    def chance(self, role: str, probability: float) -> bool:
        """One toss of its own per role."""
        return Stream(*self.name, role, "chance").chance(probability)

    def cast(self, strategy: Strategy) -> Cast:
        """Every role of the strategy filled. Raises Misfit."""
        self._check_target(strategy)
        roles = strategy.roles
        item = owner = creature = person = news = None
        source: Location | None = None
        level = self.level or 0
        count = 1
        if "creature" in roles:
            creature = self._creature()
            level = level or max(1, min(20, creature.danger + Stream(*self.name, "level").integer(-1, 2)))
            if "person" not in roles and not strategy.does("capture"):
                count = self._count(creature, level)
        place = self._place(strategy, creature)
        if strategy.person and strategy.item != "owned":
            person, news = self._person(strategy, place)
        if "item" in roles:
            item, owner, source = self._item(strategy, person)
        if strategy.person and person is None and owner is not None:
            person = owner  # who is visited is who has it
        person_home = self.home_of(person) if person else None
        place = place or person_home or source or self.home
        level = level or Stream(*self.name, "level").integer(1, 10)
        cast = Cast(self.giver, self.home, level, place, source or place, item, owner, creature, count)
        cast = replace(cast, person=person, person_home=person_home, news=news)
        return replace(cast, lore=self._lore(cast), rivals=self._rivals(cast))

    def _check_target(self, strategy: Strategy) -> None:
        target = self.wanted.target
        if target is None:
            return
        table = {"item": self.world.items, "creature": self.world.creatures, "person": self.world.characters}
        fitting = [role for role, entries in table.items() if target in entries]
        people = strategy.person or strategy.item in ("owned", "trade")
        if not (people if "person" in fitting else strategy.roles & set(fitting)):
            raise Misfit(f"is about no {(fitting or ['place'])[0]} such as {target}")
        if target == self.giver.id:
            raise Misfit("needs a target other than the giver")

    def _is_target(self, role: str, id: str | None) -> bool:
        """Whether the entry may fill the role, as far as the wanted target is concerned."""
        target = self.wanted.target
        table = {"item": self.world.items, "creature": self.world.creatures, "person": self.world.characters}[role]
        return target is None or target not in table or target == id

    def _item(self, strategy: Strategy, person: Character | None) -> tuple[Item, Character | None, Location]:
        people = self.world.characters
        giver = self.giver.id
        elsewhere = person is not None or bool(strategy.roles & {"creature", "place"})
        fixed = None if elsewhere else self.at  # the deed's place is the one that is wanted

        def fits(item: Item) -> bool:
            others = item.owner is not None and item.owner != giver
            if strategy.item in ("owned", "trade") and not (others and self._is_target("person", item.owner)):
                return False
            if strategy.item in ("own", "here") and others:
                return False
            if strategy.item == "get" and item.owner == giver:
                return False
            if person is not None and item.owner == person.id:
                return False
            where = self.where_is(item)
            return self.reaches(where) and self._is_target("item", item.id) and fixed in (None, where.id)

        found = [item for item in self.world.items.values() if fits(item)]
        if strategy.item == "get" and not self.chance("owned", 0.3):
            found = [item for item in found if item.owner is None] or found
        friends = {relation.to for relation in self.giver.relations}
        if strategy.person == "friend" and strategy.item == "owned":
            found = [item for item in found if not self.apart(people[item.owner or ""])]
            found = [item for item in found if item.owner in friends] or found
        liked = [item for item in found if strategy.likes.intersection(item.tags)]
        if strategy.item == "here":  # nobody tinkers with what the main story is about, if there is anything else
            liked = [item for item in liked if "quest" not in item.tags] or liked
        apt = liked or [item for item in found if "quest" not in item.tags] or found
        linked: list[Item] = []
        if person is not None:
            facts = [fact.about for fact in self.world.facts.values() if person.id in fact.about]
            linked = [item for item in apt if any(item.id in about for about in facts)]
        away = [item for item in apt if self.where_is(item) != self.home]
        known = {id for fact in self.known_to(self.giver) for id in fact.about}
        wanted = [item for item in away if item.id in known] if self.chance("wanted", 0.5) else []
        rivals = [item for item in apt if item.owner and self.apart(people[item.owner])]
        item = self.draw("item", f"{_NEEDS[strategy.item]}{self._somewhere()}", linked, wanted, rivals, away, apt)
        owner = people[item.owner] if item.owner and item.owner != giver else None
        return item, owner, self.where_is(item)

    def _creature(self) -> Creature:
        found = [
            creature
            for creature in self.world.creatures.values()
            if (creature.location is None or creature.location in self.walkable)
            and (self.at is None or creature.location in (None, self.at))
            and self._is_target("creature", creature.id)
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

    def _place(self, strategy: Strategy, creature: Creature | None) -> Location | None:
        """Where the deed is done, when neither an item's place nor a person's home decides it."""
        places = self.world.locations
        if creature is not None and creature.location is not None:
            return places[creature.location]
        if creature is None and "place" not in strategy.roles:
            return None
        found = [place for place in places.values() if self.reaches(place) and self.at in (None, place.id)]
        elsewhere = [place for place in found if place != self.home]
        apt = [place for place in elsewhere if strategy.places.intersection(place.tags)]
        return self.draw("place", f"a location{self._somewhere()}", apt, elsewhere, found)

    def _person(self, strategy: Strategy, lair: Location | None) -> tuple[Character, Fact | None]:
        captive = strategy.person == "captive"
        found = [
            person
            for person in self.world.characters.values()
            if person.id != self.giver.id
            and self.reaches(self.home_of(person))
            and self._is_target("person", person.id)
            and (self.home_of(person) != lair if captive else self.at in (None, self.home_of(person).id))
        ]
        found = [person for person in found if self.home_of(person) != self.home] or found
        need = "a second character whose home is elsewhere" if captive else f"a second character{self._somewhere()}"
        if strategy.person == "teller":
            found = [person for person in found if any(self.known_to(person))]
            fresh = [person for person in found if any(f.id not in self.giver.knows for f in self.known_to(person))]
            person = self.draw("person", f"{need} who knows a fact", fresh, found)
        elif strategy.person == "apart":
            person = self.draw("person", need, [person for person in found if self.apart(person)], found)
        else:
            friends = {relation.to for relation in self.giver.relations}
            close = [person for person in found if person.id in friends]
            allies = [person for person in found if person.faction and person.faction == self.giver.faction]
            person = self.draw("person", need, close, allies, found)
        return person, self._fact("news", self.known_to(person))

    def _rivals(self, cast: Cast) -> tuple[Character, ...]:
        """Who was robbed, then who stands on another side, then anybody else; the wanted rival alone."""
        if self.wanted.rival is not None:
            if self.wanted.rival.id == self.giver.id:
                raise Misfit("needs a rival other than the giver")
            if not self.reaches(self.home_of(self.wanted.rival)):
                raise Misfit(f"needs a rival{self._somewhere()}")
            return (self.wanted.rival,)
        taken = cast.taken - {cast.owner.id if cast.owner else ""}
        found = {
            person.id: person
            for person in self.world.characters.values()
            if person.id not in taken and self.reaches(self.home_of(person))
        }
        order = [found[id] for id in rendezvous(found, *self.name, "rival")]
        return tuple(sorted(order, key=lambda person: (person != cast.owner, not self.apart(person)))[:4])

    def _lore(self, cast: Cast) -> Fact | None:
        """Something of it that the giver knows; of themselves they do not speak."""
        known = (fact for fact in self.known_to(self.giver) if cast.subjects & set(fact.about))
        return self._fact("lore", (fact for fact in known if self.giver.id not in fact.about))

    def _fact(self, role: str, facts: Iterable[Fact]) -> Fact | None:
        """One of the facts, sooner one that the giver does not know."""
        table = {fact.id: fact for fact in facts}
        new = [id for id in table if id not in self.giver.knows]
        order = rendezvous(new or table, *self.name, role)
        return table[order[0]] if order else None

    def known_to(self, person: Character) -> Iterator[Fact]:
        """What a person knows and may tell: nobody gives away a secret about themselves."""
        facts = (self.world.facts[id] for id in person.knows)
        return (fact for fact in facts if not (fact.secret and person.id in fact.about))

    def apart(self, person: Character) -> bool:
        """Whether a person stands on another side than the giver."""
        return bool(person.faction and self.giver.faction and person.faction != self.giver.faction)

    def wants(self, person: Character, items: Collection[Item]) -> list[list[Item]]:
        """The items in tiers of how much the person wants them: known of, named in a goal, anything at all; what the
        main story is about comes last."""
        known = {id for fact in self.known_to(person) for id in fact.about}
        goals = " ".join(person.goals).casefold()
        common = [item for item in items if "quest" not in item.tags]
        named = [item for item in items if item.name.casefold().removeprefix("the ") in goals]
        return [[item for item in common if item.id in known], named, common, list(items)]

    def _somewhere(self) -> str:
        if self.at is not None:
            return f" at {self.at}"
        return f" within a walk of {self.home.id}" if self.home.links else ""


_NEEDS = {
    "get": "an item that the giver lacks",
    "owned": "an item that somebody else owns",
    "trade": "an item that somebody else owns",
    "own": "an item that nobody else owns",
    "here": "an item that nobody else owns",
}


def _reached(start: str, links: Callable[[str], Iterable[str]]) -> frozenset[str]:
    seen, waiting = {start}, [start]
    while waiting:
        for id in links(waiting.pop()):
            if id not in seen:
                seen.add(id)
                waiting.append(id)
    return frozenset(seen)
