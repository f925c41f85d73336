"""Plays that show something, as lines that a designer can read.

A dialogue's witness is played by the reference player, so the lines are what really happens. A quest's trace names
objectives; here each comes with its text.
"""

from __future__ import annotations

from collections.abc import Mapping

from gamegen.checks.dialogue_states import Witness
from gamegen.errors import GamegenError
from gamegen.play import End, Line, Offer, Player, initial_state, shown
from gamegen.records import JSON

ARROW = " -> "
"""What stands between the steps of a quest's trace."""


def transcript(record: Mapping[str, JSON], witness: Witness) -> list[str]:
    """The lines of one play of a dialogue whose ids, targets and types are sound.

        start with guild_hostile = true
        Mira Voss: What else?
        > Come on. (success of persuasion 12)
        end learned: told

    A play that does not end says where it stands, and what is open there.
    """
    lines = []
    if witness.start:
        lines.append(f"start with {', '.join(f'{id} = {shown(value)}' for (_, id), value in witness.start.items())}")
    try:
        _play(record, witness, lines)
    except GamegenError as error:  # a text that cannot be shown: it has a finding of its own
        lines.append(f"[the play breaks off: {error.findings[0].message}]")
    return lines


def _play(record: Mapping[str, JSON], witness: Witness, lines: list[str]) -> None:
    tables: dict[str, dict[str, JSON]] = {"flag": {}, "item": {}, "quest": {}}
    for (kind, id), value in witness.start.items():
        tables[kind][id] = value
    player = Player(
        record,
        state=initial_state(record, flags=tables["flag"], items=tables["item"], quests=tables["quest"]),
    )
    events = player.start()
    for edge in witness.edges:
        _tell(events, lines)
        offer = player.offer
        choice = next((each for each in offer.choices if each.id == edge.choice), None) if offer else None
        if choice is None:
            break
        outcome = "" if edge.success is None else f" ({_outcome(edge.success)} of {choice.skill} {choice.dc})"
        lines.append(f"> {choice.text}{outcome}")
        events = player.choose(edge.choice, success=edge.success)
    _tell(events, lines)
    if events and isinstance(events[-1], Offer):
        open_here = ", ".join(choice.id for choice in events[-1].choices)
        lines.append(
            f"[at {events[-1].node}; {f'open: {open_here}' if open_here else 'a dead end: no choice is open'}]"
        )


def _tell(events: tuple[Line | Offer | End, ...], lines: list[str]) -> None:
    for event in events:
        match event:
            case Line():
                lines.append(f"{event.speaker_name}: {event.text}")
            case End():
                lines.append(f"end {event.id}: {event.outcome}")
            case Offer():
                pass  # the choice that is taken stands for it


def _outcome(success: bool) -> str:
    return "success" if success else "failure"


def quest_transcript(record: Mapping[str, JSON], outcome: str, trace: str) -> list[str]:
    """The lines of one play of a quest to an outcome. trace: of `gamegen.checks.quest_simulation`.

    start with storm = false
    > ask: Ask the keeper about the lens.
    outcome kept (success): The lens is back.
    """
    texts = {each["id"]: each["text"]["text"] for stage in record["stages"] for each in stage["objectives"]}
    start, *steps = trace.split(ARROW)
    lines = [] if start == "start" else [start]
    lines += [f"> {step}: {texts[step]}" if step in texts else f"> {step}" for step in steps]
    end = next((each for each in record["outcomes"] if each["id"] == outcome), None)
    if end is not None:
        lines.append(f"outcome {outcome} ({end['status']}): {end['text']['text']}")
    return lines
