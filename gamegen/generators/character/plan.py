"""Plan a character sheet: who, by which numbers, and what each text has to say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from gamegen._random import Stream
from gamegen._words import words
from gamegen.generators.character import people as people, srd
from gamegen.generators.character.knowledge import own_secret, secret_of
from gamegen.generators.character.roles import background_for, class_for, group_of
from gamegen.generators.character.seeds import GOAL, PARTS, PRONOUNS, Wanted, choose
from gamegen.generators.phrases import clause, noun
from gamegen.records import JSON, Brief, Plan
from gamegen.world import World

__all__ = ["PARTS", "PRONOUNS", "SETTINGS", "plan"]

_ID: JSON = {"type": "string", "minLength": 1}
SETTINGS: dict[str, dict[str, JSON]] = {
    "character": {**_ID, "description": "id of the person of the world whose sheet this is"},
    "culture": {**_ID, "description": "id of the culture that names a new person"},
    "name": {"type": "string", "minLength": 1, "maxLength": 80, "description": "name of a new person"},
    "pronouns": {"type": "string", "enum": list(PRONOUNS), "description": "of a new person"},
    "role": {"type": "string", "minLength": 1, "maxLength": 80, "description": "role of a new person"},
    "faction": {**_ID, "description": "id of a new person's faction"},
    "location": {**_ID, "description": "id of the place where a new person is found"},
    "voice": {"type": "string", "minLength": 1, "maxLength": 80, "description": "how the person speaks"},
    "level": {"type": "integer", "minimum": 1, "maximum": 20, "description": "drawn from 1 to 5 when not set"},
    "race": {"type": "string", "enum": list(srd.RACES), "description": "of the SRD, with its one subrace"},
    "class": {"type": "string", "enum": list(srd.CLASSES), "description": "by the role when not set"},
    "background": {"type": "string", "enum": list(srd.BACKGROUNDS), "description": "by the role when not set"},
    "abilities": {
        "type": "object",
        "properties": {ability: {"type": "integer", "minimum": 3, "maximum": 20} for ability in srd.ABILITIES},
        "required": list(srd.ABILITIES),
        "additionalProperties": False,
        "description": "the six scores as they are to stand on the sheet; the standard array when not set",
    },
    "goal": {
        "type": "string",
        "minLength": 3,
        "maxLength": 120,
        "description": "what the person wants to do, for example: win back the mill",
    },
    "secret": {**_ID, "description": "id of a secret fact that the person keeps"},
    "knows": {
        "type": "array",
        "items": {"type": "string"},
        "uniqueItems": True,
        "description": "ids of the facts that the person knows",
    },
    "tone": {"type": "string", "minLength": 1, "maxLength": 40, "description": "tone of the texts"},
}
_SOMEBODY = frozenset(("he", "she", "they", "him", "her", "them", "his", "hers", "their", "its", "himself", "herself"))
"""A goal with one of these words is clear only beside the person who has it."""


def plan(world: World, brief: Brief, seed: int) -> Plan:
    """Decide person, rules and what every text must say. Raises UsageError (GG005) for what cannot be.

    Without a setting, a batch goes through the people of the world in an order drawn by rendezvous hashing, then makes
    new ones from a culture's names.
    """
    stream = Stream(seed, brief.id, "character")
    who = people.person_of(world, brief, seed)
    data = people.of_world(world, who, brief.settings) if who is not None else people.new(world, brief, seed, stream)
    data |= _rules(world, brief.settings, data, stream.child("rules"))
    if tone := brief.settings.get("tone") or (stream.child("tone").choice(world.tone) if world.tone else ""):
        data["tone"] = tone
    data |= _says(world, brief, seed, data)
    used = [who.id] if who is not None else []
    used += [data[key] for key in ("faction", "location", "culture") if key in data]
    used += [relation["to"] for relation in data["relations"]] + list(data["knows"])
    found = sorted((entity.type, id, entity.name) for id in set(used) if (entity := world.get(id)) is not None)
    data["refs"] = [{"id": id, "type": type, "name": name} for type, id, name in found]
    data["outline"] = [
        f"{data['name']}, {data['role']}: {data['race']} {data['class']} of level {data['level']}, "
        f"{data['background']}",
        *(f"{part}: {must}" for part, must in data["musts"].items()),
        *(f"goal: {goal}" for goal in data["goals"]),
        *(f"{relation['kind']}: {relation['to']}" for relation in data["relations"]),
    ]
    entries = {id: world.entry_hash(id) for _, id, _ in found}
    context = world.text_context()
    context = replace(context, names=tuple(dict.fromkeys((*context.names, str(data["name"])))))
    return Plan("character", brief.id, seed, data, context, entries)


def _says(world: World, brief: Brief, seed: int, data: Mapping[str, JSON]) -> dict[str, JSON]:
    """What each text must say: of the world's goals and secret facts first, the rest from the hand-written seeds."""
    fixed: dict[str, str] = {}
    goals = [f"wants to {goal}" for goal in data["goals"]]
    if secret := brief.settings.get("secret") or secret_of(world, data, seed, brief.block):
        text = world.facts[str(secret)].text
        fixed["secret"] = own_secret(world, data, text) or f"knows that {clause(text)}"
    role = str(data["role"])
    names = {}
    if faction := world.factions.get(str(data.get("faction"))):
        names["faction"] = noun(faction.name)
    if place := world.locations.get(str(data.get("location"))):
        names["place"] = noun(place.name)
    wanted = Wanted(
        seed=seed,
        block=brief.block,
        ordinal=brief.ordinal,
        rank=people.rank(world, brief, seed, group_of(role)),
        group=group_of(role),
        pronouns=str(data["pronouns"]),
        names=names,
        others=[
            (relation["kind"], noun(other.name), _shared(other.goals))
            for relation in data["relations"]
            if (other := world.characters.get(relation["to"])) is not None
        ],
        avoid=_unsaid(world),
    )
    parts = [part for part in PARTS if part not in fixed] + ([] if goals else [GOAL])
    chosen = choose(wanted, parts, [*fixed.values(), *goals])
    return {
        "musts": {part: fixed.get(part) or chosen[part] for part in PARTS},
        "goals": goals or [chosen[GOAL]],
    }


