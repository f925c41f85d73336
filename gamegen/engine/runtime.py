"""Opens an engine: a model of the cache, an execution provider, and the scheduler over them.

    with closing(open_engine()) as engine:
        for job, completions in engine.stream(jobs): ...

Memory at the defaults: keys and values at most 1.3 GB (`MEMORY`), and only as much of it as texts are long.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from importlib import metadata
from pathlib import Path
from typing import get_args

from gamegen.engine.api import BATCH_SIZE, Completion, EngineInfo, Job, Score
from gamegen.engine.grammar import Grammars
from gamegen.engine.manifest import CACHE8_RUNTIME, ModelFolder, read_folder, verify_folder
from gamegen.engine.models import DEFAULT_ID, find_model
from gamegen.engine.opening import PROVIDERS, Device, UnfitGraph, open_session
from gamegen.engine.prefix import PAGE, PrefixTree
from gamegen.engine.scheduler import CAPACITY, Scheduler, rows_that_fit
from gamegen.engine.session import KVSession
from gamegen.engine.tasks import Tasks
from gamegen.engine.workers import Workers
from gamegen.errors import GamegenError, ModelUnavailable, UsageError

ENGINE_CONTRACT = 3
"""Goes up with every change that gives other bytes for the same job: tokenizing, cuts, sampling, grammar."""

PACKAGES: dict[str, tuple[Device, str]] = {
    "onnxruntime": ("cpu", "cpu"),
    "onnxruntime-gpu": ("cuda", "cuda"),
    "onnxruntime-directml": ("dml", "directml"),
}
"""Distribution -> the provider that it is installed for, and the extra that brings it."""

MEMORY = 1_300_000_000
"""Bytes for keys and values. Where jobs are long or the model is large, fewer rows run at once."""
PREFIX_SHARE = 4
"""One part in so many of the memory holds the pages of shared prefixes."""
MOST_PAGES = 1024
WORKERS = 2
"""Threads that run steps of their own on CPU, where there are so many cores (docs/engine.md has the figures)."""

_SLOW = "the model '{}' has an architecture that is not rewritten: it runs on the exported graph, slower"
_EXTRAS: dict[str, str] = dict(PACKAGES.values())


class OnnxEngine:
    """The Engine of `gamegen.engine.api` on ONNX Runtime."""

    def __init__(self, info: EngineInfo, schedulers: Sequence[Scheduler], notice: str = "") -> None:
        self.info = info
        self.notice = notice
        """One line that a person should read before a long run, or nothing."""
        self.schedulers = tuple(schedulers)
        self._runner: Scheduler | Workers = Workers(schedulers) if len(schedulers) > 1 else schedulers[0]
        self._failure: GamegenError | None = None

    @property
    def pending(self) -> int:
        return self._runner.pending

    @property
    def capacity(self) -> int:
        return 2 * sum(scheduler.batch_size for scheduler in self.schedulers)

    def submit(self, job: Job) -> None:
        self._runner.submit(job)

    def poll(self) -> list[tuple[Job, tuple[Completion, ...]]]:
        """Run until at least one job is done; return the finished ones.

        Raises ModelUnavailable GG860 (NaN logits), GG861 (the provider failed) or GG862 (memory). What was finished
        before is returned first, and the error comes with the next call; of the other jobs nothing is kept.
        """
        if self._failure is not None:
            failure, self._failure = self._failure, None
            raise failure
        try:
            return self._runner.poll()
        except GamegenError as error:
            failure = error
        except Exception as error:  # ONNX Runtime's own exceptions share no base
            failure = _failed(self.info.provider, self.sessions, error)
        done = self._runner.take_done()
        self._runner.cancel()
        if not done:
            raise failure
        self._failure = failure
        return done

    def stream(self, jobs: Iterable[Job]) -> Iterator[tuple[Job, tuple[Completion, ...]]]:
        """Finished jobs as they come, taken from an iterable only as fast as rows get free: constant memory.

        Jobs that are under way when the iterator is closed are dropped.
        """
        waiting = iter(jobs)
        try:
            while True:
                while self.pending < self.capacity and (job := next(waiting, None)) is not None:
                    self.submit(job)
                done = self.poll()
                if not done and not self.pending:
                    return
                yield from done
        finally:
            self.cancel()

    def score(self, pairs: Sequence[tuple[str, str]]) -> list[Score]:
        """How probable each continuation is under its prompt, for pairs (prompt, continuation).

        Raises ModelUnavailable: GG850 (does not fit the context), GG860, GG861, GG862 as `poll`.
        """
        try:
            return self._runner.score(pairs)
        except GamegenError:
            raise
        except Exception as error:  # ONNX Runtime's own exceptions share no base
            raise _failed(self.info.provider, self.sessions, error) from error

    def cancel(self) -> None:
        """Drop every job that is not done; nothing of them is ever returned."""
        self._failure = None  # of jobs that nobody waits for any more
        if self.schedulers:
            self._runner.cancel()

    @property
    def sessions(self) -> tuple[KVSession, ...]:
        """The graph with the rows of each worker. Only while no job is under way may they be driven beside the engine,
        each by one thread."""
        return tuple(scheduler.session for scheduler in self.schedulers)

    @property
    def seconds(self) -> dict[str, float]:
        """Seconds that a worker spent so far, on average, in the model's session, the grammar and the sampling."""
        times = [scheduler.times for scheduler in self.schedulers]
        spent = {
            "model": [session.seconds for session in self.sessions],
            "grammar": [each.grammar for each in times],
            "sampling": [each.sampling for each in times],
        }
        return {name: sum(each) / len(each) for name, each in spent.items()}

    def count_tokens(self, text: str) -> int:
        return len(self.schedulers[0].tasks.encode(text))

    def close(self) -> None:
        """Give the memory back. The engine cannot be used any more; closing twice is allowed."""
        if self.schedulers:
            if isinstance(self._runner, Workers):
                self._runner.close()
            self.schedulers = ()
            del self._runner


