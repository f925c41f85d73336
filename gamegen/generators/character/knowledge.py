"""What a person knows of the world's facts, and which of them is the secret of a sheet."""

from __future__ import annotations

from collections.abc import Mapping

from gamegen._random import rendezvous
from gamegen.generators.phrases import clause, noun
from gamegen.records import JSON
from gamegen.world import Fact, World

KNOWN = 4
"""A new person knows at most so many facts."""


def open_facts(world: World, near: set[str], *name: str | int) -> list[str]:
    """Facts that a new person knows: open ones about what is near (place, faction, friends and what they have there);
    one that is not, where the world says nothing of these."""
    facts = {fact.id: fact for fact in world.facts.values() if not fact.secret}
    order = rendezvous(facts, *name, "knows")
    about = _around(world, near)
    first = [id for id in order if near & set(facts[id].about)]
    second = [id for id in order if id not in first and about & set(facts[id].about)]
    return sorted([*first, *second][:KNOWN] or order[:1])


def _around(world: World, near: set[str]) -> set[str]:
    """People and things at a place or of a faction that is near."""
    found = {item.id for item in world.items.values() if {item.location, item.owner} & near}
    found |= {person.id for person in world.characters.values() if {person.location, person.faction} & near}
    return found | {creature.id for creature in world.creatures.values() if creature.location in near}


def secret_of(world: World, data: Mapping[str, JSON], seed: int, block: str) -> str | None:
    """The secret fact that the sheet keeps: one about the person, then one about place, faction or friends, then any
    other.

    Of facts that several know, each goes first to one of them, so that the sheets of a batch keep different ones.
    """
    known = [world.facts[id] for id in data["knows"] if id in world.facts and world.facts[id].secret]
    if not known:
        return None
    near = {data.get("location"), data.get("faction"), *(relation["to"] for relation in data["relations"])}

    def order(fact: Fact) -> tuple[int, int, int, str]:
        # last what speaks of the person as of somebody else
        kept = 0 if own_secret(world, data, fact.text) else 2 if data.get("character") in fact.about else 1
        knowers = [person.id for person in world.characters.values() if fact.id in person.knows]
        turn = rendezvous(knowers, seed, block, fact.id, "keeper")
        place = turn.index(data["character"]) if data.get("character") in turn else len(turn)
        return kept, place, 0 if near & set(fact.about) else 1, fact.id

    return min(known, key=order).id


def own_secret(world: World, data: Mapping[str, JSON], text: str) -> str | None:
    """What is left of a fact that begins with the person's own name, a clause about that person: of Tam's sheet, "Tam
    Voss sold the oil." is "sold the oil". None for any other fact."""
    person = world.characters.get(str(data.get("character")))
    if person is None:
        return None
    told = noun(text)
    for name in sorted((person.name, *person.aliases), key=len, reverse=True):
        head, rest = told[: len(name)], told[len(name) :]
        if head.casefold() == noun(name).casefold() and rest.startswith(" "):
            said = clause(rest.strip())
            return None if said.split(" ", 1)[0] in ("and", "or", "nor", "with") else said
    return None
