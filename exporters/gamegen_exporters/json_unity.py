"""The profile ``unity``: one object of the shape that Unity's JsonUtility reads, and the classes it reads it into.

JsonUtility knows public fields of serializable classes, lists of them, strings, numbers and truth values; no
dictionaries, no null, no list at the root, no value of mixed type, and ten levels. So dictionaries are lists of
entries, what is absent is empty, and conditions are a flat list whose parts are named by their index.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from gamegen.records import JSON

from .json_profile import INT32, VERSION, Conditions, Record, accepted, added, encoded, runtime, state_variables, typed
from .json_shapes import LIST, definitions
from .json_unity_shapes import SHAPES, TRAITS

PREFIX = "Gamegen"


def render(records: Sequence[Record]) -> dict[str, str]:
    """``gamegen.json``, ``GamegenContent.cs`` (the classes it is read into) and ``GamegenPlayer.cs``.

    Raises InvalidContent (GG050, GG051, GG052, GG054, GG055, GG316).
    """
    return {
        "gamegen.json": encoded(content(accepted(records, "unity", INT32))),
        "GamegenContent.cs": classes(),
        "GamegenPlayer.cs": runtime("GamegenPlayer.cs"),
    }


def schema() -> dict[str, JSON]:
    """The JSON Schema of ``gamegen.json``."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "exports/json_unity.schema.json",
        "title": "The file gamegen.json of the profile unity",
        "$ref": "#/$defs/Content",
        "$defs": definitions(SHAPES),
    }


def classes() -> str:
    """The C# source of the classes, a public field for each key."""
    lines = [
        "// Written by gamegen. Changes are lost at the next export.",
        "using System;",
        "using System.Collections.Generic;",
        "",
        "namespace Gamegen",
        "{",
    ]
    for number, shape in enumerate(SHAPES):
        meaning = shape.meaning.replace("&", "&amp;").replace("<", "&lt;")
        lines += [""] if number else []
        lines += [f"    /// <summary>{meaning}</summary>", "    [Serializable]"]
        lines += [f"    public class {PREFIX}{shape.name}", "    {"]
        lines += [f"        public {_csharp(type)} {name};" for name, type in shape.fields.items()]
        lines += ["    }"]
    return "\n".join((*lines, "}", ""))


def _csharp(type: str) -> str:
    if type.startswith(LIST):
        return f"List<{_csharp(type.removeprefix(LIST))}>"
    return type if type in ("string", "int", "bool") else f"{PREFIX}{type}"


def content(records: Sequence[Record]) -> dict[str, JSON]:
    """The root object of accepted records."""
    kinds: dict[str, list[JSON]] = {"dialogue": [], "quest": [], "character": []}
    for record in records:
        kinds[record["kind"]].append(_RECORDS[record["kind"]](record))
    return {
        "format": "gamegen",
        "profile": "unity",
        "version": VERSION,
        "variables": [
            {**one, "initial": typed(one["initial"]), "values": [typed(value) for value in one["values"]]}
            for one in state_variables(records)
        ],
        **{f"{kind}s": found for kind, found in kinds.items()},
    }


def _dialogue(record: Record) -> dict[str, JSON]:
    conditions = Conditions()
    speakers = {ref["id"]: ref["name"] for ref in record["refs"]}
    return {
        "id": record["id"],
        "topic": record.get("topic", ""),
        "location": record.get("location", ""),
        "participants": record["participants"],
        "variables": [{"id": one["id"], "initial": typed(one["initial"])} for one in record["variables"]],
        "start": record["start"],
        "nodes": [
            {
                "id": node["id"],
                "speaker": node["speaker"],
                "speakerName": speakers.get(node["speaker"], node["speaker"]),
                "intent": node.get("intent", ""),
                "facts": node.get("facts", []),
                "effects": _effects(node),
                "lines": node["lines"],
                "choices": [_choice(choice, conditions) for choice in node.get("choices", ())],
                "next": node.get("goto", ""),
                "end": node.get("end", ""),
            }
            for node in record["nodes"]
        ],
        "ends": [{"id": one["id"], "outcome": one["outcome"], "effects": _effects(one)} for one in record["ends"]],
        "conditions": list(_conditions(conditions)),
        **_shared(record),
    }


