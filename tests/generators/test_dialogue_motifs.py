"""The motifs of dialogues and the deck that hands them out."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from gamegen.generators.dialogue.generator import GENERATOR
from gamegen.generators.dialogue.motifs import STRIDES, Deck, motifs, turn
from gamegen.generators.dialogue.words import Claims, Speaker, length
from gamegen.records import Brief
from gamegen.spoken import ALSO
from gamegen.world import Character
from gamegen.world_file import load_world

MIRA = Speaker.of(Character("mira", "Mira Voss", "smith", pronouns="she"))
SALTMARROW = Path(__file__).parents[2] / "samples" / "saltmarrow" / "world"


def deck(ordinal: int, **values: str) -> Deck:
    return Deck((1, "talk"), ordinal, values, Claims())


@pytest.mark.parametrize("slot", motifs())
def test_every_motif_can_be_filled(slot: str) -> None:
    for motif in motifs()[slot]:
        values = dict.fromkeys(motif.needs, "a name")
        for intent, must, plain in motif.says:
            assert intent
            assert MIRA.fill(must, **values)
            assert MIRA.fill(plain, **values)


def test_a_motif_is_used_only_when_its_placeholders_have_a_value() -> None:
    drawn = [say.must for _ in motifs()["farewell"] for say in deck_of_farewells.draw("farewell", MIRA)]
    needing = sum(bool(motif.needs) for motif in motifs()["farewell"])
    assert len(drawn) == len(motifs()["farewell"]) - needing


deck_of_farewells = deck(1)


def test_no_motif_comes_twice() -> None:
    hand = deck(3, world="Saltmarrow", place="the forge", link="the quay", faction="the guild")
    musts = [say.must for _ in range(200) for say in hand.draw("talk", MIRA)]
    assert len(set(musts)) == len(musts) > 100


def test_a_short_line_is_the_first_of_two_parts() -> None:
    hand = deck(1)
    says = [say for _ in range(20) if (say := hand.one("greeting", MIRA, most=8)) is not None]
    assert says
    assert all(length(say) <= 8 and ALSO not in say.must for say in says)


@given(st.integers(1, 90), st.integers(1, 6), st.integers(0, 3))
def test_neighbors_start_apart_until_the_order_is_used_up(length: int, stride: int, passes: int) -> None:
    records = length // stride
    starts = {turn(length, records * passes + n, stride) for n in range(records)}
    assert len(starts) == records


@given(st.integers(2, 90), st.integers(1, 6))
def test_every_place_of_an_order_is_a_start_at_some_time(length: int, stride: int) -> None:
    assert {turn(length, n, stride) for n in range(length * length)} == set(range(length))


def test_neighboring_records_share_no_greeting_and_no_farewell() -> None:
    world = load_world(SALTMARROW)
    for slot, node in (("greeting", "greet"), ("farewell", "bye")):
        said = []
        for n in range(1, 31):
            data = GENERATOR.plan(
                world, Brief("dialogue", "talk", f"{n:04d}", n, {"pattern": "hub", "nodes": 6}), 7
            ).data
            said += [
                text["card"]["must"].partition(ALSO)[0]
                for text in data["texts"]
                if text["key"] == f"nodes/{node}/lines/0"
            ]
        assert len(set(said)) == 30, slot


def test_strides_name_slots() -> None:
    assert set(STRIDES) <= set(motifs())