def _shared(goals: tuple[str, ...]) -> str:
    """The first goal that another person's sheet can speak of."""
    return next((clause(goal) for goal in goals if _SOMEBODY.isdisjoint(words(goal))), "")


def _unsaid(world: World) -> frozenset[str]:
    """Words that no clause may ask for, since no text of the world may hold them."""
    from gamegen.ratings import unrated

    rated = world.unrated if world.unrated is not None else unrated(world.rating)
    return frozenset(word.casefold() for word in (*world.avoid, *rated))


def _rules(world: World, settings: Mapping[str, JSON], data: Mapping[str, JSON], stream: Stream) -> dict[str, JSON]:
    race = str(settings.get("race") or people.race_of(world, data, stream.child("race")))
    class_ = str(settings.get("class") or class_for(str(data["role"]), stream.child("class")))
    background = str(settings.get("background") or background_for(str(data["role"]), stream.child("background")))
    level = int(settings.get("level") or stream.integer(1, 5))
    scores = settings.get("abilities") or srd.abilities(race, class_, level)
    equipment: list[dict[str, JSON]] = [
        {"id": _id(name), "name": name, "count": count} for name, count in srd.equipment(class_, background, level)
    ]
    proficient = _skills(race, class_, background, stream.child("skills"))
    expert = stream.sample(sorted(proficient), srd.expertise_count(class_, level))
    return {
        "race": race,
        "class": class_,
        "level": level,
        "background": background,
        "abilities": {ability: int(scores[ability]) for ability in srd.ABILITIES},
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


def _id(name: str) -> str:
    return name.replace("'", "").replace(" ", "_")
