"""The flags of the world that a quest may test and set: those whose ids say that they are about it.

A flag that has nothing to do with the quest is never set.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property

from gamegen._random import rendezvous
from gamegen.generators.quest.cast import Cast, Casting
from gamegen.generators.quest.grammar import Strategy
from gamegen.generators.quest.steps import effect
from gamegen.records import JSON
from gamegen.world import Character, Flag

HOSTILE = frozenset(
    """
    hostile hate hates hated angry anger enemy enemies war alarm alarmed alert suspicious suspicion wanted banned exiled
    betrayed burned burnt closed dead doomed flooded gone lost panic ruined riot unrest cursed broken
    """.split()  # noqa: SIM905
)
"""Words of a flag's id that say that it is bad for the quest when the flag is true."""

TIMES = frozenset("days day hours hours nights night weeks week turns turn time".split())  # noqa: SIM905
"""Words of an integer flag's id that say that it counts the time that is left."""

Effects = tuple[Mapping[str, JSON], ...]


class Flags:
    """The flags that fit one quest."""

    def __init__(self, casting: Casting, strategy: Strategy, cast: Cast) -> None:
        self.casting = casting
        self.world = casting.world
        self.strategy = strategy
        self.cast = cast

    @cached_property
    def deeds(self) -> list[Flag]:
        """Bool flags that the deed may raise: they start false and share a word with the item that is moved, the
        creature, or the place that is worked on."""
        cast = self.cast
        matter = [part.id for part in (cast.item, cast.creature) if part]
        if self.strategy.does("repair", "defend") and "place" in self.strategy.roles:
            matter.append(cast.place.id)
        return self._bools(matter, hostile=False, role="deed")

    @cached_property
    def against(self) -> list[Flag]:
        """Flags that say that the giver's side has become an enemy."""
        return self.hostile(self.cast.giver)

    @cached_property
    def robbed(self) -> list[Flag]:
        """Flags that say that the side of who was wronged has become an enemy."""
        wrong = self.strategy.does("<steal>") or (self.strategy.does("damage") and self.cast.owner is not None)
        return self.hostile(self.cast.owner) if wrong and self.cast.owner else []

    @cached_property
    def times(self) -> list[Flag]:
        """Integer flags that count the time that is left, above zero at first."""
        found = [
            flag.id
            for flag in self.world.flags.values()
            if flag.value_type == "int" and int(flag.default) > 0 and TIMES.intersection(flag.id.split("_"))
        ]
        return [self.world.flags[id] for id in rendezvous(found, *self.casting.name, "time")]

    @cached_property
    def alarms(self) -> list[Flag]:
        """Any flags that start false and are bad when true."""
        found = {
            flag.id: flag
            for flag in self.world.flags.values()
            if flag.default is False and HOSTILE.intersection(flag.id.split("_"))
        }
        return [found[id] for id in rendezvous(found, *self.casting.name, "alarm")]

    def hostile(self, person: Character) -> list[Flag]:
        """Flags that say that a person's side has become an enemy: they share a word with its id, start false, and
        have a word of `HOSTILE`."""
        return self._bools(filter(None, (person.id, person.faction)), hostile=True, role="hostile")

    def held_by(self, person: Character | None) -> Effects:
        """Sets the flag that names who has the item, where the world has such a flag."""
        if self.cast.item is None or person is None:
            return ()
        matter = _words([self.cast.item.id])
        for flag in self.world.flags.values():
            holder = flag.value_type == "string" and flag.default in self.world.characters
            if holder and _words([flag.id]) & matter:
                return (effect("flag", flag.id, "set", person.id),)
        return ()

    def _bools(self, ids: Iterable[str], hostile: bool, role: str) -> list[Flag]:
        matter = _words(ids)
        found = {
            flag.id: flag
            for flag in self.world.flags.values()
            if flag.default is False
            and _words([flag.id]) & matter
            and bool(HOSTILE.intersection(flag.id.split("_"))) == hostile
        }
        return [found[id] for id in rendezvous(found, *self.casting.name, role)]


def raised(flags: Iterable[Flag]) -> Effects:
    """Effects that set the flags."""
    return tuple(effect("flag", flag.id, "set", True) for flag in flags)


def is_set(flag: Flag, value: bool) -> dict[str, JSON]:
    """The test of a bool flag."""
    return {"type": "flag", "id": flag.id, "op": "==", "value": value}


def _words(ids: Iterable[str]) -> set[str]:
    """The words of ids that are long enough to mean something."""
    return {word for id in ids for word in id.split("_") if len(word) > 3}
