"""The profile ``unreal``: rows of DataTables, the header with their structs, and a string table with every text.

A DataTable is a list of flat objects with unique names; a list may hold objects, not lists; the importer refuses keys
that the struct does not have, lists without rows and the name None. So whatever has a place of its own is a row, rows
name each other, and a table without rows has no file. Texts are named by their line id, the key of the string table.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from gamegen.errors import InvalidContent
from gamegen.records import JSON, Finding

from .json_profile import INT32, Conditions, Record, accepted, added, encoded, runtime, state_variables, typed
from .json_shapes import LIST, Enumeration, Shape, definitions
from .json_unreal_tables import ENUMERATIONS, ROW, STRUCTS, TABLES, enumerator

TEXTS = "GamegenTexts.csv"
Row = dict[str, JSON]


def render(records: Sequence[Record]) -> dict[str, str]:
    """A ``Gamegen<Table>.json`` for each table that has rows, ``GamegenTexts.csv`` and ``GamegenTables.h``.

    Raises InvalidContent (GG050, GG051, GG052, GG053, GG054, GG055, GG316).
    """
    held = accepted(records, "unreal", INT32)
    faults = [
        Finding("GG055", f"{one['kind']} 'none': Unreal has no row of this name", "give the record another id")
        for one in held
        if one["id"] == "none"
    ]
    texts, unheld = _texts(held)
    if faults or unheld:
        raise InvalidContent([*faults, *unheld])
    rows = tables(held)
    files = {f"Gamegen{table}.json": encoded(found) for table, found in rows.items() if found}
    if texts:
        files[TEXTS] = "Key,SourceString\n" + "".join(f"{id},{_cell(text)}\n" for id, text in sorted(texts.items()))
    return {**files, "GamegenTables.h": header()}


def schema() -> dict[str, JSON]:
    """The JSON Schema of the tables: a file ``Gamegen<Table>.json`` is described by ``#/$defs/<Table>``."""
    rows = tuple(Shape(one.name + ROW, one.meaning, {"Name": "string", **one.fields}) for one in TABLES)
    files = {
        one.name: {"type": "array", "minItems": 1, "items": {"$ref": f"#/$defs/{one.name}{ROW}"}} for one in TABLES
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "exports/json_unreal.schema.json",
        "title": "The files Gamegen<Table>.json of the profile unreal",
        "anyOf": [{"$ref": f"#/$defs/{one.name}"} for one in TABLES],
        "$defs": {**files, **definitions((*STRUCTS, *rows), ENUMERATIONS)},
    }


def header() -> str:
    """``GamegenTables.h``: a struct for each table, its properties the keys of the rows."""
    blocks = [runtime("GamegenTables.h").rstrip("\n")]
    blocks += (_enumeration(one) for one in ENUMERATIONS)
    blocks += (_struct(one, one.name, "") for one in STRUCTS)
    blocks += (_struct(one, one.name + ROW, " : public FTableRowBase") for one in TABLES)
    return "\n\n".join(blocks) + "\n"


def _enumeration(one: Enumeration) -> str:
    values = "".join(f"\t{value},\n" for value in one.values)
    return f"UENUM(BlueprintType)\nenum class EGamegen{one.name} : uint8\n{{\n{values}}};"


def _struct(shape: Shape, name: str, base: str) -> str:
    properties = "\n".join(
        f'\n\tUPROPERTY(EditAnywhere, BlueprintReadOnly, Category = "Gamegen")\n\t{_declared(field, type)}'
        for field, type in shape.fields.items()
    )
    opening = f"/** {shape.meaning} */\nUSTRUCT(BlueprintType)\nstruct FGamegen{name}{base}"
    return f"{opening}\n{{\n\tGENERATED_BODY()\n{properties}\n}};"


def _declared(field: str, type: str) -> str:
    if type.startswith(LIST):
        return f"TArray<{_cpp(type.removeprefix(LIST))}> {field};"
    enumerations = {one.name: one.values[0] for one in ENUMERATIONS}
    initial = {"int": " = 0", "bool": " = false"}.get(type, "")
    if type in enumerations:
        initial = f" = EGamegen{type}::{enumerations[type]}"
    return f"{_cpp(type)} {field}{initial};"


def _cpp(type: str) -> str:
    scalars = {"int": "int32", "bool": "bool", "string": "FString", "name": "FName"}
    if type in scalars:
        return scalars[type]
    return f"EGamegen{type}" if any(one.name == type for one in ENUMERATIONS) else f"FGamegen{type}"


