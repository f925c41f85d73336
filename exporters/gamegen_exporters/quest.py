"""A quest record as a script: a state machine over its variable, with the journal and the objectives of each state.

The variable holds ``inactive``, the id of a stage, or the id of an outcome. Procedures move it, with the meaning of
gamegen/checks/quest_simulation.py: ``start`` (when it is inactive and the prerequisites hold), ``complete`` per
objective (in its stage, once, when what it requires holds) and ``fail``, for the game to call after changes of its own:
the first fail condition that holds ends a running quest. Rewards are data: handing them out is the game's.
"""

from __future__ import annotations

from collections.abc import Mapping

from gamegen.records import JSON

from . import names
from .fields import data
from .logic import both, condition, effects
from .script import All, Any, Block, Goto, If, Line, Script, Set, Step, Stop, Test, Title, Variable
from .texts import template

INACTIVE = "inactive"


def quest_script(record: Mapping[str, JSON]) -> Script:
    """The script of a quest. Raises InvalidContent (GG050, GG316) for a text that cannot be shown."""
    id = str(record["id"])
    block, variables = data(record, frozenset(text["id"] for text in _texts(record)))
    return Script(
        "quest",
        id,
        (
            block,
            *_journal(record),
            *_objectives(record),
            _start(record),
            *(_complete(record, stage, one) for stage in record["stages"] for one in stage["objectives"]),
            *_fail(record),
        ),
        (
            Variable(names.state("quest", id), INACTIVE, id, f"quest {id}"),
            *(
                Variable(names.done(id, stage["id"], one["id"]), False, id, f"done: {stage['id']}, {one['id']}")
                for stage in record["stages"]
                for one in stage["objectives"]
            ),
            *variables,
        ),
    )


def _texts(record: Mapping[str, JSON]) -> list[Mapping[str, JSON]]:
    """The texts of journal and objectives."""
    stages = record["stages"]
    return [
        *(stage["journal"] for stage in stages),
        *(one["text"] for stage in stages for one in stage["objectives"]),
        *(outcome["text"] for outcome in record["outcomes"]),
    ]


def _title(record: Mapping[str, JSON], what: str, stitch: str = "") -> Title:
    return Title(f"{names.knot('quest', record['id'])}__{what}", stitch)


def _at(record: Mapping[str, JSON], state: str) -> Test:
    return Test(names.state("quest", record["id"]), "==", state)


def _journal(record: Mapping[str, JSON]) -> list[Block]:
    entries = [(stage["id"], stage["journal"]) for stage in record["stages"]]
    entries += [(outcome["id"], outcome["text"]) for outcome in record["outcomes"]]
    return _by_state(
        record,
        "journal",
        [(state, (Line(template(record, text), text["id"], tags=(f"state:{state}",)),)) for state, text in entries],
    )


def _objectives(record: Mapping[str, JSON]) -> list[Block]:
    return _by_state(
        record,
        "objectives",
        [
            (stage["id"], tuple(_objective(record, stage["id"], one) for one in stage["objectives"]))
            for stage in record["stages"]
        ],
    )


def _objective(record: Mapping[str, JSON], stage: str, one: Mapping[str, JSON]) -> Line:
    tags = [f"objective:{one['id']}", f"done:{names.done(record['id'], stage, one['id'])}"]
    tags += [f"{key}:{one[key]}" for key in ("verb", "target", "count", "location")]
    tags += [key for key in ("optional", "hidden") if one[key]]
    return Line(template(record, one["text"]), one["text"]["id"], tags=tuple(tags))


def _by_state(record: Mapping[str, JSON], what: str, entries: list[tuple[str, tuple[Line, ...]]]) -> list[Block]:
    """A knot that goes to the stitch of the quest's state; the other states say nothing."""
    stitches = [Block(_title(record, what, names.joined("state", state)), (*lines, Stop())) for state, lines in entries]
    ways: list[Step] = [
        If(_at(record, state), (Goto(block.title),)) for (state, _), block in zip(entries, stitches, strict=True)
    ]
    return [Block(_title(record, what), (*ways, Stop())), *stitches]


def _start(record: Mapping[str, JSON]) -> Block:
    needed = (condition(one, record["id"]) for one in record["prerequisites"])
    begin = _unless_failed(record, _enter(record, record["start"]))
    return _procedure(record, "start", If(both(_at(record, INACTIVE), *needed), begin))


def _complete(record: Mapping[str, JSON], stage: Mapping[str, JSON], one: Mapping[str, JSON]) -> Block:
    """Its effects; then the fail conditions; then the first edge whose objectives are all done."""
    id = str(record["id"])
    done = names.done(id, stage["id"], one["id"])
    can = both(_at(record, stage["id"]), Test(done, "==", False), condition(one.get("requires"), id))
    way: tuple[Step, ...] = ()
    for edge in reversed(stage["next"]):
        ready = All(tuple(Test(names.done(id, stage["id"], needed), "==", True) for needed in edge["requires"]))
        way = (If(ready, (*effects(edge.get("effects", ()), id), *_enter(record, edge["to"])), way),)
    steps = (Set(done, True), *effects(one.get("effects", ()), id), *_unless_failed(record, way))
    return _procedure(record, f"complete__{names.part(stage['id'])}__{names.part(one['id'])}", If(can, steps))


def _enter(record: Mapping[str, JSON], state: str) -> tuple[Step, ...]:
    """A stage begins with no objective done, and may fail at once; an outcome applies its effects."""
    id = str(record["id"])
    here = Set(names.state("quest", id), state)
    for outcome in record["outcomes"]:
        if outcome["id"] == state:
            return (here, *effects(outcome.get("effects", ()), id))
    stage = next(stage for stage in record["stages"] if stage["id"] == state)
    fresh = (Set(names.done(id, state, one["id"]), False) for one in stage["objectives"])
    return (here, *fresh, *_unless_failed(record, ()))


def _unless_failed(record: Mapping[str, JSON], steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """The outcome of the first fail condition that holds; the steps if none does."""
    for one in reversed(record["fail_conditions"]):
        met = condition(one["condition"], record["id"])
        steps = _enter(record, one["outcome"]) if met is None else (If(met, _enter(record, one["outcome"]), steps),)
    return steps


def _fail(record: Mapping[str, JSON]) -> list[Block]:
    failing = _unless_failed(record, ())
    if not failing:
        return []
    running = Any(tuple(_at(record, stage["id"]) for stage in record["stages"]))
    return [_procedure(record, "fail", If(running, failing))]


def _procedure(record: Mapping[str, JSON], what: str, step: Step) -> Block:
    return Block(_title(record, what), (step,), returns=names.state("quest", record["id"]))
