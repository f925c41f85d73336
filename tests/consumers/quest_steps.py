"""Steps of a quest under the rules of gamegen/checks/quest_simulation.py: what the exported procedures must do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from gamegen.play import State, apply, holds

Record = Mapping[str, Any]


@dataclass(frozen=True)
class Progress:
    """Where a quest stands: `done` holds (stage, objective); marks of a stage stay until the stage begins again."""

    state: State
    done: frozenset[tuple[str, str]] = frozenset()


def place(record: Record, progress: Progress) -> str:
    return progress.state.quests[record["id"]]


def start(record: Record, progress: Progress) -> Progress:
    if place(record, progress) != "inactive" or not all(holds(c, progress.state) for c in record["prerequisites"]):
        return progress
    return failed(record, progress) or enter(record, progress, record["start"])


def complete(record: Record, progress: Progress, stage_id: str, objective_id: str) -> Progress:
    stage = next(stage for stage in record["stages"] if stage["id"] == stage_id)
    objective = next(one for one in stage["objectives"] if one["id"] == objective_id)
    mark = (stage_id, objective_id)
    if place(record, progress) != stage_id or mark in progress.done:
        return progress
    if not holds(objective.get("requires"), progress.state):
        return progress
    progress = Progress(apply(objective.get("effects", ()), progress.state), progress.done | {mark})
    if (outcome := failed(record, progress)) is not None:
        return outcome
    for edge in stage["next"]:
        if all((stage_id, one) in progress.done for one in edge["requires"]):
            after = replace(progress, state=apply(edge.get("effects", ()), progress.state))
            return enter(record, after, edge["to"])
    return progress


def fail(record: Record, progress: Progress) -> Progress:
    running = place(record, progress) in [stage["id"] for stage in record["stages"]]
    return (failed(record, progress) or progress) if running else progress


def failed(record: Record, progress: Progress) -> Progress | None:
    for one in record["fail_conditions"]:
        if holds(one["condition"], progress.state):
            return enter(record, progress, one["outcome"])
    return None


def enter(record: Record, progress: Progress, target: str) -> Progress:
    state = progress.state.having("quest", record["id"], target)
    for outcome in record["outcomes"]:
        if outcome["id"] == target:
            return replace(progress, state=apply(outcome.get("effects", ()), state))
    begun = Progress(state, frozenset(mark for mark in progress.done if mark[0] != target))
    return failed(record, begun) or begun
