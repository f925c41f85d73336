"""Small stand-ins for a model: a byte-level tokenizer, a cache session of plain numpy, two one-layer graphs."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from gamegen.cards import CHATML
from gamegen.engine import runtime
from gamegen.engine.grammar import Grammars
from gamegen.engine.manifest import Manifest, Source, folder_entries, write_manifest
from gamegen.engine.scheduler import Scheduler
from gamegen.engine.session import KVSession, Logits
from gamegen.engine.tasks import Tasks

CORPUS = (
    "The lens is in the harbor, and the harbor is in the fog. The smith sold it, the guild bought it.",
    'They said: "the ferry waits." It’s the bell — not the tide… {"title":"The Bell","xp":120,"goals":["a","b"]}',
    "Hearth, hammer, anvil! Nobody leaves before dawn? Everything that floats is weighed and counted.",
)


@functools.cache
def tokenizer_json() -> str:
    """A byte-level BPE tokenizer of 600 tokens; id 0 is <eos>."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(
        vocab_size=600, special_tokens=["<eos>"], initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(CORPUS * 3, trainer)
    return str(tokenizer.to_str())


def encode(text: str) -> list[int]:
    return list(_tokenizer().encode(text, add_special_tokens=False).ids)


@functools.cache
def _tokenizer() -> Any:
    from tokenizers import Tokenizer

    return Tokenizer.from_str(tokenizer_json())


VOCABULARY = 640
"""Wider than the tokenizer, as models' logits often are."""

Held = tuple[int, int, int]
"""A token in a slot, its place in the call that computed it, and how many tokens that call had."""


@functools.cache
def grammars() -> Grammars:
    return Grammars(tokenizer_json(), VOCABULARY, (0,), encode)


class NumpySession(KVSession):
    """Logits are noise drawn from what a slot holds: its tokens and how they were cut into calls.

    A model that depends on its whole past, and whose bits change with every other cut.
    """

    bytes_per_token = 1000

    def __init__(self) -> None:
        super().__init__()
        self.vocabulary = VOCABULARY
        self.held: list[list[Held]] = []
        self.kept: dict[int, list[Held]] = {}
        self.size = 0
        self.prefills: list[tuple[int, ...]] = []
        self.decodes: list[int] = []
        """Rows of each decode call."""

    def resize(self, rows: int, capacity: int) -> None:
        super().resize(rows, capacity)
        self.held = [[] for _ in range(rows + 1)]

    def reserve_pages(self, count: int, size: int) -> None:
        self.pages, self.size = count, size

    def save_page(self, slot: int, start: int, page: int) -> None:
        assert 0 <= page < self.pages
        self.kept[page] = self.held[slot][start : start + self.size]
        assert len(self.kept[page]) == self.size

    def load_pages(self, pages: Sequence[int], slot: int) -> None:
        self.held[slot] = [one for page in pages for one in self.kept[page]]
        self.lengths[slot] = len(self.held[slot])
        assert self.lengths[slot] <= self.capacity

    def _extend(self, slot: int, tokens: Sequence[int], start: int, wanted: Sequence[int]) -> Logits:
        self.prefills.append(tuple(tokens))
        new = [(token, place, len(tokens)) for place, token in enumerate(tokens)]
        self.held[slot] = [*self.held[slot][:start], *new]
        assert len(self.held[slot]) == start + len(tokens) <= self.capacity
        return self._logits([(slot, start + place + 1) for place in wanted])

    def copy(self, source: int, slot: int, length: int) -> None:
        assert len(self.held[source]) >= length
        self.held[slot] = self.held[source][:length]
        self.lengths[slot] = length

    def decode(self, slots: Sequence[int], tokens: Sequence[int], wanted: Sequence[int]) -> Logits:
        self.decodes.append(len(slots))
        assert list(slots) == sorted(slots)
        for slot, token in zip(slots, tokens, strict=True):
            self.held[slot] = [*self.held[slot][: self.lengths[slot]], (token, 0, 1)]
            self.lengths[slot] += 1
            assert self.lengths[slot] == len(self.held[slot]) <= self.capacity
        return self._logits([(slots[i], self.lengths[slots[i]]) for i in wanted])

    def _logits(self, places: Sequence[tuple[int, int]]) -> Logits:
        """Of the first `length` tokens of a slot, for each (slot, length)."""
        values = np.empty((len(places), self.vocabulary), np.float32)
        for row, (slot, length) in enumerate(places):
            name = hashlib.blake2b(np.array(self.held[slot][:length], np.int64).tobytes(), digest_size=8)
            values[row] = np.random.default_rng(int.from_bytes(name.digest(), "little")).standard_normal(VOCABULARY)
        return Logits.of(4 * values)


