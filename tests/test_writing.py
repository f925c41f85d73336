"""Writing one record: a scripted engine answers, the best completions reach the document."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Generator as Coroutine
from typing import Any

import pytest

from gamegen.engine.api import Completion, Job
from gamegen.errors import InvalidContent, PluginFault
from gamegen.hookspecs import Generator
from gamegen.library import Library
from gamegen.originality import Copies
from gamegen.prompts import Prompts
from gamegen.records import JSON, Plan, Request, TextContext
from gamegen.writing import CANDIDATES, MAX_ATTEMPTS, Written, write_record

TEXT = {"type": "string", "minLength": 10, "maxLength": 150}
GOOD = "I sold the lens to the guild, and gladly."
BAD = "Must say: nothing."
Reply = Callable[[Job, int], str]


def line(key: str = "a", **rest: Any) -> Request:
    card = {
        "kind": "npc_line",
        "who": "Mira Voss, smith",
        "voice": "gruff",
        "intent": "reveals",
        "must": "she sold the lens to the guild",
    }
    return Request(key, "dialogue/npc_line.j2", {**card, **rest.pop("card", {})}, rest.pop("schema", TEXT), **rest)


def generator(*rounds: list[Request]) -> Generator:
    """A generator that asks for these lists of requests and returns what it was sent."""

    def write(plan: Plan) -> Coroutine[list[Request], list[JSON], dict[str, JSON]]:
        answers = []
        for requests in rounds:
            answers.append((yield requests))
        return {"answers": answers}

    return Generator("test", {}, lambda world, brief, seed: Plan("test", "t", seed, {}), write)


def run(reply: Reply, *rounds: list[Request], attempt: int = 0, order: int = 1) -> tuple[Written, list[list[Job]]]:
    """Drive the coroutine; `order` -1 answers the jobs last first, as an engine may."""
    plan = Plan("test", "rec", 7, {}, TextContext(names=("Mira Voss",)))
    coroutine = write_record(generator(*rounds), plan, Prompts(), Library(), attempt)
    asked: list[list[Job]] = []
    try:
        jobs = next(coroutine)
        while True:
            asked.append(jobs)
            results = {}
            for job in jobs[::order]:
                texts = [reply(job, candidate) for candidate in range(job.candidates)]
                results[job.key] = tuple(Completion(text, -12.0, 12, forced=len(job.opening)) for text in texts)
            jobs = coroutine.send([results[job.key] for job in jobs])
    except StopIteration as stop:
        return stop.value, asked


def test_the_best_candidate_is_sent_back_and_told() -> None:
    written, asked = run(lambda job, n: GOOD if n == 2 else "It rains upon the town today.", [line()])
    assert written.document == {"answers": [[GOOD]]}
    assert written.texts["a"]["source"] == "model"
    assert (written.texts["a"]["attempt"], written.texts["a"]["candidate"]) == (0, 2)
    assert (written.texts["a"]["characters"], written.texts["a"]["forced"]) == (len(GOOD), 0)
    assert len(asked) == 1


def test_a_job_says_what_the_request_says() -> None:
    _, ((job,),) = run(lambda job, n: GOOD, [line(opening="I", candidates=3)])
    assert (job.record, job.key, job.seed, job.attempt, job.opening) == ("rec", "a", 7, 0, "I")
    assert job.candidates == 3
    assert job.schema == TEXT
    assert job.prompt.endswith('"')
    assert job.shared


def test_candidates_follow_the_kind_of_card() -> None:
    _, ((job,),) = run(lambda job, n: GOOD, [line()])
    assert job.candidates == CANDIDATES["npc_line"]


def test_a_request_without_an_acceptable_candidate_is_tried_again_alone() -> None:
    def reply(job: Job, n: int) -> str:
        if job.key == "b":
            return "To the guild, friend: I sold them the lens."
        return GOOD if job.attempt else BAD

    written, asked = run(reply, [line("a"), line("b")])
    assert [[(job.key, job.attempt) for job in jobs] for jobs in asked] == [[("a", 0), ("b", 0)], [("a", 1)]]
    assert [written.texts[key]["attempt"] for key in "ab"] == [1, 0]


def test_a_text_that_does_not_say_its_must_is_tried_again() -> None:
    _, asked = run(lambda job, n: "It rains upon the town today.", [line()])
    assert len(asked) == MAX_ATTEMPTS


def test_an_earlier_attempt_may_still_win() -> None:
    denial = "I never sold the lens to the guild."
    written, asked = run(lambda job, n: BAD if job.attempt or n else denial, [line()])
    assert len(asked) == MAX_ATTEMPTS
    assert written.document == {"answers": [[denial]]}
    assert (written.texts["a"]["attempt"], written.texts["a"]["candidate"]) == (0, 0)


def test_a_text_below_the_floor_gives_way_to_a_last_resort() -> None:
    written, _ = run(lambda job, n: "You were never there and nobody saw 99 of you.", [line()])
    assert written.texts["a"]["source"] == "library"


def test_the_generators_own_last_resort_comes_before_the_library() -> None:
    written, asked = run(lambda job, n: BAD, [line(fallback=("Sold, and to the guild. The lens is gone.",))])
    assert written.document == {"answers": [["Sold, and to the guild. The lens is gone."]]}
    assert written.texts["a"]["source"] == "library"
    assert len(asked) == MAX_ATTEMPTS


def test_a_last_resort_that_fails_the_checks_is_passed_over() -> None:
    written, _ = run(lambda job, n: BAD, [line(fallback=("the player",))])
    assert written.texts["a"]["source"] == "library"
    assert "I sold the lens to the guild" in written.document["answers"][0][0]


def test_two_last_resorts_of_a_record_differ() -> None:
    written, _ = run(lambda job, n: BAD, [line("a"), line("b")], [line("c")])
    (a, b), (c,) = written.document["answers"]
    assert len({a, b, c}) == 3


def test_the_order_in_which_an_engine_finishes_changes_nothing() -> None:
    def reply(job: Job, n: int) -> str:
        return BAD if job.key == "b" and not job.attempt else f"I sold the lens to the guild of {job.key * (n + 1)}."

    requests = [line(key) for key in "abcd"]
    assert run(reply, requests)[0] == run(reply, requests, order=-1)[0]


def test_a_text_that_the_record_has_already_is_not_chosen_again() -> None:
    other = "We sold the lens to the guild. I signed."
    written, _ = run(lambda job, n: (GOOD, other)[n % 2], [line("a"), line("b")])
    assert len(set(written.document["answers"][0])) == 2


def test_later_requests_come_after_earlier_answers() -> None:
    written, asked = run(
        lambda job, n: GOOD if job.key == "a" else "You hear I sold the guild the lens.", [line("a")], [line("b")]
    )
    assert [jobs[0].key for jobs in asked] == ["a", "b"]
    assert list(written.texts) == ["a", "b"]


def test_a_records_attempt_draws_other_tokens() -> None:
    _, ((job,),) = run(lambda job, n: GOOD, [line()], attempt=2)
    assert job.attempt == 2 * MAX_ATTEMPTS


def test_texts_are_merged_in_nfc() -> None:
    written, _ = run(lambda job, n: unicodedata.normalize("NFD", "I sold the café lens to the guild."), [line()])
    assert written.document == {"answers": [["I sold the café lens to the guild."]]}


def test_json_comes_back_parsed() -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer", "maximum": 5}}, "required": ["n"]}
    wanted = line(schema=schema, card={"kind": "test"})
    written, _ = run(lambda job, n: ('{"n":9}', '{"n":', '{"n":3}')[n % 3], [wanted])
    assert written.document == {"answers": [[{"n": 3}]]}
    assert written.texts["a"]["candidate"] == 2


def test_json_that_never_validates_is_an_error_with_record_and_key() -> None:
    with pytest.raises(InvalidContent) as raised:
        run(lambda job, n: "[]", [line(schema={"type": "integer"}, card={"kind": "test"})])
    (finding,) = raised.value.findings
    assert finding.code == "GG612"
    assert "a of rec" in finding.message


def test_json_may_have_a_last_resort() -> None:
    wanted = line(schema={"type": "integer"}, card={"kind": "test"}, fallback=("x", "4"))
    assert run(lambda job, n: "[]", [wanted])[0].document == {"answers": [[4]]}


def test_a_text_without_any_last_resort_is_an_error() -> None:
    with pytest.raises(InvalidContent, match="GG612"):
        run(lambda job, n: BAD, [line(card={"kind": "noticeboard"})])


def test_two_requests_with_one_key_are_the_generators_fault() -> None:
    with pytest.raises(PluginFault, match="'a' twice"):
        run(lambda job, n: GOOD, [line("a")], [line("a")])


def test_every_template_is_told_with_its_hash() -> None:
    written, _ = run(lambda job, n: GOOD, [line()])
    assert written.templates == {"dialogue/npc_line.j2": Prompts().hash("dialogue/npc_line.j2")}


def test_a_generator_that_asks_for_nothing_is_done_at_once() -> None:
    written, asked = run(lambda job, n: GOOD)
    assert (written.document, asked) == ({"answers": []}, [])


def test_provenance_is_json() -> None:
    written, _ = run(lambda job, n: GOOD, [line()])
    assert json.loads(json.dumps(dict(written.texts))) == written.texts


def test_words_of_a_text_that_is_kept_apart_are_never_chosen() -> None:
    theft = "I sold the lens to the guild for nine coppers and a song."
    plan = Plan("test", "rec", 7, {}, TextContext(names=("Mira Voss",)))
    apart = Copies.of_text("She said: I sold the lens to the guild for nine coppers. Nobody wept.")
    coroutine = write_record(generator([line()]), plan, Prompts(), Library(), originals=apart)
    (job,) = next(coroutine)
    texts = [theft, GOOD, *[theft] * (job.candidates - 2)]
    with pytest.raises(StopIteration) as stop:
        coroutine.send([tuple(Completion(text, -1.0 if text == theft else -30.0, 12) for text in texts)])
    assert stop.value.value.document == {"answers": [[GOOD]]}


def test_a_text_that_stands_there_already_is_the_last_resort_as_it_is() -> None:
    kept = "I sold the lens to the guild for nine coppers and a song."
    plan = Plan("test", "rec", 7, {}, TextContext(names=("Mira Voss",)))
    wanted = line(fallback=("Sold, and to the guild. The lens is gone.",))
    taught = Copies.of([kept])
    coroutine = write_record(generator([wanted]), plan, Prompts(), Library(), originals=taught, kept={"a": kept})
    jobs = next(coroutine)
    with pytest.raises(StopIteration) as stop:
        while True:
            jobs = coroutine.send([tuple(Completion(BAD, -12.0, 12) for _ in range(job.candidates)) for job in jobs])
    assert stop.value.value.document == {"answers": [[kept]]}
    assert stop.value.value.texts["a"]["source"] == "library"
