"""docs/grammar.md says what is enforced and what is refused: each row of its tables is proven here."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from jsonschema_specifications import REGISTRY

from gamegen.codes import CODES
from gamegen.engine import options
from gamegen.engine.fragment import read
from gamegen.errors import SchemaFault
from tests.engine.drafting import writes
from tests.engine.tiny import grammars

PAGE = (Path(__file__).parents[2] / "docs" / "grammar.md").read_text("utf-8")
DRAFT = "https://json-schema.org/draft/2020-12"
BASE = {"type": "integer", "minimum": 1, "maximum": 3}


def rows(heading: str) -> Iterator[list[str]]:
    """The cells of the table behind a heading, code marks taken off."""
    behind = PAGE.split(f"{heading}\n", 1)[1]
    table = re.search(r"(?:^\|.*\n)+", behind, re.MULTILINE)
    assert table is not None
    for line in table[0].splitlines()[2:]:
        yield [cell.strip().strip("`") for cell in line[1:-1].split("|")]


ENFORCED = list(rows("### Enforced"))
WITHOUT_EFFECT = list(rows("### Without effect on what is valid"))
REFUSED = list(rows("### Refused"))
USES = list(rows("### Enforced keywords in a use that is refused"))
OPTIONS = list(rows("an object of these options:"))


def inside(schema: Any) -> Any:
    """An array of one value of the schema: a document, whatever the value is."""
    definitions = schema.get("$defs", {}) if isinstance(schema, dict) else {}
    return {"type": "array", "prefixItems": [schema], "items": False, "minItems": 1, "$defs": definitions}


def valid(value: Any, schema: Any) -> bool:
    validator = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    return bool(validator.is_valid(value))


def faults(schema: Any) -> list[tuple[str, str]]:
    with pytest.raises(SchemaFault) as caught:
        read(schema)
    return [(finding.code, finding.where) for finding in caught.value.findings]


def test_the_tables_have_every_keyword_of_the_draft_once() -> None:
    vocabularies = [url for url in REGISTRY if str(url).startswith(DRAFT)]
    known = {name for url in vocabularies for name in REGISTRY[url].contents.get("properties", {})}
    listed = [row[0] for row in (*ENFORCED, *WITHOUT_EFFECT, *REFUSED)]
    assert sorted(listed) == sorted(known)


@pytest.mark.parametrize(("keyword", "schema", "may", "never"), [row[:4] for row in ENFORCED])
def test_an_enforced_keyword_binds(keyword: str, schema: str, may: str, never: str) -> None:
    example = json.loads(schema)
    assert keyword in example
    grammar = grammars().compile(inside(example))
    assert valid(json.loads(may), example)
    assert writes(grammar, f"[{may}]")
    if never:
        without = {name: value for name, value in example.items() if name != keyword}
        assert valid(json.loads(never), without)
        assert not valid(json.loads(never), example)
        assert not writes(grammar, f"[{never}]")


def test_only_properties_has_no_value_that_is_valid_without_it() -> None:
    assert [row[0] for row in ENFORCED if not row[3]] == ["properties"]


@pytest.mark.parametrize(("keyword", "value"), [row[:2] for row in WITHOUT_EFFECT])
def test_a_keyword_without_effect_changes_nothing(keyword: str, value: str) -> None:
    assert read({**BASE, keyword: json.loads(value)}).schema == read(BASE).schema


@pytest.mark.parametrize(("keyword", "value"), [row[:2] for row in REFUSED])
def test_a_refused_keyword_is_refused_by_name_and_path(keyword: str, value: str) -> None:
    with pytest.raises(SchemaFault) as caught:
        read(inside({**BASE, keyword: json.loads(value)}))
    (finding,) = caught.value.findings
    assert (finding.code, finding.where) == ("GG102", f"$.prefixItems[0].{keyword}")
    assert repr(keyword) in finding.message


@pytest.mark.parametrize(("schema", "path", "code"), [row[:3] for row in USES])
def test_a_refused_use_is_refused_at_its_path(schema: str, path: str, code: str) -> None:
    assert faults(json.loads(schema)) == [(code, path)]


def test_the_page_lists_the_options_that_there_are() -> None:
    assert tuple(row[0] for row in OPTIONS) == options.KNOWN


@pytest.mark.parametrize(("option", "values"), [row[:2] for row in OPTIONS])
def test_an_option_takes_the_values_of_the_page(option: str, values: str) -> None:
    for value in re.split(r"`, `|` or `", values):
        read({"type": "string", "maxLength": 60, "x-gamegen": {option: json.loads(value)}})


def test_the_codes_of_the_page_mean_what_it_says() -> None:
    assert {row[0] for row in rows("Refusals have stable codes:")} <= CODES.keys()
