"""Random numbers are functions of their names."""

from __future__ import annotations

from hypothesis import given, strategies as st

from gamegen._random import Stream, digest, rendezvous, uniform

names = st.lists(st.one_of(st.text(max_size=8), st.integers()), max_size=4)


@given(names, names)
def test_a_digest_names_one_sequence_of_parts(a: list[str | int], b: list[str | int]) -> None:
    assert (digest(*a) == digest(*b)) == (a == b)


def test_text_and_number_are_different_parts() -> None:
    assert digest("1") != digest(1)


def test_a_known_digest_never_changes() -> None:
    assert digest("saltmarrow", 7).hex() == "2ba9cb6a95d732622a27533352409356"


@given(st.binary(min_size=1, max_size=16), st.integers(0, 2**40))
def test_uniform_lies_in_the_unit_interval(name: bytes, counter: int) -> None:
    assert 0.0 <= uniform(name, counter) < 1.0


def test_uniform_fills_ten_bins_evenly() -> None:
    bins = [0] * 10
    for counter in range(10_000):
        bins[int(uniform(b"bins", counter) * 10)] += 1
    assert all(880 < count < 1120 for count in bins)


@given(st.sets(st.text(min_size=1, max_size=6), min_size=1), st.text(min_size=1, max_size=6))
def test_an_added_item_leaves_the_order_of_the_others(items: set[str], new: str) -> None:
    before = rendezvous(items, "draw")
    after = rendezvous({*items, new}, "draw")
    assert [item for item in after if item in items] == before


@given(st.integers(-50, 50), st.integers(0, 50))
def test_integers_reach_both_bounds_and_nothing_else(low: int, span: int) -> None:
    stream = Stream("bounds", low, span)
    drawn = {stream.integer(low, low + span) for _ in range(40 * (span + 1))}
    assert drawn <= set(range(low, low + span + 1))
    assert span > 12 or drawn == set(range(low, low + span + 1))


@given(st.lists(st.integers()))
def test_a_shuffle_keeps_the_items(items: list[int]) -> None:
    assert sorted(Stream("shuffle").shuffled(items)) == sorted(items)


def test_a_child_stream_does_not_move_its_parent() -> None:
    alone, disturbed = Stream("a"), Stream("a")
    disturbed.child("b").uniform()
    assert alone.uniform() == disturbed.uniform()
