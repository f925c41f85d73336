"""Weights in 8 or 4 bits: each constant matrix product becomes a `com.microsoft.MatMulNBits`.

Activations are quantised on the fly by the kernel, to 8 bits per block of 32 (accuracy level 4).

8 bits: w = scale * (q - 128), symmetric per block of 32 inputs.

4 bits: w = scale * q + least, q of 0..15. The kernels are fast only where a block's least value is -8 scales, and the
difference is a second, small product in float32 (K / 32 numbers for each output)::

    x W = x (scale * (q - 8)) + sums(x) (least + 8 * scale)        sums(x): of each block of 32 inputs

which is exact for weights of that form and costs a few percent. Zero points beside the weights, as the operator has
them, either round the least value to a multiple of the scale or leave the fast kernels. The output projection keeps
8 bits.

The embedding is held in 8 bits too. Where it is also the output projection, as in most small models, both read one
copy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gamegen.engine.blocks import BLOCK, in_4_bits, in_8_bits
from gamegen.engine.graph import MICROSOFT, declare_microsoft
from gamegen.engine.subgraph import Graph, NotRewritable, drop_unused

if TYPE_CHECKING:
    from numpy.typing import NDArray


def quantize(model: Any, bits: int = 8) -> int:
    """Quantise an `onnx.ModelProto` in place, rewritten or plain; returns how many weights were replaced.

    bits: 8 or 4.
    """
    products = _Products(model)
    last = _output_projection(model)
    nodes: list[Any] = []
    for node in model.graph.node:
        weights = products.weights(node)
        if weights is None:
            nodes.append(node)
        elif bits == 8 or node is last:
            nodes.append(products.eight(node, weights))
        else:
            nodes.extend(products.four(node, weights))
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    model.graph.initializer.extend(products.tensors.values())
    drop_unused(model)
    if products.names:
        quantize_embedding(model)
        declare_microsoft(model)
    return len(products.names)


def quantize_embedding(model: Any) -> bool:
    """Hold the embedding in 8 bits, in place; in the same copy as an 8-bit output projection with the same weights.

    Returns whether there is such a table, with a multiple of 32 columns.
    """
    from onnx import helper, numpy_helper

    graph = Graph(model)
    look_up = next((node for node in graph.proto.node if node.output and node.output[0] in graph.embeddings), None)
    if look_up is None or graph.embeddings[look_up.output[0]] % BLOCK:
        return False
    table = numpy_helper.to_array(graph.constants[look_up.input[0]])
    rows, width = table.shape
    data, scales = in_8_bits(table.T)
    names = next(
        (
            (str(node.input[1]), str(node.input[2]))
            for node in graph.proto.node
            if node.op_type == "MatMulNBits"
            and _holds(graph, node.input[1], data)
            and _holds(graph, node.input[2], scales)
        ),
        None,
    )
    if names is None:
        names = f"{look_up.input[0]}.q8", f"{look_up.input[0]}.scales"
        for name, value in zip(names, (data, scales), strict=True):
            graph.proto.initializer.append(numpy_helper.from_array(value, name))
    embedded = look_up.output[0]
    nodes = [
        helper.make_node("Reshape", [names[1], "embedding.blocks"], ["embedding.scales"], name="embedding.scales"),
        helper.make_node(
            "GatherBlockQuantized",
            [names[0], look_up.input[1], "embedding.scales"],
            ["embedding.parts"],
            name="embedding.parts",
            domain=MICROSOFT,
            gather_axis=0,
            quantize_axis=2,
            block_size=BLOCK,
            bits=8,
        ),
        helper.make_node("Reshape", ["embedding.parts", "embedding.joined"], [embedded], name="embedding"),
    ]
    shapes = {"embedding.blocks": [rows, width // BLOCK, 1], "embedding.joined": [0, 0, width]}
    for name, shape in shapes.items():
        graph.proto.initializer.append(numpy_helper.from_array(np.array(shape, np.int64), name))
    others = [node for node in graph.proto.node if node is not look_up]
    del graph.proto.node[:]
    graph.proto.node.extend([*nodes, *others])
    drop_unused(model)
    declare_microsoft(model)
    return True


def _holds(graph: Graph, name: str, array: NDArray[Any]) -> bool:
    """Whether a weight of the graph is this array."""
    tensor = graph.constants.get(name)
    if tensor is None or tuple(tensor.dims) != array.shape:
        return False
    value = graph.value(name)
    return value is not None and np.array_equal(value, array)


class _Products:
    """The products with constant weights, and what takes their place.

    names: of the weights that were replaced; tensors: the new weights, by name.
    """

    def __init__(self, model: Any) -> None:
        self.constants = {tensor.name: tensor for tensor in model.graph.initializer}
        self.transposed = {
            node.output[0]: node.input[0] for node in model.graph.node if node.op_type == "Transpose" and node.input
        }
        self.names: set[str] = set()
        self.tensors: dict[str, Any] = {}
        self._summed: set[str] = set()

    def weights(self, node: Any) -> NDArray[np.float32] | None:
        """[K, N] of a product with constant weights; None for other nodes."""
        from onnx import numpy_helper

        if node.op_type != "MatMul":
            return None
        source = self.transposed.get(node.input[1], node.input[1])
        if source not in self.constants or len(self.constants[source].dims) != 2:
            return None
        array: NDArray[np.float32] = numpy_helper.to_array(self.constants[source])
        return array if source == node.input[1] else array.T

    def eight(self, node: Any, weights: NDArray[np.float32]) -> Any:
        """The node of 8 bits."""
        name = node.input[1]
        if name not in self.names:
            data, scales = in_8_bits(weights)
            self._keep(name, {f"{name}.q8": data, f"{name}.scales": scales})
        return _product(node, weights.shape, 8, node.output[0])

    def four(self, node: Any, weights: NDArray[np.float32]) -> list[Any]:
        """The nodes of 4 bits; products of the same input share its sums."""
        from onnx import helper

        x, name, y = node.input[0], node.input[1], node.output[0]
        if name not in self.names:
            data, scales, least = in_4_bits(weights)
            rest = np.ascontiguousarray((least + 8 * scales).T, np.float32)
            self._keep(name, {f"{name}.q4": data, f"{name}.scales": scales, f"{name}.rest": rest})
        nodes = []
        if x not in self._summed:
            self._summed.add(x)
            sums = f"block_sums.{len(weights)}"
            if sums not in self.tensors:
                self._keep("", {sums: _block_sums(len(weights))})
            nodes.append(helper.make_node("MatMul", [x, sums], [f"{x}.sums"], name=f"{x}.sums"))
        return [
            *nodes,
            _product(node, weights.shape, 4, f"{y}.q4"),
            helper.make_node("MatMul", [f"{x}.sums", f"{name}.rest"], [f"{y}.rest"], name=f"{y}.rest"),
            helper.make_node("Add", [f"{y}.q4", f"{y}.rest"], [y], name=f"{y}.sum"),
        ]

    def _keep(self, name: str, arrays: dict[str, NDArray[Any]]) -> None:
        from onnx import numpy_helper

        if name:
            self.names.add(name)
        self.tensors.update({key: numpy_helper.from_array(array, key) for key, array in arrays.items()})


def _product(node: Any, shape: tuple[int, ...], bits: int, output: str) -> Any:
    """`MatMulNBits` in place of a product with weights of the shape [K, N]."""
    from onnx import helper

    x, name = node.input
    return helper.make_node(
        "MatMulNBits",
        [x, f"{name}.q{bits}", f"{name}.scales"],
        [output],
        name=node.name,
        domain=MICROSOFT,
        K=shape[0],
        N=shape[1],
        bits=bits,
        block_size=BLOCK,
        accuracy_level=4,
    )


def _block_sums(inputs: int) -> NDArray[np.float32]:
    """[K, ceil(K / 32)]: 1 where an input is of a block."""
    blocks = -(-inputs // BLOCK)
    return np.repeat(np.eye(blocks, dtype=np.float32), BLOCK, axis=0)[:inputs]


def _output_projection(model: Any) -> Any:
    """The product that makes the logits, or None."""
    try:
        return Graph(model).back_to("logits", "MatMul", ("Add", "Mul", "Div", "Tanh", "Cast"))
    except NotRewritable:
        return None
