"""A warm engine and what runs on it: briefs in, finished records out, many records interleaved on one batch."""

from __future__ import annotations

from collections.abc import Callable, Generator as Coroutine, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Generic, Self, TypeVar

from gamegen import __version__
from gamegen.briefs import proven_briefs
from gamegen.engine.api import Completion, Engine, Job
from gamegen.errors import GamegenError, InvalidContent, UsageError
from gamegen.hookspecs import CheckContext, Generator
from gamegen.library import Library
from gamegen.originality import Copies
from gamegen.originality_file import read_originals
from gamegen.plugins import Registry, load_registry
from gamegen.prompts import Prompts
from gamegen.records import CONTRACTS, JSON, Brief, Finding, Plan, Record, content_hash
from gamegen.schema import validate
from gamegen.writing import Written, write_record

if TYPE_CHECKING:
    from gamegen.project import Project
    from gamegen.world import World

Result = TypeVar("Result")
Writing = Coroutine[list[Job], list[tuple[Completion, ...]], Result]
"""Yields lists of jobs, is sent the completions of each, returns what was written."""

MAX_RECORD_ATTEMPTS = 3
"""How often a record whose checks fail is written again, each time with its attempt number one higher."""


@dataclass(frozen=True, slots=True)
class Progress:
    """What a progress callback is told after each step of the engine."""

    done: int
    """Records finished."""
    total: int
    texts: int
    """Requests answered."""


@dataclass(frozen=True, slots=True)
class Work(Generic[Result]):
    """One record to be written. id: the record's own, which its jobs name.

    start: attempt -> the coroutine that writes it. It returns the result, and the faults for which it is to be started
    again, with the next attempt.
    """

    id: str
    start: Callable[[int], Writing[tuple[Result, list[Finding]]]]


@dataclass(slots=True)
class _Task(Generic[Result]):
    """One record on its way: the coroutine that writes it, and the jobs it waits for."""

    work: Work[Result]
    attempt: int
    coroutine: Writing[tuple[Result, list[Finding]]]
    jobs: list[Job] = field(default_factory=list)
    results: dict[tuple[str, int], tuple[Completion, ...]] = field(default_factory=dict)


