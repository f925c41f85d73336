"""Weights in blocks of 32 inputs that share a scale: 8 bits symmetric, 4 bits with a least value of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

BLOCK = 32
NARROWER = (0.0, 0.05)
"""Where the search for 4-bit steps begins: shares of a block's range left out at either end."""
_ROUNDS = 3
_LEVELS = 15
_CHUNK = 1 << 20  # blocks, to bound the memory of the search


def in_8_bits(weights: NDArray[np.float32]) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """[K, N] float32 -> data [N, ceil(K / 32), 32] and scales [N, ceil(K / 32)]; w = scale * (data - 128).

    Round to nearest with scale = max|w| / 127, which restores a GGUF's Q8_0 exactly.
    """
    grouped = _grouped(weights, "constant")
    scales = np.abs(grouped).max(-1) / np.float32(127)
    steps = np.where(scales > 0, scales, np.float32(1))[..., None]
    return (np.rint(grouped / steps) + 128).astype(np.uint8), scales


def in_4_bits(
    weights: NDArray[np.float32],
) -> tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.float32]]:
    """[K, N] float32 -> data [N, ceil(K / 32), 16], scales and least values [N, ceil(K / 32)].

    w = scale * q + least with q of 0..15, two of them in a byte, the earlier one in its lower half. A block that is of
    that form, as in a GGUF's Q4_1, is restored exactly. For others the squared error is made small: from the whole
    range and from a narrower one, nearest levels and best line through them take turns.
    """
    grouped = _grouped(weights, "edge")  # a repeated weight does not widen its block's range
    flat = grouped.reshape(-1, BLOCK)
    found = [_levels(flat[start : start + _CHUNK]) for start in range(0, len(flat), _CHUNK)]
    levels, scales, least = (np.concatenate(parts) for parts in zip(*found, strict=True))
    shape = grouped.shape[:2]
    packed = levels[:, 0::2] | levels[:, 1::2] << np.uint8(4)
    return packed.reshape(*shape, BLOCK // 2), scales.reshape(shape), least.reshape(shape)


def _grouped(weights: NDArray[np.float32], filling: str) -> NDArray[np.float32]:
    """[K, N] -> [N, ceil(K / 32), 32]"""
    inputs, outputs = weights.shape
    room = ((0, 0), (0, -inputs % BLOCK))
    padded = np.pad(weights.T, room, mode="edge" if filling == "edge" else "constant")
    return np.ascontiguousarray(padded, np.float32).reshape(outputs, -1, BLOCK)


def _levels(blocks: NDArray[np.float32]) -> tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.float32]]:
    """[M, 32] -> levels [M, 32] of 0..15, scales [M], least values [M]."""
    low, high = blocks.min(-1), blocks.max(-1)
    scales, least = (high - low) / np.float32(_LEVELS), low
    levels = _nearest(blocks, scales, least)
    errors = _errors(blocks, levels, scales, least)
    rest = np.flatnonzero(errors > 1e-12 * np.square(high - low))
    open_blocks, low, high = blocks[rest], low[rest], high[rest]
    for share in NARROWER if rest.size else ():
        bottom = low + np.float32(share) * (high - low)
        step = (high - low) * np.float32((1 - 2 * share) / _LEVELS)
        for _ in range(_ROUNDS):
            candidate = _nearest(open_blocks, step, bottom)
            step, bottom = _line(open_blocks, candidate, step)
            found = _errors(open_blocks, candidate, step, bottom)
            better = found < errors[rest]
            at = rest[better]
            levels[at], scales[at], least[at] = candidate[better], step[better], bottom[better]
            errors[at] = found[better]
    return levels, scales, least


def _nearest(blocks: NDArray[np.float32], scales: NDArray[np.float32], least: NDArray[np.float32]) -> NDArray[np.uint8]:
    steps = np.where(scales > 0, scales, np.float32(1))
    return np.clip(np.rint((blocks - least[:, None]) / steps[:, None]), 0, _LEVELS).astype(np.uint8)


def _line(
    blocks: NDArray[np.float32], levels: NDArray[np.uint8], scales: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Scale and least value of the best line through the levels; the scale as it was where they are all one."""
    x = levels.astype(np.float32)
    middle_x, middle_y = x.mean(-1, keepdims=True), blocks.mean(-1, keepdims=True)
    spread = np.square(x - middle_x).sum(-1)
    joint = ((x - middle_x) * (blocks - middle_y)).sum(-1)
    slopes = np.where(spread > 0, joint / np.where(spread > 0, spread, 1), scales).astype(np.float32)
    return slopes, middle_y[:, 0] - slopes * middle_x[:, 0]


def _errors(
    blocks: NDArray[np.float32],
    levels: NDArray[np.uint8],
    scales: NDArray[np.float32],
    least: NDArray[np.float32],
) -> NDArray[np.float32]:
    """Squared error of each block."""
    errors: NDArray[np.float32] = np.square(levels * scales[:, None] + least[:, None] - blocks).sum(-1)
    return errors
