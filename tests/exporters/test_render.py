"""What every exporter promises: pure, stable, complete, and a refusal by name of what a format cannot hold."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from gamegen.codes import CODES
from gamegen.errors import InvalidContent
from gamegen.hookspecs import Exporter
from gamegen.plugins import load_registry
from gamegen_exporters import gamegen_exporters, ink, json as json_format, yarn
from tests.dialogue_records import effect, forge

SCRIPTS = [ink.EXPORTER, yarn.EXPORTER]
ALL = [*SCRIPTS, json_format.EXPORTER]
by_format = pytest.mark.parametrize("exporter", SCRIPTS, ids=lambda one: one.format)
by_any_format = pytest.mark.parametrize("exporter", ALL, ids=lambda one: one.format)


def named(id: str) -> dict[str, Any]:
    """The forge talk under another id."""
    text = json.dumps(forge()).replace("talk_0001", id)
    record: dict[str, Any] = json.loads(text)
    return record


def refused(exporter: Exporter, *records: Mapping[str, Any]) -> list[str]:
    """The messages of the refusal; every code is a known one."""
    with pytest.raises(InvalidContent) as caught:
        exporter.files(records, {})
    assert {one.code for one in caught.value.findings} <= CODES.keys()
    return [str(one) for one in caught.value.findings]


def with_line(text: str) -> dict[str, Any]:
    record = forge()
    record["nodes"][0]["lines"][0]["text"] = text
    return record


def with_flag(value: Any) -> dict[str, Any]:
    record = forge()
    record["refs"] = [
        *record["refs"],
        {"type": "flag", "id": "x", "name": "x", "value_type": "string", "initial": value},
    ]
    return record


def with_name(name: str) -> dict[str, Any]:
    record = forge()
    record["refs"][0]["name"] = name
    return record


def test_the_formats_come_through_the_hook() -> None:
    assert [one.format for one in gamegen_exporters()] == ["ink", "json", "yarn"]
    assert {"ink", "json", "yarn"} <= load_registry().exporters.keys()


@by_any_format
def test_rendering_twice_gives_the_same_bytes(exporter: Exporter) -> None:
    records = [named("a_0001"), named("b_0001")]
    assert exporter.files(records, {}) == exporter.files(records, {})


@by_format
def test_the_order_of_records_does_not_matter(exporter: Exporter) -> None:
    records = [named("a_0001"), named("b_0001")]
    assert exporter.files(records, {}) == exporter.files(records[::-1], {})


@by_any_format
def test_rendering_changes_no_record(exporter: Exporter) -> None:
    record = forge()
    exporter.files([record], {})
    assert record == forge()


@by_any_format
def test_files_end_with_one_line_feed_and_have_no_carriage_return(exporter: Exporter) -> None:
    for content in exporter.files([forge()], {}).values():
        assert isinstance(content, str)
        assert content.endswith("\n") and not content.endswith("\n\n")
        assert "\r" not in content


@by_any_format
def test_no_records_make_a_valid_project(exporter: Exporter) -> None:
    assert exporter.files([], {})


def test_ink_files() -> None:
    files = ink.render([named("a_0001"), named("b_0001")], {})
    assert sorted(files) == ["dialogue_a_0001.ink", "dialogue_b_0001.ink", "main.ink", "state.ink"]
    assert "INCLUDE state.ink\nINCLUDE dialogue_a_0001.ink\nINCLUDE dialogue_b_0001.ink\n" in files["main.ink"]
    assert list(ink.render([forge()], {"single_file": True})) == ["main.ink"]


def test_yarn_files() -> None:
    files = yarn.render([named("a_0001")], {"language": "de"})
    assert sorted(files) == ["dialogue_a_0001.yarn", "gamegen.yarnproject", "variables.yarn"]
    assert json.loads(files["gamegen.yarnproject"])["baseLanguage"] == "de"
    assert sorted(yarn.render([forge()], {"single_file": True})) == ["gamegen.yarnproject", "main.yarn"]


def test_yarn_has_no_blank_line_in_a_node() -> None:
    assert "\n\n" not in yarn.render([forge()], {})["dialogue_talk_0001.yarn"]


def test_yarn_line_ids_are_unique() -> None:
    source = "\n".join(yarn.render([named("a_0001"), named("b_0001")], {}).values())
    ids = [word for word in source.split() if word.startswith("#line:")]
    assert len(ids) == len(set(ids)) == 2 * (8 + 5)


def test_yarn_declares_no_negative_number_and_sets_it_in_a_new_game() -> None:
    record = forge()
    record["variables"][0]["initial"] = -3
    source = yarn.render([record], {})["variables.yarn"]
    assert "<<declare $dialogue_talk_0001__var_trust = 0>>" in source
    assert "<<set $dialogue_talk_0001__var_trust = -3>>" in source


def test_ink_writes_a_node_as_documented() -> None:
    source = ink.render([forge()], {})["dialogue_talk_0001.ink"]
    assert (
        "= node_greet\n{text_player}, is it? \\{Ha\\}. "
        f"#id:{forge()['nodes'][0]['lines'][0]['id']} #speaker:mira\n-> dialogue_talk_0001.node_hub\n"
    ) in source


def test_yarn_writes_a_node_as_documented() -> None:
    source = yarn.render([forge()], {})["dialogue_talk_0001.yarn"]
    assert (
        "title: dialogue_talk_0001__node_greet\nkind: dialogue\nrecord: talk_0001\n---\n"
        "Mira Voss: {$text_player}, is it? \\{Ha\\}. "
        f"#line:{forge()['nodes'][0]['lines'][0]['id']} #speaker:mira\n<<jump dialogue_talk_0001__node_hub>>\n===\n"
    ) in source


def test_json_keeps_the_records_without_what_is_not_for_players() -> None:
    record = {**forge(), "provenance": {"seed": 1}, "review": {"state": "draft"}}
    files = json_format.render([record], {})
    assert json.loads(files["records/dialogue.json"])["records"] == [forge()]
    assert json.loads(files["manifest.json"])["kinds"] == [
        {"kind": "dialogue", "file": "records/dialogue.json", "records": ["talk_0001"]}
    ]
    kept = json_format.render([record], {"provenance": True})
    assert json.loads(kept["records/dialogue.json"])["records"] == [record]


@by_any_format
def test_two_records_of_one_id_are_refused(exporter: Exporter) -> None:
    assert refused(exporter, forge(), forge()) == [
        "GG051 two dialogue records with the id 'talk_0001'; give one of them another id"
    ]


@by_format
@pytest.mark.parametrize("text", ["a\tb", "a\nb", "a  b", " a", "a\u2028b", "a\ud800"])
def test_a_text_that_is_not_one_plain_line_is_refused_by_name(exporter: Exporter, text: str) -> None:
    (message,) = refused(exporter, with_line(text))
    assert message.startswith("GG050 record talk_0001: expected")
    assert forge()["nodes"][0]["lines"][0]["id"] in message


@by_format
@pytest.mark.parametrize("text", ["{hero}", "a { b", "a } b"])
def test_an_unlisted_placeholder_is_refused(exporter: Exporter, text: str) -> None:
    (message,) = refused(exporter, with_line(text))
    assert message.startswith("GG316 record talk_0001: expected a listed placeholder")


@by_format
def test_every_fault_is_listed(exporter: Exporter) -> None:
    other = with_line("b  b")
    assert len(refused(exporter, with_line("a\tb"), {**other, "id": "talk_0002"})) == 2


@by_format
def test_records_that_disagree_on_the_state_are_refused(exporter: Exporter) -> None:
    other = named("talk_0002")
    other["refs"][4]["initial"] = 2
    (message,) = refused(exporter, forge(), other)
    assert message.startswith("GG052 item ore begins as 0 in record talk_0001 and as 2 in record talk_0002")


@by_format
def test_integers_that_the_runtimes_cannot_hold_are_refused(exporter: Exporter) -> None:
    record = forge()
    record["nodes"][0]["effects"] = [effect("item", "ore", "set", 2**31)]
    assert refused(exporter, record)[0].startswith("GG050 record talk_0001: ")


@pytest.mark.parametrize("value", ['a "b"', "a\\b"])
def test_yarn_refuses_quotes_and_backslashes_in_values(value: str) -> None:
    assert refused(yarn.EXPORTER, with_flag(value))[0].startswith("GG050 record talk_0001: Yarn cannot hold")
    assert ink.render([with_flag(value)], {})


@pytest.mark.parametrize("name", ["Mira\\Voss", '"Mira" Voss', 'Mira "Voss"'])
def test_yarn_refuses_names_that_it_would_cut(name: str) -> None:
    assert "a speaker's name with a backslash or an outer quotation mark" in refused(yarn.EXPORTER, with_name(name))[0]
    assert ink.render([with_name(name)], {})


@by_format
def test_a_name_with_a_line_break_is_refused(exporter: Exporter) -> None:
    assert refused(exporter, with_name("Mira\nVoss"))[0].startswith("GG050 record talk_0001: expected")


def test_the_example_of_the_ink_page_is_true() -> None:
    page = (Path(__file__).parents[2] / "docs" / "formats" / "ink.md").read_text(encoding="utf-8")
    (node,) = (json.loads(text) for text in re.findall(r"^```json\n(.*?)^```", page, re.MULTILINE | re.DOTALL))
    (source,) = re.findall(r"^```ink\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    assert node in forge()["nodes"]
    assert f"\n{source}\n" in ink.render([forge()], {})["dialogue_talk_0001.ink"]
