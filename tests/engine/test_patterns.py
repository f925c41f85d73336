from __future__ import annotations

import datetime
import re

import llguidance
import pytest
from hypothesis import given, settings, strategies as st

from gamegen.engine.patterns import FORMATS, translate

LETTERS = llguidance.LLTokenizer("byte")


def matches(expression: str, text: str) -> bool:
    """Whether the grammar engine matches the whole text."""
    source = llguidance.LLMatcher.grammar_from_lark("start: A\nA: /" + expression.replace("/", "\\x2F") + "/")
    matcher = llguidance.LLMatcher(LETTERS, source, log_level=0)
    assert not matcher.is_error(), matcher.get_error()
    tokens = list(text.encode())
    return bool(matcher.try_consume_tokens(tokens) == len(tokens) and matcher.is_accepting())


ATOMS = st.sampled_from(
    ["a", "b", "é", ".", r"\.", "[ab]", "[^ab]", r"\d", r"\w", "(?:ab|c)", "(b)", r"[^\d]", "-", r"\/"]
)
PIECES = st.builds(lambda atom, times: atom + times, ATOMS, st.sampled_from(["", "", "*", "+?", "?", "{2}", "{1,2}"]))
SEQUENCES = st.lists(PIECES, min_size=1, max_size=4).map("".join)
ANCHORED = st.builds(
    lambda begin, body, end: begin + body + end, st.sampled_from(["", "^"]), SEQUENCES, st.sampled_from(["", "$"])
)
EXPRESSIONS = st.one_of(ANCHORED, st.lists(ANCHORED, min_size=2, max_size=3).map("|".join))
ASCII = st.text("ab1c./-é ", max_size=8)


@settings(max_examples=300, deadline=None)
@given(pattern=EXPRESSIONS, text=ASCII)
def test_an_expression_matches_where_the_pattern_finds_something(pattern: str, text: str) -> None:
    found = bool(re.search(pattern, text))
    if matches(translate(pattern), text):
        assert found
    elif found:  # narrower alone where a letter is one of \w in Python and not in ECMA 262
        assert "é" in text
        assert re.search(pattern, text, re.ASCII) is None or r"[^\d]" in pattern


@pytest.mark.parametrize(
    ("pattern", "text"),
    [(r"^\d+$", "٣"), (r"^\w+$", "é"), (r"^\D$", "٣"), (r"^\W$", "é"), (r"^[^\w]$", "é"), (r"^[^\W]$", "é")],
)
def test_what_only_one_dialect_matches_is_not_written(pattern: str, text: str) -> None:
    assert not matches(translate(pattern), text)


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("(?=x)y", "look-around"),
        (r"\bx", "boundary"),
        (r"(a)\1", "back-reference"),
        ("(?i)a", "flags"),
        ("(?i:a)", "flags"),
        ("a^b", "anchor"),
        ("(a$)*", "anchor"),
        ("a++", "possessive"),
        (r"\p{L}", "syntax"),
        ("[[a]", "syntax"),
        ("(", "syntax"),
    ],
)
def test_what_has_no_counterpart_is_refused_with_its_reason(pattern: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        translate(pattern)


@given(
    year=st.sampled_from([0, 1, 4, 100, 1900, 2000, 2023, 2024, 9999]), month=st.integers(0, 13), day=st.integers(0, 32)
)
def test_a_date_is_a_day_of_the_calendar(year: int, month: int, day: int) -> None:
    text = f"{year:04}-{month:02}-{day:02}"
    try:
        datetime.date.fromisoformat(text)
    except ValueError:
        assert not all(matches(expression, text) for expression in FORMATS["date"][0])
    else:
        assert all(matches(expression, text) for expression in FORMATS["date"][0])


@pytest.mark.parametrize("name", FORMATS)
def test_no_text_of_a_format_is_longer_than_it_says(name: str) -> None:
    expressions, most = FORMATS[name]
    longest = {
        "date": "2024-02-29",
        "time": "23:59:59.999+23:59",
        "date-time": "2024-02-29T23:59:59.999-23:59",
        "uuid": "00000000-0000-4000-8000-00000000000f",
        "ipv4": "255.255.255.255",
    }[name]
    assert len(longest) == most
    assert all(matches(expression, longest) for expression in expressions)
