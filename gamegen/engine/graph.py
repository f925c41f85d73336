"""Rewrites an exported decoder graph so that keys and values stay where they are and logits are computed where asked.

Per layer, everything between the three projections and the output projection - rotary embedding, the growing
key/value concatenation, masks, softmax - becomes one `com.microsoft.GroupQueryAttention`, whose past and present are
the same memory; the three projections become one product where nothing stands behind them. Any graph of that shape is
taken, found by its structure and not by its names (Llama, SmolLM, Mistral, Qwen 2 and 3, Gemma 3, Phi-3), with sliding
windows, several rotary embeddings and partly rotated heads; each layer's new nodes are run beside the old ones before
they take their place. What does not fit raises `NotRewritable` and stays as it was exported.

The rewritten graph's interface (B rows, S new tokens per row, T capacity of the cache, N wanted logits, V vocabulary,
Hkv key/value heads, D head size; `n` counts layers from 0)::

    inputs   input_ids                int64   [B, S]        S > 1 only with B = 1, or where no row has a past
             seqlens_k                int32   [B]           tokens in the cache after this step, minus one
             total_sequence_length    int32   []            the greatest of them, plus one; at most T
             logits_index             int64   [N]           which positions of the flattened [B * S] get logits
             past_key_values.n.key    float32 [B, Hkv, T, D]
             past_key_values.n.value  float32 [B, Hkv, T, D]
    outputs  logits                   float32 [N, V]
             present.n.key, .value    float32 [B, Hkv, T, D]

Bind one buffer as both `past_key_values.n.*` and `present.n.*`: a step then writes its S new positions in place.
`logits_index` is `arange(B)` for a step of single tokens, `[S - 1]` for a prompt, `arange(S)` to score a text, and may
be empty when only the cache is wanted. Positions follow from `seqlens_k`; there is neither mask nor `position_ids`.
`half.to_half` makes keys and values float16; logits stay float32.

The plain graph is optimum's: input_ids, attention_mask [B, P + S], position_ids [B, S], past_key_values.n.* [B, Hkv, P,
D] -> logits [B, S, V], present.n.* [B, Hkv, P + S, D].
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from gamegen.engine import attention, probing
from gamegen.engine.simplify import simplify
from gamegen.engine.subgraph import MICROSOFT, Graph, NotRewritable, drop_unused

__all__ = ["MAX_CONTEXT", "MICROSOFT", "NotRewritable", "declare_microsoft", "rewrite", "save_graph"]

MAX_CONTEXT = 8192
"""Positions that the rotary caches cover; a model with a longer context is used up to here."""

_PROTOBUF_LIMIT = 1_900_000_000


def rewrite(model: Any, context_length: int = MAX_CONTEXT) -> Any:
    """Rewrite an exported `onnx.ModelProto` (float32, weights inside), which is consumed: use only the result.

    Raises NotRewritable. That the whole computes the same is for `verify.compare_graphs` to prove.
    """
    context = min(context_length, MAX_CONTEXT)
    layers = _layers(Graph(model))
    simplify(model)
    graph = Graph(model)
    caches = _RotaryCaches(graph, context)
    replaced: dict[str, list[Any]] = {}
    weights = []
    for layer in range(layers):
        found = attention.find(graph, layer)
        nodes, tensors = attention.replacement(
            graph,
            found,
            caches.names(found.cos, found.sin),
            probing.window(graph, found, context),
            probing.scale(graph, found),
        )
        shapes = _shapes(found.head_size)
        probing.prove(graph, found, nodes, [*tensors, *caches.tensors, *shapes])
        replaced[found.output] = nodes
        weights.extend(tensors)
    projection, vocabulary, picking, flat = _picked_positions(graph)

    nodes = []
    for node in graph.proto.node:
        output = node.output[0] if node.output else ""
        if output in replaced:
            nodes.extend(replaced[output])
        elif not output.startswith("present."):
            if node is projection:
                nodes.extend(picking)
                node.input[0] = picking[-1].output[0]
            nodes.append(node)
    del graph.proto.node[:]
    graph.proto.node.extend(nodes)
    graph.proto.initializer.extend([*weights, *caches.tensors, *shapes, flat])
    _set_interface(graph, layers, vocabulary)
    drop_unused(model)
    declare_microsoft(model)
    return model


def declare_microsoft(model: Any) -> None:
    """Import ONNX Runtime's operator set, version 1, once."""
    from onnx import helper

    if not any(opset.domain == MICROSOFT for opset in model.opset_import):
        model.opset_import.append(helper.make_opsetid(MICROSOFT, 1))


def save_graph(model: Any, path: Path) -> None:
    """Write `path`; weights past the 2 GB that protobuf holds go into `<name>_data` beside it."""
    import onnx

    large = sum(len(tensor.raw_data) for tensor in model.graph.initializer) > _PROTOBUF_LIMIT
    onnx.save(model, str(path), save_as_external_data=large, location=f"{path.name}_data")


