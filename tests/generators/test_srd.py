"""SRD 5.1 rules against known examples: the numbers a person gets with the rules beside them."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from gamegen.generators import srd

races = st.sampled_from(sorted(srd.RACES))
classes = st.sampled_from(sorted(srd.CLASSES))
levels = st.integers(1, 20)


@pytest.mark.parametrize(
    ("score", "expected"), [(1, -5), (8, -1), (9, -1), (10, 0), (11, 0), (15, 2), (20, 5), (30, 10)]
)
def test_a_modifier_is_half_of_what_is_above_ten(score: int, expected: int) -> None:
    assert srd.modifier(score) == expected


@pytest.mark.parametrize(
    ("level", "bonus"), [(1, 2), (4, 2), (5, 3), (8, 3), (9, 4), (12, 4), (13, 5), (16, 5), (17, 6), (20, 6)]
)
def test_the_proficiency_bonus_grows_every_four_levels(level: int, bonus: int) -> None:
    assert srd.proficiency_bonus(level) == bonus


def test_a_human_fighter_of_level_one() -> None:
    scores = srd.abilities("human", "fighter", 1)
    assert scores == {
        "strength": 16, "constitution": 15, "dexterity": 14, "wisdom": 13, "charisma": 11, "intelligence": 9,
    }  # fmt: skip
    assert srd.hit_points("human", "fighter", 1, scores["constitution"]) == 12
    assert srd.armor_class(scores, "fighter", "chain_mail", shield=True) == 18
    assert srd.speed("human", "fighter", 1, "chain_mail", True, scores["strength"]) == 30


def test_a_hill_dwarf_cleric_of_level_three_has_a_hit_point_more_a_level() -> None:
    assert srd.hit_points("dwarf", "cleric", 3, 14) == (8 + 2) + 2 * (5 + 2) + 3


def test_a_wizard_of_level_twenty_has_its_four_a_level() -> None:
    assert srd.hit_points("human", "wizard", 20, 14) == (6 + 2) + 19 * (4 + 2)


@pytest.mark.parametrize(
    ("class_", "armor", "shield", "expected"),
    [
        ("wizard", None, False, 13),
        ("barbarian", None, False, 15),
        ("monk", None, False, 14),
        ("monk", None, True, 15),
        ("rogue", "leather_armor", False, 14),
        ("cleric", "scale_mail", True, 18),
        ("fighter", "plate_armor", False, 18),
    ],
)
def test_armor_class(class_: str, armor: str | None, shield: bool, expected: int) -> None:
    scores = {**dict.fromkeys(srd.ABILITIES, 10), "dexterity": 16, "constitution": 14, "wisdom": 12}
    assert srd.armor_class(scores, class_, armor, shield) == expected


def test_heavy_armor_ignores_a_low_dexterity() -> None:
    scores = {**dict.fromkeys(srd.ABILITIES, 10), "dexterity": 6}
    assert srd.armor_class(scores, "fighter", "chain_mail", shield=False) == 16


@pytest.mark.parametrize(("race", "expected"), [("human", 20), ("dwarf", 25)])
def test_heavy_armor_slows_the_weak_but_no_dwarf(race: str, expected: int) -> None:
    assert srd.speed(race, "fighter", 1, "chain_mail", False, strength=10) == expected


@pytest.mark.parametrize(("level", "expected"), [(1, 30), (2, 40), (6, 45), (10, 50), (14, 55), (18, 60)])
def test_a_monk_gets_faster(level: int, expected: int) -> None:
    assert srd.speed("human", "monk", level, None, False, 10) == expected


def test_a_rogues_expertise_doubles_the_bonus() -> None:
    scores = srd.abilities("human", "rogue", 1)
    value = srd.skills(scores, "rogue", 1, ["stealth", "deception"], ["stealth"])
    assert value["stealth"] == {"modifier": 3 + 4, "proficient": True, "expertise": True}
    assert value["deception"] == {"modifier": 2 + 2, "proficient": True}


def test_a_bard_is_half_good_at_everything() -> None:
    scores = dict.fromkeys(srd.ABILITIES, 10)
    assert srd.skills(scores, "bard", 9, [])["arcana"] == {"modifier": 2, "proficient": False}
    assert srd.skills(scores, "bard", 1, [])["arcana"]["modifier"] == 0


def test_a_barbarian_of_level_twenty_passes_twenty() -> None:
    assert srd.abilities("half_orc", "barbarian", 20)["strength"] == 24


@given(races, classes, levels)
def test_no_ability_passes_twenty_before_the_last_level(race: str, class_: str, level: int) -> None:
    scores = srd.abilities(race, class_, level)
    assert all(3 <= score <= (24 if class_ == "barbarian" and level == 20 else 20) for score in scores.values())


@given(races, classes, levels)
def test_everyone_can_wear_what_they_carry(race: str, class_: str, level: int) -> None:
    armor = srd.armor_of(class_, level)
    strength = srd.abilities(race, class_, level)["strength"]
    assert armor is None or strength >= srd.ARMORS[armor].strength or race == "dwarf"


@given(races, classes, st.integers(1, 19))
def test_a_level_never_costs_hit_points(race: str, class_: str, level: int) -> None:
    def total(at: int) -> int:
        return srd.hit_points(race, class_, at, srd.abilities(race, class_, at)["constitution"])

    assert total(level + 1) > total(level)
