"""Real runtimes as `gamegen.testing.conform_exporter` wants them: (files, record, walk) -> transcript."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from gamegen.play import Offer
from gamegen.plays import Walk, follow
from gamegen_exporters import names
from tests.consumers.runtimes import Ink, NodeRuntime, Play, Yarn
from tests.consumers.walks import heard_in_ink, heard_in_yarn

Record = Mapping[str, Any]
Transcript = list[dict[str, Any]]


@dataclass(frozen=True)
class Address:
    """Where a format keeps things: the start of a record, (record, table, id) -> variable, the end reached."""

    start: Callable[[str], str]
    variable: Callable[[str, str, str], str]
    end: Callable[[str], str]


SCRIPTS = Address(
    lambda record: names.knot("dialogue", record),
    lambda record, kind, id: names.local(record, id) if kind == "local" else names.state(kind, id),
    names.end,
)
"""Ink and Yarn."""


def _variables(record: Record, walk: Walk, address: Address) -> dict[tuple[str, str], tuple[str, Any]]:
    """(table, id) -> its variable and its value at the start."""
    tables = walk.state(record).as_json()
    return {
        (table, id): (address.variable(record["id"], table.removesuffix("s"), id), value)
        for table, values in tables.items()
        for id, value in values.items()
    }


def asked(record: Record, walk: Walk, address: Address, before: Sequence[Mapping[str, Any]] = ()) -> Play:
    """The walk as steps, the variables read after each."""
    variables = _variables(record, walk, address)
    read = {"get": [*(name for name, _ in variables.values()), address.end(record["id"])]}
    shared = {name: value for (table, _), (name, value) in variables.items() if table != "locals"}
    steps: list[Mapping[str, Any]] = [*before, {"set": shared}, {"goto": address.start(record["id"])}, read]
    moments = follow(record, walk)
    for earlier, later in pairwise(moments):
        offer = earlier.events[-1]
        assert isinstance(offer, Offer) and later.step is not None
        steps += ({"choose": [one.id for one in offer.choices].index(later.step.choice)}, read)
    return Play(steps, walk.rolls)


def told(record: Record, walk: Walk, address: Address, answers: Sequence[Any]) -> Transcript:
    """The transcript in the answers to the steps from the start of the dialogue on."""
    variables = _variables(record, walk, address)
    transcript = []
    for heard, values in zip(answers[::2], answers[1::2], strict=True):
        state: dict[str, dict[str, Any]] = {"flags": {}, "items": {}, "quests": {}, "locals": {}}
        for (table, id), (name, _) in variables.items():
            state[table][id] = values[name]
        choices = [{**one, "dc": int(one["dc"] or 0)} for one in heard["choices"]]
        end = values[address.end(record["id"])]
        transcript.append({"lines": heard["lines"], "choices": choices, "end": end, "state": state})
    return transcript


@dataclass(frozen=True)
class InkKit:
    """`runtime` is the one whose transcript is returned; both are run."""

    ink: Ink
    runtime: str

    def __call__(self, files: Mapping[str, Any], record: Record, walk: Walk) -> Transcript:
        speakers = sorted({names.character(one["speaker"]) for one in record["nodes"]})
        play = asked(record, walk, SCRIPTS, [{"get": speakers}])
        (((found, _, *answers),),) = (
            results for name, results in self.ink.play(files, [play]).items() if name == self.runtime
        )
        return told(record, walk, SCRIPTS, [heard_in_ink(answer, found) for answer in answers])


@dataclass(frozen=True)
class YarnKit:
    yarn: Yarn

    def __call__(self, files: Mapping[str, Any], record: Record, walk: Walk) -> Transcript:
        play = asked(record, walk, SCRIPTS, [{"call": "gamegen_new_game"}])
        (((_, _, *answers),),) = self.yarn.play(files, [play]).values()
        return told(record, walk, SCRIPTS, [heard_in_yarn(answer) for answer in answers])


@dataclass(frozen=True)
class TweeKit:
    """SugarCube answers as the transcript wants it, for the page says lines and choices apart."""

    node: NodeRuntime
    address: Address

    def play(self, files: Mapping[str, Any], plays: Sequence[Play]) -> dict[str, Any]:
        answer = self.node.ask({"files": dict(files), "plays": [one.as_json() for one in plays]})
        assert answer["faults"] == []
        return answer

    def __call__(self, files: Mapping[str, Any], record: Record, walk: Walk) -> Transcript:
        ((_, *answers),) = self.play(files, [asked(record, walk, self.address)])["plays"]
        return told(record, walk, self.address, answers)
