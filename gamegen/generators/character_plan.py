"""Plan a character sheet: who, by which numbers, and what each text has to say."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import replace
from functools import cache

from gamegen import _resources
from gamegen._random import Stream, rendezvous
from gamegen.errors import UsageError
from gamegen.generators import srd
from gamegen.generators.character_roles import NEW_ROLES, background_for, class_for
from gamegen.generators.phrases import clause
from gamegen.naming import unknown_id
from gamegen.records import JSON, Brief, Plan
from gamegen.world import Character, World

PRONOUNS = {
    "she": {"they": "she", "them": "her", "their": "her"},
    "he": {"they": "he", "them": "him", "their": "his"},
    "they": {"they": "they", "them": "them", "their": "their"},
    "it": {"they": "it", "them": "it", "their": "its"},
}
PARTS = ("appearance", "personality", "ideal", "bond", "flaw", "secret")
SETTINGS: dict[str, dict[str, JSON]] = {
    "character": {"type": "string", "description": "id of the person of the world whose sheet this is"},
    "culture": {"type": "string", "description": "id of the culture that names a new person"},
    "name": {"type": "string", "minLength": 1, "maxLength": 80, "description": "name of a new person"},
    "role": {"type": "string", "minLength": 1, "maxLength": 80, "description": "role of a new person"},
    "level": {"type": "integer", "minimum": 1, "maximum": 20},
    "race": {"type": "string", "enum": list(srd.RACES)},
    "class": {"type": "string", "enum": list(srd.CLASSES)},
    "background": {"type": "string", "enum": list(srd.BACKGROUNDS)},
}
NEW_PERSON = ("culture", "name", "role")


@cache
def seeds() -> Mapping[str, list[str]]:
    """What texts may be about when the world does not say, by part."""
    path = _resources.folder("templates") / "character" / "seeds.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


def plan(world: World, brief: Brief, seed: int) -> Plan:
    """Decide person, rules and what every text must say. Raises UsageError (GG005) for what cannot be.

    Without a setting, a batch goes through the people of the world in an order drawn by rendezvous hashing, then makes
    new ones from a culture's names.
    """
    stream = Stream(seed, brief.id, "character")
    settings = brief.settings
    person = _person(world, brief, seed)
    data = _of_world(person) if person is not None else _new_person(world, brief, stream.child("person"))
    data |= _rules(settings, data, stream.child("rules"))
    knows = [fact for fact in data["knows"] if fact in world.facts]
    pronouns = PRONOUNS[data["pronouns"]]
    musts = {part: _seed(part, stream, pronouns) for part in PARTS}
    secrets = [fact for fact in knows if world.facts[fact].secret]
    if secrets:
        musts["secret"] = f"knows that {clause(world.facts[stream.choice(secrets)].text)}"
    data["musts"] = musts
    goals = list(person.goals) if person is not None else []
    data["goals"] = [f"wants to {goal}" for goal in goals] or [_seed("goal", stream, pronouns)]
    used = [person.id] if person is not None else []
    used += [data[key] for key in ("faction", "location", "culture") if key in data]
    used += [relation["to"] for relation in data["relations"]] + knows
    data["refs"] = [
        {"id": id, "type": entity.type, "name": entity.name}
        for id in sorted(set(used), key=lambda id: (world.as_json(id)["type"], id))
        if (entity := world.get(id)) is not None
    ]
    data["outline"] = [
        f"{data['name']}, {data['role']}: {data['race']} {data['class']} of level {data['level']}",
        *(f"{part}: {must}" for part, must in musts.items()),
    ]
    entries = {id: world.entry_hash(id) for id in sorted(set(used))}
    context = world.text_context()
    context = replace(context, names=tuple(dict.fromkeys((*context.names, str(data["name"])))))
    return Plan("character", brief.id, seed, data, context, entries)


def _person(world: World, brief: Brief, seed: int) -> Character | None:
    wanted = brief.settings.get("character")
    if wanted is not None:
        for key in NEW_PERSON:
            if key in brief.settings:
                raise UsageError.of(
                    "GG005", f"{key} is for new people, {wanted} is of the world", f"leave out {key} or character"
                )
        if wanted not in world.characters:
            raise unknown_id("character", str(wanted), world.characters)
        return world.characters[str(wanted)]
    if any(key in brief.settings for key in NEW_PERSON):
        return None
    order = rendezvous(world.characters, seed, brief.block, "sheet")
    return world.characters[order[brief.ordinal - 1]] if brief.ordinal <= len(order) else None


def _of_world(person: Character) -> dict[str, JSON]:
    data: dict[str, JSON] = {
        "character": person.id,
        "name": person.name,
        "pronouns": person.pronouns,
        "role": person.role,
        "voice": person.voice or "plain, even",
        "relations": [{"to": relation.to, "kind": relation.kind} for relation in person.relations],
        "knows": list(person.knows),
    }
    places = {"faction": person.faction, "location": person.location, "culture": person.culture}
    return data | {key: value for key, value in places.items() if value is not None}


def _new_person(world: World, brief: Brief, stream: Stream) -> dict[str, JSON]:
    settings = brief.settings
    data: dict[str, JSON] = {"pronouns": stream.choice(("she", "he", "she", "he", "they"))}
    culture = settings.get("culture")
    if culture is not None and culture not in world.cultures:
        raise unknown_id("culture", str(culture), world.cultures)
    if culture is None and world.cultures:
        culture = rendezvous(world.cultures, *stream.name, "culture")[0]
    if culture is not None:
        data["culture"] = culture
    data["name"] = settings.get("name") or _name(world, culture, stream)
    data["role"] = settings.get("role") or stream.choice(NEW_ROLES)
    data["voice"] = stream.choice(seeds()["voice"])
    if world.factions and stream.chance(0.5):
        data["faction"] = rendezvous(world.factions, *stream.name, "faction")[0]
    if world.locations:
        data["location"] = rendezvous(world.locations, *stream.name, "location")[0]
    friend = rendezvous(world.characters, *stream.name, "relation")[0]
    data["relations"] = [{"to": friend, "kind": stream.choice(seeds()["relation"])}]
    open_facts = [fact.id for fact in world.facts.values() if not fact.secret]
    data["knows"] = sorted(rendezvous(open_facts, *stream.name, "knows")[:2])
    return data


def _name(world: World, culture: JSON, stream: Stream) -> str:
    """A name of the culture's lists that nobody of the world has. Raises UsageError if there is none."""
    if culture is None:
        raise UsageError.of(
            "GG005",
            "a new person needs a name and the world has no culture",
            "give --set name=..., or add a [[culture]]",
        )
    lists = world.cultures[str(culture)]
    taken = {person.name for person in world.characters.values()}
    names = [f"{given} {family}".strip() for given in lists.given for family in (lists.family or ("",))]
    free = [name for name in stream.shuffled(names) if name not in taken]
    if not free:
        raise UsageError.of("GG005", f"every name of culture {culture} is taken", "add names to its lists")
    return free[0]


