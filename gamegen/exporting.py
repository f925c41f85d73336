"""Read records from JSONL, render them, write the files. The exporters decide what is in them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from gamegen.briefs import check_settings
from gamegen.checks.text import CHECKS as TEXT_CHECKS
from gamegen.errors import HostFailed, InvalidInput
from gamegen.hookspecs import CheckContext, Exporter, pieces_of
from gamegen.plugins import Registry
from gamegen.records import JSON, Finding, Record
from gamegen.schema import validate
from gamegen.staging import Staging

if TYPE_CHECKING:
    from gamegen.world import World


def load_records(paths: Iterable[Path]) -> list[Record]:
    """All of `read_records`."""
    return list(read_records(paths))


def read_records(paths: Iterable[Path]) -> Iterator[Record]:
    """The records of `placed_records`."""
    return (record for _, record in placed_records(paths))


def placed_records(paths: Iterable[Path]) -> Iterator[tuple[Path, Record]]:
    """The records of JSONL files, and of every ``*.jsonl`` in folders, in the order given, each with its file.

    Raises InvalidInput (GG006, GG105) in the end, naming every line that is not a record.
    """
    faults: list[Finding] = []
    places: dict[str, str] = {}
    for file in content_files(paths):
        for number, line in enumerate(_lines(file), 1):
            if not line.strip():
                continue
            try:
                value = json.loads(line, parse_constant=_no_number)
            except json.JSONDecodeError as error:
                message = f"expected one JSON record a line: {error.msg}"
                faults.append(Finding("GG105", message, "mend the line", str(file), number, error.colno))
                continue
            except (ValueError, RecursionError) as error:  # NaN, a number of thousands of digits; a nesting without end
                message = "nested too deeply" if isinstance(error, RecursionError) else str(error)
                faults.append(
                    Finding("GG105", f"expected one JSON record a line: {message}", "mend it", str(file), number)
                )
                continue
            if not isinstance(value, dict) or not all(isinstance(value.get(key), str) for key in ("id", "kind")):
                message = "expected a record: an object with `id` and `kind`, both strings"
                faults.append(Finding("GG105", message, "mend the line", str(file), number, 1))
            elif value["id"] in places:
                message = f"the id {value['id']!r} stands already in {places[value['id']]}"
                faults.append(Finding("GG105", message, "give one of the two another id", str(file), number, 1))
            else:
                places[value["id"]] = f"{file}:{number}"
                yield file, Record(value)
    if faults:
        raise InvalidInput(faults)


def _no_number(name: str) -> JSON:
    """JSON has no NaN and no Infinity; Python's parser takes them."""
    raise ValueError(f"{name} is no JSON number")


def content_files(paths: Iterable[Path]) -> list[Path]:
    """The files, and every ``*.jsonl`` in folders by name. Raises InvalidInput (GG006) for a folder without one."""
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(path.glob("*.jsonl"))
            if not inside:
                raise InvalidInput.of("GG006", "expected .jsonl files in the folder, found none", path=str(path))
            files += inside
        else:
            files.append(path)
    return files


def _lines(path: Path) -> Iterator[str]:
    start = 0
    try:
        with path.open("rb") as file:
            for raw in file:
                yield raw.decode("utf-8").rstrip("\r\n")
                start += len(raw)
    except OSError as error:
        message = f"cannot read the content: {error.strerror}"
        raise InvalidInput.of("GG006", message, "name a .jsonl file or a folder of them", path=str(path)) from None
    except UnicodeDecodeError as error:
        raise InvalidInput.of("GG006", f"expected UTF-8, byte {start + error.start} is not", path=str(path)) from None


@dataclass(frozen=True, slots=True)
class Exported:
    """files: all of the export, sorted. changed: how many of them were written. records: how many were exported.
    refused: what speaks against those that were left out."""

    files: list[Path]
    changed: int
    records: int
    refused: tuple[Finding, ...] = ()


def export_records(
    records: Iterable[Record | Mapping[str, JSON]],
    format: str,
    out: Path,
    options: Mapping[str, JSON],
    registry: Registry,
    world: World | None = None,
) -> Exported:
    """Prove, render and write, as the records come: all files of the export, or none of them.

    A record that breaks its schema or fails a proof of its kind is left out and named; its texts are not judged.
    Raises UsageError for an unknown format or option, InvalidInput for a kind that the format cannot hold,
    InvalidContent for what it cannot hold, HostFailed if the folder cannot be written, PluginFault for an exporter that
    names an unsafe file.
    """
    exporter = registry.exporter(format)
    options = check_settings(f"format {format}", exporter.options, options)
    refused: list[Finding] = []
    count = 0

    def sound() -> Iterator[Mapping[str, JSON]]:
        nonlocal count
        for data in _proven(records, exporter, registry, world, refused):
            count += 1
            yield data

    with Staging(out, format, str(options.get("profile", ""))) as staging:
        try:
            rendered = exporter.render(sound() if exporter.streams else list(sound()), options)
            for name, piece in pieces_of(rendered):
                staging.add(name, piece)
        except RecursionError:
            message = f"expected records that format {format} can hold, found one that is nested too deeply"
            raise InvalidInput.of("GG105", message, "take a few levels out of its conditions") from None
        files, changed = staging.commit()
    return Exported(files, changed, count, tuple(refused))


def _proven(
    records: Iterable[Record | Mapping[str, JSON]],
    exporter: Exporter,
    registry: Registry,
    world: World | None,
    refused: list[Finding],
) -> Iterator[Mapping[str, JSON]]:
    """The records that are sound, one after the other; what speaks against the others is added to `refused`."""
    for record in records:
        data = record.data if isinstance(record, Record) else record
        kind = str(data.get("kind", ""))
        if exporter.kinds and kind not in exporter.kinds:
            raise InvalidInput.of(
                "GG002", f"format {exporter.format} does not hold {kind}", f"it holds {', '.join(exporter.kinds)}"
            )
        faults = unsound(data, registry, world)
        if not faults:
            yield data
        refused += [replace(fault, message=f"{data.get('id')} is left out: {fault.message}") for fault in faults]


def unsound(data: Mapping[str, JSON], registry: Registry, world: World | None = None) -> list[Finding]:
    """What no export may hold: a record that breaks its schema (of another version, too), or fails a proof.

    Records of a kind that no generator knows are taken as they are.
    """
    kind = str(data.get("kind", ""))
    if kind not in registry.generators:
        return []
    generator = registry.generators[kind]
    if found := validate(data, generator.schema):
        return found
    context = CheckContext(world, None, generator.schema)
    checks = [check for check in (*generator.checks, *registry.checks_for(kind)) if check not in TEXT_CHECKS]
    return [
        finding
        for check in dict.fromkeys(checks)
        if world is not None or not check.needs_world
        for finding in check.run(data, context)
        if finding.severity == "error"
    ]


def write_file(path: Path, content: str | bytes) -> Path:
    """Write the whole file or leave the old one: a temporary file beside it, then a rename. Raises HostFailed."""
    data = content.encode("utf-8") if isinstance(content, str) else content
    temporary = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(data)
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True) if temporary.parent.is_dir() else None
        raise HostFailed.of(
            "GG008", f"cannot write: {error.strerror}", "free space or choose another folder with --out", path=str(path)
        ) from None
    return path
