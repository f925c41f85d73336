"""`gamegen plan`: what a batch would be and cost, and briefs that are refused before a model is opened."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from gamegen.cli import run
from gamegen.engine import runtime

WORLD = str(Path(__file__).parents[2] / "samples" / "saltmarrow" / "world")
BASE = ("plan", "character", "--world", WORLD)


@pytest.fixture(autouse=True)
def no_engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing here may open an engine; commands work in an empty folder."""

    def opened(*_: object, **__: object) -> None:
        raise AssertionError("an engine was opened")

    monkeypatch.setattr(runtime, "open_engine", opened)
    monkeypatch.chdir(tmp_path)


def test_the_last_line_is_what_the_batch_costs(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*BASE, "-n", "3"]) == 0
    *outlines, last = capsys.readouterr().out.splitlines()
    costs = [re.findall(r"\d+", line) for line in outlines if " candidates, about " in line]
    expected = [str(sum(int(cost[place]) for cost in costs)) for place in range(4)]
    assert re.findall(r"\d+", last) == ["3", *expected]
    assert "minute" not in last


def test_time_is_told_at_a_rate_that_is_given(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*BASE, "--set", "character=mira_voss", "--rate", "16"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].endswith("; at 16 texts per minute 0.5 minutes")


def test_every_row_of_a_file_has_its_outline(capsys: pytest.CaptureFixture[str]) -> None:
    Path("b.csv").write_text("id,character\nsmith,mira_voss\npilot,\n", encoding="utf-8")
    assert run([*BASE, "--briefs", "b.csv", "--json"]) == 0
    out, err = capsys.readouterr()
    planned = json.loads(out)
    assert [each["id"] for each in planned] == ["character_smith", "character_pilot"]
    assert planned[0]["lines"][0].startswith("Mira Voss, blacksmith")
    assert planned[0]["candidates"] >= planned[0]["requests"]
    assert "2 records" in err


@pytest.mark.parametrize("command", ["plan", "generate"])
def test_every_fault_of_a_file_is_told_with_its_line_and_no_engine_is_opened(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("b.csv").write_text(
        "id,levle,character,role\na,3,mira_voss,\nb,,mira_vos,\nc,,mira_voss,diver\n", encoding="utf-8"
    )
    assert run([command, *BASE[1:], "--briefs", "b.csv"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("b.csv:1:4: GG004")
    Path("b.csv").write_text(
        "id,level,character,role\na,3,mira_voss,\nb,,mira_vos,\nc,,mira_voss,diver\n", encoding="utf-8"
    )
    assert run([command, *BASE[1:], "--briefs", "b.csv"]) == 2
    said = capsys.readouterr().err
    assert [line.split(" ")[0] for line in said.splitlines()] == ["b.csv:3:1:", "b.csv:4:1:"]
    assert "Traceback" not in said


def test_a_batch_for_which_names_run_out_is_refused_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["generate", "character", "--world", WORLD, "-n", "2000"]) == 2
    assert "names that nobody has" in capsys.readouterr().err


def test_a_count_beside_a_file_of_briefs_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    Path("people.csv").write_text("id,level\nsmith,3\n", encoding="utf-8")
    assert run([*BASE, "--briefs", "people.csv", "-n", "4"]) == 2
    assert "GG005 -n 4 beside --briefs people.csv: the file says how many; leave out -n" in capsys.readouterr().err
    assert run([*BASE, "--briefs", "people.csv"]) == 0


@pytest.mark.parametrize("block", ["Bad", "two words", "", "ünder", "../up", "a" * 101])
def test_a_block_is_an_id(block: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*BASE, "--block", block]) == 2
    assert "expected an id of small letters, digits and underscores" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("setting", "meant"),
    [
        ("level=99", "expected a whole number from 1 to 20"),
        ("level=high", "expected a whole number from 1 to 20"),
        ("tone=" + "x" * 200, "characters"),
    ],
)
def test_an_impossible_setting_says_in_words_what_is_possible(
    setting: str, meant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*BASE, "--set", setting]) == 2
    said = capsys.readouterr().err
    assert meant in said and "{" not in said
