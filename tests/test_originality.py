"""Whether a text says words of another."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from gamegen.errors import GamegenError
from gamegen.originality import SHARED_WORDS, Copies, longest_shared_run, read_originals

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


@given(words_lists, words_lists)
def test_copies_agree_with_the_longest_run(one: list[str], other: list[str]) -> None:
    shared = longest_shared_run(" ".join(one), [other])
    copied = Copies.of([" ".join(other)]).holds(" ".join(one))
    assert copied == (shared >= SHARED_WORDS or (one == other and bool(one)))


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
    (tmp_path / "lines.jsonl").write_text('{"a": ["Iron sinks."]}\n\n', encoding="utf-8")
    found = read_originals([tmp_path / "novel.txt", tmp_path / "lines.jsonl"])
    assert found.holds(f"Well. {LINE}") and found.holds("Iron sinks.")


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
