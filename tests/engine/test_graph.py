"""The rewrite computes what the exported graph computes, or is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gamegen.engine import graph, verify
from gamegen.engine.graph import NotRewritable, rewrite
from tests.engine.small_models import ARCHITECTURES

onnx = pytest.importorskip("onnx")

Exports = Callable[..., Path]

TEXTS = [list(range(10, 60)), list(range(200, 230)), [7, 7, 300, 0, 12, 45, 45, 3, 9, 9, 100, 14, 77, 250, 319, 1, 2]]
"""The first is twice as long as the sliding windows."""
WINDOWS = {
    "Mistral, windowed": [24, 24],
    "Qwen 2, windowed from a layer on": [-1, 24],
    "Gemma 3": [24, -1],
    "Phi-3, windowed": [24, 24],
}
PACKED = {"Llama": 1, "Qwen 2": 1, "Phi-3": 1, "Qwen 3": 3, "Gemma 3": 3}


def rewritten(plain: Path, folder: Path) -> Path:
    graph.save_graph(rewrite(onnx.load(str(plain)), 256), folder / "model.onnx")
    return folder / "model.onnx"


def attentions(model: Any) -> list[dict[str, Any]]:
    """The attributes of each attention, and its inputs."""
    return [
        {attribute.name: onnx.helper.get_attribute_value(attribute) for attribute in node.attribute}
        | {"inputs": list(node.input)}
        for node in model.graph.node
        if node.op_type == "GroupQueryAttention"
    ]


def put_before(model: Any, node: Any, *earlier: Any) -> None:
    """Insert nodes before one of the model's, in this order."""
    for new in earlier:
        model.graph.node.insert(list(model.graph.node).index(node), new)


@pytest.mark.model
@pytest.mark.parametrize("name", ARCHITECTURES)
def test_the_rewritten_graph_has_the_same_logits(name: str, small_export: Exports, tmp_path: Path) -> None:
    plain = small_export(name)
    found = verify.RewrittenGraph(rewritten(plain, tmp_path), 3, 64)
    assert verify.compare_graphs(verify.PlainGraph(plain), found, TEXTS) < 1e-5


@pytest.mark.model
@pytest.mark.parametrize("name", WINDOWS)
def test_each_layer_has_its_own_window(name: str, small_export: Exports) -> None:
    found = attentions(rewrite(onnx.load(str(small_export(name))), 256))
    assert [attention.get("local_window_size", -1) for attention in found] == WINDOWS[name]


@pytest.mark.model
def test_a_window_as_long_as_the_context_is_none(small_export: Exports) -> None:
    found = attentions(rewrite(onnx.load(str(small_export("Mistral, windowed"))), 24))
    assert ["local_window_size" in attention for attention in found] == [False, False]


@pytest.mark.model
@pytest.mark.parametrize("name", PACKED)
def test_queries_keys_and_values_are_one_product_where_they_have_no_norms(name: str, small_export: Exports) -> None:
    for attention in attentions(rewrite(onnx.load(str(small_export(name))), 256)):
        assert len([source for source in attention["inputs"][:3] if source]) == PACKED[name]


@pytest.mark.model
def test_layers_with_other_rotary_bases_have_other_tables(small_export: Exports) -> None:
    found = attentions(rewrite(onnx.load(str(small_export("Gemma 3"))), 256))
    assert found[0]["inputs"][7:9] != found[1]["inputs"][7:9]


@pytest.mark.model
def test_the_scale_is_the_models_own(small_export: Exports) -> None:
    found = attentions(rewrite(onnx.load(str(small_export("Gemma 3"))), 256))
    assert found[0]["scale"] == pytest.approx(24**-0.5)


@pytest.mark.model
@pytest.mark.parametrize("name", ["SmolLM", "Gemma 3"])
def test_tied_weights_are_stored_once_even_where_the_exporter_wrote_them_twice(
    name: str, small_export: Exports
) -> None:
    model = rewrite(onnx.load(str(small_export(name))), 256)
    assert [list(tensor.dims) for tensor in model.graph.initializer if 320 in tensor.dims] == [[320, 64]]


@pytest.mark.model
def test_each_layer_has_one_attention_and_no_position_input(small_export: Exports, tmp_path: Path) -> None:
    model = onnx.load(str(rewritten(small_export("Llama"), tmp_path)))
    operators = [node.op_type for node in model.graph.node]
    assert operators.count("GroupQueryAttention") == 2
    assert operators.count("SimplifiedLayerNormalization") == 5
    assert not {"Softmax", "Concat", "Expand", "Cos", "Cast", "Pow", "Shape"} & set(operators)
    assert [value.name for value in model.graph.input][:4] == [
        "input_ids",
        "seqlens_k",
        "total_sequence_length",
        "logits_index",
    ]
    assert model.graph.output[0].name == "logits"
    assert model.ir_version <= 10  # what ONNX Runtime 1.24 reads


