"""The words of a quest's plan: names and facts as they stand in texts."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, strategies as st

from gamegen.generators.quest_phrases import Saying, closing_texts, fact_clause, journal_texts, noun, sentence


@pytest.mark.parametrize(
    ("fact", "clause"),
    [
        ("The harbor master sold the lens.", "the harbor master sold the lens"),
        ("Mira Voss owes Oren Tal forty crowns.", "Mira Voss owes Oren Tal forty crowns"),
        ("A crack runs through the weir. It grows.", "a crack runs through the weir"),
        ("Who would have thought?", "Who would have thought"),
    ],
)
def test_a_fact_becomes_a_clause(fact: str, clause: str) -> None:
    assert fact_clause(fact) == clause


@given(st.text(max_size=60))
def test_a_noun_is_one_line_without_quotes_and_single_braces(name: str) -> None:
    text = noun(name)
    assert '"' not in text and text == " ".join(text.split())
    assert unicodedata.is_normalized("NFC", text)
    assert "{" not in text.replace("{{", "") and "}" not in text.replace("}}", "")


def test_a_sentence_begins_with_a_capital_and_ends_with_one_stop() -> None:
    assert sentence("fetch the lens") == "Fetch the lens."
    assert sentence("fetch the lens.") == "Fetch the lens."


def test_a_choice_of_the_same_kind_is_told_once() -> None:
    first = Saying("deliver", "the lens", "Voss Forge", "Mira Voss")
    second = Saying("deliver", "the lens", "the quay", "Oren Tal")
    assert first.or_else(second) == "bring the lens to Mira Voss or Oren Tal"
    assert Saying("repair", "the mill", "the mill").or_else(Saying("damage", "the mill", "the mill")) == (
        "repair the mill or wreck the mill"
    )


def test_what_was_learned_is_what_was_done() -> None:
    assert Saying("ask", "Oren Tal", "the quay", learned="the lens is gone").deed == (
        "the player learned that the lens is gone"
    )


def test_last_resorts_speak_to_the_player() -> None:
    assert journal_texts("the player has the lens", "bring it home")[0] == "You have the lens. Bring it home."
    assert closing_texts("the player wrecked the mill")[0].startswith("You wrecked the mill.")
