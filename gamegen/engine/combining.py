"""Schemas put together: references followed, the parts of an allOf merged, the branches of a oneOf told apart."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from gamegen.records import JSON

ANNOTATIONS = frozenset(
    {"title", "description", "$comment", "default", "examples", "deprecated", "readOnly", "writeOnly", "$schema", "$id"}
    | {"$defs"}
)
"""Keywords that change nothing about what is valid."""
_LARGER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_SMALLER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_MEMBERS = ("properties", "additionalProperties")
_KINDS = frozenset({"string", "number", "array", "object", "boolean", "null"})
_DEEPEST = 32


class Clash(Exception):
    """Two parts of an allOf that cannot be written as one node, because of this keyword."""

    def __init__(self, keyword: str) -> None:
        super().__init__(keyword)
        self.keyword = keyword


class Placed(dict[str, JSON]):
    """A schema that remembers its place in the author's own document, and behind which references it stands."""

    where: str = "$"
    references: tuple[str, ...] = ()


def placed(schema: Mapping[str, JSON], where: str, references: tuple[str, ...]) -> Placed:
    if isinstance(schema, Placed):
        return schema
    result = Placed(schema)
    result.where, result.references = where, references
    return result


def target(root: Mapping[str, JSON], reference: str) -> Mapping[str, JSON] | None:
    """The schema that a reference within the same document leads to, by JSON pointer; None for any other."""
    if reference != "#" and not reference.startswith("#/"):
        return None
    node: JSON = root
    for step in unquote(reference[1:]).split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(node, list) and name.isdecimal() and int(name) < len(node):
            node = node[int(name)]
        elif isinstance(node, Mapping) and name in node:
            node = node[name]
        else:
            return None
    return node if isinstance(node, Mapping) else None


def merged(parts: Sequence[Placed]) -> dict[str, JSON]:
    """One node that allows what all parts allow. Raises Clash."""
    _check_items(parts)
    result: dict[str, JSON] = {}
    for part in parts:
        for keyword, value in part.items():
            if keyword in ANNOTATIONS or keyword in _MEMBERS:
                continue
            if keyword == "items":
                value = _placed(value, part, ".items")
            elif keyword in ("prefixItems", "anyOf", "oneOf"):
                value = [_placed(each, part, f".{keyword}[{i}]") for i, each in enumerate(value)]
            result[keyword] = _both(keyword, result[keyword], value) if keyword in result else value
    return result | _members(parts)


def distinct(values: Sequence[JSON]) -> list[JSON]:
    """The values without those that equal an earlier one (1.0 equals 1)."""
    kept: list[JSON] = []
    for value in values:
        if not any(same(value, other) for other in kept):
            kept.append(value)
    return kept


