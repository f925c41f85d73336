"""The format ``json``: the records themselves, by kind, or in the form that an engine reads (docs/formats/json.md)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from gamegen.errors import InvalidContent, UsageError
from gamegen.hookspecs import Exporter
from gamegen.records import JSON, Finding, strings

from . import json_godot, json_unity, json_unreal
from .json_profile import NOT_FOR_PLAYERS, VERSION, encoded

PROFILES: Mapping[str, Callable[[Sequence[Mapping[str, JSON]]], dict[str, str]]] = {
    "unity": json_unity.render,
    "unreal": json_unreal.render,
    "godot": json_godot.render,
}


def render(records: Sequence[Mapping[str, JSON]], options: Mapping[str, JSON]) -> dict[str, str]:
    """The files of the profile that the options name; without one, those of `generic`.

    Raises InvalidContent (GG050 to GG055, GG316), and UsageError (GG005) for a profile that is to hold provenance.
    """
    profile, provenance = str(options.get("profile", "")), bool(options.get("provenance", False))
    if not profile:
        return generic(records, provenance)
    if provenance:
        raise UsageError.of("GG005", f"profile {profile} holds no provenance", "export json without a profile for it")
    return PROFILES[profile](records)


def generic(records: Sequence[Mapping[str, JSON]], provenance: bool = False) -> dict[str, str]:
    """``manifest.json`` and ``records/<kind>.json`` per kind; each holds an object at their root.

    Raises InvalidContent (GG050) for half a surrogate pair, which no file can hold, and (GG051) for two records of one
    id.
    """
    kinds: dict[str, dict[str, Mapping[str, JSON]]] = {}
    faults: list[Finding] = []
    for record in records:
        of_kind = kinds.setdefault(record["kind"], {})
        if record["id"] in of_kind:
            hint = "give one of them another id"
            faults.append(Finding("GG051", f"two {record['kind']} records with the id {record['id']!r}", hint))
        of_kind[record["id"]] = kept = _kept(record, provenance)
        if any("\ud800" <= char <= "\udfff" for text in strings(kept) for char in text):
            faults.append(Finding("GG050", f"record {record['id']}: half a surrogate pair in a text", "edit the text"))
    if faults:
        raise InvalidContent(faults)
    manifest = {
        "format": "gamegen",
        "version": VERSION,
        "kinds": [
            {"kind": kind, "file": f"records/{kind}.json", "records": list(kinds[kind])} for kind in sorted(kinds)
        ],
    }
    files: dict[str, JSON] = {
        f"records/{kind}.json": {"kind": kind, "version": VERSION, "records": list(of_kind.values())}
        for kind, of_kind in sorted(kinds.items())
    }
    return {"manifest.json": encoded(manifest), **{name: encoded(content) for name, content in files.items()}}


def _kept(record: Mapping[str, JSON], provenance: bool) -> Mapping[str, JSON]:
    return record if provenance else {name: record[name] for name in record if name not in NOT_FOR_PLAYERS}


EXPORTER = Exporter(
    format="json",
    kinds=(),
    render=render,
    options={
        "provenance": {"type": "boolean", "default": False},
        "profile": {"type": "string", "enum": ["", *PROFILES], "default": ""},
    },
)
