"""Character sheets: SRD 5.1 numbers from `srd`, texts from the model, one short request each."""

from __future__ import annotations

from collections.abc import Generator as Coroutine

from gamegen import _resources
from gamegen.cards import fields_of
from gamegen.generators.character.plan import PARTS, SETTINGS, plan
from gamegen.generators.character.srd import ATTRIBUTION
from gamegen.hookspecs import Generator
from gamegen.records import JSON, Plan, Request, line_id
from gamegen.schema import load_schema

TEXT = {"type": "string", "minLength": 20, "maxLength": 150}
COPIED = (
    "character", "name", "pronouns", "role", "race", "class", "level", "background", "faction", "location", "culture",
    "abilities", "modifiers", "proficiency_bonus", "armor_class", "hit_points", "hit_die", "speed", "saves", "skills",
    "equipment", "voice", "relations", "knows", "refs",
)  # fmt: skip


def write(plan: Plan) -> Coroutine[list[Request], list[JSON], dict[str, JSON]]:
    """Ask for the six traits and the goals in one batch; merge them into the sheet."""
    data = plan.data
    musts = {**data["musts"], **{f"goals/{n}": goal for n, goal in enumerate(data["goals"])}}
    tone = {"tone": data["tone"]} if "tone" in data else {}
    texts = yield [
        Request(
            key=key,
            template="character/trait.j2",
            card={
                "kind": "trait",
                "who": f"{data['name']}, {data['role']}",
                "part": "goal" if key.startswith("goals/") else key,
                "pronouns": data["pronouns"],
                **tone,
                "must": must,
            },
            schema=TEXT,
            values={"pronouns": data["pronouns"]},
        )
        for key, must in musts.items()
    ]
    written: dict[str, JSON] = {
        key: {"id": line_id(plan.id, key), "text": text} for key, text in zip(musts, texts, strict=True)
    }
    return {
        "id": plan.id,
        "kind": "character",
        "schema_version": 1,
        **{name: data[name] for name in COPIED if name in data},
        **{part: written[part] for part in PARTS},
        "goals": [written[key] for key in musts if key.startswith("goals/")],
        "attribution": ATTRIBUTION,
    }


GENERATOR = Generator(
    kind="character",
    schema=load_schema("character"),
    plan=plan,
    write=write,
    templates=_resources.folder("templates"),
    settings=SETTINGS,
    cards=fields_of("trait"),
)
