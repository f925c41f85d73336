"""From a finished record back to its plan, and to the request behind each of its texts.

A plan is a pure function of world, brief and seed, and the record's provenance names brief and seed: so the same plan
can be made again, as long as the world's entries are what they were. What has changed since is refused and told.

    plan = replan(record, registry, world, project)
    for asked in asked_texts(record, plan, registry.generator(record.kind)):
        asked.request.card, asked.text
"""

from __future__ import annotations

import json
import re
from collections.abc import Generator as Coroutine, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gamegen.engine.fragment import is_free
from gamegen.errors import GamegenError, InvalidContent
from gamegen.hookspecs import Generator
from gamegen.project import with_project
from gamegen.records import CONTRACTS, JSON, Brief, Plan, Record, Request, canonical, line_id

if TYPE_CHECKING:
    from gamegen.plugins import Registry
    from gamegen.project import Project
    from gamegen.world import World

NUMBERED = re.compile(r"(?P<block>.+)_(?P<row>[0-9]{4,})")
"""The id of a record that no file of briefs asked for: block and ordinal."""
TOLD = 3
"""A message lists at most so many differences."""
ANEW = "make the record anew, or give the world that it was made from with --world"


@dataclass(frozen=True, slots=True)
class Asked:
    """A text of a record: what was asked, the line id of the answer, and the answer as it stands there now."""

    request: Request
    line: str
    text: str


def replan(
    record: Record,
    registry: Registry,
    world: World,
    project: Project | None = None,
    *,
    generator: Generator | None = None,
) -> Plan:
    """The plan that the record was made from. generator: of its kind, in place of the registry's.

    Raises UsageError (GG001) for an unknown kind, InvalidContent (GG614) where the plan cannot be the same: no
    provenance, another plan contract, entries of the world that have changed. A structure that was edited is found by
    `asked_texts`.
    """
    generator = generator or registry.generator(record.kind)
    world = with_project(world, project)
    provenance = _provenance(record)
    _same_entries(record, provenance, world)
    brief = brief_of(record)
    try:
        plan = generator.plan(world, brief, int(provenance["seed"]))
    except GamegenError as error:
        raise _differs(record, f"its plan cannot be made any more: {error.findings[0].message}") from error
    if dict(plan.entries) != provenance["entries"]:
        raise _differs(record, _other_entries(plan.entries, provenance["entries"], "brief" in provenance))
    return plan


def asked_texts(record: Record, plan: Plan, generator: Generator) -> tuple[Asked, ...]:
    """Every text of the record beside its request, in the order in which the generator asks.

    The generator writes once more, with the record's own texts as answers; so a request that shows an earlier text
    shows the present one. Raises InvalidContent (GG614) naming the first place where the structure is not the planned.
    """
    present = Present.of(record)
    found: list[Asked] = []
    document = _drive(generator.write(plan), present, found)
    different = first_difference(locked(json.loads(canonical(document))), locked(record.data))
    if different is not None:
        where, planned, now = different
        raise _differs(record, f"{where} was planned as {_short(planned)}, and is {_short(now)}")
    return tuple(found)


def brief_of(record: Record) -> Brief:
    """The brief in the record's provenance; for a record made before it was kept there, the one that its id names.

    Raises InvalidContent (GG614) if neither says it.
    """
    brief = _provenance(record).get("brief")
    if brief is None:
        match = NUMBERED.fullmatch(record.id)
        if match is None:
            raise _differs(record, "its provenance has no brief, and its id does not end in a number")
        return Brief(record.kind, match["block"], match["row"], int(match["row"]))
    types = {"block": str, "row": str, "ordinal": int, "settings": dict}
    if not isinstance(brief, dict) or not all(isinstance(brief.get(name), types[name]) for name in types):
        raise _differs(record, "its provenance has a brief without block, row, ordinal and settings")
    return Brief(record.kind, brief["block"], brief["row"], brief["ordinal"], brief["settings"])


@dataclass(frozen=True, slots=True)
class Present:
    """The texts of a record as answers to its requests. texts: line id -> text."""

    record: Record
    texts: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, record: Record) -> Present:
        return cls(record, dict(lines_of(record.data)))

    def text(self, request: Request) -> str | None:
        """The text that answers the request; None where the answer is not one of the record's texts."""
        return self.texts.get(line_id(self.record.id, request.key)) if is_free(request.schema) else None

    def answer(self, request: Request) -> JSON:
        """What answers the request: a text, a property of the document, or all that the model wrote of it.

        Raises InvalidContent (GG614) if the record does not have it.
        """
        text = self.text(request)
        if text is not None:
            return text
        if request.key in self.record.data:
            return self.record.data[request.key]
        names = request.schema.get("properties")
        if names is None:
            raise _differs(self.record, f"it has no text {request.key}")
        return {name: self.record.data[name] for name in names if name in self.record.data}


def is_text(value: JSON) -> bool:
    """Whether a value is a text of a record: exactly an `id` and a `text`."""
    return isinstance(value, Mapping) and value.keys() == {"id", "text"} and isinstance(value["text"], str)


