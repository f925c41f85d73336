"""The nearest valid name, for every message about a name that is not known."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from gamegen.errors import UsageError

LISTED = 12
"""A hint lists at most this many names."""


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate most like the name, letter case aside; None when none is near. The first of equals wins."""
    folded: dict[str, str] = {}
    for candidate in candidates:
        folded.setdefault(candidate.casefold(), candidate)
    wanted = name.casefold()
    matches = get_close_matches(wanted, folded, n=1)
    if matches:
        return folded[matches[0]]
    longer = [key for key in folded if len(wanted) > 2 and (key.startswith(wanted) or wanted.startswith(f"{key}_"))]
    return folded[longer[0]] if len(longer) == 1 else None


def did_you_mean(name: str, candidates: Iterable[str]) -> str:
    """The hint of a message: the nearest name, else the names there are; empty when there are none."""
    names = list(dict.fromkeys(candidates))
    match = nearest(name, names)
    if match is not None:
        return f'did you mean "{match}"?'
    if not names:
        return ""
    more = ", …" if len(names) > LISTED else ""
    return f"known: {', '.join(names[:LISTED])}{more}"


def unknown_id(type: str, id: str, candidates: Iterable[str]) -> UsageError:
    """The error for a setting that names an entity the world does not have (GG005)."""
    return UsageError.of("GG005", f'the world has no {type} "{id}"', did_you_mean(id, candidates))
