"""Nothing that is held out was seen in training, whatever the lessons; batches show every lesson."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, strategies as st

from gamegen.cards import CHATML, FIELDS
from gamegen.errors import InvalidInput, ModelUnavailable
from gamegen.tune.batches import coder, order
from gamegen.tune.lessons import Lesson
from gamegen.tune.prepare import weights
from gamegen.tune.split import groups, links, split, split_by
from tests.tune.lessons import corpus, lesson, npc_line

WORDS = st.sampled_from(["the", "old", "bell", "of", "mill", "and", "quay", "is", "by", "weir", "for", "her", "lamp"])
SENTENCE = st.lists(WORDS, min_size=1, max_size=12).map(" ".join)
LESSONS = st.lists(
    st.builds(
        lambda who, must, line: Lesson({"kind": "npc_line", "who": f"{who}, porter", "must": must}, line),
        st.sampled_from(["Ada", "Odo", "Mira Voss", "Pell", "Juno", "Ivo"]),
        SENTENCE,
        SENTENCE,
    ),
    min_size=2,
    max_size=30,
    unique_by=lambda each: each.name,
)


@given(LESSONS)
def test_no_name_must_or_run_of_words_leaks(lessons: list[Lesson]) -> None:
    try:
        found = split(lessons)
    except InvalidInput:
        assert len(groups(lessons)) == 1
        return
    seen = {link for each in found.training for link in links(each)}
    assert all(seen.isdisjoint(links(each)) for each in found.held_out)
    assert found.held_out
    assert found.training
    assert sorted(each.name for each in (*found.training, *found.held_out)) == sorted(each.name for each in lessons)


@given(LESSONS, st.randoms(use_true_random=False))
def test_the_order_of_the_lessons_changes_nothing(lessons: list[Lesson], random: object) -> None:
    if len(groups(lessons)) < 2:
        return
    assert split(lessons) == split(sorted(lessons, key=lambda each: each.line))


@given(LESSONS, LESSONS)
def test_nothing_of_a_given_held_out_file_is_trained_on(lessons: list[Lesson], held_out: list[Lesson]) -> None:
    found = split_by(lessons, held_out)
    known = {link for each in held_out for link in links(each)}
    assert all(known.isdisjoint(links(each)) for each in found.training)
    assert len(found.training) + found.left_out == len(lessons)


def test_about_a_twentieth_is_held_out() -> None:
    lessons = [lesson({**npc_line(i), "who": f"Name{i}, porter"}) for i in range(300)]
    assert 10 <= len(split(lessons).held_out) <= 30


def test_lessons_that_all_hang_together_are_refused() -> None:
    lessons = [lesson({**npc_line(i), "who": "Ada, porter"}) for i in range(5)]
    with pytest.raises(InvalidInput) as caught:
        split(lessons)
    assert caught.value.findings[0].code == "GG879"


def test_six_words_in_a_row_tie_two_lessons_five_do_not() -> None:
    def pair(other: str) -> int:
        one = Lesson({"kind": "journal", "must": "a"}, "You found the bell of the old mill today.")
        return len(groups([one, Lesson({"kind": "journal", "must": "b"}, other)]))

    assert pair("At last the bell of the old mill today is ours.") == 1
    assert pair("At last the bell of the old weir is ours.") == 2


@given(st.integers(1, 40), st.integers(0, 12), st.integers(1, 9), st.floats(0.2, 3.0), st.integers(0, 5))
def test_every_epoch_shows_every_lesson_as_often_as_its_weight(
    lines: int, journals: int, batch: int, epochs: float, seed: int
) -> None:
    lessons = [lesson(each) for each in corpus(lines, journals)]
    lengths = [len(each.line) for each in lessons]
    wanted = weights(lessons)
    steps = order(lessons, lengths, wanted, epochs, batch, seed)
    assert steps == order(lessons, lengths, wanted, epochs, batch, seed)
    assert all(0 < len(step) <= batch for step in steps)
    once = Counter(index for step in order(lessons, lengths, wanted, 1.0, batch, seed) for index in step)
    assert set(once) == set(range(len(lessons)))
    assert all(int(wanted[lessons[i].kind]) <= count <= wanted[lessons[i].kind] + 1 for i, count in once.items())


class Letters:
    """A tokenizer of single letters, with or without ChatML's marks and a template of its own."""

    eos_token_id: int | None = 1
    bos_token = "<s>"

    def __init__(self, chatml: bool = False, template: str = "") -> None:
        self.chatml = chatml
        self.chat_template = template

    def __call__(self, text: str, add_special_tokens: bool = True) -> dict[str, list[int]]:
        return {"input_ids": [*([0] if add_special_tokens else []), *map(ord, text)]}

    def get_vocab(self) -> dict[str, int]:
        return {"<|im_start|>": 7, "<|im_end|>": 8} if self.chatml else {}

    def apply_chat_template(self, turns: list[dict[str, str]], **_: object) -> str:
        if self.chat_template == "broken":
            raise ValueError("no")
        return f"<s>[A]{turns[0]['content']}[B]"


@pytest.mark.parametrize(
    ("tokenizer", "before", "behind", "end"),
    [
        (Letters(chatml=True), CHATML.before, CHATML.behind, 8),
        (Letters(template="own"), "[A]", '[B]"', 1),
        (Letters(template="broken"), "", '\n"', 1),
        (Letters(), "", '\n"', 1),
    ],
)
def test_the_card_stands_in_the_turns_of_the_base(tokenizer: Letters, before: str, behind: str, end: int) -> None:
    how = coder(tokenizer, None, ["npc_line"], FIELDS)
    assert (how.form.before, how.form.behind, how.form.kinds) == (before, behind, ("npc_line",))
    found = how.lesson(lesson(npc_line(1)))
    assert found.tokens[0] == 0
    assert found.tokens[-1] == end
    assert "".join(map(chr, found.tokens[found.start : -1])) == npc_line(1)["line"] + '"'
    assert chr(found.tokens[found.start - 1]) == '"'


def test_a_base_without_an_end_is_refused_unless_its_turns_have_one() -> None:
    tokenizer = Letters()
    tokenizer.eos_token_id = None
    with pytest.raises(ModelUnavailable) as caught:
        coder(tokenizer, None, [], FIELDS)
    assert caught.value.findings[0].code == "GG875"
    tokenizer.chatml = True
    assert coder(tokenizer, None, [], FIELDS).end == 8


def test_a_base_without_a_token_in_front_gets_none() -> None:
    assert coder(Letters(), False, [], FIELDS).prefix == ()
