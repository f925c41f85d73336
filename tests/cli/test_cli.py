"""The command line: results, exit codes, and one clear line for every bad input."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from gamegen.cli import COMMANDS, cli, run
from gamegen.engine import runtime
from gamegen.testing import FakeEngine

ROOT = Path(__file__).parents[2]
WORLD = str(ROOT / "samples" / "saltmarrow" / "world")


@pytest.fixture(autouse=True)
def fake_engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Commands that open an engine get the fake one, and work in an empty folder."""
    monkeypatch.setattr(runtime, "open_engine", lambda *_, **__: FakeEngine())
    monkeypatch.chdir(tmp_path)


def fails(capsys: pytest.CaptureFixture[str], code: int, *arguments: str) -> str:
    """Run a command that must fail with this exit code; returns what it said, which is never a traceback."""
    assert run(arguments) == code
    said = capsys.readouterr().err
    assert "Traceback" not in said
    return said


def test_every_command_has_a_help_page() -> None:
    for name in COMMANDS:
        assert run([name, "--help"]) == 0


def test_the_help_page_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    run(["--help"])
    listed = capsys.readouterr().out
    assert all(f"  {name} " in listed for name in COMMANDS)
    assert set(COMMANDS) == set(cli.list_commands(None))  # type: ignore[attr-defined, arg-type]


def test_records_go_to_stdout_and_progress_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["generate", "character", "--world", WORLD, "-n", "2", "--seed", "3"]) == 0
    out, err = capsys.readouterr()
    assert [json.loads(line)["id"] for line in out.splitlines()] == ["character_0001", "character_0002"]
    assert "characters sampled" in err


def test_forty_begin_with_twenty(capsys: pytest.CaptureFixture[str]) -> None:
    run(["generate", "character", "--world", WORLD, "-n", "2"])
    two = capsys.readouterr().out
    run(["generate", "character", "--world", WORLD, "-n", "4"])
    assert capsys.readouterr().out.startswith(two)


def test_the_same_command_again_goes_on_where_it_stopped(capsys: pytest.CaptureFixture[str]) -> None:
    command = ["generate", "character", "--world", WORLD, "--out", "sheets.jsonl", "--json"]
    assert run([*command, "-n", "2"]) == 0
    first = Path("sheets.jsonl").read_bytes()
    assert json.loads(capsys.readouterr().out)["made"] == 2
    assert run([*command, "-n", "3"]) == 0
    again = json.loads(capsys.readouterr().out)
    assert (again["made"], again["kept"]) == (1, 2)
    assert Path("sheets.jsonl").read_bytes().startswith(first)
    assert len(Path("sheets.jsonl").read_bytes().splitlines()) == 3


def test_an_output_of_another_run_is_refused_without_overwrite(capsys: pytest.CaptureFixture[str]) -> None:
    command = ["generate", "character", "--world", WORLD, "--out", "sheets.jsonl"]
    run([*command, "--seed", "1"])
    before = Path("sheets.jsonl").read_bytes()
    assert "seed was 1, now 2" in fails(capsys, 2, *command, "--seed", "2")
    assert Path("sheets.jsonl").read_bytes() == before
    assert run([*command, "--seed", "2", "--overwrite"]) == 0
    assert Path("sheets.jsonl").read_bytes() != before


def test_generated_records_validate(capsys: pytest.CaptureFixture[str]) -> None:
    run(["generate", "character", "--world", WORLD, "-n", "3", "--out", "content/sheets.jsonl"])
    assert run(["validate", "content", "--world", WORLD]) == 0
    assert "3 records: 0 faults" in capsys.readouterr().err


def test_a_damaged_record_is_found_with_file_and_record(capsys: pytest.CaptureFixture[str]) -> None:
    run(["generate", "character", "--world", WORLD, "--out", "sheets.jsonl"])
    record = json.loads(Path("sheets.jsonl").read_text(encoding="utf-8"))
    record["hit_points"] += 1
    Path("bad.jsonl").write_text(json.dumps(record) + "\n", encoding="utf-8")
    capsys.readouterr()
    assert run(["validate", "bad.jsonl", "--world", WORLD]) == 1
    assert "bad.jsonl#character_0001: GG502" in capsys.readouterr().out


def test_without_a_world_what_needs_it_is_reported_as_not_run(capsys: pytest.CaptureFixture[str]) -> None:
    run(["generate", "character", "--world", WORLD, "--out", "sheets.jsonl"])
    capsys.readouterr()
    assert run(["validate", "sheets.jsonl"]) == 0
    assert "not run: it needs the world" in capsys.readouterr().out


def test_init_makes_a_project_whose_world_is_found(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["init", "mygame"]) == 0
    os.chdir("mygame")
    assert run(["validate", "."]) == 0
    assert run(["plan", "character", "-n", "2", "--json"]) == 0
    planned = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert [each["id"] for each in planned] == ["character_0001", "character_0002"]
    assert all(each["requests"] >= 7 and each["prompt_tokens"] > 0 for each in planned)


def test_init_never_overwrites(capsys: pytest.CaptureFixture[str]) -> None:
    Path("mygame").mkdir()
    Path("mygame/notes.txt").write_text("mine", encoding="utf-8")
    assert "not empty" in fails(capsys, 2, "init", "mygame")


