"""Rewrites an exported decoder graph so that keys and values stay where they are and logits are computed where asked.

Per layer, everything between the three projections and the output projection - rotary embedding, the growing
key/value concatenation, masks, softmax - becomes one `com.microsoft.GroupQueryAttention`, whose past and present are
the same memory. Any graph of that shape is taken, found by its structure and not by its names (Llama, SmolLM,
Mistral, Qwen 2 and 3); what does not fit raises `NotRewritable` and stays as it was exported.

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

The plain graph is optimum's: input_ids, attention_mask [B, P + S], position_ids [B, S], past_key_values.n.* [B, Hkv, P,
D] -> logits [B, S, V], present.n.* [B, Hkv, P + S, D].
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_CONTEXT = 8192
"""Positions that the rotary caches cover; a model with a longer context is used up to here."""

MICROSOFT = "com.microsoft"
_PROTOBUF_LIMIT = 1_900_000_000


class NotRewritable(Exception):
    """The graph does not have the expected structure; the text says where, in a few words."""


class _Graph:
    """A graph with its edges looked up by tensor name. Nodes are protobuf NodeProto."""

    def __init__(self, model: Any) -> None:
        self.model = model
        self.proto = model.graph
        self.producer: dict[str, Any] = {name: node for node in self.proto.node for name in node.output}
        self.consumers: dict[str, list[Any]] = {}
        for node in self.proto.node:
            for name in node.input:
                self.consumers.setdefault(name, []).append(node)
        self.constants: dict[str, Any] = {tensor.name: tensor for tensor in self.proto.initializer}

    def made_by(self, tensor: str, *operators: str) -> Any:
        """The node that computes `tensor`, of one of the operators."""
        node = self.producer.get(tensor)
        if node is None or node.op_type not in operators:
            found = node.op_type if node is not None else "an input"
            raise NotRewritable(f"expected {' or '.join(operators)} before {tensor}, found {found}")
        return node

    def back_to(self, tensor: str, operator: str, through: tuple[str, ...]) -> Any:
        """The nearest node of `operator` at or before `tensor`, looking through the named operators only."""
        frontier = [tensor]
        while frontier:
            following: list[str] = []
            for name in frontier:
                node = self.producer.get(name)
                if node is not None and node.op_type == operator:
                    return node
                if node is not None and node.op_type in through:
                    following.extend(node.input)
            frontier = following
        raise NotRewritable(f"no {operator} before {tensor}")

    def on_to(self, tensor: str, operator: str, through: tuple[str, ...]) -> Any:
        """The nearest node of `operator` after `tensor`, looking through the named operators only."""
        frontier = [tensor]
        while frontier:
            following: list[str] = []
            for name in frontier:
                for node in self.consumers.get(name, ()):
                    if node.op_type == operator:
                        return node
                    if node.op_type in through:
                        following.extend(node.output)
            frontier = following
        raise NotRewritable(f"no {operator} after {tensor}")

    def needed_for(self, tensors: Iterable[str]) -> list[Any]:
        """The nodes that the tensors depend on, in graph order."""
        wanted = set(tensors)
        kept = []
        for node in reversed(self.proto.node):
            if wanted.intersection(node.output):
                kept.append(node)
                wanted.update(node.input)
        return kept[::-1]


def rewrite(model: Any, context_length: int = MAX_CONTEXT) -> Any:
    """Rewrite an exported `onnx.ModelProto` (float32, weights inside), which is consumed: use only the result.

    Raises NotRewritable. That the result computes the same is for `verify.compare_graphs` to prove.
    """
    import onnx

    graph = _Graph(model)
    layers = sum(1 for value in graph.proto.input if value.name.endswith(".key"))
    if layers == 0:
        raise NotRewritable("the graph has no past_key_values inputs")
    replaced: dict[str, list[Any]] = {}
    rotary: set[tuple[str, str]] = set()
    for layer in range(layers):
        output, nodes, angles = _attention(graph, layer)
        replaced[output] = nodes
        rotary.add(angles)
    if len(rotary) != 1:
        raise NotRewritable("layers do not share one rotary embedding")
    cos, sin = _rotary_caches(graph, *rotary.pop(), min(context_length, MAX_CONTEXT))
    hidden, picking = _picked_positions(graph)

    nodes = []
    for node in graph.proto.node:
        if node.output[0] in replaced:
            nodes.extend(replaced[node.output[0]])
        elif not node.output[0].startswith("present."):
            if node is hidden:
                nodes.extend(picking)
                node.input[0] = picking[-1].output[0]
            nodes.append(node)
    del graph.proto.node[:]
    graph.proto.node.extend(nodes)
    graph.proto.initializer.extend(
        [
            onnx.numpy_helper.from_array(cos, "cos_cache"),
            onnx.numpy_helper.from_array(sin, "sin_cache"),
            onnx.numpy_helper.from_array(np.array([0, 0, -1], np.int64), "merge_heads"),
        ]
    )
    _set_interface(graph, layers)
    _drop_dead(graph)
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


def _attention(graph: _Graph, layer: int) -> tuple[str, list[Any], tuple[str, str]]:
    """One layer: the tensor that feeds the output projection, the nodes that now compute it, its cos and sin."""
    from onnx import helper

    key_rotated = graph.made_by(f"present.{layer}.key", "Concat").input[1]
    key, angles = _before_rotary(graph, key_rotated)
    value = graph.made_by(graph.made_by(f"present.{layer}.value", "Concat").input[1], "Transpose").input[0]

    weighted = graph.on_to(f"present.{layer}.value", "MatMul", ("Unsqueeze", "Expand", "Reshape"))
    merged = graph.on_to(graph.on_to(weighted.output[0], "Transpose", ()).output[0], "Reshape", ())
    softmax = graph.back_to(weighted.input[0], "Softmax", ("Where", "Cast"))
    scores = graph.back_to(softmax.input[0], "MatMul", ("Add", "Mul", "Div", "Cast"))
    query_rotated = graph.back_to(scores.input[0], "Add", ("Mul", "Div"))
    query, query_angles = _before_rotary(graph, query_rotated.output[0])
    if query_angles != angles:
        raise NotRewritable(f"layer {layer}: queries and keys are rotated differently")

    head_size = _static_dim(graph, f"past_key_values.{layer}.key", 3)
    kv_heads = _static_dim(graph, f"past_key_values.{layer}.key", 1)
    heads, rest = divmod(_width(graph, query), head_size)
    if rest:
        raise NotRewritable(f"layer {layer}: the query width is no multiple of the head size {head_size}")

    nodes: list[Any] = []
    flat = []
    for role, tensor in (("query", query), ("key", key), ("value", value)):
        split = graph.producer.get(tensor)
        if split is not None and split.op_type == "Reshape":
            flat.append(split.input[0])  # the projection itself
        else:  # something stands between, as Qwen 3's norm per head
            name = f"layers.{layer}.{role}"
            nodes.append(helper.make_node("Reshape", [tensor, "merge_heads"], [name], name=name))
            flat.append(name)
    nodes.append(
        helper.make_node(
            "GroupQueryAttention",
            [
                *flat,
                f"past_key_values.{layer}.key",
                f"past_key_values.{layer}.value",
                "seqlens_k",
                "total_sequence_length",
                "cos_cache",
                "sin_cache",
            ],
            [merged.output[0], f"present.{layer}.key", f"present.{layer}.value"],
            name=f"layers.{layer}.attention",
            domain=MICROSOFT,
            num_heads=heads,
            kv_num_heads=kv_heads,
            do_rotary=1,
            rotary_interleaved=0,
        )
    )
    return merged.output[0], nodes, angles


def _before_rotary(graph: _Graph, rotated: str) -> tuple[str, tuple[str, str]]:
    """`x * cos + rotate_half(x) * sin`: the tensor x before its heads were moved forward, and cos and sin."""
    total = graph.made_by(rotated, "Add")
    straight, turned = (graph.made_by(name, "Mul") for name in total.input)
    heads = graph.made_by(straight.input[0], "Transpose")
    graph.made_by(turned.input[0], "Concat")
    cos, sin = (graph.made_by(mul.input[1], "Unsqueeze").input[0] for mul in (straight, turned))
    return heads.input[0], (cos, sin)


def _rotary_caches(
    graph: _Graph, cos: str, sin: str, positions: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """cos and sin of each position, [positions, D / 2], computed by the graph's own nodes, whatever its scaling."""
    import onnx
    import onnxruntime

    nodes = graph.needed_for((cos, sin))
    used = {name for node in nodes for name in node.input}
    inputs = [value for value in graph.proto.input if value.name in used]
    part = onnx.helper.make_graph(
        nodes,
        "rotary",
        inputs,
        [onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None) for name in (cos, sin)],
        [tensor for tensor in graph.proto.initializer if tensor.name in used],
    )
    model = onnx.helper.make_model(part, opset_imports=graph.model.opset_import, ir_version=graph.model.ir_version)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    feeds: dict[str, NDArray[Any]] = {
        "position_ids": np.arange(positions, dtype=np.int64)[None],
        "input_ids": np.zeros((1, positions), np.int64),
        "attention_mask": np.ones((1, positions), np.int64),
    }
    for value in inputs:  # some models count positions from the length of the past
        if value.name.startswith("past_key_values."):
            sizes = [dim.dim_value for dim in value.type.tensor_type.shape.dim]
            feeds[value.name] = np.zeros((1, sizes[1], 0, sizes[3]), np.float32)
    tables = session.run([cos, sin], {value.name: feeds[value.name] for value in inputs})
    halves = []
    for table in tables:
        half = table.shape[-1] // 2
        if table.shape[:2] != (1, positions) or not np.array_equal(table[..., :half], table[..., half:]):
            raise NotRewritable("the rotary embedding is not of the half-and-half form")
        halves.append(np.ascontiguousarray(table[0, :, :half], dtype=np.float32))
    return halves[0], halves[1]


