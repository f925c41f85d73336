"""The sample world and the fallback library, read as plain data: their counts, references and wording."""

from __future__ import annotations

import json
import re
import tomllib
import unicodedata
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment, StrictUndefined
from jsonschema import Draft202012Validator

from gamegen.world_file import load_world

ROOT = Path(__file__).parent.parent
SAMPLE = ROOT / "samples" / "saltmarrow"
ENTITIES = ("character", "location", "faction", "item", "creature", "fact", "flag", "culture")
NAMED = ("character", "location", "faction", "item", "creature")

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

NPC_INTENTS = [
    "greets",
    "reveals",
    "refuses",
    "offers_job",
    "warns",
    "lies",
    "thanks",
    "threatens",
    "says_goodbye",
    "asks_help",
    "bargains",
    "grieves",
    "jokes",
    "confesses",
    "deflects",
    "reports",
    "forgives",
    "insults",
    "reacts_success",
    "reacts_failure",
]
CHOICE_INTENTS = [
    "asks",
    "agrees",
    "refuses",
    "threatens",
    "persuades",
    "lies",
    "bargains",
    "jokes",
    "leaves",
    "comforts",
    "accuses",
]
VERBS = [
    "goto",
    "explore",
    "gather",
    "deliver",
    "interview",
    "kill",
    "capture",
    "escort",
    "defend",
    "repair",
    "damage",
    "use",
    "steal",
    "spy",
]
PARTS = ["personality", "ideal", "bond", "flaw", "appearance", "secret", "goal"]
EIGHT = {
    f"npc_line.{intent}" for intent in ["reveals", "reports", "offers_job", "asks_help", "reacts_success", "greets"]
}
EIGHT |= {f"objective.{verb}" for verb in VERBS}


def read_world() -> dict[str, Any]:
    world: dict[str, Any] = {}
    for path in sorted((SAMPLE / "world").glob("*.toml")):
        for table, value in tomllib.loads(path.read_text(encoding="utf-8")).items():
            if isinstance(value, list):
                world.setdefault(table, []).extend(value)
            else:
                world[table] = value
    return world


WORLD = read_world()
IDS = {entity["id"]: table for table in ENTITIES for entity in WORLD[table]}
LIBRARY: dict[str, Any] = tomllib.loads((ROOT / "templates" / "library.toml").read_text(encoding="utf-8"))
CORPUS = [
    json.loads(line)
    for path in sorted((ROOT / "templates" / "examples").glob("*.jsonl"))
    for line in path.read_text(encoding="utf-8").splitlines()
]


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)


def sentences() -> Iterator[str]:
    """Every text of the world that is prose, a name or a line: no ids."""
    for table in (*NAMED, "fact"):
        for entity in WORLD[table]:
            for key in ("name", "plural", "role", "voice", "description", "text"):
                if key in entity:
                    yield entity[key]
            for key in ("lines", "goals", "aliases"):
                yield from entity.get(key, ())
    yield WORLD["world"]["premise"]


def opening(text: str) -> tuple[str, ...]:
    return tuple(re.findall(r"[\w']+", text.lower())[:3])


def library_lists() -> Iterator[tuple[str, list[str], list[str]]]:
    """(kind or kind.intent, lines, plural lines)"""
    for kind, table in LIBRARY.items():
        if "lines" in table:
            yield kind, table["lines"], []
        else:
            for name, lists in table.items():
                yield f"{kind}.{name}", lists["lines"], lists.get("plural_lines", [])


def environment() -> Environment:
    def cap(text: str) -> str:
        return text[:1].upper() + text[1:]

    def sentence(text: str) -> str:
        return cap(text) if text.endswith((".", "!", "?")) else f"{cap(text)}."

    env = Environment(undefined=StrictUndefined, autoescape=False)
    env.filters |= {"cap": cap, "sentence": sentence}
    return env


def list_of(card: dict[str, Any]) -> str:
    part = card.get("intent") or card.get("verb") or card.get("part")
    return f"{card['kind']}.{part}" if part else str(card["kind"])


def card_fields(card: dict[str, Any]) -> dict[str, Any]:
    fields = {key: value for key, value in card.items() if key != "line"}
    return {**fields, "then": card["must"].rpartition("; next: ")[2]} if "must" in card else fields


# --- The world ---


def test_world_obeys_its_schema() -> None:
    schema = json.loads((ROOT / "schemas" / "world.schema.json").read_text(encoding="utf-8"))
    assert [error.message for error in Draft202012Validator(schema).iter_errors(WORLD)] == []


def test_world_loads() -> None:
    world = load_world(SAMPLE / "world")
    assert {entity.id: entity.type for entity in world} == IDS


