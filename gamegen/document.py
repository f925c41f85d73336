"""One TOML or JSON file that a person wrote: its value, and a finding with its place for every fault.

The worlds and the project file are read this way. Faults of the schema are told in the words of the schema's own
`title`s; what a key is for stands in its `description`.
"""

from __future__ import annotations

import json
import math
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gamegen.errors import GamegenError, HostFailed, InvalidInput, WorldFault
from gamegen.naming import did_you_mean, nearest
from gamegen.positions import Language, Place, Positions, ValuePath, positions
from gamegen.records import JSON, Finding

if TYPE_CHECKING:
    from jsonschema import ValidationError

LANGUAGES: Mapping[str, Language] = {".toml": "toml", ".json": "json"}
_BOM = b"\xef\xbb\xbf"
_PLACE = re.compile(r"\s*\(at (?:line (\d+), column (\d+)|end of document)\)$")
_IDENTIFIER = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")


@dataclass(frozen=True)
class Document:
    """A file as read. `source` is UTF-8 without byte-order mark; `value` is a JSON value."""

    path: Path
    source: bytes
    value: JSON

    @property
    def language(self) -> Language:
        return LANGUAGES[self.path.suffix.lower()]

    @cached_property
    def places(self) -> Positions:
        return positions(self.source, self.language)

    def finding(self, code: str, message: str, hint: str = "", at: ValuePath = (), *, of_key: bool = False) -> Finding:
        """A fault at this path: at the value, or at the key that names it."""
        line, column = self.places.key(at) if of_key else self.places.value(at)
        return Finding(code, message, hint, path=str(self.path), line=line, column=column, where=json_path(at))


def read_document(path: Path) -> Document:
    """Read and parse one file. Raises InvalidInput or HostFailed (GG006), WorldFault (GG701, GG702)."""
    if path.suffix.lower() not in LANGUAGES:
        raise InvalidInput.of("GG006", "expected a file named .toml or .json", "rename or convert it", path=str(path))
    source = _read(path).removeprefix(_BOM)
    try:
        text = source.decode("utf-8")
    except UnicodeDecodeError as error:
        before = source[: error.start].decode("utf-8")
        message = f"expected UTF-8 text, found byte 0x{source[error.start]:02x} at offset {error.start}"
        raise _fault(path, "GG701", message, "save the file as UTF-8", _end_of(before)) from None
    return Document(path, source, _parse(path, text))


def missing(path: Path, wanted: str) -> InvalidInput:
    """The error for a path that does not exist (GG006); names the nearest one beside it."""
    try:
        beside = sorted(entry.name for entry in path.parent.iterdir())
    except (OSError, ValueError):
        beside = []
    match = nearest(path.name, beside)
    hint = f'did you mean "{path.with_name(match)}"?' if match else "check the path"
    return InvalidInput.of("GG006", f"expected {wanted}, found nothing of this name", hint, path=str(path))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError, ValueError):  # ValueError: a null character in the path
        raise missing(path, "a file") from None
    except OSError as error:
        message = f"cannot read: {error.strerror or error}"
        raise HostFailed.of("GG006", message, "check the file and its permissions", path=str(path)) from None


def _parse(path: Path, text: str) -> JSON:
    language = LANGUAGES[path.suffix.lower()]
    try:
        return tomllib.loads(text) if language == "toml" else json.loads(text)
    except json.JSONDecodeError as error:
        message, place = error.msg, (error.lineno, error.colno)
    except tomllib.TOMLDecodeError as error:
        found = _PLACE.search(str(error))
        message = _PLACE.sub("", str(error))
        place = (int(found[1]), int(found[2])) if found and found[1] else _end_of(text)
    except RecursionError:
        message, place = "nested too deeply", (1, 1)
    except ValueError:  # the one other fault of both parsers
        longest = max(re.finditer(r"[0-9_]+", text), key=lambda match: len(match[0]))
        message = f"a number has more than {sys.get_int_max_str_digits()} digits"
        place = _end_of(text[: longest.start()])
    message = f"{language.upper()} syntax error: {message[:1].lower()}{message[1:]}"
    raise _fault(path, "GG702", message, "mend the file here, or just before", place) from None


def _fault(path: Path, code: str, message: str, hint: str, place: Place) -> GamegenError:
    return WorldFault.of(code, message, hint, path=str(path), line=place[0], column=place[1])


def _end_of(text: str) -> Place:
    """The place just behind the text."""
    return text.count("\n") + 1, len(text) - (text.rfind("\n") + 1) + 1


def _unfit(document: Document) -> Iterator[Finding]:
    """What the parsers accept and JSON text in UTF-8 cannot hold."""
    waiting: list[tuple[ValuePath, JSON]] = [((), document.value)]
    while waiting:
        at, item = waiting.pop()
        if isinstance(item, dict):
            waiting.extend(((*at, key), inner) for key, inner in item.items())
            for key in filter(_half, item):
                message = f"the key {quoted(key)} holds half of a surrogate pair"
                yield document.finding("GG705", message, "write the character itself", (*at, key), of_key=True)
        elif isinstance(item, list):
            waiting.extend(((*at, i), inner) for i, inner in enumerate(item))
        elif isinstance(item, str) and _half(item):
            message = f"{quoted(item)} holds half of a surrogate pair"
            yield document.finding("GG705", message, "write the character itself", at)
        elif isinstance(item, float) and not math.isfinite(item):
            yield document.finding("GG705", f"expected a finite number, found {item}", "change it", at)
        elif isinstance(item, int) and not -(2**63) <= item < 2**63:
            yield document.finding("GG705", "expected a number of at most 64 bits", "change it", at)


