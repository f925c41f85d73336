"""Writes one record: its generator asks for texts, jobs go out, completions come in, the best are chosen.

    coroutine = write_record(generator, plan, prompts, library)
    jobs = next(coroutine)
    while True:
        jobs = coroutine.send([completions of each job, in the order of the jobs])     # StopIteration.value: Written

The driver (`gamegen.session`) interleaves many of these on one engine. What is chosen depends on the requests alone,
never on the order in which an engine finishes.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Generator as Coroutine, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from gamegen.checks import text_rules
from gamegen.checks.text import text_findings, with_names
from gamegen.engine import words
from gamegen.engine.api import Completion, Job
from gamegen.engine.fragment import is_free
from gamegen.errors import InvalidContent, PluginFault
from gamegen.hookspecs import Generator
from gamegen.library import Library
from gamegen.originality import Copies
from gamegen.prompts import Prompts
from gamegen.records import JSON, Finding, Plan, Request, Sampling, strings
from gamegen.said import Said
from gamegen.schema import validate
from gamegen.selection import FLOOR, GOOD, NARRATED, choose, holds, score, variants

MAX_ATTEMPTS = 2
"""How often a request is sent to the model before the last resorts."""

CANDIDATES: Mapping[str, int] = {
    "npc_line": 6,
    "player_choice": 4,
    "objective": 4,
    "quest_title": 6,
    "quest_summary": 8,
    "journal": 8,
    "trait": 5,
}
"""Candidates by kind of card (docs/selection.md has the measurements); `Request.candidates` overrides."""
OTHER_CANDIDATES = 3
CARD_CANDIDATES = 10
"""Candidates of every text that a tuned model is asked for by its card: the prompt is short, so they cost little."""
INSISTENT = CANDIDATES.keys() - {"quest_title"}
"""Kinds that are tried again when no candidate says its `must` well, and that give way to a last resort when none is
fit to be read; a title only hints at its `must`, as in the corpus."""

SAMPLING = Sampling(temperature=0.6, top_p=0.92, min_p=0.08, repetition_penalty=1.1)
"""For texts. Without the penalty a small model says a clause again and again."""
CARD_SAMPLING = Sampling(temperature=0.6, top_p=0.9, min_p=0.1)
"""For a tuned model, which repeats itself no more than people do: closer to what it holds for likely."""
NARRATED_SAMPLING = Sampling(temperature=0.4, top_p=0.92, min_p=0.1, repetition_penalty=1.1)
"""For what a narrator says, where everything beyond the facts is wrong."""
DOCUMENT_SAMPLING = Sampling(temperature=0.7, top_p=0.92, min_p=0.06)
"""For JSON, whose keys and marks must repeat."""


@dataclass(frozen=True, slots=True)
class Written:
    """document: the record without provenance and review. texts: request key -> where its text comes from.
    templates: template -> SHA-256. candidates: completions that were asked for. tokens: sampled for them."""

    document: dict[str, JSON]
    texts: Mapping[str, Mapping[str, JSON]]
    templates: Mapping[str, str]
    candidates: int = 0
    tokens: int = 0


@dataclass(frozen=True, slots=True)
class _Text:
    """An answer: what is sent back into the coroutine, its characters, and its provenance."""

    value: JSON
    provenance: Mapping[str, JSON]


@dataclass(slots=True)
class _Pool:
    """All completions of one request so far: (attempt, candidate) beside completion and findings."""

    places: list[tuple[int, int]] = field(default_factory=list)
    completions: list[Completion] = field(default_factory=list)
    findings: list[list[Finding]] = field(default_factory=list)


def write_record(
    generator: Generator,
    plan: Plan,
    prompts: Prompts,
    library: Library,
    attempt: int = 0,
    candidates: int | None = None,
    originals: Copies | None = None,
    kept: Mapping[str, str] | None = None,
    apart: Iterable[str] = (),
) -> Coroutine[list[Job], list[tuple[Completion, ...]], Written]:
    """Write the record of a plan. Yields lists of jobs, is sent the completions of each, returns `Written`.

    attempt: the record's own; every job of a higher attempt draws other tokens. candidates: of every request, in place
    of its own number. originals: texts whose words no text may have. kept: request key -> the text that stands there
    already, which is its only last resort, as it is. apart: texts that the record is to be told apart from: they count
    as said.
    Raises WorldFault for a template that cannot be used, InvalidContent (GG612) if a text cannot be made acceptable,
    PluginFault if two requests share a key.
    """
    writer = _Writer(plan, prompts, library, attempt, candidates, originals, kept or {}, apart)
    coroutine = generator.write(plan)
    try:
        requests = next(coroutine)
        while True:
            answers = yield from writer.answer(requests)
            requests = coroutine.send(answers)
    except StopIteration as stop:
        return Written(stop.value, writer.texts, writer.templates, writer.candidates, writer.tokens)


class _Writer:
    def __init__(
        self,
        plan: Plan,
        prompts: Prompts,
        library: Library,
        attempt: int,
        candidates: int | None,
        originals: Copies | None,
        kept: Mapping[str, str],
        apart: Iterable[str] = (),
    ) -> None:
        self.plan = plan
        self.prompts = prompts
        self.library = library
        self.attempt = attempt
        self._wanted = candidates
        self.texts: dict[str, Mapping[str, JSON]] = {}
        self.templates: dict[str, str] = {}
        self.candidates = self.tokens = 0
        self._already = Said(apart)
        self._copies = prompts.example_lines
        self._originals = originals
        self._kept = kept

    def answer(self, requests: Sequence[Request]) -> Coroutine[list[Job], list[tuple[Completion, ...]], list[JSON]]:
        """The values of the requests, in their order."""
        self._check_keys(requests)
        pools = {request.key: _Pool() for request in requests}
        chosen: dict[str, _Text] = {}
        for attempt in range(MAX_ATTEMPTS):
            waiting = [request for request in requests if request.key not in chosen]
            if not waiting:
                break
            results = yield [self._job(request, attempt) for request in waiting]
            for request, completions in zip(waiting, results, strict=True):
                pool = pools[request.key]
                self.candidates += len(completions)
                self.tokens += sum(completion.tokens for completion in completions)
                for candidate, completion in enumerate(completions):
                    for variant in self._variants(request, completion):
                        pool.places.append((attempt, candidate))
                        pool.completions.append(variant)
                        pool.findings.append(self._findings(request, variant.text))
                answer = self._chosen(request, pool, last=attempt + 1 == MAX_ATTEMPTS)
                if answer is not None:
                    self._keep(request, answer, chosen)
        for request in requests:
            if request.key not in chosen:
                self._keep(request, self._last_resort(request, pools[request.key]), chosen)
        return [chosen[request.key].value for request in requests]

    def _variants(self, request: Request, completion: Completion) -> Iterator[Completion]:
        """What a completion may become: itself, or an earlier sentence of it, each with its names spelt right."""
        if not is_free(request.schema):
            yield completion
            return
        for variant in variants(completion):
            text, put = with_names(variant.text, request.card, self.plan.context)
            yield replace(variant, text=text, forced=variant.forced + put) if put else variant

    def _job(self, request: Request, attempt: int) -> Job:
        shared, prompt = self.prompts.render(request)
        name, sha256 = self.prompts.source(request)
        self.templates.setdefault(name, sha256)
        kind = str(request.card.get("kind", ""))
        sampling, candidates = NARRATED_SAMPLING if kind in NARRATED else SAMPLING, CANDIDATES.get(kind)
        if self.prompts.shows_card(request):
            sampling, candidates = CARD_SAMPLING, CARD_CANDIDATES
        return Job(
            record=self.plan.id,
            key=request.key,
            shared=shared,
            prompt=prompt,
            schema=request.schema,
            sampling=request.sampling or (sampling if is_free(request.schema) else DOCUMENT_SAMPLING),
            candidates=self._wanted or request.candidates or candidates or OTHER_CANDIDATES,
            seed=self.plan.seed,
            attempt=self.attempt * MAX_ATTEMPTS + attempt,
            opening=request.opening,
            avoid=tuple(word for word in self.plan.context.avoid if not words.found([word], request.opening)),
        )

    def _chosen(self, request: Request, pool: _Pool, last: bool) -> _Text | None:
        """The best of the pool; None if there is none, if it may be tried again and should be, or if it is unfit."""
        index = choose(request, pool.completions, pool.findings, self._already)
        if index is None:
            return None
        completion = pool.completions[index]
        value = score(request, completion, self._already)
        if request.card.get("kind") in INSISTENT:
            fit = value >= FLOOR if last else value >= GOOD and holds(request, completion.text)
            if not fit:
                return None
        attempt, candidate = pool.places[index]
        text = unicodedata.normalize("NFC", completion.text)
        return _Text(
            value=_value(request, text),
            provenance={
                "source": "model",
                "attempt": attempt,
                "candidate": candidate,
                "score": round(value, 4),
                "characters": len(text),
                "forced": completion.forced,
            },
        )

    def _last_resort(self, request: Request, pool: _Pool) -> _Text:
        """The text that stands there already; else the first acceptable one of the generator's own and the library's.

        A line that the record has used already is only taken if there is no other. Raises InvalidContent (GG612).
        """
        if request.key in self._kept:
            return self._from_library(request, self._kept[request.key])
        found: list[Finding] = []
        spare: str | None = None
        offered = [*request.fallback]
        if is_free(request.schema):
            offered += self.library.candidates(request, self.plan.id, self._already)
        for text in offered:
            text = unicodedata.normalize("NFC", text)
            faults = self._findings(request, text, lenient=True)
            found += faults
            if not faults and text not in self._already:
                return self._from_library(request, text)
            spare = text if spare is None and not faults else spare
        if spare is not None:
            return self._from_library(request, spare)
        found += [finding for findings in pool.findings for finding in findings]
        why = next((finding.message for finding in found), "no completion came")
        raise InvalidContent.of(
            "GG612",
            f"expected an acceptable text for {request.key} of {self.plan.id}, found none: {why}",
            "give the request a fallback, or loosen its schema",
        )

    def _from_library(self, request: Request, text: str) -> _Text:
        provenance = {"source": "library", "characters": len(text), "forced": 0}
        return _Text(_value(request, text), provenance)

    def _keep(self, request: Request, answer: _Text, chosen: dict[str, _Text]) -> None:
        chosen[request.key] = answer
        self.texts[request.key] = answer.provenance
        if isinstance(answer.value, str):
            self._already.add(answer.value)

    def _findings(self, request: Request, text: str, lenient: bool = False) -> list[Finding]:
        text = unicodedata.normalize("NFC", text)
        if is_free(request.schema):
            return text_findings(
                text,
                request.card,
                request.schema,
                self.plan.context,
                names=request.names,
                examples=self._copies,
                originals=self._originals,
                lenient=lenient,
            )
        try:
            value = json.loads(text)
        except json.JSONDecodeError as error:
            return [Finding("GG105", f"expected JSON, found {error.msg}", "write JSON")]
        return validate(value, request.schema) + [
            finding for each in strings(value) for finding in text_rules.profile(each)
        ]

    def _check_keys(self, requests: Sequence[Request]) -> None:
        seen = set(self.texts)
        for request in requests:
            if request.key in seen:
                raise PluginFault.of(
                    "GG010",
                    f"expected one request per key, found {request.key!r} twice in {self.plan.id}",
                    f"let the generator of {self.plan.kind!r} name each text once",
                )
            seen.add(request.key)


def _value(request: Request, text: str) -> JSON:
    return text if is_free(request.schema) else json.loads(text)
