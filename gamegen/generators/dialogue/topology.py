"""The shape of a dialogue while it is planned: nodes and choices, how deep they lie, and dominators."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from gamegen.generators.dialogue.words import Say
from gamegen.records import JSON


@dataclass(slots=True)
class Choice:
    """A choice: `goto`, or `check` with its two nodes. `to` is whom the player speaks to ("": the node's speaker)."""

    id: str
    say: Say
    goto: str = ""
    check: Mapping[str, JSON] | None = None
    condition: JSON = None
    effects: list[JSON] = field(default_factory=list)
    once: bool = False
    to: str = ""

    @property
    def targets(self) -> list[str]:
        return [self.goto] if self.check is None else [self.check["success"], self.check["failure"]]

    def as_json(self) -> dict[str, JSON]:
        """The choice of the record, without its text."""
        way = {"goto": self.goto} if self.check is None else {"check": dict(self.check)}
        rest = {"condition": self.condition, "effects": self.effects, "once": self.once}
        return {"id": self.id, **way, **{key: value for key, value in rest.items() if value}}


@dataclass(slots=True)
class Node:
    """A node: `choices`, or `end`, or `goto` if it has neither. `again`: plays come back to it, so what was said last
    before a node behind it depends on the play."""

    id: str
    speaker: str
    says: list[Say]
    mood: str
    goto: str = ""
    choices: list[Choice] = field(default_factory=list)
    end: str = ""
    effects: list[JSON] = field(default_factory=list)
    again: bool = False

    @property
    def targets(self) -> list[str]:
        if self.choices:
            return [target for choice in self.choices for target in choice.targets]
        return [] if self.end else [self.goto]

    @property
    def facts(self) -> list[str]:
        return sorted({fact for say in self.says for fact in say.facts})

    def as_json(self) -> dict[str, JSON]:
        """The node of the record, without its texts."""
        way: dict[str, JSON] = {"end": self.end} if self.end else {"goto": self.goto}
        if self.choices:
            way = {"choices": [choice.as_json() for choice in self.choices]}
        kept = {key: value for key, value in (("facts", self.facts), ("effects", self.effects)) if value}
        return {"id": self.id, "speaker": self.speaker, "intent": self.says[0].intent, **kept, **way}


@dataclass(slots=True)
class Tree:
    """The nodes of a dialogue by id, in the order of the record; the first is the start."""

    nodes: dict[str, Node] = field(default_factory=dict)

    def add(self, *nodes: Node) -> None:
        self.nodes.update((node.id, node) for node in nodes)

    @property
    def start(self) -> str:
        return next(iter(self.nodes))

    def choices(self) -> Iterator[tuple[Node, Choice]]:
        for node in self.nodes.values():
            for choice in node.choices:
                yield node, choice


def depths(tree: Tree) -> dict[str, int]:
    """For each node the length of the shortest way to it from the start, in edges, whatever the conditions."""
    found = {tree.start: 0}
    waiting = [tree.start]
    for id in waiting:
        for target in tree.nodes[id].targets:
            if target not in found:
                found[target] = found[id] + 1
                waiting.append(target)
    return found


def dominators(tree: Tree) -> dict[str, str]:
    """For each node but the start, its immediate dominator: the last node that every play to it has visited before.

    Cooper, Harvey and Kennedy, *A Simple, Fast Dominance Algorithm* (2001): in reverse postorder, with intersections
    along the tree so far.
    """
    order = _reverse_postorder(tree)
    place = {id: n for n, id in enumerate(order)}
    before: list[list[int]] = [[] for _ in order]
    for id in order:
        for target in tree.nodes[id].targets:
            before[place[target]].append(place[id])
    above: list[int] = [0] + [-1] * (len(order) - 1)
    changing = True
    while changing:
        changing = False
        for n in range(1, len(order)):
            found = -1
            for source in before[n]:
                if above[source] < 0:
                    continue
                one, other = source, found if found >= 0 else source
                while one != other:
                    if one > other:
                        one = above[one]
                    else:
                        other = above[other]
                found = one
            if found != above[n]:
                above[n], changing = found, True
    return {order[n]: order[above[n]] for n in range(1, len(order))}


def _reverse_postorder(tree: Tree) -> list[str]:
    result: list[str] = []
    seen = {tree.start}
    stack = [(tree.start, iter(tree.nodes[tree.start].targets))]
    while stack:
        id, targets = stack[-1]
        for target in targets:
            if target not in seen:
                seen.add(target)
                stack.append((target, iter(tree.nodes[target].targets)))
                break
        else:
            stack.pop()
            result.append(id)
    return result[::-1]
