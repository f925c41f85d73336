"""The project file `gamegen.toml`: which world, which model, what to make and where to put it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gamegen.document import Document, missing, quoted, read_document, schema_faults
from gamegen.errors import WorldFault
from gamegen.naming import did_you_mean
from gamegen.ratings import FILE as RATINGS_FILE, unrated
from gamegen.records import JSON, Finding

if TYPE_CHECKING:
    from gamegen.world import World

PROJECT_FILE = "gamegen.toml"


@dataclass(frozen=True, slots=True)
class GenerateBlock:
    """A batch of records of one kind. Exactly one of `count` and `briefs` is set."""

    id: str
    kind: str
    count: int | None = None
    briefs: Path | None = None
    settings: Mapping[str, JSON] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ExportBlock:
    """One output. No `blocks`: all; no `languages`: the world's."""

    format: str
    out: Path
    blocks: tuple[str, ...] = ()
    profile: str | None = None
    languages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Project:
    """A project file as read. Paths in it are relative to `root`; here they are joined to it."""

    root: Path
    id: str
    world: Path
    model: str | None = None
    """None: the default model."""
    model_sha256: str | None = None
    seed: int = 0
    avoid: tuple[str, ...] = ()
    licence: str = ""
    """Of the project's texts, as an SPDX expression: `gamegen tune` takes none without."""
    originality: tuple[Path, ...] = ()
    """Texts of which no generated text may have eight words in a row or more."""
    generate: tuple[GenerateBlock, ...] = ()
    export: tuple[ExportBlock, ...] = ()

    @property
    def templates(self) -> Path:
        """Templates of the project's own; a file of the same name wins over one that is shipped. May not exist."""
        return self.root / "templates"

    @property
    def schemas(self) -> Path:
        """Schemas of the project's own: extensions of known kinds, and new kinds. May not exist."""
        return self.root / "schemas"

    @property
    def content(self) -> Path:
        """Where records are kept: ``<block>.jsonl``. May not exist."""
        return self.root / "content"

    @staticmethod
    def find(start: Path) -> Project | None:
        """The project that a file or folder lies in, found upwards from it. Raises what `load_project` raises."""
        start = start.absolute()
        for folder in (start, *start.parents):
            if (folder / PROJECT_FILE).is_file():
                return load_project(folder)
        return None


def load_project(path: str | Path) -> Project:
    """The project of a folder, or of its project file.

    Raises InvalidInput (GG006) if there is none, HostFailed (GG006) if it cannot be read, and WorldFault (GG70x)
    with every fault at once, each with its place.
    """
    path = Path(path)
    file = path / PROJECT_FILE if path.is_dir() else path
    if not file.exists():
        raise missing(file, "a project file")
    document = read_document(file)
    findings = [*schema_faults(document, "project"), *_blocks(document), *_originals(document, file.parent)]
    if findings:
        raise WorldFault(sorted(findings, key=lambda finding: (finding.line, finding.column)))
    return _build(file.parent, document.value)


def with_project(world: World, project: Project | None) -> World:
    """The world with the words that the project avoids as well, and its own lists of words by rating."""
    if project is None:
        return world
    own = project.templates / RATINGS_FILE
    words = unrated(world.rating, project.templates) if own.is_file() else world.unrated
    return replace(world, avoid=tuple(dict.fromkeys((*world.avoid, *project.avoid))), unrated=words)


def _blocks(document: Document) -> Iterator[Finding]:
    """Two blocks with one id, and exports of blocks that are not there."""
    value = document.value if isinstance(document.value, dict) else {}
    first: dict[str, int] = {}
    for i, block in _tables(value.get("generate")):
        id = block.get("id")
        if isinstance(id, str) and first.setdefault(id, i) != i:
            line, column = document.places.value(("generate", first[id], "id"))
            message = f"id {quoted(id)} is taken by the block at {document.path}:{line}:{column}"
            yield document.finding("GG706", message, "give one of them another id", ("generate", i, "id"))
    for i, block in _tables(value.get("export")):
        blocks = block.get("blocks")
        for j, id in enumerate(blocks if isinstance(blocks, list) else ()):
            if isinstance(id, str) and id not in first:
                message = f"expected the id of a [[generate]] block, found {quoted(id)}"
                hint = did_you_mean(id, filter(str.isprintable, first)) or "add a [[generate]] block of this id"
                yield document.finding("GG707", message, hint, ("export", i, "blocks", j))


def _originals(document: Document, root: Path) -> Iterator[Finding]:
    """Texts to keep apart that are not there."""
    value = document.value if isinstance(document.value, dict) else {}
    header = value.get("project")
    paths = header.get("originality") if isinstance(header, dict) else None
    for i, path in enumerate(paths if isinstance(paths, list) else ()):
        if isinstance(path, str) and not (root / path).is_file():
            message = f"expected a text file, found none at {quoted(path)}"
            hint = "correct the path; it is relative to this file"
            yield document.finding("GG707", message, hint, ("project", "originality", i))


def _tables(value: JSON) -> Iterator[tuple[int, Mapping[str, JSON]]]:
    for i, item in enumerate(value if isinstance(value, list) else ()):
        if isinstance(item, dict):
            yield i, item


def _build(root: Path, value: Mapping[str, Any]) -> Project:
    header = value["project"]
    return Project(
        root=root,
        id=header["id"],
        world=root / header.get("world", "world"),
        model=header.get("model"),
        model_sha256=header.get("model_sha256"),
        seed=int(header.get("seed", 0)),
        avoid=tuple(header.get("avoid", ())),
        licence=header.get("licence", ""),
        originality=tuple(root / path for path in header.get("originality", ())),
        generate=tuple(_generate(root, block) for block in value.get("generate", ())),
        export=tuple(_export(root, block) for block in value.get("export", ())),
    )


def _generate(root: Path, block: Mapping[str, Any]) -> GenerateBlock:
    return GenerateBlock(
        id=block["id"],
        kind=block["kind"],
        count=int(block["count"]) if "count" in block else None,
        briefs=root / block["briefs"] if "briefs" in block else None,
        settings=block.get("settings", {}),
    )


def _export(root: Path, block: Mapping[str, Any]) -> ExportBlock:
    def words(key: str) -> tuple[str, ...]:
        items: Sequence[str] = block.get(key, ())
        return tuple(items)

    return ExportBlock(
        format=block["format"],
        out=root / block["out"],
        blocks=words("blocks"),
        profile=block.get("profile"),
        languages=words("languages"),
    )
