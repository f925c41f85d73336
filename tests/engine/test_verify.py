"""The measures themselves: they find what differs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gamegen.engine.verify import GraphFailed, divergence, open_session, relative_difference, sample_texts
from tests.engine.small_models import EOS, byte_level


def test_the_difference_is_relative_to_the_greatest_value_of_its_position() -> None:
    expected = np.array([[1.0, -10.0], [2.0, 4.0]], np.float32)
    found = expected + np.array([[0.1, 0.0], [0.0, 0.1]], np.float32)
    assert relative_difference(expected, found) == pytest.approx(0.025, rel=1e-4)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_value_that_is_not_finite_never_passes(value: float) -> None:
    expected = np.ones((1, 2), np.float32)
    assert relative_difference(expected, np.array([[1.0, value]], np.float32)) == np.inf


def test_equal_distributions_do_not_diverge_whatever_their_level() -> None:
    logits = np.array([[1.0, 2.0, 3.0]], np.float32)
    assert divergence(logits, logits + 50) == pytest.approx(0, abs=1e-12)


def test_the_divergence_is_that_of_kullback_and_leibler() -> None:
    p, q = np.array([0.5, 0.5]), np.array([0.25, 0.75])
    found = divergence(np.log(p)[None].astype(np.float32), np.log(q)[None].astype(np.float32))
    assert found == pytest.approx(float((p * np.log(p / q)).sum()), rel=1e-6)


def test_the_divergence_is_exact_for_many_tokens_too() -> None:
    draws = np.random.default_rng(2)
    p, q = (draws.normal(scale=4, size=(3, 5000)) for _ in range(2))
    first, second = (np.exp(x) / np.exp(x).sum(-1, keepdims=True) for x in (p, q))
    expected = (first * np.log(first / second)).sum(-1)
    np.testing.assert_allclose(divergence(p.astype(np.float32), q.astype(np.float32)), expected, rtol=1e-4)


def test_the_sample_fits_the_model_and_is_always_the_same() -> None:
    samples = sample_texts(byte_level(), 320, 100)
    assert sample_texts(byte_level(), 320, 100) == samples
    assert {len(text) for text in (*samples.held_out, *samples.calibration)} == {75}
    assert all(16 <= len(text) <= 75 for text in samples.short)
    every = (*samples.short, *samples.held_out, *samples.calibration, *samples.beginnings)
    assert all(0 <= index < 320 for text in every for index in text)


def test_over_two_thousand_tokens_are_held_out_from_what_scales_are_chosen_by() -> None:
    samples = sample_texts(byte_level(), 320, 8192)
    assert sum(map(len, samples.held_out)) >= 2000
    assert not {tuple(text) for text in samples.held_out} & {tuple(text) for text in samples.calibration}


def test_every_special_token_is_among_the_beginnings() -> None:
    assert [EOS] in sample_texts(byte_level(), 320, 100).beginnings


def test_a_graph_that_cannot_be_opened_is_told_in_one_line(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "model.onnx").write_bytes(b"not a graph")
    with pytest.raises(GraphFailed) as error:
        open_session(tmp_path / "model.onnx")
    assert "\n" not in str(error.value)
    assert capfd.readouterr() == ("", "")
