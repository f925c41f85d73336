"""Whether a text says words of another."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from gamegen._words import words
from gamegen.checks.text_rules import unoriginal
from gamegen.errors import GamegenError
from gamegen.originality import SHARED_WORDS, TAUGHT_WORDS, Copies, SharedRuns
from gamegen.originality_file import read_originals

LINE = "The ferry sank in the first frost and nobody rang for it."
words_lists = st.lists(st.sampled_from(["tide", "lamp", "oar", "salt", "bell", "rope"]), max_size=14)


def test_a_line_is_a_copy_of_itself_whatever_its_marks() -> None:
    assert Copies.of([LINE]).holds("the ferry sank, in the first frost; and nobody rang for it!")
    assert Copies.of(["Iron sinks."]).holds("Iron sinks")


def test_seven_words_in_a_row_are_allowed_and_eight_are_not() -> None:
    copies = Copies.of([LINE])
    assert not copies.holds("I said the ferry sank in the first frost of the year.".replace("of", "frozen"))
    assert copies.holds("They say the ferry sank in the first frost and that was all.")


def test_running_text_is_compared_across_its_lines() -> None:
    copies = Copies.of_text("The ferry sank\nin the first frost. And nobody rang.")
    assert copies.holds("sank in the first frost and nobody rang")
    assert not copies.holds("The ferry sank")


def longest_shared_run(text: str, others: Iterable[Sequence[str]]) -> int:
    """The reference: the text compared with all of the others, word by word."""
    own = words(text)
    best = 0
    for other in others:
        above = [0] * (len(other) + 1)
        for word in own:
            row = [0] * (len(other) + 1)
            for place, against in enumerate(other, 1):
                if word == against:
                    row[place] = above[place - 1] + 1
            best = max(best, *row)
            above = row
    return best


@given(words_lists, words_lists)
def test_copies_agree_with_the_longest_run(one: list[str], other: list[str]) -> None:
    shared = longest_shared_run(" ".join(one), [other])
    copied = Copies.of([" ".join(other)]).holds(" ".join(one))
    assert copied == (shared >= SHARED_WORDS or (one == other and bool(one)))


@given(words_lists, st.lists(words_lists, max_size=4))
def test_the_index_of_runs_finds_what_comparing_all_finds(one: list[str], others: list[list[str]]) -> None:
    text = " ".join(one)
    runs = SharedRuns(others)
    assert [runs.longest(text), runs.longest(text)] == [longest_shared_run(text, others)] * 2


def test_the_index_of_runs_holds_thousands_of_lines() -> None:
    others = [[f"word{number * step % 997}" for step in range(1, 15)] for number in range(4000)]
    runs = SharedRuns(others)
    assert max(runs.longest(" ".join(others[number % 4000][1:])) for number in range(15_000)) == 13


@given(st.lists(words_lists.map(" ".join), max_size=5))
def test_hashes_survive_a_round_trip(lines: list[str]) -> None:
    copies = Copies.of(lines)
    assert Copies.from_bytes(copies.to_bytes()) == copies


@pytest.mark.parametrize("data", [b"", b"torn", (9).to_bytes(8, "big")])
def test_a_torn_file_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="torn"):
        Copies.from_bytes(data)


def test_texts_and_json_lines_are_read(tmp_path: Path) -> None:
    (tmp_path / "novel.txt").write_text(LINE, encoding="utf-8")
    apart = "Iron sinks, and so does anyone who sleeps in it."
    (tmp_path / "lines.jsonl").write_text(json.dumps({"a": [apart, "x"], "b": {"c": "y"}}) + "\n\n", encoding="utf-8")
    found = read_originals([tmp_path / "novel.txt", tmp_path / "lines.jsonl"])
    assert found.holds(f"Well. {LINE}") and found.holds(f"You know: {apart}")


def test_of_json_lines_no_common_phrase_is_kept_apart(tmp_path: Path) -> None:
    file = tmp_path / "lines.jsonl"
    file.write_text('{"id": "quest", "kind": "npc_line", "line": "What happened here?"}\n', encoding="utf-8")
    assert read_originals([file]) == Copies()


@pytest.mark.parametrize("name", ["lines.jsonl", "LINES.JSONL"])
def test_json_lines_may_have_a_mark_at_the_start_and_any_separator_in_their_strings(tmp_path: Path, name: str) -> None:
    first, second = LINE, "Four lamps burn on the pier when the tide is late."
    text = f'\ufeff{{"a": "{first}\u2028\u0085"}}\r\n{{"a": "{second}"}}'
    (tmp_path / name).write_text(text, encoding="utf-8", newline="")
    found = read_originals([tmp_path / name])
    assert found.shares_run(first) and found.shares_run(second)
    assert not found.shares_run("and nobody rang for it four lamps burn on")


def test_a_taught_line_counts_as_a_whole_from_four_words_on() -> None:
    taught = Copies.of(["What happened here?", "Who rang the bell?", LINE])
    assert unoriginal("What happened here?", taught) == []
    (finding,) = unoriginal("Who rang the bell?", taught)
    assert (finding.code, finding.message) == (
        "GG613",
        "expected words of its own, found a line that the model was taught on",
    )
    assert TAUGHT_WORDS == 4
    (finding,) = unoriginal(f"They say {LINE}", taught)
    assert (finding.code, "eight in a row" in finding.message) == ("GG613", True)


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [("none.txt", None, "GG006"), ("latin.txt", b"\xff\xfe", "GG701"), ("torn.jsonl", b'{"a": \n', "GG702")],
)
def test_a_text_that_cannot_be_read_is_named(tmp_path: Path, name: str, content: bytes | None, code: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(GamegenError) as raised:
        read_originals([tmp_path / name])
    assert (raised.value.findings[0].code, Path(raised.value.findings[0].path).name) == (code, name)
