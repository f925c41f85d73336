"""Whose turn it is over the dialogues of a block: the lead, and the facts that are told first.

Both depend on the ordinal alone and on the names of the entries, so no plan needs to look at another one.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from gamegen._random import digest, rendezvous, uniform
from gamegen.world import World

GOLDEN = 0.6180339887498949
"""Multiples of it, modulo 1, are spread over the circle as evenly as can be, however many there are (Knuth 6.4)."""


@lru_cache(maxsize=256)
def leads(people: frozenset[str], number: int, *name: str | int) -> tuple[str, ...]:
    """The people in the order in which they lead the dialogues of one pass, each once; `number` counts the passes.

    Every place of the pass draws among those that are left, so that a person who is added moves few others.
    """
    left = set(people)
    order: list[str] = []
    for place in range(len(people)):
        chosen = rendezvous(left, *name, "lead", number, place)[0]
        left.discard(chosen)
        order.append(chosen)
    return tuple(order)


def lead_at(people: Iterable[str], ordinal: int, *name: str | int) -> str:
    """Who leads the dialogue of this ordinal; there must be somebody."""
    known = frozenset(people)
    number, place = divmod(max(0, ordinal - 1), len(known))
    return leads(known, number, *name)[place]


def in_turn(world: World, ids: Iterable[str], ordinal: int, *name: str | int) -> list[str]:
    """Facts in the order in which a dialogue of this ordinal tells them.

    Each fact has a place on a circle; the start moves with the ordinal, and a fact waits for its distance from it, the
    longer the more people know it (by the square of their number), for they come to speak of it the oftener. A fact
    that is added moves no other.
    """
    start = ordinal * GOLDEN
    known = knowers(world)

    def wait(id: str) -> tuple[float, str]:
        return (uniform(digest(*name, "fact", id), 1) - start) % 1.0 * known.get(id, 1) ** 2, id

    return sorted((id for id in ids if id in world.facts), key=wait)


def knowers(world: World) -> dict[str, int]:
    """How many people know each fact that anybody knows."""
    found: dict[str, int] = {}
    for person in world.characters.values():
        for id in person.knows:
            found[id] = found.get(id, 0) + 1
    return found
