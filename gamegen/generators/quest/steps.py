"""From derived actions to objectives: verbs of the record, what they require and change, and how they are spoken of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gamegen._random import Stream
from gamegen.generators.phrases import clause, noun
from gamegen.generators.quest.actions import PLAYER, VERBS, Action, apply
from gamegen.generators.quest.cast import Cast, Casting
from gamegen.generators.quest.derivation import Derivation, Leaf
from gamegen.generators.quest.grammar import Strategy
from gamegen.generators.quest.phrases import Saying
from gamegen.records import JSON
from gamegen.world import Creature, Fact, Location

_WAYS: Mapping[str, str] = {"take": "steal", "give": "deliver", "stealth": "sneak", "listen": "visit"}
"""How an action is spoken of, where its leaf says nothing and it is not called so itself."""

_USED_UP = ("bait", "treat")
"""Ways to use an item that leave nothing of it."""


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
    why: str = ""


@dataclass(slots=True)
class Names:
    """Hands out ids that are unique in the quest."""

    used: set[str] = field(default_factory=set)

    def new(self, wanted: str) -> str:
        wanted = wanted[:100]
        id, number = wanted, 2
        while id in self.used:
            id, number = f"{wanted}_{number}", number + 1
        self.used.add(id)
        return id


class Steps:
    """Makes the objectives of one quest."""

    def __init__(self, casting: Casting, strategy: Strategy, cast: Cast) -> None:
        self.casting = casting
        self.world = casting.world
        self.strategy = strategy
        self.cast = cast
        self.names = Names()

    def of(self, derivation: Derivation) -> list[list[Step]]:
        """The objectives in groups that can be done in any order: a way or a look around goes with the deed there."""
        shown = self._shown(derivation)
        state = derivation.start
        actions = [leaf.action for leaf in derivation.leaves]
        groups: list[list[Step]] = []
        for number, leaf in enumerate(derivation.leaves):
            held = state.holder.get(leaf.action.target) == PLAYER
            state = apply(leaf.action, state)
            if number not in shown:
                continue
            step = self._step(leaf, held, actions[number + 1 :])
            if groups and _together(groups[-1][-1], step):
                groups[-1].append(step)
            else:
                groups.append([step])
        if len(groups) == 1 and len(groups[0]) > 1 and groups[0][0].verb in ("goto", "explore", "sneak"):
            groups = [groups[0][:1], groups[0][1:]]
        return groups

    def _shown(self, derivation: Derivation) -> set[int]:
        """Which leaves are objectives: all that say so, a way where there would be nothing else, some more ways."""
        leaves = derivation.leaves
        shown = {number for number, leaf in enumerate(leaves) if leaf.shown}
        ways = [number for number, leaf in enumerate(leaves) if not leaf.shown]
        for number in ways:
            few = len(shown) < 2 or (len(shown) < 3 and number == ways[0])
            if few or (len(shown) < 6 and Stream(*self.casting.name, "way", number).chance(0.2)):
                shown.add(number)
        return shown

    def _step(self, leaf: Leaf, held: bool, later: Sequence[Action]) -> Step:
        action = leaf.action
        fact = self.world.facts[leaf.fact] if leaf.fact else None
        kept = any(action.target in (each.target, each.price) for each in later)
        return self.step(
            action,
            leaf.way,
            held=held,
            kept=kept,
            fact=fact,
            count=leaf.count,
            topic=leaf.topic,
            why=leaf.why,
        )

    def step(
        self,
        action: Action,
        way: str = "",
        *,
        held: bool = False,
        kept: bool = True,
        fact: Fact | None = None,
        count: int = 1,
        topic: str = "",
        why: str = "",
        optional: bool = False,
        hidden: bool = False,
    ) -> Step:
        """One objective. held: the player has the target when it is done; kept: it is needed later."""
        entity = self.world.get(action.target)
        assert entity is not None
        way = way or _WAYS.get(action.name, action.name)
        name = noun(entity.plural if count > 1 and isinstance(entity, Creature) else entity.name)
        place = self.world.locations[action.place]
        other = self.world.get(action.other)
        price = self.world.get(action.price)
        saying = Saying(
            way,
            f"{count} {name}" if count > 1 else name,
            noun(place.name),
            noun(other.name) if other else "",
            topic,
            noun(price.name) if price else "",
            clause(fact.text) if fact else "",
        )
        requires, effects = self._state(action, way, held, kept)
        to = action.other if action.name in ("give", "exchange") or way == "sell" else None
        return Step(
            self.names.new(f"{way}_{action.target}" + (f"_to_{to}" if to not in (None, self.cast.giver.id) else "")),
            "gather" if way == "collect" else VERBS[action.name],
            action.target,
            name,
            place,
            saying,
            count,
            to,
            optional,
            hidden,
            requires,
            effects,
            fact,
            why,
        )

    def _state(
        self, action: Action, way: str, held: bool, kept: bool
    ) -> tuple[Mapping[str, JSON] | None, tuple[Mapping[str, JSON], ...]]:
        """What an objective requires of the player's things, and what it changes of them."""
        item = action.target
        if item not in self.world.items:
            return None, ()
        if action.name == "exchange":
            return has(action.price), (effect("item", item, "add", 1), effect("item", action.price, "add", -1))
        if action.name in ("gather", "take"):
            return None, (effect("item", item, "add", 1),)
        if action.name == "give":
            return has(item), (effect("item", item, "add", -1),)
        if not held:
            return None, ()
        gone = (action.name == "damage") or (
            action.name == "use" and not kept and (way in _USED_UP or self.strategy.name == "Create diversion")
        )
        return has(item), (effect("item", item, "add", -1),) if gone else ()


def _together(before: Step, step: Step) -> bool:
    """Whether a step belongs into the stage of the one before it, since their order does not matter."""
    if before.place != step.place:
        return False
    return before.verb in ("goto", "explore", "sneak") or (before.verb == "kill" and step.verb == "steal")


def has(item: str) -> dict[str, JSON]:
    return {"type": "item", "id": item, "op": ">=", "value": 1}


def effect(type: str, id: str, op: str, value: JSON) -> dict[str, JSON]:
    return {"type": type, "id": id, "op": op, "value": value}
