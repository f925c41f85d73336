"""What can still reach an end: the backward half of every softlock proof."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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
