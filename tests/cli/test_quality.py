"""`gamegen quality` and texts that are kept apart, from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gamegen.cli import run
from gamegen.engine import runtime
from gamegen.quality import pictures
from gamegen.testing import FakeEngine
from tests.engine.small_models import store
from tests.test_quality import tuned

ROOT = Path(__file__).parents[2]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with two sheets by the fake engine."""
    monkeypatch.setattr(runtime, "open_engine", lambda *_, **__: FakeEngine())
    root = tmp_path / "game"
    assert run(["init", str(root)]) == 0
    monkeypatch.chdir(root)
    assert run(["generate", "character", "-n", "2", "--out", "content/people.jsonl"]) == 0
    return root


def test_figures_of_content(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert run(["quality", "content", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["records"], found["unoriginal"]) == (2, 0)
    assert found["kinds"]["trait"]["texts"] > 10
    assert run(["quality", "content/people.jsonl"]) == 0
    assert "longest run shared with an example" in capsys.readouterr().out


def test_the_world_of_the_project_is_used_for_the_proofs(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert run(["quality", "content", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["not_run"] == [] and found["records_that_pass_all"] == 2
    assert found["proofs"]["text_names"] == {"passed": 2, "records": 2, "share": 1.0}
    assert {"sheets", "world"} <= found["spread"].keys()


def test_without_a_world_what_needs_it_is_told_as_not_run(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    alone = tmp_path / "alone" / "people.jsonl"
    alone.parent.mkdir()
    alone.write_bytes((project / "content" / "people.jsonl").read_bytes())
    monkeypatch.chdir(alone.parent)
    capsys.readouterr()
    assert run(["quality", str(alone)]) == 0
    out, err = capsys.readouterr()
    assert "not run without a world" in err and "text_names" in err
    assert "character numbers" in out
    assert run(["quality", str(alone), "--world", str(project / "world"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["not_run"] == []


def test_proofs_can_be_left_out(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert run(["quality", "content", "--no-proofs", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert "proofs" not in found and found["near_duplicates"]["texts"] > 10


def test_pictures_are_made_and_told(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert run(["quality", "content", "--no-proofs", "--pictures", "pictures"]) == 0
    told = [line for line in capsys.readouterr().out.splitlines() if line.startswith("pictures")]
    assert sorted(told) == sorted(str(path) for path in Path("pictures").iterdir())
    assert {Path(line).stem for line in told} == {"variety", "words", "spread"}


def test_a_missing_matplotlib_is_told_before_anything_is_read(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(pictures, "find_spec", lambda name: None)
    assert run(["quality", "nowhere", "--pictures", "pictures"]) == 2
    assert "GG017" in capsys.readouterr().err


def test_a_text_beside_is_compared_with(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record = json.loads((project / "content" / "people.jsonl").read_text(encoding="utf-8").splitlines()[0])
    (project / "beside.txt").write_text(f"{record['flaw']['text']} {record['bond']['text']} " * 2, encoding="utf-8")
    capsys.readouterr()
    assert run(["quality", "content", "--beside", "beside.txt", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["unoriginal"] >= 1
    assert run(["quality", "content", "--beside", "nowhere.txt"]) == 2
    assert "GG006" in capsys.readouterr().err


def test_validate_finds_words_that_are_kept_apart(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record = json.loads((project / "content" / "people.jsonl").read_text(encoding="utf-8").splitlines()[0])
    assert run(["validate", "."]) == 0
    flaw = record["flaw"]["text"]
    (project / "novel.txt").write_text(f"It was so: {flaw} {flaw}", encoding="utf-8")
    file = project / "gamegen.toml"
    file.write_text(
        file.read_text(encoding="utf-8").replace("[project]\n", '[project]\noriginality = ["novel.txt"]\n', 1),
        encoding="utf-8",
    )
    capsys.readouterr()
    assert run(["validate", "."]) == 1
    assert "GG613" in capsys.readouterr().out


def test_lines_of_a_tuned_model_are_compared_with(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GAMEGEN_CACHE", str(project / "cache"))
    file = project / "content" / "people.jsonl"
    records = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    model = tuned(project / "cache" / "models" / "mine", records[0]["flaw"]["text"])

    def measured(*options: str) -> tuple[int, int, str]:
        capsys.readouterr()
        assert run(["quality", "content", "--json", *options]) == 0
        out, err = capsys.readouterr()
        found = json.loads(out)
        return found["unoriginal"], found["taught"], err

    assert measured() == (
        0,
        0,
        "not compared with the training lines of fake (2 records): not in the cache as it wrote them\n",
    )
    assert measured("--model", "mine")[:2] == (1, 1)
    for record in records:
        record["provenance"]["model"] |= {"id": model.id, "sha256": model.sha256}
    file.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    assert measured() == (1, 1, "")
    capsys.readouterr()
    assert run(["validate", "content"]) == 0
    assert "GG613" not in "".join(capsys.readouterr())
    assert run(["quality", "content", "--model", "nobody"]) == 3
    assert "GG801" in capsys.readouterr().err


def test_a_model_that_brings_no_lines_is_told(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GAMEGEN_CACHE", str(project / "cache"))
    store(project / "cache" / "models" / "plain", "plain")
    assert run(["quality", "content", "--model", "plain"]) == 0
    assert "plain brings no lines that it was taught on" in capsys.readouterr().err
