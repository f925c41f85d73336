"""The sample worlds, read as plain data: their counts, references and wording."""

from __future__ import annotations

import json
import re
import tomllib
import unicodedata
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from gamegen.examples import shipped
from gamegen.world_file import load_world
from tests.library_lists import LIBRARY, library_lists

ROOT = Path(__file__).parent.parent
SAMPLES = ROOT / "samples"
ENTITIES = ("character", "location", "faction", "item", "creature", "fact", "flag", "culture")
NAMED = ("character", "location", "faction", "item", "creature")
World = dict[str, Any]

INVERSE = {
    "accomplice": "accomplice",
    "apprentice": "teacher",
    "aunt": "nephew",
    "avoids": {"suspects", "distrusts"},
    "buys_from": "sells_to",
    "card_partner": "card_partner",
    "colleague": "colleague",
    "employs": "works_for",
    "former_apprentice": "former_teacher",
    "former_spouse": "former_spouse",
    "friend": "friend",
    "guest": "host",
    "lent_money": "owes_money",
    "pays": "paid_by",
    "rival": "rival",
    "sibling": "sibling",
}


@cache
def read_world(name: str) -> World:
    world: World = {}
    for path in sorted((SAMPLES / name / "world").glob("*.toml")):
        for table, value in tomllib.loads(path.read_text(encoding="utf-8")).items():
            if isinstance(value, list):
                world.setdefault(table, []).extend(value)
            else:
                world[table] = value
    return world


@pytest.fixture(params=["saltmarrow", "perihelion"])
def world(request: pytest.FixtureRequest) -> World:
    return read_world(request.param)


def types_of(world: World) -> dict[str, str]:
    """Id -> type of every entity."""
    return {entity["id"]: table for table in ENTITIES for entity in world[table]}


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)


def sentences(world: World) -> Iterator[str]:
    """Every text of the world that is prose, a name or a line: no ids."""
    for table in (*NAMED, "fact"):
        for entity in world[table]:
            for key in ("name", "plural", "role", "voice", "description", "text"):
                if key in entity:
                    yield entity[key]
            for key in ("lines", "goals", "aliases"):
                yield from entity.get(key, ())
    yield world["world"]["premise"]


def opening(text: str) -> tuple[str, ...]:
    return tuple(re.findall(r"[\w']+", text.lower())[:3])


def test_world_obeys_its_schema(world: World) -> None:
    schema = json.loads((ROOT / "schemas" / "world.schema.json").read_text(encoding="utf-8"))
    assert [error.message for error in Draft202012Validator(schema).iter_errors(world)] == []


def test_world_loads(world: World) -> None:
    loaded = load_world(SAMPLES / world["world"]["id"] / "world")
    assert {entity.id: entity.type for entity in loaded} == types_of(world)


def test_project_obeys_its_schema(world: World) -> None:
    schema = json.loads((ROOT / "schemas" / "project.schema.json").read_text(encoding="utf-8"))
    sample = SAMPLES / world["world"]["id"]
    project = tomllib.loads((sample / "gamegen.toml").read_text(encoding="utf-8"))
    assert [error.message for error in Draft202012Validator(schema).iter_errors(project)] == []
    assert project["project"]["id"] == world["world"]["id"]
    assert (sample / project["project"]["world"]).is_dir()


@pytest.mark.parametrize(
    ("table", "least"),
    [
        ("character", 14),
        ("location", 12),
        ("item", 16),
        ("creature", 6),
        ("faction", 4),
        ("fact", 32),
        ("flag", 8),
        ("culture", 2),
    ],
)
def test_world_is_rich_enough_for_a_town(world: World, table: str, least: int) -> None:
    assert len(world[table]) >= least


def test_samples_page_counts_right(world: World) -> None:
    page = " ".join((ROOT / "samples" / "README.md").read_text(encoding="utf-8").split())
    words = {"character": "people", "location": "places", "item": "items", "creature": "creatures"}
    words |= {"faction": "factions", "fact": "facts", "flag": "flags"}
    for table, word in words.items():
        assert f" {len(world[table])} {word}" in page, table
    assert f"({sum(fact.get('secret', False) for fact in world['fact'])} of them secret)" in page


def test_about_a_third_of_the_facts_is_secret(world: World) -> None:
    share = sum(fact.get("secret", False) for fact in world["fact"]) / len(world["fact"])
    assert 0.25 <= share <= 0.4


def test_flags_have_every_type(world: World) -> None:
    assert {flag["type"] for flag in world["flag"]} == {"bool", "int", "string"}


def test_creatures_are_spread_over_the_levels(world: World) -> None:
    dangers = sorted(creature["danger"] for creature in world["creature"])
    assert dangers[0] <= 2 and dangers[-1] >= 15 and len(set(dangers)) == len(dangers)
    assert all(creature["plural"] for creature in world["creature"])


def test_ids_are_unique(world: World) -> None:
    assert len(types_of(world)) == sum(len(world[table]) for table in ENTITIES)


