"""Every form of a graph runs on ONNX Runtime 1.24 too, the last for which there is a DirectML build."""

from __future__ import annotations

import subprocess
import sys
import venv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gamegen.engine.graph import rewrite, save_graph
from gamegen.engine.half import to_half
from gamegen.engine.head import add_head
from gamegen.engine.integer import observe, quantize_products
from gamegen.engine.quantize import quantize
from gamegen.engine.verify import divergence
from tests.engine import run_graph

onnx = pytest.importorskip("onnx")

VERSION = "1.24.*"


def whole(model: Any, folder: Path) -> Any:
    return model


def in_8_bits(model: Any, folder: Path) -> Any:
    quantize(model, 8)
    return model


def in_4_bits(model: Any, folder: Path) -> Any:
    quantize(model, 4)
    return model


def integers(model: Any, folder: Path) -> Any:
    texts = [[(7 * i + start) % 300 for i in range(30)] for start in (0, 100)]
    quantize_products(model, observe(model, texts, folder / "observed.onnx"))
    return model


def with_head(model: Any, folder: Path) -> Any:
    model = integers(model, folder)
    add_head(model, model.graph.output[0].type.tensor_type.shape.dim[1].dim_value)
    return model


def half(model: Any, folder: Path) -> Any:
    return to_half(model)


FORMS: dict[str, Callable[[Any, Path], Any]] = {
    "whole": whole,
    "8 bits": in_8_bits,
    "4 bits": in_4_bits,
    "half": half,
    "integers": integers,
    "integers, with the sampler's head": with_head,
}
"""From a rewritten float32 model, and a folder for files on the way, to a form of it."""
ROUNDED = ("integers", "integers, with the sampler's head")
"""Forms that round activations to 8 bits: a last bit that differs before may move a value by a whole step, so that the
distributions are compared (`int8` may cost 0.02 nats)."""
MODELS = ("SmolLM", "Gemma 3", "Phi-3, windowed")
GRAPHS = [(model, form) for model in MODELS for form in FORMS]


@pytest.fixture(scope="module")
def old_runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment with that version."""
    folder = tmp_path_factory.mktemp("old") / "environment"
    venv.create(folder, with_pip=True)
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*install, f"onnxruntime=={VERSION}", "numpy"], check=True)
    return python


@pytest.fixture(scope="module")
def logits(
    old_runtime: Path, small_export: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory
) -> dict[tuple[str, str], tuple[np.ndarray, np.ndarray]]:
    """Of each graph, what the old version and the present one compute."""
    folder, work = (tmp_path_factory.mktemp(part) for part in ("graphs", "work"))
    paths = {}
    for model, form in GRAPHS:
        exported = rewrite(onnx.load(str(small_export(model))), 256)
        paths[model, form] = folder / f"{len(paths)}.onnx"
        save_graph(FORMS[form](exported, work), paths[model, form])
    command = [old_runtime, run_graph.__file__, folder]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    version = done.stdout.strip()
    assert version.startswith("1.24.")
    return {
        key: (np.load(path.with_suffix(f".{version}.npy")), run_graph.run_graph(path)) for key, path in paths.items()
    }


@pytest.mark.model
@pytest.mark.parametrize(("model", "form"), GRAPHS, ids=[f"{model}: {form}" for model, form in GRAPHS])
def test_the_old_runtime_computes_the_same(
    model: str, form: str, logits: dict[tuple[str, str], tuple[np.ndarray, np.ndarray]]
) -> None:
    old, new = logits[model, form]
    assert old.shape == new.shape
    if form in ROUNDED:
        assert divergence(new, old).mean() <= 1e-3
    else:
        assert np.abs(old - new).max() <= 1e-3 * np.abs(new).max()
