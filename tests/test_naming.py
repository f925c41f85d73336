from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from gamegen.errors import UsageError
from gamegen.naming import LISTED, did_you_mean, nearest, unknown_id


@pytest.mark.parametrize(
    ("name", "match"),
    [
        ("quests", "quest"),
        ("dialoge", "dialogue"),
        ("Character", "character"),
        ("char", "character"),
        ("zzz", None),
        ("", None),
    ],
)
def test_nearest_kind(name: str, match: str | None) -> None:
    assert nearest(name, ["quest", "dialogue", "character"]) == match


def test_a_beginning_that_fits_two_names_is_not_near_to_either() -> None:
    assert nearest("mira", ["mira_of_the_western_reef", "mira_of_the_eastern_reef"]) is None


def test_the_candidate_keeps_its_own_case() -> None:
    assert nearest("YARN", ["Yarn"]) == "Yarn"


@given(st.lists(st.text(min_size=1), min_size=1))
def test_every_candidate_is_nearest_to_itself_but_for_case(names: list[str]) -> None:
    for name in names:
        match = nearest(name, names)
        assert match is not None
        assert match.casefold() == name.casefold()


def test_hint_names_the_nearest() -> None:
    assert did_you_mean("frge", ["market", "forge"]) == 'did you mean "forge"?'


def test_hint_lists_the_names_when_none_is_near() -> None:
    assert did_you_mean("x", ["market", "forge", "market"]) == "known: market, forge"


def test_hint_lists_a_bounded_number_of_names() -> None:
    hint = did_you_mean("x", [f"location_{i}" for i in range(100)])
    assert hint.endswith(f"location_{LISTED - 1}, …")


def test_no_hint_without_candidates() -> None:
    assert did_you_mean("x", []) == ""


def test_unknown_id_is_a_usage_error_with_the_nearest_id() -> None:
    error = unknown_id("character", "mira_vos", ["mira_voss"])
    assert isinstance(error, UsageError)
    assert str(error) == 'GG005 the world has no character "mira_vos"; did you mean "mira_voss"?'
