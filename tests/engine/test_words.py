from __future__ import annotations

import re
import sys

import pytest
from hypothesis import given, strategies as st

from gamegen.engine.words import cleaned, contains, escape_length, found, spelling

LETTERS = "A-Za-z0-9À-ÖØ-öø-ſ"


def matches(words: tuple[str, ...], text: str) -> bool:
    return bool(re.fullmatch(contains(words, LETTERS), text))


@pytest.mark.parametrize(
    ("word", "text", "stands"),
    [
        ("gun", "A gun.", True),
        ("gun", "GUN", True),
        ("gun", "gun-metal", True),
        ("gun", "gunwale", False),
        ("gun", "begun", False),
        ("gun", "gun2", False),
        ("gun", "a_gun_b", True),
        ("old man", "The Old Man said", True),
        ("old man", "old  man", False),
        ("don't", "Don’t go", True),
        ("don’t", "don't", True),
        ("kiss", "Kiſs", True),
        ("straße", "STRAẞE", True),
        ("straße", "STRASSE", False),
        ("café", "a cafe\u0301!", True),
        ("cafe\u0301", "CAFÉ", True),
        ("cafe", "café", False),
    ],
)
def test_a_word_stands_as_a_whole_in_any_case(word: str, text: str, stands: bool) -> None:
    words = cleaned([word])
    assert matches(words, text) == stands
    assert bool(found(words, text)) == stands


@given(word=st.text("abé’ ", min_size=1, max_size=4), text=st.text("abAéÉ'’ .", max_size=12))
def test_the_expression_and_the_search_agree(word: str, text: str) -> None:
    words = cleaned([word])
    assert (bool(words) and matches(words, text)) == bool(found(words, text))


@given(character=st.characters(categories=["L"]))
def test_a_spelling_has_every_character_that_folds_to_the_same(character: str) -> None:
    expression = re.compile(spelling(character))
    for other in {character, character.lower(), character.upper(), character.title(), character.casefold()}:
        if len(other) == 1 and other.casefold() == character.casefold():
            assert expression.fullmatch(other)


def test_words_are_put_in_one_order_and_empty_ones_left_out() -> None:
    assert cleaned(["b", " a  c ", "", "b", "  "]) == ("a c", "b")


@pytest.mark.parametrize(("count", "length"), [(0, 0), (1, 1), (35, 1), (36, 2), (1295, 2), (1296, 3)])
def test_enough_letters_are_kept_to_escape_any_number_of_words(count: int, length: int) -> None:
    assert escape_length(["x"] * count) == length


def test_no_character_above_the_folded_ones_has_a_case() -> None:
    above = (chr(code) for code in range(0x1F000, sys.maxunicode + 1))
    assert all(character.casefold() == character == character.lower() for character in above)
