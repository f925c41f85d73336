"""Load, extend and validate the published JSON Schemas (Draft 2020-12)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

from gamegen import _resources
from gamegen.errors import SchemaFault
from gamegen.records import JSON, Finding

COMMON = "common.schema.json"
FIXED = frozenset({"id", "kind", "schema_version", "refs", "placeholders", "provenance", "review"})
"""Properties that the SDK fills in every record; no template writes them."""


def read_schema(path: Path) -> dict[str, JSON]:
    """One schema file, checked against the metaschema. Raises SchemaFault."""
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    try:
        schema = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise SchemaFault.of("GG103", f"cannot read the schema: {error}", path=str(path)) from None
    except json.JSONDecodeError as error:
        raise SchemaFault.of(
            "GG103",
            f"expected JSON, {error.msg}",
            "mend the schema",
            path=str(path),
            line=error.lineno,
            column=error.colno,
        ) from None
    if not isinstance(schema, dict):
        raise SchemaFault.of("GG103", "expected a schema object", path=str(path))
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        raise SchemaFault.of(
            "GG103", error.message, "see JSON Schema Draft 2020-12", path=str(path), where=error.json_path
        ) from None
    return bundle(schema)


@cache
def load_schema(name: str) -> Mapping[str, JSON]:
    """The published schema of this name with the shared definitions bundled in. Treat it as read-only."""
    return read_schema(_resources.folder("schemas") / f"{name}.schema.json")


@cache
def _common() -> Mapping[str, JSON]:
    path = _resources.folder("schemas") / COMMON
    definitions: Mapping[str, JSON] = json.loads(path.read_text(encoding="utf-8"))["$defs"]
    return definitions


def _references(value: JSON) -> Iterator[tuple[dict[str, JSON], str]]:
    if isinstance(value, dict):
        target = value.get("$ref")
        if isinstance(target, str):
            yield value, target
        for part in value.values():
            yield from _references(part)
    elif isinstance(value, list):
        for part in value:
            yield from _references(part)


def bundle(schema: Mapping[str, JSON]) -> dict[str, JSON]:
    """A copy whose references to the common schema point into its own `$defs`."""
    result: dict[str, JSON] = deepcopy(dict(schema))
    prefix = f"{COMMON}#/$defs/"
    definitions: dict[str, JSON] = result.get("$defs", {})
    waiting = [result]
    while waiting:
        for holder, target in list(_references(waiting.pop())):
            if target.startswith(prefix):
                name = target.removeprefix(prefix)
                if name not in _common():
                    raise SchemaFault.of("GG103", f"{target} does not exist", f"it has {', '.join(sorted(_common()))}")
                holder["$ref"] = f"#/$defs/{name}"
            else:
                name = target.removeprefix("#/$defs/")
            if name not in definitions and name in _common():
                definitions[name] = deepcopy(_common()[name])
                waiting.append(definitions[name])
    if definitions:
        result["$defs"] = definitions
    return result


def extend(schema: Mapping[str, JSON], extension: Mapping[str, JSON], path: str = "") -> dict[str, JSON]:
    """The schema with the extension's new properties. Raises SchemaFault (GG104) if it changes anything that exists."""
    allowed = {"$schema", "$id", "$comment", "$defs", "title", "description", "type", "properties", "required"}
    result: dict[str, JSON] = deepcopy(dict(schema))
    new: Mapping[str, JSON] = extension.get("properties", {})
    faults = [
        Finding("GG104", f"an extension only adds properties, found {key!r}", "remove it", path=path, where=f"$.{key}")
        for key in extension
        if key not in allowed
    ]
    faults += [
        Finding(
            "GG104",
            f"property {name!r} exists already",
            "give the new property another name",
            path=path,
            where=f"$.properties.{name}",
        )
        for name in new
        if name in result["properties"]
    ]
    faults += [
        Finding("GG104", f"required names {name!r}, which the extension does not add", path=path, where="$.required")
        for name in extension.get("required", [])
        if name not in new
    ]
    if faults:
        raise SchemaFault(faults)
    result["properties"].update(deepcopy(dict(new)))
    result["required"] = sorted({*result.get("required", []), *extension.get("required", [])})
    definitions = {**extension.get("$defs", {}), **result.get("$defs", {})}
    if definitions:
        result["$defs"] = definitions
    return result


def validator(schema: Mapping[str, JSON]) -> Any:
    """jsonschema's Draft 2020-12 validator, with `$` in patterns as the very end of the text.

    JSON Schema follows ECMA 262 there; Python's `$` also stands before a last line feed.
    """
    from jsonschema import Draft202012Validator, ValidationError, validators

    def pattern(_: Any, regex: str, value: Any, schema: Any) -> Iterator[ValidationError]:
        if isinstance(value, str) and not re.search(re.sub(r"\$$", r"\\Z", regex), value):
            yield ValidationError(f"{value!r} does not match {regex!r}")

    extended: Any = validators.extend
    return extended(Draft202012Validator, {"pattern": pattern})(schema)


@cache
def _validator(text: str) -> Any:
    return validator(json.loads(text))


@cache
def _accepts(text: str) -> Callable[[JSON], bool]:
    """Whether a document obeys the schema, as jsonschema-rs sees it: the same draft, a hundred times as fast.

    Its patterns are ECMA's, so a line feed behind `$` is no end either. What it cannot read it does not accept.
    """
    import jsonschema_rs

    quick = jsonschema_rs.Draft202012Validator(json.loads(text))

    def accepts(document: JSON) -> bool:
        try:
            return bool(quick.is_valid(document))
        except (ValueError, TypeError, OverflowError, RecursionError):
            return False

    return accepts


_texts: dict[int, tuple[Mapping[str, JSON], str]] = {}


def _text(schema: Mapping[str, JSON]) -> str:
    """The schema as JSON; written once for each object, which is kept beside it, so that its id stays its own."""
    known = _texts.get(id(schema))
    if known is None:
        if len(_texts) >= 64:
            _texts.clear()
        known = _texts[id(schema)] = schema, json.dumps(schema)
    return known[1]


def validate(document: JSON, schema: Mapping[str, JSON], path: str = "") -> list[Finding]:
    """Every fault of the document under the schema, each with its place; empty when it validates.

    A document that is accepted at once has none; any other is read again by jsonschema, which says where it fails.
    """
    from jsonschema.exceptions import relevance

    text = _text(schema)
    if _accepts(text)(document):
        return []
    errors = sorted(_validator(text).iter_errors(document), key=lambda e: (e.json_path, relevance(e)))
    return [
        Finding(
            "GG101",
            _short(error.message),
            "see schemas/ for what the kind requires",
            path=path,
            where=error.json_path,
        )
        for error in errors
    ]


def _short(message: str, limit: int = 240) -> str:
    return message if len(message) <= limit else f"{message[: limit - 1]}…"


def without_fixed(schema: Mapping[str, JSON]) -> dict[str, JSON]:
    """The schema of what is left to write: without the properties that the SDK fills."""
    result: dict[str, JSON] = deepcopy(dict(schema))
    result["properties"] = {name: part for name, part in schema["properties"].items() if name not in FIXED}
    result["required"] = [name for name in schema.get("required", []) if name not in FIXED]
    result.pop("$schema", None)
    result.pop("$id", None)
    return result
