"""What a model folder says about itself: `manifest.json`, read strictly.

A folder holds `model.onnx`, `tokenizer.json` and the manifest, which names each other file with its size and SHA-256.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module, metadata
from pathlib import Path
from typing import Any, Literal

from gamegen.cards import CardForm
from gamegen.errors import GamegenError, ModelUnavailable
from gamegen.originality import Copies
from gamegen.records import JSON

CONTRACT = 4
"""Goes up when folders made before can no longer be used; they are then made again."""

DEFAULT_ID = "smollm2-135m-instruct"
"""The model that `gamegen model add` makes when it is given no source: its weights with the shipped adapter merged."""

PLAIN_ID = "smollm2-135m-instruct-plain"
"""The same without the adapter (`gamegen model add --plain`)."""

MANIFEST = "manifest.json"
MODEL = "model.onnx"
MODEL_CACHE8 = "model.cache8.onnx"
"""The same graph with keys and values in 8 bits, for the CPU provider; it shares the weights' file."""
CACHE8_RUNTIME = (1, 26)
"""The first ONNX Runtime whose CPU provider knows keys and values in 8 bits."""
TOKENIZER = "tokenizer.json"
CARD = "CARD.md"
"""The model card of an adapter, and of the model that was made of it."""
LINES = "training.copies"
"""Hashes of the lines that a tuned model was taught on (`gamegen.originality.Copies`), of a model and of an adapter."""

Precision = Literal["fp32", "fp16", "int8", "int4"]
SourceKind = Literal["default", "huggingface", "folder", "gguf", "onnx"]

_PACKAGES = (
    "gamegen",
    "torch",
    "transformers",
    "optimum",
    "optimum-onnx",
    "onnx",
    "onnxruntime",
    "onnxruntime-gpu",
    "onnxruntime-directml",
    "tokenizers",
)


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One file of the folder: its size in bytes and its SHA-256 in hex."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Source:
    """Where the weights came from. sha256: of the file or of the folder's files, "" where only a name is known."""

    kind: SourceKind
    ref: str
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Manifest:
    """Everything the engine has to know before it opens the graph.

    graph:          "rewritten" or "plain": which inputs and outputs `model.onnx` has (see `gamegen.engine.graph`).
    vocab:          width of the logits; may exceed the number of tokens.
    context_length: positions that one row can hold.
    eos:            ids that end a text.
    prefix:         ids that a text begins with (encode without special tokens and put these in front).
    card_form:      how the model was taught to be asked, and for which kinds; None: by few-shot prompts alone.
    tuned:          of a tuned model: its base, the hashes and licences of its data, hyperparameters, figures.
    cpu:            feature class of the machine that verified the bits.
    verification:   the figures of `gamegen.engine.verify`, by name.
    notes:          what a person should know: why a graph stayed plain, what was mended.
    """

    id: str
    source: Source
    licence: str
    precision: Precision
    graph: Literal["rewritten", "plain"]
    architecture: str
    layers: int
    kv_heads: int
    head_dim: int
    vocab: int
    context_length: int
    eos: tuple[int, ...]
    prefix: tuple[int, ...]
    verification: Mapping[str, JSON]
    files: Mapping[str, FileEntry]
    card_form: CardForm | None = None
    tuned: Mapping[str, JSON] = dataclasses.field(default_factory=dict)
    chat_template: str = ""
    versions: Mapping[str, str] = dataclasses.field(default_factory=dict)
    cpu: str = ""
    notes: tuple[str, ...] = ()
    contract: int = CONTRACT

    def as_json(self) -> dict[str, JSON]:
        return dataclasses.asdict(self)


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A model in the cache whose manifest was read."""

    path: Path
    manifest: Manifest

    @property
    def id(self) -> str:
        return self.manifest.id

    @property
    def onnx(self) -> Path:
        return self.path / MODEL

    @property
    def onnx_cache8(self) -> Path | None:
        """The graph with keys and values in 8 bits, where there is one."""
        return self.path / MODEL_CACHE8 if MODEL_CACHE8 in self.manifest.files else None

    @property
    def tokenizer(self) -> Path:
        return self.path / TOKENIZER

    @property
    def sha256(self) -> str:
        """The model's identity: SHA-256 over names and hashes of its files, manifest and model card left out."""
        # The card tells figures that are measured on the finished model: with it, to judge a model would change it.
        files = sorted((name, entry) for name, entry in self.manifest.files.items() if name != CARD)
        lines = (f"{name} {entry.sha256}\n" for name, entry in files)
        return hashlib.sha256("".join(lines).encode()).hexdigest()

    def training_lines(self) -> Copies | None:
        """The lines that the model was taught on, where it brings them. Raises ModelUnavailable GG802."""
        if LINES not in self.manifest.files:
            return None
        path = self.path / LINES
        try:
            return Copies.from_bytes(path.read_bytes())
        except (OSError, ValueError) as error:
            raise damaged(path, f"it cannot be read ({error})", self.manifest.source) from error


def file_entry(path: Path) -> FileEntry:
    """Read a file to its end."""
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return FileEntry(path.stat().st_size, digest)


