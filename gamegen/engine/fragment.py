"""Reads a schema fragment before the grammar does: what is not enforced exactly is refused, with its JSON path.

`read` turns a fragment into a `Fragment`: the same schema with references put in place, every open string narrowed to
the text profile, and the number of tokens that a completion may take. The promise is "conform or refuse": each keyword
stands in `SUPPORTED`, or the fragment is refused by the keyword's name (GG102).

A string's own wishes stand beside its keywords, under `x-gamegen`:
    ends           "sentence" (default of a fragment that is a string), "title" or "any" (default inside a document, and
                   of a string with a `pattern`)
    language       BCP 47; default "en"
    placeholders   names that may stand in braces; default none
A `pattern` that names an underscore or other markup (`#@=~<>`) may have it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gamegen.engine.profile import ENDS, Profile, named_markup, unusual
from gamegen.errors import SchemaFault
from gamegen.records import JSON, Finding

SUPPORTED: dict[str, frozenset[str]] = {
    "string": frozenset({"minLength", "maxLength", "pattern", "x-gamegen"}),
    "integer": frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"}),
    "number": frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"}),
    "array": frozenset({"items", "prefixItems", "minItems", "maxItems"}),
    "object": frozenset({"properties", "required", "additionalProperties"}),
    "boolean": frozenset(),
    "null": frozenset(),
}
"""Keywords that a value of each type may carry, beside the ones that any may."""

CHOICES = frozenset({"enum", "const", "anyOf", "$ref"})
ANNOTATIONS = frozenset(
    {"title", "description", "$comment", "default", "examples", "deprecated", "readOnly", "writeOnly", "$schema", "$id"}
    | {"$defs"}
)
_KNOWN = frozenset({"type"}).union(CHOICES, ANNOTATIONS, *SUPPORTED.values())
_HINTS = {
    "allOf": "write its keywords side by side",
    "oneOf": "use anyOf",
    "not": "say what is allowed instead",
    "definitions": "use $defs",
}


@dataclass(frozen=True, slots=True)
class Fragment:
    """A fragment that the grammar can hold.

    schema:   what the grammar is compiled from: no reference, no annotation, strings narrowed to the text profile.
    free:     it is one string: written bare, ended by a quotation mark.
    budget:   tokens after which the text is brought to its nearest end.
    bounds:   of an open text without a pattern, whose characters are counted outside the grammar; else None.
    """

    schema: Mapping[str, JSON]
    free: bool
    budget: int
    bounds: Bounds | None = None


@dataclass(frozen=True, slots=True)
class Bounds:
    """Characters of a text at least and at most, and how many always suffice to end it."""

    shortest: int
    longest: int
    ending: int


def read(schema: Mapping[str, JSON], opening: str = "") -> Fragment:
    """Check and normalise a fragment. `opening` are words that a free text begins with.

    Raises SchemaFault: GG103 for a schema that is not valid Draft 2020-12, GG102 for keywords that are not supported
    (all of them), GG851 where no value can satisfy it.
    """
    _check_valid(schema)
    reader = _Reader(schema, opening)
    node, tokens = reader.read(schema, "$", ())
    if reader.faults:
        raise SchemaFault(reader.faults)
    return Fragment(node, reader.resolve(schema).get("type") == "string", math.ceil(tokens) + 8, reader.bounds)


def _check_valid(schema: Mapping[str, JSON]) -> None:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        raise SchemaFault.of(
            "GG103", f"the schema is not valid Draft 2020-12: {error.message}", where=error.json_path
        ) from error


class _Reader:
    def __init__(self, root: Mapping[str, JSON], opening: str) -> None:
        self.root = root
        self.opening = opening
        self.faults: list[Finding] = []
        self.bounds: Bounds | None = None

    def refuse(self, where: str, message: str, hint: str = "", code: str = "GG102") -> None:
        finding = Finding(code, message, hint, where=where)
        if finding not in self.faults:
            self.faults.append(finding)

    def resolve(self, node: Mapping[str, JSON]) -> Mapping[str, JSON]:
        """Follow references from the top (that they lead somewhere was checked by `read`)."""
        while "$ref" in node:
            node = self._target(str(node["$ref"])) or {}
        return node

    def read(self, node: JSON, where: str, trail: tuple[str, ...]) -> tuple[dict[str, JSON], float]:
        """A node's normal form and its estimate of tokens. Faults are collected, and `{}` stands for their node."""
        if not isinstance(node, Mapping):
            self.refuse(where, "the grammar needs a bounded type here, found a schema that is true or false")
            return {}, 0
        for keyword in sorted(set(node) - _KNOWN):
            self.refuse(
                f"{where}.{keyword}",
                f"the grammar does not support the schema keyword {keyword!r}",
                _HINTS.get(keyword, "leave it out, or check it after generating"),
            )
        choice = next((keyword for keyword in ("$ref", "anyOf", "enum", "const") if keyword in node), None)
        if choice in ("$ref", "anyOf"):
            for keyword in sorted(set(node) & _KNOWN - ANNOTATIONS - {choice}):
                self.refuse(f"{where}.{keyword}", f"the grammar does not support {keyword!r} beside {choice!r}")
        if choice == "$ref":
            return self._reference(str(node["$ref"]), where, trail)
        if choice == "anyOf":
            parts = [self.read(part, f"{where}.anyOf[{i}]", trail) for i, part in enumerate(node["anyOf"])]
            return {"anyOf": [part for part, _ in parts]}, max(tokens for _, tokens in parts)
        if choice is not None:
            return self._values(node, where)
        kinds = node.get("type")
        if kinds is None:
            self.refuse(where, "the grammar needs a type, enum, const, anyOf or $ref, found none")
            return {}, 0
        if isinstance(kinds, str):
            return self._typed(node, kinds, where, trail)
        parts = [self._typed(node, kind, where, trail, shared=True) for kind in kinds]
        self._check_keywords(node, kinds, where)
        return {"anyOf": [part for part, _ in parts]}, max(tokens for _, tokens in parts)

    def _typed(
        self, node: Mapping[str, JSON], kind: str, where: str, trail: tuple[str, ...], shared: bool = False
    ) -> tuple[dict[str, JSON], float]:
        if not shared:
            self._check_keywords(node, [kind], where)
        if kind == "string":
            return self._string(node, where)
        if kind in ("integer", "number"):
            return self._number(node, kind, where)
        if kind == "array":
            return self._array(node, where, trail)
        if kind == "object":
            return self._object(node, where, trail)
        return {"type": kind}, 2

    def _check_keywords(self, node: Mapping[str, JSON], kinds: Sequence[str], where: str) -> None:
        allowed = ANNOTATIONS.union({"type"}, *(SUPPORTED[kind] for kind in kinds))
        for keyword in sorted(set(node) & _KNOWN - allowed):
            self.refuse(f"{where}.{keyword}", f"{keyword!r} has no meaning for type {' or '.join(kinds)}")

    def _target(self, reference: str) -> Mapping[str, JSON] | None:
        if not reference.startswith("#"):
            return None
        node: JSON = self.root
        for step in reference[1:].split("/")[1:]:
            name = step.replace("~1", "/").replace("~0", "~")
            if not isinstance(node, Mapping) or name not in node:
                return None
            node = node[name]
        return node if isinstance(node, Mapping) else None

    def _reference(self, reference: str, where: str, trail: tuple[str, ...]) -> tuple[dict[str, JSON], float]:
        place = f"{where}.$ref"
        if reference in trail:
            self.refuse(place, f"the grammar does not support recursion, found {reference!r} inside itself")
            return {}, 0
        target = self._target(reference)
        if target is None:
            self.refuse(place, f"a reference leads to a place in the same schema, found {reference!r}")
            return {}, 0
        return self.read(target, where, (*trail, reference))

    def _values(self, node: Mapping[str, JSON], where: str) -> tuple[dict[str, JSON], float]:
        """enum and const: the values that every other keyword beside them allows."""
        from jsonschema import Draft202012Validator

        values = [node["const"]] if "const" in node else node["enum"]
        validator = Draft202012Validator({key: node[key] for key in node if key != "x-gamegen"})
        values = [value for value in values if validator.is_valid(value)]
        if not values:
            self.refuse(where, "no value can satisfy this schema", "compare its enum with its other keywords", "GG851")
            return {}, 0
        return {"enum": values}, max(len(_compact(value)) for value in values)

    def _string(self, node: Mapping[str, JSON], where: str) -> tuple[dict[str, JSON], float]:
        least, most = node.get("minLength", 0), node.get("maxLength")
        if most is None:
            self.refuse(where, "the grammar needs a bounded string, found no maxLength", "add maxLength")
            return {}, 0
        self._check_bounds(least, most, where, "minLength", "maxLength")
        options = node.get("x-gamegen", {})
        if problem := _option_problem(options):
            self.refuse(f"{where}.x-gamegen", problem)
            return {}, 0
        profile = _profile(node, self.opening if where == "$" else "", free=where == "$")
        if most < profile.least:
            self.refuse(where, f"a text has at least {profile.least} characters, found maxLength {most}", code="GG851")
            return {}, 0
        patterns = [profile.pattern()]
        if where == "$" and self.opening:
            patterns.append(profile.opening_pattern(self.opening))
        if where == "$" and "pattern" not in node:
            # `grammar.Draft` counts: expressions that count are eight times as slow, and fail at a minLength of 50.
            self.bounds = Bounds(least, most, profile.ending)
            schema = {"type": "string", "allOf": [{"pattern": pattern} for pattern in patterns]}
            return schema, 2 + most * profile.tokens_per_character
        if "pattern" in node:
            patterns.append(node["pattern"])
        schema = {"type": "string", "minLength": least, "maxLength": most}
        schema["allOf"] = [{"pattern": pattern} for pattern in patterns]
        self._check_string(node, schema, where)
        return schema, 2 + most * max(1.0 if "pattern" in node else 0.0, profile.tokens_per_character)

    def _check_string(self, node: Mapping[str, JSON], schema: dict[str, JSON], where: str) -> None:
        """Ask the grammar whether it can hold the pattern, and then the bounds."""
        if "pattern" in node and (problem := _problem({"type": "string", "pattern": node["pattern"]})):
            self.refuse(f"{where}.pattern", f"the grammar does not support this pattern: {problem}")
        elif problem := _problem(schema):
            if problem.startswith("Unsatisfiable"):
                hint = "compare its pattern, its bounds and the text profile"
                self.refuse(where, "no text can satisfy this schema", hint, "GG851")
            else:
                message = "the grammar cannot count that far here"
                self.refuse(f"{where}.minLength", message, "use a minLength of at most 40")

    def _number(self, node: Mapping[str, JSON], kind: str, where: str) -> tuple[dict[str, JSON], float]:
        bounds = {key: node[key] for key in SUPPORTED[kind] if key in node}
        low = max((node[key] for key in ("minimum", "exclusiveMinimum") if key in node), default=None)
        high = min((node[key] for key in ("maximum", "exclusiveMaximum") if key in node), default=None)
        if low is None or high is None:
            self.refuse(where, f"the grammar needs a bounded {kind}", "add minimum and maximum")
            return {}, 0
        strict = node.get("exclusiveMinimum") == low or node.get("exclusiveMaximum") == high
        if low > high or (low == high and strict):
            self.refuse(where, f"no {kind} lies between {low} and {high}", code="GG851")
            return {}, 0
        digits = max(len(_compact(low)), len(_compact(high)))
        return {"type": kind, **bounds}, digits + (0 if kind == "integer" else 12)

    def _array(self, node: Mapping[str, JSON], where: str, trail: tuple[str, ...]) -> tuple[dict[str, JSON], float]:
        prefix, items = node.get("prefixItems", []), node.get("items")
        least, most = node.get("minItems", 0), node.get("maxItems")
        if items is False:
            most = len(prefix) if most is None else min(most, len(prefix))
        if most is None:
            self.refuse(where, "the grammar needs a bounded array, found no maxItems", "add maxItems")
            return {}, 0
        self._check_bounds(least, most, where, "minItems", "maxItems")
        heads = [self.read(part, f"{where}.prefixItems[{i}]", trail) for i, part in enumerate(prefix[:most])]
        schema: dict[str, JSON] = {"type": "array", "minItems": least, "maxItems": most}
        tokens = sum(part for _, part in heads) + most + 2
        if heads:
            schema["prefixItems"] = [part for part, _ in heads]
        if most > len(heads):
            if items is None:
                self.refuse(where, "the grammar needs to know the array's items, found no items", "add items")
                return {}, 0
            schema["items"], each = self.read(items, f"{where}.items", trail)
            tokens += each * (most - len(heads))
        else:
            schema["items"] = False
        return schema, tokens

    def _object(self, node: Mapping[str, JSON], where: str, trail: tuple[str, ...]) -> tuple[dict[str, JSON], float]:
        if node.get("additionalProperties") is not False:
            self.refuse(
                f"{where}.additionalProperties" if "additionalProperties" in node else where,
                "the grammar needs closed objects",
                "add additionalProperties: false",
            )
        properties, required = node.get("properties", {}), node.get("required", [])
        for name in required:
            if name not in properties:
                self.refuse(f"{where}.required", f"no value can satisfy this: {name!r} is not a property", code="GG851")
        parts = {name: self.read(part, f"{where}.properties.{name}", trail) for name, part in properties.items()}
        schema = {
            "type": "object",
            "properties": {name: part for name, (part, _) in parts.items()},
            "required": list(required),
            "additionalProperties": False,
        }
        return schema, 2 + sum(tokens + len(_compact(name)) + 2 for name, (_, tokens) in parts.items())

    def _check_bounds(self, least: int, most: int, where: str, low: str, high: str) -> None:
        if least > most:
            self.refuse(where, f"no value can satisfy {low} {least} and {high} {most}", code="GG851")


