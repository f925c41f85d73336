"""The atomic actions of quests as pure functions over a small symbolic state of the world.

Source: J. Doran and I. Parberry, "A Prototype Quest Generator Based on a Structural Analysis of Quests from Four
MMORPGs", Proc. 2nd Int. Workshop on Procedural Content Generation in Games (2011), table of atomic actions with their
pre- and post-conditions ("gather: something is there; you have it"). What the table leaves to the game is made definite
here: "there" is where the player stands, and `goto` needs a way and the knowledge where to look.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

PLAYER = "player"

VERBS: Mapping[str, str] = {
    "capture": "capture",
    "damage": "damage",
    "defend": "defend",
    "escape": "escape",
    "escort": "escort",
    "exchange": "exchange",
    "experiment": "experiment",
    "explore": "explore",
    "gather": "gather",
    "give": "deliver",
    "goto": "goto",
    "kill": "kill",
    "listen": "interview",
    "read": "read",
    "repair": "repair",
    "report": "interview",
    "spy": "spy",
    "stealth": "sneak",
    "take": "steal",
    "use": "use",
}
"""The paper's actions, each with the verb that a record has for it. What an owner lets go is gathered, not taken."""


@dataclass(frozen=True, slots=True)
class Action:
    """One atomic action with all that it is about; ids of the world throughout, "" for nothing.

    place: where it is done; where it ends for goto, explore, escort and escape.
    other: who receives (give), has (take, gather), trades (exchange), or is affected (use).
    price: what is given away in an exchange.
    seek:  what a goto looks for: the player must know where that is.
    told:  the ids that one learns of by listening or reading.
    """

    name: str
    target: str
    place: str
    other: str = ""
    price: str = ""
    seek: str = ""
    told: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class State:
    """Where everyone is and who has what.

    at:     the place where the player stands.
    where:  person, creature or item that lies about -> place.
    holder: item -> who has it (`PLAYER`, or a person's id); what nobody has is not in it.
    known:  ids of which the player knows where they are.
    ways:   places that one can walk to.
    marks:  (what has happened, to which id): dead, damaged, captured, delivered, repaired, defended, used, studied,
            explored, informed, heard, read, watched, unseen.
    """

    at: str
    where: Mapping[str, str]
    holder: Mapping[str, str]
    known: frozenset[str]
    ways: frozenset[str]
    marks: frozenset[tuple[str, str]] = frozenset()

    def has(self, mark: str, id: str) -> bool:
        return (mark, id) in self.marks

    def marked(self, mark: str, id: str) -> State:
        return replace(self, marks=self.marks | {(mark, id)})

    def present(self, id: str) -> bool:
        """Whether a person, creature, item or place is where the player stands, alive and free."""
        if self.has("dead", id) or self.has("captured", id):
            return False
        if id == self.at or self.where.get(id) == self.at:
            return True
        holder = self.holder.get(id)
        return holder == PLAYER or (holder is not None and self.where.get(holder) == self.at)


def missing(action: Action, state: State) -> str:
    """The precondition that does not hold, in words; "" when the action can be done."""
    return _NEEDS[action.name](action, state)


def applicable(action: Action, state: State) -> bool:
    """Whether the action's preconditions hold."""
    return not missing(action, state)


def apply(action: Action, state: State) -> State:
    """The state after the action. Raises ValueError with the precondition that does not hold."""
    fault = missing(action, state)
    if fault:
        raise ValueError(f"{action.name} {action.target}: {fault}")
    return _EFFECTS[action.name](action, state)


def replay(actions: Iterable[Action], state: State) -> State:
    """The state after all of the actions, in order. Raises ValueError."""
    for action in actions:
        state = apply(action, state)
    return state


Need = Callable[[Action, State], str]
Effect = Callable[[Action, State], State]


def _there(action: Action, state: State) -> str:
    if state.at != action.place:
        return f"the player is at {state.at}, not at {action.place}"
    return "" if state.present(action.target) else f"{action.target} is not at {state.at}"