def folder_entries(folder: Path) -> dict[str, FileEntry]:
    """All files of a model folder except its manifest, by name."""
    names = sorted(path.name for path in folder.iterdir() if path.is_file() and path.name != MANIFEST)
    return {name: file_entry(folder / name) for name in names}


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest; an old one stays until the new one is whole."""
    _put(folder, {MANIFEST: _manifest_bytes(manifest)})


def write_card(folder: Path, card: str, manifest: Manifest) -> Manifest:
    """Write a model card, and the manifest with the card's entry; returns that manifest.

    Both are whole on the disk before the first takes its place.
    """
    content = card.encode()
    entry = FileEntry(len(content), hashlib.sha256(content).hexdigest())
    told = dataclasses.replace(manifest, files={**manifest.files, CARD: entry})
    _put(folder, {CARD: content, MANIFEST: _manifest_bytes(told)})
    return told


def read_folder(folder: Path) -> ModelFolder:
    """Read the manifest without looking at the files. Raises ModelUnavailable GG802."""
    path = folder / MANIFEST
    try:
        return ModelFolder(folder, _parse(json.loads(path.read_text(encoding="utf-8"))))
    except FileNotFoundError:
        raise damaged(path, "expected a manifest, found none") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise damaged(path, f"the manifest cannot be read ({_short(error)})") from error


def verify_folder(model: ModelFolder) -> None:
    """Compare size and SHA-256 of every file. Raises ModelUnavailable GG802 naming the first that differs."""
    source = model.manifest.source
    for name, expected in model.manifest.files.items():
        path = model.path / name
        if not path.is_file():
            raise damaged(path, "expected a file, found none", source)
        if (size := path.stat().st_size) != expected.size:
            raise damaged(path, f"expected {expected.size} bytes, found {size}", source)
    for name, expected in model.manifest.files.items():
        if file_entry(model.path / name).sha256 != expected.sha256:
            raise damaged(model.path / name, "the content is not what was stored (SHA-256 differs)", source)


def damaged(path: Path, message: str, source: Source | None = None) -> GamegenError:
    """GG802 for a file of a model folder; `source` says how the model is made again."""
    if path.parent.name == PLAIN_ID:
        command = "`gamegen model add --plain`"
    elif path.parent.name == DEFAULT_ID or (source is not None and source.kind == "default"):
        command = "`gamegen model add`"
    elif source is not None and source.kind == "huggingface":
        command = f"`gamegen model add {source.ref.split('@')[0]}`"
    else:
        command = f"`gamegen model add` and its source{f' ({source.ref})' if source else ''}"
    hint = f"the model is not used; make it again with {command}"
    return ModelUnavailable.of("GG802", f"the cached model is damaged: {message}", hint, path=str(path))


def versions() -> dict[str, str]:
    """Versions of the packages that shape a model, as far as they are installed."""
    found = {}
    for package in _PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found


def cpu_class() -> str:
    """The machine's instruction sets that choose kernels, as ``x86_64-avx512-vnni``; numpy knows them everywhere."""
    features = import_module("numpy._core._multiarray_umath").__cpu_features__

    def has(*names: str) -> bool:
        return any(features.get(name, False) for name in names)

    parts = [platform.machine().lower()]
    if has("AVX512F", "X86_V4", "AVX512_SKX"):
        parts.append("avx512")
    elif has("AVX2", "X86_V3"):
        parts.append("avx2")
    if has("AVX512_CLX", "AVX512VNNI", "AVX512_ICL"):
        parts.append("vnni")
    if has("ASIMDDP"):
        parts.append("dotprod")
    return "-".join(parts)


def _parse(document: Any) -> Manifest:
    """Manifest of a JSON value. Raises ValueError, KeyError or TypeError where it does not fit."""
    if document["contract"] != CONTRACT:
        raise ValueError(f"made under contract {document['contract']}, this gamegen needs {CONTRACT}")
    values = dict(document)
    values["source"] = Source(**values["source"])
    values["files"] = {name: FileEntry(**entry) for name, entry in values["files"].items()}
    for name in ("eos", "prefix", "notes"):
        values[name] = tuple(values[name])
    if (form := values.get("card_form")) is not None:
        values["card_form"] = CardForm(form["before"], form["behind"], tuple(form["kinds"]))
    manifest = Manifest(**values)
    if not {MODEL, TOKENIZER} <= manifest.files.keys():
        raise ValueError(f"it does not list {MODEL} and {TOKENIZER}")
    if any(Path(name).name != name or name == MANIFEST for name in manifest.files):
        raise ValueError("it lists a file outside the folder")
    return manifest


def _manifest_bytes(manifest: Manifest) -> bytes:
    return f"{json.dumps(manifest.as_json(), ensure_ascii=False, indent=2, sort_keys=True)}\n".encode()


def _put(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Write files beside those that they replace, then rename them in their order."""
    parts = {name: folder / f".{name}.part" for name in contents}
    for name, part in parts.items():
        part.write_bytes(contents[name])
    for name, part in parts.items():
        part.replace(folder / name)


def _short(error: BaseException) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return f"missing {lines[0]}" if isinstance(error, KeyError) else lines[0][:200]
