"""Shapes: what the objects of a profile hold, said once. JSON Schema and declarations follow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gamegen.records import JSON

LIST = "[]"
"""Before a type: a list of it. Lists of lists do not exist."""
_SCALARS: Mapping[str, JSON] = {
    "string": {"type": "string"},
    "name": {"type": "string"},
    "bool": {"type": "boolean"},
    "int": {"type": "integer", "minimum": -(2**31) + 1, "maximum": 2**31 - 1},
}


@dataclass(frozen=True, slots=True)
class Shape:
    """An object with exactly these fields, in this order. A type is a scalar, an enumeration, a shape, or ``[]`` and
    one of them."""

    name: str
    meaning: str
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Enumeration:
    """Strings that a field may hold."""

    name: str
    values: Sequence[str]


def definitions(shapes: Sequence[Shape], enumerations: Sequence[Enumeration] = ()) -> dict[str, JSON]:
    """The `$defs` of a JSON Schema: one for each shape and enumeration; nothing may be missing, nothing added."""
    result: dict[str, JSON] = {one.name: {"enum": list(one.values)} for one in enumerations}
    for shape in shapes:
        result[shape.name] = {
            "type": "object",
            "description": shape.meaning,
            "properties": {name: _schema(type) for name, type in shape.fields.items()},
            "required": list(shape.fields),
            "additionalProperties": False,
        }
    return result


def _schema(type: str) -> JSON:
    if type.startswith(LIST):
        return {"type": "array", "items": _schema(type.removeprefix(LIST))}
    return _SCALARS.get(type, {"$ref": f"#/$defs/{type}"})