def _texts(records: Iterable[Record]) -> tuple[dict[str, str], list[Finding]]:
    """Every text by its line id, and what the string table cannot hold."""
    texts: dict[str, str] = {}
    faults: list[Finding] = []
    for record in records:
        for text in _text_objects(record):
            id, words = text["id"], text["text"]
            if texts.setdefault(id, words) != words:
                message = f"record {record['id']}: two texts with the line id {id}"
                faults.append(Finding("GG053", message, "give one of the records another id"))
            if _imported(words.replace("\\", "\\\\")) != words:
                message = f"record {record['id']}: Unreal's string tables cannot hold a backslash before n, r or t"
                faults.append(Finding("GG050", message, "edit the text", where=id))
    return texts, faults


def _text_objects(value: JSON) -> Iterable[Mapping[str, str]]:
    if isinstance(value, Mapping):
        if value.keys() == {"id", "text"} and isinstance(value["text"], str):
            yield value
        else:
            for name, part in value.items():
                if name not in ("provenance", "review"):
                    yield from _text_objects(part)
    elif isinstance(value, list):
        for part in value:
            yield from _text_objects(part)


def _imported(cell: str) -> str:
    """What the importer makes of a cell: FString::ReplaceEscapedCharWithChar takes mark by mark, backslashes last."""
    for char, escape in (('"', '\\"'), ("'", "\\'"), ("\t", "\\t"), ("\r", "\\r"), ("\n", "\\n"), ("\\", "\\\\")):
        cell = cell.replace(escape, char)
    return cell


def _cell(text: str) -> str:
    """A cell of the string table, where a backslash begins an escape and a quotation mark is doubled."""
    doubled = text.replace("\\", "\\\\").replace('"', '""')
    return f'"{doubled}"'


def tables(records: Sequence[Record]) -> dict[str, list[Row]]:
    """The rows of each table, by table."""
    rows: dict[str, list[Row]] = {one.name: [] for one in TABLES}
    for variable in state_variables(records):
        rows["Variables"].append(
            {
                "Name": f"{variable['type']}.{variable['id']}",
                "Type": enumerator(variable["type"]),
                "Record": "",
                "Id": variable["id"],
                "DisplayName": variable["name"],
                **_value(variable["initial"]),
                "Values": [str(value) for value in variable["values"]],
            }
        )
    for record in records:
        _Writer(record, rows).write()
    return rows


def _value(value: JSON) -> Row:
    return _typed(typed(value))


def _typed(one: Mapping[str, JSON]) -> Row:
    return {
        "ValueType": enumerator(one["type"]),
        "String": one["text"],
        "Number": one["number"],
        "bFlag": one["flag"],
    }


