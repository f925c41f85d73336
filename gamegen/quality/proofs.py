"""How many records pass each proof: their schema, and every check of their kind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from gamegen.hookspecs import CheckContext
from gamegen.originality import Copies
from gamegen.plugins import Registry
from gamegen.records import JSON
from gamegen.schema import validate
from gamegen.world import World

SCHEMA = "schema"
"""The first proof of a record; one that breaks its schema is not checked further, as in `gamegen.session`."""
FOREIGN = "GG609"


@dataclass(frozen=True, slots=True)
class Proof:
    """One proof over all records that it was asked of."""

    name: str
    records: int
    passed: int

    @property
    def share(self) -> float:
        return self.passed / self.records if self.records else 0.0

    def as_json(self) -> dict[str, JSON]:
        return {"records": self.records, "passed": self.passed, "share": round(self.share, 4)}


@dataclass(frozen=True, slots=True)
class Proofs:
    """proofs: each, in the order of its first record; not_run: checks that need the world. passed: records that pass
    all that were run. unknown: records of kinds that no plugin knows, which nothing is asked of. foreign_names: texts
    with a name foreign to world and project; None without a world."""

    proofs: tuple[Proof, ...]
    not_run: tuple[str, ...]
    records: int
    passed: int
    unknown: int
    foreign_names: int | None

    def as_json(self) -> dict[str, JSON]:
        return {
            "proofs": {proof.name: proof.as_json() for proof in self.proofs},
            "records_that_pass_all": self.passed,
            "records_of_unknown_kinds": self.unknown,
            "texts_with_foreign_names": self.foreign_names,
        }


@dataclass(slots=True)
class _Count:
    records: int = 0
    passed: int = 0


@dataclass(slots=True)
class _Counts:
    proofs: dict[str, _Count] = field(default_factory=dict)
    foreign: int = 0
    passed: int = 0

    def add(self, name: str, passed: bool) -> None:
        count = self.proofs.setdefault(name, _Count())
        count.records += 1
        count.passed += passed


def proofs(
    records: Iterable[Mapping[str, JSON]], registry: Registry, world: World | None, originals: Copies | None = None
) -> Proofs:
    """Run every check on every record. A finding that is no error is none; "not proven" is an error."""
    counts = _Counts()
    not_run: dict[str, None] = {}
    total = unknown = 0
    text = world.text_context() if world is not None else None
    for record in records:
        kind = str(record["kind"])
        if kind not in registry.generators:
            unknown += 1
            continue
        total += 1
        schema = registry.generators[kind].schema
        context = CheckContext(world, text, schema, originals)
        sound = not validate(record, schema)
        counts.add(SCHEMA, sound)
        for check in dict.fromkeys(registry.checks_for(kind)) if sound else ():
            if world is None and check.needs_world:
                not_run.setdefault(check.name)
                continue
            found = [finding for finding in check.run(record, context) if finding.severity == "error"]
            counts.add(check.name, not found)
            counts.foreign += len({finding.where for finding in found if finding.code == FOREIGN})
            sound = sound and not found
        counts.passed += sound
    made = tuple(Proof(name, count.records, count.passed) for name, count in counts.proofs.items())
    foreign = counts.foreign if world is not None else None
    return Proofs(made, tuple(not_run), total, counts.passed, unknown, foreign)
