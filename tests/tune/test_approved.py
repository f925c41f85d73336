"""What people approved in a project becomes lessons, each with the card that asked for it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gamegen._resources import folder
from gamegen.cards import EXTRAS, FIELDS, TONE
from gamegen.errors import InvalidInput
from gamegen.session import Session
from gamegen.testing import FakeEngine
from gamegen.tune.collect import collect
from gamegen.world_file import load_world

Change = Callable[[dict[str, Any]], None]


def project(root: Path, licence: str, *changes: Change) -> Path:
    """A project with one record of each change, made by the fake engine; kinds take turns."""
    root.mkdir()
    line = f'licence = "{licence}"\n' if licence else ""
    world = folder("samples") / "saltmarrow" / "world"
    text = f'[project]\nid = "salt"\nworld = {json.dumps(str(world))}\n{line}'
    (root / "gamegen.toml").write_text(text, encoding="utf-8")
    (root / "content").mkdir()
    with Session(engine=FakeEngine()) as session:
        for index, change in enumerate(changes):
            kind = ("quest", "dialogue", "character")[index % 3]
            (record,) = session.stream(kind, world=load_world(world), seed=7)
            data = json.loads(record.to_line())
            change(data)
            (root / "content" / f"{index}.jsonl").write_text(json.dumps(data) + "\n", encoding="utf-8")
    return root


def approved(data: dict[str, Any]) -> None:
    data["review"] = {"state": "approved"}
    for told in data["provenance"]["texts"].values():
        told["source"] = "model"  # the fake engine's texts are replaced by the library's


def edited(data: dict[str, Any]) -> None:
    approved(data)
    data["review"] = {"state": "edited"}
    for node in data["nodes"]:
        for line in node["lines"]:
            line["text"] = f"Edited: {line['text']}"


def draft(data: dict[str, Any]) -> None:
    pass


def test_approved_and_edited_texts_are_lessons(tmp_path: Path) -> None:
    root = project(tmp_path / "p", "CC-BY-4.0", approved, edited, approved)
    found = collect([root], "", FIELDS)
    kinds = {lesson.kind for lesson in found.lessons}
    assert kinds == FIELDS.keys()
    assert [(each.file, each.licence) for each in found.files] == [
        (f"salt/content/{index}.jsonl", "CC-BY-4.0") for index in range(3)
    ]
    lines = [lesson for lesson in found.lessons if lesson.kind == "npc_line"]
    assert lines
    assert all(lesson.line.startswith("Edited: ") for lesson in lines)
    for lesson in found.lessons:
        assert lesson.card["must"]
        assert set(lesson.card) <= {"kind", *FIELDS[lesson.kind], *EXTRAS}
        assert lesson.number == 1


def test_drafts_and_lines_of_the_library_are_none(tmp_path: Path) -> None:
    def library(data: dict[str, Any]) -> None:
        approved(data)
        for told in data["provenance"]["texts"].values():
            told["source"] = "library"

    found = collect([project(tmp_path / "p", "MIT", draft, library)], "", FIELDS)
    assert (found.lessons, found.files) == ((), ())


@pytest.mark.parametrize("state", [["approved"], {"approved": True}, 3, None])
def test_a_state_that_is_no_text_is_no_approval(tmp_path: Path, state: object) -> None:
    def changed(data: dict[str, Any]) -> None:
        approved(data)
        data["review"]["state"] = state

    assert collect([project(tmp_path / "p", "MIT", changed)], "", FIELDS).lessons == ()


def test_a_text_that_was_written_again_has_the_card_with_its_tone(tmp_path: Path) -> None:
    def restyled(data: dict[str, Any]) -> None:
        approved(data)
        data["provenance"]["restyled"] = {"tone": "wry and dry"}
        for told in list(data["provenance"]["texts"].values())[1:]:
            told["model"] = "a-voice"

    def cards(name: str, change: Change) -> dict[tuple[str, str], dict[str, str]]:
        found = collect([project(tmp_path / name, "MIT", change, change, change)], "", FIELDS)
        return {(each.line, each.card["must"]): dict(each.card) for each in found.lessons}

    before, after = cards("before", approved), cards("after", restyled)
    assert before.keys() == after.keys()
    same = 0
    for key, card in after.items():
        old = before[key]
        assert card in (old, {**old, TONE: "wry and dry"})
        same += card == old
    assert 0 < same <= 3  # the first text of each record was not written again
    assert {name for card in after.values() for name in card} >= {TONE}


def test_a_project_whose_licence_is_prose_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as caught:
        collect([project(tmp_path / "p", "All rights reserved", approved)], "", FIELDS)
    assert [finding.code for finding in caught.value.findings] == ["GG870"]
    assert "'All rights reserved'" in str(caught.value)


def test_a_project_without_a_licence_is_refused(tmp_path: Path) -> None:
    root = project(tmp_path / "p", "", approved)
    with pytest.raises(InvalidInput) as caught:
        collect([root], "", FIELDS)
    assert [finding.code for finding in caught.value.findings] == ["GG870"]
    assert collect([root / "gamegen.toml"], "MIT", FIELDS).files[0].licence == "MIT"


def test_a_record_that_is_no_more_as_planned_is_refused_with_its_place(tmp_path: Path) -> None:
    def changed(data: dict[str, Any]) -> None:
        approved(data)
        data["level"] = {"min": 1, "max": 1}

    root = project(tmp_path / "p", "MIT", changed)
    (root / "content" / "torn.jsonl").write_text("[]\n", encoding="utf-8")
    with pytest.raises(InvalidInput) as caught:
        collect([root], "", FIELDS)
    assert [(each.code, Path(each.path).name, each.line) for each in caught.value.findings] == [
        ("GG614", "0.jsonl", 1),
        ("GG105", "torn.jsonl", 1),
    ]