@pytest.mark.model
def test_logits_come_for_the_wanted_positions_alone(small_export: Exports, tmp_path: Path) -> None:
    session = verify.open_session(rewritten(small_export("Llama"), tmp_path))
    cache = {
        value.name: np.zeros((1, 2, 16, 16), np.float32)
        for value in session.get_inputs()
        if value.name.startswith("past")
    }
    feeds = {
        "input_ids": np.array([[1, 2, 3]], np.int64),
        "seqlens_k": np.array([2], np.int32),
        "total_sequence_length": np.array(3, np.int32),
        **cache,
    }

    def run(*index: int) -> np.ndarray:
        result: np.ndarray = session.run(["logits"], {**feeds, "logits_index": np.array(index, np.int64)})[0]
        return result

    everything = run(0, 1, 2)
    assert everything.shape == (3, 320)
    assert run(2).tobytes() == everything[2:].tobytes()
    assert run().shape == (0, 320)


@pytest.mark.model
@pytest.mark.parametrize("name", ["Llama", "Gemma 3"])
def test_a_rows_bits_do_not_depend_on_the_batch(name: str, small_export: Exports, tmp_path: Path) -> None:
    path = rewritten(small_export(name), tmp_path)
    assert verify.stable_bits(verify.RewrittenGraph(path, max(verify.ROWS), 64), TEXTS)


@pytest.mark.model
def test_another_structure_is_refused_with_its_place(small_export: Exports) -> None:
    model = onnx.load(str(small_export("GPT-2", "GPT2", n_embd=64, n_layer=2, n_head=4)))
    with pytest.raises(NotRewritable, match=r"expected Add .* found Transpose"):
        rewrite(model)


@pytest.mark.model
def test_rotated_sizes_that_the_operator_does_not_take_are_refused(small_export: Exports) -> None:
    model = onnx.load(str(small_export("Phi-3, a quarter of 32 rotated", "Phi3", partial_rotary_factor=0.5)))
    with pytest.raises(NotRewritable, match="multiple of 8"):
        rewrite(model, 256)


@pytest.mark.model
def test_a_rotary_embedding_that_changes_with_the_length_is_refused(small_export: Exports) -> None:
    model = onnx.load(str(small_export("Llama")))
    cos = next(node for node in model.graph.node if node.op_type == "Cos")
    make = onnx.helper.make_node
    put_before(
        model,
        cos,
        make("ReduceMax", ["position_ids"], ["last"], keepdims=0),
        make("Cast", ["last"], ["length"], to=onnx.TensorProto.FLOAT),
        make("Div", [cos.input[0], "length"], ["slower"]),
    )
    cos.input[0] = "slower"
    with pytest.raises(NotRewritable, match="rotary embedding changes with the length"):
        rewrite(model, 256)


@pytest.mark.model
def test_a_mask_that_lets_tokens_see_what_follows_is_refused(small_export: Exports) -> None:
    model = onnx.load(str(small_export("Llama")))
    node = next(node for node in model.graph.node if node.op_type == "LessOrEqual")
    node.op_type = "GreaterOrEqual"
    with pytest.raises(NotRewritable, match="mask is not causal"):
        rewrite(model, 256)


@pytest.mark.model
def test_a_bias_of_the_scores_is_refused(small_export: Exports) -> None:
    model = onnx.load(str(small_export("Llama")))
    softmax = next(node for node in model.graph.node if node.op_type == "Softmax")
    masked = next(node for node in model.graph.node if node.output[0] == softmax.input[0])
    half = onnx.numpy_helper.from_array(np.array([0.5], np.float32), "half")
    model.graph.initializer.append(half)
    put_before(model, masked, onnx.helper.make_node("Add", [masked.input[1], "half"], ["biased"]))
    masked.input[1] = "biased"
    with pytest.raises(NotRewritable, match="biased by more than a mask"):
        rewrite(model, 256)


@pytest.mark.model
def test_an_input_that_is_still_needed_is_refused_by_name(small_export: Exports) -> None:
    model = onnx.load(str(small_export("Llama")))
    types = onnx.helper.make_tensor_value_info("token_type_ids", onnx.TensorProto.INT64, ["batch", "sequence"])
    model.graph.input.append(types)
    look_up = next(node for node in model.graph.node if "input_ids" in node.input)
    put_before(model, look_up, onnx.helper.make_node("Add", ["input_ids", "token_type_ids"], ["ids"]))
    look_up.input[1] = "ids"
    with pytest.raises(NotRewritable, match="token_type_ids"):
        rewrite(model, 256)


def test_a_graph_without_caches_is_refused() -> None:
    value = onnx.helper.make_tensor_value_info
    node = onnx.helper.make_node("Identity", ["x"], ["y"])
    model = onnx.helper.make_model(onnx.helper.make_graph([node], "g", [value("x", 1, [1])], [value("y", 1, [1])]))
    with pytest.raises(NotRewritable, match="no past_key_values"):
        rewrite(model)


def test_large_weights_go_beside_the_graph(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    value = onnx.helper.make_tensor_value_info
    weights = onnx.numpy_helper.from_array(np.arange(4096, dtype=np.float32), "w")
    node = onnx.helper.make_node("Add", ["x", "w"], ["y"])
    parts = [node], "g", [value("x", 1, [4096])], [value("y", 1, [4096])], [weights]
    monkeypatch.setattr(graph, "_PROTOBUF_LIMIT", 1000)
    graph.save_graph(onnx.helper.make_model(onnx.helper.make_graph(*parts), ir_version=8), tmp_path / "model.onnx")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model.onnx", "model.onnx_data"]
    read = onnx.load(str(tmp_path / "model.onnx"))
    assert onnx.numpy_helper.to_array(read.graph.initializer[0]).sum() == np.arange(4096).sum()
