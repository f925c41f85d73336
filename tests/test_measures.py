"""Variety, against the measures of NLTK."""

from __future__ import annotations

import zlib

import pytest
from hypothesis import given, settings, strategies as st
from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu

from gamegen._words import words
from gamegen.measures import compression_ratio, distinct, self_bleu

lines = st.lists(st.sampled_from(["tide", "lamp", "oar", "salt", "bell"]), min_size=4, max_size=9).map(" ".join)


def test_distinct_is_the_share_of_different_runs() -> None:
    assert distinct(["the bell, the bell"], 1) == 0.5
    assert distinct(["the bell, the bell"], 2) == pytest.approx(2 / 3)
    assert distinct(["bell"], 2) == 0.0


def test_texts_that_share_nothing_are_near_zero_and_equal_ones_at_one() -> None:
    assert self_bleu(["the bell rang in the fog", "a lamp stands by our door"]) < 0.12
    assert self_bleu(["the bell rang in the fog"] * 3) == pytest.approx(1.0)
    assert self_bleu(["alone"]) == 0.0


def test_what_repeats_compresses_better() -> None:
    varied = ["the bell rang in the fog", "a lamp stands by our door", "nobody pulls that wet rope"]
    assert compression_ratio(varied[:1] * 3) > compression_ratio(varied) > 0.5
    assert compression_ratio([]) == 0.0


@given(st.lists(st.text(min_size=1), min_size=1))
def test_compression_is_bytes_to_bytes(texts: list[str]) -> None:
    raw = "\n".join(texts).encode()
    assert compression_ratio(texts) == len(raw) / len(zlib.compress(raw, 9))


@settings(max_examples=60, deadline=None)
@given(st.lists(lines, min_size=2, max_size=6))
def test_self_bleu_is_that_of_nltk(texts: list[str]) -> None:
    split = [words(text) for text in texts]
    smooth = SmoothingFunction().method1
    expected = [
        sentence_bleu(split[:i] + split[i + 1 :], own, smoothing_function=smooth) for i, own in enumerate(split)
    ]
    assert self_bleu(texts) == pytest.approx(sum(expected) / len(expected), abs=1e-9)
