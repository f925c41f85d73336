"""Whose sheet a brief is: a person of the world, or a new one who fits into it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from math import lcm

from gamegen._random import Stream, rendezvous
from gamegen.errors import UsageError
from gamegen.generators.character import srd
from gamegen.generators.character.knowledge import open_facts
from gamegen.generators.character.relations import CHILD_KINDS, NEW_KINDS, both_ways
from gamegen.generators.character.roles import group_of, roles_of
from gamegen.generators.character.seeds import voice
from gamegen.generators.phrases import clause
from gamegen.naming import did_you_mean, unknown_id
from gamegen.records import JSON, Brief
from gamegen.world import Character, World

NEW_PERSON = ("culture", "name", "role", "pronouns", "faction", "location")
"""Settings that make a new person, unless `character` is set."""
_WANTS = re.compile(r"^(?:(?:she|he|they|it) )?(?:wants? )?to ", re.IGNORECASE)
HUMAN = 0.7
"""The share of humans among new people of a world that names no race."""


def person_of(world: World, brief: Brief, seed: int) -> Character | None:
    """The person of the world that the brief means; None for a new one. Raises UsageError (GG005)."""
    wanted = brief.settings.get("character")
    if wanted is not None:
        if wanted not in world.characters:
            raise unknown_id("character", str(wanted), world.characters)
        return world.characters[str(wanted)]
    order = _turn(world, brief, seed)
    return world.characters[order[brief.ordinal - 1]] if brief.ordinal <= len(order) else None


def _turn(world: World, brief: Brief, seed: int) -> list[str]:
    """The people of the world whose sheets a batch with these settings makes before it makes new ones: none where it
    is to be a new person, else those who know what they are to know, in an order of the block's."""
    if any(key in brief.settings for key in NEW_PERSON):
        return []
    wanted = {*brief.settings.get("knows", ()), *([brief.settings["secret"]] if "secret" in brief.settings else [])}
    knowing = [person.id for person in world.characters.values() if wanted <= {*person.knows}]
    return rendezvous(knowing, seed, brief.block, "sheet")


def rank(world: World, brief: Brief, seed: int, group: str | None) -> int:
    """How many sheets before this one of its batch are of the same group of roles, were their settings the same."""
    if group is None or "character" in brief.settings or "role" in brief.settings:
        return brief.ordinal - 1
    roles = [world.characters[id].role for id in _turn(world, brief, seed)]
    before = roles[: brief.ordinal - 1]
    if (later := brief.ordinal - 1 - len(roles)) > 0:
        new_roles = roles_of(world, seed, brief.block)
        before += [new_roles[place % len(new_roles)] for place in range(later)]
    return sum(group_of(role) == group for role in before)


def of_world(world: World, person: Character, settings: Mapping[str, JSON]) -> dict[str, JSON]:
    """What the world says of the person. Raises UsageError (GG005) where a setting says otherwise."""
    for key in NEW_PERSON:
        value = getattr(person, key)
        if key in settings and settings[key] != value:
            raise UsageError.of(
                "GG005",
                f"{key} is for new people, {person.id} is of the world and its {key} is {value or 'not told there'}: "
                f"settings character = {person.id} and {key} = {settings[key]} exclude each other",
                f"leave out {key} or character",
            )
    data: dict[str, JSON] = {
        "character": person.id,
        "name": person.name,
        "pronouns": person.pronouns,
        "role": person.role,
        "voice": settings.get("voice") or person.voice or "plain, even",
        "goals": goals_of(settings) or list(person.goals),
        "relations": [{"to": relation.to, "kind": relation.kind} for relation in both_ways(world, person.id)],
        "knows": _known(world, settings, list(person.knows), person),
    }
    places = {"faction": person.faction, "location": person.location, "culture": person.culture}
    return data | {key: value for key, value in places.items() if value is not None}


def new(world: World, brief: Brief, seed: int, stream: Stream) -> dict[str, JSON]:
    """A person who is new to the world: named by a culture, placed, and tied to somebody near."""
    stream = stream.child("person")
    settings, name = brief.settings, stream.name
    number = brief.ordinal - 1 - len(_turn(world, brief, seed))
    for key, table in (("culture", world.cultures), ("faction", world.factions), ("location", world.locations)):
        if key in settings and settings[key] not in table:
            raise unknown_id(key, str(settings[key]), table)
    roles = roles_of(world, seed, brief.block)
    role = str(settings.get("role") or roles[number % len(roles)])
    data: dict[str, JSON] = {
        "pronouns": settings.get("pronouns") or stream.choice(("she", "he", "she", "he", "they")),
        "role": role,
        "voice": settings.get("voice") or voice(seed, brief.block, number),
    }
    data |= _named(world, settings, number, seed, brief.block)
    if "faction" in settings or (world.factions and stream.child("faction").chance(0.5)):
        data["faction"] = settings.get("faction") or rendezvous(world.factions, *name, "faction")[0]
    if "location" in settings or world.locations:
        data["location"] = settings.get("location") or rendezvous(world.locations, *name, "location")[0]
    data["relations"] = _ties(world, data, number, seed, brief.block, stream)
    near = {data.get("location"), data.get("faction"), *(relation["to"] for relation in data["relations"])}
    data["knows"] = _known(world, settings, open_facts(world, near - {None}, *name), None)
    data["goals"] = goals_of(settings)
    return data