def open_engine(
    model: str | Path | None = None,
    provider: str = "auto",
    batch_size: int | None = None,
    threads: int | None = None,
    context: int | None = None,
    memory: int | None = None,
    prefix_cache: bool = True,
) -> OnnxEngine:
    """Open a model of the cache (None: the default one) or a model folder.

    provider:     cpu, cuda, dml, or auto (the first of cuda, dml, cpu that works here; `info.provider` says which).
    batch_size:   rows that decode together at most; None: 96, or as many as fit.
    threads:      that compute at the same time, None = one per core. From two on, and with 8 rows or more, two workers
                  share the rows on CPU.
    context:      tokens that one row may hold at most; None: what the model holds.
    memory:       bytes for keys and values, the pages of shared prompts included; None: 1.3 GB. On CUDA also what
                  ONNX Runtime may take beside them.
    prefix_cache: whether the beginnings that prompts share are kept.

    None of them changes a byte of any completion, but for the provider.

    Raises ModelUnavailable (GG801, GG802 model; GG853 provider missing, GG854 two ONNX Runtimes, GG855 none,
    GG856 the graph cannot be loaded, GG858 the tokenizer does not fit the graph, GG862 memory too small for the batch)
    and UsageError GG005.
    """
    if provider != "auto" and provider not in get_args(Device):
        raise UsageError.of("GG005", f"the provider is cpu, cuda, dml or auto, found {provider!r}")
    limits = (("batch size", batch_size), ("number of threads", threads), ("context", context), ("memory", memory))
    for name, value in limits:
        if value is not None and value < 1:
            raise UsageError.of("GG005", f"the {name} is at least 1, found {value}")
    wanted = [device for device in available_devices() if provider in ("auto", device)]
    if not wanted:
        raise _missing(provider, "is not installed")
    folder = _find(model)
    count = _workers(wanted, threads, batch_size)
    session, device = _start(folder, wanted, _operator_threads(threads, count), memory)
    schedulers = _schedulers(
        session,
        _tasks(folder, session, min(context or 1 << 30, folder.manifest.context_length)),
        count if device == "cpu" else 1,
        batch_size=batch_size or BATCH_SIZE,
        memory=memory or MEMORY,
        prefix_cache=prefix_cache,
    )
    _check_memory(schedulers, batch_size)
    return OnnxEngine(
        EngineInfo(
            model=folder.id,
            sha256=folder.sha256,
            provider=device,
            contract=ENGINE_CONTRACT,
            licence=folder.manifest.licence,
            card_form=folder.manifest.card_form,
            training=folder.training_lines(),
        ),
        schedulers,
        notice=_SLOW.format(folder.id) if folder.manifest.graph == "plain" else "",
    )


