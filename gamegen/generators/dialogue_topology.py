"""The shape of a dialogue: nodes and choices as they are planned, branches that hang from a hub, and dominators.

The topology is a hub: a greeting leads to one node to which every branch returns until a choice leaves it. Branches
hang from the hub, and from one another where the hub is full; every choice point has a way back to the hub.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from gamegen.generators.dialogue_words import Say
from gamegen.records import JSON

HUB = "hub"
HUB_BRANCHES = 2
"""Branches that hang from the hub itself; with the check, the secret and the leave it then offers five choices."""
HOST_BRANCHES = 2
"""Branches that hang from the end of another branch."""
DEPTH = 3
"""Branches that hang from one another in a row."""


@dataclass(slots=True)
class Choice:
    """A choice: `goto`, or `check` with its two nodes."""

    id: str
    say: Say
    goto: str = ""
    check: Mapping[str, JSON] | None = None
    condition: JSON = None
    effects: list[JSON] = field(default_factory=list)
    once: bool = False

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
    """A node: `choices`, or `end`, or `goto` if it has neither."""

    id: str
    speaker: str
    says: list[Say]
    mood: str
    goto: str = HUB
    choices: list[Choice] = field(default_factory=list)
    end: str = ""
    effects: list[JSON] = field(default_factory=list)

    @property
    def targets(self) -> list[str]:
        if self.choices:
            return [target for choice in self.choices for target in choice.targets]
        return [] if self.end else [self.goto]

    def as_json(self) -> dict[str, JSON]:
        """The node of the record, without its texts."""
        way: dict[str, JSON] = {"end": self.end} if self.end else {"goto": self.goto}
        if self.choices:
            way = {"choices": [choice.as_json() for choice in self.choices]}
        facts = sorted({fact for say in self.says for fact in say.facts})
        rest = {"facts": facts, "effects": self.effects}
        kept = {key: value for key, value in rest.items() if value}
        return {"id": self.id, "speaker": self.speaker, "intent": self.says[0].intent, **kept, **way}


@dataclass(slots=True)
class Branch:
    """A question and the nodes it leads to. `host` is a node of them from which other branches may hang ("" if none);
    `subject` is what the player has had enough of when leaving it."""

    entry: Choice
    nodes: list[Node]
    host: str
    subject: str


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


def dominators(tree: Tree) -> dict[str, str]:
    """For each node but the start, its immediate dominator: the last node that every play to it has visited before.

    The iterative method of Cooper, Harvey and Kennedy, *A Simple, Fast Dominance Algorithm* (2001), on sets: trees
    have at most a few dozen nodes.
    """
    order = list(tree.nodes)
    before: dict[str, list[str]] = {id: [] for id in order}
    for node in tree.nodes.values():
        for target in node.targets:
            before[target].append(node.id)
    above: dict[str, set[str]] = {id: set(order) for id in order}
    above[tree.start] = {tree.start}
    changing = True
    while changing:
        changing = False
        for id in order[1:]:
            common = set.intersection(*(above[source] for source in before[id])) | {id}
            if common != above[id]:
                above[id], changing = common, True
    return {
        id: max((each for each in order if each in above[id] - {id}), key=lambda each: len(above[each]))
        for id in order[1:]
    }
