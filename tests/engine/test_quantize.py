"""Products in 8 and 4 bits, and one copy of a tied embedding."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gamegen.engine import verify
from gamegen.engine.blocks import BLOCK
from gamegen.engine.graph import rewrite, save_graph
from gamegen.engine.quantize import quantize

onnx = pytest.importorskip("onnx")

TEXTS = [list(range(10, 60)), list(range(200, 230)), [7, 7, 300, 0, 12, 45, 45, 3, 9, 9, 100, 14, 77, 250, 319, 1, 2]]
BITS = pytest.mark.parametrize("bits", [8, 4])


def product(weights: np.ndarray, transposed: bool = False, leading: tuple[int, ...] = (2,)) -> Any:
    """x [.., K] @ weights, as a model; transposed: the weights are stored the other way round, as a tied embedding."""
    stored = np.ascontiguousarray(weights.T) if transposed else weights
    nodes = [onnx.helper.make_node("MatMul", ["x", "turned" if transposed else "w"], ["y"])]
    if transposed:
        nodes.insert(0, onnx.helper.make_node("Transpose", ["w"], ["turned"], perm=[1, 0]))
    value = onnx.helper.make_tensor_value_info
    graph = onnx.helper.make_graph(
        nodes,
        "product",
        [value("x", 1, [*leading, weights.shape[0]])],
        [value("y", 1, [*leading, weights.shape[1]])],
        [onnx.numpy_helper.from_array(stored, "w")],
    )
    return onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 18)], ir_version=8)


def run(model: Any, x: np.ndarray) -> np.ndarray:
    ort = pytest.importorskip("onnxruntime")
    session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    result: np.ndarray = session.run(None, {"x": x})[0]
    return result


def operators(model: Any) -> list[str]:
    return [node.op_type for node in model.graph.node]


@BITS
@pytest.mark.parametrize("transposed", [False, True], ids=["straight", "tied"])
def test_a_product_is_close_and_its_weights_are_gone(bits: int, transposed: bool) -> None:
    draws = np.random.default_rng(3)
    weights, x = draws.normal(size=(64, 48)).astype(np.float32), draws.normal(size=(2, 64)).astype(np.float32)
    model = product(weights, transposed)
    assert quantize(model, bits) == 1
    assert {tensor.name for tensor in model.graph.initializer}.isdisjoint({"w", "turned"})
    error = np.abs(run(model, x) - x @ weights).max() / np.abs(x @ weights).max()
    assert error < {8: 0.03, 4: 0.15}[bits]


@pytest.mark.parametrize("leading", [(2,), (2, 3), (1, 2, 3)], ids=str)
def test_4_bits_are_as_exact_as_8_where_the_weights_have_4_bits_and_a_least_value(leading: tuple[int, ...]) -> None:
    draws = np.random.default_rng(4)
    levels = draws.integers(0, 16, (48, 3, BLOCK))
    levels[..., :2] = 0, 15
    weights = (levels * draws.random((48, 3, 1)) + draws.normal(size=(48, 3, 1))).astype(np.float32).reshape(48, -1).T
    x = draws.normal(size=(*leading, 96)).astype(np.float32)
    model = product(np.ascontiguousarray(weights), leading=leading)
    quantize(model, 4)
    assert np.abs(run(model, x) - x @ weights).max() < 0.01 * np.abs(x @ weights).max()


def test_inputs_that_fill_no_whole_block_are_taken() -> None:
    draws = np.random.default_rng(5)
    weights, x = draws.normal(size=(40, 16)).astype(np.float32), draws.normal(size=(2, 40)).astype(np.float32)
    for bits, most in ((8, 0.03), (4, 0.15)):
        model = product(weights)
        quantize(model, bits)
        assert np.abs(run(model, x) - x @ weights).max() < most * np.abs(x @ weights).max()


@BITS
def test_a_graph_without_constant_products_is_left_alone(bits: int) -> None:
    model = product(np.ones((4, 4), np.float32))
    model.graph.input.append(onnx.helper.make_tensor_value_info("w", 1, [4, 4]))
    del model.graph.initializer[:]
    assert quantize(model, bits) == 0
    assert operators(model) == ["MatMul"]


@pytest.mark.model
@BITS
@pytest.mark.parametrize("name", ["SmolLM", "Gemma 3", "Gemma 3, capped logits"])
def test_a_tied_embedding_is_held_once(name: str, bits: int, small_export: Callable[..., Path]) -> None:
    model = rewrite(onnx.load(str(small_export(name))), 256)
    quantize(model, bits)
    (look_up,) = (node for node in model.graph.node if node.op_type == "GatherBlockQuantized")
    head = [node for node in model.graph.node if node.op_type == "MatMulNBits"][-1]
    assert look_up.input[0] == head.input[1]
    sizes = [list(tensor.dims) for tensor in model.graph.initializer if 320 in tensor.dims]
    assert sorted(sizes) == [[320, 2], [320, 2, BLOCK]]


@pytest.mark.model
def test_an_embedding_of_its_own_has_8_bits_too(small_export: Callable[..., Path]) -> None:
    model = rewrite(onnx.load(str(small_export("Llama"))), 256)
    quantize(model)
    (look_up,) = (node for node in model.graph.node if node.op_type == "GatherBlockQuantized")
    products = [node.input[1] for node in model.graph.node if node.op_type == "MatMulNBits"]
    assert look_up.input[0] not in products


@pytest.mark.model
def test_an_embedding_that_fills_no_whole_block_stays_as_it_is(small_export: Callable[..., Path]) -> None:
    plain = small_export("Llama, 80 wide", "Llama", hidden_size=80, head_dim=16)
    model = rewrite(onnx.load(str(plain)), 256)
    quantize(model)
    assert "GatherBlockQuantized" not in operators(model)


@pytest.mark.model
def test_in_4_bits_the_output_projection_keeps_8(small_export: Callable[..., Path]) -> None:
    model = rewrite(onnx.load(str(small_export("Gemma 3, capped logits"))), 256)
    quantize(model, 4)
    bits = [
        {attribute.name: attribute.i for attribute in node.attribute}["bits"]
        for node in model.graph.node
        if node.op_type == "MatMulNBits"
    ]
    assert bits == [4] * (len(bits) - 1) + [8]


@pytest.mark.model
def test_products_of_one_input_share_the_sums_of_its_blocks(small_export: Callable[..., Path]) -> None:
    model = rewrite(onnx.load(str(small_export("Llama"))), 256)
    quantize(model, 4)
    sums = [node for node in model.graph.node if node.name.endswith(".sums")]
    assert len(sums) == 2 * 4  # before the packed projections, the output, gate and up, down


@pytest.mark.model
@BITS
def test_a_quantised_graph_is_close_and_its_bits_do_not_depend_on_the_batch(
    bits: int, small_export: Callable[..., Path], tmp_path: Path
) -> None:
    full = rewrite(onnx.load(str(small_export("SmolLM"))), 256)
    save_graph(full, tmp_path / "full.onnx")
    quantize(full, bits)
    save_graph(full, tmp_path / "model.onnx")
    found = verify.RewrittenGraph(tmp_path / "model.onnx", max(verify.ROWS), 64)
    assert verify.mean_divergence(verify.RewrittenGraph(tmp_path / "full.onnx", 1, 64), found, TEXTS) < 0.05 * 8 / bits
    assert verify.stable_bits(found, TEXTS)


@pytest.mark.model
@BITS
def test_a_plain_graph_is_quantised_too(bits: int, small_export: Callable[..., Path], tmp_path: Path) -> None:
    plain = small_export("GPT-2", "GPT2", n_embd=64, n_layer=2, n_head=4)
    model = onnx.load(str(plain))
    assert quantize(model, bits) > 0
    save_graph(model, tmp_path / "model.onnx")
    full, found = verify.PlainGraph(plain), verify.PlainGraph(tmp_path / "model.onnx")
    assert verify.mean_divergence(full, found, TEXTS) < 0.05 * 8 / bits
