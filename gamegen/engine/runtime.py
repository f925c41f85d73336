"""Opens an engine: a model of the cache, an execution provider, and the scheduler over them.

    with closing(open_engine()) as engine:
        engine.submit(Job(...))
        while engine.pending:
            for job, completions in engine.poll(): ...

Memory at the defaults: keys and values at most 1.3 GB (`scheduler.MEMORY`), and only as much of it as texts are long.
"""

from __future__ import annotations

from importlib import metadata
from pathlib import Path
from typing import get_args

from gamegen.engine.api import BATCH_SIZE, Completion, EngineInfo, Job
from gamegen.engine.grammar import Grammars
from gamegen.engine.manifest import ModelFolder, read_folder, verify_folder
from gamegen.engine.models import DEFAULT_ID, find_model
from gamegen.engine.scheduler import Scheduler
from gamegen.engine.session import PADDED, Device, KVSession, open_session
from gamegen.errors import ModelUnavailable, UsageError

ENGINE_CONTRACT = 1
"""Goes up with every change that gives other bytes for the same job: tokenizing, cuts, sampling, grammar."""

PACKAGES: dict[str, tuple[Device, str]] = {
    "onnxruntime": ("cpu", "cpu"),
    "onnxruntime-gpu": ("cuda", "cuda"),
    "onnxruntime-directml": ("dml", "directml"),
}
"""Distribution -> the provider that it is installed for, and the extra that brings it."""

_PROVIDERS: dict[Device, str] = {
    "cpu": "CPUExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "dml": "DmlExecutionProvider",
}
_SLOW = "the model '{}' has an architecture that is not rewritten: it runs on the exported graph, slower"
_EXTRAS: dict[str, str] = dict(PACKAGES.values())


class OnnxEngine:
    """The Engine of `gamegen.engine.api` on ONNX Runtime."""

    def __init__(self, info: EngineInfo, scheduler: Scheduler, notice: str = "") -> None:
        self.info = info
        self.notice = notice
        """One line that a person should read before a long run, or nothing."""
        self._scheduler = scheduler

    @property
    def pending(self) -> int:
        return self._scheduler.pending

    @property
    def capacity(self) -> int:
        return 2 * self._scheduler.batch_size

    def submit(self, job: Job) -> None:
        self._scheduler.submit(job)

    def poll(self) -> list[tuple[Job, tuple[Completion, ...]]]:
        return self._scheduler.poll()

    def count_tokens(self, text: str) -> int:
        return len(self._scheduler.encode(text))

    def close(self) -> None:
        """Give the memory back. The engine cannot be used any more; closing twice is allowed."""
        self.__dict__.pop("_scheduler", None)


def open_engine(
    model: str | Path | None = None,
    provider: str = "auto",
    batch_size: int = BATCH_SIZE,
    threads: int | None = None,
    context: int | None = None,
) -> OnnxEngine:
    """Open a model of the cache (None: the default one) or a model folder.

    provider:   cpu, cuda, dml, or auto (the first of cuda, dml, cpu that works here; `info.provider` says which).
    batch_size: rows that decode together at most; threads: of one operator, None = one per core.
    context:    tokens that one row may hold at most; None: what the model holds, less the padding.

    Neither batch_size nor threads nor context changes a byte of any completion.

    Raises ModelUnavailable (GG801, GG802 model; GG853 provider missing, GG854 two ONNX Runtimes, GG855 none,
    GG856 the graph cannot be loaded) and UsageError GG005.
    """
    if provider != "auto" and provider not in get_args(Device):
        raise UsageError.of("GG005", f"the provider is cpu, cuda, dml or auto, found {provider!r}")
    for name, value in (("batch size", batch_size), ("number of threads", threads), ("context", context)):
        if value is not None and value < 1:
            raise UsageError.of("GG005", f"the {name} is at least 1, found {value}")
    wanted = [device for device in available_devices() if provider in ("auto", device)]
    if not wanted:
        raise _missing(provider, "is not installed")
    folder = _find(model)
    session, device = _start(folder, wanted, threads)
    return OnnxEngine(
        EngineInfo(
            model=folder.id,
            sha256=folder.sha256,
            provider=device,
            contract=ENGINE_CONTRACT,
            licence=folder.manifest.licence,
            prompt_form=folder.manifest.prompt_form,
        ),
        _scheduler(folder, session, batch_size, min(context or 1 << 30, folder.manifest.context_length - PADDED.stop)),
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
    return [device for device in order if _PROVIDERS[device] in known]


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


def _start(folder: ModelFolder, devices: list[Device], threads: int | None) -> tuple[KVSession, Device]:
    """The graph on the first device that takes it."""
    problem: Exception | None = None
    for device in devices:
        try:
            session = open_session(folder.onnx, folder.manifest.graph, device, threads)
        except Exception as error:  # ONNX Runtime's own exceptions share no base
            problem = error
            continue
        if _PROVIDERS[device] in session.providers:
            return session, device
    if devices and devices[-1] != "cpu":
        raise _missing(devices[-1], "is installed, but cannot be used on this machine") from problem
    reason = str(problem).strip().split("\n")[0][:300]
    raise ModelUnavailable.of(
        "GG856",
        f"ONNX Runtime cannot load the model: {reason}",
        f"make it again with `gamegen model add {folder.id}`",
        path=str(folder.onnx),
    ) from problem


def _scheduler(folder: ModelFolder, session: KVSession, batch_size: int, context: int) -> Scheduler:
    from tokenizers import Tokenizer

    text = folder.tokenizer.read_text(encoding="utf-8")
    tokenizer = Tokenizer.from_str(text)

    def encode(part: str) -> list[int]:
        return list(tokenizer.encode(part, add_special_tokens=False).ids)

    manifest = folder.manifest
    grammars = Grammars(text, session.vocabulary, manifest.eos, encode)
    return Scheduler(session, grammars, encode, batch_size=batch_size, context=context, prefix=manifest.prefix)
