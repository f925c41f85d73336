"""Every named damage is caught by the code that is meant for it; what is not damaged gives no finding."""

from __future__ import annotations

import pytest

from gamegen.codes import CODES
from tests.mutations.damages import ALL, Damage
from tests.mutations.good import KINDS, findings, records
from tests.mutations.table import row


@pytest.mark.parametrize("kind", KINDS)
def test_good_records_give_no_finding(kind: str) -> None:
    assert [str(finding) for name, record in records(kind) for finding in findings(name, record)] == []


@pytest.mark.parametrize("damage", ALL, ids=[damage.name for damage in ALL])
def test_a_damage_is_caught_by_its_code(damage: Damage) -> None:
    result = row(damage)
    assert result.applied
    assert result.missed == []


def test_names_are_unique_and_codes_exist() -> None:
    assert len({damage.name for damage in ALL}) == len(ALL)
    assert {damage.code for damage in ALL} <= CODES.keys()
