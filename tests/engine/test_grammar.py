from __future__ import annotations

import itertools
import json
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from jsonschema import Draft202012Validator

from gamegen.engine.grammar import Draft, Grammars
from gamegen.errors import ModelUnavailable, SchemaFault
from tests.engine.drafting import PREFERENCES, Preference, advance, endless, follow, walk, writes
from tests.engine.tiny import VOCABULARY, encode, grammars, tokenizer_json

LATIN = re.compile(r"[A-Za-zÀ-ÖØ-öø-ſȘ-ț]")


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
@given(schema=texts(), seed=st.integers(0, 1000), preference=st.sampled_from(PREFERENCES))
def test_a_free_text_obeys_its_schema_and_the_profile(
    schema: dict[str, Any], seed: int, preference: Preference
) -> None:
    text, _ = walk(grammars().compile(schema), seed, preference).text()
    Draft202012Validator(schema).validate(text)
    assert profile_faults(text, schema.get("x-gamegen", {}).get("ends", "sentence")) == []


@pytest.mark.parametrize("bounds", [(2, 2), (1, 2), (0, 3), (38, 38), (39, 40), (150, 150), (400, 600)])
def test_narrow_and_wide_bounds_hold(bounds: tuple[int, int]) -> None:
    grammar = grammars().compile({"type": "string", "minLength": bounds[0], "maxLength": bounds[1]})
    for seed in range(4):
        for preference in PREFERENCES:
            text, _ = walk(grammar, seed, preference).text()
            assert bounds[0] <= len(text) <= bounds[1]
            assert profile_faults(text, "sentence") == []


@settings(deadline=None, max_examples=150)
@given(schema=SCHEMAS, seed=st.integers(0, 1000), preference=st.sampled_from(PREFERENCES))
def test_a_document_obeys_its_schema(schema: dict[str, Any], seed: int, preference: Preference) -> None:
    draft = walk(grammars().compile(schema), seed, preference)
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
    while steps and advance(draft, noise):
        steps -= 1
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


TEXT = {"type": "string", "minLength": 5, "maxLength": 60}


def closed(**properties: Any) -> dict[str, Any]:
    names = list(properties)
    return {"type": "object", "properties": properties, "required": names, "additionalProperties": False}


@pytest.mark.parametrize("bounds", [(60, 80), (2, 2), (1, 4), (400, 600)])
def test_texts_of_a_document_hold_any_bounds(bounds: tuple[int, int]) -> None:
    text = {"type": "string", "minLength": bounds[0], "maxLength": bounds[1]}
    grammar = grammars().compile(closed(a=text, b={"type": "array", "items": text, "minItems": 2, "maxItems": 2}))
    for preference in PREFERENCES:
        document = json.loads(walk(grammar, 3, preference).text()[0])
        assert all(bounds[0] <= len(each) <= bounds[1] for each in [document["a"], *document["b"]])


def test_the_model_goes_on_behind_a_text_that_its_bound_has_ended() -> None:
    text = {"type": "string", "maxLength": 12}
    draft = walk(grammars().compile(closed(a=text, level={"type": "integer", "minimum": 1, "maximum": 9})), 2, endless)
    document = json.loads(draft.text()[0])
    assert len(document["a"]) <= 12
    chosen = {grammars().bytes[draft.tokens[place]] for place in draft.sampled}
    assert any(content.startswith(b"%d" % document["level"]) for content in chosen)


def test_a_short_text_may_use_all_its_characters() -> None:
    for ends, text in (("any", "Tide"), ("title", "Act I"), ("sentence", "Go.")):
        schema = {"type": "string", "maxLength": len(text), "x-gamegen": {"ends": ends}}
        assert writes(grammars().compile(schema), text)
        assert not writes(grammars().compile(schema), "x" + text)


@pytest.mark.parametrize("title", ["Part 2", "Henry V", "The Fog-Bell", "Who?", "A"])
def test_a_title_may_end_in_any_letter(title: str) -> None:
    schema = {"type": "string", "maxLength": 20, "x-gamegen": {"ends": "title"}}
    assert writes(grammars().compile(schema), title)


