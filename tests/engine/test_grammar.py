from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from jsonschema import Draft202012Validator

from gamegen.engine.grammar import Draft, Grammar, Grammars
from gamegen.engine.sampler import unpack
from gamegen.errors import ModelUnavailable, SchemaFault
from tests.engine.tiny import VOCABULARY, encode, grammars, tokenizer_json

LATIN = re.compile(r"[A-Za-zÀ-ÖØ-öø-ſȘ-ț]")


def walk(grammar: Grammar, seed: int, shortest: bool = False) -> Draft:
    """A text whose tokens are drawn evenly among the allowed ones; `shortest` prefers tokens of one byte."""
    draft, noise = Draft(grammar), np.random.default_rng(seed)
    mask = np.zeros((1, grammars().mask_width), np.int32)
    while not draft.finished:
        if draft.exhausted:
            draft.close()
            break
        draft.fill_mask(mask[0])
        allowed = np.flatnonzero(unpack(mask, VOCABULARY)[0])
        if not len(allowed):
            draft.close()
            break
        if shortest:
            lengths = np.array([len(grammars().bytes[token]) for token in allowed])
            allowed = allowed[lengths == lengths.min()]
        draft.take(int(noise.choice(allowed)))
    return draft


def profile_faults(text: str, ends: str = "any") -> list[str]:
    """What breaks the text profile, told without the expressions that the grammar is made from."""
    faults = []
    if unicodedata.normalize("NFC", text) != text:
        faults.append("not NFC")
    if any(unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp", "Cn", "Co", "Cs") for character in text):
        faults.append("control character")
    if "  " in text or text != text.strip():
        faults.append("spaces")
    if set(text) & set('"\\<>|*#_`[]{}'):
        faults.append("markup")
    if any(character.isalpha() and not LATIN.fullmatch(character) for character in text):
        faults.append("foreign letter")
    if text and not (text[0].isalnum() or text[0] == "’"):
        faults.append("start")
    if ends == "sentence" and text.removesuffix("’")[-1:] not in tuple(".!?…"):
        faults.append("end")
    if ends == "title" and text[-1:] in tuple(".,;:…-–—"):
        faults.append("end")
    return faults


def strings(schema: Mapping[str, Any], value: Any) -> list[str]:
    """Every string of a document that was open in the schema."""
    if "enum" in schema or "const" in schema:
        return []
    if isinstance(value, str):
        return [value]
    if isinstance(value, list):
        return [text for item in value for text in strings({}, item)]
    if isinstance(value, dict):
        return [
            text for name, item in value.items() for text in strings(schema.get("properties", {}).get(name, {}), item)
        ]
    return []


@st.composite
def texts(draw: st.DrawFn) -> dict[str, Any]:
    least = draw(st.integers(0, 30))
    schema = {"type": "string", "minLength": least, "maxLength": max(2, least + draw(st.integers(0, 60)))}
    if draw(st.booleans()):
        schema["x-gamegen"] = {"ends": draw(st.sampled_from(["sentence", "title", "any"]))}
    return schema


@st.composite
def numbers(draw: st.DrawFn) -> dict[str, Any]:
    low = draw(st.integers(-2000, 2000))
    high = low + draw(st.integers(2, 3000))
    kind = draw(st.sampled_from(["integer", "number"]))
    lower = draw(st.sampled_from(["minimum", "exclusiveMinimum"]))
    upper = draw(st.sampled_from(["maximum", "exclusiveMaximum"]))
    return {"type": kind, lower: low, upper: high}


VALUES = st.one_of(
    st.sampled_from(["mira_voss", "a “quoted” name", 'say "no"', "back\\slash", "Кот", "", 7, 2.5, True, None]),
    st.just(["x", 1]),
    st.just({"k": "v"}),
)
LEAVES = st.one_of(
    texts(),
    texts(),
    numbers(),
    st.sampled_from([{"type": "boolean"}, {"type": "null"}]),
    st.lists(VALUES, min_size=1, max_size=4).map(lambda values: {"enum": values}),
    VALUES.map(lambda value: {"const": value}),
    st.just({"type": "string", "maxLength": 12, "pattern": "^[a-z]+_[0-9]{1,3}$"}),
    st.just({"type": ["integer", "null"], "minimum": 1, "maximum": 20}),
)


def composed(inner: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    names = st.sampled_from(["title", "xp", "naïve key", 'with "quote"', "goals", "a"])

    def to_object(parts: dict[str, Any], optional: int) -> dict[str, Any]:
        return {
            "type": "object",
            "properties": parts,
            "required": list(parts)[optional:],
            "additionalProperties": False,
        }

    return st.one_of(
        st.builds(to_object, st.dictionaries(names, inner, min_size=1, max_size=4), st.integers(0, 3)),
        st.builds(
            lambda items, least, more: {"type": "array", "items": items, "minItems": least, "maxItems": least + more},
            inner,
            st.integers(0, 2),
            st.integers(0, 2),
        ),
        st.lists(inner, min_size=1, max_size=3).map(
            lambda parts: {"type": "array", "prefixItems": parts, "items": False}
        ),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"anyOf": parts}),
        inner.map(lambda part: {"$ref": "#/$defs/part", "$defs": {"part": part}} if "$defs" not in part else part),
    )


