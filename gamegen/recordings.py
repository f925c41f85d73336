"""Recorded plays: a play as a file of JSON lines, played again on a record that was edited since.

The first line names the record and what the game's own variables began with; each line after it is one event of the
transcript of gamegen/play.py. Held against a play are speakers, texts, line ids, choices, checks, ends and the values
of variables. Ids of nodes and places among the choices of a node are structure that nobody sees, and variables that
the recording does not know yet are none of its business.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gamegen.errors import GamegenError, InvalidInput
from gamegen.play import Player, State, Transcript, initial_state
from gamegen.records import JSON, canonical

FORMAT = 1
OWN = ("flags", "items", "quests")
TABLES = {"flags": "flag", "items": "item", "quests": "quest", "locals": "local"}
_SHAPES: Mapping[str, Mapping[str, type | tuple[type, ...]]] = {
    "line": {"id": str, "speaker": str, "speaker_name": str, "text": str},
    "offer": {"choices": list, "state": dict},
    "choice": {"id": str, "success": (bool, type(None))},
    "end": {"id": str, "outcome": str, "state": dict},
}
"""What an event of each kind must have."""
_CHOICE: Mapping[str, type] = {"id": str, "line": str, "text": str, "skill": str, "dc": int}


@dataclass(frozen=True, slots=True)
class Recording:
    """A play that was recorded. Event n of the list is line n + 2 of the file."""

    record: str
    start: Mapping[str, Mapping[str, Any]]
    """What the game's own variables began with: flags, items and quests, by id."""
    events: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Difference:
    """Where a play first leaves its recording. `line` is that of the recording."""

    line: int
    what: str
    recorded: str
    found: str

    def __str__(self) -> str:
        return f"{self.what}: recorded {self.recorded}, now {self.found}"


def recorded(record: Mapping[str, JSON], start: State, transcript: Transcript) -> str:
    """The file of a play that began in the state `start`."""
    own = {table: value for table, value in start.as_json().items() if table in OWN}
    head = {"event": "play", "format": FORMAT, "record": record["id"], "start": own}
    return "".join(f"{canonical(event)}\n" for event in (head, *transcript))


def read_recording(path: Path) -> Recording:
    """Raises InvalidInput: GG006 for a file that cannot be read, GG105 for what is no recording, with its line."""
    try:
        source = path.read_text(encoding="utf-8")
    except OSError as error:
        message = f"cannot read the recorded play: {error.strerror}"
        raise InvalidInput.of("GG006", message, "name a file that --record wrote", path=str(path)) from None
    except UnicodeDecodeError as error:
        raise InvalidInput.of("GG006", f"expected UTF-8, byte {error.start} is not", path=str(path)) from None
    head, *events = (_event(line, path, n) for n, line in enumerate(source.removesuffix("\n").split("\n"), 1))
    if head["event"] != "play":
        raise _fault(path, 1, f"expected the head of a recorded play, found the event {head['event']!r}")
    for number, event in enumerate(events, 2):
        if event["event"] == "play":
            raise _fault(path, number, "expected one play in a file, found the head of another one")
    if head["format"] != FORMAT:
        raise _fault(path, 1, f"expected format {FORMAT} of recorded plays, found {head['format']!r}")
    return Recording(head["record"], head["start"], events)


def _event(line: str, path: Path, number: int) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        value = None
    kind = value.get("event") if isinstance(value, dict) else None
    shape = {"format": int, "record": str, "start": dict} if kind == "play" else _SHAPES.get(str(kind))
    if not isinstance(value, dict) or shape is None:
        raise _fault(path, number, f"expected an event of a recorded play, found {line[:60]!r}")
    if not _is_like(value, shape):
        raise _fault(path, number, f"expected an event {kind!r} with {', '.join(shape)}, found {line[:60]!r}")
    if not all(_is_like(choice, _CHOICE) for choice in value.get("choices", ())):
        raise _fault(path, number, f"expected choices with {', '.join(_CHOICE)}")
    tables: Mapping[str, Any] = next((value[name] for name in ("start", "state") if name in shape), {})
    if not all(isinstance(table, dict) for table in tables.values()) or not tables.keys() <= TABLES.keys():
        raise _fault(path, number, f"expected the values of variables in {', '.join(TABLES)}")
    return value


