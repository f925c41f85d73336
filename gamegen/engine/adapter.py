"""The adapter of a tuned model: small matrices that are added to the weights of its base (LoRA, Hu et al., 2021).

A folder holds ``adapter.safetensors`` with ``<module path>.lora_A`` [rank, in] and ``<module path>.lora_B`` [out, rank]
in float16, ``adapter.json`` (what it was made from and how it is asked), ``training.copies`` (hashes of the lines that
it was taught on) and ``CARD.md`` (the same for people). The merged weight of a module is W + alpha / rank * B A.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gamegen.cards import CardForm
from gamegen.engine.manifest import CARD, LINES, file_entry
from gamegen.errors import ModelUnavailable
from gamegen.originality import Copies
from gamegen.records import JSON

if TYPE_CHECKING:
    from numpy.typing import NDArray

WEIGHTS = "adapter.safetensors"
FACTS = "adapter.json"
FORMAT = 1
"""Goes up when older folders can no longer be read."""

A, B = ".lora_A", ".lora_B"


@dataclass(frozen=True)
class Adapter:
    """What tuning taught. base_sha256: of the weights' file, or over the files of the weights' folder.

    modules: last parts of the names of the modules that it changes. form: how the model was taught to be asked.
    data: file, sha256, licence and number of examples of each file. figures: losses, and what the evaluation found.
    weights: float16, by name as in the file. held_out: file, sha256 and number of examples of each file that the
    training was judged by; empty where a part of the data was.
    """

    base_name: str
    base_sha256: str
    rank: int
    alpha: int
    modules: tuple[str, ...]
    form: CardForm
    data: tuple[Mapping[str, JSON], ...]
    hyperparameters: Mapping[str, JSON]
    figures: Mapping[str, JSON]
    weights: Mapping[str, NDArray[np.float16]]
    held_out: tuple[Mapping[str, JSON], ...] = ()

    @staticmethod
    def read(folder: Path) -> Adapter:
        """The adapter of a folder. Raises ModelUnavailable GG877."""
        try:
            from safetensors.numpy import load

            facts = json.loads((folder / FACTS).read_text(encoding="utf-8"))
            weights = load((folder / WEIGHTS).read_bytes())
            adapter = _parse(facts, weights)
        except ImportError as error:
            raise ModelUnavailable.of(
                "GG806",
                "reading an adapter needs the package safetensors, which cannot be imported",
                'install it with `pip install "gamegen[export]"`',
            ) from error
        except Exception as error:  # of the disk, of JSON, of safetensors, of a field that is missing
            reason = f"{type(error).__name__}: {error}".splitlines()[0][:200]
            raise ModelUnavailable.of(
                "GG877",
                f"expected an adapter that gamegen tune wrote, found none that can be read ({reason})",
                f"give a folder with {FACTS} and {WEIGHTS}",
                path=str(folder),
            ) from error
        return adapter

    def write(self, folder: Path, card: str = "", lines: Copies | None = None) -> None:
        """Write the files; the same adapter gives the same bytes.

        card: the model card. lines: what it was taught on. Of both, what stands there is left as it is when not given.
        """
        from safetensors.numpy import save

        folder.mkdir(parents=True, exist_ok=True)
        weights = {name: np.ascontiguousarray(self.weights[name]) for name in sorted(self.weights)}
        _replace(folder / WEIGHTS, save(weights))
        text = json.dumps(self.facts(), ensure_ascii=False, indent=2, sort_keys=True)
        _replace(folder / FACTS, f"{text}\n".encode())
        if card:
            _replace(folder / CARD, card.encode())
        if lines is not None:
            _replace(folder / LINES, lines.to_bytes())

    def facts(self) -> dict[str, JSON]:
        """What stands in adapter.json."""
        return {
            "format": FORMAT,
            "base": {"name": self.base_name, "sha256": self.base_sha256},
            "rank": self.rank,
            "alpha": self.alpha,
            "modules": list(self.modules),
            "card": {"before": self.form.before, "behind": self.form.behind},
            "kinds": list(self.form.kinds),
            "data": [dict(each) for each in self.data],
            "hyperparameters": dict(self.hyperparameters),
            "figures": dict(self.figures),
            **({"held_out": [dict(each) for each in self.held_out]} if self.held_out else {}),
        }

    @property
    def paths(self) -> tuple[str, ...]:
        """The modules that it changes, by their path in the model."""
        return tuple(sorted(name.removesuffix(A) for name in self.weights if name.endswith(A)))

    @property
    def sha256(self) -> str:
        """Of the matrices alone, hex."""
        digest = hashlib.sha256()
        for name in sorted(self.weights):
            array = self.weights[name]
            digest.update(f"{name} {array.shape} {array.dtype}\n".encode())
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()

    def with_figures(self, figures: Mapping[str, JSON]) -> Adapter:
        """The same with more figures."""
        return dataclasses.replace(self, figures={**self.figures, **figures})

    def check_base(self, sha256: str) -> None:
        """Raise ModelUnavailable GG876 when it was made for other weights than those of this hash."""
        if sha256 != self.base_sha256:
            raise ModelUnavailable.of(
                "GG876",
                f"the adapter was made for {self.base_name} with SHA-256 {self.base_sha256[:16]}…, found weights with "
                f"{sha256[:16]}…",
                "give the base that adapter.json names, or tune again",
            )


def read_copies(folder: Path) -> Copies:
    """The hashes of the lines that an adapter was taught on; none where they ship with gamegen. Raises
    ModelUnavailable GG877."""
    if not (folder / LINES).exists():
        return Copies()
    try:
        return Copies.from_bytes((folder / LINES).read_bytes())
    except (OSError, ValueError) as error:
        raise ModelUnavailable.of(
            "GG877",
            f"expected the hashes of the lines that the adapter was taught on, found none that can be read ({error})",
            f"give a whole folder of gamegen tune, with {LINES}",
            path=str(folder),
        ) from error


def read_form(folder: Path) -> CardForm | None:
    """How the model of an adapter is asked; None where there is no adapter. Needs no package to read it."""
    try:
        return _form(json.loads((folder / FACTS).read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError):
        return None


@dataclass(frozen=True, slots=True)
class Tuning:
    """What a model folder keeps of the adapter that was merged into it.

    lines: file of the hashes of its lines. card: file of its model card.
    """

    form: CardForm
    facts: Mapping[str, JSON]
    lines: Path | None = None
    card: Path | None = None

    @staticmethod
    def of(folder: Path, adapter: Adapter) -> Tuning:
        kept = ("base", "data", "held_out", "hyperparameters", "figures")
        facts = {name: value for name, value in adapter.facts().items() if name in kept}
        lines, card = (path if path.is_file() else None for path in (folder / LINES, folder / CARD))
        return Tuning(adapter.form, {"adapter": weights_sha256(folder), **facts}, lines, card)


def weights_sha256(folder: Path) -> str:
    """SHA-256 (hex) of an adapter's file of weights: needs no package to read it. Raises ModelUnavailable GG877."""
    try:
        return file_entry(folder / WEIGHTS).sha256
    except OSError as error:
        raise ModelUnavailable.of(
            "GG877",
            f"expected an adapter that gamegen tune wrote, found no {WEIGHTS} ({error.strerror or error})",
            f"give a folder with {FACTS} and {WEIGHTS}",
            path=str(folder),
        ) from error