class _RotaryCaches:
    """The tables of the rotary embeddings, one pair for each that differs: most models have one, Gemma 3 has two."""

    def __init__(self, graph: Graph, positions: int) -> None:
        self.graph = graph
        self.positions = positions
        self.tensors: list[Any] = []
        self._by_angles: dict[tuple[str, str], tuple[str, str]] = {}
        self._by_value: dict[bytes, tuple[str, str]] = {}

    def names(self, cos: str, sin: str) -> tuple[str, str]:
        """The names of the tables for what the graph calls so."""
        from onnx import numpy_helper

        if (cos, sin) not in self._by_angles:
            tables = probing.rotary_tables(self.graph, cos, sin, self.positions)
            value = b"".join(table.tobytes() for table in tables)
            if value not in self._by_value:
                suffix = f"_{len(self._by_value)}" if self._by_value else ""
                self._by_value[value] = f"cos_cache{suffix}", f"sin_cache{suffix}"
                for name, table in zip(self._by_value[value], tables, strict=True):
                    self.tensors.append(numpy_helper.from_array(table, name))
            self._by_angles[cos, sin] = self._by_value[value]
        return self._by_angles[cos, sin]


def _layers(graph: Graph) -> int:
    """How many layers the inputs name, from 0 on, each with keys and values."""
    names = {name for name in graph.inputs if name.startswith("past_key_values.")}
    layers = len(names) // 2
    if not names or names != {f"past_key_values.{n}.{part}" for n in range(layers) for part in ("key", "value")}:
        raise NotRewritable("the graph has no past_key_values inputs of each layer's keys and values")
    return layers


def _shapes(head_size: int) -> list[Any]:
    """The shapes by which a projection is parted into heads, and heads are joined again."""
    from onnx import numpy_helper

    return [
        numpy_helper.from_array(np.array([0, 0, -1, head_size], np.int64), attention.SPLIT),
        numpy_helper.from_array(np.array([0, 0, -1], np.int64), attention.MERGE),
    ]


def _picked_positions(graph: Graph) -> tuple[Any, int, list[Any], Any]:
    """The output projection, V, the nodes that pick the wanted positions [N, H] of its input [B, S, H], a constant."""
    from onnx import helper, numpy_helper

    through = ("Cast", "Add", "Mul", "Div", "Tanh")
    node = graph.made_by("logits", "MatMul", *through)
    while node.op_type != "MatMul":  # what follows the projection works on each logit alone
        computed = [name for name in node.input if graph.value(name) is None]
        if len(computed) != 1:
            raise NotRewritable(f"{node.output[0]} joins the logits with other tensors")
        node = graph.made_by(computed[0], "MatMul", *through)
    hidden, weight = (attention.source(node, position) for position in (0, 1))
    width, vocabulary = _projection_size(graph, weight)
    return (
        node,
        vocabulary,
        [
            helper.make_node("Reshape", [hidden, "flat_positions"], ["positions"], name="positions"),
            helper.make_node("Gather", ["positions", "logits_index"], ["picked"], name="picked", axis=0),
        ],
        numpy_helper.from_array(np.array([-1, width], np.int64), "flat_positions"),
    )


def _projection_size(graph: Graph, weight: str) -> tuple[int, int]:
    """H and V of the output projection's weights [H, V], which may be a transposed embedding."""
    turned = weight not in graph.constants
    name = attention.source(graph.made_by(weight, "Transpose"), 0) if turned else weight
    sizes = list(graph.constants[name].dims) if name in graph.constants else []
    if len(sizes) != 2:
        raise NotRewritable("the output projection's weights are not constant")
    return (sizes[1], sizes[0]) if turned else (sizes[0], sizes[1])


def _set_interface(graph: Graph, layers: int, vocabulary: int) -> None:
    """Declare the inputs and outputs of the module's docstring."""
    from onnx import TensorProto, helper

    proto = graph.proto
    kv_heads = graph.dim("past_key_values.0.key", 1)
    head_size = graph.dim("past_key_values.0.key", 3)
    inputs: list[tuple[str, Any, list[Any]]] = [
        ("input_ids", TensorProto.INT64, ["batch", "sequence"]),
        ("seqlens_k", TensorProto.INT32, ["batch"]),
        ("total_sequence_length", TensorProto.INT32, []),
        ("logits_index", TensorProto.INT64, ["wanted"]),
    ]
    outputs = [("logits", TensorProto.FLOAT, ["wanted", vocabulary])]
    shape = ["batch", kv_heads, "capacity", head_size]
    for layer in range(layers):
        for part in ("key", "value"):
            inputs.append((f"past_key_values.{layer}.{part}", TensorProto.FLOAT, shape))
            outputs.append((f"present.{layer}.{part}", TensorProto.FLOAT, shape))
    del proto.input[:], proto.output[:], proto.value_info[:]
    proto.input.extend(helper.make_tensor_value_info(*value) for value in inputs)
    proto.output.extend(helper.make_tensor_value_info(*value) for value in outputs)
