"""Misspelt names are spelt as the plan has them; nothing else is touched."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from gamegen.checks.names import foreign, known_tokens, respelled

NAMES = ("Ness Tolliver", "Gret Hallow", "the Long Quay")
KNOWN = known_tokens(NAMES)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Tell Ness Toller about the crabs.", "Tell Ness Tolliver about the crabs."),
        ("Carry it to Ness Toller’s house.", "Carry it to Ness Tolliver’s house."),
        ("Ask Gret Hollow and Ness Toller.", "Ask Gret Hallow and Ness Tolliver."),
        ("Tell Ness Tolliver about the crabs.", "Tell Ness Tolliver about the crabs."),
        ("Tell Marigold about the crabs.", "Tell Marigold about the crabs."),
        ("Tell the tollers about the crabs.", "Tell the tollers about the crabs."),
    ],
)
def test_a_name_like_one_of_the_plan_is_spelt_as_there(text: str, expected: str) -> None:
    mended, put = respelled(text, KNOWN, NAMES)
    assert mended == expected
    assert (put > 0) == (text != expected)


def test_a_word_like_two_names_is_left_alone() -> None:
    assert respelled("Tell Tollen that.", known_tokens(["Tolle Tollet"]), ["Tolle Tollet"]) == ("Tell Tollen that.", 0)


@given(st.text(st.sampled_from("NTGHabeilorsv ’.,"), max_size=40))
def test_a_respelt_text_has_no_more_foreign_names_and_is_stable(text: str) -> None:
    mended, put = respelled(text, KNOWN, NAMES)
    assert len(foreign(mended, KNOWN)) <= len(foreign(text, KNOWN))
    assert respelled(mended, KNOWN, NAMES) == (mended, 0)
    assert put > 0 or mended == text


def test_a_word_whose_beginning_was_turned_like_a_pronoun_is_turned_back() -> None:
    asked = ("what she knows about the knife heron", "the history of Hersey")
    known = known_tokens(asked)
    assert respelled("Myon? The knife youron!", known, asked) == ("Heron? The knife heron!", 10)
    assert respelled("Is mytory yours?", known, asked) == ("Is history yours?", 7)
    assert respelled("I did it myself.", known, ("she did it herself",)) == ("I did it myself.", 0)
    assert respelled("My story, your herons, his heron.", known, asked) == ("My story, your herons, his heron.", 0)
