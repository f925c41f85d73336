"""A dialogue record as a script: a knot that resets what lasts one play, a stitch per node and per end."""

from __future__ import annotations

from collections.abc import Mapping

from gamegen.records import JSON

from . import names
from .logic import both, condition, effects
from .script import (
    Block,
    Check,
    Choice,
    Condition,
    Goto,
    Line,
    Menu,
    Script,
    Set,
    Speaker,
    Step,
    Stop,
    Test,
    Title,
    Variable,
)
from .texts import template


def dialogue_script(record: Mapping[str, JSON]) -> Script:
    """The script of a dialogue. Raises InvalidContent (GG050, GG316) for a text that cannot be shown."""
    id = str(record["id"])
    knot = Title(names.knot("dialogue", id))
    variables = _variables(record)
    entry: tuple[Step, ...] = (*(Set(one.name, one.value) for one in variables), Goto(_node(id, record["start"])))
    speakers = {ref["id"]: ref["name"] for ref in record["refs"]}
    return Script(
        "dialogue",
        id,
        (
            Block(knot, entry),
            *(_node_block(record, node, speakers) for node in record["nodes"]),
            *(_end_block(id, end) for end in record["ends"]),
        ),
        variables,
    )


def _variables(record: Mapping[str, JSON]) -> tuple[Variable, ...]:
    """Local variables, the marks of choices offered once, and the end reached; all set anew by each play."""
    id = str(record["id"])
    return (
        *(
            Variable(names.local(id, one["id"]), one["initial"], id, f"local {one['id']}")
            for one in record["variables"]
        ),
        *(
            Variable(names.chosen(id, node["id"], choice["id"]), False, id, f"taken: {node['id']}, {choice['id']}")
            for node in record["nodes"]
            for choice in node.get("choices", ())
            if choice.get("once")
        ),
        Variable(names.end(id), "", id, "the end that the last play reached"),
    )


def _node(record: str, id: str) -> Title:
    return Title(names.knot("dialogue", record), names.joined("node", id))


def _end(record: str, id: str) -> Title:
    return Title(names.knot("dialogue", record), names.joined("end", id))


def _node_block(record: Mapping[str, JSON], node: Mapping[str, JSON], speakers: Mapping[str, str]) -> Block:
    id = str(record["id"])
    speaker = Speaker(node["speaker"], speakers.get(node["speaker"], node["speaker"]))
    lines = (Line(template(record, line), line["id"], speaker, (f"speaker:{speaker.id}",)) for line in node["lines"])
    way: Step
    if "choices" in node:
        way = Menu(tuple(_choice(record, node, choice) for choice in node["choices"]))
    else:
        way = Goto(_node(id, node["goto"]) if "goto" in node else _end(id, node["end"]))
    return Block(_node(id, node["id"]), (*effects(node.get("effects", ()), id), *lines, way))


def _choice(record: Mapping[str, JSON], node: Mapping[str, JSON], choice: Mapping[str, JSON]) -> Choice:
    id = str(record["id"])
    taken = names.chosen(id, node["id"], choice["id"]) if choice.get("once") else ""
    fresh: Condition | None = Test(taken, "==", False) if taken else None
    holds = condition(choice.get("condition"), id)
    mark: tuple[Step, ...] = (Set(taken, True),) if taken else ()
    way: Step
    tags: tuple[str, ...] = ()
    if check := choice.get("check"):
        way = Check(check["skill"], check["dc"], _node(id, check["success"]), _node(id, check["failure"]))
        tags = (f"skill:{check['skill']}", f"dc:{check['dc']}")
    else:
        way = Goto(_node(id, choice["goto"]))
    return Choice(
        template(record, choice["text"]),
        choice["text"]["id"],
        (*mark, *effects(choice.get("effects", ()), id), way),
        both(fresh, holds) if fresh or holds else None,
        tags,
    )


def _end_block(record: str, end: Mapping[str, JSON]) -> Block:
    return Block(
        _end(record, end["id"]), (*effects(end.get("effects", ()), record), Set(names.end(record), end["id"]), Stop())
    )
