"""The plan of a quest: everything but its words, a pure function of world, brief and seed.

`plan.data` is JSON: ``outline`` (lines for people), ``document`` (the record without its texts; where a text belongs
stands its line id alone) and ``texts`` (one entry per text, in the order of writing: key, card, schema, names, opening,
fallback). It holds a copy of every world value that a text may use.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from gamegen._random import rendezvous
from gamegen.errors import UsageError
from gamegen.generators.phrases import noun
from gamegen.generators.quest.line import Legacy, legacy
from gamegen.generators.quest.made import Made, Task, make
from gamegen.generators.quest.rewards import rewards
from gamegen.generators.quest.settings import SETTINGS, Wishes, wishes
from gamegen.generators.quest.stages import Shape
from gamegen.generators.quest.steps import Step
from gamegen.generators.quest.texts import Telling
from gamegen.generators.quest.turns import Turns
from gamegen.records import JSON, Brief, Plan
from gamegen.world import Flag, World

__all__ = ["SETTINGS", "plan"]


def plan(world: World, brief: Brief, seed: int) -> Plan:
    """The plan of one quest.

    Raises UsageError: GG004 and GG005 for a setting that does not exist or is impossible in this world, GG400 when the
    world lacks what every quest needs (a location and a character).
    """
    wished = wishes(world, brief.settings)
    made, before = _made(world, brief, seed, wished)
    turns = Turns(seed, brief.block, brief.ordinal, wished.fixed)
    tone = " ".join(wished.tone.split()) if wished.tone else turns.tone(world.tone)
    lore = made.cast.lore if made.casting.chance("lore", 0.5) else None
    told = [step.fact for step in made.shape.steps] + [lore]
    document = _document(world, made, sorted({fact.id for fact in told if fact}), before)
    entries = {ref["id"]: world.entry_hash(ref["id"]) for ref in document["refs"] if world.get(ref["id"])}
    done = before.done if before is not None else ""
    people = {noun(person.name): person.pronouns for person in world.characters.values()}
    telling = Telling(brief.id, made.cast, made.shape, made.said, turns, tone, lore, done, people)
    data = {"outline": list(_outline(document, made, tone)), "document": document, "texts": list(telling.texts())}
    return Plan("quest", brief.id, seed, data, world.text_context(), entries)


def _made(world: World, brief: Brief, seed: int, wished: Wishes) -> tuple[Made, Legacy | None]:
    """The quest, and what the one before it in its line has left it."""
    name = ("quest", seed, brief.id)
    turns = Turns(seed, brief.block, brief.ordinal, wished.fixed)
    position = (brief.ordinal - 1) % wished.chain
    if wished.chain > 1 and brief.row != f"{brief.ordinal:04d}":
        raise UsageError.of("GG005", f"chain needs numbered records, found the row {brief.row!r}", "give -n, not rows")
    if position <= 0:
        givers = [wished.giver.id] if wished.giver else rendezvous(world.characters, *name, "giver")
        people = [world.characters[id] for id in givers]
        return make(Task(world, brief.id, name, wished, turns, people), brief.settings), None
    earlier = Brief(brief.kind, brief.block, f"{brief.ordinal - 1:04d}", brief.ordinal - 1, brief.settings)
    previous, _ = _made(world, earlier, seed, wished)
    left = legacy(previous, name, wished.giver is not None)
    # the line goes on from the target and the place of its first quest, and its level rises
    wanted = replace(wished.wanted, level=left.level, target=None, location=None)
    task = Task(
        left.world,
        brief.id,
        name,
        replace(wished, wanted=wanted),
        turns,
        left.givers,
        left.about,
        left.prerequisites,
        left.strategy,
    )
    return make(task, brief.settings), left


def _document(world: World, made: Made, facts: list[str], before: Legacy | None) -> dict[str, JSON]:
    """The record without its texts."""
    cast, shape = made.cast, made.shape
    document: dict[str, JSON] = {
        "id": made.id,
        "kind": "quest",
        "schema_version": 1,
        "giver": cast.giver.id,
        "motivation": made.strategy.motivation,
        "strategy": made.strategy.name,
        "type": made.type,
        "level": cast.level,
        "prerequisites": [dict(test) for test in shape.prerequisites],
        "start": shape.stages[0].id,
        "stages": _stages(shape),
        "outcomes": [
            {"id": ending.id, "status": ending.status, "effects": [dict(effect) for effect in ending.effects]}
            for ending in shape.endings
        ],
        "fail_conditions": [dict(fail) for fail in shape.fail_conditions],
        "rewards": _pay(made),
        "facts": facts,
        "placeholders": [],
    }
    named = {part.id for part in (cast.item, cast.owner, cast.creature, cast.person) if part}
    document["refs"] = _refs(world, document, named, before)
    return document


def _pay(made: Made) -> dict[str, JSON]:
    """The rewards. Reputation only where every success serves the giver's faction."""
    cast = made.cast
    sided = any(ending.rival for ending in made.shape.endings)
    robbed = cast.owner is not None and cast.owner.faction == cast.giver.faction
    faction = None if sided or robbed else cast.giver.faction
    return rewards(cast.level, made.type, len(made.shape.stages), made.reward, faction)


