"""Key/value caches in slots over an ONNX Runtime session: prefill a slot, copy one to another, decode many at once.

Two kinds of graphs stand behind one interface (their inputs and outputs: see `gamegen.engine.graph`):

- `InPlaceSession`, the rewritten graph: keys and values lie in [slots, Hkv, T, D] buffers, bound as past and present
  at once, so that they never move. A slot is a contiguous slice of each buffer and is bound alone for its prefill.
- `PlainSession`, optimum's own graph: each step returns longer keys and values. Slots of equal length run together, so
  that nothing is padded; slower.

Bits: a slot's logits depend on its own tokens and on how they were cut into calls, never on its neighbours. One token
at a time and two or more at a time run different kernels, so the cuts must be a function of the slot's job alone.
"""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from gamegen.engine.head import NORMS, PEAKS, head

if TYPE_CHECKING:
    import onnxruntime
    from numpy.typing import NDArray

PREFILL_CHUNK = 128
"""Most tokens of one prefill call: longer ones are slower per token, and need more memory for their activations."""


@dataclass(frozen=True, slots=True)
class Logits:
    """Logits of n positions. values: [n, V] float32; peaks, norms: see `gamegen.engine.head`."""

    values: NDArray[np.float32]
    peaks: NDArray[np.float32]
    norms: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.values)

    @classmethod
    def of(cls, values: NDArray[np.float32]) -> Logits:
        return cls(values, *head(values))

    @classmethod
    def joined(cls, parts: Sequence[Logits]) -> Logits:
        """One after the other; at least one."""
        if len(parts) == 1:
            return parts[0]
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in cls.__slots__))


class KVSession(ABC):
    """Slots with room for `capacity` tokens each: first `rows` that decode, then a spare one for prompts.

    Call `resize` before use.
    """

    vocabulary: int
    """V: the width of the logits."""
    bytes_per_token: int
    """Memory of one token's keys and values, all layers."""
    overhead: int = 1
    """How many copies of the caches exist at the peak of a step."""
    pages: int = 0
    """Pages that `save_page` can keep."""

    def __init__(self, providers: Sequence[str] = ()) -> None:
        self.providers = tuple(providers)
        """The execution providers that ONNX Runtime really took."""
        self.rows = 0
        self.capacity = 0
        self.lengths: list[int] = []
        """Tokens in each slot."""
        self.seconds = 0.0
        """Spent inside the model's session so far."""

    def sibling(self) -> Self:
        """Other slots over the same graph, and the same pages: for another thread."""
        twin = copy.copy(self)
        twin.seconds = 0.0
        twin._forget()
        return twin

    def _forget(self) -> None:
        """Hold no slot, and share none."""
        self.rows = self.capacity = 0
        self.lengths = []

    def resize(self, rows: int, capacity: int) -> None:
        """Room for `rows` + 1 slots of `capacity` tokens. Everything that was in them is gone; pages stay."""
        self.rows, self.capacity = rows, capacity
        self.lengths = [0] * (rows + 1)

    def prefill(self, slot: int, tokens: Sequence[int], start: int, wanted: int = 1) -> Logits | None:
        """Put `tokens` into the slot from position `start`; what stood there and behind is dropped.

        wanted: after how many of the last tokens logits are returned; None for 0.
        """
        found = []
        for first in range(0, len(tokens), PREFILL_CHUNK):
            part = tokens[first : first + PREFILL_CHUNK]
            skipped = min(max(len(tokens) - wanted - first, 0), len(part))
            logits = self._extend(slot, part, start + first, range(skipped, len(part)))
            self.lengths[slot] = start + first + len(part)
            if len(logits):
                found.append(logits)
        return Logits.joined(found) if found else None

    @abstractmethod
    def _extend(self, slot: int, tokens: Sequence[int], start: int, wanted: Sequence[int]) -> Logits:
        """One call of `prefill`, at most PREFILL_CHUNK tokens. `wanted`: the positions among them that get logits."""

    @abstractmethod
    def copy(self, source: int, slot: int, length: int) -> None:
        """Make the slot hold the first `length` tokens of `source`."""

    @abstractmethod
    def decode(self, slots: Sequence[int], tokens: Sequence[int], wanted: Sequence[int]) -> Logits:
        """Append one token to each of the slots (ascending).

        Returns the logits of the slots `slots[i] for i in wanted`, in that order.
        """

    def reserve_pages(self, count: int, size: int) -> None:
        """Memory for `count` pages of `size` tokens; a session that cannot keep pages keeps none."""
        self.pages = 0

    def save_page(self, slot: int, start: int, page: int) -> None:
        """Keep the tokens of a slot from `start` on as a page."""
        raise NotImplementedError

    def load_pages(self, pages: Sequence[int], slot: int) -> None:
        """Make the slot hold these pages, in their order, and nothing else."""
        raise NotImplementedError