@pytest.mark.parametrize("title", ["Part 2.", "The Fog-", "The Fog ", "The Fog,"])
def test_a_title_has_no_loose_end(title: str) -> None:
    schema = {"type": "string", "maxLength": 20, "x-gamegen": {"ends": "title"}}
    assert not writes(grammars().compile(schema), title)


@pytest.mark.parametrize("opening", ['Ask "Red" Mick', "The C:\\ drive", "Кот и"])
def test_an_opening_may_hold_marks_that_no_text_has(opening: str) -> None:
    for seed in range(4):
        text, forced = walk(grammars().compile({"type": "string", "maxLength": 60}, opening), seed).text()
        assert text.startswith(opening)
        assert '"' not in text[len(opening) :]
        assert len(opening) <= forced


@pytest.mark.parametrize("opening", ["two\nlines", "a\ttab", "\ud800"])
def test_an_opening_is_one_line_of_text(opening: str) -> None:
    with pytest.raises(SchemaFault, match="GG852"):
        grammars().compile(TEXT, opening)


@pytest.mark.parametrize("own", [False, True])
def test_an_opening_with_an_avoided_word_is_refused(own: bool) -> None:
    schema = {**TEXT, "x-gamegen": {"avoid": ["guild hall"]}} if own else TEXT
    with pytest.raises(SchemaFault, match=r"GG852 .* 'guild hall'"):
        grammars().compile(schema, "The Guild Hall", avoid=() if own else ("guild hall",))


def test_what_the_author_wrote_may_have_avoided_words() -> None:
    schema = closed(okay={"enum": ["okay", "fine"]}, guys={"const": {"okay": "guys"}})
    grammar = grammars().compile(schema, avoid=("okay", "guys"))
    assert writes(grammar, '{"okay":"okay","guys":{"okay":"guys"}}')


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("It is okay.", False),
        ("OKAY, go.", False),
        ("He okayed it.", True),
        ("An old man.", False),
        ("An old map.", True),
        ("The old-man bell.", True),
    ],
)
def test_words_are_avoided_across_tokens_in_texts_and_documents(text: str, written: bool) -> None:
    any_end = {**TEXT, "x-gamegen": {"ends": "any"}}
    avoid = ("okay", "old man")
    assert writes(grammars().compile(any_end, avoid=avoid), text) == written
    assert writes(grammars().compile(closed(a=TEXT), avoid=avoid), f'{{"a":"{text}"}}') == written


def test_a_string_may_avoid_words_of_its_own() -> None:
    schema = closed(a={**TEXT, "x-gamegen": {"avoid": ["lens"]}}, b=TEXT)
    grammar = grammars().compile(schema)
    assert writes(grammar, '{"a":"A bell","b":"A lens"}')
    assert not writes(grammar, '{"a":"A lens","b":"A bell"}')


def test_grammars_differ_by_the_words_to_avoid_and_not_by_their_order() -> None:
    one = grammars().compile(TEXT, avoid=("b", "a"))
    assert grammars().compile(TEXT, avoid=("a", "b", "a")) is one
    assert grammars().compile(TEXT, avoid=("a",)) is not one


def test_words_that_leave_no_text_are_told_before_decoding() -> None:
    schema = closed(a={"type": "string", "maxLength": 2, "x-gamegen": {"mention": ["lens"]}})
    with pytest.raises(SchemaFault, match=r"GG851 .* at \$\.properties\.a"):
        grammars().compile(schema)
    pattern = {"type": "string", "maxLength": 9, "pattern": "^(?:okay|guys)$"}
    with pytest.raises(SchemaFault, match="GG851"):
        grammars().compile(pattern, avoid=("okay", "guys"))
    assert walk(grammars().compile(pattern, avoid=("okay",)), 1).text()[0] == "guys"


