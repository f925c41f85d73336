"""`gamegen distinct`: near-duplicates across the files of a project are written again, in place and once for all."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gamegen.build.store import locked
from gamegen.cli import run
from gamegen.engine import runtime
from gamegen.errors import ModelUnavailable
from gamegen.exporting import load_records
from gamegen.near_duplicates import pairs_of_texts, texts_in
from tests.test_rewriting import Reworder

WORLD = str(Path(__file__).parents[2] / "samples" / "saltmarrow" / "world")
FILES = ("content/early.jsonl", "content/late.jsonl")
DISTINCT = ("distinct", "content", "--world", WORLD)


@pytest.fixture(autouse=True)
def content(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two blocks with sheets of the same person, each without near-duplicates of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(runtime, "open_engine", lambda *_, **__: Reworder())
    for file in FILES:
        command = ["generate", "character", "--world", WORLD, "--out", file, "--block", Path(file).stem]
        assert run([*command, "-n", "3", "--seed", "3", "--set", "character=mira_voss"]) == 0
    capsys.readouterr()


def near() -> int:
    texts = [
        (record.id, kind, text) for record in load_records([Path("content")]) for _, kind, text in texts_in(record.data)
    ]
    return len(pairs_of_texts(texts))


def whole() -> dict[str, bytes]:
    return {file: Path(file).read_bytes() for file in FILES}


def no_model(*_: object, **__: object) -> None:
    raise ModelUnavailable.of("GG801", "no model is needed here")


def test_the_later_file_yields_and_the_second_time_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = whole()
    assert near() > 0
    assert run(DISTINCT) == 0
    out, err = capsys.readouterr()
    assert out.splitlines() == ["content/late.jsonl"]
    assert "near-duplicates written again" in err
    after = whole()
    assert after[FILES[0]] == before[FILES[0]] and after[FILES[1]] != before[FILES[1]]
    monkeypatch.setattr(runtime, "open_engine", no_model)
    assert run(DISTINCT) == 0
    assert whole() == after
    assert run([*DISTINCT, "--check"]) == 0


def test_the_run_that_made_a_file_goes_on_as_if_nothing_had_happened(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(DISTINCT) == 0
    after = whole()
    command = ["generate", "character", "--world", WORLD, "--out", FILES[1], "--block", "late", "--json"]
    capsys.readouterr()
    assert run([*command, "-n", "3", "--seed", "3", "--set", "character=mira_voss"]) == 0
    assert json.loads(capsys.readouterr().out)["made"] == 0
    assert whole() == after


def test_check_names_what_waits_and_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = whole()
    monkeypatch.setattr(runtime, "open_engine", no_model)
    assert run([*DISTINCT, "--check"]) == 1
    told = capsys.readouterr().out.splitlines()
    assert told and all(line.startswith("late_000") and "like a text of" in line for line in told)
    assert whole() == before
    assert run([*DISTINCT, "--check", "--json"]) == 1
    assert json.loads(capsys.readouterr().out) == {"waiting": len(told), "changed": []}


def test_approved_records_stay(capsys: pytest.CaptureFixture[str]) -> None:
    records = [json.loads(line) for line in Path(FILES[1]).read_text("utf-8").splitlines()]
    for record in records:
        record["review"] = {"state": "approved", "locks": []}
    Path(FILES[1]).write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")
    before = whole()
    assert run(DISTINCT) == 0
    assert capsys.readouterr().out.splitlines() == ["content/early.jsonl"]
    assert whole()[FILES[1]] == before[FILES[1]]


def test_bad_input_is_one_clear_line(capsys: pytest.CaptureFixture[str]) -> None:
    before = whole()
    assert run(["distinct", "content"]) == 2
    assert "GG006 no world: the content is not in a project; give --world FILE" in capsys.readouterr().err
    assert run(["distinct", "nowhere.jsonl", "--world", WORLD]) == 2
    assert "GG006" in capsys.readouterr().err
    assert run(["distinct", *FILES, FILES[0], "--world", WORLD]) in (2, 4)
    assert "Traceback" not in capsys.readouterr().err
    lock = locked(Path(FILES[1]))
    assert run(DISTINCT) == 4
    assert "GG009 another gamegen writes this file" in capsys.readouterr().err
    lock.release()
    assert whole() == before
