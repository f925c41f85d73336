"""What a set of records shares: each record's script, and every global variable with its initial value."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from gamegen.errors import InvalidContent
from gamegen.play import DEFAULTS
from gamegen.records import JSON, Finding

from . import names
from .dialogue import dialogue_script
from .quest import quest_script
from .script import Block, Line, Script, Variable
from .sheet import sheet_script
from .texts import listed, one_line

_SCRIPTS: Mapping[str, Callable[[Mapping[str, JSON]], Script]] = {
    "dialogue": dialogue_script,
    "quest": quest_script,
    "character": sheet_script,
}
KINDS = tuple(_SCRIPTS)


@dataclass(frozen=True, slots=True)
class Project:
    """The scripts and variables of a set of records, both sorted by name: their order in the set has no meaning."""

    scripts: tuple[Script, ...]
    variables: tuple[Variable, ...]
    speakers: tuple[Variable, ...]
    """The name of everyone who speaks."""


def project(records: Sequence[Mapping[str, JSON]]) -> Project:
    """Everything that a script format writes.

    Raises InvalidContent, every fault listed: GG050 and GG316 (texts), GG051 (two records of one id), GG052 (two
    records that disagree on what the game's state begins with), GG053 (two things with one identifier).
    """
    faults: list[Finding] = []
    scripts: dict[str, Script] = {}
    for record in records:
        key = names.knot(record["kind"], record["id"])
        if key in scripts:
            hint = "give one of them another id"
            faults.append(Finding("GG051", f"two {record['kind']} records with the id {record['id']!r}", hint))
            continue
        try:
            for name, value in listed(record).items():
                one_line(value, record["id"], f"placeholder {name}")
            scripts[key] = _SCRIPTS[record["kind"]](record)
        except InvalidContent as error:
            faults += error.findings
    variables = _agreed(_all_variables(records, scripts.values()), faults)
    speakers = _agreed(_speakers(scripts.values()), faults)
    for script in scripts.values():
        for block in script.blocks:
            if not block.title.stitch and block.title.knot in variables:
                faults.append(_collision(block, variables[block.title.knot]))
    if faults:
        raise InvalidContent(dict.fromkeys(faults))
    return Project(
        tuple(scripts[key] for key in sorted(scripts)),
        tuple(variables[name] for name in sorted(variables)),
        tuple(speakers[name] for name in sorted(speakers)),
    )


def _agreed(found: Iterable[Variable], faults: list[Finding]) -> dict[str, Variable]:
    """By name; what disagrees is added to the faults."""
    variables: dict[str, Variable] = {}
    for variable in found:
        first = variables.setdefault(variable.name, variable)
        if (type(first.value), first.value, first.note) != (type(variable.value), variable.value, variable.note):
            faults.append(_disagreement(first, variable))
    return variables


def _all_variables(records: Iterable[Mapping[str, JSON]], scripts: Iterable[Script]) -> Iterator[Variable]:
    for script in scripts:
        yield from script.variables
    for record in records:
        id = str(record["id"])
        for ref in record["refs"]:
            kind = ref["type"]
            if kind in DEFAULTS:
                initial = ref.get("initial", DEFAULTS[kind])
                yield Variable(names.state(kind, ref["id"]), initial, id, f"{kind} {ref['id']}")
        for name, value in listed(record).items():
            yield Variable(names.placeholder(name), value, id, f"placeholder {name}")


def _speakers(scripts: Iterable[Script]) -> Iterator[Variable]:
    for script in scripts:
        for block in script.blocks:
            for step in block.body:
                if isinstance(step, Line) and step.speaker:
                    speaker = step.speaker
                    yield Variable(names.character(speaker.id), speaker.name, script.record, f"speaker {speaker.id}")


def _disagreement(one: Variable, other: Variable) -> Finding:
    if one.note != other.note:
        return Finding(
            "GG053", f"{one.note!r} and {other.note!r} have one identifier: {one.name}", "rename one of them"
        )
    return Finding(
        "GG052",
        f"{one.note} begins as {one.value!r} in record {one.origin} and as {other.value!r} in record {other.origin}",
        "export them apart, or let them agree",
    )


def _collision(block: Block, variable: Variable) -> Finding:
    return Finding(
        "GG053", f"a block and {variable.note!r} have one identifier: {variable.name}", "rename the property"
    )