def _way(action: Action, state: State) -> str:
    return "" if action.place in state.ways else f"no way leads to {action.place}"


def _goto(action: Action, state: State) -> str:
    if action.seek and action.seek not in state.known:
        return f"the player does not know where {action.seek} is"
    return _way(action, state)


def _gather(action: Action, state: State) -> str:
    holder = state.holder.get(action.target, "")
    return _there(action, state) or ("" if holder == action.other else f"{holder or 'nobody'} has {action.target}")


def _take(action: Action, state: State) -> str:
    held = state.holder.get(action.target) == action.other != ""
    return _there(action, state) or ("" if held else f"{action.other} does not have {action.target}")


def _in_hand(id: str, state: State) -> str:
    held = state.holder.get(id) == PLAYER or state.has("captured", id)
    return "" if held else f"the player does not have {id}"


def _partner(action: Action, state: State) -> str:
    here = state.at == action.place and state.present(action.other)
    return "" if here else f"{action.other} is not at {state.at}"


def _give(action: Action, state: State) -> str:
    return _partner(action, state) or _in_hand(action.target, state)


def _exchange(action: Action, state: State) -> str:
    theirs = state.holder.get(action.target) == action.other
    held = "" if theirs else f"{action.other} does not have {action.target}"
    return _partner(action, state) or held or _in_hand(action.price, state)


def _use(action: Action, state: State) -> str:
    return _there(action, state) or (_partner(action, state) if action.other else "")


def _escort(action: Action, state: State) -> str:
    here = "" if state.where.get(action.target) == state.at else f"{action.target} is not at {state.at}"
    return _way(action, state) or here


def _escape(action: Action, state: State) -> str:
    return _way(action, state) or ("" if state.at == action.target else f"the player is not at {action.target}")


_NEEDS: Mapping[str, Need] = {
    **dict.fromkeys(VERBS, _there),
    "goto": _goto,
    "explore": _way,
    "gather": _gather,
    "take": _take,
    "give": _give,
    "exchange": _exchange,
    "use": _use,
    "escort": _escort,
    "escape": _escape,
}


def _marking(mark: str) -> Effect:
    return lambda action, state: state.marked(mark, action.target)


def _learning(mark: str) -> Effect:
    def learn(action: Action, state: State) -> State:
        return replace(state.marked(mark, action.target), known=state.known | set(action.told))

    return learn


def _arrive(action: Action, state: State) -> State:
    return replace(state, at=action.place)


def _look_around(action: Action, state: State) -> State:
    found = {id for id, place in state.where.items() if place == action.place}
    seen = replace(state, at=action.place, known=state.known | found | {action.place})
    return seen.marked("explored", action.place)


def _gain(action: Action, state: State) -> State:
    return _moved(state, {action.target: PLAYER})


def _hand_over(action: Action, state: State) -> State:
    if state.has("captured", action.target):
        return state.marked("delivered", action.target)
    return _moved(state, {action.target: action.other})


def _trade(action: Action, state: State) -> State:
    return _moved(state, {action.target: PLAYER, action.price: action.other})


def _moved(state: State, holders: Mapping[str, str]) -> State:
    lying = {id: place for id, place in state.where.items() if id not in holders}
    return replace(state, where=lying, holder={**state.holder, **holders})


def _bring(action: Action, state: State) -> State:
    return replace(state, at=action.place, where={**state.where, action.target: action.place})


_EFFECTS: Mapping[str, Effect] = {
    "capture": _marking("captured"),
    "damage": _marking("damaged"),
    "defend": _marking("defended"),
    "escape": _arrive,
    "escort": _bring,
    "exchange": _trade,
    "experiment": _marking("studied"),
    "explore": _look_around,
    "gather": _gain,
    "give": _hand_over,
    "goto": _arrive,
    "kill": _marking("dead"),
    "listen": _learning("heard"),
    "read": _learning("read"),
    "repair": _marking("repaired"),
    "report": _marking("informed"),
    "spy": _marking("watched"),
    "stealth": _marking("unseen"),
    "take": _gain,
    "use": _marking("used"),
}
