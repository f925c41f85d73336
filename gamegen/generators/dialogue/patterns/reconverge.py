"""Branch and reconverge: how the player takes what was told splits the talk into strands that meet again; what the
player said there is remembered, and opens a choice later. ("Branch and bottleneck" in the usage of interactive
fiction.)"""

from __future__ import annotations

from gamegen.generators.dialogue.material import Material
from gamegen.generators.dialogue.talk import STANCE, Entry, Talk, effect, leaf, speaker
from gamegen.generators.dialogue.topology import Choice

STANCES = ("kind", "blunt", "sly")
"""What the player may make of what was told."""
NONE = "none"
"""The stance of a player who has not been asked yet."""


def build(talk: Talk, material: Material, exit: str) -> Entry | None:
    unit = material.telling()
    if unit is None:
        return None
    topic, who = unit.topic, speaker(unit.topic.by)
    subject = topic.subject.name
    fork = talk.node(f"fork_{unit.name}", "tells", unit.answer, exit, by=topic.by)
    meeting = material.line(topic)
    if meeting is not None:
        say, topic = meeting[0], meeting[1]
    else:
        rest = talk.deck.one("resting", who, subject=subject)
        if rest is None:
            return None
        say = rest
    meet = talk.node("meet", "tells", say, exit, by=topic.by)
    names = talk.stream.child("stances").shuffled(STANCES)[: 2 + (talk.room >= 6)]
    for name in names:
        says = talk.deck.draw(f"stance_{name}", who, subject=subject)
        if not says:
            return None
        ask, answer = says
        strand = talk.node(f"strand_{name}", "tells", answer, meet.id, by=unit.topic.by, topic=unit.topic)
        fork.choices.append(Choice(name, ask, strand.id, effects=[effect("local", STANCE, "set", name)]))
    tested = names[talk.ordinal % len(names)]
    later = talk.deck.one(f"{tested}_later", speaker(topic.by), subject=topic.subject.name)
    more, back = material.answer(topic), talk.one("back", topic.subject)
    if later is None or more is None or back is None:
        return None
    special = talk.node(f"later_{more.name}", "secret", more.answer, exit, by=more.topic.by, topic=more.topic)
    meet.choices = [
        Choice("remembered", later, special.id, condition=leaf("local", STANCE, "==", tested)),
        Choice("on", back, exit),
    ]
    talk.local(STANCE, NONE)
    talk.point(meet, exit, topic)
    return Entry(fork.id, unit.ask, unit.topic.subject)