def _stages(shape: Shape) -> list[JSON]:
    stages: list[JSON] = []
    for number, stage in enumerate(shape.stages):
        needed = stage.needed()
        following = shape.stages[number + 1].id if number + 1 < len(shape.stages) else shape.endings[0].id
        edges = [{"to": following, "requires": [*needed, stage.main]}]
        edges += [{"to": end.id, "requires": [*needed, end.after]} for end in stage.endings if end.after]
        stages.append({"id": stage.id, "objectives": [_objective(step) for step in stage.steps], "next": edges})
    return stages


def _objective(step: Step) -> dict[str, JSON]:
    objective: dict[str, JSON] = {
        "id": step.id,
        "verb": step.verb,
        "target": step.target,
        "count": step.count,
        "location": step.place.id,
        "optional": step.optional,
        "hidden": step.hidden,
        "effects": [dict(effect) for effect in step.effects],
    }
    if step.to is not None:
        objective["to"] = step.to
    if step.requires is not None:
        objective["requires"] = dict(step.requires)
    return objective


def _refs(world: World, document: Mapping[str, JSON], named: set[str], before: Legacy | None) -> list[JSON]:
    """Every id of the world that the document uses or its texts name, the quest itself and the one before it, sorted
    by type and id."""
    used = {document["giver"], *document["facts"], *named}
    for stage in document["stages"]:
        for objective in stage["objectives"]:
            used |= {objective["target"], objective["location"], objective.get("to")}
            used |= {effect["id"] for effect in objective["effects"]}
    used |= {effect["id"] for outcome in document["outcomes"] for effect in outcome["effects"]}
    used |= {test["id"] for test in document["prerequisites"] if "id" in test}
    used |= {fail["condition"]["id"] for fail in document["fail_conditions"]}
    used |= {item["id"] for item in document["rewards"]["items"]}
    used |= {entry["faction"] for entry in document["rewards"]["reputation"]}
    states = ["inactive", *(part["id"] for key in ("stages", "outcomes") for part in document[key])]
    refs: list[JSON] = [
        {
            "id": document["id"],
            "type": "quest",
            "name": document["id"],
            "value_type": "string",
            "initial": "inactive",
            "values": states,
        }
    ]
    if before is not None:
        refs.append(dict(before.ref))
    quests = {ref["id"] for ref in refs}
    for id in used - {None} - quests:
        entity = world.get(id)
        if entity is None:
            continue
        ref: dict[str, JSON] = {"id": id, "type": entity.type, "name": entity.name}
        if entity.type == "item":
            ref |= {"value_type": "int", "initial": 0}
        if isinstance(entity, Flag):
            ref |= {"value_type": entity.value_type, "initial": entity.default}
        refs.append(ref)
    return sorted(refs, key=lambda ref: (ref["type"], ref["id"]))


def _outline(document: Mapping[str, JSON], made: Made, tone: str) -> Iterator[str]:
    """What will be made, in lines for a person."""
    cast, shape = made.cast, made.shape
    spoken = f", {tone}" if tone else ""
    yield (
        f"{document['type']} quest of level {cast.level} from {cast.giver.name} ({cast.giver.role}): "
        f"{made.strategy.motivation}, {made.strategy.name}{spoken}"
    )
    rules = "; ".join(made.derivation.rules) or "no rule but the strategy's own"
    yield f"{made.strategy.sequence} (depth {made.derivation.depth}): {rules}"
    if shape.prerequisites:
        yield f"after {' and '.join(map(_tested, shape.prerequisites))}"
    for number, stage in enumerate(shape.stages, 1):
        orders = [
            f"{step.saying.full_order}{' (hidden)' if step.hidden else ' (optional)' if step.optional else ''}"
            for step in stage.steps
        ]
        yield f"{number}. {stage.id}: {'; '.join(orders)}"
    for ending in shape.endings:
        effects = "".join(f", sets {effect['id']} to {_value(effect['value'])}" for effect in ending.effects)
        when = "".join(f" when {_tested(fail['condition'])}" for fail in shape.fail_conditions if not ending.after)
        yield f"{ending.status} {ending.id}{when}: {ending.must}{effects}"
    paid = document["rewards"]
    extra = [item["id"] for item in paid["items"]] + [
        f"{part['faction']} {part['value']:+}" for part in paid["reputation"]
    ]
    yield ", ".join([f"pays {paid['xp']} xp", f"{paid['currency']} coins", *extra])


def _tested(test: Mapping[str, JSON]) -> str:
    """A test in words: "guild_hostile == false"."""
    if "any" in test:
        return " or ".join(map(_tested, test["any"]))
    return f"{test['id']} {test['op']} {_value(test['value'])}"


def _value(value: JSON) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