def test_project_obeys_its_schema() -> None:
    schema = json.loads((ROOT / "schemas" / "project.schema.json").read_text(encoding="utf-8"))
    project = tomllib.loads((SAMPLE / "gamegen.toml").read_text(encoding="utf-8"))
    assert [error.message for error in Draft202012Validator(schema).iter_errors(project)] == []
    assert project["project"]["id"] == WORLD["world"]["id"]
    assert (SAMPLE / project["project"]["world"]).is_dir()


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
def test_world_is_rich_enough_for_a_town(table: str, least: int) -> None:
    assert len(WORLD[table]) >= least


def test_samples_page_counts_right() -> None:
    page = " ".join((ROOT / "samples" / "README.md").read_text(encoding="utf-8").split())
    words = {"character": "people", "location": "places", "item": "items", "creature": "creatures"}
    words |= {"faction": "factions", "fact": "facts", "flag": "flags"}
    for table, word in words.items():
        assert f" {len(WORLD[table])} {word}" in page, table
    assert f"({sum(fact.get('secret', False) for fact in WORLD['fact'])} of them secret)" in page


def test_about_a_third_of_the_facts_is_secret() -> None:
    share = sum(fact.get("secret", False) for fact in WORLD["fact"]) / len(WORLD["fact"])
    assert 0.25 <= share <= 0.4


def test_flags_have_every_type() -> None:
    assert {flag["type"] for flag in WORLD["flag"]} == {"bool", "int", "string"}


def test_creatures_are_spread_over_the_levels() -> None:
    dangers = sorted(creature["danger"] for creature in WORLD["creature"])
    assert dangers[0] <= 2 and dangers[-1] >= 15 and len(set(dangers)) == len(dangers)
    assert all(creature["plural"] for creature in WORLD["creature"])


def test_ids_are_unique() -> None:
    assert len(IDS) == sum(len(WORLD[table]) for table in ENTITIES)


def test_every_reference_resolves() -> None:
    wanted = {"location": "location", "faction": "faction", "owner": "character", "culture": "culture"}
    dangling = []
    for table in ENTITIES:
        for entity in WORLD[table]:
            found = [(entity[key], type) for key, type in wanted.items() if key in entity]
            found += [(id, "fact") for id in entity.get("knows", ())]
            found += [(id, "location") for id in entity.get("links", ())]
            found += [(relation["to"], "character") for relation in entity.get("relations", ())]
            dangling += [(entity["id"], id) for id, type in found if IDS.get(id) != type]
            dangling += [(entity["id"], id) for id in entity.get("about", ()) if id not in IDS]
    assert dangling == []


def test_links_lead_both_ways() -> None:
    links = {place["id"]: set(place["links"]) for place in WORLD["location"]}
    assert [(a, b) for a in links for b in links[a] if a not in links[b]] == []


def test_one_can_walk_everywhere() -> None:
    links = {place["id"]: place["links"] for place in WORLD["location"]}
    reached, open_ends = set(), ["forge"]
    while open_ends:
        place = open_ends.pop()
        if place not in reached:
            reached.add(place)
            open_ends += links[place]
    assert reached == set(links)


def test_relations_are_answered() -> None:
    kinds = {(c["id"], r["to"]): r["kind"] for c in WORLD["character"] for r in c["relations"]}
    pairs = set()
    for kind, inverse in INVERSE.items():
        for other in inverse if isinstance(inverse, set) else {inverse}:
            pairs |= {(kind, other), (other, kind)}
    assert [(a, b, kind) for (a, b), kind in kinds.items() if (kind, kinds.get((b, a))) not in pairs] == []


def test_each_fact_is_known_and_each_secret_by_few() -> None:
    knowers = Counter(id for character in WORLD["character"] for id in character["knows"])
    assert [fact["id"] for fact in WORLD["fact"] if knowers[fact["id"]] == 0] == []
    assert [fact["id"] for fact in WORLD["fact"] if fact.get("secret") and knowers[fact["id"]] > 3] == []


def test_everybody_can_carry_a_conversation() -> None:
    for character in WORLD["character"]:
        assert character["voice"] and character["goals"] and character["aliases"], character["id"]
        assert 4 <= len(character["lines"]) <= 6, character["id"]
        assert len(character["knows"]) >= 4, character["id"]


def test_example_lines_have_the_length_of_the_corpus() -> None:
    lines = [line for character in WORLD["character"] for line in character["lines"]]
    assert [line for line in lines if not 5 <= len(line.split()) <= 26] == []


def test_no_two_example_lines_open_alike() -> None:
    openings = Counter(opening(line) for character in WORLD["character"] for line in character["lines"])
    assert [words for words, count in openings.items() if count > 1] == []


def test_no_example_line_is_taken_from_the_corpus() -> None:
    lines = {line for character in WORLD["character"] for line in character["lines"]}
    assert lines.isdisjoint(card["line"] for card in CORPUS)


def test_facts_are_short_plain_sentences() -> None:
    for fact in WORLD["fact"]:
        assert 6 <= len(fact["text"].split()) <= 14, fact["id"]
        assert re.fullmatch(r"[A-Z][^.;:!?]*\.", fact["text"]), fact["id"]


