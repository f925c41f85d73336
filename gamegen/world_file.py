"""Read a world: one TOML or JSON file, or a folder of them merged in name order. The format: docs/world.md."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unicodedata import normalize

from gamegen.document import LANGUAGES, Document, missing, quoted, read_document, schema_faults
from gamegen.errors import GamegenError, HostFailed, InvalidInput, WorldFault
from gamegen.naming import did_you_mean, nearest
from gamegen.positions import ValuePath
from gamegen.project import PROJECT_FILE
from gamegen.records import JSON, Finding
from gamegen.world import Character, Creature, Culture, Entity, Fact, Faction, Flag, Item, Location, Relation, World

TABLES: Mapping[str, type[Entity]] = {
    cls.type: cls for cls in (Character, Location, Faction, Item, Creature, Fact, Flag, Culture)
}
_ANY = tuple(TABLES)
REFERENCES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "character": {
        "location": ("location",),
        "faction": ("faction",),
        "knows": ("fact",),
        "culture": ("culture",),
        "relations": ("character",),  # by the `to` of each
    },
    "location": {"links": ("location",)},
    "item": {"location": ("location",), "owner": ("character",)},
    "creature": {"location": ("location",)},
    "fact": {"about": _ANY},
}
"""Table -> key -> the tables it may refer to."""


_WHITE = re.compile(r"[ \t\r\n]+")


@dataclass(frozen=True, slots=True)
class _Row:
    """One entry as it stands in a file, not yet known to be right."""

    document: Document
    at: ValuePath
    table: str
    data: Mapping[str, JSON]

    @property
    def id(self) -> str:
        """The id; empty if there is none to speak of."""
        id = self.data.get("id")
        return id if isinstance(id, str) else ""

    @property
    def place(self) -> str:
        line, column = self.document.places.value((*self.at, "id"))
        return f"{self.document.path}:{line}:{column}"


def load_world(path: str | Path) -> World:
    """The world of a file or folder.

    Strings come out in NFC, line breaks and runs of spaces in them as one space. Raises InvalidInput (GG006) for a
    path that is no world, HostFailed (GG006) for one that cannot be read, and WorldFault (GG70x) with every fault
    at once, each with its place.
    """
    path = Path(path)
    documents: list[Document] = []
    unread: list[GamegenError] = []
    for file in _files(path):
        try:
            documents.append(read_document(file))
        except WorldFault as error:
            unread.append(error)
        # anything else is not the world's fault and ends the reading
    findings = [finding for document in documents for finding in _within(document)]
    tables = [document for document in documents if isinstance(document.value, dict)]
    worlds = [document for document in tables if "world" in document.value]
    rows = [row for document in tables for row in _rows(document)]
    if not unread and len(tables) == len(documents):  # else what a file fails to bring would be missed everywhere
        findings += _across(path, documents, worlds, rows)
    findings = _in_order([*findings, *(finding for error in unread for finding in error.findings)])
    if findings:
        raise WorldFault(findings)
    return _build(path, worlds[0].value["world"], rows)


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        if not path.exists():
            raise missing(path, "a world file or folder")
        return [path]
    try:
        inside = sorted(path.iterdir(), key=lambda file: file.name)
    except OSError as error:
        message = f"cannot read the folder: {error.strerror or error}"
        raise HostFailed.of("GG006", message, "check its permissions", path=str(path)) from None
    if any(file.name == PROJECT_FILE for file in inside):
        message = "expected the folder of a world, found that of a project"
        raise InvalidInput.of("GG006", message, f"name the world that its {PROJECT_FILE} names", path=str(path))
    files = [file for file in inside if file.suffix.lower() in LANGUAGES and not file.name.startswith(".")]
    if not files:
        message = "expected a folder with .toml or .json files, found none"
        raise InvalidInput.of("GG006", message, "add one with a [world] table", path=str(path))
    return files


def _within(document: Document) -> Iterator[Finding]:
    """Faults of one file alone. What a world needs, another file of the folder may bring."""
    for finding in schema_faults(document, "world"):
        absent = finding.where == "$" and finding.code == "GG704"
        empty = finding.where == "$.character" and document.value["character"] == []
        if not (absent or empty):
            yield finding


def _rows(document: Document) -> Iterator[_Row]:
    for key, entries in document.value.items():
        table = key if key in TABLES else nearest(key, TABLES)  # a misspelt table is one fault, not one a reference
        if table is not None and isinstance(entries, list):
            for i, entry in enumerate(entries):
                if isinstance(entry, dict):
                    yield _Row(document, (key, i), table, entry)


def _across(path: Path, documents: list[Document], worlds: list[Document], rows: list[_Row]) -> Iterator[Finding]:
    """Faults of the files together."""
    if not worlds:
        yield _lacks(path, documents, "GG708", "expected a [world] table, found none", "add id, name and premise")
    for again in worlds[1:]:
        line, column = worlds[0].places.value(("world",))
        message = f"[world] stands a second time; first at {worlds[0].path}:{line}:{column}"
        yield again.finding("GG708", message, "keep one", ("world",))
    if not any(row.table == "character" for row in rows):
        hint = "add a [[character]] with id, name and role"
        yield _lacks(path, documents, "GG709", "expected at least one character, found none", hint)
    first: dict[str, _Row] = {}
    for row in rows:
        if row.id and first.setdefault(row.id, row) is not row:
            message = f"id {quoted(row.id)} is taken by the {first[row.id].table} at {first[row.id].place}"
            yield row.document.finding("GG706", message, "give one of them another id", (*row.at, "id"))
    for row in rows:
        yield from _dangling(row, first)


def _lacks(path: Path, documents: list[Document], code: str, message: str, hint: str) -> Finding:
    if len(documents) == 1:
        return documents[0].finding(code, message, hint)
    return Finding(code, message, hint, path=str(path))


def _dangling(row: _Row, entries: Mapping[str, _Row]) -> Iterator[Finding]:
    for key, tables in REFERENCES.get(row.table, {}).items():
        for at, id in _ids(row.data.get(key), (*row.at, key)):
            target = entries.get(id)
            if target is not None and target.table in tables:
                continue
            wanted = "entry" if tables == _ANY else tables[0]
            found = f"the {target.table} {quoted(id)}" if target else quoted(id)
            message = f"expected the id of {_article(wanted)}, found {found}"
            yield row.document.finding("GG707", message, _meant(id, tables, entries), at)


def _ids(value: JSON, at: ValuePath) -> Iterator[tuple[ValuePath, str]]:
    """The ids that a key's value refers to, with their places: one, a list, or the `to` of each relation."""
    if isinstance(value, str):
        yield at, value
    elif isinstance(value, list):
        for i, item in enumerate(value):
            yield from _ids(item, (*at, i))
    elif isinstance(value, dict):
        yield from _ids(value.get("to"), (*at, "to"))