def schedulers(
    session: KVSession | None = None, workers: int = 1, context: int = 4096, prefix: Sequence[int] = (), **options: Any
) -> list[Scheduler]:
    defaults: dict[str, Any] = {"batch_size": 8, "memory": runtime.MEMORY, "prefix_cache": True}
    tasks = Tasks(grammars(), encode, context=context, prefix=prefix)
    return runtime._schedulers(session or NumpySession(), tasks, workers, **(defaults | options))


def scheduler(session: KVSession | None = None, **options: Any) -> Scheduler:
    return schedulers(session, **options)[0]


HEADS, KV_HEADS, SIZE, WIDTH = 4, 2, 16, 64


def _weights() -> dict[str, Any]:
    noise = np.random.default_rng(7)
    shapes = {
        "embedding": (VOCABULARY, WIDTH),
        "query": (WIDTH, HEADS * SIZE),
        "key": (WIDTH, KV_HEADS * SIZE),
        "value": (WIDTH, KV_HEADS * SIZE),
        "head": (HEADS * SIZE, VOCABULARY),
        "plain_head": (KV_HEADS * SIZE, VOCABULARY),
    }
    return {name: noise.standard_normal(shape).astype(np.float32) for name, shape in shapes.items()}


def write_in_place_graph(path: Path) -> Path:
    """One layer of GroupQueryAttention with the interface of a rewritten graph."""
    from onnx import TensorProto, helper

    caches = [f"past_key_values.0.{part}" for part in ("key", "value")]
    nodes = [
        helper.make_node("Gather", ["embedding", "input_ids"], ["hidden"]),
        *(helper.make_node("MatMul", ["hidden", name], [f"{name}s"]) for name in ("query", "key", "value")),
        helper.make_node(
            "GroupQueryAttention",
            ["querys", "keys", "values", *caches, "seqlens_k", "total_sequence_length"],
            ["attended", "present.0.key", "present.0.value"],
            domain="com.microsoft",
            num_heads=HEADS,
            kv_num_heads=KV_HEADS,
        ),
        helper.make_node("Reshape", ["attended", "flat"], ["positions"]),
        helper.make_node("Gather", ["positions", "logits_index"], ["picked"]),
        helper.make_node("MatMul", ["picked", "head"], ["logits"]),
    ]
    cache = ["b", KV_HEADS, "t", SIZE]
    inputs = [
        ("input_ids", TensorProto.INT64, ["b", "s"]),
        ("seqlens_k", TensorProto.INT32, ["b"]),
        ("total_sequence_length", TensorProto.INT32, []),
        ("logits_index", TensorProto.INT64, ["n"]),
        *((f"past_key_values.0.{part}", TensorProto.FLOAT, cache) for part in ("key", "value")),
    ]
    outputs = [
        ("logits", TensorProto.FLOAT, ["n", VOCABULARY]),
        *((f"present.0.{part}", TensorProto.FLOAT, cache) for part in ("key", "value")),
    ]
    return _write(path, nodes, inputs, outputs, {"flat": np.array([-1, HEADS * SIZE], np.int64)})


