"""The grammar of quests: motivations, their strategies, and the rules that expand a strategy into atomic actions.

Source: J. Doran and I. Parberry (2011), see gamegen/generators/quest/actions.py: the table of motivations and
strategies with their sequences, and the production rules. A sequence is written with the roles that its symbols take:
"<get> item, <goto> giver, give item giver". `gamegen.generators.quest.derivation` expands it.

The paper starts some sequences in the middle of things ("repair", "use"): an action that is done elsewhere is preceded
by the `<goto>`, and one with a thing that the player lacks by the `<get>`, that its preconditions ask for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

MOTIVATIONS = (
    "knowledge",
    "comfort",
    "reputation",
    "serenity",
    "protection",
    "conquest",
    "wealth",
    "ability",
    "equipment",
)

RULES: Mapping[str, tuple[str, ...]] = {
    "subquest": ("<goto>", "<goto><quest>goto"),
    "goto": ("e", "explore", "<learn>goto"),
    "learn": ("e", "<goto><subquest>listen", "<goto><get>read", "<get><subquest>give listen"),
    "get": ("e", "<steal>", "<goto>gather", "<goto><get><goto>exchange"),
    "steal": ("<goto>stealth take", "<goto><kill>take"),
    "spy": ("<goto>spy<goto>report",),
    "capture": ("<get><goto>capture",),
    "kill": ("<goto>kill",),
}
"""The paper's rules; `e` is nothing. Where `<learn>` is nothing the giver has told the way."""

Items = Literal["", "get", "owned", "here", "own", "trade"]
"""Which item a strategy takes: `get` one that the giver lacks, `owned` one that somebody else owns, `own` one to carry
along and `here` one to work on (lying about, or the giver's), `trade` one whose owner may trade it."""

People = Literal["", "any", "teller", "apart", "friend", "captive"]


def _words(words: str) -> frozenset[str]:
    return frozenset(words.split())


@dataclass(frozen=True)
class Strategy:
    """One strategy of the paper (or one of its sequences, counted by `variant`).

    likes: tags of items that suit it; where none has one, any that the main story does not claim (`quest`).
    places: tags of places that suit it.
    """

    motivation: str
    name: str
    sequence: str
    item: Items = ""
    person: People = ""
    variant: int = 1
    likes: frozenset[str] = frozenset()
    places: frozenset[str] = frozenset()

    @cached_property
    def symbols(self) -> tuple[tuple[str, ...], ...]:
        return tuple(tuple(part.split()) for part in self.sequence.split(", "))

    @cached_property
    def roles(self) -> frozenset[str]:
        """The roles that the world must fill, beside the giver."""
        return frozenset(role for symbol in self.symbols for role in symbol[1:]) - {"giver"}

    @cached_property
    def slug(self) -> str:
        return slug(self.name)

    def does(self, *names: str) -> bool:
        """Whether one of these symbols is in the sequence."""
        return any(symbol[0] in names for symbol in self.symbols)


def slug(name: str) -> str:
    """A strategy's name as a setting gives it: "Revenge, Justice" is revenge_justice."""
    return re.sub(r"[^a-z0-9]+", "_", name.casefold()).strip("_")


_WILD = _words("dangerous wild ruin haunted locked")
_BUILT = _words("indoors craft harbor public trade machine")
_SUPPLIES = _words("goods tool supply food medicine weapon material")
_TOOLS = _words("tool instrument weapon book document machine")

_FETCH = "<get> item, <goto> giver, give item giver"
_ASK = "<goto> person, listen person, <goto> giver, report giver"
_FIGHT = "<goto> creature, damage creature, <goto> giver, report giver"


