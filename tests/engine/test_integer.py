"""Weights and activations in 8 bits, as products of integers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st

from gamegen.engine import verify
from gamegen.engine.graph import rewrite, save_graph
from gamegen.engine.integer import observe, product_groups, quantize_columns, quantize_products
from tests.engine.conftest import SmallExport

onnx = pytest.importorskip("onnx")
TEXTS = [[(7 * i + 11 * i * i) % 300 for i in range(start, start + 40)] for start in (0, 100, 200)]


@given(st.integers(1, 60), st.integers(1, 6), st.integers(0, 2**32 - 1))
def test_no_weight_moves_by_more_than_half_a_step(inputs: int, outputs: int, seed: int) -> None:
    weights = np.random.default_rng(seed).normal(size=(inputs, outputs)).astype(np.float32)
    packed, scales = quantize_columns(weights)
    assert packed.dtype == np.int8
    assert (np.abs(packed * scales - weights) <= scales * 0.501).all()


def test_zero_columns_stay_zero() -> None:
    packed, scales = quantize_columns(np.zeros((4, 3), np.float32))
    assert not packed.any()
    assert not scales.any()


def gated(draws: np.random.Generator) -> Any:
    """x [B, 1, 48] -> (norm -> two products, one gates the other -> a product), as a decoder's layer has it."""
    helper, numpy_helper = onnx.helper, onnx.numpy_helper
    outlying = np.ones(48, np.float32)
    outlying[5] = 40  # a channel as trained models have them
    tensors = {
        "gain": outlying,
        "gate": draws.normal(size=(48, 64)).astype(np.float32),
        "up": draws.normal(size=(48, 64)).astype(np.float32),
        "down": draws.normal(size=(64, 48)).astype(np.float32),
    }
    nodes = [
        helper.make_node("Mul", ["x", "gain"], ["normed"]),
        helper.make_node("MatMul", ["normed", "gate"], ["gates"]),
        helper.make_node("MatMul", ["normed", "up"], ["ups"]),
        helper.make_node("Sigmoid", ["gates"], ["opened"]),
        helper.make_node("Mul", ["opened", "ups"], ["inner"]),
        helper.make_node("MatMul", ["inner", "down"], ["y"]),
    ]
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes,
        "layer",
        [value("x", 1, ["b", 1, 48])],
        [value("y", 1, ["b", 1, 48])],
        [numpy_helper.from_array(array, name) for name, array in tensors.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)


def run(model: Any, x: Any) -> Any:
    import onnxruntime

    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(["y"], {"x": x})[0]


def ranges(model: Any, x: Any) -> dict[str, Any]:
    import onnxruntime

    sources = [group.source for group in product_groups(model)]
    watched = onnx.ModelProto()
    watched.CopyFrom(model)
    watched.graph.output.extend(onnx.helper.make_tensor_value_info(name, 1, None) for name in sources)
    session = onnxruntime.InferenceSession(watched.SerializeToString(), providers=["CPUExecutionProvider"])
    found = session.run(sources, {"x": x})
    return {name: np.abs(array).reshape(-1, array.shape[-1]).max(0) for name, array in zip(sources, found, strict=True)}


@pytest.fixture
def layer() -> tuple[Any, Any, Any]:
    """The layer in float32, some inputs, and the layer in integers."""
    draws = np.random.default_rng(4)
    model, x = gated(draws), draws.normal(size=(6, 1, 48)).astype(np.float32)
    reduced = onnx.ModelProto()
    reduced.CopyFrom(model)
    assert quantize_products(reduced, ranges(model, x)) == 3
    return model, x, reduced


def test_a_layer_with_an_outlying_channel_stays_close(layer: tuple[Any, Any, Any]) -> None:
    model, x, reduced = layer
    expected = run(model, x)
    assert np.abs(run(reduced, x) - expected).max() < 0.02 * np.abs(expected).max()


def test_without_smoothing_the_channel_would_cost_more(
    layer: tuple[Any, Any, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    model, x, reduced = layer
    expected = run(model, x)
    monkeypatch.setattr("gamegen.engine.integer._Pass._fold", lambda *_: False)
    rough = onnx.ModelProto()
    rough.CopyFrom(model)
    quantize_products(rough, ranges(model, x))
    assert np.abs(run(rough, x) - expected).mean() > 2 * np.abs(run(reduced, x) - expected).mean()


def test_smoothing_adds_no_node(layer: tuple[Any, Any, Any]) -> None:
    _, _, reduced = layer
    names = [node.op_type for node in reduced.graph.node]
    assert (names.count("MatMulIntegerToFloat"), names.count("QuantizeLinear"), names.count("MatMul")) == (3, 2, 0)
    assert names.count("Mul") == 2 + 3 + 2  # the layer's own, a row's step for each product, a step for each input


def test_a_rows_bits_do_not_depend_on_its_neighbours(layer: tuple[Any, Any, Any]) -> None:
    _, x, reduced = layer
    together = run(reduced, x)
    assert all((run(reduced, x[i : i + 1]) == together[i : i + 1]).all() for i in range(len(x)))


def test_a_row_of_zeros_gives_numbers(layer: tuple[Any, Any, Any]) -> None:
    _, x, reduced = layer
    assert np.isfinite(run(reduced, np.zeros_like(x))).all()


@pytest.fixture(scope="module")
def small(small_export: SmallExport, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A small tied Llama, rewritten: in float32, and in integers."""
    folder = tmp_path_factory.mktemp("integers")
    exported = small_export("Tied for integers", "Llama", tie_word_embeddings=True)
    model = rewrite(onnx.load(str(exported)), 256)
    save_graph(model, folder / "full.onnx")
    quantize_products(model, observe(model, TEXTS, folder / "observed.onnx"))
    save_graph(model, folder / "reduced.onnx")
    assert not list(folder.glob("observed*"))
    return folder / "full.onnx", folder / "reduced.onnx"


@pytest.mark.model
def test_a_whole_model_stays_close(small: tuple[Path, Path]) -> None:
    full, reduced = (verify.RewrittenGraph(path, 1, 64) for path in small)
    assert verify.mean_divergence(full, reduced, TEXTS) < 0.02


@pytest.mark.model
def test_a_tied_embedding_is_stored_once(small: tuple[Path, Path]) -> None:
    model = onnx.load(str(small[1]))
    large = [tensor for tensor in model.graph.initializer if 320 in tensor.dims and len(tensor.dims) == 2]
    assert [tensor.data_type for tensor in large] == [onnx.TensorProto.INT8]


@pytest.mark.model
def test_a_whole_models_bits_do_not_depend_on_the_batch(small: tuple[Path, Path]) -> None:
    assert verify.stable_bits(verify.RewrittenGraph(small[1], max(verify.ROWS), 64), TEXTS)
