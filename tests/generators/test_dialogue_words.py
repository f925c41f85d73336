"""The clauses of dialogue plans."""

from __future__ import annotations

import pytest

from gamegen.generators.dialogue.words import Speaker, relation
from gamegen.generators.phrases import clause, noun, sentence
from gamegen.world import Character, Fact


def speaker(pronouns: str, name: str = "Oren Tal") -> Speaker:
    return Speaker.of(Character("oren_tal", name, "harbor master", pronouns=pronouns))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The lens was sold.", "the lens was sold"),
        ("Oren Tal sold it. Nobody knows.", "Oren Tal sold it"),
        ("Dr. Hale left.", "Dr. Hale left"),
        ("Four people left!", "four people left"),
        ('She said "no" {twice}.', "she said ’no’ {{twice}}"),
    ],
)
def test_clause(text: str, expected: str) -> None:
    assert clause(text) == expected


def test_noun_fits_the_text_profile() -> None:
    assert noun(' The "Great"\tLens {x} ') == "The ’Great’ Lens {{x}}"


def test_sentence_keeps_a_question_mark() -> None:
    assert (sentence("who is there?"), sentence("it rains")) == ("Who is there?", "It rains.")


@pytest.mark.parametrize(
    ("pronouns", "text", "expected"),
    [
        ("he", "Oren Tal sold the lens.", "he sold the lens"),
        ("he", "The harbor master sold the lens.", "he sold the lens"),
        ("she", "The guild blames Oren Tal for it.", "the guild blames her for it"),
        ("she", "Oren Tal’s books are false.", "her books are false"),
        ("he", "Mira and Oren Tal and the guild agree.", "Mira and Oren Tal and the guild agree"),
        ("they", "Oren Tal sells lenses.", "Oren Tal sells lenses"),
        ("he", "The lens is cracked.", "the lens is cracked"),
    ],
)
def test_speakers_name_themselves_with_a_pronoun(pronouns: str, text: str, expected: str) -> None:
    assert speaker(pronouns).of_fact(Fact("f", text), ("Oren Tal", "Oren", "the harbor master")) == expected


@pytest.mark.parametrize(("pronouns", "expected"), [("she", "she wants to rest"), ("they", "they want to rest")])
def test_verbs_agree_with_the_pronoun(pronouns: str, expected: str) -> None:
    assert speaker(pronouns).fill("{they} want{s} to rest") == expected


@pytest.mark.parametrize(
    ("name", "first"), [("Oren Tal", "Oren"), ("Sister Odile", "Sister Odile"), ("the Fox", "the Fox")]
)
def test_how_somebody_is_called(name: str, first: str) -> None:
    assert speaker("he", name).first == first


@pytest.mark.parametrize(
    ("kind", "must"),
    [
        ("owes_money", "he owes Mira Voss money"),
        ("employs", "Mira Voss works for him"),
        ("card_partner", "he is Mira Voss's card partner"),
    ],
)
def test_relations(kind: str, must: str) -> None:
    assert relation(speaker("he"), kind, "Mira Voss").must == must


def test_a_goal_in_the_first_person() -> None:
    assert speaker("he").in_first_person("clear his name before his aunt hears") == "clear my name before my aunt hears"


def test_braces_in_names_stay_doubled() -> None:
    assert speaker("she").fill("{they} see{s} {it}", it=noun("the {x}")) == "she sees the {{x}}"
