"""The plan of a quest: everything but its words, a pure function of world, brief and seed.

`plan.data` is JSON: ``outline`` (lines for people), ``document`` (the record without its texts; where a text belongs
stands its line id alone) and ``texts`` (one entry per text, in the order of writing: key, card, schema, names, opening,
fallback). It holds a copy of every world value that a text may use.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from gamegen._random import Stream, rendezvous
from gamegen.errors import UsageError
from gamegen.generators.phrases import clause, noun
from gamegen.generators.quest_cast import Cast, Casting, Misfit
from gamegen.generators.quest_phrases import (
    closing_texts,
    journal_texts,
    objective_texts,
    summary_texts,
)
from gamegen.generators.quest_rewards import LEVELS, rewards
from gamegen.generators.quest_stages import Shape, Shaping, Step, clause_fields
from gamegen.generators.quest_strategies import MOTIVATIONS, Strategy, strategies_of
from gamegen.naming import did_you_mean, unknown_id
from gamegen.records import JSON, Brief, Plan, line_id
from gamegen.world import Character, Fact, Flag, World

TYPES = ("main", "side")

SETTINGS: Mapping[str, Mapping[str, JSON]] = {
    "giver": {"type": "string", "description": "The id of the character who gives the quest."},
    "motivation": {"enum": list(MOTIVATIONS), "description": "Why it is given."},
    "level": {
        "type": "integer",
        "minimum": LEVELS.start,
        "maximum": LEVELS.stop - 1,
        "description": "The player's level: sets dangers and rewards.",
    },
    "location": {"type": "string", "description": "The id of the location where the deed or its target is."},
    "type": {"enum": list(TYPES), "description": "A main quest pays one and a half times as much."},
}

TITLE: Mapping[str, JSON] = {"type": "string", "minLength": 4, "maxLength": 48, "x-gamegen": {"ends": "title"}}
SUMMARY: Mapping[str, JSON] = {"type": "string", "minLength": 40, "maxLength": 260, "x-gamegen": {"ends": "sentence"}}
JOURNAL: Mapping[str, JSON] = {"type": "string", "minLength": 24, "maxLength": 190, "x-gamegen": {"ends": "sentence"}}

LONGEST_OBJECTIVE = 200
"""As in the published schema: an opening with the longest of names (80 characters) still fits."""


def plan(world: World, brief: Brief, seed: int) -> Plan:
    """The plan of one quest.

    Raises UsageError: GG004 and GG005 for a setting that does not exist or is impossible in this world, GG400 when the
    world lacks what every quest needs (a location and a character).
    """
    wishes = _wishes(world, brief.settings)
    name = ("quest", seed, brief.id)
    strategy, casting, cast = _choose(world, wishes, name, brief, seed)
    shape = Shaping(casting, strategy, cast).shape()
    type = wishes.type or ("main" if Stream(*name, "type").chance(0.15) else "side")
    paid = _pay(world, casting, cast, shape, type)
    lore = cast.lore if casting.chance("lore", 0.5) else None
    told = [step.fact for step in shape.steps] + [lore]
    facts = sorted({fact.id for fact in told if fact})
    document: dict[str, JSON] = {
        "id": brief.id,
        "kind": "quest",
        "schema_version": 1,
        "giver": cast.giver.id,
        "motivation": strategy.motivation,
        "strategy": strategy.name,
        "type": type,
        "level": cast.level,
        "prerequisites": [dict(test) for test in shape.prerequisites],
        "start": shape.stages[0].id,
        "stages": _stages(shape),
        "outcomes": [
            {"id": ending.id, "status": ending.status, "effects": [dict(effect) for effect in ending.effects]}
            for ending in shape.endings
        ],
        "fail_conditions": [dict(fail) for fail in shape.fail_conditions],
        "rewards": paid,
        "facts": facts,
        "placeholders": [],
    }
    document["refs"] = _refs(world, document)
    entries = {ref["id"]: world.entry_hash(ref["id"]) for ref in document["refs"] if world.get(ref["id"])}
    texts = list(_texts(brief.id, name, strategy, cast, shape, lore))
    data = {"outline": _outline(document, strategy, cast, shape), "document": document, "texts": texts}
    return Plan("quest", brief.id, seed, data, world.text_context(), entries)


@dataclass(frozen=True, slots=True)
class _Wishes:
    """The settings of a brief, checked against the world; None where the plan may choose."""

    giver: Character | None
    motivation: str | None
    level: int | None
    location: str | None
    type: str | None


def _wishes(world: World, settings: Mapping[str, JSON]) -> _Wishes:
    if not world.locations:
        raise UsageError.of(
            "GG400", "a quest needs at least one location, the world has none", "add a [[location]]", path=world.path
        )
    if not world.characters:
        raise UsageError.of(
            "GG400",
            "a quest needs a character who gives it, the world has none",
            "add a [[character]]",
            path=world.path,
        )
    for key in settings:
        if key not in SETTINGS:
            raise UsageError.of("GG004", f"quest takes no setting {key!r}", did_you_mean(key, SETTINGS))
    giver, location, level = settings.get("giver"), settings.get("location"), settings.get("level")
    if giver is not None and giver not in world.characters:
        raise unknown_id("character", str(giver), world.characters)
    if location is not None and location not in world.locations:
        raise unknown_id("location", str(location), world.locations)
    if level is not None and (isinstance(level, bool) or level not in LEVELS):
        raise UsageError.of(
            "GG005", f"setting level: expected an integer from 1 to 20, found {level!r}", "for example 3"
        )
    for key, known in (("motivation", MOTIVATIONS), ("type", TYPES)):
        value = settings.get(key)
        if value is not None and value not in known:
            hint = did_you_mean(str(value), known)
            raise UsageError.of("GG005", f"setting {key}: expected one of {', '.join(known)}, found {value!r}", hint)
    return _Wishes(
        world.characters[giver] if giver is not None else None,
        settings.get("motivation"),
        level,
        location,
        settings.get("type"),
    )


def _choose(
    world: World, wishes: _Wishes, name: tuple[str | int, ...], brief: Brief, seed: int
) -> tuple[Strategy, Casting, Cast]:
    """The first strategy and giver that the world can cast.

    Motivations take turns over the ordinals of a block, so that a batch has all of them; the giver is a rendezvous
    draw.
    """
    order = rendezvous(MOTIVATIONS, "quest", seed, brief.block, "motivations")
    turn = brief.ordinal % len(order)
    motivations = [wishes.motivation] if wishes.motivation else order[turn:] + order[:turn]
    givers = [wishes.giver.id] if wishes.giver else rendezvous(world.characters, *name, "giver")
    reasons: dict[str, None] = {}
    for motivation in motivations:
        strategies = {strategy.name: strategy for strategy in strategies_of(motivation)}
        for id in givers:
            casting = Casting(world, name, world.characters[id], wishes.level, wishes.location)
            for key in rendezvous(strategies, *name, "strategy"):
                try:
                    return strategies[key], casting, casting.cast(strategies[key])
                except Misfit as misfit:
                    reasons.setdefault(f"{motivation} ({key}) {misfit}")
    wanted = ", ".join(f"{key} = {value}" for key, value in brief.settings.items())
    shown = "; ".join(list(reasons)[:4]) + ("; …" if len(reasons) > 4 else "")
    raise UsageError.of(
        "GG005",
        f"no quest of this world fits {wanted}: {shown}",
        "leave out a setting, or add to the world what is missing",
        path=world.path,
    )


def _pay(world: World, casting: Casting, cast: Cast, shape: Shape, type: str) -> dict[str, JSON]:
    """The rewards. Reputation only where every success serves the giver's faction; an item only of the giver's own."""
    own = [item.id for item in world.items.values() if item.owner == cast.giver.id and "quest" not in item.tags]
    item = rendezvous(own, *casting.name, "reward")[0] if own and casting.chance("reward", 0.3) else None
    sided = any(ending.id.startswith("sided_with_") for ending in shape.endings)
    robbed = cast.owner is not None and cast.owner.faction == cast.giver.faction
    return rewards(cast.level, type, len(shape.stages), item, None if sided or robbed else cast.giver.faction)


def _stages(shape: Shape) -> list[JSON]:
    stages: list[JSON] = []
    chosen = {ending.after for ending in shape.endings if ending.after}
    for number, stage in enumerate(shape.stages):
        needed = [step.id for step in stage.steps if not step.optional and step.id not in chosen]
        if number + 1 < len(shape.stages):
            edges = [{"to": shape.stages[number + 1].id, "requires": needed}]
        else:
            edges = [{"to": end.id, "requires": [*needed, end.after]} for end in shape.endings if end.after]
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


def _refs(world: World, document: Mapping[str, JSON]) -> list[JSON]:
    """Every id of the world that the document uses, and the quest itself, sorted by type and id."""
    used = {document["giver"], *document["facts"]}
    for stage in document["stages"]:
        for objective in stage["objectives"]:
            used |= {objective["target"], objective["location"], objective.get("to")}
            used |= {effect["id"] for effect in objective["effects"]}
    used |= {effect["id"] for outcome in document["outcomes"] for effect in outcome["effects"]}
    used |= {test["id"] for test in document["prerequisites"]}
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
    for id in used - {None}:
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


def _texts(
    record: str, name: tuple[str | int, ...], strategy: Strategy, cast: Cast, shape: Shape, lore: Fact | None
) -> Iterator[dict[str, JSON]]:
    """One entry per text of the record."""
    fields = clause_fields(cast)
    gist, task, reason = (part.format(**fields) for part in (strategy.gist, strategy.task, strategy.reason))
    who = f"{fields['giver']}, {noun(cast.giver.role)}"
    yield _text(record, "title", "title", {"kind": "quest_title", "must": gist}, TITLE, (strategy.title,))
    card = {"kind": "quest_summary", "giver": who, "must": task}
    yield _text(record, "summary", "summary", card, SUMMARY, summary_texts(reason, task))
    before = f"{fields['giver']} says that {clause(lore.text)}" if lore else reason
    chosen = {ending.after for ending in shape.endings}
    for stage in shape.stages:
        steps = [step for step in stage.steps if not step.optional]
        goals = [step for step in steps if step.id in chosen] or steps[-1:]
        first = goals[0].saying
        then = first.or_else(goals[1].saying) if len(goals) > 1 else first.order
        card = {"kind": "journal", "must": f"{before}; next: {then}"}
        yield _text(record, f"stages/{stage.id}/journal", "journal", card, JOURNAL, journal_texts(before, then))
        for step in stage.steps:
            yield _objective_text(record, name, f"stages/{stage.id}/objectives/{step.id}", step)
        before = steps[-1].saying.deed
    for ending in shape.endings:
        card = {"kind": "journal", "must": ending.must}
        yield _text(record, f"outcomes/{ending.id}", "journal", card, JOURNAL, closing_texts(ending.must))


def _objective_text(record: str, name: tuple[str | int, ...], key: str, step: Step) -> dict[str, JSON]:
    saying = step.saying
    opening = saying.opening(Stream(*name, "opening", step.id))
    card = {
        "kind": "objective",
        "verb": step.verb,
        "target": saying.noun,
        "place": saying.place,
        "must": saying.full_order,
    }
    # room for a clause behind the opening, whatever the length of the name in it
    schema = {
        "type": "string",
        "minLength": 16,
        "maxLength": max(100, min(LONGEST_OBJECTIVE, len(opening) + 60)),
        "x-gamegen": {"ends": "sentence"},
    }
    text = _text(record, key, "objective", card, schema, objective_texts(saying, opening))
    return {**text, "names": [step.name], "opening": opening}


def _text(
    record: str,
    key: str,
    template: str,
    card: Mapping[str, JSON],
    schema: Mapping[str, JSON],
    fallback: tuple[str, ...],
) -> dict[str, JSON]:
    low, high = schema["minLength"], schema["maxLength"]
    return {
        "key": key,
        "line": line_id(record, key),
        "template": f"quest/{template}.j2",
        "card": dict(card),
        "schema": dict(schema),
        "names": [],
        "opening": "",
        "fallback": [text for text in fallback if low <= len(text) <= high],
    }


def _outline(document: Mapping[str, JSON], strategy: Strategy, cast: Cast, shape: Shape) -> list[str]:
    """What will be made, in lines for a person."""
    lines = [
        f"{document['type']} quest of level {cast.level} from {cast.giver.name} ({cast.giver.role}): "
        f"{strategy.motivation}, {strategy.name}"
    ]
    for number, stage in enumerate(shape.stages, 1):
        orders = [
            f"{step.saying.full_order}{' (hidden)' if step.hidden else ' (optional)' if step.optional else ''}"
            for step in stage.steps
        ]
        lines.append(f"{number}. {stage.id}: {'; '.join(orders)}")
    for ending in shape.endings:
        effects = "".join(f", sets {effect['id']}" for effect in ending.effects)
        lines.append(f"{ending.status} {ending.id}: {ending.must}{effects}")
    paid = document["rewards"]
    extra = [item["id"] for item in paid["items"]] + [
        f"{part['faction']} {part['value']:+}" for part in paid["reputation"]
    ]
    lines.append(", ".join([f"pays {paid['xp']} xp", f"{paid['currency']} coins", *extra]))
    return lines
