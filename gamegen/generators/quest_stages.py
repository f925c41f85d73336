"""From a strategy and its cast to the quest's shape: stages, objectives, edges, outcomes, and the flags it touches."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from gamegen._random import rendezvous
from gamegen.generators.phrases import clause, noun
from gamegen.generators.quest_cast import Cast, Casting, suits
from gamegen.generators.quest_phrases import Saying
from gamegen.generators.quest_strategies import ESCORT, GOTO, LISTEN, REPAIR, REPORT, SPY, STEAL, Action, Strategy
from gamegen.records import JSON
from gamegen.world import Character, Creature, Fact, Flag, Item, Location

MOST_STAGES = 4
MOST_OBJECTIVES = 5
"""Together with title, summary, journal and outcomes this gives 8 to 14 texts a quest."""

HOSTILE = frozenset(
    """
    hostile hate hates hated angry anger enemy enemies war alarm alarmed alert suspicious suspicion wanted banned exiled
    betrayed burned burnt closed dead doomed flooded gone lost panic ruined riot unrest cursed broken
    """.split()  # noqa: SIM905
)
"""Words of a flag's id that say that it is bad for the quest when the flag is true."""


@dataclass(frozen=True, slots=True)
class Step:
    """One objective and how it is spoken of."""

    id: str
    verb: str
    target: str
    name: str
    """What must stand in its text: the target's name as it is said there."""
    place: Location
    saying: Saying
    count: int = 1
    to: str | None = None
    optional: bool = False
    hidden: bool = False
    requires: Mapping[str, JSON] | None = None
    effects: tuple[Mapping[str, JSON], ...] = ()
    fact: Fact | None = None


@dataclass(frozen=True, slots=True)
class Ending:
    """One outcome; `after` names the objective that chooses it, None for the one that fails the quest."""

    id: str
    status: str
    must: str
    effects: tuple[Mapping[str, JSON], ...] = ()
    after: str | None = None


@dataclass(frozen=True, slots=True)
class Stage:
    id: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """The whole quest without its words."""

    stages: tuple[Stage, ...]
    endings: tuple[Ending, ...]
    prerequisites: tuple[Mapping[str, JSON], ...] = ()
    fail_conditions: tuple[Mapping[str, JSON], ...] = ()

    @property
    def steps(self) -> Iterator[Step]:
        return (step for stage in self.stages for step in stage.steps)


@dataclass(slots=True)
class _Names:
    """Hands out ids that are unique in the quest."""

    used: set[str] = field(default_factory=set)

    def new(self, wanted: str) -> str:
        wanted = wanted[:100]
        id, number = wanted, 2
        while id in self.used:
            id, number = f"{wanted}_{number}", number + 1
        self.used.add(id)
        return id


