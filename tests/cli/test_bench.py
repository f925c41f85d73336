"""`gamegen bench`: which figures it gives, and how it shows them. What they are is the machine's business."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path
from typing import Any

import pytest

from gamegen import bench
from gamegen.bench import measure
from gamegen.cli import run
from gamegen.engine import runtime
from gamegen.engine.manifest import Manifest, ModelFolder, Source, folder_entries, write_manifest
from gamegen.errors import ModelUnavailable
from gamegen.figures import Report
from gamegen.world import World
from gamegen.world_file import load_world
from tests.engine.tiny import VOCABULARY, tokenizer_json, write_in_place_graph

ROOT = Path(__file__).parents[2]
SHARES = {"model", "grammar", "sampling", "python"}


@pytest.fixture(scope="module")
def world() -> World:
    return load_world(ROOT / "samples" / "saltmarrow" / "world")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a random graph of one layer; a token is a byte or two, so that prompts are long."""
    path = tmp_path_factory.mktemp("models") / "tiny"
    path.mkdir()
    write_in_place_graph(path / "model.onnx")
    (path / "tokenizer.json").write_text(tokenizer_json(), encoding="utf-8")
    write_manifest(
        path,
        Manifest(
            id="tiny",
            source=Source("onnx", "tiny"),
            licence="Apache-2.0",
            precision="fp32",
            graph="rewritten",
            architecture="tiny",
            layers=1,
            kv_heads=2,
            head_dim=16,
            vocab=VOCABULARY,
            context_length=16384,
            eos=(0,),
            prefix=(),
            verification={},
            files=folder_entries(path),
        ),
    )
    return path


@pytest.fixture(scope="module")
def report(world: World, model: Path) -> Report:
    return measure(world, model=model, provider="cpu", threads=1, quick=True)


@pytest.fixture
def shown(report: Report, monkeypatch: pytest.MonkeyPatch) -> Report:
    """The command shows this report instead of measuring."""
    monkeypatch.setattr(bench, "measure", lambda *_, **__: report)
    return report


def check(document: dict[str, Any]) -> None:
    """Every figure is there and possible."""
    assert set(document) == {
        "machine", "setup", "load", "prefill", "decode", "records", "peak_memory_bytes", "notes",
    }  # fmt: skip
    assert document["machine"].keys() == {"cpu", "cores", "system", "python", "calibration_seconds"}
    assert document["setup"].keys() == {
        "gamegen", "model", "sha256", "graph", "precision", "cache", "provider", "onnxruntime", "threads",
    }  # fmt: skip
    assert min(document["load"]["first_seconds"], document["load"]["again_seconds"]) > 0
    for each in (document["prefill"], *document["decode"]):
        quotient = each["engine_tokens_per_second"] / each["raw_tokens_per_second"]
        assert each["ratio"] == pytest.approx(quotient, rel=1e-2)
    for each in document["records"]:
        assert each["records_per_minute"] == pytest.approx(60 * each["records"] / each["seconds"], rel=1e-2)
    for each in (*document["decode"], *document["records"]):
        assert each["shares"].keys() == SHARES
        assert math.isclose(sum(each["shares"].values()), 1, abs_tol=1e-2)
        assert all(share >= 0 for share in each["shares"].values())


def test_every_figure_is_in_the_json(report: Report) -> None:
    document = report.as_json()
    assert document == json.loads(json.dumps(document))
    check(document)


def test_decoding_is_measured_at_each_batch_size(report: Report) -> None:
    assert [(each.batch_size, each.rows) for each in report.decode] == [(1, 1), (8, 8)]


def test_a_part_of_the_decoded_tokens_is_forced(report: Report) -> None:
    assert all(0 < each.forced < 1 for each in report.decode)


def test_records_of_each_kind_are_made_with_one_and_with_four_candidates_in_the_largest_batch(report: Report) -> None:
    made = [(each.kind, each.candidates, each.batch_size, each.records) for each in report.records]
    assert made == [(kind, n, 8, 1) for kind in ("quest", "dialogue", "character") for n in (1, 4)]