def same(one: JSON, other: JSON) -> bool:
    """Whether two JSON values are equal: numbers by value, and true is not 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(part, other[name]) for name, part in one.items())
    return bool(one == other)


def matching(values: Sequence[JSON], schema: Mapping[str, JSON], root: Mapping[str, JSON]) -> list[JSON] | None:
    """The values that match a schema within the document `root`; None where a reference of it leads nowhere."""
    from jsonschema import Draft202012Validator
    from referencing.exceptions import Unresolvable

    validator: Any = Draft202012Validator(root)
    try:
        return [value for value in values if validator.evolve(schema=schema).is_valid(value)]
    except Unresolvable:
        return None


def overlap(branches: Sequence[JSON], root: Mapping[str, JSON]) -> tuple[int, int] | None:
    """Two branches of which it is not certain that no value matches both; None where it is for all of them."""
    for j in range(len(branches)):
        for i in range(j):
            if not _apart(branches[i], branches[j], root, 0):
                return i, j
    return None


def _placed(schema: JSON, part: Placed, step: str) -> JSON:
    return placed(schema, part.where + step, part.references) if isinstance(schema, Mapping) else schema


def _check_items(parts: Sequence[Placed]) -> None:
    """`items` means the ones behind prefixItems: parts may differ in one of the two, not in both."""
    with_items = [part for part in parts if "items" in part or "prefixItems" in part]
    if any(part.get("prefixItems") != with_items[0].get("prefixItems") for part in with_items):
        raise Clash("prefixItems")


def _both(keyword: str, one: JSON, other: JSON) -> JSON:
    """The value of a keyword that two parts have."""
    if keyword in _LARGER:
        return max(one, other)
    if keyword in _SMALLER:
        return min(one, other)
    if keyword == "required":
        return list(dict.fromkeys([*one, *other]))
    if keyword == "uniqueItems":
        return one or other
    if keyword == "enum":
        return [value for value in one if any(same(value, each) for each in other)]
    if keyword == "type":
        return _types(one, other)
    if keyword == "multipleOf" and one == int(one) and other == int(other):
        return math.lcm(int(one), int(other))
    if keyword == "items":
        return _all(one, other)
    if keyword == "x-gamegen" and isinstance(one, dict) and isinstance(other, dict):
        return _options(one, other)
    if same(one, other):
        return one
    raise Clash(keyword)


def _types(one: JSON, other: JSON) -> JSON:
    first, second = ([kinds] if isinstance(kinds, str) else list(kinds) for kinds in (one, other))
    kept = [kind for kind in first if kind in second or (kind == "integer" and "number" in second)]
    kept += [kind for kind in second if kind == "integer" and kind not in first and "number" in first]
    if not kept:
        raise Clash("type")
    return kept[0] if len(kept) == 1 else kept


def _all(one: JSON, other: JSON) -> JSON:
    if one is False or other is False:
        return False
    if one is True or other is True:
        return other if one is True else one
    return {"allOf": [one, other]}


def _options(one: dict[str, JSON], other: dict[str, JSON]) -> dict[str, JSON]:
    result = dict(one)
    for name, value in other.items():
        if name in ("avoid", "mention") and isinstance(one.get(name), list) and isinstance(value, list):
            result[name] = [*one[name], *value]
        elif name in one and not same(one[name], value):
            raise Clash("x-gamegen")
        else:
            result[name] = value
    return result


def _members(parts: Sequence[Placed]) -> dict[str, JSON]:
    """`properties` and `additionalProperties` of the parts together: a closed part forbids what it does not name."""
    if not any(keyword in part for part in parts for keyword in _MEMBERS):
        return {}
    closed = [part.get("properties", {}) for part in parts if part.get("additionalProperties") is False]
    properties: dict[str, JSON] = {}
    for part in parts:
        for name, schema in part.get("properties", {}).items():
            schema = _placed(schema, part, f".properties.{name}")
            properties[name] = _all(properties[name], schema) if name in properties else schema
    result: dict[str, JSON] = {
        "properties": {name: part for name, part in properties.items() if all(name in names for names in closed)}
    }
    others = [part["additionalProperties"] for part in parts if "additionalProperties" in part]
    if others:
        result["additionalProperties"] = False if closed else others[0]
    return result


def _apart(one: JSON, other: JSON, root: Mapping[str, JSON], depth: int) -> bool:
    """Whether it is certain that no value matches both schemas."""
    if one is False or other is False:
        return True
    if depth > _DEEPEST or not isinstance(one, Mapping) or not isinstance(other, Mapping):
        return False
    for first, second in ((one, other), (other, one)):
        if any(_apart(part, second, root, depth + 1) for part in _also(first, root)):
            return True
        for keyword in ("anyOf", "oneOf"):
            if keyword in first and all(_apart(part, second, root, depth + 1) for part in first[keyword]):
                return True
        values = _listed(first)
        if values is not None and matching(values, second, root) == []:
            return True
    return all(_apart_as(kind, one, other, root, depth) for kind in _kinds(one) & _kinds(other))


def _also(schema: Mapping[str, JSON], root: Mapping[str, JSON]) -> Iterator[JSON]:
    """Schemas that hold as well wherever this one does."""
    yield from schema.get("allOf", ())
    if "$ref" in schema and (found := target(root, str(schema["$ref"]))) is not None:
        yield found


def _listed(schema: Mapping[str, JSON]) -> list[JSON] | None:
    return [schema["const"]] if "const" in schema else schema.get("enum")


def _kinds(schema: Mapping[str, JSON]) -> frozenset[str]:
    kinds = schema.get("type", list(_KINDS))
    return frozenset("number" if kind == "integer" else kind for kind in ([kinds] if isinstance(kinds, str) else kinds))


def _apart_as(
    kind: str, one: Mapping[str, JSON], other: Mapping[str, JSON], root: Mapping[str, JSON], depth: int
) -> bool:
    """Whether no value of this kind matches both."""
    if kind == "object":
        names = {*one.get("required", ()), *other.get("required", ())}
        return any(_apart(_property(one, name), _property(other, name), root, depth + 1) for name in sorted(names))
    bounds = {"string": ("minLength", "maxLength"), "array": ("minItems", "maxItems"), "number": ("minimum", "maximum")}
    if kind not in bounds:
        return False
    low, high = bounds[kind]
    return any(
        low in first and high in second and first[low] > second[high] for first, second in ((one, other), (other, one))
    )


def _property(schema: Mapping[str, JSON], name: str) -> JSON:
    return schema.get("properties", {}).get(name, schema.get("additionalProperties", True))
