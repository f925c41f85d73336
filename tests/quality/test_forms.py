"""Records that people edited into something else are passed over, and never a traceback."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import given, settings, strategies as st

from gamegen.originality import Copies
from gamegen.quality import quality
from gamegen.quality.forms import measured
from tests.quality.test_agreement import dialogue, quest
from tests.quality.test_structure import DIALOGUE

SHEET = {"id": "c", "kind": "character", "pronouns": "she", "role": "clerk", "goals": [{"id": "g", "text": "A goal."}]}
SOUND: list[dict[str, Any]] = [DIALOGUE, dialogue("A line."), quest("Find the grey wolf."), SHEET]
nonsense = st.sampled_from([None, True, 7, -0.5, "", "?", [], {}, [1]])


def places(value: Any, where: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for name, part in parts for place in [(*where, name), *places(part, (*where, name))]]


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_damaged_record_is_passed_over(data: st.DataObject) -> None:
    record = copy.deepcopy(data.draw(st.sampled_from(SOUND)))
    where = data.draw(st.sampled_from([place for place in places(record) if place not in (("id",), ("kind",))]))
    at: Any = record
    for name in where[:-1]:
        at = at[name]
    at[where[-1]] = data.draw(nonsense)
    assert quality([record, DIALOGUE | {"id": "e"}], [], Copies()).records == 2


def test_the_others_are_measured() -> None:
    assert list(measured([{"a": 1}, {}, {"a": 2}], lambda record: record["a"])) == [1, 2]
