"""Proofs over quests: what the record says first, then what its plays can do.

Plays are simulated only when ids, references and types are sound; faults of those are reported first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from gamegen.checks.dialogue_states import leaves
from gamegen.checks.quest_simulation import (
    BOUND,
    Record,
    Simulation,
    conditions,
    effects,
    satisfiable,
    simulate,
)
from gamegen.errors import InvalidContent
from gamegen.generators.quest.rewards import over_budget
from gamegen.hookspecs import Check, CheckContext
from gamegen.naming import did_you_mean
from gamegen.play import DEFAULTS, TYPES, changed, compare
from gamegen.records import JSON, Finding

TARGETS: Mapping[str, tuple[str, ...]] = {
    "goto": ("location",),
    "explore": ("location",),
    "gather": ("item",),
    "deliver": ("item", "creature", "character"),
    "interview": ("character",),
    "kill": ("creature", "character"),
    "capture": ("creature", "character"),
    "escort": ("character", "creature"),
    "defend": ("location", "character", "item", "creature"),
    "repair": ("item", "location"),
    "damage": ("item", "location", "creature", "character"),
    "use": ("item",),
    "steal": ("item",),
    "spy": ("character", "location", "creature"),
    "exchange": ("item",),
    "read": ("item",),
    "experiment": ("item",),
    "escape": ("location", "creature", "character"),
    "sneak": ("character", "creature", "location"),
}
"""What each verb can be done to; who is captured can be delivered."""


def check_structure(record: Record, context: CheckContext) -> Iterator[Finding]:
    """GG401 to GG404, GG407 to GG409, GG411, GG412, GG415 and GG417: what can be said without a play."""
    yield from _unsound(record)
    yield from _roles(record)
    yield from _rewards(record)
    yield from _reach(record)


def check_plays(record: Record, context: CheckContext) -> Iterator[Finding]:
    """GG405, GG406, GG410, GG413, GG414 and GG416: what the simulation of all plays shows."""
    if not playable(record):
        return
    for f, fail in enumerate(record["fail_conditions"]):
        if not satisfiable(record, fail["condition"]):
            message = f"fail condition {_shown(fail['condition'])} can never hold"
            yield Finding("GG410", message, "mend it, or remove it", where=f"$.fail_conditions[{f}]")
    plays = simulate(record)
    if not plays.complete:
        message = f"not proven: the simulation stopped at its bound of {BOUND} states"
        yield Finding("GG414", message, "test fewer variables, or give its effects a limit")
    elif not plays.starts:
        hint = "let the tests agree with each other"
        yield Finding("GG413", "no values satisfy all prerequisites at once", hint, where="$.prerequisites")
    elif plays.failing == plays.starts:
        message = "a fail condition holds whenever the prerequisites hold: the quest fails before it begins"
        yield Finding("GG410", message, "let the prerequisites exclude it", where="$.fail_conditions")
    else:
        yield from _plays(record, plays)


def _plays(record: Record, plays: Simulation) -> Iterator[Finding]:
    """What every play of a quest that can begin must be able to do."""
    for s, stage in enumerate(record["stages"]):
        if stage["id"] not in plays.entered:
            continue  # something before it is at fault, and reported
        trace = plays.entered[stage["id"]]
        where = f"$.stages[{s}]"
        needed = {id for edge in stage["next"] for id in edge["requires"]}
        impossible = set()
        for o, objective in enumerate(stage["objectives"]):
            if objective["id"] in plays.done:
                continue
            impossible.add(objective["id"])
            test = f": {_shown(objective['requires'])} holds in no play" if "requires" in objective else ""
            message = f"objective {objective['id']!r} can never be completed{test} ({trace})"
            hint = "let an earlier stage provide it, or let no earlier one use it up"
            yield Finding("GG406", message, hint, where=f"{where}.objectives[{o}]")
        if stage["id"] in plays.stuck and not impossible & needed:
            message = f"stage {stage['id']!r}: a play gets stuck and reaches no outcome ({plays.stuck[stage['id']]})"
            hint = "keep a way on open whatever was done before, or let the prerequisites exclude this start"
            yield Finding("GG405", message, hint, where=where)
        for e, edge in enumerate(stage["next"]):
            if (stage["id"], e) not in plays.taken and not impossible & set(edge["requires"]):
                message = (
                    f"edge {stage['id']!r} -> {edge['to']!r} is never taken: an edge before it or a failure comes first"
                )
                hint = "let it require something that those before it do not"
                yield Finding("GG416", message, hint, where=f"{where}.next[{e}]")


def playable(record: Record) -> bool:
    """Whether ids, references and types are sound, so that plays can be simulated."""
    return not any(_unsound(record))


def _unsound(record: Record) -> Iterator[Finding]:
    """The faults that forbid a play."""
    yield from _ids(record)
    yield from _edges(record)
    yield from _own_state(record)
    yield from _variables(record)


def _ids(record: Record) -> Iterator[Finding]:
    states = ["inactive", *(part["id"] for key in ("stages", "outcomes") for part in record[key])]
    objectives = [objective["id"] for stage in record["stages"] for objective in stage["objectives"]]
    for what, ids in (("state", states), ("objective", objectives)):
        for id, count in Counter(ids).items():
            if count > 1:
                yield Finding("GG401", f"{what} {id!r} stands {count} times", "give each an id of its own", where="$")


def _edges(record: Record) -> Iterator[Finding]:
    stages = [stage["id"] for stage in record["stages"]]
    outcomes = [outcome["id"] for outcome in record["outcomes"]]
    targets: list[tuple[str, str, str, list[str]]] = [("stage", record["start"], "$.start", stages)]
    targets += (
        ("stage or outcome", edge["to"], f"$.stages[{s}].next[{e}].to", stages + outcomes)
        for s, stage in enumerate(record["stages"])
        for e, edge in enumerate(stage["next"])
    )
    targets += (
        ("outcome", fail["outcome"], f"$.fail_conditions[{f}].outcome", outcomes)
        for f, fail in enumerate(record["fail_conditions"])
    )
    for what, id, where, known in targets:
        if id not in known:
            yield Finding(
                "GG402", f"expected a {what} of this quest, found {id!r}", did_you_mean(id, known), where=where
            )
    for s, stage in enumerate(record["stages"]):
        objectives = {objective["id"]: objective for objective in stage["objectives"]}
        for e, edge in enumerate(stage["next"]):
            for r, id in enumerate(edge["requires"]):
                where = f"$.stages[{s}].next[{e}].requires[{r}]"
                if id not in objectives:
                    message = f"expected an objective of stage {stage['id']!r}, found {id!r}"
                    yield Finding("GG407", message, did_you_mean(id, objectives), where=where)
                elif objectives[id]["optional"]:
                    message = f"the edge to {edge['to']!r} requires {id!r}, which is optional"
                    yield Finding("GG407", message, "require it, or let it be optional", where=where)


def _own_state(record: Record) -> Iterator[Finding]:
    states = ["inactive", *(part["id"] for key in ("stages", "outcomes") for part in record[key])]
    own = next((ref for ref in record["refs"] if ref["type"] == "quest" and ref["id"] == record["id"]), None)
    if own is None or own.get("initial") != "inactive" or sorted(own.get("values", ())) != sorted(states):
        found = "no such ref" if own is None else f"{own.get('initial')!r} of {own.get('values')}"
        message = f"refs: expected the quest {record['id']!r}, initially 'inactive' of {states}, found {found}"
        yield Finding("GG417", message, "list the quest with its states", where="$.refs")


def _variables(record: Record) -> Iterator[Finding]:
    """Tests and effects name what refs list, with values of its type; only edges move the quest's own state."""
    refs = {(ref["type"], ref["id"]): ref for ref in record["refs"] if ref["type"] in DEFAULTS}
    initial: dict[tuple[str, str], JSON] = {}
    for r, ref in enumerate(record["refs"]):
        if ref["type"] in DEFAULTS:
            value = initial[ref["type"], ref["id"]] = ref.get("initial", DEFAULTS[ref["type"]])
            wanted = {"item": "int", "quest": "string"}.get(ref["type"], ref.get("value_type", "bool"))
            if type(value) is not TYPES[wanted]:
                message = f"{ref['type']} {ref['id']!r}: expected an initial value of type {wanted}, found {value!r}"
                yield Finding("GG411", message, "let type and initial value agree", where=f"$.refs[{r}].initial")
    uses = [(where, leaf, compare) for where, test in conditions(record) for leaf in leaves(test)]
    for where, part, rule in [*uses, *((where, effect, changed) for where, effect in effects(record))]:
        name = (part["type"], part["id"])
        if part["type"] == "local":
            message = f"a quest has no local variables, found {part['id']!r}"
            yield Finding("GG411", message, "use a flag, an item or a quest", where=where)
        elif name not in refs:
            listed = [id for type, id in refs if type == part["type"]]
            message = f"expected a {part['type']} that refs list, found {part['id']!r}"
            yield Finding("GG415", message, did_you_mean(part["id"], listed) or "list it in `refs`", where=where)
        elif name == ("quest", record["id"]) and rule is changed:
            message = "an effect sets the quest's own state, which moves by its edges alone"
            yield Finding("GG411", message, "lead an edge there instead", where=where)
        else:
            try:
                rule(initial[name], part)
            except InvalidContent as error:
                hint = "test and change a variable with values of its own type"
                yield Finding("GG411", error.findings[0].message, hint, where=where)
                continue
            states = refs[name].get("values", [part["value"]])
            if part["value"] not in states and part["type"] == "quest":
                message = f"quest {part['id']!r}: expected one of its states, found {part['value']!r}"
                yield Finding("GG411", message, did_you_mean(str(part["value"]), states), where=where)


