"""From weights to an ONNX folder: transformers reads them, `optimum.exporters.onnx` writes the graph.

torch is imported inside functions, here, in `gamegen.engine.adapter` and in `gamegen.tune` alone: for `gamegen model
add` and `gamegen tune`.
"""

from __future__ import annotations

import contextlib
import gc
import io
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gamegen.engine.manifest import MODEL, TOKENIZER
from gamegen.engine.sources import card_licence
from gamegen.errors import ModelUnavailable

if TYPE_CHECKING:
    from numpy.typing import NDArray

_PACKAGES = ("onnx", "torch", "transformers", "optimum.exporters.onnx")
_GGUF_PACKAGES = ("gguf", "accelerate")


@dataclass(frozen=True, slots=True)
class Weights:
    """A model and tokenizer in memory. add_prefix: whether texts begin with a special token; None: not said."""

    model: Any
    tokenizer: Any
    licence: str = ""
    add_prefix: bool | None = None


def require_extra(gguf: bool = False) -> None:
    """Raise ModelUnavailable GG806 when a package of the `export` extra is missing."""
    for package in (*_PACKAGES, *(_GGUF_PACKAGES if gguf else ())):
        try:
            import_module(package)
        except ImportError as error:
            raise ModelUnavailable.of(
                "GG806",
                f"exporting a model needs the package {package}, which cannot be imported",
                'install it with `pip install "gamegen[export]"`',
            ) from error


def load(folder: Path, gguf: str = "") -> Weights:
    """Read weights in float32 from a transformers folder, or from the file in it that `gguf` names.

    Raises ModelUnavailable: GG804 (files cannot be read), GG806 (extra missing).
    """
    require_extra(bool(gguf))
    with _quiet():
        import torch
        import transformers

        options: dict[str, Any] = {"trust_remote_code": False}  # else transformers asks on the terminal
        if gguf:
            options["gguf_file"] = gguf
        add_prefix = None
        licence = ""
        try:
            if gguf:
                licence, add_prefix = _gguf_facts(folder / gguf)
            options["config"] = transformers.AutoConfig.from_pretrained(folder, **options)
            model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, **options)
            tokenizer = transformers.AutoTokenizer.from_pretrained(folder, **options)
        except Exception as error:
            raise ModelUnavailable.of(
                "GG804",
                f"the model's files cannot be read ({_reason(error)})",
                "check that the files are complete and of a causal language model that transformers knows",
                path=str(folder / gguf),
            ) from error
        model.eval()
    return Weights(model, tokenizer, licence or card_licence(folder) or "unknown", add_prefix)


def export(weights: Weights, folder: Path) -> None:
    """Write model.onnx, tokenizer.json, config.json and what else transformers saves. Raises ModelUnavailable GG805."""
    with _quiet():
        from optimum.exporters.onnx import onnx_export_from_model

        try:
            weights.tokenizer.save_pretrained(folder)
            onnx_export_from_model(weights.model, folder, task="text-generation-with-past", do_validation=False)
        except Exception as error:
            kind = getattr(weights.model.config, "model_type", "unknown")
            raise ModelUnavailable.of(
                "GG805",
                f"optimum cannot export this model of type {kind} for text generation ({_reason(error)})",
                "choose a causal language model that `optimum.exporters.onnx` supports, as Llama, Mistral or Qwen 2",
            ) from error
    gc.collect()
    if not (folder / MODEL).is_file() or not (folder / TOKENIZER).is_file():
        missing = MODEL if not (folder / MODEL).is_file() else TOKENIZER
        raise ModelUnavailable.of(
            "GG805",
            f"the export of this model has no {missing}",
            "choose a decoder-only model with a fast tokenizer (tokenizer.json)",
        )


def reference_logits(weights: Weights, texts: Sequence[Sequence[int]]) -> list[NDArray[np.float32]]:
    """What torch computes: logits [S, V] after each token of each text."""
    import torch

    results = []
    with torch.no_grad():
        for text in texts:
            results.append(weights.model(input_ids=torch.tensor([list(text)])).logits[0].float().numpy())
    return results


def _gguf_facts(path: Path) -> tuple[str, bool | None]:
    """The licence, and whether a text begins with the beginning-of-text token, as the file's header says."""
    from gguf import GGUFReader

    fields = GGUFReader(path).fields

    def value(name: str) -> Any:
        return fields[name].contents() if name in fields else None

    return str(value("general.license") or ""), value("tokenizer.ggml.add_bos_token")


def _reason(error: BaseException) -> str:
    """The first line of a foreign message."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0][:200]}" if lines else type(error).__name__


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep transformers, optimum and torch from printing; progress bars of others on stderr go on."""
    import logging

    import transformers.modeling_gguf_pytorch_utils as gguf_loader
    from transformers.utils import logging as hf_logging

    def silent(items: Any, **_: Any) -> Any:
        return items

    before = hf_logging.get_verbosity(), hf_logging.is_progress_bar_enabled(), gguf_loader.tqdm
    level = logging.root.manager.disable
    try:
        hf_logging.set_verbosity_error()
        hf_logging.disable_progress_bar()
        gguf_loader.tqdm = silent
        logging.disable(logging.ERROR)
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        hf_logging.set_verbosity(before[0])
        if before[1]:
            hf_logging.enable_progress_bar()
        gguf_loader.tqdm = before[2]
        logging.disable(level)
