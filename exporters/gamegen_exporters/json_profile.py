"""What the engine profiles of ``json`` share: what they refuse, the state that records share, flat conditions."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources

from gamegen.errors import InvalidContent
from gamegen.play import DEFAULTS, show
from gamegen.records import JSON, Finding

from .fields import fields
from .texts import listed

VERSION = 1
Record = Mapping[str, JSON]
INT32 = 2**31 - 1
"""The largest number of C#'s and Unreal's int."""
DOUBLE = 2**53
"""Up to here every integer is a double, which is how Godot reads numbers."""
NOT_FOR_PLAYERS = frozenset({"provenance", "review"})


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_EVERY = _words("id kind schema_version refs placeholders")
PROPERTIES: Mapping[str, frozenset[str]] = {
    "dialogue": _EVERY | _words("topic location participants variables start nodes ends"),
    "quest": _EVERY
    | _words("title summary giver motivation strategy type level prerequisites start stages outcomes fail_conditions")
    | _words("rewards facts"),
    "character": _EVERY
    | _words("character name pronouns role race class level background faction location culture abilities modifiers")
    | _words("proficiency_bonus armor_class hit_points hit_die speed saves skills equipment voice appearance")
    | _words("personality ideal bond flaw secret goals relations knows attribution"),
}
"""By kind: the properties of the published schemas that a profile has places for. A project's schema may add others."""


def encoded(value: JSON) -> str:
    """The text of a JSON file: the same bytes for the same value."""
    return json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"


def runtime(name: str) -> str:
    """The text of a file that is written beside the records as it is: source code for the engine."""
    return (resources.files(__package__) / "runtime" / name).read_text(encoding="utf-8")


def accepted(records: Sequence[Record], profile: str, largest: int) -> list[Record]:
    """The records by kind and id, proven to fit.

    profile:  its name, for messages.
    largest:  the greatest integer that the engine holds; it holds the negative of it too.
    Raises InvalidContent, every fault listed: GG050 (characters), GG051 (two of one id), GG054 (integers), GG055
    (kinds), GG316 (placeholders).
    """
    faults: list[Finding] = []
    found: dict[tuple[str, str], Record] = {}
    for record in records:
        kind, id = str(record["kind"]), str(record["id"])
        if kind not in PROPERTIES:
            message = f"record {id}: profile {profile} has no place for the kind {kind!r}"
            faults.append(Finding("GG055", message, "export it as json without a profile"))
        elif (kind, id) in found:
            faults.append(Finding("GG051", f"two {kind} records with the id {id!r}", "give one of them another id"))
        else:
            found[kind, id] = record
            faults += _unfit(record, profile, largest)
    if faults:
        raise InvalidContent(faults)
    return [found[key] for key in sorted(found)]


def _unfit(record: Record, profile: str, largest: int) -> Iterator[Finding]:
    """What of a record the engine would change or lose."""
    id, placeholders = record["id"], listed(record)
    for one in fields(record, NOT_FOR_PLAYERS):
        value, where = one.value, one.text["id"] if one.text else ".".join(one.path)
        if isinstance(value, str):
            if bad := next((char for char in value if char == "\0" or "\ud800" <= char <= "\udfff"), ""):
                message = f"record {id}: expected characters that every engine reads, found U+{ord(bad):04X}"
                yield Finding("GG050", message, "edit the text", where=where)
            elif one.text:
                try:
                    show(value, placeholders)
                except InvalidContent as error:
                    for each in error.findings:
                        yield Finding(each.code, f"record {id}: {each.message}", each.hint, where=where)
        elif isinstance(value, int) and abs(value) > largest:
            message = f"record {id}: profile {profile} holds integers up to {largest}, found {value}"
            yield Finding("GG054", message, "use a smaller number", where=where)


def state_variables(records: Iterable[Record]) -> list[dict[str, JSON]]:
    """Flags, items and quests with what they begin as: ``{type, id, name, initial, values}``, by type and id.

    Raises InvalidContent (GG052) for two records that disagree on what one begins as.
    """
    found: dict[tuple[str, str], dict[str, JSON]] = {}
    origins: dict[tuple[str, str], str] = {}
    faults: dict[Finding, None] = {}
    for record in records:
        for ref in record["refs"]:
            kind, id = ref["type"], ref["id"]
            if kind not in DEFAULTS:
                continue
            initial = ref.get("initial", DEFAULTS[kind])
            origin = origins.setdefault((kind, id), record["id"])
            values = ref.get("values", [])
            first = found.setdefault(
                (kind, id), {"type": kind, "id": id, "name": ref["name"], "initial": initial, "values": values}
            )
            if (type(first["initial"]), first["initial"]) != (type(initial), initial):
                message = f"{kind} {id} begins as {first['initial']!r} in record {origin} and as {initial!r} in record"
                faults[Finding("GG052", f"{message} {record['id']}", "export them apart, or let them agree")] = None
    if faults:
        raise InvalidContent(faults)
    return [found[key] for key in sorted(found)]


@dataclass(slots=True)
class Conditions:
    """The conditions of a record as one list: parts stand before what they are parts of, and are named by index."""

    tests: list[Mapping[str, JSON]] = field(default_factory=list)
    """Each ``{"kind": "test", "leaf": …}`` or ``{"kind": "all" | "any" | "not", "parts": [index, …]}``."""

    def add(self, condition: Mapping[str, JSON] | None) -> int:
        """The index of a condition; -1 for none, which holds always."""
        if not condition:
            return -1
        for kind in ("all", "any"):
            if kind in condition:
                return self._append({"kind": kind, "parts": [self._part(part) for part in condition[kind]]})
        if "not" in condition:
            return self._append({"kind": "not", "parts": [self._part(condition["not"])]})
        return self._append({"kind": "test", "leaf": condition})

    def _part(self, condition: Mapping[str, JSON]) -> int:
        """An empty part holds always: all of nothing."""
        return self.add(condition) if condition else self._append({"kind": "all", "parts": []})

    def _append(self, test: Mapping[str, JSON]) -> int:
        self.tests.append(test)
        return len(self.tests) - 1


def type_of(value: JSON) -> str:
    """``bool``, ``int``, ``string``, or ``float`` (which only a project's own properties are)."""
    return {bool: "bool", int: "int", float: "float"}.get(type(value), "string")


def typed(value: JSON) -> dict[str, JSON]:
    """A value of mixed type in fields of one type each; the fields of the other types are empty.

    A float stands in `text`, as JSON writes it: whoever wants it says with which precision.
    """
    kind = type_of(value)
    return {
        "type": kind,
        "text": value if kind == "string" else json.dumps(value) if kind == "float" else "",
        "number": value if kind == "int" else 0,
        "flag": value if kind == "bool" else False,
    }


def added(record: Record) -> list[dict[str, JSON]]:
    """The properties that a project's schema added to the published one, by path: ``{path, line, value}``."""
    apart = PROPERTIES[record["kind"]] | NOT_FOR_PLAYERS
    rest = {name: value for name, value in record.items() if name not in apart}
    return [
        {"path": ".".join(one.path), "line": one.text["id"] if one.text else "", "value": typed(one.value)}
        for one in fields(rest, frozenset())
        if one.value is not None
    ]