def _roles(record: Record) -> Iterator[Finding]:
    """Targets, places, receivers and rewards are of a type that suits their part (that refs list them: GG201)."""
    types: dict[str, str] = {ref["id"]: ref["type"] for ref in record["refs"]}
    parts: list[tuple[str, str, tuple[str, ...], str]] = [("giver", record["giver"], ("character",), "$.giver")]
    for s, stage in enumerate(record["stages"]):
        for o, objective in enumerate(stage["objectives"]):
            where = f"$.stages[{s}].objectives[{o}]"
            verb = objective["verb"]
            parts.append((f"target of {verb!r}", objective["target"], TARGETS[verb], f"{where}.target"))
            parts.append(("location", objective["location"], ("location",), f"{where}.location"))
            if "to" in objective:
                parts.append(("receiver", objective["to"], ("character",), f"{where}.to"))
    for i, item in enumerate(record["rewards"]["items"]):
        parts.append(("reward", item["id"], ("item",), f"$.rewards.items[{i}].id"))
    for i, entry in enumerate(record["rewards"]["reputation"]):
        parts.append(("reputation", entry["faction"], ("faction",), f"$.rewards.reputation[{i}].faction"))
    for what, id, wanted, where in parts:
        if id in types and types[id] not in wanted:
            fitting = [known for known, type in types.items() if type in wanted]
            message = f"{what}: expected a {' or '.join(wanted)}, found the {types[id]} {id!r}"
            yield Finding("GG408", message, did_you_mean(id, fitting) or "choose another", where=where)