class InPlaceSession(KVSession):
    """The rewritten graph. On CPU and CUDA slots are slices of common buffers; on DirectML, whose buffers cannot be
    sliced by pointer, each slot has its own and rows run one by one. Pages are kept on CPU.

    GPU kernels may give a row other bits in a batch of another size, so on CUDA every step runs all `rows`.
    """

    def __init__(self, session: onnxruntime.InferenceSession, device: str = "cpu") -> None:
        super().__init__(session.get_providers())
        self.session = session
        self.device = device
        outputs = {value.name: value for value in session.get_outputs()}
        self.vocabulary = int(outputs["logits"].shape[1])
        self._outputs = [name for name in ("logits", PEAKS, NORMS) if name in outputs]
        inputs = [value for value in session.get_inputs() if value.name.startswith("past_key_values.")]
        self.names = [value.name for value in inputs]
        self.dtype = np.dtype({"tensor(int8)": np.int8, "tensor(float16)": np.float16}.get(inputs[0].type, np.float32))
        self.shape = [(int(value.shape[1]), int(value.shape[3])) for value in inputs]
        self.bytes_per_token = sum(self.dtype.itemsize * heads * size for heads, size in self.shape)
        self._buffers: list[list[Any]] = []
        self._pages: list[NDArray[Any]] = []
        """Per cache [pages, Hkv, size, D]."""
        self._page_size = 0
        self._copier: Any = None
        self._bindings: dict[tuple[int, int], Any] = {}
        """(first slot, slots) -> their caches bound, which hardly ever change."""

    def _forget(self) -> None:
        super()._forget()
        self._buffers, self._bindings = [], {}

    def resize(self, rows: int, capacity: int) -> None:
        super().resize(rows, capacity)
        self._bindings.clear()
        self._buffers = []  # give the old ones back first
        shapes = [(heads, capacity, size) for heads, size in self.shape]
        if self.device == "cpu":
            # Zeroed pages of memory cost nothing until they are written.
            self._buffers = [[np.zeros((rows + 1, *shape), self.dtype)] for shape in shapes]
            return
        from onnxruntime import OrtValue

        common = self.device == "cuda"
        slots, count = (rows + 1, 1) if common else (1, rows + 1)
        self._buffers = [
            [OrtValue.ortvalue_from_shape_and_type([slots, *shape], self.dtype, self.device, 0) for _ in range(count)]
            for shape in shapes
        ]

    def reserve_pages(self, count: int, size: int) -> None:
        if self.device == "cpu":
            self.pages, self._page_size = count, size
            self._pages = [np.zeros((count, heads, size, width), self.dtype) for heads, width in self.shape]

    def save_page(self, slot: int, start: int, page: int) -> None:
        for (buffer,), pages in zip(self._buffers, self._pages, strict=True):
            pages[page] = buffer[slot, :, start : start + self._page_size]

    def load_pages(self, pages: Sequence[int], slot: int) -> None:
        ids, size = list(pages), self._page_size
        for (buffer,), kept in zip(self._buffers, self._pages, strict=True):
            heads, _, width = buffer[slot].shape
            # A view: an axis that is split never needs a copy.
            place = buffer[slot, :, : len(ids) * size].reshape(heads, len(ids), size, width)
            place[:] = kept[ids].swapaxes(0, 1)
        self.lengths[slot] = len(ids) * size

    def _extend(self, slot: int, tokens: Sequence[int], start: int, wanted: Sequence[int]) -> Logits:
        ids = np.array([tokens], np.int64)
        return self._run(slot, 1, ids, np.array([start + len(tokens) - 1], np.int32), wanted)

    def copy(self, source: int, slot: int, length: int) -> None:
        self.lengths[slot] = length
        if source == slot:
            return
        if self.device == "cpu":
            for (buffer,) in self._buffers:
                buffer[slot, :, :length] = buffer[source, :, :length]
            return
        if self._copier is None:
            from gamegen.engine.opening import identity_session

            self._copier = identity_session(self.session.get_providers(), self.dtype)
        for index in range(len(self.names)):
            binding = self._copier.io_binding()
            self._bind(binding.bind_input, "x", index, source, 1)
            self._bind(binding.bind_output, "y", index, slot, 1)
            self._copier.run_with_iobinding(binding)

    def decode(self, slots: Sequence[int], tokens: Sequence[int], wanted: Sequence[int]) -> Logits:
        if self.device == "dml":
            kept = set(wanted)
            found = [
                self._extend(slot, [token], self.lengths[slot], [0] if i in kept else [])
                for i, (slot, token) in enumerate(zip(slots, tokens, strict=True))
            ]
            parts = [found[i] for i in wanted] or [Logits.of(np.empty((0, self.vocabulary), np.float32))]
            logits = Logits.joined(parts)
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

    def _run(self, first: int, count: int, ids: Any, seqlens: Any, index: Sequence[int]) -> Logits:
        """One run over the slots first..first+count-1; `index` as the graph's logits_index."""
        binding = self._bindings.get((first, count))
        if binding is None:
            binding = self._bindings[first, count] = self.session.io_binding()
            for i, name in enumerate(self.names):
                self._bind(binding.bind_input, name, i, first, count)
                self._bind(binding.bind_output, name.replace("past_key_values", "present", 1), i, first, count)
        binding.bind_cpu_input("input_ids", ids)
        binding.bind_cpu_input("seqlens_k", seqlens)
        binding.bind_cpu_input("total_sequence_length", np.array(int(seqlens.max()) + 1, np.int32))
        binding.bind_cpu_input("logits_index", np.array(index, np.int64))
        for name in self._outputs:
            binding.bind_output(name, "cpu")
        start = perf_counter()
        self.session.run_with_iobinding(binding)
        self.seconds += perf_counter() - start
        values, *rest = (value.numpy() for value in binding.get_outputs()[-len(self._outputs) :])
        return Logits(values, *rest) if rest else Logits.of(values)

    def _bind(self, bind: Any, name: str, index: int, first: int, count: int) -> None:
        """Bind slots first..first+count-1 of one buffer to an input or an output."""
        heads, size = self.shape[index]
        parts = self._buffers[index]
        if self.device == "dml":
            pointer = parts[first].data_ptr()
        else:
            base = parts[0].ctypes.data if self.device == "cpu" else parts[0].data_ptr()
            pointer = base + self.dtype.itemsize * first * heads * self.capacity * size
        bind(name, self.device, 0, self.dtype, [count, heads, self.capacity, size], pointer)


