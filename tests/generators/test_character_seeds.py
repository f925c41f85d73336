"""The hand-written seeds: enough of them, well formed, and dealt out fairly."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gamegen._words import words
from gamegen.generators.character.roles import GROUP_WORDS, NEW_ROLES, group_of
from gamegen.generators.character.seeds import GOAL, PARTS, PRONOUNS, Seed, _rows, seeds
from gamegen.ratings import unrated

THIRD_PERSON = {"he", "she", "his", "her", "hers", "him", "himself", "herself"}


def everything() -> Iterator[Seed]:
    found = seeds()
    for lists in (found.any, found.world, found.relations, *found.roles.values()):
        for part in lists.values():
            yield from part


def test_there_are_thirty_for_everybody_and_six_for_each_group_of_roles() -> None:
    assert all(len(seeds().any[part]) >= 30 for part in (*PARTS, GOAL))
    assert all(len(parts[part]) >= 6 for parts in seeds().roles.values() for part in PARTS)
    assert len(seeds().roles) >= 12
    assert set(seeds().roles) == set(GROUP_WORDS)


def test_no_seed_stands_twice() -> None:
    texts = [seed.text for seed in everything()]
    assert len(set(texts)) == len(texts)


def test_a_seed_is_one_clause_of_four_to_fifteen_words() -> None:
    for seed in everything():
        assert 4 <= len(seed.text.split()) <= 15, seed.text
        assert not seed.text.endswith(".") and not seed.text[0].isupper()


def test_a_seed_speaks_of_the_person_by_placeholders_alone() -> None:
    for seed in everything():
        assert THIRD_PERSON.isdisjoint(words(seed.text)), seed.text


def test_every_group_and_pronoun_that_a_seed_names_is_known() -> None:
    for seed in everything():
        assert set(seed.unfit) <= set(GROUP_WORDS) and set(seed.pronouns) <= set(PRONOUNS)


def test_seeds_suit_every_rating() -> None:
    assert all(seed.words.isdisjoint(unrated("everyone")) for seed in everything())


@pytest.mark.parametrize("seed", range(5))
def test_a_row_has_one_seed_a_part_and_no_word_of_content_twice(seed: int) -> None:
    rows = _rows(seed, "sheets")
    for part in (*PARTS, GOAL):
        assert len({row[part].text for row in rows}) == len(rows) >= 30
    shared = [
        (one.text, other.text)
        for row in rows
        for place, one in enumerate(row.values())
        for other in list(row.values())[:place]
        if one.stems & other.stems
    ]
    assert shared == []


@pytest.mark.parametrize(
    ("role", "group"),
    [
        ("blacksmith", "smith"), ("harbor master", "clerk"), ("clerk of the drowned", "clerk"), ("tug pilot", "sailor"),
        ("filing machine", "machine"), ("choir leader", "singer"), ("instrument dealer", "trader"),
        ("blacksmith's apprentice", "smith"), ("spyglass grinder", None), ("speaker of the Salt Moot", None),
    ],
)  # fmt: skip
def test_the_group_of_a_role(role: str, group: str | None) -> None:
    assert group_of(role) == group


def test_there_are_sixty_roles_for_new_people() -> None:
    assert len(set(NEW_ROLES)) == len(NEW_ROLES) >= 60
