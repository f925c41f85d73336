from __future__ import annotations

from typing import Any

import pytest

from gamegen.engine.fields import Scanner, field_spans, places
from gamegen.engine.fragment import read

TEXT = {"type": "string", "maxLength": 40}


def closed(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "additionalProperties": False}


QUEST = closed(
    title={**TEXT, "maxLength": 20},
    objectives={"type": "array", "maxItems": 3, "items": closed(id={"enum": ["a", "b"]}, text=TEXT)},
    xp={"type": "integer", "minimum": 0, "maximum": 9},
)


def scanner(schema: Any, free: bool = False) -> Scanner:
    return Scanner(places(read(schema).schema), free)


def test_spans_name_each_value_with_its_real_indices() -> None:
    text = '{"title":"The Bell","objectives":[{"id":"a","text":"Go."},{"id":"b","text":"Stay."}],"xp":7}'
    assert [(path, text[start:end]) for path, start, end in field_spans(text, bare=False)] == [
        ("$.title", "The Bell"),
        ("$.objectives[0].id", "a"),
        ("$.objectives[0].text", "Go."),
        ("$.objectives[1].id", "b"),
        ("$.objectives[1].text", "Stay."),
        ("$.xp", "7"),
    ]


def test_a_bare_text_is_one_span() -> None:
    assert field_spans('He said: "no".', bare=True) == [("$", 0, 14)]


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("[]", []),
        ("{}", []),
        ("-1.5", [("$", 0, 4)]),
        ('"é"', [("$", 1, 2)]),
        ('[[1],{},"",null]', [("$[0][0]", 2, 3), ("$[2]", 9, 9), ("$[3]", 11, 15)]),
        ('{"a.b":true,"":"x"}', [('$["a.b"]', 7, 11), ('$[""]', 16, 17)]),
        ('{"q\\"":"\\\\"}', [('$["q\\""]', 8, 10)]),
        ('[",","]","{\\"a\\":1}"]', [("$[0]", 2, 3), ("$[1]", 6, 7), ("$[2]", 10, 19)]),
    ],
)
def test_spans_of_odd_documents(text: str, spans: list[tuple[str, int, int]]) -> None:
    assert field_spans(text, bare=False) == spans


def test_a_scanner_tells_the_open_text_and_its_length() -> None:
    text = scanner(QUEST)
    assert text.feed(b'{"title":')
    assert (text.field, text.bounds) == ("", None)
    assert text.feed(b'"The B')
    assert (text.field, text.length) == ("$.title", 5)
    assert text.bounds is not None
    assert text.bounds.longest == 20
    assert text.feed('é"'.encode())
    assert (text.field, text.length) == ("", 6)
    text.feed(b',"objectives":[{"id":"b')
    assert text.field == ""
    text.feed(b'","text":"')
    assert text.field == "$.objectives[*].text"
    text.feed(b'Go."},{"text":"Stay')
    assert (text.field, text.length) == ("$.objectives[*].text", 4)
    text.feed(b'."}],"xp":3}')
    assert text.field == ""


def test_a_scanner_says_when_a_text_leaves_its_bounds() -> None:
    schema = {"type": "array", "maxItems": 3, "items": {"type": "string", "minLength": 3, "maxLength": 8}}
    assert scanner(schema).feed(b'["abc","abcdefgh","abc"]')
    assert not scanner(schema).feed(b'["ab"')
    assert not scanner(schema).feed(b'["abcdefghi"')
    assert scanner(schema).feed(b'["abcde')  # the three that are left suffice for any end
    assert not scanner(schema).feed(b'["abcdef')


def test_a_copy_goes_its_own_way() -> None:
    one = scanner(QUEST)
    one.feed(b'{"title":"Ab')
    other = one.copy()
    other.feed(b'c","objectives":[{"text":"')
    one.feed(b"d")
    assert (one.field, one.length, other.field, other.length) == ("$.title", 3, "$.objectives[*].text", 0)


def test_escapes_in_names_and_enumerated_strings_are_followed() -> None:
    schema = closed(**{'say "it"': {"enum": ['a "b", c']}, "back\\slash": TEXT})
    text = scanner(schema)
    text.feed(b'{"say \\"it\\"":"a \\"b\\", c","back\\\\slash":"x')
    assert text.field == '$["back\\\\slash"]'


def test_a_mentioned_word_counts_once_it_stands_alone() -> None:
    text = scanner({**TEXT, "x-gamegen": {"mention": ["lens", "bell"]}}, free=True)
    text.feed(b"The Lens")
    assert text.missing == ["bell", "lens"]
    text.feed(b"es and a bell, a lens, ")
    assert text.missing == []
