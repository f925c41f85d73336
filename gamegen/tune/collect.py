"""Collects the lessons of corpora, spreadsheets and projects, each with the licence that it was given under."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from gamegen.errors import InvalidInput
from gamegen.project import PROJECT_FILE
from gamegen.records import JSON, Finding
from gamegen.tune.lessons import Lesson
from gamegen.tune.reading import SUFFIXES, Fields, read_bytes, read_lessons

LICENCE_FILE = "corpus.toml"
"""Beside the files of a corpus: ``licence = "Apache-2.0"`` (an SPDX expression) and, if wanted, ``source = "..."``."""

_OWN = "a licence of your own as LicenseRef-Name"
_SPDX_TOKEN = re.compile(r"[()]|[A-Za-z0-9.+-]+|\S")


@dataclass(frozen=True, slots=True)
class DataFile:
    """Where lessons came from. file: its name without the folders of this machine. sha256: of its bytes, hex."""

    file: str
    sha256: str
    licence: str
    source: str
    examples: int

    def as_json(self) -> dict[str, JSON]:
        facts = {"file": self.file, "sha256": self.sha256, "licence": self.licence, "examples": self.examples}
        return {**facts, "source": self.source} if self.source else facts


@dataclass(frozen=True, slots=True)
class Collection:
    """All lessons in an order that files and their names do not change, and their files by name."""

    lessons: tuple[Lesson, ...]
    files: tuple[DataFile, ...]


def collect(paths: Sequence[Path], licence: str, fields: Fields) -> Collection:
    """Read files, folders of files, and projects.

    licence: of the files that no corpus.toml speaks for; "" for none. fields: the kinds of card and their fields.
    Raises InvalidInput with every fault of every file: GG006, GG701, GG870 (no SPDX licence), GG871 to GG873.
    """
    lessons: list[Lesson] = []
    files: list[DataFile] = []
    findings: list[Finding] = []
    for path in paths:
        if (path / PROJECT_FILE).is_file() or path.name == PROJECT_FILE:
            from gamegen.tune.approved import project_lessons

            found, described, faults = project_lessons(path, licence, fields)
        else:
            found, described, faults = _corpus(path, licence, fields)
        lessons += found
        files += described
        findings += faults
    if findings:
        raise InvalidInput(findings)
    return Collection(
        tuple(sorted(lessons, key=lambda lesson: lesson.name)),
        tuple(sorted(files, key=lambda each: (each.file, each.sha256))),
    )


def licence_fault(licence: str, path: Path, hint: str) -> Finding | None:
    """GG870 for data that nobody gave a licence, or one that is no SPDX expression; None where it is one.

    hint: where a licence is written.
    """
    if not licence:
        return Finding("GG870", "expected the licence of these texts, found none", hint, path=str(path))
    if is_spdx(licence):
        return None
    found = f"expected the licence of these texts as an SPDX expression, found {licence!r}"
    return Finding("GG870", found, f'write it like "MIT" or "MIT OR CC-BY-4.0", {_OWN}', path=str(path))


def is_spdx(text: str) -> bool:
    """Whether a text has the form of an SPDX expression: names joined by AND, OR, WITH, and parentheses."""
    depth, operand = 0, False  # operand: one stands just before
    for token in _SPDX_TOKEN.findall(text):
        if token in ("AND", "OR", "WITH"):
            fits, operand = operand, False
        elif token == "(":
            fits = not operand
            depth += 1
        elif token == ")":
            fits = operand and depth > 0
            depth -= 1
        else:
            fits, operand = not operand and re.fullmatch(r"[A-Za-z0-9.+-]+", token) is not None, True
        if not fits:
            return False
    return operand and depth == 0


def _corpus(path: Path, licence: str, fields: Fields) -> tuple[list[Lesson], list[DataFile], list[Finding]]:
    lessons: list[Lesson] = []
    files: list[DataFile] = []
    findings: list[Finding] = []
    members = list(_members(path))
    if not members:
        raise InvalidInput.of(
            "GG006",
            f"expected files named {' or '.join(SUFFIXES)} in this folder, found none",
            "check the path",
            path=str(path),
        )
    for file in members:
        data = read_bytes(file)
        found, faults = read_lessons(file, data, fields)
        described = _licence_file(file.parent)
        stated = str(described.get("licence", "")).strip() or licence.strip()
        hint = f'write `licence = "..."` into {LICENCE_FILE} beside the file, or give --licence with an SPDX name'
        if fault := licence_fault(stated, file, hint):
            findings.append(fault)
        files.append(
            DataFile(file.name, hashlib.sha256(data).hexdigest(), stated, str(described.get("source", "")), len(found))
        )
        lessons += found
        findings += faults
    return lessons, files, findings


def _members(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        if path.suffix.lower() not in SUFFIXES:
            raise InvalidInput.of(
                "GG006",
                f"expected a file named {' or '.join(SUFFIXES)}, a folder of them, or a project",
                "convert or rename it",
                path=str(path),
            )
        yield path
        return
    yield from sorted(each for each in path.rglob("*") if each.is_file() and each.suffix.lower() in SUFFIXES)


def _licence_file(folder: Path) -> Mapping[str, JSON]:
    path = folder / LICENCE_FILE
    if not path.is_file():
        return {}
    try:
        value = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise InvalidInput.of("GG702", f"expected TOML ({error})", "mend the file", path=str(path)) from None
    unknown = sorted(value.keys() - {"licence", "source"})
    if unknown or not all(isinstance(text, str) for text in value.values()):
        raise InvalidInput.of(
            "GG703",
            f"expected licence and source as texts, found {', '.join(unknown) or 'other values'}",
            "mend the file",
            path=str(path),
        )
    return value