class Session:
    """A warm engine with the plugins of one project. Use it as a context manager; not thread-safe.

    model:      id in the cache or a model folder; None: the project's, else the default.
    provider:   cpu, cuda, dml or auto.
    batch_size: rows that decode together; None: as many as help and fit. Never changes a byte of the output.
    threads:    of the model's operators; never changes a byte, either.
    engine:     an engine of one's own (a fake in tests) instead of a model.
    generators: generators that win over registered ones of the same kind (for plugin authors' tests).
    memory:     bytes for keys and values (see `gamegen.engine.runtime.open_engine`); never changes a byte.
    candidates: of every text, in place of each kind's own number.
    Raises ModelUnavailable if the model or the provider is missing.
    """

    def __init__(
        self,
        model: str | Path | None = None,
        provider: str = "auto",
        batch_size: int | None = None,
        threads: int | None = None,
        project: Project | None = None,
        engine: Engine | None = None,
        generators: Sequence[Generator] = (),
        *,
        memory: int | None = None,
        candidates: int | None = None,
    ) -> None:
        self.project = project
        self.registry: Registry = load_registry(project)
        self._generators = {generator.kind: generator for generator in generators}
        folders = [g.templates for g in generators if g.templates is not None]
        self.library = Library()
        if engine is None:
            from gamegen.engine.runtime import open_engine

            wanted = model or (project.model if project is not None else None)
            engine = open_engine(wanted, provider=provider, batch_size=batch_size, threads=threads, memory=memory)
        self.engine = engine
        cards = self.registry.cards | {kind: names for each in generators for kind, names in each.cards.items()}
        self.prompts = Prompts([*self.registry.template_folders, *folders], form=engine.info.card_form, cards=cards)
        self.originals = read_originals(project.originality if project is not None else ())
        if engine.info.training is not None:
            self.originals |= engine.info.training
        self._candidates = candidates
        self._cancelled = False
        self._run: object = None
        """Names the run that owns the engine."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Free the engine. Calling it again does nothing."""
        self.engine.close()

    def cancel(self) -> None:
        """Stop the running stream after the engine's current step; finished records have been handed out."""
        self._cancelled = True

    def generator(self, kind: str) -> Generator:
        """The generator of this kind. Raises UsageError (GG001)."""
        return self._generators.get(kind) or self.registry.generator(kind)

    def stream(
        self,
        kind: str,
        *,
        world: World,
        count: int = 1,
        seed: int = 0,
        settings: Mapping[str, JSON] | None = None,
        briefs: Path | str | None = None,
        block: str | None = None,
        progress: Callable[[Progress], None] | None = None,
    ) -> Iterator[Record]:
        """The records in order, each as soon as it and those before it are finished.

        Raises UsageError before the first token if kind, count, a setting or a brief is wrong, InvalidContent if a
        record cannot be made to pass its checks.
        """
        generator = self.generator(kind)
        wanted = proven_briefs(generator, block or kind, count, settings or {}, briefs, world, seed)
        return self.ordered(wanted, world=world, seed=seed, progress=progress)

    def ordered(
        self,
        briefs: Sequence[Brief],
        *,
        world: World,
        seed: int,
        progress: Callable[[Progress], None] | None = None,
    ) -> Iterator[Record]:
        """The records of the briefs, in their order."""
        yield from in_order(self.run(briefs, world=world, seed=seed, progress=progress))

    def run(
        self,
        briefs: Sequence[Brief],
        *,
        world: World,
        seed: int,
        progress: Callable[[Progress], None] | None = None,
    ) -> Iterator[tuple[int, Record]]:
        """(position in `briefs`, record) in the order in which they become ready. See `work`."""
        return self.work([Work(brief.id, partial(self._write, brief, world, seed)) for brief in briefs], progress)

    def work(
        self, works: Sequence[Work[Result]], progress: Callable[[Progress], None] | None = None
    ) -> Iterator[tuple[int, Result]]:
        """(position in `works`, result) in the order in which they become ready. The ids are all different.

        One run at a time: a new one ends an older one that was left before its end (which then raises UsageError
        GG014 when it is asked for more). Whatever ends a run, no text that is under way is kept.
        """
        self._cancelled = False
        own = self._run = object()
        self.engine.cancel()
        try:
            for finished in self._steps(works, progress):
                yield from finished
                if self._run is not own:
                    raise UsageError.of(
                        "GG014", "this run was ended by a newer one of its session", "use a session for each"
                    )
        finally:
            if self._run is own:
                self.engine.cancel()

    def writing(
        self,
        generator: Generator,
        plan: Plan,
        attempt: int = 0,
        kept: Mapping[str, str] | None = None,
        apart: Iterable[str] = (),
    ) -> Writing[Written]:
        """The coroutine that writes a plan with the prompts of this session. See `gamegen.writing.write_record`."""
        return write_record(
            generator, plan, self.prompts, self.library, attempt, self._candidates, self.originals, kept, apart
        )

    def _steps(
        self, works: Sequence[Work[Result]], progress: Callable[[Progress], None] | None
    ) -> Iterator[list[tuple[int, Result]]]:
        """What each step of the engine finished, until all is done or the run is cancelled."""
        positions = {work.id: position for position, work in enumerate(works)}
        waiting = iter(works)
        tasks: dict[str, _Task[Result]] = {}
        done = texts = 0
        while not self._cancelled:
            finished: list[tuple[int, Result]] = []
            fault: GamegenError | None = None
            try:
                while self.engine.pending < self.engine.capacity and (work := next(waiting, None)) is not None:
                    task = tasks[work.id] = _Task(work, 0, work.start(0))
                    finished += self._advance(tasks, task, None, positions)
                for job, completions in self.engine.poll():
                    asked = tasks[job.record]
                    asked.results[job.key, job.attempt] = completions
                    texts += 1
                    if len(asked.results) == len(asked.jobs):
                        results = [asked.results[each.key, each.attempt] for each in asked.jobs]
                        finished += self._advance(tasks, asked, results, positions)
            except GamegenError as error:
                fault = error  # what this step has finished goes out first
            done += len(finished)
            if progress is not None:
                progress(Progress(done, len(works), texts))
            yield finished
            if fault is not None:
                raise fault
            if not tasks and done == len(works):
                return

    def _advance(
        self,
        tasks: dict[str, _Task[Result]],
        task: _Task[Result],
        results: list[tuple[Completion, ...]] | None,
        positions: Mapping[str, int],
    ) -> list[tuple[int, Result]]:
        """Feed the results to the record's coroutine: submit what it asks next, or finish the record."""
        while True:
            try:
                task.jobs = next(task.coroutine) if results is None else task.coroutine.send(results)
                task.results = {}
                for job in task.jobs:
                    self.engine.submit(job)
                if task.jobs:
                    return []
                results = []
            except StopIteration as stop:
                result, faults = stop.value
                if not faults:
                    del tasks[task.work.id]
                    return [(positions[task.work.id], result)]
                if task.attempt + 1 == MAX_RECORD_ATTEMPTS:
                    raise InvalidContent(faults) from None
                attempt = task.attempt + 1
                task = tasks[task.work.id] = _Task(task.work, attempt, task.work.start(attempt))
                results = None

    def _write(self, brief: Brief, world: World, seed: int, attempt: int) -> Writing[tuple[Record, list[Finding]]]:
        """Plan the record of a brief and write it."""
        generator = self.generator(brief.kind)
        plan = generator.plan(world, brief, seed)
        written = yield from self.writing(generator, plan, attempt)
        return self._finish(generator, brief, plan, attempt, written, world)

    def _finish(
        self, generator: Generator, brief: Brief, plan: Plan, attempt: int, written: Written, world: World
    ) -> tuple[Record, list[Finding]]:
        info = self.engine.info
        provenance = {
            "gamegen": __version__,
            "seed": plan.seed,
            "attempt": attempt,
            "brief": {
                "block": brief.block,
                "row": brief.row,
                "ordinal": brief.ordinal,
                "settings": dict(brief.settings),
            },
            "model": {"id": info.model, "sha256": info.sha256, "licence": info.licence},
            "schema": content_hash(generator.schema),
            "templates": dict(written.templates),
            "entries": dict(plan.entries),
            "contracts": {**CONTRACTS, "engine": info.contract},
            "texts": {key: dict(text) for key, text in written.texts.items()},
            "cost": {"candidates": written.candidates, "tokens": written.tokens},
        }
        data = {**written.document, "provenance": provenance, "review": {"state": "draft"}}
        return Record(data), check_record(
            data, generator.schema, self.registry, world, generator, originals=self.originals
        )


