"""The variety of planned dialogues: within one dialogue, and over a batch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, strategies as st

from gamegen._random import digest
from gamegen.generators.dialogue.generator import GENERATOR
from gamegen.generators.dialogue.turns import in_turn, lead_at
from gamegen.measures import distinct, self_bleu
from gamegen.quality.texts import SAMPLE
from gamegen.records import line_id
from gamegen.spoken import ALSO
from tests.generators.test_dialogue import brief, perihelion, planned, saltmarrow, worlds

WORLDS = (saltmarrow, perihelion)


def npc_lines(data: Mapping[str, Any]) -> list[str]:
    return [text["card"]["must"] for text in data["texts"] if text["card"]["kind"] == "npc_line"]


@pytest.mark.parametrize(("make", "seeds"), worlds())
def test_no_fact_is_told_twice_in_a_dialogue(make: Any, seeds: int) -> None:
    world = make()
    for seed in range(0, seeds, 2):
        data = planned(world, seed).data
        told = Counter(fact for node in data["document"]["nodes"] for fact in node.get("facts", ()))
        lines = "\n".join(npc_lines(data)).casefold()
        for fact, times in told.items():
            assert times == 1, (seed, fact)
            assert lines.count(world.facts[fact].text.rstrip(".").casefold()) <= 1, (seed, fact)


@pytest.mark.parametrize(("make", "seeds"), worlds())
def test_no_half_of_a_line_comes_twice_in_a_dialogue(make: Any, seeds: int) -> None:
    world = make()
    for seed in range(0, seeds, 2):
        halves = Counter(half.casefold() for must in npc_lines(planned(world, seed).data) for half in must.split(ALSO))
        assert [half for half, times in halves.items() if times > 1] == [], seed


@pytest.mark.parametrize(("make", "seeds"), worlds())
def test_at_most_two_lines_in_a_row_lead_on_without_a_choice(make: Any, seeds: int) -> None:
    world = make()
    for seed in range(0, seeds, 2):
        nodes = {node["id"]: node for node in planned(world, seed).data["document"]["nodes"]}
        for node in nodes.values():
            row = [node]
            while "goto" in row[-1]:
                row.append(nodes[row[-1]["goto"]])
            assert sum("choices" not in each for each in row) <= 2, (seed, node["id"])


@pytest.mark.parametrize("make", WORLDS)
def test_everybody_leads_once_before_anybody_leads_twice(make: Any) -> None:
    world = make()
    people = len(world.characters)
    leads = [lead_at(world.characters, n, 7, "talk") for n in range(1, 3 * people + 1)]
    for start in range(0, 3 * people, people):
        assert set(leads[start : start + people]) == set(world.characters)


def test_a_person_who_is_added_moves_few_of_the_leads() -> None:
    people = set(saltmarrow().characters)
    for extra in sorted(people):
        before = [lead_at(people - {extra}, n, 7, "talk") for n in range(1, len(people))]
        after = [lead_at(people, n, 7, "talk") for n in range(1, len(people))]
        assert sum(a != b for a, b in zip(before, after, strict=True)) <= len(people) // 2


@given(st.integers(0, 200), st.sampled_from(sorted(saltmarrow().characters)))
def test_a_fact_that_somebody_forgets_moves_no_other(ordinal: int, id: str) -> None:
    person = saltmarrow().characters[id]
    whole = in_turn(saltmarrow(), person, ordinal, 7, "talk")
    forgetful = replace(person, knows=person.knows[1:])
    assert [id for id in whole if id != person.knows[0]] == in_turn(saltmarrow(), forgetful, ordinal, 7, "talk")


@pytest.mark.parametrize("make", WORLDS)
@pytest.mark.parametrize("number", range(3))
def test_in_a_pass_of_the_leads_everybody_begins_with_facts_that_nobody_else_begins_with(
    make: Any, number: int
) -> None:
    world = make()
    people = list(world.characters.values())
    ordinal = 1 + number * len(people)
    kept = [in_turn(world, person, ordinal, 7, "talk") for person in people]
    firsts = [id for ids in kept for id in ids[:3]]
    assert len(set(firsts)) >= 0.95 * len(firsts)
    assert {id for person in people for id in person.knows} == {id for ids in kept for id in ids}


@pytest.mark.parametrize("make", WORLDS)
def test_thirty_dialogues_tell_most_facts_once(make: Any) -> None:
    told: Counter[str] = Counter()
    for ordinal in range(1, 31):
        nodes = GENERATOR.plan(make(), brief(ordinal), 7).data["document"]["nodes"]
        told.update(id for node in nodes for id in node.get("facts", ()))
    assert sum(count == 1 for count in told.values()) >= 0.5 * len(told)
    assert sum(told.values()) <= 1.75 * len(told)


def plains() -> list[str]:
    """What the last resorts say instead of a model, by the hash that samples of quality are drawn with."""
    found = []
    for make, first in ((saltmarrow, 1), (perihelion, 31)):
        for ordinal in range(first, first + 30):
            plan = GENERATOR.plan(make(), brief(ordinal), 7)
            for text in plan.data["texts"]:
                if text["card"]["kind"] == "npc_line" and text["fallback"]:
                    key = f"{plan.id}/{line_id(plan.id, text['key'])}"
                    found.append((digest("quality", key, text["fallback"][0]), text["fallback"][0]))
    return [line for _, line in sorted(found)][:SAMPLE]


def test_the_last_resorts_of_sixty_dialogues_are_varied() -> None:
    lines = plains()
    assert distinct(lines, 2) >= 0.72
    assert self_bleu(lines) <= 0.27
