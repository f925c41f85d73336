"""A quest record as a script: a state machine over its variable, with the journal and the objectives of each state.

The variable holds ``inactive``, the id of a stage, or the id of an outcome. Procedures move it:
``start`` (when it is inactive and the prerequisites hold), ``complete`` per objective (in its stage, once, when what it
requires holds: its effects, then the first edge whose objectives are all done) and ``fail`` (in a stage: the first
fail condition that holds). Reaching an outcome applies its effects. Rewards are data: handing them out is the game's.
"""

from __future__ import annotations

from collections.abc import Mapping

from gamegen.records import JSON

from . import names
from .fields import data_block, data_variables
from .logic import both, condition, effects
from .script import All, Any, Block, Condition, Goto, If, Line, Script, Set, Step, Stop, Test, Title, Variable
from .texts import template

INACTIVE = "inactive"


def quest_script(record: Mapping[str, JSON]) -> Script:
    """The script of a quest. Raises InvalidContent (GG050, GG316) for a text that cannot be shown."""
    id = str(record["id"])
    shown = {text["id"] for text in _texts(record)}
    return Script(
        "quest",
        id,
        (
            data_block(record, frozenset(shown)),
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
            *data_variables(record),
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
    begin = Set(names.state("quest", record["id"]), record["start"])
    return Block(_title(record, "start"), (If(both(_at(record, INACTIVE), *needed), (begin,)),), procedure=True)


def _complete(record: Mapping[str, JSON], stage: Mapping[str, JSON], one: Mapping[str, JSON]) -> Block:
    id = str(record["id"])
    done = names.done(id, stage["id"], one["id"])
    can = both(_at(record, stage["id"]), Test(done, "==", False), condition(one.get("requires"), id))
    steps: tuple[Step, ...] = (Set(done, True), *effects(one.get("effects", ()), id), *_edges(record, stage))
    title = _title(record, f"complete__{names.part(stage['id'])}__{names.part(one['id'])}")
    return Block(title, (If(can, steps),), procedure=True)


def _edges(record: Mapping[str, JSON], stage: Mapping[str, JSON]) -> tuple[Step, ...]:
    """The first edge whose objectives are all done is taken."""
    id, steps = str(record["id"]), ()
    chain: tuple[Step, ...] = steps
    for edge in reversed(stage["next"]):
        ready = All(tuple(Test(names.done(id, stage["id"], one), "==", True) for one in edge["requires"]))
        taken = (*effects(edge.get("effects", ()), id), *_enter(record, edge["to"]))
        chain = (If(ready, taken, chain),)
    return chain


def _enter(record: Mapping[str, JSON], state: str) -> tuple[Step, ...]:
    own = next((outcome.get("effects", ()) for outcome in record["outcomes"] if outcome["id"] == state), ())
    return (Set(names.state("quest", record["id"]), state), *effects(own, record["id"]))


def _fail(record: Mapping[str, JSON]) -> list[Block]:
    chain: tuple[Step, ...] = ()
    for one in reversed(record["fail_conditions"]):
        met: Condition | None = condition(one["condition"], record["id"])
        if met is not None:
            chain = (If(met, _enter(record, one["outcome"]), chain),)
    if not chain:
        return []
    running = Any(tuple(_at(record, stage["id"]) for stage in record["stages"]))
    return [Block(_title(record, "fail"), (If(running, chain),), procedure=True)]