class _Writer:
    """Adds the rows of one record. Rows of tables that all kinds share are named after kind and record."""

    def __init__(self, record: Record, rows: dict[str, list[Row]]) -> None:
        self.record, self.id, self.rows = record, str(record["id"]), rows
        self.shared = f"{record['kind']}.{self.id}"
        self.conditions = Conditions()
        self.effect_count = 0

    def write(self) -> None:
        {"dialogue": self._dialogue, "quest": self._quest, "character": self._character}[self.record["kind"]]()
        for index, one in enumerate(self.conditions.tests):
            leaf = one.get("leaf")
            self.rows["Conditions"].append(
                {
                    "Name": self._condition_name(index),
                    "Kind": enumerator(one["kind"]),
                    "Parts": [self._condition_name(part) for part in one.get("parts", ())],
                    "Variable": self._variable(leaf) if leaf else "",
                    "Op": _OPS[leaf["op"]] if leaf else "Equal",
                    **_value(leaf["value"] if leaf else ""),
                }
            )

    def row(self, *parts: str) -> str:
        """The name of a row of this record."""
        return ".".join((self.id, *parts))

    def _condition_name(self, index: int) -> str:
        return f"{self.shared}.{index}" if index >= 0 else ""

    def _condition(self, condition: Mapping[str, JSON] | None) -> str:
        return self._condition_name(self.conditions.add(condition))

    def _variable(self, use: Mapping[str, JSON]) -> str:
        return self._local(use["id"]) if use["type"] == "local" else f"{use['type']}.{use['id']}"

    def _local(self, id: str) -> str:
        return f"local.{self.id}.{id}"

    def _effects(self, holder: Mapping[str, JSON]) -> list[str]:
        names = []
        for effect in holder.get("effects", ()):
            names.append(f"{self.shared}.{self.effect_count}")
            self.effect_count += 1
            self.rows["Effects"].append(
                {
                    "Name": names[-1],
                    "Variable": self._variable(effect),
                    "Op": enumerator(effect["op"]),
                    **_value(effect["value"]),
                }
            )
        return names

    def _about(self) -> Row:
        record = self.record
        return {
            "References": [
                {"Type": ref["type"], "Id": ref["id"], "DisplayName": ref["name"]} for ref in record["refs"]
            ],
            "Placeholders": [{"Key": one["name"], "Value": one["value"]} for one in record.get("placeholders", ())],
            "Added": [{"Path": one["path"], "TextKey": one["line"], **_typed(one["value"])} for one in added(record)],
        }

    def _dialogue(self) -> None:
        record, rows = self.record, self.rows
        for one in record["variables"]:
            rows["Variables"].append(
                {
                    "Name": self._local(one["id"]),
                    "Type": "Local",
                    "Record": self.id,
                    "Id": one["id"],
                    "DisplayName": one["id"],
                    **_value(one["initial"]),
                    "Values": [],
                }
            )
        rows["Dialogues"].append(
            {
                "Name": self.id,
                "Topic": record.get("topic", ""),
                "Location": record.get("location", ""),
                "Participants": record["participants"],
                "Variables": [self._local(one["id"]) for one in record["variables"]],
                "Start": self.row(record["start"]),
                "Nodes": [self.row(node["id"]) for node in record["nodes"]],
                "Ends": [self.row(end["id"]) for end in record["ends"]],
                **self._about(),
            }
        )
        for node in record["nodes"]:
            self._node(node)
        for end in record["ends"]:
            rows["Ends"].append(
                {
                    "Name": self.row(end["id"]),
                    "Dialogue": self.id,
                    "Id": end["id"],
                    "Outcome": end["outcome"],
                    "Effects": self._effects(end),
                }
            )

    def _node(self, node: Mapping[str, JSON]) -> None:
        speakers = {ref["id"]: ref["name"] for ref in self.record["refs"]}
        name, choices = self.row(node["id"]), node.get("choices", ())
        self.rows["Nodes"].append(
            {
                "Name": name,
                "Dialogue": self.id,
                "Id": node["id"],
                "Speaker": node["speaker"],
                "SpeakerName": speakers.get(node["speaker"], node["speaker"]),
                "Intent": node.get("intent", ""),
                "Facts": node.get("facts", []),
                "Effects": self._effects(node),
                "Lines": [line["id"] for line in node["lines"]],
                "Choices": [self.row(node["id"], choice["id"]) for choice in choices],
                "Next": self.row(node["goto"]) if "goto" in node else "",
                "End": self.row(node["end"]) if "end" in node else "",
            }
        )
        for index, line in enumerate(node["lines"]):
            self.rows["Lines"].append(
                {"Name": line["id"], "Node": name, "Index": index, "Speaker": node["speaker"], "TextKey": line["id"]}
            )
        for choice in choices:
            check = choice.get("check", {})
            self.rows["Choices"].append(
                {
                    "Name": self.row(node["id"], choice["id"]),
                    "Node": name,
                    "Id": choice["id"],
                    "TextKey": choice["text"]["id"],
                    "Condition": self._condition(choice.get("condition")),
                    "Effects": self._effects(choice),
                    "bOnce": choice.get("once", False),
                    "Next": self.row(choice["goto"]) if "goto" in choice else "",
                    "Skill": check.get("skill", ""),
                    "Dc": check.get("dc", 0),
                    "Success": self.row(check["success"]) if check else "",
                    "Failure": self.row(check["failure"]) if check else "",
                }
            )

    def _quest(self) -> None:
        record, rewards = self.record, self.record["rewards"]
        self.rows["Quests"].append(
            {
                "Name": self.id,
                "TitleKey": record["title"]["id"],
                "SummaryKey": record["summary"]["id"],
                "Giver": record["giver"],
                "Motivation": enumerator(record["motivation"]),
                "Strategy": record["strategy"],
                "Type": enumerator(record["type"]),
                "Level": record["level"],
                "Facts": record["facts"],
                "Prerequisites": [self._condition(one) for one in record["prerequisites"] if one],
                "Start": self.row(record["start"]),
                "Stages": [self.row(stage["id"]) for stage in record["stages"]],
                "Outcomes": [self.row(one["id"]) for one in record["outcomes"]],
                "FailConditions": [
                    {"Condition": self._condition(one["condition"]), "Outcome": self.row(one["outcome"])}
                    for one in record["fail_conditions"]
                ],
                "Xp": rewards["xp"],
                "Currency": rewards["currency"],
                "Items": [{"Id": one["id"], "Count": one["count"]} for one in rewards["items"]],
                "Reputation": [{"Id": one["faction"], "Count": one["value"]} for one in rewards["reputation"]],
                **self._about(),
            }
        )
        for stage in record["stages"]:
            self._stage(stage)
        for one in record["outcomes"]:
            self.rows["Outcomes"].append(
                {
                    "Name": self.row(one["id"]),
                    "Quest": self.id,
                    "Id": one["id"],
                    "Status": enumerator(one["status"]),
                    "TextKey": one["text"]["id"],
                    "Effects": self._effects(one),
                }
            )

    def _stage(self, stage: Mapping[str, JSON]) -> None:
        name, stages = self.row(stage["id"]), {one["id"] for one in self.record["stages"]}
        objectives = [self.row(stage["id"], one["id"]) for one in stage["objectives"]]
        edges = [f"{name}.{index}" for index, _ in enumerate(stage["next"])]
        self.rows["Stages"].append(
            {
                "Name": name,
                "Quest": self.id,
                "Id": stage["id"],
                "JournalKey": stage["journal"]["id"],
                "Objectives": objectives,
                "Edges": edges,
            }
        )
        for objective, one in zip(objectives, stage["objectives"], strict=True):
            self.rows["Objectives"].append(
                {
                    "Name": objective,
                    "Stage": name,
                    "Id": one["id"],
                    "TextKey": one["text"]["id"],
                    "Verb": enumerator(one["verb"]),
                    "Target": one["target"],
                    "Count": one["count"],
                    "Location": one["location"],
                    "Recipient": one.get("to", ""),
                    "bOptional": one["optional"],
                    "bHidden": one["hidden"],
                    "Condition": self._condition(one.get("requires")),
                    "Effects": self._effects(one),
                }
            )
        for edge_name, edge in zip(edges, stage["next"], strict=True):
            to = self.row(edge["to"])
            self.rows["Edges"].append(
                {
                    "Name": edge_name,
                    "Stage": name,
                    "Required": [self.row(stage["id"], one) for one in edge["requires"]],
                    "Effects": self._effects(edge),
                    "NextStage": to if edge["to"] in stages else "",
                    "Outcome": "" if edge["to"] in stages else to,
                }
            )

    def _character(self) -> None:
        record = self.record
        self.rows["Characters"].append(
            {
                "Name": self.id,
                "Character": record.get("character", ""),
                "DisplayName": record["name"],
                "Pronouns": enumerator(record["pronouns"]),
                "Role": record["role"],
                "Race": record["race"],
                "Class": record["class"],
                "Level": record["level"],
                "Background": record["background"],
                "Faction": record.get("faction", ""),
                "Location": record.get("location", ""),
                "Culture": record.get("culture", ""),
                "Abilities": [
                    {"Id": id, "Score": score, "Modifier": record["modifiers"][id]}
                    for id, score in sorted(record["abilities"].items())
                ],
                "ProficiencyBonus": record["proficiency_bonus"],
                "ArmorClass": record["armor_class"],
                "HitPoints": record["hit_points"],
                "HitDie": record["hit_die"],
                "Speed": record["speed"],
                "Saves": _skills(record["saves"]),
                "Skills": _skills(record["skills"]),
                "Equipment": [
                    {"Id": one["id"], "DisplayName": one["name"], "Count": one["count"]} for one in record["equipment"]
                ],
                "Voice": record["voice"],
                **{
                    f"{trait.capitalize()}Key": record[trait]["id"]
                    for trait in ("appearance", "personality", "ideal", "bond", "flaw", "secret")
                },
                "GoalKeys": [goal["id"] for goal in record["goals"]],
                "Relations": [{"To": one["to"], "Kind": one["kind"]} for one in record["relations"]],
                "Knows": record["knows"],
                "Attribution": record["attribution"],
                **self._about(),
            }
        )


def _skills(table: Mapping[str, Mapping[str, JSON]]) -> list[Row]:
    return [
        {
            "Id": id,
            "Modifier": one["modifier"],
            "bProficient": one["proficient"],
            "bExpertise": one.get("expertise", False),
        }
        for id, one in sorted(table.items())
    ]


_OPS = {
    "==": "Equal",
    "!=": "NotEqual",
    "<": "Less",
    "<=": "LessOrEqual",
    ">": "Greater",
    ">=": "GreaterOrEqual",
}
