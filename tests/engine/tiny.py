"""Small stand-ins for a model: a byte-level tokenizer, a cache session of plain numpy, two one-layer graphs."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from gamegen._random import digest
from gamegen.engine.grammar import Grammars
from gamegen.engine.scheduler import Scheduler
from gamegen.engine.session import KVSession

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


@functools.cache
def grammars() -> Grammars:
    return Grammars(tokenizer_json(), VOCABULARY, (0,), encode)


class NumpySession(KVSession):
    """Logits are noise drawn from the tokens of the slot alone: a model that depends on its whole past."""

    bytes_per_token = 1000

    def __init__(self) -> None:
        super().__init__()
        self.vocabulary = VOCABULARY
        self.held: list[list[int]] = []
        self.prefills: list[tuple[int, ...]] = []
        self.decodes: list[int] = []
        """Rows of each decode call."""

    def resize(self, rows: int, spare: int, capacity: int) -> None:
        super().resize(rows, spare, capacity)
        self.held = [[] for _ in range(rows + spare)]

    def _extend(self, slot: int, tokens: Sequence[int], start: int, wanted: bool) -> Any:
        self.prefills.append(tuple(tokens))
        self.held[slot] = [*self.held[slot][:start], *tokens]
        assert len(self.held[slot]) == start + len(tokens) <= self.capacity
        return self._logits(slot) if wanted else None

    def copy_prefix(self, source: int, slot: int, length: int) -> None:
        assert len(self.held[source]) >= length
        self.held[slot] = self.held[source][:length]
        self.lengths[slot] = length

    def decode(self, slots: Sequence[int], tokens: Sequence[int], wanted: Sequence[int]) -> Any:
        self.decodes.append(len(slots))
        assert list(slots) == sorted(slots)
        for slot, token in zip(slots, tokens, strict=True):
            self.held[slot] = [*self.held[slot][: self.lengths[slot]], token]
            self.lengths[slot] += 1
            assert self.lengths[slot] == len(self.held[slot]) <= self.capacity
        return np.array([self._logits(slots[i]) for i in wanted]).reshape(len(wanted), self.vocabulary)

    def _logits(self, slot: int) -> Any:
        seed = int.from_bytes(digest(*self.held[slot])[:8], "little")
        return (4 * np.random.default_rng(seed).standard_normal(self.vocabulary)).astype(np.float32)


def scheduler(session: KVSession | None = None, **options: Any) -> Scheduler:
    defaults: dict[str, Any] = {"batch_size": 8, "context": 4096}
    return Scheduler(session or NumpySession(), grammars(), encode, **(defaults | options))


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
    """A layer that remembers: keys grow as in optimum's graphs, the logits follow from the sum of all values."""
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
        helper.make_node("ReduceSum", ["present.0.value", "axes"], ["summed"], keepdims=0),
        helper.make_node("Reshape", ["summed", "flat"], ["last"]),
        helper.make_node("MatMul", ["last", "plain_head"], ["logits"]),
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
        "flat": np.array([0, 1, KV_HEADS * SIZE], np.int64),
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