def test_the_setup_says_what_ran(report: Report) -> None:
    setup = report.setup
    assert (setup.model, setup.graph, setup.precision, setup.cache) == ("tiny", "rewritten", "fp32", "float32")
    assert (setup.provider, setup.threads) == ("cpu", 1)


def test_peak_memory_is_measured_here(report: Report) -> None:
    assert report.peak_memory_bytes is not None
    assert 10_000_000 < report.peak_memory_bytes < 1_000_000_000_000


def test_the_better_of_two_rounds_counts(world: World, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "RECORDS", {"character": 1})
    stages: list[tuple[str, int, int]] = []
    found = measure(world, model=model, provider="cpu", sizes=[2], progress=lambda *stage: stages.append(stage))
    assert [each.candidates for each in found.records] == [1, 4]
    assert [stage for stage, _, _ in stages].count("character, candidates: 4") == 2
    assert [done for _, done, _ in stages] == list(range(stages[0][2]))


def test_a_batch_that_memory_does_not_hold_is_left_out_and_named(
    world: World, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench, "RECORDS", {"character": 1})
    monkeypatch.setattr(runtime, "MEMORY", 1_000_000)
    found = measure(world, model=model, provider="cpu", quick=True)
    assert [each.batch_size for each in found.decode] == [1]
    assert found.notes[0].startswith("no batch of 8: 8 rows")


def test_a_batch_that_was_asked_for_and_that_memory_does_not_hold_is_refused(
    world: World, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runtime, "MEMORY", 1_000_000)
    with pytest.raises(ModelUnavailable, match="GG862"):
        measure(world, model=model, provider="cpu", sizes=[8], quick=True)


@pytest.mark.usefixtures("shown")
def test_the_json_alone_is_on_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["bench", "--json"]) == 0
    check(json.loads(capsys.readouterr().out))


def test_the_tables_have_a_line_for_each_measure(shown: Report, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["bench"]) == 0
    words = [line.split() for line in capsys.readouterr().out.splitlines() if line.strip()]
    assert [row[1] for row in words if row[0] == "decode"] == ["1", "8"]
    assert [row[0] for row in words if row[1:3] == ["4", "1"]] == ["quest", "dialogue", "character"]
    assert {"model", "load", "machine", "calibration", "prefill"} <= {row[0] for row in words}
    assert all(row[-1].endswith("%") for row in words if row[0] in ("decode", *bench.RECORDS))
    assert shown.setup.onnxruntime in " ".join(word for row in words for word in row)


@pytest.mark.usefixtures("shown")
def test_the_tables_fit_eighty_columns(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    run(["bench"])
    out = capsys.readouterr().out
    assert "…" not in out
    assert max(map(len, out.splitlines())) <= 80


def test_memory_that_is_not_measured_is_said_to_be(
    report: Report, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    unmeasured = dataclasses.replace(report, peak_memory_bytes=None)
    monkeypatch.setattr(bench, "measure", lambda *_, **__: unmeasured)
    run(["bench"])
    assert "not measured on this system" in capsys.readouterr().out


def test_a_missing_model_is_one_line_and_exits_3(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GAMEGEN_CACHE", str(tmp_path))
    assert run(["bench", "--quick"]) == 3
    assert capsys.readouterr().err.strip().splitlines()[-1].startswith("GG801 the model")


def test_a_world_that_is_not_there_is_refused_before_the_model(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GAMEGEN_CACHE", str(tmp_path))
    assert run(["bench", "--world", str(tmp_path / "nowhere.toml")]) == 2
    assert "GG801" not in capsys.readouterr().err


@pytest.mark.model
def test_the_default_model_is_measured(default_model: ModelFolder, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["bench", "--provider", "cpu", "--quick", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    check(document)
    assert document["setup"]["model"] == default_model.id
    assert document["setup"]["sha256"] == default_model.sha256
