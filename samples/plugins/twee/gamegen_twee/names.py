"""Ids to names of passages and variables, so that no two ever meet.

A name is a prefix that says what it is, and the parts, joined by two underscores. An underscore of an id that ends the
id or stands beside another one is written ``U`` (ids have no capitals), so no part holds the joint.
"""

from __future__ import annotations

import re

from gamegen.errors import InvalidContent

_ID = re.compile(r"[a-z][a-z0-9_]*")
_LOOSE = re.compile(r"(?<![a-z0-9])_|_(?![a-z0-9])")
_PLACEHOLDER = re.compile(r"([a-z][a-z0-9_]*)(?:\.([a-z][a-z0-9_]*))?")


def sound(id: str, record: str) -> str:
    """The id, if it is one: it goes into macros and attributes as it is. Raises InvalidContent (GG050)."""
    if not _ID.fullmatch(id):
        message = f"record {record}: expected an id of small letters, digits and underscores, found {id!r}"
        raise InvalidContent.of("GG050", message, "rename it")
    return id


def joined(prefix: str, record: str, *parts: str) -> str:
    """The name made of a prefix and ids. `record` is only for the error."""
    return f"{prefix}_" + "__".join(_LOOSE.sub("U", sound(part, record)) for part in parts)


def passage(record: str) -> str:
    """Where a dialogue begins."""
    return joined("dialogue", record, record)


def node(record: str, id: str) -> str:
    return f"{passage(record)}__{joined('node', record, id)}"


def end(record: str, id: str) -> str:
    return f"{passage(record)}__{joined('end', record, id)}"


def variable(record: str, kind: str, id: str) -> str:
    """A flag, item, quest or local variable, with its ``$``."""
    name = joined("var" if kind == "local" else kind, record, id)
    return f"${passage(record)}__{name}" if kind == "local" else f"${name}"


def chosen(record: str, node: str, choice: str) -> str:
    """Whether a choice that is offered once was taken in this play."""
    return f"${passage(record)}__{joined('chosen', record, node, choice)}"


def reached(record: str) -> str:
    """The id of the end that the last play reached."""
    return f"${passage(record)}__end"


def placeholder(record: str, name: str) -> str:
    """What ``{player}`` or ``{item.lens}`` shows."""
    match = _PLACEHOLDER.fullmatch(name)
    if match is None:
        raise InvalidContent.of("GG050", f"record {record}: {name!r} is no name of a placeholder", "rename it")
    return "$" + joined("text", record, *(part for part in match.groups() if part))
