"""What a dialogue can branch into: each branch is a question and the nodes that answer it, and returns to the hub."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gamegen._random import Stream, digest
from gamegen.generators import dialogue_words as words
from gamegen.generators.dialogue_cast import Cast, subject_of, world_subject
from gamegen.generators.dialogue_topology import Branch, Choice, Node
from gamegen.generators.dialogue_words import Approach, Say, Speaker, Subject
from gamegen.generators.phrases import clause, noun
from gamegen.records import JSON
from gamegen.world import Character, Fact, World

TRUST, ANNOYED = "trust", "annoyed"
AFTERTHOUGHT = 0.3
"""How often a line about a fact has a second one."""
_MOODS = {
    "greets": ("friendly", "tired", "wary", "busy", "curious"),
    "success": ("relieved", "grudging", "warmer"),
    "failure": ("cold", "annoyed", "hurt"),
    "secret": ("hushed", "bitter", "ashamed"),
    "leaves": ("brisk", "kind", "distracted"),
    "tells": ("matter-of-fact", "low", "animated", "uneasy"),
}


class Scene:
    """The roles and draws of one dialogue while it is planned."""

    def __init__(self, world: World, roles: Cast, stream: Stream) -> None:
        self.world = world
        self.roles = roles
        self.stream = stream
        self.lead = Speaker.of(roles.lead)
        self.place = noun(roles.place.name) if roles.place else ""
        self.link = noun(roles.link.name) if roles.link else ""
        self.faction = noun(world.factions[roles.faction].name) if roles.faction else ""
        self.name = noun(world.name)
        self._said: set[str] = set()
        self._aside = roles.other

    def one(self, says: Sequence[Say]) -> Say:
        """One of the sayings, sooner one that nobody has said yet."""
        order = self.stream.shuffled(says)
        say = next((each for each in order if each.must not in self._said), order[0])
        self._said.add(say.must)
        return say

    def node(self, id: str, mood: str, *says: Say, by: Character | None = None) -> Node:
        return Node(id, (by or self.roles.lead).id, list(says), self.stream.choice(_MOODS[mood]))

    def subject(self, fact: Fact | None) -> Subject:
        """What a fact is about; without one the place, or the world."""
        return subject_of(self.world, fact, self.roles.lead) or (
            Subject.of(self.roles.place) if self.roles.place else world_subject(self.world)
        )

    def telling(self, fact: Fact, by: Character | None = None) -> list[Say]:
        """The line that reveals a fact, sometimes with a second one."""
        person = by or self.roles.lead
        speaker = Speaker.of(person)
        creatures = any(id in self.world.creatures for id in fact.about)
        result = [words.telling(speaker, fact, (person.name, *person.aliases), creatures, self.stream)]
        if self.stream.chance(AFTERTHOUGHT):
            second = self.one(words.afterthoughts(speaker, fact.secret, self.name))
            result.append(second)
        return result

    def tell(self, fact: Fact) -> Branch:
        """A question and a fact; once, a second person throws something in."""
        subject = self.subject(fact)
        node = self.node(named("tell", fact.id), "tells", *self.telling(fact))
        entry = Choice(named("ask", fact.id), self.ask(subject), node.id, once=self.stream.chance(0.6))
        nodes = [node]
        if self._aside is not None and self.stream.chance(0.7):
            nodes.append(self.aside(self._aside, fact))
            node.goto = nodes[1].id
            self._aside = None
        return Branch(entry, nodes, nodes[-1].id, subject.name)

    def ask(self, subject: Subject) -> Say:
        """A question about the subject that was not asked before."""
        what = words.question(self.lead, subject)
        more = self.lead.say("asks", "more about {subject}", "Tell me more about {subject}", subject=subject.name)
        rest = self.lead.say("asks", "what else {first} has heard", "What else have you heard, {first}?")
        say = next((each for each in (what, more, rest) if each.must not in self._said), what)
        self._said.add(say.must)
        return say

    def aside(self, other: Character, fact: Fact) -> Node:
        ties = {relation.to: relation.kind for relation in other.relations}
        if self.roles.asides and self.stream.chance(0.5):
            says = self.telling(self.roles.asides[0], other)[:1]
        else:
            says = [self.one(words.aside(Speaker.of(other), self.lead, ties.get(self.roles.lead.id, "")))]
        return self.node(named("aside", fact.id), "tells", *says, by=other)

    def press(self, approach: Approach, name: str) -> tuple[Choice, Node, Node]:
        """A skill check: the choice, and the nodes of its outcomes, which lead to the hub."""
        yes = self.node(f"{name}_success", "success", approach.success)
        no = self.node(f"{name}_failure", "failure", approach.failure)
        yes.effects.append(effect("local", TRUST, "add", 1))
        check = {
            "skill": approach.skill,
            "dc": self.stream.choice((10, 12, 13, 14, 15, 16)),
            "success": yes.id,
            "failure": no.id,
        }
        self._said.add(approach.choice.must)
        return Choice(name, approach.choice, check=check, once=True), yes, no

    def job(self, ends: bool) -> Branch:
        """A favor that is asked for and granted or refused. `ends`: granting it ends the dialogue ("helped")."""
        goal = self.stream.choice(self.roles.lead.goals) if self.roles.lead.goals else ""
        job = words.job(self.lead, goal)
        wish = self.node("wish", "tells", job.wish)
        thanks = self.node("thanks", "success", job.thanks)
        refused = self.node("refused", "failure", job.refused)
        agree, refuse = Choice("agree", job.agree, "thanks"), Choice("refuse", job.refuse, "refused")
        wish.choices = [agree, refuse]
        if self.roles.angers is not None:
            agree.condition = leaf("flag", self.roles.angers.id, "==", False)
        if self.roles.gift is not None:
            thanks.says.append(words.gift(self.lead, noun(self.roles.gift.name)))
            thanks.effects.append(effect("item", self.roles.gift.id, "add", 1))
        if ends:
            thanks.end = "helped"
        return Branch(
            Choice("ask_favor", job.question, wish.id, once=True), [wish, thanks, refused], "refused", "favors"
        )

    def people(self) -> Iterator[Branch]:
        """A branch for each person whom the lead has to do with."""
        for kind, person in self.roles.relations:
            ask, answer = words.relation(self.lead, kind, noun(person.name))
            node = self.node(named("person", person.id), "tells", answer)
            yield Branch(Choice(named("ask", person.id), ask, node.id, once=True), [node], node.id, noun(person.name))

    def danger(self) -> Iterator[Branch]:
        creature = self.roles.creature
        if creature is not None and creature.location is not None:
            place = noun(self.world.locations[creature.location].name)
            ask, answer = words.danger(self.lead, noun(creature.name), place)
            node = self.node("danger", "tells", answer)
            yield Branch(Choice("ask_danger", ask, node.id, once=True), [node], node.id, noun(creature.name))

    def proof(self) -> Iterator[Branch]:
        """The player shows an item, which only a player who has it can."""
        item = self.roles.proof
        if item is not None:
            show, answer = words.shown(self.lead, noun(item.name))
            node = self.node("shown", "success", answer)
            node.effects.append(effect("local", TRUST, "add", 1))
            entry = Choice("show", show, node.id, condition=leaf("item", item.id, ">=", 1), once=True)
            yield Branch(entry, [node], node.id, noun(item.name))

    def second_check(self, used: Approach) -> Branch:
        """Another way to press the lead: the player brings something up, and may go further."""
        subject = self.subject(self.roles.facts[-1]) if self.roles.facts else world_subject(self.world)
        options = words.approaches(self.lead, subject.name, self.place, self.faction)
        approach = self.stream.choice([each for each in options if each.skill != used.skill])
        press, yes, no = self.press(approach, "push")
        return Branch(press, [yes, no], "", subject.name)

    def small_talk(self) -> list[Branch]:
        result = []
        for name, ask, answer in words.small_talk(self.lead, self.name, self.world.premise):
            node = self.node(f"talk_{name}", "tells", answer)
            result.append(Branch(Choice(f"ask_{name}", ask, node.id, once=True), [node], node.id, self.name))
        return result


def named(prefix: str, id: str) -> str:
    """An id of the record from an id of the world; one that would be too long is cut and told apart by its hash."""
    name = f"{prefix}_{id}"
    return name if len(name) <= 100 else f"{name[:90]}_{digest(id).hex()[:8]}"


def leaf(type: str, id: str, op: str, value: JSON) -> JSON:
    return {"type": type, "id": id, "op": op, "value": value}


def effect(type: str, id: str, op: str, value: JSON) -> JSON:
    return {"type": type, "id": id, "op": op, "value": value}


def outcome(end: str, scene: Scene) -> str:
    """What an end comes to, for the designer."""
    name, subject = scene.roles.lead.name, scene.roles.subject.name
    secret = scene.roles.secret
    return {
        "left": "the player leaves",
        "learned": f"the player has learned that {clause(secret.text)}" if secret else f"{name} trusts the player",
        "helped": f"the player will help {name}",
        "driven_off": f"{name} has sent the player away over {subject}",
    }[end]
