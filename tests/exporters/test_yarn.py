"""Yarn by the book: every rule of the grammar holds for whatever is rendered, and the tables say what the files say."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from gamegen import _resources
from gamegen.exporting import load_records
from gamegen.records import lock_of
from gamegen_exporters import yarn
from gamegen_exporters.script import Shown, Speaker, Text
from gamegen_exporters.yarn_tables import METADATA, STRINGS, composed, spoken
from gamegen_exporters.yarn_text import command_value, yarn_text
from tests.consumers.planned import GENERATORS, planned
from tests.dialogue_records import effect, forge
from tests.exporters.yarn_conformance import RULES, expanded, faults, plain
from tests.strategies import dialogues, texts

PAGE = Path(__file__).parents[2] / "docs" / "formats" / "yarn.md"
EVERYTHING = {"strings": True, "commands": True}
by_version = pytest.mark.parametrize("version", ["2", "3"])
by_options = pytest.mark.parametrize(
    "options", [{}, EVERYTHING, {**EVERYTHING, "single_file": True}], ids=["plain", "all", "single"]
)
by_world = pytest.mark.parametrize("world", ["saltmarrow", "perihelion"])


@cache
def gallery(world: str) -> list[dict[str, Any]]:
    return [dict(one.data) for one in load_records([_resources.folder("samples") / "gallery" / world])]


def rendered(*records: Mapping[str, Any], version: str = "2", **options: Any) -> dict[str, str]:
    return yarn.render(records, {"profile": version, **options})


def rows(table: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(table)))


# The rules


@by_version
@by_options
@by_world
def test_the_gallery_keeps_every_rule(world: str, options: dict[str, Any], version: str) -> None:
    assert faults(rendered(*gallery(world), version=version, **options), version) == []


@by_version
@by_options
def test_planned_records_of_every_kind_keep_every_rule(options: dict[str, Any], version: str) -> None:
    records = [planned(kind, seed) for kind in sorted(GENERATORS) for seed in range(1, 9)]
    assert faults(rendered(*records, version=version, **options), version) == []


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(
    record=dialogues(text=texts()),
    version=st.sampled_from(["2", "3"]),
    strings=st.booleans(),
    commands=st.booleans(),
    single_file=st.booleans(),
)
def test_any_dialogue_keeps_every_rule(record: dict[str, Any], version: str, **options: bool) -> None:
    assert faults(rendered(record, version=version, **options), version) == []


GOOD = "Mira: Hm. #line:a #speaker:mira"
HEAD = "title: talk\nkind: dialogue\n---\n"


def project(body: str = GOOD, head: str = HEAD, version: str = "2", tail: str = "===\n") -> dict[str, str]:
    """A project of one talk beside declarations."""
    return {
        "gamegen.yarnproject": rendered(version=version)["gamegen.yarnproject"],
        "variables.yarn": 'title: vars\n---\n<<declare $n = 0>>\n<<declare $s = "a">>\n<<declare $b = false>>\n===\n',
        "talk.yarn": f"{head}{body}\n{tail}",
    }


@pytest.mark.parametrize(
    "body",
    [
        GOOD,
        "Mira: {$s}, {$n}. #line:a #speaker:mira",
        '[character name="" /]At 10:30 #line:a',
        "-> Yes. <<if ($n >= -1)>> #line:a #skill:x #dc:3\n    <<jump talk>>\n-> No. #line:b\n    <<stop>>",
        '<<if (($n > 1) and (not (($s != "x >> y") or ($b == true))))>>\n<<stop>>\n<<else>>\n<<jump talk>>\n<<endif>>',
        '<<if skill_check("lore", 3)>>\n<<stop>>\n<<endif>>',
        "<<if $n < 2>>\n<<set $n = 0>>\n<<else>>\n<<set $n = $n - 2>>\n<<endif>>",
        '<<gamegen_effect flag weather set "clear sky">>\n<<gamegen_effect item ore add -1>>',
    ],
)
def test_what_is_allowed_is_not_refused(body: str) -> None:
    assert faults(project(body), "2") == []


BAD = [
    ("project", {**project(), "gamegen.yarnproject": '{"projectFileVersion": 2}'}),
    ("project", {**project(), "gamegen.yarnproject": rendered(version="3")["gamegen.yarnproject"]}),
    ("file", {**project(), "talk.yarn": project()["talk.yarn"].replace("\n", "\r\n")}),
    ("file", project(tail="===")),
    ("title", project(head="title: talk.one\n---\n")),
    ("title", project(head="title: 1talk\n---\n")),
    ("title", project(head="kind: dialogue\n---\n")),
    ("title", project(head="title: vars\n---\n")),
    ("title", project(head="title: talk\ntitle: talk\n---\n")),
    ("header", project(head="title: talk\nmy-key: x\n---\n")),
    ("header", project(head="title: talk\nkind:\n---\n")),
    ("header", project(head="title: talk\nlink: //x\n---\n")),
    ("header", project(head="title: talk\nwhen: once\n---\n")),
    ("node", project(tail="")),
    ("body", {**project(), "talk.yarn": "title: talk\n---\n===\n"}),
    ("delimiter", project(f"{GOOD}\n--- #line:b")),
    ("delimiter", project(f"{GOOD}\n=====")),
    ("blank", project("-> A #line:a\n    <<stop>>\n\n-> B #line:b\n    <<stop>>")),
    ("indent", project(f"    {GOOD}")),
    ("indent", project("-> A #line:a\n\t<<stop>>")),
    ("indent", project("-> A #line:a\n    <<stop>>\n     <<stop>>")),
    ("statement", project("<<elseif $b>>")),
    ("statement", project("<<once>>")),
    ("statement", project("<<stop>> <<stop>>")),
    ("statement", project("<<stop now>>")),
    ("statement", project("->A #line:a")),
    ("statement", project("<<call f()>>")),
    ("command", project("<<gamegen_effect flag x set a > b>>")),
    ("command", project("<<gamegen_effect flag x set {$s}>>")),
    ("command", project("<<gamegen_effect flag x become true>>")),
    ("if", project("<<if ($b == true)>>\n<<stop>>")),
    ("if", project("<<else>>")),
    ("if", project("-> A #line:a\n    <<if ($b == true)>>\n    <<stop>>\n<<endif>>")),
    ("jump", project("<<jump nowhere>>")),
    ("jump", project("<<jump {$s}>>")),
    ("version", project("<<return>>")),
    ("version", project("<<detour talk>>")),
    ("declare", project("<<set $other = 1>>")),
    ("declare", project("Mira: {$other} #line:a #speaker:mira")),
    ("declare", project("<<declare $n = 1>>")),
    ("declare", project("<<declare $m = -1>>")),
    ("declare", project("<<declare $m to 1>>")),
    ("type", project("<<set $n = true>>")),
    ("type", project('<<if ($n == "1")>>\n<<stop>>\n<<endif>>')),
    ("type", project('<<if ($s < "b")>>\n<<stop>>\n<<endif>>')),
    ("type", project("<<set $s = $s + 1>>")),
    ("type", project("<<if skill_check(1, 2)>>\n<<stop>>\n<<endif>>")),
    ("literal", project("<<set $n = 16777217>>")),
    ("literal", project("<<set $n = null>>")),
    ("literal", project('<<set $s = "a\\"b">>')),
    ("literal", project("<<set $n = 0.5>>")),
    ("expression", project("<<if ($b == true) and ($n > 1)>>\n<<stop>>\n<<endif>>")),
    ("expression", project("<<if (($b == true) and ($n > 1) or ($n < 1))>>\n<<stop>>\n<<endif>>")),
    ("expression", project("<<if not ($b == true)>>\n<<stop>>\n<<endif>>")),
    ("expression", project("<<if visited(1)>>\n<<stop>>\n<<endif>>")),
    ("expression", project("<<if ($n = 1)>>\n<<stop>>\n<<endif>>")),
    ("order", project("-> A #line:a <<if ($b == true)>>")),
    ("order", project(f"{GOOD} <<if ($b == true)>>")),
    ("order", project("-> A <<once>> #line:a")),
    ("tag", project(f"{GOOD} #a<b")),
    ("tag", project(f"{GOOD} #a$b")),
    ("line id", project("-> A")),
    ("line id", project("Mira: A #speaker:mira")),
    ("line id", project("-> A #line:a #line:b")),
    ("line id", project("-> A #line:a\n-> B #line:a")),
    ("line id", project("-> A #line:")),
    ("order", project("-> a # b #line:a")),
    ("escape", project("-> a#b #line:a")),
    ("escape", project("-> a {x} #line:a")),
    ("escape", project("-> a [b]c #line:a")),
    ("escape", project("-> a // b #line:a")),
    ("escape", project("-> a \\: b #line:a")),
    ("escape", project("-> a < b #line:a")),
    ("escape", project("-> a\tb #line:a")),
    ("start", project("-> = a #line:a")),
    ("start", project("-> \\[a\\] #line:a")),
    ("start", project("-> jump down #line:a")),
    ("start", project("set sail #line:a")),
    ("speaker", project("Hm. #line:a #speaker:mira")),
    ("speaker", project('"Mira": Hm. #line:a #speaker:mira')),
    ("speaker", project("-> At 10:30 #line:a")),
    ("speaker", project("-> x {$s} #line:a")),
    ("speaker", project('[character name="" /]Hm. #line:a #speaker:mira')),
    ("speaker", project('[character name="Mira" /]Hm. #line:a')),
    ("number", project("Mira: {$s} \\{0\\} #line:a #speaker:mira")),
]


@pytest.mark.parametrize(("rule", "files"), BAD, ids=[f"{rule}-{n}" for n, (rule, _) in enumerate(BAD)])
def test_what_breaks_a_rule_is_refused(rule: str, files: dict[str, str]) -> None:
    assert rule in {fault.rule for fault in faults(files, "2")}


def test_every_rule_has_an_example_that_breaks_it() -> None:
    assert {rule for rule, _ in BAD} == set(RULES)


def test_the_page_lists_the_rules() -> None:
    table = PAGE.read_text(encoding="utf-8").split("## Conformance")[1]
    found = [line.split("|")[1].strip() for line in table.splitlines() if line.startswith("| ")]
    assert found[0] == "rule"
    assert found[1:] == list(RULES)


# Profiles


@by_version
def test_the_project_file_names_its_version(version: str) -> None:
    manifest = json.loads(rendered(forge(), version=version)["gamegen.yarnproject"])
    assert manifest["projectFileVersion"] == int(version)


@by_world
def test_the_profiles_differ_only_in_the_way_back(world: str) -> None:
    """Yarn 3 returns where 2 stops, and visits where 2 jumps; without a visit both mean the same."""
    two, three = rendered(*gallery(world)), rendered(*gallery(world), version="3")
    two.pop("gamegen.yarnproject")
    three.pop("gamegen.yarnproject")
    back = {
        name: text.replace("<<return>>", "<<stop>>").replace("<<detour ", "<<jump ") for name, text in three.items()
    }
    assert back == two
    assert three != two


def test_dialogues_are_the_same_in_both_profiles() -> None:
    name = "dialogue_talk_0001.yarn"
    assert rendered(forge())[name] == rendered(forge(), version="3")[name]


def test_no_profile_declares_a_negative_number() -> None:
    """3.0 takes `<<declare $x = -3>>` for a formula, whose variable cannot be set."""
    record = forge()
    record["variables"][0]["initial"] = -3
    assert "<<declare $dialogue_talk_0001__var_trust = 0>>" in rendered(record, version="3")["variables.yarn"]


# Texts


@pytest.mark.parametrize("words", ["jump down", "set sail", "declare war", "detour home"])
def test_a_choice_that_reads_like_a_command_is_marked(words: str) -> None:
    assert yarn_text(Text((words,), "r", "p")) == f'[character name="" /]{words}'


@pytest.mark.parametrize("words", ["jumping", "Set sail", "settle"])
def test_other_choices_are_not(words: str) -> None:
    assert yarn_text(Text((words,), "r", "p")) == words


NUMBERS = st.lists(
    st.one_of(st.sampled_from(["{0}", "{1}", "{2}", "{7}", "{00}", "x", "{", "}"]), st.just(Shown("v"))),
    min_size=1,
    max_size=9,
)


@given(NUMBERS)
def test_literal_numbers_in_braces_are_shown_as_they_are(parts: list[str | Shown]) -> None:
    source = yarn_text(Text(tuple(parts), "r", "p"), Speaker("mira", "Mira")).removeprefix("Mira: ")
    marks = iter(range(len(parts)))
    wanted = "".join(f"\x00{next(marks)}\x00" if isinstance(part, Shown) else part for part in parts)
    assert expanded(source) == plain(source) == wanted


def test_a_text_without_such_numbers_has_no_expression_beyond_its_own() -> None:
    text = Text(("a {3} ", Shown("v"), " {x}"), "r", "p")
    assert yarn_text(text, Speaker("mira", "Mira")) == "Mira: a \\{3\\} {$v} \\{x\\}"


# The tables


@pytest.fixture(scope="module")
def tables() -> dict[str, str]:
    return rendered(*gallery("saltmarrow"), strings=True, language="en-GB")


def test_the_tables_have_the_columns_of_yarn_spinner(tables: dict[str, str]) -> None:
    assert rows(tables["gamegen-Lines.csv"])[0] == list(STRINGS)
    assert STRINGS == ("language", "id", "text", "file", "node", "lineNumber", "lock", "comment")
    assert rows(tables["gamegen-Metadata.csv"])[0] == list(METADATA) == ["id", "node", "lineNumber", "tags"]


def test_every_line_and_option_is_in_the_string_table_once(tables: dict[str, str]) -> None:
    ids = re.findall(r"#(line:\S+)", "".join(text for name, text in tables.items() if name.endswith(".yarn")))
    assert [row[1] for row in rows(tables["gamegen-Lines.csv"])[1:]] == ids
    assert len(ids) == len(set(ids))


def test_with_a_string_table_every_line_has_an_id(tables: dict[str, str]) -> None:
    said = [
        line
        for name, text in tables.items()
        if name.endswith(".yarn")
        for body in re.findall(r"^---\n(.*?)^===\n", text, re.MULTILINE | re.DOTALL)
        for line in body.splitlines()
        if not line.lstrip().startswith("<<")
    ]
    assert said
    assert [line for line in said if "#line:" not in line] == []


def test_a_row_names_the_place_of_its_line(tables: dict[str, str]) -> None:
    for language, id, text, file, node, number, locked, _ in rows(tables["gamegen-Lines.csv"])[1:]:
        lines = tables[file].splitlines()
        assert f" #{id}" in lines[int(number) - 1]
        assert [line for line in lines[: int(number)] if line.startswith("title: ")][-1] == f"title: {node}"
        assert (language, locked) == ("en-GB", sha256(text.encode()).hexdigest()[:8])


def test_a_row_of_the_forge() -> None:
    found = rows(rendered(forge(), strings=True)["gamegen-Lines.csv"])
    id = forge()["nodes"][0]["lines"][0]["id"]
    (greeting,) = (row for row in found if row[1] == f"line:{id}")
    text = "Mira Voss: {0}, is it? {Ha}."
    where = ["dialogue_talk_0001.yarn", "dialogue_talk_0001__node_greet", "15"]
    assert greeting == ["en", f"line:{id}", text, *where, lock_of(text), "Line metadata: speaker:mira"]


def test_a_line_right_before_options_has_the_tag_of_the_compiler() -> None:
    found = rows(rendered(forge(), strings=True)["gamegen-Metadata.csv"])
    id = forge()["nodes"][1]["lines"][0]["id"]
    (asked,) = (row for row in found if row[0] == f"line:{id}")
    assert asked[3:] == ["speaker:mira", "lastline"]


def test_options_without_tags_are_not_in_the_metadata() -> None:
    files = rendered(forge(), strings=True)
    choices = {choice["text"]["id"]: choice for choice in forge()["nodes"][1]["choices"]}
    kept = {row[0].removeprefix("line:"): row[3:] for row in rows(files["gamegen-Metadata.csv"])[1:]}
    assert {id: kept[id] for id in choices if id in kept} == {
        id: ["skill:persuasion", "dc:12"] for id, choice in choices.items() if "check" in choice
    }


def test_single_file_tables_name_that_file() -> None:
    table = rows(rendered(forge(), strings=True, single_file=True)["gamegen-Lines.csv"])
    assert {row[3] for row in table[1:]} == {"main.yarn"}


def test_without_the_option_there_are_no_tables() -> None:
    assert not [name for name in rendered(forge()) if name.endswith(".csv")]


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("a \\# b \\/\\/ c", "a # b // c"),
        ("\\[b\\] \\\\ \\\\\\[", "\\[b\\] \\ \\\\["),
        ("{$a} and {$b} \\{x\\}", "{0} and {1} {x}"),
        ('[character name="a\\\\"b" /]x', '[character name="a\\"b" /]x'),
    ],
)
def test_the_text_of_the_table_is_the_compilers(source: str, text: str) -> None:
    assert composed(source) == text


@settings(deadline=None, max_examples=30)
@given(st.lists(texts(), min_size=1, max_size=5))
def test_any_text_is_found_in_the_files(words: list[str]) -> None:
    record = forge()
    for line, text in zip([one["lines"][0] for one in record["nodes"]], words, strict=False):
        line["text"] = text
    record["placeholders"].append({"name": "item.lens", "value": "the Great Lens"})
    files = {name: text.splitlines() for name, text in rendered(record).items() if name.endswith(".yarn")}
    assert len(list(spoken(files))) == 8 + 5


# Commands


def test_each_change_of_the_games_state_is_told() -> None:
    text = rendered(forge(), commands=True)["dialogue_talk_0001.yarn"]
    assert "<<endif>>\n<<gamegen_effect item ore add -1>>\n" in text
    assert "<<set $flag_guild_hostile = true>>\n<<gamegen_effect flag guild_hostile set true>>\n" in text
    assert '<<set $quest_find_lens = "ask_master">>\n<<gamegen_effect quest find_lens set ask_master>>\n' in text
    assert text.count("<<gamegen_effect ") == 3


def test_changes_of_local_variables_and_of_marks_are_not_told() -> None:
    text = rendered(forge(), commands=True)["dialogue_talk_0001.yarn"]
    assert "<<set $dialogue_talk_0001__var_trust" in text
    assert not re.search(r"gamegen_effect \w+ (trust|weather)", text)


def test_a_quest_tells_of_its_own_state() -> None:
    record = next(one for one in gallery("saltmarrow") if one["kind"] == "quest")
    text = rendered(record, commands=True)[f"quest_{record['id']}.yarn"]
    states = re.findall(
        rf'<<set \$quest_{record["id"]} = "(\w+)">>\n<<gamegen_effect quest {record["id"]} set (\w+)>>', text
    )
    assert states
    assert all(one == other for one, other in states)
    assert len(states) == text.count(f"<<set $quest_{record['id']} = ")


def test_a_new_game_tells_nothing_and_without_the_option_nobody_does() -> None:
    assert "gamegen_effect" not in rendered(forge(), commands=True)["variables.yarn"]
    assert "gamegen_effect" not in "".join(rendered(forge()).values())


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (True, "true"),
        (-3, "-3"),
        ("ask_master", "ask_master"),
        ("clear sky", '"clear sky"'),
        ("", '""'),
        ("a > b", '"{"a > b"}"'),
        ("{x}", '"{"{x}"}"'),
    ],
)
def test_values_in_commands(value: Any, shown: str) -> None:
    assert command_value(value, "r", "p") == shown


def test_an_item_is_told_what_it_is_set_to() -> None:
    record = forge()
    record["nodes"][0]["effects"] = [effect("item", "ore", "set", -2)]
    assert "<<gamegen_effect item ore set 0>>" in rendered(record, commands=True)["dialogue_talk_0001.yarn"]


# The page


def test_the_example_of_the_page_is_true() -> None:
    page = PAGE.read_text(encoding="utf-8")
    (node,) = (json.loads(text) for text in re.findall(r"^```json\n(.*?)^```", page, re.MULTILINE | re.DOTALL))
    (source,) = re.findall(r"^```yarn\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    assert node == next(one for one in forge()["nodes"] if one["id"] == "iron")
    assert source in rendered(forge(), commands=True)["dialogue_talk_0001.yarn"]


def test_the_page_names_every_option() -> None:
    options = PAGE.read_text(encoding="utf-8").split("## A record")[0]
    assert re.findall(r"^\| `(\w+)` \|", options, re.MULTILINE) == [
        "profile",
        "language",
        "single_file",
        "strings",
        "commands",
    ]
    assert set(re.findall(r"^\| `(\w+)` \|", options, re.MULTILINE)) == set(yarn.EXPORTER.options)
