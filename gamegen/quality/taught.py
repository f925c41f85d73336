"""The lines that the models of some records were taught on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gamegen.originality import Copies
from gamegen.records import JSON

if TYPE_CHECKING:
    from gamegen.engine.manifest import ModelFolder


@dataclass(frozen=True, slots=True)
class Taught:
    """lines: as hashes. absent: model id -> how many records name it, of models that are not there as they were: their
    lines are unknown."""

    lines: Copies
    absent: Mapping[str, int]


def lines_taught(records: Iterable[Mapping[str, JSON]], models: Iterable[ModelFolder]) -> Taught:
    """The training lines of the models that wrote the records, or texts of them anew, as far as `models` has them.

    A model is known by id and SHA-256. Raises ModelUnavailable (GG802) for lines that cannot be read.
    """
    named = Counter(model for record in records for model in _models(record))
    there = {(folder.id, folder.sha256): folder for folder in models if any(folder.id == id for id, _ in named)}
    lines = Copies()
    for model in sorted(named.keys() & there.keys()):
        lines |= there[model].training_lines() or Copies()
    absent: Counter[str] = Counter()
    for (id, sha256), count in sorted(named.items()):
        if (id, sha256) not in there:
            absent[id] += count
    return Taught(lines, dict(absent))


def _models(record: Mapping[str, JSON]) -> set[tuple[str, str]]:
    """(id, SHA-256) of the models that the provenance names: who wrote the record, and who last wrote it anew."""
    provenance = record.get("provenance")
    written = provenance if isinstance(provenance, Mapping) else {}
    models = (part.get("model") for part in (written, written.get("restyled")) if isinstance(part, Mapping))
    return {
        (str(each["id"]), str(each.get("sha256", ""))) for each in models if isinstance(each, Mapping) and "id" in each
    }
