"""Proofs about a model before it is used: the graphs agree, the tokens mean their bytes, the bits are stable.

Differences of logits are relative: the greatest difference at a position over the greatest magnitude there.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gamegen._random import digest, uniform
from gamegen._resources import folder
from gamegen.engine.tokenizer import special_ids

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Logits = NDArray[np.float32]

CPU = "CPUExecutionProvider"
ROWS = (1, 2, 4, 7, 32)
"""Batch sizes at which a row's bits are compared."""
LONG = 256
"""Tokens of each of the texts over which the loss of precision is measured."""
HELD_OUT, CALIBRATION = 8, 10
"""How many such texts there are to measure with, and how many others to choose scales by."""
_BEGINNINGS = 400
_TYPES: dict[str, Any] = {"tensor(float)": np.float32, "tensor(float16)": np.float16, "tensor(int8)": np.int8}


class GraphFailed(Exception):
    """ONNX Runtime cannot open or run a graph; the text is the first line of its reason."""


class PlainGraph:
    """Optimum's graph as exported, driven for measuring: one row."""

    def __init__(self, model: Path, provider: str = CPU) -> None:
        self.session = open_session(model, provider)
        self.inputs = {value.name: value for value in self.session.get_inputs()}

    def logits(self, tokens: Sequence[int], split: int = 0) -> Logits:
        """[S, V]: what follows each token of a text; the tokens from `split` on run upon the past of the others."""
        past = {
            name: np.zeros((1, value.shape[1], 0, value.shape[3]), np.float32)
            for name, value in self.inputs.items()
            if name.startswith("past_key_values.")
        }
        parts = []
        for start, end in ((0, split), (split, len(tokens))):
            if start < end:
                logits, past = self._run(tokens[start:end], start, past)
                parts.append(logits)
        return np.concatenate(parts)

    def _run(self, tokens: Sequence[int], start: int, past: Mapping[str, Any]) -> tuple[Logits, dict[str, Any]]:
        end = start + len(tokens)
        feeds: dict[str, NDArray[Any]] = {
            "input_ids": np.array([tokens], np.int64),
            "attention_mask": np.ones((1, end), np.int64),
            "position_ids": np.arange(start, end, dtype=np.int64)[None],
            **past,
        }
        names = ["logits", *(name.replace("past_key_values", "present") for name in past)]
        with _translated():
            used = {name: feed for name, feed in feeds.items() if name in self.inputs}
            logits, *present = self.session.run(names, used)
        return logits[0], dict(zip(past, present, strict=True))


