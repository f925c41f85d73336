"""Published schemas load, bundle, extend and validate."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st
from jsonschema import Draft202012Validator

from gamegen.errors import SchemaFault
from gamegen.records import JSON
from gamegen.schema import extend, load_schema, read_schema, validate, validator, without_fixed

KINDS = ("quest", "dialogue", "character")
GALLERY = Path(__file__).parents[1] / "samples" / "gallery" / "saltmarrow"
LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12)
VALUES = st.one_of(
    LEAVES, st.sampled_from(["", "a_b", "A b", "x\n", "é"]), st.lists(LEAVES), st.dictionaries(st.text(), LEAVES)
)


def places(value: JSON) -> list[tuple[JSON, str | int]]:
    """Every (container, key) below the value."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, part in items for place in ((value, key), *places(part))]


@pytest.mark.parametrize("kind", KINDS)
def test_a_published_schema_is_draft_2020_12_and_needs_no_other_file(kind: str) -> None:
    schema = load_schema(kind)
    Draft202012Validator.check_schema(schema)
    assert "common.schema.json" not in json.dumps(schema["properties"])
    assert schema["properties"]["kind"] == {"const": kind}


@pytest.mark.parametrize("kind", KINDS)
def test_every_reference_of_a_bundled_schema_resolves(kind: str) -> None:
    schema = load_schema(kind)
    targets = {part.split('"')[0] for part in json.dumps(schema).split('"#/$defs/')[1:]}
    assert targets and targets <= schema["$defs"].keys()


def test_a_fault_names_its_place() -> None:
    (fault,) = validate({"a": ["x"]}, {"properties": {"a": {"items": {"type": "integer"}}}})
    assert (fault.code, fault.where) == ("GG101", "$.a[0]")


def test_every_fault_is_reported_at_once() -> None:
    faults = validate({"a": 1, "b": 2}, {"properties": {"a": {"type": "string"}, "b": {"type": "string"}}})
    assert [fault.where for fault in faults] == ["$.a", "$.b"]


def test_an_extension_adds_a_property() -> None:
    schema = extend(load_schema("quest"), {"properties": {"rumor": {"type": "string"}}, "required": ["rumor"]})
    assert "rumor" in schema["properties"] and "rumor" in schema["required"]
    assert "rumor" not in load_schema("quest")["properties"]


@pytest.mark.parametrize(
    ("extension", "place"),
    [
        ({"properties": {"title": {"type": "string"}}}, "$.properties.title"),
        ({"required": ["title"]}, "$.required"),
        ({"additionalProperties": True}, "$.additionalProperties"),
    ],
)
def test_an_extension_that_changes_what_exists_is_refused(extension: dict[str, object], place: str) -> None:
    with pytest.raises(SchemaFault) as caught:
        extend(load_schema("quest"), extension, "quest.schema.json")
    assert [(f.code, f.where, f.path) for f in caught.value.findings] == [("GG104", place, "quest.schema.json")]


@pytest.mark.parametrize(
    ("text", "message"),
    [('{"type": 5}', "5 is not valid"), ("{", "expected JSON"), ("[]", "expected a schema object")],
)
def test_a_file_that_is_no_schema_is_refused_with_its_path(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "x.schema.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SchemaFault, match=message) as caught:
        read_schema(path)
    assert caught.value.findings[0].path == str(path)


def test_what_is_left_to_write_has_no_fixed_property() -> None:
    rest = without_fixed(load_schema("quest"))
    assert {"id", "kind", "refs", "provenance"}.isdisjoint(rest["properties"])
    assert "title" in rest["required"]


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_a_document_has_no_faults_just_when_jsonschema_finds_none(kind: str, data: st.DataObject) -> None:
    """One value is changed, taken out or added anywhere, or none."""
    schema = load_schema(kind)
    record = json.loads((GALLERY / f"{kind}.jsonl").read_text("utf-8").splitlines()[0])
    container, key = data.draw(st.sampled_from(places(record)))
    match data.draw(st.sampled_from(["keep", "change", "drop", "add"])):
        case "change":
            container[key] = data.draw(VALUES)
        case "drop":
            del container[key]
        case "add" if isinstance(container, dict):
            container[data.draw(st.text(max_size=6))] = data.draw(VALUES)
    errors = list(validator(schema).iter_errors(record))
    assert len(validate(record, schema)) == len(errors)


@pytest.mark.parametrize("value", [2**70, -(2**70), 1e308, float("inf"), "x\n", "x\u2028", "\ud800"])
def test_extreme_values_are_judged_as_jsonschema_does(value: JSON) -> None:
    schema = {"properties": {"n": {"type": "integer", "maximum": 9}, "t": {"type": "string", "pattern": "^[a-z]$"}}}
    for document in ({"n": value}, {"t": value}):
        assert bool(validate(document, schema)) == bool(list(validator(schema).iter_errors(document)))
