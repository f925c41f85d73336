"""Relations that two sides of a world tell: which kinds answer each other and which contradict."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from gamegen.checks.character import relations
from gamegen.generators.character.relations import FAMILIES, MUTUAL, NEW_KINDS, PAIRS, answers, contradict, family
from gamegen.hookspecs import CheckContext
from gamegen.world import Character, Relation, World
from tests.worlds import table

kinds = st.sampled_from(sorted({*MUTUAL, *(kind for pair in PAIRS for kind in pair), *sum(FAMILIES, ()), "avoids"}))


def world(one: str, other: str) -> World:
    """Two people, Ann who is `one` to Ben and Ben who is `other` to Ann."""
    people = [
        Character("ann", "Ann Oak", "baker", relations=(Relation("ben", one),)),
        Character("ben", "Ben Elm", "miller", relations=(Relation("ann", other),)),
    ]
    return World("w", "W", "Two people.", characters=table(people))


def codes(one: str, other: str, told: str | None = None, id: str | None = "ann") -> list[str]:
    """What the check finds on Ann's sheet; `told` is the kind that the sheet tells, the world's if None."""
    record = {"relations": [{"to": "ben", "kind": told or one}]} | ({"character": id} if id else {})
    return [finding.code for finding in relations(record, CheckContext(world(one, other)))]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("employs", "works_for"), ("aunt", "nephew"), ("teacher", "student"), ("debtor", "lent_money"),
        ("sibling", "sister"), ("friend", "rival"), ("employs", "friend"), ("teacher", "former_apprentice"),
        ("knows_the_horse_of", "employs"), ("avoids", "suspects"),
    ],
)  # fmt: skip
def test_two_sides_may_say(one: str, other: str) -> None:
    assert codes(one, other) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("employs", "employs"), ("owes_money", "debtor"), ("parent", "parent"), ("aunt", "sibling"),
        ("spouse", "former_spouse"), ("teacher", "mentor"),
    ],
)  # fmt: skip
def test_two_sides_contradict_each_other(one: str, other: str) -> None:
    assert codes(one, other) == ["GG505"]


def test_a_sheet_that_tells_otherwise_than_the_world_is_found_on_both_counts() -> None:
    assert codes("employs", "works_for", told="works_for") == ["GG505", "GG505"]


def test_nobody_contradicts_a_new_person() -> None:
    assert codes("employs", "employs", id=None) == []


@given(kinds, kinds)
def test_answers_answer_back(one: str, other: str) -> None:
    assert (other in answers(one)) == (one in answers(other))
    assert contradict(one, other) == contradict(other, one)


@given(kinds)
def test_an_answer_never_contradicts(kind: str) -> None:
    assert not any(contradict(kind, answer) for answer in answers(kind))


@given(kinds)
def test_a_kind_of_a_family_has_an_answer_in_it(kind: str) -> None:
    assert not family(kind) or set(family(kind)) & set(answers(kind))


def test_every_kind_of_a_new_person_has_an_answer() -> None:
    assert all(answers(kind) for kind in NEW_KINDS)
