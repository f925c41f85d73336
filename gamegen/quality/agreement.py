"""Whether texts agree with the structured field beside them (docs/quality.md has the definitions)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from gamegen._words import coverage, words
from gamegen.checks import text_rules
from gamegen.near_duplicates import texts_in
from gamegen.quality.forms import measured
from gamegen.records import JSON
from gamegen.world import World

FIELDS = ("target", "count", "fact", "reward")
SAID = 0.5
"""Coverage of a fact's content words from which a line says it."""
_WORDS = (
    *("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen"),
    *("fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty"),
)
NUMBERS: Mapping[str, int] = {word: number for number, word in enumerate(_WORDS, start=2)}
"""Numbers as words; "one" is as often no number."""
_MONEY = r"(?:gold|silver|copper|coins?|crowns?|marks?|pence|shillings?|pieces|credits|scrip)"
_PAID = re.compile(rf"(\d+|\b[a-z]+) (?:{_MONEY})\b|(\d+) (?:xp|experience)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Agreement:
    """fields: how many that a text could agree with; agree: how many it does."""

    fields: int
    agree: int

    @property
    def share(self) -> float:
        return self.agree / self.fields if self.fields else 0.0

    def as_json(self) -> dict[str, JSON]:
        return {"fields": self.fields, "agree": self.agree, "share": round(self.share, 4) if self.fields else None}


def agreements(records: Iterable[Mapping[str, JSON]], world: World | None = None) -> dict[str, Agreement]:
    """By kind of field. A fact's text is that of the record's refs, else the world's."""
    fields: Counter[str] = Counter()
    agree: Counter[str] = Counter()
    for found in measured(records, lambda record: [*_objectives(record), *_facts(record, world), *_rewards(record)]):
        for name, agrees in found:
            fields[name] += 1
            agree[name] += agrees
    return {name: Agreement(fields[name], agree[name]) for name in FIELDS}


def _objectives(record: Mapping[str, JSON]) -> Iterator[tuple[str, bool]]:
    if record["kind"] != "quest":
        return
    names = {ref["id"]: str(ref["name"]) for ref in record.get("refs", ())}
    for stage in record.get("stages", ()):
        for objective in stage["objectives"]:
            text, name = objective["text"]["text"], names.get(objective["target"])
            if name is not None:
                yield "target", not text_rules.named(text, [name])
            told = numbers_in(text) - numbers_in(name or "")
            if objective["count"] > 1 or told:
                yield "count", objective["count"] in told


def _facts(record: Mapping[str, JSON], world: World | None) -> Iterator[tuple[str, bool]]:
    if record["kind"] != "dialogue":
        return
    known = {ref["id"]: str(ref["name"]) for ref in record.get("refs", ()) if ref.get("type") == "fact"}
    for node in record.get("nodes", ()):
        lines = " ".join(line["text"] for line in node["lines"])
        for id in node.get("facts", ()):
            fact = known.get(id) or (world.facts[id].text if world is not None and id in world.facts else None)
            if fact is not None:
                yield "fact", coverage(fact, lines) >= SAID


def _rewards(record: Mapping[str, JSON]) -> Iterator[tuple[str, bool]]:
    if record["kind"] != "quest" or "rewards" not in record:
        return
    rewards = record["rewards"]
    for _, _, text in texts_in(record):
        for money, experience in _PAID.findall(text):
            if experience:
                yield "reward", int(experience) == rewards["xp"]
            elif (number := _number(money)) is not None:
                yield "reward", number == rewards["currency"]


def numbers_in(text: str) -> set[int]:
    """The numbers from 2 that a text says, in digits or as a word up to twenty."""
    found = {number for word in words(text) if (number := _number(word)) is not None}
    return {number for number in found if number > 1}


def _number(word: str) -> int | None:
    return int(word) if word.isascii() and word.isdigit() else NUMBERS.get(word.casefold())
