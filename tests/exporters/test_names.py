"""The mapping from ids to identifiers."""

from __future__ import annotations

import re

from hypothesis import given, strategies as st

from gamegen_exporters import names

IDS = st.from_regex(r"[a-z][a-z0-9_]{0,5}", fullmatch=True)
IDENTIFIER = re.compile(r"[a-z][A-Za-z0-9]*(_{1,2}[A-Za-z0-9]+)*")


@given(st.lists(st.lists(IDS, min_size=1, max_size=3).map(tuple), unique=True, min_size=2, max_size=30))
def test_different_ids_have_different_identifiers(paths: list[tuple[str, ...]]) -> None:
    assert len({names.joined("flag", *path) for path in paths}) == len(paths)


@given(IDS, IDS, IDS, IDS)
def test_the_namespaces_are_apart(record: str, one: str, other: str, third: str) -> None:
    found = [
        *(names.state(kind, one) for kind in ("flag", "item", "quest")),
        *(names.knot(kind, record) for kind in ("dialogue", "character")),
        names.local(record, one),
        names.chosen(record, one, other),
        names.end(record),
        names.done(record, one, other),
        names.datum("character", record, (one, other, third)),
        names.placeholder("player"),
        names.placeholder(f"item.{one}"),
        names.character(one),
    ]
    assert len(set(found)) == len(found)


@given(IDS, IDS)
def test_identifiers_need_no_escaping(one: str, other: str) -> None:
    assert IDENTIFIER.fullmatch(names.chosen(one, other, one))


def test_plain_ids_stay_as_they_are() -> None:
    assert names.state("flag", "guild_hostile") == "flag_guild_hostile"
    assert names.chosen("talk_0001", "hub", "ask_more") == "dialogue_talk_0001__chosen_hub__ask_more"
    assert names.placeholder("item.lens") == "text_item_lens"


def test_loose_underscores_become_a_capital() -> None:
    assert names.state("item", "a__b_") == "item_aUUbU"
