"""The record of a planned dialogue without its texts, what it refers to, and its outline for people."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from gamegen.generators.dialogue.talk import Talk, outcome
from gamegen.generators.dialogue.topology import Node, Tree
from gamegen.generators.dialogue.words import Say
from gamegen.generators.phrases import noun
from gamegen.play import DEFAULTS
from gamegen.records import JSON
from gamegen.world import Entity

_TYPES: Mapping[type, str] = {bool: "bool", int: "int", str: "string"}


def ordered(tree: Tree) -> None:
    """Put the nodes in the order in which a play may meet them first, depth first along the choices.

    Choices of one node get ids of their own.
    """
    for node in tree.nodes.values():
        taken: set[str] = set()
        for choice in node.choices:
            name = choice.id[:96]
            choice.id = (
                name if name not in taken else next(each for n in range(2, 100) if (each := f"{name}_{n}") not in taken)
            )
            taken.add(choice.id)
    order: dict[str, Node] = {}
    waiting = [tree.start]
    while waiting:
        id = waiting.pop()
        if id not in order:
            order[id] = tree.nodes[id]
            waiting += reversed(order[id].targets)
    tree.nodes = {**order, **{id: node for id, node in tree.nodes.items() if id not in order}}


def document(id: str, talk: Talk) -> dict[str, JSON]:
    """The record without its texts."""
    roles, tree = talk.roles, talk.tree
    speakers = [roles.lead.id, *(node.speaker for node in tree.nodes.values())]
    if "other" in talk.wishes.fixed:
        speakers.insert(1, roles.others[0].id)
    ends = dict.fromkeys(node.end for node in tree.nodes.values() if node.end)
    result: dict[str, JSON] = {
        "kind": "dialogue",
        "id": id,
        "schema_version": 1,
        "topic": roles.secret.text if roles.secret is not None else roles.subject.name,
        "participants": list(dict.fromkeys(speakers)),
        "variables": [
            {"id": name, "type": _TYPES[type(initial)], "initial": initial}
            for name, initial in sorted(talk.locals.items())
        ],
        "start": tree.start,
        "nodes": [node.as_json() for node in tree.nodes.values()],
        "ends": [{"id": end, "outcome": outcome(end, talk)} for end in ends],
    }
    if roles.place is not None:
        result["location"] = roles.place.id
    result["refs"] = _refs(result, talk)
    return result


def _refs(record: dict[str, JSON], talk: Talk) -> list[JSON]:
    """Every entry of the world that the record uses or whose name a text is to say, and the quest."""
    tree = talk.tree
    ids = {*record["participants"], record.get("location", "")}
    says = [say for node in tree.nodes.values() for say in node.says] + [choice.say for _, choice in tree.choices()]
    said = "\n".join(f"{say.must}\n{say.plain}" for say in says)
    for _, choice in tree.choices():
        ids |= set(_ids(choice.condition)) | {change["id"] for change in choice.effects}
    for node in tree.nodes.values():
        ids |= {*node.facts, *(change["id"] for change in node.effects)}
    result = [_quest(talk.wishes.quest)] if talk.wishes.quest is not None else []
    for entity in talk.world:
        spoken = entity.type not in ("fact", "flag", "culture") and _says(said, entity)
        if entity.id in ids or spoken:
            ref: dict[str, JSON] = {"type": entity.type, "id": entity.id, "name": entity.name}
            if entity.type == "item":
                ref |= {"value_type": "int", "initial": DEFAULTS["item"]}
            if entity.type == "flag":
                flag = talk.world.flags[entity.id]
                ref |= {"value_type": flag.value_type, "initial": flag.default}
            result.append(ref)
    return sorted(result, key=lambda ref: (ref["type"], ref["id"]))


def _quest(quest: Mapping[str, JSON]) -> dict[str, JSON]:
    states = [quest["offered"], *quest["active"], *quest["success"], *quest.get("failed", ())]
    return {
        "type": "quest",
        "id": str(quest["id"]),
        "name": str(quest.get("title") or quest["id"]),
        "value_type": "string",
        "initial": str(quest["offered"]),
        "values": list(dict.fromkeys([*map(str, states), *map(str, quest.get("states", ()))])),
    }


def _ids(condition: JSON) -> Iterator[str]:
    if isinstance(condition, dict):
        if "type" in condition:
            yield condition["id"]
        for part in (*condition.get("all", ()), *condition.get("any", ())):
            yield from _ids(part)


def _says(text: str, entity: Entity) -> bool:
    name = noun(entity.name)
    return name in text and _pattern(name).search(text) is not None


@lru_cache(maxsize=4096)
def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")


def outline(record: dict[str, JSON], talk: Talk) -> list[str]:
    """What `gamegen plan` shows: who and about what, patterns and counts, then each node with its task and choices."""
    roles, tree = talk.roles, talk.tree
    where = f" at {roles.place.name}" if roles.place is not None else ""
    with_whom = "".join(f", with {talk.world.characters[id].name}" for id in record["participants"][1:])
    points = sum(bool(node.choices) for node in tree.nodes.values())
    choices = list(tree.choices())
    checks = sum(choice.check is not None for _, choice in choices)
    ends = ", ".join(end["id"] for end in record["ends"])
    variables = ", ".join(f"{each['id']} ({each['type']})" for each in record["variables"]) or "none"
    tone = f"; tone: {talk.wishes.tone}" if talk.wishes.tone else ""
    return [
        f"{roles.lead.name}, {roles.lead.role}{where}{with_whom}: about {roles.subject.name}{tone}",
        f"{len(tree.nodes)} nodes, {len(choices)} choices at {points} points, {checks} skill checks; "
        f"pattern: {talk.patterns[0]}{''.join(f', {name}' for name in talk.patterns[1:])}; "
        f"ends: {ends}; variables: {variables}",
        *(_shown(node) for node in tree.nodes.values()),
    ]


def _shown(node: Node) -> str:
    def said(say: Say) -> str:
        return f"{say.intent}: {say.must}"

    ways = [f"[{choice.id} -> {' | '.join(choice.targets)}]" for choice in node.choices]
    way = " ".join(ways) if ways else f"-> {node.goto}" if node.goto else f"ends: {node.end}"
    return f"{node.id}: {'; '.join(map(said, node.says))} {way}"
