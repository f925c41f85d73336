"""Templates: what they see, where they are found, and what is told when one is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gamegen._resources import folder
from gamegen.errors import WorldFault
from gamegen.examples import shipped
from gamegen.prompts import Prompts
from gamegen.records import Request

CARD = {"kind": "npc_line", "who": "Mira Voss, blacksmith", "voice": "gruff", "intent": "warns", "must": "she is late"}
OTHERS: dict[str, dict[str, Any]] = {
    "dialogue/npc_line.j2": CARD,
    "dialogue/player_choice.j2": {"kind": "player_choice", "to": "Oren", "intent": "asks", "must": "who was there"},
    "quest/title.j2": {"kind": "quest_title", "must": "find the lens"},
    "quest/summary.j2": {"kind": "quest_summary", "giver": "Oren Tal, harbor master", "must": "find the lens"},
    "quest/journal.j2": {"kind": "journal", "must": "the player has the lens; next: bring it to Oren"},
    "quest/objective.j2": {
        "kind": "objective",
        "verb": "deliver",
        "target": "the lens",
        "place": "the forge",
        "must": "bring the lens to the forge",
    },
    "character/trait.j2": {"kind": "trait", "who": "Oren Tal, clerk", "part": "flaw", "must": "counts sheep"},
}


def request(template: str, card: dict[str, Any] | None = None, **rest: Any) -> Request:
    return Request("key", template, card or CARD, {"type": "string"}, **rest)


def project(tmp_path: Path, **files: str) -> Prompts:
    for name, text in files.items():
        path = tmp_path / "mine" / f"{name}.j2"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return Prompts([tmp_path])


def fault(prompts: Prompts, template: str = "mine/t.j2", **rest: Any) -> Any:
    with pytest.raises(WorldFault) as raised:
        prompts.render(request(template, **rest))
    return raised.value.findings[0]


@pytest.mark.parametrize("template", OTHERS)
def test_a_shipped_prompt_ends_in_a_quotation_mark(template: str) -> None:
    shared, prompt = Prompts().render(request(template, OTHERS[template]))
    assert prompt.endswith('\n"')
    assert shared.endswith('"<|im_end|>\n')
    assert "\n\n" not in shared + prompt


@pytest.mark.parametrize("template", OTHERS)
def test_a_shipped_prompt_is_short(template: str) -> None:
    shared, prompt = Prompts().render(request(template, OTHERS[template]))
    assert len(shared.split()) < 220
    assert len(prompt.split()) < 45


@pytest.mark.parametrize("template", OTHERS)
def test_requests_of_a_kind_and_intent_share_their_examples(template: str) -> None:
    other = {**OTHERS[template], "must": "something else", "who": "Sal, nun", "target": "a", "place": "b", "to": "c"}
    prompts = Prompts()
    assert prompts.render(request(template, OTHERS[template]))[0] == prompts.render(request(template, other))[0]


def test_the_speakers_own_lines_stand_after_the_cut() -> None:
    shared, prompt = Prompts().render(request("dialogue/npc_line.j2", values={"lines": ["Iron never lies."]}))
    assert "Iron never lies." in prompt
    assert "Iron never lies." not in shared


def test_a_template_without_a_cut_shares_nothing(tmp_path: Path) -> None:
    assert project(tmp_path, t='Say {{ card.must }}: "').render(request("mine/t.j2")) == ("", 'Say she is late: "')


def test_values_and_opening_are_seen(tmp_path: Path) -> None:
    prompts = project(tmp_path, t='{{ place }} {{ opening }} {{ plain }} "')
    _, prompt = prompts.render(
        request("mine/t.j2", values={"place": "forge"}, opening="Go", fallback=("No.", "I am late."))
    )
    assert prompt == 'forge Go I am late. "'


def test_a_projects_template_wins_over_the_shipped_one(tmp_path: Path) -> None:
    path = tmp_path / "quest" / "title.j2"
    path.parent.mkdir()
    path.write_text('Title: "', encoding="utf-8")
    assert Prompts([tmp_path]).render(request("quest/title.j2"))[1] == 'Title: "'
    assert Prompts([], [tmp_path]).render(request("quest/title.j2"))[1] != 'Title: "'


def test_a_projects_examples_join_the_corpus(tmp_path: Path) -> None:
    (tmp_path / "examples").mkdir()
    (tmp_path / "examples" / "own.jsonl").write_text('{"kind":"k","line":"It rains."}\n', encoding="utf-8")
    assert len(Prompts([tmp_path]).examples) == len(shipped()) + 1


def test_an_undefined_name_is_told_with_its_line_and_the_nearest_name(tmp_path: Path) -> None:
    found = fault(project(tmp_path, t='First.\n{{ plac }} "'), values={"place": "forge"})
    assert (found.code, found.line) == ("GG712", 2)
    assert found.path.endswith("t.j2")
    assert "'plac'" in found.message
    assert '"place"' in found.hint


def test_an_undefined_field_of_the_card_is_told_with_the_nearest_field(tmp_path: Path) -> None:
    found = fault(project(tmp_path, t='{{ card.voise }} "'))
    assert (found.code, found.line) == ("GG712", 1)
    assert '"voice"' in found.hint


def test_an_undefined_name_in_an_included_template_has_its_own_place(tmp_path: Path) -> None:
    found = fault(project(tmp_path, t='{% include "mine/part.j2" %} "', part="\n\n{{ nothing }}"))
    assert (found.code, found.line) == ("GG712", 3)
    assert found.path.endswith("part.j2")


def test_a_syntax_error_is_told_with_its_line(tmp_path: Path) -> None:
    found = fault(project(tmp_path, t="fine\n{% if %}"))
    assert (found.code, found.line) == ("GG711", 2)
    assert found.path.endswith("t.j2")


def test_a_missing_template_is_told_with_the_nearest(tmp_path: Path) -> None:
    found = fault(Prompts(), "quest/titel.j2")
    assert found.code == "GG710"
    assert "quest/title.j2" in found.hint


@pytest.mark.parametrize("text", ['Say: "{{ " " }}', "{{ cut }}", 'a{{ cut }}b{{ cut }}"'])
def test_a_prompt_that_no_model_can_go_on_from_is_refused(tmp_path: Path, text: str) -> None:
    assert fault(project(tmp_path, t=text)).code == "GG713"


@pytest.mark.parametrize("text", ["{{ 1 / 0 }}", "{{ card.must.__class__.__mro__ }}", "{{ examples() }}"])
def test_a_template_that_fails_is_told_with_its_line(tmp_path: Path, text: str) -> None:
    found = fault(project(tmp_path, t="\n" + text))
    assert (found.code, found.line) == ("GG714", 2)


def test_a_file_that_is_not_utf_8_is_told(tmp_path: Path) -> None:
    prompts = project(tmp_path, t="x")
    (tmp_path / "mine" / "t.j2").write_bytes(b"\xff\xfe")
    assert fault(prompts).code == "GG711"


def test_the_hash_covers_what_is_included_and_the_examples(tmp_path: Path) -> None:
    before = project(tmp_path, t='{% include "mine/part.j2" %}"', part="a").hash("mine/t.j2")
    after = project(tmp_path, t='{% include "mine/part.j2" %}"', part="b").hash("mine/t.j2")
    assert before != after
    assert len(before) == 64
    (tmp_path / "examples").mkdir()
    (tmp_path / "examples" / "own.jsonl").write_text('{"kind":"k","line":"It rains."}\n', encoding="utf-8")
    assert Prompts([tmp_path]).hash("mine/t.j2") == after
    assert Prompts([tmp_path]).hash("quest/title.j2") != Prompts().hash("quest/title.j2")


def test_every_shipped_template_is_rendered_by_these_tests() -> None:
    kinds = {path.relative_to(folder("templates")).as_posix() for path in folder("templates").glob("*/*.j2")}
    assert kinds == set(OTHERS)
