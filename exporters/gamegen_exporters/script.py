"""A record as steps that Ink and Yarn share: both printers write the same script, so both mean the same.

Names in here are identifiers already (see `names`); texts are still as a player reads them. What there are very many of
are tuples, which are made three times as fast.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

Value = bool | int | str


class Variable(NamedTuple):
    """A global variable. `origin` is the record that brought it, `note` what it stands for."""

    name: str
    value: Value
    origin: str
    note: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A variable whose value stands in a text."""

    name: str


class Text(NamedTuple):
    """What a player reads: literal pieces and variables. `record` and `place` say whose it is, for messages."""

    parts: tuple[str | Shown, ...]
    record: str
    place: str


@dataclass(frozen=True, slots=True)
class Speaker:
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Title:
    """Where one can go: a knot, or a stitch within it."""

    knot: str
    stitch: str = ""


@dataclass(frozen=True, slots=True)
class Test:
    """A variable compared with a constant; `op` as in Python."""

    name: str
    op: str
    value: Value


@dataclass(frozen=True, slots=True)
class All:
    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Any:
    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    part: Condition


Condition = Test | All | Any | Not


@dataclass(frozen=True, slots=True)
class Set:
    name: str
    value: Value


@dataclass(frozen=True, slots=True)
class Add:
    """Add to an integer; with `floor` the result is at least 0."""

    name: str
    amount: int
    floor: bool = False


class Line(NamedTuple):
    """`id` is the line id, empty for data that nobody translates. Tags are ``key:value`` of letters, digits, ``_.``"""

    text: Text
    id: str = ""
    speaker: Speaker | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Goto:
    target: Title


@dataclass(frozen=True, slots=True)
class Check:
    """A skill check: the game rolls."""

    skill: str
    dc: int
    success: Title
    failure: Title


@dataclass(frozen=True, slots=True)
class Stop:
    """The play is over."""


@dataclass(frozen=True, slots=True)
class If:
    condition: Condition
    then: tuple[Step, ...]
    otherwise: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    text: Text
    id: str
    body: tuple[Step, ...]
    condition: Condition | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Menu:
    """The open choices are offered; nothing is said when one is taken."""

    choices: tuple[Choice, ...]


Step = Set | Add | Line | Goto | Check | Stop | If | Menu


@dataclass(frozen=True, slots=True)
class Block:
    """Steps under a title."""

    title: Title
    body: tuple[Step, ...]
    returns: str = ""
    """For a procedure, which only changes state: the variable whose value the caller gets."""


@dataclass(frozen=True, slots=True)
class Script:
    """One record: its blocks, and the variables that only it uses."""

    kind: str
    record: str
    blocks: tuple[Block, ...]
    variables: tuple[Variable, ...]
