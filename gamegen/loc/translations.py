"""The translations of a project: one file for each language, what is good in it, and records in that language.

``translations/<language>.jsonl`` has one object a line, sorted by id: ``{"id", "text", "lock"}`` and, if it is known,
``by``. The lock names the source text that the translation was made for; when the source changes, the translation is
stale: it is told, and not used unless that is asked for.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar, cast

from gamegen.checks import text_rules
from gamegen.errors import InvalidContent, InvalidInput
from gamegen.exporting import write_file
from gamegen.loc.table import Entry, Row, braces, rows
from gamegen.records import JSON, Finding, Record, canonical
from gamegen.replanning import is_text

Document = TypeVar("Document", bound="Record | Mapping[str, JSON]")

_KEYS = frozenset({"id", "text", "lock", "by"})
_APART = frozenset({"provenance", "review"})


@dataclass(frozen=True, slots=True)
class Translation:
    """`lock` is that of the source text it was made for; `by` names who made it, "" if nobody is named."""

    id: str
    text: str
    lock: str
    by: str = ""

    def as_json(self) -> dict[str, JSON]:
        return {name: getattr(self, name) for name in self.__slots__ if getattr(self, name)}


Translations = Mapping[str, Translation]
"""By line id."""


@dataclass(frozen=True, slots=True)
class Merged:
    """What an import gives: all translations of the language, what speaks against single rows, and how many it took."""

    translations: Translations
    findings: tuple[Finding, ...]
    taken: int


@dataclass(frozen=True, slots=True)
class Chosen:
    """The translations that an export uses, and what is missing, stale or faulty, in the order of the rows."""

    texts: Mapping[str, str]
    findings: tuple[Finding, ...]

    @property
    def errors(self) -> tuple[Finding, ...]:
        return tuple(one for one in self.findings if one.severity == "error")


def read_translations(paths: Iterable[Path]) -> dict[str, Translation]:
    """The translations of these files; of one id in two files the later file's.

    Raises InvalidInput with every fault: GG006 for a file that cannot be read, GG056 for a line that is no translation,
    GG057 for an id that stands twice in one file.
    """
    found: dict[str, Translation] = {}
    faults: list[Finding] = []
    for path in paths:
        own: dict[str, Translation] = {}
        for number, line in enumerate(_content(path).split("\n"), 1):
            if not line.strip():
                continue
            one = _parsed(line)
            if one is None:
                message = 'expected {"id", "text", "lock"} and perhaps "by", all of them strings'
                faults.append(Finding("GG056", message, "mend the line", str(path), number, 1))
            elif one.id in own:
                message = f"the id {one.id!r} stands twice"
                faults.append(Finding("GG057", message, "take one of the lines out", str(path), number, 1))
            else:
                own[one.id] = one
        found |= own
    if faults:
        raise InvalidInput(faults)
    return found


def write_translations(path: Path, translations: Translations) -> Path:
    """The whole file, sorted by id, or the old one stays. Raises HostFailed (GG008)."""
    lines = (canonical(translations[id].as_json()) for id in sorted(translations))
    return write_file(path, "".join(f"{line}\n" for line in lines))


def faults(row: Row, text: str) -> list[Finding]:
    """What speaks against a text as the translation of a row: GG601, GG604, GG618."""
    found = [one for one in text_rules.profile(text) if one.code == "GG601"]
    found += text_rules.length(text, "", {"maxLength": row.max_length} if row.max_length is not None else {})
    mine, theirs = Counter(braces(row.text)), Counter(braces(text))
    hint = "keep placeholders and doubled braces as they are"
    for part in dict.fromkeys((*mine, *theirs)):
        if part not in theirs:
            found.append(Finding("GG618", f"expected {part} of the source text, found none", hint))
        elif part not in mine:
            found.append(Finding("GG618", f"expected no {part}, which the source text does not have", hint))
        elif part in ("{{", "}}") and mine[part] != theirs[part]:
            found.append(Finding("GG618", f"expected {part} {mine[part]} times, found {theirs[part]}", hint))
    return [replace(one, where=row.id) for one in found]


def merge(
    table: Sequence[Row],
    existing: Translations,
    entries: Sequence[Entry],
    *,
    path: str = "",
    by: str = "",
    stale: bool = False,
) -> Merged:
    """The translations after a translator's file: its good rows in the place of the old ones, all others kept.

    path: of the file, for the findings. by: who made the new ones. stale: also take those for an earlier source text,
    where there is none for the present one; they stay stale.
    Findings: GG057 ids that no row has or that stand twice, GG058 rows that are left without a translation, GG601,
    GG604 and GG618 faults of a translation, GG619 translations for an earlier source text or marked as unfinished.
    """
    known = {row.id: row for row in table}
    counts = Counter(entry.id for entry in entries)
    lines: dict[str, int] = {}
    result, taken = dict(existing), 0
    found: list[Finding] = []
    told: set[str] = set()
    for entry in entries:
        row, old = known.get(entry.id), existing.get(entry.id)
        named = _against(entry, row, stale=stale, again=entry.id in lines)
        lines.setdefault(entry.id, entry.line)
        found += (replace(one, path=path, line=entry.line, column=1) for one in named)
        if named:
            told.add(entry.id)
        elif row is not None and entry.text and counts[entry.id] == 1:
            if entry.lock != row.lock and old is not None and old.lock == row.lock:
                continue
            taken += 1
            if old is None or (old.text, old.lock) != (entry.text, entry.lock):
                result[entry.id] = Translation(entry.id, entry.text, entry.lock, by)
    for row in table:
        one = result.get(row.id)
        if row.id not in told and (one is None or (one.lock != row.lock and not stale)):
            line = lines.get(row.id, 0)
            missing = _missing(row) if one is None else _outdated(row)
            found.append(replace(missing, path=path, line=line, column=1 if line else 0))
    return Merged(result, tuple(sorted(found, key=lambda one: (not one.line, one.line))), taken)


def _against(entry: Entry, row: Row | None, *, stale: bool, again: bool) -> list[Finding]:
    """What speaks against one row of a translator's file. `again`: an earlier row has the same id."""
    if row is None:
        hint = "its text is gone, or not in the content given"
        return [Finding("GG057", f"expected the id of a text, found {entry.id!r}", hint)]
    if again:
        return [Finding("GG057", f"the id {entry.id!r} stands twice", "leave one of the two rows")]
    if entry.review:
        return [_unfinished(entry.id)]
    if not entry.text:
        return []
    return faults(row, entry.text) + ([_outdated(row)] if entry.lock != row.lock and not stale else [])


