"""Atomic actions: what each needs, and what it changes."""

from __future__ import annotations

import pytest

from gamegen.generators.quest.actions import PLAYER, VERBS, Action, State, applicable, apply, missing, replay
from gamegen.schema import load_schema

START = State(
    at="forge",
    where={"smith": "forge", "keeper": "tower", "wyrm": "reef", "lens": "reef"},
    holder={"ledger": "keeper", "saw": "smith"},
    known=frozenset({"smith", "keeper", "wyrm", "lens", "ledger", "saw"}),
    ways=frozenset({"forge", "tower", "reef"}),
)


def test_every_action_has_a_verb_of_the_schema() -> None:
    stage = load_schema("quest")["properties"]["stages"]["items"]["properties"]
    assert set(VERBS.values()) <= set(stage["objectives"]["items"]["properties"]["verb"]["enum"])


def test_one_can_only_go_where_there_is_a_way_and_one_knows_what_is_there() -> None:
    assert applicable(Action("goto", "reef", "reef", seek="lens"), START)
    assert "no way" in missing(Action("goto", "moon", "moon"), START)
    assert "does not know" in missing(Action("goto", "reef", "reef", seek="pearl"), START)


def test_what_is_told_can_be_sought() -> None:
    told = apply(Action("listen", "smith", "forge", told=("pearl",)), START)
    assert applicable(Action("goto", "reef", "reef", seek="pearl"), told)


def test_looking_around_finds_what_is_there() -> None:
    assert "coin" in apply(Action("explore", "reef", "reef"), _with("coin", "reef")).known


def test_a_thing_is_gathered_where_it_lies_and_carried_along() -> None:
    after = replay((Action("goto", "reef", "reef"), Action("gather", "lens", "reef")), START)
    assert after.holder["lens"] == PLAYER
    assert "lens" not in after.where


def test_what_has_an_owner_is_not_gathered_without_leave() -> None:
    tower = apply(Action("goto", "tower", "tower"), START)
    assert "keeper has ledger" in missing(Action("gather", "ledger", "tower"), tower)
    assert applicable(Action("take", "ledger", "tower", other="keeper"), tower)
    assert not applicable(Action("take", "ledger", "tower", other="smith"), tower)


def test_only_what_one_has_can_be_given() -> None:
    give = Action("give", "saw", "forge", other="smith")
    assert "does not have saw" in missing(give, START)
    had = apply(Action("gather", "saw", "forge", other="smith"), START)
    assert apply(give, had).holder["saw"] == "smith"


def test_a_trade_changes_two_owners() -> None:
    trade = Action("exchange", "ledger", "tower", other="keeper", price="saw")
    here = replay((Action("gather", "saw", "forge", other="smith"), Action("goto", "tower", "tower")), START)
    after = apply(trade, here)
    assert (after.holder["ledger"], after.holder["saw"]) == (PLAYER, "keeper")
    assert not applicable(trade, apply(Action("goto", "tower", "tower"), START))


def test_the_dead_and_the_captured_are_not_there_any_more() -> None:
    reef = apply(Action("goto", "reef", "reef"), START)
    for deed in ("kill", "capture"):
        after = apply(Action(deed, "wyrm", "reef"), reef)
        assert not applicable(Action("damage", "wyrm", "reef"), after)


def test_who_was_captured_can_be_handed_over() -> None:
    caught = replay((Action("goto", "reef", "reef"), Action("capture", "wyrm", "reef")), START)
    home = apply(Action("goto", "forge", "forge"), caught)
    assert apply(Action("give", "wyrm", "forge", other="smith"), home).has("delivered", "wyrm")


def test_who_is_escorted_comes_along() -> None:
    tower = apply(Action("goto", "tower", "tower"), START)
    after = apply(Action("escort", "keeper", "forge"), tower)
    assert (after.at, after.where["keeper"]) == ("forge", "forge")


def test_one_flees_from_where_one_is() -> None:
    assert apply(Action("escape", "forge", "tower"), START).at == "tower"
    assert not applicable(Action("escape", "reef", "tower"), START)


@pytest.mark.parametrize("name", sorted(set(VERBS) - {"goto", "explore", "escort", "escape"}))
def test_every_other_deed_needs_the_player_on_the_spot(name: str) -> None:
    assert not applicable(Action(name, "wyrm", "reef", other="keeper", price="saw"), START)


def test_what_cannot_be_done_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="kill wyrm: the player is at forge, not at reef"):
        apply(Action("kill", "wyrm", "reef"), START)


def _with(item: str, place: str) -> State:
    return State(START.at, {**START.where, item: place}, START.holder, START.known, START.ways)
