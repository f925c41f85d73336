"""From an exported ONNX folder to a model folder: mend the tokenizer, rewrite, quantise, prove, describe."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gamegen.engine import tokenizer as tokenizers, verify
from gamegen.engine.graph import MAX_CONTEXT, NotRewritable, rewrite
from gamegen.engine.manifest import (
    MODEL,
    TOKENIZER,
    Manifest,
    Precision,
    Source,
    cpu_class,
    folder_entries,
    versions,
    write_manifest,
)
from gamegen.errors import ModelUnavailable
from gamegen.records import JSON

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Progress = Callable[[str, int, int], None]
"""Called with the stage, how much of it is done, and how much there is."""

EXACT = 1e-4
"""Relative difference of logits that two float32 graphs of one model may show."""
CLOSE = 0.02
"""Mean divergence in nats that 8-bit weights may cause."""
_COPIED = ("config.json", "generation_config.json", "LICENSE", "NOTICE")


@dataclass(slots=True)
class Exported:
    """An exported ONNX folder and what is known of it. reference: torch's logits of the short sample texts."""

    folder: Path
    id: str
    source: Source
    licence: str
    add_prefix: bool | None = None
    reference: Sequence[NDArray[np.float32]] = ()


def mended_tokenizer(exported: Path, add_prefix: bool | None) -> tokenizers.Mended:
    """The folder's tokenizer, made fit for use. Raises ModelUnavailable GG808."""
    path = exported / TOKENIZER
    try:
        return tokenizers.mend(path.read_text(encoding="utf-8"), add_prefix)
    except (OSError, ValueError) as error:
        raise ModelUnavailable.of(
            "GG808",
            f"the tokenizer is not understood ({error})",
            "use a model with a byte-level or a SentencePiece tokenizer.json",
            path=path.name,
        ) from error


def prepare(exported: Exported, target: Path, precision: Precision | None, progress: Progress) -> Manifest:
    """Fill the empty folder `target`. precision None: 8 bits where they prove close enough, else float32.

    Raises ModelUnavailable: GG804 (not a decoder graph), GG807 (a proof fails), GG808 (tokenizer).
    """
    config = _json(exported.folder / "config.json")
    mended = mended_tokenizer(exported.folder, exported.add_prefix)
    plain = _open_plain(exported.folder / MODEL)
    dims = _dims(plain, config)
    short, long = verify.sample_texts(mended.text, dims["vocab"])
    eos = _eos(exported.folder, config, mended.text)
    notes = list(mended.changes)
    figures: dict[str, JSON] = {}

    progress("verify", 0, 3)
    if wrong := tokenizers.wrong_tokens(mended.text, dims["vocab"], eos):
        raise _unproven(f"{len(wrong)} tokens do not have the bytes that the vocabulary gives them, as id {wrong[0]}")
    figures["tokens_checked"] = len(tokenizers.token_bytes(mended.text))
    if exported.reference:
        found = max(
            verify.relative_difference(expected, plain.logits(text))
            for expected, text in zip(exported.reference, short, strict=True)
        )
        figures["onnx_to_torch"] = found
        if found > EXACT:
            raise _unproven(f"the exported graph's logits differ from torch's by {found:.1e} (at most {EXACT:.0e})")

    progress("rewrite", 0, 1)
    graph = _rewrite(exported.folder, target, dims, plain, short, figures, notes)
    del plain
    progress("rewrite", 1, 1)

    if precision != "fp32":
        progress("quantize", 0, 1)
    used = _quantise(target, graph, precision, long, figures, notes)
    progress("verify", 2, 3)
    if graph == "rewritten":
        runner = verify.RewrittenGraph(target / MODEL, max(verify.ROWS), max(map(len, short)) + 4)
        figures["stable_bits"] = verify.stable_bits(runner, short)
        if not figures["stable_bits"]:
            notes.append("bits of a row depend on the batch")
    progress("verify", 3, 3)

    (target / TOKENIZER).write_text(mended.text, encoding="utf-8", newline="\n")
    for name in _COPIED:
        if (exported.folder / name).is_file():
            shutil.copyfile(exported.folder / name, target / name)
    manifest = Manifest(
        id=exported.id,
        source=exported.source,
        licence=exported.licence,
        precision=used,
        graph=graph,
        architecture=str(config.get("model_type", "unknown")),
        layers=dims["layers"],
        kv_heads=dims["kv_heads"],
        head_dim=dims["head_dim"],
        vocab=dims["vocab"],
        context_length=dims["context_length"],
        eos=eos,
        prefix=mended.prefix,
        chat_template=_chat_template(exported.folder),
        verification=figures,
        files=folder_entries(target),
        versions=versions(),
        cpu=cpu_class(),
        notes=tuple(notes),
    )
    write_manifest(target, manifest)
    return manifest


