"""What tuning brings: the default model asked by cards beside its base asked with few-shot prompts, in one run.

    python -m benchmarks.tuning [--records 40] [--out benchmarks/results/tuning.json]

Both models, over the same work:

held out   benchmarks/held_out.jsonl, on which nobody trained: loss of the written lines; one candidate a card: share
           that says its `must`, that passes the text checks, longest run of words shared with a training line,
           distinct-2, self-BLEU-4
plans      the plans of `--records` records of the sample world: one candidate a text: share that says its `must`;
           tokens of a prompt; the chosen texts as `gamegen generate` takes them (and of the held-out cards by the
           same choice): share that says its `must`, library lines, copies; records per minute with four candidates

Formulas: gamegen/tune/evaluate.py, gamegen/measures.py. The chosen texts of the tuned model go with their cards to
build/tuning/texts.json, for benchmarks.reading.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Generator as Coroutine, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gamegen import Session, load_world
from gamegen.cards import FIELDS
from gamegen.engine.api import Engine, Job
from gamegen.engine.manifest import DEFAULT_ID, PLAIN_ID
from gamegen.hookspecs import Generator
from gamegen.machine import calibration
from gamegen.measures import distinct, self_bleu
from gamegen.originality import Copies, SharedRuns
from gamegen.prompts import Prompts
from gamegen.records import JSON, Plan, Request, TextContext
from gamegen.replanning import asked_texts, replan
from gamegen.selection import carries
from gamegen.tune.collect import collect
from gamegen.tune.evaluate import TEMPLATES, judge
from gamegen.tune.lessons import Lesson
from gamegen.writing import write_record

ROOT = Path(__file__).parents[1]
WORLD = ROOT / "samples" / "saltmarrow" / "world"
HELD_OUT = ROOT / "benchmarks" / "held_out.jsonl"
CORPUS = ROOT / "templates" / "examples"
RESULTS = ROOT / "benchmarks" / "results" / "tuning.json"
TEXTS = ROOT / "build" / "tuning" / "texts.json"
SHARES = {"quest": 0.35, "dialogue": 0.3, "character": 0.35}
SEED = 11


@dataclass(frozen=True)
class Chosen:
    """A text as it would ship, what it was asked for, and whether the model or the library wrote it."""

    source: str
    request: Request
    text: str
    library: bool

    def as_json(self) -> dict[str, JSON]:
        return {"from": self.source, "card": dict(self.request.card), "text": self.text, "library": self.library}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=40)
    parser.add_argument("--tuned", default=DEFAULT_ID)
    parser.add_argument("--plain", default=PLAIN_ID)
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()
    held_out = list(collect([HELD_OUT], "Apache-2.0", FIELDS).lessons)
    taught = list(collect([CORPUS], "Apache-2.0", FIELDS).lessons)
    found: dict[str, Any] = {"calibration_seconds": round(calibration(), 3)}
    chosen: list[Chosen] = []
    for name, model in (("tuned", options.tuned), ("plain", options.plain)):
        with Session(model) as session:
            found[name], texts = figures(session, held_out, taught, options.records)
            chosen = chosen or texts
        print(json.dumps({name: found[name]}, indent=2), flush=True)
    tuned, plain = found["tuned"], found["plain"]
    found["ratios"] = {
        "records_per_minute_at_4": round(tuned["records_per_minute_at_4"] / plain["records_per_minute_at_4"], 2),
        "prompt_tokens": round(tuned["plans"]["prompt_tokens"] / plain["plans"]["prompt_tokens"], 3),
    }
    print(json.dumps(found["ratios"], indent=2))
    for path, document in ((options.out, found), (TEXTS, [each.as_json() for each in chosen])):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def figures(
    session: Session, held_out: Sequence[Lesson], taught: Sequence[Lesson], records: int
) -> tuple[dict[str, Any], list[Chosen]]:
    """All figures of one model, and its chosen texts."""
    counts = {kind: round(records * share) for kind, share in SHARES.items()}
    result: dict[str, Any] = {"model": session.engine.info.model}
    result["held_out"] = dict(judge(session.engine, held_out, taught, FIELDS).figures)
    plans = list(from_records(session, counts))
    chosen = [*plans, *from_cards(session, held_out)]
    requests = [each.request for each in plans]
    result["plans"] = {
        "texts": len(requests),
        "prompt_tokens": round(prompt_tokens(session, requests), 1),
        "one_candidate_says_must": round(says_must(requests, once(session, requests)), 4),
    }
    shared = SharedRuns(lesson.words for lesson in taught)
    copies = Copies.of(lesson.line for lesson in taught)
    texts = [each.text for each in chosen]
    result["chosen"] = {
        "texts": len(chosen),
        "says_must": round(says_must([each.request for each in chosen], texts), 4),
        "by_kind": {kind: by_kind(chosen, kind) for kind in FIELDS},
        "library": round(sum(each.library for each in chosen) / len(chosen), 4),
        "copies": sum(copies.holds(text) for text in texts),
        "longest_shared_run": max(map(shared.longest, texts)),
        "distinct_2": round(distinct(texts, 2), 4),
        "self_bleu_4": round(self_bleu(texts), 4),
    }
    result["records_per_minute_at_4"] = round(speed(session, counts), 1)
    return result, chosen


def from_records(session: Session, counts: dict[str, int]) -> Iterator[Chosen]:
    """The texts of whole records, as `gamegen generate` writes them, each beside its request."""
    world = load_world(WORLD)
    for kind, count in counts.items():
        for record in session.stream(kind, world=world, count=count, seed=SEED):
            plan = replan(record, session.registry, world)
            told = record["provenance"]["texts"]
            for asked in asked_texts(record, plan, session.generator(kind)):
                library = told[asked.request.key]["source"] != "model"
                yield Chosen("plan", asked.request, asked.text, library)


def from_cards(session: Session, lessons: Sequence[Lesson]) -> list[Chosen]:
    """The held-out cards, by the same choice among candidates: each is a record of one text."""
    prompts = Prompts(form=session.engine.info.card_form)
    waiting: dict[str, Coroutine[list[Job], Any, Any]] = {}
    found: list[Chosen] = []
    by_id = {f"card_{index:04d}": lesson for index, lesson in enumerate(lessons)}
    for name, lesson in by_id.items():
        request = request_of(lesson)
        plan = Plan("card", name, SEED, {}, TextContext())
        waiting[name] = write_record(_single(request), plan, prompts, session.library)
        for job in next(waiting[name]):
            session.engine.submit(job)
    while answered := session.engine.poll():
        for job, completions in answered:
            try:
                for another in waiting[job.record].send([completions]):
                    session.engine.submit(another)
            except StopIteration as stop:
                library = stop.value.texts["line"]["source"] != "model"
                found.append(Chosen("held out", request_of(by_id[job.record]), stop.value.document["text"], library))
    return sorted(found, key=lambda each: json.dumps(dict(each.request.card), sort_keys=True))


def request_of(lesson: Lesson) -> Request:
    """The request that a generator would make of a held-out card."""
    values = {"pronouns": lesson.card["pronouns"]} if "pronouns" in lesson.card else {}
    schema = {"type": "string", "minLength": 4, "maxLength": 260 if lesson.kind == "quest_summary" else 170}
    return Request("line", TEMPLATES[lesson.kind], dict(lesson.card), schema, values)


def _single(request: Request) -> Generator:
    def write(plan: Plan) -> Coroutine[list[Request], list[JSON], dict[str, JSON]]:
        (text,) = yield [request]
        return {"text": text}

    return Generator("card", {}, lambda world, brief, seed: Plan("card", "card", seed, {}), write)


def once(session: Session, requests: Sequence[Request]) -> list[str]:
    """One candidate of each request, unchecked."""
    texts = [""] * len(requests)
    plan = Plan("once", "once", SEED, {}, load_world(WORLD).text_context())
    for index, request in enumerate(requests):
        single = Request(**{name: getattr(request, name) for name in Request.__slots__} | {"key": f"t{index}"})
        coroutine = write_record(_single(single), plan, session.prompts, session.library, candidates=1)
        for job in next(coroutine):
            session.engine.submit(job)
        coroutine.close()
    while answered := session.engine.poll():
        for job, completions in answered:
            texts[int(job.key[1:])] = completions[0].text
    return texts


def says_must(requests: Sequence[Request], texts: Sequence[str]) -> float:
    return sum(carries(request, text) for request, text in zip(requests, texts, strict=True)) / len(requests)


def by_kind(chosen: Sequence[Chosen], kind: str) -> dict[str, JSON]:
    own = [each for each in chosen if each.request.card["kind"] == kind]
    if not own:
        return {"texts": 0}
    share = says_must([each.request for each in own], [each.text for each in own])
    return {"texts": len(own), "says_must": round(share, 4), "library": sum(each.library for each in own)}


def prompt_tokens(session: Session, requests: Sequence[Request]) -> float:
    engine: Engine = session.engine
    return sum(engine.count_tokens("".join(session.prompts.render(each))) for each in requests) / len(requests)


def speed(session: Session, counts: dict[str, int]) -> float:
    """Records per minute with four candidates of each text, whole records with their checks; a seed of its own."""
    world = load_world(WORLD)
    with_four = Session(engine=session.engine, candidates=4)
    start = time.perf_counter()
    made = 0
    for kind, count in counts.items():
        made += sum(1 for _ in with_four.stream(kind, world=world, count=count, seed=SEED + 1))
    return 60 * made / (time.perf_counter() - start)


if __name__ == "__main__":
    main()