def _strategies() -> tuple[Strategy, ...]:
    s = Strategy
    study = _words("document book glass relic quest strange data")
    luxury = _words("luxury food drink goods comfort clothing")
    rare = _words("quest relic trophy treasure rare glass")
    evidence = _words("document book glass")
    bait = _words("tool weapon food goods material")
    cure = _words("medicine food drink tool")
    noise = _words("goods weapon tool contraband material")
    valuable = _words("valuable treasure trophy goods document contraband luxury relic")
    capture = "<get> item, <goto> creature, use item creature, capture creature, <goto> giver, give creature giver"
    confront = "<get> item, <goto> person, use item person, <goto> giver, give item giver"
    rescue = "<goto> creature, damage creature, escort person, <goto> giver, report giver"
    field = "<get> item, <goto> place, use item, <goto> giver, give item giver"
    return (
        s("knowledge", "Deliver item for study", _FETCH, "get", likes=study),
        s("knowledge", "Spy", "<spy> person", person="apart"),
        s("knowledge", "Interview NPC", _ASK, person="teller"),
        s("knowledge", "Use an item in the field", field, "own", likes=_TOOLS | {"glass", "relic", "quest"}),
        s("comfort", "Obtain luxuries", _FETCH, "get", likes=luxury),
        s("comfort", "Kill pests", _FIGHT),
        s("reputation", "Obtain rare items", _FETCH, "get", likes=rare),
        s("reputation", "Kill enemies", "<goto> creature, <kill> creature, <goto> giver, report giver"),
        s("reputation", "Visit a dangerous place", "<goto> place, <goto> giver, report giver", places=_WILD),
        s("serenity", "Revenge, Justice", "<goto> item, damage item", "owned"),
        s("serenity", "Revenge, Justice", "<goto> creature, damage creature", variant=2),
        s("serenity", "Capture Criminal", confront, "own", "apart", likes=evidence),
        s("serenity", "Capture Criminal", capture, "own", variant=2, likes=bait),
        s("serenity", "Check on NPC", _ASK, person="friend"),
        s(
            "serenity",
            "Check on NPC",
            "<goto> person, take item person, <goto> giver, give item giver",
            "owned",
            "friend",
            2,
        ),
        s("serenity", "Recover lost/stolen item", _FETCH, "get"),
        s("serenity", "Rescue captured NPC", rescue, person="captive"),
        s("protection", "Attack threatening entities", _FIGHT),
        s("protection", "Treat or repair", "<get> item, <goto> person, use item person", "own", "friend", likes=cure),
        s("protection", "Treat or repair", "<goto> place, repair place", variant=2, places=_BUILT),
        s(
            "protection",
            "Create diversion",
            "<get> item, <goto> place, use item",
            "own",
            likes=noise,
            places=_words("public guarded trade"),
        ),
        s("protection", "Create diversion", "<goto> item, damage item", "owned", variant=2),
        s("protection", "Assemble fortification", "<goto> place, repair place", places=_WILD | _BUILT),
        s("protection", "Guard entity", "<goto> place, defend place", places=_BUILT),
        s("protection", "Guard entity", "<goto> person, defend person", person="friend", variant=2),
        s("conquest", "Attack enemy", "<goto> creature, damage creature"),
        s("conquest", "Steal stuff", "<goto> item, <steal> item, <goto> giver, give item giver", "owned"),
        s("wealth", "Gather raw materials", "<goto> item, <get> item", "get", likes=_SUPPLIES | {"contraband"}),
        s("wealth", "Steal valuables for resale", "<goto> item, <steal> item", "owned", likes=valuable),
        s("wealth", "Make valuables for resale", "repair item", "here", likes=_TOOLS | {"glass", "relic"}),
        s("ability", "Assemble tool for new skill", "repair item, use item", "here", likes=_TOOLS),
        s("ability", "Obtain training materials", "<get> item, use item", "own", likes=_TOOLS),
        s("ability", "Use existing tools", "use item", "here", likes=_TOOLS | {"heavy"}),
        s("ability", "Practice combat", "damage creature"),
        s("ability", "Practice skill", "use item", "here", likes=_TOOLS),
        s("ability", "Research a skill", "<get> item, use item", "own", likes=_TOOLS),
        s("ability", "Research a skill", "<get> item, experiment item", "get", variant=2, likes=rare | {"strange"}),
        s("equipment", "Assemble", "repair item", "here", likes=_TOOLS | {"heavy"}),
        s("equipment", "Deliver supplies", _FETCH, "get", likes=_SUPPLIES),
        s("equipment", "Steal supplies", "<steal> item", "owned", likes=_SUPPLIES),
        s("equipment", "Trade for supplies", "<goto> item, exchange item", "trade", likes=_SUPPLIES),
    )


STRATEGIES = _strategies()

SLUGS: Mapping[str, str] = {
    **{strategy.slug: strategy.name for strategy in STRATEGIES},
    "revenge": "Revenge, Justice",
    "justice": "Revenge, Justice",
}
"""What a setting may call a strategy -> its name."""


def names_of(motivation: str) -> tuple[str, ...]:
    """The names of a motivation's strategies, in the paper's order."""
    return tuple(dict.fromkeys(each.name for each in STRATEGIES if each.motivation == motivation))


def variants_of(name: str) -> tuple[Strategy, ...]:
    """The sequences of one strategy."""
    return tuple(each for each in STRATEGIES if each.name == name)
