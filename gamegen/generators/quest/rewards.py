"""What a quest may pay: one budget, used by the plan and by the proof.

Our own curve. Experience grows linearly with the level, so that a level takes about as many quests as the one before;
money grows with level x (level + 3), so that it keeps up with prices that rise faster than levels. A main quest has one
and a half times the budget of a side quest. A plan pays between a half and all of it, by the number of stages.
"""

from __future__ import annotations

from dataclasses import dataclass

from gamegen.records import JSON

LEVELS = range(1, 21)


@dataclass(frozen=True, slots=True)
class Budget:
    """The most that one quest may pay: experience points, coins, pieces of items, and points of reputation with one
    faction (gained or lost)."""

    xp: int
    currency: int
    items: int
    reputation: int


def budget(level: int, type: str) -> Budget:
    """The budget of a quest of this level (1-20) and type ("main" or "side")."""
    xp, currency = 100 * level, 5 * level * (level + 3)
    if type == "main":
        xp, currency = xp * 3 // 2, currency * 3 // 2
    return Budget(xp, currency, items=1 + level // 5, reputation=5 + level)


def rewards(level: int, type: str, stages: int, item: str | None, faction: str | None) -> dict[str, JSON]:
    """What a planned quest pays: with two stages a half of the budget, with four or more all of it.

    An item (one piece) costs a third of the money; reputation is half of what the budget allows.
    """
    most = budget(level, type)
    parts = min(4, max(2, stages))
    currency = most.currency * parts // 4
    return {
        "xp": most.xp * parts // 4,
        "currency": currency * 2 // 3 if item else currency,
        "items": [{"id": item, "count": 1}] if item else [],
        "reputation": [{"faction": faction, "value": max(1, most.reputation // 2)}] if faction else [],
    }


def over_budget(paid: dict[str, JSON], level: int, type: str) -> list[tuple[str, int, int]]:
    """Each part of the rewards that exceeds the budget: (JSON path below `rewards`, paid, allowed)."""
    most = budget(level, type)
    items = sum(entry["count"] for entry in paid["items"])
    sums = [("xp", paid["xp"], most.xp), ("currency", paid["currency"], most.currency), ("items", items, most.items)]
    sums += [
        (f"reputation[{i}].value", abs(entry["value"]), most.reputation) for i, entry in enumerate(paid["reputation"])
    ]
    return [(path, found, allowed) for path, found, allowed in sums if found > allowed]
