"""What a runtime has to say on a walk through a dialogue, and the first place where it says something else."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from gamegen.play import Line, Offer
from gamegen.plays import Moment, Walk, follow
from gamegen.records import JSON

Runtime = Callable[[Mapping[str, str | bytes], Mapping[str, JSON], Walk], Sequence[Mapping[str, JSON]]]
"""(the files of the export, the record, the walk) -> the transcript. It sets the variables of the game to those of
``walk.state(record)``, starts the dialogue, and takes the steps of the walk: each names a choice by its id, and the
outcome of its check, if it rolls one. A choice is known by the line id of its text."""


def transcript(record: Mapping[str, JSON], walk: Walk) -> list[dict[str, JSON]]:
    """A transcript as the reference player writes it: one object for the start and one for each step.

    `lines` have `id`, `speaker`, `name` and `text`; `choices`, the open ones in order, have `id` (the line id), `text`,
    `skill` ("" without a check) and `dc` (0); `end` is the id of the end reached, or ""; `state` holds the variables
    (`flags`, `items`, `quests`, `locals`).

    A runtime leaves out what its format has not, but `lines` and `choices` with their `text` are always there.
    """
    return [_moment(one) for one in follow(record, walk)]


def _moment(moment: Moment) -> dict[str, JSON]:
    lines = [one for one in moment.events if isinstance(one, Line)]
    choices = [choice for one in moment.events if isinstance(one, Offer) for choice in one.choices]
    return {
        "lines": [{"id": one.id, "speaker": one.speaker, "name": one.speaker_name, "text": one.text} for one in lines],
        "choices": [{"id": one.line, "text": one.text, "skill": one.skill, "dc": one.dc} for one in choices],
        "end": moment.state.end,
        "state": moment.state.as_json(),
    }


def difference(expected: Sequence[Mapping[str, JSON]], heard: JSON) -> str:
    """Where what was heard first departs from what is expected; "" where it does not."""
    if not isinstance(heard, Sequence) or isinstance(heard, str):
        return f"expected a list of moments, found {type(heard).__name__}"
    for number, (wanted, found) in enumerate(zip(expected, heard, strict=False)):
        if told := _differs(wanted, found, frozenset({"lines", "choices"})):
            return f"moment {number}{told}"
    return "" if len(heard) == len(expected) else f"expected {len(expected)} moments, found {len(heard)}"


def _differs(wanted: JSON, found: JSON, needed: frozenset[str] = frozenset()) -> str:
    if isinstance(wanted, Mapping) and isinstance(found, Mapping):
        if strange := sorted(found.keys() - wanted.keys()) or sorted(needed - found.keys()):
            return f": expected {', '.join(wanted)}, found {', '.join(found) or 'nothing'} ({strange[0]})"
        parts = ((f".{key}", _differs(wanted[key], found[key])) for key in wanted if key in found)
    elif isinstance(wanted, list) and isinstance(found, list | tuple) and len(wanted) == len(found):
        inner = frozenset({"text"})
        parts = ((f"[{n}]", _differs(*both, inner)) for n, both in enumerate(zip(wanted, found, strict=True)))
    else:
        same = type(wanted) is type(found) and wanted == found
        return "" if same else f": expected {wanted!r}, found {found!r}"
    return next((f"{place}{told}" for place, told in parts if told), "")
