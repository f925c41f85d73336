"""A model run free under the bare schema: whole documents, without plan, cards, choice or proof; and their figures.

The schemas have the parts of gamegen's records that a model can fill at all: ids of the world as enumerations, bounded
texts, lists and numbers. What is measured is what the records' own checks prove, as far as these documents say it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gamegen.checks import text_rules as rules
from gamegen.checks.names import foreign, known_tokens
from gamegen.checks.quest import TARGETS
from gamegen.engine.api import Engine, Job
from gamegen.generators.character import srd
from gamegen.measures import distinct, self_bleu
from gamegen.near_duplicates import UNCOMPARED, pairs_of_texts
from gamegen.records import JSON
from gamegen.world import World
from gamegen.writing import DOCUMENT_SAMPLING

NODES = [f"n{number}" for number in range(1, 7)]
Document = tuple[str, str, Mapping[str, Any]]
"""(world, kind, document)."""


def documents(
    engine: Engine, worlds: Mapping[str, World], wanted: Sequence[tuple[str, str, int]], seed: int
) -> Iterator[tuple[tuple[str, str, int], dict[str, Any]]]:
    """Write each (world, kind, number), in the order in which they become ready."""
    import json

    waiting = {}
    for world, kind, number in wanted:
        job = Job(
            record=f"{world}_{kind}_{number}",
            key="document",
            shared="",
            prompt=_prompt(worlds[world], kind),
            schema=schema(worlds[world], kind),
            sampling=DOCUMENT_SAMPLING,
            seed=seed,
        )
        waiting[job.record] = (world, kind, number)
        engine.submit(job)
    while engine.pending:
        for job, (completion,) in engine.poll():
            yield waiting[job.record], json.loads(completion.text)


def _prompt(world: World, kind: str) -> str:
    what = {"quest": "a quest", "dialogue": "a dialogue tree", "character": "a character sheet"}[kind]
    people = ", ".join(f"{person.name} ({person.role})" for person in list(world.characters.values())[:12])
    asked = (
        f"Write {what} for a game, as JSON. The world: {world.premise} Tone: {', '.join(world.tone)}. People: {people}."
    )
    return f"<|im_start|>user\n{asked}<|im_end|>\n<|im_start|>assistant\n"


def schema(world: World, kind: str) -> dict[str, JSON]:
    """The bare schema of a kind."""
    people, places = list(world.characters), list(world.locations)
    if kind == "quest":
        objective = _object(
            verb={"enum": list(TARGETS)},
            target={"enum": [*people, *places, *world.items, *world.creatures]},
            count={"type": "integer", "minimum": 1, "maximum": 9},
            location={"enum": places},
            text=_text(100),
        )
        return _object(
            title=_text(48),
            summary=_text(200),
            giver={"enum": people},
            level={"type": "integer", "minimum": 1, "maximum": 20},
            objectives={"type": "array", "items": objective, "minItems": 3, "maxItems": 4},
            journal=_text(160),
        )
    if kind == "dialogue":
        choice = _object(text=_text(80), goto={"enum": [*NODES, "end"]})
        choices = {"type": "array", "items": choice, "minItems": 1, "maxItems": 3}
        node = _object(line=_text(140), choices=choices)
        return _object(speaker={"enum": people}, **dict.fromkeys(NODES, node))
    score = {"type": "integer", "minimum": 3, "maximum": 20}
    texts = {part: _text(140) for part in ("appearance", "personality", "ideal", "bond", "flaw", "secret")}
    numbers: dict[str, JSON] = {
        "armor_class": {"type": "integer", "minimum": 5, "maximum": 25},
        "hit_points": {"type": "integer", "minimum": 1, "maximum": 250},
        "proficiency_bonus": {"type": "integer", "minimum": 1, "maximum": 9},
    }
    return _object(
        name=_text(40),
        role=_text(40),
        race={"enum": list(srd.RACES)},
        **{"class": {"enum": list(srd.CLASSES)}},
        level={"type": "integer", "minimum": 1, "maximum": 20},
        abilities=_object(**dict.fromkeys(srd.ABILITIES, score)),
        **numbers,
        **texts,
    )


def _object(**properties: JSON) -> dict[str, JSON]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _text(most: int) -> dict[str, JSON]:
    return {"type": "string", "minLength": 8, "maxLength": most}


def figures(written: Sequence[Document], worlds: Mapping[str, World]) -> dict[str, JSON]:
    """Of the documents of both worlds."""
    proven: Counter[str] = Counter()
    made: Counter[str] = Counter()
    texts: list[tuple[str, str, str]] = []
    agreeing = fields = strange = 0
    for name, kind, document in written:
        world = worlds[name]
        made[kind] += 1
        proven[kind] += _proven(kind, document, world)
        known = known_tokens([*world.text_context().names, *(fact.text for fact in world.facts.values())])
        for card, text in _texts(kind, document):
            texts.append((f"{name}_{kind}_{made[kind]}", card, text))
            strange += bool(foreign(text, known)) and card not in ("quest_title", "name", "role")
        for objective in document.get("objectives", ()):
            entity = world.get(objective["target"])
            fields += 1
            agreeing += entity is not None and not rules.named(objective["text"], [entity.name])
    lines = [text for _, card, text in texts if card == "npc_line"][:500]
    compared = [text for text in texts if text[1] not in UNCOMPARED]
    return {
        "records": sum(made.values()),
        "proven": {kind: round(proven[kind] / made[kind], 4) for kind in sorted(made)},
        "texts": len(texts),
        "texts_with_foreign_names": strange,
        "objectives_that_name_their_target": round(agreeing / fields, 4) if fields else None,
        "near_duplicates": round(len({later for _, later in pairs_of_texts(compared)}) / len(compared), 4),
        "npc_lines": len(lines),
        "npc_words": round(sum(len(line.split()) for line in lines) / len(lines), 2),
        "npc_distinct_2": round(distinct(lines, 2), 4),
        "npc_self_bleu_4": round(self_bleu(lines), 4),
    }


def _texts(kind: str, document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(kind of card, text) of a document."""
    if kind == "quest":
        yield "quest_title", document["title"]
        yield "quest_summary", document["summary"]
        yield "journal", document["journal"]
        yield from (("objective", objective["text"]) for objective in document["objectives"])
    elif kind == "dialogue":
        for name in NODES:
            yield "npc_line", document[name]["line"]
            yield from (("player_choice", choice["text"]) for choice in document[name]["choices"])
    else:
        yield from ((key, document[key]) for key in ("name", "role"))
        yield from (
            ("trait", document[key]) for key in ("appearance", "personality", "ideal", "bond", "flaw", "secret")
        )