def _profile(node: Mapping[str, JSON], opening: str, *, free: bool) -> Profile:
    options = node.get("x-gamegen", {})
    ends = options.get("ends", "sentence" if free and "pattern" not in node else "any")
    extra = named_markup(node.get("pattern", "")) + unusual(opening)
    return Profile(options.get("language", "en"), ends, tuple(options.get("placeholders", ())), extra)


def _option_problem(options: JSON) -> str:
    """What is wrong with an `x-gamegen`, or nothing."""
    if not isinstance(options, Mapping):
        return f"x-gamegen is an object, found {_compact(options)}"
    if unknown := sorted(set(options) - {"ends", "language", "placeholders"}):
        return f"x-gamegen knows ends, language and placeholders, found {', '.join(unknown)}"
    if options.get("ends", "any") not in ENDS:
        return f"ends is one of {', '.join(ENDS)}, found {_compact(options['ends'])}"
    if not isinstance(options.get("language", ""), str):
        return f"language is a string, found {_compact(options['language'])}"
    names = options.get("placeholders", [])
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
        return f"placeholders is a list of names, found {_compact(names)}"
    return ""


def _problem(schema: Mapping[str, JSON]) -> str:
    """What the grammar has against a string schema, or nothing."""
    import llguidance

    grammar = llguidance.LLMatcher.grammar_from_json_schema(json.dumps(schema))
    return str(llguidance.LLMatcher.validate_grammar(grammar)).split("\n")[0]


def _compact(value: JSON) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
