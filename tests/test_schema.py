"""Published schemas load, bundle, extend and validate."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from gamegen.errors import SchemaFault
from gamegen.schema import extend, load_schema, read_schema, validate, without_fixed

KINDS = ("quest", "dialogue", "character")


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
