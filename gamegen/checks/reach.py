"""What can still reach an end: the backward half of every softlock proof."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

State = TypeVar("State")


def reaching(ends: Iterable[State], before: Mapping[State, Iterable[State]]) -> set[State]:
    """The states from which an end can be reached, ends included. before: the states one step back from each."""
    good = set(ends)
    waiting = list(good)
    while waiting:
        for state in before.get(waiting.pop(), ()):
            if state not in good:
                good.add(state)
                waiting.append(state)
    return good


def reaching_forward(ends: Iterable[State], after: Mapping[State, Sequence[State]]) -> set[State]:
    """The same, from the states one step on from each. `after` is in the order in which they were first met.

    Seen from the last one met, most steps lead to a state that is settled already; what four passes leave over is
    followed backwards.
    """
    good = set(ends)
    rest = [state for state in reversed(list(after)) if state not in good]
    for _ in range(4):
        waiting, rest = rest, []
        for state in waiting:
            for each in after[state]:
                if each in good:
                    good.add(state)
                    break
            else:
                rest.append(state)
        if not rest or len(rest) == len(waiting):
            return good
    before: dict[State, list[State]] = {}
    for state in rest:
        for each in after[state]:
            before.setdefault(each, []).append(state)
    return reaching(good, before)