def available_devices() -> list[Device]:
    """The devices that the installed ONNX Runtime knows, best first.

    Raises ModelUnavailable GG855 where none is installed, GG854 where two are: they overwrite each other's files.
    """
    installed = [package for package in PACKAGES if _is_installed(package)]
    if not installed:
        raise ModelUnavailable.of(
            "GG855",
            "no ONNX Runtime is installed",
            'run `pip install "gamegen[cpu]"` (or the extra cuda or directml, one of the three)',
        )
    if len(installed) > 1:
        raise ModelUnavailable.of(
            "GG854",
            f"two ONNX Runtimes are installed and overwrite each other: {', '.join(installed)}",
            f"run `pip uninstall {' '.join(installed)}`, then install one extra: "
            + " or ".join(f"gamegen[{PACKAGES[package][1]}]" for package in installed),
        )
    import onnxruntime

    onnxruntime.set_default_logger_severity(4)
    known = onnxruntime.get_available_providers()
    order: tuple[Device, ...] = ("cuda", "dml", "cpu")
    return [device for device in order if PROVIDERS[device] in known]


def _is_installed(package: str) -> bool:
    try:
        metadata.version(package)
    except metadata.PackageNotFoundError:
        return False
    return True


def _missing(device: str, problem: str) -> Exception:
    return ModelUnavailable.of(
        "GG853",
        f"the execution provider {device!r} {problem}",
        f'install it with `pip install "gamegen[{_EXTRAS[device]}]"` in place of the other ONNX Runtime,'
        " or use --provider cpu",
    )


def _find(model: str | Path | None) -> ModelFolder:
    if isinstance(model, Path) or (model is not None and Path(model, "manifest.json").is_file()):
        folder = read_folder(Path(model))
        verify_folder(folder)
        return folder
    return find_model(model or DEFAULT_ID)


def _graph(folder: ModelFolder, device: Device) -> Path:
    """The graph for a device: on CPU the one with keys and values in 8 bits, where this ONNX Runtime knows it."""
    import onnxruntime

    version = tuple(int(part) for part in onnxruntime.__version__.split(".")[:2])
    if device == "cpu" and folder.onnx_cache8 is not None and version >= CACHE8_RUNTIME:
        return folder.onnx_cache8
    return folder.onnx


def _start(
    folder: ModelFolder, devices: list[Device], threads: int | None, memory: int | None
) -> tuple[KVSession, Device]:
    """The graph on the first device that takes it."""
    problem: Exception | None = None
    for device in devices:
        try:
            session = open_session(_graph(folder, device), folder.manifest.graph, device, threads, memory)
        except Exception as error:  # ONNX Runtime's own exceptions share no base
            problem = error
            continue
        if PROVIDERS[device] in session.providers:
            return session, device
    if devices and devices[-1] != "cpu" and not isinstance(problem, UnfitGraph):
        raise _missing(devices[-1], "is installed, but cannot be used on this machine") from problem
    raise ModelUnavailable.of(
        "GG856",
        f"ONNX Runtime cannot load the model: {_reason(problem)}",
        f"make it again with `gamegen model add {folder.id}`",
        path=str(folder.onnx),
    ) from problem


