"""The format json and its engine profiles: as their published schemas say, complete, and refusing what would change."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from gamegen.briefs import check_settings
from gamegen.codes import CODES
from gamegen.errors import InvalidContent, UsageError
from gamegen_exporters import json as json_format, json_unity, json_unreal, json_unreal_tables
from gamegen_exporters.json_profile import PROPERTIES
from tests.consumers.planned import GENERATORS, planned
from tests.dialogue_records import effect, forge, leaf
from tests.strategies import proven_dialogues, texts

ROOT = Path(__file__).parents[2]
PROFILES = ("unity", "unreal", "godot")
Record = dict[str, Any]
by_profile = pytest.mark.parametrize("profile", PROFILES)


@cache
def gallery() -> tuple[Record, ...]:
    files = sorted((ROOT / "samples" / "gallery" / "saltmarrow").glob("*.jsonl"))
    return tuple(json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines())


def everything() -> list[Record]:
    return [*gallery(), *(planned(kind, seed) for kind in sorted(GENERATORS) for seed in range(1, 6))]


def schema_of(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((ROOT / "schemas" / f"{name}.schema.json").read_text(encoding="utf-8"))
    return found


@cache
def registry() -> Registry[Any]:
    names = ("common", "quest", "dialogue", "character", "exports/json_unreal")
    return Registry().with_resources((f"{name}.schema.json", Resource.from_contents(schema_of(name))) for name in names)


def accepts(schema: Mapping[str, Any], value: Any) -> None:
    Draft202012Validator.check_schema(schema)
    faults = [
        f"{one.json_path}: {one.message}"
        for one in Draft202012Validator(schema, registry=registry()).iter_errors(value)
    ]
    assert faults == []


def rendered(profile: str, *records: Record) -> dict[str, str]:
    return json_format.render(records, {"profile": profile})


def refused(profile: str, *records: Record) -> list[str]:
    with pytest.raises(InvalidContent) as caught:
        rendered(profile, *records)
    assert {one.code for one in caught.value.findings} <= CODES.keys()
    return [str(one) for one in caught.value.findings]


def with_gold(initial: Any) -> Record:
    record = forge()
    gold = {"type": "flag", "id": "gold", "name": "gold", "value_type": "int", "initial": initial}
    return {**record, "refs": [*record["refs"], gold]}


# The generic form


def test_the_plain_form_is_as_its_schema_says() -> None:
    schema = schema_of("exports/json")
    files = json_format.render(everything(), {})
    assert set(files) == {"manifest.json", *(f"records/{kind}.json" for kind in GENERATORS)}
    for name, content in files.items():
        part = "manifest" if name == "manifest.json" else "records"
        accepts({**schema, "anyOf": [{"$ref": f"#/$defs/{part}"}]}, json.loads(content))


def test_the_schema_of_the_plain_form_refuses_a_record_that_its_kind_refuses() -> None:
    content = json.loads(json_format.render([forge()], {})["records/dialogue.json"])
    del content["records"][0]["start"]
    validator = Draft202012Validator(schema_of("exports/json"), registry=registry())
    assert not validator.is_valid(content)


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["note", "toy"]), st.text(st.characters(codec="utf-8"))), max_size=5))
def test_a_file_is_what_json_writes_of_all_its_records_at_once(made: list[tuple[str, str]]) -> None:
    records = [{"id": f"r_{n}", "kind": kind, "said": [{"it": text}]} for n, (kind, text) in enumerate(made)]
    files = rendered("", *records)
    assert set(files) == {"manifest.json", *(f"records/{kind}.json" for kind, _ in made)}
    for kind in {kind for kind, _ in made}:
        whole = {"kind": kind, "version": 1, "records": [record for record in records if record["kind"] == kind]}
        shown = json.dumps(whole, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
        assert files[f"records/{kind}.json"] == shown


def test_half_a_surrogate_pair_is_refused() -> None:
    record = forge()
    record["nodes"][0]["lines"][0]["text"] = "a\ud800"
    with pytest.raises(InvalidContent, match="GG050 record talk_0001: half a surrogate pair"):
        json_format.render([record], {})


def test_a_profile_is_an_option_and_holds_no_provenance() -> None:
    exporter = json_format.EXPORTER
    assert check_settings("format json", exporter.options, {"profile": "unity"})["profile"] == "unity"
    with pytest.raises(UsageError, match="GG005"):
        check_settings("format json", exporter.options, {"profile": "unigine"})
    with pytest.raises(UsageError, match="GG005 profile unity holds no provenance"):
        json_format.render([], {"profile": "unity", "provenance": True})


def test_the_examples_of_the_page_are_what_is_exported() -> None:
    page = (ROOT / "docs" / "formats" / "json.md").read_text(encoding="utf-8")
    record, choice, test, row, condition = map(json.loads, re.findall(r"^```json\n(.*?)^```", page, re.M | re.S))
    assert record == forge()["nodes"][1]["choices"][1]
    (dialogue,) = json.loads(rendered("unity", forge())["gamegen.json"])["dialogues"]
    assert (choice, test) == (dialogue["nodes"][1]["choices"][1], dialogue["conditions"][0])
    files = rendered("unreal", forge())
    assert row in json.loads(files["GamegenChoices.json"])
    assert condition in json.loads(files["GamegenConditions.json"])
    (line,) = re.findall(r"^```csv\n(.*?)^```", page, re.M | re.S)
    assert line in files["GamegenTexts.csv"]


# What every profile promises


@by_profile
def test_the_same_records_in_any_order_are_the_same_bytes(profile: str) -> None:
    records = everything()
    assert rendered(profile, *records) == rendered(profile, *records[::-1])


@by_profile
def test_no_records_make_valid_files(profile: str) -> None:
    assert [name for name in rendered(profile) if not name.endswith((".json", ".cs", ".gd", ".h"))] == []
    for content in rendered(profile).values():
        assert content.endswith("\n") and not content.endswith("\n\n") and "\r" not in content


@by_profile
def test_what_is_not_for_players_is_left_out(profile: str) -> None:
    record = {**forge(), "provenance": {"seed": 987654}, "review": {"state": "draft", "locks": ["987654"]}}
    assert rendered(profile, record) == rendered(profile, forge())


@by_profile
def test_a_kind_without_a_place_is_refused(profile: str) -> None:
    shop = {"id": "shop_0001", "kind": "shop", "refs": []}
    assert refused(profile, shop) == [
        f"GG055 record shop_0001: profile {profile} has no place for the kind 'shop'; "
        "export it as json without a profile"
    ]


@by_profile
def test_two_records_of_one_id_are_refused(profile: str) -> None:
    assert refused(profile, forge(), forge())[0].startswith("GG051 two dialogue records with the id 'talk_0001'")


@by_profile
def test_records_that_disagree_on_the_state_are_refused(profile: str) -> None:
    other = json.loads(json.dumps(with_gold(2)).replace("talk_0001", "talk_0002"))
    (message,) = refused(profile, with_gold(1), other)
    assert message.startswith("GG052 flag gold begins as 1 in record talk_0001 and as 2 in record talk_0002")


@pytest.mark.parametrize(("profile", "largest"), [("unity", 2**31 - 1), ("unreal", 2**31 - 1), ("godot", 2**53)])
def test_integers_that_the_engine_changes_are_refused_by_name(profile: str, largest: int) -> None:
    for fits in (largest, -largest):
        assert rendered(profile, with_gold(fits))
    for value in (largest + 1, -largest - 1):
        (message,) = refused(profile, with_gold(value))
        assert message.startswith(f"GG054 record talk_0001: profile {profile} holds integers up to {largest}")
        assert "refs.gold.initial" in message
    record = forge()
    record["nodes"][0]["effects"] = [effect("item", "ore", "set", largest + 1)]
    record["nodes"][1]["choices"][0]["condition"] = leaf("item", "ore", "<", largest + 1)
    assert len(refused(profile, record)) == 2


@by_profile
@pytest.mark.parametrize("text", ["a\0b", "a\udc00"])
def test_characters_that_get_lost_are_refused(profile: str, text: str) -> None:
    record = forge()
    record["nodes"][0]["lines"][0]["text"] = text
    (message,) = refused(profile, record)
    assert message.startswith("GG050 record talk_0001: expected characters that every engine reads")
    assert record["nodes"][0]["lines"][0]["id"] in message


@by_profile
@pytest.mark.parametrize("text", ["{hero}", "a { b", "a } b"])
def test_an_unlisted_placeholder_is_refused(profile: str, text: str) -> None:
    record = forge()
    record["nodes"][0]["lines"][0]["text"] = text
    (message,) = refused(profile, record)
    assert message.startswith("GG316 record talk_0001: expected a listed placeholder")


@by_profile
def test_properties_that_a_project_adds_are_kept(profile: str) -> None:
    note = {"id": "talk_0001_note", "text": "Slowly."}
    files = rendered(profile, {**forge(), "mood": {"weight": 3, "loud": True, "share": 0.5, "note": note}})
    whole = "\n".join(files.values())
    assert all(word in whole for word in ("Slowly.", "0.5", "mood", "talk_0001_note"))


def test_the_profiles_know_every_published_property() -> None:
    for kind, known in PROPERTIES.items():
        assert known | {"provenance", "review"} == schema_of(kind)["properties"].keys()


@pytest.mark.parametrize("name", ["json", "json_unity", "json_unreal", "json_godot"])
def test_published_schemas_are_sound(name: str) -> None:
    Draft202012Validator.check_schema(schema_of(f"exports/{name}"))
    assert schema_of(f"exports/{name}")["$id"] == f"exports/{name}.schema.json"


# unity


def test_the_schema_of_unity_is_published() -> None:
    assert schema_of("exports/json_unity") == json_unity.schema()


def test_unity_is_as_its_schema_says() -> None:
    accepts(schema_of("exports/json_unity"), json.loads(rendered("unity", *everything())["gamegen.json"]))


@settings(max_examples=30, deadline=None)
@given(proven_dialogues())
def test_any_dialogue_in_unity_is_as_its_schema_says(record: Record) -> None:
    accepts(schema_of("exports/json_unity"), json.loads(rendered("unity", record)["gamegen.json"]))


def test_unity_holds_no_null_no_dictionary_and_ten_levels() -> None:
    """Each object of one shape has the same keys, which a dictionary has not."""

    def levels(value: Any) -> int:
        assert value is not None
        if isinstance(value, dict):
            return 1 + max(map(levels, value.values()))
        if isinstance(value, list):
            assert not any(isinstance(part, list) for part in value)
            assert len({frozenset(part) for part in value if isinstance(part, dict)}) <= 1
            return max(map(levels, value), default=0)
        return 0

    assert levels(json.loads(rendered("unity", *everything())["gamegen.json"])) <= 10


def test_conditions_are_a_list_in_which_parts_come_first() -> None:
    record = forge()
    (dialogue,) = json.loads(rendered("unity", record)["gamegen.json"])["dialogues"]
    choices = {choice["id"]: choice for choice in dialogue["nodes"][1]["choices"]}
    assert choices["leave"]["condition"] == -1
    index = choices["secret"]["condition"]
    found = dialogue["conditions"]
    assert (found[index]["kind"], [found[part]["kind"] for part in found[index]["parts"]]) == ("all", ["test", "not"])
    assert all(part < place for place, one in enumerate(found) for part in one["parts"])


# unreal


def unreal(*records: Record) -> tuple[dict[str, dict[str, Record]], dict[str, str], str]:
    """Tables of rows by name, texts by key as the importer reads them, and the header."""
    files = rendered("unreal", *records)
    tables: dict[str, dict[str, Record]] = {}
    for name, content in files.items():
        if name.endswith(".json"):
            rows = json.loads(content)
            tables[name.removeprefix("Gamegen").removesuffix(".json")] = {row["Name"]: row for row in rows}
            assert len({row["Name"].lower() for row in rows}) == len(rows)
    cells = [*csv.reader(io.StringIO(files.get("GamegenTexts.csv", "Key,SourceString\n"), newline=""))]
    assert cells[0] == ["Key", "SourceString"]
    return tables, {key: unescaped(text) for key, text in cells[1:]}, files["GamegenTables.h"]


def unescaped(cell: str) -> str:
    """FString::ReplaceEscapedCharWithChar: one mark after the other, the backslash last."""
    for mark, char in (('\\"', '"'), ("\\'", "'"), ("\\t", "\t"), ("\\r", "\r"), ("\\n", "\n"), ("\\\\", "\\")):
        cell = cell.replace(mark, char)
    return cell


def test_the_schema_of_unreal_is_published() -> None:
    assert schema_of("exports/json_unreal") == json_unreal.schema()


def test_unreal_is_as_its_schema_says() -> None:
    files = rendered("unreal", *everything())
    found = [name.removeprefix("Gamegen").removesuffix(".json") for name in files if name.endswith(".json")]
    assert set(found) == {one.name for one in json_unreal_tables.TABLES}
    for table in found:
        accepts({"$ref": f"exports/json_unreal.schema.json#/$defs/{table}"}, json.loads(files[f"Gamegen{table}.json"]))


def declared(header: str) -> dict[str, dict[str, str]]:
    """The properties of each struct of the header with their types."""
    structs = re.findall(r"^USTRUCT\(BlueprintType\)\nstruct FGamegen(\w+)[^{]*\n\{(.*?)^\};", header, re.M | re.S)
    line = re.compile(r"^\tUPROPERTY\([^\n]*\)\n\t([\w<>]+) (\w+)(?: = [\w:]+)?;$", re.M)
    return {name: {field: type for type, field in line.findall(body)} for name, body in structs}


def test_the_header_declares_exactly_the_keys_of_the_rows() -> None:
    tables, _, header = unreal(*everything())
    structs = declared(header)
    assert len(re.findall(r"^struct FGamegen\w+Row : public FTableRowBase$", header, re.M)) == len(tables)

    def agree(struct: str, value: Record) -> None:
        assert structs[struct].keys() == value.keys() - {"Name"}
        for field, type in structs[struct].items():
            inner = type.removeprefix("TArray<").removesuffix(">")
            assert isinstance(value[field], list) == (inner != type)
            for part in value[field] if inner != type else [value[field]]:
                python = {"int32": int, "bool": bool}.get(inner, str)
                if isinstance(part, dict):
                    agree(inner.removeprefix("FGamegen"), part)
                else:
                    assert not inner.startswith("FGamegen") and type_is(part, python)

    def type_is(part: Any, python: type) -> bool:
        return part.__class__ is python

    for table, rows in tables.items():
        for row in rows.values():
            agree(f"{table}Row", row)


def test_the_enumerations_of_the_header_are_those_of_the_records() -> None:
    header = json_unreal.header()
    values = {
        name: re.findall(r"\w+", body)
        for name, body in re.findall(r"enum class EGamegen(\w+) : uint8\n\{(.*?)\};", header, re.S)
    }
    quest = schema_of("quest")["properties"]
    verbs = quest["stages"]["items"]["properties"]["objectives"]["items"]["properties"]["verb"]["enum"]
    named = json_unreal_tables.enumerator
    assert values["Verb"] == [named(verb) for verb in verbs]
    assert values["Motivation"] == [named(one) for one in quest["motivation"]["enum"]]
    assert values["QuestType"] == [named(one) for one in quest["type"]["enum"]]
    assert values["Pronouns"] == [named(one) for one in schema_of("character")["properties"]["pronouns"]["enum"]]


REFERENCES = {
    **{("Dialogues", field): table for field, table in (("Variables", "Variables"), ("Start", "Nodes"))},
    **{("Dialogues", table): table for table in ("Nodes", "Ends")},
    **{("Nodes", field): field for field in ("Effects", "Lines", "Choices")},
    **{("Nodes", "Dialogue"): "Dialogues", ("Nodes", "Next"): "Nodes", ("Nodes", "End"): "Ends"},
    **{("Choices", field): "Nodes" for field in ("Node", "Next", "Success", "Failure")},
    **{(table, "Effects"): "Effects" for table in ("Choices", "Ends", "Objectives", "Edges", "Outcomes")},
    **{(table, "Condition"): "Conditions" for table in ("Choices", "Objectives")},
    **{("Conditions", "Parts"): "Conditions", ("Quests", "Prerequisites"): "Conditions"},
    **{(table, "Variable"): "Variables" for table in ("Conditions", "Effects")},
    **{
        ("Quests", field): table
        for field, table in (("Start", "Stages"), ("Stages", "Stages"), ("Outcomes", "Outcomes"))
    },
    **{("Stages", "Quest"): "Quests", ("Stages", "Objectives"): "Objectives", ("Stages", "Edges"): "Edges"},
    **{("Edges", "Stage"): "Stages", ("Edges", "Required"): "Objectives"},
    **{("Edges", "NextStage"): "Stages", ("Edges", "Outcome"): "Outcomes"},
    **{("Lines", "Node"): "Nodes", ("Ends", "Dialogue"): "Dialogues", ("Outcomes", "Quest"): "Quests"},
    ("Objectives", "Stage"): "Stages",
}


def test_every_name_is_a_row_and_every_key_a_text() -> None:
    tables, texts, header = unreal(*everything())
    names = {
        (struct.removesuffix("Row"), field)
        for struct, fields in declared(header).items()
        for field, type in fields.items()
        if "FName" in type
    }
    assert (
        names - {("Variables", "Record"), ("FailCondition", "Condition"), ("FailCondition", "Outcome")}
        == REFERENCES.keys()
    )
    for (table, field), target in REFERENCES.items():
        for row in tables[table].values():
            for name in row[field] if isinstance(row[field], list) else [row[field]]:
                assert name == "" or name in tables[target], (table, field, name)
    for quest in tables["Quests"].values():
        for one in quest["FailConditions"]:
            assert one["Condition"] in tables["Conditions"] and one["Outcome"] in tables["Outcomes"]
    for variable in tables["Variables"].values():
        assert (variable["Record"] in tables["Dialogues"]) == (variable["Type"] == "Local")
    for rows in tables.values():
        for row in rows.values():
            assert {row[field] for field in row if field.endswith("Key")} <= texts.keys()


def rebuilt(tables: dict[str, dict[str, Record]], texts: dict[str, str], id: str) -> Record:
    """What plays of a dialogue, from the rows alone."""
    dialogue = tables["Dialogues"][id]
    ops = dict(
        zip(
            ("Equal", "NotEqual", "Less", "LessOrEqual", "Greater", "GreaterOrEqual"),
            ("==", "!=", "<", "<=", ">", ">="),
            strict=True,
        )
    )

    def value(row: Record) -> Any:
        return row[{"Bool": "bFlag", "Int": "Number", "String": "String"}[row["ValueType"]]]

    def use(row: Record, op: str) -> Record:
        variable = tables["Variables"][row["Variable"]]
        return {"type": variable["Type"].lower(), "id": variable["Id"], "op": op, "value": value(row)}

    def condition(name: str) -> Record:
        row = tables["Conditions"][name]
        parts = [condition(part) for part in row["Parts"]]
        if row["Kind"] == "Test":
            return use(row, ops[row["Op"]])
        return {row["Kind"].lower(): parts[0] if row["Kind"] == "Not" else parts}

    def effects(row: Record) -> Record:
        found = [tables["Effects"][name] for name in row["Effects"]]
        return {"effects": [use(one, one["Op"].lower()) for one in found]} if found else {}

    def last(name: str) -> str:
        return name.rpartition(".")[2]

    def text(key: str) -> Record:
        return {"id": key, "text": texts[key]}

    def choice(row: Record) -> Record:
        check = {
            "skill": row["Skill"],
            "dc": row["Dc"],
            "success": last(row["Success"]),
            "failure": last(row["Failure"]),
        }
        return {
            "id": row["Id"],
            "text": text(row["TextKey"]),
            **({"condition": condition(row["Condition"])} if row["Condition"] else {}),
            **effects(row),
            **({"once": True} if row["bOnce"] else {}),
            **({"check": check} if row["Skill"] else {"goto": last(row["Next"])}),
        }

    def node(row: Record) -> Record:
        way: Record = {"choices": [choice(tables["Choices"][name]) for name in row["Choices"]]}
        if not row["Choices"]:
            way = {"goto": last(row["Next"])} if row["Next"] else {"end": last(row["End"])}
        lines = [text(tables["Lines"][name]["TextKey"]) for name in row["Lines"]]
        return {"id": row["Id"], "speaker": row["Speaker"], **effects(row), "lines": lines, **way}

    return {
        "start": last(dialogue["Start"]),
        "variables": {
            tables["Variables"][name]["Id"]: value(tables["Variables"][name]) for name in dialogue["Variables"]
        },
        "nodes": [node(tables["Nodes"][name]) for name in dialogue["Nodes"]],
        "ends": [
            {"id": row["Id"], "outcome": row["Outcome"], **effects(row)}
            for row in (tables["Ends"][name] for name in dialogue["Ends"])
        ],
    }


def played(record: Record) -> Record:
    """What plays of a dialogue, without what is empty."""

    def full(value: Any) -> Any:
        if isinstance(value, list):
            return [full(part) for part in value]
        if isinstance(value, dict):
            kept = {name: part for name, part in value.items() if name not in ("intent", "facts")}
            return {
                name: full(part)
                for name, part in kept.items()
                if not (name == "effects" and not part) and not (name == "once" and not part)
            }
        return value

    return {
        "start": record["start"],
        "variables": {one["id"]: one["initial"] for one in record["variables"]},
        "nodes": full(record["nodes"]),
        "ends": full(record["ends"]),
    }


def test_a_dialogue_can_be_rebuilt_from_the_rows() -> None:
    records = [one for one in everything() if one["kind"] == "dialogue"] + [forge()]
    tables, texts, _ = unreal(*records)
    for record in records:
        assert rebuilt(tables, texts, record["id"]) == played(record)


@settings(max_examples=50, deadline=None)
@given(proven_dialogues())
def test_any_dialogue_can_be_rebuilt_from_the_rows(record: Record) -> None:
    tables, texts, _ = unreal(record)
    assert rebuilt(tables, texts, record["id"]) == played(record)


@settings(deadline=None)
@given(st.one_of(texts(), st.text(st.sampled_from("\\nrt\"', {}a"), min_size=1, max_size=8)))
def test_a_text_in_the_string_table_is_exact_or_refused(text: str) -> None:
    record = forge()
    record["placeholders"] += [{"name": "item.lens", "value": "the lens"}]
    record["nodes"][0]["lines"][0]["text"] = text
    id = record["nodes"][0]["lines"][0]["id"]
    try:
        files = rendered("unreal", record)
    except InvalidContent as error:
        assert {one.code for one in error.findings} <= {"GG050", "GG316"}
        assert re.search(r"\\[nrt]", text) or "GG316" in str(error)
        return
    rows = dict(csv.reader(io.StringIO(files["GamegenTexts.csv"], newline="")))
    assert unescaped(rows[id]) == text


def test_unreal_refuses_a_record_that_is_called_none() -> None:
    record = json.loads(json.dumps(forge()).replace('"id": "talk_0001"', '"id": "none"'))
    assert refused("unreal", record) == [
        "GG055 dialogue 'none': Unreal has no row of this name; give the record another id"
    ]


def test_unreal_refuses_two_texts_of_one_line_id() -> None:
    other = {**forge(), "id": "talk_0002"}
    other["nodes"][0]["lines"][0]["text"] = "Another."
    assert refused("unreal", forge(), other)[0].startswith("GG053 record talk_0002: two texts with the line id")


def test_unreal_writes_no_table_without_rows() -> None:
    assert list(rendered("unreal")) == ["GamegenTables.h"]


# godot


def test_godot_is_as_its_schema_says() -> None:
    accepts(schema_of("exports/json_godot"), json.loads(rendered("godot", *everything())["gamegen.json"]))


def test_godot_holds_the_records_as_the_plain_form_does() -> None:
    records = everything()
    content = json.loads(rendered("godot", *records)["gamegen.json"])
    plain = json_format.render(records, {})
    for kind in GENERATORS:
        held = json.loads(plain[f"records/{kind}.json"])["records"]
        assert content[f"{kind}s"] == sorted(held, key=lambda one: one["id"])
