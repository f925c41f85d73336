"""From wishes to briefs: a count, a file of rows, and settings that are checked against what the kind takes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gamegen.briefs_file import ROW_ID, Row, read_briefs, read_rows
from gamegen.errors import GamegenError, InvalidInput, UsageError
from gamegen.hookspecs import Generator
from gamegen.naming import did_you_mean
from gamegen.records import JSON, Brief, Finding

if TYPE_CHECKING:
    from gamegen.world import World

__all__ = [
    "ROW_ID", "Row", "briefs_for", "check_settings", "parse_settings", "prove_briefs", "proven_briefs",
    "read_briefs",
]  # fmt: skip


_YES, _NO = frozenset(("true", "yes")), frozenset(("false", "no"))


_TYPES = {
    "array": "a list",
    "boolean": "yes or no",
    "integer": "a whole number",
    "null": "nothing",
    "number": "a number",
    "object": "a table",
    "string": "a text",
}


def briefs_for(
    generator: Generator,
    block: str,
    count: int,
    settings: Mapping[str, JSON],
    rows: Sequence[Mapping[str, JSON]] | None = None,
) -> list[Brief]:
    """One brief per row, or `count` briefs numbered from 1. Raises UsageError with every wrong setting of every row."""
    if count < 1:
        raise UsageError.of("GG003", f"the count must be 1 or more, found {count}", "give -n a positive number")
    if rows is None:
        common = _common(generator, settings)
        return [Brief(generator.kind, block, f"{n:04d}", n, common) for n in range(1, count + 1)]
    briefs, faults = _of_rows(generator, block, settings, rows)
    if faults:
        raise UsageError(faults)
    return [brief for brief, _ in briefs]


def proven_briefs(
    generator: Generator,
    block: str,
    count: int,
    settings: Mapping[str, JSON],
    path: Path | str | None,
    world: World,
    seed: int,
) -> list[Brief]:
    """The briefs of a file, or `count` numbered ones, each planned once, so that what cannot be is refused before a
    token is spent.

    Raises InvalidInput or UsageError with every fault of the file, its settings and its plans at once, in the order of
    their lines. Of numbered briefs without settings, which ask for nothing special, the first and the last are planned.
    """
    if path is None:
        numbered = briefs_for(generator, block, count, settings)
        prove_briefs(generator, numbered if settings else [numbered[0], numbered[-1]], world, seed)
        return numbered
    rows, faults = read_rows(path)
    briefs, wrong = _of_rows(generator, block, settings, rows)
    faults = [*faults, *wrong]
    for brief, row in briefs:
        faults += _impossible(generator, brief, world, seed, row)
    if faults:
        raise InvalidInput(sorted(dict.fromkeys(faults), key=lambda fault: (fault.line, fault.column)))
    return [brief for brief, _ in briefs]


def prove_briefs(generator: Generator, briefs: Iterable[Brief], world: World, seed: int) -> None:
    """Plan each brief. Raises UsageError with the faults of all that cannot be, each once."""
    faults = [fault for brief in briefs for fault in _impossible(generator, brief, world, seed, {})]
    if faults:
        raise UsageError(dict.fromkeys(faults))


def _impossible(
    generator: Generator, brief: Brief, world: World, seed: int, row: Mapping[str, JSON]
) -> Sequence[Finding]:
    try:
        generator.plan(world, brief, seed)
    except GamegenError as error:
        if not isinstance(row, Row):
            return error.findings
        return [
            Finding(fault.code, f"{brief.row}: {fault.message}", fault.hint, row.path, row.line, 1)
            for fault in error.findings
        ]
    return ()


def _of_rows(
    generator: Generator,
    block: str,
    settings: Mapping[str, JSON],
    rows: Sequence[Mapping[str, JSON]],
) -> tuple[list[tuple[Brief, Mapping[str, JSON]]], list[Finding]]:
    """The briefs of the rows that have no wrong setting, each with its row, and the faults of the others."""
    briefs: list[tuple[Brief, Mapping[str, JSON]]] = []
    faults: list[Finding] = []
    for number, row in enumerate(rows, 1):
        wanted = {**settings, **{key: value for key, value in row.items() if key != "id"}}
        checked, wrong = _checked(generator.kind, generator.settings, wanted, generator.resolve)
        placed = _placed(row, wrong)
        if isinstance(row, Row):  # columns without a value in this row are unknown all the same
            for key, (line, column) in row.columns.items():
                if key != "id" and key not in generator.settings and key not in row:
                    fault = _unknown(generator.kind, key, generator.settings)
                    placed.append(Finding(fault.code, fault.message, fault.hint, row.path, line, column))
        faults += [fault for fault in placed if fault not in faults]
        if not wrong:
            briefs.append((Brief(generator.kind, block, str(row["id"]), number, checked), row))
    return briefs, faults


def _placed(row: Mapping[str, JSON], faults: Mapping[str, list[Finding]]) -> list[Finding]:
    placed = []
    for key, found in faults.items():
        for fault in found:
            if isinstance(row, Row):
                unknown = fault.code == "GG004"
                message = fault.message if unknown else f"{row.get('id')}: {fault.message}"
                line, column = row.columns.get(key, row.place(key)) if unknown else row.place(key)
                fault = Finding(fault.code, message, fault.hint, row.path, line, column)
            placed.append(fault)
    return placed


def check_settings(
    owner: str,
    declared: Mapping[str, Mapping[str, JSON]],
    given: Mapping[str, JSON],
) -> dict[str, JSON]:
    """What is given for a kind or format, with texts turned into the types that it declares (a JSON Schema per key).

    Raises UsageError naming every fault: GG004 for an unknown key, GG005 for an impossible value.
    """
    return _sound(*_checked(owner, declared, given, None))


def _common(generator: Generator, settings: Mapping[str, JSON]) -> dict[str, JSON]:
    """The settings that all records of a batch share."""
    return _sound(*_checked(generator.kind, generator.settings, settings, generator.resolve))


def _sound(result: dict[str, JSON], faults: Mapping[str, list[Finding]]) -> dict[str, JSON]:
    if faults:
        raise UsageError(fault for found in faults.values() for fault in found)
    return result


def _checked(
    owner: str,
    declared: Mapping[str, Mapping[str, JSON]],
    given: Mapping[str, JSON],
    resolve: Callable[[str, str], JSON] | None,
) -> tuple[dict[str, JSON], dict[str, list[Finding]]]:
    """The typed values, and the faults by key."""
    result: dict[str, JSON] = {}
    faults: dict[str, list[Finding]] = {}
    for key, value in given.items():
        if key not in declared:
            faults[key] = [_unknown(owner, key, declared)]
            continue
        schema = {name: part for name, part in declared[key].items() if name != "x-gamegen"}
        origin = declared[key].get("x-gamegen", {}).get("resolve")
        try:
            resolved = resolve(origin, value) if origin and resolve and isinstance(value, str) else value
        except GamegenError as error:
            faults[key] = [Finding(each.code, f"setting {key}: {each.message}", each.hint) for each in error.findings]
            continue
        result[key] = _typed(resolved, schema)
        if found := _misfits(key, result[key], schema):
            faults[key] = found
    return result, faults


def _unknown(owner: str, key: str, declared: Iterable[str]) -> Finding:
    return Finding("GG004", f"{owner} takes no setting {key!r}", did_you_mean(key, declared))


def _misfits(key: str, value: JSON, schema: Mapping[str, JSON]) -> list[Finding]:
    from jsonschema import Draft202012Validator

    errors = list(Draft202012Validator(schema).iter_errors(value))
    faults = []
    for error in errors:
        within = "".join(f".{part}" if isinstance(part, str) else f"[{part}]" for part in error.absolute_path)
        message, hint = error.message, _expectation(error.schema)
        if error.validator == "required":
            lacking = [name for name in error.validator_value if name not in error.instance]
            message, hint = f"it lacks {', '.join(lacking)}", "add what is lacking"
        elif error.validator == "enum" and isinstance(error.instance, str):
            hint = did_you_mean(error.instance, filter(_is_text, error.validator_value)) or hint
        faults.append(Finding("GG005", f"setting {key}{within}: {message}", hint))
    return list(dict.fromkeys(faults))


def _is_text(value: JSON) -> bool:
    return isinstance(value, str)


def _typed(value: JSON, schema: Mapping[str, JSON]) -> JSON:
    """A text from the command line or a spreadsheet as the JSON type that the schema wants, where it reads as one.

    A list may be written "a; b", yes and no as such, and a whole number as spreadsheets write it ("3.0").
    """
    types = schema.get("type", "string")
    types = [types] if isinstance(types, str) else types
    if not isinstance(value, str) or "string" in types:
        return value
    text = value.strip()
    if "boolean" in types and text.casefold() in _YES | _NO:
        return text.casefold() in _YES
    if "array" in types and not text.startswith("["):
        items = schema.get("items", {})
        return [_typed(part.strip(), items) for part in text.split(";") if part.strip()]
    try:
        read = json.loads(text)
    except (json.JSONDecodeError, RecursionError):
        return value
    if "integer" in types and isinstance(read, float) and read.is_integer():
        return int(read)
    return read


def _expectation(schema: Mapping[str, JSON]) -> str:
    """What a schema asks for, in words: "expected a whole number from 1 to 20"."""
    if "enum" in schema:
        return f"expected one of {', '.join(map(str, schema['enum']))}"
    types = schema.get("type", ())
    parts = [" or ".join(_TYPES[name] for name in ([types] if isinstance(types, str) else types)) or "another value"]
    parts += [_range(schema, "minimum", "maximum", "")]
    parts += [_range(schema, "minLength", "maxLength", " characters")]
    parts += [_range(schema, "minItems", "maxItems", " entries")]
    parts += [f"that matches {schema['pattern']}" if "pattern" in schema else ""]
    return f"expected {' '.join(filter(None, parts))}"


def _range(schema: Mapping[str, JSON], least: str, most: str, unit: str) -> str:
    match schema.get(least), schema.get(most):
        case None, None:
            return ""
        case None, top:
            return f"up to {top}{unit}"
        case bottom, None:
            return f"from {bottom}{unit} on"
        case bottom, top:
            return f"from {bottom} to {top}{unit}"
    raise AssertionError


def parse_settings(pairs: Sequence[str]) -> dict[str, JSON]:
    """`key=value` pairs as given to --set. Raises UsageError (GG004) for one without '=', and for a key given twice
    with two values."""
    result: dict[str, JSON] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        key, value = key.strip(), value.strip()
        if not equals or not key:
            raise UsageError.of("GG004", f"--set expects key=value, found {pair!r}", "for example --set level=3")
        if result.setdefault(key, value) != value:
            message = f"--set {key}={result[key]} and --set {key}={value} exclude each other"
            raise UsageError.of("GG005", message, "leave out one of them")
    return result
