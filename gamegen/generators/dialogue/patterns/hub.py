"""Hub: one point to which every answer returns, until the player leaves. Questions may branch further before they
return. The commonest form in role-playing games (60% of shipped dialogues have a cycle)."""

from __future__ import annotations

from gamegen.generators.dialogue.material import Material
from gamegen.generators.dialogue.talk import Entry, Talk, Topic
from gamegen.generators.dialogue.topology import Choice

BRANCHES = 5
"""Choices at the hub itself, leaving included; what is more hangs from the answers."""


def build(talk: Talk, material: Material, exit: str) -> Entry | None:
    pause = talk.deck.one("pause", talk.lead, most=12) or talk.deck.one("pause", talk.lead)
    leave = talk.deck.one("leaving", talk.lead)
    unit = material.telling()
    if pause is None or leave is None or unit is None:
        return None
    hub = talk.node("hub", "greets", pause, exit)
    hub.again = True
    hub.choices.append(Choice("leave", leave, exit))
    answer = talk.node(f"tell_{unit.name}", "tells", unit.answer, hub.id, by=unit.topic.by, topic=unit.topic)
    hub.choices.insert(0, Choice(f"ask_{unit.name}", unit.ask, answer.id, to=unit.topic.by.id))
    topic = Topic(talk.subject(None), talk.roles.lead)
    talk.point(hub, hub.id, topic, BRANCHES)
    return Entry(hub.id, unit.ask, topic.subject)
