from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings, strategies as st
from jsonschema import Draft202012Validator

from gamegen.engine import runtime as module
from gamegen.engine.api import Completion, Job
from gamegen.engine.prefix import PAGE
from gamegen.engine.scheduler import CAPACITY, CHUNK, Scheduler
from gamegen.errors import ModelUnavailable, SchemaFault
from gamegen.records import Sampling
from tests.engine.tiny import NumpySession, encode, scheduler

SHARED = "They said: the ferry waits. It is the bell, not the tide. Nobody leaves before dawn.\n" * 3
TEXT = {"type": "string", "minLength": 5, "maxLength": 40}
SHEET = {
    "type": "object",
    "properties": {
        "kind": {"const": "a character sheet of the harbor town"},
        "name": {"type": "string", "minLength": 3, "maxLength": 20, "x-gamegen": {"ends": "title"}},
        "level": {"type": "integer", "minimum": 1, "maximum": 20},
        "goal": {"enum": ["to sell the lens", "to leave before dawn and never to be weighed again"]},
    },
    "required": ["kind", "name", "level", "goal"],
    "additionalProperties": False,
}
PENALISED = Sampling(temperature=1.1, top_p=1.0, min_p=0.0, repetition_penalty=1.3, frequency_penalty=0.5)

Results = dict[tuple[str, str], tuple[Completion, ...]]


def jobs() -> list[Job]:
    result = [
        Job(f"record{i}", "line", SHARED, f'The smith, {i}: "', TEXT, candidates=1 + i % 4, seed=i) for i in range(7)
    ]
    result += [Job(f"record{i}", "sheet", SHARED if i else "", f"Sheet {i}\n", SHEET, candidates=2) for i in range(3)]
    result.append(Job("opened", "line", SHARED, 'The smith: "', TEXT, opening="The lens", candidates=3))
    result.append(Job("fixed", "line", SHARED, 'The smith: "', {"type": "string", "const": "No."}, candidates=2))
    result.append(Job("greedy", "line", "", 'The smith: "', TEXT, Sampling(temperature=0)))
    result.append(Job("penalised", "line", SHARED[:90], 'The smith: "', TEXT, PENALISED, candidates=2))
    result.append(Job("avoiding", "line", SHARED, 'The smith: "', TEXT, candidates=2, avoid=("harbor", "e")))
    return result


def run(engine: Scheduler, work: list[Job]) -> Results:
    for job in work:
        engine.submit(job)
    found: Results = {}
    while engine.pending:
        for job, completions in engine.poll():
            found[job.record, job.key] = completions
    return found


@pytest.fixture(scope="module")
def expected() -> Results:
    return run(scheduler(batch_size=1), jobs())


def test_every_job_gets_its_candidates(expected: Results) -> None:
    assert {key: len(found) for key, found in expected.items()} == {
        (job.record, job.key): job.candidates for job in jobs()
    }


def test_every_completion_obeys_its_schema(expected: Results) -> None:
    for job in jobs():
        for completion in expected[job.record, job.key]:
            free = job.schema.get("type") == "string"
            Draft202012Validator(job.schema).validate(completion.text if free else json.loads(completion.text))
            assert 0 <= completion.forced <= len(completion.text)
            assert (completion.logprob < 0) == (completion.tokens > 0)


def test_candidates_differ(expected: Results) -> None:
    assert len({completion.text for completion in expected["opened", "line"]}) > 1


def test_what_is_forced_is_not_counted_as_sampled(expected: Results) -> None:
    for completion in expected["fixed", "line"]:
        assert replace(completion, trace=()) == Completion("No.", 0.0, 0, 3)
        assert {token.logprob for token in completion.trace} == {None}


@pytest.mark.parametrize("batch_size", [2, 5, 16])
def test_the_batch_size_changes_nothing(batch_size: int, expected: Results) -> None:
    assert run(scheduler(batch_size=batch_size), jobs()) == expected


