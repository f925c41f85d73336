"""The shape of many dialogues beside that of shipped ones; run as a module, it prints the figures."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from gamegen.generators.dialogue.generator import GENERATOR
from gamegen.records import Brief
from gamegen.world import World
from gamegen.world_file import load_world

SAMPLES = Path(__file__).parents[2] / "samples"
WORLDS = ("saltmarrow", "perihelion")
BANDS = {
    "nodes, median": (17, 25),
    "nodes, 10th percentile": (6, 10),
    "nodes, 90th percentile": (45, 70),
    "edges, median": (22, 34),
    "options per choice point": (2.4, 3.2),
    "depth, median": (7, 11),
    "ends, median": (2, 2),
    "share of player lines": (0.36, 0.46),
    "share with a cycle": (0.5, 0.7),
    "share of NPC lines that touch a fact": (0.57, 0.75),
    "share of NPC lines that tell a fact": (0.25, 0.38),
    "share of NPC musts of two parts": (0.5, 0.85),
    "words per NPC must": (10, 16),
}
"""Shipped dialogues: 21, 8, 60, 28, 2.8, 9, 2, 0.41, 0.60, 0.57; the last three are our own.

A line touches a fact if it tells one, or speaks of the subject of a fact that is told in the dialogue: it names what
that fact is about, or answers a question that names it.
"""


def shapes(world: str, count: int, seed: int = 7) -> list[dict[str, Any]]:
    """What each plan measures."""
    loaded = load_world(SAMPLES / world / "world")
    plans = [GENERATOR.plan(loaded, Brief("dialogue", "talk", f"{n:04d}", n), seed).data for n in range(1, count + 1)]
    return [
        shape(data["document"])
        | musts(data["texts"])
        | {"pattern": data["patterns"][0], "touching": touching(data, loaded)}
        for data in plans
    ]


def shape(document: dict[str, Any]) -> dict[str, Any]:
    nodes = {node["id"]: node for node in document["nodes"]}
    targets = {id: following(node) for id, node in nodes.items()}
    found = {document["start"]: 0}
    waiting = [document["start"]]
    for id in waiting:
        for target in targets[id]:
            if target not in found:
                found[target] = found[id] + 1
                waiting.append(target)
    return {
        "nodes": len(nodes),
        "edges": sum(map(len, targets.values())),
        "options": [len(node["choices"]) for node in nodes.values() if "choices" in node],
        "depth": max(found.values()),
        "ends": len(document["ends"]),
        "facts": sum("facts" in node for node in nodes.values()),
        "cycle": circular(targets),
    }


def following(node: dict[str, Any]) -> list[str]:
    result = [node["goto"]] if "goto" in node else []
    for choice in node.get("choices", ()):
        result += [choice["goto"]] if "goto" in choice else [choice["check"]["success"], choice["check"]["failure"]]
    return result


def circular(targets: dict[str, list[str]]) -> bool:
    """Kahn's algorithm: what cannot be removed without predecessors lies in a circle or behind one."""
    incoming = dict.fromkeys(targets, 0)
    for each in targets.values():
        for target in each:
            incoming[target] += 1
    free = [id for id, count in incoming.items() if count == 0]
    for id in free:
        for target in targets[id]:
            incoming[target] -= 1
            if incoming[target] == 0:
                free.append(target)
    return len(free) < len(targets)


def musts(texts: list[dict[str, Any]]) -> dict[str, Any]:
    lines = [text["card"]["must"] for text in texts if text["card"]["kind"] == "npc_line"]
    return {
        "two_parts": sum("; also: " in must for must in lines),
        "words": sum(len(must.replace("; also:", "").split()) for must in lines),
    }


def touching(data: Mapping[str, Any], world: World) -> int:
    """How many nodes touch a fact; the definition is at `BANDS`."""
    nodes = data["document"]["nodes"]
    told = {fact for node in nodes for fact in node.get("facts", ())}
    about = {id for fact in told for id in world.facts[fact].about}
    musts: dict[str, list[str]] = {node["id"]: [] for node in nodes}
    for text in data["texts"]:
        _, id, kind, name = text["key"].split("/")
        must = text["card"]["must"].casefold()
        node = next(node for node in nodes if node["id"] == id)
        if kind == "lines":
            musts[id].append(must)
        else:
            choice = next(choice for choice in node["choices"] if choice["id"] == name)
            for target in [choice["goto"]] if "goto" in choice else choice["check"].values():
                if target in musts:
                    musts[target].append(must)
    found = 0
    for node in nodes:
        names = [world.get(id).name.casefold() for id in about - {node["speaker"]} if world.get(id) is not None]
        found += "facts" in node or any(name in must for must in musts[node["id"]] for name in names)
    return found


def summary(rows: list[dict[str, Any]]) -> dict[str, float]:
    """The figures of `BANDS`."""
    lines = sum(row["nodes"] for row in rows)
    options = [count for row in rows for count in row["options"]]
    sizes = sorted(row["nodes"] for row in rows)
    return {
        "nodes, median": median(sizes),
        "nodes, 10th percentile": sizes[len(sizes) // 10],
        "nodes, 90th percentile": sizes[len(sizes) * 9 // 10],
        "edges, median": median(row["edges"] for row in rows),
        "options per choice point": sum(options) / len(options),
        "depth, median": median(row["depth"] for row in rows),
        "ends, median": median(row["ends"] for row in rows),
        "share of player lines": sum(options) / (sum(options) + lines),
        "share with a cycle": sum(row["cycle"] for row in rows) / len(rows),
        "share of NPC lines that touch a fact": sum(row["touching"] for row in rows) / lines,
        "share of NPC lines that tell a fact": sum(row["facts"] for row in rows) / lines,
        "share of NPC musts of two parts": sum(row["two_parts"] for row in rows) / lines,
        "words per NPC must": sum(row["words"] for row in rows) / lines,
    }


@cache
def figures() -> dict[str, float]:
    return summary([row for world in WORLDS for row in shapes(world, 300)])


@pytest.mark.parametrize("name", BANDS)
def test_dialogues_have_the_shape_of_shipped_ones(name: str) -> None:
    low, high = BANDS[name]
    assert low <= figures()[name] <= high


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_batch_of_thirty_already_has_the_sizes(seed: int) -> None:
    sizes = sorted(row["nodes"] for row in shapes("saltmarrow", 30, seed))
    assert 15 <= median(sizes) <= 27
    assert sizes[3] <= 12
    assert sizes[27] >= 40


def test_every_pattern_but_the_quest_occurs() -> None:
    patterns = {row["pattern"] for row in shapes("saltmarrow", 60)}
    assert patterns == {"hub", "funnel", "reconverge", "negotiation", "secret", "barks"}


if __name__ == "__main__":
    for name, value in figures().items():
        print(f"{name:40}{value:8.2f}   {BANDS[name][0]} to {BANDS[name][1]}")  # noqa: T201
