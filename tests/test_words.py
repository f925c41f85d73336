"""Words, stems and coverage."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from gamegen._words import content_stems, coverage, stem, words
from gamegen.examples import shipped


def test_words_fold_case_and_apostrophes() -> None:
    assert words("Don’t SHOUT, half-wit!") == ["don't", "shout", "half-wit"]


@pytest.mark.parametrize("forms", [("sell", "sells", "selling"), ("stop", "stopped"), ("hope", "hoped", "hoping")])
def test_forms_of_a_word_share_a_stem(forms: tuple[str, ...]) -> None:
    assert len({stem(form) for form in forms}) == 1


def test_coverage_counts_content_words_alone() -> None:
    assert coverage("the harbor master sold the lens", "The lens? Sold, by the harbor master himself.") == 1.0
    assert coverage("the harbor master sold the lens", "He is what he is.") == 0.0
    assert coverage("it was he", "anything") == 1.0


def test_the_corpus_says_what_it_must() -> None:
    said = [coverage(e["must"], e["line"]) >= 0.5 for e in shipped() if e.get("must") and e["kind"] != "quest_title"]
    assert sum(said) / len(said) > 0.93


@given(st.text(), st.text())
def test_coverage_is_a_share(must: str, text: str) -> None:
    assert 0.0 <= coverage(must, text) <= 1.0
    assert coverage(must, must) == 1.0


@given(st.text())
def test_content_stems_are_different(text: str) -> None:
    stems = content_stems(text)
    assert len(set(stems)) == len(stems)