class RewrittenGraph:
    """The rewritten graph with a cache of `rows` x `capacity` positions that stays in place."""

    def __init__(self, model: Path, rows: int, capacity: int, provider: str = CPU) -> None:
        self.session = open_session(model, provider)
        self.capacity = capacity
        self.lengths = [0] * rows
        self.cache: dict[str, NDArray[Any]] = {}
        for value in self.session.get_inputs():
            if value.name.startswith("past_key_values."):
                shape = (rows, value.shape[1], capacity, value.shape[3])
                self.cache[value.name] = np.zeros(shape, _TYPES[value.type])

    def logits(self, tokens: Sequence[int]) -> Logits:
        """[S, V]: what follows each token of a text, computed in the first row from an empty cache."""
        self.lengths[0] = 0
        return self.prompt(0, tokens)

    def prompt(self, row: int, tokens: Sequence[int]) -> Logits:
        """Append tokens to one row; logits after each of them, [S, V]."""
        return self._step(slice(row, row + 1), np.array([tokens], np.int64))

    def step(self, tokens: Sequence[int]) -> Logits:
        """Append one token to each row; logits of each row, [B, V]."""
        return self._step(slice(0, len(tokens)), np.array(tokens, np.int64)[:, None])

    def everything(self, tokens: Sequence[int]) -> list[NDArray[Any]]:
        """As `step`, with the logits and what the graph computes of them, each [B, ...]."""
        names = [value.name for value in self.session.get_outputs() if not value.name.startswith("present.")]
        return self._run(slice(0, len(tokens)), np.array(tokens, np.int64)[:, None], names)

    def outputs(self, tokens: Sequence[int], names: Sequence[str]) -> list[NDArray[Any]]:
        """Other outputs of the graph for a text in the first row, from an empty cache."""
        self.lengths[0] = 0
        return self._run(slice(0, 1), np.array([tokens], np.int64), names)

    def _step(self, rows: slice, ids: NDArray[np.int64]) -> Logits:
        logits: Logits = self._run(rows, ids, ["logits"])[0]
        return logits

    def _run(self, rows: slice, ids: NDArray[np.int64], names: Sequence[str]) -> list[NDArray[Any]]:
        after = [length + ids.shape[1] for length in self.lengths[rows]]
        self.lengths[rows] = after
        binding = self.session.io_binding()
        binding.bind_cpu_input("input_ids", ids)
        binding.bind_cpu_input("seqlens_k", np.array(after, np.int32) - 1)
        binding.bind_cpu_input("total_sequence_length", np.array(max(after), np.int32))
        binding.bind_cpu_input("logits_index", np.arange(ids.size, dtype=np.int64))
        for name, buffer in self.cache.items():
            part = buffer[rows]
            place = ("cpu", 0, part.dtype, part.shape, part.ctypes.data)
            binding.bind_input(name, *place)
            binding.bind_output(name.replace("past_key_values", "present"), *place)
        for name in names:
            binding.bind_output(name, "cpu")
        with _translated():
            self.session.run_with_iobinding(binding)
        return [value.numpy() for value in binding.get_outputs()[-len(names) :]]


AnyGraph = PlainGraph | RewrittenGraph


def open_graph(model: Path, kind: str, capacity: int) -> AnyGraph:
    """`kind` is the manifest's: "plain" or "rewritten"."""
    return PlainGraph(model) if kind == "plain" else RewrittenGraph(model, 1, capacity)


def open_session(model: Path, provider: str = CPU, threads: int = 0) -> Any:
    """An ONNX Runtime session that prints nothing. `threads` 0: all cores. Raises GraphFailed."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = threads
    with _translated():
        return onnxruntime.InferenceSession(str(model), options, providers=[provider])


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    """ONNX Runtime's exceptions have no base class of their own."""
    try:
        yield
    except Exception as error:
        lines = str(error).splitlines() or [type(error).__name__]
        raise GraphFailed(lines[0][:200]) from error


def relative_difference(expected: Logits, found: Logits) -> float:
    """The greatest over positions of max |expected - found| / max |expected|; infinite where a value is not finite."""
    if not np.isfinite(found).all():
        return float("inf")
    return float((np.abs(expected - found).max(-1) / np.abs(expected).max(-1)).max())


def compare_graphs(plain: PlainGraph, rewritten: RewrittenGraph, texts: Sequence[Sequence[int]]) -> float:
    """How far the rewritten graph is from the plain one over three texts (token ids, at least 16 each).

    Each text is run as one prompt, in uneven chunks upon a past, and at the end token by token with the others, so
    that rows of different lengths share a batch. `rewritten` has a row for each text.
    """
    expected = [plain.logits(text) for text in texts]
    worst = 0.0
    for row, text in enumerate(texts):
        worst = max(worst, relative_difference(expected[row], rewritten.logits(text)))
    rewritten.lengths = [0] * len(rewritten.lengths)
    steps = 6
    for row, text in enumerate(texts):
        for start, end in _chunks(len(text) - steps):
            worst = max(worst, relative_difference(expected[row][start:end], rewritten.prompt(row, text[start:end])))
    for step in range(-steps, 0):
        found = rewritten.step([text[step] for text in texts])
        worst = max(worst, relative_difference(np.stack([logits[step] for logits in expected]), found))
    return worst


