"""Key/value caches in slots over an ONNX Runtime session: prefill a slot, copy a prefix, decode many slots at once.

Two kinds of graphs stand behind one interface (their inputs and outputs: see `gamegen.engine.graph`):

- `InPlaceSession`, the rewritten graph: keys and values lie in [slots, Hkv, T, D] buffers, bound as past and present
  at once, so that they never move. A slot is a contiguous slice of each buffer and is bound alone for its prefill.
- `PlainSession`, optimum's own graph: each step returns longer keys and values. Slots of equal length run together, so
  that nothing is padded; slower.

Bits: a slot's logits depend on its own tokens and on how they were cut into calls, never on its neighbours. One token
at a time and two or more at a time run different kernels, so the cuts must be a function of the slot's job alone.
"""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

if TYPE_CHECKING:
    import onnxruntime

Device = Literal["cpu", "cuda", "dml"]

PREFILL_CHUNK = 512
"""Most tokens of one prefill call: bounds the memory of its activations."""
PADDED = range(8, 32)
"""Calls of so many tokens are padded to 32, where the 8-bit products turn to a kernel that is twice as fast
(measured: 12 tokens 69 ms, 24 tokens 108 ms, 32 tokens 50 ms). What is behind the end is never read."""


class KVSession(ABC):
    """Slots with room for `capacity` tokens each: first `rows` that decode, then spare ones that hold prefixes.

    Call `resize` before use.
    """

    vocabulary: int
    """V: the width of the logits."""
    bytes_per_token: int
    """Memory of one token's keys and values, all layers."""
    overhead: int = 1
    """How many copies of the caches exist at the peak of a step."""

    def __init__(self, providers: Sequence[str] = ()) -> None:
        self.providers = tuple(providers)
        """The execution providers that ONNX Runtime really took."""
        self.rows = 0
        self.capacity = 0
        self.lengths: list[int] = []
        """Tokens in each slot."""

    def resize(self, rows: int, spare: int, capacity: int) -> None:
        """Room for `rows` + `spare` slots of `capacity` tokens. Everything that was in them is gone."""
        self.rows, self.capacity = rows, capacity
        self.lengths = [0] * (rows + spare)

    def prefill(self, slot: int, tokens: Sequence[int], start: int, wanted: bool = True) -> Any:
        """Put `tokens` into the slot from position `start`; what stood there and behind is dropped.

        Returns the logits [V] after the last token, or None when they are not `wanted`.
        """
        logits = None
        for first in range(0, len(tokens), PREFILL_CHUNK):
            part = tokens[first : first + PREFILL_CHUNK]
            last = first + len(part) == len(tokens)
            logits = self._extend(slot, part, start + first, wanted and last)
            self.lengths[slot] = start + first + len(part)
        return logits

    @abstractmethod
    def _extend(self, slot: int, tokens: Sequence[int], start: int, wanted: bool) -> Any:
        """One call of `prefill`, at most PREFILL_CHUNK tokens."""

    @abstractmethod
    def copy_prefix(self, source: int, slot: int, length: int) -> None:
        """Make the slot hold the first `length` tokens of `source`."""

    @abstractmethod
    def decode(self, slots: Sequence[int], tokens: Sequence[int], wanted: Sequence[int]) -> Any:
        """Append one token to each of the slots (ascending).

        Returns the logits [len(wanted), V] of the slots `slots[i] for i in wanted`.
        """


