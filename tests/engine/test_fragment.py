from __future__ import annotations

import itertools
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


def test_every_fault_of_an_invalid_schema_is_reported_at_its_path() -> None:
    schema = closed(a={"type": "text"}, b={"minLength": -1}, c={"pattern": "("})
    assert [code for code, _ in faults(schema)] == ["GG103"] * 3
    assert [place for _, place in faults(schema)] == [
        "$.properties.a.type",
        "$.properties.b.minLength",
        "$.properties.c.pattern",
    ]


@pytest.mark.parametrize(
    "schema",
    [
        {"const": float("nan")},
        {"type": "integer", "minimum": float("-inf"), "maximum": 1},
        {"enum": [{1, 2}]},
        {"const": "\ud800"},
        {"enum": [object()]},
        b"bytes",
    ],
)
def test_what_is_not_json_is_told_so(schema: Any) -> None:
    assert faults(schema) == [("GG103", "$")]


def nested(levels: int) -> Any:
    schema: Any = {"type": "null"}
    for _ in range(levels):
        schema = {"type": "array", "items": schema, "maxItems": 1}
    return schema


def test_deep_nesting_is_refused() -> None:
    assert faults(nested(60)) == faults(nested(900)) == faults(nested(20_000)) == [("GG102", "$")]
    assert read(nested(40)).budget > 0


def test_references_that_multiply_are_refused() -> None:
    names = [f"n{i}" for i in range(40)]
    twice = {
        one: closed(a={"$ref": f"#/$defs/{other}"}, b={"$ref": f"#/$defs/{other}"})
        for one, other in itertools.pairwise(names)
    }
    schema = {"$ref": "#/$defs/n0", "$defs": {**twice, "n39": {"type": "null"}}}
    assert faults(schema) == [("GG102", "$")]


def test_a_pointer_may_lead_anywhere_in_the_document() -> None:
    schema = closed(
        a={"anyOf": [{"type": "null"}, TEXT]}, b={"$ref": "#/properties/a/anyOf/0"}, c={"$ref": "#/%24defs/x%25y"}
    )
    fragment = read({**schema, "$defs": {"x%y": {"const": 1}}})
    assert fragment.schema["properties"]["b"] == {"type": "null"}
    assert fragment.schema["properties"]["c"] == {"enum": [1]}
    assert faults(closed(a={"$ref": "#here"})) == [("GG102", "$.properties.a.$ref")]


def test_parts_of_an_all_of_are_merged() -> None:
    schema = {
        "$defs": {"base": closed(name=TEXT, level={"type": "integer", "minimum": 0, "maximum": 90}, id={"const": "x"})},
        "required": ["level"],
        "allOf": [
            {"$ref": "#/$defs/base"},
            {"properties": {"level": {"maximum": 9}, "other": {"type": "null"}}, "required": ["name"]},
        ],
    }
    merged = read(schema).schema
    assert list(merged["properties"]) == ["name", "level", "id"]  # the base is closed: no "other"
    assert sorted(merged["required"]) == ["level", "name"]
    assert (merged["properties"]["level"]["x-numbers"].low, merged["properties"]["level"]["x-numbers"].high) == (0, 9)


def test_faults_in_a_merged_part_are_told_at_the_place_where_they_stand() -> None:
    schema = {"allOf": [closed(a={"type": "string"}), {"properties": {"a": {"minLength": 2}}}, {"not": {}}]}
    assert faults(schema) == [("GG102", "$.allOf[2].not")]
    schema["allOf"].pop()
    assert faults(schema) == [("GG102", "$.properties.a")]
    assert faults({"allOf": [closed(b={"$ref": "#/nowhere"})]}) == [("GG102", "$.allOf[0].properties.b.$ref")]


def test_a_reference_back_through_an_all_of_is_recursion() -> None:
    node = {"allOf": [{"$ref": "#/$defs/node"}, {"maxProperties": 2}]}
    schema = {"$ref": "#/$defs/node", "$defs": {"node": closed(next=node)}}
    assert [code for code, _ in faults(schema)] == ["GG102"]


@pytest.mark.parametrize(
    "branches",
    [
        [{"type": "null"}, TEXT, {"type": "integer", "minimum": 0, "maximum": 3}],
        [{"const": "a"}, {"enum": ["b", 1]}],
        [{"const": True}, {"const": 1}],
        [TEXT, {"const": "a"}],
        [{"type": "integer", "minimum": 0, "maximum": 3}, {"type": "integer", "minimum": 4, "maximum": 9}],
        [{**closed(k={"const": "a"}, t=TEXT), "required": ["k"]}, {**closed(k={"const": "b"}), "required": ["k"]}],
        [{**closed(a=TEXT), "required": ["a"]}, {**closed(b=TEXT), "required": ["b"]}],
        [{"anyOf": [{"const": 1}, {"const": 2}]}, {"oneOf": [{"const": 3}, {"type": "null"}]}],
        [{"$ref": "#/$defs/x"}, {"const": "y"}],
    ],
)
def test_branches_that_share_no_value_may_stand_in_one_of(branches: Any) -> None:
    fragment = read({"oneOf": branches, "$defs": {"x": {"const": "x"}}})
    assert len(fragment.schema["anyOf"]) >= len(branches)


