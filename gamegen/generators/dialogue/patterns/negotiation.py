"""Negotiation: terms, then stages of offers and skill checks that earn leverage, then a last word. With enough leverage
the two come to terms, without it they do not, and before that the player may walk away. The pattern is our own."""

from __future__ import annotations

from gamegen.generators.dialogue.material import Material
from gamegen.generators.dialogue.talk import LEVERAGE, Entry, Socket, Talk, Topic, effect, leaf
from gamegen.generators.dialogue.topology import Choice, Node

SECOND = 16
"""Room from which on there is a second stage of offers."""


def build(talk: Talk, material: Material, exit: str) -> Entry | None:
    subject = talk.roles.subject
    topic = Topic(subject, talk.roles.lead)
    ask, terms, last = talk.ask(subject), talk.one("terms", subject), talk.one("resting", subject)
    stages = 1 + (talk.room >= SECOND and talk.checks >= 2)
    settled = talk.deck.draw("deal", talk.lead, subject=subject.name)
    insist = talk.one("truth", subject)
    if ask is None or terms is None or last is None or not settled or insist is None or talk.checks < 1:
        return None
    final = talk.node("last_word", "tells", last, exit)
    second = talk.one("resting", subject) if stages == 2 else None
    middle = talk.node("second_terms", "tells", second, final.id) if second is not None else None
    opening = talk.node("terms", "tells", terms, final.id)
    for number, point in enumerate((opening, middle)):
        onward = middle.id if middle is not None and number == 0 else final.id
        if point is not None and not _stage(talk, point, number, onward, exit):
            return None
    offer, yes, no = settled
    agreed = talk.node("agreed", "success", yes, exit, topic=topic)
    refused = talk.node("no_deal", "failure", no, exit)
    needed = 1 if middle is None else talk.stream.child("needed").integer(1, 2)
    final.choices = [
        Choice("settle", offer, agreed.id, condition=leaf("local", LEVERAGE, ">=", needed)),
        Choice("insist", insist, refused.id),
    ]
    talk.local(LEVERAGE, 0)
    truth, back = talk.one("truth", subject), talk.one("back", subject)
    if talk.room >= 1 and not talk.secret_told and truth is not None and back is not None:
        told = material.reveal(exit)
        agreed.choices = [Choice("truth", truth, told.id), Choice("back", back, exit)]
        talk.point(agreed, exit, topic)
        talk.sockets.append(Socket(told.id, "agreed"))
    else:
        talk.sockets.append(Socket(agreed.id, "agreed"))
    talk.sockets.append(Socket(refused.id, "refused"))
    return Entry(opening.id, ask, subject)


def _stage(talk: Talk, point: Node, number: int, onward: str, exit: str) -> bool:
    """A check, a concession, and in the first stage the way out: the player walks away."""
    subject = talk.roles.subject
    press = talk.press(f"press_{number + 1}", subject, onward)
    deal = talk.deck.draw("deal", talk.lead, subject=subject.name)
    walk = talk.one("back", subject)
    if press is None or not deal or walk is None:
        return False
    talk.tree.nodes[str((press.check or {})["success"])].effects.append(effect("local", LEVERAGE, "add", 1))
    offer, yes, _ = deal
    taken = talk.node(f"offer_{number + 1}_taken", "success", yes, onward, topic=Topic(subject, talk.roles.lead))
    taken.effects.append(effect("local", LEVERAGE, "add", 1))
    point.choices = [press, Choice(f"offer_{number + 1}", offer, taken.id), Choice("walk_away", walk, exit)]
    return True
