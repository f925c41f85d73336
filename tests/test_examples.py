"""The corpus as prompts choose from it."""

from __future__ import annotations

from pathlib import Path

import pytest

from gamegen._words import words
from gamegen.errors import WorldFault
from gamegen.examples import choose_examples, read_examples, shipped


def test_the_corpus_is_complete() -> None:
    assert len(shipped()) == 5174


def test_the_choice_depends_on_its_arguments_alone() -> None:
    match = {"kind": "npc_line", "intent": "warns"}
    first = choose_examples(shipped(), 5, match)
    assert first == choose_examples(reversed(shipped()), 5, match)
    assert all(example["intent"] == "warns" for example in first)


def test_fewer_examples_begin_the_longer_list() -> None:
    match = {"kind": "journal"}
    assert choose_examples(shipped(), 2, match) == choose_examples(shipped(), 4, match)[:2]


def test_examples_of_the_same_voice_come_first() -> None:
    match = {"kind": "npc_line", "intent": "warns"}
    first = choose_examples(shipped(), 5, match, voice="gruff, weary")
    shared = [len({"gruff", "weary"} & set(words(example["voice"]))) for example in first]
    assert shared[0] > 0 and shared == sorted(shared, reverse=True)


def test_a_line_of_the_world_is_left_out() -> None:
    match = {"kind": "trait", "part": "flaw"}
    line = choose_examples(shipped(), 1, match)[0]["line"]
    assert line not in [example["line"] for example in choose_examples(shipped(), 99, match, [line])]


@pytest.mark.parametrize("text", ["{", "[1]", '{"kind":"journal"}'])
def test_a_line_that_is_no_example_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "mine.jsonl"
    path.write_text(f'{{"kind":"journal","line":"It rains."}}\n\n{text}\n', encoding="utf-8")
    with pytest.raises(WorldFault) as raised:
        read_examples(path)
    (finding,) = raised.value.findings
    assert (finding.code, finding.line) == ("GG715", 3)


def test_examples_may_have_a_mark_at_the_start_and_any_separator_in_their_strings(tmp_path: Path) -> None:
    path = tmp_path / "mine.jsonl"
    line = '{"kind":"journal","line":"It rains.\u2028Still."}'
    path.write_text(f"\ufeff{line}\r\n{line}\r\n", encoding="utf-8", newline="")
    assert [example["line"] for example in read_examples(path)] == ["It rains.\u2028Still."] * 2