def write_plain_graph(path: Path) -> Path:
    """A layer that remembers: caches grow as in optimum's graphs, logits follow from the sum of all values so far."""
    from onnx import TensorProto, helper

    nodes: list[Any] = [helper.make_node("Gather", ["embedding", "input_ids"], ["hidden"])]
    for part in ("key", "value"):
        nodes += [
            helper.make_node("MatMul", ["hidden", part], [f"{part}s"]),
            helper.make_node("Reshape", [f"{part}s", "split"], [f"{part}_heads"]),
            helper.make_node("Transpose", [f"{part}_heads"], [f"new_{part}"], perm=[0, 2, 1, 3]),
            helper.make_node("Concat", [f"past_key_values.0.{part}", f"new_{part}"], [f"present.0.{part}"], axis=2),
        ]
    nodes += [
        helper.make_node("ReduceSum", ["past_key_values.0.value", "axes"], ["past_sum"], keepdims=1),
        helper.make_node("CumSum", ["new_value", "axis"], ["new_sums"]),
        helper.make_node("Add", ["past_sum", "new_sums"], ["sums"]),
        helper.make_node("Transpose", ["sums"], ["positions"], perm=[0, 2, 1, 3]),
        helper.make_node("Reshape", ["positions", "flat"], ["rows"]),
        helper.make_node("MatMul", ["rows", "plain_head"], ["logits"]),
    ]
    inputs = [
        ("input_ids", TensorProto.INT64, ["b", "s"]),
        ("attention_mask", TensorProto.INT64, ["b", "p"]),
        *((f"past_key_values.0.{part}", TensorProto.FLOAT, ["b", KV_HEADS, "t", SIZE]) for part in ("key", "value")),
    ]
    outputs = [
        ("logits", TensorProto.FLOAT, ["b", "s", VOCABULARY]),
        *((f"present.0.{part}", TensorProto.FLOAT, ["b", KV_HEADS, "u", SIZE]) for part in ("key", "value")),
    ]
    constants = {
        "split": np.array([0, 0, KV_HEADS, SIZE], np.int64),
        "axes": np.array([2], np.int64),
        "axis": np.array(2, np.int64),
        "flat": np.array([0, 0, KV_HEADS * SIZE], np.int64),
    }
    return _write(path, nodes, inputs, outputs, constants)


def _write(path: Path, nodes: list[Any], inputs: Any, outputs: Any, constants: dict[str, Any]) -> Path:
    import onnx
    from onnx import helper, numpy_helper

    used = {name for node in nodes for name in node.input}
    tensors = {name: value for name, value in (_weights() | constants).items() if name in used}
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info(*value) for value in inputs],
        [helper.make_tensor_value_info(*value) for value in outputs],
        [numpy_helper.from_array(value, name) for name, value in tensors.items()],
    )
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=10)
    onnx.save(model, str(path))
    return path


def write_model_folder(path: Path, form: Literal["rewritten", "plain"], **changes: Any) -> Path:
    """A model folder of one of these graphs. changes: of its manifest."""
    path.mkdir()
    (write_in_place_graph if form == "rewritten" else write_plain_graph)(path / "model.onnx")
    (path / "tokenizer.json").write_text(tokenizer_json(), encoding="utf-8")
    values: dict[str, Any] = {
        "id": "tiny",
        "source": Source("onnx", "tiny"),
        "licence": "Apache-2.0",
        "precision": "fp32",
        "graph": form,
        "architecture": "tiny",
        "layers": 1,
        "kv_heads": KV_HEADS,
        "head_dim": SIZE,
        "vocab": VOCABULARY,
        "context_length": 256,
        "eos": (0,),
        "prefix": (),
        "verification": {},
        "files": folder_entries(path),
        "card_form": CHATML,
    }
    write_manifest(path, Manifest(**(values | changes)))
    return path
