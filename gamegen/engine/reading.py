"""Reads the nodes of a schema into a normal form that the grammar can be written from.

The normal form has these nodes: {"anyOf": [...]}, {"enum": [...]}, {"type": "boolean" | "null"},
{"type": "integer" | "number", "x-numbers": Numbers}, {"type": "string", "allOf": [{"pattern": ...}, ...], "x-gamegen":
Text}, {"type": "array", "prefixItems"?, "items", "minItems", "maxItems", "uniqueItems"?} and {"type": "object",
"properties", "required", "additionalProperties": False, "minProperties", "maxProperties"}.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from gamegen.engine import combining
from gamegen.engine.fields import Place
from gamegen.engine.numbers import Refused, numbers
from gamegen.engine.strings import check_bounds, check_options, check_string, read_string
from gamegen.errors import SchemaFault
from gamegen.records import JSON, Finding

SUPPORTED: dict[str, frozenset[str]] = {
    "string": frozenset({"minLength", "maxLength", "pattern", "format", "x-gamegen"}),
    "integer": frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}),
    "number": frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}),
    "array": frozenset({"items", "prefixItems", "minItems", "maxItems", "uniqueItems"}),
    "object": frozenset({"properties", "required", "additionalProperties", "minProperties", "maxProperties"}),
    "boolean": frozenset(),
    "null": frozenset(),
}
"""Keywords that a value of each type may carry, beside the ones that any may."""

CHOICES = ("$ref", "allOf", "oneOf", "anyOf", "enum", "const")
ANNOTATIONS = combining.ANNOTATIONS
_KNOWN = frozenset({"type"}).union(CHOICES, ANNOTATIONS, *SUPPORTED.values())
_AT_ROOT = ("$id", "$schema")
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_HINTS = {
    "not": "say what is allowed instead",
    "if": "write the cases as branches of anyOf",
    "definitions": "use $defs",
    "patternProperties": "name the properties",
    "$anchor": "refer to the place by its path, #/$defs/...",
}
_MOST_NODES = 20_000
_MOST_UNIQUE = 64


@dataclass(frozen=True, slots=True)
class _Trail:
    """Where a node stands: in the schema, and behind which references."""

    where: str
    references: tuple[str, ...] = ()

    def at(self, step: str, node: JSON = None) -> _Trail:
        """Of a part of this node."""
        if isinstance(node, combining.Placed):
            return _Trail(node.where, node.references)
        return replace(self, where=self.where + step)


_Part = tuple[dict[str, JSON], float]
"""A node's normal form, and its estimate of tokens."""


