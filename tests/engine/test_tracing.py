"""Where each token of a text stands, how sure the model was of it, and what that says of the schema's fields."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from gamegen.engine.api import Completion, Job, Token
from gamegen.engine.grammar import Draft
from gamegen.engine.tracing import FieldScore, field_scores, trace
from gamegen.records import Sampling
from tests.engine.drafting import PREFERENCES, Preference, walk
from tests.engine.tiny import grammars, scheduler

OPEN = {"type": "string", "minLength": 4, "maxLength": 20}
SHEET = {
    "type": "object",
    "properties": {
        "name": OPEN,
        "level": {"type": "integer", "minimum": 10, "maximum": 20},
        "trade": {"const": "a smith — “iron” is l’été"},
        "goals": {"type": "array", "items": {"enum": ["to sell", "to wait"]}, "minItems": 2, "maxItems": 2},
    },
    "required": ["name", "level", "trade", "goals"],
    "additionalProperties": False,
}


def written(schema: Any, seed: int = 0, **more: Any) -> Completion:
    engine = scheduler()
    engine.submit(Job("r", "k", "", "Sheet: ", schema, seed=seed, **more))
    ((_, (completion,)),) = engine.poll()
    return completion


def sampled(completion: Completion) -> list[float]:
    return [token.logprob for token in completion.trace if token.logprob is not None]


@settings(deadline=None, max_examples=60)
@given(
    schema=st.sampled_from([OPEN, SHEET, {"enum": ["é", "—“—", "a"]}, {"type": "array", "items": OPEN, "maxItems": 3}]),
    seed=st.integers(0, 99),
    preference=st.sampled_from(PREFERENCES),
)
def test_a_token_begins_where_its_first_byte_stands(schema: Any, seed: int, preference: Preference) -> None:
    """In characters; a token that goes on with a character begins where that one does."""
    draft = walk(grammars().compile(schema), seed, preference)
    text, _ = draft.text()
    found = trace(draft, text, [-1.0] * len(draft.sampled))
    pieces = [grammars().bytes[token] for token in draft.tokens]
    assert len(found) == len(pieces)
    for place, token in enumerate(found):
        before = b"".join(pieces[:place])
        assert token.start == min(len(before.decode(errors="ignore")), len(text))


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 999), schema=st.sampled_from([OPEN, SHEET]))
def test_every_sampled_token_has_its_log_probability_and_no_forced_one_has(seed: int, schema: Any) -> None:
    draft: Draft = walk(grammars().compile(schema), seed)
    numbers = [-float(place) for place in range(len(draft.sampled))]
    found = trace(draft, draft.text()[0], numbers)
    assert [found[place].logprob for place in draft.sampled] == numbers
    assert sum(token.logprob is None for token in found) == len(draft.tokens) - len(draft.sampled)


@pytest.mark.parametrize("seed", range(8))
def test_the_trace_sums_up_to_the_completion(seed: int) -> None:
    for schema, more in ((OPEN, {}), (SHEET, {}), (OPEN, {"opening": "The lens", "sampling": Sampling(temperature=0)})):
        completion = written(schema, seed, **more)
        assert math.fsum(sampled(completion)) == pytest.approx(completion.logprob)
        assert len(sampled(completion)) == completion.tokens
        starts = [token.start for token in completion.trace]
        assert starts == sorted(starts) and starts[0] == 0 and starts[-1] <= len(completion.text)


def test_the_end_of_a_document_counts_but_has_no_place_in_the_text() -> None:
    """A number may go on or end: its end is a token of the model's choice, if a further digit may come."""
    ends, evenly = set(), Sampling(temperature=9.0, top_p=1.0, min_p=0.0)
    for seed in range(30):
        completion = written({"type": "integer", "minimum": 1, "maximum": 5000}, seed, sampling=evenly)
        own = math.fsum(sampled(completion))
        ends.add(completion.tokens - len(sampled(completion)))
        assert (completion.logprob < own) == (completion.tokens > len(sampled(completion)))
        assert all(token.start < len(completion.text) for token in completion.trace)
    assert ends == {0, 1}


def test_an_opening_is_forced() -> None:
    completion = written(OPEN, opening="The lens")
    inside = [token for token in completion.trace if token.start < len("The lens")]
    assert completion.text.startswith("The lens")
    assert inside and {token.logprob for token in inside} == {None}


def test_what_the_schema_fixes_is_forced() -> None:
    completion = written({"type": "string", "const": "No more of it."})
    assert {token.logprob for token in completion.trace} == {None}
    assert field_scores(completion, True)["$"].sampled == 0


def test_fields_are_named_by_their_paths_in_their_order() -> None:
    assert [*field_scores(written(SHEET), False)] == ["$.name", "$.level", "$.trade", "$.goals[0]", "$.goals[1]"]
    assert [*field_scores(written(OPEN), True)] == ["$"]


@pytest.mark.parametrize("seed", range(5))
def test_a_fields_mean_is_that_of_the_sampled_tokens_inside_it(seed: int) -> None:
    completion = written(SHEET, seed)
    scores, document = field_scores(completion, False), json.loads(completion.text)
    where = {"$.name": document["name"], "$.level": str(document["level"]), "$.trade": document["trade"]}
    for path, value in where.items():
        start = completion.text.index(value, completion.text.index(f'"{path[2:]}"') + len(path))
        inside = [token for token in completion.trace if start <= token.start < start + len(value)]
        numbers = [token.logprob for token in inside if token.logprob is not None]
        mean = sum(numbers) / len(numbers) if numbers else 0.0
        assert scores[path] == FieldScore(pytest.approx(mean), len(numbers), len(inside) - len(numbers))
    assert scores["$.trade"].sampled == 0 < scores["$.trade"].forced
    assert scores["$.name"].sampled > 0


def test_tokens_between_fields_belong_to_none() -> None:
    tokens = ((0, -9.0), (2, None), (2, -1.0), (3, -2.0), (4, -9.0), (5, -9.0), (6, -4.0), (7, -9.0))
    completion = Completion('["éa",1]', -43.0, 7, trace=tuple(Token(*each) for each in tokens))
    assert field_scores(completion, False) == {"$[0]": FieldScore(-1.5, 2, 1), "$[1]": FieldScore(-4.0, 1, 0)}


def test_a_fields_own_settings_leave_what_stands_before_it_as_it_was() -> None:
    def sheet(**own: Any) -> dict[str, Any]:
        properties = {"first": OPEN, "second": {**OPEN, **own}}
        return {"type": "object", "properties": properties, "required": [*properties], "additionalProperties": False}

    hot = {"x-gamegen": {"temperature": 3.0, "top_p": 1.0, "min_p": 0.0}}
    for seed in range(4):
        plain, changed = json.loads(written(sheet(), seed).text), json.loads(written(sheet(**hot), seed).text)
        assert plain["first"] == changed["first"]
        assert plain["second"] != changed["second"]


def test_settings_of_the_items_of_an_array_hold_for_each_of_them() -> None:
    greedy = {**OPEN, "x-gamegen": {"temperature": 0, "frequency_penalty": 0.3}}
    schema = {"type": "array", "items": greedy, "minItems": 2, "maxItems": 2}
    assert len({written(schema, seed).text for seed in range(5)}) == 1
    assert len({written({**schema, "items": OPEN}, seed).text for seed in range(5)}) > 1


def test_a_bare_text_may_have_settings_too() -> None:
    greedy = {**OPEN, "x-gamegen": {"temperature": 0}}
    assert len({written(greedy, seed).text for seed in range(5)}) == 1
    assert written(greedy) == replace(written(OPEN, sampling=Sampling(temperature=0)))
