"""Quest: one talk for the whole life of a quest. Its state decides what can be said: the offer before it, the question
how it goes while it runs, the reward once it is done, a word about its failure; leaving is always possible."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import cast as typed

from gamegen.generators.dialogue.material import Material
from gamegen.generators.dialogue.talk import Entry, Socket, Talk, Topic, effect, leaf
from gamegen.generators.dialogue.topology import Choice
from gamegen.generators.dialogue.words import Say, Subject
from gamegen.generators.phrases import noun
from gamegen.records import JSON

SLOTS = (
    *("greeting", "work", "leaving", "offer", "accept", "accepted", "decline", "declined"),
    *("report", "progress", "not_yet", "waiting", "done", "reward"),
)
"""Motifs that every quest needs."""


def build(talk: Talk, material: Material, exit: str) -> Entry | None:
    quest = typed(dict[str, JSON], talk.wishes.quest)
    about = noun(str(quest["about"]))
    subject = next(
        (Subject.of(each) for each in talk.world if each.name == quest["about"] or each.id == quest["about"]),
        Subject("", "world", about),
    )
    subject = Subject(subject.id, subject.type, noun(subject.name))
    topic = Topic(subject, talk.roles.lead)
    values = {
        "task": noun(str(quest["task"])).rstrip("."),
        "goal_name": subject.name,
        "about": subject.name,
        "subject": subject.name,
        "pay": noun(str(quest.get("reward") or "")),
    }
    values = {key: value for key, value in values.items() if value}

    def one(slot: str) -> Say | None:
        found = talk.deck.filled(slot, talk.lead, values)
        return _own(found[0], talk) if found else None

    says = {slot: say for slot in SLOTS if (say := one(slot)) is not None}
    if len(says) < len(SLOTS):
        return None

    hail = talk.node("hail", "greets", says["greeting"], exit)
    offer = talk.node("offer", "tells", says["offer"], exit)
    accepted = talk.node("accepted", "success", says["accepted"], exit, topic=topic)
    declined = talk.node("declined", "failure", says["declined"], exit)
    progress = talk.node("progress", "tells", says["progress"], exit)
    waiting = talk.node("waiting", "tells", says["waiting"], exit, topic=topic)
    reward = talk.node("reward", "success", says["reward"], exit, topic=topic)
    start = str(quest["active"][0])
    offer.choices = [
        Choice("accept", says["accept"], accepted.id, effects=[effect("quest", str(quest["id"]), "set", start)]),
        Choice("decline", says["decline"], declined.id),
    ]
    progress.choices = [Choice("not_yet", says["not_yet"], waiting.id)]
    hail.choices = [
        Choice("work", says["work"], offer.id, condition=_in(quest, [quest["offered"]])),
        Choice("report", says["report"], progress.id, condition=_in(quest, quest["active"])),
        Choice("done", says["done"], reward.id, condition=_in(quest, quest["success"])),
        Choice("leave", says["leaving"], exit),
    ]
    _failure(talk, quest, subject, hail.choices, exit)
    for point in (offer, progress):
        unit = material.follow(topic) if talk.room > 1 else None
        if unit is not None:
            node = talk.node(f"about_{unit.name}", "tells", unit.answer, point.id, by=unit.topic.by, topic=unit.topic)
            point.choices.insert(0, Choice(f"ask_{unit.name}", unit.ask, node.id, to=unit.topic.by.id))
    talk.point(offer, offer.id, topic, limit=4)
    offer.again = True
    talk.point(progress, progress.id, topic, limit=4)
    progress.again = True
    talk.point(hail, hail.id, Topic(talk.subject(None), talk.roles.lead), limit=6)
    hail.again = True
    talk.sockets += [
        Socket(accepted.id, "accepted"),
        Socket(declined.id, "declined"),
        Socket(reward.id, "settled"),
    ]
    return Entry(hail.id, says["work"], subject)


def _own(say: Say, talk: Talk) -> Say:
    """The giver speaks of themself with a pronoun where the task names them: "bring it to me"."""
    name = re.compile(rf"\b(to|for|from|with|tell|join|pay|past) {re.escape(talk.lead.name)}\b(?!['’])")
    them = talk.lead.fill("{them}")
    return Say(say.intent, name.sub(rf"\1 {them}", say.must), name.sub(r"\1 me", say.plain), say.facts)


def _failure(talk: Talk, quest: dict[str, JSON], subject: Subject, choices: list[Choice], exit: str) -> None:
    """What is said once the quest has failed, where it can."""
    if quest.get("failed") and (says := talk.deck.draw("failed", talk.lead, about=subject.name)):
        later = talk.deck.one("later", talk.lead, subject=subject.name, goal_name=subject.name, about=subject.name)
        node = talk.node("failed", "failure", later or says[1], exit)
        choices.insert(-1, Choice("failed", says[0], node.id, condition=_in(quest, quest["failed"])))


def _in(quest: dict[str, JSON], states: Iterable[JSON]) -> JSON:
    """The quest is in one of the states."""
    tests = [leaf("quest", str(quest["id"]), "==", str(state)) for state in states]
    return tests[0] if len(tests) == 1 else {"any": tests}
