"""Gated secret: the lead shows that they know more; questions, a skill check or an object earn the trust for it. As
long as the gate stays shut, the player can only go on. (A "lock and key" in the usage of level design.)"""

from __future__ import annotations

from gamegen.generators.dialogue.material import Material
from gamegen.generators.dialogue.talk import STANCE, TRUST, Entry, Socket, Talk, Topic, effect, leaf
from gamegen.generators.dialogue.topology import Choice
from gamegen.generators.phrases import noun
from gamegen.records import JSON


def build(talk: Talk, material: Material, exit: str) -> Entry | None:
    if talk.secret_told:
        return None
    subject = talk.roles.subject
    topic = Topic(subject, talk.roles.lead)
    ask, held = talk.ask(subject), talk.one("holding_back", subject)
    truth, back = talk.one("truth", subject), talk.one("back", subject)
    warm = material.answer(topic)
    if ask is None or held is None or truth is None or back is None or warm is None:
        return None
    gate = talk.node("gate", "secret", held, exit)
    gate.again = True
    warmth = [warm]
    if talk.room >= 6 and (second := material.answer(topic)) is not None:
        warmth.append(second)
    for unit in warmth:
        node = talk.node(f"warm_{unit.name}", "tells", unit.answer, gate.id, by=unit.topic.by, topic=unit.topic)
        choice = Choice(f"ask_{unit.name}", unit.ask, node.id, once=talk.once(), to=unit.topic.by.id)
        choice.effects.append(effect("local", TRUST, "add", 1))
        gate.choices.append(choice)
    if talk.checks and talk.room >= 3 and (press := talk.press("press", subject, gate.id)) is not None:
        press.once = talk.once()
        talk.tree.nodes[str((press.check or {})["success"])].effects.append(effect("local", TRUST, "add", 1))
        gate.choices.append(press)
    _show(talk, gate.id, gate.choices)
    talk.local(TRUST, 0)
    told = material.reveal(exit)
    gate.choices.append(Choice("truth", truth, told.id, condition=talk.secret_gate(_condition(talk, len(warmth)))))
    gate.choices.append(Choice("back", back, exit))
    talk.point(gate, gate.id, topic, limit=5)
    talk.sockets.append(Socket(told.id, "learned"))
    return Entry(gate.id, ask, subject)


def _show(talk: Talk, gate: str, choices: list[Choice]) -> None:
    """The player shows an item, which only a player who has it can."""
    item = talk.roles.proof
    if item is None or talk.room < 3 or talk.onces <= 0:
        return
    if says := talk.deck.draw("shown", talk.lead, item=noun(item.name)):
        show, answer = says
        node = talk.node("shown", "success", answer, gate, topic=Topic(talk.roles.subject, talk.roles.lead))
        node.effects.append(effect("local", TRUST, "add", 1))
        choices.append(Choice("show", show, node.id, condition=leaf("item", item.id, ">=", 1), once=talk.once()))


def _condition(talk: Talk, sources: int) -> JSON:
    """Trust, which the questions alone can earn; or else the object, or what the player has shown before."""
    draw = talk.stream.child("gate")
    gate = leaf("local", TRUST, ">=", draw.integer(1, min(2, sources)))
    if STANCE in talk.locals and draw.chance(0.5):
        return {"any": [gate, leaf("local", STANCE, "==", "kind")]}
    if talk.roles.proof is not None and draw.chance(0.5):
        return {"any": [gate, leaf("item", talk.roles.proof.id, ">=", 1)]}
    return gate
