"""Whose turn it is over the dialogues of a block: the lead, and the facts that are told first.

Both depend on the ordinal alone and on the names of the entries, so no plan needs to look at another one.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from gamegen._random import digest, rendezvous, uniform
from gamegen.world import Character, World

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


def in_turn(world: World, person: Character, ordinal: int, *name: str | int, aside: bool = False) -> list[str]:
    """The facts that a person knows, in the order in which they tell them in a dialogue of this ordinal.

    First comes what the person keeps. Each fact has a place on a circle, whose start moves with the passes of the
    leads; so a fact that is added moves few others. aside: for somebody who does not lead: what its keeper is the least
    likely to come to.
    """
    number = _pass(world, ordinal)
    kept = keepers(world, ordinal, *name)

    def wait(id: str) -> tuple[bool, float, str]:
        place = (uniform(digest(*name, "fact", id), 1) - number * GOLDEN) % 1.0
        return kept[id] != person.id, -place if aside else place, id

    return sorted((id for id in person.knows if id in world.facts), key=wait)


def keepers(world: World, ordinal: int, *name: str | int) -> dict[str, str]:
    """Whose each fact is to tell: in each pass of the leads one of those who know it, another one in the next pass."""
    number = _pass(world, ordinal)
    known: dict[str, list[str]] = {}
    for person in world.characters.values():
        for id in person.knows:
            known.setdefault(id, []).append(person.id)
    return {id: _order(tuple(people), *name, "keeper", id)[number % len(people)] for id, people in known.items()}


@lru_cache(maxsize=4096)
def _order(people: tuple[str, ...], *name: str | int) -> tuple[str, ...]:
    return tuple(rendezvous(people, *name))


def _pass(world: World, ordinal: int) -> int:
    return max(0, ordinal - 1) // max(1, len(world.characters))
