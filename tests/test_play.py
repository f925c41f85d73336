"""The reference player, one rule at a time."""

from __future__ import annotations

from typing import Any

import pytest

from gamegen.errors import InvalidContent
from gamegen.play import End, Line, Offer, Player, apply, holds, initial_state, play, show
from tests.dialogue_records import choice, effect, forge, leaf, node


def said(events: tuple[object, ...]) -> list[str]:
    return [event.text for event in events if isinstance(event, Line)]


def offered(player: Player) -> list[str]:
    assert player.offer is not None
    return [choice.id for choice in player.offer.choices]


def tiny(*nodes: dict[str, Any], **rest: Any) -> dict[str, Any]:
    return {**forge(), "start": nodes[0]["id"], "nodes": list(nodes), **rest}


def test_start_says_lines_through_gotos_up_to_the_first_offer() -> None:
    events = Player(forge()).start()
    assert said(events) == ["Ada, is it? {Ha}.", "What else?"]
    assert isinstance(events[-1], Offer)


def test_a_line_carries_node_index_line_id_and_speaker() -> None:
    first = Player(forge()).start()[0]
    assert isinstance(first, Line)
    assert (first.node, first.index, first.speaker, first.speaker_name) == ("greet", 0, "mira", "Mira Voss")
    assert first.id == forge()["nodes"][0]["lines"][0]["id"]


def test_only_open_choices_are_offered_in_the_order_of_the_record() -> None:
    player = Player(forge())
    player.start()
    assert offered(player) == ["weather", "press", "leave"]


def test_a_once_choice_is_gone_after_it_was_chosen() -> None:
    player = Player(forge())
    player.start()
    player.choose("weather")
    assert offered(player) == ["press", "leave"]


def test_the_text_of_a_choice_is_not_said() -> None:
    player = Player(forge())
    player.start()
    assert said(player.choose("weather")) == ["Rain again.", "What else?"]


def test_effects_of_the_choice_come_before_those_of_the_node() -> None:
    hub = node("hub", choices=[choice("go", "hub", goto="bye", effects=[effect("item", "ore", "set", 5)])])
    bye = node("bye", effects=[effect("item", "ore", "add", -2)], end="left")
    player = Player(tiny(hub, bye))
    player.start()
    player.choose("go")
    assert player.state.items["ore"] == 3


def test_node_effects_apply_at_each_entry() -> None:
    hub = node("hub", effects=[effect("item", "ore", "add", 1)], choices=[choice("again", "hub", goto="hub")])
    player = Player(tiny(hub))
    player.start()
    player.choose("again")
    assert player.state.items["ore"] == 2


@pytest.mark.parametrize(("success", "expected"), [(True, "Fine, then."), (False, "No.")])
def test_a_check_goes_to_the_node_of_its_outcome(success: bool, expected: str) -> None:
    player = Player(forge(), roll=lambda skill, dc: (skill, dc) == ("persuasion", 12) and success)
    player.start()
    assert said(player.choose("press"))[0] == expected


def test_success_given_by_the_caller_beats_the_roll() -> None:
    player = Player(forge(), roll=lambda skill, dc: False)
    player.start()
    assert said(player.choose("press", success=True))[0] == "Fine, then."


def test_a_check_that_nobody_decides_is_refused_and_changes_nothing() -> None:
    player = Player(forge())
    player.start()
    before = player.state
    with pytest.raises(ValueError, match="persuasion"):
        player.choose("press")
    assert player.state == before


def test_an_end_applies_its_effects_and_closes_the_play() -> None:
    player = Player(forge())
    player.start()
    player.choose("weather")
    player.choose("press", success=True)
    events = player.choose("secret")
    assert events[-1] == End("learned", "told")
    assert player.over and player.offer is None
    assert player.state.quests == {"find_lens": "ask_master"}


def test_a_choice_that_is_not_open_is_refused() -> None:
    player = Player(forge())
    player.start()
    with pytest.raises(ValueError, match="weather, press, leave"):
        player.choose("secret")


def test_choosing_by_position_counts_the_open_choices() -> None:
    player = Player(forge())
    player.start()
    assert isinstance(player.choose(2)[-1], End)


def test_the_caller_sets_the_games_own_state() -> None:
    player = Player(forge(), state=initial_state(forge(), items={"ore": 1}))
    player.start()
    assert "ore" in offered(player)
    player.choose("ore")
    assert player.state.items == {"ore": 0}