@pytest.mark.parametrize(
    "branches",
    [
        [TEXT, {"type": "string", "maxLength": 9}],
        [TEXT, {"const": "ab"}],
        [{"type": "integer", "minimum": 0, "maximum": 3}, {"type": "number", "minimum": 3, "maximum": 9}],
        [{"const": 1}, {"const": 1.0}],
        [closed(k={"const": "a"}), closed(k={"const": "b"})],
        [{"type": ["string", "null"], "maxLength": 5}, {"type": "null"}],
    ],
)
def test_branches_that_may_share_a_value_are_refused(branches: Any) -> None:
    assert faults({"oneOf": branches}) == [("GG102", "$.oneOf")]


def test_settings_of_a_string_are_found_under_its_path() -> None:
    cool = {**TEXT, "x-gamegen": {"temperature": 0.3, "top_k": 5, "ends": "title"}}
    schema = closed(goals={"type": "array", "maxItems": 2, "items": closed(text=cool, id=TEXT)}, **{"a b": cool})
    assert read(schema).settings == {
        "$.goals[*].text": {"temperature": 0.3, "top_k": 5},
        '$["a b"]': {"temperature": 0.3, "top_k": 5},
    }
    assert read({**cool, "maxLength": 30}).settings == {"$": {"temperature": 0.3, "top_k": 5}}


def test_items_of_their_own_have_paths_of_their_own() -> None:
    warm = {**TEXT, "x-gamegen": {"temperature": 1}}
    schema = {"type": "array", "prefixItems": [TEXT, warm], "items": warm, "maxItems": 4}
    assert list(read(schema).settings) == ["$[1]", "$[*]"]


def test_two_texts_in_one_place_must_ask_for_the_same_sampling() -> None:
    warm = {**TEXT, "x-gamegen": {"temperature": 1}}
    assert faults(closed(a={"anyOf": [warm, TEXT]})) == [("GG102", "$.properties.a.anyOf[1].x-gamegen")]


@pytest.mark.parametrize(
    "options",
    [
        {"temperature": -1},
        {"temperature": True},
        {"temperature": "hot"},
        {"top_p": 0},
        {"top_p": 1.1},
        {"min_p": -0.1},
        {"top_k": 1.5},
        {"repetition_penalty": 0},
        {"frequency_penalty": 11},
        {"avoid": "okay"},
        {"avoid": [""]},
        {"mention": [7]},
        {"mention": list("abcdefghi")},
        {"mention": ["the old gun"], "avoid": ["Gun"]},
        {"placeholders": ["a{b"]},
        {"language": 1},
    ],
)
def test_a_bad_option_is_refused_by_name(options: Any) -> None:
    with pytest.raises(SchemaFault) as caught:
        read({**TEXT, "x-gamegen": options})
    (finding,) = caught.value.findings
    assert finding.where == "$.x-gamegen"
    assert next(iter(options)) in finding.message


def test_all_bad_options_are_reported_at_once() -> None:
    assert len(faults({**TEXT, "x-gamegen": {"top_p": 2, "temperature": -1, "warmth": 3}})) == 3


def test_options_beside_an_enum_are_read_too() -> None:
    assert faults({"enum": ["a"], "x-gamegen": {"top_p": 2}}) == [("GG102", "$.x-gamegen")]


@pytest.mark.parametrize(
    ("schema", "counted"),
    [
        (TEXT, True),
        ({**TEXT, "pattern": "^[a-z]+$"}, False),
        ({"anyOf": [TEXT, {"type": "null"}]}, True),
        ({"anyOf": [TEXT, {"const": "none"}]}, True),
        ({"anyOf": [TEXT, {"const": "n"}]}, False),  # shorter than the text may be
        ({"anyOf": [TEXT, {"const": 'say "no"'}]}, False),  # has escapes
        ({"anyOf": [TEXT, {**TEXT, "maxLength": 50}]}, False),
        ({"anyOf": [closed(a=TEXT), closed(a={"const": "n"}, b=TEXT)]}, False),
    ],
)
def test_characters_are_counted_where_the_place_tells_the_text(schema: Any, counted: bool) -> None:
    place = read(closed(deep=schema)).place
    bounds = (
        [part.bounds for part in place.below() if part.texts and part.path in ("$.deep", "$.deep.a")] if place else []
    )
    assert any(bounds) == counted


def test_items_that_two_alternatives_place_differently_are_counted_by_the_grammar() -> None:
    pair = {"type": "array", "prefixItems": [TEXT, {**TEXT, "maxLength": 9}], "items": False}
    plain = {"type": "array", "items": {**TEXT, "maxLength": 20}, "maxItems": 2}
    assert read(closed(a={"anyOf": [pair, plain]})).place is None
    assert read(closed(a=pair)).place is not None
