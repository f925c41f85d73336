"""What an exporter writes more than once, once: no idle casts, one node for a norm, one copy of tied weights.

`x / sqrt(mean(x^2) + epsilon) * weight` takes seven to nine nodes. ONNX Runtime makes of them one
`SimplifiedLayerNormalization` when it opens a graph. Here it is made beforehand, because one node can be moved from one
side of a transposition of heads to the other, and keeps a float32 sum in a float16 graph.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gamegen.engine.subgraph import FLOAT, Graph, NotRewritable

NORM = "SimplifiedLayerNormalization"

_SAME_TYPE = (
    *("Add", "Sub", "Mul", "Div", "Pow", "Sqrt", "Neg", "MatMul", "ReduceMean", "Sigmoid", "Tanh", "Softmax", "Erf"),
    *("Gather", "Slice", "Concat", "Reshape", "Transpose", "Unsqueeze", "Squeeze", "Expand", NORM),
)


def simplify(model: Any) -> None:
    """Drop float32 casts of float32 tensors and fuse norms over the last axis that have a constant weight, in place.

    An output projection whose weights are the embedding's, stored a second time, becomes a transposition of the first.
    """
    _drop_casts(model)
    _share_tied(model)
    graph = Graph(model)
    fused: dict[str, Any] = {}
    for node in graph.proto.node:
        if node.op_type == "Pow" and len(node.input) == 2 and graph.number(node.input[1]) == 2:
            try:
                norm = _norm(graph, node)
            except NotRewritable:
                continue
            fused[norm.output[0]] = norm
    nodes = [fused.get(node.output[0], node) if node.output else node for node in graph.proto.node]
    del graph.proto.node[:]
    graph.proto.node.extend(nodes)


def _drop_casts(model: Any) -> None:
    """Let the users of a cast from float32 to float32 use what is cast, unless it is an output."""
    graph = Graph(model)
    outputs = {value.name for value in graph.proto.output}
    floats = {name for name, tensor in graph.constants.items() if tensor.data_type == FLOAT}
    floats.update(name for name, value in graph.inputs.items() if value.type.tensor_type.elem_type == FLOAT)
    uncast: dict[str, str] = {}
    for node in graph.proto.node:
        for position, name in enumerate(node.input):
            node.input[position] = uncast.get(name, name)
        if node.op_type == "Cast" and len(node.input) == 1 and _casts_to(node) == FLOAT:
            if node.input[0] in floats and node.output[0] not in outputs:
                uncast[node.output[0]] = node.input[0]
            floats.add(node.output[0])
        elif node.op_type == "Constant":
            if any(attribute.name == "value" and attribute.t.data_type == FLOAT for attribute in node.attribute):
                floats.add(node.output[0])
        elif node.op_type in _SAME_TYPE and node.input and node.input[0] in floats:
            floats.update(node.output)
    kept = [node for node in graph.proto.node if not (node.op_type == "Cast" and node.output[0] in uncast)]
    del graph.proto.node[:]
    graph.proto.node.extend(kept)


def _share_tied(model: Any) -> None:
    """Let a product with the transposed embedding read the embedding's own table."""
    from onnx import helper

    graph = Graph(model)
    tables = {graph.producer[name].input[0] for name in graph.embeddings}
    for table in tables:
        sizes = list(graph.constants[table].dims)
        for node in graph.proto.node:
            weight = graph.constants.get(node.input[1]) if node.op_type == "MatMul" and len(node.input) == 2 else None
            if weight is None or list(weight.dims) != sizes[::-1] or weight.data_type != FLOAT:
                continue
            if _is_transposed(graph, table, node.input[1]):
                turned = f"{table}_transposed"
                graph.proto.node.insert(0, helper.make_node("Transpose", [table], [turned], name=turned, perm=[1, 0]))
                node.input[1] = turned
                break


def _is_transposed(graph: Graph, table: str, weight: str) -> bool:
    one, other = graph.value(table), graph.value(weight)
    return one is not None and other is not None and np.array_equal(one.T, other)


def _casts_to(node: Any) -> int:
    return next((int(attribute.i) for attribute in node.attribute if attribute.name == "to"), 0)


def _norm(graph: Graph, square: Any) -> Any:
    """The one node for the norm that begins with x^2."""
    from onnx import helper

    x = square.input[0]
    mean = _next(graph, square, "ReduceMean")
    if not _over_last_axis(graph, mean):
        raise NotRewritable(f"{mean.output[0]} is no mean over the last axis")
    shifted = _next(graph, mean, "Add")
    epsilon = graph.number(_other(shifted, mean))
    root = _next(graph, shifted, "Sqrt")
    inverse = _next(graph, root, "Div")
    normal = _next(graph, inverse, "Mul")
    if graph.number(inverse.input[0]) != 1 or epsilon is None or _other(normal, inverse) != x:
        raise NotRewritable(f"{normal.output[0]} is no root mean square norm")
    try:
        scaled, last = _next(graph, normal, "Mul"), normal
    except NotRewritable:
        last = _next(graph, normal, "Cast")
        scaled = _next(graph, last, "Mul")
    weight = _other(scaled, last)
    value = graph.value(weight)
    if value is None or value.ndim != 1 or value.dtype != np.float32:
        raise NotRewritable(f"the weight of {scaled.output[0]} is not constant")
    return helper.make_node(
        NORM,
        [x, weight],
        [scaled.output[0]],
        name=scaled.name,
        axis=-1,
        epsilon=epsilon,
        stash_type=1,  # the sum is kept in float32, whatever the type of x
    )


def _next(graph: Graph, node: Any, operator: str) -> Any:
    """The only node that uses the result of `node`."""
    users = graph.consumers.get(node.output[0], [])
    if len(users) != 1 or users[0].op_type != operator:
        raise NotRewritable(f"expected one {operator} after {node.output[0]}")
    return users[0]


def _other(node: Any, source: Any) -> str:
    """The other input of a node of two."""
    if len(node.input) != 2:
        raise NotRewritable(f"expected two inputs of {node.output[0]}")
    first, second = node.input
    return str(second if first == source.output[0] else first)


def _over_last_axis(graph: Graph, mean: Any) -> bool:
    attributes = {attribute.name: attribute for attribute in mean.attribute}
    if "axes" in attributes:
        axes = list(attributes["axes"].ints)
    else:
        value = graph.value(mean.input[1]) if len(mean.input) == 2 else None
        axes = [] if value is None else value.reshape(-1).tolist()
    keeps = attributes["keepdims"].i if "keepdims" in attributes else 1
    return axes == [-1] and keeps == 1
