"""The published schema of the world, beside the entities, the references and the page that explains it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from gamegen._resources import folder
from gamegen.world_file import REFERENCES, TABLES

DOCS = Path(__file__).parent.parent / "docs" / "world.md"


def schema() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder("schemas") / "world.schema.json").read_text(encoding="utf-8"))
    return found


def test_the_schema_is_draft_2020_12() -> None:
    from jsonschema import Draft202012Validator

    assert schema()["$schema"] == Draft202012Validator.META_SCHEMA["$id"]
    Draft202012Validator.check_schema(schema())


def properties(part: Any, at: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(part, dict):
        for name, inner in part.get("properties", {}).items():
            if "then" not in at:  # there a property is narrowed, not defined
                yield f"{at}/{name}", inner
        for key, inner in part.items():
            if key not in ("if", "then", "not"):
                yield from properties(inner, f"{at}/{key}")
    elif isinstance(part, list):
        for inner in part:
            yield from properties(inner, at)


@pytest.mark.parametrize("name", ["world", "project"])
def test_every_key_of_the_schema_has_a_description(name: str) -> None:
    found = json.loads((folder("schemas") / f"{name}.schema.json").read_text(encoding="utf-8"))
    keys = list(properties(found))
    assert len(keys) > 15
    assert [at for at, part in keys if not part.get("description")] == []


def test_schema_and_entities_have_the_same_keys() -> None:
    for table, cls in TABLES.items():
        keys = {"type" if field.name == "value_type" else field.name for field in fields(cls)}
        assert set(schema()["$defs"][table]["properties"]) == keys


def test_every_reference_is_a_key_of_its_table() -> None:
    for table, keys in REFERENCES.items():
        assert set(keys) <= set(schema()["$defs"][table]["properties"])


@pytest.mark.parametrize("table", ["world", *TABLES])
def test_the_docs_name_every_key_of_a_table(table: str) -> None:
    header = "[world]" if table == "world" else f"[[{table}]]"
    (section,) = re.findall(rf"## {re.escape(header)}\n(.*?)(?=\n## |\Z)", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    found = schema()["properties"]["world"] if table == "world" else schema()["$defs"][table]
    assert [key for key in found["properties"] if f"`{key}`" not in section] == []
