"""The dialogue kind: what every plan promises, and what the settings do."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from gamegen.checks.dialogue import CHECKS
from gamegen.checks.dialogue_states import explore
from gamegen.errors import UsageError
from gamegen.generators.dialogue import GENERATOR
from gamegen.generators.dialogue_plan import SETTINGS
from gamegen.hookspecs import CheckContext
from gamegen.records import Brief, Plan, Request, canonical
from gamegen.schema import bundle
from gamegen.world import World
from gamegen.world_file import load_world
from tests.worlds import bare_world, hut_world, small_world

SALTMARROW = Path(__file__).parents[2] / "samples" / "saltmarrow" / "world"
CORPUS = Path(__file__).parents[2] / "templates" / "examples"


@cache
def intents(kind: str) -> frozenset[str]:
    """The intents of the corpus."""
    cards = [
        json.loads(line) for path in CORPUS.glob("*.jsonl") for line in path.read_text(encoding="utf-8").splitlines()
    ]
    return frozenset(card["intent"] for card in cards if card["kind"] == kind)


@cache
def saltmarrow() -> World:
    return load_world(SALTMARROW)


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
    made = {"saltmarrow": saltmarrow, "small": small_world, "bare": bare_world, "hut": hut_world}
    return [pytest.param(make, 100 if name != "saltmarrow" else 300, id=name) for name, make in made.items()]


@pytest.mark.parametrize(("make", "seeds"), worlds())
def test_every_record_is_valid_and_passes_all_proofs(make: Any, seeds: int) -> None:
    world = make()
    for seed in range(seeds):
        document, _ = written(planned(world, seed))
        assert faults(document, world) == [], seed


@pytest.mark.parametrize(("make", "seeds"), worlds())
def test_every_plan_keeps_its_promises(make: Any, seeds: int) -> None:
    world = make()
    for seed in range(0, seeds, 3):
        document = planned(world, seed).data["document"]
        nodes = {node["id"]: node for node in document["nodes"]}
        choices = [choice for node in nodes.values() for choice in node.get("choices", ())]
        assert 6 <= len(nodes) <= 20
        assert 1 <= len(document["ends"]) <= 3
        hub = nodes["hub"]["choices"]
        assert len([node for node in nodes.values() if node.get("goto") == "hub"]) >= 2
        assert any("condition" not in choice and not choice.get("once") for choice in hub)
        assert any("check" in choice for choice in hub)
        assert any(choice.get("once") for choice in choices)
        assert any("condition" in choice for choice in choices)
        assert any(effect["type"] == "local" for node in nodes.values() for effect in node.get("effects", ()))


@pytest.mark.parametrize(("make", "seeds"), worlds())
def test_every_text_has_a_card_of_the_corpus(make: Any, seeds: int) -> None:
    world = make()
    for seed in range(0, seeds, 5):
        for text in planned(world, seed).data["texts"]:
            card = text["card"]
            assert card["intent"] in intents(card["kind"])
            fields = {"who", "voice"} if card["kind"] == "npc_line" else {"to"}
            assert set(card) == {"kind", "intent", "must", *fields}
            assert card["must"] and not card["must"].endswith(".")
            assert len(card["must"].split()) <= 16
            assert not re.search(r"\{(?!\{)|\s\s", card["must"])


@pytest.mark.parametrize(("make", "seeds"), worlds())
def test_last_resorts_obey_their_own_schema(make: Any, seeds: int) -> None:
    world = make()
    for seed in range(0, seeds, 5):
        for text in planned(world, seed).data["texts"]:
            assert text["fallback"]
            for line in text["fallback"]:
                assert text["schema"]["minLength"] <= len(line) <= text["schema"]["maxLength"]
                assert line[-1] in ".?!" and line[0].isupper()


def test_texts_stay_few_and_choice_points_near_the_reference() -> None:
    plans = [planned(saltmarrow(), seed) for seed in range(100)]
    assert max(len(plan.data["texts"]) for plan in plans) <= 36
    nodes = [node for plan in plans for node in plan.data["document"]["nodes"]]
    options = [len(node["choices"]) for node in nodes if "choices" in node]
    assert 2.4 <= sum(options) / len(options) <= 3.4  # 2.8 in shipped dialogues


def test_the_same_inputs_give_the_same_bytes() -> None:
    for seed in range(20):
        first, second = planned(saltmarrow(), seed), planned(load_world(SALTMARROW), seed)
        assert canonical(dict(first.data)) == canonical(dict(second.data))
        assert canonical(written(first)[0]) == canonical(written(second)[0])


def test_seeds_and_rows_differ() -> None:
    plans = {canonical(planned(saltmarrow(), seed).data["document"]["nodes"]) for seed in range(20)}
    assert len(plans) == 20


def test_a_person_added_elsewhere_moves_only_what_chooses_them() -> None:
    people = dict(saltmarrow().characters)
    people.pop("rafe_duquennel")
    fewer = replace(saltmarrow(), characters=people)
    for seed in range(30):
        before = planned(saltmarrow(), seed).data["document"]["participants"][0]
        if before != "rafe_duquennel":
            assert planned(fewer, seed).data["document"]["participants"][0] == before


@pytest.mark.parametrize("nodes", range(6, 21))
@pytest.mark.parametrize("make", [bare_world, small_world, saltmarrow])
def test_the_number_of_nodes_can_be_set(make: Any, nodes: int) -> None:
    for seed in range(4):
        document, _ = written(planned(make(), seed, nodes=nodes))
        assert len(document["nodes"]) == nodes
        assert faults(document, make()) == []


@pytest.mark.parametrize("endings", [1, 2, 3])
@pytest.mark.parametrize("nodes", [6, 8, 20])
def test_the_number_of_endings_can_be_set(endings: int, nodes: int) -> None:
    for seed in range(5):
        document, _ = written(planned(small_world(), seed, endings=endings, nodes=nodes))
        assert len(document["ends"]) == endings
        assert faults(document, small_world()) == []


def test_character_topic_and_location_can_be_set() -> None:
    plan = planned(saltmarrow(), 1, character="mira_voss", topic="lens_was_sold", location="market")
    document = plan.data["document"]
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
    for seed in range(40):
        plan = planned(saltmarrow(), seed)
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


def test_lines_come_before_choices_and_choices_see_the_line_they_answer() -> None:
    plan = planned(saltmarrow(), 3)
    _, rounds = written(plan)
    *lines, choices = rounds
    assert {request.card["kind"] for each in lines for request in each} == {"npc_line"}
    assert {request.card["kind"] for request in choices} == {"player_choice"}
    for request in choices:
        node = request.key.split("/")[1]
        assert f"nodes/{node}/lines/" in request.values["before"]
    assert len(lines) <= 8


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
        texts = planned(bare_world(), seed, nodes=20).data["texts"]
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
    assert len(outline) == 2 + 9
