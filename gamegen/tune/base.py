"""The base of a tuning: weights that torch can train, from the same sources as `gamegen model add` takes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gamegen.engine import export, sources
from gamegen.engine.manifest import DEFAULT_ID, PLAIN_ID, Manifest, file_entry
from gamegen.engine.models import list_models
from gamegen.errors import GamegenError, ModelUnavailable
from gamegen.naming import nearest

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Base:
    """name: id for messages and the adapter's facts. sha256: of the weights' file, or over the folder's files.

    source: what `add_model` takes to read the same weights. weights: torch model and tokenizer.
    """

    name: str
    sha256: str
    licence: str
    source: str | Path
    weights: export.Weights

    @property
    def model(self) -> Any:
        return self.weights.model


def find_source(name: str) -> str | Path:
    """The source of a base: of a default name, of a model in the cache, or the source itself that was named.

    Raises ModelUnavailable GG875 when nothing is known by the name, or when its weights cannot be trained.
    """
    if name in (DEFAULT_ID, PLAIN_ID):
        return PLAIN_ID
    known = {found.id: found.manifest for found in list_models()}
    if (manifest := known.get(name)) is not None:
        return _source_of(name, manifest)
    try:
        origin = sources.recognise(name)
    except GamegenError as error:
        near = nearest(name, [*known, DEFAULT_ID, PLAIN_ID])
        hint = (
            f"did you mean '{near}'?"
            if near
            else "give a model of `gamegen model list`, a Hugging Face id, a model folder or a .gguf file"
        )
        raise ModelUnavailable.of(
            "GG875", f"expected a base, found no model and no source '{name}' ({error.findings[0].message})", hint
        ) from error
    if origin.kind in ("onnx", "pack"):
        raise ModelUnavailable.of(
            "GG875",
            "expected weights that can be trained, found an exported ONNX model",
            "give the transformers folder, the .gguf file or the Hugging Face id that it was made from",
            path=str(origin.path),
        )
    return origin.path if origin.kind in ("folder", "gguf") else origin.ref


def _source_of(name: str, manifest: Manifest) -> str | Path:
    """The source of a model in the cache; of one from the hub with its commit. Raises ModelUnavailable GG875."""
    if manifest.tuned:
        base = manifest.tuned.get("base", {}).get("name", "its base")
        raise ModelUnavailable.of(
            "GG875",
            f"expected untuned weights, found that '{name}' is a tuned model, whose weights are not kept",
            f"give its base ({base}) with --base, and its adapter folder with --start",
        )
    source = manifest.source
    if source.kind == "default":
        return PLAIN_ID
    if source.kind == "huggingface":
        return source.ref if sources.HUB_PINNED.fullmatch(source.ref) else sources.hub_name(source.ref)
    wanted = (
        "its weights, as a transformers folder or a .gguf file"
        if source.kind == "onnx"
        else f"the path of {source.ref}"
    )
    raise ModelUnavailable.of(
        "GG875",
        f"expected a base whose weights can be obtained, found that the manifest of '{name}' tells only the name "
        f"of a {source.kind}, {source.ref!r}",
        f"give --base {wanted}",
    )


def open_base(name: str, work: Path, progress: Progress) -> Base:
    """Obtain and read the weights. work: a folder that keeps what was fetched, for the next run.

    Raises ModelUnavailable: GG803, GG804, GG806, GG875.
    """
    source = find_source(name)
    origin = sources.recognise(source)
    export.require_extra(gguf=origin.kind in ("default", "gguf"))
    place, gguf = origin.path, ""
    progress("obtain", 0, 1)
    if origin.kind == "default":
        fetched = _default(work)
        place, gguf = fetched.parent, fetched.name
    elif origin.kind == "huggingface":
        place = sources.fetch_hub(origin.ref)
    elif origin.kind == "gguf":
        place, gguf = origin.path.parent, origin.path.name
    digest = sources.weights_hash(place, gguf)
    progress("obtain", 1, 1)
    progress("load", 0, 1)
    weights = export.load(place, gguf)
    progress("load", 1, 1)
    licence = sources.DEFAULT_LICENCE if origin.kind == "default" else weights.licence
    return Base(origin.id, digest, licence, source, weights)


def _default(work: Path) -> Path:
    """The default's file, fetched once: a note beside it tells its name and hash."""
    folder = work / "base"
    note = folder / "fetched.json"
    try:
        name, digest = json.loads(note.read_text(encoding="utf-8"))
        if file_entry(folder / name).sha256 == digest:
            return folder / str(name)
    except (OSError, ValueError, TypeError):
        pass
    folder.mkdir(parents=True, exist_ok=True)
    path = sources.fetch_default(folder)
    note.write_text(json.dumps([path.name, file_entry(path).sha256]), encoding="utf-8")
    return path
