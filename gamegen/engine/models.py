"""The cache of models: one folder each, made whole or not at all, and proven by hash whenever it is opened.

The cache is `models/` in the user's cache directory of gamegen, or in the folder that GAMEGEN_CACHE names.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from gamegen.cards import CardForm
from gamegen.engine import sources
from gamegen.engine.manifest import (
    DEFAULT_ID,
    MANIFEST,
    PLAIN_ID,
    ModelFolder,
    Precision,
    read_folder,
    verify_folder,
)
from gamegen.engine.sources import Origin
from gamegen.errors import HostFailed, ModelUnavailable, UsageError
from gamegen.naming import nearest

if TYPE_CHECKING:
    from gamegen.engine.preparation import Progress

__all__ = [
    "DEFAULT_ID",
    "PLAIN_ID",
    "ModelFolder",
    "add_model",
    "cache_folder",
    "check_name",
    "find_model",
    "list_models",
    "pack_model",
]

_ID = re.compile(r"[a-z0-9][a-z0-9._-]*")
_LOCK_SECONDS = 1800


def cache_folder() -> Path:
    """Where models are kept; the folder need not exist."""
    if root := os.environ.get("GAMEGEN_CACHE"):
        return Path(root) / "models"
    import platformdirs

    return Path(platformdirs.user_cache_dir("gamegen", appauthor=False)) / "models"


def check_name(model: str) -> None:
    """Raise UsageError GG809 for what cannot name a model of the cache."""
    if not _ID.fullmatch(model):
        raise UsageError.of(
            "GG809", f"'{model}' cannot name a model", "use lower case letters, digits, dots, dashes and underscores"
        )


def find_model(model: str = DEFAULT_ID) -> ModelFolder:
    """A model of the cache, every file hashed. Raises ModelUnavailable GG801 (not there) or GG802 (damaged)."""
    folder = cache_folder() / model
    if not _ID.fullmatch(model) or not folder.is_dir():
        known = [found.id for found in list_models()]
        if model == DEFAULT_ID:
            hint = "run `gamegen model add`"
        elif model == PLAIN_ID:
            hint = "run `gamegen model add --plain`"
        elif sources.HUB_ID.fullmatch(model):
            hint = f"run `gamegen model add {model}`, then use the id that it prints"
        else:
            near = nearest(model, known)
            there = f"did you mean '{near}'" if near else f"there are: {', '.join(known) or 'none'}"
            hint = f"{there}; `gamegen model add SOURCE` adds a model"
        raise ModelUnavailable.of("GG801", f"the model '{model}' is not in the cache", hint)
    found = read_folder(folder)
    verify_folder(found)
    return found


def list_models() -> list[ModelFolder]:
    """The models of the cache by id, as their manifests describe them (files are not hashed, damaged ones left out)."""
    root = cache_folder()
    found = []
    if root.is_dir():
        for folder in sorted(root.iterdir()):
            if folder.is_dir() and _ID.fullmatch(folder.name):
                with contextlib.suppress(ModelUnavailable):
                    found.append(read_folder(folder))
    return found


def card_form(model: str | None = None) -> CardForm | None:
    """How the model is asked, as its manifest says; of the default model, if it is not made yet, as its adapter says.

    Reads no weights, and is None for a model that is not there: for estimates, not for generation.
    """
    try:
        return read_folder(cache_folder() / (model or DEFAULT_ID)).manifest.card_form
    except ModelUnavailable:
        from gamegen.engine.adapter import read_form

        return read_form(sources.SHIPPED_ADAPTER) if model in (None, DEFAULT_ID) else None


def add_model(
    source: str | Path | None = None,
    precision: Precision | None = None,
    progress: Progress | None = None,
    force: bool = False,
    name: str | None = None,
    adapter: Path | None = None,
) -> ModelFolder:
    """Obtain, export, rewrite, verify and store a model; one that is there already, whole and the same, is kept.

    source:    None (the default model, tuned), `PLAIN_ID` (the same without its adapter), a Hugging Face id (with
               @commit if wanted), a transformers folder, a .gguf file, an exported ONNX folder, or a pack.
    precision: "fp32", "fp16", "int8", "int4", or None: 8 bits where they prove close enough to float32.
    progress:  called with stage, done, total; stages are obtain, load, export, verify, rewrite, quantize, store.
    force:     make it again even if it is there.
    name:      id in the cache, if not the source's own.
    adapter:   folder of a LoRA adapter (`gamegen.engine.adapter`) that is merged into the weights before the export.

    Raises ModelUnavailable (GG803 to GG808, GG876, GG877), UsageError GG809 for an impossible name, HostFailed for
    disk and lock.
    """
    from gamegen.engine.building import build

    report: Progress = progress or (lambda stage, done, total: None)
    origin = sources.recognise(source)
    if adapter is not None:
        origin = replace(origin, adapter=adapter)
    model = name or origin.id
    check_name(model)
    root = cache_folder()
    try:
        root.mkdir(parents=True, exist_ok=True)
        with _lock(root / f".{model}.lock"):
            if not force and (present := _present(root / model, origin, precision)):
                return present
            for left in root.glob(f".{model}.part-*"):  # an interrupted run's
                shutil.rmtree(left, ignore_errors=True)
            part = Path(tempfile.mkdtemp(prefix=f".{model}.part-", dir=root))
            try:
                made = part / "model"
                made.mkdir()
                build(origin, model, made, part, precision, report)
                report("store", 0, 1)
                _replace(made, root / model, part / "old")
                report("store", 1, 1)
            finally:
                shutil.rmtree(part, ignore_errors=True)
        return read_folder(root / model)
    except OSError as error:
        raise HostFailed.of(
            "GG008",
            f"the model cache cannot be written ({error.strerror or error})",
            "free some disk space, or name another folder in GAMEGEN_CACHE",
            path=str(root),
        ) from error


def pack_model(model: str, file: Path) -> Path:
    """Write the model as one zip file, which `add_model` takes on another machine. Returns the file."""
    found = find_model(model)
    part = file.with_name(f".{file.name}.part")
    try:
        with zipfile.ZipFile(part, "w", zipfile.ZIP_STORED) as pack:
            for member in (MANIFEST, *sorted(found.manifest.files)):
                pack.write(found.path / member, member)
        part.replace(file)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise HostFailed.of(
            "GG008", f"the pack cannot be written ({error.strerror or error})", "choose another place", path=str(file)
        ) from error
    return file


def _present(folder: Path, origin: Origin, precision: Precision | None) -> ModelFolder | None:
    """The cached model, if it is whole and what would be made now."""
    try:
        found = read_folder(folder)
        verify_folder(found)
    except ModelUnavailable:
        return None
    manifest = found.manifest
    if origin.kind != "default" or manifest.source.kind != "default" or manifest.source.ref != origin.ref:
        return None  # what stands at a path may have changed: make it again
    from gamegen.engine.adapter import weights_sha256

    wanted = weights_sha256(origin.adapter) if origin.adapter is not None else None
    if manifest.tuned.get("adapter") != wanted:
        return None
    return found if precision in (None, manifest.precision) else None


@contextlib.contextmanager
def _lock(path: Path) -> Iterator[None]:
    """One writer per model, in all processes."""
    from filelock import FileLock, Timeout

    try:
        with FileLock(path, timeout=_LOCK_SECONDS):
            yield
    except Timeout:
        raise HostFailed.of(
            "GG009",
            "another gamegen has been making this model for half an hour",
            "wait for it, or end it",
            path=str(path),
        ) from None


def _replace(made: Path, folder: Path, aside: Path) -> None:
    """Put the made folder in place of the old one; what stands there at any moment is whole or missing."""
    if folder.exists():
        folder.rename(aside)
    made.rename(folder)
