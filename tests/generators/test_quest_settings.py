"""What a brief may fix of a quest: every setting is honored, or refused with the reason."""

from __future__ import annotations

import pytest

from gamegen.errors import UsageError
from gamegen.generators.quest.generator import GENERATOR
from gamegen.generators.quest.grammar import SLUGS
from gamegen.records import JSON
from tests.generators.quests import planned, requests, saltmarrow
from tests.worlds import hut_world, small_world

ROWS = range(1, 8)


def documents(**wishes: JSON) -> list[dict[str, JSON]]:
    return [planned(saltmarrow(), row=row, **wishes).data["document"] for row in ROWS]


def objectives(document: dict[str, JSON]) -> list[dict[str, JSON]]:
    return [objective for stage in document["stages"] for objective in stage["objectives"]]


@pytest.mark.parametrize("endings", range(1, 5))
def test_so_many_outcomes_of_success(endings: int) -> None:
    for document in documents(endings=endings):
        assert sum(outcome["status"] == "success" for outcome in document["outcomes"]) == endings


@pytest.mark.parametrize("optional", range(4))
def test_so_many_optional_objectives(optional: int) -> None:
    for document in documents(optional=optional):
        assert sum(objective["optional"] for objective in objectives(document)) == optional


@pytest.mark.parametrize("fails", [False, True])
def test_whether_it_can_fail(fails: bool) -> None:
    for document in documents(fails=fails):
        assert bool(document["fail_conditions"]) == fails
        assert any(outcome["status"] == "failure" for outcome in document["outcomes"]) == fails


def test_the_reward_is_paid() -> None:
    for document in documents(reward="ice_saw"):
        assert document["rewards"]["items"] == [{"id": "ice_saw", "count": 1}]


@pytest.mark.parametrize("target", ["lens", "wyrm_tooth", "reef_wyrm"])
def test_an_item_or_a_creature_is_what_something_is_done_to(target: str) -> None:
    for document in documents(target=target):
        assert target in {objective["target"] for objective in objectives(document)}


def test_a_character_as_target_is_part_of_it() -> None:
    for document in documents(target="oren_tal"):
        assert "oren_tal" in {ref["id"] for ref in document["refs"]}
        assert document["giver"] != "oren_tal"


def test_the_rival_can_be_sided_with() -> None:
    for document in documents(rival="hessa_bram"):
        assert "sided_with_hessa_bram" in {outcome["id"] for outcome in document["outcomes"]}


@pytest.mark.parametrize("slug", sorted(SLUGS))
def test_the_strategy_is_honored(slug: str) -> None:
    assert {document["strategy"] for document in documents(strategy=slug)} == {SLUGS[slug]}


def test_the_tone_stands_in_every_card() -> None:
    cards = [request.card for request in requests(planned(saltmarrow(), tone="grim"))]
    assert {card["tone"] for card in cards} == {"grim"}


def test_without_a_wish_a_record_has_one_of_the_world_s_tones_and_they_take_turns() -> None:
    drawn = [{request.card["tone"] for request in requests(planned(saltmarrow(), row=row))} for row in (1, 2, 3, 4)]
    assert all(len(tones) == 1 for tones in drawn)
    assert drawn[0] | drawn[1] == set(saltmarrow().tone)
    assert drawn[:2] == drawn[2:]


def test_a_world_without_a_tone_gives_none() -> None:
    assert not any("tone" in request.card for request in requests(planned(hut_world())))


@pytest.mark.parametrize(
    ("wish", "says"),
    [
        ({"depth": 4}, "from 0 to 3"),
        ({"endings": 0}, "from 1 to 4"),
        ({"optional": 9}, "from 0 to 3"),
        ({"fails": "yes"}, "expected true or false"),
        ({"reward": "eel_tarp"}, 'did you mean "eel_trap"?'),
        ({"target": "mud_pik"}, 'did you mean "mud_pike"?'),
        ({"rival": "cass"}, 'did you mean "cass_orrin"?'),
        ({"strategy": "sspy"}, 'did you mean "spy"?'),
        ({"tone": ""}, "1 to 40 characters"),
        ({"tone": "x" * 41}, "1 to 40 characters"),
        ({"chain": 0}, "from 1 to 12"),
        ({"motivation": "spy", "strategy": "kill_pests"}, "name two strategies"),
        ({"giver": "ada_quill", "target": "ada_quill"}, "a target other than the giver"),
        ({"giver": "ada_quill", "rival": "ada_quill"}, "a rival other than the giver"),
        ({"strategy": "spy", "target": "mud_pike"}, "is about no creature"),
        ({"strategy": "practice_combat", "target": "mud_pike", "level": 20}, "of danger 14 to 20"),
        ({"target": "mill_key", "reward": "mill_key"}, "which is to be its reward"),
    ],
)
def test_impossible_wishes_are_refused_with_the_reason(wish: dict[str, JSON], says: str) -> None:
    with pytest.raises(UsageError) as raised:
        planned(small_world(), **wish)
    assert raised.value.findings[0].code == "GG005"
    assert says in str(raised.value)


def test_a_quest_that_nothing_can_fail_says_which_flag_is_missing() -> None:
    with pytest.raises(UsageError, match="needs a flag that can fail it"):
        planned(hut_world(), fails=True)


def test_wishes_may_come_together() -> None:
    wish = {"depth": 1, "endings": 2, "optional": 1, "fails": True, "giver": "mira_voss", "level": 7, "type": "main"}
    for document in documents(**wish):
        assert (document["giver"], document["level"], document["type"]) == ("mira_voss", 7, "main")
        assert sum(outcome["status"] == "success" for outcome in document["outcomes"]) == 2
        assert document["fail_conditions"]


def test_every_setting_has_a_description() -> None:
    assert all(schema["description"] for schema in GENERATOR.settings.values())


def test_a_strategy_of_another_motivation_is_refused() -> None:
    with pytest.raises(UsageError, match="strategy spy is one of knowledge: motivation wealth excludes it"):
        planned(saltmarrow(), row=1, motivation="wealth", strategy="spy")


def test_a_line_cannot_pay_one_item_again_and_again() -> None:
    with pytest.raises(UsageError, match="reward and chain exclude each other"):
        planned(saltmarrow(), row=1, reward="lens", chain=3)