def test_bounds_that_the_limit_of_tokens_cannot_hold_are_refused_at_the_largest_value() -> None:
    schema = closed(a={"type": "integer", "minimum": 0, "maximum": 9}, b={**TEXT, "maxLength": 200})
    budget = grammars().compile(schema).fragment.budget
    assert grammars().compile(schema, max_tokens=budget).fragment.budget == budget
    with pytest.raises(SchemaFault) as caught:
        grammars().compile(schema, max_tokens=budget - 1)
    (finding,) = caught.value.findings
    assert (finding.code, finding.where) == ("GG859", "$.properties.b")
    assert str(budget - 1) in finding.message
    assert str(budget) in finding.message


def test_a_draft_tells_the_field_that_is_being_written() -> None:
    cool = {**TEXT, "x-gamegen": {"temperature": 0.2}}
    grammar = grammars().compile(closed(a=cool, b={"const": 1}, goals={"type": "array", "items": cool, "maxItems": 2}))
    fields = [draft.field for draft in follow(grammar, '{"a":"A bell","b":1,"goals":["A lens","A tide"]}')]
    assert [field for field, _ in itertools.groupby(fields)] == ["$.a", "", "$.goals[*]", "", "$.goals[*]", ""]


def test_a_bare_text_with_settings_is_a_field_from_its_first_token() -> None:
    draft = Draft(grammars().compile({**TEXT, "x-gamegen": {"temperature": 0.2}}))
    assert draft.field == "$"
    assert draft.grammar.fragment.settings == {"$": {"temperature": 0.2}}


def test_a_pattern_does_not_hide_the_field() -> None:
    schema = {"type": "string", "maxLength": 9, "pattern": "^[a-z]+$", "x-gamegen": {"top_k": 3}}
    assert Draft(grammars().compile(schema)).field == "$"
    assert Draft(grammars().compile({"type": "array", "items": schema, "minItems": 1, "maxItems": 1})).field == "$[*]"


def test_texts_that_the_grammar_counts_take_the_place_of_many_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gamegen.engine.grammar._MOST_COMPILED", 4)
    fresh = Grammars(tokenizer_json(), VOCABULARY, (0,), encode)
    for value in range(3):
        fresh.compile({"const": value})
    heavy = {"type": "string", "maxLength": 500, "pattern": "^[a-z ]+$"}
    fresh.compile(heavy, avoid=("okay", "guys"))
    assert len(fresh._known) == 2


def test_alternatives_that_begin_alike_stay_open() -> None:
    schema = {"anyOf": [{"const": {"k": 1}}, closed(k={"type": "integer", "minimum": 1, "maximum": 12}), {"const": {}}]}
    grammar = grammars().compile(schema)
    for text in ('{"k":1}', '{"k":12}', "{}"):
        assert writes(grammar, text)
    assert not writes(grammar, '{"k":13}')


def test_the_number_of_properties_is_held_from_the_first_on() -> None:
    schema = closed(a={"const": 1}, b={"const": 2}, c={"const": 3}, d={"const": 4})
    schema |= {"required": ["c"], "minProperties": 2, "maxProperties": 3}
    grammar = grammars().compile(schema)
    members = {"a": 1, "b": 2, "c": 3, "d": 4}
    for names in itertools.chain.from_iterable(itertools.combinations(members, count) for count in range(5)):
        text = json.dumps({name: members[name] for name in names}, separators=(",", ":"))
        assert writes(grammar, text) == ("c" in names and 2 <= len(names) <= 3)


def test_different_items_are_held_whatever_their_order() -> None:
    values = ["a", "ab", 1, [1], {"k": 1}]
    schema = {"type": "array", "items": {"enum": [*values, 1.0]}, "uniqueItems": True, "minItems": 2, "maxItems": 3}
    grammar = grammars().compile(schema)
    for items in itertools.chain.from_iterable(itertools.product(values, repeat=count) for count in (1, 2, 3)):
        text = json.dumps(items, separators=(",", ":"))
        assert writes(grammar, text) == Draft202012Validator(schema).is_valid(list(items))
