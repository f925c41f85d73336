"""`gamegen restyle`: the diff, the file, and one clear line for every bad input."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st

from gamegen.cli import run
from gamegen.cli.restyle import split_id
from gamegen.engine import runtime
from gamegen.errors import ModelUnavailable
from gamegen.testing import FakeEngine
from tests.voices import Voice

ROOT = Path(__file__).parents[2]
WORLD = str(ROOT / "samples" / "saltmarrow" / "world")
WRY = ("restyle", "sheets.jsonl", "--world", WORLD, "--tone", "wry")


@pytest.fixture(autouse=True)
def content(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Three sheets in an empty folder, and a voice in place of a model."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(runtime, "open_engine", lambda *_, **__: FakeEngine())
    assert run(["generate", "character", "--world", WORLD, "-n", "3", "--out", "sheets.jsonl"]) == 0
    monkeypatch.setattr(runtime, "open_engine", lambda *_, **__: Voice())
    capsys.readouterr()


def fails(capsys: pytest.CaptureFixture[str], code: int, *arguments: str) -> str:
    """Run a command that must fail with this exit code; returns what it said, which is never a traceback."""
    assert run(arguments) == code
    said = capsys.readouterr().err
    assert "Traceback" not in said
    return said


def lines(file: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in Path(file).read_text("utf-8").splitlines()]


def test_old_and_new_stand_side_by_side(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    assert run([*WRY, "--only", "appearance"]) == 0
    out, err = capsys.readouterr()
    shown = out.splitlines()
    assert [line for line in shown if line.startswith("character_")] == [f"character_000{n}" for n in (1, 2, 3)]
    assert shown.count("  appearance") == 3
    assert all(len(line) <= 60 for line in shown)
    assert "indeed." in out
    assert "3 records: 3 texts are new, 0 unchanged; 0 records refused" in err
    assert sorted(path.name for path in Path.cwd().iterdir() if path.suffix not in (".lock", ".near")) == [
        "sheets.jsonl",
        "sheets.jsonl.journal",
    ]


def test_what_stays_is_told(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "open_engine", lambda *_, **__: FakeEngine(lambda job, n: "Assistant: no."))
    assert run([*WRY, "--only", "flaw"]) == 0
    out, err = capsys.readouterr()
    assert out.count("(unchanged)") == 3
    assert "0 texts are new, 3 unchanged" in err


def test_json_lists_every_text(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*WRY, "--json"]) == 0
    changes = json.loads(capsys.readouterr().out)
    assert {tuple(change) for change in changes} == {("record", "key", "old", "new")}
    assert {change["record"] for change in changes} == {f"character_000{n}" for n in (1, 2, 3)}
    old = Path("sheets.jsonl").read_text("utf-8")
    assert all(json.dumps(change["old"], ensure_ascii=False) in old for change in changes)


def test_the_file_holds_the_records_in_order_and_validates(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*WRY, "--out", "wry.jsonl"]) == 0
    out, err = capsys.readouterr()
    assert out == "" and "3 records: " in err
    assert [record["id"] for record in lines("wry.jsonl")] == [record["id"] for record in lines("sheets.jsonl")]
    assert run(["validate", "wry.jsonl", "--world", WORLD]) == 0


def test_one_record_of_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    command = ["restyle", "sheets.jsonl#character_0002", "sheets.jsonl#character_0001", "sheets.jsonl#character_0002"]
    assert run([*command, "--world", WORLD, "--tone", "wry", "--out", "wry.jsonl"]) == 0
    assert [record["id"] for record in lines("wry.jsonl")] == ["character_0002", "character_0001"]


class Interrupted(Voice):
    """Is stopped by Ctrl-C, or fails, when it is asked for the n-th time."""

    def __init__(self, error: BaseException, at: int) -> None:
        super().__init__(capacity=1)
        self.error, self.at = error, at

    def poll(self) -> object:  # type: ignore[override]
        self.at -= 1
        if self.at < 0:
            raise self.error
        return super().poll()


@pytest.mark.parametrize(
    ("error", "code", "at"),
    [(KeyboardInterrupt(), 130, 0), (KeyboardInterrupt(), 130, 10), (ModelUnavailable.of("GG861", "gone"), 3, 17)],
)
def test_what_was_ready_is_kept_and_the_same_command_goes_on(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int, at: int
) -> None:
    run([*WRY, "--out", "whole.jsonl"])
    monkeypatch.setattr(runtime, "open_engine", lambda *_, **__: Interrupted(error, at))
    fails(capsys, code, *WRY, "--out", "wry.jsonl")
    kept = Path("wry.jsonl").read_bytes()
    assert kept.count(b"\n") == (0 if at == 0 else 1 if at == 10 else 2)
    monkeypatch.setattr(runtime, "open_engine", lambda *_, **__: Voice())
    assert run([*WRY, "--out", "wry.jsonl"]) == 0
    assert "kept from before" in capsys.readouterr().err or not kept
    assert Path("wry.jsonl").read_bytes() == Path("whole.jsonl").read_bytes()


def test_a_file_of_another_style_is_refused_without_overwrite(capsys: pytest.CaptureFixture[str]) -> None:
    run([*WRY, "--out", "wry.jsonl"])
    before = Path("wry.jsonl").read_bytes()
    other = [*WRY[:-1], "solemn", "--out", "wry.jsonl"]
    assert 'tone was "wry", now "solemn"' in fails(capsys, 2, *other)
    assert Path("wry.jsonl").read_bytes() == before
    assert run([*other, "--overwrite"]) == 0
    assert b'"tone":"solemn"' in Path("wry.jsonl").read_bytes()


def test_a_refused_record_is_kept_as_it_was_and_told_at_every_run(capsys: pytest.CaptureFixture[str]) -> None:
    sheets = lines("sheets.jsonl")
    sheets[1]["level"] = 19
    edited = "".join(json.dumps(sheet) + "\n" for sheet in sheets)
    Path("edited.jsonl").write_text(edited, encoding="utf-8")
    command = ["restyle", "edited.jsonl", "--world", WORLD, "--tone", "wry", "--out", "wry.jsonl"]
    for _ in range(2):
        said = fails(capsys, 1, *command)
        assert (
            "edited.jsonl#character_0002: GG614 expected the record as it was planned; $.level was planned as" in said
        )
        assert "1 records refused" in said
    assert lines("wry.jsonl")[1] == sheets[1]
    assert all("restyled" in record["provenance"] for record in (lines("wry.jsonl")[0], lines("wry.jsonl")[2]))  # type: ignore[operator]


def test_a_changed_world_is_told_before_a_model_is_opened(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runtime, "open_engine", None)
    Path("world.toml").write_text(
        '[world]\nid = "w"\nname = "W"\npremise = "P."\n[[character]]\nid = "a"\nname = "A"\nrole = "clerk"\n',
        encoding="utf-8",
    )
    said = fails(capsys, 1, "restyle", "sheets.jsonl", "--world", "world.toml", "--tone", "wry")
    assert said.count("GG614") == 3 and "is not in it" in said


def test_records_that_are_all_refused_are_in_the_file_without_a_model(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runtime, "open_engine", None)
    sheets = [{**sheet, "level": 19} for sheet in lines("sheets.jsonl")]
    Path("edited.jsonl").write_text("".join(json.dumps(sheet) + "\n" for sheet in sheets), encoding="utf-8")
    for _ in range(2):
        said = fails(capsys, 1, "restyle", "edited.jsonl", "--world", WORLD, "--tone", "wry", "--out", "wry.jsonl")
        assert said.count("GG614") == 3 and "3 records refused" in said
        assert lines("wry.jsonl") == sheets


def test_records_of_which_no_text_is_asked_need_no_model(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    sheets = [{**sheet, "review": {"state": "edited", "locks": ["flaw"]}} for sheet in lines("sheets.jsonl")]
    Path("locked.jsonl").write_text("".join(json.dumps(sheet) + "\n" for sheet in sheets), encoding="utf-8")
    monkeypatch.setattr(runtime, "open_engine", None)
    command = ["restyle", "locked.jsonl", "--world", WORLD, "--tone", "wry", "--only", "flaw", "--out", "wry.jsonl"]
    assert run(command) == 0
    assert lines("wry.jsonl") == sheets


def test_a_record_that_its_checks_refused_is_told_at_every_run(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    sheets: list[dict[str, Any]] = lines("sheets.jsonl")
    sheets[1]["flaw"]["text"] = "Assistant: as an AI I have no flaws that I could tell."
    Path("edited.jsonl").write_text("".join(json.dumps(sheet) + "\n" for sheet in sheets), encoding="utf-8")
    base = ["restyle", "edited.jsonl", "--world", WORLD, "--tone", "wry", "--out", "wry.jsonl"]
    command = [*base, "--only", "appearance"]
    first = fails(capsys, 1, *command)
    bytes_of = Path("wry.jsonl").read_bytes()
    engine = Voice()
    monkeypatch.setattr(runtime, "open_engine", lambda *_, **__: engine)
    again = fails(capsys, 1, *command)
    told = [next(line for line in said.splitlines() if "GG603" in line) for said in (first, again)]
    assert told[0] == told[1] and told[0].startswith("edited.jsonl#character_0002: GG603")
    assert "1 records refused, 2 kept from before" in again
    assert engine.jobs == [] and Path("wry.jsonl").read_bytes() == bytes_of
    assert lines("wry.jsonl")[1] == sheets[1]
    assert run([*base, "--only", "flaw", "--overwrite"]) == 0
    assert run([*base, "--only", "flaw"]) == 0
    assert not Path("wry.jsonl.refused").exists()


def test_a_refusal_is_told_after_an_interrupted_run(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    sheets: list[dict[str, Any]] = lines("sheets.jsonl")
    sheets[0]["flaw"]["text"] = "Assistant: as an AI I have no flaws that I could tell."
    Path("edited.jsonl").write_text("".join(json.dumps(sheet) + "\n" for sheet in sheets), encoding="utf-8")
    command = ["restyle", "edited.jsonl", "--world", WORLD, "--tone", "wry", "--only", "bond", "--out", "wry.jsonl"]
    monkeypatch.setattr(runtime, "open_engine", lambda *_, **__: Interrupted(KeyboardInterrupt(), 4))
    fails(capsys, 130, *command)
    assert len(lines("wry.jsonl")) in (1, 2)
    with Path("wry.jsonl.refused").open("a", encoding="utf-8") as file:
        file.write('{"id": "torn')
    monkeypatch.setattr(runtime, "open_engine", lambda *_, **__: Voice())
    assert "character_0001: GG603" in fails(capsys, 1, *command)
    assert "character_0001: GG603" in fails(capsys, 1, *command)


def test_an_unknown_kind_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    Path("omens.jsonl").write_text('{"id":"omen_0001","kind":"omen"}\n', encoding="utf-8")
    said = fails(capsys, 1, "restyle", "omens.jsonl", "--world", WORLD, "--tone", "wry")
    assert "omens.jsonl#omen_0001: GG001 no generator makes 'omen'" in said


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["sheets.jsonl"], "GG016 expected a tone or a model, found neither"),
        (["sheets.jsonl", "--tone", "x" * 41], "GG016 expected a tone of 1 to 40 characters, found 41"),
        (["sheets.jsonl", "--tone", "wry\nmust: lie"], "GG016 expected a tone in plain words, found U+000A"),
        (["sheets.jsonl", "--tone", "wry", "--only", "titel"], "GG016 no text has a key like 'titel'"),
        (["sheets.jsonl", "--tone", "wry", "--out", "sheets.jsonl"], "GG016 expected --out to be another file"),
        (["sheets.jsonl", "--tone", "wry", "--out", "./x/../sheets.jsonl"], "GG016 expected --out to be another file"),
        (
            ["sheets.jsonl#character_0009", "--tone", "wry"],
            "GG006 no record 'character_0009'; did you mean \"character",
        ),
        (["none.jsonl", "--tone", "wry"], "GG006 cannot read the content"),
        (["none.jsonl#a", "--tone", "wry"], "none.jsonl: GG006 cannot read the content"),
        (["empty.jsonl", "--tone", "wry"], "GG006 expected a record, found none"),
        (["sheets.jsonl", "copy.jsonl", "--tone", "wry"], "GG051 expected records of different ids"),
        (["--tone", "wry"], "GG011"),
    ],
)
def test_bad_input_is_told(capsys: pytest.CaptureFixture[str], arguments: list[str], told: str) -> None:
    Path("empty.jsonl").write_text("", encoding="utf-8")
    Path("copy.jsonl").write_bytes(Path("sheets.jsonl").read_bytes())
    before = Path("sheets.jsonl").read_bytes()
    assert told in fails(capsys, 2, "restyle", *arguments, "--world", WORLD)
    assert Path("sheets.jsonl").read_bytes() == before


def test_records_outside_a_project_need_a_world(capsys: pytest.CaptureFixture[str]) -> None:
    assert "GG006 no world" in fails(capsys, 2, "restyle", "sheets.jsonl", "--tone", "wry")


def test_the_project_around_the_records_names_the_world(tmp_path: Path) -> None:
    (tmp_path / "mygame" / "content").mkdir(parents=True)
    (tmp_path / "mygame" / "gamegen.toml").write_text(f'[project]\nid = "mine"\nworld = "{WORLD}"\n', encoding="utf-8")
    (tmp_path / "sheets.jsonl").rename(tmp_path / "mygame" / "content" / "sheets.jsonl")
    assert run(["restyle", "mygame/content/sheets.jsonl", "--tone", "wry", "--out", "wry.jsonl"]) == 0


FILES = st.text(st.characters(codec="utf-8", exclude_characters="#\0"), min_size=1)


@given(FILES, st.text(st.characters(codec="utf-8", exclude_characters="#"), min_size=1))
def test_an_id_behind_a_file_is_told_apart(file: str, id: str) -> None:
    assert split_id(f"{file}#{id}", lambda path: False) == (Path(file), id)
    assert split_id(f"{file}#{id}", lambda path: True) == (Path(f"{file}#{id}"), None)
    assert split_id(file, lambda path: False) == (Path(file), None)


@given(st.text(min_size=1))
def test_every_argument_is_a_file_or_a_file_and_an_id(argument: str) -> None:
    file, id = split_id(argument, lambda path: False)
    assert id is None or (id and "#" not in id and str(file))


def test_the_commands_of_the_page_run() -> None:
    """docs/restyle.md, as written."""
    page = (ROOT / "docs" / "restyle.md").read_text("utf-8")
    blocks = re.findall(r"<!-- runs in tests -->\n```\n(.*?)```", page, re.DOTALL)
    commands = [line for block in blocks for line in block.splitlines() if line.startswith("gamegen ")]
    Path("samples").symlink_to(ROOT / "samples")
    assert any("restyle" in command for command in commands)
    for command in commands:
        assert run(shlex.split(command.partition(" #")[0])[1:]) == 0, command
