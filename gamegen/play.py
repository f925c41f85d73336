"""The reference player: what a dialogue record means, step by step. Checks explore it; exports must play like it.

Values. A play has flags (bool, int or string), items (counts, integers), quests (the id of their state) and local
variables (bool, int or string). Flags, items and quests are the game's own: they start as the record's `refs` say, or
as the caller says, and outlive the play. Local variables start at their `initial` in each play.

Entering a node: its effects are applied in order; then its lines are said in order; then comes exactly one of

- `goto`: the named node is entered;
- `end`: the effects of the named end are applied in order, and the play is over;
- `choices`: the open ones are offered, in the order of the record, and the play waits. A choice is open when its
  condition holds and it is not both `once` and already chosen in this play. An offer without choices is a dead end:
  nothing can follow, and there is no `End` (no record that passes its checks has one).

Choosing: the choice is marked as chosen; its effects are applied in order; then its `goto` is entered, or its check is
rolled (d20 plus the player's modifier against `dc`; how, is the caller's business) and the node of the outcome entered.
The text of a choice is not said.

Conditions. No condition holds always. A leaf compares the value now with a constant of the same type; `<`, `<=`, `>`
and `>=` are for integers alone. `all` and `any` go from left to right and stop as soon as the result stands.

Effects. `set` puts a value of the variable's own type, `add` adds an integer to an integer. The count of an item never
falls below 0: what would be less becomes 0. Integers have no other bound.

Texts. `{name}` is replaced by the placeholder's value; `{{` and `}}` are shown as one brace.

Whatever a record does outside these rules (an unknown variable, a value of another type, a target that does not exist,
gotos that run in a circle) raises `InvalidContent` when it is met: nothing is guessed.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from gamegen.errors import GamegenError, InvalidContent
from gamegen.records import JSON

Value = bool | int | str
Roll = Callable[[str, int], bool]
"""Rolls a skill check: (skill, dc) -> success."""

TYPES: Mapping[str, type] = {"bool": bool, "int": int, "string": str}
COMPARE: Mapping[str, Callable[[JSON, JSON], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
DEFAULTS: Mapping[str, Value] = {"flag": False, "item": 0, "quest": "inactive"}
"""The initial value of a ref that gives none."""
_BRACES = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")


@dataclass(frozen=True, slots=True)
class State:
    """All that a play remembers. `node` is where it stands ("" at first), `end` the end it reached ("" until then)."""

    flags: Mapping[str, Value] = field(default_factory=dict)
    items: Mapping[str, int] = field(default_factory=dict)
    quests: Mapping[str, str] = field(default_factory=dict)
    locals: Mapping[str, Value] = field(default_factory=dict)
    chosen: frozenset[tuple[str, str]] = frozenset()
    """The choices taken in this play: (node id, choice id)."""
    node: str = ""
    end: str = ""

    def value(self, kind: str, id: str) -> Value:
        """The value of a variable now. Raises InvalidContent (GG305) when the record does not declare it."""
        table: Mapping[str, Value] = getattr(self, f"{kind}s")
        if id not in table:
            raise _fault("GG305", f"expected a {kind} that the record declares, found {id!r}", _declare(kind))
        return table[id]

    def having(self, kind: str, id: str, value: Value) -> State:
        """The state with one variable set to the value."""
        table = f"{kind}s"
        changed: dict[str, JSON] = {table: {**getattr(self, table), id: value}}
        return replace(self, **changed)

    def as_json(self) -> dict[str, JSON]:
        """The variables alone, by table and sorted by id: what a transcript shows."""
        tables = ("flags", "items", "quests", "locals")
        return {table: dict(sorted(getattr(self, table).items())) for table in tables}


@dataclass(frozen=True, slots=True)
class Line:
    """Something is said. `index` counts the lines of the node; `id` is the text's line id."""

    node: str
    index: int
    id: str
    speaker: str
    speaker_name: str
    text: str

    def as_json(self) -> dict[str, JSON]:
        return {"event": "line", **{name: getattr(self, name) for name in self.__slots__}}


@dataclass(frozen=True, slots=True)
class OpenChoice:
    """A choice that can be taken now. `id` is the choice's, `index` its position among all choices of the node,
    `line` the text's line id; `skill` is "" and `dc` 0 without a check."""

    id: str
    index: int
    line: str
    text: str
    skill: str = ""
    dc: int = 0

    def as_json(self) -> dict[str, JSON]:
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Offer:
    """The play waits for one of the choices."""

    node: str
    choices: tuple[OpenChoice, ...]

    def as_json(self) -> dict[str, JSON]:
        return {"event": "offer", "node": self.node, "choices": [choice.as_json() for choice in self.choices]}


@dataclass(frozen=True, slots=True)
class End:
    """The play is over."""

    id: str
    outcome: str

    def as_json(self) -> dict[str, JSON]:
        return {"event": "end", "id": self.id, "outcome": self.outcome}


Event = Line | Offer | End
Transcript = list[dict[str, JSON]]
"""A whole play as JSON: the events in order, ``{"event": "choice", "id", "success"}`` after each answered offer
(`success` is null without a check), and the variables as ``state`` in each offer and end."""


