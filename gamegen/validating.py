"""Check files: worlds, projects and content, each by what it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gamegen.errors import GamegenError, UsageError
from gamegen.exporting import load_records
from gamegen.originality import Copies
from gamegen.originality_file import read_originals
from gamegen.plugins import Registry, load_registry
from gamegen.project import PROJECT_FILE, Project, load_project
from gamegen.records import JSON, Finding, Record
from gamegen.session import check_record
from gamegen.shares import Shares, shares
from gamegen.world_file import load_world

if TYPE_CHECKING:
    from gamegen.world import World


@dataclass(frozen=True, slots=True)
class Report:
    """What a validation found, and what it looked at."""

    findings: tuple[Finding, ...]
    records: int
    worlds: int
    shares: Shares

    @property
    def errors(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.severity == "error")

    @property
    def summary(self) -> str:
        looked = f"{self.worlds} worlds, {self.records} records: {len(self.errors)} faults"
        return f"{looked}; {self.shares}" if self.shares.texts else looked

    def as_json(self) -> dict[str, JSON]:
        return {
            "findings": [finding.as_json() for finding in self.findings],
            "records": self.records,
            "worlds": self.worlds,
            "errors": len(self.errors),
            **self.shares.as_json(),
        }


def validate_paths(paths: Sequence[Path], world_path: Path | None = None) -> Report:
    """Validate each path. Raises UsageError for a path that is not there or is neither world, project nor content."""
    findings: list[Finding] = []
    worlds = 0
    records: list[Record] = []
    for path in paths:
        found_worlds, content = _sort(path)
        for world_file in found_worlds:
            worlds += 1
            findings += _faults_of_world(world_file)
        if content:
            findings += _check_content(content, world_path, records)
    return Report(tuple(findings), len(records), worlds, shares(record.data for record in records))


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


def _check_content(files: list[Path], world_path: Path | None, records: list[Record]) -> list[Finding]:
    project = Project.find(files[0])
    world_file = world_path or (project.world if project is not None else None)
    world = load_world(world_file) if world_file is not None else None
    registry = load_registry(project)
    originals = read_originals(project.originality) if project is not None else None
    findings: list[Finding] = []
    for file in files:
        try:
            found = load_records([file])
        except GamegenError as error:
            findings += error.findings
            continue
        records += found
        for record in found:
            findings += _check(record, registry, world, originals, f"{file}#{record.id}")
        if world is None:
            findings += _not_run({record.kind for record in found}, registry, str(file))
    return findings


def _check(
    record: Record, registry: Registry, world: World | None, originals: Copies | None, path: str
) -> list[Finding]:
    if record.kind not in registry.generators:
        return [Finding("GG001", f"no plugin knows the kind {record.kind!r}", "install it", path=path)]
    found = check_record(record.data, registry.generators[record.kind].schema, registry, world, originals=originals)
    return [finding if finding.path else finding.at(path) for finding in found]


def _not_run(kinds: set[str], registry: Registry, path: str) -> list[Finding]:
    names = {check.name for kind in kinds for check in registry.checks_for(kind) if check.needs_world}
    return [
        Finding("GG006", f"check {name} not run: it needs the world", "give --world", path, severity="not_run")
        for name in sorted(names)
    ]
