from __future__ import annotations

from hypothesis import given, strategies as st

from gamegen.document import json_path, quoted


def test_json_path_names_keys_and_indices() -> None:
    assert json_path(()) == "$"
    assert json_path(("character", 2, "location")) == "$.character[2].location"


def test_json_path_quotes_keys_that_are_no_identifiers() -> None:
    assert json_path(("a b", "", "é")) == '$["a b"][""]["é"]'


def test_a_long_text_is_cut() -> None:
    assert quoted("x" * 100, limit=10) == f'"{"x" * 9}…"'


@given(st.text(st.characters(exclude_categories=[])))
def test_any_text_is_quoted_on_one_printable_line(text: str) -> None:
    assert quoted(text).isprintable()
