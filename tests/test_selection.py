"""The score: what it prefers, term by term."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, strategies as st

from gamegen.engine.api import Completion, Token
from gamegen.records import Finding, Request
from gamegen.said import Said
from gamegen.selection import carries, choose, holds, score, sentence_ends, variants

CARD = {
    "kind": "npc_line",
    "who": "Mira Voss, blacksmith",
    "voice": "gruff",
    "intent": "reveals",
    "must": "she sold the lens to the guild",
}


def request(**rest: Any) -> Request:
    card = {**CARD, **rest.pop("card", {})}
    return Request("key", "dialogue/npc_line.j2", card, {"type": "string"}, **rest)


def said(text: str, logprob: float = -10.0, **rest: Any) -> Completion:
    return Completion(text, logprob, 10, **rest)


def better(good: str, bad: str, wanted: Request | None = None, already: tuple[str, ...] = ()) -> bool:
    wanted = wanted or request()
    return score(wanted, said(good), Said(already)) > score(wanted, said(bad), Said(already))


JOURNAL = request(card={"kind": "journal", "must": "the player has the key; next: bring it to Mira Voss"})
TRAIT = request(card={"kind": "trait", "must": "counts nails when frightened"}, values={"pronouns": "she"})


@pytest.mark.parametrize(
    ("good", "bad", "wanted"),
    [
        ("I sold the lens to the guild.", "I like the rain on the roof.", request()),
        ("I sold the lens to the guild, friend.", "To the guild the lens, friend, I sold.", request()),
        ("I sold the lens to the guild today.", "I sold the lens to the guild guild guild.", request()),
        ("I sold the lens to the guild.", "I never sold the lens to the guild.", request()),
        ("I sold the lens to the guild.", "You sold the lens to the guild.", request()),
        ("I sold the lens to the guild.", "I sold 40 of the lens to the guild.", request()),
        ("I sold the lens to the guild.", "The gruff smith: I sold the lens to the guild.", request()),
        (
            "I sold the lens to the guild today.",
            "I sold the lens to the guild today. It rained all day there.",
            request(),
        ),
        ("I sold the lens to the guild and never slept.", "I never slept and sold the lens to the guild.", request()),
        (
            "You have the key. Bring it to Mira Voss.",
            "You have the key of a dead king's garden wall. Bring Mira Voss.",
            JOURNAL,
        ),
        ("You have the key. Bring it to Mira Voss.", "I have the key. Bring it to Mira Voss.", JOURNAL),
        ("She counts nails when frightened.", "He counts nails when frightened.", TRAIT),
        ("She counts nails when frightened.", "I count nails when frightened.", TRAIT),
    ],
)
def test_the_better_text_has_the_higher_score(good: str, bad: str, wanted: Request) -> None:
    assert better(good, bad, wanted)


ASKED = {"kind": "player_choice", "to": "Ness Tolliver, lighthouse keeper", "intent": "asks"}
WHO = request(card={**ASKED, "must": "who pays for the old bell?"})
STAY = request(card={**ASKED, "intent": "bargains", "must": "I will keep watch tonight"})
REST = request(card={**ASKED, "intent": "comforts", "must": "breathe out again, Ness"})


@pytest.mark.parametrize(
    ("good", "bad", "wanted"),
    [
        ("Who pays for the old bell, Ness?", "Who pays for the old bell, Ness.", WHO),
        ("Who pays for the old bell, Ness?", "Pays for the old bell, Ness?", WHO),
        ("Who pays for the old bell, Ness?", "For the old bell, Ness, who pays?", WHO),
        ("Who pays for the old bell, keeper?", "Who pays for the old bell, the keeper?", WHO),
        ("Who pays for the old bell, Ness?", "Who pays for the old bell, and for bread and lamp oil?", WHO),
        ("I will keep watch tonight, Ness.", "Will I keep watch tonight, Ness?", STAY),
        ("I will keep watch tonight, Ness.", "You will keep watch tonight, Ness.", STAY),
        ("Breathe out again now, Ness.", "Ness, I may breathe out again.", REST),
    ],
)
def test_a_choice_is_what_the_player_says(good: str, bad: str, wanted: Request) -> None:
    assert better(good, bad, wanted)


def test_a_choice_may_be_its_must_word_for_word() -> None:
    own = score(WHO, said("Who pays for the old bell?"))
    assert own > score(WHO, said("Who pays for the old bell, and does he pay well?"))


def test_a_likelier_text_has_the_higher_score() -> None:
    text = "I sold the lens to the guild, and gladly."
    assert score(request(), said(text, -5)) > score(request(), said(text, -20))


def test_a_text_that_the_bound_ended_has_a_lower_score() -> None:
    text = "I sold the lens to the guild, and gladly."
    assert score(request(), said(text)) > score(request(), said(text, finish="length"))


def test_words_of_the_speakers_own_examples_cost() -> None:
    near = request(values={"lines": ["Iron and salt and herring, gladly."]})
    text = "I sold the lens to the guild for herring and salt."
    assert score(request(), said(text)) > score(near, said(text))


def test_a_beginning_that_the_record_has_costs() -> None:
    assert better("We sold the lens to the guild.", "I sold the lens to the guild now.", already=("I sold a boat.",))


def test_a_last_resort_word_for_word_costs() -> None:
    wanted = request(fallback=("Yes, I sold the lens to the guild.",))
    text = "Yes, I sold the lens to the guild."
    assert score(request(), said(text)) > score(wanted, said(text))


def test_the_best_without_a_finding_is_chosen() -> None:
    texts = [said("I like the rain."), said("I sold the lens to the guild."), said("I sold the lens.")]
    fault = [Finding("GG601", "x")]
    assert choose(request(), texts, [[], [], []]) == 1
    assert choose(request(), texts, [[], fault, []]) == 2
    assert choose(request(), texts, [fault, fault, fault]) is None
    assert choose(request(), [], []) is None


def test_of_equal_scores_the_first_is_chosen() -> None:
    assert choose(request(), [said("I sold the lens.")] * 3, [[], [], []]) == 0


def test_a_text_holds_if_it_says_its_must_of_the_right_person() -> None:
    assert holds(request(), "I sold the lens to the guild.")
    assert not holds(request(), "The rain is heavy.")
    assert not holds(request(), "I never sold the lens to the guild.")
    assert not holds(request(), "You sold the lens to the guild.")


def test_a_completion_may_end_after_an_earlier_sentence() -> None:
    whole = said("I sold it. Mr. Tal knows… He saw.", forced=4)
    assert [each.text for each in variants(whole)] == [
        "I sold it. Mr. Tal knows… He saw.",
        "I sold it.",
        "I sold it. Mr. Tal knows…",
    ]
    assert {each.forced for each in variants(whole)} == {4}


def test_a_completion_may_lose_what_a_sentence_adds_to_itself() -> None:
    whole = said("I sold it, and I know it. He saw, so he left.")
    assert [each.text for each in variants(whole)][2:] == [
        "I sold it. He saw, so he left.",
        "I sold it, and I know it. He saw.",
        "I sold it. He saw.",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "If you want the key, and you do, go to the mill.",
        "The key, and I mean it, is mine.",
        "Bring rope, oil, and salt to the forge.",
        "When it rains, and it will, stay in.",
    ],
)
def test_a_main_clause_or_a_list_is_no_tail(text: str) -> None:
    assert [each.text for each in variants(said(text))] == [text]


def test_a_tail_ends_at_the_end_of_its_sentence() -> None:
    whole = said("You owe me, and Dr. Voss knows. Go.")
    assert "You owe me. Go." in [each.text for each in variants(whole)]


def test_a_text_that_its_bound_ended_stays_so_without_an_early_tail() -> None:
    whole = said("I saw it, and you know. The lens is under", finish="length")
    forms = {each.text: each.finish for each in variants(whole)}
    assert forms["I saw it. The lens is under"] == "length"
    assert forms["I saw it, and you know."] == "stop"


def test_a_form_has_the_probability_of_what_is_left() -> None:
    words_at = [(0, -0.5), (6, -0.25), (7, -3.0), (11, -3.0), (16, -0.25)]
    trace = tuple(Token(start, logprob) for start, logprob in words_at)
    whole = Completion("I sold, and left.", -7.0, 5, trace=trace)
    (short,) = variants(whole)[1:]
    assert (short.text, short.logprob, short.tokens) == ("I sold.", -0.75, 2)


def test_who_acts_does_not_become_who_is_acted_on() -> None:
    card = {"must": "she has not seen the player in Ford"}
    assert holds(request(card=card), "I have not seen you in Ford.")
    assert not holds(request(card=card), "You have not seen me in Ford.")


@given(st.text(alphabet="ab ,.!?", max_size=40), st.integers(0, 10))
def test_every_form_is_made_of_the_words_of_the_completion(text: str, forced: int) -> None:
    for each in variants(said(text, forced=forced)):
        rest = iter(text)
        assert all(character in rest for character in each.text), "in their order"
        assert each.text.startswith(text[:forced]) or forced > len(text)


def test_an_opening_is_never_cut() -> None:
    assert [each.text for each in variants(said("Go. See it now.", forced=10))] == ["Go. See it now."]


@given(st.text(), st.text(), st.lists(st.text(), max_size=3))
def test_any_text_has_a_score(text: str, must: str, already: list[str]) -> None:
    value = score(request(card={"must": must}), said(text), Said(already))
    assert value == score(request(card={"must": must}), said(text), Said(already))
    assert all(0 < end <= len(text) for end in sentence_ends(text))


def test_both_parts_of_a_must_are_wanted() -> None:
    wanted = request(card={"kind": "npc_line", "must": "the lens was sold; also: the guild paid forty crowns"})
    assert carries(wanted, "The lens was sold, and the guild paid forty crowns.")
    assert not carries(wanted, "The lens was sold for what the lens was worth.")


def test_a_sentence_for_each_part_costs_nothing() -> None:
    must = "the lens was sold; also: the guild paid forty crowns"
    two = "The lens was sold last night. The guild paid forty crowns."
    joined = must.replace("; also: ", " and ")
    assert score(request(card={"must": must}), said(two)) > score(request(card={"must": joined}), said(two))


def test_word_pairs_of_the_record_cost_something() -> None:
    assert better(
        "The lens went to a stranger by night.",
        "The lens went down the long stair again.",
        already=("He walked down the long stair again yesterday.",),
    )
