"""The exploration against a search by brute force: every starting value, every once-choice, no reduction."""

from __future__ import annotations

from collections import deque
from itertools import product
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings

from gamegen.checks.dialogue_states import explore, followed, goto_circle
from gamegen.checks.reach import reaching, reaching_forward
from gamegen.play import Player, State, initial_state
from gamegen.records import canonical
from tests.dialogue_records import choice, effect, forge, leaf, node
from tests.strategies import Dialogue, dialogues

relaxed = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
MOST = 4000


def starts(record: Dialogue) -> list[State]:
    """A state for each combination of the values that conditions can tell apart."""
    own = [variable for variable in followed(record) if variable.start is None]
    found = []
    for values in product(*(variable.candidates for variable in own)):
        state = initial_state(record)
        for variable, value in zip(own, values, strict=True):
            state = state.having(*variable.name, value)
        found.append(state)
    return found


def content(state: State) -> str:
    return canonical([state.as_json(), state.node, state.end, sorted(map(list, state.chosen))])


class Brute:
    """Breadth-first over whole states, as the player has them; `shortest` counts choices."""

    def __init__(self, record: Dialogue, first: list[State]) -> None:
        self.edges: dict[Any, int] = {}
        self.ends: dict[str, int] = {}
        self.dead: dict[str, int] = {}
        self.complete = True
        states: dict[str, tuple[State, int]] = {}
        after: dict[str, list[str]] = {}
        waiting: deque[str] = deque()

        def reach(state: State, distance: int) -> str:
            key = content(state)
            if key not in states:
                states[key] = (state, distance)
                waiting.append(key)
            return key

        for start in first:
            player = Player(record, state=start)
            player.start()
            reach(player.state, 0)
        while waiting:
            if len(states) > MOST:
                self.complete = False
                return
            key = waiting.popleft()
            state, distance = states[key]
            after[key] = []
            offer = Player(record, state=state).offer
            if offer is None:
                self.ends.setdefault(state.end, distance)
            elif not offer.choices:
                self.dead.setdefault(offer.node, distance)
            for taken in offer.choices if offer else ():
                for success in (True, False) if taken.skill else (None,):
                    self.edges.setdefault((state.node, taken.id, success), distance + 1)
                    player = Player(record, state=state)
                    player.choose(taken.id, success=success)
                    after[key].append(reach(player.state, distance + 1))
        good = reaching_forward([key for key, following in after.items() if not following], after)
        self.stuck = {states[key][0].node for key in states if key not in good}


def compare(record: Dialogue) -> bool:
    """Whether both searches came to their end; fails where they then differ."""
    brute, plays = Brute(record, starts(record)), explore(record, bound=MOST)
    if not brute.complete or not plays.complete:
        return False
    assert {tuple(edge): len(witness.edges) for edge, witness in plays.edges.items()} == brute.edges
    assert {end: len(witness.edges) for end, witness in plays.ends.items()} == brute.ends
    assert {where: len(witness.edges) for where, witness in plays.dead.items()} == brute.dead
    assert set(plays.stuck) == brute.stuck
    return True


@relaxed
@given(dialogues(max_nodes=3))
def test_exploration_agrees_with_brute_force(record: Dialogue) -> None:
    assume(not goto_circle(record))
    values = 1
    for variable in followed(record):
        values *= len(variable.candidates) or 1
    assume(values <= 60)
    assume(compare(record))


def hub(*choices: dict[str, Any], **rest: Any) -> Dialogue:
    """A hub with these choices, one that leaves, and an answer that leads back."""
    leave = choice("leave", "hub", goto="bye")
    nodes = [node("hub", choices=[*choices, leave]), node("answer", goto="hub"), node("bye", end="left")]
    return {**forge(), "start": "hub", "nodes": nodes, "ends": [{"id": "left", "outcome": "x"}], **rest}


def once(number: int, **rest: Any) -> dict[str, Any]:
    return choice(f"ask_{number}", "hub", **{"goto": "answer", "once": True, **rest})


def test_once_choices_that_change_nothing_cost_no_states() -> None:
    assert explore(hub(*map(once, range(16)))).states == 2


def test_once_choices_whose_counter_is_full_cost_no_states() -> None:
    grow = effect("local", "trust", "add", 1)
    gated = choice("tell", "hub", goto="bye", condition=leaf("local", "trust", ">=", 1))
    record = hub(*(once(n, effects=[grow]) for n in range(10)), gated)
    assert explore(record).states < 100
    assert len(explore(record).edges) == 12


@pytest.mark.parametrize(
    "record",
    [
        hub(*map(once, range(3))),
        hub(*(once(n, effects=[effect("local", "trust", "add", 1)]) for n in range(4))),
        hub(
            once(0, effects=[effect("local", "trust", "add", 2)]),
            once(1, effects=[effect("local", "trust", "set", 0)]),
            choice("tell", "hub", goto="answer", condition=leaf("local", "trust", ">=", 2)),
        ),
        hub(
            once(0, check={"skill": "wit", "dc": 9, "success": "answer", "failure": "hub"}, goto=None),
            once(1, condition=leaf("item", "ore", ">=", 1), effects=[effect("item", "ore", "add", -1)]),
        ),
    ],
    ids=["idle", "counter", "counter_and_reset", "check_and_item"],
)
def test_reductions_change_no_result(record: Dialogue) -> None:
    for each in record["nodes"][0]["choices"]:
        if each.get("goto", "") is None:
            del each["goto"]
    assert compare(record)


def test_a_node_without_a_choice_that_stays_keeps_its_dead_end() -> None:
    record = hub(*map(once, range(3)))
    del record["nodes"][0]["choices"][-1]
    plays = explore(record)
    assert len(plays.dead["hub"].edges) == 3


def test_what_matters_no_more_does_not_tell_states_apart() -> None:
    """Eight questions of the first hub are remembered nowhere in the second."""
    record = hub(*(once(n, goto="answer" if n % 2 else "hub") for n in range(8)))
    record["nodes"][0]["choices"][-1]["goto"] = "later"
    record["nodes"].append(
        node("later", choices=[choice("wait", "later", goto="later"), choice("go", "later", goto="bye")])
    )
    assert explore(record).states <= 2**8 + 2


def test_the_bound_is_reported() -> None:
    plays = explore(hub(*(once(n, goto="hub") for n in range(4))), bound=1)
    assert (plays.complete, plays.bound, plays.states) == (False, 1, 1)


def test_reaching_from_both_sides_is_the_same() -> None:
    after = {1: [2], 2: [3, 1], 3: [4], 4: [], 5: [6], 6: [5], 7: [5, 1]}
    before: dict[int, list[int]] = {}
    for state, following in after.items():
        for each in following:
            before.setdefault(each, []).append(state)
    assert reaching([4], before) == reaching_forward([4], after) == {1, 2, 3, 4, 7}