def _meant(id: str, tables: tuple[str, ...], entries: Mapping[str, _Row]) -> str:
    """The hint for a dangling id: the entry of this name, else the nearest id of the right table."""
    candidates = [other for other, row in entries.items() if row.table in tables and other.isprintable()]
    for other in candidates:
        name = entries[other].data.get("name")
        if isinstance(name, str) and name.casefold() == id.casefold():
            return f'did you mean "{other}"?'
    return did_you_mean(id, candidates) or f"add a {tables[0]} and name its id"


def _article(word: str) -> str:
    return f"an {word}" if word[0] in "aeiou" else f"a {word}"


def _in_order(findings: list[Finding]) -> list[Finding]:
    """By place; where an id dangles, that its form is wrong as well need not be said."""
    dangling = {(f.path, f.where) for f in findings if f.code == "GG707"}
    kept = [f for f in findings if f.code != "GG705" or (f.path, f.where) not in dangling]
    return sorted(kept, key=lambda f: (f.path, f.line, f.column))


def _build(path: Path, header: Mapping[str, JSON], rows: list[_Row]) -> World:
    tables: dict[str, dict[str, Entity]] = {table: {} for table in TABLES}
    for row in rows:
        tables[row.table][row.id] = _entity(row)
    fields: dict[str, Any] = {f"{table}s": entries for table, entries in tables.items()}
    return World(**{key: _value(value) for key, value in header.items()}, **fields, path=str(path))


def _entity(row: _Row) -> Entity:
    fields: dict[str, Any] = {key: _value(value) for key, value in row.data.items()}
    if row.table == "character" and "relations" in fields:
        fields["relations"] = tuple(Relation(**relation) for relation in fields["relations"])
    if row.table == "flag":
        fields["value_type"] = fields.pop("type")
    return TABLES[row.table](**fields)


def _value(value: JSON) -> Any:
    match value:
        case str():
            return normalize("NFC", _WHITE.sub(" ", value).strip(" "))
        case list():
            return tuple(_value(item) for item in value)
        case dict():
            return {key: _value(item) for key, item in value.items()}
        case float():
            return int(value)  # JSON Schema counts 7.0 as an integer, and nothing else is a number here
        case _:
            return value
