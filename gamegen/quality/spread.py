"""How pronouns, roles and factions are spread over people, so that a studio sees its own bias."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from gamegen.quality.forms import measured
from gamegen.records import JSON
from gamegen.world import World

NONE = "(none)"
Spread = Mapping[str, Mapping[str, Mapping[str, int]]]
"""Whom of -> trait -> value -> how many; the most frequent first, equal ones in order."""


class Person(NamedTuple):
    """The traits of someone; the faction by its id."""

    pronouns: str
    role: str
    faction: str


def spread(records: Iterable[Mapping[str, JSON]], world: World | None = None) -> Spread:
    """`sheets`: of the character sheets. With a world also `world`: its people, each once; `givers`: of quests; and
    `speakers`: of dialogues, each once a dialogue. Factions are told by their name where the world has them."""
    people: dict[str, list[Person]] = {"sheets": []}
    known: dict[str, Person] = {}
    if world is not None:
        known = {one.id: Person(one.pronouns, one.role, one.faction or NONE) for one in world.characters.values()}
        people |= {"world": list(known.values()), "givers": [], "speakers": []}
    for whose, found in measured(records, _people):
        if whose in people:
            met = [known.get(each) if isinstance(each, str) else each for each in found]
            people[whose] += [each for each in met if each is not None]
    return {whose: _counted(own, world) for whose, own in people.items() if own}


def _people(record: Mapping[str, JSON]) -> tuple[str, list[Person | str]]:
    """Whom a record is about: the person of a sheet, or the ids of a giver or of speakers."""
    if record["kind"] == "character":
        return "sheets", [Person(str(record["pronouns"]), str(record["role"]), str(record.get("faction") or NONE))]
    if record["kind"] == "quest":
        return "givers", [str(record["giver"])]
    if record["kind"] == "dialogue":
        return "speakers", list(dict.fromkeys(str(node["speaker"]) for node in record["nodes"]))
    return "", []


def _counted(people: Iterable[Person], world: World | None) -> dict[str, dict[str, int]]:
    factions = {faction.id: faction.name for faction in world.factions.values()} if world is not None else {}
    named = [person._replace(faction=factions.get(person.faction, person.faction)) for person in people]
    counts = {trait: Counter(getattr(person, trait) for person in named) for trait in Person._fields}
    return {trait: dict(sorted(count.items(), key=lambda item: (-item[1], item[0]))) for trait, count in counts.items()}
