"""How a dialogue grows from its pattern to its size: other patterns hung in, skill checks, ends, questions and lines.

Shipped dialogues have 2.8 options per choice point, 41% player lines, and a depth of nine at 21 nodes. Growth adds one
node at a time in whichever of three ways brings the tree nearer to that:

- a question at a choice point, whose answer returns to where the point's answers go (one node, one choice);
- a question behind a line that only led on, beside a way back (one node, two choices: a new point);
- another line behind a line that led on to a choice point (one node, no choice).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeVar

from gamegen.errors import UsageError
from gamegen.generators.dialogue.material import Material
from gamegen.generators.dialogue.patterns import HUNG, MAIN, Pattern
from gamegen.generators.dialogue.talk import ANNOYED, BYE, FACTS, Entry, Point, Tail, Talk, Topic, effect, leaf
from gamegen.generators.dialogue.topology import Choice, Node, depths

T = TypeVar("T")

OPTIONS = 2.75
"""Choices per choice point to aim at."""
CHOICES = 0.70
"""Choices per node to aim at: 41% of the lines are then the player's."""
CIRCLING = ("funnel", "secret")
"""Patterns with a way back: they do not hang in one that only goes forward (40% of shipped dialogues have no cycle)."""
IN_A_ROW = 2
"""Lines that are said one after the other without a choice; the line that offers the next choices does not count."""


def build(talk: Talk, material: Material) -> None:
    """The whole tree. Raises UsageError (GG005) when the world cannot fill what the brief fixes."""
    _frame(talk, material)
    _hang(talk, material)
    _check(talk, material)
    _end(talk, material)
    _breathe(talk)
    room = talk.room
    while talk.room > 0 and _grow(talk, material):
        pass
    if talk.wishes.fixed & {"nodes"} and talk.room != 0:
        raise _too_few(talk, material) if room > 0 else _too_many(talk)
    _annoy(talk)


def attempt(talk: Talk, material: Material, make: Callable[[], T | None]) -> T | None:
    """What is made; if it is given up (None), tree and material are as they were before."""
    before = talk.snapshot(), material.snapshot()
    made = make()
    if made is None:
        talk.restore(before[0])
        material.restore(before[1])
    return made


def depth_at(nodes: int) -> int:
    """The depth to aim at: nine at 21 nodes, and its square root's growth."""
    return round(9.5 * math.sqrt(nodes / 21))


# --- the main pattern


def _frame(talk: Talk, material: Material) -> None:
    """Greeting, main pattern, farewell."""
    wanted = talk.wishes.pattern
    if wanted == "barks" and talk.wishes.nodes <= IN_A_ROW:
        return _chain(talk, material)
    lead = talk.roles.lead
    farewell = talk.needed("farewell" if wanted != "barks" else "bark")
    bye = talk.node(BYE, "leaves", farewell, "")
    bye.end = "left"
    bare = wanted in ("barks", "quest")
    greet = None
    if not bare:
        topic = Topic(talk.subject(None), lead, kind="greeting")
        greet = talk.node("greet", "greets", talk.needed("greeting"), bye.id, topic=topic)
    entry = attempt(talk, material, lambda: MAIN[wanted](talk, material, bye.id))
    if entry is None and "pattern" not in talk.wishes.fixed:
        wanted = "hub"
        entry = attempt(talk, material, lambda: MAIN[wanted](talk, material, bye.id))
    if entry is None:
        raise _too_few(talk, material)
    talk.patterns.append(wanted)
    if greet is not None:
        greet.goto = entry.node
    first = greet.id if greet is not None else entry.node
    talk.tree.nodes = {first: talk.tree.nodes[first], **talk.tree.nodes}


def _chain(talk: Talk, material: Material) -> None:
    """One bark, or two in a row."""
    talk.patterns.append("barks")
    topic = Topic(talk.subject(None), talk.roles.lead, kind="bark")
    before: Node | None = None
    for _ in range(talk.wishes.nodes):
        line = material.line(topic)
        if line is None:
            raise _too_few(talk, material)
        node = talk.node("bark", "tells", line[0], "", by=line[1].by)
        topic = Topic(line[1].subject, line[1].by, kind="bark")
        if before is not None:
            before.goto = node.id
        before = node
    if before is not None:
        before.end = "left"


# --- other patterns


def _hang(talk: Talk, material: Material) -> None:
    """Hang other patterns in: none in a small dialogue, up to three in a large one; room for wanted checks and ends is
    kept."""
    nodes = talk.wishes.nodes
    if talk.patterns[0] == "barks":
        return
    count = (nodes >= 14) + (nodes >= 26) + (nodes >= 46)
    straight = talk.patterns[0] in ("reconverge", "negotiation")
    order = [
        name
        for name in talk.stream.child("hung").shuffled(HUNG)
        if name not in talk.patterns
        and not (straight and name in CIRCLING)
        and talk.stream.child("hung", name).chance(HUNG[name][2])
    ]
    for name in order:
        build_it, size, _ = HUNG[name]
        if count <= 0:
            return
        kept = 2 * talk.checks * ("checks" in talk.wishes.fixed)
        kept += (talk.wishes.endings - 1) * ("endings" in talk.wishes.fixed)
        if size + kept <= talk.room and not (name == "negotiation" and talk.checks < 1):
            made = attempt(talk, material, lambda it=build_it: _hung(talk, material, it))  # type: ignore[misc]
            if made is not None:
                talk.patterns.append(name)
                count -= 1