def in_order(results: Iterable[tuple[int, Result]]) -> Iterator[Result]:
    """The results of (position, result), each as soon as it and those before it are there."""
    early: dict[int, Result] = {}
    due = 0
    for position, result in results:
        early[position] = result
        while due in early:
            yield early.pop(due)
            due += 1


def check_record(
    data: Mapping[str, JSON],
    schema: Mapping[str, JSON],
    registry: Registry,
    world: World | None,
    generator: Generator | None = None,
    path: str = "",
    originals: Copies | None = None,
) -> list[Finding]:
    """Every error of one record: its schema, then every check of its kind that can run (world-less ones alone without
    a world). A record that breaks its schema is not checked further."""
    found = validate(data, schema, path)
    if found:
        return found
    context = CheckContext(world, world.text_context() if world is not None else None, schema, originals)
    checks = dict.fromkeys((*(generator.checks if generator else ()), *registry.checks_for(str(data["kind"]))))
    for check in checks:
        if world is not None or not check.needs_world:
            found.extend(finding for finding in check.run(data, context) if finding.severity == "error")
    return found


def generate(
    kind: str,
    *,
    world: World,
    count: int = 1,
    seed: int = 0,
    model: str | Path | None = None,
    provider: str = "auto",
    settings: Mapping[str, JSON] | None = None,
    briefs: Path | str | None = None,
) -> list[Record]:
    """Make records with a session of their own. See `Session.stream`."""
    with Session(model=model, provider=provider) as session:
        return list(session.stream(kind, world=world, count=count, seed=seed, settings=settings, briefs=briefs))


def export(
    records: Iterable[Record | Mapping[str, JSON]],
    format: str,
    out: Path | str,
    options: Mapping[str, JSON] | None = None,
    project: Project | None = None,
) -> list[Path]:
    """Render the records and write the files below `out`; returns their paths. See `gamegen.exporting`.

    Raises InvalidContent naming the records that fail a proof, when all others are written.
    """
    from gamegen.exporting import export_records

    exported = export_records(records, format, Path(out), options or {}, load_registry(project))
    if exported.refused:
        raise InvalidContent(exported.refused)
    return exported.files