def test_a_kept_state_goes_on_from_its_choice_point() -> None:
    player = Player(forge())
    player.start()
    other = Player(forge(), state=player.state)
    player.choose("weather")
    assert offered(other) == ["weather", "press", "leave"]


def test_placeholders_of_the_caller_replace_those_of_the_record() -> None:
    assert said(Player(forge(), placeholders={"player": "{Bo}"}).start())[0] == "{Bo}, is it? {Ha}."


def test_an_item_never_falls_below_zero() -> None:
    state = initial_state(forge(), items={"ore": 1})
    assert apply([effect("item", "ore", "add", -3)], state).items["ore"] == 0
    assert apply([effect("item", "ore", "set", -3)], state).items["ore"] == 0


def test_a_local_integer_may_fall_below_zero() -> None:
    assert apply([effect("local", "trust", "add", -3)], initial_state(forge())).locals["trust"] == -3


@pytest.mark.parametrize(
    ("op", "value", "expected"),
    [("==", 2, True), ("!=", 2, False), ("<", 2, False), ("<=", 2, True), (">", 1, True), (">=", 3, False)],
)
def test_leaf_conditions(op: str, value: int, expected: bool) -> None:
    state = initial_state(forge(), items={"ore": 2})
    assert holds(leaf("item", "ore", op, value), state) is expected


def test_nested_conditions() -> None:
    state = initial_state(forge())
    yes, no = leaf("quest", "find_lens", "==", "inactive"), leaf("item", "ore", ">", 0)
    assert holds({"all": [yes, {"any": [no, {"not": no}]}]}, state)
    assert not holds({"all": [yes, no]}, state)
    assert holds(None, state)


def test_all_stops_at_the_first_false() -> None:
    unknown = leaf("flag", "nobody", "==", True)
    assert not holds({"all": [leaf("item", "ore", ">", 0), unknown]}, initial_state(forge()))


@pytest.mark.parametrize(
    ("condition", "code"),
    [
        (leaf("flag", "nobody", "==", True), "GG305"),
        (leaf("item", "ore", "==", True), "GG306"),
        (leaf("flag", "guild_hostile", "==", 0), "GG306"),
        (leaf("flag", "guild_hostile", "<", True), "GG306"),
    ],
)
def test_conditions_outside_the_rules_are_refused(condition: dict[str, Any], code: str) -> None:
    with pytest.raises(InvalidContent) as error:
        holds(condition, initial_state(forge()))
    assert error.value.findings[0].code == code


@pytest.mark.parametrize(
    "change",
    [
        effect("flag", "guild_hostile", "set", 1),
        effect("flag", "guild_hostile", "add", True),
        effect("quest", "find_lens", "add", "done"),
    ],
)
def test_effects_of_another_type_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(InvalidContent, match="GG306"):
        apply([change], initial_state(forge()))


def test_gotos_in_a_circle_are_refused() -> None:
    with pytest.raises(InvalidContent, match="GG313"):
        Player(tiny(node("a", goto="b"), node("b", goto="a"))).start()


def test_a_missing_target_is_refused() -> None:
    with pytest.raises(InvalidContent, match="GG308"):
        Player(tiny(node("a", goto="nowhere"))).start()


def test_a_node_without_a_way_on_is_refused() -> None:
    with pytest.raises(InvalidContent, match="GG309"):
        Player(tiny(node("a"))).start()


@pytest.mark.parametrize("broken", ["{nobody}", "a } b", "a { b", "{a}}"])
def test_unlisted_placeholders_and_single_braces_are_refused(broken: str) -> None:
    with pytest.raises(InvalidContent, match="GG316"):
        show(broken, {"player": "Ada"})


def test_doubled_braces_hold_a_placeholder() -> None:
    assert show("{{{player}}} {{player}}", {"player": "Ada"}) == "{Ada} {player}"


def test_a_transcript_is_the_whole_play() -> None:
    transcript = play(forge(), lambda offer, state: "leave")
    assert [entry["event"] for entry in transcript] == ["line", "line", "offer", "choice", "line", "end"]
    assert transcript[2]["state"]["locals"] == {"trust": 0}
    assert transcript[3] == {"event": "choice", "id": "leave", "success": None}


def test_play_stops_at_an_empty_offer() -> None:
    shut = choice("shut", "a", goto="a", condition=leaf("item", "ore", ">", 0))
    transcript = play(tiny(node("a", choices=[shut])), lambda offer, state: 0)
    assert transcript[-1]["choices"] == []