def _hung(talk: Talk, material: Material, build_it: Pattern) -> Entry | None:
    """The pattern behind a choice: at a point with room for one, or at a line that only led on."""
    point = next((p for p in talk.points if p.node == "hub" and _free(talk, p)), None)
    if point is None:
        point = next((p for p in _tail_points(talk)), None) or next((p for p in talk.points if _free(talk, p)), None)
    if point is None:
        return None
    entry = build_it(talk, material, point.returns)
    if entry is None or talk.room < 0:
        return None
    host = talk.tree.nodes[point.node]
    host.choices.insert(-1, Choice(f"ask_{entry.node}", entry.ask, entry.node))
    return entry


def _tail_points(talk: Talk) -> list[Point]:
    """The deepest line that may become a choice point, made one."""
    found = depths(talk.tree)
    for tail in sorted(talk.tails, key=lambda each: (-found.get(each.node, 0), each.node)):
        point = _as_point(talk, tail)
        if point is not None:
            return [point]
    return []


def _as_point(talk: Talk, tail: Tail) -> Point | None:
    """The line made a choice point, so far with a way on alone; None for one that cannot be."""
    node = talk.tree.nodes[tail.node]
    if not node.goto or node.end or node.choices or tail.topic.kind:
        return None
    back = talk.one("back", tail.topic.subject)
    if back is None:
        return None
    node.choices = [Choice("back", back, node.goto)]
    talk.point(node, node.goto, tail.topic)
    return talk.points[-1]


def _free(talk: Talk, point: Point) -> bool:
    return len(talk.tree.nodes[point.node].choices) < point.limit


# --- skill checks


def _check(talk: Talk, material: Material) -> None:
    """The checks that no pattern has used up, at points or behind lines."""
    number = 0
    while talk.checks > 0:
        if not talk.wishes.fixed & {"checks"} and talk.room < 4:
            return
        number += 1
        fixed = "checks" in talk.wishes.fixed
        if attempt(talk, material, lambda n=number: _pressed(talk, material, n)) is None:  # type: ignore[misc]
            if fixed:
                raise UsageError.of(
                    "GG005",
                    f"{talk.wishes.nodes} nodes have no room for {talk.wishes.checks} skill checks",
                    "ask for more nodes, or fewer checks",
                )
            return


def _pressed(talk: Talk, material: Material, number: int) -> Choice | None:
    if talk.room < 2:
        return None
    more = 2 * ("checks" in talk.wishes.fixed)
    free = [p for p in talk.points if len(talk.tree.nodes[p.node].choices) < p.limit + more]
    free = [p for p in free if not any(c.check for c in talk.tree.nodes[p.node].choices)] or free
    point = free[0] if free else next(iter(_tail_points(talk)), None)
    if point is None:
        return None
    host = talk.tree.nodes[point.node]
    press = talk.press(f"press_{number + 4}", point.topic.subject, point.returns)
    if press is None:
        return None
    press.id = "press"
    press.once = talk.once()
    host.choices.insert(-1, press)
    return press


# --- ends


def _end(talk: Talk, material: Material) -> None:
    """Turn sockets into ends until there are as many as wanted; then a promise and a quarrel make more."""
    wanted = talk.wishes.endings - 1
    fixed = "endings" in talk.wishes.fixed
    taken: set[str] = set()
    for socket in talk.stream.child("ends").shuffled(talk.sockets):
        node = talk.tree.nodes[socket.node]
        if len(taken) < wanted and socket.end not in taken and node.goto and not node.choices:
            node.end, node.goto = socket.end, ""
            taken.add(socket.end)
            talk.tails = [tail for tail in talk.tails if tail.node != node.id]
    for end in ("promised", "quarreled", "sent_on"):
        if wanted > len(taken) and (fixed or talk.room > 1) and _parting(talk, end):
            taken.add(end)
    if fixed and wanted > len(taken):
        raise UsageError.of(
            "GG005",
            f"{talk.wishes.nodes} nodes have no room for {talk.wishes.endings} endings",
            "ask for more nodes, or fewer endings",
        )


def _parting(talk: Talk, end: str) -> bool:
    """A choice that ends the talk in its own way."""
    point = next((p for p in talk.points if len(talk.tree.nodes[p.node].choices) <= p.limit + 1), None)
    point = point or next(iter(_tail_points(talk)), None)
    if point is None or talk.room < 1 or not (says := talk.deck.draw(end, talk.lead)):
        return False
    said, answer = says
    node = talk.node(end, "failure" if end == "quarreled" else "success", answer, "")
    node.end = end
    host = talk.tree.nodes[point.node]
    host.choices.insert(-1, Choice(end, said, node.id))
    return True


