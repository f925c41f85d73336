"""Apply every damage to every good record that it fits."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field

from tests.mutations import characters, quests, structure, wording
from tests.mutations.damages import ALL, Damage
from tests.mutations.good import KINDS, findings, records, world

MODULES = (structure, quests, characters, wording)
"""Whose import fills the list."""


@dataclass(slots=True)
class Row:
    damage: Damage
    applied: int = 0
    caught: int = 0
    missed: list[str] = field(default_factory=list)
    """World, record and the codes that were found instead."""


def row(damage: Damage) -> Row:
    result = Row(damage)
    for kind in KINDS if not damage.kind else (damage.kind,):
        for name, record in records(kind):
            document = deepcopy(record)
            if damage.change(document, world(name)) is False:
                continue
            result.applied += 1
            codes = sorted({finding.code for finding in findings(name, document)})
            if damage.code in codes:
                result.caught += 1
            else:
                result.missed.append(f"{name} {record['id']}: {', '.join(codes) or 'nothing'}")
    return result


def rows() -> Iterator[Row]:
    return map(row, ALL)