class InPlaceSession(KVSession):
    """The rewritten graph. On CPU and CUDA slots are slices of common buffers; on DirectML, whose buffers cannot be
    sliced by pointer, each slot has its own and rows run one by one.

    GPU kernels may give a row other bits in a batch of another size, so on CUDA every step runs all `rows`.
    """

    def __init__(self, session: onnxruntime.InferenceSession, device: Device = "cpu") -> None:
        super().__init__(session.get_providers())
        self.session = session
        self.device = device
        self.vocabulary = int(session.get_outputs()[0].shape[1])
        inputs = [value for value in session.get_inputs() if value.name.startswith("past_key_values.")]
        self.names = [value.name for value in inputs]
        self.shape = [(int(value.shape[1]), int(value.shape[3])) for value in inputs]
        self.bytes_per_token = sum(4 * heads * size for heads, size in self.shape)
        self._buffers: list[list[Any]] = []
        self._room = 0
        """T: capacity, and positions for padding."""
        self._copier: onnxruntime.InferenceSession | None = None

    def resize(self, rows: int, spare: int, capacity: int) -> None:
        super().resize(rows, spare, capacity)
        self._buffers = []  # give the old ones back first
        slots = rows + spare
        self._room = capacity + PADDED.stop
        shapes = [(heads, self._room, size) for heads, size in self.shape]
        if self.device == "cpu":
            # Zeroed pages cost memory only once they are written.
            self._buffers = [[np.zeros((slots, *shape), np.float32)] for shape in shapes]
        else:
            from onnxruntime import OrtValue

            common = self.device == "cuda"
            self._buffers = [
                [
                    OrtValue.ortvalue_from_shape_and_type([slots if common else 1, *shape], np.float32, self.device, 0)
                    for _ in range(1 if common else slots)
                ]
                for shape in shapes
            ]

    def _extend(self, slot: int, tokens: Sequence[int], start: int, wanted: bool) -> Any:
        width = PADDED.stop if len(tokens) in PADDED else len(tokens)
        ids = np.zeros((1, width), np.int64)
        ids[0, : len(tokens)] = tokens
        index = [len(tokens) - 1] if wanted else []
        logits = self._run(slot, 1, ids, np.array([start + width - 1], np.int32), index)
        return logits[0] if wanted else None

    def copy_prefix(self, source: int, slot: int, length: int) -> None:
        self.lengths[slot] = length
        if source == slot:
            return
        if self.device == "cpu":
            for (buffer,) in self._buffers:
                buffer[slot, :, :length] = buffer[source, :, :length]
            return
        if self._copier is None:
            self._copier = _copier(self.session.get_providers())
        for index in range(len(self.names)):
            binding = self._copier.io_binding()
            self._bind(binding.bind_input, "x", index, source, 1)
            self._bind(binding.bind_output, "y", index, slot, 1)
            self._copier.run_with_iobinding(binding)

    def decode(self, slots: Sequence[int], tokens: Sequence[int], wanted: Sequence[int]) -> Any:
        if self.device == "dml":
            kept = set(wanted)
            found = [
                self._extend(slot, [token], self.lengths[slot], i in kept)
                for i, (slot, token) in enumerate(zip(slots, tokens, strict=True))
            ]
            logits = np.stack([found[i] for i in wanted]) if wanted else np.empty((0, self.vocabulary), np.float32)
        else:
            # Slots in between that take no part write one position behind their end, which their next call overwrites.
            count = self.rows if self.device == "cuda" else slots[-1] + 1
            ids = np.zeros((count, 1), np.int64)
            ids[list(slots), 0] = tokens
            seqlens = np.array(self.lengths[:count], np.int32)
            logits = self._run(0, count, ids, seqlens, [slots[i] for i in wanted])
        for slot in slots:
            self.lengths[slot] += 1
        return logits

    def _run(self, first: int, count: int, ids: Any, seqlens: Any, index: Sequence[int]) -> Any:
        """One run over the slots first..first+count-1; `index` as the graph's logits_index. Logits [len(index), V]."""
        binding = self.session.io_binding()
        binding.bind_cpu_input("input_ids", ids)
        binding.bind_cpu_input("seqlens_k", seqlens)
        binding.bind_cpu_input("total_sequence_length", np.array(int(seqlens.max()) + 1, np.int32))
        binding.bind_cpu_input("logits_index", np.array(index, np.int64))
        for i, name in enumerate(self.names):
            self._bind(binding.bind_input, name, i, first, count)
            self._bind(binding.bind_output, name.replace("past_key_values", "present", 1), i, first, count)
        binding.bind_output("logits", "cpu")
        self.session.run_with_iobinding(binding)
        return binding.get_outputs()[-1].numpy()

    def _bind(self, bind: Any, name: str, index: int, first: int, count: int) -> None:
        """Bind slots first..first+count-1 of one buffer to an input or an output."""
        heads, size = self.shape[index]
        parts = self._buffers[index]
        if self.device == "dml":
            pointer = parts[first].data_ptr()
        else:
            base = parts[0].ctypes.data if self.device == "cpu" else parts[0].data_ptr()
            pointer = base + 4 * first * heads * self._room * size
        bind(name, self.device, 0, np.float32, [count, heads, self._room, size], pointer)


