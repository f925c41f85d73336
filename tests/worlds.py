"""Worlds built by hand for the tests of generators and checks; no file is read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TypeVar

from gamegen.world import (
    Character,
    Creature,
    Culture,
    Entity,
    Fact,
    Faction,
    Flag,
    Item,
    Location,
    Relation,
    World,
)

E = TypeVar("E", bound=Entity)


def table(entries: Iterable[E]) -> dict[str, E]:
    return {entry.id: entry for entry in entries}


def bare_world() -> World:
    """The least a world may hold: a premise and one character."""
    return World(
        id="bare",
        name="Bare",
        premise="A moor with one hut.",
        characters=table([Character("hermit", "Odo Fenn", "hermit")]),
    )


def hut_world() -> World:
    """The bare world and one place."""
    return replace(bare_world(), locations=table([Location("hut", "the hut")]))


def odd_world() -> World:
    """A world whose names are in several scripts and hold marks that grammars, checks and formats treat as syntax."""
    return World(
        id="odd",
        name="Ødd #1",
        premise="A test of names.",
        characters=table(
            [
                Character("zhe", "Жанна “Q” {x} [y] #z <b>", "smith & co/ {r}", "loc", knows=("f1",), goals=("a | b",)),
                Character("li", "李 小龍", "清掃員", "loc2", knows=("f1",), lines=("Как дела, друг мой?",)),
            ]
        ),
        locations=table(
            [
                Location("loc", "東京 -> Forge // *", links=("loc2",)),
                Location("loc2", "\\Back~slash\\", links=("loc",)),
            ]
        ),
        items=table([Item("key", "the مفتاح (key)", location="loc2")]),
        creatures=table([Creature("bird", "the ñandú 🦖", "ñandús 🦖", location="loc2", danger=3)]),
        facts=table([Fact("f1", "The 🦖 stole the مفتاح from 東京.", about=("key",))]),
        cultures=table([Culture("c", ("Ωmega",), ("Ünal",))]),
    )


def small_world() -> World:
    """A harbor town with two or three entries of everything."""
    return World(
        id="millhaven",
        name="Millhaven",
        premise="A river town whose mill wheel stopped the night the miller vanished.",
        tone=("wry", "quiet"),
        avoid=("okay",),
        characters=table(
            [
                Character(
                    "ada_quill",
                    "Ada Quill",
                    "ferry keeper",
                    location="ferry",
                    faction="river_folk",
                    voice="dry, patient, short sentences",
                    goals=("keep the ferry running",),
                    knows=("mill_was_locked", "weir_is_cracked"),
                    lines=("The river waits for nobody, and I wait for the river.",),
                    pronouns="she",
                    aliases=("Ada",),
                    culture="rivermen",
                    relations=(Relation("bo_thatch", "friend"),),
                ),
                Character(
                    "bo_thatch",
                    "Bo Thatch",
                    "baker",
                    location="square",
                    faction="guild",
                    voice="warm, talkative, fond of proverbs",
                    goals=("find flour before winter",),
                    knows=("key_was_pawned",),
                    lines=("A cold oven makes a cold town.",),
                    pronouns="he",
                    relations=(Relation("ada_quill", "friend"),),
                ),
                Character(
                    "cass_orrin",
                    "Cass Orrin",
                    "guild clerk",
                    location="mill",
                    faction="guild",
                    voice="precise, cool, always counting",
                    knows=("miller_owed_guild",),
                    lines=("Everything is owed to somebody.",),
                    pronouns="they",
                    culture="rivermen",
                ),
            ]
        ),
        locations=table(
            [
                Location("ferry", "the ferry house", "A shed on piles.", links=("square",)),
                Location("square", "Market Square", "Stalls and pigeons.", links=("ferry", "mill")),
                Location("mill", "the old mill", "Its wheel has stopped.", links=("square", "weir")),
                Location("weir", "the weir", "White water over black stones.", links=("mill",), tags=("wild",)),
            ]
        ),
        factions=table([Faction("river_folk", "the River Folk"), Faction("guild", "the Millers' Guild")]),
        items=table(
            [
                Item("mill_key", "the mill key", "Iron, as long as a hand.", location="mill"),
                Item("ledger", "the tall ledger", "Names and debts.", owner="cass_orrin"),
                Item("eel_trap", "the eel trap", "Willow and wire.", location="weir"),
            ]
        ),
        creatures=table(
            [
                Creature("mud_pike", "the mud pike", "mud pikes", location="weir", danger=3),
                Creature("river_hag", "the river hag", location="mill", danger=9),
            ]
        ),
        facts=table(
            [
                Fact("mill_was_locked", "The mill was locked from the inside.", about=("mill",)),
                Fact("weir_is_cracked", "A crack runs through the weir.", about=("weir",)),
                Fact("key_was_pawned", "Someone pawned the mill key in spring.", about=("mill_key",), secret=True),
                Fact("miller_owed_guild", "The miller owed the guild two years of flour.", about=("guild",)),
            ]
        ),
        flags=table(
            [
                Flag("guild_hostile", "bool", False),
                Flag("mill_running", "bool", False),
                Flag("flour_sacks", "int", 0),
            ]
        ),
        cultures=table([Culture("rivermen", ("Ada", "Cass", "Perrin", "Hedda"), ("Quill", "Orrin", "Lock"))]),
    )
