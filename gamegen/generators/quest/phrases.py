"""The words of a quest's plan: clauses for cards, openings of objectives, and hand-written last resorts.

Everything is built from names and facts of the world, as `gamegen.generators.phrases` makes them fit for a text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gamegen.generators.phrases import sentence


@dataclass(frozen=True, slots=True)
class Way:
    """How something is done, in words. Fields: noun (the target), place, other (who else), topic, price.

    openings: of an objective's text, they take turns. order: an infinitive clause. at: its place. deed: what has
    happened when it is done.
    """

    openings: tuple[str, ...]
    order: str
    at: str
    deed: str


_AT = " at {place}"

WAYS: Mapping[str, Way] = {
    "goto": Way(
        ("Go to {noun}", "Make for {noun}", "Walk to {noun}", "Head for {noun}"),
        "go to {noun}",
        "",
        "the player reached {noun}",
    ),
    "explore": Way(
        ("Explore {noun}", "Search {noun}", "Look around {noun}"), "search {noun}", "", "the player searched {noun}"
    ),
    "gather": Way(
        ("Fetch {noun}", "Find {noun}", "Pick up {noun}"), "fetch {noun}", " from {place}", "the player has {noun}"
    ),
    "collect": Way(
        ("Fetch {noun}", "Pick up {noun}", "Collect {noun}"),
        "get {noun} from {other}",
        _AT,
        "the player has {noun} from {other}",
    ),
    "steal": Way(
        ("Steal {noun}", "Lift {noun}", "Make off with {noun}"),
        "steal {noun} from {other}",
        _AT,
        "the player stole {noun} from {other}",
    ),
    "deliver": Way(
        ("Bring {noun}", "Deliver {noun}", "Carry {noun}", "Hand {noun}"),
        "bring {noun} to {other}",
        _AT,
        "the player brought {noun} to {other}",
    ),
    "sell": Way(
        ("Sell {noun}", "Offer {noun} for sale"), "sell {noun} to {other}", _AT, "the player sold {noun} to {other}"
    ),
    "exchange": Way(
        ("Trade {price} for {noun}", "Swap {price} for {noun}", "Exchange {price} for {noun}"),
        "trade {price} for {noun} with {other}",
        _AT,
        "the player traded {price} for {noun}",
    ),
    "ask": Way(
        ("Ask {noun}", "Question {noun}", "Speak with {noun}"),
        "ask {noun} about {topic}",
        _AT,
        "the player spoke with {noun}",
    ),
    "visit": Way(("Visit {noun}", "Call on {noun}", "Look in on {noun}"), "visit {noun}", _AT, "the player saw {noun}"),
    "message": Way(
        ("Bring {noun} word", "Take word to {noun}"),
        "bring {noun} word from {topic}",
        _AT,
        "the player brought {noun} word from {topic}",
    ),
    "tell": Way(
        ("Tell {noun}", "Let {noun} know"),
        "tell {noun} what {topic} plans",
        _AT,
        "the player told {noun} what {topic} plans",
    ),
    "report": Way(
        ("Report to {noun}", "Tell {noun}", "Return to {noun}", "Bring {noun} word"),
        "report to {noun}",
        _AT,
        "the player told {noun} everything",
    ),
    "warn": Way(
        ("Warn {noun}", "Tell {noun} the truth"),
        "warn {noun} about {topic}",
        _AT,
        "the player warned {noun} about {topic}",
    ),
    "read": Way(("Read {noun}", "Study {noun}", "Look through {noun}"), "read {noun}", _AT, "the player read {noun}"),
    "kill": Way(("Kill {noun}", "Slay {noun}", "Put an end to {noun}"), "kill {noun}", _AT, "the player killed {noun}"),
    "fight": Way(
        ("Drive off {noun}", "Beat back {noun}", "Fight {noun}"),
        "drive off {noun}",
        _AT,
        "the player drove off {noun}",
    ),
    "capture": Way(
        ("Catch {noun}", "Capture {noun}", "Trap {noun}"),
        "catch {noun} alive",
        _AT,
        "the player caught {noun} alive",
    ),
    "surrender": Way(
        ("Bring {noun}", "Hand over {noun}"),
        "hand over {noun} to {other}",
        _AT,
        "the player handed over {noun} to {other}",
    ),
    "free": Way(("Let {noun} go", "Set {noun} free"), "set {noun} free", _AT, "the player set {noun} free"),
    "escort": Way(
        ("Escort {noun}", "Bring {noun}", "See {noun} safely"),
        "bring {noun} home",
        " to {place}",
        "{noun} is home again",
    ),
    "guard": Way(
        ("Guard {noun}", "Keep watch over {noun}", "Protect {noun}"), "guard {noun}", _AT, "the player guarded {noun}"
    ),
    "defend": Way(("Guard {noun}", "Defend {noun}", "Hold {noun}"), "guard {noun}", "", "the player held {noun}"),
    "repair": Way(
        ("Repair {noun}", "Mend {noun}", "Patch up {noun}"), "repair {noun}", "", "the player repaired {noun}"
    ),
    "mend": Way(("Repair {noun}", "Mend {noun}", "Fix {noun}"), "repair {noun}", _AT, "the player repaired {noun}"),
    "damage": Way(
        ("Wreck {noun}", "Sabotage {noun}", "Damage {noun}"), "wreck {noun}", "", "the player wrecked {noun}"
    ),
    "destroy": Way(
        ("Wreck {noun}", "Destroy {noun}", "Break {noun}"), "wreck {noun}", _AT, "the player destroyed {noun}"
    ),
    "use": Way(
        ("Use {noun}", "Try {noun}", "Put {noun} to use"), "use {noun}", _AT, "the player used {noun} at {place}"
    ),
    "bait": Way(
        ("Use {noun}", "Lay out {noun}", "Set a trap with {noun}"),
        "use {noun} to lure {other}",
        _AT,
        "the player lured {other} with {noun}",
    ),
    "confront": Way(
        ("Use {noun}", "Show {noun}", "Hold up {noun}"),
        "use {noun} to confront {other}",
        _AT,
        "the player confronted {other} with {noun}",
    ),
    "treat": Way(
        ("Use {noun}", "Offer {noun}"), "use {noun} to help {other}", _AT, "the player helped {other} with {noun}"
    ),
    "experiment": Way(
        ("Find out what {noun} can do", "Experiment with {noun}", "Test {noun}", "Try out {noun}"),
        "find out what {noun} can do",
        _AT,
        "the player knows what {noun} can do",
    ),
    "spy": Way(
        ("Spy on {noun}", "Shadow {noun}", "Keep an eye on {noun}"),
        "spy on {noun}",
        _AT,
        "the player watched {noun} at {place}",
    ),
    "sneak": Way(
        ("Sneak past {noun}", "Slip past {noun}", "Get past {noun}"),
        "slip past {noun}",
        _AT,
        "the player slipped past {noun}",
    ),
    "escape": Way(
        ("Get away from {noun}", "Slip out of {noun}", "Escape from {noun}"),
        "get away from {noun}",
        " to {place}",
        "the player got away from {noun}",
    ),
}


@dataclass(frozen=True, slots=True)
class Saying:
    """One objective in words: its way, and the names that fill the way's clauses. learned: the clause of the fact that
    is learned by it. count: how many of the target."""

    way: str
    noun: str
    place: str
    other: str = ""
    topic: str = ""
    price: str = ""
    learned: str = ""

    def opening(self, turn: int) -> str:
        openings = WAYS[self.way].openings
        return openings[turn % len(openings)].format(**self._fields)

    @property
    def order(self) -> str:
        """What is asked: "bring the lens to Mira Voss"."""
        return WAYS[self.way].order.format(**self._fields)

    @property
    def full_order(self) -> str:
        """What is asked, with its place: "bring the lens to Mira Voss at Voss Forge"."""
        way = WAYS[self.way]
        return f"{way.order}{way.at}".format(**self._fields)

    @property
    def deed(self) -> str:
        """What was done, or what was learned by it: "the player has the lens"."""
        if self.learned:
            return f"the player learned that {self.learned}"
        return WAYS[self.way].deed.format(**self._fields)

    def or_else(self, *others: Saying) -> str:
        """The choice between this and the others, as an order: "bring the lens to Mira Voss or Oren Tal"."""
        orders = [self.order]
        for other in sorted(others, key=lambda other: other.way != self.way):
            if other.way == self.way:
                orders.append(other.other if self.way in ("deliver", "sell", "surrender") else other.noun)
            else:
                orders.append(other.order)
        if len(orders) > 2:
            return f"{', '.join(orders[:-1])} or {orders[-1]}"
        return " or ".join(orders)

    @property
    def _fields(self) -> dict[str, str]:
        names = ("noun", "place", "other", "topic", "price")
        return {name: getattr(self, name) for name in names}


def second_person(text: str) -> str:
    """A clause about the player, said to the player."""
    for told, said in (("the player's", "your"), ("the player has", "you have"), ("the player is", "you are")):
        text = text.replace(told, said)
    return text.replace("the player knows", "you know").replace("the player", "you")


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
