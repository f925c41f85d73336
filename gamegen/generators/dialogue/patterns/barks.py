"""Barks: what people say past the player. One or two nodes are a chain without choices; a larger one lets the player
come closer, listen or pass by. ("Bark" is the trade's word for such lines.)"""

from __future__ import annotations

from gamegen.generators.dialogue.material import Material
from gamegen.generators.dialogue.talk import Entry, Talk, Topic
from gamegen.generators.dialogue.topology import Choice

SCENE = 5
"""Nodes from which on the player may stay and listen."""


def build(talk: Talk, material: Material, exit: str) -> Entry | None:
    """The exit is the farewell of a talk; here it is the last bark."""
    topic = Topic(talk.subject(None), talk.roles.lead, kind="bark")
    scene = material.line(topic)
    if scene is None:
        return None
    say, said, _ = scene
    first = talk.node("bark", "tells", say, exit, by=said.by, topic=said)
    hello = talk.deck.one("greeting", talk.lead)
    leave = talk.deck.one("leaving", talk.lead)
    approach = talk.deck.one("approach", talk.lead)
    if hello is None or leave is None or approach is None:
        return None
    met = talk.node("met", "greets", hello, exit, topic=Topic(topic.subject, talk.roles.lead))
    first.choices = [Choice("approach", approach, met.id), Choice("pass_by", leave, exit)]
    if talk.wishes.nodes >= SCENE:
        overheard = material.line(said)
        listen = talk.deck.one("listen", talk.lead)
        if overheard is None or listen is None:
            return None
        heard = talk.node("overheard", "tells", overheard[0], exit, by=overheard[1].by, topic=overheard[1])
        first.choices.insert(1, Choice("listen", listen, heard.id))
    talk.point(first, exit, topic, limit=3)
    return Entry(first.id, say, topic.subject)
