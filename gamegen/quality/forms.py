"""Measuring records that may not have the form of their kind, for people edit them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeVar

from gamegen.records import JSON

T = TypeVar("T")


def measured(records: Iterable[Mapping[str, JSON]], measure: Callable[[Mapping[str, JSON]], T]) -> Iterator[T]:
    """What the measure finds in each record; one without the parts that it needs is passed over (its schema proof tells
    what is wrong with it)."""
    for record in records:
        try:
            yield measure(record)
        except (AttributeError, IndexError, KeyError, TypeError, ValueError):
            continue
