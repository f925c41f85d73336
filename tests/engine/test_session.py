from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gamegen.engine.session import PREFILL_CHUNK, InPlaceSession, KVSession, _copier, open_session
from tests.engine.tiny import VOCABULARY, write_in_place_graph, write_plain_graph

Open = Callable[..., KVSession]
TOKENS = [5, 200, 3, 77, 77, 12, 600, 9]


@pytest.fixture(scope="module", params=["rewritten", "plain"])
def open_tiny(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Open:
    write = write_in_place_graph if request.param == "rewritten" else write_plain_graph
    path = write(tmp_path_factory.mktemp("graph") / "model.onnx")

    def open_it(rows: int = 6, threads: int = 1) -> KVSession:
        session = open_session(path, request.param, "cpu", threads)
        session.resize(rows, 2, 96)
        return session

    return open_it


def after(session: KVSession, slot: int, tokens: list[int]) -> Any:
    return session.prefill(slot, tokens, 0)


def test_the_session_tells_its_sizes(open_tiny: Open) -> None:
    session = open_tiny()
    assert (session.vocabulary, session.bytes_per_token) == (VOCABULARY, 2 * 2 * 16 * 4)
    assert session.providers == ("CPUExecutionProvider",)


def test_logits_depend_on_the_whole_past(open_tiny: Open) -> None:
    session = open_tiny()
    assert not np.allclose(after(session, 0, TOKENS), after(session, 1, [6, *TOKENS[1:]]))


def test_one_by_one_computes_what_a_chunk_computes(open_tiny: Open) -> None:
    session = open_tiny()
    whole = after(session, 0, TOKENS)
    session.prefill(1, TOKENS[:1], 0)
    for token in TOKENS[1:]:
        logits = session.decode([1], [token], [0])
    np.testing.assert_allclose(logits[0], whole, rtol=1e-4, atol=1e-4)
    assert session.lengths[:2] == [8, 8]


def test_a_copied_prefix_goes_on_like_its_source(open_tiny: Open) -> None:
    session = open_tiny()
    after(session, 7, TOKENS)
    session.copy_prefix(7, 2, 4)
    assert session.lengths[2] == 4
    session.prefill(3, TOKENS[:4], 0, wanted=False)
    assert (session.prefill(2, TOKENS[4:], 4) == session.prefill(3, TOKENS[4:], 4)).all()


def test_a_copy_does_not_change_with_its_source(open_tiny: Open) -> None:
    session = open_tiny()
    after(session, 0, TOKENS)
    session.copy_prefix(0, 1, 8)
    session.decode([0], [9], [])
    session.prefill(0, [1, 2, 3], 2)
    after(session, 4, TOKENS)
    fresh = session.decode([4], [11], [0])
    assert (session.decode([1], [11], [0]) == fresh).all()


def test_a_rows_bits_do_not_depend_on_its_neighbours(open_tiny: Open) -> None:
    alone, batch = open_tiny(rows=1), open_tiny(rows=6)
    alone.prefill(0, TOKENS, 0)
    for slot, past in enumerate((TOKENS, TOKENS[:3], TOKENS * 4, TOKENS[::-1], [1], TOKENS)):
        batch.prefill(slot, past, 0)
    for token in (4, 8, 15, 16):
        expected = alone.decode([0], [token], [0])[0]
        assert (batch.decode(range(6), [token, 1, 2, 3, 4, token], [0, 5]) == expected).all()


def test_rows_that_take_no_part_keep_what_they_hold(open_tiny: Open) -> None:
    session = open_tiny()
    for slot in range(3):
        session.prefill(slot, TOKENS, 0)
    session.decode([0, 2], [4, 5], [])
    assert session.lengths[:3] == [9, 8, 9]
    expected = session.decode([0, 1], [8, 4], [1])[0]
    session.copy_prefix(2, 3, 8)
    assert (session.decode([3], [4], [0])[0] == expected).all()


def test_threads_do_not_change_bits(open_tiny: Open) -> None:
    one, two = open_tiny(threads=1), open_tiny(threads=2)
    assert (after(one, 0, TOKENS) == after(two, 0, TOKENS)).all()


def test_only_the_wanted_logits_are_returned(open_tiny: Open) -> None:
    session = open_tiny()
    assert session.prefill(0, TOKENS, 0, wanted=False) is None
    session.prefill(1, TOKENS, 0, wanted=False)
    assert session.decode([0, 1], [1, 2], []).shape == (0, VOCABULARY)
    assert session.decode([0, 1], [1, 2], [1]).shape == (1, VOCABULARY)


def test_a_long_prompt_is_cut_at_fixed_places(open_tiny: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    session = open_tiny()
    whole = after(session, 0, TOKENS * 4)
    monkeypatch.setattr("gamegen.engine.session.PREFILL_CHUNK", 5)
    np.testing.assert_allclose(after(session, 1, TOKENS * 4), whole, rtol=1e-4, atol=1e-4)
    assert PREFILL_CHUNK > 5


@pytest.mark.parametrize("count", [2, 7, 8, 20, 31, 32, 40])
def test_padding_a_short_call_is_not_seen(count: int, open_tiny: Open) -> None:
    session = open_tiny()
    tokens = (TOKENS * 5)[:count]
    whole = session.prefill(0, tokens, 0)
    for token in tokens:
        logits = session.decode([1], [token], [0])
    np.testing.assert_allclose(logits[0], whole, rtol=1e-4, atol=1e-4)
    assert session.lengths[0] == count
    padded, single = session.decode([0, 1], [5, 5], [0, 1])
    np.testing.assert_allclose(padded, single, rtol=1e-4, atol=1e-4)


def test_a_full_slot_may_still_be_padded(open_tiny: Open) -> None:
    session = open_tiny()
    session.prefill(0, [3] * 86, 0)
    session.prefill(1, [4] * 96, 0)
    before = session.prefill(0, [*TOKENS, 1, 2], 86)
    session.prefill(0, [3] * 86, 0)
    assert (session.prefill(0, [*TOKENS, 1, 2], 86) == before).all()


def test_the_device_copy_is_a_graph_of_one_identity() -> None:
    block = np.random.default_rng(1).standard_normal((1, 2, 3, 4)).astype(np.float32)
    copier = _copier(["CPUExecutionProvider"])
    assert (copier.run(None, {"x": block})[0] == block).all()


def test_slots_of_separate_device_buffers_run_one_by_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """DirectML's way, on the CPU: a buffer for each slot, copied by the Identity graph, rows one at a time."""
    path = write_in_place_graph(tmp_path / "model.onnx")
    common = open_session(path, "rewritten", "cpu", 1)
    apart = open_session(path, "rewritten", "cpu", 1)
    assert isinstance(apart, InPlaceSession)
    _as_device(apart, "dml", monkeypatch)
    logits = []
    for session in (common, apart):
        session.resize(3, 1, 32)
        session.prefill(3, TOKENS, 0, wanted=False)
        session.copy_prefix(3, 0, 8)
        session.copy_prefix(3, 1, 5)
        logits.append(session.decode([0, 1], [9, 10], [0, 1]))
    assert (logits[0] == logits[1]).all()


def test_a_cuda_step_runs_all_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """CUDA's way, on the CPU: slices of common device buffers, always the same number of rows."""
    path = write_in_place_graph(tmp_path / "model.onnx")
    common = open_session(path, "rewritten", "cpu", 1)
    device = open_session(path, "rewritten", "cpu", 1)
    assert isinstance(device, InPlaceSession)
    _as_device(device, "cuda", monkeypatch)
    logits = []
    for session in (common, device):
        session.resize(3, 1, 32)
        session.prefill(3, TOKENS, 0, wanted=False)
        session.copy_prefix(3, 1, 8)
        session.prefill(0, TOKENS[:2], 0)
        logits.append(session.decode([0, 1], [9, 10], [0, 1]))
    assert (logits[0] == logits[1]).all()


def _as_device(session: InPlaceSession, device: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the session treat ordinary memory as a device's."""
    import onnxruntime

    make = onnxruntime.OrtValue.ortvalue_from_shape_and_type
    monkeypatch.setattr(
        onnxruntime.OrtValue,
        "ortvalue_from_shape_and_type",
        staticmethod(lambda shape, kind, name, index: make(shape, kind, "cpu", 0)),
    )
    bind = InPlaceSession._bind

    def bind_on_cpu(self: InPlaceSession, call: Any, *rest: Any) -> None:
        bind(self, lambda name, where, *more: call(name, "cpu", *more), *rest)

    monkeypatch.setattr(session, "_bind", bind_on_cpu.__get__(session))
    session.device = device