@settings(deadline=None, max_examples=15)
@given(order=st.permutations(range(len(jobs()))), batch_size=st.sampled_from([2, 5, 16]))
def test_the_order_changes_nothing(order: list[int], batch_size: int, expected: Results) -> None:
    work = jobs()
    assert run(scheduler(batch_size=batch_size), [work[i] for i in order]) == expected


def test_polling_in_between_changes_nothing(expected: Results) -> None:
    engine, found = scheduler(batch_size=3), {}
    for job in jobs():
        engine.submit(job)
        for done, completions in engine.poll():
            found[done.record, done.key] = completions
    found |= run(engine, [])
    assert found == expected


def test_memory_and_room_change_nothing(expected: Results) -> None:
    tight = scheduler(batch_size=16, memory=4 * CAPACITY * NumpySession.bytes_per_token)
    assert run(tight, jobs()) == expected
    assert len(tight._rows) < 4


def test_the_prefix_cache_changes_nothing(expected: Results) -> None:
    assert run(scheduler(batch_size=5, prefix_cache=False), jobs()) == expected


@settings(deadline=None, max_examples=15)
@given(order=st.permutations(range(len(jobs()))), pages=st.sampled_from([1, 2, 3, 5]))
def test_however_few_pages_there_are_nothing_changes(order: list[int], pages: int, expected: Results) -> None:
    work = jobs()
    memory = 4 * pages * PAGE * NumpySession.bytes_per_token
    engine = scheduler(batch_size=4, memory=memory)
    assert engine.session.pages == pages
    assert run(engine, [work[i] for i in order]) == expected


def test_seed_attempt_record_key_and_candidate_name_the_draw() -> None:
    base = replace(jobs()[3], sampling=Sampling(temperature=2.0, top_p=1.0, min_p=0.0))
    others = [
        base,
        replace(base, seed=99),
        replace(base, attempt=1),
        replace(base, record="other"),
        replace(base, key="other"),
    ]
    engine, found = scheduler(), []
    for job in others:
        found.append(run(engine, [job])[job.record, job.key])
    everything = [completion.text for completions in found for completion in completions]
    assert len(set(everything)) == len(everything)


def test_the_pages_of_a_shared_prefix_are_computed_once() -> None:
    session = NumpySession()
    run(scheduler(session, batch_size=2), [job for job in jobs() if job.shared == SHARED])
    pages = _pages(encode(SHARED))
    assert len(pages) == 2
    assert [session.prefills.count(page) for page in pages] == [1] * len(pages)


def test_without_a_prefix_cache_every_prompt_is_computed_whole() -> None:
    session = NumpySession()
    work = [replace(job, candidates=1) for job in jobs() if job.shared == SHARED]
    run(scheduler(session, prefix_cache=False), work)
    assert session.prefills.count(_pages(encode(SHARED))[0]) == len(work)


def test_a_prompt_is_computed_once_for_all_candidates() -> None:
    session, job = NumpySession(), replace(jobs()[3], candidates=9)
    run(scheduler(session, batch_size=2), [job])
    prompt = (*encode(job.shared), *encode(job.prompt))
    assert sum(map(len, session.prefills)) == len(prompt)


def test_a_prompt_is_cut_at_multiples_of_a_page_and_the_last_page_stays_with_the_rest() -> None:
    for length in (1, 2, PAGE - 1, PAGE, PAGE + 1, 2 * PAGE, 2 * PAGE + 1, 5 * PAGE + 3):
        pages, rest = cut(length, 0)
        assert (length <= 2 * PAGE and not pages) or PAGE < rest <= 2 * PAGE


