"""What holds for every schema, every text and every model: many random ones of each, checked by other means."""

from __future__ import annotations

import json
import unicodedata
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings, strategies as st
from jsonschema import Draft202012Validator

from gamegen.engine.fields import Scanner, field_spans, places
from gamegen.engine.fragment import read
from gamegen.engine.grammar import Draft, Grammar, Grammars
from gamegen.errors import SchemaFault
from tests.engine.drafting import PREFERENCES, Preference, advance, allowed_tokens, eager, walk
from tests.engine.rough import rough_grammars
from tests.engine.schemas import WORDS, damaged, schemas
from tests.engine.tiny import grammars

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
SEEDS = st.integers(0, 10**6)
TOKENIZERS = st.sampled_from([grammars, rough_grammars])
Compilers = Callable[[], Grammars]


def validate(schema: Any, grammar: Grammar, draft: Draft) -> None:
    """By the validator that knows nothing of the grammar, formats included."""
    text, _ = draft.text()
    value = text if grammar.fragment.free else json.loads(text)
    Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(value)


def stands_in(word: str, text: str) -> bool:
    """Whether a word stands in a text as a whole, in any letter case; told without expressions."""
    word, text = (unicodedata.normalize("NFC", each).replace("’", "'") for each in (word, text))
    for start in range(len(text) - len(word) + 1):
        end = start + len(word)
        same = all(
            a.casefold() == b.casefold() or a.lower() == b.lower() for a, b in zip(word, text[start:end], strict=True)
        )
        around = text[start - 1 : start] + text[end : end + 1]
        if same and not any(unicodedata.category(character)[0] in "LNM" for character in around):
            return True
    return False


def test_every_output_of_random_schemas_validates() -> None:
    outcomes: Counter[str] = Counter()

    @settings(max_examples=600, deadline=None, suppress_health_check=SLOW)
    @given(schema=schemas(), compilers=TOKENIZERS, seed=SEEDS, preference=st.sampled_from(PREFERENCES))
    def check(schema: Any, compilers: Compilers, seed: int, preference: Preference) -> None:
        try:
            grammar = compilers().compile(schema)
        except SchemaFault:
            outcomes["refused"] += 1
            return
        outcomes["compiled"] += 1
        validate(schema, grammar, walk(grammar, seed))
        validate(schema, grammar, walk(grammar, seed, preference))

    check()
    assert outcomes["compiled"] >= 500
    assert outcomes["refused"] <= 0.1 * outcomes.total()


@settings(max_examples=150, deadline=None, suppress_health_check=SLOW)
@given(
    schema=schemas(),
    compilers=TOKENIZERS,
    seed=SEEDS,
    preference=st.sampled_from(PREFERENCES),
    steps=st.integers(0, 60),
)
def test_a_draft_can_be_closed_at_any_step(
    schema: Any, compilers: Compilers, seed: int, preference: Preference, steps: int
) -> None:
    try:
        grammar = compilers().compile(schema)
    except SchemaFault:
        return
    draft, noise = Draft(grammar), np.random.default_rng(seed)
    for _ in range(steps):
        if not advance(draft, noise, preference):
            break
    draft.close()
    validate(schema, grammar, draft)


@settings(max_examples=150, deadline=None, suppress_health_check=SLOW)
@given(schema=schemas(), compilers=TOKENIZERS, seed=SEEDS, preference=st.sampled_from(PREFERENCES))
def test_allows_says_what_the_mask_says(schema: Any, compilers: Compilers, seed: int, preference: Preference) -> None:
    try:
        draft = Draft(compilers().compile(schema))
    except SchemaFault:
        return
    noise = np.random.default_rng(seed)
    while True:
        asked = noise.integers(0, compilers().vocabulary, 12).tolist()
        before = set(allowed_tokens(draft).tolist())
        asked += noise.permutation(sorted(before))[:4].tolist()
        assert draft.allows([0, *asked]) == [token in before for token in (0, *asked)]
        if not advance(draft, noise, preference):
            return


@settings(max_examples=400, deadline=None, suppress_health_check=SLOW)
@given(schema=damaged())
def test_a_damaged_schema_is_a_schema_fault_or_compiles(schema: Any) -> None:
    try:
        grammar = grammars().compile(schema)
    except SchemaFault as fault:
        assert all(finding.where.startswith("$") for finding in fault.findings)
    else:
        validate(schema, grammar, walk(grammar, 1))