def _picked_positions(graph: _Graph) -> tuple[Any, list[Any]]:
    """The output projection, and the nodes that pick the wanted positions [N, H] of its input [B, S, H]."""
    from onnx import helper, numpy_helper

    projection = graph.back_to("logits", "MatMul", ("Cast", "Add", "Mul", "Div"))
    hidden = projection.input[0]
    weight = projection.input[1]
    table = graph.constants.get(weight)
    if table is not None:
        width = table.dims[0]
    else:
        transposed = graph.constants.get(graph.made_by(weight, "Transpose").input[0])
        if transposed is None:
            raise NotRewritable("the output projection's weights are not constant")
        width = transposed.dims[1]
    graph.proto.initializer.append(numpy_helper.from_array(np.array([-1, width], np.int64), "flat_positions"))
    return projection, [
        helper.make_node("Reshape", [hidden, "flat_positions"], ["positions"], name="positions"),
        helper.make_node("Gather", ["positions", "logits_index"], ["picked"], name="picked", axis=0),
    ]


def _set_interface(graph: _Graph, layers: int) -> None:
    """Declare the inputs and outputs of the module's docstring."""
    from onnx import TensorProto, helper

    proto = graph.proto
    vocabulary = next(value for value in proto.output if value.name == "logits").type.tensor_type.shape.dim[2].dim_value
    kv_heads = _static_dim(graph, "past_key_values.0.key", 1)
    head_size = _static_dim(graph, "past_key_values.0.key", 3)
    inputs: list[tuple[str, Any, list[Any]]] = [
        ("input_ids", TensorProto.INT64, ["batch", "sequence"]),
        ("seqlens_k", TensorProto.INT32, ["batch"]),
        ("total_sequence_length", TensorProto.INT32, []),
        ("logits_index", TensorProto.INT64, ["wanted"]),
    ]
    outputs = [("logits", TensorProto.FLOAT, ["wanted", vocabulary or "vocabulary"])]
    shape = ["batch", kv_heads, "capacity", head_size]
    for layer in range(layers):
        for part in ("key", "value"):
            inputs.append((f"past_key_values.{layer}.{part}", TensorProto.FLOAT, shape))
            outputs.append((f"present.{layer}.{part}", TensorProto.FLOAT, shape))
    del proto.input[:], proto.output[:], proto.value_info[:]
    proto.input.extend(helper.make_tensor_value_info(*value) for value in inputs)
    proto.output.extend(helper.make_tensor_value_info(*value) for value in outputs)


