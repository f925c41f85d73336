"""Finds a layer's attention in an exported graph and makes one `com.microsoft.GroupQueryAttention` of it.

Between the three projections and the output projection stand: norms per head (Qwen 3, Gemma 3), the rotary embedding,
the growing key/value concatenation, repeated heads, a scale, a mask, the softmax. `find` looks up where these begin and
end; what they compute, `probing` tells.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from gamegen.engine.simplify import NORM
from gamegen.engine.subgraph import MICROSOFT, Graph, NotRewritable

SPLIT, MERGE = "split_heads", "merge_heads"
"""Constants of the rewritten graph: shapes that part a projection into heads, and join the heads again."""


@dataclass(frozen=True, slots=True)
class Linear:
    """x @ weight + bias. bias: a tensor's name, or "" for none."""

    x: str
    weight: str
    bias: str


@dataclass(frozen=True, slots=True)
class Heads:
    """Queries, keys or values before they are rotated.

    flat: tensor [B, S, H * D]; width: H * D; norm: the node that normalises each head, if there is one.
    """

    flat: str
    width: int
    norm: Any | None


@dataclass(frozen=True, slots=True)
class Attention:
    """One layer's attention, by the names of its tensors.

    cos, sin:  by what queries and keys are multiplied, [1, 1, S, R]
    fresh:     queries and keys after that, and values, [B, H, S, D] of the S new positions
    scores:    what goes into the softmax; bias: what was added to them
    output:    [B, S, H * D], for the output projection
    """

    layer: int
    query: Heads
    key: Heads
    value: Heads
    cos: str
    sin: str
    fresh: tuple[str, str, str]
    scores: str
    bias: str
    output: str
    head_size: int
    kv_heads: int

    @property
    def heads(self) -> int:
        return self.query.width // self.head_size

    @property
    def cache(self) -> tuple[str, str]:
        return f"past_key_values.{self.layer}.key", f"past_key_values.{self.layer}.value"

    @property
    def present(self) -> tuple[str, str]:
        return f"present.{self.layer}.key", f"present.{self.layer}.value"


def source(node: Any, position: int) -> str:
    """The name of an input that a node must have."""
    if position < len(node.input) and node.input[position]:
        return str(node.input[position])
    raise NotRewritable(f"{node.op_type} {node.name} lacks input {position}")


def find(graph: Graph, layer: int) -> Attention:
    """Layer `layer` of a graph whose norms are fused. Raises NotRewritable."""
    keys, values = (_appended(graph, layer, part) for part in ("key", "value"))
    through = ("Unsqueeze", "Expand", "Reshape")
    weighted = graph.on_to(f"present.{layer}.value", "MatMul", through)
    merged = graph.on_to(graph.on_to(weighted.output[0], "Transpose", ()).output[0], "Reshape", ())
    softmax = graph.back_to(source(weighted, 0), "Softmax", ("Where", "Cast"))
    masked = graph.made_by(source(softmax, 0), "Add")
    scores = graph.back_to(source(masked, 0), "MatMul", ("Mul", "Div", "Cast"))
    queries = source(scores, 0)
    while graph.made_by(queries, "Add", "Concat", "Mul", "Div").op_type in ("Mul", "Div"):
        queries = source(graph.producer[queries], 0)
    query, angles = _before_rotary(graph, queries)
    key, key_angles = _before_rotary(graph, keys)
    if key_angles != angles:
        raise NotRewritable(f"layer {layer}: queries and keys are rotated differently")
    found = Attention(
        layer=layer,
        query=_heads(graph, query),
        key=_heads(graph, key),
        value=_heads(graph, values),
        cos=angles[0],
        sin=angles[1],
        fresh=(queries, keys, values),
        scores=masked.output[0],
        bias=source(masked, 1),
        output=merged.output[0],
        head_size=graph.dim(f"past_key_values.{layer}.key", 3),
        kv_heads=graph.dim(f"past_key_values.{layer}.key", 1),
    )
    width = found.kv_heads * found.head_size
    if found.query.width % width or found.key.width != width or found.value.width != width:
        raise NotRewritable(f"layer {layer}: the projections do not fit heads of {found.head_size}")
    return found


