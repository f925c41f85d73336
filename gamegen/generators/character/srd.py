"""SRD 5.1 rules as pure functions: what a sheet's derived numbers are, and why.

This work includes material taken from the System Reference Document 5.1 ("SRD 5.1") by Wizards of the Coast LLC,
available at https://dnd.wizards.com/resources/systems-reference-document and licensed under the Creative Commons
Attribution 4.0 International License (https://creativecommons.org/licenses/by/4.0/legalcode). Backgrounds are our own.
Subclasses, feats, fighting styles and spells are not used. What is carried at level 1 is one of the SRD's choices for
the class; how it grows with the level is a table of our own (`GROWTH`), since the SRD has none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

ATTRIBUTION = (
    "This work includes material taken from the System Reference Document 5.1 (“SRD 5.1”) by Wizards of the Coast LLC "
    "and available at https://dnd.wizards.com/resources/systems-reference-document. The SRD 5.1 is licensed under the "
    "Creative Commons Attribution 4.0 International License available at "
    "https://creativecommons.org/licenses/by/4.0/legalcode."
)

ABILITIES = ("strength", "dexterity", "constitution", "intelligence", "wisdom", "charisma")
STR, DEX, CON, INT, WIS, CHA = ABILITIES
STANDARD_ARRAY = (15, 14, 13, 12, 10, 8)

SKILLS: Mapping[str, str] = {
    "acrobatics": DEX,
    "animal_handling": WIS,
    "arcana": INT,
    "athletics": STR,
    "deception": CHA,
    "history": INT,
    "insight": WIS,
    "intimidation": CHA,
    "investigation": INT,
    "medicine": WIS,
    "nature": INT,
    "perception": WIS,
    "performance": CHA,
    "persuasion": CHA,
    "religion": INT,
    "sleight_of_hand": DEX,
    "stealth": DEX,
    "survival": WIS,
}


@dataclass(frozen=True, slots=True)
class Race:
    """Ability increases, walking speed in feet, extra hit points per level. Subraces are those of the SRD."""

    increases: Mapping[str, int]
    speed: int = 30
    hit_points_per_level: int = 0
    skills: tuple[str, ...] = ()
    free_skills: int = 0


RACES: Mapping[str, Race] = {
    "human": Race(dict.fromkeys(ABILITIES, 1)),
    "dwarf": Race({CON: 2, WIS: 1}, speed=25, hit_points_per_level=1),  # hill dwarf
    "elf": Race({DEX: 2, INT: 1}, skills=("perception",)),  # high elf
    "halfling": Race({DEX: 2, CHA: 1}, speed=25),  # lightfoot
    "dragonborn": Race({STR: 2, CHA: 1}),
    "gnome": Race({INT: 2, CON: 1}, speed=25),  # rock gnome
    "half_elf": Race({CHA: 2, DEX: 1, CON: 1}, free_skills=2),
    "half_orc": Race({STR: 2, CON: 1}, skills=("intimidation",)),
    "tiefling": Race({CHA: 2, INT: 1}),
}


@dataclass(frozen=True, slots=True)
class Armor:
    """Base armor class, and how much of the dexterity modifier counts (None: all of it)."""

    name: str
    base: int
    dexterity_cap: int | None = None
    strength: int = 0
    heavy: bool = False


ARMORS: Mapping[str, Armor] = {
    "padded_armor": Armor("padded armor", 11),
    "leather_armor": Armor("leather armor", 11),
    "studded_leather_armor": Armor("studded leather armor", 12),
    "hide_armor": Armor("hide armor", 12, 2),
    "chain_shirt": Armor("chain shirt", 13, 2),
    "scale_mail": Armor("scale mail", 14, 2),
    "breastplate": Armor("breastplate", 14, 2),
    "half_plate": Armor("half plate", 15, 2),
    "ring_mail": Armor("ring mail", 14, 0, 0, True),
    "chain_mail": Armor("chain mail", 16, 0, 13, True),
    "splint_armor": Armor("splint armor", 17, 0, 15, True),
    "plate_armor": Armor("plate armor", 18, 0, 15, True),
}
SHIELD = "shield"


@dataclass(frozen=True, slots=True)
class Class:
    """Hit die, saves, the order in which abilities matter, skills to choose from, and what one carries by level.

    `armor` maps the level from which a piece is carried to its id (None: unarmored). `gear` is the rest: weapons first.
    """

    hit_die: int
    saves: tuple[str, str]
    priority: tuple[str, ...]
    skill_count: int
    skills: tuple[str, ...]
    armor: Mapping[int, str | None]
    shield: bool
    gear: tuple[tuple[str, int], ...]
    improvements: tuple[int, ...] = (4, 8, 12, 16, 19)
    expertise: Mapping[int, int] | None = None


_ANY = tuple(SKILLS)
CLASSES: Mapping[str, Class] = {
    "barbarian": Class(
        12, (STR, CON), (STR, CON, DEX, WIS, CHA, INT), 2,
        ("animal_handling", "athletics", "intimidation", "nature", "perception", "survival"),
        {1: None}, False, (("greataxe", 1), ("handaxe", 2), ("javelin", 4), ("explorer's pack", 1)),
    ),
    "bard": Class(
        8, (DEX, CHA), (CHA, DEX, CON, WIS, INT, STR), 3, _ANY,
        {1: "leather_armor", 5: "studded_leather_armor"}, False,
        (("rapier", 1), ("dagger", 1), ("lute", 1), ("entertainer's pack", 1)),
        expertise={3: 2, 10: 4},
    ),
    "cleric": Class(
        8, (WIS, CHA), (WIS, STR, CON, CHA, INT, DEX), 2, ("history", "insight", "medicine", "persuasion", "religion"),
        {1: "scale_mail", 9: "half_plate"}, True,
        (("mace", 1), ("light crossbow", 1), ("bolt", 20), ("holy symbol", 1), ("priest's pack", 1)),
    ),
    "druid": Class(
        8, (INT, WIS), (WIS, CON, DEX, INT, CHA, STR), 2,
        ("arcana", "animal_handling", "insight", "medicine", "nature", "perception", "religion", "survival"),
        {1: "leather_armor"}, True, (("scimitar", 1), ("druidic focus", 1), ("explorer's pack", 1)),
    ),
    "fighter": Class(
        10, (STR, CON), (STR, CON, DEX, WIS, CHA, INT), 2,
        ("acrobatics", "animal_handling", "athletics", "history", "insight", "intimidation", "perception", "survival"),
        {1: "chain_mail", 7: "splint_armor", 12: "plate_armor"}, True,
        (("longsword", 1), ("light crossbow", 1), ("bolt", 20), ("dungeoneer's pack", 1)),
        improvements=(4, 6, 8, 12, 14, 16, 19),
    ),
    "monk": Class(
        8, (STR, DEX), (DEX, WIS, CON, STR, INT, CHA), 2,
        ("acrobatics", "athletics", "history", "insight", "religion", "stealth"),
        {1: None}, False, (("shortsword", 1), ("dart", 10), ("dungeoneer's pack", 1)),
    ),
    "paladin": Class(
        10, (WIS, CHA), (STR, CHA, CON, WIS, DEX, INT), 2,
        ("athletics", "insight", "intimidation", "medicine", "persuasion", "religion"),
        {1: "chain_mail", 7: "splint_armor", 12: "plate_armor"}, True,
        (("warhammer", 1), ("javelin", 5), ("holy symbol", 1), ("priest's pack", 1)),
    ),
    "ranger": Class(
        10, (STR, DEX), (DEX, WIS, CON, STR, INT, CHA), 3,
        ("animal_handling", "athletics", "insight", "investigation", "nature", "perception", "stealth", "survival"),
        {1: "leather_armor", 5: "studded_leather_armor"}, False,
        (("shortsword", 2), ("longbow", 1), ("arrow", 20), ("explorer's pack", 1)),
    ),
    "rogue": Class(
        8, (DEX, INT), (DEX, CON, CHA, INT, WIS, STR), 4,
        ("acrobatics", "athletics", "deception", "insight", "intimidation", "investigation", "perception",
         "performance", "persuasion", "sleight_of_hand", "stealth"),
        {1: "leather_armor", 5: "studded_leather_armor"}, False,
        (("rapier", 1), ("shortbow", 1), ("arrow", 20), ("dagger", 2), ("thieves' tools", 1), ("burglar's pack", 1)),
        improvements=(4, 8, 10, 12, 16, 19), expertise={1: 2, 6: 4},
    ),
    "sorcerer": Class(
        6, (CON, CHA), (CHA, CON, DEX, WIS, INT, STR), 2,
        ("arcana", "deception", "insight", "intimidation", "persuasion", "religion"),
        {1: None}, False,
        (("dagger", 2), ("light crossbow", 1), ("bolt", 20), ("arcane focus", 1), ("explorer's pack", 1)),
    ),
    "warlock": Class(
        8, (WIS, CHA), (CHA, CON, DEX, WIS, INT, STR), 2,
        ("arcana", "deception", "history", "intimidation", "investigation", "nature", "religion"),
        {1: "leather_armor", 5: "studded_leather_armor"}, False,
        (("light crossbow", 1), ("bolt", 20), ("dagger", 2), ("arcane focus", 1), ("scholar's pack", 1)),
    ),
    "wizard": Class(
        6, (INT, WIS), (INT, CON, DEX, WIS, CHA, STR), 2,
        ("arcana", "history", "insight", "investigation", "medicine", "religion"),
        {1: None}, False, (("quarterstaff", 1), ("arcane focus", 1), ("spellbook", 1), ("scholar's pack", 1)),
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Background:
    """Our own: two skills and what one still carries from that life."""

    name: str
    skills: tuple[str, str]
    keepsake: str


BACKGROUNDS: Mapping[str, Background] = {
    "artisan": Background("artisan", ("insight", "investigation"), "set of worn tools"),
    "clerk": Background("clerk", ("history", "investigation"), "ink case"),
    "dockhand": Background("dockhand", ("athletics", "perception"), "bale hook"),
    "entertainer": Background("entertainer", ("acrobatics", "performance"), "painted mask"),
    "exile": Background("exile", ("deception", "survival"), "letter with a broken seal"),
    "farmer": Background("farmer", ("animal_handling", "nature"), "pouch of seed"),
    "healer": Background("healer", ("medicine", "nature"), "roll of clean linen"),
    "hunter": Background("hunter", ("nature", "survival"), "skinning knife"),
    "innkeeper": Background("innkeeper", ("insight", "persuasion"), "ring of keys"),
    "pilgrim": Background("pilgrim", ("religion", "survival"), "walking staff"),
    "sailor": Background("sailor", ("athletics", "acrobatics"), "bosun's whistle"),
    "scholar": Background("scholar", ("arcana", "history"), "annotated almanac"),
    "smuggler": Background("smuggler", ("deception", "stealth"), "hooded lantern"),
    "soldier": Background("soldier", ("athletics", "intimidation"), "company badge"),
    "street_child": Background("street child", ("sleight_of_hand", "stealth"), "bag of marbles"),
    "trader": Background("trader", ("insight", "deception"), "folding scale"),
    "watchman": Background("watchman", ("intimidation", "perception"), "tin whistle"),
}


WEAPONS = frozenset(
    (
        "greataxe", "handaxe", "javelin", "rapier", "dagger", "mace", "light crossbow", "scimitar", "longsword",
        "shortsword", "dart", "warhammer", "longbow", "shortbow", "quarterstaff",
    )
)  # fmt: skip
"""The weapons of the classes' gear, by the SRD's names."""


@dataclass(frozen=True, slots=True)
class Growth:
    """Our own: what a person of at least this level carries. `quality` is told of the first weapon and changes no
    number; `more` is added to the gear; `gold` is in gold pieces."""

    level: int
    gold: int
    quality: str = ""
    more: tuple[tuple[str, int], ...] = ()


GROWTH: tuple[Growth, ...] = (
    Growth(1, 15),
    Growth(3, 60, more=(("healer's kit", 1),)),
    Growth(5, 200, "fine", (("healer's kit", 1), ("silk rope", 1))),
    Growth(8, 500, "fine", (("healer's kit", 2), ("silk rope", 1), ("potion of healing", 1))),
    Growth(11, 1200, "masterwork", (("healer's kit", 2), ("silk rope", 1), ("potion of healing", 2))),
    Growth(15, 3000, "masterwork", (("healer's kit", 2), ("silk rope", 1), ("potion of healing", 3), ("spyglass", 1))),
    Growth(18, 8000, "heirloom", (("healer's kit", 3), ("silk rope", 1), ("potion of healing", 4), ("spyglass", 1))),
)
"""Ammunition grows as well: ten pieces more at each step of the table."""
AMMUNITION = ("bolt", "arrow", "dart")
GOLD = "gold piece"


def equipment(class_: str, background: str, level: int) -> list[tuple[str, int]]:
    """(name, count) of what this class carries at this level, armor and shield first, each name once."""
    chosen, armor = CLASSES[class_], armor_of(class_, level)
    steps = [growth for growth in GROWTH if growth.level <= level]
    grown = steps[-1]
    pieces = [(ARMORS[armor].name, 1)] if armor is not None else []
    pieces += [(SHIELD, 1)] if chosen.shield else []
    for place, (name, count) in enumerate(chosen.gear):
        if place == 0 and grown.quality:
            pieces.append((f"{grown.quality} {name}", 1))
            pieces += [(name, count - 1)] if count > 1 else []
        else:
            pieces.append((name, count + 10 * (len(steps) - 1) if name in AMMUNITION else count))
    pieces += [*grown.more, (BACKGROUNDS[background].keepsake, 1), (GOLD, grown.gold)]
    return pieces


def modifier(score: int) -> int:
    """Ability modifier: half of what the score is above 10, rounded down (SRD 5.1, Using Ability Scores)."""
    return (score - 10) // 2


def proficiency_bonus(level: int) -> int:
    """+2 at levels 1 to 4, one more every four levels (SRD 5.1, Beyond 1st Level)."""
    return 2 + (level - 1) // 4


def abilities(race: str, class_: str, level: int) -> dict[str, int]:
    """The standard array by the class's priority, the race's increases, then the improvements due by this level.

    An improvement adds 2 to the first ability of the priority below 20 (1 and 1 to the next when it stands at 19).
    A barbarian of level 20 adds 4 to strength and constitution, up to 24 (Primal Champion).
    """
    chosen = CLASSES[class_]
    scores = dict(zip(chosen.priority, STANDARD_ARRAY, strict=True))
    for ability, increase in RACES[race].increases.items():
        scores[ability] += increase
    for _ in (due for due in chosen.improvements if due <= level):
        points = 2
        for ability in chosen.priority:
            step = min(points, 20 - scores[ability])
            scores[ability] += step
            points -= step
    if class_ == "barbarian" and level == 20:
        for ability in (STR, CON):
            scores[ability] = min(24, scores[ability] + 4)
    return {ability: scores[ability] for ability in ABILITIES}


def hit_points(race: str, class_: str, level: int, constitution: int) -> int:
    """The whole hit die at level 1, its fixed value (half and 1) after that, the constitution modifier each time, at
    least 1 a level; a hill dwarf has 1 more a level (SRD 5.1, Classes: Hit Points; Dwarf)."""
    die, bonus = CLASSES[class_].hit_die, modifier(constitution)
    later = max(1, die // 2 + 1 + bonus)
    return max(1, die + bonus) + later * (level - 1) + RACES[race].hit_points_per_level * level


def armor_of(class_: str, level: int) -> str | None:
    """The armor that this class carries at this level."""
    pieces = CLASSES[class_].armor
    return pieces[max(due for due in pieces if due <= level)]


def armor_class(scores: Mapping[str, int], class_: str, armor: str | None, shield: bool) -> int:
    """Armor's base and the dexterity modifier up to its cap; unarmored 10 + dexterity, a barbarian adds constitution, a
    monk without a shield wisdom; a shield adds 2 (SRD 5.1, Armor; Unarmored Defense)."""
    dexterity = modifier(scores[DEX])
    if armor is None:
        extra = {"barbarian": modifier(scores[CON]), "monk": 0 if shield else modifier(scores[WIS])}
        base = 10 + dexterity + extra.get(class_, 0)
    else:
        piece = ARMORS[armor]
        base = piece.base + (dexterity if piece.dexterity_cap is None else min(dexterity, piece.dexterity_cap))
        base = piece.base if piece.heavy else base
    return base + (2 if shield else 0)


def speed(race: str, class_: str, level: int, armor: str | None, shield: bool, strength: int) -> int:
    """Feet per round: the race's speed; heavy armor without its strength costs 10 (not a dwarf); a barbarian gains 10
    at level 5 outside heavy armor; an unarmored monk 10 at level 2 and 5 more at 6, 10, 14 and 18 (SRD 5.1)."""
    feet = RACES[race].speed
    piece = ARMORS[armor] if armor is not None else None
    if piece is not None and strength < piece.strength and race != "dwarf":
        feet -= 10
    if class_ == "barbarian" and level >= 5 and not (piece is not None and piece.heavy):
        feet += 10
    if class_ == "monk" and level >= 2 and piece is None and not shield:
        feet += 10 + 5 * sum(level >= due for due in (6, 10, 14, 18))
    return feet


def saves(scores: Mapping[str, int], class_: str, level: int) -> dict[str, dict[str, int | bool]]:
    """Modifier and proficiency of the six saving throws. A monk of level 14 is proficient in all (Diamond Soul), a
    rogue of 15 in wisdom (Slippery Mind); a paladin of 6 adds the charisma modifier, at least 1 (Aura)."""
    proficient = set(CLASSES[class_].saves)
    if class_ == "monk" and level >= 14:
        proficient = set(ABILITIES)
    if class_ == "rogue" and level >= 15:
        proficient.add(WIS)
    aura = max(1, modifier(scores[CHA])) if class_ == "paladin" and level >= 6 else 0
    bonus = proficiency_bonus(level)
    return {
        ability: {
            "modifier": modifier(scores[ability]) + (bonus if ability in proficient else 0) + aura,
            "proficient": ability in proficient,
        }
        for ability in ABILITIES
    }


def expertise_count(class_: str, level: int) -> int:
    """Skills whose proficiency bonus counts twice: rogue 2 at level 1 and 4 at 6, bard 2 at 3 and 4 at 10."""
    steps = CLASSES[class_].expertise or {}
    return max((count for due, count in steps.items() if due <= level), default=0)


def skills(
    scores: Mapping[str, int], class_: str, level: int, proficient: Iterable[str], expert: Iterable[str] = ()
) -> dict[str, dict[str, int | bool]]:
    """The eighteen skills. A bard of level 2 adds half the bonus, rounded down, where not proficient (Jack of All
    Trades)."""
    bonus, trained, doubled = proficiency_bonus(level), set(proficient), set(expert)
    jack = bonus // 2 if class_ == "bard" and level >= 2 else 0
    result: dict[str, dict[str, int | bool]] = {}
    for skill, ability in SKILLS.items():
        times = bonus * (2 if skill in doubled else 1) if skill in trained else jack
        result[skill] = {"modifier": modifier(scores[ability]) + times, "proficient": skill in trained}
        if skill in doubled:
            result[skill]["expertise"] = True
    return result


def derived(
    race: str,
    class_: str,
    level: int,
    scores: Mapping[str, int],
    carried: Iterable[str],
    proficient: Iterable[str],
    expert: Iterable[str] = (),
) -> dict[str, object]:
    """Every number of a sheet that follows from the rest. `carried` are ids of equipment; the first armor is worn."""
    worn = set(carried)
    armor = next((id for id in ARMORS if id in worn), None)
    shield = SHIELD in worn
    return {
        "modifiers": {ability: modifier(score) for ability, score in scores.items()},
        "proficiency_bonus": proficiency_bonus(level),
        "armor_class": armor_class(scores, class_, armor, shield),
        "hit_points": hit_points(race, class_, level, scores[CON]),
        "hit_die": CLASSES[class_].hit_die,
        "speed": speed(race, class_, level, armor, shield, scores[STR]),
        "saves": saves(scores, class_, level),
        "skills": skills(scores, class_, level, proficient, expert),
    }
