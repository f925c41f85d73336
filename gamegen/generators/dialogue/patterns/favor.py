"""Favor: the lead asks for help with a goal; the player agrees or refuses. It hangs in another pattern."""

from __future__ import annotations

from gamegen.generators.dialogue import words
from gamegen.generators.dialogue.material import Material
from gamegen.generators.dialogue.motifs import turn
from gamegen.generators.dialogue.talk import Entry, Socket, Talk, Topic, effect, leaf
from gamegen.generators.dialogue.topology import Choice
from gamegen.generators.phrases import noun
from gamegen.spoken import ALSO


def build(talk: Talk, material: Material, exit: str) -> Entry | None:
    goals = talk.roles.lead.goals
    if not goals:
        return None
    goal = noun(goals[turn(len(goals), talk.ordinal)]).rstrip(".")
    says = talk.deck.draw("goal", talk.lead, goal=goal, mine=talk.lead.in_first_person(goal))
    if not says:
        return None
    question, wish, agree, refuse, thanks, refused = says
    topic = Topic(talk.subject(None), talk.roles.lead)
    gift = talk.roles.gift
    if gift is not None and ALSO not in thanks.must:
        giving = talk.deck.one("gift", talk.lead, item=noun(gift.name))
        thanks = thanks if giving is None else words.both(thanks, giving)
    asked = talk.node("wish", "tells", wish, exit)
    granted = talk.node("thanks", "success", thanks, exit, topic=topic)
    denied = talk.node("refused", "failure", refused, exit)
    asked.choices = [Choice("agree", agree, granted.id), Choice("refuse", refuse, denied.id)]
    if talk.roles.angers is not None:
        asked.choices[0].condition = leaf("flag", talk.roles.angers.id, "==", False)
    if gift is not None:
        granted.effects.append(effect("item", gift.id, "add", 1))
    talk.sockets.append(Socket(granted.id, "helped"))
    return Entry(asked.id, question, topic.subject)
