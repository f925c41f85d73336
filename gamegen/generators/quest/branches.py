"""What the player may do beside and instead: optional objectives, and deeds that lead to another outcome."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from gamegen._random import rendezvous
from gamegen.generators.phrases import noun
from gamegen.generators.quest.actions import Action
from gamegen.generators.quest.cast import Cast, Casting, suits
from gamegen.generators.quest.derivation import MOST_OBJECTIVES
from gamegen.generators.quest.flags import Effects, Flags, raised
from gamegen.generators.quest.steps import Step, Steps
from gamegen.world import Character

MERCHANTS = frozenset(
    "merchant trader dealer peddler pawnbroker shopkeeper broker fence smuggler grocer chandler vendor".split()  # noqa: SIM905
)
"""Words of a role or a tag: people who buy things."""


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another way to end the quest: `step` instead of the last step of its stage.

    name: of the outcome. must: how it stands then. rival: whether it serves another side than the giver's.
    """

    name: str
    step: Step
    must: str
    effects: Effects = ()
    rival: bool = False


class Branches:
    """Makes the alternatives and the optional objectives of one quest."""

    def __init__(self, casting: Casting, cast: Cast, steps: Steps, flags: Flags) -> None:
        self.casting = casting
        self.world = casting.world
        self.cast = cast
        self.steps = steps
        self.flags = flags

    def alternatives(self, stages: Sequence[Sequence[Step]], most: int, asked: bool) -> list[tuple[int, Alternative]]:
        """At most so many alternatives, each with the number of its stage; different in deed and outcome. asked:
        whether just so many are wished for."""
        last = len(stages) - 1
        chosen: list[tuple[int, Alternative]] = []
        most = min(most, MOST_OBJECTIVES - sum(len(steps) for steps in stages))
        if most < 1:
            return chosen
        rival = self.casting.wanted.rival
        own = {part.id for part in (self.cast.creature, self.cast.item) if part}
        places = [last]
        if self.cast.person is None or self.cast.creature is None:  # nobody is left in a lair
            places += [n for n in range(last - 1, -1, -1) if stages[n][-1].target in own]
        found: dict[str, tuple[int, Action, str]] = {}
        for number in places:
            for kind, action, way in self._instead(stages[number][-1], final=number == last):
                found.setdefault(kind, (number, action, way))
        order = rendezvous(found, *self.casting.name, "alternatives")
        if rival is not None:
            order.sort(key=lambda kind: not kind.startswith("rival"))
        names: set[str] = set()
        stems: set[str] = set()
        order.sort(
            key=lambda kind: kind.startswith("tell")
        )  # the plainest comes last, and alone where none is asked for
        for kind in order:
            stem = kind.partition(" ")[0]
            if not asked and (stem in stems or (stem == "tell" and chosen)):
                continue
            stems.add(stem)
            number, action, way = found[kind]
            alternative = self._alternative(kind, action, way, stages[number][-1])
            if len(chosen) < most and alternative.name not in names:
                names.add(alternative.name)
                chosen.append((number, alternative))
        return sorted(chosen, key=lambda each: each[0])

    def _alternative(self, kind: str, action: Action, way: str, instead: Step) -> Alternative:
        cast = self.cast
        giver = noun(cast.giver.name)
        held = action.target in self.world.items and instead.requires is not None
        topic = noun(cast.giver.name) if way in ("warn", "tell") else ""
        step = self.steps.step(action, way, held=held, topic=topic)
        deed = step.saying.deed
        if kind.startswith(("rival", "tell")):
            rival = action.other or action.target
            must = deed if way == "tell" else f"{deed} instead of {giver}"
            effects = (*raised(self.flags.against[:1]), *self._held(action))
            return Alternative(f"sided_with_{rival}", step, must, effects, True)
        if kind in ("capture", "fight", "kill"):
            gone = self.flags.deeds[:1] if self.cast.creature and action.target == self.cast.creature.id else []
            return Alternative(f"chose_to_{'spare' if kind == 'fight' else kind}", step, deed, raised(gone))
        if kind == "warn":
            effects = raised(self.flags.against[:1])
            return Alternative(f"warned_{action.target}", step, deed, effects, True)
        return Alternative(f"chose_to_{kind}", step, deed, self._held(action), kind in ("return", "sell", "destroy"))

    def _held(self, action: Action) -> Effects:
        item = self.cast.item
        receiver = self.world.characters.get(action.other) if action.name == "give" else None
        return self.flags.held_by(receiver) if item and action.target == item.id else ()

    def _instead(self, main: Step, final: bool) -> Iterator[tuple[str, Action, str]]:
        """(kind, action, way) of what may be done instead of a step."""
        cast, way = self.cast, main.saying.way
        place = main.place.id
        rivals = [person for person in cast.rivals if person.id != main.target]
        if main.verb == "deliver" and final:
            for number, rival in enumerate(rivals[:3]):
                home = self.casting.home_of(rival).id
                yield f"rival {number}", Action("give", main.target, home, rival.id), way
            yield from self._with_item(main, rivals[:3])
        elif main.verb == "interview" and main.target == cast.giver.id:
            for number, rival in enumerate(rivals[:3]):
                yield f"rival {number}", Action("report", rival.id, self.casting.home_of(rival).id), "report"
            watched = cast.person if cast.creature is None else None
            if watched and self.casting.apart(watched) and watched not in rivals[:3]:
                yield "warn", Action("report", watched.id, self.casting.home_of(watched).id), "warn"
        elif main.verb in ("damage", "kill") and main.target in self.world.creatures and main.count == 1:
            yield "capture", Action("capture", main.target, place), "capture"
            other = "fight" if main.verb == "kill" else "kill"
            yield other, Action("damage" if other == "fight" else "kill", main.target, place), other
        elif main.verb in ("repair", "defend") and main.target not in self.world.characters:
            yield "damage", Action("damage", main.target, place), "destroy" if way == "mend" else "damage"
        elif main.verb == "damage" and main.target not in self.world.creatures:
            yield "repair", Action("repair", main.target, place), "mend" if way == "destroy" else "repair"
        elif main.verb in ("use", "experiment") and final and main.requires:
            for number, rival in enumerate(rivals[:1]):
                home = self.casting.home_of(rival).id
                yield f"rival {number}", Action("give", main.target, home, rival.id), "deliver"
            yield "destroy", Action("damage", main.target, place), "destroy"
        elif main.verb == "exchange" and main.to:
            yield "steal", Action("take", main.target, place, main.to), "steal"
        if main.verb == "steal" and cast.owner and cast.owner.id != cast.giver.id:
            yield "warn", Action("report", cast.owner.id, place), "warn"
        if main.verb != "deliver" and main.target != cast.giver.id and final:
            for number, rival in enumerate(rivals):
                kind = f"rival {3 + number}" if rival == self.casting.wanted.rival else f"tell {number}"
                yield kind, Action("report", rival.id, self.casting.home_of(rival).id), "tell"

    def _with_item(self, main: Step, rivals: Collection[Character]) -> Iterator[tuple[str, Action, str]]:
        """What may be done with a thing instead of handing it over."""
        owner = self.cast.owner
        if main.target not in self.world.items:
            yield "free", Action("escort", main.target, self.cast.place.id), "free"
            return
        if owner and owner not in rivals and owner.id != self.cast.giver.id:
            yield "return", Action("give", main.target, self.casting.home_of(owner).id, owner.id), "deliver"
        buyers = {
            person.id: person
            for person in self.world.characters.values()
            if person.id not in {each.id for each in (*rivals, self.cast.giver, owner) if each}
            and MERCHANTS & {*person.role.casefold().split(), *person.tags}
            and self.casting.reaches(self.casting.home_of(person))
        }
        for id in rendezvous(buyers, *self.casting.name, "buyer")[:1]:
            yield "sell", Action("give", main.target, self.casting.home_of(buyers[id]).id, id), "sell"
        yield "destroy", Action("damage", main.target, main.place.id), "destroy"

    def extras(self, stages: Sequence[list[Step]], number: int, others: int) -> int:
        """Adds so many optional objectives, some of them hidden, to the stages; returns how many found a place. others:
        objectives that are still to be added."""
        taken = self.cast.taken | {step.target for steps in stages for step in steps}
        taken |= {step.place.id for steps in stages for step in steps} | {self.cast.home.id}
        found: dict[str, tuple[int, Action, str]] = {}
        for stage in range(len(stages) - 1, -1, -1):
            for key, action, way in self._beside(stages, stage):
                found.setdefault(key, (stage, action, way))
        added = 0
        order = rendezvous(found, *self.casting.name, "extra")
        order.sort(key=lambda key: not key.startswith("escape"))  # who has just robbed somebody had better run
        for key in order:
            stage, action, way = found[key]
            total = others + sum(len(steps) for steps in stages)
            if added == number or total >= MOST_OBJECTIVES:
                break
            if action.target in taken and action.name != "escape":
                continue
            taken |= {action.target}
            fact = None
            if action.name == "listen":
                about = self.cast.subjects
                told = (each for each in self.casting.known_to(self.world.characters[action.target]))
                fact = next((each for each in told if about & set(each.about)), None)
            topic = next((noun(e.name) for i in fact.about if (e := self.world.get(i))), "") if fact else ""
            step = self.steps.step(action, "ask" if topic else way, fact=fact, topic=topic, optional=True)
            stages[stage].insert(0, replace(step, hidden=self.casting.chance(f"hidden {key}", 0.35)))
            added += 1
        return added

    def _beside(self, stages: Sequence[list[Step]], stage: int) -> Iterator[tuple[str, Action, str]]:
        """What else can be done where a stage is played."""
        world = self.world
        for place in {step.place.id: step.place for step in stages[stage]}.values():
            for creature in world.creatures.values():
                if creature.location == place.id and suits(creature.danger, self.cast.level):
                    yield f"kill {creature.id}", Action("kill", creature.id, place.id), "kill"
            for item in world.items.values():
                if item.location == place.id and item.owner is None:
                    document = {"document", "book"}.intersection(item.tags)
                    name = "read" if document else "gather"
                    yield f"{name} {item.id}", Action(name, item.id, place.id), name
            for person in world.characters.values():
                if person.location == place.id:
                    yield f"visit {person.id}", Action("listen", person.id, place.id), "visit"
            for id in self.casting.walkable.intersection(place.links):
                yield f"explore {id}", Action("explore", id, id), "explore"
        if stage and stages[stage - 1][-1].verb in ("steal", "spy") and stages[stage - 1][-1].place != self.cast.home:
            fled = stages[stage - 1][-1].place.id
            yield f"escape {fled}", Action("escape", fled, self.cast.home.id), "escape"
