"""Keys and values in 8 bits: a quarter of the memory and of the traffic that attention waits for.

`GroupQueryAttention` keeps key k of channel d as round(k / c_d), c_d = max|k_d| / 127 over sample texts, and so for
values. The greatest ones stand at a text's first position, which sees no past and therefore depends on the first token
alone: the sample holds many such beginnings.

ONNX Runtime's CPU provider knows this form from version 1.26 on; a graph without it is kept beside (docs/engine.md).
It has two kernels. The one that works in blocks is made for long texts; the plain one is faster on short ones, and runs
where attention has a sink: every node gets one that weighs nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gamegen.engine.verify import RewrittenGraph

_INPUTS = 12
"""Inputs of GroupQueryAttention before the scales; the last of them is the sink."""
_NOTHING = np.float32(-1e30)
"""A sink's logit whose exponential is 0 beside any other."""
_SMALLEST = np.float32(1e-6)


def observe_cache(graph: RewrittenGraph, texts: Iterable[Sequence[int]]) -> dict[str, NDArray[np.float32]]:
    """The greatest magnitude [Hkv * D] of each channel of each cache, by the input's name.

    graph: float32, with one row that holds the longest text.
    """
    found: dict[str, NDArray[np.float32]] = {}
    for text in texts:
        graph.logits(text)
        for name, cache in graph.cache.items():
            values = np.abs(cache[0, :, : len(text)]).max(axis=1).reshape(-1)
            found[name] = np.maximum(found.get(name, values), values)
    return found


def quantize_cache(model: Any, ranges: dict[str, NDArray[np.float32]]) -> None:
    """Make the caches of a rewritten `onnx.ModelProto` int8, in place. ranges: see `observe_cache`."""
    from onnx import TensorProto, helper, numpy_helper

    for value in (*model.graph.input, *model.graph.output):
        if value.name.startswith(("past_key_values.", "present.")):
            value.type.tensor_type.elem_type = TensorProto.INT8
    sinks: dict[str, NDArray[np.float32]] = {}
    for node in model.graph.node:
        if node.op_type != "GroupQueryAttention":
            continue
        inputs = [*node.input, *[""] * (_INPUTS - len(node.input))]
        if not inputs[-1]:
            heads = next(attribute.i for attribute in node.attribute if attribute.name == "num_heads")
            inputs[-1] = f"no_sink.{heads}"
            sinks[inputs[-1]] = np.full(heads, _NOTHING, np.float32)
        for name in node.input[3:5]:
            scales = np.maximum(ranges[name], _SMALLEST) / np.float32(127)
            model.graph.initializer.append(numpy_helper.from_array(scales, f"{name}.scales"))
            inputs.append(f"{name}.scales")
        del node.input[:]
        node.input.extend(inputs)
        node.attribute.extend(
            [
                helper.make_attribute("k_quant_type", "PER_CHANNEL"),
                helper.make_attribute("v_quant_type", "PER_CHANNEL"),
                helper.make_attribute("kv_cache_bit_width", 8),
            ]
        )
    model.graph.initializer.extend(numpy_helper.from_array(value, name) for name, value in sinks.items())
