"""Opens a graph as a session of ONNX Runtime on one device, and says by name what is wrong with it."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from gamegen.engine.session import InPlaceSession, KVSession, PlainSession

if TYPE_CHECKING:
    import onnxruntime

Device = Literal["cpu", "cuda", "dml"]
PROVIDERS: dict[Device, str] = {
    "cpu": "CPUExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "dml": "DmlExecutionProvider",
}
_INPUTS = {
    "rewritten": {"input_ids", "seqlens_k", "total_sequence_length", "logits_index"},
    "plain": {"input_ids", "attention_mask"},
}


class UnfitGraph(Exception):
    """The graph is not one of ours; the text says what is missing."""


def open_session(
    graph: Path,
    form: Literal["rewritten", "plain"],
    device: Device = "cpu",
    threads: int | None = None,
    device_memory: int | None = None,
) -> KVSession:
    """Load a graph. `threads`: of one operator; None leaves the choice to ONNX Runtime. `device_memory`: bytes that
    ONNX Runtime may take on a CUDA device, keys and values not counted.

    Raises UnfitGraph, or whatever ONNX Runtime raises for a file that it cannot load (`runtime` translates).
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.enable_mem_pattern = False  # shapes differ from step to step; DirectML asks for it, too
    options.add_session_config_entry("session.intra_op.allow_spinning", "1")
    if threads is not None:
        options.intra_op_num_threads = threads
    chosen: list[Any] = [PROVIDERS[device]]
    if device == "cuda" and device_memory is not None:
        limits = {"gpu_mem_limit": str(device_memory), "arena_extend_strategy": "kSameAsRequested"}
        chosen = [(PROVIDERS[device], limits)]
    if device == "dml":
        options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    if device != "cpu":
        chosen.append(PROVIDERS["cpu"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a provider that does not start shows in `providers`
        session = onnxruntime.InferenceSession(str(graph), options, providers=chosen)
    _check_interface(session, form)
    return InPlaceSession(session, device) if form == "rewritten" else PlainSession(session)


def _check_interface(session: onnxruntime.InferenceSession, form: str) -> None:
    inputs = {value.name for value in session.get_inputs()}
    caches = [value for value in session.get_inputs() if value.name.startswith("past_key_values.")]
    missing = sorted(_INPUTS[form] - inputs)
    if not caches:
        missing.append("past_key_values.*")
    if all(value.name != "logits" for value in session.get_outputs()):
        missing.append("logits")
    if missing:
        raise UnfitGraph(f"expected a {form} decoder graph, found none of {', '.join(missing)}")
    if any(len(value.shape) != 4 or not isinstance(value.shape[3], int) for value in caches):
        raise UnfitGraph("expected caches [B, heads, T, size] of a fixed size")


def identity_session(providers: list[str], dtype: np.dtype[Any]) -> onnxruntime.InferenceSession:
    """A session whose graph is one Identity: ONNX Runtime's only copy from device to device.

    The ModelProto is encoded here (Protocol Buffers wire format; field numbers of onnx.proto3), since the runtime
    does without the onnx package.
    """
    import onnxruntime

    def field(number: int, value: int | bytes) -> bytes:
        if isinstance(value, int):
            return bytes([number << 3, value])
        return bytes([number << 3 | 2, len(value)]) + value

    kind = {"float32": 1, "int8": 3, "float16": 10}[dtype.name]  # TensorProto.DataType
    dims = b"".join(field(1, field(2, axis)) for axis in (b"b", b"h", b"t", b"d"))
    tensor = field(2, field(1, field(1, kind) + field(2, dims)))  # TypeProto.tensor_type: element type, shape
    node = field(1, b"x") + field(2, b"y") + field(4, b"Identity")
    graph = field(1, node) + field(2, b"copy") + field(11, field(1, b"x") + tensor) + field(12, field(1, b"y") + tensor)
    model = field(1, 8) + field(7, graph) + field(8, field(2, 17))  # ir_version, graph, opset
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(model, options, providers=providers)
