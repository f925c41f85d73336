"""Near-duplicates: what counts as one, and that MinHash finds what comparing all with all finds."""

from __future__ import annotations

import subprocess
import sys

from hypothesis import example, given, settings, strategies as st

from gamegen._random import Stream
from gamegen._words import words
from gamegen.near_duplicates import (
    BANDS,
    ROWS,
    SIMILAR,
    alike,
    bands_of,
    pairs_of_texts,
    shingles,
    similarity,
    texts_in,
)

LINE = "The bell of Saltmarrow rings every night though nobody pulls the rope."
vocabulary = st.sampled_from(["tide", "lamp", "oar", "salt", "bell", "crab", "Rope"])
texts = st.lists(
    st.tuples(st.just("a"), st.sampled_from(["npc_line", "journal"]), st.lists(vocabulary, max_size=9).map(" ".join)),
    max_size=25,
)


def test_texts_that_read_the_same_are_alike() -> None:
    assert alike("Who goes there?", "who goes — there!")
    assert not alike("Who goes there?", "Who goes where?")


def test_a_text_without_letters_and_digits_is_like_none() -> None:
    assert not alike("…", "…")
    assert pairs_of_texts([("a", "journal", "…"), ("b", "journal", "…")]) == []


def test_one_word_changed_in_a_long_text_is_alike_and_in_a_short_one_is_not() -> None:
    assert alike(LINE, LINE.replace("rope", "cord"))
    assert not alike("The bell rings every night.", "The bell rings every day.")


def test_similarity_is_that_of_sets() -> None:
    one, other = shingles(words("a b c d e f")), shingles(words("b c d e f g"))
    assert similarity(one, other) == 3 / 5
    assert similarity(frozenset(), frozenset()) == 0.0


def test_texts_of_two_kinds_are_not_compared() -> None:
    assert pairs_of_texts([("a", "journal", LINE), ("b", "npc_line", LINE)]) == []


def test_each_later_text_stands_once_with_the_earliest() -> None:
    kinds = [(id, "journal", LINE) for id in ("a", "b", "b")]
    assert pairs_of_texts([("z", "journal", "Something else."), *kinds]) == [(1, 2), (1, 3)]


@settings(max_examples=200, deadline=None)
@given(texts)
@example([("a", "journal", LINE), ("b", "journal", LINE.upper()), ("c", "journal", LINE.replace("rope", "cord"))])
def test_no_pair_is_told_that_is_none_and_whole_texts_are_never_missed(found: list[tuple[str, str, str]]) -> None:
    told = pairs_of_texts(found)
    assert [later for _, later in told] == sorted({later for _, later in told})
    for earlier, later in told:
        assert earlier < later and found[earlier][1] == found[later][1] and alike(found[earlier][2], found[later][2])
    whole = {
        later
        for later, (_, kind, text) in enumerate(found)
        if any(other[1] == kind and words(other[2]) == words(text) != [] for other in found[:later])
    }
    assert whole <= {later for _, later in told}


def test_of_pairs_at_the_bound_nearly_none_is_missed() -> None:
    stream = Stream("near", "recall")
    missed = 0
    for number in range(1000):
        own = [f"w{stream.integer(0, 10**6)}" for _ in range(14)]
        other = [*own[:11], *(f"v{stream.integer(0, 10**6)}" for _ in range(3))]  # 9 of 15 shingles in common
        assert similarity(shingles(own), shingles(other)) == SIMILAR
        kind = str(number)
        missed += not pairs_of_texts([("a", kind, " ".join(own)), ("b", kind, " ".join(other))])
    assert missed <= 10


def test_the_bands_find_99_of_100_at_the_bound() -> None:
    assert 1 - (1 - SIMILAR**ROWS) ** BANDS >= 0.99


def test_bands_are_a_function_of_the_text_alone() -> None:
    own, other = words(LINE), words("Nobody has seen the keeper since the night of the storm.")
    (alone,) = bands_of([own])
    together = bands_of([other, own, words("short one"), own])
    assert alone.tolist() == together[1].tolist() == together[3].tolist()
    assert len(together[2]) == 0


def test_bands_are_the_same_on_every_machine() -> None:
    (own,) = bands_of([words(LINE)])
    assert own[:3].tolist() == [2536430903, 5656116549, 9226695227]


def test_texts_of_a_record_have_their_line_ids_and_kinds() -> None:
    record = {
        "id": "q",
        "kind": "quest",
        "title": {"id": "q_1", "text": "One"},
        "stages": [{"journal": {"id": "q_2", "text": "Two."}, "note": {"id": "q_3", "text": "Three."}}],
        "review": {"id": "q_4", "text": "no text of the record"},
    }
    found = [("q_2", "journal", "Two."), ("q_3", "quest", "Three."), ("q_1", "quest_title", "One")]
    assert list(texts_in(record)) == found == list(texts_in(dict(reversed(record.items()))))


def test_importing_gamegen_loads_no_numpy() -> None:
    code = "import sys, gamegen; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