def test_facts_begin_so_that_they_can_stand_inside_a_sentence() -> None:
    names = {name for entity in WORLD["character"] for name in (entity["name"], *entity["aliases"])}
    for fact in WORLD["fact"]:
        article = re.match(r"(The|A|Two|No|Someone) ", fact["text"])
        assert article or any(fact["text"].startswith(f"{name} ") for name in names), fact["id"]


def test_cultures_have_names_enough() -> None:
    for culture in WORLD["culture"]:
        for key in ("given", "family"):
            assert len(set(culture[key])) == len(culture[key]) >= 24, culture["id"]


def test_avoided_words_are_avoided() -> None:
    avoided = re.compile(rf"\b({'|'.join(map(re.escape, WORLD['world']['avoid']))})\b", re.IGNORECASE)
    assert [text for text in sentences() if avoided.search(text)] == []
    assert [text for _, lines, plural in library_lists() for text in lines + plural if avoided.search(text)] == []


def test_only_names_of_the_world_are_capitalised() -> None:
    known = {"I", *re.findall(r"[\w']+", WORLD["world"]["name"])}
    for table in NAMED:
        for entity in WORLD[table]:
            for name in (entity["name"], *entity.get("aliases", ())):
                known |= set(re.findall(r"[\w']+", name))
    foreign = set()
    for text in sentences():
        for sentence in re.split(r"(?<=[.!?:])\s+", text):
            for word in re.findall(r"[\w']+", sentence)[1:]:
                if word[0].isupper() and word not in known and word.split("'")[0] not in known:
                    foreign.add((word, text))
    assert foreign == set()


def test_texts_are_in_profile() -> None:
    for text in strings([WORLD, LIBRARY]):
        assert unicodedata.is_normalized("NFC", text), text
        assert text == text.strip() and "  " not in text and "\t" not in text and "\n" not in text, text


# --- The library ---


def test_library_has_every_kind_and_intent() -> None:
    wanted = {f"npc_line.{intent}" for intent in NPC_INTENTS}
    wanted |= {f"player_choice.{intent}" for intent in CHOICE_INTENTS}
    wanted |= {f"objective.{verb}" for verb in VERBS}
    wanted |= {f"trait.{part}" for part in PARTS}
    wanted |= {"quest_title", "quest_summary", "journal"}
    assert {name for name, _, _ in library_lists()} == wanted
    assert {list_of(card) for card in CORPUS} <= wanted


def test_library_has_lines_enough() -> None:
    for name, lines, plural in library_lists():
        least = 8 if name in EIGHT else 4
        assert len(set(lines)) == len(lines) >= least, name
        if name in ("objective.kill", "objective.gather"):
            assert len(set(plural)) == len(plural) >= least, name
        else:
            assert plural == [], name


def test_library_lines_are_all_different() -> None:
    counts = Counter((name.split(".")[0], line) for name, lines, plural in library_lists() for line in lines + plural)
    assert [line for line, count in counts.items() if count > 1] == []


def test_library_renders_every_card_of_the_corpus() -> None:
    env = environment()
    examples = {card["line"] for card in CORPUS}
    lists = {name: (lines, plural) for name, lines, plural in library_lists()}
    compiled = {line: env.from_string(line) for pair in lists.values() for line in (*pair[0], *pair[1])}
    for card in CORPUS:
        lines, plural = lists[list_of(card)]
        for line in (*lines, *plural):
            text = compiled[line].render(**card_fields(card), count=3, plural="reef wyrms")
            assert text == text.strip() and not re.search(r"\s\s|[\t\n{}\"]", text), text
            assert unicodedata.is_normalized("NFC", text), text
            assert 1 <= len(text) <= 600, text
            assert text not in examples, text
            assert re.match(r"\(?[^\W\da-z]|\d", text), text
            if card["kind"] != "quest_title":
                assert re.search(r"[^.!?][.!?]$", text), text


def test_library_says_what_must_be_said() -> None:
    env = environment()
    for name, lines, plural in library_lists():
        objective = name.startswith("objective.")
        for line in lines:
            fields = {"target": "Tana", "place": "Perl"} if objective else {"must": "it rained", "giver": "Tana"}
            text = env.from_string(line).render(**fields, then=fields.get("must"))
            for value in fields.values():
                if value != "Tana" or objective or name == "quest_summary":
                    assert value.lower() in text.lower(), line
        for line in plural:
            text = env.from_string(line).render(place="Perl", count=3, plural="wyrms")
            assert all(word in text for word in ("Perl", "3", "wyrms")), line


def test_going_to_a_place_does_not_name_it_twice() -> None:
    env = environment()
    for verb in ("goto", "explore"):
        for line in LIBRARY["objective"][verb]["lines"]:
            assert env.from_string(line).render(target="the mill", place="the mill").count("the mill") == 1