class Values(Protocol):
    """What a condition reads: a `State`, or anything else that knows the values of variables."""

    def value(self, kind: str, id: str) -> Value: ...


def holds(condition: Mapping[str, JSON] | None, state: Values) -> bool:
    """Whether a condition holds in the state; None and {} hold always."""
    if not condition:
        return True
    if "all" in condition:
        return all(holds(part, state) for part in condition["all"])
    if "any" in condition:
        return any(holds(part, state) for part in condition["any"])
    if "not" in condition:
        return not holds(condition["not"], state)
    return compare(state.value(condition["type"], condition["id"]), condition)


def compare(value: Value, leaf: Mapping[str, JSON]) -> bool:
    """Whether a leaf condition holds for the value of its variable."""
    op, constant = leaf["op"], leaf["value"]
    if type(value) is not type(constant):
        wanted, found = type(value).__name__, type(constant).__name__
        raise _fault("GG306", f"{leaf['type']} {leaf['id']!r}: expected a test against {wanted}, found {found}")
    if op not in ("==", "!=") and type(value) is not int:
        raise _fault(
            "GG306",
            f"{leaf['type']} {leaf['id']!r}: expected '==' or '!=' for a value that is no integer, found {op!r}",
        )
    return COMPARE[op](value, constant)


def apply(effects: Iterable[Mapping[str, JSON]], state: State) -> State:
    """The state after the effects, in order."""
    for effect in effects:
        kind, id = effect["type"], effect["id"]
        state = state.having(kind, id, changed(state.value(kind, id), effect))
    return state


def changed(value: Value, effect: Mapping[str, JSON]) -> Value:
    """The value of a variable after one effect."""
    change = effect["value"]
    name = f"{effect['type']} {effect['id']!r}"
    if type(value) is not type(change):
        wanted, found = type(value).__name__, type(change).__name__
        raise _fault("GG306", f"{name}: expected an effect of type {wanted}, found {found}")
    result: Value = change
    if effect["op"] == "add":
        if type(value) is not int:
            raise _fault("GG306", f"{name}: expected an integer to add to, found {type(value).__name__}")
        result = int(value) + int(change)
    return max(0, int(result)) if effect["type"] == "item" else result