def _chunks(length: int) -> Iterator[tuple[int, int]]:
    """Uneven chunks of a prompt: 5, 1, 9, 1, 5, 1 ... tokens."""
    start, sizes = 0, (5, 1, 9, 1)
    turn = 0
    while start < length:
        end = min(length, start + sizes[turn % len(sizes)])
        yield start, end
        start, turn = end, turn + 1


def divergence(expected: Logits, found: Logits) -> NDArray[np.float64]:
    """Kullback-Leibler divergence of next-token distributions at each position, in nats."""
    p, q = expected - expected.max(-1, keepdims=True), found - found.max(-1, keepdims=True)
    weights, others = np.exp(p), np.exp(q)
    total, other = (x.sum(-1, dtype=np.float64) for x in (weights, others))
    p -= q
    weights *= p  # the terms sum to KL: sum(w (p - q)) / total - log(total / other)
    result: NDArray[np.float64] = weights.sum(-1, dtype=np.float64) / total - np.log(total / other)
    return result


def mean_divergence(expected: AnyGraph, found: AnyGraph, texts: Sequence[Sequence[int]]) -> float:
    """Mean KL(expected || found) over all positions of the texts."""
    values = [divergence(expected.logits(text), found.logits(text)) for text in texts]
    return float(np.concatenate(values).mean())


def stable_bits(graph: RewrittenGraph, texts: Sequence[Sequence[int]], rows: Sequence[int] = ROWS) -> bool:
    """Whether a row's logits, and what is computed of them, have the same bits beside no, one and many other rows.

    graph: with at least max(rows) rows, and a capacity of the longest text and three.
    """
    seen: set[bytes] = set()
    for count in rows:
        graph.lengths = [0] * len(graph.lengths)
        steps: list[bytes] = []
        for row in range(count):
            text = texts[row % len(texts)]
            graph.prompt(row, text[: len(text) - row % 8])
        for _ in range(3):
            outputs = graph.everything([7 + row for row in range(count)])
            steps.append(b"".join(values[0].tobytes() for values in outputs))
        seen.add(b"".join(steps))
    return len(seen) == 1


@dataclass(frozen=True, slots=True)
class Samples:
    """Token ids to measure with.

    short:       three texts, one of them random ids, to compare two graphs position by position.
    held_out:    texts over which a loss of precision is measured, about 2,000 tokens.
    calibration: other texts, by which scales are chosen.
    beginnings:  texts of one token: what stands first sees no past, and its keys and values depend on it alone.
    """

    short: tuple[list[int], ...]
    held_out: tuple[list[int], ...]
    calibration: tuple[list[int], ...]
    beginnings: tuple[list[int], ...]


def sample_texts(tokenizer_json: str, vocab: int, context: int) -> Samples:
    """The samples for a tokenizer. No text is longer than three quarters of `context`.

    The words are the examples that gamegen ships; random ids are the same on every machine.
    """
    from tokenizers import Tokenizer

    lines = []
    for path in sorted((folder("templates") / "examples").glob("*.jsonl")):
        lines += [json.loads(line)["line"] for line in path.read_text(encoding="utf-8").splitlines()]
    tokenizer = Tokenizer.from_str(tokenizer_json)
    ids = [index for index in tokenizer.encode("\n".join(lines), add_special_tokens=False).ids if index < vocab]
    length = min(LONG, context * 3 // 4)
    wanted = length * (HELD_OUT + CALIBRATION)
    ids = (ids * (wanted // max(len(ids), 1) + 1))[:wanted]
    long = [ids[start : start + length] for start in range(0, wanted, length)]
    name = digest("sample")
    noise = [int(uniform(name, position) * vocab) for position in range(_BEGINNINGS)]
    special = sorted(index for index in special_ids(tokenizer_json) if index < vocab)
    return Samples(
        short=(ids[: min(57, length)], ids[100:140][:length], noise[: min(33, length)]),
        held_out=tuple(long[::2][:HELD_OUT]),
        calibration=tuple(long[1::2] + long[2 * HELD_OUT :: 2]),
        beginnings=tuple([index] for index in dict.fromkeys([*special, *noise])),
    )
