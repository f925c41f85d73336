"""Ids to identifiers of Ink and Yarn, in one namespace, so that no two ever meet.

An identifier is a prefix that says what it is, and the parts, joined by two underscores: ``flag_guild_hostile``,
``dialogue_forge_0001__chosen_hub__ask``. Ids may hold underscores in any number; one that stands beside another
underscore or at the end of its part is written ``U`` (ids have no capitals). So no part holds the joint, the mapping
is one to one, and what comes out needs no escaping in either format.
"""

from __future__ import annotations

import re
from functools import lru_cache

_LOOSE = re.compile(r"(?<![a-z0-9])_|_(?![a-z0-9])")


@lru_cache(maxsize=1 << 14)
def part(id: str) -> str:
    """One id as a part of an identifier."""
    return _LOOSE.sub("U", id)


def joined(prefix: str, *parts: str) -> str:
    return f"{prefix}_" + "__".join(map(part, parts))


def state(kind: str, id: str) -> str:
    """The game's own variable: kind is ``flag``, ``item`` or ``quest``."""
    return joined(kind, id)


@lru_cache(maxsize=1 << 10)
def knot(kind: str, record: str) -> str:
    """Where a record begins."""
    return joined(kind, record)


def local(record: str, id: str) -> str:
    """A local variable of a dialogue."""
    return f"{knot('dialogue', record)}__{joined('var', id)}"


def chosen(record: str, node: str, choice: str) -> str:
    """Whether a choice that is offered once was taken in this play."""
    return f"{knot('dialogue', record)}__{joined('chosen', node, choice)}"


def end(record: str) -> str:
    """The id of the end that the last play of a dialogue reached."""
    return f"{knot('dialogue', record)}__end"


def done(record: str, stage: str, objective: str) -> str:
    """Whether an objective of a quest is done."""
    return f"{knot('quest', record)}__{joined('done', stage, objective)}"


def datum(kind: str, record: str, path: tuple[str, ...]) -> str:
    """A number or truth value of a quest or sheet: ``character_mira_0001__abilities__strength``."""
    return "__".join((knot(kind, record), *map(part, path)))


def placeholder(name: str) -> str:
    """What a placeholder shows: ``player`` is ``text_player``, ``item.lens`` is ``text_item_lens``."""
    kind, _, id = name.partition(".")
    return f"text_{kind}_{part(id)}" if id else f"text_{kind}"


def character(id: str) -> str:
    """The name of a speaker."""
    return joined("name", id)
