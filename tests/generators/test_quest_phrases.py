"""The words of a quest's plan: orders, deeds and last resorts."""

from __future__ import annotations

from gamegen.generators.quest_phrases import Saying, closing_texts, journal_texts, objective_texts


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


def test_an_objective_has_a_last_resort_however_short_its_name() -> None:
    saying = Saying("goto", "X", "X")
    assert max(map(len, objective_texts(saying, "Go to X"))) >= 16