def replacement(
    graph: Graph, attention: Attention, caches: tuple[str, str], seen: int, factor: float
) -> tuple[list[Any], list[Any]]:
    """The nodes that take the layer's place, and their new weights.

    caches: the names of the rotary tables; seen: how many positions a token sees, itself among them, -1 for all;
    factor: the scale. Where nothing stands between the projections and the attention, they become one product.
    """
    from onnx import helper

    nodes: list[Any] = []
    weights: list[Any] = []
    packed = _sliced(graph, attention)
    if not packed:
        packed, nodes, weights = _packed(graph, attention)
    flat = [packed, "", ""]
    if not packed:
        flat = []
        for role, heads in (("query", attention.query), ("key", attention.key), ("value", attention.value)):
            found, made = _flat(heads, f"layers.{attention.layer}.{role}", attention.head_size)
            flat.append(found)
            nodes.extend(made)
    options: dict[str, Any] = {} if seen < 0 else {"local_window_size": seen}
    if not np.isclose(factor, attention.head_size**-0.5, rtol=1e-6, atol=0):  # the operator's own
        options["scale"] = factor
    nodes.append(
        helper.make_node(
            "GroupQueryAttention",
            [*flat, *attention.cache, "seqlens_k", "total_sequence_length", *caches],
            [attention.output, *attention.present],
            name=f"layers.{attention.layer}.attention",
            domain=MICROSOFT,
            num_heads=attention.heads,
            kv_num_heads=attention.kv_heads,
            do_rotary=1,
            rotary_interleaved=0,
            **options,
        )
    )
    return nodes, weights


def linear(graph: Graph, tensor: str) -> Linear | None:
    """The product with constant weights behind a tensor, or None."""
    node, bias = graph.producer.get(tensor), ""
    if node is not None and node.op_type == "Add" and len(node.input) == 2:
        bias = next((name for name in node.input if name in graph.constants), "")
        if len(graph.constants[bias].dims if bias else ()) != 1:
            return None
        node = graph.producer.get(next((name for name in node.input if name != bias), ""))
    if node is None or node.op_type != "MatMul" or len(node.input) != 2:
        return None
    weight = graph.constants.get(node.input[1])
    if weight is None or len(weight.dims) != 2 or (bias and graph.constants[bias].dims[0] != weight.dims[1]):
        return None
    return Linear(node.input[0], node.input[1], bias)


def _appended(graph: Graph, layer: int, part: str) -> str:
    """The new keys or values, [B, Hkv, S, D], that are appended to the past ones."""
    node = graph.made_by(f"present.{layer}.{part}", "Concat")
    if len(node.input) != 2 or node.input[0] != f"past_key_values.{layer}.{part}":
        raise NotRewritable(f"layer {layer}: present.{layer}.{part} does not continue the past")
    return str(node.input[1])


def _before_rotary(graph: Graph, rotated: str) -> tuple[str, tuple[str, str]]:
    """`x * cos + rotate_half(x) * sin`: the tensor x, and cos and sin. Only a first part of x may be rotated."""
    node = graph.made_by(rotated, "Add", "Concat")
    kept = None
    if node.op_type == "Concat":
        kept = graph.made_by(source(node, 1), "Slice")
        node = graph.made_by(source(node, 0), "Add")
    straight, turned = (graph.made_by(source(node, side), "Mul") for side in (0, 1))
    graph.made_by(source(turned, 0), "Concat")
    x = source(straight, 0)
    if kept is not None:
        x = source(graph.made_by(x, "Slice"), 0)
        if x != source(kept, 0):
            raise NotRewritable(f"{rotated} does not join the parts of one tensor")
    return x, (source(straight, 1), source(turned, 1))


def _heads(graph: Graph, tensor: str) -> Heads:
    """What stands behind heads, [B, H, S, D]: a projection, and perhaps a norm before or after the transposition."""
    norm = None
    node = graph.made_by(tensor, "Transpose", NORM)
    if node.op_type == NORM:
        norm, node = node, graph.made_by(source(node, 0), "Transpose")
    moved = next((list(attribute.ints) for attribute in node.attribute if attribute.name == "perm"), [])
    if moved != [0, 2, 1, 3]:
        raise NotRewritable(f"{tensor} is no tensor of heads")
    node = graph.made_by(source(node, 0), "Reshape", NORM)
    if node.op_type == NORM and norm is None:
        norm, node = node, graph.made_by(source(node, 0), "Reshape")
    flat = source(node, 0)
    return Heads(flat, _width(graph, flat), norm)


