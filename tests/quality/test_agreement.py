"""Agreement of a text with the structured field beside it."""

from __future__ import annotations

from typing import Any

import pytest

from gamegen.quality.agreement import Agreement, agreements, numbers_in

REFS = [
    {"id": "wolf", "name": "the grey wolf", "type": "creature"},
    {"id": "inn", "name": "the Two Bells", "type": "location"},
    {"id": "lens_sold", "name": "The harbor master sold the lens.", "type": "fact"},
]


def quest(text: str, target: str = "wolf", count: int = 1, summary: str = "", **rewards: Any) -> dict[str, Any]:
    objective = {"id": "o", "target": target, "count": count, "text": {"id": "t", "text": text}}
    paid = {"xp": 50, "currency": 20, "items": [], "reputation": [], **rewards}
    return {
        "id": "q",
        "kind": "quest",
        "summary": {"id": "s", "text": summary},
        "stages": [{"objectives": [objective]}],
        "rewards": paid,
        "refs": REFS,
    }


def dialogue(*lines: str, refs: list[dict[str, str]] = REFS) -> dict[str, Any]:
    node = {"id": "n", "facts": ["lens_sold"], "lines": [{"id": str(n), "text": text} for n, text in enumerate(lines)]}
    return {"id": "d", "kind": "dialogue", "nodes": [node], "refs": refs}


@pytest.mark.parametrize(("text", "agrees"), [("Find a Grey Wolf.", 1), ("Find the beast.", 0)])
def test_an_objective_names_its_target(text: str, agrees: int) -> None:
    assert agreements([quest(text)])["target"] == Agreement(1, agrees)


@pytest.mark.parametrize(
    ("text", "count", "found"),
    [
        ("Kill three grey wolves.", 3, (1, 1)),
        ("Kill 3 grey wolves.", 3, (1, 1)),
        ("Kill the grey wolves.", 3, (1, 0)),
        ("Kill two grey wolves.", 1, (1, 0)),
        ("Kill the one grey wolf.", 1, (0, 0)),
    ],
)
def test_an_objective_says_its_count(text: str, count: int, found: tuple[int, int]) -> None:
    assert agreements([quest(text, count=count)])["count"] == Agreement(*found)


def test_a_number_of_the_targets_name_is_no_count() -> None:
    assert agreements([quest("Go to the Two Bells.", "inn")])["count"] == Agreement(0, 0)


def test_a_node_says_the_fact_that_it_reveals_in_one_of_its_lines_or_all() -> None:
    assert agreements([dialogue("Well.", "He sold the lens, the harbor master did.")])["fact"] == Agreement(1, 1)
    assert agreements([dialogue("The lens is gone.", "Ask the harbor master.")])["fact"] == Agreement(1, 1)
    assert agreements([dialogue("I saw nothing that night.")])["fact"] == Agreement(1, 0)


def test_a_fact_whose_text_nobody_knows_is_no_field() -> None:
    assert agreements([dialogue("I saw nothing.", refs=[])])["fact"] == Agreement(0, 0)


@pytest.mark.parametrize(
    ("summary", "found"),
    [
        ("She pays twenty crowns for the hide.", (1, 1)),
        ("She pays 30 gold.", (1, 0)),
        ("It is worth 50 xp.", (1, 1)),
        ("It is worth 50 silver coins and 40 xp.", (2, 0)),
        ("She pays well in some coins.", (0, 0)),
    ],
)
def test_a_reward_that_a_text_states_is_the_one_that_is_paid(summary: str, found: tuple[int, int]) -> None:
    assert agreements([quest("Find the grey wolf.", summary=summary)])["reward"] == Agreement(*found)


def test_numbers_are_words_and_digits_from_two() -> None:
    assert numbers_in("One of seven, or 12, or Twenty; ² is none.") == {7, 12, 20}


def test_no_fields_have_no_share() -> None:
    assert agreements([])["fact"].as_json() == {"fields": 0, "agree": 0, "share": None}