class PlainSession(KVSession):
    """Optimum's graph. A slot is one row of a block of keys and values that it may share with other slots; blocks are
    never written to, so copying a slot only notes it down."""

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
        self._saved: dict[int, list[Any]] = {}

    def _forget(self) -> None:
        super()._forget()
        self._held = {}

    def resize(self, rows: int, capacity: int) -> None:
        super().resize(rows, capacity)
        self._held = {}

    def reserve_pages(self, count: int, size: int) -> None:
        self.pages, self._page_size = count, size
        self._saved = {}

    def save_page(self, slot: int, start: int, page: int) -> None:
        block, row = self._held[slot]
        self._saved[page] = [part[row : row + 1, :, start : start + self._page_size].copy() for part in block]

    def load_pages(self, pages: Sequence[int], slot: int) -> None:
        parts = zip(*(self._saved[page] for page in pages), strict=True)
        self._held[slot] = [np.concatenate(part, axis=2) for part in parts], 0
        self.lengths[slot] = len(pages) * self._page_size

    def _extend(self, slot: int, tokens: Sequence[int], start: int, wanted: Sequence[int]) -> Logits:
        self.lengths[slot] = start
        values = self._run([slot], np.array([tokens], np.int64))[0]
        return Logits.of(values[list(wanted)])

    def copy(self, source: int, slot: int, length: int) -> None:
        self._held[slot] = self._held[source]
        self.lengths[slot] = length

    def decode(self, slots: Sequence[int], tokens: Sequence[int], wanted: Sequence[int]) -> Logits:
        groups: dict[int, list[int]] = {}
        for i, slot in enumerate(slots):
            groups.setdefault(self.lengths[slot], []).append(i)
        logits = np.empty((len(slots), self.vocabulary), np.float32)
        for length, group in groups.items():
            members = [slots[i] for i in group]
            logits[group] = self._run(members, np.array([[tokens[i]] for i in group], np.int64))[:, -1]
            for slot in members:
                self.lengths[slot] = length + 1
        return Logits.of(logits[list(wanted)])

    def _run(self, slots: Sequence[int], ids: Any) -> Any:
        """Append ids [n, S] to n slots of one length. Logits [n, S, V]."""
        count, new = ids.shape
        past = self.lengths[slots[0]]
        feeds = dict(zip(self.names, self._past(slots, past), strict=True))
        feeds["input_ids"] = ids
        feeds["attention_mask"] = np.ones((count, past + new), np.int64)
        if "position_ids" in self.inputs:
            feeds["position_ids"] = np.tile(np.arange(past, past + new, dtype=np.int64), (count, 1))
        start = perf_counter()
        logits, *present = self.session.run(self._outputs, feeds)
        self.seconds += perf_counter() - start
        for i, slot in enumerate(slots):
            self._held[slot] = (present, i)
        return logits

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
