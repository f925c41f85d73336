"""The lines of the fallback library: their counts, rendering and wording."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from typing import Any

from jinja2 import Environment, StrictUndefined

from gamegen.examples import shipped
from gamegen.spoken import ALSO
from tests.library_lists import LIBRARY, library_lists

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
    "barks",
    "asks_progress",
    "rewards",
    "explains",
    "describes",
    "remembers",
    "agrees",
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
    "reports_done",
    "shows",
    "thanks",
    "insists",
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
NEW_VERBS = ["exchange", "read", "experiment", "escape", "sneak"]
PARTS = ["personality", "ideal", "bond", "flaw", "appearance", "secret", "goal"]
EIGHT = {
    f"npc_line.{intent}" for intent in ["reveals", "reports", "offers_job", "asks_help", "reacts_success", "greets"]
}
EIGHT |= {f"objective.{verb}" for verb in VERBS}


def environment() -> Environment:
    def cap(text: str) -> str:
        return text[:1].upper() + text[1:]

    def ended(text: str) -> str:
        return text if text.endswith((".", "!", "?")) else f"{text}."

    def sentence(text: str) -> str:
        return cap(ended(text))

    env = Environment(undefined=StrictUndefined, autoescape=False)
    env.filters |= {"cap": cap, "ended": ended, "sentence": sentence}
    return env


def list_of(card: dict[str, Any]) -> str:
    part = card.get("intent") or card.get("verb") or card.get("part")
    return f"{card['kind']}.{part}" if part else str(card["kind"])


def card_fields(card: dict[str, Any]) -> dict[str, Any]:
    fields = {key: value for key, value in card.items() if key != "line"}
    if "must" not in card:
        return fields
    must = card["must"].replace(ALSO, ". ")
    return {**fields, "must": must, "then": must.rpartition("; next: ")[2]}


def test_library_has_every_kind_and_intent() -> None:
    wanted = {f"npc_line.{intent}" for intent in NPC_INTENTS}
    wanted |= {f"player_choice.{intent}" for intent in CHOICE_INTENTS}
    wanted |= {f"objective.{verb}" for verb in (*VERBS, *NEW_VERBS)}
    wanted |= {f"trait.{part}" for part in PARTS}
    wanted |= {"quest_title", "quest_summary", "journal"}
    assert {name for name, _, _ in library_lists()} == wanted
    assert {list_of(card) for card in shipped()} <= wanted


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
    examples = {card["line"] for card in shipped()}
    lists = {name: (lines, plural) for name, lines, plural in library_lists()}
    compiled = {line: env.from_string(line) for pair in lists.values() for line in (*pair[0], *pair[1])}
    for card in shipped():
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
            must = fields.get("must", "see Tana at Perl")
            text = env.from_string(line).render({"must": must, "then": must, **fields})
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
