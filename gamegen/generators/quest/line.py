"""Quest lines: each quest goes on from where the one before it left the world.

A line of K quests is K records in a row of one block. The plan of a record makes the plans before it in its line (they
are pure), plays their main outcome, and plans in the world that results: what was delivered has a new owner, who was
rescued is home, what was beaten is gone, flags that were set stay set. Its prerequisites are the states of the quest
before it that leave such a world, and the flags that all of these have set.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from gamegen._random import Stream, rendezvous
from gamegen.generators.quest.actions import PLAYER, replay
from gamegen.generators.quest.made import Made
from gamegen.generators.quest.stages import Ending
from gamegen.records import JSON
from gamegen.world import Character, World


@dataclass(frozen=True, slots=True)
class Legacy:
    """What a quest leaves to the next of its line."""

    world: World
    givers: tuple[Character, ...]
    about: tuple[tuple[tuple[str, str], ...], ...]
    """What the next one may be about: ("target" or "location", id)."""
    level: int
    prerequisites: tuple[Mapping[str, JSON], ...]
    ref: Mapping[str, JSON]
    """The quest before, as a ref of the next record."""
    strategy: str
    done: str


def legacy(made: Made, name: tuple[str | int, ...], giver_is_fixed: bool) -> Legacy:
    """What the quest leaves; `name` is that of the next quest's draws."""
    world = _after(made)
    giver = world.characters[made.cast.giver.id]
    met = _met(made)
    people = [world.characters[id] for id in met if id in world.characters and id != giver.id]
    passed = bool(people) and not giver_is_fixed and Stream(*name, "passed on").chance(0.4)
    heirs = [world.characters[id] for id in rendezvous([person.id for person in people], *name, "heir")]
    givers = (giver,) if giver_is_fixed else (*heirs, giver) if passed else (giver, *heirs)
    allowing = [ending for ending in made.shape.endings if _allows(made, ending)]
    tests: list[Mapping[str, JSON]] = [
        {"type": "quest", "id": made.id, "op": "==", "value": ending.id} for ending in allowing
    ]
    state: Mapping[str, JSON] = tests[0] if len(tests) == 1 else {"any": tests}
    states = ["inactive", *(stage.id for stage in made.shape.stages), *(ending.id for ending in made.shape.endings)]
    ref = {
        "id": made.id,
        "type": "quest",
        "name": made.id,
        "value_type": "string",
        "initial": "inactive",
        "values": states,
    }
    return Legacy(
        world,
        givers,
        _subjects(made, world, name),
        min(20, made.cast.level + 1),
        (state, *_raised(allowing)),
        ref,
        made.strategy.name,
        made.said.done,
    )


def _after(made: Made) -> World:
    """The world after the main outcome."""
    world = made.casting.world
    state = replay(made.derivation.actions, made.derivation.start)
    gone = {id for mark, id in state.marks if mark in ("dead", "damaged", "captured")}
    people = {
        person.id: replace(person, location=state.where[person.id])
        if person.location is not None and person.id in state.where
        else person
        for person in world.characters.values()
    }
    if made.cast.person is not None and made.cast.creature is not None:
        captive = made.cast.person
        people[captive.id] = captive
    items = {}
    for item in world.items.values():
        holder = state.holder.get(item.id)
        if item.id in gone or holder == PLAYER or item.id == made.reward:
            continue
        items[item.id] = replace(item, owner=holder, location=None) if holder and holder != item.owner else item
    set_flags = {str(e["id"]): e["value"] for e in made.shape.endings[0].effects if e["op"] == "set"}
    return replace(
        world,
        characters=people,
        items=items,
        creatures={id: creature for id, creature in world.creatures.items() if id not in gone},
        flags={
            id: replace(flag, default=set_flags[id]) if id in set_flags else flag for id, flag in world.flags.items()
        },
    )


def _met(made: Made) -> list[str]:
    """Everyone whom the quest was about or who took part in it."""
    cast = made.cast
    roles = [each.id for each in (cast.person, cast.owner) if each]
    parts = [id for action in made.derivation.actions for id in (action.target, action.other)]
    rivals = [end.id.removeprefix("sided_with_") for end in made.shape.endings if end.id.startswith("sided_with_")]
    return list(dict.fromkeys([*roles, *parts, *rivals]))


def _subjects(made: Made, world: World, name: tuple[str | int, ...]) -> tuple[tuple[tuple[str, str], ...], ...]:
    """What the quest has changed, in the order in which the next one takes it up; at last whatever there is."""
    cast = made.cast
    moved = [id for action in made.derivation.actions for id in (action.target, action.price) if id in world.items]
    people = [id for id in _met(made) if id in world.characters and id != cast.giver.id]
    targets = rendezvous({*moved, *people}, *name, "subject")
    lair = cast.place.id if cast.creature else ""
    about = [("target", id) for id in targets]
    if lair:
        about.insert(0, ("location", lair))
    return tuple(about), (("location", cast.place.id),), (("", ""),)


def _allows(made: Made, ending: Ending) -> bool:
    """Whether an outcome leaves the world as the main one does, as far as the line is concerned."""
    if ending.id == "complete":
        return True
    if ending.status != "success" or ending.rival or made.cast.item is not None or made.cast.person is not None:
        return False
    return ending.id.startswith(("chose_to_capture", "chose_to_kill"))


def _raised(endings: Sequence[Ending]) -> list[Mapping[str, JSON]]:
    """Tests of the flags that all of the outcomes set to the same value."""
    tables = [
        {str(effect["id"]): effect["value"] for effect in ending.effects if effect["type"] == "flag"}
        for ending in endings
    ]
    common = {id: value for id, value in tables[0].items() if all(table.get(id) == value for table in tables)}
    return [{"type": "flag", "id": id, "op": "==", "value": value} for id, value in sorted(common.items())]
