"""The words of a dialogue: what is asked of the model, and the merge of the texts into the document.

Lines go first, in rounds: a line waits for the one before it in its node, or for the last line of the node's immediate
dominator, which every path to it has said; all others are independent. (A point that plays come back to does not
count: what was said there last depends on the path.) Then the choices, each with the line that it answers.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Generator as Coroutine
from copy import deepcopy

from gamegen._words import folded
from gamegen.cards import AFTER
from gamegen.generators.dialogue.topology import Node, Tree, dominators
from gamegen.generators.dialogue.words import Say, Speaker
from gamegen.records import JSON, Plan, Request, line_id
from gamegen.world import World

LINE = {"type": "string", "minLength": 20, "maxLength": 150, "x-gamegen": {"ends": "sentence"}}
CHOICE = {"type": "string", "minLength": 10, "maxLength": 80, "x-gamegen": {"ends": "sentence"}}
LONG = 90
"""Characters of a `must` from which on a text may be longer than usual."""


def text_specs(tree: Tree, world: World, tone: str = "") -> list[JSON]:
    """Every text of the record in its order: key, template, card, schema, values, the key of the line before, last
    resorts."""
    above = dominators(tree)
    result: list[JSON] = []
    for node in tree.nodes.values():
        result += _lines(node, world, tree.nodes.get(above.get(node.id, "")), tone)
        result += _choices(node, world, tone)
    return result


def _lines(node: Node, world: World, above: Node | None, tone: str) -> list[JSON]:
    person = world.characters[node.speaker]
    before = last_line(above) if above is not None and not above.again and not node.again else ""
    specs: list[JSON] = []
    for index, say in enumerate(node.says):
        card = {
            "kind": "npc_line",
            "who": _who(Speaker.of(person)),
            "voice": _voice(person.voice, node.mood),
            **({"tone": tone} if tone else {}),
            "intent": say.intent,
            "must": say.must,
        }
        specs.append(
            {
                "key": f"nodes/{node.id}/lines/{index}",
                "template": "dialogue/npc_line.j2",
                "card": card,
                "schema": (schema := _fragment(LINE, say)),
                "values": {"lines": list(person.lines)},
                "before": before,
                "fallback": [say.plain] if len(say.plain) <= schema["maxLength"] else [],
            }
        )
        before = specs[-1]["key"]
    return specs


def _choices(node: Node, world: World, tone: str) -> list[JSON]:
    return [
        {
            "key": f"nodes/{node.id}/choices/{choice.id}",
            "template": "dialogue/player_choice.j2",
            "card": {
                "kind": "player_choice",
                "to": _who(Speaker.of(world.characters[choice.to or node.speaker])),
                **({"tone": tone} if tone else {}),
                "intent": choice.say.intent,
                "must": choice.say.must,
            },
            "schema": _fragment(CHOICE, choice.say),
            "values": {},
            "before": last_line(node),
            "fallback": [choice.say.plain],
        }
        for choice in node.choices
    ]


def last_line(node: Node) -> str:
    """The key of the last line of a node."""
    return f"nodes/{node.id}/lines/{len(node.says) - 1}"


def _who(speaker: Speaker) -> str:
    return f"{speaker.name}, {speaker.role}"


def _voice(voice: str, mood: str) -> str:
    """The two first traits of the voice, and the mood of the moment."""
    return ", ".join([*[part.strip() for part in voice.split(",") if part.strip()][:2], mood])


def _fragment(usual: dict[str, JSON], say: Say) -> dict[str, JSON]:
    """The schema of a text: longer where what it must say, or its last resort, is long."""
    needed = max(len(say.plain), len(say.must) + 60 if len(say.must) > LONG else 0)
    most = min(300 if usual is LINE else 150, max(usual["maxLength"], needed))
    return {**usual, "minLength": min(usual["minLength"], len(say.plain)), "maxLength": most}


def write(plan: Plan) -> Coroutine[list[Request], list[JSON], dict[str, JSON]]:
    """Ask for the texts and merge them. A choice that came out like one beside it gets its last resort."""
    waiting = list(plan.data["texts"])
    texts: dict[str, str] = {"": ""}
    while waiting:
        lines = [spec for spec in waiting if spec["card"]["kind"] == "npc_line"]
        ready = [spec for spec in lines or waiting if spec["before"] in texts]
        answers = yield [
            Request(
                key=spec["key"],
                template=spec["template"],
                card=_after(spec["card"], texts[spec["before"]]),
                schema=spec["schema"],
                values=spec["values"],
                fallback=tuple(spec["fallback"]),
            )
            for spec in ready
        ]
        texts |= {spec["key"]: unicodedata.normalize("NFC", text) for spec, text in zip(ready, answers, strict=True)}
        waiting = [spec for spec in waiting if spec["key"] not in texts]
    return _merged(plan, texts)


def _after(card: dict[str, JSON], before: str) -> dict[str, JSON]:
    """The card of a line with what was said before it. A choice is better without: shown the line that it answers, a
    small model takes its words from there ("More about the glow jar, I promise you" after "I promise an answer")."""
    return {**card, AFTER: before} if before and card["kind"] == "npc_line" else card


def _merged(plan: Plan, texts: dict[str, str]) -> dict[str, JSON]:
    document: dict[str, JSON] = deepcopy(plan.data["document"])
    fallbacks = {spec["key"]: spec["fallback"] for spec in plan.data["texts"]}

    def text(key: str, words: str) -> JSON:
        return {"id": line_id(plan.id, key), "text": words}

    for node in document["nodes"]:
        keys = [key for key in texts if key.startswith(f"nodes/{node['id']}/lines/")]
        node["lines"] = [text(key, texts[key]) for key in sorted(keys, key=lambda key: int(key.rpartition("/")[2]))]
        offered: set[str] = set()
        for choice in node.get("choices", ()):
            key = f"nodes/{node['id']}/choices/{choice['id']}"
            words = next((each for each in (texts[key], *fallbacks[key]) if folded(each) not in offered), texts[key])
            offered.add(folded(words))
            choice["text"] = text(key, words)
    return document