AVOIDED = st.lists(
    st.one_of(
        st.sampled_from(WORDS),
        st.sampled_from(["lens", "the smith", "in", "a", "s", "’s", "it", "Hearth", "fog.", "—", "é"]),
        st.text("abeilnst é'", min_size=1, max_size=4),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=200, deadline=None)
@given(
    avoid=AVOIDED,
    seed=SEEDS,
    language=st.sampled_from(["en", "uk"]),
    bounds=st.tuples(st.integers(0, 12), st.integers(8, 60)),
)
def test_a_bare_text_has_no_avoided_word(avoid: list[str], seed: int, language: str, bounds: tuple[int, int]) -> None:
    schema = {"type": "string", "minLength": bounds[0], "maxLength": sum(bounds), "x-gamegen": {"language": language}}
    grammar = grammars().compile(schema, avoid=avoid)
    for preference in (*PREFERENCES, eager(avoid)):
        draft = walk(grammar, seed, preference)
        validate(schema, grammar, draft)
        assert [word for word in avoid if word.strip() and stands_in(" ".join(word.split()), draft.text()[0])] == []


@settings(max_examples=150, deadline=None)
@given(
    avoid=AVOIDED,
    own=AVOIDED,
    compilers=TOKENIZERS,
    seed=SEEDS,
    most=st.integers(6, 40),
    tokens=st.integers(0, 30),
)
def test_open_strings_of_a_document_have_no_avoided_word(
    avoid: list[str], own: list[str], compilers: Compilers, seed: int, most: int, tokens: int
) -> None:
    own = [word for word in own if word.strip()]
    schema = {
        "type": "object",
        "properties": {
            "it": {"enum": ["okay", "it"]},
            "goals": {"type": "array", "items": {"type": "string", "maxLength": most}, "minItems": 1, "maxItems": 3},
            "pick": {"anyOf": [{"type": "string", "maxLength": most}, {"enum": ["okay", 7]}]},
            "id": {"type": "string", "maxLength": 9, "pattern": "^[a-z]+(_[a-z]+)*$"},
            "text": {"type": "string", "maxLength": most, "x-gamegen": {"ends": "sentence", "avoid": own}},
        },
        "required": ["it", "goals", "pick", "id", "text"],
        "additionalProperties": False,
    }
    grammar = compilers().compile(schema, avoid=avoid)
    for preference in (*PREFERENCES, eager(avoid + own)):
        draft, noise = Draft(grammar), np.random.default_rng(seed)
        while len(draft.tokens) < tokens and advance(draft, noise, preference):
            pass
        draft.close()
        validate(schema, grammar, draft)
        document = json.loads(draft.text()[0])
        texts = [*document["goals"], document["id"], document["text"]]
        texts += [document["pick"]] if document["pick"] not in ("okay", 7) else []
        words = [" ".join(word.split()) for word in avoid if word.strip()]
        assert [word for word in words for text in texts if stands_in(word, text)] == []
        assert [word for word in own if stands_in(" ".join(word.split()), document["text"])] == []


@settings(max_examples=80, deadline=None)
@given(
    mention=st.lists(st.sampled_from(["lens", "the bell", "NAÏVE", "d’or", "x"]), min_size=1, max_size=3, unique=True),
    avoid=st.lists(st.sampled_from(["okay", "lenses", "belle", "a"]), max_size=2),
    compilers=TOKENIZERS,
    seed=SEEDS,
    least=st.integers(0, 40),
    free=st.booleans(),
    ends=st.sampled_from(["sentence", "title", "any"]),
)
def test_a_text_mentions_its_words(
    mention: list[str], avoid: list[str], compilers: Compilers, seed: int, least: int, free: bool, ends: str
) -> None:
    text = {"type": "string", "minLength": least, "maxLength": least + 40}
    text["x-gamegen"] = {"mention": mention, "ends": ends}
    schema = text if free else {"type": "array", "items": text, "minItems": 2, "maxItems": 2}
    grammar = compilers().compile(schema, avoid=avoid)
    for preference in PREFERENCES:
        draft = walk(grammar, seed, preference)
        validate(schema, grammar, draft)
        found = draft.text()[0]
        for each in [found] if free else json.loads(found):
            assert [word for word in mention if not stands_in(word, each)] == []
            assert [word for word in avoid if stands_in(word, each)] == []


@settings(max_examples=150, deadline=None, suppress_health_check=SLOW)
@given(schema=schemas(), seed=SEEDS, cuts=st.integers(1, 7))
def test_a_scanner_and_the_spans_of_a_document_agree(schema: Any, seed: int, cuts: int) -> None:
    try:
        grammar = grammars().compile(schema)
    except SchemaFault:
        return
    text, _ = walk(grammar, seed).text()
    free = grammar.fragment.free
    spans = field_spans(text, free)
    if not free:
        values = {path: text[start:end] for path, start, end in spans}
        assert values == dict(leaves(json.loads(text, parse_float=str), "$"))
    scanner = Scanner(places(read(schema).schema), free)
    content = text.encode() + b'"' * free
    for start in range(0, len(content), cuts):
        assert scanner.feed(content[start : start + cuts]) or start + cuts < len(content)
    assert scanner.field == ""


def leaves(value: Any, path: str) -> list[tuple[str, str]]:
    """(path, text) of each value that is no object or array, as it stands in compact JSON without quotation marks."""
    if isinstance(value, dict):
        names = {
            name: f".{name}" if name.isidentifier() and name.isascii() else f"[{json.dumps(name, ensure_ascii=False)}]"
            for name in value
        }
        return [leaf for name, part in value.items() for leaf in leaves(part, path + names[name])]
    if isinstance(value, list):
        return [leaf for i, part in enumerate(value) for leaf in leaves(part, f"{path}[{i}]")]
    text = json.dumps(value, ensure_ascii=False)
    return [(path, text[1:-1] if isinstance(value, str) else text)]
