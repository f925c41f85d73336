"""The last resort."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gamegen._words import words
from gamegen.checks.text import text_findings
from gamegen.errors import WorldFault
from gamegen.examples import shipped
from gamegen.library import Library
from gamegen.originality import Copies
from gamegen.records import Request, TextContext
from gamegen.said import Said

NONE = Copies.of([])
CARDS: list[dict[str, Any]] = [{name: value for name, value in each.items() if name != "line"} for each in shipped()]


def request(card: dict[str, Any], **values: Any) -> Request:
    return Request("nodes/hub/lines/0", "x/y.j2", card, {"type": "string"}, values)


def test_the_order_is_drawn_from_record_and_key() -> None:
    library, card = Library(), {"kind": "npc_line", "intent": "warns", "must": "the ice is thin"}
    first = list(library.candidates(request(card), "a"))
    assert first == list(library.candidates(request(card), "a"))
    orders = {tuple(library.candidates(request(card), record)) for record in "abcdefgh"}
    assert len(orders) > 1
    assert {frozenset(order) for order in orders} == {frozenset(first)}


def test_a_line_that_the_record_has_is_left_out() -> None:
    library, card = Library(), {"kind": "npc_line", "intent": "warns", "must": "the ice is thin"}
    first, *others = library.candidates(request(card), "a")
    assert list(library.candidates(request(card), "a", Said([first.upper()]))) == others


def test_a_speaker_speaks_in_the_first_person() -> None:
    card = {"kind": "npc_line", "intent": "refuses", "must": "she will not help the player."}
    for text in Library().candidates(request(card), "a"):
        assert "I will not help you" in text


def test_several_targets_have_lines_of_their_own() -> None:
    card = {"kind": "objective", "verb": "kill", "target": "the wyrm", "place": "the reef", "must": "kill"}
    texts = list(Library().candidates(request(card, count=3, plural="wyrms"), "a"))
    assert texts
    assert all("3" in text and "wyrms" in text for text in texts)


def test_an_unknown_kind_has_no_lines() -> None:
    assert list(Library().candidates(request({"kind": "noticeboard", "must": "x"}), "a")) == []


@pytest.mark.parametrize("kind", sorted({card["kind"] for card in CARDS}))
def test_every_kind_has_a_line_that_passes_the_checks(kind: str) -> None:
    library = Library()
    cards = [card for card in CARDS if card["kind"] == kind]
    for card in cards:
        card = {"must": f"{card.get('verb')} {card.get('target')} at {card.get('place')}", **card}
        texts = list(library.candidates(request(card), "a"))
        good = [text for text in texts if not text_findings(text, card, {}, TextContext(), examples=NONE, lenient=True)]
        assert good, card


def test_the_library_and_the_corpus_share_no_line() -> None:
    corpus = Copies.of(example["line"] for example in shipped())
    assert not [line for line in Library().lines if tuple(words(line)) in corpus.whole]


def test_a_library_that_is_no_toml_is_named(tmp_path: Path) -> None:
    path = tmp_path / "library.toml"
    path.write_text("[journal", encoding="utf-8")
    with pytest.raises(WorldFault) as raised:
        Library(path)
    assert raised.value.findings[0].code == "GG716"
    assert raised.value.findings[0].path == str(path)


def test_a_line_that_does_not_render_is_named(tmp_path: Path) -> None:
    path = tmp_path / "library.toml"
    path.write_text('[journal]\nlines = ["{{ nothing }}"]', encoding="utf-8")
    with pytest.raises(WorldFault, match="GG716"):
        list(Library(path).candidates(request({"kind": "journal", "must": "x"}), "a"))
