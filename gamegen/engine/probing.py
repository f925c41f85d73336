"""What a layer's attention computes, told from its values: the graph's own nodes are run on small inputs.

So it does not matter how an exporter spells a mask, a scale or a rotary embedding, and a graph is refused rather than
misread: `prove` runs a layer and what takes its place side by side.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from gamegen.engine.attention import Attention, linear
from gamegen.engine.subgraph import Graph, NotRewritable, Part

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Table = NDArray[np.float32]

SAME = 1e-4
"""Relative difference of outputs that two forms of a layer may show."""


def window(graph: Graph, attention: Attention, context: int) -> int:
    """How many positions a token sees, itself among them; -1: all that a context of so many holds.

    `GroupQueryAttention` counts its window in the same way, and so does transformers.
    """
    part = graph.part([attention.bias], attention.fresh)

    def visible(past: int, new: int) -> NDArray[np.bool_]:
        """[new, past + new]: which positions each of the new tokens sees."""
        (bias,) = part.run(past, new, _filled(attention, new, 0))
        if bias.size != new * (past + new) or bias.shape[-1] != past + new:
            raise NotRewritable(f"layer {attention.layer}: the mask differs between heads")
        if not ((bias == 0) | (bias < -1e4)).all():
            raise NotRewritable(f"layer {attention.layer}: the scores are biased by more than a mask")
        seen: NDArray[np.bool_] = bias.reshape(new, past + new) == 0
        return seen

    size = int(visible(context - 1, 1).sum())
    edge = max(min(size - 3, context - 6), 0)
    for past, new in ((context - 1, 1), (0, min(context, 16)), (edge, min(context, 6))):
        positions, others = past + np.arange(new)[:, None], np.arange(past + new)
        if not np.array_equal(visible(past, new), (others <= positions) & (others > positions - size)):
            raise NotRewritable(f"layer {attention.layer}: the mask is not causal, or no window of the last positions")
    return -1 if size == context else size


def scale(graph: Graph, attention: Attention) -> float:
    """By what the products of queries and keys are multiplied."""
    (scores,) = graph.part([attention.scores], attention.fresh).run(0, 1, _filled(attention, 1, 1))
    found = float(scores.reshape(-1)[0]) / attention.head_size
    if not 0 < found < np.inf:
        raise NotRewritable(f"layer {attention.layer}: the scores have no positive scale")
    return found


def rotary_tables(graph: Graph, cos: str, sin: str, positions: int) -> tuple[Table, Table]:
    """cos and sin of each position, [positions, R / 2] of R rotated dimensions, whatever scaling the graph computes."""
    part = graph.part([cos, sin])
    whole, beginning = (part.run(0, length, {}) for length in (positions, min(positions, 16)))
    halves = []
    for table, start in zip(whole, beginning, strict=True):
        rows = table.reshape(-1, table.shape[-1]) if table.ndim else table
        half = rows.shape[-1] // 2
        if rows.shape[:1] != (positions,) or not half or not np.array_equal(rows[:, :half], rows[:, half:]):
            raise NotRewritable("the rotary embedding is not of the half-and-half form")
        if not np.array_equal(start.reshape(-1), rows[: min(positions, 16)].reshape(-1)):
            raise NotRewritable("the rotary embedding changes with the length of the text")
        halves.append(np.ascontiguousarray(rows[:, :half]))
    return halves[0], halves[1]


def prove(graph: Graph, attention: Attention, nodes: Sequence[Any], constants: Sequence[Any]) -> None:
    """Run the layer's nodes and those that replace them on random numbers. Raises NotRewritable where they differ.

    constants: the new weights of `nodes`, their rotary tables and shapes.
    """
    roots = _roots(graph, attention)
    outputs = [attention.output, *attention.present]
    given: dict[str, np.dtype[Any]] = dict.fromkeys((*roots, *graph.embeddings), np.dtype(np.float32))
    old = graph.part(outputs, given)
    given.update(dict.fromkeys(("seqlens_k", "total_sequence_length"), np.dtype(np.int32)))
    projections = graph.needed_for({name for node in nodes for name in node.input}, given)
    new = Part(graph, [*projections, *nodes], outputs, given, constants)
    draws = np.random.default_rng(attention.layer)
    for past, count in ((0, 9), (5, 1), (6, 4)):
        inputs = {name: draws.standard_normal((1, count, width), np.float32) for name, width in roots.items()}
        caches = (1, attention.kv_heads, past, attention.head_size)
        for name in attention.cache:
            inputs[name] = draws.standard_normal(caches, np.float32)
        expected = old.run(past, count, inputs)
        lengths = {"seqlens_k": np.array([past + count - 1], np.int32)}
        lengths["total_sequence_length"] = np.array(past + count, np.int32)
        room = ((0, 0), (0, 0), (0, count), (0, 0))
        grown = {name: np.pad(inputs[name], room) for name in attention.cache}
        for before, after in zip(expected, new.run(past, count, {**inputs, **lengths, **grown}), strict=True):
            if before.shape != after.shape or not np.abs(before - after).max() <= SAME * np.abs(before).max():
                raise NotRewritable(f"layer {attention.layer}: the attention is of another kind")


def _roots(graph: Graph, attention: Attention) -> dict[str, int]:
    """The tensors that the layer's attention comes from, with the size of their last dimension."""
    roots = {}
    for heads in (attention.query, attention.key, attention.value):
        node = graph.producer.get(heads.flat)
        tensor = node.input[0] if node is not None and node.op_type == "Slice" else heads.flat
        found = linear(graph, tensor)
        if found is not None:
            roots[found.x] = int(graph.constants[found.weight].dims[0])
        else:
            roots[tensor] = heads.width
    return roots


def _filled(attention: Attention, new: int, value: float) -> dict[str, Table]:
    """Rotated queries and keys, and values, of one number throughout."""
    sizes = (attention.heads, attention.kv_heads, attention.kv_heads)
    return {
        name: np.full((1, heads, new, attention.head_size), value, np.float32)
        for name, heads in zip(attention.fresh, sizes, strict=True)
    }
