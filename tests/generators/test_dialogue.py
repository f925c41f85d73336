"""The dialogue kind: what every plan promises, and what the settings do."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from gamegen._words import word_set
from gamegen.checks.dialogue import CHECKS
from gamegen.checks.dialogue_states import explore
from gamegen.errors import UsageError
from gamegen.generators.dialogue.generator import GENERATOR
from gamegen.generators.dialogue.settings import FEWEST, SETTINGS
from gamegen.generators.dialogue.talk import FACTS
from gamegen.hookspecs import CheckContext
from gamegen.play import Player
from gamegen.records import Brief, Plan, Request, canonical
from gamegen.schema import bundle
from gamegen.world import World
from gamegen.world_file import load_world
from tests.worlds import bare_world, hut_world, odd_world, small_world

SAMPLES = Path(__file__).parents[2] / "samples"
SALTMARROW = SAMPLES / "saltmarrow" / "world"
INTENTS = {
    "npc_line": word_set(
        "greets reveals refuses offers_job warns lies thanks threatens says_goodbye asks_help bargains grieves jokes "
        "confesses deflects reports forgives insults reacts_success reacts_failure barks asks_progress rewards "
        "explains describes remembers agrees"
    ),
    "player_choice": word_set(
        "asks agrees refuses threatens persuades lies bargains jokes leaves comforts accuses reports_done shows thanks "
        "insists"
    ),
}


@cache
def saltmarrow() -> World:
    return load_world(SALTMARROW)


@cache
def perihelion() -> World:
    return load_world(SAMPLES / "perihelion" / "world")


def brief(seed: int, **settings: Any) -> Brief:
    return Brief("dialogue", "talk", f"{seed:04d}", seed, settings)


def planned(world: World, seed: int, **settings: Any) -> Plan:
    return GENERATOR.plan(world, brief(seed, **settings), seed)


def written(plan: Plan) -> tuple[dict[str, Any], list[list[Request]]]:
    """The document with a different dummy text for each request, and the requests round by round."""
    coroutine = GENERATOR.write(plan)
    rounds = [next(coroutine)]
    try:
        while True:
            rounds.append(coroutine.send([f"Dummy of {request.key}." for request in rounds[-1]]))
    except StopIteration as stop:
        return stop.value, rounds


def faults(document: Mapping[str, Any], world: World) -> list[str]:
    validator = Draft202012Validator(bundle(GENERATOR.schema))
    found = [error.message for error in validator.iter_errors(document)]
    return found + [str(finding) for check in CHECKS for finding in check.run(document, CheckContext(world=world))]


def worlds() -> list[Any]:
    made = {"saltmarrow": saltmarrow, "perihelion": perihelion}
    small = {"small": small_world, "bare": bare_world, "hut": hut_world, "odd": odd_world}
    return [pytest.param(make, 300, id=name) for name, make in made.items()] + [
        pytest.param(make, 60, id=name) for name, make in small.items()
    ]


@pytest.mark.parametrize(("make", "seeds"), worlds())
def test_every_record_is_valid_and_passes_all_proofs(make: Any, seeds: int) -> None:
    world = make()
    for seed in range(seeds):
        document, _ = written(planned(world, seed))
        assert faults(document, world) == [], seed


@pytest.mark.parametrize(("make", "seeds"), worlds())
def test_no_text_has_to_say_what_another_one_says(make: Any, seeds: int) -> None:
    world = make()
    for seed in range(0, seeds, 2):
        musts = [text["card"]["must"].casefold() for text in planned(world, seed).data["texts"]]
        assert len(set(musts)) == len(musts), seed


@pytest.mark.parametrize(("make", "seeds"), worlds())
def test_every_choice_point_has_a_choice_that_is_always_open(make: Any, seeds: int) -> None:
    world = make()
    for seed in range(0, seeds, 3):
        for node in planned(world, seed).data["document"]["nodes"]:
            choices = node.get("choices", ())
            assert not choices or any("condition" not in choice and not choice.get("once") for choice in choices)


def test_variables_of_each_type_occur() -> None:
    documents = [planned(saltmarrow(), seed).data["document"] for seed in range(80)]
    found = {(v["id"], v["type"]) for document in documents for v in document["variables"]}
    assert found == {("annoyed", "bool"), ("leverage", "int"), ("stance", "string"), ("trust", "int")}


def test_a_flag_that_has_nothing_to_do_with_the_talk_is_never_touched() -> None:
    for seed in range(80):
        document = planned(saltmarrow(), seed).data["document"]
        flags = {ref["id"] for ref in document["refs"] if ref["type"] == "flag"}
        assert flags <= {"guild_hostile", "lighthouse_lit", "lens_found", "keeper_cleared", "bell_silenced"}


@pytest.mark.parametrize(("make", "seeds"), worlds())
def test_every_text_has_a_card(make: Any, seeds: int) -> None:
    world = make()
    for seed in range(0, seeds, 5):
        for text in planned(world, seed).data["texts"]:
            card = text["card"]
            assert card["intent"] in INTENTS[card["kind"]]
            fields = {"who", "voice"} if card["kind"] == "npc_line" else {"to"}
            assert set(card) - {"tone"} == {"kind", "intent", "must", *fields}
            assert ("tone" in card) == bool(world.tone)
            assert card["must"] and not card["must"].endswith(".")
            assert len(card["must"].split()) <= 28
            assert card["must"].count("; also: ") <= 1
            assert not re.search(r"\{|\s\s", card["must"].replace("{{", ""))


@pytest.mark.parametrize(("make", "seeds"), worlds())
def test_last_resorts_obey_their_own_schema(make: Any, seeds: int) -> None:
    world = make()
    for seed in range(0, seeds, 5):
        for text in planned(world, seed).data["texts"]:
            assert text["fallback"]
            for line in text["fallback"]:
                assert text["schema"]["minLength"] <= len(line) <= text["schema"]["maxLength"]
                assert line[-1] in ".?!" and not line[0].islower()


def test_the_same_inputs_give_the_same_bytes() -> None:
    for seed in range(20):
        first, second = planned(saltmarrow(), seed), planned(load_world(SALTMARROW), seed)
        assert canonical(dict(first.data)) == canonical(dict(second.data))
        assert canonical(written(first)[0]) == canonical(written(second)[0])


def test_seeds_and_rows_differ() -> None:
    plans = {canonical(planned(saltmarrow(), seed).data["document"]["nodes"]) for seed in range(20)}
    assert len(plans) == 20


def test_a_person_added_elsewhere_moves_few_of_the_dialogues() -> None:
    people = dict(saltmarrow().characters)
    people.pop("rafe_duquennel")
    fewer = replace(saltmarrow(), characters=people)
    leads = [
        [planned(world, seed).data["document"]["participants"][0] for seed in range(18)]
        for world in (saltmarrow(), fewer)
    ]
    moved = sum(before != after for before, after in zip(*leads, strict=True) if before != "rafe_duquennel")
    assert moved <= 4


@pytest.mark.parametrize("nodes", [1, 2, 3, 4, 5, 6, 7, 9, 12, 16, 20])
@pytest.mark.parametrize("make", [bare_world, small_world, saltmarrow])
def test_the_number_of_nodes_can_be_set(make: Any, nodes: int) -> None:
    for seed in range(4):
        document, _ = written(planned(make(), seed, nodes=nodes))
        assert len(document["nodes"]) == nodes
        assert faults(document, make()) == []


@pytest.mark.parametrize("nodes", [40, 60, 80])
def test_a_large_dialogue_stays_within_the_bound_of_the_proof(nodes: int) -> None:
    for seed in range(4):
        document, _ = written(planned(saltmarrow(), seed, nodes=nodes))
        assert len(document["nodes"]) == nodes
        assert explore(document).states < 25_000


def test_more_nodes_than_the_world_can_fill_are_refused_with_what_is_missing() -> None:
    told = f"60 nodes need about {round(60 * FACTS)} facts known to hermit or their company, found 0"
    with pytest.raises(UsageError, match=told):
        planned(bare_world(), 1, nodes=60)


def test_a_sampled_size_yields_to_a_world_that_has_less() -> None:
    assert all(len(planned(bare_world(), seed).data["document"]["nodes"]) <= 40 for seed in range(40))


@pytest.mark.parametrize("endings", [1, 2, 3, 4])
@pytest.mark.parametrize("nodes", [12, 20, None])
def test_the_number_of_endings_can_be_set(endings: int, nodes: int | None) -> None:
    for seed in range(4):
        size = {} if nodes is None else {"nodes": nodes}
        document, _ = written(planned(small_world(), seed, endings=endings, **size))
        assert len(document["ends"]) == endings
        assert faults(document, small_world()) == []


@pytest.mark.parametrize("checks", [0, 1, 2, 3, 4])
@pytest.mark.parametrize("nodes", [24, None])
def test_the_number_of_skill_checks_can_be_set(checks: int, nodes: int | None) -> None:
    for seed in range(4):
        size = {} if nodes is None else {"nodes": nodes}
        document, _ = written(planned(saltmarrow(), seed, checks=checks, **size))
        choices = [choice for node in document["nodes"] for choice in node.get("choices", ())]
        assert sum("check" in choice for choice in choices) == checks
        assert faults(document, saltmarrow()) == []


@pytest.mark.parametrize("pattern", [name for name in FEWEST if name != "quest"])
@pytest.mark.parametrize("make", [bare_world, saltmarrow])
def test_every_pattern_can_be_set(make: Any, pattern: str) -> None:
    for seed in range(4):
        plan = planned(make(), seed, pattern=pattern)
        assert plan.data["patterns"][0] == pattern
        assert faults(written(plan)[0], make()) == []


@pytest.mark.parametrize("pattern", [name for name in FEWEST if name != "quest"])
def test_every_pattern_fits_its_least_size(pattern: str) -> None:
    for seed in range(3):
        document, _ = written(planned(saltmarrow(), seed, pattern=pattern, nodes=FEWEST[pattern]))
        assert len(document["nodes"]) == FEWEST[pattern]
        assert faults(document, saltmarrow()) == []


def test_a_second_person_can_be_set() -> None:
    for seed in range(10):
        document = planned(saltmarrow(), seed, character="mira_voss", other="orrabel_coldbrine").data["document"]
        assert document["participants"] == ["mira_voss", "orrabel_coldbrine"]


def test_a_tone_can_be_set() -> None:
    texts = planned(saltmarrow(), 1, tone="like a sermon").data["texts"]
    assert {text["card"]["tone"] for text in texts} == {"like a sermon"}


def test_a_dialogue_does_not_depend_on_how_many_others_are_planned() -> None:
    first = planned(saltmarrow(), 3)
    for seed in range(8, 12):
        planned(perihelion(), seed)
    assert canonical(dict(planned(saltmarrow(), 3).data)) == canonical(dict(first.data))


def test_a_random_play_ends_and_passes_only_nodes_that_the_proof_has_reached() -> None:
    for seed in range(30):
        document, _ = written(planned(saltmarrow(), seed))
        known = explore(document).nodes
        draw = random.Random(seed)
        player = Player(document, roll=lambda skill, dc, draw=draw: draw.random() < 0.5)
        events = list(player.start())
        for _ in range(2_000):
            if player.over or player.offer is None:
                break
            events += player.choose(draw.randrange(len(player.offer.choices)))
        assert player.over
        assert {event.node for event in events if hasattr(event, "node")} <= known


def test_character_topic_and_location_can_be_set() -> None:
    settings = {"character": "mira_voss", "topic": "lens_was_sold", "location": "market", "pattern": "secret"}
    document = planned(saltmarrow(), 1, **settings).data["document"]
    assert document["participants"][0] == "mira_voss"
    assert document["location"] == "market"
    secret = next(node for node in document["nodes"] if node["id"] == "secret")
    assert "lens_was_sold" in secret["facts"]


def test_a_topic_alone_finds_somebody_who_knows_it() -> None:
    lead = planned(saltmarrow(), 1, topic="card_game_was_bait").data["document"]["participants"][0]
    assert "card_game_was_bait" in saltmarrow().characters[lead].knows


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"character": "mira_vos"}, 'did you mean "mira_voss"'),
        ({"location": "forg"}, 'did you mean "forge"'),
        ({"topic": "lens_was_solt"}, 'did you mean "lens_was_sold"'),
        ({"character": "mira_voss", "topic": "wyrm_comes_closer"}, "does not know"),
        ({"character": "mira_voss", "other": "mira_voss"}, "both mira_voss"),
        ({"other": "mira_vos"}, 'did you mean "mira_voss"'),
        ({"pattern": "hubb"}, 'did you mean "hub"'),
        ({"pattern": "quest"}, "needs the setting quest"),
        ({"pattern": "funnel", "nodes": 5}, "at least 9 nodes"),
        ({"pattern": "negotiation", "checks": 0}, "a negotiation has skill checks"),
        ({"nodes": 5, "endings": 4}, "no room for 4 endings"),
        ({"nodes": 5, "checks": 4}, "no room for 4 skill checks"),
        ({"nodes": 81}, "from 1 to 80"),
        ({"tone": "x" * 41}, "at most 40 characters"),
        ({"quest": "quests.jsonl#q"}, "expected an object"),
    ],
)
def test_impossible_settings_are_refused_with_the_reason(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as error:
        planned(saltmarrow(), 1, **settings)
    assert error.value.findings[0].code == "GG005"
    assert message in str(error.value)


def test_settings_are_valid_schemas() -> None:
    for schema in SETTINGS.values():
        Draft202012Validator.check_schema(schema)


def test_lines_wait_only_for_what_every_path_has_said() -> None:
    for seed in range(30):
        plan = planned(saltmarrow(), seed, nodes=8 + seed)
        document, _ = written(plan)
        texts = {text["key"]: text for text in plan.data["texts"]}
        plays = explore(document)
        for node in document["nodes"]:
            before = texts[f"nodes/{node['id']}/lines/0"]["before"]
            if not before:
                continue
            above = before.split("/")[1]
            reaching = [w for w in plays.edges.values() if node["id"] in landed(document, w)]
            assert all(above in landed(document, witness) for witness in reaching)


def landed(document: dict[str, Any], witness: Any) -> list[str]:
    """The nodes that a witness enters."""
    nodes = {node["id"]: node for node in document["nodes"]}
    at = document["start"]
    passed = [at]
    for edge in (*witness.edges, None):
        while "goto" in nodes[at]:
            at = nodes[at]["goto"]
            passed.append(at)
        if edge is None:
            return passed
        choice = next(choice for choice in nodes[at]["choices"] if choice["id"] == edge.choice)
        at = choice["goto"] if edge.success is None else choice["check"]["success" if edge.success else "failure"]
        passed.append(at)
    return passed


def test_lines_come_before_choices_and_see_what_was_said_before() -> None:
    plan = planned(saltmarrow(), 3, nodes=18)
    _, rounds = written(plan)
    *lines, choices = rounds
    assert {request.card["kind"] for each in lines for request in each} == {"npc_line"}
    assert {request.card["kind"] for request in choices} == {"player_choice"}
    assert not any("after" in request.card for request in choices)
    assert not any("after" in request.card for request in lines[0])
    assert all(request.card["after"] for each in lines[1:] for request in each)
    assert len(lines) <= 12


def test_a_prompt_carries_the_speakers_own_lines() -> None:
    _, rounds = written(planned(saltmarrow(), 3, character="mira_voss"))
    assert rounds[0][0].values["lines"] == list(saltmarrow().characters["mira_voss"].lines)


def test_equal_choices_get_their_last_resort() -> None:
    plan = planned(saltmarrow(), 3)
    coroutine = GENERATOR.write(plan)
    requests = next(coroutine)
    try:
        while True:
            requests = coroutine.send(["The same."] * len(requests))
    except StopIteration as stop:
        document = stop.value
    for node in document["nodes"]:
        shown = [choice["text"]["text"] for choice in node.get("choices", ())]
        assert len(set(shown)) == len(shown)


def test_last_resorts_of_one_choice_point_differ() -> None:
    for seed in range(100):
        texts = planned(saltmarrow(), seed).data["texts"]
        for node in {text["key"].split("/")[1] for text in texts}:
            lines = [text["fallback"][0] for text in texts if text["key"].startswith(f"nodes/{node}/choices/")]
            assert len(set(lines)) == len(lines)


def test_refs_list_what_the_texts_name() -> None:
    for seed in range(40):
        plan = planned(saltmarrow(), seed)
        refs = {ref["id"] for ref in plan.data["document"]["refs"]}
        said = " ".join(text["card"]["must"] for text in plan.data["texts"])
        for entity in saltmarrow():
            if entity.type in ("character", "item", "location", "faction") and re.search(
                rf"\b{re.escape(entity.name)}\b", said
            ):
                assert entity.id in refs
        assert set(plan.entries) == refs


def test_the_plan_knows_the_worlds_names() -> None:
    assert "Mira Voss" in planned(saltmarrow(), 1).context.names


def test_the_outline_tells_who_how_much_and_each_node() -> None:
    plan = planned(saltmarrow(), 1, character="mira_voss", nodes=9)
    outline = plan.data["outline"]
    assert outline[0].startswith("Mira Voss, blacksmith")
    assert outline[1].startswith("9 nodes")
    assert "pattern: " in outline[1]
    assert len(outline) == 2 + 9