def test_every_reference_resolves(world: World) -> None:
    wanted = {"location": "location", "faction": "faction", "owner": "character", "culture": "culture"}
    dangling = []
    for table in ENTITIES:
        for entity in world[table]:
            found = [(entity[key], type) for key, type in wanted.items() if key in entity]
            found += [(id, "fact") for id in entity.get("knows", ())]
            found += [(id, "location") for id in entity.get("links", ())]
            found += [(relation["to"], "character") for relation in entity.get("relations", ())]
            dangling += [(entity["id"], id) for id, type in found if types_of(world).get(id) != type]
            dangling += [(entity["id"], id) for id in entity.get("about", ()) if id not in types_of(world)]
    assert dangling == []


def test_links_lead_both_ways(world: World) -> None:
    links = {place["id"]: set(place["links"]) for place in world["location"]}
    assert [(a, b) for a in links for b in links[a] if a not in links[b]] == []


def test_one_can_walk_everywhere(world: World) -> None:
    links = {place["id"]: place["links"] for place in world["location"]}
    reached, open_ends = set(), [world["location"][0]["id"]]
    while open_ends:
        place = open_ends.pop()
        if place not in reached:
            reached.add(place)
            open_ends += links[place]
    assert reached == set(links)


def test_relations_are_answered(world: World) -> None:
    kinds = {(c["id"], r["to"]): r["kind"] for c in world["character"] for r in c["relations"]}
    pairs = set()
    for kind, inverse in INVERSE.items():
        for other in inverse if isinstance(inverse, set) else {inverse}:
            pairs |= {(kind, other), (other, kind)}
    assert [(a, b, kind) for (a, b), kind in kinds.items() if (kind, kinds.get((b, a))) not in pairs] == []


def test_each_fact_is_known_and_each_secret_by_few(world: World) -> None:
    knowers = Counter(id for character in world["character"] for id in character["knows"])
    assert [fact["id"] for fact in world["fact"] if knowers[fact["id"]] == 0] == []
    assert [fact["id"] for fact in world["fact"] if fact.get("secret") and knowers[fact["id"]] > 3] == []


def test_everybody_can_carry_a_conversation(world: World) -> None:
    for character in world["character"]:
        assert character["voice"] and character["goals"] and character["aliases"], character["id"]
        assert 4 <= len(character["lines"]) <= 6, character["id"]
        assert len(character["knows"]) >= 4, character["id"]


def test_example_lines_have_the_length_of_the_corpus(world: World) -> None:
    lines = [line for character in world["character"] for line in character["lines"]]
    assert [line for line in lines if not 5 <= len(line.split()) <= 26] == []


def test_no_two_example_lines_open_alike(world: World) -> None:
    openings = Counter(opening(line) for character in world["character"] for line in character["lines"])
    assert [words for words, count in openings.items() if count > 1] == []


def test_no_example_line_is_taken_from_the_corpus(world: World) -> None:
    lines = {line for character in world["character"] for line in character["lines"]}
    assert lines.isdisjoint(card["line"] for card in shipped())


def test_facts_are_short_plain_sentences(world: World) -> None:
    for fact in world["fact"]:
        assert 6 <= len(fact["text"].split()) <= 14, fact["id"]
        assert re.fullmatch(r"[A-Z][^.;:!?]*\.", fact["text"]), fact["id"]


def test_facts_begin_so_that_they_can_stand_inside_a_sentence(world: World) -> None:
    names = {name for entity in world["character"] for name in (entity["name"], *entity["aliases"])}
    for fact in world["fact"]:
        article = re.match(r"(The|A|Two|No|Someone) ", fact["text"])
        assert article or any(fact["text"].startswith(f"{name} ") for name in names), fact["id"]


def test_cultures_have_names_enough(world: World) -> None:
    for culture in world["culture"]:
        for key in ("given", "family"):
            assert len(set(culture[key])) == len(culture[key]) >= 24, culture["id"]


def test_avoided_words_are_avoided(world: World) -> None:
    avoided = re.compile(rf"\b({'|'.join(map(re.escape, world['world']['avoid']))})\b", re.IGNORECASE)
    assert [text for text in sentences(world) if avoided.search(text)] == []
    assert [text for _, lines, plural in library_lists() for text in lines + plural if avoided.search(text)] == []


def test_only_names_of_the_world_are_capitalised(world: World) -> None:
    known = {"I", *re.findall(r"[\w']+", world["world"]["name"])}
    for table in NAMED:
        for entity in world[table]:
            for name in (entity["name"], *entity.get("aliases", ())):
                known |= set(re.findall(r"[\w']+", name))
    foreign = set()
    for text in sentences(world):
        for sentence in re.split(r"(?<=[.!?:])\s+", text):
            for word in re.findall(r"[\w']+", sentence)[1:]:
                if word[0].isupper() and word not in known and word.split("'")[0] not in known:
                    foreign.add((word, text))
    assert foreign == set()


def test_texts_are_in_profile(world: World) -> None:
    for text in strings([world, LIBRARY]):
        assert unicodedata.is_normalized("NFC", text), text
        assert text == text.strip() and "  " not in text and "\t" not in text and "\n" not in text, text
