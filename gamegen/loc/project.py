"""Where a project keeps its translations, in which language it is written, and how its people speak."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from gamegen.errors import InvalidContent, UsageError
from gamegen.loc.table import Row, rows
from gamegen.records import JSON, Finding, Record
from gamegen.schema import validate

if TYPE_CHECKING:
    from gamegen.plugins import Registry

FOLDER = "translations"
_TAG = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")


@dataclass(frozen=True, slots=True)
class Source:
    """Content as it is translated from. `folder` is where its translations are; it may not exist."""

    records: Sequence[Record]
    registry: Registry
    folder: Path
    language: str = "en"
    voices: Mapping[str, str] = field(default_factory=dict)

    def rows(self, records: Sequence[Record] | None = None) -> tuple[Row, ...]:
        """The texts of all records, or of some of them. Raises InvalidContent (GG057, GG101, GG601)."""
        chosen = self.records if records is None else records
        faults = [
            replace(fault, message=f"record {record.id}: {fault.message}")
            for record in chosen
            for fault in self.faults(record)
        ]
        if faults:
            raise InvalidContent(faults)
        return rows(chosen, schemas=self.schemas, voices=self.voices)

    def faults(self, record: Record) -> list[Finding]:
        """What the record breaks of the schema of its kind (GG101), if the kind is known."""
        schema = self.schemas.get(record.kind)
        return [] if schema is None else validate(record.data, schema)

    @property
    def schemas(self) -> dict[str, Mapping[str, JSON]]:
        """By kind of record."""
        return {kind: generator.schema for kind, generator in self.registry.generators.items()}

    def file(self, language: str) -> Path:
        """The translations into a language."""
        return self.folder / f"{language}.jsonl"

    def is_own(self, language: str) -> bool:
        """Whether the content is written in this language already."""
        return language.casefold() == self.language.casefold()


def read_source(content: Sequence[Path], world_path: Path | None) -> Source:
    """The content with the world given or its project's; without a world it counts as English.

    Raises what `load_records`, `load_project` and `load_world` raise.
    """
    from gamegen.exporting import load_records
    from gamegen.plugins import load_registry
    from gamegen.project import Project
    from gamegen.world_file import load_world

    project = Project.find(world_path or content[0])
    registry = load_registry(project)
    records = load_records(content)
    folder = (project.root if project is not None else content[0].absolute().parent) / FOLDER
    file = world_path or (project.world if project is not None else None)
    if file is None:
        return Source(records, registry, folder)
    world = load_world(file)
    voices = {one.id: one.voice for one in world.characters.values() if one.voice}
    return Source(records, registry, folder, world.language, voices)


def checked_language(language: str) -> str:
    """The language if it is a BCP 47 tag. Raises UsageError (GG005)."""
    if not _TAG.fullmatch(language):
        raise UsageError.of("GG005", f"expected a BCP 47 language tag, found {language!r}", "give it as de or pt-BR")
    return language
