"""Proofs over dialogue trees: what the records say first, then what their plays can do.

The plays are explored only when ids, targets, types and gotos are sound; faults of those are reported first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from gamegen.checks.dialogue_states import Exploration, explore
from gamegen.checks.dialogue_values import conditions, effects, goto_circle, leaves
from gamegen.errors import InvalidContent
from gamegen.hookspecs import Check, CheckContext
from gamegen.naming import did_you_mean
from gamegen.play import DEFAULTS, TYPES, changed, compare, one_of, show
from gamegen.records import JSON, Finding, canonical

Record = Mapping[str, JSON]
MANY = 300
"""Names among which the nearest is looked for; with more of them, thousands of faults would take minutes."""
_EXPLORED: dict[str, Exploration] = {}


def check_structure(record: Record, context: CheckContext) -> Iterator[Finding]:
    """GG305 to GG311, GG313 and GG316: what can be said without a play."""
    yield from _unsound(record)
    yield from _speakers(record)
    yield from _unused(record)
    yield from _braces(record)


def check_plays(record: Record, context: CheckContext) -> Iterator[Finding]:
    """GG301 to GG304, GG314 and GG315: what the exploration of all plays shows."""
    plays = explored(record)
    if plays is None:
        return
    places = {node["id"]: f"$.nodes[{n}]" for n, node in enumerate(record["nodes"])}
    for node, play in plays.dead.items():
        hint = "give it a choice that is always open"
        yield Finding("GG302", f"node {node!r} can offer no open choice ({play})", hint, where=places[node])
    for node, play in list(plays.stuck.items())[:1]:
        hint = "give every circle a way out that stays open"
        yield Finding("GG303", f"from node {node!r} no end can be reached any more ({play})", hint, where=places[node])
    if not plays.complete:
        yield Finding(
            "GG314",
            f"not proven: the exploration stopped after {plays.states} states (bound {plays.bound}); "
            f"{plays.grows!r} took the most values",
            "test fewer variables, or give its effects a limit",
        )
        return
    for node in record["nodes"]:
        where = places[node["id"]]
        if node["id"] not in plays.nodes:
            yield Finding("GG301", f"no play reaches node {node['id']!r}", "lead to it, or remove it", where=where)
            continue
        taken = {edge.choice for edge in plays.edges if edge.node == node["id"]}
        for c, choice in enumerate(node.get("choices", ())):
            if choice["id"] not in taken:
                message = f"choice {choice['id']!r} of node {node['id']!r} is open in no play"
                yield Finding("GG304", message, "mend its condition, or remove it", where=f"{where}.choices[{c}]")
    for e, end in enumerate(record["ends"]):
        if end["id"] not in plays.ends:
            hint = "lead to it, or remove it"
            yield Finding("GG315", f"no play reaches end {end['id']!r}", hint, where=f"$.ends[{e}]")


def explored(record: Record) -> Exploration | None:
    """What plays of a dialogue can do; None if its ids, targets, types or gotos are not sound.

    The last results are kept by the parts of the record that decide them: who validates asks more than once.
    """
    if any(_unsound(record)):
        return None
    key = canonical([record[part] for part in ("start", "nodes", "ends", "variables", "refs")])
    found = _EXPLORED.pop(key, None)
    if found is None:
        found = explore(record)
    _EXPLORED[key] = found
    while len(_EXPLORED) > 8:
        _EXPLORED.pop(next(iter(_EXPLORED)), None)
    return found


def check_knowledge(record: Record, context: CheckContext) -> Iterator[Finding]:
    """GG312: nobody reveals what they do not know."""
    if context.world is None:
        return
    for n, node in enumerate(record["nodes"]):
        speaker = context.world.characters.get(node["speaker"])
        if speaker is None:
            continue  # the reference checks say so
        for f, fact in enumerate(node.get("facts", ())):
            if fact not in speaker.knows:
                yield Finding(
                    "GG312",
                    f"{speaker.name} does not know the fact {fact!r}",
                    f"known: {', '.join(speaker.knows) or 'nothing'}",
                    where=f"$.nodes[{n}].facts[{f}]",
                )


def _unsound(record: Record) -> Iterator[Finding]:
    """The faults that forbid a play."""
    yield from _ids(record)
    yield from _ways(record)
    yield from _targets(record)
    yield from _variables(record)
    circle = goto_circle(record)
    if circle:
        message = f"expected an offer or an end, found gotos in a circle: {' -> '.join((*circle, circle[0]))}"
        yield Finding("GG313", message, "let one of these nodes offer choices or end")


def _ids(record: Record) -> Iterator[Finding]:
    tables: list[tuple[str, str, Iterable[Mapping[str, JSON]]]] = [
        ("node", "$.nodes", record["nodes"]),
        ("end", "$.ends", record["ends"]),
        ("variable", "$.variables", record["variables"]),
    ]
    tables += (
        (f"choice of node {node['id']!r}:", f"$.nodes[{n}].choices", node.get("choices", ()))
        for n, node in enumerate(record["nodes"])
    )
    for what, where, entries in tables:
        for id, count in Counter(entry["id"] for entry in entries).items():
            if count > 1:
                yield Finding("GG310", f"{what} {id!r} stands {count} times", "give each an id of its own", where=where)


def _ways(record: Record) -> Iterator[Finding]:
    parts = [("node", f"$.nodes[{n}]", node) for n, node in enumerate(record["nodes"])]
    parts += [
        ("choice", f"{where}.choices[{c}]", choice)
        for _, where, node in parts
        for c, choice in enumerate(node.get("choices", ()))
    ]
    for what, where, part in parts:
        try:
            one_of(what, part, *(("choices", "goto", "end") if what == "node" else ("goto", "check")))
        except InvalidContent as error:
            yield _placed(error, where, "keep one of them")


def _targets(record: Record) -> Iterator[Finding]:
    nodes = {node["id"]: None for node in record["nodes"]}
    ends = {end["id"]: None for end in record["ends"]}
    targets: list[tuple[str, str, str, dict[str, None]]] = [("node", record["start"], "$.start", nodes)]
    for n, node in enumerate(record["nodes"]):
        if "goto" in node:
            targets.append(("node", node["goto"], f"$.nodes[{n}].goto", nodes))
        if "end" in node:
            targets.append(("end", node["end"], f"$.nodes[{n}].end", ends))
        for c, choice in enumerate(node.get("choices", ())):
            where = f"$.nodes[{n}].choices[{c}]"
            if "goto" in choice:
                targets.append(("node", choice["goto"], f"{where}.goto", nodes))
            for outcome in ("success", "failure"):
                if outcome in choice.get("check", {}):
                    targets.append(("node", choice["check"][outcome], f"{where}.check.{outcome}", nodes))
    for what, id, where, known in targets:
        if id not in known:
            message = f"expected a {what} that exists, found {id!r}"
            hint = did_you_mean(id, known) if len(known) <= MANY else "see the ids of the record"
            yield Finding("GG308", message, hint, where=where)


def _variables(record: Record) -> Iterator[Finding]:
    """Declared once with a value of the declared type; tested and changed as that type."""
    known: dict[tuple[str, str], JSON] = {}
    states: dict[str, list[str]] = {}
    for r, ref in enumerate(record["refs"]):
        if ref["type"] in DEFAULTS:
            known[ref["type"], ref["id"]] = value = ref.get("initial", DEFAULTS[ref["type"]])
            wanted = {"item": "int", "quest": "string"}.get(ref["type"], ref.get("value_type", "bool"))
            yield from _initial(f"{ref['type']} {ref['id']!r}", wanted, value, f"$.refs[{r}].initial")
            if ref["type"] == "quest" and "values" in ref:
                states[ref["id"]] = ref["values"]
    for v, variable in enumerate(record["variables"]):
        known["local", variable["id"]] = variable["initial"]
        name = f"local variable {variable['id']!r}"
        yield from _initial(name, variable["type"], variable["initial"], f"$.variables[{v}].initial")
    uses = [(where, leaf, compare) for where, condition in conditions(record) for leaf in leaves(condition)]
    for where, part, rule in [*uses, *((where, effect, changed) for where, effect in effects(record))]:
        kind, id = part["type"], part["id"]
        if (kind, id) not in known:
            message = f"expected a {kind} that the record declares, found {id!r}"
            hint = did_you_mean(id, [name for table, name in known if table == kind])
            yield Finding("GG305", message, hint or "declare it in `variables` or `refs`", where=where)
            continue
        try:
            rule(known[kind, id], part)
        except InvalidContent as error:
            yield _placed(error, where, "test and change a variable with values of its own type")
            continue
        if id in states and kind == "quest" and part["value"] not in states[id]:
            message = f"quest {id!r}: expected one of its states, found {part['value']!r}"
            yield Finding("GG306", message, did_you_mean(str(part["value"]), states[id]), where=where)


def _initial(name: str, wanted: str, value: JSON, where: str) -> Iterator[Finding]:
    if type(value) is not TYPES[wanted]:
        message = f"{name}: expected an initial value of type {wanted}, found {value!r}"
        yield Finding("GG306", message, "let type and initial value agree", where=where)


def _speakers(record: Record) -> Iterator[Finding]:
    characters = [ref["id"] for ref in record["refs"] if ref["type"] == "character"]
    for p, participant in enumerate(record["participants"]):
        if participant not in characters:
            message = f"expected a participant that refs list as a character, found {participant!r}"
            yield Finding("GG311", message, did_you_mean(participant, characters), where=f"$.participants[{p}]")
    for n, node in enumerate(record["nodes"]):
        if node["speaker"] not in record["participants"]:
            message = f"expected a participant as the speaker, found {node['speaker']!r}"
            hint = did_you_mean(node["speaker"], record["participants"])
            yield Finding("GG311", message, hint, where=f"$.nodes[{n}].speaker")


def _unused(record: Record) -> Iterator[Finding]:
    read = {leaf["id"] for _, condition in conditions(record) for leaf in leaves(condition) if leaf["type"] == "local"}
    for v, variable in enumerate(record["variables"]):
        if variable["id"] not in read:
            message = f"no condition tests the local variable {variable['id']!r}"
            yield Finding("GG307", message, "test it, or remove it", where=f"$.variables[{v}]")


def _braces(record: Record) -> Iterator[Finding]:
    placeholders = {entry["name"]: entry["value"] for entry in record.get("placeholders", ())}
    for n, node in enumerate(record["nodes"]):
        texts = [(f"$.nodes[{n}].lines[{i}].text", line["text"]) for i, line in enumerate(node["lines"])]
        texts += [
            (f"$.nodes[{n}].choices[{c}].text.text", choice["text"]["text"])
            for c, choice in enumerate(node.get("choices", ()))
        ]
        for where, text in texts:
            try:
                show(text, placeholders)
            except InvalidContent as error:
                yield _placed(error, where, "list it in `placeholders`, or double the brace")


def _placed(error: InvalidContent, where: str, hint: str) -> Finding:
    found = error.findings[0]
    return Finding(found.code, found.message, hint, where=where)


CHECKS: tuple[Check, ...] = (
    Check("dialogue structure", ("dialogue",), check_structure),
    Check("dialogue plays", ("dialogue",), check_plays),
    Check("dialogue knowledge", ("dialogue",), check_knowledge, needs_world=True),
)