def _rules(settings: Mapping[str, JSON], data: Mapping[str, JSON], stream: Stream) -> dict[str, JSON]:
    race = str(settings.get("race", "human"))
    class_ = str(settings.get("class") or class_for(str(data["role"]), stream.child("class")))
    background = str(settings.get("background") or background_for(str(data["role"]), stream.child("background")))
    level = int(settings.get("level") or stream.integer(1, 5))
    scores = srd.abilities(race, class_, level)
    equipment = _equipment(class_, background, srd.armor_of(class_, level), srd.CLASSES[class_].shield)
    proficient = _skills(race, class_, background, stream.child("skills"))
    expert = stream.sample(sorted(proficient), srd.expertise_count(class_, level))
    return {
        "race": race,
        "class": class_,
        "level": level,
        "background": background,
        "abilities": scores,
        "equipment": equipment,
        **srd.derived(race, class_, level, scores, [piece["id"] for piece in equipment], proficient, expert),
    }


def _skills(race: str, class_: str, background: str, stream: Stream) -> set[str]:
    """Of race and background, then the class's number from its list, then the race's free ones."""
    chosen = {*srd.RACES[race].skills, *srd.BACKGROUNDS[background].skills}
    choices = [skill for skill in srd.CLASSES[class_].skills if skill not in chosen]
    chosen.update(stream.sample(choices, srd.CLASSES[class_].skill_count))
    rest = [skill for skill in srd.SKILLS if skill not in chosen]
    return chosen | set(stream.sample(rest, srd.RACES[race].free_skills))


def _equipment(class_: str, background: str, armor: str | None, shield: bool) -> list[JSON]:
    pieces: list[tuple[str, int]] = [(srd.ARMORS[armor].name, 1)] if armor is not None else []
    pieces += [(srd.SHIELD, 1)] if shield else []
    pieces += [*srd.CLASSES[class_].weapons, (srd.BACKGROUNDS[background].keepsake, 1)]
    return [{"id": _id(name), "name": name, "count": count} for name, count in pieces]


def _id(name: str) -> str:
    return name.replace("'", "").replace(" ", "_")


def _seed(part: str, stream: Stream, pronouns: Mapping[str, str]) -> str:
    return stream.child(part).choice(seeds()[part]).format(**pronouns)