def _choice(choice: Mapping[str, JSON], conditions: Conditions) -> dict[str, JSON]:
    check = choice.get("check", {"skill": "", "dc": 0, "success": "", "failure": ""})
    return {
        "id": choice["id"],
        "text": choice["text"],
        "condition": conditions.add(choice.get("condition")),
        "effects": _effects(choice),
        "once": choice.get("once", False),
        "next": choice.get("goto", ""),
        **check,
    }


def _quest(record: Record) -> dict[str, JSON]:
    conditions = Conditions()
    rewards = record["rewards"]
    return {
        **{name: record[name] for name in ("id", "title", "summary", "giver", "motivation", "strategy", "type")},
        **{name: record[name] for name in ("level", "facts", "start")},
        "prerequisites": [conditions.add(one) for one in record["prerequisites"] if one],
        "stages": [
            {
                "id": stage["id"],
                "journal": stage["journal"],
                "objectives": [_objective(one, conditions) for one in stage["objectives"]],
                "edges": [
                    {"to": edge["to"], "required": edge["requires"], "effects": _effects(edge)}
                    for edge in stage["next"]
                ],
            }
            for stage in record["stages"]
        ],
        "outcomes": [
            {"id": one["id"], "status": one["status"], "text": one["text"], "effects": _effects(one)}
            for one in record["outcomes"]
        ],
        "failConditions": [
            {"condition": conditions.add(one["condition"]), "outcome": one["outcome"]}
            for one in record["fail_conditions"]
        ],
        "rewards": {
            "xp": rewards["xp"],
            "currency": rewards["currency"],
            "items": rewards["items"],
            "reputation": [{"id": one["faction"], "count": one["value"]} for one in rewards["reputation"]],
        },
        "conditions": list(_conditions(conditions)),
        **_shared(record),
    }


def _objective(one: Mapping[str, JSON], conditions: Conditions) -> dict[str, JSON]:
    return {
        **{name: one[name] for name in ("id", "text", "verb", "target", "count", "location", "optional", "hidden")},
        "recipient": one.get("to", ""),
        "condition": conditions.add(one.get("requires")),
        "effects": _effects(one),
    }


def _character(record: Record) -> dict[str, JSON]:
    return {
        **{name: record[name] for name in ("id", "name", "pronouns", "role", "race", "level", "background")},
        **{name: record.get(name, "") for name in ("character", "faction", "location", "culture")},
        **{name: record[name] for name in ("speed", "voice", *TRAITS, "goals", "knows", "attribution")},
        "characterClass": record["class"],
        "abilities": [
            {"id": name, "score": score, "modifier": record["modifiers"][name]}
            for name, score in sorted(record["abilities"].items())
        ],
        "proficiencyBonus": record["proficiency_bonus"],
        "armorClass": record["armor_class"],
        "hitPoints": record["hit_points"],
        "hitDie": record["hit_die"],
        **{
            table: [{"id": id, "expertise": False, **one} for id, one in sorted(record[table].items())]
            for table in ("saves", "skills")
        },
        "equipment": record["equipment"],
        "relations": record["relations"],
        **_shared(record),
    }


_RECORDS = {"dialogue": _dialogue, "quest": _quest, "character": _character}


def _shared(record: Record) -> dict[str, JSON]:
    return {
        "references": [{name: ref[name] for name in ("type", "id", "name")} for ref in record["refs"]],
        "placeholders": record.get("placeholders", []),
        "added": added(record),
    }


def _conditions(conditions: Conditions) -> Iterator[dict[str, JSON]]:
    for one in conditions.tests:
        leaf = one.get("leaf", {"type": "", "id": "", "op": "", "value": ""})
        yield {**leaf, "kind": one["kind"], "parts": one.get("parts", []), "value": typed(leaf["value"])}


def _effects(holder: Mapping[str, JSON]) -> list[dict[str, JSON]]:
    found: Iterable[Mapping[str, JSON]] = holder.get("effects", ())
    return [{**one, "value": typed(one["value"])} for one in found]
