"""The data of quests and sheets: every value of a record with the path to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from gamegen.records import JSON

from . import names
from .script import Block, Line, Step, Stop, Title, Value, Variable
from .texts import literal, template

APART = frozenset({"provenance", "review", "refs", "placeholders"})
"""What says something about the record, not of it."""
LOGIC = frozenset({"prerequisites", "fail_conditions", "requires", "effects", "next"})
"""What becomes procedures."""


class Field(NamedTuple):
    """`path` names the place by property names, ids (where a list has unique ones) and numbers."""

    path: tuple[str, ...]
    value: Value
    text: Mapping[str, JSON] | None = None
    """The text object, if the value is one."""

    @property
    def tag(self) -> str:
        return f"field:{'.'.join(self.path)}"


def fields(record: Mapping[str, JSON], apart: frozenset[str] = APART | LOGIC) -> list[Field]:
    """The values of a record in its own order, without the properties `apart`."""
    found: list[Field] = []
    _collect(record, (), apart, found)
    return found


def _collect(value: JSON, path: tuple[str, ...], apart: frozenset[str], found: list[Field]) -> None:
    if isinstance(value, dict):
        if len(value) == 2 and value.keys() == {"id", "text"} and isinstance(value["text"], str):
            found.append(Field(path, value["text"], value))
            return
        for name, part in value.items():
            if name not in apart:
                _collect(part, (*path, name), apart, found)
    elif isinstance(value, list):
        for key, part in zip(_keys(value), value, strict=True):
            _collect(part, (*path, key), apart, found)
    else:
        found.append(Field(path, value))


def _keys(items: list[JSON]) -> list[str]:
    ids = [item["id"] for item in items if isinstance(item, dict) and isinstance(item.get("id"), str)]
    return ids if len(set(ids)) == len(items) else [str(index) for index in range(len(items))]


def data(record: Mapping[str, JSON], apart: frozenset[str] = frozenset()) -> tuple[Block, tuple[Variable, ...]]:
    """A block that says every field, one a line, tagged with its path; and the numbers and truth values as variables.

    Empty strings have no line. apart: line ids of texts that stand in blocks of their own (a line id may stand only
    once).
    """
    id, kind = str(record["id"]), str(record["kind"])
    lines: list[Step] = []
    variables: list[Variable] = []
    for field in fields(record):
        if field.text is not None:
            if field.text["id"] not in apart:
                lines.append(Line(template(record, field.text), field.text["id"], tags=(field.tag,)))
        elif field.value != "" and field.value is not None:
            place = ".".join(field.path)
            shown = str(field.value).lower() if isinstance(field.value, bool) else str(field.value)
            lines.append(Line(literal(shown, id, place), tags=(field.tag,)))
            if isinstance(field.value, int):
                variables.append(Variable(names.datum(kind, id, field.path), field.value, id, place))
    return Block(Title(names.knot(kind, id) + "__data"), (*lines, Stop())), tuple(variables)
