"""Plan a dialogue: a talk with one person of the world around a hub, with a skill check and a secret to be earned.

Every plan has: a greeting; a hub; a check with both outcomes; a secret behind trust (which the check and some questions
earn), or behind an item, and only while a flag about it is off; a choice that always leaves; one to three ends. What is
left of the wanted nodes goes to branches: facts that the person knows, a favor, people, dangers, an item to show, a
second check, and what can be talked about anywhere. 57% of the NPC lines of shipped dialogues touch a fact of the
world: facts go first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gamegen._random import Stream
from gamegen.generators import dialogue_words as words
from gamegen.generators.dialogue_branches import ANNOYED, TRUST, Scene, effect, leaf, outcome
from gamegen.generators.dialogue_cast import cast
from gamegen.generators.dialogue_topology import DEPTH, HOST_BRANCHES, HUB, HUB_BRANCHES, Branch, Choice, Node, Tree
from gamegen.generators.dialogue_words import Approach, Say
from gamegen.generators.dialogue_write import text_specs
from gamegen.generators.phrases import noun
from gamegen.play import DEFAULTS
from gamegen.records import JSON, Brief, Plan
from gamegen.world import World

FEWEST, MOST = 6, 20
FRAME = 6
"""Nodes that every plan has: greeting, hub, success, failure, secret, goodbye."""
SETTINGS: dict[str, dict[str, JSON]] = {
    "character": {"type": "string", "description": "id of the person to talk with"},
    "topic": {"type": "string", "description": "id of the fact that the talk is about; the person must know it"},
    "location": {"type": "string", "description": "id of the place"},
    "nodes": {"type": "integer", "minimum": FEWEST, "maximum": MOST, "description": "how many nodes"},
    "endings": {"type": "integer", "minimum": 1, "maximum": 3, "description": "how many ends"},
}


def plan(world: World, brief: Brief, seed: int) -> Plan:
    """Decide everything but the words. Raises UsageError (GG005) for settings that cannot be met."""
    scene = Scene(world, cast(world, brief, seed), Stream(seed, brief.id, "dialogue"))
    stream = scene.stream.child("shape")
    nodes = int(brief.settings.get("nodes", stream.integer(8, 14)))
    endings = int(brief.settings.get("endings", stream.choice((1, 2, 2, 2, 3))))
    tree, ends = _Shape(scene, nodes, endings).build()
    document = _document(brief.id, scene, tree, ends)
    return Plan(
        kind="dialogue",
        id=brief.id,
        seed=seed,
        data={
            "document": document,
            "texts": text_specs(tree, world),
            "outline": _outline(document, scene, tree),
        },
        context=world.text_context(),
        entries={ref["id"]: world.entry_hash(ref["id"]) for ref in document["refs"]},
    )


class _Shape:
    """The tree while it grows."""

    def __init__(self, scene: Scene, nodes: int, endings: int) -> None:
        self.scene = scene
        self.roles = scene.roles
        self.stream = scene.stream
        self.tree = Tree()
        self.room = nodes - FRAME
        others = ["learned", "driven_off", *(["helped"] if self.room >= 3 else [])]
        self.ends = ["left", *self.stream.sample(others, endings - 1)]
        self.branches: list[Branch] = []
        self.hosts: dict[str, tuple[int, str]] = {}
        """Nodes from which branches may hang: how deep they are, and what was spoken of there."""
        self.approach = self._approach()

    def build(self) -> tuple[Tree, list[str]]:
        scene, lead = self.scene, self.scene.lead
        greetings = words.greetings(lead, scene.place, scene.name)
        hub = scene.node(HUB, "greets", scene.one(words.pauses(lead)))
        self.tree.add(scene.node("greet", "greets", scene.one(greetings)), hub)
        for branch in self._chosen():
            self._attach(branch)
        press, yes, no = scene.press(self.approach, "press")
        if "driven_off" in self.ends:
            no.end = "driven_off"
        if self.roles.angers is not None:
            no.effects.append(effect("flag", self.roles.angers.id, "set", True))
        secret = self._secret()
        bye = scene.node("bye", "leaves", scene.one(words.farewells(lead, scene.place, scene.link)))
        bye.end = "left"
        leave = Choice("leave", scene.one(words.leavings(lead, scene.place, scene.link)), bye.id)
        ask = Choice("truth", words.truth(lead, self.roles.subject.name), secret.id)
        ask.once = not secret.end
        self.tree.add(yes, no, secret, bye)
        self._annoy(no)
        hub.choices += (press, ask, leave)
        ask.condition = self._gate()
        return self.tree, self.ends

    def _approach(self) -> Approach:
        """How the lead is pressed; one who drives the player off is threatened or lied to."""
        options = words.approaches(self.scene.lead, self.roles.subject.name, self.scene.place, self.scene.faction)
        rough = [each for each in options if each.skill in ("intimidation", "deception")]
        return self.stream.choice(rough if "driven_off" in self.ends else options)

    def _chosen(self) -> Iterator[Branch]:
        """Branches that fill the room to the node."""
        scene = self.scene
        tells = [scene.tell(fact) for fact in self.roles.facts[: self.room]]
        rest = [*scene.people(), *scene.danger(), *scene.proof(), scene.second_check(self.approach)]
        rest = self.stream.shuffled(rest)
        if "helped" in self.ends:
            rest.insert(0, scene.job(ends=True))
        elif self.stream.chance(0.45):
            rest.insert(0, scene.job(ends=False))
        order = rest[:1] if "helped" in self.ends else []
        while tells or rest:
            order += [branch for branch in (*tells[:2], *rest[:1]) if branch not in order]
            tells, rest = tells[2:], rest[1:]
        for branch in (*order, *self.stream.shuffled(scene.small_talk())):
            if len(branch.nodes) <= self.room:
                self.room -= len(branch.nodes)
                yield branch

    def _attach(self, branch: Branch) -> None:
        """Hang a branch from the hub, or from a node that still leads straight to it."""
        self.branches.append(branch)
        self.tree.add(*branch.nodes)
        hub = self.tree.nodes[HUB]
        free = [
            id for id, (at, _) in self.hosts.items() if at < DEPTH and len(self.tree.nodes[id].choices) <= HOST_BRANCHES
        ]
        depth = 1
        if len(hub.choices) < HUB_BRANCHES or not free:
            hub.choices.append(branch.entry)
        else:
            host = self.tree.nodes[self.stream.choice(free)]
            depth = self.hosts[host.id][0] + 1
            if not host.choices:
                back = self.scene.one(words.backs(self.scene.lead, self.hosts[host.id][1]))
                host.choices.append(Choice("back", back, HUB))
            host.choices.insert(-1, branch.entry)
        if branch.host:
            self.hosts[branch.host] = (depth, branch.subject)

    def _secret(self) -> Node:
        """The node of the secret; somebody who knows nothing confesses something of their own."""
        lead, secret = self.scene.lead, self.roles.secret
        if secret is not None:
            says = self.scene.telling(secret)
        else:
            says = [
                lead.say(
                    "confesses",
                    "{they} {have} told nobody the truth about {subject}",
                    "I have told nobody the truth about {subject}, not even myself",
                    subject=self.roles.subject.name,
                )
            ]
        node = self.scene.node("secret", "secret", *says)
        if self.roles.learns is not None:
            node.effects.append(effect("flag", self.roles.learns.id, "set", True))
        if "learned" in self.ends:
            node.end = "learned"
        return node

    def _gate(self) -> JSON:
        """The condition of the secret, and the questions that earn the trust for it."""
        warm = [branch.entry for branch in self.branches if branch.entry.once and branch.entry.check is None]
        for entry in self.stream.sample(warm, 2):
            entry.effects.append(effect("local", TRUST, "add", 1))
        needed = self.stream.integer(1, 2) if warm else 1
        gate = leaf("local", TRUST, ">=", needed)
        if self.roles.proof is not None and self.stream.chance(0.5):
            gate = {"any": [gate, leaf("item", self.roles.proof.id, ">=", 1)]}
        if self.roles.closes is not None:
            gate = {"all": [gate, leaf("flag", self.roles.closes.id, "==", False)]}
        return gate

    def _annoy(self, no: Node) -> None:
        """After a failed check, one of the branches stays closed."""
        open_to_all = [branch.entry for branch in self.branches if branch.entry.condition is None]
        if not no.end and open_to_all:
            no.effects.append(effect("local", ANNOYED, "set", True))
            self.stream.choice(open_to_all).condition = leaf("local", ANNOYED, "==", False)


def _document(id: str, scene: Scene, tree: Tree, ends: list[str]) -> dict[str, JSON]:
    """The record without its texts."""
    roles = scene.roles
    speakers = dict.fromkeys([roles.lead.id, *(node.speaker for node in tree.nodes.values())])
    nodes = [node.as_json() for node in tree.nodes.values()]
    annoyed = any(change["id"] == ANNOYED for node in tree.nodes.values() for change in node.effects)
    document: dict[str, JSON] = {
        "kind": "dialogue",
        "id": id,
        "schema_version": 1,
        "topic": roles.secret.text if roles.secret is not None else roles.subject.name,
        "participants": list(speakers),
        "variables": [
            *([{"id": ANNOYED, "type": "bool", "initial": False}] if annoyed else []),
            {"id": TRUST, "type": "int", "initial": 0},
        ],
        "start": tree.start,
        "nodes": nodes,
        "ends": [{"id": end, "outcome": outcome(end, scene)} for end in ends],
    }
    if roles.place is not None:
        document["location"] = roles.place.id
    document["refs"] = _refs(document, scene, tree)
    return document


def _refs(document: dict[str, JSON], scene: Scene, tree: Tree) -> list[JSON]:
    """Every entry of the world that the record uses or whose name a text is to say."""
    ids = {*document["participants"], document.get("location", "")}
    says = [say for node in tree.nodes.values() for say in node.says] + [choice.say for _, choice in tree.choices()]
    said = "\n".join(f"{say.must}\n{say.plain}" for say in says)
    for node, choice in tree.choices():
        ids |= set(_ids(choice.condition)) | {change["id"] for change in (*choice.effects, *node.effects)}
    for node in tree.nodes.values():
        ids |= {fact for say in node.says for fact in say.facts} | {change["id"] for change in node.effects}
    result = []
    for entity in scene.world:
        spoken = entity.type not in ("fact", "flag", "culture") and _says(said, entity.name)
        if entity.id in ids or spoken:
            ref: dict[str, JSON] = {"type": entity.type, "id": entity.id, "name": entity.name}
            if entity.type == "item":
                ref |= {"value_type": "int", "initial": DEFAULTS["item"]}
            if entity.type == "flag":
                flag = scene.world.flags[entity.id]
                ref |= {"value_type": flag.value_type, "initial": flag.default}
            result.append(ref)
    return sorted(result, key=lambda ref: (ref["type"], ref["id"]))


def _ids(condition: JSON) -> Iterator[str]:
    if isinstance(condition, dict):
        if "type" in condition:
            yield condition["id"]
        for part in (*condition.get("all", ()), *condition.get("any", ())):
            yield from _ids(part)


def _says(text: str, name: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(noun(name))}(?!\w)", text) is not None


def _outline(document: dict[str, JSON], scene: Scene, tree: Tree) -> list[str]:
    """What `gamegen plan` shows."""
    roles = scene.roles
    where = f" at {roles.place.name}" if roles.place is not None else ""
    with_whom = "".join(f", with {scene.world.characters[id].name}" for id in document["participants"][1:])
    points = sum(bool(node.choices) for node in tree.nodes.values())
    choices = sum(1 for _ in tree.choices())
    ends = ", ".join(end["id"] for end in document["ends"])

    def line(id: str, says: list[Say]) -> str:
        return f"{id}: " + "; ".join(f"{say.intent}: {say.must}" for say in says)

    return [
        f"{roles.lead.name}, {roles.lead.role}{where}{with_whom}: about {roles.subject.name}",
        f"{len(tree.nodes)} nodes, {choices} choices at {points} points; ends: {ends}",
        *(line(node.id, node.says) for node in tree.nodes.values()),
    ]
