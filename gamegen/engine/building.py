"""Makes a model folder from any source: a pack is unpacked, an exported graph is prepared, weights are exported."""

from __future__ import annotations

import dataclasses
import shutil
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from gamegen.engine import sources
from gamegen.engine.adapter import Adapter, Tuning, merge_adapter
from gamegen.engine.manifest import (
    MANIFEST,
    Precision,
    Source,
    read_folder,
    verify_folder,
    write_manifest,
)
from gamegen.engine.sources import DEFAULT_LICENCE, Origin, weights_hash
from gamegen.errors import GamegenError, ModelUnavailable

if TYPE_CHECKING:
    from gamegen.engine.preparation import Exported, Progress


def build(
    origin: Origin, model: str, target: Path, work: Path, precision: Precision | None, progress: Progress
) -> None:
    """Fill the empty folder `target` with the model; `work` is an empty folder for what is needed on the way.

    Raises ModelUnavailable GG803 to GG808, GG876 for an adapter beside a graph.
    """
    if origin.adapter is not None and origin.kind in ("pack", "onnx"):
        raise ModelUnavailable.of(
            "GG876",
            "expected weights that an adapter can be merged into, found an exported graph",
            "give the Hugging Face id, transformers folder or .gguf file that adapter.json names as its base",
            path=str(origin.path),
        )
    if origin.kind == "pack":
        progress("obtain", 0, 1)
        _copy(origin, target)
        found = read_folder(target)
        verify_folder(found)
        write_manifest(target, dataclasses.replace(found.manifest, id=model))
        progress("obtain", 1, 1)
        return
    from gamegen.engine.preparation import Exported, prepare

    source = Source(origin.kind, origin.ref)
    if origin.kind == "onnx":
        source = dataclasses.replace(source, sha256=weights_hash(origin.path))
        exported = Exported(origin.path, model, source, sources.card_licence(origin.path) or "unknown")
    else:
        exported = _export(origin, source, model, work, progress)
    prepare(exported, target, work, precision, progress)


def _export(origin: Origin, source: Source, model: str, work: Path, progress: Progress) -> Exported:
    """Read the weights with transformers and export them with optimum."""
    from gamegen.engine import export, verify
    from gamegen.engine.preparation import Exported, context_length, mended_tokenizer, read_json

    export.require_extra(gguf=origin.kind in ("default", "gguf"))
    place, gguf = origin.path, ""
    if origin.kind in ("default", "huggingface"):
        progress("obtain", 0, 1)
        if origin.kind == "default":
            fetched = sources.fetch_default(work)
            place, gguf = fetched.parent, fetched.name
        else:
            place = sources.fetch_hub(origin.ref)
            source = dataclasses.replace(source, ref=f"{sources.hub_name(origin.ref)}@{place.name}")
        progress("obtain", 1, 1)
    elif origin.kind == "gguf":
        place, gguf = origin.path.parent, origin.path.name
    digest = weights_hash(place, gguf)

    adapter = Adapter.read(origin.adapter) if origin.adapter is not None else None
    if adapter is not None:
        adapter.check_base(digest)
    progress("load", 0, 1)
    weights = export.load(place, gguf)
    if adapter is not None:
        merge_adapter(weights.model, adapter)
    progress("load", 1, 1)
    progress("export", 0, 1)
    folder = work / "exported"
    folder.mkdir()
    export.export(weights, folder)
    progress("export", 1, 1)
    mended = mended_tokenizer(folder, weights.add_prefix)
    samples = verify.sample_texts(
        mended.text, weights.model.config.vocab_size, context_length(read_json(folder / "config.json"))
    )
    return Exported(
        folder,
        model,
        dataclasses.replace(source, sha256=digest),
        DEFAULT_LICENCE if origin.kind == "default" else weights.licence,
        weights.add_prefix,
        export.reference_logits(weights, samples.short),
        Tuning.of(origin.adapter, adapter) if origin.adapter is not None and adapter is not None else None,
    )


def _copy(origin: Origin, target: Path) -> None:
    """Take the files that the manifest names, and no other, out of a pack or a folder."""
    try:
        if origin.path.is_dir():
            for name in (MANIFEST, *read_folder(origin.path).manifest.files):
                shutil.copyfile(origin.path / name, target / name)
            return
        with zipfile.ZipFile(origin.path) as pack:
            (target / MANIFEST).write_bytes(pack.read(MANIFEST))
            for name in read_folder(target).manifest.files:
                with pack.open(name) as packed, (target / name).open("wb") as stream:
                    shutil.copyfileobj(packed, stream, 1 << 20)
    except (KeyError, zipfile.BadZipFile, FileNotFoundError) as error:
        raise _no_pack(origin, str(error)) from error
    except GamegenError as error:
        raise _no_pack(origin, error.findings[0].message) from error


def _no_pack(origin: Origin, reason: str) -> GamegenError:
    return ModelUnavailable.of(
        "GG804",
        f"expected a whole model of `gamegen model pack` ({reason})",
        "pack the model again",
        path=str(origin.path),
    )
