"""From wishes to briefs: a count, a file of rows, and settings that are checked against what the kind takes."""

from __future__ import annotations

import csv
import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

from gamegen.errors import InvalidInput, UsageError
from gamegen.hookspecs import Generator
from gamegen.naming import did_you_mean
from gamegen.records import JSON, Brief, Finding

ROW_ID = re.compile(r"[a-z0-9][a-z0-9_]*")


def briefs_for(
    generator: Generator,
    block: str,
    count: int,
    settings: Mapping[str, JSON],
    rows: Sequence[Mapping[str, JSON]] | None = None,
) -> list[Brief]:
    """One brief per row, or `count` briefs numbered from 1. Raises UsageError with every wrong setting."""
    if count < 1:
        raise UsageError.of("GG003", f"the count must be 1 or more, found {count}", "give -n a positive number")
    if rows is None:
        common = check_settings(generator.kind, generator.settings, settings)
        return [Brief(generator.kind, block, f"{n:04d}", n, common) for n in range(1, count + 1)]
    briefs = []
    for number, row in enumerate(rows, 1):
        wanted = {**settings, **{key: value for key, value in row.items() if key != "id"}}
        checked = check_settings(generator.kind, generator.settings, wanted)
        briefs.append(Brief(generator.kind, block, str(row["id"]), number, checked))
    return briefs


def check_settings(
    owner: str, declared: Mapping[str, Mapping[str, JSON]], given: Mapping[str, JSON]
) -> dict[str, JSON]:
    """What is given for a kind or format, with texts turned into the types that it declares (a JSON Schema per key).

    Raises UsageError naming every fault: GG004 for an unknown key, GG005 for an impossible value.
    """
    from jsonschema import Draft202012Validator

    faults, result = [], {}
    for key, value in given.items():
        if key not in declared:
            faults.append(Finding("GG004", f"{owner} takes no setting {key!r}", did_you_mean(key, declared)))
            continue
        schema = {name: part for name, part in declared[key].items() if name != "x-gamegen"}
        result[key] = _typed(value, schema)
        for error in Draft202012Validator(schema).iter_errors(result[key]):
            faults.append(Finding("GG005", f"setting {key}: {error.message}", _expectation(schema)))
    if faults:
        raise UsageError(faults)
    return result


def _typed(value: JSON, schema: Mapping[str, JSON]) -> JSON:
    """A text from the command line or a spreadsheet as the JSON type that the schema wants, where it reads as one."""
    types = schema.get("type", "string")
    if not isinstance(value, str) or "string" in ([types] if isinstance(types, str) else types):
        return value
    try:
        return json.loads(value)
    except json.JSONDecodeError:
        return value


def _expectation(schema: Mapping[str, JSON]) -> str:
    shown = {key: value for key, value in schema.items() if key != "description"}
    return f"expected {json.dumps(shown, ensure_ascii=False)}"


def parse_settings(pairs: Sequence[str]) -> dict[str, JSON]:
    """`key=value` pairs as given to --set. Raises UsageError (GG004) for one without '='."""
    result: dict[str, JSON] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key.strip():
            raise UsageError.of("GG004", f"--set expects key=value, found {pair!r}", "for example --set level=3")
        result[key.strip()] = value.strip()
    return result


def read_briefs(path: Path | str) -> list[dict[str, JSON]]:
    """The rows of a CSV (a header line, empty cells left out) or TOML (`[[brief]]`) file; each row has an `id`.

    Raises InvalidInput (GG006) with the line of every fault.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InvalidInput.of("GG006", f"cannot read the briefs: {error.strerror}", path=str(path)) from None
    except UnicodeDecodeError as error:
        raise InvalidInput.of("GG006", f"expected UTF-8, found byte {error.start}", path=str(path)) from None
    if path.suffix.lower() == ".toml":
        try:
            rows: list[dict[str, JSON]] = tomllib.loads(text).get("brief", [])
        except tomllib.TOMLDecodeError as error:
            raise InvalidInput.of("GG006", f"not TOML: {error}", "mend the file", path=str(path)) from None
    else:
        reader = csv.DictReader(text.splitlines())
        rows = [{key: cell for key, cell in row.items() if key and cell} for row in reader]
    faults, seen = [], set()
    for number, row in enumerate(rows, 1):
        name = str(row.get("id", ""))
        if not ROW_ID.fullmatch(name):
            faults.append(
                Finding("GG006", f"row {number}: expected an id like smith_first, found {name!r}", path=str(path))
            )
        elif name in seen:
            faults.append(Finding("GG006", f"row {number}: the id {name!r} stands twice", path=str(path)))
        seen.add(name)
    if not rows:
        faults.append(Finding("GG006", "no rows", "a CSV with a header line, or [[brief]] tables", path=str(path)))
    if faults:
        raise InvalidInput(faults)
    return rows
