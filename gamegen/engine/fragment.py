"""Reads a schema fragment before the grammar does: what is not enforced exactly is refused, with its JSON path.

`read` turns a fragment into a `Fragment`: the same schema in the normal form of `reading`, every open string narrowed
to the text profile, and the number of tokens that a completion may take. The promise is "conform or refuse":
docs/grammar.md says of each keyword which of the two, and every fault is reported at once.
"""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gamegen.engine import combining, words
from gamegen.engine.fields import Bounds, Place, places
from gamegen.engine.reading import Reader
from gamegen.errors import SchemaFault
from gamegen.records import JSON, Finding

MOST_TOKENS = 65_536
"""Longer completions are refused, whatever the model holds."""
_DEEPEST = 48


@dataclass(frozen=True, slots=True)
class Fragment:
    """A fragment that the grammar can hold.

    schema:   what the grammar is compiled from: no reference, no annotation, strings narrowed to the text profile.
    free:     it is one string: written bare, ended by a quotation mark.
    budget:   tokens after which the text is brought to its nearest end.
    bounds:   of an open text without a pattern, whose characters are counted outside the grammar; else None.
    settings: path of an open string in the document ("$.goals[*].text") -> sampling overrides.
    place:    the places of the document; None where nothing is counted outside the grammar and nothing overridden.
    largest:  place in the schema, and tokens, of the value that may take the most.
    states:   about how many states of a grammar come from texts whose characters it counts, for each of their words.
    """

    schema: Mapping[str, JSON]
    free: bool
    budget: int
    bounds: Bounds | None = None
    settings: Mapping[str, Mapping[str, JSON]] = field(default_factory=dict)
    place: Place | None = None
    largest: tuple[str, int] = ("$", 0)
    states: int = 0


def read(schema: Mapping[str, JSON], opening: str = "", avoid: Sequence[str] = ()) -> Fragment:
    """Check and normalise a fragment.

    opening: words that a free text begins with. avoid: words that no open string may have. Raises SchemaFault: GG103
    for a schema that is not valid Draft 2020-12, GG102 for keywords that are not supported (all of them), GG851 where
    no value can satisfy it, GG859 for more tokens than any completion may take.
    """
    text = source(schema)
    root = json.loads(text)
    _check_valid(text)
    free = is_free(root)
    reader = Reader(root, opening if free else None, words.cleaned(avoid))
    try:
        node, tokens = reader.read_root()
        place = places(node)
        reader.check_texts(place)
    except RecursionError as error:
        raise _too_deep() from error
    budget = math.ceil(tokens) + 8
    where, most = reader.largest
    if budget > MOST_TOKENS:
        message = f"expected at most {MOST_TOKENS} tokens, found bounds that can need {budget}"
        raise SchemaFault.of("GG859", message, "lower the bounds", where=where)
    below = list(place.below())
    texts = [text for part in below for text in part.texts]
    settings = {part.path: part.texts[0].settings for part in below if part.texts and part.texts[0].settings}
    return Fragment(
        schema=node,
        free=free,
        budget=budget,
        bounds=place.bounds if free else None,
        settings=settings,
        place=place if settings or any(part.bounds for part in below) else None,
        largest=(where, math.ceil(most)),
        states=sum(text.longest * len("".join(text.avoid + text.mention)) for text in texts if not text.counted),
    )


def source(schema: Mapping[str, JSON]) -> str:
    """The schema as JSON text, properties in their order. Raises SchemaFault for what is not JSON, or too deep."""
    try:
        text = json.dumps(schema, allow_nan=False)
        json.dumps(json.loads(text), ensure_ascii=False).encode()  # lone surrogates are no text
    except RecursionError as error:
        raise _too_deep() from error
    except (TypeError, ValueError) as error:
        raise SchemaFault.of("GG103", f"the schema is not JSON: {error}", where="$") from error
    return text


def is_free(schema: Mapping[str, JSON]) -> bool:
    """Whether completions of a fragment are bare texts: its own type, or that of what it refers to, is string."""
    node: JSON = schema
    for _ in range(_DEEPEST):
        if not isinstance(node, Mapping) or "$ref" not in node:
            break
        node = combining.target(schema, str(node["$ref"]))
    return isinstance(node, Mapping) and node.get("type") == "string"


@functools.lru_cache(maxsize=256)
def _check_valid(text: str) -> None:
    """That a schema, as JSON text, is valid Draft 2020-12. Raises SchemaFault."""
    from jsonschema import Draft202012Validator

    schema = json.loads(text)
    level, depth = [schema], 0
    while level:
        level, depth = [part for node in level for part in _parts(node)], depth + 1
        if depth > _DEEPEST:
            raise _too_deep()
    validator = Draft202012Validator(
        Draft202012Validator.META_SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER
    )
    try:
        found = {(error.json_path, error.message) for error in validator.iter_errors(schema)}
    except RecursionError as error:
        raise _too_deep() from error
    if found:
        raise SchemaFault(
            Finding("GG103", f"the schema is not valid Draft 2020-12: {message[:300]}", where=path)
            for path, message in sorted(found)
        )


def _parts(node: JSON) -> list[JSON]:
    if isinstance(node, dict):
        return list(node.values())
    return node if isinstance(node, list) else []


def _too_deep() -> SchemaFault:
    return SchemaFault.of("GG102", f"the grammar holds at most {_DEEPEST} levels of nesting", where="$")
