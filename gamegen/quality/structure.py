"""The shape of dialogues and quests, beside that of professional dialogues."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from gamegen.quality.forms import measured
from gamegen.records import JSON

REFERENCE: Mapping[str, float] = {
    "nodes": 21,
    "edges": 28,
    "options": 2.8,
    "depth": 9,
    "ends": 2,
    "player_lines": 0.41,
    "npc_words": 16.9,
    "player_words": 7.6,
    "lines_with_facts": 0.57,
}
"""Medians of 159 dialogues of shipped games (docs/quality.md)."""


@dataclass(frozen=True, slots=True)
class Figure:
    """Of one property over the records of a kind. reference: the median of professional ones, where it is known."""

    median: float
    p10: float
    p90: float
    reference: float | None = None

    def as_json(self) -> dict[str, JSON]:
        own: dict[str, JSON] = {"median": self.median, "p10": self.p10, "p90": self.p90}
        own = {name: round(value, 4) for name, value in own.items()}
        return own if self.reference is None else {**own, "reference": self.reference}


def structure(records: Iterable[Mapping[str, JSON]]) -> dict[str, dict[str, Figure]]:
    """Kind -> property -> figure, for dialogues and quests."""
    found: dict[str, list[dict[str, float]]] = {}
    for kind, own in measured(records, _of_kind):
        if own:
            found.setdefault(kind, []).append(own)
    return {kind: _figures(values, REFERENCE if kind == "dialogue" else {}) for kind, values in sorted(found.items())}


def _of_kind(record: Mapping[str, JSON]) -> tuple[str, dict[str, float]]:
    """The kind of a record and its properties, if it has any."""
    kind = str(record["kind"])
    if kind == "dialogue":
        return kind, _dialogue(record)
    return kind, _quest(record) if kind == "quest" else {}


def _figures(values: Sequence[Mapping[str, float]], reference: Mapping[str, float]) -> dict[str, Figure]:
    return {name: _figure([each[name] for each in values], reference.get(name)) for name in values[0]}


def _dialogue(record: Mapping[str, JSON]) -> dict[str, float]:
    nodes = record["nodes"]
    ways = {node["id"]: _ways(node) for node in nodes}
    points = [len(node["choices"]) for node in nodes if node.get("choices")]
    spoken = [(line["text"], bool(node.get("facts"))) for node in nodes for line in node["lines"]]
    chosen = [choice["text"]["text"] for node in nodes for choice in node.get("choices", ())]
    return {
        "nodes": len(nodes),
        "edges": sum(map(len, ways.values())),
        "options": _mean(points),
        "depth": _depth(record["start"], ways),
        "ends": len(record["ends"]),
        "player_lines": len(chosen) / (len(chosen) + len(spoken)) if spoken else 0.0,
        "npc_words": _mean([len(text.split()) for text, _ in spoken]),
        "player_words": _mean([len(text.split()) for text in chosen]),
        "lines_with_facts": _mean([fact for _, fact in spoken]),
    }


def _ways(node: Mapping[str, JSON]) -> list[str]:
    """Where one can go from a node: one for each goto, two for each skill check; ends among them."""
    ways = [node["goto"]] if "goto" in node else []
    for choice in node.get("choices", ()):
        check = choice.get("check")
        ways += [check["success"], check["failure"]] if check else [choice["goto"]]
    return [str(way) for way in ways]


def _depth(start: str, ways: Mapping[str, Sequence[str]]) -> int:
    """Nodes on the shortest way from the start to the node that is farthest from it."""
    depths = {start: 1}
    waiting = deque([start])
    while waiting:
        node = waiting.popleft()
        for way in ways.get(node, ()):
            if way in ways and way not in depths:
                depths[way] = depths[node] + 1
                waiting.append(way)
    return max(depths.values())


def _quest(record: Mapping[str, JSON]) -> dict[str, float]:
    stages = record["stages"]
    return {
        "stages": len(stages),
        "objectives": sum(len(stage["objectives"]) for stage in stages),
        "edges": sum(len(stage.get("next", ())) for stage in stages),
        "branches": sum(len(stage.get("next", ())) > 1 for stage in stages),
        "outcomes": len(record["outcomes"]),
    }


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def _figure(values: Sequence[float], reference: float | None) -> Figure:
    ordered = sorted(values)
    return Figure(_quantile(ordered, 0.5), _quantile(ordered, 0.1), _quantile(ordered, 0.9), reference)


def _quantile(ordered: Sequence[float], share: float) -> float:
    """With linear interpolation, as numpy's default."""
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return float(ordered[low] + (ordered[high] - ordered[low]) * (place - low))