SCHEMAS = st.recursive(LEAVES, composed, max_leaves=6).filter(lambda schema: '"$ref"' not in json.dumps(schema)[10:])


@settings(deadline=None, max_examples=150)
@given(schema=texts(), seed=st.integers(0, 1000), shortest=st.booleans())
def test_a_free_text_obeys_its_schema_and_the_profile(schema: dict[str, Any], seed: int, shortest: bool) -> None:
    text, _ = walk(grammars().compile(schema), seed, shortest).text()
    Draft202012Validator(schema).validate(text)
    assert profile_faults(text, schema.get("x-gamegen", {}).get("ends", "sentence")) == []


@pytest.mark.parametrize("bounds", [(2, 2), (1, 2), (0, 3), (38, 38), (39, 40), (150, 150), (400, 600)])
def test_narrow_and_wide_bounds_hold(bounds: tuple[int, int]) -> None:
    grammar = grammars().compile({"type": "string", "minLength": bounds[0], "maxLength": bounds[1]})
    for seed in range(4):
        for shortest in (False, True):
            text, _ = walk(grammar, seed, shortest).text()
            assert bounds[0] <= len(text) <= bounds[1]
            assert profile_faults(text, "sentence") == []


@settings(deadline=None, max_examples=150)
@given(schema=SCHEMAS, seed=st.integers(0, 1000), shortest=st.booleans())
def test_a_document_obeys_its_schema(schema: dict[str, Any], seed: int, shortest: bool) -> None:
    draft = walk(grammars().compile(schema), seed, shortest)
    text, _ = draft.text()
    value = text if draft.grammar.fragment.free else json.loads(text)
    Draft202012Validator(schema).validate(value)
    for part in strings(schema, value):
        assert not set(part) & {"\n", "\t", "\r", "\0"}


@pytest.mark.parametrize("seed", range(10))
def test_open_strings_of_a_document_obey_the_profile(seed: int) -> None:
    schema = {
        "type": "object",
        "properties": {
            "title": {"type": "string", "minLength": 3, "maxLength": 40, "x-gamegen": {"ends": "title"}},
            "text": {"type": "string", "minLength": 3, "maxLength": 90, "x-gamegen": {"ends": "sentence"}},
        },
        "required": ["title", "text"],
        "additionalProperties": False,
    }
    text, forced = walk(grammars().compile(schema), seed).text()
    document = json.loads(text)
    assert json.dumps(document, ensure_ascii=False, separators=(",", ":")) == text
    assert profile_faults(document["title"], "title") == profile_faults(document["text"], "sentence") == []
    assert len('{"title":"') <= forced < len(text)


@settings(deadline=None, max_examples=40)
@given(schema=SCHEMAS, seed=st.integers(0, 1000), steps=st.integers(0, 12))
def test_closing_brings_any_beginning_to_a_valid_end(schema: dict[str, Any], seed: int, steps: int) -> None:
    draft, noise = Draft(grammars().compile(schema)), np.random.default_rng(seed)
    mask = np.zeros((1, grammars().mask_width), np.int32)
    while steps and not draft.finished:
        steps -= 1
        draft.fill_mask(mask[0])
        allowed = np.flatnonzero(unpack(mask, VOCABULARY)[0])
        if not len(allowed):
            break
        draft.take(int(noise.choice(allowed)))
    draft.close()
    text, _ = draft.text()
    Draft202012Validator(schema).validate(text if draft.grammar.fragment.free else json.loads(text))


def test_closing_a_sentence_takes_the_nearest_stop() -> None:
    draft = Draft(grammars().compile({"type": "string", "minLength": 3, "maxLength": 200}))
    for token in grammars()._encode("The lens is in the"):
        draft.take(token)
    draft.close()
    assert draft.text() == ("The lens is in the.", 1)
    assert draft.cut


def test_length_counts_characters_not_bytes() -> None:
    schema = {"type": "string", "minLength": 8, "maxLength": 8, "pattern": "^[éü]+$"}
    text, _ = walk(grammars().compile(schema), 3).text()
    assert len(text) == 8
    assert len(text.encode()) == 16


def test_other_languages_may_use_their_letters() -> None:
    schema = {"type": "string", "minLength": 6, "maxLength": 30, "x-gamegen": {"language": "uk"}, "pattern": "^[а-я]+$"}
    text, _ = walk(grammars().compile(schema), 1).text()
    assert re.fullmatch("[а-я]{6,30}", text)
    with pytest.raises(SchemaFault, match="GG851"):
        grammars().compile({**schema, "x-gamegen": {"language": "en"}})