def _breathe(talk: Talk) -> None:
    """Where two lines in a row would run into the last one, the player may speak before it."""
    nodes = talk.tree.nodes
    follows = {node.goto for node in nodes.values() if not node.choices}
    for tail in list(talk.tails):
        node = nodes[tail.node]
        if node.id in follows and not node.choices and node.goto and nodes[node.goto].end:
            _as_point(talk, tail)


# --- growth


def _grow(talk: Talk, material: Material) -> bool:
    """One more node, or False when there is nothing more to say."""
    nodes = talk.tree.nodes.values()
    points = sum(bool(node.choices) for node in nodes)
    choices = sum(len(node.choices) for node in nodes)
    found = depths(talk.tree)
    aim = depth_at(talk.wishes.nodes)
    ask = [_host, _branch] if choices >= OPTIONS * points else [_branch, _host]
    order = [*ask, _extend] if choices < CHOICES * len(nodes) or not talk.tails else [_extend, *ask]
    return any(way(talk, material, found, aim) for way in order)


def _branch(talk: Talk, material: Material, found: dict[str, int], aim: int) -> bool:
    """A question at a choice point."""
    free = [point for point in talk.points if _free(talk, point)]
    for point in talk.stream.shuffled(free):
        unit = material.follow(point.topic) if point.node != "hub" else material.question()
        if unit is None:
            continue
        host = talk.tree.nodes[point.node]
        node = talk.node(f"tell_{unit.name}", "tells", unit.answer, point.returns, by=unit.topic.by, topic=unit.topic)
        choice = Choice(f"ask_{unit.name}", unit.ask, node.id, to=unit.topic.by.id)
        host.choices.insert(-1, choice)
        talk.optional.append(choice)
        return True
    return False


def _host(talk: Talk, material: Material, found: dict[str, int], aim: int) -> bool:
    """A question behind a line, and a way on."""
    for tail in _by_depth(talk, found, aim, 2):
        node = talk.tree.nodes[tail.node]
        if tail.topic.kind or node.choices or node.end or not node.goto:
            continue
        unit = material.follow(tail.topic)
        if unit is None:
            return False
        point = _as_point(talk, tail)
        if point is None:
            return False
        answer = talk.node(f"more_{unit.name}", "tells", unit.answer, point.returns, by=unit.topic.by, topic=unit.topic)
        choice = Choice(f"ask_{unit.name}", unit.ask, answer.id, to=unit.topic.by.id)
        node.choices.insert(0, choice)
        talk.optional.append(choice)
        return True
    return False


def _extend(talk: Talk, material: Material, found: dict[str, int], aim: int) -> bool:
    """Another line behind a line that leads to a choice point."""
    follows = {node.goto for node in talk.tree.nodes.values() if not node.choices}
    for tail in _by_depth(talk, found, aim, 1):
        node = talk.tree.nodes[tail.node]
        if node.id in follows or node.choices or not node.goto or not talk.tree.nodes[node.goto].choices:
            continue
        line = material.line(tail.topic)
        if line is None:
            continue
        say, topic, name = line
        after = talk.node(name, "tells", say, node.goto, by=topic.by, topic=topic)
        node.goto = after.id
        talk.tails = [each for each in talk.tails if each is not tail]
        return True
    return False


def _by_depth(talk: Talk, found: dict[str, int], aim: int, more: int) -> list[Tail]:
    """Tails in the order in which they should grow: the deepest first while the tree is too flat, then any that stay
    within the depth."""
    flat = max(found.values()) < aim
    tails = talk.stream.shuffled(talk.tails)
    if flat:
        return sorted(tails, key=lambda tail: -found.get(tail.node, 0))
    return sorted(tails, key=lambda tail: found.get(tail.node, 0) + more > aim)


def _annoy(talk: Talk) -> None:
    """After a failed check one question stays closed."""
    failing = [
        talk.tree.nodes[str(choice.check["failure"])] for _, choice in talk.tree.choices() if choice.check is not None
    ]
    failing = [node for node in failing if not node.end]
    if not failing or not talk.optional:
        return
    choice = talk.stream.child("annoyed").choice(talk.optional)
    choice.condition = leaf("local", ANNOYED, "==", False)
    talk.local(ANNOYED, False)
    for node in failing:
        node.effects.append(effect("local", ANNOYED, "set", True))


def _too_few(talk: Talk, material: Material) -> UsageError:
    nodes, lead = talk.wishes.nodes, talk.roles.lead
    return UsageError.of(
        "GG005",
        f"{nodes} nodes need about {max(1, round(nodes * FACTS))} facts known to {lead.id} or "
        f"{talk.lead.fill('{their}')} company, found {material.known}",
        "ask for fewer nodes, name another character, or let people know more",
    )


def _too_many(talk: Talk) -> UsageError:
    return UsageError.of(
        "GG005",
        f"the pattern {talk.patterns[0]} with these settings takes {len(talk.tree.nodes)} nodes, "
        f"found nodes = {talk.wishes.nodes}",
        "ask for more nodes",
    )
