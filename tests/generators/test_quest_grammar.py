"""The grammar: the paper's table, and derivations that can be carried out in any world."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings, strategies as st

from gamegen.errors import UsageError
from gamegen.generators.quest.actions import VERBS, replay
from gamegen.generators.quest.cast import Casting, Misfit, Wanted
from gamegen.generators.quest.derivation import MOST_OBJECTIVES, Derivation, derive
from gamegen.generators.quest.grammar import MOTIVATIONS, RULES, SLUGS, STRATEGIES, Strategy, names_of, variants_of
from gamegen.generators.quest.strategies import words_of
from tests.generators.quests import part, planned, saltmarrow
from tests.worlds import small_world

IDS = [entity.id for entity in saltmarrow()]
PEOPLE = sorted(saltmarrow().characters)


def derived(strategy: Strategy, seed: int, depth: int) -> Derivation | None:
    """The derivation for the first giver who fits, in the sample world."""
    world = saltmarrow()
    for giver in PEOPLE:
        casting = Casting(world, ("test", seed, giver), world.characters[giver], Wanted())
        try:
            return derive(casting, strategy, casting.cast(strategy), depth)
        except Misfit:
            continue
    return None


def test_the_table_has_nine_motivations_with_the_paper_s_number_of_strategies() -> None:
    counts = [len(names_of(motivation)) for motivation in MOTIVATIONS]
    assert counts == [4, 2, 3, 5, 5, 2, 3, 6, 4]


def test_strategies_with_two_sequences_are_those_of_the_paper_and_those_whose_target_differs() -> None:
    twice = {each.name for each in STRATEGIES if len(variants_of(each.name)) > 1}
    assert twice == {
        "Revenge, Justice",
        "Capture Criminal",
        "Check on NPC",
        "Treat or repair",
        "Create diversion",
        "Guard entity",
        "Research a skill",
    }


def test_every_symbol_is_an_atomic_action_or_a_rule() -> None:
    for strategy in STRATEGIES:
        for symbol in strategy.symbols:
            assert symbol[0] in VERBS or symbol[0].strip("<>") in RULES


def test_every_sequence_has_words_of_its_own() -> None:
    words = [words_of(strategy) for strategy in STRATEGIES]
    for each in words:
        assert len(each.gist) >= 2 and len(each.reason) >= 2 and len(each.done) >= 2 and len(each.title) >= 2
    titles = Counter(title for each in words for title in each.title)
    assert max(titles.values()) == 1


@pytest.mark.parametrize("strategy", STRATEGIES, ids=[f"{each.slug}-{each.variant}" for each in STRATEGIES])
def test_every_sequence_can_be_derived_in_the_sample_world(strategy: Strategy) -> None:
    derivation = derived(strategy, 1, 0)
    assert derivation is not None
    done = [action.name for action in derivation.actions]
    wanted = [symbol[0] for symbol in strategy.symbols if not symbol[0].startswith("<")]
    assert [name for name in done if name in wanted][-len(wanted) :] == wanted


@settings(max_examples=150, deadline=None)
@given(
    keep=st.sets(st.sampled_from(IDS), min_size=20),
    person=st.sampled_from(PEOPLE),
    strategy=st.sampled_from(STRATEGIES),
    seed=st.integers(0, 2**32),
    depth=st.integers(0, 3),
    attempt=st.integers(0, 3),
)
def test_every_action_of_a_derivation_can_be_done_in_any_world(
    keep: set[str], person: str, strategy: Strategy, seed: int, depth: int, attempt: int
) -> None:
    world = part(saltmarrow(), keep | {person})
    if not world.locations:
        return
    casting = Casting(world, ("any", seed), world.characters[person], Wanted())
    try:
        derivation = derive(casting, strategy, casting.cast(strategy), depth, attempt)
    except Misfit:
        return
    replay(derivation.actions, derivation.start)
    assert derivation.depth <= depth


def test_every_rule_of_the_paper_that_a_strategy_leads_to_is_applied_somewhere() -> None:
    used = set()
    for strategy in STRATEGIES:
        for seed in range(25):
            derivation = derived(strategy, seed, 1 + seed % 3)
            used |= {rule.split(" ::= ")[1] for rule in derivation.rules} if derivation else set()
    unused = {alternative for rule, alternatives in RULES.items() for alternative in alternatives} - used
    assert unused == {"e", RULES["capture"][0]}  # nothing is written for nothing; no strategy of the table leads to it


def test_who_is_asked_knows_of_what_is_sought_or_of_who_has_it_or_of_its_place() -> None:
    world = saltmarrow()
    asked = 0
    for seed in range(5):
        for strategy in STRATEGIES:
            derivation = derived(strategy, seed, 2)
            for leaf in derivation.leaves if derivation else ():
                if leaf.action.name == "listen" and leaf.action.told:
                    asked += 1
                    assert leaf.fact in world.characters[leaf.action.target].knows
                    assert set(world.facts[leaf.fact].about) <= set(leaf.action.told)
    assert asked > 10


def test_what_is_read_is_a_document_that_a_fact_links_with_what_is_sought() -> None:
    world = saltmarrow()
    read = 0
    for strategy in STRATEGIES:
        for seed in range(10):
            derivation = derived(strategy, seed, 2)
            for leaf in derivation.leaves if derivation else ():
                if leaf.action.name == "read":
                    read += 1
                    assert {leaf.action.target, *leaf.action.told} <= set(world.facts[leaf.fact].about)
    assert read > 0


def test_a_price_is_had_before_the_trade_and_the_partner_keeps_it() -> None:
    for seed in range(20):
        derivation = derived(variants_of("Trade for supplies")[0], seed, 1)
        assert derivation is not None
        trade = next(action for action in derivation.actions if action.name == "exchange")
        end = replay(derivation.actions, derivation.start)
        assert end.holder[trade.price] == trade.other
        assert trade.price in [a.target for a in derivation.actions if a.name in ("gather", "exchange")]


def test_deeper_derivations_have_more_to_do() -> None:
    def mean(depth: int) -> float:
        found = [derived(strategy, 5, depth) for strategy in STRATEGIES]
        return sum(each.length for each in found if each) / len(found)

    assert mean(0) < mean(1) < mean(2)


@pytest.mark.parametrize("depth", range(4))
def test_the_depth_is_honored(depth: int) -> None:
    for row in range(1, 20):
        assert f"(depth {depth})" in planned(saltmarrow(), row=row, depth=depth).data["outline"][1]


def test_a_strategy_may_be_given_as_motivation() -> None:
    for slug, name in SLUGS.items():
        assert planned(saltmarrow(), motivation=slug).data["document"]["strategy"] == name


def test_revenge_is_serenity() -> None:
    document = planned(saltmarrow(), motivation="revenge").data["document"]
    assert (document["motivation"], document["strategy"]) == ("serenity", "Revenge, Justice")


def test_a_depth_that_the_world_has_nobody_for_is_refused() -> None:
    with pytest.raises(UsageError, match="for want of people to ask"):
        planned(part(small_world(), {"ada_quill", "ferry", "square"}), depth=3)


def test_no_derivation_that_is_planned_is_longer_than_the_cap() -> None:
    for row in range(1, 100):
        stages = planned(saltmarrow(), row=row, depth=3).data["document"]["stages"]
        assert sum(len(stage["objectives"]) for stage in stages) <= MOST_OBJECTIVES
