"""From a card's clause to plain speech."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, strategies as st

from gamegen.spoken import capital, ended, noted, parts_of, role, spoken, to_player, told_of


@pytest.mark.parametrize(
    ("must", "said"),
    [
        ("she owes the guild money", "I owe the guild money"),
        ("he has work to do, so the player should be quick", "I have work to do, so you should be quick"),
        ("her brother has not come back", "my brother has not come back"),
        ("they keep the gate for their town", "I keep the gate for my town"),
        ("he never carries knives", "I never carry knives"),
        ("she watches the sea and it watches her", "I watch the sea and it watches me"),
        ("the player will not help her", "you will not help me"),
        ("the player left him on his bridge", "you left me on my bridge"),
        ("he claims the channel is deep enough", "the channel is deep enough"),
        ("she is the smith, and nobody pays her for it", "I am the smith, and nobody pays me for it"),
    ],
)
def test_a_clause_about_the_speaker_is_said_in_the_first_person(must: str, said: str) -> None:
    assert spoken(must) == said


@pytest.mark.parametrize("must", ["the harbor master sold the lens to cover his debt", "no oxygen on credit", ""])
def test_a_clause_about_somebody_else_stays(must: str) -> None:
    assert spoken(must) == must


@pytest.mark.parametrize(
    ("must", "told"),
    [
        ("the player has the key", "you have the key"),
        ("the player's spell is feeble", "your spell is feeble"),
        ("the player leaves with the sword", "you leave with the sword"),
        ("the player was late and the player is wet", "you were late and you are wet"),
    ],
)
def test_the_player_is_addressed(must: str, told: str) -> None:
    assert to_player(must) == told


@pytest.mark.parametrize(("must", "said"), [("who pays?", "who pays?"), ("I pay", "I pay."), ("I pay.", "I pay.")])
def test_a_clause_is_ended_once(must: str, said: str) -> None:
    assert ended(must) == said


def test_a_journal_entry_becomes_sentences() -> None:
    assert noted("the player found the key; next: open the gate") == "You found the key. Open the gate."


def test_a_trait_is_told_of_its_person() -> None:
    assert told_of("keeps a cat", "she") == "She keeps a cat"
    assert told_of("the sea belongs to nobody", "she") == "The sea belongs to nobody"
    assert told_of("keeps a cat", "they") == "Keeps a cat"


@pytest.mark.parametrize(
    ("who", "what"),
    [
        ("Mira Voss, blacksmith", "a blacksmith"),
        ("Nell, apothecary", "an apothecary"),
        ("Baron Vask", "Baron Vask"),
        ("Dot, the last ghost", "the last ghost"),
    ],
)
def test_a_role_has_an_article(who: str, what: str) -> None:
    assert role(who) == what


@given(st.text())
def test_any_text_can_be_spoken(text: str) -> None:
    assert not re.search(r"\bthe player\b", to_player(text), re.IGNORECASE)
    assert isinstance(spoken(text), str)
    assert capital(text)[1:].endswith(text[1:]) or not text


def test_each_part_of_a_must_is_said_by_itself() -> None:
    assert spoken("she sold the lens; also: her brother knows") == "I sold the lens. My brother knows"
    assert to_player("the player found it; also: the guild pays the player") == "you found it. The guild pays you"
    assert noted("the player has the key; also: it is bent; next: sell it") == "You have the key. It is bent. Sell it."
    assert parts_of("the key is bent; next: sell it; also: be quick") == ["the key is bent", "sell it", "be quick"]
