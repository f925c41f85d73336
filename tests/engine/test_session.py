from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gamegen.engine.opening import UnfitGraph, identity_session, open_session
from gamegen.engine.session import PREFILL_CHUNK, InPlaceSession, KVSession
from tests.engine.tiny import VOCABULARY, write_in_place_graph, write_plain_graph

Open = Callable[..., KVSession]
TOKENS = [5, 200, 3, 77, 77, 12, 600, 9]


@pytest.fixture(scope="module", params=["rewritten", "plain"])
def open_tiny(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Open:
    write = write_in_place_graph if request.param == "rewritten" else write_plain_graph
    path = write(tmp_path_factory.mktemp("graph") / "model.onnx")

    def open_it(rows: int = 6, threads: int = 1) -> KVSession:
        session = open_session(path, request.param, "cpu", threads)
        session.resize(rows, 96)
        return session

    return open_it


def after(session: KVSession, slot: int, tokens: list[int], start: int = 0) -> Any:
    """The logits [V] behind tokens of a slot."""
    logits = session.prefill(slot, tokens, start)
    assert logits is not None
    return logits.values[0]


def step(session: KVSession, *tokens: tuple[int, int]) -> Any:
    """The logits [n, V] behind one token more in some slots, given as (slot, token)."""
    slots, ids = zip(*tokens, strict=True)
    return session.decode(slots, ids, range(len(ids))).values


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
        logits = step(session, (1, token))
    np.testing.assert_allclose(logits[0], whole, rtol=1e-4, atol=1e-4)
    assert session.lengths[:2] == [8, 8]


def test_there_is_one_slot_more_than_rows(open_tiny: Open) -> None:
    session = open_tiny(rows=3)
    assert (session.rows, session.capacity, session.lengths) == (3, 96, [0, 0, 0, 0])
    assert (after(session, 3, TOKENS) == after(session, 0, TOKENS)).all()


def test_a_copy_goes_on_like_its_source(open_tiny: Open) -> None:
    session = open_tiny()
    after(session, 6, TOKENS)
    session.copy(6, 2, 4)
    assert session.lengths[2] == 4
    session.prefill(3, TOKENS[:4], 0, wanted=0)
    assert (after(session, 2, TOKENS[4:], 4) == after(session, 3, TOKENS[4:], 4)).all()


def test_a_copy_does_not_change_with_its_source(open_tiny: Open) -> None:
    session = open_tiny()
    after(session, 0, TOKENS)
    session.copy(0, 1, 8)
    session.decode([0], [9], [])
    session.prefill(0, [1, 2, 3], 2)
    after(session, 4, TOKENS)
    fresh = step(session, (4, 11))
    assert (step(session, (1, 11)) == fresh).all()


def test_a_slot_copied_to_itself_is_cut(open_tiny: Open) -> None:
    session = open_tiny()
    after(session, 0, TOKENS)
    session.copy(0, 0, 3)
    session.prefill(1, TOKENS[:3], 0, wanted=0)
    assert (step(session, (0, 9)) == step(session, (1, 9))).all()


def test_a_rows_bits_do_not_depend_on_its_neighbours(open_tiny: Open) -> None:
    alone, batch = open_tiny(rows=1), open_tiny(rows=6)
    alone.prefill(0, TOKENS, 0)
    for slot, past in enumerate((TOKENS, TOKENS[:3], TOKENS * 4, TOKENS[::-1], [1], TOKENS)):
        batch.prefill(slot, past, 0)
    for token in (4, 8, 15, 16):
        expected = step(alone, (0, token))[0]
        found = step(batch, *enumerate([token, 1, 2, 3, 4, token]))
        assert (found[[0, 5]] == expected).all()


def test_rows_that_take_no_part_keep_what_they_hold(open_tiny: Open) -> None:
    session = open_tiny()
    for slot in range(3):
        session.prefill(slot, TOKENS, 0)
    session.decode([0, 2], [4, 5], [])
    assert session.lengths[:3] == [9, 8, 9]
    expected = step(session, (0, 8), (1, 4))[1]
    session.copy(2, 3, 8)
    assert (step(session, (3, 4))[0] == expected).all()


def test_what_lies_behind_a_slots_end_is_not_seen(tmp_path: Path) -> None:
    """Whoever had the slot before: not even numbers that are none."""
    session = open_session(write_in_place_graph(tmp_path / "model.onnx"), "rewritten", "cpu", 1)
    assert isinstance(session, InPlaceSession)
    found = []
    for filling in (0.0, 7.0, np.nan):
        session.resize(3, 96)
        for (buffer,) in session._buffers:
            buffer[:] = filling
        for slot in range(3):
            session.prefill(slot, TOKENS, 0, wanted=0)
        found.append(step(session, (0, 4), (2, 5)).tobytes())
    assert len(set(found)) == 1


def test_pages_hold_what_was_computed(open_tiny: Open) -> None:
    session = open_tiny()
    session.reserve_pages(3, 4)
    session.prefill(0, TOKENS, 0, wanted=0)
    session.save_page(0, 0, 2)
    session.save_page(0, 4, 0)
    session.load_pages([2, 0], 5)
    assert session.lengths[5] == 8
    assert (step(session, (0, 9)) == step(session, (5, 9))).all()
    session.load_pages([2], 4)
    session.prefill(3, TOKENS[:4], 0, wanted=0)
    assert (step(session, (4, 9)) == step(session, (3, 9))).all()


def test_pages_stay_when_rows_are_made_anew(open_tiny: Open) -> None:
    session = open_tiny()
    session.reserve_pages(1, 4)
    session.prefill(0, TOKENS[:4], 0, wanted=0)
    session.save_page(0, 0, 0)
    expected = step(session, (0, 9))
    session.resize(2, 64)
    session.load_pages([0], 1)
    assert (step(session, (1, 9)) == expected).all()


def test_a_page_does_not_change_with_its_slot(open_tiny: Open) -> None:
    session = open_tiny()
    session.reserve_pages(1, 4)
    session.prefill(0, TOKENS[:4], 0, wanted=0)
    session.save_page(0, 0, 0)
    session.prefill(0, TOKENS[4:], 0, wanted=0)
    session.load_pages([0], 1)
    session.prefill(1, TOKENS[::-1], 4, wanted=0)
    session.load_pages([0], 2)
    session.prefill(3, TOKENS[:4], 0, wanted=0)
    assert (step(session, (2, 9)) == step(session, (3, 9))).all()


def test_threads_do_not_change_bits(open_tiny: Open) -> None:
    one, two = open_tiny(threads=1), open_tiny(threads=2)
    assert (after(one, 0, TOKENS) == after(two, 0, TOKENS)).all()


def test_only_the_wanted_logits_are_returned(open_tiny: Open) -> None:
    session = open_tiny()
    assert session.prefill(0, TOKENS, 0, wanted=0) is None
    session.prefill(1, TOKENS, 0, wanted=0)
    assert session.decode([0, 1], [1, 2], []).values.shape == (0, VOCABULARY)
    logits = session.decode([0, 1], [1, 2], [1])
    assert (logits.values.shape, logits.peaks.shape, logits.norms.shape) == ((1, VOCABULARY), (1, 10), (1,))


@pytest.mark.parametrize("wanted", [1, 2, 7, 8])
def test_a_prefill_gives_the_logits_of_its_last_tokens(wanted: int, open_tiny: Open) -> None:
    session = open_tiny()
    logits = session.prefill(0, TOKENS, 0, wanted=wanted)
    assert logits is not None and len(logits) == wanted
    for place in range(wanted):
        expected = after(session, 1, TOKENS[: len(TOKENS) - wanted + place + 1])
        np.testing.assert_allclose(logits.values[place], expected, rtol=1e-4, atol=1e-4)


def test_a_long_prompt_is_cut_at_fixed_places(open_tiny: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    session = open_tiny()
    whole = after(session, 0, TOKENS * 4)
    monkeypatch.setattr("gamegen.engine.session.PREFILL_CHUNK", 5)
    np.testing.assert_allclose(after(session, 1, TOKENS * 4), whole, rtol=1e-4, atol=1e-4)
    assert PREFILL_CHUNK > 5


def test_wanted_logits_may_lie_in_several_calls(open_tiny: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    session = open_tiny()
    expected = session.prefill(0, TOKENS, 0, wanted=6)
    monkeypatch.setattr("gamegen.engine.session.PREFILL_CHUNK", 3)
    found = session.prefill(1, TOKENS, 0, wanted=6)
    assert expected is not None and found is not None
    np.testing.assert_allclose(found.values, expected.values, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(found.norms, expected.norms, rtol=1e-4, atol=1e-4)


def test_the_time_inside_the_model_is_counted(open_tiny: Open) -> None:
    session = open_tiny()
    assert session.seconds == 0
    after(session, 0, TOKENS)
    assert session.seconds > 0


@pytest.mark.parametrize(("form", "missing"), [("rewritten", "logits_index"), ("plain", "attention_mask")])
def test_a_graph_of_the_other_form_is_refused_by_what_it_lacks(form: Any, missing: str, tmp_path: Path) -> None:
    write = write_plain_graph if form == "rewritten" else write_in_place_graph
    with pytest.raises(UnfitGraph, match=missing):
        open_session(write(tmp_path / "model.onnx"), form)


def test_the_device_copy_is_a_graph_of_one_identity() -> None:
    for kind in (np.float32, np.float16, np.int8):
        block = (9 * np.random.default_rng(1).standard_normal((1, 2, 3, 4))).astype(kind)
        copier = identity_session(["CPUExecutionProvider"], block.dtype)
        found = copier.run(None, {"x": block})[0]
        assert found.dtype == kind and (found == block).all()


def test_slots_of_separate_device_buffers_run_one_by_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """DirectML's way, on the CPU: a buffer for each slot, copied by the Identity graph, rows one at a time."""
    path = write_in_place_graph(tmp_path / "model.onnx")
    common = open_session(path, "rewritten", "cpu", 1)
    apart = open_session(path, "rewritten", "cpu", 1)
    assert isinstance(apart, InPlaceSession)
    _as_device(apart, "dml", monkeypatch)
    logits = []
    for session in (common, apart):
        session.resize(3, 32)
        session.prefill(3, TOKENS, 0, wanted=0)
        session.copy(3, 0, 8)
        session.copy(3, 1, 5)
        logits.append(step(session, (0, 9), (1, 10)))
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
        session.resize(3, 32)
        session.prefill(3, TOKENS, 0, wanted=0)
        session.copy(3, 1, 8)
        session.prefill(0, TOKENS[:2], 0)
        logits.append(step(session, (0, 9), (1, 10)))
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