def _rewrite(
    exported: Path,
    target: Path,
    dims: dict[str, int],
    plain: verify.PlainGraph,
    texts: Sequence[Sequence[int]],
    figures: dict[str, JSON],
    notes: list[str],
) -> Any:
    """Write the rewritten graph, or copy the plain one with a note that says why."""
    try:
        import onnx

        onnx.save(rewrite(onnx.load(str(exported / MODEL)), dims["context_length"]), str(target / MODEL))
        rewritten = verify.RewrittenGraph(target / MODEL, len(texts), max(map(len, texts)) + 1)
        found = verify.compare_graphs(plain, rewritten, texts)
        if found > EXACT:
            raise NotRewritable(f"its logits differ by {found:.1e} (at most {EXACT:.0e})")
        figures["rewritten_to_exported"] = found
        return "rewritten"
    except ImportError:
        notes.append("plain graph, slower: the package onnx is not installed")
    except NotRewritable as error:
        notes.append(f"plain graph, slower: {error}")
    for path in exported.glob("*.onnx*"):
        shutil.copyfile(path, target / path.name)
    return "plain"


def _quantise(
    target: Path,
    graph: str,
    precision: Precision | None,
    texts: Sequence[Sequence[int]],
    figures: dict[str, JSON],
    notes: list[str],
) -> Precision:
    """Replace the graph by its 8-bit form if that is wanted and close enough."""
    if precision == "fp32":
        return "fp32"
    import onnx

    from gamegen.engine.quantize import quantize

    model = onnx.load(str(target / MODEL))
    count = quantize(model)
    smaller = target / "int8.onnx"
    onnx.save(model, str(smaller))
    del model
    found = verify.mean_divergence(
        verify.open_graph(target / MODEL, graph, verify.LONG), verify.open_graph(smaller, graph, verify.LONG), texts
    )
    if count and found <= CLOSE:
        figures["divergence_from_fp32"] = found
        smaller.replace(target / MODEL)
        return "int8"
    smaller.unlink()
    message = f"8-bit weights change the model by {found:.3f} nats a token (at most {CLOSE})"
    if precision == "int8":
        raise _unproven(message)
    notes.append(message)
    return "fp32"


def _open_plain(path: Path) -> verify.PlainGraph:
    try:
        return verify.PlainGraph(path)
    except Exception as error:  # ONNX Runtime has no base class of its own
        lines = str(error).splitlines() or [type(error).__name__]
        raise ModelUnavailable.of(
            "GG804", f"ONNX Runtime cannot open the graph ({lines[0][:200]})", "export the model again", path=path.name
        ) from error


def _dims(plain: verify.PlainGraph, config: dict[str, JSON]) -> dict[str, int]:
    """Sizes as the graph declares them; the context length as the config does, and as the attention window allows."""
    caches = [value for name, value in plain.inputs.items() if name.startswith("past_key_values.")]
    outputs = {value.name: value for value in plain.session.get_outputs()}
    if "input_ids" not in plain.inputs or "logits" not in outputs or not caches:
        raise ModelUnavailable.of(
            "GG804",
            "expected a decoder graph with input_ids, past_key_values and logits",
            "export it with the task text-generation-with-past",
        )
    limits = [MAX_CONTEXT, config.get("max_position_embeddings") or config.get("n_positions") or 2048]
    if config.get("sliding_window") and config.get("use_sliding_window", True):
        limits.append(config["sliding_window"])
    vocab = outputs["logits"].shape[2]
    return {
        "layers": len(caches) // 2,
        "kv_heads": int(caches[0].shape[1]),
        "head_dim": int(caches[0].shape[3]),
        "vocab": vocab if isinstance(vocab, int) else int(plain.logits([0]).shape[1]),
        "context_length": min(limits),
    }


def _eos(folder: Path, config: dict[str, JSON], tokenizer_json: str) -> tuple[int, ...]:
    """Ids that end a text: of the generation config, else the config, else the tokenizer's special tokens."""
    for document in (_json(folder / "generation_config.json"), config):
        value = document.get("eos_token_id")
        if value is not None:
            return tuple(value) if isinstance(value, list) else (int(value),)
    if special := tokenizers.special_ids(tokenizer_json):
        return (min(special),)
    raise ModelUnavailable.of(
        "GG804", "the model does not say which token ends a text", "add eos_token_id to its config.json"
    )


def _chat_template(folder: Path) -> str:
    path = folder / "chat_template.jinja"
    if path.is_file():
        return path.read_text(encoding="utf-8")
    template = _json(folder / "tokenizer_config.json").get("chat_template", "")
    return template if isinstance(template, str) else ""


def _json(path: Path) -> dict[str, JSON]:
    """A JSON object beside the model; empty where there is none."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ModelUnavailable.of(
            "GG804", f"expected a JSON file ({error})", "export the model again", path=path.name
        ) from error
    return value if isinstance(value, dict) else {}


def _unproven(message: str) -> Exception:
    return ModelUnavailable.of(
        "GG807",
        f"the exported model does not pass its verification: {message}",
        "it is not stored; try other versions of the packages of `gamegen[export]`, or another model",
    )