def _is_like(value: Any, shape: Mapping[str, Any]) -> bool:
    return isinstance(value, dict) and all(
        name in value and isinstance(value[name], wanted) for name, wanted in shape.items()
    )


def _fault(path: Path, number: int, message: str) -> InvalidInput:
    return InvalidInput.of("GG105", message, "record the play again", path=str(path), line=number)


def begins(record: Mapping[str, JSON], recording: Recording) -> State:
    """What the play of the record starts with: the recorded values of the variables that it still has."""
    state = initial_state(record)
    for table in OWN:
        known = getattr(state, table)
        for id, value in recording.start.get(table, {}).items():
            if id in known and type(known[id]) is type(value):
                state = state.having(TABLES[table], id, value)
    return state


def replay(record: Mapping[str, JSON], recording: Recording) -> Difference | None:
    """Plays the recorded choices on the record; where the play first leaves the recording, None if it never does."""
    player = Player(record, state=begins(record, recording))
    number = 1
    try:
        player.start()
        for number, event in enumerate(recording.events, 2):
            if event["event"] == "choice" and len(player.transcript) == number - 2:
                on_offer = {one.id: one for one in player.offer.choices} if player.offer else {}
                if event["id"] not in on_offer:
                    listed = ", ".join(on_offer) or "nothing"
                    return Difference(number, "choice", repr(event["id"]), f"not on offer ({listed})")
                if on_offer[event["id"]].skill and event["success"] is None:
                    return Difference(number, "choice", f"{event['id']!r} without a check", "with one")
                player.choose(event["id"], event["success"])
            found = player.transcript[number - 2] if number - 2 < len(player.transcript) else None
            for what, then, now in _differences(event, found):
                return Difference(number, what, then, now)
    except GamegenError as error:
        return Difference(number, "the play", "to go on", f"a fault in the record: {error}")
    if len(player.transcript) > len(recording.events):
        more = player.transcript[len(recording.events)]
        return Difference(len(recording.events) + 2, "event", "nothing more", _told(more))
    return None


def _differences(then: Mapping[str, Any], now: Mapping[str, Any] | None) -> Iterator[tuple[str, str, str]]:
    """(what, recorded, found) of everything in which two events differ."""
    if now is None or then["event"] != now["event"]:
        yield "event", _told(then), _told(now)
        return
    match then["event"]:
        case "line":
            names = {"text": "line", "speaker": "speaker", "speaker_name": "name of the speaker", "id": "line id"}
            yield from ((what, repr(then[key]), repr(now[key])) for key, what in names.items() if then[key] != now[key])
        case "offer":
            yield from _choices(then["choices"], now["choices"])
        case "end":
            keys = ("id", "outcome")
            yield from ((f"{key} of the end", repr(then[key]), repr(now[key])) for key in keys if then[key] != now[key])
    if "state" in then:
        yield from _values(then["state"], now["state"])


def _choices(then: Sequence[Mapping[str, Any]], now: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str, str]]:
    offered, offers = [one["id"] for one in then], [one["id"] for one in now]
    if offered != offers:
        yield "choices offered", ", ".join(offered) or "none", ", ".join(offers) or "none"
        return
    names = {"text": "text", "skill": "skill", "dc": "dc", "line": "line id"}
    for old, new in zip(then, now, strict=True):
        for key, what in names.items():
            if old[key] != new[key]:
                yield f"{what} of choice {old['id']}", repr(old[key]), repr(new[key])


def _values(
    then: Mapping[str, Mapping[str, Any]], now: Mapping[str, Mapping[str, Any]]
) -> Iterator[tuple[str, str, str]]:
    for table, values in then.items():
        for id, value in values.items():
            if id not in now[table]:
                yield f"{TABLES[table]} {id}", json.dumps(value), "no such variable"
            elif (type(value), value) != (type(now[table][id]), now[table][id]):
                yield f"{TABLES[table]} {id}", json.dumps(value), json.dumps(now[table][id])


def _told(event: Mapping[str, Any] | None) -> str:
    """An event in a few words."""
    if event is None:
        return "nothing more"
    match event["event"]:
        case "line":
            return f"the line {event['text']!r}"
        case "offer":
            return f"an offer of {', '.join(one['id'] for one in event['choices']) or 'no choice'}"
        case "end":
            return f"the end {event['id']!r}"
        case _:
            return f"the choice {event['id']!r}"