class Reader:
    """Reads one fragment. opening: of a fragment that is a string, else None. avoid: words for all open strings."""

    def __init__(self, root: JSON, opening: str | None, avoid: tuple[str, ...]) -> None:
        self.root = root
        self.opening = opening
        self.avoid = avoid
        self.faults: list[Finding] = []
        self.largest = ("$", 0.0)
        """Place and tokens of the value that may take the most."""
        self._texts: list[dict[str, JSON]] = []
        self._nodes = 0

    def read_root(self) -> _Part:
        """The whole fragment. Raises SchemaFault with all that is wrong."""
        part, tokens = self.read(self.root, _Trail("$"))
        self._raise()
        return part, min(tokens, 1e12)

    def check_texts(self, root: Place) -> None:
        """That each open string can be written, and that the place of each tells how. Raises SchemaFault."""
        for place in root.below():
            for text in place.texts[1:]:
                if text.settings != place.texts[0].settings:
                    message = f"two texts may stand at {place.path}, and they ask for different sampling"
                    self.refuse(f"{text.where}.x-gamegen", message)
        for node in self._texts:
            check_string(node, self.refuse)
        self._raise()

    def _raise(self) -> None:
        if self.faults:
            raise SchemaFault(self.faults)

    def refuse(self, where: str, message: str, hint: str = "", code: str = "GG102") -> None:
        finding = Finding(code, message, hint, where=where)
        if finding not in self.faults:
            self.faults.append(finding)

    def read(self, node: JSON, trail: _Trail) -> _Part:
        """A node's normal form and its estimate of tokens. Faults are collected, and `{}` stands for their node."""
        self._nodes += 1
        if self._nodes > _MOST_NODES:
            self.refuse("$", f"the grammar holds at most {_MOST_NODES} nodes, references put in place")
            return {}, 0
        if not isinstance(node, Mapping):
            self.refuse(trail.where, "the grammar needs a bounded type here, found a schema that is true or false")
            return {}, 0
        part, tokens = self._read(node, trail)
        if tokens > self.largest[1] and "anyOf" not in part and part.get("type") not in ("object", "array"):
            self.largest = trail.where, tokens
        return part, tokens

    def _read(self, node: Mapping[str, JSON], trail: _Trail) -> _Part:
        self._check_known(node, trail)
        choice = next((keyword for keyword in CHOICES if keyword in node), None)
        if choice in ("$ref", "anyOf"):
            for keyword in sorted(set(node) & _KNOWN - ANNOTATIONS - {choice}):
                self.refuse(f"{trail.where}.{keyword}", f"the grammar does not support {keyword!r} beside {choice!r}")
        if choice == "$ref":
            return self._reference(str(node["$ref"]), trail)
        if choice == "allOf":
            return self._all(node, trail)
        if choice == "oneOf":
            return self._one(node, trail)
        if choice == "anyOf":
            return self._any(node["anyOf"], "anyOf", trail)
        if choice is not None:
            return self._values(node, trail)
        kinds = node.get("type")
        if kinds is None:
            self.refuse(trail.where, "the grammar needs a type, enum, const, allOf, anyOf, oneOf or $ref, found none")
            return {}, 0
        if isinstance(kinds, str):
            self._check_meaning(node, [kinds], trail)
            return self._typed(node, kinds, trail)
        self._check_meaning(node, kinds, trail)
        parts = [self._typed(node, kind, trail) for kind in kinds if not (kind == "integer" and "number" in kinds)]
        return _either([part for part, _ in parts]), max(tokens for _, tokens in parts)

    def _check_known(self, node: Mapping[str, JSON], trail: _Trail) -> None:
        for keyword in sorted(set(node) - _KNOWN):
            self.refuse(
                f"{trail.where}.{keyword}",
                f"the grammar does not support the schema keyword {keyword!r}",
                _HINTS.get(keyword, "leave it out, or check it after generating"),
            )
        for keyword in _AT_ROOT:
            if keyword in node and node is not self.root:
                self.refuse(f"{trail.where}.{keyword}", f"the grammar supports {keyword!r} at the top alone")
        if node.get("$schema", _DIALECT).rstrip("#") != _DIALECT and node is self.root:
            self.refuse(f"{trail.where}.$schema", f"expected {_DIALECT}, found {node['$schema']}")

    def _check_meaning(self, node: Mapping[str, JSON], kinds: Sequence[str], trail: _Trail) -> None:
        allowed = ANNOTATIONS.union({"type"}, *(SUPPORTED[kind] for kind in kinds))
        for keyword in sorted(set(node) & _KNOWN - allowed):
            self.refuse(f"{trail.where}.{keyword}", f"{keyword!r} has no meaning for type {' or '.join(kinds)}")

    def _typed(self, node: Mapping[str, JSON], kind: str, trail: _Trail) -> _Part:
        if kind == "string":
            return self._string(node, trail)
        if kind in ("integer", "number"):
            return self._number(node, kind, trail)
        if kind == "array":
            return self._array(node, trail)
        if kind == "object":
            return self._object(node, trail)
        return {"type": kind}, 2

    def _reference(self, reference: str, trail: _Trail) -> _Part:
        target = self._target(reference, trail)
        if target is None:
            return {}, 0
        return self.read(target, replace(trail, references=(*trail.references, reference)))

    def _target(self, reference: str, trail: _Trail) -> Mapping[str, JSON] | None:
        place = f"{trail.where}.$ref"
        if reference in trail.references:
            self.refuse(place, f"the grammar does not support recursion, found {reference!r} inside itself")
            return None
        target = combining.target(self.root, reference)
        if target is None:
            self.refuse(place, f"a reference leads to a place in the same schema, found {reference!r}")
        return target

    def _any(self, branches: Sequence[JSON], keyword: str, trail: _Trail) -> _Part:
        parts = [self.read(part, trail.at(f".{keyword}[{i}]", part)) for i, part in enumerate(branches)]
        return _either([part for part, _ in parts]), max(tokens for _, tokens in parts)

    def _one(self, node: Mapping[str, JSON], trail: _Trail) -> _Part:
        where = f"{trail.where}.oneOf"
        if beside := sorted(set(node) & _KNOWN - ANNOTATIONS - {"oneOf"}):
            self.refuse(where, f"the grammar does not support 'oneOf' beside {', '.join(map(repr, beside))}")
            return {}, 0
        held = len(self.faults)
        part, tokens = self._any(node["oneOf"], "oneOf", trail)
        if len(self.faults) == held and (pair := combining.overlap(node["oneOf"], self.root)):
            self.refuse(
                where,
                "the grammar supports 'oneOf' where no value can match two branches: other types, other constants, or"
                f" a required property with other constants; branches {pair[0]} and {pair[1]} may share a value",
                "use anyOf, or set the branches apart",
            )
        return part, tokens

    def _all(self, node: Mapping[str, JSON], trail: _Trail) -> _Part:
        """Merge the parts of an allOf, and the keywords beside it, into one node."""
        parts: list[combining.Placed] = []
        held = len(self.faults)
        beside = {keyword: value for keyword, value in node.items() if keyword != "allOf"}
        waiting = [(beside, trail), *((part, trail.at(f".allOf[{i}]", part)) for i, part in enumerate(node["allOf"]))]
        while waiting:
            part, place = waiting.pop(0)
            if not isinstance(part, Mapping):
                self.refuse(place.where, "the grammar needs the parts of 'allOf' written out, found true or false")
                continue
            if part is not beside:
                self._check_known(part, place)
            reference = str(part.get("$ref", ""))
            if reference and (target := self._target(reference, place)):
                waiting.insert(0, (target, replace(place, references=(*place.references, reference))))
            for i, inner in enumerate(part.get("allOf", ())):
                waiting.append((inner, place.at(f".allOf[{i}]", inner)))
            own = {keyword: value for keyword, value in part.items() if keyword not in ("$ref", "allOf")}
            parts.append(combining.placed(own, place.where, place.references))
        if len(self.faults) > held:
            return {}, 0
        try:
            merged = combining.merged(parts)
        except combining.Clash as clash:
            message = f"the grammar does not support this 'allOf': its parts disagree about {clash.keyword!r}"
            self.refuse(f"{trail.where}.allOf", message, "write its keywords side by side")
            return {}, 0
        return self._read(merged, trail)

    def _values(self, node: Mapping[str, JSON], trail: _Trail) -> _Part:
        """enum and const: the values that every other keyword beside them allows. They are the author's own words."""
        where = trail.where
        check_options(node, where, self.refuse)
        if "format" in node:
            self.refuse(f"{where}.format", "the grammar does not support 'format' beside 'enum' or 'const'")
            return {}, 0
        values = [node["const"]] if "const" in node else node["enum"]
        beside = {keyword: value for keyword, value in node.items() if keyword in _KNOWN - {"x-gamegen", "$id"}}
        values = combining.matching(values, beside, self.root)
        if values is None:
            self.refuse(where, "a reference beside 'enum' or 'const' leads nowhere")
            return {}, 0
        if self.opening is not None:
            values = [value for value in values if isinstance(value, str)]
        if not values:
            self.refuse(where, "no value can satisfy this schema", "compare its enum with its other keywords", "GG851")
            return {}, 0
        texts = {_compact(value): value for value in values}
        return {"enum": list(texts.values())}, max(len(text.encode()) for text in texts)

    def _string(self, node: Mapping[str, JSON], trail: _Trail) -> _Part:
        part, tokens = read_string(node, trail.where, self._opening_at(trail), self.avoid, self.refuse)
        if part:
            self._texts.append(part)
        return part, tokens

    def _opening_at(self, trail: _Trail) -> str | None:
        return self.opening if trail.where == "$" else None

    def _number(self, node: Mapping[str, JSON], kind: str, trail: _Trail) -> _Part:
        where = trail.where
        if not {"minimum", "exclusiveMinimum"} & set(node) or not {"maximum", "exclusiveMaximum"} & set(node):
            self.refuse(where, f"the grammar needs a bounded {kind}", "add minimum and maximum")
            return {}, 0
        try:
            found = numbers(node, kind)
        except Refused as problem:
            place = f"{where}.{problem.keyword}" if problem.keyword else where
            self.refuse(place, str(problem), code="GG851" if problem.empty else "GG102")
            return {}, 0
        return {"type": kind, "x-numbers": found}, found.characters

    def _array(self, node: Mapping[str, JSON], trail: _Trail) -> _Part:
        where = trail.where
        prefix, items = node.get("prefixItems", []), node.get("items")
        least, most = int(node.get("minItems", 0)), node.get("maxItems")
        if items is False:
            most = len(prefix) if most is None else min(most, len(prefix))
        if most is None:
            self.refuse(where, "the grammar needs a bounded array, found no maxItems", "add maxItems")
            return {}, 0
        most = int(most)
        if not check_bounds(least, most, where, ("minItems", "maxItems"), self.refuse):
            return {}, 0
        heads = [self.read(part, trail.at(f".prefixItems[{i}]", part)) for i, part in enumerate(prefix[:most])]
        schema: dict[str, JSON] = {"type": "array", "minItems": least, "maxItems": most, "items": False}
        tokens = sum(part for _, part in heads) + most + 2
        if heads:
            schema["prefixItems"] = [part for part, _ in heads]
        if most > len(heads):
            if items is None:
                self.refuse(where, "the grammar needs to know the array's items, found no items", "add items")
                return {}, 0
            schema["items"], each = self.read(items, trail.at(".items", items))
            tokens += each * (most - len(heads))
        if node.get("uniqueItems") and most > 1:
            self._unique(schema, where)
        return schema, tokens

    def _unique(self, schema: dict[str, JSON], where: str) -> None:
        """Items that are all different: where they are enumerated."""
        items = schema["items"]
        if schema.get("prefixItems") or not isinstance(items, dict) or "enum" not in items:
            message = "the grammar supports 'uniqueItems' where the items are an enum"
            if items != {}:  # a fault of their own
                self.refuse(f"{where}.uniqueItems", message, "leave it out, or check it after generating")
            return
        values = combining.distinct(items["enum"])
        if len(values) > _MOST_UNIQUE:
            message = f"the grammar supports 'uniqueItems' of at most {_MOST_UNIQUE} values, found {len(values)}"
            self.refuse(f"{where}.uniqueItems", message)
        if schema["minItems"] > len(values):
            message = f"no value can satisfy minItems {schema['minItems']} and {len(values)} different items"
            self.refuse(where, message, code="GG851")
        schema["uniqueItems"], schema["items"] = True, {"enum": values}
        schema["maxItems"] = min(schema["maxItems"], len(values))

    def _object(self, node: Mapping[str, JSON], trail: _Trail) -> _Part:
        where = trail.where
        if node.get("additionalProperties") is not False:
            self.refuse(
                f"{where}.additionalProperties" if "additionalProperties" in node else where,
                "the grammar needs closed objects",
                "add additionalProperties: false",
            )
        properties, required = node.get("properties", {}), list(dict.fromkeys(node.get("required", [])))
        for name in required:
            if name not in properties:
                self.refuse(f"{where}.required", f"no value can satisfy this: {name!r} is not a property", code="GG851")
        least = max(int(node.get("minProperties", 0)), len(required))
        most = min(int(node.get("maxProperties", len(properties))), len(properties))
        if least > most and not set(required) - set(properties):
            message = f"no value has at least {least} and at most {most} of these properties"
            self.refuse(where, message, code="GG851")
        parts = {name: self.read(part, trail.at(f".properties.{name}", part)) for name, part in properties.items()}
        schema = {
            "type": "object",
            "properties": {name: part for name, (part, _) in parts.items()},
            "required": required,
            "additionalProperties": False,
            "minProperties": least,
            "maxProperties": most,
        }
        return schema, 2 + sum(tokens + len(_compact(name).encode()) + 2 for name, (_, tokens) in parts.items())


def _either(parts: Sequence[dict[str, JSON]]) -> dict[str, JSON]:
    return parts[0] if len(parts) == 1 else {"anyOf": list(parts)}


def _compact(value: JSON) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
