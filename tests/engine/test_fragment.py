from __future__ import annotations

from typing import Any

import pytest

from gamegen.engine.fragment import read
from gamegen.errors import SchemaFault

TEXT = {"type": "string", "minLength": 2, "maxLength": 40}


def closed(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "additionalProperties": False}


def faults(schema: Any) -> list[tuple[str, str]]:
    """(code, place) of each fault."""
    with pytest.raises(SchemaFault) as caught:
        read(schema)
    return [(finding.code, finding.where) for finding in caught.value.findings]


@pytest.mark.parametrize(
    ("keyword", "value"),
    [
        ("not", {"type": "string"}),
        ("if", {"type": "string"}),
        ("then", {"type": "string"}),
        ("else", {"type": "string"}),
        ("oneOf", [{"type": "null"}]),
        ("allOf", [{"type": "null"}]),
        ("uniqueItems", True),
        ("contains", {"type": "null"}),
        ("minContains", 1),
        ("maxContains", 1),
        ("dependentRequired", {"a": ["b"]}),
        ("dependentSchemas", {"a": True}),
        ("patternProperties", {"^a": {"type": "null"}}),
        ("propertyNames", {"pattern": "^a"}),
        ("unevaluatedProperties", False),
        ("unevaluatedItems", False),
        ("minProperties", 1),
        ("maxProperties", 1),
        ("multipleOf", 2),
        ("format", "date"),
        ("contentEncoding", "base64"),
        ("$dynamicRef", "#x"),
        ("$anchor", "x"),
        ("maximumLength", 3),
    ],
)
def test_an_unsupported_keyword_is_refused_by_name_and_place(keyword: str, value: Any) -> None:
    schema = closed(deep={"type": "array", "maxItems": 2, "items": {**TEXT, keyword: value}})
    with pytest.raises(SchemaFault) as caught:
        read(schema)
    (finding,) = caught.value.findings
    assert finding.code == "GG102"
    assert finding.where == f"$.properties.deep.items.{keyword}"
    assert repr(keyword) in finding.message


@pytest.mark.parametrize(
    ("schema", "place"),
    [
        ({"type": "string"}, "$"),
        ({"type": "integer", "minimum": 0}, "$"),
        ({"type": "number", "maximum": 0}, "$"),
        ({"type": "array", "items": TEXT}, "$"),
        ({"type": "array", "maxItems": 3}, "$"),
        ({"type": "object", "properties": {"a": TEXT}}, "$"),
        ({"type": "object", "properties": {"a": TEXT}, "additionalProperties": TEXT}, "$.additionalProperties"),
        (closed(a=True), "$.properties.a"),
        (closed(a={}), "$.properties.a"),
        ({"anyOf": [TEXT, {"type": "string"}]}, "$.anyOf[1]"),
        ({"anyOf": [TEXT], "minLength": 3}, "$.minLength"),
        ({"$ref": "other.json"}, "$.$ref"),
        ({"$ref": "https://example.org/x"}, "$.$ref"),
        ({"$ref": "#/$defs/missing"}, "$.$ref"),
        ({"$ref": "#/$defs/a", "type": "string", "$defs": {"a": TEXT}}, "$.type"),
        ({"$defs": {"a": closed(a={"$ref": "#/$defs/a"})}, "$ref": "#/$defs/a"}, "$.properties.a.$ref"),
        ({"type": "integer", "minimum": 0, "maximum": 3, "maxLength": 2}, "$.maxLength"),
        ({**TEXT, "pattern": "(?=x)y"}, "$.pattern"),
        (closed(a={**TEXT, "minLength": 60, "maxLength": 80}), "$.properties.a.minLength"),
        ({**TEXT, "x-gamegen": {"ends": "never"}}, "$.x-gamegen"),
        ({**TEXT, "x-gamegen": {"end": "any"}}, "$.x-gamegen"),
    ],
)
def test_what_is_unbounded_or_unknown_is_refused_at_its_place(schema: Any, place: str) -> None:
    assert faults(schema) == [("GG102", place)]


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "minLength": 5, "maxLength": 4},
        {"type": "string", "maxLength": 1},
        closed(a={"type": "string", "maxLength": 0}),
        {"type": "string", "maxLength": 5, "pattern": "^.{7}$"},
        {"type": "integer", "minimum": 3, "maximum": 2},
        {"type": "integer", "exclusiveMinimum": 3, "maximum": 3},
        {"type": "array", "minItems": 2, "maxItems": 1, "items": TEXT},
        {"type": "string", "enum": [1, 2]},
        {**closed(a=TEXT), "required": ["b"]},
    ],
)
def test_what_no_value_can_satisfy_is_refused(schema: Any) -> None:
    assert [code for code, _ in faults(schema)] == ["GG851"]


def test_all_faults_are_reported_at_once() -> None:
    schema = closed(a={"type": "string"}, b={**TEXT, "not": {}}, c={"type": "integer"})
    assert [place for _, place in faults(schema)] == ["$.properties.a", "$.properties.b.not", "$.properties.c"]


def test_an_invalid_schema_is_told_from_an_unsupported_one() -> None:
    assert faults({"type": "text"}) == [("GG103", "$.type")]


def test_enum_keeps_the_values_that_the_other_keywords_allow() -> None:
    fragment = read({"type": "string", "enum": ["a", "bcd", 7], "maxLength": 2})
    assert fragment.schema == {"enum": ["a"]}
    assert fragment.free


def test_references_are_put_in_place() -> None:
    fragment = read({"$ref": "#/$defs/pair", "$defs": {"pair": closed(a={"$ref": "#/$defs/n"}), "n": {"type": "null"}}})
    assert fragment.schema["properties"] == {"a": {"type": "null"}}
    assert not fragment.free


def test_a_pointer_may_hold_escapes() -> None:
    schema = {"$ref": "#/$defs/a~1b~0c", "$defs": {"a/b~c": {"type": "null"}}}
    assert read(schema).schema == {"type": "null"}


def test_a_string_behind_a_reference_is_free() -> None:
    assert read({"$ref": "#/$defs/t", "$defs": {"t": TEXT}}).free


def test_the_budget_grows_with_the_bounds() -> None:
    budgets = [read({**TEXT, "maxLength": most}).budget for most in (40, 80, 160)]
    assert budgets == sorted(budgets)
    assert 2 * 12 < budgets[0] <= 40


def test_a_pattern_leaves_the_end_of_the_text_to_itself() -> None:
    patterns = [part["pattern"] for part in read({**TEXT, "pattern": "^[a-z]+$"}).schema["allOf"]]
    assert patterns[1] == "^[a-z]+$"
    assert "[.!?…]’?$" not in patterns[0]
