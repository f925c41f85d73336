"""The proofs of dialogues: named damages, and exploration against plays at random."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from gamegen._random import Stream
from gamegen.checks.dialogue import CHECKS, check_plays, check_structure
from gamegen.checks.dialogue_states import Witness, candidates, explore, goto_circle
from gamegen.hookspecs import CheckContext
from gamegen.play import Player, State, initial_state
from gamegen.records import canonical
from gamegen.schema import load_schema, validate
from tests.dialogue_records import choice, effect, forge, leaf
from tests.strategies import Dialogue, dialogues, proven_dialogues, texts
from tests.worlds import small_world

CONTEXT = CheckContext()
relaxed = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def codes(record: Dialogue) -> list[str]:
    return [finding.code for check in CHECKS if not check.needs_world for finding in check.run(record, CONTEXT)]


def test_a_good_record_gives_no_finding() -> None:
    assert validate(forge(), load_schema("dialogue")) == []
    assert codes(forge()) == []


# -- named damages; more of them, to generated records, stand in tests/mutations -----------------------------------


def nodes(record: Dialogue) -> dict[str, Any]:
    return {entry["id"]: entry for entry in record["nodes"]}


def hub_choice(record: Dialogue, id: str) -> dict[str, Any]:
    return next(entry for entry in nodes(record)["hub"]["choices"] if entry["id"] == id)


def drop_an_edge(record: Dialogue) -> None:
    hub = nodes(record)["hub"]
    hub["choices"] = [entry for entry in hub["choices"] if entry["id"] != "ore"]


def gate_every_choice(record: Dialogue) -> None:
    for entry in nodes(record)["hub"]["choices"]:
        entry["condition"] = leaf("flag", "guild_hostile", "==", True)


def make_every_choice_once_and_circular(record: Dialogue) -> None:
    for entry in nodes(record)["hub"]["choices"]:
        entry.update(once=True)
    hub_choice(record, "leave")["goto"] = "rain"


def circle_without_a_way_out(record: Dialogue) -> None:
    nodes(record)["rain"].pop("goto")
    nodes(record)["rain"]["choices"] = [choice("again", "rain", goto="rain")]


def require_more_trust_than_there_is(record: Dialogue) -> None:
    hub_choice(record, "secret")["condition"]["all"][0]["value"] = 3


def ask_an_unknown_flag(record: Dialogue) -> None:
    hub_choice(record, "ore")["condition"] = leaf("flag", "guild_hostil", "==", True)


def add_to_a_quest(record: Dialogue) -> None:
    record["ends"][0]["effects"] = [effect("quest", "find_lens", "add", "done")]


def set_a_state_the_quest_has_not(record: Dialogue) -> None:
    record["ends"][0]["effects"] = [effect("quest", "find_lens", "set", "ask_mastr")]


def goto_nowhere(record: Dialogue) -> None:
    nodes(record)["rain"]["goto"] = "hubb"


def give_a_node_two_ways_on(record: Dialogue) -> None:
    nodes(record)["bye"]["goto"] = "hub"


def give_a_choice_no_way_on(record: Dialogue) -> None:
    hub_choice(record, "leave").pop("goto")


def count_both_ways_for_ever(record: Dialogue) -> None:
    nodes(record)["rain"]["effects"] = [effect("local", "trust", "add", -1)]
    hub_choice(record, "weather").pop("once")
    hub_choice(record, "press").pop("once")


def leave_a_brace_single(record: Dialogue) -> None:
    hub_choice(record, "leave")["text"]["text"] = "Bye :}"


DAMAGES: list[tuple[Callable[[Dialogue], None], str]] = [
    (drop_an_edge, "GG301"),
    (gate_every_choice, "GG302"),
    (make_every_choice_once_and_circular, "GG302"),
    (circle_without_a_way_out, "GG303"),
    (require_more_trust_than_there_is, "GG304"),
    (ask_an_unknown_flag, "GG305"),
    (add_to_a_quest, "GG306"),
    (set_a_state_the_quest_has_not, "GG306"),
    (goto_nowhere, "GG308"),
    (give_a_node_two_ways_on, "GG309"),
    (give_a_choice_no_way_on, "GG309"),
    (count_both_ways_for_ever, "GG314"),
    (leave_a_brace_single, "GG316"),
]


@pytest.mark.parametrize(("damage", "code"), DAMAGES, ids=[damage.__name__ for damage, _ in DAMAGES])
def test_each_damage_is_caught_by_its_code(damage: Callable[[Dialogue], None], code: str) -> None:
    record = forge()
    damage(record)
    assert code in codes(record)


def test_a_missing_target_names_its_place_and_the_nearest_id() -> None:
    record = forge()
    goto_nowhere(record)
    finding = next(iter(check_structure(record, CONTEXT)))
    assert finding.where == "$.nodes[2].goto"
    assert finding.hint == 'did you mean "hub"?'


def revealing(fact: str) -> Dialogue:
    record = forge()
    for entry in record["nodes"]:
        entry["speaker"] = "ada_quill"
    nodes(record)["sold"]["facts"] = [fact]
    return record


@pytest.mark.parametrize(("fact", "codes"), [("mill_was_locked", []), ("key_was_pawned", ["GG312"])])
def test_nobody_reveals_what_they_do_not_know(fact: str, codes: list[str]) -> None:
    check = next(check for check in CHECKS if check.needs_world)
    findings = list(check.run(revealing(fact), CheckContext(world=small_world())))
    assert [finding.code for finding in findings] == codes


def test_unsound_records_are_not_explored() -> None:
    record = forge()
    goto_nowhere(record)
    assert list(check_plays(record, CONTEXT)) == []


def test_a_dead_end_is_shown_with_its_shortest_play() -> None:
    record = forge()
    gate_every_choice(record)
    finding = next(f for f in check_plays(record, CONTEXT) if f.code == "GG302")
    assert "starting with guild_hostile = false" in finding.message


def test_a_softlock_is_shown_with_its_shortest_play() -> None:
    record = forge()
    circle_without_a_way_out(record)
    finding = next(f for f in check_plays(record, CONTEXT) if f.code == "GG303")
    assert "shortest play: hub/weather" in finding.message


def test_a_state_space_past_the_bound_is_never_called_proven() -> None:
    record = forge()
    count_both_ways_for_ever(record)
    findings = list(check_plays(record, CONTEXT))
    assert [f.code for f in findings] == ["GG314"]
    assert "'trust'" in findings[0].message


def test_the_games_own_values_start_at_all_that_conditions_tell_apart() -> None:
    plays = explore(forge())
    assert {edge.choice for edge in plays.edges} == {"weather", "ore", "press", "secret", "leave"}


def test_both_outcomes_of_a_check_are_explored() -> None:
    plays = explore(forge())
    assert {edge.success for edge in plays.edges if edge.choice == "press"} == {True, False}


def test_a_counter_that_only_grows_keeps_the_exploration_small() -> None:
    record = forge()
    nodes(record)["hub"]["effects"] = [effect("local", "trust", "add", 1)]
    assert codes(record) == []
    assert explore(record).states < 500


@pytest.mark.parametrize(
    ("kind", "initial", "constants", "added", "expected"),
    [
        ("flag", False, [True], [], (False, True)),
        ("item", 0, [1], [], (0, 1, 2)),
        ("flag", "rain", ["fog"], [], ("rain", "fog", "other")),
    ],
)
def test_candidates(kind: str, initial: Any, constants: list[Any], added: list[int], expected: tuple[Any, ...]) -> None:
    assert candidates(kind, initial, constants, added, []) == expected


def test_candidates_see_through_what_is_added() -> None:
    values = candidates("flag", 0, [10], [-3], [])
    assert {9, 10, 11, 12, 13, 14, 19} <= set(values)


def test_a_quest_starts_at_each_of_its_states() -> None:
    assert candidates("quest", "inactive", ["done"], [], ["inactive", "search", "done"]) == (
        "inactive",
        "done",
        "search",
    )


# -- exploration against the reference player ---------------------------------------------------------------------


def follow(record: Dialogue, witness: Witness) -> Player:
    """Play what a witness says; fails where it cannot be played."""
    tables: dict[str, dict[str, Any]] = {"flags": {}, "items": {}, "quests": {}}
    for (kind, id), value in witness.start.items():
        tables[f"{kind}s"][id] = value
    player = Player(record, state=initial_state(record, **tables))
    player.start()
    for edge in witness.edges:
        assert player.state.node == edge.node
        player.choose(edge.choice, success=edge.success)
    return player


def random_start(record: Dialogue, stream: Stream) -> State:
    state = initial_state(record)
    for ref in record["refs"]:
        match ref["type"]:
            case "quest":
                state = state.having("quest", ref["id"], stream.choice(ref["values"]))
            case "item":
                state = state.having("item", ref["id"], stream.integer(0, 6))
            case "flag" if ref["value_type"] == "bool":
                state = state.having("flag", ref["id"], stream.chance(0.5))
            case "flag" if ref["value_type"] == "int":
                state = state.having("flag", ref["id"], stream.integer(-4, 9))
            case "flag":
                state = state.having("flag", ref["id"], stream.choice(["rain", "fog", "clear sky", "hail"]))
    return state


@relaxed
@given(dialogues())
def test_every_witness_can_be_played(record: Dialogue) -> None:
    if goto_circle(record):
        return
    plays = explore(record, bound=3000)
    for edge, witness in plays.edges.items():
        assert witness.edges[-1] == edge
        follow(record, witness)
    for end, witness in plays.ends.items():
        assert follow(record, witness).state.end == end
    for where, witness in plays.dead.items():
        offer = follow(record, witness).offer
        assert offer is not None and offer.node == where and not offer.choices


@relaxed
@given(dialogues(), st.integers(0, 1000))
def test_random_plays_find_nothing_that_exploration_denies(record: Dialogue, seed: int) -> None:
    if goto_circle(record):
        return
    plays = explore(record, bound=3000)
    if not plays.complete:
        return
    stream = Stream("random play", seed)
    for _ in range(20):
        player = Player(record, state=random_start(record, stream))
        player.start()
        for _ in range(12):
            assert player.state.node in plays.nodes
            offer = player.offer
            if offer is None:
                assert player.state.end in plays.ends
                break
            if not offer.choices:
                assert offer.node in plays.dead
                break
            taken = stream.choice(offer.choices)
            success = stream.chance(0.5) if taken.skill else None
            assert any(edge == (offer.node, taken.id, success) for edge in plays.edges)
            player.choose(taken.id, success=success)


@relaxed
@given(dialogues(), st.integers(0, 1000))
def test_every_softlock_is_real(record: Dialogue, seed: int) -> None:
    if goto_circle(record):
        return
    for witness in explore(record, bound=3000).stuck.values():
        stream = Stream("softlock", seed)
        for _ in range(5):
            player = follow(record, witness)
            for _ in range(30):
                assert player.offer is not None and player.offer.choices
                player.choose(stream.choice(player.offer.choices).id, success=stream.chance(0.5))


def reachable(record: Dialogue, start: State, most: int) -> dict[str, tuple[State, set[str]]] | None:
    """Every state of plays from one start, by content, with those that follow; None if there are more than `most`."""
    player = Player(record, state=start)
    player.start()
    found: dict[str, tuple[State, set[str]]] = {}
    waiting = [player.state]
    while waiting:
        state = waiting.pop()
        key = content(state)
        if key in found:
            continue
        if len(found) == most:
            return None
        after = set()
        offer = Player(record, state=state).offer
        for taken in offer.choices if offer else ():
            for success in (True, False) if taken.skill else (None,):
                player = Player(record, state=state)
                player.choose(taken.id, success=success)
                waiting.append(player.state)
                after.add(content(player.state))
        found[key] = (state, after)
    return found


def content(state: State) -> str:
    return canonical([state.as_json(), state.node, state.end, sorted(map(list, state.chosen))])


def test_what_cannot_end_with_one_value_is_stuck_before_the_value_is_looked_at() -> None:
    """With the alarm on, n0 leads to n2 alone, and n2 to itself."""
    off = {"type": "flag", "id": "alarm", "op": "==", "value": False}
    record = {
        "start": "n0",
        "ends": [],
        "variables": [],
        "refs": [{"type": "flag", "id": "alarm", "value_type": "bool", "initial": False}],
        "nodes": [
            {"id": "n0", "choices": [{"id": "c0", "once": True, "goto": "n2"}]},
            {"id": "n2", "choices": [{"id": "c0", "goto": "n0", "condition": off}, {"id": "c1", "goto": "n2"}]},
        ],
    }
    plays = explore(record)
    assert {node: dict(witness.start) for node, witness in plays.stuck.items()} == {
        "n0": {("flag", "alarm"): True},
        "n2": {("flag", "alarm"): True},
    }


@relaxed
@given(dialogues(max_nodes=4), st.integers(0, 1000))
def test_no_softlock_is_missed(record: Dialogue, seed: int) -> None:
    if goto_circle(record):
        return
    states = reachable(record, random_start(record, Stream("start", seed)), most=200)
    if states is None:
        return
    good = {key for key, (_, after) in states.items() if not after}  # ends and dead ends
    while more := {key for key, (_, after) in states.items() if key not in good and after & good}:
        good |= more
    plays = explore(record, bound=3000)
    if plays.complete:
        assert {states[key][0].node for key in states if key not in good} <= set(plays.stuck)


@relaxed
@given(proven_dialogues(text=texts()))
def test_proven_dialogues_pass_every_check(record: Dialogue) -> None:
    assert validate(record, load_schema("dialogue")) == []
    assert codes(record) == []