def choose(table: Iterable[Row], translations: Translations, *, stale: bool = False) -> Chosen:
    """The translations to use for these rows.

    A stale one is an error and not used; with `stale` it is used, and told as a warning. Findings: GG058, GG601, GG604,
    GG618, GG619.
    """
    texts: dict[str, str] = {}
    found: list[Finding] = []
    for row in table:
        one = translations.get(row.id)
        if one is None:
            found.append(_missing(row))
            continue
        wrong = faults(row, one.text)
        if one.lock != row.lock:
            found.append(replace(_outdated(row), severity="warning" if stale and not wrong else "error"))
        found += wrong
        if not wrong and (stale or one.lock == row.lock):
            texts[row.id] = one.text
    return Chosen(texts, tuple(found))


def translated(
    records: Iterable[Document],
    translations: Translations,
    *,
    stale: bool = False,
    fallback: bool = False,
    schemas: Mapping[str, Mapping[str, JSON]] | None = None,
) -> list[Document]:
    """The records with their texts replaced; ids, structure and everything else stay.

    stale: use translations that were made for an earlier source text. fallback: keep the source text where there is no
    translation to use. Raises InvalidContent (GG058, GG601, GG604, GG618, GG619) naming all that cannot be used.
    """
    documents = list(records)
    chosen = choose(rows(documents, schemas=schemas), translations, stale=stale)
    if chosen.errors and not fallback:
        raise InvalidContent(chosen.errors)
    return with_texts(documents, chosen.texts)


def with_texts(records: Iterable[Document], texts: Mapping[str, str]) -> list[Document]:
    """The records with these texts by line id; others stay."""
    return [cast("Document", _with_texts_in(record, texts)) for record in records]


def _with_texts_in(record: Record | Mapping[str, JSON], texts: Mapping[str, str]) -> Record | Mapping[str, JSON]:
    if isinstance(record, Record):
        return Record(_replaced(record.data, texts))
    changed: Mapping[str, JSON] = _replaced(record, texts)
    return changed


def _replaced(value: JSON, texts: Mapping[str, str]) -> JSON:
    if is_text(value):
        return {"id": value["id"], "text": texts.get(value["id"], value["text"])}
    if isinstance(value, Mapping):
        return {name: part if name in _APART else _replaced(part, texts) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_replaced(part, texts) for part in value]
    return value


def _missing(row: Row) -> Finding:
    shown = row.text if len(row.text) <= 60 else f"{row.text[:59]}…"
    return Finding("GG058", f"expected a translation of {shown!r}, found none", "translate it", where=row.id)


def _outdated(row: Row) -> Finding:
    message = f"expected a translation of the present source text (lock {row.lock}), found one of another"
    return Finding("GG619", message, "look at it again, or take it as it is with --stale", where=row.id)


def _unfinished(id: str) -> Finding:
    message = "expected a finished translation, found one marked as to be looked at"
    return Finding("GG619", message, "look at it and take the mark off", where=id)


def _content(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        message = f"cannot read the translations: {error.strerror}"
        raise InvalidInput.of("GG006", message, "see gamegen loc import", path=str(path)) from None
    except UnicodeDecodeError as error:
        raise InvalidInput.of("GG056", f"expected UTF-8, byte {error.start} is not", path=str(path)) from None


def _parsed(line: str) -> Translation | None:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict) or not {"id", "text", "lock"} <= value.keys() <= _KEYS:
        return None
    if not all(isinstance(part, str) for part in value.values()):
        return None
    return Translation(**value)
