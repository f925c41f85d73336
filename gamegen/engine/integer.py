"""Weights and activations in 8 bits: each constant product becomes one product of integers, `MatMulIntegerToFloat`.

For a product y = x W with x [.., K] and W [K, N]::

    x' = x / s            s [K]: smoothing, moves the range of outlying channels into the weights (Xiao et al.,
    W' = diag(s) W        SmoothQuant, 2023); folded into the norm or the product before, so that it costs nothing
    q  = round(x' / r)    r = max|x'| / 127 for each position: 8 bits, zero point 128
    y  = (q P) * c * r    P [K, N] int8, c [N] float32: each column's own scale

Products of integers are exact, so a position's result cannot depend on its neighbours, on threads or on the order of
summation; on CPUs with VNNI they run twice as fast as `MatMulNBits` (docs/engine.md has the figures). Where a channel's
range is too wide for this the divergence shows it, and the caller takes the blockwise form of `quantize` instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gamegen.engine.graph import MICROSOFT, declare_microsoft
from gamegen.engine.subgraph import drop_unused

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Vector = NDArray[np.float32]

SMOOTHING = 0.55
"""Share of an outlying channel's range that moves into the weights (0.5 in the paper; measured, docs/engine.md)."""
_SMALLEST = np.float32(1e-5)


@dataclass(slots=True)
class _Group:
    """Products that share the input `source`: their nodes, and the names of their weights."""

    source: str
    nodes: list[Any] = field(default_factory=list)
    weights: list[str] = field(default_factory=list)


def quantize_products(model: Any, ranges: dict[str, Vector]) -> int:
    """Quantise the products of a rewritten `onnx.ModelProto` in place; returns how many were replaced.

    ranges: of the input of each product the greatest magnitude per channel [K] (see `observe`).
    """
    pass_ = _Pass(model)
    groups = [group for group in product_groups(model) if group.source in ranges]
    for group in groups:
        pass_.smooth(group, ranges[group.source])
    for group in groups:
        pass_.replace(group)
    pass_.tie()
    pass_.finish()
    return sum(len(group.nodes) for group in groups)


def product_groups(model: Any) -> list[_Group]:
    """The products with constant weights, by the input they share."""
    constants = {tensor.name: tensor for tensor in model.graph.initializer}
    transposed = _transposed(model)
    groups: dict[str, _Group] = {}
    for node in model.graph.node:
        weight = transposed.get(node.input[1], node.input[1]) if node.op_type == "MatMul" else ""
        if weight in constants and len(constants[weight].dims) == 2:
            group = groups.setdefault(node.input[0], _Group(node.input[0]))
            group.nodes.append(node)
            group.weights.append(node.input[1])
    return list(groups.values())


def observe(model: Any, texts: Sequence[Sequence[int]], work: Path) -> dict[str, Vector]:
    """The greatest magnitude per channel [K] of each product's input, over the texts (token ids).

    work: a file that is written and removed: the graph with these ranges as outputs.
    """
    import onnx
    from onnx import TensorProto, helper

    from gamegen.engine import verify
    from gamegen.engine.graph import save_graph

    watched = onnx.ModelProto()
    watched.CopyFrom(model)
    ranges = {group.source: f"{group.source}.range" for group in product_groups(model)}
    for source, name in ranges.items():
        watched.graph.node.extend(
            [
                helper.make_node("Abs", [source], [f"{name}.abs"]),
                helper.make_node("Flatten", [f"{name}.abs"], [f"{name}.rows"], axis=-1),
                helper.make_node("ReduceMax", [f"{name}.rows", "first_axis"], [name], keepdims=0),
            ]
        )
        watched.graph.output.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, None))
    watched.graph.initializer.append(onnx.numpy_helper.from_array(np.array([0], np.int64), "first_axis"))
    save_graph(watched, work)
    del watched
    try:
        runner = verify.RewrittenGraph(work, 1, max(map(len, texts)))
        found = [runner.outputs(text, list(ranges.values())) for text in texts]
        return {source: np.max(values, axis=0) for source, values in zip(ranges, zip(*found, strict=True), strict=True)}
    finally:
        for path in work.parent.glob(f"{work.name}*"):
            path.unlink()


