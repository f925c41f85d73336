"""Check files: worlds, projects and content, each by what it is."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from gamegen.checks import quest_simulation
from gamegen.checks.dialogue import explored
from gamegen.checks.quest import playable
from gamegen.checks.quest_line import check_lines
from gamegen.errors import GamegenError, UsageError
from gamegen.exporting import load_records
from gamegen.originality import Copies
from gamegen.originality_file import read_originals
from gamegen.plugins import Registry, load_registry
from gamegen.project import PROJECT_FILE, Project, load_project, with_project
from gamegen.records import JSON, Finding, Record
from gamegen.session import check_record
from gamegen.shares import Shares, shares
from gamegen.transcripts import quest_transcript, transcript
from gamegen.world_file import load_world

if TYPE_CHECKING:
    from gamegen.world import World


Lines = tuple[str, ...]
_SHAPELESS = frozenset({"GG001", "GG101"})
"""Findings after which nothing can be said about the parts of a record."""
_NODE = re.compile(r"\$\.nodes\[(\d+)\]")


@dataclass(frozen=True, slots=True)
class Proof:
    """How far the plays of one record were followed."""

    path: str
    kind: str
    states: int
    bound: int
    complete: bool
    """False: the bound was hit. What was not found is then not proven to be missing."""
    plays: Mapping[str, Lines] = field(default_factory=dict)
    """By "end ID" or "outcome ID": a shortest play there, if plays were asked for."""

    def __str__(self) -> str:
        word = "proven" if self.complete else "not proven"
        return f"{self.path}: {word} over {self.states} states (bound {self.bound})"

    def as_json(self) -> dict[str, JSON]:
        shown: dict[str, JSON] = {"plays": {name: list(lines) for name, lines in self.plays.items()}}
        return {
            "path": self.path,
            "kind": self.kind,
            "states": self.states,
            "bound": self.bound,
            "complete": self.complete,
            **(shown if self.plays else {}),
        }


@dataclass(frozen=True, slots=True)
class Report:
    """What a validation found, and what it looked at."""

    findings: tuple[Finding, ...]
    records: int
    worlds: int
    shares: Shares
    proofs: tuple[Proof, ...] = ()
    """Of the dialogues whose parts fit together; of the quests too, if plays were asked for."""
    plays: Mapping[Finding, Lines] = field(default_factory=dict)
    """Of a finding that a play shows: the play."""

    @property
    def errors(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.severity == "error")

    @property
    def summary(self) -> str:
        looked = f"{self.worlds} worlds, {self.records} records: {len(self.errors)} faults"
        if self.proofs:
            widest = max(self.proofs, key=lambda proof: proof.states)
            looked += f"; plays followed over {sum(proof.states for proof in self.proofs)} states"
            looked += f", {widest.states} of at most {widest.bound} in one record"
        if unproven := sum(not proof.complete for proof in self.proofs):
            looked += f"; {unproven} not proven"
        return f"{looked}; {self.shares}" if self.shares.texts else looked

    def as_json(self) -> dict[str, JSON]:
        return {
            "findings": [self._as_json(finding) for finding in self.findings],
            "proofs": [proof.as_json() for proof in self.proofs],
            "records": self.records,
            "worlds": self.worlds,
            "errors": len(self.errors),
            **self.shares.as_json(),
        }

    def _as_json(self, finding: Finding) -> dict[str, JSON]:
        play = self.plays.get(finding)
        return finding.as_json() if play is None else {**finding.as_json(), "play": list(play)}


@dataclass(slots=True)
class _Found:
    """What grows while files are looked at."""

    findings: list[Finding] = field(default_factory=list)
    looked: int = 0
    records: list[Record] = field(default_factory=list)
    """Those of the shape that their schema wants."""
    places: dict[str, str] = field(default_factory=dict)
    """Where each of these stands, by id."""
    proofs: list[Proof] = field(default_factory=list)
    plays: dict[Finding, Lines] = field(default_factory=dict)


def validate_paths(paths: Sequence[Path], world_path: Path | None = None, plays: bool = False) -> Report:
    """Validate each path. Raises UsageError for a path that is not there or is neither world, project nor content.

    plays: also tell, for each dialogue and quest, the shortest play to each end and outcome.
    """
    found = _Found()
    worlds = 0
    for path in paths:
        found_worlds, content = _sort(path)
        for world_file in found_worlds:
            worlds += 1
            found.findings += _faults_of_world(world_file)
        if content:
            _check_content(content, world_path, found, plays)
    lines = check_lines(record.data for record in found.records)
    found.findings += (fault.at(found.places[fault.path]) for fault in lines)
    share = shares(record.data for record in found.records)
    return Report(tuple(found.findings), found.looked, worlds, share, tuple(found.proofs), found.plays)


def _sort(path: Path) -> tuple[list[Path], list[Path]]:
    """(world files or folders, content files) that a path means."""
    if not path.exists():
        raise UsageError.of("GG006", "no such file or folder", "name a world, a project or content", path=str(path))
    if path.name == PROJECT_FILE or (path / PROJECT_FILE).is_file():
        root = path if path.is_dir() else path.parent
        return [load_project(root).world], sorted((root / "content").glob("*.jsonl"))
    if path.is_file():
        return ([], [path]) if path.suffix == ".jsonl" else ([path], [])
    content = sorted(path.glob("*.jsonl"))
    return ([], content) if content else ([path], [])


def _faults_of_world(path: Path) -> Sequence[Finding]:
    try:
        load_world(path)
    except GamegenError as error:
        return error.findings
    return ()


def _world_of(path: Path, project: Project | None, found: _Found) -> World | None:
    """The world of some content; None for one with faults, which are told once."""
    try:
        return with_project(load_world(path), project)
    except GamegenError as error:
        found.findings += (fault for fault in error.findings if fault not in found.findings)
        return None


def _check_content(files: list[Path], world_path: Path | None, found: _Found, plays: bool) -> None:
    project = Project.find(files[0])
    world_file = world_path or (project.world if project is not None else None)
    world = _world_of(world_file, project, found) if world_file is not None else None
    registry = load_registry(project)
    originals = read_originals(project.originality) if project is not None else None
    for file in files:
        try:
            records = load_records([file])
        except GamegenError as error:
            found.findings += error.findings
            continue
        for record in records:
            path = f"{file}#{_named(record.id)}"
            faults = _check(record, registry, world, originals, path)
            found.findings += faults
            found.looked += 1
            if not any(fault.code in _SHAPELESS for fault in faults):
                found.records.append(record)
                found.places.setdefault(record.id, path)
                _prove(record, path, faults, found, plays)
        if world is None:
            found.findings += _not_run({record.kind for record in records}, registry, str(file))


def _check(
    record: Record, registry: Registry, world: World | None, originals: Copies | None, path: str
) -> list[Finding]:
    if record.kind not in registry.generators:
        return [Finding("GG001", f"no plugin knows the kind {record.kind!r}", "install it", path=path)]
    schema = registry.generators[record.kind].schema
    try:
        found = check_record(record.data, schema, registry, world, originals=originals)
    except RecursionError:
        return [Finding("GG101", "nested too deeply to be checked", "make its conditions flatter", path=path)]
    return [finding if finding.path else finding.at(path) for finding in found]


def _named(id: str) -> str:
    """The id as it can be printed in one line."""
    return id if id.isprintable() and len(id) <= 120 else ascii(id[:120])


def _prove(record: Record, path: str, faults: Sequence[Finding], found: _Found, plays: bool) -> None:
    """Note how far the plays were followed, and the plays that show something."""
    data = record.data
    if record.kind == "dialogue" and (seen := explored(data)) is not None:
        for fault in faults:
            place = _NODE.fullmatch(fault.where)
            witnesses = {"GG302": seen.dead, "GG303": seen.stuck}.get(fault.code)
            if place and witnesses and (witness := witnesses.get(data["nodes"][int(place[1])]["id"])):
                found.plays[fault] = tuple(transcript(data, witness))
        told = {f"end {end}": tuple(transcript(data, witness)) for end, witness in seen.ends.items()} if plays else {}
        found.proofs.append(Proof(path, record.kind, seen.states, seen.bound, seen.complete, told))
    elif record.kind == "quest" and plays and playable(data):
        run = quest_simulation.simulate(data)
        told = {
            f"outcome {outcome['id']}": tuple(quest_transcript(data, outcome["id"], run.entered[outcome["id"]]))
            for outcome in data["outcomes"]
            if outcome["id"] in run.entered
        }
        bound = quest_simulation.BOUND
        found.proofs.append(Proof(path, record.kind, run.states, bound, run.complete, told))


def _not_run(kinds: set[str], registry: Registry, path: str) -> list[Finding]:
    names = {check.name for kind in kinds for check in registry.checks_for(kind) if check.needs_world}
    return [
        Finding("GG006", f"check {name} not run: it needs the world", "give --world", path, severity="not_run")
        for name in sorted(names)
    ]
