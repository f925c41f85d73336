from __future__ import annotations

from hypothesis import given, strategies as st

from gamegen._words import words
from gamegen.said import Said

TEXTS = st.lists(st.text("ab c.", max_size=20), max_size=6)


@given(TEXTS, st.text("ab c.", max_size=20))
def test_it_answers_as_a_search_through_the_texts_would(texts: list[str], text: str) -> None:
    said, own = Said(texts), words(text)
    assert (text in said) == (text in texts)
    assert said.has(own) == any(words(other) == own for other in texts)
    assert said.opens(own) == any(words(other)[:2] == own[:2] for other in texts)


@given(TEXTS, st.text("ab c.", max_size=20))
def test_the_share_of_pairs_lies_between_nothing_and_all(texts: list[str], text: str) -> None:
    own = words(text)
    assert 0.0 <= Said(texts).shared(own, []) <= 1.0
    assert Said([*texts, text]).shared(own, []) == (1.0 if len(own) > 1 else 0.0)
    assert Said([*texts, text]).shared(own, own) == 0.0
