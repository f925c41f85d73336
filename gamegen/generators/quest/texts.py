"""The texts of a quest's plan: one card per text, with what it must say and hand-written last resorts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from gamegen.generators.phrases import clause, noun
from gamegen.generators.quest.cast import Cast
from gamegen.generators.quest.grammar import Strategy
from gamegen.generators.quest.phrases import (
    closing_texts,
    journal_texts,
    objective_texts,
    summary_texts,
)
from gamegen.generators.quest.stages import Shape, Stage
from gamegen.generators.quest.steps import Step
from gamegen.generators.quest.strategies import Words, words_of
from gamegen.generators.quest.turns import Turns
from gamegen.records import JSON, line_id
from gamegen.spoken import ALSO, NEXT
from gamegen.world import Fact

TITLE: Mapping[str, JSON] = {"type": "string", "minLength": 4, "maxLength": 48, "x-gamegen": {"ends": "title"}}
SUMMARY: Mapping[str, JSON] = {"type": "string", "minLength": 40, "maxLength": 300, "x-gamegen": {"ends": "sentence"}}
JOURNAL: Mapping[str, JSON] = {"type": "string", "minLength": 24, "maxLength": 220, "x-gamegen": {"ends": "sentence"}}

LONGEST_SUMMARY = 34
"""Words of a summary's `must`: a text that says two long clauses has no room for anything else."""

LONGEST_OBJECTIVE = 200
"""As in the published schema: an opening with the longest of names (80 characters) still fits."""


@dataclass(frozen=True, slots=True)
class Clauses:
    """The clauses of one quest, of the alternatives of its strategy those that have their turn."""

    gist: str
    task: str
    reason: str
    """For the summary."""
    motive: str
    """For the first journal entry: another reason."""
    done: str
    title: str


def clauses(strategy: Strategy, cast: Cast, turns: Turns) -> Clauses:
    """The words of the strategy with the names of the cast."""
    fields = clause_fields(cast)
    words: Words = words_of(strategy)

    def say(what: str, alternatives: tuple[str, ...], ahead: int = 0) -> str:
        turn = turns.pick(f"{strategy.slug} {what}", len(alternatives), turns.round(strategy) + ahead)
        return alternatives[turn].format(**fields)

    return Clauses(
        say("gist", words.gist),
        words.task.format(**fields),
        say("reason", words.reason),
        say("reason", words.reason, 1),
        say("done", words.done),
        say("title", words.title),
    )


def clause_fields(cast: Cast) -> dict[str, str]:
    """The names that the clauses of a strategy may use."""
    named = {"giver": cast.giver, "item": cast.item, "person": cast.person, "owner": cast.owner}
    fields = {role: noun(entity.name) if entity else "" for role, entity in named.items()}
    creature = ""
    if cast.creature:
        creature = f"{cast.count} {noun(cast.creature.plural)}" if cast.count > 1 else noun(cast.creature.name)
    return {**fields, "creature": creature, "place": noun(cast.place.name), "source": noun(cast.source.name)}


@dataclass(frozen=True, slots=True)
class Telling:
    """What the texts of one quest are made from. before: how it stood after the quest before it in its line."""

    record: str
    cast: Cast
    shape: Shape
    said: Clauses
    turns: Turns
    tone: str
    lore: Fact | None
    before: str = ""
    people: Mapping[str, str] = field(default_factory=dict)
    """Name -> pronouns, of everybody whom a text may name."""

    def texts(self) -> Iterator[dict[str, JSON]]:
        """One entry per text of the record, in the order of writing."""
        said, shape, giver = self.said, self.shape, noun(self.cast.giver.name)
        yield self._text("title", "title", {"kind": "quest_title", "must": said.gist}, TITLE, (said.title,))
        why = said.reason
        told = f"{giver} says that {clause(self.lore.text)}" if self.lore else said.motive
        joined = f"{said.task}{ALSO}{why}"
        card = {
            "kind": "quest_summary",
            "giver": f"{giver}, {noun(self.cast.giver.role)}",
            "must": joined if len(joined.split()) <= LONGEST_SUMMARY else said.task,
        }
        yield self._text("summary", "summary", card, SUMMARY, summary_texts(why, said.task))
        used: set[str] = set()
        before = self.before or told
        number = 0
        for position, stage in enumerate(shape.stages):
            why_now = next((step.why for step in stage.steps if step.why), "")
            if position and why_now:
                before = why_now
            then = self._then(stage, used, before)
            must = f"{before}{NEXT}{then}"
            used.add(must)
            key = f"stages/{stage.id}/journal"
            yield self._text(key, "journal", {"kind": "journal", "must": must}, JOURNAL, journal_texts(before, then))
            for step in stage.steps:
                yield self._objective(f"stages/{stage.id}/objectives/{step.id}", step, number)
                number += 1
            before = next(step for step in stage.steps if step.id == stage.main).saying.deed
        for ending in shape.endings:
            must = ending.must
            if must in used:
                must = f"{must}, and {giver} has nothing more to ask"
            used.add(must)
            card = {"kind": "journal", "must": must}
            yield self._text(f"outcomes/{ending.id}", "journal", card, JOURNAL, closing_texts(must))

    def _then(self, stage: Stage, used: set[str], before: str) -> str:
        """What comes next: the choice where there is one; with its place where it was said so before."""
        chosen = [ending.after for ending in stage.endings]
        main = next(step for step in stage.steps if step.id == stage.main)
        others = [step.saying for step in stage.steps if step.id in chosen and step.id != stage.main]
        then = main.saying.or_else(*others)
        if len(then) > 110:
            then = main.saying.order
        return then if f"{before}{NEXT}{then}" not in used else main.saying.full_order

    def _objective(self, key: str, step: Step, number: int) -> dict[str, JSON]:
        saying = step.saying
        turn = self.turns.pick(saying.way, 12, self.turns.ordinal + number)
        opening = saying.opening(turn)
        card = {
            "kind": "objective",
            "verb": step.verb,
            "target": saying.noun,
            "place": saying.place,
            "must": saying.full_order,
        }
        # room for a clause behind the opening, whatever the length of the name in it
        schema = {
            "type": "string",
            "minLength": 16,
            "maxLength": max(100, min(LONGEST_OBJECTIVE, len(opening) + 60)),
            "x-gamegen": {"ends": "sentence"},
        }
        text = self._text(key, "objective", card, schema, objective_texts(saying, opening))
        return {**text, "names": [step.name], "opening": opening}

    def _text(
        self,
        key: str,
        template: str,
        card: Mapping[str, JSON],
        schema: Mapping[str, JSON],
        fallback: tuple[str, ...],
    ) -> dict[str, JSON]:
        low, high = schema["minLength"], schema["maxLength"]
        return {
            "key": key,
            "line": line_id(self.record, key),
            "template": f"quest/{template}.j2",
            "card": {**card, "tone": self.tone} if self.tone else dict(card),
            "schema": dict(schema),
            "pronouns": self._pronouns(card),
            "names": [],
            "opening": "",
            "fallback": [text for text in fallback if low <= len(text) <= high],
        }

    def _pronouns(self, card: Mapping[str, JSON]) -> str:
        """Those of the people whom a card names, where all have the same; else ""."""
        said = " ".join(str(part) for part in card.values())
        found = {pronouns for name, pronouns in self.people.items() if name in said}
        return found.pop() if len(found) == 1 else ""