def goals_of(settings: Mapping[str, JSON]) -> list[str]:
    """The goal that is set, fit to stand behind "wants to", in a list; none if none is."""
    return [clause(_WANTS.sub("", str(settings["goal"]).strip()))] if "goal" in settings else []


def race_of(world: World, data: Mapping[str, JSON], stream: Stream) -> str:
    """People of the world are what a tag of theirs names, else human. New ones are drawn with the weights that the
    tags of the world's people give; without such tags seven of ten are human, and three of the other races."""
    tagged = [next((tag for tag in person.tags if tag in srd.RACES), None) for person in world.characters.values()]
    if "character" in data:
        person = world.characters[data["character"]]
        return next((tag for tag in person.tags if tag in srd.RACES), "human")
    if any(tagged):
        return stream.choice([race or "human" for race in tagged])
    return "human" if stream.chance(HUMAN) else stream.choice([race for race in srd.RACES if race != "human"])


def _known(world: World, settings: Mapping[str, JSON], known: list[str], person: Character | None) -> list[JSON]:
    """The facts that the person knows. Raises UsageError (GG005) for settings that the world or each other forbid."""
    wanted, secret = settings.get("knows"), settings.get("secret")
    for id in (*(wanted or ()), *([secret] if secret is not None else ())):
        if id not in world.facts:
            raise unknown_id("fact", str(id), world.facts)
        if person is not None and id not in person.knows:
            raise UsageError.of(
                "GG005",
                f"{person.id} does not know the fact {id} in this world",
                did_you_mean(str(id), person.knows) or f"add it to the facts that {person.id} knows",
            )
    if secret is not None and not world.facts[str(secret)].secret:
        hidden = [fact.id for fact in world.facts.values() if fact.secret]
        hint = did_you_mean(str(secret), hidden) or "mark it in the world: secret = true"
        raise UsageError.of("GG005", f"the fact {secret} is no secret in this world", hint)
    if wanted is None:
        return [*known, *([secret] if secret is not None and secret not in known else [])]
    if secret is not None and secret not in wanted:
        raise UsageError.of(
            "GG005",
            f"settings secret = {secret} and knows exclude each other: the secret is not among the facts known",
            f"add {secret} to knows, or leave one of them out",
        )
    return list(wanted)


def _ties(
    world: World, data: Mapping[str, JSON], number: int, seed: int, block: str, stream: Stream
) -> list[dict[str, JSON]]:
    """One or two relations, with people of the same place or faction first."""
    order = rendezvous(world.characters, *stream.name, "relation")

    def near(id: str) -> int:
        person = world.characters[id]
        shared = (data.get("location"), data.get("faction"))
        return 0 if {person.location, person.faction} & {*shared} - {None} else 1

    order = sorted(order, key=near)[: 2 if stream.child("ties").chance(0.4) else 1]
    kinds = rendezvous(CHILD_KINDS if group_of(str(data["role"])) == "child" else NEW_KINDS, seed, block, "kinds")
    return [{"to": id, "kind": kinds[(number + 7 * place) % len(kinds)]} for place, id in enumerate(order)]


def _named(world: World, settings: Mapping[str, JSON], number: int, seed: int, block: str) -> dict[str, JSON]:
    """Name and culture. The new people of a batch take turns through the cultures and through their lists, so that no
    two have one name. Raises UsageError (GG005) for a name that is taken, or when the lists are used up."""
    taken = {person.name.casefold(): person.id for person in world.characters.values()}
    wanted, culture = settings.get("name"), settings.get("culture")
    order = [str(culture)] if culture is not None else rendezvous(world.cultures, seed, block, "cultures")
    if wanted is not None:
        if (id := taken.get(str(wanted).casefold())) is not None:
            hint = f"--set character={id} makes that person's sheet"
            raise UsageError.of("GG005", f"setting name: {wanted} is {id} of the world", hint)
        return {"name": str(wanted)} | ({"culture": order[number % len(order)]} if order else {})
    if not order:
        raise UsageError.of(
            "GG005",
            "a new person needs a name and the world has no culture",
            "give --set name=..., or add a [[culture]]",
        )
    cultures = [world.cultures[id] for id in order]
    free = [_names(each.given, each.family, frozenset(taken), seed, block) for each in cultures]
    turns = _turns(tuple(map(len, free)))
    if number >= len(turns):
        lists = f"culture {culture} has" if culture is not None else "the cultures of this world have"
        reason = f"{lists} {len(turns)} names that nobody has, this is new person {number + 1}"
        raise UsageError.of("GG005", reason, "add names to the lists, or ask for fewer")
    which, place = turns[number]
    return {"name": free[which][place], "culture": order[which]}


@lru_cache(maxsize=32)
def _turns(sizes: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
    """(list, place in it) for one person after another: the lists take turns until each is used up."""
    return tuple((which, place) for place in range(max(sizes)) for which, size in enumerate(sizes) if place < size)


@lru_cache(maxsize=32)
def _names(
    given: tuple[str, ...], family: tuple[str, ...], taken: frozenset[str], seed: int, block: str
) -> tuple[str, ...]:
    """Every name that the lists make and nobody has; neighbors share neither given nor family name."""
    first = rendezvous(dict.fromkeys(given), seed, block, "given")
    last = rendezvous(dict.fromkeys(family), seed, block, "family") or [""]
    turns = lcm(len(first), len(last))
    names = (
        f"{first[place % len(first)]} {last[(place + place // turns) % len(last)]}".strip()
        for place in range(len(first) * len(last))
    )
    return tuple(name for name in names if name.casefold() not in taken)