def _width(graph: Graph, tensor: str) -> int:
    """The size of the last dimension of a projection."""
    found = linear(graph, tensor)
    if found is not None:
        return int(graph.constants[found.weight].dims[1])
    node = graph.made_by(tensor, "MatMul", "Add", "Slice", NORM)
    if node.op_type == "Slice":
        start, end = _bounds(graph, node)
        return end - start
    if node.op_type == NORM:  # of all heads together
        return int(graph.constants[source(node, 1)].dims[0]) if source(node, 1) in graph.constants else 0
    raise NotRewritable(f"the weights before {tensor} are not constant")


def _bounds(graph: Graph, node: Any) -> tuple[int, int]:
    """Where a slice of the last dimension of a product begins and ends."""
    whole = linear(graph, source(node, 0))
    start, end, axis, step = ([graph.number(name) for name in list(node.input)[1:]] + [None] * 4)[:4]
    if whole is None or start is None or end is None or axis not in (-1, 2) or step != 1:
        raise NotRewritable(f"{node.output[0]} is no constant part of a product")
    width = int(graph.constants[whole.weight].dims[1])
    return int(min(start, width)), int(min(end, width))


def _sliced(graph: Graph, attention: Attention) -> str:
    """The product whose consecutive parts are the queries, keys and values, as in Phi-3; "" if there is none."""
    parts = (attention.query, attention.key, attention.value)
    nodes = [graph.producer[heads.flat] for heads in parts]
    if any(node.op_type != "Slice" or heads.norm for node, heads in zip(nodes, parts, strict=True)):
        return ""
    bounds = [_bounds(graph, node) for node in nodes]
    whole = linear(graph, nodes[0].input[0])
    edges = [0, *(end for _, end in bounds)]
    if len({node.input[0] for node in nodes}) > 1 or [start for start, _ in bounds] != edges[:3] or whole is None:
        return ""
    return str(nodes[0].input[0]) if edges[3] == graph.constants[whole.weight].dims[1] else ""


def _packed(graph: Graph, attention: Attention) -> tuple[str, list[Any], list[Any]]:
    """One product for queries, keys and values: its name, nodes and weights; "" where they have norms or differ."""
    from onnx import helper, numpy_helper

    parts = (attention.query, attention.key, attention.value)
    linears = [linear(graph, heads.flat) for heads in parts if heads.norm is None]
    found = [one for one in linears if one is not None]
    if len(found) < 3 or len({(one.x, graph.constants[one.weight].dims[0]) for one in found}) > 1:
        return "", [], []
    name = f"layers.{attention.layer}.qkv"
    arrays = [numpy_helper.to_array(graph.constants[one.weight]) for one in found]
    weights = [numpy_helper.from_array(np.concatenate(arrays, axis=1), f"{name}.weight")]
    nodes = [helper.make_node("MatMul", [found[0].x, f"{name}.weight"], [name], name=name)]
    if any(one.bias for one in found):
        biases = [
            numpy_helper.to_array(graph.constants[one.bias]) if one.bias else np.zeros(heads.width, np.float32)
            for one, heads in zip(found, parts, strict=True)
        ]
        weights.append(numpy_helper.from_array(np.concatenate(biases), f"{name}.bias"))
        nodes.append(helper.make_node("Add", [name, f"{name}.bias"], [f"{name}.biased"], name=f"{name}.biased"))
    return str(nodes[-1].output[0]), nodes, weights


def _flat(heads: Heads, name: str, head_size: int) -> tuple[str, list[Any]]:
    """The tensor [B, S, H * D] for the attention, and the nodes that norm it, if there is a norm."""
    from onnx import NodeProto, helper

    if heads.norm is None:
        return heads.flat, []
    norm = NodeProto()
    norm.CopyFrom(heads.norm)
    norm.input[0], norm.output[0], norm.name = f"{name}.heads", f"{name}.normed", f"{name}.norm"
    split = helper.make_node("Reshape", [heads.flat, SPLIT], [f"{name}.heads"], name=f"{name}.split")
    merge = helper.make_node("Reshape", [f"{name}.normed", MERGE], [name], name=f"{name}.merge")
    return name, [split, norm, merge]