def _half(text: str) -> bool:
    return any("\ud800" <= char <= "\udfff" for char in text)


def _repeated(document: Document) -> Iterator[Finding]:
    """Keys that stand twice in one JSON object; TOML refuses them itself."""
    repeats = False

    def count(pairs: list[tuple[str, JSON]]) -> None:
        nonlocal repeats
        repeats |= len(dict(pairs)) < len(pairs)

    if document.language == "json":
        json.loads(document.source, object_pairs_hook=count)
    if repeats:  # only then the places, which cost more
        for at, (line, column) in document.places.repeated:
            message = f"key {quoted(str(at[-1]))} stands twice in one object"
            yield Finding("GG702", message, "remove one", str(document.path), line, column, json_path(at))


def json_path(at: ValuePath) -> str:
    """``$.character[2].location``"""
    parts = (
        f"[{part}]" if isinstance(part, int) else f".{part}" if _IDENTIFIER.fullmatch(part) else f"[{quoted(part)}]"
        for part in at
    )
    return "".join(("$", *parts))


def quoted(text: str, limit: int = 48) -> str:
    """The text between quotation marks on one line, cut if it is long; fit to be printed."""
    text = json.dumps(text if len(text) <= limit else f"{text[: limit - 1]}…", ensure_ascii=False)
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def schema_faults(document: Document, name: str) -> list[Finding]:
    """Every fault of the document under the published schema `name`, in the order of their places."""
    faults = [*_repeated(document), *_unfit(document)]
    if not any(finding.code == "GG705" for finding in faults):  # jsonschema cannot speak of such values
        for error in _validator(name).iter_errors(document.value):
            faults += _told(document, error)
    return sorted(dict.fromkeys(faults), key=lambda finding: (finding.line, finding.column))


@cache
def _validator(name: str) -> Any:
    from gamegen.schema import load_schema, validator

    return validator(load_schema(name))


def _told(document: Document, error: ValidationError) -> Iterator[Finding]:
    """One fault of jsonschema in our words."""
    at: ValuePath = tuple(error.absolute_path)
    value: JSON = error.instance
    rule: Any = error.validator_value
    schema: Any = error.schema
    found = _found(value, document.language)
    match error.validator:
        case "additionalProperties":
            known = [key for key in schema["properties"] if not key.startswith("$")]
            for key in value:
                if key not in schema["properties"]:
                    message = f"unknown key {quoted(key)}"
                    yield document.finding("GG703", message, did_you_mean(key, known), (*at, key), of_key=True)
        case "required":
            for key in rule:
                if key not in value:
                    yield document.finding("GG704", f"missing key {quoted(key)}", "add it", at)
        case "type":
            types = [rule] if isinstance(rule, str) else rule
            expected = " or ".join(_TYPES[document.language][type] for type in types)
            yield document.finding("GG705", f"expected {expected}, found {found}", _type_hint(types, value, at), at)
        case "enum":
            message = f"expected one of {', '.join(rule)}, found {found}"
            match_ = nearest(value, rule) if isinstance(value, str) else None
            yield document.finding("GG705", message, f'did you mean "{match_}"?' if match_ else "choose one", at)
        case "minimum" | "maximum":
            bounds = f"of at least {schema['minimum']}"
            if "maximum" in schema:
                bounds = f"from {schema['minimum']} to {schema['maximum']}"
            yield document.finding("GG705", f"expected a number {bounds}, found {found}", "change it", at)
        case "minItems":
            yield document.finding("GG705", f"expected a list of at least {rule}, found {len(value)}", "add to it", at)
        case "maxLength":
            message = f"expected at most {rule} characters, found {len(value)}"
            yield document.finding("GG705", message, "shorten it", at)
        case "uniqueItems":
            for i, item in enumerate(value):
                if item in value[:i]:
                    message = f"{_found(item, document.language)} stands twice in the list"
                    yield document.finding("GG705", message, "remove one", (*at, i))
        case "oneOf":
            names = [branch["title"] for branch in rule]
            both = all(name in value for name in names)
            message = f"expected either {' or '.join(names)}, found {'both' if both else 'neither'}"
            yield document.finding("GG705", message, "remove one" if both else "add one", at)
        case "not":
            message = f"expected {rule['title']}, found both"
            yield document.finding("GG705", message, "remove one", (*at, rule["required"][-1]), of_key=True)
        case _:
            # patterns, which the schema's title puts into words
            expected = schema.get("title", error.message)
            yield document.finding("GG705", f"expected {expected}, found {found}", "change it", at)


_TYPES: Mapping[str, Mapping[str, str]] = {
    language: {
        "array": "a list",
        "boolean": "true or false",
        "integer": "an integer",
        "number": "a number",
        "object": table,
        "string": "a string",
    }
    for language, table in (("toml", "a table"), ("json", "an object"))
}


def _type_hint(types: list[str], value: JSON, at: ValuePath) -> str:
    if "array" in types and isinstance(value, dict) and len(at) == 1:
        return f"write [[{at[0]}]] in TOML, [{{…}}] in JSON"
    if "array" in types and isinstance(value, str):
        return f"write [{quoted(value)}]"
    if "string" in types and isinstance(value, int | float):
        return "write it between quotation marks"
    return "change it"


def _found(value: JSON, language: str) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case dict():
            return _TYPES[language]["object"]
        case list():
            return "a list"
        case str():
            return quoted(value)
        case int() | float():
            return f"the number {value}"
        case _:
            return "a date or time"