def test_placeholders_stand_only_where_they_are_listed() -> None:
    schema: dict[str, Any] = {
        "type": "string",
        "maxLength": 60,
        "pattern": r"^Hail, \{player\}",
        "x-gamegen": {"ends": "sentence"},
    }
    with pytest.raises(SchemaFault, match="GG851"):
        grammars().compile(schema)
    schema["x-gamegen"] = {"ends": "sentence", "placeholders": ["player", "item.lens"]}
    text, forced = walk(grammars().compile(schema), 5).text()
    assert text.startswith("Hail, {player}")
    assert forced >= len("Hail, {player}")


def test_an_enum_of_strings_is_written_bare() -> None:
    grammar = grammars().compile({"type": "string", "enum": ["north", 'the "old" road']})
    found = {walk(grammar, seed).text()[0] for seed in range(12)}
    assert found == {"north", 'the "old" road'}


def test_a_const_is_forced_from_end_to_end() -> None:
    draft = Draft(grammars().compile({"type": "string", "const": "Nobody leaves."}))
    assert draft.finished
    assert draft.text() == ("Nobody leaves.", 14)


@pytest.mark.parametrize("opening", ["The smith", "The smith ", "Nobody, "])
def test_an_opening_begins_the_text_and_is_counted_as_forced(opening: str) -> None:
    grammar = grammars().compile({"type": "string", "minLength": 10, "maxLength": 60}, opening)
    for seed in range(5):
        text, forced = walk(grammar, seed).text()
        assert text.startswith(opening)
        assert len(opening) <= forced < len(text)
        assert not text[len(opening)].isalnum() or opening.endswith(" ")
        assert profile_faults(text, "sentence") == []


def test_an_opening_ends_at_a_token_boundary_of_its_own() -> None:
    schema = {"type": "string", "maxLength": 60}
    assert grammars().compile(schema, "The smith ").prefix == tuple(grammars()._encode("The smith"))


@pytest.mark.parametrize("opening", [" The", "The smith sold the lens to the guild"])
def test_an_opening_that_does_not_fit_is_refused(opening: str) -> None:
    with pytest.raises(SchemaFault, match=r"GG85[12]"):
        grammars().compile({"type": "string", "maxLength": 20}, opening)


def test_a_document_may_have_an_opening_too() -> None:
    schema = {"type": "array", "items": {"enum": [1, 2]}, "minItems": 2, "maxItems": 2}
    assert walk(grammars().compile(schema, "[2,"), 1).text()[0].startswith("[2,")


def test_forced_tokens_are_not_sampled() -> None:
    schema = {
        "type": "object",
        "properties": {"kind": {"const": "quest"}, "level": {"type": "integer", "minimum": 1, "maximum": 9}},
        "required": ["kind", "level"],
        "additionalProperties": False,
    }
    draft = walk(grammars().compile(schema), 4)
    text, forced = draft.text()
    assert re.fullmatch(r'\{"kind":"quest","level":[1-9]\}', text)
    assert (len(draft.sampled), forced) == (1, len(text) - 1)


def test_a_compiled_fragment_is_remembered() -> None:
    schema = {"type": "string", "maxLength": 33}
    assert grammars().compile(schema) is grammars().compile(dict(schema))


def test_only_the_last_grammars_used_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gamegen.engine.grammar._MOST_COMPILED", 2)
    fresh = Grammars(tokenizer_json(), VOCABULARY, (0,), encode)
    first, _ = fresh.compile({"const": 1}), fresh.compile({"const": 2})
    assert fresh.compile({"const": 1}) is first
    fresh.compile({"const": 3})
    assert fresh.compile({"const": 1}) is first
    assert len(fresh._known) == 2


def test_a_tokenizer_without_a_quotation_mark_is_refused() -> None:
    document = json.loads(tokenizer_json())
    vocabulary = document["model"]["vocab"]
    vocabulary["ĀĀ"] = vocabulary.pop('"')
    document["model"]["merges"] = []
    with pytest.raises(ModelUnavailable, match="GG858"):
        Grammars(json.dumps(document), VOCABULARY, (0,), encode)


def test_a_document_keeps_the_order_of_its_properties() -> None:
    for names in (["b", "a"], ["a", "b"]):
        schema = {
            "type": "object",
            "properties": {name: {"const": 1} for name in names},
            "required": ["a", "b"],
            "additionalProperties": False,
        }
        assert list(json.loads(walk(grammars().compile(schema), 0).text()[0])) == names


NAMES = st.text(
    st.characters(categories=["L", "M", "N", "P", "S"], exclude_characters='"'), min_size=1, max_size=12
).map(lambda name: unicodedata.normalize("NFC", name))


@given(st.lists(NAMES, min_size=1, max_size=3).map(" ".join))
@settings(max_examples=60, deadline=None)
def test_an_opening_may_hold_any_printable_name(name: str) -> None:
    opening = f"Ask {name}"
    schema = {"type": "string", "maxLength": 2 * len(opening) + 40}
    draft = Draft(grammars().compile(schema, opening))
    draft.close()
    text, forced = draft.text()
    assert text.startswith(opening)
    assert len(opening) <= forced
