"""The data of quests and sheets: every value of a record with the path to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from gamegen.records import JSON

from . import names
from .script import Block, Line, Step, Stop, Title, Value, Variable
from .texts import literal, template

APART = frozenset({"provenance", "review", "refs", "placeholders"})
"""What says something about the record, not of it."""
LOGIC = frozenset({"prerequisites", "fail_conditions", "requires", "effects", "next"})
"""What becomes procedures."""


@dataclass(frozen=True, slots=True)
class Field:
    """`path` names the place by property names, ids (where a list has unique ones) and numbers."""

    path: tuple[str, ...]
    value: Value
    text: Mapping[str, JSON] | None = None
    """The text object, if the value is one."""

    @property
    def tag(self) -> str:
        return f"field:{'.'.join(self.path)}"


def fields(record: Mapping[str, JSON], apart: frozenset[str] = APART | LOGIC) -> Iterator[Field]:
    """The values of a record in its own order, without the properties `apart`."""
    return _fields({name: value for name, value in record.items() if name not in apart}, (), apart)


def _fields(value: JSON, path: tuple[str, ...], apart: frozenset[str]) -> Iterator[Field]:
    if isinstance(value, Mapping):
        if value.keys() == {"id", "text"} and isinstance(value["text"], str):
            yield Field(path, value["text"], value)
            return
        for name, part in value.items():
            if name not in apart:
                yield from _fields(part, (*path, name), apart)
    elif isinstance(value, list):
        for key, part in zip(_keys(value), value, strict=True):
            yield from _fields(part, (*path, key), apart)
    else:
        yield Field(path, value)


def _keys(items: list[JSON]) -> list[str]:
    ids = [item["id"] for item in items if isinstance(item, Mapping) and isinstance(item.get("id"), str)]
    return ids if len(set(ids)) == len(items) else [str(index) for index in range(len(items))]


def data_block(record: Mapping[str, JSON], apart: frozenset[str] = frozenset()) -> Block:
    """A block that says every field, one a line, tagged with its path. Empty strings have no line.

    apart: line ids of texts that stand in blocks of their own (a line id may stand only once).
    """
    id = str(record["id"])
    lines: list[Step] = []
    for field in fields(record):
        if field.text is not None:
            if field.text["id"] not in apart:
                lines.append(Line(template(record, field.text), field.text["id"], tags=(field.tag,)))
        elif field.value != "" and field.value is not None:
            shown = str(field.value).lower() if isinstance(field.value, bool) else str(field.value)
            lines.append(Line(literal(shown, id, ".".join(field.path)), tags=(field.tag,)))
    return Block(Title(names.knot(record["kind"], id) + "__data"), (*lines, Stop()))


def data_variables(record: Mapping[str, JSON]) -> tuple[Variable, ...]:
    """The numbers and truth values as variables."""
    id, kind = str(record["id"]), str(record["kind"])
    return tuple(
        Variable(names.datum(kind, id, field.path), field.value, id, ".".join(field.path))
        for field in fields(record)
        if isinstance(field.value, int)
    )
