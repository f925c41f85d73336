"""What the graph computes for the sampler, beside what numpy says of the same logits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from gamegen.engine.head import GROUP, add_head, head

onnx = pytest.importorskip("onnx")

WIDTHS = (1, 63, 64, 65, 320, 1000)
Run = Callable[..., tuple[Any, Any]]


def graph(width: int) -> Any:
    """A graph whose logits [n, width] are its input."""
    value = onnx.helper.make_tensor_value_info
    node = onnx.helper.make_node("Identity", ["x"], ["logits"])
    kinds = [value(name, onnx.TensorProto.FLOAT, ["n", width]) for name in ("x", "logits")]
    opset = onnx.helper.make_opsetid("", 18)
    model = onnx.helper.make_model(
        onnx.helper.make_graph([node], "logits", kinds[:1], kinds[1:]), ir_version=10, opset_imports=[opset]
    )
    add_head(model, width)
    onnx.checker.check_model(model)
    return model


@pytest.fixture(scope="module")
def run() -> Run:
    """Peaks and norms of logits, by the graph."""
    import onnxruntime

    known: dict[tuple[int, int], Any] = {}

    def compute(logits: Any, threads: int = 1) -> tuple[Any, Any]:
        key = logits.shape[1], threads
        if key not in known:
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = threads
            content = graph(key[0]).SerializeToString()
            known[key] = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        return tuple(known[key].run(["peaks", "norms"], {"x": logits}))

    return compute


def noise(rows: int, width: int, seed: int = 0, scale: float = 4.0) -> Any:
    return (scale * np.random.default_rng(seed).standard_normal((rows, width))).astype(np.float32)


@settings(deadline=None)
@given(
    rows=st.integers(0, 5), width=st.sampled_from(WIDTHS), seed=st.integers(0, 999), scale=st.sampled_from([0.1, 30])
)
def test_the_graph_computes_what_numpy_computes(rows: int, width: int, seed: int, scale: float, run: Run) -> None:
    logits = noise(rows, width, seed, scale)
    for peaks, norms in (run(logits), head(logits)):
        assert (peaks.shape, norms.shape) == ((rows, -(-width // GROUP)), (rows,))
        assert (peaks.dtype, norms.dtype) == (np.float32, np.float32)
        for row in range(rows):
            groups = [logits[row, start : start + GROUP].max() for start in range(0, width, GROUP)]
            assert peaks[row].tolist() == groups
            expected = np.logaddexp.reduce(logits[row].astype(np.float64))
            assert norms[row] == pytest.approx(expected, abs=1e-5, rel=1e-5)


def test_large_logits_do_not_overflow(run: Run) -> None:
    logits = np.array([[1000, 1000, -1000]], np.float32)
    for _, norms in (run(logits), head(logits)):
        assert norms[0] == pytest.approx(1000 + np.log(2))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("place", [0, 63, 64, 999])
def test_logits_that_are_not_numbers_show_in_the_norm_of_their_row_alone(bad: float, place: int, run: Run) -> None:
    logits = noise(3, 1000)
    logits[1, place] = bad
    for _, norms in (run(logits), head(logits)):
        assert np.isfinite(norms).tolist() == [True, False, True]


def test_a_token_without_any_probability_is_a_number(run: Run) -> None:
    logits = noise(1, 100)
    logits[0, 64:] = -np.inf
    for _, norms in (run(logits), head(logits)):
        assert np.isfinite(norms).all()


@pytest.mark.parametrize("width", [320, 1001, 4099, 49_152])
def test_a_rows_bits_depend_on_neither_its_neighbours_nor_the_threads(width: int, run: Run) -> None:
    logits = noise(64, width)
    for compute in (run, lambda logits, threads: head(logits)):
        expected = [compute(logits[row : row + 1], 1) for row in range(64)]
        for threads in (1, 2):
            for rows in (2, 3, 4, 5, 7, 16, 31, 64):
                peaks, norms = compute(logits[:rows], threads)
                assert peaks.tobytes() == b"".join(each.tobytes() for each, _ in expected[:rows])
                assert norms.tobytes() == b"".join(each.tobytes() for _, each in expected[:rows])
