"""The format ``json``: the records themselves, by kind, or in the form that an engine reads (docs/formats/json.md)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from gamegen.errors import InvalidContent, UsageError
from gamegen.hookspecs import Exporter, whole
from gamegen.records import JSON, Finding

from . import json_godot, json_unity, json_unreal
from .json_profile import NOT_FOR_PLAYERS, VERSION, encoded

_HALF = re.compile("[\ud800-\udfff]")

PROFILES: Mapping[str, Callable[[Sequence[Mapping[str, JSON]]], dict[str, str]]] = {
    "unity": json_unity.render,
    "unreal": json_unreal.render,
    "godot": json_godot.render,
}


def render(records: Iterable[Mapping[str, JSON]], options: Mapping[str, JSON]) -> dict[str, str]:
    """The whole of `pieces`."""
    return whole(pieces(records, options))


def pieces(records: Iterable[Mapping[str, JSON]], options: Mapping[str, JSON]) -> Iterator[tuple[str, str]]:
    """The files of the profile that the options name; without one, those of `generic`.

    Raises InvalidContent (GG050 to GG055, GG316), and UsageError (GG005) for a profile that is to hold provenance.
    """
    profile, provenance = str(options.get("profile", "")), bool(options.get("provenance", False))
    if not profile:
        yield from generic(records, provenance)
        return
    if provenance:
        raise UsageError.of("GG005", f"profile {profile} holds no provenance", "export json without a profile for it")
    yield from PROFILES[profile](list(records)).items()


def generic(records: Iterable[Mapping[str, JSON]], provenance: bool = False) -> Iterator[tuple[str, str]]:
    """``records/<kind>.json`` per kind, record by record, and ``manifest.json``; each holds an object at its root.

    Raises InvalidContent (GG050) for half a surrogate pair, which no file can hold, and (GG051) for two records of one
    id.
    """
    ids: dict[str, dict[str, None]] = {}
    faults: list[Finding] = []
    for record in records:
        kind, id = str(record["kind"]), str(record["id"])
        known = ids.setdefault(kind, {})
        if id in known:
            hint = "give one of them another id"
            faults.append(Finding("GG051", f"two {kind} records with the id {id!r}", hint))
        text = encoded(_kept(record, provenance)).rstrip("\n")
        if _HALF.search(text):
            faults.append(Finding("GG050", f"record {id}: half a surrogate pair in a text", "edit the text"))
        elif not faults:
            head = f'{{\n  "kind": {json.dumps(kind)},\n  "records": [\n' if not known else ",\n"
            inner = text.replace("\n", "\n    ")  # a text has its line breaks escaped
            yield _file(kind), f"{head}    {inner}"
        known[id] = None
    if faults:
        raise InvalidContent(faults)
    for kind in ids:
        yield _file(kind), f'\n  ],\n  "version": {VERSION}\n}}\n'
    kinds = [{"kind": kind, "file": _file(kind), "records": list(ids[kind])} for kind in sorted(ids)]
    yield "manifest.json", encoded({"format": "gamegen", "version": VERSION, "kinds": kinds})


def _file(kind: str) -> str:
    return f"records/{kind}.json"


def _kept(record: Mapping[str, JSON], provenance: bool) -> Mapping[str, JSON]:
    return record if provenance else {name: record[name] for name in record if name not in NOT_FOR_PLAYERS}


EXPORTER = Exporter(
    format="json",
    kinds=(),
    render=pieces,
    streams=True,
    options={
        "provenance": {"type": "boolean", "default": False},
        "profile": {"type": "string", "enum": ["", *PROFILES], "default": ""},
    },
)