def test_every_whole_page_of_the_shared_part_is_kept() -> None:
    for shared in (1, PAGE - 1, PAGE, PAGE + 1, 3 * PAGE, 5 * PAGE + 3):
        for own in (0, 1, 5, PAGE, 3 * PAGE):
            pages, rest = cut(shared + own, shared)
            whole = (shared + own - 1) // PAGE  # what remains is never nothing
            assert len(pages) == max(whole - 1, min(shared // PAGE, whole), 0)
            assert own >= PAGE or rest <= PAGE + own


def cut(length: int, shared: int) -> tuple[list[int], int]:
    """The lengths of the calls that compute a prompt of so many tokens, the last one apart."""
    session = NumpySession()
    engine = scheduler(session, prefix=range(1, shared + 1))
    own = encode("so the tide and the bell, weighed: " * 20)[: length - shared]
    others = engine.tasks.encode
    engine.tasks.encode = lambda text: own if text == "own" else others(text)
    run(engine, [Job("r", "k", "", "own", TEXT)])
    *pages, rest = (len(call) for call in session.prefills)
    assert pages == [PAGE] * len(pages)
    assert sum(pages) + rest == length
    return pages, rest


def test_shared_pages_leave_least_used_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_PAGES", 2)
    session = NumpySession()
    names = ["alpha", "beta", "alpha", "gamma", "alpha", "beta"]
    heads = {name: " ".join([name] * 12)[:60] for name in names}
    rest = " ".join(["so"] * (PAGE // 2)) + ': "'
    pages = {name: _pages(encode(head)) for name, head in heads.items()}
    assert {len(each) for each in pages.values()} == {1}
    run(
        scheduler(session, batch_size=1),
        [Job(f"r{i}", "k", heads[name], rest, TEXT) for i, name in enumerate(names)],
    )
    counts = {name: session.prefills.count(each[0]) for name, each in pages.items()}
    assert counts == {"alpha": 1, "beta": 2, "gamma": 1}


def test_rows_are_filled_again_at_once() -> None:
    session = NumpySession()
    run(scheduler(session, batch_size=4), [Job(f"r{i}", "k", "", 'x: "', TEXT) for i in range(12)])
    assert session.decodes[: len(session.decodes) // 2] == [4] * (len(session.decodes) // 2)
    assert session.decodes[-1] < 4


def test_long_forced_runs_are_chunks_and_short_ones_are_not() -> None:
    session = NumpySession()
    short, long = "a b", " and ".join(["weighed", "counted"] * 9)
    digit = {"type": "integer", "minimum": 1, "maximum": 5}
    parts = [digit, {"const": short}, digit, {"const": long}, {"type": "boolean"}]
    schema = {"type": "array", "prefixItems": parts, "items": False, "minItems": 5}
    run(scheduler(session), [Job("r", "k", "", "List: ", schema)])
    chunks = session.prefills[1:]
    assert len(chunks) == 1
    assert len(chunks[0]) >= CHUNK > len(encode(short)) + 3


def test_a_text_that_ends_by_itself_and_one_that_is_cut_are_told_apart() -> None:
    engine = scheduler()
    cut = run(engine, [replace(job, schema={**TEXT, "minLength": 40}) for job in jobs()[:6]])
    assert {completion.finish for found in cut.values() for completion in found} == {"length"}
    free = run(engine, [replace(job, schema={**TEXT, "maxLength": 2000}) for job in jobs()[:6]])
    assert any(completion.finish == "stop" for found in free.values() for completion in found)


def test_a_text_that_exhausts_its_tokens_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    schema = {"type": "string", "minLength": 60, "maxLength": 90, "pattern": "^[a-z ]+[.]$"}
    job = replace(jobs()[3], schema=schema)
    engine = scheduler()
    grammar = engine.tasks.grammars.compile(schema)
    small = replace(grammar, fragment=replace(grammar.fragment, budget=6))
    monkeypatch.setattr(engine.tasks.grammars, "compile", lambda *given, **named: small)
    for completion in run(engine, [job])[job.record, job.key]:
        Draft202012Validator(schema).validate(completion.text)
        assert completion.finish == "length"


def test_a_longer_job_waits_for_room_and_gets_it(expected: Results) -> None:
    engine = scheduler(batch_size=4)
    long = Job("long", "k", "the tide " * 600, 'so: "', TEXT)
    found = run(engine, [*jobs()[:3], long, *jobs()[3:]])
    assert found.pop(("long", "k"))[0].text
    assert found == expected


def test_room_shrinks_again_when_long_jobs_are_done() -> None:
    engine = scheduler(batch_size=4)
    run(engine, [Job("long", "k", "the tide " * 600, 'so: "', TEXT)])
    assert engine.session.capacity > CAPACITY
    run(engine, jobs()[:1])
    assert engine.session.capacity == CAPACITY


def test_a_job_that_cannot_fit_is_refused_by_name() -> None:
    with pytest.raises(ModelUnavailable, match=r"GG850 the request for line of record3 needs \d+ tokens"):
        scheduler(context=40).submit(jobs()[3])


def test_a_schema_that_the_grammar_cannot_hold_is_refused_on_submission() -> None:
    engine = scheduler()
    with pytest.raises(SchemaFault, match=r"GG102 .*'uniqueItems'.* at \$\.uniqueItems"):
        engine.submit(replace(jobs()[0], schema={"type": "array", "items": TEXT, "maxItems": 2, "uniqueItems": True}))
    assert engine.pending == 0


def test_pending_counts_completions() -> None:
    engine = scheduler()
    assert engine.poll() == []
    engine.submit(replace(jobs()[0], candidates=3))
    engine.submit(replace(jobs()[1], candidates=2))
    assert engine.pending == 5
    done = engine.poll()
    assert engine.pending == 5 - sum(len(completions) for _, completions in done)


def test_a_job_without_candidates_is_done_at_once() -> None:
    job = replace(jobs()[0], candidates=0)
    engine = scheduler()
    engine.submit(job)
    assert engine.poll() == [(job, ())]


def test_an_empty_prompt_is_allowed() -> None:
    for shared in ("", SHARED):
        assert run(scheduler(), [Job("r", "k", shared, "", TEXT)])["r", "k"][0].text


def test_prompts_begin_with_the_models_prefix() -> None:
    session = NumpySession()
    run(scheduler(session, prefix=(7,)), [Job("r", "k", "", 'so: "', TEXT), Job("s", "k", SHARED, 'so: "', TEXT)])
    assert session.prefills[0][0] == 7
    assert (7, *encode(SHARED))[:PAGE] in session.prefills


def test_a_field_may_have_a_sampling_of_its_own() -> None:
    open_text = {"type": "string", "minLength": 5, "maxLength": 20}
    fields = {"fixed": {**open_text, "x-gamegen": {"temperature": 0}}, "free": open_text}
    schema = {"type": "object", "properties": fields, "required": ["fixed", "free"], "additionalProperties": False}
    found = [
        json.loads(run(scheduler(), [Job("r", "k", "", "Sheet: ", schema, seed=seed)])["r", "k"][0].text)
        for seed in range(6)
    ]
    assert len({document["fixed"] for document in found}) == 1
    assert len({document["free"] for document in found}) > 1


def test_what_was_dropped_is_never_returned() -> None:
    engine = scheduler(batch_size=3)
    for job in jobs():
        engine.submit(job)
    first = {job.record for job, _ in engine.poll()}
    engine.cancel()
    assert engine.pending == 0
    assert engine.poll() == []
    later = replace(jobs()[0], record="later")
    assert first.isdisjoint({record for record, _ in run(engine, [later])})


def test_what_was_done_survives_a_cancellation(expected: Results) -> None:
    engine = scheduler(batch_size=3)
    for job in jobs():
        engine.submit(job)
    while not engine.tasks.done:
        engine.step()
    engine.cancel()
    assert engine.pending == sum(job.candidates for job, _ in engine.tasks._done) > 0
    for job, completions in engine.poll():
        assert completions == expected[job.record, job.key]
    assert engine.pending == 0


def test_after_a_cancellation_nothing_has_changed(expected: Results) -> None:
    engine = scheduler(batch_size=5)
    for job in jobs()[::-1]:
        engine.submit(job)
    engine.poll()
    engine.cancel()
    assert run(engine, jobs()) == expected


def _pages(tokens: list[int]) -> list[tuple[int, ...]]:
    """The whole pages of a prompt."""
    return [tuple(tokens[start : start + PAGE]) for start in range(0, len(tokens) - PAGE + 1, PAGE)]
