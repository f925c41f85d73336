"""Read records from JSONL, render them, write the files. The exporters decide what is in them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

from gamegen.briefs import check_settings
from gamegen.errors import HostFailed, InvalidInput, UsageError
from gamegen.plugins import Registry
from gamegen.records import JSON, Finding, Record


def load_records(paths: Iterable[Path]) -> list[Record]:
    """The records of JSONL files, and of every ``*.jsonl`` in folders, in the order given.

    Raises InvalidInput (GG006, GG105) naming every line that is not a record.
    """
    records: list[Record] = []
    faults: list[Finding] = []
    places: dict[str, str] = {}
    for file in content_files(paths):
        for number, line in enumerate(_text(file).split("\n"), 1):
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
                records.append(Record(value))
    if faults:
        raise InvalidInput(faults)
    return records


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


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        message = f"cannot read the content: {error.strerror}"
        raise InvalidInput.of("GG006", message, "name a .jsonl file or a folder of them", path=str(path)) from None
    except UnicodeDecodeError as error:
        raise InvalidInput.of("GG006", f"expected UTF-8, byte {error.start} is not", path=str(path)) from None


def export_records(
    records: Iterable[Record | Mapping[str, JSON]],
    format: str,
    out: Path,
    options: Mapping[str, JSON],
    registry: Registry,
) -> list[Path]:
    """Render and write; returns the paths of the files, sorted.

    Raises UsageError for an unknown format or option, InvalidInput for a kind the format cannot hold, HostFailed if
    the folder cannot be written.
    """
    exporter = registry.exporter(format)
    documents = [record.data if isinstance(record, Record) else record for record in records]
    options = check_settings(f"format {format}", exporter.options, options)
    if exporter.kinds and (strangers := sorted({str(d["kind"]) for d in documents} - set(exporter.kinds))):
        raise InvalidInput.of(
            "GG002", f"format {format} does not hold {', '.join(strangers)}", f"it holds {', '.join(exporter.kinds)}"
        )
    rendered = exporter.render(documents, options)
    written = []
    for name in sorted(rendered):
        relative = PurePosixPath(name)
        if relative.is_absolute() or ".." in relative.parts:
            raise UsageError.of("GG010", f"exporter {format} names a file outside the output folder: {name}")
        written.append(write_file(out.joinpath(*relative.parts), rendered[name]))
    return written


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
