"""A dialogue in the terminal: lines, numbered choices, rolls. What happens is decided by gamegen/play.py alone."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TextIO

from gamegen._random import Stream
from gamegen.play import End, Line, Offer, Player, Roll, State, initial_state, shown
from gamegen.records import JSON

QUIT = frozenset({"q", "quit", "exit"})


class _Left(Exception):
    """The person at the terminal has had enough."""


def play_in_terminal(
    record: Mapping[str, JSON],
    *,
    seed: int | None = None,
    input: TextIO | None = None,
    output: TextIO | None = None,
    state: State | None = None,
) -> None:
    """Play a dialogue from start to end; the end of the input, "q" or Ctrl-C leave it.

    seed:   rolls skill checks as d20 against dc with this seed; None asks for each outcome.
    input, output: text streams; standard input and output by default.
    state:  where the game's own variables begin (default: as the record's `refs` say).
    Raises InvalidContent when the record does what a dialogue may not do.
    """
    terminal = _Terminal(sys.stdin if input is None else input, sys.stdout if output is None else output)
    before = initial_state(record) if state is None else state
    player = Player(record, state=before, roll=terminal.ask if seed is None else _dice(seed, terminal))
    try:
        terminal.show(player.start())
        while (offer := player.offer) is not None and offer.choices:
            number = terminal.number(len(offer.choices))
            terminal.say("")
            terminal.show(player.choose(number - 1))
        terminal.changes(before, player.state)
    except (KeyboardInterrupt, _Left):
        terminal.say("\n[left before the end]")


def _dice(seed: int, terminal: _Terminal) -> Roll:
    stream = Stream("gamegen play", seed)

    def roll(skill: str, dc: int) -> bool:
        die = stream.integer(1, 20)
        terminal.say(f"[{skill}: {die} against {dc}, {'success' if die >= dc else 'failure'}]")
        return die >= dc

    return roll


class _Terminal:
    def __init__(self, input: TextIO, output: TextIO) -> None:
        self.input = input
        self.output = output

    def say(self, text: str, end: str = "\n") -> None:
        self.output.write(f"{text}{end}")
        self.output.flush()

    def answer(self, prompt: str) -> str:
        self.say(prompt, end=" ")
        line = self.input.readline()
        if not line or line.strip().casefold() in QUIT:
            raise _Left
        return line.strip()

    def show(self, events: tuple[Line | Offer | End, ...]) -> None:
        for event in events:
            match event:
                case Line():
                    self.say(f"{event.speaker_name}: {event.text}")
                case Offer(choices=()):
                    self.say("[a dead end: no choice is open]")
                case Offer():
                    self.say("")
                    for number, choice in enumerate(event.choices, 1):
                        check = f" [{choice.skill} {choice.dc}]" if choice.skill else ""
                        self.say(f"  {number}. {choice.text}{check}")
                case End():
                    self.say(f"\n[end {event.id}: {event.outcome}]")

    def number(self, most: int) -> int:
        """The number of a choice; asks again until it is one."""
        while True:
            answer = self.answer(">")
            if answer.isdecimal() and 1 <= int(answer) <= most:
                return int(answer)
            self.say(f"a number from 1 to {most}, or q to leave")

    def ask(self, skill: str, dc: int) -> bool:
        """The outcome of a check, from the person at the terminal."""
        while True:
            answer = self.answer(f"[{skill} against {dc}] success? y/n").casefold()
            if answer in ("y", "yes", "n", "no"):
                return answer.startswith("y")
            self.say("y for success, n for failure, or q to leave")

    def changes(self, before: State, after: State) -> None:
        """What the play changed in the game's own state."""
        for table in ("flags", "items", "quests"):
            old, new = getattr(before, table), getattr(after, table)
            for id in sorted(new):
                if new[id] != old[id]:
                    self.say(f"[{id}: {shown(old[id])} -> {shown(new[id])}]")