def _rewards(record: Record) -> Iterator[Finding]:
    for path, paid, allowed in over_budget(record["rewards"], record["level"], record["type"]):
        message = f"rewards pay {paid}, level {record['level']} allows {allowed} for a {record['type']} quest"
        yield Finding("GG409", message, "pay less, or raise the level", where=f"$.rewards.{path}")


def _reach(record: Record) -> Iterator[Finding]:
    """Stages and outcomes that edges lead to, whatever their conditions; success among them."""
    following = {stage["id"]: [edge["to"] for edge in stage["next"]] for stage in record["stages"]}
    reached, waiting = set(), [record["start"], *(fail["outcome"] for fail in record["fail_conditions"])]
    while waiting:
        id = waiting.pop()
        if id not in reached:
            reached.add(id)
            waiting += following.get(id, ())
    for s, stage in enumerate(record["stages"]):
        if stage["id"] not in reached:
            message = f"no edge leads to stage {stage['id']!r} from the start"
            yield Finding("GG403", message, "lead to it, or remove it", where=f"$.stages[{s}]")
    for o, outcome in enumerate(record["outcomes"]):
        if outcome["id"] not in reached:
            message = f"neither an edge nor a fail condition leads to outcome {outcome['id']!r}"
            yield Finding("GG404", message, "lead to it, or remove it", where=f"$.outcomes[{o}]")
    if not any(outcome["status"] == "success" and outcome["id"] in reached for outcome in record["outcomes"]):
        yield Finding("GG412", "no outcome of success can be reached", "lead an edge to one", where="$.outcomes")
    failures = {outcome["id"] for outcome in record["outcomes"] if outcome["status"] == "failure"}
    for f, fail in enumerate(record["fail_conditions"]):
        if fail["outcome"] in {outcome["id"] for outcome in record["outcomes"]} - failures:
            message = f"a fail condition leads to the success {fail['outcome']!r}"
            hint = did_you_mean(fail["outcome"], failures) or "add an outcome of status failure"
            yield Finding("GG410", message, hint, where=f"$.fail_conditions[{f}].outcome")


def _shown(condition: Mapping[str, JSON]) -> str:
    """A condition in words: "lens >= 1 and not guild_hostile == true"."""
    if "type" in condition:
        value = condition["value"]
        shown = str(value).lower() if isinstance(value, bool) else value
        return f"{condition['id']} {condition['op']} {shown}"
    if "not" in condition:
        return f"not ({_shown(condition['not'])})"
    word, parts = ("and", condition["all"]) if "all" in condition else ("or", condition["any"])
    return f" {word} ".join(f"({_shown(part)})" for part in parts)


CHECKS: tuple[Check, ...] = (
    Check("quest structure", ("quest",), check_structure),
    Check("quest plays", ("quest",), check_plays),
)