def shown(value: Value) -> str:
    """A value as it stands in the record."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def show(text: str, placeholders: Mapping[str, str]) -> str:
    """The text as the player reads it. Raises InvalidContent (GG316) for an unlisted placeholder or a single brace."""

    def one(match: re.Match[str]) -> str:
        found = match.group()
        if found in ("{{", "}}"):
            return found[0]
        if match.group(1) in placeholders:
            return placeholders[match.group(1)]
        listed = ", ".join(sorted(placeholders)) or "none"
        raise _fault(
            "GG316", f"expected a listed placeholder ({listed}), found {found!r}", "list it, or double the brace"
        )

    return _BRACES.sub(one, text)


def initial_state(
    record: Mapping[str, JSON],
    *,
    flags: Mapping[str, Value] | None = None,
    items: Mapping[str, int] | None = None,
    quests: Mapping[str, str] | None = None,
) -> State:
    """The state before the start, from `refs` and `variables`; what is given replaces the values of `refs`."""
    tables: dict[str, dict[str, JSON]] = {"flag": {}, "item": {}, "quest": {}}
    for ref in record["refs"]:
        if ref["type"] in tables:
            tables[ref["type"]][ref["id"]] = ref.get("initial", DEFAULTS[ref["type"]])
    return State(
        flags={**tables["flag"], **(flags or {})},
        items={**tables["item"], **(items or {})},
        quests={**tables["quest"], **(quests or {})},
        locals={variable["id"]: variable["initial"] for variable in record["variables"]},
    )


class Player:
    """Plays one record. `transcript` holds all that happened; `state` is frozen and may be kept to go on from there.

    record:        a dialogue document.
    state:         before the start (default: `initial_state(record)`), or at a choice point of an earlier play.
    roll:          decides skill checks; without it `choose` wants `success`.
    placeholders:  values that replace those of the record.
    Raises InvalidContent when the record does what the rules of this module do not allow.
    """

    def __init__(
        self,
        record: Mapping[str, JSON],
        *,
        state: State | None = None,
        roll: Roll | None = None,
        placeholders: Mapping[str, str] | None = None,
    ) -> None:
        self.record = record
        self.state = initial_state(record) if state is None else state
        self.roll = roll
        self.transcript: Transcript = []
        listed = {item["name"]: item["value"] for item in record.get("placeholders", ())}
        self._placeholders = {**listed, **(placeholders or {})}
        self._nodes = {node["id"]: node for node in record["nodes"]}
        self._ends = {end["id"]: end for end in record["ends"]}
        self._names: dict[str, str] = {ref["id"]: ref["name"] for ref in record["refs"]}

    @property
    def over(self) -> bool:
        """Whether an end was reached."""
        return bool(self.state.end)

    @property
    def offer(self) -> Offer | None:
        """What can be chosen now; None before the start and after the end."""
        if not self.state.node or self.over:
            return None
        node = self._nodes[self.state.node]
        return Offer(
            node["id"],
            tuple(
                OpenChoice(
                    choice["id"],
                    index,
                    choice["text"]["id"],
                    show(choice["text"]["text"], self._placeholders),
                    *((choice["check"]["skill"], choice["check"]["dc"]) if "check" in choice else ()),
                )
                for index, choice in enumerate(node["choices"])
                if is_open(node, choice, self.state)
            ),
        )

    def start(self) -> tuple[Event, ...]:
        """Enter the start node; the events up to the first offer or the end."""
        return self._enter(self.record["start"])

    def choose(self, choice: str | int, success: bool | None = None) -> tuple[Event, ...]:
        """Take an open choice, by id or by position in the offer; the events up to the next offer or the end.

        success: the outcome of its check, if it has one; None lets `roll` decide.
        Raises ValueError for a choice that is not on offer, or a check that nobody decides.
        """
        offer = self.offer
        on_offer = offer.choices if offer else ()
        taken = next(
            (c for i, c in enumerate(on_offer) if choice == c.id or (type(choice) is int and choice == i)), None
        )
        if offer is None or taken is None:
            listed = ", ".join(c.id for c in on_offer) or "nothing"
            raise ValueError(f"expected a choice on offer ({listed}), found {choice!r}")
        data = self._nodes[offer.node]["choices"][taken.index]
        one_of("choice", data, "goto", "check")
        check = data.get("check")
        if check is None:
            success = None
        elif success is None:
            if self.roll is None:
                raise ValueError(f"choice {taken.id!r} rolls {taken.skill}: give `success` or a `roll`")
            success = self.roll(taken.skill, taken.dc)
        self.transcript.append({"event": "choice", "id": taken.id, "success": success})
        state = replace(self.state, chosen=self.state.chosen | {(offer.node, taken.id)})
        self.state = apply(data.get("effects", ()), state)
        return self._enter(data["goto"] if check is None else check["success" if success else "failure"])

    def _enter(self, target: str) -> tuple[Event, ...]:
        """Run from a node to the next offer or end."""
        events: list[Event] = []
        passed: set[str] = set()
        while True:
            if target in passed:
                raise _fault("GG313", f"expected an offer or an end, found gotos in a circle through node {target!r}")
            passed.add(target)
            node = self._target(self._nodes, "node", target)
            one_of("node", node, "choices", "goto", "end")
            self.state = apply(node.get("effects", ()), replace(self.state, node=target))
            events += self._lines(node)
            if "goto" not in node:
                break
            target = node["goto"]
        if "end" in node:
            end = self._target(self._ends, "end", node["end"])
            self.state = replace(apply(end.get("effects", ()), self.state), end=end["id"])
            events.append(End(end["id"], end["outcome"]))
        elif (offer := self.offer) is not None:
            events.append(offer)
        self.transcript += (
            event.as_json() if isinstance(event, Line) else {**event.as_json(), "state": self.state.as_json()}
            for event in events
        )
        return tuple(events)

    def _lines(self, node: Mapping[str, JSON]) -> list[Line]:
        speaker = str(node["speaker"])
        name = self._names.get(speaker, speaker)
        return [
            Line(node["id"], index, line["id"], speaker, name, show(line["text"], self._placeholders))
            for index, line in enumerate(node["lines"])
        ]

    @staticmethod
    def _target(table: Mapping[str, Mapping[str, JSON]], what: str, id: str) -> Mapping[str, JSON]:
        if id not in table:
            raise _fault("GG308", f"expected a target that exists, found {what} {id!r}")
        return table[id]


def one_of(what: str, part: Mapping[str, JSON], *keys: str) -> None:
    """Raises InvalidContent (GG309) unless the part has exactly one of the keys."""
    found = [key for key in keys if key in part]
    if len(found) != 1:
        listed = " and ".join(found) or "none"
        raise _fault("GG309", f"{what} {part['id']!r}: expected exactly one of {', '.join(keys)}, found {listed}")


def is_open(node: Mapping[str, JSON], choice: Mapping[str, JSON], state: State) -> bool:
    """Whether a choice of the node can be taken in the state."""
    if choice.get("once") and (node["id"], choice["id"]) in state.chosen:
        return False
    return holds(choice.get("condition"), state)


def play(
    record: Mapping[str, JSON],
    choose: Callable[[Offer, State], str | int],
    *,
    state: State | None = None,
    roll: Roll | None = None,
    placeholders: Mapping[str, str] | None = None,
    limit: int = 1000,
) -> Transcript:
    """A whole play: `choose` answers each offer. Stops at an end, at an empty offer, or after `limit` choices."""
    player = Player(record, state=state, roll=roll, placeholders=placeholders)
    player.start()
    for _ in range(limit):
        offer = player.offer
        if offer is None or not offer.choices:
            break
        player.choose(choose(offer, player.state))
    return player.transcript


def _declare(kind: str) -> str:
    return "add it to `variables`" if kind == "local" else "add it to `refs` with value_type and initial"


def _fault(code: str, message: str, hint: str = "run gamegen validate on the record") -> GamegenError:
    return InvalidContent.of(code, message, hint)