class PlainSession(KVSession):
    """Optimum's graph. A slot is one row of a block of keys and values that it may share with other slots; blocks are
    never written to, so copying a prefix only notes it down."""

    overhead = 3

    def __init__(self, session: onnxruntime.InferenceSession) -> None:
        super().__init__(session.get_providers())
        self.session = session
        values = {value.name: value for value in session.get_inputs()}
        self.inputs = set(values)
        self.names = [name for name in values if name.startswith("past_key_values.")]
        self.shape = [(int(values[name].shape[1]), int(values[name].shape[3])) for name in self.names]
        self.bytes_per_token = sum(4 * heads * size for heads, size in self.shape)
        self.vocabulary = int(session.get_outputs()[0].shape[2])
        self._outputs = ["logits", *(name.replace("past_key_values", "present", 1) for name in self.names)]
        self._held: dict[int, tuple[list[Any], int]] = {}

    def resize(self, rows: int, spare: int, capacity: int) -> None:
        super().resize(rows, spare, capacity)
        self._held = {}

    def _extend(self, slot: int, tokens: Sequence[int], start: int, wanted: bool) -> Any:
        self.lengths[slot] = start
        logits = self._run([slot], np.array([tokens], np.int64))
        return logits[0].copy() if wanted else None

    def copy_prefix(self, source: int, slot: int, length: int) -> None:
        self._held[slot] = self._held[source]
        self.lengths[slot] = length

    def decode(self, slots: Sequence[int], tokens: Sequence[int], wanted: Sequence[int]) -> Any:
        groups: dict[int, list[int]] = {}
        for i, slot in enumerate(slots):
            groups.setdefault(self.lengths[slot], []).append(i)
        logits = np.empty((len(slots), self.vocabulary), np.float32)
        for length, group in groups.items():
            members = [slots[i] for i in group]
            logits[group] = self._run(members, np.array([[tokens[i]] for i in group], np.int64))
            for slot in members:
                self.lengths[slot] = length + 1
        return logits[list(wanted)]

    def _run(self, slots: Sequence[int], ids: Any) -> Any:
        """Append ids [n, S] to n slots of one length. Logits [n, V] of the last position."""
        count, new = ids.shape
        past = self.lengths[slots[0]]
        feeds = dict(zip(self.names, self._past(slots, past), strict=True))
        feeds["input_ids"] = ids
        feeds["attention_mask"] = np.ones((count, past + new), np.int64)
        if "position_ids" in self.inputs:
            feeds["position_ids"] = np.tile(np.arange(past, past + new, dtype=np.int64), (count, 1))
        logits, *present = self.session.run(self._outputs, feeds)
        for i, slot in enumerate(slots):
            self._held[slot] = (present, i)
        return logits[:, -1]

    def _past(self, slots: Sequence[int], length: int) -> list[Any]:
        """Keys and values [n, Hkv, length, D] of the slots, per layer."""
        if length == 0:
            return [np.empty((len(slots), heads, 0, size), np.float32) for heads, size in self.shape]
        block, _ = self._held[slots[0]]
        held = [self._held[slot] for slot in slots]
        together = all(part is block and row == i for i, (part, row) in enumerate(held))
        if together and block[0].shape[0] == len(slots) and block[0].shape[2] == length:
            return block
        return [
            np.concatenate([part[layer][row : row + 1, :, :length] for part, row in held])
            for layer in range(len(self.names))
        ]


def open_session(
    graph: Path, form: Literal["rewritten", "plain"], device: Device = "cpu", threads: int | None = None
) -> KVSession:
    """Load a graph. `threads`: of one operator; None leaves the choice to ONNX Runtime.

    Raises whatever ONNX Runtime raises for a file that it cannot load (`runtime.open_engine` translates).
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.enable_mem_pattern = False  # shapes differ from step to step
    if threads is not None:
        options.intra_op_num_threads = threads
    providers: list[Any] = {
        "cpu": ["CPUExecutionProvider"],
        "cuda": ["CUDAExecutionProvider", "CPUExecutionProvider"],
        "dml": ["DmlExecutionProvider", "CPUExecutionProvider"],
    }[device]
    if device == "dml":
        options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a provider that does not start shows in `providers`
        session = onnxruntime.InferenceSession(str(graph), options, providers=providers)
    return InPlaceSession(session, device) if form == "rewritten" else PlainSession(session)


def _copier(providers: list[str]) -> onnxruntime.InferenceSession:
    """A session whose graph is one Identity: ONNX Runtime's only copy from device to device.

    The ModelProto is encoded here (Protocol Buffers wire format; field numbers of onnx.proto3), since the runtime
    does without the onnx package.
    """
    import onnxruntime

    def field(number: int, value: int | bytes) -> bytes:
        if isinstance(value, int):
            return bytes([number << 3, value])
        return bytes([number << 3 | 2, len(value)]) + value

    dims = b"".join(field(1, field(2, axis)) for axis in (b"b", b"h", b"t", b"d"))
    tensor = field(2, field(1, field(1, 1) + field(2, dims)))  # TypeProto.tensor_type: float, shape
    node = field(1, b"x") + field(2, b"y") + field(4, b"Identity")
    graph = field(1, node) + field(2, b"copy") + field(11, field(1, b"x") + tensor) + field(12, field(1, b"y") + tensor)
    model = field(1, 8) + field(7, graph) + field(8, field(2, 17))  # ir_version, graph, opset
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(model, options, providers=providers)
