"""The lessons of a project: the texts that people approved or edited, each with the card that asked for it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from gamegen.cards import EXTRAS
from gamegen.errors import GamegenError
from gamegen.plugins import Registry, load_registry
from gamegen.project import Project, load_project
from gamegen.records import JSON, Finding, Record
from gamegen.replanning import asked_texts, replan
from gamegen.rewording import toned
from gamegen.tune.collect import DataFile, licence_fault
from gamegen.tune.lessons import Lesson
from gamegen.tune.reading import Fields, read_bytes
from gamegen.world import World
from gamegen.world_file import load_world

STATES = frozenset({"approved", "edited"})
"""The states of review that make a text an example."""


def project_lessons(path: Path, licence: str, fields: Fields) -> tuple[list[Lesson], list[DataFile], list[Finding]]:
    """The lessons of a project's content, its files, and what is wrong with them.

    licence: if the project states none. Raises what loading project and world raises. Findings: GG105 a line that is
    no record, GG614 a record whose plan cannot be made again, GG870.
    """
    project = load_project(path)
    world = load_world(project.world)
    registry = load_registry(project)
    known = {**fields, **registry.cards}
    stated = project.licence.strip() or licence.strip()
    lessons: list[Lesson] = []
    files: list[DataFile] = []
    findings: list[Finding] = []
    for file in sorted(project.content.glob("*.jsonl")):
        data = read_bytes(file)
        found: list[Lesson] = []
        for number, record in _approved(data, file, findings):
            try:
                found += _of_record(record, registry, world, project, known, file, number)
            except GamegenError as error:
                findings += [replace(each, path=str(file), line=number, column=1) for each in error.findings]
        if found:
            name = f"{project.id}/{project.content.name}/{file.name}"
            files.append(DataFile(name, hashlib.sha256(data).hexdigest(), stated, "", len(found)))
        lessons += found
    hint = 'write `licence = "..."` under [project], or give --licence with an SPDX name'
    if fault := licence_fault(stated, project.root / "gamegen.toml", hint):
        findings.append(fault)
    return lessons, files, findings


def _approved(data: bytes, file: Path, findings: list[Finding]) -> Iterator[tuple[int, Record]]:
    for number, line in enumerate(data.decode("utf-8", errors="replace").split("\n"), 1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
            state = value.get("review", {}).get("state")
            whole = isinstance(value["id"], str) and isinstance(value["kind"], str)
        except (ValueError, KeyError, TypeError, AttributeError):
            whole, state = False, None
        if not whole:
            hint = "gamegen validate tells more"
            findings.append(Finding("GG105", "expected a record, found none", hint, str(file), number, 1))
        elif isinstance(state, str) and state in STATES:
            yield number, Record(value)


def _of_record(
    record: Record, registry: Registry, world: World, project: Project, fields: Fields, file: Path, number: int
) -> Iterator[Lesson]:
    """Each text that a model or a person wrote; lines of the fallback library are nobody's own.

    Of a text that was written again in a tone, the card is the one with the tone.
    """
    plan = replan(record, registry, world, project)
    provenance: Mapping[str, JSON] = record.data["provenance"]
    texts: Mapping[str, Mapping[str, JSON]] = provenance.get("texts", {})
    tone = str((provenance.get("restyled") or {}).get("tone", ""))
    for asked in asked_texts(record, plan, registry.generator(record.kind)):
        told = texts.get(asked.request.key, {})
        card = toned(asked.request, tone if "model" in told else "").card  # only texts written again name their model
        kind = str(card.get("kind", ""))
        if kind not in fields or told.get("source") == "library":
            continue
        names = dict.fromkeys((*fields[kind], *EXTRAS))
        shown = {name: " ".join(str(card.get(name, "")).split()) for name in names}
        values = {"kind": kind, **{name: value for name, value in shown.items() if value}}
        yield Lesson(values, asked.text, str(file), number)
