"""What a damage is, and the list of all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from gamegen.world import World

Document = dict[str, Any]
Change = Callable[[Document, World], bool | None]


@dataclass(frozen=True, slots=True)
class Damage:
    """kind: of the records it fits; "" for any. code: what the checks must find, others may come too.

    change: damages the document in place; False where there is nothing to damage.
    """

    name: str
    kind: str
    code: str
    change: Change


ALL: list[Damage] = []


def damage(kind: str, code: str) -> Callable[[Change], Change]:
    """Add the function to the list, named like it."""

    def add(change: Change) -> Change:
        ALL.append(Damage(change.__name__, kind, code, change))
        return change

    return add


def leaf(type: str, id: str, op: str, value: Any) -> Document:
    """A test of a condition, or an effect."""
    return {"type": type, "id": id, "op": op, "value": value}


def text(words: str, id: str = "damaged_00000000") -> Document:
    return {"id": id, "text": words}


def ref(document: Document, type: str) -> Document | None:
    """The first ref of a type."""
    return next((each for each in document["refs"] if each["type"] == type), None)


def texts(value: Any) -> Iterator[Document]:
    """Every text of a record, in order, its provenance left out."""
    if isinstance(value, dict):
        if value.keys() == {"id", "text"}:
            yield value
            return
        for name, part in value.items():
            if name not in ("provenance", "review"):
                yield from texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from texts(part)
