"""A graph that was changed anywhere is refused by the rewrite, or rewritten into one that computes the same."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from gamegen.engine import verify
from gamegen.engine.graph import NotRewritable, rewrite, save_graph

onnx = pytest.importorskip("onnx")

TEXTS = [list(range(10, 46)), [7, 7, 300, 0, 12, 45, 45, 3, 9, 9, 100, 14, 77, 250, 319, 1, 2]]
OPERATORS = ("Add", "Concat", "Div", "Identity", "MatMul", "Mul", "Neg", "Reshape", "Softmax", "Sub", "Transpose")


def lose_a_node(model: Any, draw: random.Random) -> None:
    model.graph.node.remove(draw.choice(model.graph.node))


def repeat_a_node(model: Any, draw: random.Random) -> None:
    model.graph.node.append(draw.choice(model.graph.node))


def change_an_operator(model: Any, draw: random.Random) -> None:
    draw.choice(model.graph.node).op_type = draw.choice(OPERATORS)


def any_tensor(model: Any, draw: random.Random) -> str:
    """Of the graph's tensors and inputs, "" and one that nothing makes."""
    made = [name for node in model.graph.node for name in node.output]
    return draw.choice([*made, *(value.name for value in model.graph.input), "", "nowhere"])


def change_an_input(model: Any, draw: random.Random) -> None:
    node = draw.choice([node for node in model.graph.node if node.input])
    node.input[draw.randrange(len(node.input))] = any_tensor(model, draw)


def lose_an_input(model: Any, draw: random.Random) -> None:
    node = draw.choice([node for node in model.graph.node if node.input])
    del node.input[draw.randrange(len(node.input))]


def add_an_input(model: Any, draw: random.Random) -> None:
    draw.choice(model.graph.node).input.append(any_tensor(model, draw))


def change_a_number(model: Any, draw: random.Random) -> None:
    node = draw.choice([node for node in model.graph.node if node.op_type == "Constant"])
    value = onnx.numpy_helper.to_array(node.attribute[0].t)
    value = np.asarray(value * draw.choice([2, -1, 0]) + draw.choice([0, 1])).astype(value.dtype)
    node.attribute[0].t.CopyFrom(onnx.numpy_helper.from_array(value))


def change_an_attribute(model: Any, draw: random.Random) -> None:
    node = draw.choice([node for node in model.graph.node if node.attribute])
    attribute = draw.choice(node.attribute)
    if attribute.type == onnx.AttributeProto.INT:
        attribute.i += draw.choice([-1, 1])
    elif attribute.type == onnx.AttributeProto.INTS:
        attribute.ints[:] = attribute.ints[::-1]
    else:
        node.attribute.remove(attribute)


def change_a_weight(model: Any, draw: random.Random) -> None:
    tensor = draw.choice(model.graph.initializer)
    value = onnx.numpy_helper.to_array(tensor)
    value = draw.choice([value[..., :-1], value.reshape(-1), value[:0]])
    tensor.CopyFrom(onnx.numpy_helper.from_array(np.ascontiguousarray(value), tensor.name))


def lose_a_weight(model: Any, draw: random.Random) -> None:
    model.graph.initializer.remove(draw.choice(model.graph.initializer))


def lose_an_output(model: Any, draw: random.Random) -> None:
    model.graph.output.remove(draw.choice(model.graph.output))


def lose_a_graph_input(model: Any, draw: random.Random) -> None:
    model.graph.input.remove(draw.choice(model.graph.input))


def lose_a_dimension(model: Any, draw: random.Random) -> None:
    shape = draw.choice(model.graph.input).type.tensor_type.shape
    del shape.dim[draw.randrange(len(shape.dim))]


DAMAGES: list[Callable[[Any, random.Random], None]] = [
    lose_a_node,
    repeat_a_node,
    change_an_operator,
    change_an_input,
    lose_an_input,
    add_an_input,
    change_a_number,
    change_an_attribute,
    change_a_weight,
    lose_a_weight,
    lose_an_output,
    lose_a_graph_input,
    lose_a_dimension,
]


def logits(open_graph: Callable[[Path], verify.AnyGraph], model: Any, path: Path) -> list[np.ndarray] | None:
    """What the model computes for each text; None if it does not run or gives no numbers."""
    save_graph(model, path)
    try:
        runner = open_graph(path)
        found = [runner.logits(text) for text in TEXTS]
    except (verify.GraphFailed, ValueError):  # ValueError: numpy cannot make the inputs that the graph declares
        return None
    return found if all(np.isfinite(value).all() for value in found) else None


@pytest.mark.model
@pytest.mark.parametrize("name", ["Llama", "Gemma 3", "Phi-3, windowed"])
@given(damage=st.sampled_from(DAMAGES), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_graph_is_refused_or_rewritten_as_it_is(
    name: str,
    damage: Callable[[Any, random.Random], None],
    seed: int,
    small_export: Callable[..., Path],
    tmp_path: Path,
) -> None:
    model = onnx.load(str(small_export(name)))
    damage(model, random.Random(seed))
    damaged = onnx.ModelProto()
    damaged.CopyFrom(model)
    try:
        result = rewrite(model, 256)
    except NotRewritable as refusal:
        assert len(str(refusal)) < 250
        return
    expected = logits(verify.PlainGraph, damaged, tmp_path / "damaged.onnx")
    if expected is None:
        return
    found = logits(lambda path: verify.RewrittenGraph(path, 1, 64), result, tmp_path / "rewritten.onnx")
    assert found is not None
    for before, after in zip(expected, found, strict=True):
        assert np.abs(before - after).max() <= 1e-4 * np.abs(before).max()
