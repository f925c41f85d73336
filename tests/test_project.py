from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from gamegen._resources import folder
from gamegen.errors import InvalidInput, WorldFault
from gamegen.project import ExportBlock, GenerateBlock, Project, load_project

FULL = """\
[project]
id = "saltmarrow"
world = "lore/world"
model = "smollm2-135m-instruct"
model_sha256 = "0000000000000000000000000000000000000000000000000000000000000000"
seed = 7
avoid = ["okay"]

[[generate]]
id = "side_quests"
kind = "quest"
count = 20
settings = { level = "3-5", endings = 2 }

[[generate]]
id = "talks"
kind = "dialogue"
briefs = "briefs/talks.csv"

[[export]]
format = "ink"
out = "build/ink"

[[export]]
format = "yarn"
out = "build/yarn"
profile = "2"
blocks = ["talks"]
languages = ["en", "pt-BR"]
"""

Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a project file and return its folder."""

    def write(content: str) -> Path:
        (tmp_path / "gamegen.toml").write_text(content, encoding="utf-8", newline="\n")
        return tmp_path

    return write


def faults(root: Path) -> list[str]:
    with pytest.raises(WorldFault) as caught:
        load_project(root)
    return [str(finding).replace(f"{root}{os.sep}", "") for finding in caught.value.findings]


def changed(old: str, new: str) -> str:
    assert FULL.count(old) == 1
    return FULL.replace(old, new)


def test_a_project_needs_an_id_alone(write: Write) -> None:
    root = write('[project]\nid = "x"\n')
    assert load_project(root) == Project(root=root, id="x", world=root / "world")


def test_a_full_project(write: Write) -> None:
    root = write(FULL)
    assert load_project(root) == Project(
        root=root,
        id="saltmarrow",
        world=root / "lore" / "world",
        model="smollm2-135m-instruct",
        model_sha256="0" * 64,
        seed=7,
        avoid=("okay",),
        generate=(
            GenerateBlock("side_quests", "quest", count=20, settings={"level": "3-5", "endings": 2}),
            GenerateBlock("talks", "dialogue", briefs=root / "briefs" / "talks.csv"),
        ),
        export=(
            ExportBlock("ink", root / "build" / "ink"),
            ExportBlock("yarn", root / "build" / "yarn", ("talks",), "2", ("en", "pt-BR")),
        ),
    )


def test_a_project_is_loaded_by_its_file_too(write: Write) -> None:
    root = write(FULL)
    assert load_project(root / "gamegen.toml") == load_project(root)


def test_folders_that_override_stand_beside_the_file(write: Write) -> None:
    root = write(FULL)
    project = load_project(root)
    assert (project.templates, project.schemas, project.content) == (
        root / "templates",
        root / "schemas",
        root / "content",
    )


def test_find_goes_up_to_the_project(write: Write) -> None:
    root = write(FULL)
    inner = root / "lore" / "world"
    inner.mkdir(parents=True)
    found = Project.find(inner / "not_there.toml")
    assert found is not None
    assert found.root == root


def test_find_without_a_project(tmp_path: Path) -> None:
    assert Project.find(tmp_path) is None


def test_find_from_a_relative_path(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    root = write(FULL)
    (root / "content").mkdir()
    monkeypatch.chdir(root / "content")
    found = Project.find(Path("quests.jsonl"))
    assert found is not None
    assert found.id == "saltmarrow"


def test_no_project_file(tmp_path: Path) -> None:
    (tmp_path / "gamegn.toml").touch()
    with pytest.raises(InvalidInput, match=r"GG006 expected a project file.*did you mean .*gamegn\.toml"):
        load_project(tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('id = "saltmarrow"\n', "", '1:1: GG704 missing key "id" at $.project; add it'),
        ("seed = 7", "sed = 7", '6:1: GG703 unknown key "sed" at $.project.sed; did you mean "seed"?'),
        ("seed = 7", "seed = -1", "6:8: GG705 expected a number from 0 to 9223372036854775807, found the number -1"),
        ("seed = 7", 'seed = "7"', '6:8: GG705 expected an integer, found "7" at $.project.seed; change it'),
        ("seed = 7", "seed = true", "6:8: GG705 expected an integer, found true at $.project.seed; change it"),
        ("seed = 7", "seed = 7 7", "6:10: GG702 TOML syntax error: "),
        ('model = "s', 'model = "s\\n', "4:9: GG705 expected one line of text"),
        ('"0000', '"xyz', "5:16: GG705 expected 64 hexadecimal digits"),
        ('kind = "quest"\n', "", '9:1: GG704 missing key "kind" at $.generate[0]; add it'),
        ("count = 20\n", "", "9:1: GG705 expected either count or briefs, found neither at $.generate[0]; add one"),
        ("count = 20", 'count = 20\nbriefs = "x"', "9:1: GG705 expected either count or briefs, found both at"),
        ("count = 20", "count = 0", "12:9: GG705 expected a number from 1 to 1000000000, found the number 0"),
        ("endings = 2", "endings = nan", "13:39: GG705 expected a finite number, found nan"),
        ("endings = 2", "endings = 1979-05-27", "13:39: GG705 expected true or false or a number or a string or a"),
        ('id = "talks"', 'id = "Talks"', "16:6: GG705 expected an id (a lower-case letter, then lower-case letters"),
        ('id = "talks"', 'id = "side_quests"', '16:6: GG706 id "side_quests" is taken by the block at'),
        ('"talks"]', '"talk"]', '28:11: GG707 expected the id of a [[generate]] block, found "talk" at $.export[1]'),
        ('out = "build/ink"', "", '20:1: GG704 missing key "out" at $.export[0]; add it'),
        ('"pt-BR"', '"p"', '29:20: GG705 expected a BCP 47 language tag (en, pt-BR), found "p"'),
        ("[project]", "[projekt]", '1:2: GG703 unknown key "projekt" at $.projekt; did you mean "project"?'),
    ],
)
def test_a_fault_and_its_place(write: Write, old: str, new: str, fault: str) -> None:
    found = faults(write(changed(old, new)))
    assert any(line.startswith(f"gamegen.toml:{fault}") for line in found), found


def test_all_faults_are_told_at_once(write: Write) -> None:
    source = changed("seed = 7", "sed = 7").replace("count = 20", "count = 0").replace('["talks"]', '["talk"]')
    assert [fault.split(" ")[:2] for fault in faults(write(source))] == [
        ["gamegen.toml:6:1:", "GG703"],
        ["gamegen.toml:12:9:", "GG705"],
        ["gamegen.toml:28:11:", "GG707"],
    ]


def test_the_schema_is_draft_2020_12() -> None:
    from jsonschema import Draft202012Validator

    schema = json.loads((folder("schemas") / "project.schema.json").read_text(encoding="utf-8"))
    assert schema["$schema"] == Draft202012Validator.META_SCHEMA["$id"]
    Draft202012Validator.check_schema(schema)


def test_texts_to_keep_apart_stand_beside_the_project(write: Write) -> None:
    root = write('[project]\nid = "salt"\n')
    (root / "novel.txt").write_text("Once.", encoding="utf-8")
    root = write('[project]\nid = "salt"\noriginality = ["novel.txt"]\n')
    assert load_project(root).originality == (root / "novel.txt",)


def test_a_text_to_keep_apart_that_is_not_there_is_named_with_its_place(write: Write) -> None:
    root = write('[project]\nid = "salt"\noriginality = ["novel.txt"]\n')
    (found,) = faults(root)
    assert '3:16: GG707 expected a text file, found none at "novel.txt"' in found
