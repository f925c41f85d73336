"""The words of a quest's plan: orders, deeds and last resorts."""

from __future__ import annotations

from gamegen.generators.quest.phrases import WAYS, Saying, closing_texts, journal_texts, objective_texts


def test_a_choice_of_the_same_kind_is_told_once() -> None:
    first = Saying("deliver", "the lens", "Voss Forge", "Mira Voss")
    second = Saying("deliver", "the lens", "the quay", "Oren Tal")
    assert first.or_else(second) == "bring the lens to Mira Voss or Oren Tal"
    assert Saying("repair", "the mill", "the mill").or_else(Saying("damage", "the mill", "the mill")) == (
        "repair the mill or wreck the mill"
    )


def test_a_choice_of_three_names_who_may_receive_it_side_by_side() -> None:
    giver = Saying("deliver", "the lens", "Voss Forge", "Mira Voss")
    wreck = Saying("destroy", "the lens", "Voss Forge")
    rival = Saying("deliver", "the lens", "the quay", "Oren Tal")
    assert giver.or_else(wreck, rival) == "bring the lens to Mira Voss, Oren Tal or wreck the lens"


def test_a_trade_opens_with_both_things() -> None:
    trade = Saying("exchange", "the lens", "the quay", "Oren Tal", price="the ice saw")
    assert trade.opening(0) == "Trade the ice saw for the lens"
    assert trade.full_order == "trade the ice saw for the lens with Oren Tal at the quay"


def test_every_way_can_be_said() -> None:
    for way in WAYS:
        saying = Saying(way, "the lens", "the quay", "Oren Tal", "the bell", "the saw")
        assert "the lens" in saying.full_order and "{" not in saying.full_order + saying.deed
        assert all("the lens" in saying.opening(turn) for turn in range(4))


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
