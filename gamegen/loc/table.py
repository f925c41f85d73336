"""The rows of a project: every text of its records, with what a translator must know to translate it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from gamegen.checks.text import card_kind
from gamegen.checks.text_rules import profile
from gamegen.errors import InvalidContent
from gamegen.records import JSON, Finding, Record, lock_of
from gamegen.replanning import is_text

PLAYER = "player"
"""The speaker of choices; no character: the text of a choice is not said (`gamegen.play`)."""
KINDS: Mapping[str, str] = {
    "npc_line": "spoken line",
    "player_choice": "player's choice",
    "quest_title": "quest title",
    "quest_summary": "quest summary",
    "journal": "journal entry",
    "objective": "quest objective",
    "trait": "character trait",
}
"""What a translator is told for each kind of card."""
DIRECTIONS = ("intent", "mood", "tone")
"""Properties around a text that say how it is meant."""
BRACES = re.compile(r"\{\{|\}\}|\{[^{}]*\}|[{}]")
"""The parts of a text with braces, as `gamegen.play.show` reads them."""

_APART = frozenset({"provenance", "review"})
_Key = str | int


@dataclass(frozen=True, slots=True)
class Row:
    """One text. `speaker` is a character's id, `player`, or "" where nobody speaks; `max_length` counts characters."""

    id: str
    text: str
    speaker: str = ""
    speaker_name: str = ""
    direction: str = ""
    """How it is meant: intent, mood and voice, as far as the record and the voices given have them."""
    note: str = ""
    """Kind, place, direction, placeholders and length in words."""
    max_length: int | None = None
    kind: str = ""
    """The kind of its card (``npc_line``); empty for a kind of record that gamegen does not know."""
    record: str = ""

    @property
    def lock(self) -> str:
        return lock_of(self.text)


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of a translator's file. `text` is the translation, "" if there is none; `line` counts from 1.

    lock: of the source text that it was made for. review: whether the file itself says that it is not yet good.
    """

    id: str
    text: str
    lock: str
    line: int = 0
    review: bool = False


def rows(
    records: Iterable[Record | Mapping[str, JSON]],
    *,
    schemas: Mapping[str, Mapping[str, JSON]] | None = None,
    voices: Mapping[str, str] | None = None,
) -> tuple[Row, ...]:
    """The texts of the records in their order.

    schemas: by kind of record, for the lengths that texts may have (default: those of the installed plugins).
    voices: by character id, how a person speaks; of people whose sheets are among the records the sheet says it.
    Raises InvalidContent: GG601 for a text outside the text profile, GG057 for a line id that stands twice.
    """
    documents = [record.data if isinstance(record, Record) else record for record in records]
    known = _installed() if schemas is None else schemas
    speech = {**(voices or {}), **_voices(documents)}
    limits: dict[tuple[str, tuple[_Key, ...]], int | None] = {}
    found: dict[str, Row] = {}
    faults: list[Finding] = []
    for document in documents:
        record, kind = str(document["id"]), str(document["kind"])
        for keys, text, holders in _texts(document, (), ()):
            shape = (kind, tuple(0 if isinstance(key, int) else key for key in keys))
            if shape not in limits:
                limits[shape] = longest(known.get(kind, {}), keys)
            row = _row(document, keys, text, holders, limits[shape], speech)
            faults += (
                Finding(one.code, f"record {record}: {one.message}", one.hint, where=row.id)
                for one in profile(row.text)
                if one.code == "GG601"
            )
            first = found.setdefault(row.id, row)
            if first is not row:
                message = f"expected a line id of its own in record {record}, found one of record {first.record}"
                faults.append(Finding("GG057", message, "give one of the texts another id", where=row.id))
    if faults:
        raise InvalidContent(faults)
    return tuple(found.values())


def longest(schema: Mapping[str, JSON], keys: Sequence[_Key]) -> int | None:
    """The `maxLength` of the text that a bundled schema allows at this path; None if it sets none."""
    here = list(_all_of(schema, schema))
    for key in (*keys, "text"):
        inner = [
            part["items"] if isinstance(key, int) else part["properties"][key]
            for part in here
            if ("items" in part if isinstance(key, int) else key in part.get("properties", {}))
        ]
        here = [each for part in inner if isinstance(part, Mapping) for each in _all_of(part, schema)]
    return min((int(part["maxLength"]) for part in here if "maxLength" in part), default=None)


def braces(text: str) -> list[str]:
    """Placeholders, doubled and single braces of a text, in order."""
    return BRACES.findall(text)


def _all_of(part: Mapping[str, JSON], root: Mapping[str, JSON]) -> Iterator[Mapping[str, JSON]]:
    """The schema, what it refers to, and the parts of its `allOf`."""
    yield part
    reference = part.get("$ref")
    if isinstance(reference, str) and reference.startswith("#/$defs/"):
        target = root.get("$defs", {}).get(reference.removeprefix("#/$defs/"))
        if isinstance(target, Mapping):
            yield from _all_of(target, root)
    for each in part.get("allOf", ()):
        if isinstance(each, Mapping):
            yield from _all_of(each, root)


@cache
def _installed() -> Mapping[str, Mapping[str, JSON]]:
    from gamegen.plugins import load_registry

    return {kind: generator.schema for kind, generator in load_registry().generators.items()}


def _voices(documents: Iterable[Mapping[str, JSON]]) -> dict[str, str]:
    """How people speak, by id, as their sheets say it."""
    return {
        str(sheet.get("character", sheet["id"])): sheet["voice"]
        for sheet in documents
        if sheet["kind"] == "character" and isinstance(sheet.get("voice"), str)
    }


def _texts(
    value: JSON, keys: tuple[_Key, ...], holders: tuple[JSON, ...]
) -> Iterator[tuple[tuple[_Key, ...], Mapping[str, JSON], tuple[JSON, ...]]]:
    """Every text with its path and with what it stands in, outermost first."""
    if is_text(value):
        yield keys, value, holders
    elif isinstance(value, Mapping):
        for name, part in value.items():
            if name not in _APART:
                yield from _texts(part, (*keys, name), (*holders, value))
    elif isinstance(value, list | tuple):
        for index, part in enumerate(value):
            yield from _texts(part, (*keys, index), (*holders, value))


def _row(
    document: Mapping[str, JSON],
    keys: tuple[_Key, ...],
    text: Mapping[str, JSON],
    holders: tuple[JSON, ...],
    limit: int | None,
    voices: Mapping[str, str],
) -> Row:
    path = "$" + "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys)
    kind = card_kind(str(document["kind"]), path)
    around = [each for each in holders[1:] if isinstance(each, Mapping)]
    if kind == "player_choice":
        speaker, name, around = PLAYER, PLAYER, around[-1:]  # what the node means is what the other one says
    else:
        speaker = next((str(each["speaker"]) for each in reversed(around) if "speaker" in each), "")
        name = _plain(_names(document).get(speaker, speaker))
    direction = _direction((document, *around), voices.get(speaker, ""))
    source = str(text["text"])
    note = "; ".join(
        (
            KINDS.get(kind, str(keys[-1] if isinstance(keys[-1], str) else keys[0]).replace("_", " ")),
            _place(document, keys, holders),
            *([direction] if direction else ()),
            *_before(kind, holders),
            *_placeholders(document, source),
            *([f"at most {limit} characters"] if limit is not None else ()),
        )
    )
    return Row(str(text["id"]), source, speaker, name, direction, note, limit, kind, str(document["id"]))


def _names(document: Mapping[str, JSON]) -> dict[str, str]:
    return {str(ref.get("id")): str(ref.get("name")) for ref in _objects(document, "refs")}


def _objects(holder: Mapping[str, JSON], name: str) -> list[Mapping[str, JSON]]:
    """The objects in a list of the record; kinds that gamegen does not know may have anything under the name."""
    items = holder.get(name)
    return [item for item in items if isinstance(item, Mapping)] if isinstance(items, list | tuple) else []


def _direction(around: Sequence[Mapping[str, JSON]], voice: str) -> str:
    said = {key: each[key] for each in around for key in DIRECTIONS if isinstance(each.get(key), str) and each[key]}
    if voice:
        said["voice"] = voice
    return "; ".join(f"{key}: {_plain(value)}" for key, value in said.items())


def _place(document: Mapping[str, JSON], keys: Sequence[_Key], holders: Sequence[JSON]) -> str:
    """Kind, id and name or topic of the record, and the path in it by ids."""
    parts = []
    for key, holder in zip(keys, holders, strict=True):
        inner = holder[key]
        named = isinstance(key, int) and isinstance(inner, Mapping) and "id" in inner and not is_text(inner)
        parts.append(str(inner["id"] if named else key))
    about = document.get("name", document.get("topic"))
    told = f" ({_plain(about)})" if isinstance(about, str) and about else ""
    return f"{document['kind']} {document['id']}{told}, {'/'.join(parts)}"


def _before(kind: str, holders: Sequence[JSON]) -> Iterator[str]:
    """What a choice answers."""
    if kind == "player_choice":
        said = [line for each in holders if isinstance(each, Mapping) for line in _objects(each, "lines")]
        yield from (f"answers: {_plain(str(line.get('text')))}" for line in said[-1:])


def _placeholders(document: Mapping[str, JSON], text: str) -> Iterator[str]:
    shown = {f"{{{one.get('name')}}}": str(one.get("value")) for one in _objects(document, "placeholders")}
    for name in dict.fromkeys(braces(text)):
        if name in shown:
            yield f"{name} shows: {_plain(shown[name])}"


def _plain(value: str) -> str:
    """One line without control characters, as every format can hold it."""
    return " ".join("".join(" " if unicodedata.category(c)[0] == "C" else c for c in value).split())