class Shaping:
    """Builds the shape of one quest; the draws are named like those of the casting."""

    def __init__(self, casting: Casting, strategy: Strategy, cast: Cast) -> None:
        self.casting = casting
        self.world = casting.world
        self.strategy = strategy
        self.cast = cast
        self.objectives, self.states = _Names(), _Names({"inactive"})

    def shape(self) -> Shape:
        beats = self._beats()
        self._add_extra(beats)
        last = beats[-1][1]
        main = last[-1]
        other = self._alternative(main) if self.casting.chance("branch", 0.6) else None
        deeds = self._deed_flags()
        against = self._hostile_flags(self.cast.giver)
        robbed = self._hostile_flags(self.cast.owner) if STEAL in self.strategy.actions and self.cast.owner else []
        done = self.strategy.done.format(**clause_fields(self.cast))
        endings = [Ending(self.states.new("complete"), "success", done, _raise([*deeds[:1], *robbed[:1]]), main.id)]
        if other is not None:
            last.append(other)
            endings.append(self._other_ending(other, against))
        prerequisites = deeds[:1] if self.casting.chance("prerequisite", 0.6) else []
        fails: tuple[Mapping[str, JSON], ...] = ()
        if against and against[0] not in robbed and self.casting.chance("fail", 0.7):
            must = f"it is too late to help {noun(self.cast.giver.name)}"
            endings.append(Ending(self.states.new("failed"), "failure", must))
            fails = ({"condition": _test(against[0], True), "outcome": endings[-1].id},)
            prerequisites = [*prerequisites, against[0]]
        stages = tuple(Stage(self.states.new(name), tuple(steps)) for name, steps in beats)
        return Shape(stages, tuple(endings), tuple(_test(flag, False) for flag in prerequisites), fails)

    def _other_ending(self, other: Step, against: list[Flag]) -> Ending:
        """The outcome of the alternative: with the rival against the giver, or against the giver's wish alone."""
        rival = self.cast.rival
        if rival is not None and other.saying.way in ("deliver", "report"):
            must = f"{other.saying.deed} instead of {noun(self.cast.giver.name)}"
            return Ending(self.states.new(f"sided_with_{rival.id}"), "success", must, _raise(against[:1]), other.id)
        return Ending(self.states.new(f"chose_to_{other.verb}"), "success", other.saying.deed, after=other.id)

    def _beats(self) -> list[tuple[str, list[Step]]]:
        """(name, objectives) of each stage: the strategy's sequence with `<goto>` expanded as the paper has it."""
        beats = []
        for number, actions in enumerate(self.strategy.stages):
            steps = []
            for action in actions:
                # <goto> ::= ε where something else is done at the same place
                if action is GOTO and len(actions) > 1 and not self.casting.chance(f"goto {number}", 0.4):
                    continue
                steps.append(self._step(action))
            beats.append((actions[-1].stage, steps))
        if self.cast.hint is not None and len(beats) < MOST_STAGES and self.casting.chance("hint", 0.8):
            # <goto> ::= <learn> goto
            told = self.cast.hint
            topic = self._topic(told.fact, self.cast.subjects)
            beats.insert(0, ("inquiry", [self._interview(told.person, told.place, "ask", told.fact, topic)]))
        return beats

    def _topic(self, fact: Fact, ids: Collection[str]) -> str:
        """The name of the first of these that a fact is about; "" if it is about none of them."""
        entities = (self.world.get(id) for id in fact.about if id in ids)
        return next((noun(entity.name) for entity in entities if entity), "")

    def _step(self, action: Action) -> Step:
        cast, verb = self.cast, action.verb
        if action is REPORT:
            return self._interview(cast.giver, cast.home, "report")
        if action is LISTEN and cast.person:
            return self._listen(cast.person)
        if action is SPY and cast.person:
            return self._plain(verb, cast.person, cast.place)
        if action is ESCORT and cast.person and cast.person_home:
            return self._plain(verb, cast.person, cast.person_home)
        if action.role == "creature" and cast.creature:
            return self._fight(cast.creature, cast.place, cast.count)
        if action.role == "item" and cast.item:
            return self._handle(verb, cast.item)
        return self._plain(verb, cast.place, cast.place)

    def _listen(self, person: Character) -> Step:
        """A talk: about what the person knows where that is the matter, else sometimes with news by the way."""
        fact, place = self.cast.news, self.cast.place
        if self.strategy.name != "Interview NPC" or fact is None:
            return self._interview(person, place, "visit", fact if self.casting.chance("news", 0.5) else None)
        topic = self._topic(fact, set(fact.about) - {person.id})
        return self._interview(person, place, "ask" if topic else "visit", fact, topic)

    def _plain(self, verb: str, target: Character | Location, place: Location) -> Step:
        name = noun(target.name)
        return Step(self._id(verb, target.id), verb, target.id, name, place, Saying(verb, name, noun(place.name)))

    def _interview(
        self, person: Character, place: Location, way: str, fact: Fact | None = None, topic: str = ""
    ) -> Step:
        name = noun(person.name)
        learned = clause(fact.text) if fact else ""
        saying = Saying(way, name, noun(place.name), topic=topic, learned=learned)
        return Step(self._id(way, person.id), "interview", person.id, name, place, saying, fact=fact)

    def _fight(self, creature: Creature, place: Location, count: int = 1, verb: str = "kill") -> Step:
        name = noun(creature.plural if count > 1 else creature.name)
        saying = Saying(verb, f"{count} {name}" if count > 1 else name, noun(place.name))
        return Step(self._id(verb, creature.id), verb, creature.id, name, place, saying, count)

    def _handle(self, verb: str, item: Item, to: Character | None = None) -> Step:
        """Something done with an item: it is gained, used up, or handed over."""
        cast = self.cast
        name = noun(item.name)
        gained = verb in ("gather", "steal")
        kept = verb == "use" and any(action.verb == "deliver" for action in self.strategy.actions)
        place = cast.source if gained else cast.place
        other = cast.owner
        if verb == "deliver":
            other = to or cast.giver
            place = self.casting.home_of(other)
        return Step(
            self._id(verb, f"{item.id}_to_{to.id}" if to else item.id),
            verb,
            item.id,
            name,
            place,
            Saying(verb, name, noun(place.name), noun(other.name) if other else ""),
            to=other.id if verb == "deliver" and other else None,
            requires=None if gained else {"type": "item", "id": item.id, "op": ">=", "value": 1},
            effects=() if kept else (_effect("item", item.id, "add", 1 if gained else -1),),
        )

    def _add_extra(self, beats: list[tuple[str, list[Step]]]) -> None:
        """Perhaps one optional objective, sometimes hidden, in the stage of the deed."""
        if sum(len(steps) for _, steps in beats) >= MOST_OBJECTIVES or not self.casting.chance("extra", 0.7):
            return
        cast = self.cast
        stage = next(
            (steps for _, steps in reversed(beats) if any(step.place == cast.place for step in steps)), beats[0][1]
        )
        place = stage[-1].place
        taken = cast.taken | {place.id, cast.home.id, cast.source.id}
        world = self.world
        found: dict[str, Creature | Item | Character | Location] = {}
        for creature in world.creatures.values():
            if creature.location == place.id and suits(creature.danger, cast.level):
                found[f"kill {creature.id}"] = creature
        for item in world.items.values():
            if item.location == place.id and item.owner is None:
                found[f"gather {item.id}"] = item
        for person in world.characters.values():
            if person.location == place.id:
                found[f"visit {person.id}"] = person
        for id in self.casting.walkable.intersection(place.links):
            found[f"explore {id}"] = world.locations[id]
        order = rendezvous(
            (key for key, entity in found.items() if entity.id not in taken), *self.casting.name, "extra"
        )
        if not order:
            return
        step = self._extra(found[order[0]], place)
        stage.insert(0, replace(step, optional=True, hidden=self.casting.chance("hidden", 0.35)))

    def _extra(self, entity: Creature | Item | Character | Location, place: Location) -> Step:
        if isinstance(entity, Creature):
            return self._fight(entity, place)
        if isinstance(entity, Item):
            name = noun(entity.name)
            saying = Saying("gather", name, noun(place.name))
            effect = _effect("item", entity.id, "add", 1)
            return Step(self._id("gather", entity.id), "gather", entity.id, name, place, saying, effects=(effect,))
        if isinstance(entity, Character):
            return self._interview(entity, place, "visit")
        return self._plain("explore", entity, entity)

    def _alternative(self, last: Step) -> Step | None:
        """What the player may do instead of the last objective, and so decide otherwise."""
        cast, rival = self.cast, self.cast.rival
        if last.verb == "repair":
            return self._plain("damage", cast.place, cast.place)
        if last.verb == "kill" and cast.creature and last.count == 1:
            return self._fight(cast.creature, cast.place, verb="capture")
        if rival is None or cast.rival_home is None:
            return None
        if last.verb in ("deliver", "use") and cast.item:
            return self._handle("deliver", cast.item, rival)
        return self._interview(rival, cast.rival_home, "report") if last.verb == "interview" else None

    def _deed_flags(self) -> list[Flag]:
        """Flags that the deed may raise: bool flags that start false and share a word with the item that is moved, the
        creature, or the place that is repaired. A flag that has nothing to do with the quest is never touched."""
        cast = self.cast
        matter = [part.id for part in (cast.item, cast.creature) if part]
        if REPAIR in self.strategy.actions:
            matter.append(cast.place.id)
        found = {
            flag.id: flag
            for flag in self.world.flags.values()
            if flag.default is False and _words([flag.id]) & _words(matter) and not _words([flag.id]) & HOSTILE
        }
        return [found[id] for id in rendezvous(found, *self.casting.name, "deed")]

    def _hostile_flags(self, person: Character) -> list[Flag]:
        """Flags that say that the person's side has become an enemy: they share a word with its id, start false, and
        have a word of `HOSTILE`."""
        side = _words(filter(None, (person.id, person.faction)))
        found = {
            flag.id: flag
            for flag in self.world.flags.values()
            if flag.default is False and _words([flag.id]) & side and _words([flag.id]) & HOSTILE
        }
        return [found[id] for id in rendezvous(found, *self.casting.name, "hostile")]

    def _id(self, way: str, target: str) -> str:
        return self.objectives.new(f"{way}_{target}")


def clause_fields(cast: Cast) -> dict[str, str]:
    """The names that the clauses of a strategy may use."""
    named = {"giver": cast.giver, "item": cast.item, "person": cast.person, "owner": cast.owner}
    fields = {role: noun(entity.name) if entity else "" for role, entity in named.items()}
    creature = ""
    if cast.creature:
        creature = f"{cast.count} {noun(cast.creature.plural)}" if cast.count > 1 else noun(cast.creature.name)
    return {**fields, "creature": creature, "place": noun(cast.place.name), "source": noun(cast.source.name)}


def _test(flag: Flag, value: bool) -> dict[str, JSON]:
    return {"type": "flag", "id": flag.id, "op": "==", "value": value}


def _raise(flags: Iterable[Flag]) -> tuple[Mapping[str, JSON], ...]:
    return tuple(_effect("flag", flag.id, "set", True) for flag in flags)


def _effect(type: str, id: str, op: str, value: JSON) -> dict[str, JSON]:
    return {"type": type, "id": id, "op": op, "value": value}


def _words(ids: Iterable[str]) -> set[str]:
    """The words of ids that are long enough to mean something."""
    return {word for id in ids for word in id.split("_") if len(word) > 3 or word in HOSTILE}
