from __future__ import annotations

import pickle
from dataclasses import replace

import pytest

from gamegen.records import content_hash
from gamegen.world import Character, Creature, Fact, Flag, Location, Relation, World

MIRA = Character(
    "mira",
    "Mira Voss",
    "blacksmith",
    lines=("Iron doesn't lie.",),
    aliases=("Mira", "the smith"),
    relations=(Relation("oren", "owes_money"),),
)
WORLD = World(
    "saltmarrow",
    "Saltmarrow",
    "A harbor town.",
    avoid=("okay", "guys"),
    characters={"mira": MIRA},
    locations={"forge": Location("forge", "Voss Forge")},
    creatures={"wyrm": Creature("wyrm", "the reef wyrm", plural="reef wyrms")},
    facts={"sold": Fact("sold", "The lens was sold.")},
    flags={"hostile": Flag("hostile", "bool", False)},
)


def test_get_finds_an_entity_of_any_table() -> None:
    assert WORLD.get("mira") is MIRA
    assert WORLD.get("hostile") == Flag("hostile", "bool", False)


def test_get_of_an_unknown_id_is_none() -> None:
    assert WORLD.get("nobody") is None


def test_get_follows_a_replaced_table() -> None:
    assert replace(WORLD, characters={}).get("mira") is None


def test_worlds_are_equal_by_their_entries_and_survive_pickling() -> None:
    copy = pickle.loads(pickle.dumps(WORLD))
    assert copy == WORLD
    assert copy.get("mira") == MIRA


def test_as_json_is_a_json_value_with_its_type() -> None:
    entity = WORLD.as_json("mira")
    assert entity["type"] == "character"
    assert entity["relations"] == [{"to": "oren", "kind": "owes_money"}]
    assert entity["aliases"] == ["Mira", "the smith"]


def test_as_json_of_an_unknown_id() -> None:
    with pytest.raises(KeyError):
        WORLD.as_json("nobody")


def test_entry_hash_follows_what_the_entry_says() -> None:
    louder = replace(WORLD, characters={"mira": replace(MIRA, voice="loud")})
    assert louder.entry_hash("mira") != WORLD.entry_hash("mira")
    assert louder.entry_hash("forge") == WORLD.entry_hash("forge")


def test_entry_hash_tells_types_apart() -> None:
    one = replace(WORLD, locations={"x": Location("x", "X")})
    two = replace(WORLD, creatures={"x": Creature("x", "X")})
    assert one.entry_hash("x") != two.entry_hash("x")


def test_entry_hash_is_the_same_wherever_the_world_lies() -> None:
    assert replace(WORLD, path="elsewhere").entry_hash("mira") == WORLD.entry_hash("mira")


def test_entry_hash_covers_no_defaults() -> None:
    """So that a field that a later version adds changes no hash."""
    assert WORLD.entry_hash("forge") == content_hash({"type": "location", "id": "forge", "name": "Voss Forge"})


def test_text_context_has_names_aliases_and_plurals_once() -> None:
    assert WORLD.text_context().names == (
        "Saltmarrow",
        "Mira Voss",
        "Mira",
        "the smith",
        "Voss Forge",
        "the reef wyrm",
        "reef wyrms",
    )


def test_text_context_has_the_example_lines() -> None:
    assert WORLD.text_context().lines == ("Iron doesn't lie.",)


def test_text_context_adds_the_words_that_the_project_avoids() -> None:
    assert WORLD.text_context(("guys", "cool")).avoid == ("okay", "guys", "cool")
