"""A dialogue while it is planned: the tree so far, where it may still grow, and what its variables are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from gamegen._random import Stream, digest
from gamegen.errors import UsageError
from gamegen.generators.dialogue.cast import Cast, subject_of, world_subject
from gamegen.generators.dialogue.motifs import Deck, turn
from gamegen.generators.dialogue.settings import Wishes
from gamegen.generators.dialogue.topology import Choice, Node, Tree
from gamegen.generators.dialogue.words import Claims, Say, Speaker, Subject
from gamegen.generators.phrases import clause, noun
from gamegen.records import JSON, Brief
from gamegen.world import Character, Entity, Fact, World

BYE = "bye"
TRUST, ANNOYED, STANCE, LEVERAGE = "trust", "annoyed", "stance", "leverage"
FACTS = 0.245
"""Share of nodes that tell a fact below which facts go first."""
TOUCH = 0.46
"""Share of nodes that tell a fact or go on with the subject of one, below which such questions go before small talk."""
SKILLS = ("persuasion", "insight", "intimidation", "deception", "performance")
_MOODS = {
    "greets": ("friendly", "tired", "wary", "busy", "curious", "absent", "cheerful", "stiff"),
    "success": ("relieved", "grudging", "warmer", "surprised", "thoughtful"),
    "failure": ("cold", "annoyed", "hurt", "scornful", "final"),
    "secret": ("hushed", "bitter", "ashamed", "defiant", "shaken"),
    "leaves": ("brisk", "kind", "distracted", "weary", "lighter"),
    "tells": ("matter-of-fact", "low", "animated", "uneasy", "patient", "amused", "careful", "proud"),
}


@dataclass(frozen=True, slots=True)
class Topic:
    """What is spoken of at a node. `fact` is told there; `kind` is "bark" where people talk past the player."""

    subject: Subject
    by: Character
    fact: Fact | None = None
    kind: str = ""


@dataclass(slots=True)
class Tail:
    """A node that only leads on, so that lines may be put behind it and it may become a choice point."""

    node: str
    topic: Topic


@dataclass(slots=True)
class Point:
    """A choice point to which questions may be added before its last choice; their answers lead to `returns`."""

    node: str
    returns: str
    topic: Topic
    limit: int = 4


@dataclass(slots=True)
class Entry:
    """The first node of a pattern, what leads to it, and what its author may add to the choice that does."""

    node: str
    ask: Say
    subject: Subject


@dataclass(frozen=True, slots=True)
class Socket:
    """A node that may become the end of this id."""

    node: str
    end: str


class Talk:
    """The roles, draws and growth of one dialogue. Everything that says something asks `said` first."""

    def __init__(self, world: World, roles: Cast, brief: Brief, seed: int, wishes: Wishes) -> None:
        self.world = world
        self.roles = roles
        self.wishes = wishes
        self.ordinal = brief.ordinal
        self.block = (seed, brief.block)
        self.stream = Stream(seed, brief.id, "dialogue")
        self.lead = speaker(roles.lead)
        self.name = noun(world.name)
        self.said = Claims()
        self.deck = Deck(
            (*self.block, self.name),
            brief.ordinal,
            {
                "world": self.name,
                "place": noun(roles.place.name) if roles.place else "",
                "link": noun(roles.link.name) if roles.link else "",
                "faction": noun(world.factions[roles.faction].name) if roles.faction else "",
            },
            self.said,
        )
        self.tree = Tree()
        self.points: list[Point] = []
        self.tails: list[Tail] = []
        self.sockets: list[Socket] = []
        self.locals: dict[str, JSON] = {}
        """Local variables by id, each with its initial value."""
        self.checks = wishes.checks
        """Skill checks that are still to come."""
        self.onces = 5
        """Once-choices that may still come: each may double the states of the proof."""
        self.patterns: list[str] = []
        self.optional: list[Choice] = []
        """Questions that nothing depends on."""
        self.secret_told = False
        self._moods: dict[str, int] = {}
        self._subjects: dict[str, str] = {}
        """Ids of the entries that nodes speak of, by node."""
        self._asked = 0
        self._skills = self._scheduled(SKILLS, "skills")

    @property
    def room(self) -> int:
        return self.wishes.nodes - len(self.tree.nodes)

    @property
    def wants_facts(self) -> bool:
        """Whether fewer nodes tell a fact than should."""
        nodes = self.tree.nodes.values()
        return sum(any(say.facts for say in node.says) for node in nodes) <= FACTS * len(nodes)

    @property
    def wants_touch(self) -> bool:
        """Whether fewer nodes tell a fact, or speak of what one is about, than should."""
        nodes = self.tree.nodes.values()
        about = {id for node in nodes for fact in node.facts for id in self.world.facts[fact].about}
        near = sum(bool(node.facts) or self._subjects.get(node.id) in about for node in nodes)
        return near <= TOUCH * len(nodes)

    def id(self, name: str) -> str:
        """A node id from a name; the same name again gets a number."""
        name = name if len(name) <= 100 else f"{name[:90]}_{digest(name).hex()[:8]}"
        if name not in self.tree.nodes:
            return name
        return next(each for n in range(2, 1000) if (each := f"{name}_{n}") not in self.tree.nodes)

    def node(
        self, name: str, mood: str, say: Say, goto: str, by: Character | None = None, topic: Topic | None = None
    ) -> Node:
        """A new node. One with a topic may be led on from."""
        node = Node(self.id(name), (by or self.roles.lead).id, [say], self.mood(mood), goto)
        self.tree.add(node)
        if topic is not None:
            self.tails.append(Tail(node.id, topic))
            self._subjects[node.id] = topic.subject.id
        return node

    def mood(self, kind: str) -> str:
        """The next mood of a kind: moods take turns within a record and over the ordinals."""
        order = self._scheduled(_MOODS[kind], "mood", kind)
        used = self._moods[kind] = self._moods.get(kind, 0) + 1
        return order[(used - 1) % len(order)]

    def _scheduled(self, items: Sequence[str], *name: str) -> list[str]:
        order = _shuffled(tuple(items), *self.block, *name)
        at = turn(len(order), self.ordinal)
        return [*order[at:], *order[:at]]

    def claim(self, *says: Say) -> bool:
        return self.said.claim(*says)

    def point(self, node: Node, returns: str, topic: Topic, limit: int = 4) -> None:
        """Let questions be added to the node; it is none of the nodes that only lead on any more."""
        self.tails = [tail for tail in self.tails if tail.node != node.id]
        self.points.append(Point(node.id, returns, topic, limit))

    def snapshot(self) -> tuple[JSON, ...]:
        """What an attempt may have to take back: nodes, where they lead, and all that counts."""
        lists = list(self.tails), list(self.points), list(self.sockets), list(self.optional)
        return (
            {id: (node.goto, list(node.choices)) for id, node in self.tree.nodes.items()},
            *lists,
            dict(self.locals),
            (self.checks, self.onces, self.secret_told),
            self.said.snapshot(),
            self.deck.snapshot(),
        )

    def restore(self, before: tuple[JSON, ...]) -> None:
        nodes, self.tails, self.points, self.sockets, self.optional, self.locals, counts, said, deck = before
        self.tree.nodes = {id: self.tree.nodes[id] for id in nodes}
        for id, (goto, choices) in nodes.items():
            self.tree.nodes[id].goto, self.tree.nodes[id].choices = goto, choices
        self.checks, self.onces, self.secret_told = counts
        self.said.restore(said)
        self.deck.restore(deck)

    def local(self, id: str, initial: JSON) -> None:
        self.locals.setdefault(id, initial)

    def once(self) -> bool:
        """Whether one more choice may be offered once only."""
        self.onces -= 1
        return self.onces >= 0

    def subject(self, fact: Fact | None) -> Subject:
        """What a fact is about; without one the place, or the world."""
        return subject_of(self.world, fact, self.roles.lead) or (
            Subject.of(self.roles.place) if self.roles.place else world_subject(self.world)
        )

    def entity(self, subject: Subject) -> Entity | None:
        return self.world.get(subject.id) if subject.id else None

    def one(self, slot: str, subject: Subject, by: Character | None = None) -> Say | None:
        """The next motif of a slot of single lines about a subject; None when there is none left."""
        return self.deck.one(slot, speaker(by or self.roles.lead), subject=subject.name)

    def needed(self, slot: str, **values: str) -> Say:
        """The next motif of a slot of single lines that a dialogue cannot do without. Raises UsageError (GG005)."""
        says = self.deck.filled(slot, self.lead, values)
        if not says:
            raise UsageError.of(
                "GG005",
                f"no motif of {slot} is left that this world can fill",
                "add one to templates/dialogue/motifs",
            )
        return says[0]

    def ask(self, subject: Subject, by: Character | None = None) -> Say | None:
        """A question about the subject that was not asked before: one for its type and one for any take turns."""
        self._asked += 1
        slots = [f"ask_{subject.type}", "ask"]
        first, second = slots if (self.ordinal + self._asked) % 2 else reversed(slots)
        return self.one(first, subject, by) or self.one(second, subject, by)

    def press(self, name: str, subject: Subject, goto: str) -> Choice | None:
        """A skill check: the choice; the nodes of its outcomes lead to `goto`. None when all is said."""
        for skill in list(self._skills):
            says = self.deck.draw(skill, self.lead, subject=subject.name)
            if not says:
                continue
            self._skills.append(self._skills.pop(self._skills.index(skill)))
            choice, success, failure = says
            topic = Topic(subject, self.roles.lead)
            yes = self.node(f"{name}_success", "success", success, goto, topic=topic)
            no = self.node(f"{name}_failure", "failure", failure, goto)
            if self.roles.angers is not None:
                no.effects.append(effect("flag", self.roles.angers.id, "set", True))
            self.checks -= 1
            self.sockets.append(Socket(no.id, "driven_off"))
            dc = (10, 11, 12, 13, 14, 15, 16)[turn(7, self.ordinal, 3) - self.checks % 3]
            check = {"skill": skill, "dc": dc, "success": yes.id, "failure": no.id}
            return Choice(name, choice, check=check)
        return None

    def secret_gate(self, gate: JSON) -> JSON:
        """The gate of the secret, and what else must be so: it is still news while a flag about it is off."""
        closes = self.roles.closes
        return gate if closes is None else {"all": [gate, leaf("flag", closes.id, "==", False)]}


@lru_cache(maxsize=1024)
def speaker(person: Character) -> Speaker:
    return Speaker.of(person)


@lru_cache(maxsize=1024)
def _shuffled(items: tuple[str, ...], *name: str | int) -> tuple[str, ...]:
    return tuple(Stream(*name).shuffled(items))


def leaf(type: str, id: str, op: str, value: JSON) -> JSON:
    return {"type": type, "id": id, "op": op, "value": value}


def effect(type: str, id: str, op: str, value: JSON) -> JSON:
    return {"type": type, "id": id, "op": op, "value": value}


def outcome(end: str, talk: Talk) -> str:
    """What an end comes to, for the designer."""
    name, subject = talk.roles.lead.name, talk.roles.subject.name
    secret, quest = talk.roles.secret, talk.wishes.quest or {}
    return {
        "left": "the player leaves",
        "learned": f"the player has learned that {clause(secret.text)}" if secret else f"{name} trusts the player",
        "helped": f"the player will help {name}",
        "driven_off": f"{name} has sent the player away over {subject}",
        "agreed": f"{name} and the player have come to terms over {subject}",
        "refused": f"{name} and the player could not agree over {subject}",
        "quarreled": f"{name} and the player part in a quarrel",
        "promised": f"the player has promised {name} to come back",
        "sent_on": f"{name} has sent the player on to others",
        "accepted": f"the player will {quest.get('task', '')}",
        "declined": "the player has declined the quest",
        "settled": f"{name} has paid for the quest",
    }[end]
