"""SRD 5.1 rules against known examples: the numbers a person gets with the rules beside them."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from gamegen.generators.character import srd

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


@pytest.mark.parametrize(
    ("class_", "first", "later"),
    [
        ("barbarian", 12, 7), ("fighter", 10, 6), ("paladin", 10, 6), ("ranger", 10, 6), ("bard", 8, 5),
        ("cleric", 8, 5), ("druid", 8, 5), ("monk", 8, 5), ("rogue", 8, 5), ("warlock", 8, 5), ("sorcerer", 6, 4),
        ("wizard", 6, 4),
    ],
)  # fmt: skip
def test_hit_points_by_level_are_those_of_the_class(class_: str, first: int, later: int) -> None:
    assert srd.hit_points("human", class_, 1, 10) == first
    assert srd.hit_points("human", class_, 10, 16) == (first + 3) + 9 * (later + 3)


@pytest.mark.parametrize(
    ("class_", "saves"),
    [
        ("barbarian", "strength constitution"), ("bard", "dexterity charisma"), ("cleric", "wisdom charisma"),
        ("druid", "intelligence wisdom"), ("fighter", "strength constitution"), ("monk", "strength dexterity"),
        ("paladin", "wisdom charisma"), ("ranger", "strength dexterity"), ("rogue", "dexterity intelligence"),
        ("sorcerer", "constitution charisma"), ("warlock", "wisdom charisma"), ("wizard", "intelligence wisdom"),
    ],
)  # fmt: skip
def test_the_saves_of_a_class(class_: str, saves: str) -> None:
    values = srd.saves(dict.fromkeys(srd.ABILITIES, 10), class_, 1)
    assert {ability for ability, value in values.items() if value["proficient"]} == set(saves.split())


@pytest.mark.parametrize(
    ("race", "increases", "speed"),
    [
        ("human", dict.fromkeys(srd.ABILITIES, 1), 30),
        ("dwarf", {"constitution": 2, "wisdom": 1}, 25),
        ("elf", {"dexterity": 2, "intelligence": 1}, 30),
        ("halfling", {"dexterity": 2, "charisma": 1}, 25),
        ("dragonborn", {"strength": 2, "charisma": 1}, 30),
        ("gnome", {"intelligence": 2, "constitution": 1}, 25),
        ("half_orc", {"strength": 2, "constitution": 1}, 30),
        ("tiefling", {"charisma": 2, "intelligence": 1}, 30),
    ],
)
def test_the_increases_and_speed_of_a_race(race: str, increases: dict[str, int], speed: int) -> None:
    assert dict(srd.RACES[race].increases) == increases
    assert srd.RACES[race].speed == speed


def test_a_half_elf_has_two_in_charisma_and_one_in_two_others() -> None:
    assert sorted(srd.RACES["half_elf"].increases.values()) == [1, 1, 2]
    assert srd.RACES["half_elf"].increases["charisma"] == 2


def test_a_paladin_of_six_adds_charisma_to_every_save_and_never_less_than_one() -> None:
    scores = {**dict.fromkeys(srd.ABILITIES, 10), "charisma": 18}
    assert srd.saves(scores, "paladin", 6)["strength"] == {"modifier": 4, "proficient": False}
    assert srd.saves(scores, "paladin", 6)["charisma"] == {"modifier": 4 + 3 + 4, "proficient": True}
    assert srd.saves(scores, "paladin", 5)["strength"]["modifier"] == 0
    assert srd.saves(dict.fromkeys(srd.ABILITIES, 8), "paladin", 6)["strength"]["modifier"] == -1 + 1


def test_a_monk_of_fourteen_is_proficient_in_every_save_and_a_rogue_of_fifteen_in_wisdom() -> None:
    scores = dict.fromkeys(srd.ABILITIES, 10)
    assert all(value["proficient"] for value in srd.saves(scores, "monk", 14).values())
    assert srd.saves(scores, "rogue", 15)["wisdom"] == {"modifier": 5, "proficient": True}


def test_a_barbarian_of_twenty_is_unarmored_at_seventeen_and_more() -> None:
    scores = srd.abilities("half_orc", "barbarian", 20)
    assert srd.armor_class(scores, "barbarian", None, False) == 10 + srd.modifier(scores["dexterity"]) + 7


@pytest.mark.parametrize(("level", "expected"), [(4, 30), (5, 40)])
def test_a_barbarian_moves_fast_from_level_five(level: int, expected: int) -> None:
    assert srd.speed("human", "barbarian", level, None, False, 16) == expected


@pytest.mark.parametrize(
    ("armor", "expected"),
    [
        ("padded_armor", 14), ("leather_armor", 14), ("studded_leather_armor", 15), ("hide_armor", 14),
        ("chain_shirt", 15), ("scale_mail", 16), ("breastplate", 16), ("half_plate", 17), ("ring_mail", 14),
        ("chain_mail", 16), ("splint_armor", 17), ("plate_armor", 18),
    ],
)  # fmt: skip
def test_every_armor_with_a_dexterity_of_sixteen(armor: str, expected: int) -> None:
    scores = {**dict.fromkeys(srd.ABILITIES, 10), "dexterity": 16}
    assert srd.armor_class(scores, "rogue", armor, shield=False) == expected


@given(classes, levels, st.sampled_from(sorted(srd.BACKGROUNDS)))
def test_no_piece_of_equipment_stands_twice(class_: str, level: int, background: str) -> None:
    names = [name for name, _ in srd.equipment(class_, background, level)]
    assert len(set(names)) == len(names)


@given(classes, st.integers(1, 19))
def test_a_level_never_costs_gold_or_armor(class_: str, level: int) -> None:
    def carried(at: int) -> tuple[int, int]:
        armor = srd.armor_of(class_, at)
        return dict(srd.equipment(class_, "trader", at))[srd.GOLD], srd.ARMORS[armor].base if armor else 0

    gold, base = carried(level)
    later_gold, later_base = carried(level + 1)
    assert later_gold >= gold and later_base >= base


def test_a_fighters_longsword_is_fine_at_five_and_a_masterwork_at_eleven() -> None:
    first = [srd.equipment("fighter", "soldier", level)[2][0] for level in (1, 5, 11, 18)]
    assert first == ["longsword", "fine longsword", "masterwork longsword", "heirloom longsword"]


def test_the_classes_weapons_are_of_the_srd() -> None:
    assert all(chosen.gear[0][0] in srd.WEAPONS for chosen in srd.CLASSES.values())
