"""A record with another text in one place, or under another id."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from gamegen.records import JSON

Place = tuple[str | int, ...]
"""The way to a text object, by keys and positions."""


def places(record: Mapping[str, JSON]) -> Iterator[Place]:
    """The first text of each sort: where they stand in lists makes no difference."""
    seen: set[tuple[str, ...]] = set()
    for place in _texts(record, ()):
        sort = tuple(key for key in place if isinstance(key, str))
        if sort not in seen:
            seen.add(sort)
            yield place


def _texts(value: JSON, place: Place) -> Iterator[Place]:
    if isinstance(value, Mapping):
        if value.keys() == {"id", "text"} and isinstance(value["text"], str):
            yield place
        else:
            for key, part in value.items():
                yield from _texts(part, (*place, key))
    elif isinstance(value, list | tuple):
        for index, part in enumerate(value):
            yield from _texts(part, (*place, index))


def edited(record: Mapping[str, JSON], place: Place, text: str) -> dict[str, JSON]:
    """The record with this text there; an empty place leaves it as it is."""
    changed: dict[str, JSON] = _edited(record, place, text) if place else dict(record)
    return changed


def _edited(value: JSON, place: Place, text: str) -> JSON:
    if not place:
        return {**value, "text": text}
    key, *rest = place
    if isinstance(value, Mapping):
        return {**value, key: _edited(value[key], tuple(rest), text)}
    return [_edited(part, tuple(rest), text) if index == key else part for index, part in enumerate(value)]


def renamed(record: Mapping[str, JSON], id: str) -> dict[str, JSON]:
    """The record under another id, its line ids and what it says of itself with it."""
    old = str(record["id"])
    line = re.compile(re.escape(old) + r"_[0-9a-f]{8}")

    def one(value: JSON) -> JSON:
        if isinstance(value, Mapping):
            return {key: one(part) for key, part in value.items()}
        if isinstance(value, list | tuple):
            return [one(part) for part in value]
        if isinstance(value, str) and (value == old or line.fullmatch(value)):
            return id + value[len(old) :]
        return value

    result: dict[str, JSON] = one(record)
    return result
