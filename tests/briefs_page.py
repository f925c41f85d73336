"""The tables of docs/briefs.md, made from the settings that the kinds declare: ``python -m tests.briefs_page``."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gamegen.plugins import load_registry

PAGE = Path(__file__).parents[1] / "docs" / "briefs.md"
_TABLE = re.compile(r"(<!-- settings: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
_NAMES = {"string": "text", "integer": "whole number", "boolean": "yes or no", "array": "list", "object": "object"}


def page(text: str) -> str:
    """The page with every table as it is to be."""
    generators = load_registry().generators
    return _TABLE.sub(lambda found: f"{found[1]}{table(generators[found[2]].settings)}{found[3]}", text)


def table(settings: Mapping[str, Mapping[str, Any]]) -> str:
    """A row per setting, in the order in which they are declared."""
    rows = [
        f"| `{key}` | {takes(schema)} | {_cell(schema.get('description', ''))} |" for key, schema in settings.items()
    ]
    return "\n".join(["", "| setting | takes | meaning |", "|---|---|---|", *rows, "", ""])


def takes(schema: Mapping[str, Any]) -> str:
    """The values that a schema lets through, in words."""
    if "enum" in schema:
        return _cell(", ".join(f"`{_plain(value)}`" for value in schema["enum"]))
    types = schema.get("type", "string")
    said = " or ".join(_NAMES.get(type, type) for type in ([types] if isinstance(types, str) else types))
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and high is not None:
        said += f" from {low} to {high}"
    elif low is not None or high is not None:
        said += f" of at least {low}" if high is None else f" of at most {high}"
    if "maxLength" in schema:
        said += f" of at most {schema['maxLength']} characters"
    if "properties" in schema:
        said += " with " + ", ".join(f"`{name}` ({takes(part)})" for name, part in schema["properties"].items())
    if schema.get("x-gamegen", {}).get("resolve") == "record":
        said += ", or `FILE.jsonl#id` of a record"
    return _cell(said)


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")
