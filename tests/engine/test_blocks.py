"""Weights in blocks: how far they move."""

from __future__ import annotations

import numpy as np
from hypothesis import given, strategies as st

from gamegen.engine.blocks import BLOCK, in_4_bits, in_8_bits

SHAPES = st.tuples(st.integers(1, 80), st.integers(1, 5))
SEEDS = st.integers(0, 2**32 - 1)


def random_weights(shape: tuple[int, int], seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def restored_8(weights: np.ndarray) -> np.ndarray:
    data, scales = in_8_bits(weights)
    values = (data.astype(np.float32) - 128) * scales[..., None]
    return values.reshape(len(data), -1)[:, : weights.shape[0]].T


def restored_4(weights: np.ndarray) -> np.ndarray:
    data, scales, least = in_4_bits(weights)
    levels = np.stack([data & 15, data >> 4], axis=-1).reshape(*data.shape[:2], BLOCK)
    values = levels * scales[..., None] + least[..., None]
    return values.reshape(len(data), -1)[:, : weights.shape[0]].T


def of_blocks(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """A number for each block [N, blocks] -> one for each weight [K, N]."""
    return np.repeat(values, BLOCK, axis=1)[:, : weights.shape[0]].T


@given(SHAPES, SEEDS)
def test_in_8_bits_no_weight_moves_by_more_than_half_a_step(shape: tuple[int, int], seed: int) -> None:
    weights = random_weights(shape, seed)
    _, scales = in_8_bits(weights)
    assert (np.abs(restored_8(weights) - weights) <= of_blocks(scales, weights) * 0.501).all()


@given(st.integers(1, 4), st.integers(1, 5), SEEDS)
def test_weights_that_had_8_bits_are_restored_exactly(blocks: int, outputs: int, seed: int) -> None:
    draws = np.random.default_rng(seed)
    levels = draws.integers(-127, 128, (outputs, blocks, BLOCK))
    levels[..., 0] = 127  # the greatest level is in use, as it is after any quantisation by range
    scales = draws.random((outputs, blocks, 1)).astype(np.float16).astype(np.float32)
    weights = (levels * scales).astype(np.float32).reshape(outputs, -1).T
    np.testing.assert_allclose(restored_8(weights), weights, rtol=1e-6)


@given(st.integers(1, 4), st.integers(1, 5), SEEDS)
def test_weights_that_had_4_bits_and_a_least_value_are_restored_exactly(blocks: int, outputs: int, seed: int) -> None:
    draws = np.random.default_rng(seed)
    levels = draws.integers(0, 16, (outputs, blocks, BLOCK))
    levels[..., :2] = 0, 15
    scales = draws.random((outputs, blocks, 1)).astype(np.float16).astype(np.float32)
    least = draws.normal(size=(outputs, blocks, 1)).astype(np.float16).astype(np.float32)
    weights = (levels * scales + least).astype(np.float32).reshape(outputs, -1).T
    assert np.abs(restored_4(weights) - weights).max() <= 1e-6 * np.abs(weights).max()


@given(SHAPES, SEEDS)
def test_the_search_for_4_bit_steps_never_makes_a_block_worse(shape: tuple[int, int], seed: int) -> None:
    weights = random_weights(shape, seed)
    padded = np.pad(weights.T, ((0, 0), (0, -len(weights) % BLOCK)), mode="edge").reshape(shape[1], -1, BLOCK)
    low, high = padded.min(-1, keepdims=True), padded.max(-1, keepdims=True)
    step = np.where(high > low, (high - low) / 15, 1)
    nearest = np.rint((padded - low) / step) * step + low
    data, scales, least = in_4_bits(weights)
    levels = np.stack([data & 15, data >> 4], axis=-1).reshape(padded.shape)
    found = levels * scales[..., None] + least[..., None]
    allowed = np.square(nearest - padded).sum(-1) * (1 + 1e-4) + 1e-9
    assert (np.square(found - padded).sum(-1) <= allowed).all()


def test_the_search_for_4_bit_steps_takes_off_a_tenth_of_the_error() -> None:
    weights = random_weights((1024, 16), 5)
    blocks = weights.T.reshape(-1, BLOCK)
    low = blocks.min(-1, keepdims=True)
    step = (blocks.max(-1, keepdims=True) - low) / 15
    nearest = np.rint((blocks - low) / step) * step + low
    error = np.square(restored_4(weights) - weights).sum()
    assert error < 0.9 * np.square(nearest - blocks).sum()


def test_equal_weights_stay_as_they_are() -> None:
    for value in (0.0, 0.25):
        weights = np.full((40, 3), value, np.float32)
        assert (restored_4(weights) == weights).all()
    assert (restored_8(np.zeros((40, 3), np.float32)) == 0).all()


def test_padding_does_not_widen_the_range_of_a_block() -> None:
    weights = (5 + random_weights((40, 2), 1) / 100).astype(np.float32)
    _, scales, _ = in_4_bits(weights)
    assert scales.max() < 0.01
