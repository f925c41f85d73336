"""The rewrite computes what the exported graph computes, or is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from gamegen.engine import graph, verify
from gamegen.engine.graph import NotRewritable, rewrite
from tests.engine.small_models import save_transformers_folder

onnx = pytest.importorskip("onnx")

TEXTS = [list(range(10, 60)), list(range(200, 230)), [7, 7, 300, 0, 12, 45, 45, 3, 9, 9, 100, 14, 77, 250, 319, 1, 2]]
LLAMA3 = {
    "rope_type": "llama3",
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 64,
}
REWRITTEN = {
    "Llama": {},
    "Llama tied, biased": {"tie_word_embeddings": True, "attention_bias": True},
    "Llama scaled rotary": {"rope_scaling": LLAMA3},
    "Mistral": {"sliding_window": 64},
    "Qwen2": {},
    "Qwen3": {"head_dim": 32},
}


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Export a small random model of an architecture once; the path of its graph."""
    pytest.importorskip("optimum")
    done: dict[str, Path] = {}

    def make(name: str, **changes: object) -> Path:
        if name not in done:
            from gamegen.engine.export import export, load

            source, target = (tmp_path_factory.mktemp(part) for part in ("weights", "onnx"))
            export(load(save_transformers_folder(source, name.split()[0], **changes)), target)
            done[name] = target / "model.onnx"
        return done[name]

    return make


def rewritten(plain: Path, folder: Path) -> Path:
    graph.save_graph(rewrite(onnx.load(str(plain)), 256), folder / "model.onnx")
    return folder / "model.onnx"


@pytest.mark.model
@pytest.mark.parametrize("name", REWRITTEN)
def test_the_rewritten_graph_has_the_same_logits(name: str, exported: Callable[..., Path], tmp_path: Path) -> None:
    plain = exported(name, **REWRITTEN[name])
    found = verify.RewrittenGraph(rewritten(plain, tmp_path), 3, 64)
    assert verify.compare_graphs(verify.PlainGraph(plain), found, TEXTS) < 1e-5


@pytest.mark.model
def test_each_layer_has_one_attention_and_no_position_input(exported: Callable[..., Path], tmp_path: Path) -> None:
    model = onnx.load(str(rewritten(exported("Llama"), tmp_path)))
    operators = [node.op_type for node in model.graph.node]
    assert operators.count("GroupQueryAttention") == 2
    assert not {"Softmax", "Concat", "Expand", "Cos"} & set(operators)
    assert [value.name for value in model.graph.input][:4] == [
        "input_ids",
        "seqlens_k",
        "total_sequence_length",
        "logits_index",
    ]
    assert model.graph.output[0].name == "logits"
    assert model.ir_version <= 10  # what ONNX Runtime 1.24 reads


@pytest.mark.model
def test_logits_come_for_the_wanted_positions_alone(exported: Callable[..., Path], tmp_path: Path) -> None:
    session = verify.open_session(rewritten(exported("Llama"), tmp_path))
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
def test_a_rows_bits_do_not_depend_on_the_batch(exported: Callable[..., Path], tmp_path: Path) -> None:
    path = rewritten(exported("Llama"), tmp_path)
    assert verify.stable_bits(verify.RewrittenGraph(path, 7, 64), TEXTS)


@pytest.mark.model
def test_another_structure_is_refused_with_its_place(exported: Callable[..., Path]) -> None:
    model = onnx.load(str(exported("GPT2", n_embd=64, n_layer=2, n_head=4)))
    with pytest.raises(NotRewritable, match=r"expected Add before .* found Transpose"):
        rewrite(model)


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
