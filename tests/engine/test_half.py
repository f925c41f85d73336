"""A rewritten graph in float16."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from gamegen.engine import verify
from gamegen.engine.graph import rewrite, save_graph
from gamegen.engine.half import to_half

onnx = pytest.importorskip("onnx")

TEXTS = [list(range(10, 60)), list(range(200, 230))]


@pytest.mark.model
@pytest.mark.parametrize("name", ["Llama", "Qwen 2", "Qwen 3", "Gemma 3, capped logits", "Phi-3, windowed"])
def test_the_half_graph_is_close(name: str, small_export: Callable[..., Path], tmp_path: Path) -> None:
    model = rewrite(onnx.load(str(small_export(name))), 256)
    save_graph(model, tmp_path / "full.onnx")
    save_graph(to_half(model), tmp_path / "half.onnx")
    full, half = (verify.RewrittenGraph(tmp_path / f"{part}.onnx", 1, 64) for part in ("full", "half"))
    assert verify.mean_divergence(full, half, TEXTS) < 1e-4


@pytest.mark.model
def test_weights_and_caches_are_half_and_logits_are_whole(small_export: Callable[..., Path]) -> None:
    model = to_half(rewrite(onnx.load(str(small_export("Llama"))), 256))
    types = {value.name: value.type.tensor_type.elem_type for value in (*model.graph.input, *model.graph.output)}
    assert types["past_key_values.0.key"] == types["present.1.value"] == onnx.TensorProto.FLOAT16
    assert types["logits"] == onnx.TensorProto.FLOAT
    assert onnx.TensorProto.FLOAT not in {tensor.data_type for tensor in model.graph.initializer}


@pytest.mark.model
def test_the_import_path_stays_as_it_was(small_export: Callable[..., Path]) -> None:
    before = list(sys.path)
    to_half(rewrite(onnx.load(str(small_export("Llama"))), 256))
    assert sys.path == before
