"""Keys and values in 8 bits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gamegen.engine import verify
from gamegen.engine.cache8 import observe_cache, quantize_cache
from gamegen.engine.graph import rewrite, save_graph
from tests.engine.conftest import SmallExport

onnx = pytest.importorskip("onnx")
TEXTS = [[(7 * i + 11 * i * i) % 300 for i in range(start, start + 40)] for start in (0, 100, 200)]


@pytest.fixture(scope="module")
def small(small_export: SmallExport, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A small Llama, rewritten: with caches in float32, and in int8."""
    folder = tmp_path_factory.mktemp("caches")
    model = rewrite(onnx.load(str(small_export("Llama"))), 256)
    save_graph(model, folder / "full.onnx")
    beginnings = [[token] for token in range(0, 320, 3)]
    runner = verify.RewrittenGraph(folder / "full.onnx", 1, 64)
    quantize_cache(model, observe_cache(runner, [*TEXTS, *beginnings]))
    save_graph(model, folder / "cache8.onnx")
    return folder / "full.onnx", folder / "cache8.onnx"


@pytest.mark.model
def test_the_ranges_are_those_of_the_cache(small: tuple[Path, Path]) -> None:
    runner = verify.RewrittenGraph(small[0], 1, 64)
    found = observe_cache(runner, TEXTS[:1])
    assert set(found) == {f"past_key_values.{layer}.{part}" for layer in range(2) for part in ("key", "value")}
    for name, values in found.items():
        assert values.shape == (2 * 16,)
        np.testing.assert_array_equal(values, np.abs(runner.cache[name][0, :, :40]).max(axis=1).reshape(-1))


@pytest.mark.model
def test_a_token_takes_a_quarter_of_the_memory(small: tuple[Path, Path]) -> None:
    full, cache8 = (verify.RewrittenGraph(path, 1, 64).cache for path in small)
    assert sum(array.nbytes for array in full.values()) == 4 * sum(array.nbytes for array in cache8.values())


@pytest.mark.model
def test_the_model_stays_close(small: tuple[Path, Path]) -> None:
    full, cache8 = (verify.RewrittenGraph(path, 1, 64) for path in small)
    assert verify.mean_divergence(full, cache8, TEXTS) < 0.005


@pytest.mark.model
def test_a_rows_bits_do_not_depend_on_the_batch(small: tuple[Path, Path]) -> None:
    assert verify.stable_bits(verify.RewrittenGraph(small[1], max(verify.ROWS), 64), TEXTS)
