"""A dialogue in the terminal: lines, state, choices, rolls. What happens is decided by gamegen/play.py alone."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TextIO

from gamegen._random import Stream
from gamegen.errors import UsageError
from gamegen.naming import did_you_mean
from gamegen.play import End, Line, Offer, Player, Roll, State, Transcript, Value, initial_state, show, shown
from gamegen.records import JSON, Record

QUIT = frozenset({"q", "quit", "exit"})
STATE = frozenset({"s", "state"})
TABLES = ("flags", "items", "quests", "locals")


class _Left(Exception):
    """The person at the terminal has had enough."""


def play_in_terminal(
    record: Mapping[str, JSON],
    *,
    seed: int | None = None,
    input: TextIO | None = None,
    output: TextIO | None = None,
    state: State | None = None,
    plain: bool = False,
    closed: bool = False,
) -> Transcript:
    """Play a dialogue from start to end; the end of the input, "q" or Ctrl-C leave it. Returns what happened.

    seed:   rolls skill checks as d20 against dc with this seed; None asks for each outcome.
    input, output: text streams; standard input and output by default.
    state:  where the game's own variables begin (default: as the record's `refs` say).
    plain:  show what is said and offered, without tags and variables.
    closed: show closed choices too, with what closes them.
    Raises InvalidContent when the record does what a dialogue may not do.
    """
    terminal = _Terminal(
        record, sys.stdin if input is None else input, sys.stdout if output is None else output, plain, closed
    )
    before = initial_state(record) if state is None else state
    player = Player(record, state=before, roll=terminal.ask if seed is None else _dice(seed, terminal))
    try:
        if not plain:
            terminal.variables(before)
        terminal.show(player.start(), before, player.state)
        while (offer := player.offer) is not None and offer.choices:
            choice = terminal.choice(offer, player.state)
            terminal.say("")
            here = player.state
            terminal.show(player.choose(choice), here, player.state)
        if plain:
            terminal.changes(before, player.state, TABLES[:3])
    except (KeyboardInterrupt, _Left):
        terminal.say("\n[left before the end]")
    return player.transcript


def _dice(seed: int, terminal: _Terminal) -> Roll:
    stream = Stream("gamegen play", seed)

    def roll(skill: str, dc: int) -> bool:
        die = stream.integer(1, 20)
        terminal.say(f"[{skill}: {die} against {dc}, {'success' if die >= dc else 'failure'}]")
        return die >= dc

    return roll


class _Terminal:
    def __init__(
        self, record: Mapping[str, JSON], input: TextIO, output: TextIO, plain: bool = False, closed: bool = False
    ) -> None:
        self.nodes = {node["id"]: node for node in record["nodes"]}
        self.placeholders = {item["name"]: item["value"] for item in record.get("placeholders", ())}
        self.input = input
        self.output = output
        self.plain = plain
        self.closed = closed

    def say(self, text: str, end: str = "\n") -> None:
        self.output.write(f"{text}{end}")
        self.output.flush()

    def answer(self, prompt: str) -> str:
        self.say(prompt, end=" ")
        line = self.input.readline()
        if not line or line.strip().casefold() in QUIT:
            raise _Left
        return line.strip()

    def show(self, events: tuple[Line | Offer | End, ...], before: State, after: State) -> None:
        """What was said, what changed, and what can be done now."""
        for event in events:
            if not isinstance(event, Line) and not self.plain:
                self.changes(before, after, TABLES)
            match event:
                case Line():
                    tags = "" if self.plain else f"  #id:{event.id} #speaker:{event.speaker}"
                    self.say(f"{event.speaker_name}: {event.text}{tags}")
                case Offer(choices=()):
                    self.say("[a dead end: no choice is open]")
                case Offer():
                    self.say("")
                    self.choices(event, after)
                case End():
                    self.say(f"\n[end {event.id}: {event.outcome}]")

    def choices(self, offer: Offer, state: State) -> None:
        """The open ones with their numbers; on request the closed ones where they would stand."""
        numbers = {choice.index: (number, choice) for number, choice in enumerate(offer.choices, 1)}
        for index, data in enumerate(self.nodes[offer.node]["choices"]):
            if index in numbers:
                number, choice = numbers[index]
                check = f" [{choice.skill} {choice.dc}]" if choice.skill else ""
                tags = "" if self.plain else f"  ({choice.id}) #id:{choice.line}"
                self.say(f"  {number}. {choice.text}{check}{tags}")
            elif self.closed:
                tags = "" if self.plain else f"  ({data['id']}) #id:{data['text']['id']}"
                text = show(data["text"]["text"], self.placeholders)
                self.say(f"  -  {text} [closed: {closing(offer.node, data, state)}]{tags}")

    def choice(self, offer: Offer, state: State) -> str:
        """The choice taken, by its number or id; asks again until it is one."""
        open_ones = {choice.id for choice in offer.choices}
        every = {choice["id"]: choice for choice in self.nodes[offer.node]["choices"]}
        while True:
            answer = self.answer(">")
            if answer in open_ones:
                return answer
            if answer.isdecimal() and 1 <= int(answer) <= len(offer.choices):
                return offer.choices[int(answer) - 1].id
            if answer.casefold() in STATE:
                self.variables(state)
                if not any(getattr(state, table) for table in TABLES):
                    self.say("[no variables]")
            elif answer in every:
                self.say(f"{answer} is closed: {closing(offer.node, every[answer], state)}")
            else:
                self.say(f"a number from 1 to {len(offer.choices)}, s for the state, or q to leave")

    def ask(self, skill: str, dc: int) -> bool:
        """The outcome of a check, from the person at the terminal."""
        while True:
            answer = self.answer(f"[{skill} against {dc}] success? y/n").casefold()
            if answer in ("y", "yes", "n", "no"):
                return answer.startswith("y")
            self.say("y for success, n for failure, or q to leave")

    def variables(self, state: State) -> None:
        """Every variable with its value now, a line for each table."""
        for table in TABLES:
            if values := getattr(state, table):
                listed = ", ".join(f"{id} = {shown(values[id])}" for id in sorted(values))
                self.say(f"[{table}: {listed}]")

    def changes(self, before: State, after: State, tables: Iterable[str]) -> None:
        """What differs between two states."""
        for table in tables:
            old, new = getattr(before, table), getattr(after, table)
            for id in sorted(new):
                if new[id] != old[id]:
                    self.say(f"[{id}: {shown(old[id])} -> {shown(new[id])}]")


def closing(node: str, choice: Mapping[str, JSON], state: State) -> str:
    """Why a choice cannot be taken now."""
    if choice.get("once") and (node, choice["id"]) in state.chosen:
        return "taken already"
    return f"needs {told(choice.get('condition') or {})}"


def told(condition: Mapping[str, JSON], inner: bool = False) -> str:
    """A condition in words: ``trust >= 2 and not (guild_hostile == true)``."""
    for key, word in (("all", " and "), ("any", " or ")):
        if key in condition:
            parts = word.join(told(part, inner=len(condition[key]) > 1) for part in condition[key])
            return f"({parts})" if inner and len(condition[key]) > 1 else parts
    if "not" in condition:
        return f"not ({told(condition['not'])})"
    return f"{condition['id']} {condition['op']} {shown(condition['value'])}"


def starting(record: Mapping[str, JSON], settings: Iterable[str]) -> State:
    """The state before the start with some of the game's own variables set: ``flag.alarm=true``, ``item.lens=2``.

    Raises UsageError: GG004 for a variable that the record does not have, GG005 for a value that it cannot have.
    """
    listed = {f"{ref['type']}.{ref['id']}": ref["values"] for ref in record["refs"] if ref.get("values")}
    state = initial_state(record)
    own = {f"{table[:-1]}.{id}": value for table in TABLES[:3] for id, value in getattr(state, table).items()}
    for setting in settings:
        name, equals, source = setting.partition("=")
        if not equals or name not in own:
            raise UsageError.of("GG004", f"expected TYPE.ID=VALUE, found {setting!r}", did_you_mean(name, own))
        if name in listed and source not in map(str, listed[name]):
            raise UsageError.of(
                "GG005", f"{name} has no value {source!r}", did_you_mean(source, map(str, listed[name]))
            )
        kind, _, id = name.partition(".")
        state = state.having(kind, id, _parsed(name, source, type(own[name])))
    return state


def _parsed(name: str, source: str, wanted: type) -> Value:
    try:
        value: Value = {"true": True, "false": False}[source] if wanted is bool else wanted(source)
        if name.startswith("item.") and int(value) < 0:
            raise ValueError
    except (KeyError, ValueError):
        expected = {bool: "true or false", int: "an integer"}[wanted]
        expected = "a count from 0" if name.startswith("item.") else expected
        raise UsageError.of("GG005", f"{name}: expected {expected}, found {source!r}") from None
    return value


def replay_all(dialogues: Mapping[str, Record], id: str | None, files: Iterable[Path]) -> tuple[list[str], int]:
    """Plays recorded plays again: a line for each that comes out differently, and how many were played.

    id: the dialogue that all of them must be of; None: each names its own.
    Raises InvalidInput for what is no recorded play, UsageError (GG006) for one of another record.
    """
    from gamegen.recordings import read_recording, replay

    told: list[str] = []
    count = 0
    for file in files:
        recording = read_recording(file)
        if recording.record not in dialogues or id not in (None, recording.record):
            meant = repr(id) if id is not None else ", ".join(map(repr, dialogues))
            raise UsageError.of(
                "GG006", f"expected a play of {meant}, found one of {recording.record!r}", path=str(file)
            )
        count += 1
        if (difference := replay(dialogues[recording.record].data, recording)) is not None:
            told.append(f"{file}:{difference.line}: {difference}")
    return told, count
