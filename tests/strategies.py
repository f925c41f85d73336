"""Hypothesis strategies that several tests share."""

from __future__ import annotations

import unicodedata
from typing import Any

from hypothesis import strategies as st

from gamegen.checks.dialogue_states import conditions, explore, leaves
from gamegen.records import line_id

Dialogue = dict[str, Any]

FLAGS: dict[str, tuple[str, Any, list[Any]]] = {
    "alarm": ("bool", False, [False, True]),
    "gold": ("int", 3, [-1, 0, 1, 2, 5]),
    "weather": ("string", "rain", ["rain", "fog", "clear sky"]),
}
ITEMS = {"lens": 0, "ore": 2}
QUESTS = {"find_lens": ["inactive", "search", "done"]}
LOCALS: dict[str, tuple[str, Any, list[Any]]] = {
    "angry": ("bool", False, [False, True]),
    "trust": ("int", 0, [-1, 0, 1, 2, 3]),
    "mood": ("string", "calm", ["calm", "sad"]),
}
SPEAKERS = {"mira": "Mira Voss", "oren": "Oren Tal"}
PLACEHOLDERS = {"player": "Ada", "item.lens": "the Great Lens"}


MARKS = [*"\\[]{}|~#/<>*+=-!&$(\"`:@%^;,.?'", "->", "<-", "//", "===", "<<", ">>", "TODO:", "VAR", "https://"]
"""What the formats give a meaning to."""


@st.composite
def texts(draw: st.DrawFn) -> str:
    """A text within the text profile: any printable characters, single spaces inside, braces doubled, placeholders."""
    printable = st.characters(codec="utf-8", exclude_categories=("C", "Z"))
    unit = st.one_of(printable, st.sampled_from(MARKS)).map(lambda unit: unit.replace("{", "{{").replace("}", "}}"))
    word = st.lists(unit, min_size=1, max_size=6).map("".join)
    words = draw(
        st.lists(st.one_of(word, st.sampled_from(["the", "lens", "{player}", "{item.lens}"])), min_size=1, max_size=8)
    )
    return unicodedata.normalize("NFC", " ".join(words))


def _constants(type: str, id: str) -> st.SearchStrategy[Any]:
    if type == "item":
        return st.sampled_from([0, 1, 2, 3])
    if type == "quest":
        return st.sampled_from(QUESTS[id])
    return st.sampled_from((FLAGS if type == "flag" else LOCALS)[id][2])


def _variables() -> st.SearchStrategy[tuple[str, str]]:
    return st.sampled_from(
        [
            *(("flag", id) for id in FLAGS),
            *(("item", id) for id in ITEMS),
            *(("quest", id) for id in QUESTS),
            *(("local", id) for id in LOCALS),
        ]
    )


@st.composite
def leaf_conditions(draw: st.DrawFn) -> dict[str, Any]:
    type, id = draw(_variables())
    value = draw(_constants(type, id))
    ordered = isinstance(value, int) and not isinstance(value, bool)
    op = draw(st.sampled_from(["==", "!=", "<", "<=", ">", ">="] if ordered else ["==", "!="]))
    return {"type": type, "id": id, "op": op, "value": value}


def nested_conditions() -> st.SearchStrategy[dict[str, Any]]:
    """Leaf tests below any nesting of all, any and not."""
    return st.recursive(
        leaf_conditions(),
        lambda inner: st.one_of(
            st.builds(lambda parts: {"all": parts}, st.lists(inner, min_size=1, max_size=3)),
            st.builds(lambda parts: {"any": parts}, st.lists(inner, min_size=1, max_size=3)),
            st.builds(lambda part: {"not": part}, inner),
        ),
        max_leaves=4,
    )


@st.composite
def effect_lists(draw: st.DrawFn) -> list[dict[str, Any]]:
    result = []
    for type, id in draw(st.lists(_variables(), max_size=2)):
        value = draw(_constants(type, id))
        whole = isinstance(value, int) and not isinstance(value, bool)
        op = draw(st.sampled_from(["set", "add"])) if whole else "set"
        result.append({"type": type, "id": id, "op": op, "value": draw(st.integers(-2, 2)) if op == "add" else value})
    return result


@st.composite
def dialogues(draw: st.DrawFn, max_nodes: int = 7, text: st.SearchStrategy[str] | None = None) -> Dialogue:
    """Dialogue records over the whole schema with sound ids, targets and types; they may have dead ends, softlocks,
    nodes that nothing reaches and gotos in a circle."""
    record = "talk_0001"
    said = st.sampled_from(["Rain again.", "What now?", "The lens is gone.", "No."]) if text is None else text

    def words(key: str) -> dict[str, str]:
        return {"id": line_id(record, key), "text": draw(said)}

    count = draw(st.integers(1, max_nodes))
    names = [f"n{i}" for i in range(count)]
    ends = [f"end{i}" for i in range(draw(st.integers(1, 2)))]
    target = st.sampled_from(names)
    nodes = []
    for name in names:
        node: Dialogue = {"id": name, "speaker": draw(st.sampled_from(sorted(SPEAKERS)))}
        node["lines"] = [words(f"nodes/{name}/lines/{i}") for i in range(draw(st.integers(1, 2)))]
        if changes := draw(effect_lists()):
            node["effects"] = changes
        match draw(st.sampled_from(["choices", "choices", "choices", "goto", "end"])):
            case "goto":
                node["goto"] = draw(target)
            case "end":
                node["end"] = draw(st.sampled_from(ends))
            case _:
                node["choices"] = [
                    _choice(draw, f"c{i}", words(f"nodes/{name}/choices/c{i}"), target)
                    for i in range(draw(st.integers(1, 4)))
                ]
        nodes.append(node)
    return {
        "kind": "dialogue",
        "id": record,
        "schema_version": 1,
        "participants": sorted(SPEAKERS),
        "variables": [{"id": id, "type": type, "initial": initial} for id, (type, initial, _) in LOCALS.items()],
        "start": names[0],
        "nodes": nodes,
        "ends": [{"id": end, "outcome": end, "effects": draw(effect_lists())} for end in ends],
        "refs": _refs(),
        "placeholders": [{"name": name, "value": value} for name, value in PLACEHOLDERS.items()],
    }


