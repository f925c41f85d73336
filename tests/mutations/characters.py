"""Damages to character sheets."""

from __future__ import annotations

from gamegen.generators.character import srd
from gamegen.world import World
from tests.mutations.damages import Document, damage


@damage("character", "GG501")
def race_that_the_rules_lack(document: Document, world: World) -> None:
    document["race"] = "moth_folk"


@damage("character", "GG501")
def class_that_the_rules_lack(document: Document, world: World) -> None:
    document["class"] = "accountant"


@damage("character", "GG501")
def background_that_the_rules_lack(document: Document, world: World) -> None:
    document["background"] = "astronaut"


@damage("character", "GG502")
def wrong_modifier(document: Document, world: World) -> None:
    value = document["modifiers"]["strength"]
    document["modifiers"]["strength"] = value - 1 if value > 0 else value + 1


@damage("character", "GG502")
def wrong_armor_class(document: Document, world: World) -> None:
    document["armor_class"] += 1


@damage("character", "GG502")
def wrong_hit_points(document: Document, world: World) -> None:
    document["hit_points"] += 1


@damage("character", "GG502")
def wrong_speed(document: Document, world: World) -> None:
    document["speed"] += 5


@damage("character", "GG502")
def wrong_proficiency_bonus(document: Document, world: World) -> None:
    document["proficiency_bonus"] = 6 if document["proficiency_bonus"] < 6 else 2


@damage("character", "GG502")
def wrong_save(document: Document, world: World) -> None:
    document["saves"]["wisdom"]["modifier"] += 2


@damage("character", "GG502")
def wrong_skill(document: Document, world: World) -> None:
    document["skills"]["stealth"]["modifier"] += 2


@damage("character", "GG502")
def ability_raised_alone(document: Document, world: World) -> None:
    document["abilities"]["constitution"] += 2


@damage("character", "GG503")
def too_many_skills(document: Document, world: World) -> None:
    for skill in document["skills"].values():
        skill["proficient"] = True


@damage("character", "GG503")
def forget_the_skills_of_the_background(document: Document, world: World) -> None:
    for skill in srd.BACKGROUNDS[document["background"]].skills:
        document["skills"][skill]["proficient"] = False


@damage("character", "GG503")
def expertise_without_a_source(document: Document, world: World) -> None:
    for skill in document["skills"].values():
        if skill["proficient"]:
            skill["expertise"] = True


@damage("character", "GG504")
def equipment_twice(document: Document, world: World) -> None:
    document["equipment"].append(dict(document["equipment"][0]))