def _cores() -> int:
    """Processors that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1


def _workers(devices: Sequence[Device], threads: int | None, batch_size: int | None) -> int:
    return WORKERS if devices[0] == "cpu" and (threads or _cores()) > 1 and (batch_size or BATCH_SIZE) >= 2 else 1


def _operator_threads(threads: int | None, workers: int) -> int | None:
    """Threads of one operator: each worker brings its own, the others they share. None: as ONNX Runtime chooses."""
    if threads is None and _cores() > WORKERS:
        return None  # it knows physical cores from logical ones
    return max(1, (threads or _cores()) - workers + 1)


def _schedulers(
    session: KVSession, tasks: Tasks, workers: int, *, batch_size: int, memory: int, prefix_cache: bool
) -> list[Scheduler]:
    """One scheduler for each worker; together they have the rows and the memory."""
    token = session.bytes_per_token
    session.reserve_pages(min(MOST_PAGES, memory // PREFIX_SHARE // (token * PAGE)) if prefix_cache else 0, PAGE)
    tree = PrefixTree(session.pages)
    left = memory - session.pages * PAGE * token
    fitting = rows_that_fit(session, left // workers, min(CAPACITY, tasks.context))
    if workers > 1 and fitting < 1:
        workers = 1
    return [
        Scheduler(
            session if number == 0 else session.sibling(),
            tasks,
            tree,
            batch_size=(batch_size + number) // workers,
            memory=left // workers,
        )
        for number in range(workers)
    ]


def _tasks(folder: ModelFolder, session: KVSession, context: int) -> Tasks:
    from tokenizers import Tokenizer

    try:
        text = folder.tokenizer.read_text(encoding="utf-8")
        tokenizer = Tokenizer.from_str(text)
    except Exception as error:  # the library's own exceptions share no base
        raise _unfit_tokenizer(folder, f"it cannot be read ({_reason(error)})") from error
    manifest = folder.manifest
    tokens = max(tokenizer.get_vocab().values(), default=-1) + 1  # ids may have gaps
    if tokens > session.vocabulary:
        raise _unfit_tokenizer(folder, f"it has {tokens} tokens, the graph has logits for {session.vocabulary}")
    if outside := [index for index in (*manifest.eos, *manifest.prefix) if not 0 <= index < session.vocabulary]:
        raise _unfit_tokenizer(folder, f"the token {outside[0]} of the manifest has no logits")

    def encode(part: str) -> list[int]:
        return list(tokenizer.encode(part, add_special_tokens=False).ids)

    try:
        grammars = Grammars(text, session.vocabulary, manifest.eos, encode)
    except ValueError as error:  # UnknownTokenizer, or the grammar library's own
        raise _unfit_tokenizer(folder, str(error)) from error
    return Tasks(grammars, encode, context=context, prefix=manifest.prefix)


def _check_memory(schedulers: Sequence[Scheduler], asked: int | None) -> None:
    """Raise GG862 where the memory does not hold the rows that were asked for, or not one."""
    session, memory = schedulers[0].session, sum(scheduler.memory for scheduler in schedulers)
    capacity = min(CAPACITY, schedulers[0].tasks.context)
    fitting = sum(max(0, rows_that_fit(session, scheduler.memory, capacity)) for scheduler in schedulers)
    if fitting < (asked or 1):
        row = capacity * session.bytes_per_token * session.overhead
        raise ModelUnavailable.of(
            "GG862",
            f"{asked or 1} rows of {capacity} tokens need {(asked or 1) * row / 1e9:.2f} GB of keys and values,"
            f" there are {memory / 1e9:.2f} GB for them",
            f"a batch size of {fitting} fits; or raise the memory" if fitting > 0 else "raise the memory",
        )


def _failed(provider: str, sessions: Sequence[KVSession], error: Exception) -> GamegenError:
    if isinstance(error, MemoryError) or "allocate memory" in str(error):  # ONNX Runtime says so
        rows, capacity = sum(each.rows for each in sessions), max(each.capacity for each in sessions)
        need = sum((each.rows + 1) * each.capacity * each.bytes_per_token * each.overhead for each in sessions)
        failure = ModelUnavailable.of(
            "GG862",
            f"the system gave no memory for {rows} rows of {capacity} tokens ({need / 1e9:.2f} GB)",
            "choose a smaller batch size, or close other programs",
        )
    else:
        failure = ModelUnavailable.of(
            "GG861",
            f"the execution provider {provider!r} failed while it ran: {_reason(error)}",
            "what was finished is kept; run the same command again to go on, or with --provider cpu",
        )
    failure.__cause__ = error
    return failure


def _unfit_tokenizer(folder: ModelFolder, problem: str) -> GamegenError:
    return ModelUnavailable.of(
        "GG858",
        f"the tokenizer does not fit the model: {problem}",
        f"make it again with `gamegen model add {folder.id}`",
        path=str(folder.tokenizer),
    )


def _reason(error: BaseException | None) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
