from __future__ import annotations

import json
import shutil
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from gamegen.cards import CHATML
from gamegen.engine import runtime
from gamegen.engine.api import Engine, Job
from gamegen.engine.manifest import folder_entries
from gamegen.engine.runtime import ENGINE_CONTRACT, available_devices, open_engine
from gamegen.errors import ModelUnavailable, UsageError
from tests.engine.tiny import write_model_folder

TEXT = {"type": "string", "minLength": 3, "maxLength": 30}


def install(monkeypatch: pytest.MonkeyPatch, *packages: str) -> None:
    """Let the environment look as if exactly these ONNX Runtimes were installed."""

    def version(package: str) -> str:
        if package in packages:
            return "1.24.0"
        raise metadata.PackageNotFoundError(package)

    monkeypatch.setattr(metadata, "version", version)


@pytest.fixture(scope="module", params=["rewritten", "plain"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model_folder(tmp_path_factory.mktemp("models") / "tiny", request.param)


def test_an_engine_writes_from_a_model_folder(folder: Path) -> None:
    engine: Engine = open_engine(folder, batch_size=3, threads=1)
    engine.submit(Job("r", "k", "The lens. ", 'So: "', TEXT, candidates=4))
    assert (engine.pending, engine.capacity) == (4, 6)
    ((job, completions),) = engine.poll()
    assert (job.record, engine.pending) == ("r", 0)
    assert all(3 <= len(completion.text) <= 30 for completion in completions)
    engine.close()
    engine.close()


def test_a_slow_graph_is_announced_in_one_line(folder: Path) -> None:
    plain = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["graph"] == "plain"
    assert ("slower" in open_engine(folder).notice) == plain


def test_the_engine_tells_what_provenance_records(folder: Path) -> None:
    info = open_engine(str(folder), provider="auto").info
    assert (info.model, info.provider, info.contract) == ("tiny", "cpu", ENGINE_CONTRACT)
    assert (info.licence, info.card_form, len(info.sha256)) == ("Apache-2.0", CHATML, 64)


def test_batch_size_threads_and_context_change_no_byte(folder: Path) -> None:
    found = []
    for batch_size, threads, context in ((1, 1, None), (5, 2, 200), (16, 1, 210)):
        engine = open_engine(folder, batch_size=batch_size, threads=threads, context=context)
        for i in range(4):
            engine.submit(Job(f"r{i}", "k", "The lens. ", f'{i}: "', TEXT, candidates=3))
        results: dict[str, Any] = {}
        while engine.pending:
            results |= {job.record: completions for job, completions in engine.poll()}
        found.append([results[f"r{i}"] for i in range(4)])
    assert found[0] == found[1] == found[2]


def test_memory_and_prefix_cache_change_no_byte(folder: Path) -> None:
    work = [Job(f"r{i}", "k", "The lens. " * 5, f'{i}: "', TEXT, candidates=3) for i in range(4)]
    found = []
    for options in ({}, {"prefix_cache": False}, {"memory": 10_000_000}, {"memory": 3_000_000}):
        engine = open_engine(folder, threads=1, **options)  # type: ignore[arg-type]
        found.append({job.record: completions for job, completions in engine.stream(work)})
    assert found[1:] == found[:1] * 3


def test_the_engine_tells_where_its_time_went(folder: Path) -> None:
    engine = open_engine(folder, threads=1)
    assert engine.seconds == {"model": 0.0, "grammar": 0.0, "sampling": 0.0}
    list(engine.stream([Job("r", "k", "The lens. ", 'So: "', TEXT)]))
    assert min(engine.seconds.values()) > 0


def test_tokens_are_counted_as_the_model_counts_them(folder: Path) -> None:
    engine = open_engine(folder)
    assert engine.count_tokens("") == 0
    assert 0 < engine.count_tokens("The lens is in the harbor") < len("The lens is in the harbor")


def test_a_context_can_be_made_smaller_not_larger(folder: Path) -> None:
    for context in (20, 100_000):
        engine = open_engine(folder, context=context)
        with pytest.raises(ModelUnavailable, match=f"GG850 .* holds {min(context, 256)};"):
            engine.submit(Job("r", "k", "The lens. " * 100, 'So: "', TEXT))


def test_a_damaged_folder_is_not_used(folder: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(folder, tmp_path / "tiny"))
    (copy / "tokenizer.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ModelUnavailable, match="GG802"):
        open_engine(copy)


def test_a_graph_that_cannot_be_loaded_is_named(folder: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(folder, tmp_path / "tiny"))
    (copy / "model.onnx").write_bytes(b"not a graph")
    manifest = json.loads((copy / "manifest.json").read_text(encoding="utf-8"))
    manifest["files"] = {
        name: {"size": entry.size, "sha256": entry.sha256} for name, entry in folder_entries(copy).items()
    }
    (copy / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(ModelUnavailable, match="GG856 ONNX Runtime cannot load the model"):
        open_engine(copy)


def test_a_model_that_is_not_in_the_cache_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAMEGEN_CACHE", str(tmp_path))
    with pytest.raises(ModelUnavailable, match=r"GG801 .*'nowhere'"):
        open_engine("nowhere")


@pytest.mark.parametrize(("provider", "extra"), [("cuda", "cuda"), ("dml", "directml")])
def test_a_missing_provider_names_the_extra(provider: str, extra: str) -> None:
    with pytest.raises(ModelUnavailable, match=rf"GG853 .*'{provider}' is not installed; .*gamegen\[{extra}\]"):
        open_engine(provider=provider)


def test_a_provider_that_does_not_start_is_told_from_a_missing_one(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runtime, "available_devices", lambda: ["cuda", "cpu"])
    with pytest.raises(ModelUnavailable, match=r"GG853 .*cannot be used on this machine"):
        open_engine(folder, provider="cuda")
    assert open_engine(folder, provider="auto").info.provider == "cpu"


def test_an_unknown_provider_is_wrong_usage() -> None:
    with pytest.raises(UsageError, match=r"GG005 .*found 'tpu'"):
        open_engine(provider="tpu")


@pytest.mark.parametrize("options", [{"batch_size": 0}, {"threads": 0}, {"context": 0}, {"memory": 0}])
def test_options_are_positive(options: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=r"GG005 .*at least 1, found 0"):
        open_engine(**options)


def test_no_runtime_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch)
    with pytest.raises(ModelUnavailable, match=r"GG855 no ONNX Runtime is installed; .*gamegen\[cpu\]"):
        open_engine()


def test_two_runtimes_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, "onnxruntime", "onnxruntime-gpu")
    with pytest.raises(ModelUnavailable, match=r"GG854 .*onnxruntime, onnxruntime-gpu; run `pip uninstall"):
        available_devices()


def test_the_processor_is_always_available() -> None:
    assert available_devices()[-1] == "cpu"
