"""What a set of records shares: every global variable with its initial value, and who speaks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from gamegen.errors import InvalidContent
from gamegen.play import DEFAULTS
from gamegen.records import JSON, Finding

from . import names
from .dialogue import dialogue_script
from .quest import quest_script
from .script import Line, Script, Variable
from .sheet import sheet_script
from .texts import listed, one_line

_SCRIPTS: Mapping[str, Callable[[Mapping[str, JSON]], Script]] = {
    "dialogue": dialogue_script,
    "quest": quest_script,
    "character": sheet_script,
}
KINDS = tuple(_SCRIPTS)


@dataclass(frozen=True, slots=True)
class Shared:
    """What all records share, sorted by name: their order has no meaning."""

    variables: tuple[Variable, ...]
    speakers: tuple[Variable, ...]
    """The name of everyone who speaks."""


class Gathering:
    """Turns records into scripts as they come, and keeps what they share: no record, no script."""

    def __init__(self) -> None:
        self._faults: list[Finding] = []
        self._variables: dict[str, Variable] = {}
        self._speakers: dict[str, Variable] = {}
        self._records: set[str] = set()
        self._knots: list[str] = []

    def scripts(self, records: Iterable[Mapping[str, JSON]]) -> Iterator[tuple[Script, Mapping[str, JSON]]]:
        """The script of each record, beside it; a record that cannot be held gives a fault for `shared`."""
        for record in records:
            key = names.knot(record["kind"], record["id"])
            if key in self._records:
                hint = "give one of them another id"
                self._faults.append(
                    Finding("GG051", f"two {record['kind']} records with the id {record['id']!r}", hint)
                )
                continue
            self._records.add(key)
            try:
                for name, value in listed(record).items():
                    one_line(value, record["id"], f"placeholder {name}")
                script = _SCRIPTS[record["kind"]](record)
            except InvalidContent as error:
                self._faults += error.findings
                continue
            self._keep(record, script)
            yield script, record

    def printed(self, print: Callable[[], str]) -> str | None:
        """What is printed; None, and a fault for `shared`, where the format cannot hold it."""
        try:
            return print()
        except InvalidContent as error:
            self._faults += error.findings
            return None

    def refusal(self) -> InvalidContent:
        """Every fault so far, each once."""
        return InvalidContent(dict.fromkeys(self._faults))

    def shared(self) -> Shared:
        """What the scripts share.

        Raises InvalidContent, every fault listed: GG050 and GG316 (texts), GG051 (two records of one id), GG052 (two
        records that disagree on what the game's state begins with), GG053 (two things with one identifier).
        """
        for knot in self._knots:
            if knot in self._variables:
                self._faults.append(_collision(self._variables[knot]))
        if self._faults:
            raise self.refusal()
        return Shared(
            tuple(self._variables[name] for name in sorted(self._variables)),
            tuple(self._speakers[name] for name in sorted(self._speakers)),
        )

    def _keep(self, record: Mapping[str, JSON], script: Script) -> None:
        for variable in (*script.variables, *_state(record)):
            self._agree(self._variables, variable)
        for speaker in _speakers(script):
            self._agree(self._speakers, speaker)
        self._knots += [block.title.knot for block in script.blocks if not block.title.stitch]

    def _agree(self, known: dict[str, Variable], variable: Variable) -> None:
        first = known.setdefault(variable.name, variable)
        if (type(first.value), first.value, first.note) != (type(variable.value), variable.value, variable.note):
            self._faults.append(_disagreement(first, variable))


def _state(record: Mapping[str, JSON]) -> Iterator[Variable]:
    """The game's own variables that the record uses, and what its placeholders show."""
    id = str(record["id"])
    for ref in record["refs"]:
        kind = ref["type"]
        if kind in DEFAULTS:
            initial = ref.get("initial", DEFAULTS[kind])
            yield Variable(names.state(kind, ref["id"]), initial, id, f"{kind} {ref['id']}")
    for name, value in listed(record).items():
        yield Variable(names.placeholder(name), value, id, f"placeholder {name}")


def _speakers(script: Script) -> Iterator[Variable]:
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


def _collision(variable: Variable) -> Finding:
    return Finding(
        "GG053", f"a block and {variable.note!r} have one identifier: {variable.name}", "rename the property"
    )