def merge_adapter(model: Any, adapter: Adapter, base_sha256: str = "") -> None:
    """Add the adapter's matrices to the weights of a torch model of transformers, in float32, in place.

    base_sha256: hash of the file or folder that the model was read from; compared when given.
    Raises ModelUnavailable GG876 when the adapter does not fit.
    """
    import torch

    if base_sha256:
        adapter.check_base(base_sha256)
    modules = dict(model.named_modules())
    pairs = []
    for path in adapter.paths:
        low, high = adapter.weights[path + A], adapter.weights[path + B]
        weight: Any = getattr(modules.get(path), "weight", None)
        turned = type(modules.get(path)).__name__ == "Conv1D"  # of GPT-2: [in, out]
        shape = (high.shape[0], low.shape[1])
        expected = None if weight is None else tuple(weight.shape[::-1] if turned else weight.shape)
        if expected != shape or low.shape[0] != adapter.rank or high.shape[1] != adapter.rank:
            found = "no such module" if weight is None else f"one of {list(expected or ())}"
            raise ModelUnavailable.of(
                "GG876",
                f"the adapter does not fit its base: expected {path} of {list(shape)}, found {found}",
                "give the base that adapter.json names, or tune again",
            )
        pairs.append((weight, low, high, turned))
    with torch.no_grad():
        for weight, low, high, turned in pairs:
            change = torch.from_numpy(high.astype(np.float32)) @ torch.from_numpy(low.astype(np.float32))
            change *= adapter.alpha / adapter.rank
            weight += (change.T if turned else change).to(weight.dtype)


def _parse(facts: Any, weights: Mapping[str, Any]) -> Adapter:
    if facts["format"] != FORMAT:
        raise ValueError(f"format {facts['format']}, this gamegen reads {FORMAT}")
    whole = {name.removesuffix(A) for name in weights if name.endswith(A)}
    if not whole or {path + end for path in whole for end in (A, B)} != set(weights):
        raise ValueError("matrices without their other half")
    if any(array.dtype != np.float16 or array.ndim != 2 for array in weights.values()):
        raise ValueError("matrices that are not float16")
    return Adapter(
        base_name=str(facts["base"]["name"]),
        base_sha256=str(facts["base"]["sha256"]),
        rank=int(facts["rank"]),
        alpha=int(facts["alpha"]),
        modules=tuple(facts["modules"]),
        form=_form(facts),
        data=tuple(dict(each) for each in facts["data"]),
        hyperparameters=dict(facts["hyperparameters"]),
        figures=dict(facts["figures"]),
        weights=dict(weights),
        held_out=tuple(dict(each) for each in facts.get("held_out", ())),
    )


def _form(facts: Any) -> CardForm:
    return CardForm(str(facts["card"]["before"]), str(facts["card"]["behind"]), tuple(facts["kinds"]))


def _replace(path: Path, content: bytes) -> None:
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(content)
    part.replace(path)
