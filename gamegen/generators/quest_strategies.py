"""Why a quest is given and what is done in it: motivations, strategies and atomic actions.

Source: J. Doran and I. Parberry, "A Prototype Quest Generator Based on a Structural Analysis of Quests from Four
MMORPGs", Proc. 2nd Int. Workshop on Procedural Content Generation in Games (2011). Names and sequences of strategies
are the paper's; `stages` divides a sequence into what the player does between two journal entries. The paper's rule
``<goto> ::= ε | explore | <learn> goto`` is applied by the plan; `<get>` is gather or steal; `give` is our verb
deliver; `listen` and `report` are interview; `damage` to a creature is kill.

Clauses (for cards and last resorts) are lower case, without a final stop; their fields are names of the cast:
giver, item, creature, person, place (of the deed), source (of the item), owner (of the item).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Role = Literal["item", "creature", "person", "place", "giver"]

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


@dataclass(frozen=True, slots=True)
class Action:
    """One atomic action of the paper, as a verb of the schema on one role of the cast; `stage` names its stage."""

    name: str
    verb: str
    role: Role
    stage: str


GOTO = Action("goto", "goto", "place", "travel")
EXPLORE = Action("explore", "explore", "place", "search")
GATHER = Action("gather", "gather", "item", "fetch")
STEAL = Action("steal", "steal", "item", "theft")
GIVE = Action("give", "deliver", "item", "delivery")
USE = Action("use", "use", "item", "trial")
LISTEN = Action("listen", "interview", "person", "visit")
REPORT = Action("report", "interview", "giver", "report")
SPY = Action("spy", "spy", "person", "watch")
DAMAGE = Action("damage", "kill", "creature", "fight")
ESCORT = Action("escort", "escort", "person", "way_home")
REPAIR = Action("repair", "repair", "place", "repair")
DEFEND = Action("defend", "defend", "place", "stand")


@dataclass(frozen=True, slots=True)
class Strategy:
    """One strategy: its motivation, its name and sequence in the paper, the sequence in stages, and its clauses."""

    motivation: str
    name: str
    stages: tuple[tuple[Action, ...], ...]
    gist: str
    """What it comes to, for the title: an infinitive clause."""
    task: str
    """What the player is to do, for the summary: an infinitive clause."""
    reason: str
    """Why the giver asks, for the first journal entry: a clause."""
    done: str
    """How it stands afterwards, for the last journal entry: a clause."""
    title: str
    """A title for the last resort; it names nobody."""
    likes: frozenset[str] = frozenset()
    """Tags of items that suit it; where no item has one, any item that the main story does not claim (`quest`)."""

    @property
    def actions(self) -> tuple[Action, ...]:
        return tuple(action for stage in self.stages for action in stage)

    @property
    def roles(self) -> frozenset[Role]:
        return frozenset(action.role for action in self.actions)


STRATEGIES: tuple[Strategy, ...] = (
    Strategy(
        "knowledge",
        "Deliver item for study",
        ((GATHER,), (GIVE,)),
        gist="bring {item} to {giver} for study",
        task="fetch {item} from {source} and bring it to {giver} for study",
        reason="{giver} wants to study {item}",
        done="{giver} has {item} to study",
        title="A Closer Look",
        likes=frozenset({"document", "book", "glass", "relic", "quest", "strange"}),
    ),
    Strategy(
        "knowledge",
        "Spy",
        ((GOTO, SPY), (REPORT,)),
        gist="spy on {person} for {giver}",
        task="spy on {person} at {place} and report to {giver}",
        reason="{giver} does not trust {person}",
        done="{giver} knows what {person} does all day",
        title="Eyes on the Door",
    ),
    Strategy(
        "knowledge",
        "Interview NPC",
        ((GOTO, LISTEN), (REPORT,)),
        gist="find out what {person} knows",
        task="ask {person} at {place} what there is to know and report to {giver}",
        reason="{giver} thinks that {person} knows more",
        done="{giver} has heard what {person} knows",
        title="A Question Worth the Walk",
    ),
    Strategy(
        "knowledge",
        "Use an item in the field",
        ((GATHER,), (GOTO, USE), (GIVE,)),
        gist="try {item} at {place}",
        task="fetch {item} from {source}, try it at {place} and bring it to {giver}",
        reason="{giver} wants to know what {item} does at {place}",
        done="{giver} has {item} and an answer",
        title="Trial in the Field",
        likes=frozenset({"tool", "document", "glass", "relic", "quest"}),
    ),
    Strategy(
        "comfort",
        "Obtain luxuries",
        ((GATHER,), (GIVE,)),
        gist="get {item} for {giver}",
        task="fetch {item} from {source} and bring it to {giver}",
        reason="{giver} has set a heart on {item}",
        done="{giver} has {item} at last",
        title="Small Comforts",
        likes=frozenset({"luxury", "food", "drink", "goods", "comfort", "clothing"}),
    ),
    Strategy(
        "comfort",
        "Kill pests",
        ((GOTO, DAMAGE), (REPORT,)),
        gist="rid {place} of {creature}",
        task="kill {creature} at {place} and report to {giver}",
        reason="{giver} wants {creature} gone from {place}",
        done="{giver} sees {place} rid of {creature}",
        title="A Quiet Night's Sleep",
    ),
    Strategy(
        "reputation",
        "Obtain rare items",
        ((GATHER,), (GIVE,)),
        gist="get {item} for {giver}",
        task="fetch {item} from {source} and bring it to {giver}",
        reason="{giver} wants to be known as the owner of {item}",
        done="{giver} can show {item} to everyone",
        title="Something to Show",
        likes=frozenset({"quest", "relic", "trophy", "treasure", "rare", "glass"}),
    ),
    Strategy(
        "reputation",
        "Kill enemies",
        ((GOTO, DAMAGE), (REPORT,)),
        gist="kill {creature} for {giver}'s good name",
        task="kill {creature} at {place} and tell {giver}",
        reason="{giver} has promised to deal with {creature}",
        done="{giver} has kept a promise about {creature}",
        title="A Name to Keep",
    ),
    Strategy(
        "reputation",
        "Visit a dangerous place",
        ((GOTO,), (EXPLORE,), (REPORT,)),
        gist="brave {place}",
        task="search {place}, where nobody goes, and report to {giver}",
        reason="{giver} wants to know what waits at {place}",
        done="{giver} has news of {place}",
        title="Where Nobody Goes",
    ),
    Strategy(
        "serenity",
        "Check on NPC",
        ((GOTO, LISTEN), (REPORT,)),
        gist="see how {person} fares",
        task="visit {person} at {place} and bring word to {giver}",
        reason="{giver} worries about {person}",
        done="{giver} has word from {person}",
        title="A Word From a Friend",
    ),
    Strategy(
        "serenity",
        "Recover lost/stolen item",
        ((GATHER,), (GIVE,)),
        gist="recover {item} for {giver}",
        task="find {item} at {source} and bring it back to {giver}",
        reason="{giver} misses {item}",
        done="{giver} has {item} back",
        title="Lost and Found",
    ),
    Strategy(
        "serenity",
        "Rescue captured NPC",
        ((GOTO, DAMAGE), (ESCORT,), (REPORT,)),
        gist="rescue {person} from {creature}",
        task="kill {creature} at {place}, bring {person} home and tell {giver}",
        reason="{giver} fears that {creature} took {person}",
        done="{person} is home, and {giver} knows it",
        title="The Long Way Home",
    ),
    Strategy(
        "protection",
        "Attack threatening entities",
        ((GOTO, DAMAGE), (REPORT,)),
        gist="kill {creature} before anyone is hurt",
        task="kill {creature} at {place} and tell {giver} that it is safe",
        reason="{giver} fears {creature} at {place}",
        done="{giver} need not fear {creature} any more",
        title="Before Anyone Is Hurt",
    ),
    Strategy(
        "protection",
        "Treat or repair",
        ((GOTO,), (REPAIR,)),
        gist="repair {place}",
        task="go to {place} and repair it for {giver}",
        reason="{giver} wants {place} repaired before it is too late",
        done="{giver} sees {place} repaired",
        title="Before It Breaks",
    ),
    Strategy(
        "protection",
        "Guard Entity",
        ((GOTO,), (DEFEND,)),
        gist="guard {place}",
        task="go to {place} and guard it for {giver}",
        reason="{giver} expects an attack on {place}",
        done="nobody has taken {place} from {giver}",
        title="The Night Watch",
    ),
    Strategy(
        "conquest",
        "Attack enemy",
        ((GOTO,), (DAMAGE,)),
        gist="take {place} from {creature}",
        task="go to {place} and kill {creature} for {giver}",
        reason="{giver} wants to take {place} from {creature}",
        done="{giver} has taken {place}",
        title="Contested Ground",
    ),
    Strategy(
        "conquest",
        "Steal stuff",
        ((GOTO, STEAL), (GIVE,)),
        gist="steal {item} from {owner}",
        task="steal {item} from {owner} at {source} and bring it to {giver}",
        reason="{giver} wants {item}, which {owner} owns",
        done="{giver} has {item}, and {owner} has lost it",
        title="What Is Yours Is Mine",
    ),
    Strategy(
        "wealth",
        "Gather raw materials",
        ((GOTO,), (GATHER,)),
        gist="fetch {item}, which sells well",
        task="go to {source} for {giver} and fetch {item}, which sells well",
        reason="{giver} knows a buyer for {item}",
        done="{giver} pays well for {item}",
        title="Worth the Carrying",
        likes=frozenset({"goods", "material", "trade", "contraband"}),
    ),
    Strategy(
        "wealth",
        "Steal valuables for resale",
        ((GOTO,), (STEAL,)),
        gist="steal {item} to sell it",
        task="go to {source}, steal {item} from {owner} and sell it through {giver}",
        reason="{giver} knows a buyer for {item}, which {owner} owns",
        done="{giver} has sold {item}, and {owner} has lost it",
        title="A Buyer in Mind",
        likes=frozenset({"valuable", "treasure", "trophy", "goods", "document", "contraband"}),
    ),
    Strategy(
        "ability",
        "Obtain training materials",
        ((GATHER,), (GOTO, USE)),
        gist="learn to use {item}",
        task="fetch {item} from {source} and learn to use it at {place}, as {giver} says",
        reason="{giver} offers a lesson with {item}",
        done="the player has learned to use {item}",
        title="The First Lesson",
        likes=frozenset({"tool", "weapon", "instrument", "book", "document"}),
    ),
    Strategy(
        "ability",
        "Practice combat",
        ((GOTO,), (DAMAGE,)),
        gist="learn to fight on {creature}",
        task="go to {place} and practice fighting on {creature}, as {giver} says",
        reason="{giver} says that {creature} will teach the player to fight",
        done="the player has learned to fight",
        title="Practice Makes Scars",
    ),
    Strategy(
        "equipment",
        "Deliver supplies",
        ((GATHER,), (GIVE,)),
        gist="supply {giver} with {item}",
        task="fetch {item} from {source} and bring it to {giver} as supplies",
        reason="{giver} is short of supplies and needs {item}",
        done="{giver} has {item} and can go on working",
        title="Running Short",
        likes=frozenset({"goods", "tool", "supply", "food", "medicine", "weapon", "material"}),
    ),
)


def strategies_of(motivation: str) -> tuple[Strategy, ...]:
    """The strategies of one motivation, in the paper's order."""
    return tuple(strategy for strategy in STRATEGIES if strategy.motivation == motivation)