def _choice(draw: st.DrawFn, id: str, text: dict[str, str], target: st.SearchStrategy[str]) -> Dialogue:
    choice: Dialogue = {"id": id, "text": text}
    if draw(st.booleans()) and draw(st.booleans()):
        dc = draw(st.integers(1, 30))
        choice["check"] = {"skill": "persuasion", "dc": dc, "success": draw(target), "failure": draw(target)}
    else:
        choice["goto"] = draw(target)
    if draw(st.booleans()):
        choice["condition"] = draw(nested_conditions())
    if changes := draw(effect_lists()):
        choice["effects"] = changes
    if draw(st.booleans()):
        choice["once"] = True
    return choice


def _refs() -> list[Dialogue]:
    refs: list[Dialogue] = [{"type": "character", "id": id, "name": name} for id, name in SPEAKERS.items()]
    refs += (
        {"type": "flag", "id": id, "name": id, "value_type": type, "initial": initial}
        for id, (type, initial, _) in FLAGS.items()
    )
    refs += ({"type": "item", "id": id, "name": id, "value_type": "int", "initial": n} for id, n in ITEMS.items())
    refs += (
        {"type": "quest", "id": id, "name": id, "value_type": "string", "initial": states[0], "values": states}
        for id, states in QUESTS.items()
    )
    return refs


@st.composite
def proven_dialogues(draw: st.DrawFn, max_nodes: int = 7, text: st.SearchStrategy[str] | None = None) -> Dialogue:
    """Dialogue records that pass their proofs: `dialogues` with a way out of each choice point, and without what no
    play can reach."""
    record = draw(dialogues(max_nodes, text))
    exit = {"id": line_id(record["id"], "nodes/bye/lines/0"), "text": "Goodbye."}
    record["nodes"].append({"id": "bye", "speaker": "mira", "lines": [exit], "end": record["ends"][0]["id"]})
    position = {node["id"]: n for n, node in enumerate(record["nodes"])}
    for n, node in enumerate(record["nodes"]):
        if "goto" in node and position[node["goto"]] <= n:
            node["goto"] = "bye"  # gotos that only lead forward cannot run in a circle
        if "choices" in node:
            leave = {"id": line_id(record["id"], f"nodes/{node['id']}/choices/leave"), "text": "Farewell."}
            node["choices"].append({"id": "leave", "text": leave, "goto": "bye"})
    return prune(record)


def prune(record: Dialogue) -> Dialogue:
    """The record without what no play reaches and without local variables that nothing tests."""
    while True:
        plays = explore(record, bound=3000)
        if not plays.complete:
            _simplify(record)
            continue
        size = _size(record)
        record["nodes"] = [node for node in record["nodes"] if node["id"] in plays.nodes]
        for node in record["nodes"]:
            taken = {edge.choice for edge in plays.edges if edge.node == node["id"]}
            if "choices" in node:
                node["choices"] = [choice for choice in node["choices"] if choice["id"] in taken]
        record["ends"] = [end for end in record["ends"] if end["id"] in plays.ends]
        read = {leaf["id"] for _, c in conditions(record) for leaf in leaves(c) if leaf["type"] == "local"}
        record["variables"] = [variable for variable in record["variables"] if variable["id"] in read]
        for part in [p for node in record["nodes"] for p in (node, *node.get("choices", ()))] + record["ends"]:
            part["effects"] = [e for e in part.get("effects", ()) if e["type"] != "local" or e["id"] in read]
        if _size(record) == size:
            return record


def _simplify(record: Dialogue) -> None:
    """Make the state space smaller: without effects that add, or, if there are none, without conditions and once."""
    parts = [part for node in record["nodes"] for part in (node, *node.get("choices", ()))]
    adding = any(effect["op"] == "add" for part in parts for effect in part.get("effects", ()))
    for part in parts:
        if adding:
            part["effects"] = [effect for effect in part.get("effects", ()) if effect["op"] == "set"]
        else:
            part.pop("condition", None)
            part.pop("once", None)


def _size(record: Dialogue) -> int:
    return (
        sum(1 + len(node.get("choices", ())) for node in record["nodes"])
        + len(record["variables"])
        + len(record["ends"])
    )
