"""The words of a quest's plan: clauses for cards, openings of objectives, and hand-written last resorts.

Everything is built from names and facts of the world, as `gamegen.generators.phrases` makes them fit for a text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gamegen._random import Stream
from gamegen.generators.phrases import sentence

_OPENINGS: Mapping[str, tuple[str, ...]] = {
    "goto": ("Go to {noun}", "Make for {noun}", "Walk to {noun}", "Head for {noun}"),
    "explore": ("Explore {noun}", "Search {noun}", "Look around {noun}"),
    "gather": ("Fetch {noun}", "Find {noun}", "Pick up {noun}"),
    "steal": ("Steal {noun}", "Lift {noun}", "Make off with {noun}"),
    "deliver": ("Bring {noun}", "Deliver {noun}", "Carry {noun}", "Hand {noun}"),
    "ask": ("Ask {noun}", "Question {noun}", "Speak with {noun}", "Find {noun}"),
    "visit": ("Visit {noun}", "Call on {noun}", "Look in on {noun}"),
    "report": ("Report to {noun}", "Tell {noun}", "Return to {noun}", "Bring {noun} word"),
    "kill": ("Kill {noun}", "Slay {noun}", "Put an end to {noun}"),
    "capture": ("Catch {noun}", "Capture {noun}", "Trap {noun}"),
    "escort": ("Escort {noun}", "Bring {noun}", "See {noun} safely"),
    "defend": ("Guard {noun}", "Defend {noun}", "Hold {noun}"),
    "repair": ("Repair {noun}", "Mend {noun}", "Patch up {noun}"),
    "damage": ("Wreck {noun}", "Sabotage {noun}", "Damage {noun}"),
    "use": ("Use {noun}", "Try {noun}", "Put {noun} to use"),
    "spy": ("Spy on {noun}", "Shadow {noun}", "Keep an eye on {noun}"),
}

_ORDERS: Mapping[str, tuple[str, str]] = {
    "goto": ("go to {noun}", ""),
    "explore": ("search {noun}", ""),
    "gather": ("fetch {noun}", " from {place}"),
    "steal": ("steal {noun} from {other}", " at {place}"),
    "deliver": ("bring {noun} to {other}", " at {place}"),
    "ask": ("ask {noun} about {topic}", " at {place}"),
    "visit": ("visit {noun}", " at {place}"),
    "report": ("report to {noun}", " at {place}"),
    "kill": ("kill {noun}", " at {place}"),
    "capture": ("catch {noun} alive", " at {place}"),
    "escort": ("bring {noun} home", " to {place}"),
    "defend": ("guard {noun}", ""),
    "repair": ("repair {noun}", ""),
    "damage": ("wreck {noun}", ""),
    "use": ("use {noun}", " at {place}"),
    "spy": ("spy on {noun}", " at {place}"),
}
"""What an objective asks, as an order, and its place."""

_DEEDS: Mapping[str, str] = {
    "goto": "the player reached {noun}",
    "explore": "the player searched {noun}",
    "gather": "the player has {noun}",
    "steal": "the player stole {noun} from {other}",
    "deliver": "the player brought {noun} to {other}",
    "ask": "the player spoke with {noun}",
    "visit": "the player visited {noun}",
    "report": "the player told {noun} everything",
    "kill": "the player killed {noun}",
    "capture": "the player caught {noun} alive",
    "escort": "{noun} is home again",
    "defend": "the player held {noun}",
    "repair": "the player repaired {noun}",
    "damage": "the player wrecked {noun}",
    "use": "the player used {noun} at {place}",
    "spy": "the player watched {noun} at {place}",
}
"""What has happened when it is done."""


@dataclass(frozen=True, slots=True)
class Saying:
    """One objective in words. `way` is a verb of the schema, or ask, visit, report for the ways of an interview."""

    way: str
    noun: str
    place: str
    other: str = ""
    topic: str = ""
    learned: str = ""
    """The clause of the fact that is learned by it."""

    def opening(self, stream: Stream) -> str:
        return stream.choice(_OPENINGS[self.way]).format(noun=self.noun)

    @property
    def order(self) -> str:
        """What is asked: "bring the lens to Mira Voss"."""
        return _ORDERS[self.way][0].format(**self._fields)

    @property
    def full_order(self) -> str:
        """What is asked, with its place: "bring the lens to Mira Voss at Voss Forge"."""
        return "".join(_ORDERS[self.way]).format(**self._fields)

    def or_else(self, other: Saying) -> str:
        """The choice between this and the other, as an order: "bring the lens to Mira Voss or Oren Tal"."""
        if self.way != other.way:
            return f"{self.order} or {other.order}"
        return f"{self.order} or {other.other if self.way == 'deliver' else other.noun}"

    @property
    def deed(self) -> str:
        """What was done, or what was learned by it: "the player has the lens"."""
        if self.learned:
            return f"the player learned that {self.learned}"
        return _DEEDS[self.way].format(**self._fields)

    @property
    def _fields(self) -> dict[str, str]:
        return {"noun": self.noun, "place": self.place, "other": self.other, "topic": self.topic}


def second_person(text: str) -> str:
    """A clause about the player, said to the player."""
    return text.replace("the player has", "you have").replace("the player", "you")


def objective_texts(saying: Saying, opening: str) -> tuple[str, ...]:
    """Last resorts of an objective: with its place, without, with its verb alone."""
    return (
        sentence(saying.full_order),
        sentence(saying.order),
        sentence(opening),
        sentence(f"{opening}, today if you can"),
    )


def journal_texts(before: str, then: str) -> tuple[str, ...]:
    """Last resorts of a journal entry, from what was done and what comes next."""
    return (
        f"{sentence(second_person(before))} {sentence(then)}",
        sentence(f"one thing is left to do now: {then}"),
        "There is more to do, and it will not wait for long.",
    )


def closing_texts(after: str) -> tuple[str, ...]:
    """Last resorts of the entry that closes a quest."""
    return (
        f"{sentence(second_person(after))} Nothing more is asked of you here.",
        "That is the end of it, for better or for worse.",
    )


def summary_texts(reason: str, task: str) -> tuple[str, ...]:
    """Last resorts of a summary, from why the giver asks and what is to be done."""
    return (
        f"{sentence(second_person(reason))} {sentence(task)}",
        f"{sentence(task)} Nobody else will.",
        "Somebody has work for you, and it will not be done by waiting for it.",
    )
