"""Opens an engine: a model of the cache, an execution provider, and the scheduler over them.

    with closing(open_engine()) as engine:
        for job, completions in engine.stream(jobs): ...

Memory at the defaults: keys and values at most 1.3 GB (`scheduler.MEMORY`), and only as much of it as texts are long.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from importlib import metadata
from pathlib import Path
from typing import get_args

from gamegen.engine.api import BATCH_SIZE, Completion, EngineInfo, Job, Score
from gamegen.engine.grammar import Grammars
from gamegen.engine.manifest import CACHE8_RUNTIME, ModelFolder, read_folder, verify_folder
from gamegen.engine.models import DEFAULT_ID, find_model
from gamegen.engine.opening import PROVIDERS, Device, UnfitGraph, open_session
from gamegen.engine.scheduler import CAPACITY, MEMORY, Scheduler, rows_that_fit
from gamegen.engine.session import KVSession
from gamegen.errors import GamegenError, ModelUnavailable, UsageError

ENGINE_CONTRACT = 2
"""Goes up with every change that gives other bytes for the same job: tokenizing, cuts, sampling, grammar."""

PACKAGES: dict[str, tuple[Device, str]] = {
    "onnxruntime": ("cpu", "cpu"),
    "onnxruntime-gpu": ("cuda", "cuda"),
    "onnxruntime-directml": ("dml", "directml"),
}
"""Distribution -> the provider that it is installed for, and the extra that brings it."""

_SLOW = "the model '{}' has an architecture that is not rewritten: it runs on the exported graph, slower"
_EXTRAS: dict[str, str] = dict(PACKAGES.values())


class OnnxEngine:
    """The Engine of `gamegen.engine.api` on ONNX Runtime."""

    def __init__(self, info: EngineInfo, scheduler: Scheduler, notice: str = "") -> None:
        self.info = info
        self.notice = notice
        """One line that a person should read before a long run, or nothing."""
        self._scheduler = scheduler
        self._failure: GamegenError | None = None

    @property
    def pending(self) -> int:
        return self._scheduler.pending

    @property
    def capacity(self) -> int:
        return 2 * self._scheduler.batch_size

    def submit(self, job: Job) -> None:
        self._scheduler.submit(job)

    def poll(self) -> list[tuple[Job, tuple[Completion, ...]]]:
        """Run until at least one job is done; return the finished ones.

        Raises ModelUnavailable GG860 (NaN logits), GG861 (the provider failed) or GG862 (memory). What was finished
        before is returned first, and the error comes with the next call; of the other jobs nothing is kept.
        """
        if self._failure is not None:
            failure, self._failure = self._failure, None
            raise failure
        try:
            return self._scheduler.poll()
        except GamegenError as error:
            failure = error
        except Exception as error:  # ONNX Runtime's own exceptions share no base
            failure = _failed(self.info.provider, self._scheduler.session, error)
        done = self._scheduler.take_done()
        self._scheduler.cancel()
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
            return self._scheduler.score(pairs)
        except GamegenError:
            raise
        except Exception as error:  # ONNX Runtime's own exceptions share no base
            raise _failed(self.info.provider, self._scheduler.session, error) from error

    def cancel(self) -> None:
        """Drop every job that is not done; nothing of them is ever returned."""
        self._failure = None  # of jobs that nobody waits for any more
        if "_scheduler" in self.__dict__:
            self._scheduler.cancel()

    @property
    def session(self) -> KVSession:
        """The graph and its caches. Only while no job is under way may it be driven beside the engine."""
        return self._scheduler.session

    @property
    def seconds(self) -> dict[str, float]:
        """Seconds spent so far in the model's session, the grammar and the sampling."""
        times = self._scheduler.times
        return {"model": self._scheduler.session.seconds, "grammar": times.grammar, "sampling": times.sampling}

    def count_tokens(self, text: str) -> int:
        return len(self._scheduler.encode(text))

    def close(self) -> None:
        """Give the memory back. The engine cannot be used any more; closing twice is allowed."""
        self.__dict__.pop("_scheduler", None)


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
    batch_size:   rows that decode together at most; None: 64, or as many as fit.
    threads:      of one operator, None = one per core.
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
    session, device = _start(folder, wanted, threads, memory)
    scheduler = _scheduler(
        folder,
        session,
        batch_size=batch_size or BATCH_SIZE,
        context=min(context or 1 << 30, folder.manifest.context_length),
        memory=memory or MEMORY,
        prefix_cache=prefix_cache,
    )
    _check_memory(scheduler, batch_size)
    return OnnxEngine(
        EngineInfo(
            model=folder.id,
            sha256=folder.sha256,
            provider=device,
            contract=ENGINE_CONTRACT,
            licence=folder.manifest.licence,
            prompt_form=folder.manifest.prompt_form,
        ),
        scheduler,
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


def _scheduler(
    folder: ModelFolder, session: KVSession, *, batch_size: int, context: int, memory: int, prefix_cache: bool
) -> Scheduler:
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
    return Scheduler(
        session,
        grammars,
        encode,
        batch_size=batch_size,
        context=context,
        prefix=manifest.prefix,
        memory=memory,
        prefix_cache=prefix_cache,
    )


def _check_memory(scheduler: Scheduler, asked: int | None) -> None:
    """Raise GG862 where the memory does not hold the rows that were asked for, or not one."""
    capacity = min(CAPACITY, scheduler.context)
    fitting = rows_that_fit(scheduler.session, scheduler.memory, capacity)
    if fitting < (asked or 1):
        row = capacity * scheduler.session.bytes_per_token * scheduler.session.overhead
        raise ModelUnavailable.of(
            "GG862",
            f"{asked or 1} rows of {capacity} tokens need {(asked or 1) * row / 1e9:.2f} GB of keys and values,"
            f" there are {scheduler.memory / 1e9:.2f} GB for them",
            f"a batch size of {fitting} fits; or raise the memory" if fitting > 0 else "raise the memory",
        )


def _failed(provider: str, session: KVSession, error: Exception) -> GamegenError:
    if isinstance(error, MemoryError) or "allocate memory" in str(error):  # ONNX Runtime says so
        need = (session.rows + 1) * session.capacity * session.bytes_per_token * session.overhead
        failure = ModelUnavailable.of(
            "GG862",
            f"the system gave no memory for {session.rows} rows of {session.capacity} tokens ({need / 1e9:.2f} GB)",
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
