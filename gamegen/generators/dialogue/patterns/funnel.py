"""Funnel: questions in a row that narrow to one outcome. At each stage two questions lead on, and the only way back is
one step. The name is our own for what interviews and interrogations in games do."""

from __future__ import annotations

from gamegen.generators.dialogue.material import Material
from gamegen.generators.dialogue.talk import Entry, Socket, Talk, Topic
from gamegen.generators.dialogue.topology import Choice, Node

STAGE = 3
"""Nodes of a stage: the point and two replies."""


def build(talk: Talk, material: Material, exit: str) -> Entry | None:
    first = material.telling()
    if first is None:
        return None
    stages = 2 + (talk.room >= 4 * STAGE + 2) + (talk.room >= 9 * STAGE)
    points: list[tuple[Node, Topic]] = []
    say, topic = first.answer, first.topic
    for number in range(stages):
        point = talk.node(f"stage_{number + 1}", "tells", say, exit, by=topic.by)
        points.append((point, topic))
        if number + 1 < stages:
            if (line := material.line(topic)) is not None:
                say, topic = line[:2]
            elif (unit := material.telling()) is not None:
                say, topic = unit.answer, unit.topic
            else:
                return None
    last = _outcome(talk, material, topic, exit)
    if last is None:
        return None
    for number, (point, topic) in enumerate(points):
        onward = points[number + 1][0].id if number + 1 < stages else last.id
        back = talk.one("back", topic.subject)
        replies = [unit for unit in (material.follow(topic), material.answer(topic)) if unit is not None]
        if back is None or not replies:
            return None
        for unit in replies:
            reply = talk.node(f"reply_{unit.name}", "tells", unit.answer, onward, by=unit.topic.by, topic=unit.topic)
            point.choices.append(Choice(f"ask_{unit.name}", unit.ask, reply.id, to=unit.topic.by.id))
        point.choices.append(Choice("back", back, points[number - 1][0].id if number else exit))
        point.again = number + 1 < stages
        talk.point(point, onward, topic)
    return Entry(points[0][0].id, first.ask, points[0][1].subject)


def _outcome(talk: Talk, material: Material, topic: Topic, exit: str) -> Node | None:
    """What all the questions come to: the secret, where it is still one."""
    if not talk.secret_told:
        node = material.reveal(exit)
        talk.sockets.append(Socket(node.id, "learned"))
        return node
    unit = material.answer(topic)
    if unit is None:
        return None
    return talk.node(f"outcome_{unit.name}", "success", unit.answer, exit, by=unit.topic.by, topic=unit.topic)
