from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, strategies as st

from gamegen.engine.numbers import Numbers, Refused, numbers


def written(found: Numbers) -> re.Pattern[str]:
    return re.compile(found.pattern())


def allows(node: dict[str, Any], value: float) -> bool:
    return (
        value >= node.get("minimum", value)
        and value <= node.get("maximum", value)
        and ("exclusiveMinimum" not in node or value > node["exclusiveMinimum"])
        and ("exclusiveMaximum" not in node or value < node["exclusiveMaximum"])
    )


BOUNDS = st.one_of(
    st.integers(-(10**6), 10**6), st.integers(-20, 20), st.decimals(-500, 500, places=3).map(float), st.just(1e3)
)
NODES = st.builds(
    lambda low, high, one, other: {one: low, other: high},
    BOUNDS,
    BOUNDS,
    st.sampled_from(["minimum", "exclusiveMinimum"]),
    st.sampled_from(["maximum", "exclusiveMaximum"]),
)


@given(node=NODES, near=st.integers(-3, 3), any_value=st.integers(-(10**6), 10**6))
def test_integers_are_the_ones_between_the_bounds(node: dict[str, Any], near: int, any_value: int) -> None:
    values = {any_value, *(int(bound) + near for bound in node.values())}
    try:
        expression = written(numbers(node, "integer"))
    except Refused as refused:
        assert refused.empty
        assert not any(allows(node, value) for value in values)
    else:
        for value in values:
            assert bool(expression.fullmatch(str(value))) == allows(node, value)


@given(node=NODES, near=st.decimals(-2, 2, places=4), any_value=st.decimals(-600, 600, places=4))
def test_numbers_are_the_decimals_between_the_bounds(node: dict[str, Any], near: Decimal, any_value: Decimal) -> None:
    try:
        found = numbers(node, "number")
    except Refused as refused:
        assert refused.empty
        return
    expression = written(found)
    for value in (any_value, *(Decimal(repr(bound)) + near for bound in node.values())):
        value = round(value, found.places)
        for text in {f"{value:f}", f"{value.normalize():f}"} - {"-0"}:
            if text.strip("-0."):
                assert bool(expression.fullmatch(text)) == allows(node, float(text)), text


@given(node=NODES)
def test_no_form_is_longer_than_it_says(node: dict[str, Any]) -> None:
    try:
        found = numbers(node, "integer")
    except Refused:
        return
    assert found.characters == max(len(str(found.low)), len(str(found.high)))


@given(low=st.integers(-300, 300), span=st.integers(0, 500), step=st.integers(1, 60))
def test_multiples_are_the_ones_between_the_bounds(low: int, span: int, step: int) -> None:
    node = {"minimum": low, "maximum": low + span, "multipleOf": step}
    wanted = {n for n in range(low, low + span + 1) if n % step == 0}
    try:
        expression = written(numbers(node, "integer"))
    except Refused as refused:
        assert refused.empty
        assert not wanted
    else:
        assert {n for n in range(low - 5, low + span + 6) if expression.fullmatch(str(n))} == wanted


@pytest.mark.parametrize("text", ["-0", "-0.0", "007", "1.", ".5", "+1", "1e0"])
def test_no_odd_form_is_written(text: str) -> None:
    for kind in ("integer", "number"):
        assert not written(numbers({"minimum": -10, "maximum": 10}, kind)).fullmatch(text)


@pytest.mark.parametrize(
    ("node", "kind", "keyword"),
    [
        ({"minimum": 0, "maximum": 10**18}, "integer", "maximum"),
        ({"minimum": -1e300, "maximum": 0}, "integer", "minimum"),
        ({"minimum": 0, "maximum": 10**15}, "number", "maximum"),
        ({"minimum": 0.1 + 0.2, "maximum": 1}, "number", "minimum"),
        ({"minimum": 0, "maximum": 1, "multipleOf": 0.1}, "integer", "multipleOf"),
        ({"minimum": 0, "maximum": 1, "multipleOf": 1}, "number", "multipleOf"),
    ],
)
def test_what_is_too_long_or_not_whole_is_refused_by_its_keyword(node: Any, kind: str, keyword: str) -> None:
    with pytest.raises(Refused) as caught:
        numbers(node, kind)
    assert (caught.value.keyword, caught.value.empty) == (keyword, False)


def test_bounds_are_read_as_they_were_written() -> None:
    found = numbers({"minimum": 1e-7, "exclusiveMaximum": 3e-7}, "number")
    assert found.places == 10
    assert written(found).fullmatch("0.0000002999")
    assert not written(found).fullmatch("0.0000003")