def _drop_dead(graph: _Graph) -> None:
    """Remove nodes and weights that no output depends on."""
    proto = graph.proto
    nodes = _Graph(graph.model).needed_for(value.name for value in proto.output)
    used = {name for node in nodes for name in node.input}
    weights = [tensor for tensor in proto.initializer if tensor.name in used]
    del proto.node[:], proto.initializer[:]
    proto.node.extend(nodes)
    proto.initializer.extend(weights)


def _static_dim(graph: _Graph, tensor: str, axis: int) -> int:
    for value in graph.proto.input:
        if value.name == tensor:
            size = int(value.type.tensor_type.shape.dim[axis].dim_value)
            if size > 0:
                return size
    raise NotRewritable(f"{tensor} has no fixed size in dimension {axis}")


def _width(graph: _Graph, tensor: str) -> int:
    """The output width of the linear projection behind a tensor of heads."""
    projection = graph.back_to(tensor, "MatMul", ("Reshape", "Add", "Mul", "Div", "Cast", "Pow", "Sqrt", "ReduceMean"))
    weight = graph.constants.get(projection.input[1])
    if weight is None or len(weight.dims) != 2:
        raise NotRewritable(f"the weights of {projection.name or projection.output[0]} are not constant")
    return int(weight.dims[1])