def _proven(kind: str, document: Mapping[str, Any], world: World) -> bool:
    """What of the proofs applies. Quest: verbs suit their targets, and no objective stands twice. Dialogue: every node
    is reached, and from every node an end. Sheet: bonus, hit points and unarmored or armored class can be right."""
    if kind == "quest":
        aims = [(each["verb"], each["target"]) for each in document["objectives"]]
        suited = all((entity := world.get(target)) and entity.type in TARGETS[verb] for verb, target in aims)
        return suited and len(set(aims)) == len(aims)
    if kind == "dialogue":
        ways = {name: {choice["goto"] for choice in document[name]["choices"]} for name in NODES}
        return _reached("n1", ways) >= set(NODES) and all("end" in _reached(name, ways) for name in NODES)
    scores, level = document["abilities"], document["level"]
    hit_points = srd.hit_points(document["race"], document["class"], level, scores[srd.CON])
    classes = {
        srd.armor_class(scores, document["class"], armor, shield)
        for armor in (None, *srd.ARMORS)
        for shield in (False, True)
    }
    return (
        document["proficiency_bonus"] == srd.proficiency_bonus(level)
        and document["hit_points"] == hit_points
        and document["armor_class"] in classes
    )


def _reached(start: str, ways: Mapping[str, set[str]]) -> set[str]:
    seen, waiting = {start}, [start]
    while waiting:
        for target in ways.get(waiting.pop(), ()):
            if target not in seen:
                seen.add(target)
                waiting.append(target)
    return seen