BASE = ("generate", "character", "--world", WORLD)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("generate", "character", "--world", "nowhere"), 2, "nowhere: GG006"),
        (("generate", "character"), 2, "GG006 no world"),
        (("generate", "quset", "--world", WORLD), 2, 'did you mean "quest"?'),
        (("plan", "quset", "--world", WORLD), 2, 'did you mean "quest"?'),
        ((*BASE, "-n", "0"), 2, "GG003"),
        ((*BASE, "-n", "-4"), 2, "GG003"),
        ((*BASE, "-n", "many"), 2, "GG011"),
        ((*BASE, "--set", "levle=3"), 2, 'did you mean "level"?'),
        ((*BASE, "--set", "level=99"), 2, "99 is greater than the maximum"),
        ((*BASE, "--set", "level"), 2, "--set expects key=value"),
        ((*BASE, "--set", "character=mira_vos"), 2, 'did you mean "mira_voss"?'),
        ((*BASE, "--briefs", "none.csv"), 2, "none.csv: GG006"),
        ((*BASE, "--provider", "npu"), 2, "GG011"),
        (("export", "ikn", "x.jsonl", "--out", "o"), 2, 'did you mean "ink"?'),
        (("export", "ink", "x.jsonl", "--out", "o"), 2, "x.jsonl: GG006"),
        (("play", "x.jsonl"), 2, "x.jsonl: GG006"),
        (("validate", "nowhere"), 2, "nowhere: GG006"),
        (("genrate",), 2, 'did you mean "generate"?'),
        (("plan", "quest", "--wrold", WORLD), 2, "GG011"),
        (("model", "info", "no-such-model"), 3, "GG801"),
    ],
)
def test_bad_usage_is_one_clear_line(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], code: int, said: str
) -> None:
    message = fails(capsys, code, *arguments)
    assert said in message
    assert message.count("\n") == 1


def test_content_that_is_not_json_is_named_with_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    Path("bad.jsonl").write_text('{"id": "a", "kind": "quest"}\n{"id": \n[]\n', encoding="utf-8")
    said = fails(capsys, 2, "export", "ink", "bad.jsonl", "--out", "o")
    assert "bad.jsonl:2:8: GG105" in said and "bad.jsonl:3:1: GG105" in said


def test_an_output_folder_that_is_a_file_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    Path("file").write_text("", encoding="utf-8")
    assert "GG008" in fails(capsys, 4, *BASE, "--out", "file/sheets.jsonl")


def test_a_template_with_an_undefined_name_is_named_with_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    run(["init", "mygame"])
    os.chdir("mygame")
    template = Path("templates/character/trait.j2")
    template.parent.mkdir()
    template.write_text('First line.\n{{ card.must }} {{ pronuons }} "', encoding="utf-8")
    said = fails(capsys, 2, "generate", "character")
    assert "trait.j2:2" in said and "pronuons" in said


def test_a_schema_extension_the_grammar_cannot_hold_is_named_with_its_path(tmp_path: Path) -> None:
    from gamegen.engine.fragment import read
    from gamegen.errors import SchemaFault

    with pytest.raises(SchemaFault, match=r"GG102.*uniqueItems"):
        level = {"type": "integer", "minimum": 1, "maximum": 20}
        read({"type": "array", "items": level, "maxItems": 3, "uniqueItems": True})


def test_an_interrupt_keeps_finished_records_and_exits_130(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Interrupted(FakeEngine):
        def poll(self):  # type: ignore[no-untyped-def]
            if len({job.record for job in self.jobs}) > 2:
                raise KeyboardInterrupt
            return super().poll()

    monkeypatch.setattr(runtime, "open_engine", lambda *_, **__: Interrupted(capacity=1))
    assert "GG012" in fails(capsys, 130, *BASE, "-n", "5", "--out", "sheets.jsonl")
    kept = Path("sheets.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["id"] for line in kept] == ["character_0001", "character_0002"]
    monkeypatch.setattr(runtime, "open_engine", lambda *_, **__: FakeEngine())
    assert run([*BASE, "-n", "5", "--out", "sheets.jsonl"]) == 0
    assert Path("sheets.jsonl").read_text(encoding="utf-8").splitlines()[:2] == kept


def test_a_fault_of_ours_is_one_line_too(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr(runtime, "open_engine", broken)
    assert "GG013 a fault in gamegen or a plugin: ZeroDivisionError" in fails(capsys, 4, *BASE)


def test_the_module_runs_as_the_command_does() -> None:
    done = subprocess.run([sys.executable, "-m", "gamegen", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("gamegen, version ")


def test_a_formats_option_is_typed_and_an_unknown_one_refused(capsys: pytest.CaptureFixture[str]) -> None:
    run(["generate", "character", "--world", WORLD, "--out", "sheets.jsonl"])
    assert run(["export", "ink", "sheets.jsonl", "--out", "ink", "--set", "single_file=true"]) == 0
    assert len(list(Path("ink").rglob("*.ink"))) == 1
    assert run(["export", "yarn", "sheets.jsonl", "--out", "yarn", "--language", "de", "--fallback"]) == 0
    capsys.readouterr()
    assert "takes no setting 'profile'" in fails(
        capsys, 2, "export", "ink", "sheets.jsonl", "--out", "i", "--profile", "unity"
    )
    said = fails(capsys, 2, "export", "ink", "sheets.jsonl", "--out", "i", "--set", "single_file=perhaps")
    assert "GG005 setting single_file" in said
