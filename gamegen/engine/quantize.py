"""Weights in 8 bits: each constant matrix product becomes a `com.microsoft.MatMulNBits`.

Symmetric round-to-nearest per block of 32 inputs, w = scale * (q - 128) with scale = max|w| / 127; activations are
quantised on the fly by the kernel (accuracy level 4). The embedding stays as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gamegen.engine.graph import MICROSOFT, declare_microsoft

if TYPE_CHECKING:
    from numpy.typing import NDArray

BLOCK = 32
_ZERO = 128  # what MatMulNBits takes for zero at 8 bits when it is given no zero points


def quantize_weights(weights: NDArray[np.float32]) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """[K, N] float32 -> [N, ceil(K / 32), 32] uint8 and its scales, [N, ceil(K / 32)]."""
    inputs, outputs = weights.shape
    blocks = -(-inputs // BLOCK)
    padded = np.zeros((outputs, blocks * BLOCK), np.float32)
    padded[:, :inputs] = weights.T
    grouped = padded.reshape(outputs, blocks, BLOCK)
    scales = np.abs(grouped).max(-1) / np.float32(127)
    steps = np.where(scales > 0, scales, np.float32(1))[..., None]
    return (np.rint(grouped / steps) + _ZERO).astype(np.uint8), scales


def quantize(model: Any) -> int:
    """Quantise an `onnx.ModelProto` in place; returns how many products were replaced."""
    from onnx import helper, numpy_helper

    graph = model.graph
    constants = {tensor.name: tensor for tensor in graph.initializer}
    transposed = {node.output[0]: node.input[0] for node in graph.node if node.op_type == "Transpose"}
    packed: dict[str, tuple[int, int]] = {}
    tensors = []
    nodes = []
    for node in graph.node:
        source = transposed.get(node.input[1], node.input[1]) if node.op_type == "MatMul" else ""
        if source not in constants or len(constants[source].dims) != 2:
            nodes.append(node)
            continue
        if node.input[1] not in packed:
            weights = numpy_helper.to_array(constants[source])
            if source != node.input[1]:
                weights = weights.T
            packed[node.input[1]] = weights.shape
            data, scales = quantize_weights(weights)
            tensors.append(numpy_helper.from_array(data, f"{node.input[1]}.q8"))
            tensors.append(numpy_helper.from_array(scales, f"{node.input[1]}.scales"))
        inputs, outputs = packed[node.input[1]]
        nodes.append(
            helper.make_node(
                "MatMulNBits",
                [node.input[0], f"{node.input[1]}.q8", f"{node.input[1]}.scales"],
                list(node.output),
                name=node.name,
                domain=MICROSOFT,
                K=inputs,
                N=outputs,
                bits=8,
                block_size=BLOCK,
                accuracy_level=4,
            )
        )
    used = {name for node in nodes if node.op_type != "Transpose" for name in node.input}
    nodes = [node for node in nodes if node.op_type != "Transpose" or node.output[0] in used]
    used = {name for node in nodes for name in node.input}
    kept = [tensor for tensor in graph.initializer if tensor.name in used]
    del graph.node[:], graph.initializer[:]
    graph.node.extend(nodes)
    graph.initializer.extend([*kept, *tensors])
    declare_microsoft(model)
    return len(packed)
