"""A strategy of JSON Schemas from the keywords that the grammar supports, and one of damaged or odd ones."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

Schema = dict[str, Any]

WORDS = ("okay", "robot", "gun", "old man", "naïve", "don't", "e", "the", "Straße", "ferry")
KEYS = ("title", "xp", "goals", "kind", "naïve key", 'with "quote"', "back\\slash", "a.b", "Ключ", "tab\there", "")
PATTERNS = (
    "^[a-z]+_[0-9]{1,3}$",
    "^[A-Z][a-z]*( [A-Z][a-z]*)*$",
    "lens|bell",
    r"\d\d",
    "^(?:ab|cd){1,3}$",
    "^x|y$",
    "^[^aeiou]+$",
)
VALUES = st.one_of(
    st.sampled_from(["mira_voss", "a “quoted” name", 'say "no"', "back\\slash", "line\nbreak", "Кот", "", " x "]),
    st.sampled_from([7, 7.0, 2.5, -1, 1e3, 1e-7, True, False, None, 10**20]),
    st.sampled_from([["x", 1], [], {"k": "v"}, {}, {"k": {"k": [True]}}, {'q"': None}]),
)


def settings_of_sampling() -> st.SearchStrategy[Schema]:
    return st.fixed_dictionaries(
        {},
        optional={
            "temperature": st.floats(0, 2),
            "top_p": st.floats(0.1, 1),
            "min_p": st.floats(0, 0.5),
            "top_k": st.integers(0, 100),
            "repetition_penalty": st.floats(0.5, 2),
            "frequency_penalty": st.floats(-1, 1),
        },
    )


@st.composite
def texts(draw: st.DrawFn) -> Schema:
    """An open string whose characters are counted, its own wishes among them."""
    options: Schema = draw(settings_of_sampling()) if draw(st.booleans()) else {}
    if draw(st.booleans()):
        options["ends"] = draw(st.sampled_from(["sentence", "title", "any"]))
    if draw(st.integers(0, 5)) == 0:
        options["language"] = draw(st.sampled_from(["uk", "ja", "de", "en-GB"]))
    if draw(st.integers(0, 5)) == 0:
        options["placeholders"] = draw(st.lists(st.sampled_from(["player", "item.lens"]), unique=True))
    if draw(st.integers(0, 3)) == 0:
        options["avoid"] = draw(st.lists(st.sampled_from(WORDS), max_size=3, unique=True))
    least = draw(st.integers(0, 40))
    more = draw(st.integers(0, 60))
    if draw(st.integers(0, 5)) == 0 and not options.get("avoid"):
        options["mention"] = draw(st.lists(st.sampled_from(["lens", "the bell", "naïve"]), min_size=1, max_size=2))
        more = max(more, 40)
    schema = {"type": "string", "minLength": least, "maxLength": max(3, least + more)}
    return {**schema, "x-gamegen": options} if options else schema


@st.composite
def numbers(draw: st.DrawFn) -> Schema:
    kind = draw(st.sampled_from(["integer", "number"]))
    ends = st.one_of(
        st.integers(-3000, 3000), st.integers(-12, 12), st.sampled_from([0.5, -0.25, 1.0, 1e3, 10**15 - 1])
    )
    low, high = sorted([draw(ends), draw(ends)])
    lower = draw(st.sampled_from(["minimum", "exclusiveMinimum"]))
    upper = draw(st.sampled_from(["maximum", "exclusiveMaximum"]))
    if high - low < 2:
        high = low + 2
    schema = {"type": kind, lower: low, upper: high}
    if kind == "integer" and high - low < 5000 and draw(st.integers(0, 2)) == 0:
        step = draw(st.integers(1, 7))
        if high - low > 2 * step:
            schema["multipleOf"] = draw(st.sampled_from([step, float(step)]))
    return schema


def enumerated() -> st.SearchStrategy[Schema]:
    return st.one_of(
        st.lists(VALUES, min_size=1, max_size=5).map(lambda values: {"enum": values}),
        VALUES.map(lambda value: {"const": value}),
    )


LEAVES = st.one_of(
    texts(),
    texts(),
    numbers(),
    enumerated(),
    st.sampled_from([{"type": "boolean"}, {"type": "null", "title": "nothing"}]),
    st.builds(
        lambda pattern, most: {"type": "string", "maxLength": most, "pattern": pattern},
        st.sampled_from(PATTERNS),
        st.integers(6, 30),
    ),
    st.sampled_from(["date", "time", "date-time", "uuid", "ipv4"]).map(lambda name: {"type": "string", "format": name}),
    st.sampled_from(
        [
            {"type": ["integer", "null"], "minimum": 1, "maximum": 20},
            {"type": ["string", "number", "boolean"], "maxLength": 30, "minimum": -1, "maximum": 1},
            {"type": "string", "enum": ["a", "bc", 7], "maxLength": 1},
        ]
    ),
)


@st.composite
def objects(draw: st.DrawFn, inner: st.SearchStrategy[Schema]) -> Schema:
    properties = draw(st.dictionaries(st.sampled_from(KEYS), inner, max_size=5))
    required = draw(st.permutations(list(properties)))[: draw(st.integers(0, len(properties)))]
    schema: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    if required or draw(st.booleans()):
        schema["required"] = required
    if properties and draw(st.integers(0, 3)) == 0:
        schema["minProperties"] = draw(st.integers(0, len(properties)))
        least = max(len(required), schema["minProperties"])
        schema["maxProperties"] = draw(st.integers(least, len(properties) + 1))
    return schema


@st.composite
def arrays(draw: st.DrawFn, inner: st.SearchStrategy[Schema]) -> Schema:
    kind = draw(st.integers(0, 3))
    if kind == 0:
        values = draw(st.lists(VALUES, min_size=3, max_size=8))
        least = draw(st.integers(0, 1))
        return {"type": "array", "items": {"enum": values}, "uniqueItems": True, "minItems": least, "maxItems": 4}
    heads = draw(st.lists(inner, min_size=1, max_size=3)) if kind == 1 else []
    least = draw(st.integers(0, 3))
    schema: Schema = {"type": "array", "minItems": least, "maxItems": float(least + draw(st.integers(0, 2)))}
    if heads:
        schema["prefixItems"] = heads
    schema["items"] = draw(inner)
    if heads and draw(st.booleans()):
        schema |= {"items": False, "minItems": min(least, len(heads))}
        schema.pop("maxItems")
    return schema


def branches(inner: st.SearchStrategy[Schema]) -> st.SearchStrategy[Schema]:
    """anyOf whose branches may overlap, oneOf whose branches differ by a constant or by their type."""
    told_apart = st.lists(objects(inner), min_size=1, max_size=3).map(
        lambda parts: {
            "oneOf": [
                {
                    **part,
                    "properties": {
                        "kind": {"const": f"kind {i}"},
                        **{k: v for k, v in part["properties"].items() if k != "kind"},
                    },
                    "required": ["kind", *(name for name in part.get("required", ()) if name != "kind")],
                    "minProperties": 1,
                    "maxProperties": 9,
                }
                for i, part in enumerate(parts)
            ]
        }
    )
    by_type = st.builds(lambda one, other: {"oneOf": [one, other, {"type": "null"}]}, texts(), numbers())
    return st.one_of(st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"anyOf": parts}), told_apart, by_type)


def merged(inner: st.SearchStrategy[Schema]) -> st.SearchStrategy[Schema]:
    """allOf of an object and more about it."""

    def merge(part: Schema, extra: Schema) -> Schema:
        more = {**part["properties"], "more": extra}
        names = [*part.get("required", ()), "more"]
        return {
            "type": "object",
            "properties": more,
            "additionalProperties": False,
            "allOf": [{"required": names[-1:]}, {"properties": {"more": {"description": "merged"}}}],
        }

    return st.one_of(
        st.builds(merge, objects(inner), inner),
        texts().map(lambda text: {"maxLength": 200, "allOf": [text, {"type": ["string", "null"], "minLength": 2}]}),
        numbers().map(lambda part: {"allOf": [part, {"type": "number"}]}),
    )


@st.composite
def schemas(draw: st.DrawFn) -> Schema:
    """A schema of supported keywords. Most compile; some bounds, words and patterns exclude each other."""
    names = ["part", "a/b~c", "Ünï %25"]
    defs = draw(st.dictionaries(st.sampled_from(names), LEAVES, max_size=2))
    links = [{"$ref": "#/$defs/" + name.replace("~", "~0").replace("/", "~1").replace("%", "%25")} for name in defs]
    leaves = st.one_of(LEAVES, st.sampled_from(links)) if links else LEAVES
    body = draw(
        st.recursive(
            leaves, lambda inner: st.one_of(objects(inner), arrays(inner), branches(inner), merged(inner)), max_leaves=6
        )
    )
    return {**body, "$defs": defs, "$schema": "https://json-schema.org/draft/2020-12/schema"} if defs else body


ODD_VALUES = st.one_of(
    VALUES,
    st.sampled_from(
        [float("nan"), float("inf"), 10**400, -0.0, "\ud800", "#", "#/$defs/x", "(", "[[a]", b"bytes", (1, 2)]
    ),
    st.sampled_from(["string", "object", "array", ["string", "array"], True, False, {"$ref": "#"}, {"type": "string"}]),
    st.builds(object),
    st.lists(st.integers(), max_size=2),
)
ODD_KEYS = st.sampled_from(
    [
        "type",
        "enum",
        "const",
        "anyOf",
        "oneOf",
        "allOf",
        "not",
        "if",
        "then",
        "else",
        "$ref",
        "$defs",
        "$anchor",
        "$dynamicRef",
        "$id",
        "$schema",
        "minLength",
        "maxLength",
        "pattern",
        "format",
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "multipleOf",
        "items",
        "prefixItems",
        "minItems",
        "maxItems",
        "uniqueItems",
        "contains",
        "properties",
        "required",
        "additionalProperties",
        "patternProperties",
        "propertyNames",
        "minProperties",
        "maxProperties",
        "dependentRequired",
        "unevaluatedProperties",
        "x-gamegen",
        "title",
        "default",
    ]
)


@st.composite
def damaged(draw: st.DrawFn) -> Any:
    """A schema with a few of its parts replaced, or nothing like a schema at all."""
    schema = draw(st.one_of(schemas(), schemas(), ODD_VALUES))
    for _ in range(draw(st.integers(1, 3))):
        schema = _damage(draw, schema)
    return schema


def _damage(draw: st.DrawFn, node: Any) -> Any:
    if isinstance(node, dict) and node and draw(st.booleans()):
        key = draw(st.sampled_from(sorted(node, key=str)))
        return {**node, key: _damage(draw, node[key])}
    if isinstance(node, list) and node and draw(st.booleans()):
        place = draw(st.integers(0, len(node) - 1))
        return [*node[:place], _damage(draw, node[place]), *node[place + 1 :]]
    if isinstance(node, dict):
        return {**node, draw(ODD_KEYS): draw(ODD_VALUES)}
    return draw(ODD_VALUES)
