"""What the sampler needs of the logits, computed in the graph: the peak of each group, and the log-normaliser.

A sampler looks at few of the V logits. With the greatest of each group of 64 it finds those few without reading the
rest, and with the normaliser it knows their log-probabilities.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

GROUP = 64
"""Logits of a group; the last group may be shorter."""
PEAKS, NORMS = "peaks", "norms"


def add_head(model: Any, vocabulary: int) -> None:
    """Give a rewritten `onnx.ModelProto` two outputs more, in place: peaks [N, ceil(V / 64)] and norms [N], float32."""
    from onnx import TensorProto, helper, numpy_helper

    lacking = -vocabulary % GROUP
    groups = -(-vocabulary // GROUP)
    grouped = "logits.padded" if lacking else "logits"
    nodes = [
        helper.make_node("Reshape", [grouped, "head.groups"], ["logits.groups"]),
        helper.make_node("ReduceMax", ["logits.groups", "head.last"], [PEAKS], keepdims=0),
        helper.make_node("ReduceMax", [PEAKS, "head.last"], ["logits.peak"], keepdims=1),
        # Whole groups, so that every row begins at the same alignment in memory: the order of a sum depends on it.
        helper.make_node("Sub", [grouped, "logits.peak"], ["logits.below"]),
        helper.make_node("Exp", ["logits.below"], ["logits.weights"]),
        helper.make_node("ReduceSum", ["logits.weights", "head.last"], ["logits.sum"], keepdims=1),
        # The sum of one, for its logarithm: Log takes rows in groups of four and the last ones apart, with other bits.
        helper.make_node("ReduceLogSum", ["logits.sum", "head.last"], ["logits.log"], keepdims=1),
        helper.make_node("Add", ["logits.log", "logits.peak"], ["logits.norm"]),
        helper.make_node("Squeeze", ["logits.norm", "head.last"], [NORMS]),
    ]
    tensors = {
        "head.groups": np.array([-1, groups, GROUP], np.int64),
        "head.last": np.array([-1], np.int64),
    }
    if lacking:
        nodes.insert(0, helper.make_node("Pad", ["logits", "head.padding", "head.least"], [grouped]))
        tensors["head.padding"] = np.array([0, 0, 0, lacking], np.int64)
        tensors["head.least"] = np.array(np.finfo(np.float32).min, np.float32)
    model.graph.node.extend(nodes)
    model.graph.initializer.extend(numpy_helper.from_array(value, name) for name, value in tensors.items())
    model.graph.output.extend(
        [
            helper.make_tensor_value_info(PEAKS, TensorProto.FLOAT, ["wanted", groups]),
            helper.make_tensor_value_info(NORMS, TensorProto.FLOAT, ["wanted"]),
        ]
    )


def head(logits: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The same in numpy: logits [N, V] -> peaks [N, ceil(V / 64)], norms [N]."""
    count, vocabulary = logits.shape
    groups = -(-vocabulary // GROUP)
    padded = np.full((count, groups * GROUP), np.finfo(np.float32).min, np.float32)
    padded[:, :vocabulary] = logits
    peaks = padded.reshape(count, groups, GROUP).max(axis=2)
    peak = peaks.max(axis=1, initial=np.finfo(np.float32).min)
    with np.errstate(invalid="ignore"):  # infinite ones become a norm that is no number
        weights = np.exp(logits - peak[:, None])
    return peaks, (np.log(weights.sum(axis=1, dtype=np.float32)) + peak).astype(np.float32)
