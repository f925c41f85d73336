"""The format ``json``: the records themselves, by kind, for engines that read JSON (docs/formats/json.md)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from gamegen.errors import InvalidContent
from gamegen.hookspecs import Exporter
from gamegen.records import JSON, Finding

VERSION = 1
_NOT_FOR_PLAYERS = ("provenance", "review")


def render(records: Sequence[Mapping[str, JSON]], options: Mapping[str, JSON]) -> dict[str, str]:
    """``manifest.json`` and ``records/<kind>.json`` per kind; each holds an object at their root.

    Raises InvalidContent (GG051) for two records of one id.
    """
    kinds: dict[str, dict[str, Mapping[str, JSON]]] = {}
    faults: list[Finding] = []
    for record in records:
        of_kind = kinds.setdefault(record["kind"], {})
        if record["id"] in of_kind:
            hint = "give one of them another id"
            faults.append(Finding("GG051", f"two {record['kind']} records with the id {record['id']!r}", hint))
        of_kind[record["id"]] = _kept(record, bool(options.get("provenance", False)))
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
    return {"manifest.json": _text(manifest), **{name: _text(content) for name, content in files.items()}}


def _kept(record: Mapping[str, JSON], provenance: bool) -> Mapping[str, JSON]:
    return record if provenance else {name: record[name] for name in record if name not in _NOT_FOR_PLAYERS}


def _text(value: JSON) -> str:
    return json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"


EXPORTER = Exporter(
    format="json",
    kinds=(),
    render=render,
    options={"provenance": {"type": "boolean", "default": False}},
)
