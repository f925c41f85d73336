"""Weights in 8 bits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st

from gamegen.engine.quantize import BLOCK, quantize, quantize_weights

onnx = pytest.importorskip("onnx")


def restored(weights: np.ndarray) -> np.ndarray:
    data, scales = quantize_weights(weights)
    values = (data.astype(np.float32) - 128) * scales[..., None]
    return values.reshape(len(data), -1)[:, : weights.shape[0]].T


@given(st.integers(1, 80), st.integers(1, 5), st.integers(0, 2**32 - 1))
def test_no_weight_moves_by_more_than_half_a_step(inputs: int, outputs: int, seed: int) -> None:
    weights = np.random.default_rng(seed).normal(size=(inputs, outputs)).astype(np.float32)
    _, scales = quantize_weights(weights)
    steps = np.repeat(scales, BLOCK, axis=1)[:, :inputs].T
    assert (np.abs(restored(weights) - weights) <= steps * 0.501).all()


def test_zero_weights_stay_zero() -> None:
    assert (restored(np.zeros((40, 3), np.float32)) == 0).all()


def product(weights: np.ndarray, transposed: bool) -> object:
    """x [2, K] @ weights, as a model; transposed: the weights are stored the other way round, as a tied embedding."""
    stored = np.ascontiguousarray(weights.T) if transposed else weights
    nodes = [onnx.helper.make_node("MatMul", ["x", "turned" if transposed else "w"], ["y"])]
    if transposed:
        nodes.insert(0, onnx.helper.make_node("Transpose", ["w"], ["turned"], perm=[1, 0]))
    value = onnx.helper.make_tensor_value_info
    graph = onnx.helper.make_graph(
        nodes,
        "product",
        [value("x", 1, [2, weights.shape[0]])],
        [value("y", 1, [2, weights.shape[1]])],
        [onnx.numpy_helper.from_array(stored, "w")],
    )
    return onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 18)], ir_version=8)


@pytest.mark.parametrize("transposed", [False, True], ids=["straight", "tied"])
def test_a_product_in_8_bits_is_close_and_its_weights_are_gone(transposed: bool) -> None:
    ort = pytest.importorskip("onnxruntime")
    draws = np.random.default_rng(3)
    weights, x = draws.normal(size=(64, 48)).astype(np.float32), draws.normal(size=(2, 64)).astype(np.float32)
    model = product(weights, transposed)
    assert quantize(model) == 1
    assert {tensor.name for tensor in model.graph.initializer}.isdisjoint({"w", "turned"})
    session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    (found,) = session.run(None, {"x": x})
    assert np.abs(found - x @ weights).max() < 0.03 * np.abs(x @ weights).max()


def test_a_graph_without_constant_products_is_left_alone() -> None:
    model = product(np.ones((4, 4), np.float32), False)
    model.graph.input.append(onnx.helper.make_tensor_value_info("w", 1, [4, 4]))
    del model.graph.initializer[:]
    before = model.SerializeToString()
    assert quantize(model) == 0
    assert [node.op_type for node in model.graph.node] == ["MatMul"]
    assert len(before) <= model.ByteSize()
