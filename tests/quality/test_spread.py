"""How traits are spread over people."""

from __future__ import annotations

from typing import Any

from gamegen.quality.spread import NONE, spread
from gamegen.world import Character, Faction, World

WORLD = World(
    "w",
    "W",
    "A place.",
    characters={
        "ann": Character("ann", "Ann", "smith", faction="hands", pronouns="she"),
        "bo": Character("bo", "Bo", "guard"),
    },
    factions={"hands": Faction("hands", "The Free Hands")},
)


def sheet(pronouns: str, faction: str | None = None) -> dict[str, Any]:
    return {"kind": "character", "pronouns": pronouns, "role": "clerk", **({"faction": faction} if faction else {})}


def test_sheets_are_counted_without_a_world() -> None:
    found = spread([sheet("he"), sheet("she"), sheet("she", "hands")])
    assert found == {
        "sheets": {"pronouns": {"she": 2, "he": 1}, "role": {"clerk": 3}, "faction": {NONE: 2, "hands": 1}}
    }


def test_a_world_names_its_factions_and_adds_givers_and_speakers() -> None:
    records = [
        {"kind": "quest", "giver": "ann"},
        {"kind": "quest", "giver": "nobody"},
        {"kind": "dialogue", "nodes": [{"speaker": "bo"}, {"speaker": "bo"}, {"speaker": "ann"}]},
    ]
    found = spread(records, WORLD)
    assert found["world"]["faction"] == {NONE: 1, "The Free Hands": 1}
    assert found["givers"] == {"pronouns": {"she": 1}, "role": {"smith": 1}, "faction": {"The Free Hands": 1}}
    assert found["speakers"]["pronouns"] == {"she": 1, "they": 1}


def test_the_most_frequent_come_first_and_equal_ones_in_order() -> None:
    found = spread([sheet("they"), sheet("he"), sheet("she"), sheet("she")])
    assert list(found["sheets"]["pronouns"]) == ["she", "he", "they"]