def lines_of(value: JSON) -> Iterator[tuple[str, str]]:
    """(line id, text) of every text of a document; provenance and review have none."""
    if is_text(value):
        yield str(value["id"]), value["text"]
    elif isinstance(value, Mapping):
        for name, part in value.items():
            if name not in ("provenance", "review"):
                yield from lines_of(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from lines_of(part)


def with_texts(value: JSON, texts: Mapping[str, str]) -> JSON:
    """A copy of the document in which the texts of these line ids are others; nothing else changes."""
    if is_text(value):
        return {"id": value["id"], "text": texts.get(str(value["id"]), value["text"])}
    if isinstance(value, Mapping):
        kept = ("provenance", "review")
        return {name: part if name in kept else with_texts(part, texts) for name, part in value.items()}
    return [with_texts(part, texts) for part in value] if isinstance(value, list | tuple) else value


def locked(document: Mapping[str, JSON]) -> dict[str, JSON]:
    """All of a record that a new wording may not touch: its texts blanked, without provenance and review."""
    blank = with_texts(document, dict.fromkeys((line for line, _ in lines_of(document)), ""))
    return {name: part for name, part in blank.items() if name not in ("provenance", "review")}


def first_difference(one: JSON, other: JSON, where: str = "$") -> tuple[str, JSON, JSON] | None:
    """(JSON path, value of one, value of the other) of the first difference; None where they are equal.

    What one of them lacks is None there. Numbers and truth values of one value differ: 1 is neither true nor 1.0.
    """
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        for name in sorted({*one, *other}):
            if name not in one or name not in other:
                return f"{where}.{name}", one.get(name), other.get(name)
            if (found := first_difference(one[name], other[name], f"{where}.{name}")) is not None:
                return found
        return None
    if isinstance(one, list) and isinstance(other, list):
        for index, (first, second) in enumerate(zip(one, other, strict=False)):
            if (found := first_difference(first, second, f"{where}[{index}]")) is not None:
                return found
        return None if len(one) == len(other) else (f"{where}.length", len(one), len(other))
    return None if canonical(one) == canonical(other) else (where, one, other)


def _drive(
    coroutine: Coroutine[list[Request], list[JSON], dict[str, JSON]], present: Present, found: list[Asked]
) -> dict[str, JSON]:
    """Answer every request with what stands in the record; notes down those that are texts."""
    try:
        requests = next(coroutine)
        while True:
            for request in requests:
                text = present.text(request)
                if text is not None:
                    found.append(Asked(request, line_id(present.record.id, request.key), text))
            requests = coroutine.send([present.answer(request) for request in requests])
    except StopIteration as stop:
        document: dict[str, JSON] = stop.value
        return document


def _provenance(record: Record) -> Mapping[str, JSON]:
    """The record's provenance, where it holds what a plan needs."""
    provenance = record.data.get("provenance")
    held = provenance if isinstance(provenance, dict) else {}
    if not isinstance(held.get("seed"), int) or not isinstance(held.get("entries"), dict):
        raise _differs(
            record, "its provenance has no seed and entries: gamegen did not make it", "edit its texts by hand"
        )
    contract = held.get("contracts", {}).get("plan", CONTRACTS["plan"])
    if contract != CONTRACTS["plan"]:
        reason = f"it was planned under contract {contract}, this gamegen plans under {CONTRACTS['plan']}"
        raise _differs(record, reason, f"use gamegen {held.get('gamegen', '')}".rstrip() + ", or make the record anew")
    return held


def _same_entries(record: Record, provenance: Mapping[str, JSON], world: World) -> None:
    changed = []
    for id, sha256 in sorted(provenance["entries"].items()):
        if world.get(id) is None:
            changed.append(f"{id} is not in it")
        elif world.entry_hash(id) != sha256:
            changed.append(f"{id} differs")
    if changed:
        raise _differs(record, f"the world is not the one it was made from: {_listed(changed)}")


def _other_entries(planned: Mapping[str, str], recorded: Mapping[str, str], has_brief: bool) -> str:
    told = [f"{id} is new" for id in sorted(planned.keys() - recorded.keys())]
    told += [f"{id} is not used" for id in sorted(recorded.keys() - planned.keys())]
    reason = "the world has changed since" if has_brief else "the world or the settings of its brief are others"
    return f"{reason}, so that its plan is another one: {_listed(told)}"


def _listed(parts: list[str]) -> str:
    more = f" and {len(parts) - TOLD} more" if len(parts) > TOLD else ""
    return ", ".join(parts[:TOLD]) + more


def _short(value: JSON) -> str:
    if value is None:
        return "nothing"
    text = canonical(value)
    return text if len(text) <= 60 else f"{text[:59]}…"


def _differs(record: Record, reason: str, hint: str = ANEW) -> InvalidContent:
    return InvalidContent.of("GG614", f"expected the record as it was planned; {reason}", hint, path=record.id)
