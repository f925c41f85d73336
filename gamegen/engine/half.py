"""A rewritten graph in float16, for GPUs: weights, rotary tables, keys and values; logits come out as float32.

Norms and attention sum in float32 whatever the type of their inputs. The conversion itself is
`onnxruntime.transformers.float16`, which comes with ONNX Runtime and needs no torch.
"""

from __future__ import annotations

import sys
from typing import Any


def to_half(model: Any) -> Any:
    """The float16 form of a rewritten float32 `onnx.ModelProto`, which is consumed: use only the result.

    Weights beyond the range of float16 become its greatest number; whether the whole stays close is for the divergence
    to say.
    """
    path = list(sys.path)
    try:
        from onnxruntime.transformers.float16 import convert_float_to_float16
    finally:
        sys.path[:] = path  # that package puts its own folder there, and its modules have names like "benchmark"
    return convert_float_to_float16(
        model,
        keep_io_types=["logits"],
        disable_shape_infer=True,  # it cannot see through ONNX Runtime's own operators
        op_block_list=[],  # every operator of a rewritten graph takes float16
    )