class _Pass:
    """The graph while its products are replaced."""

    def __init__(self, model: Any) -> None:
        from onnx import numpy_helper

        self.model = model
        self.graph = model.graph
        self.constants = {tensor.name: tensor for tensor in self.graph.initializer}
        self.transposed = _transposed(model)
        self.producer = {name: node for node in self.graph.node for name in node.output}
        self.consumers: dict[str, list[Any]] = {}
        for node in self.graph.node:
            for name in node.input:
                self.consumers.setdefault(name, []).append(node)
        self.read = numpy_helper.to_array
        self.columns: dict[str, Vector] = {}
        """Factors [N] of the columns of a product, by the name of its output."""
        self.before: dict[int, list[Any]] = {}
        """Nodes to put before a node, by its id."""
        self.instead: dict[int, list[Any]] = {}
        self.tensors: dict[str, NDArray[Any]] = {
            "quantize.zero": np.array(128, np.uint8),
            "quantize.one": np.array(1, np.float32),
            "quantize.step": np.array(1 / 127, np.float32),
            "quantize.least": np.array(1e-9, np.float32),
            "quantize.axis": np.array([-1], np.int64),
        }
        self.smoothing: dict[str, Vector] = {}
        self.inputs: dict[str, str] = {}
        """Weights -> the input of their product."""

    def weight(self, name: str) -> Vector:
        """[K, N]"""
        if name in self.transposed:
            return np.asarray(self.read(self.constants[self.transposed[name]])).T
        return np.asarray(self.read(self.constants[name]))

    def smooth(self, group: _Group, range_: Vector) -> None:
        """Choose s for the group and fold 1 / s into what makes its input, where something can take it."""
        heaviest = np.max([np.abs(self.weight(name)).max(axis=1) for name in group.weights], axis=0)
        range_, heaviest = np.maximum(range_, _SMALLEST), np.maximum(heaviest, _SMALLEST)
        s = (range_**SMOOTHING / heaviest ** (1 - SMOOTHING)).astype(np.float32)
        s /= np.exp(np.log(s).mean())
        if self._fold(group, 1 / s):
            self.smoothing[group.source] = s

    def _fold(self, group: _Group, factor: Vector) -> bool:
        """Multiply the group's input by `factor` [K] at no cost: in a norm's gain, or in the columns of a product."""
        name, node = group.source, self.producer.get(group.source)
        while node is not None and node.op_type in ("Reshape", "Gather") and self._only_for(name, group, node):
            name, node = node.input[0], self.producer.get(node.input[0])
            group = _Group(name, self.consumers[name])
        if node is None or not self._only_for(name, group, None):
            return False
        if node.op_type not in ("Mul", "SimplifiedLayerNormalization"):
            return False
        for place, part in enumerate(node.input):
            gain = self.constants.get(part)
            if gain is not None and list(gain.dims) == [len(factor)]:
                own = f"{group.source}.gain"
                self.tensors[own] = (np.asarray(self.read(gain)) * factor).astype(np.float32)
                node.input[place] = own
                return True
        if node.op_type != "Mul":
            return False
        for part in node.input:
            made = self.producer.get(part)
            if made is not None and made.op_type == "MatMul" and len(self.consumers[part]) == 1:
                self.columns[part] = factor
                return True
        return False

    def _only_for(self, name: str, group: _Group, passing: Any) -> bool:
        """Whether nothing but the group's products (or the one node that leads to them) reads the tensor."""
        readers = {id(node) for node in self.consumers.get(name, ())}
        return readers <= {id(node) for node in group.nodes} | {id(passing)}

    def replace(self, group: _Group) -> None:
        from onnx import helper

        x = group.source
        magnitude, range_, step, steps, q = (f"{x}.{part}" for part in ("abs", "range", "step", "steps", "q8"))
        self.before[id(group.nodes[0])] = [
            helper.make_node("Abs", [x], [magnitude]),
            helper.make_node("ReduceMax", [magnitude, "quantize.axis"], [range_], keepdims=1),
            helper.make_node("Mul", [range_, "quantize.step"], [f"{step}.raw"]),
            helper.make_node("Max", [f"{step}.raw", "quantize.least"], [step]),
            helper.make_node("Div", [x, step], [steps]),
            helper.make_node("QuantizeLinear", [steps, "quantize.one", "quantize.zero"], [q]),
        ]
        s = self.smoothing.get(x)
        for node, name in zip(group.nodes, group.weights, strict=True):
            weights = self.weight(name)
            self.inputs[name] = x
            if s is not None:
                weights = weights * s[:, None]
            if node.output[0] in self.columns:
                weights = weights * self.columns[node.output[0]]
            packed, scales = quantize_columns(weights)
            self.tensors[f"{name}.p8"], self.tensors[f"{name}.scales"] = packed, scales
            self.instead[id(node)] = [
                helper.make_node(
                    "MatMulIntegerToFloat",
                    [q, f"{name}.p8", "quantize.one", f"{name}.scales", "quantize.zero"],
                    [f"{node.output[0]}.raw"],
                    name=node.name,
                    domain=MICROSOFT,
                ),
                helper.make_node("Mul", [f"{node.output[0]}.raw", step], [node.output[0]]),
            ]

    def tie(self) -> None:
        """Let the embedding read the output projection's integers, where both have the same weights."""
        from onnx import helper

        for node in self.graph.node:
            table = node.input[0] if node.op_type == "Gather" else ""
            name = next((name for name, source in self.transposed.items() if source == table), "")
            if f"{name}.p8" not in self.tensors:
                continue
            out = node.output[0]
            width = np.ones(len(self.tensors[f"{name}.p8"]), np.float32)
            self.tensors["embedding.unsmooth"] = width / self.smoothing.get(self.inputs[name], width)
            self.instead[id(node)] = [
                helper.make_node("Gather", [f"{name}.p8", node.input[1]], [f"{out}.columns"], axis=1),
                helper.make_node("Transpose", [f"{out}.columns"], [f"{out}.rows"], perm=[1, 2, 0]),
                helper.make_node("Cast", [f"{out}.rows"], [f"{out}.floats"], to=1),
                helper.make_node("Gather", [f"{name}.scales", node.input[1]], [f"{out}.scale"]),
                helper.make_node("Unsqueeze", [f"{out}.scale", "quantize.axis"], [f"{out}.scales"]),
                helper.make_node("Mul", [f"{out}.floats", f"{out}.scales"], [f"{out}.smooth"]),
                helper.make_node("Mul", [f"{out}.smooth", "embedding.unsmooth"], [out]),
            ]

    def finish(self) -> None:
        from onnx import numpy_helper

        nodes: list[Any] = []
        for node in self.graph.node:
            nodes += [*self.before.get(id(node), ()), *self.instead.get(id(node), (node,))]
        del self.graph.node[:]
        self.graph.node.extend(nodes)
        self.graph.initializer.extend(numpy_helper.from_array(value, name) for name, value in self.tensors.items())
        drop_unused(self.model)
        declare_microsoft(self.model)


def quantize_columns(weights: Vector) -> tuple[NDArray[np.int8], Vector]:
    """[K, N] float32 -> [K, N] int8 and the scale of each column [N], symmetric, round to nearest."""
    scales = np.abs(weights).max(axis=0) / np.float32(127)
    steps = np.where(scales > 0, scales, np.float32(1))
    return np.rint(weights / steps).astype(np.int8), scales.astype(np.float32)


def _transposed(model: Any) -> dict[str, str]:
    """Outputs of transpositions -> what they transpose."""
    return {node.output[0]: node.input[0] for node in model.graph.node if node.op_type == "Transpose"}
