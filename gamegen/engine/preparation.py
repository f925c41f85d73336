"""From an exported ONNX folder to a model folder: mend the tokenizer, rewrite, quantise, prove, describe."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from gamegen.engine import tokenizer as tokenizers, verify
from gamegen.engine.graph import MAX_CONTEXT, NotRewritable, rewrite, save_graph
from gamegen.engine.manifest import (
    CARD,
    LINES,
    MODEL,
    MODEL_CACHE8,
    TOKENIZER,
    Manifest,
    Precision,
    Source,
    cpu_class,
    folder_entries,
    versions,
    write_manifest,
)
from gamegen.engine.precision import CLOSE, TooFar, reduce, store, store_cache8
from gamegen.errors import ModelUnavailable
from gamegen.records import JSON

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from gamegen.engine.adapter import Tuning

Progress = Callable[[str, int, int], None]
"""Called with the stage, how much of it is done, and how much there is."""

EXACT = 1e-4
"""Relative difference of logits that two float32 graphs of one model may show."""
_COPIED = ("config.json", "generation_config.json", "LICENSE", "NOTICE")


@dataclass(slots=True)
class Exported:
    """An exported ONNX folder and what is known of it.

    reference: torch's logits of the short sample texts. tuning: what an adapter taught the weights.
    """

    folder: Path
    id: str
    source: Source
    licence: str
    add_prefix: bool | None = None
    reference: Sequence[NDArray[np.float32]] = ()
    tuning: Tuning | None = None


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


def prepare(exported: Exported, target: Path, work: Path, precision: Precision | None, progress: Progress) -> Manifest:
    """Fill the empty folder `target`. precision None: 8 bits where they prove close enough, else float32.

    work: a folder for the graphs on the way.
    Raises ModelUnavailable: GG804 (not a decoder graph), GG807 (a proof fails), GG808 (tokenizer).
    """
    progress("verify", 0, 1)
    config = read_json(exported.folder / "config.json")
    mended = mended_tokenizer(exported.folder, exported.add_prefix)
    eos = _eos(exported.folder, config, mended.text)
    try:
        plain = verify.PlainGraph(exported.folder / MODEL)
        dims = _dims(plain, config)
    except verify.GraphFailed as error:
        raise ModelUnavailable.of(
            "GG804", f"ONNX Runtime cannot use the graph ({error})", "export the model again", path=MODEL
        ) from error
    samples = verify.sample_texts(mended.text, dims["vocab"], dims["context_length"])
    proof = _Proof({"tokens_checked": _check_tokens(mended.text, dims["vocab"], eos)}, list(mended.changes))
    proof.figures.update(_exactness(plain, exported.reference, samples.short))
    progress("verify", 1, 1)

    progress("rewrite", 0, 1)
    full, graph = _rewritten(exported.folder, work / "rewritten", dims["context_length"], plain, samples.short, proof)
    del plain
    progress("rewrite", 1, 1)
    folder = full
    if precision != "fp32":
        progress("quantize", 0, 1)
        folder, precision = _reduced(full, work, graph, precision, samples, proof)
        progress("quantize", 1, 1)
    if graph == "rewritten":
        _store(full, folder, target, dims["vocab"], precision, samples, proof)
    else:
        for path in folder.glob("*.onnx*"):
            shutil.copyfile(path, target / path.name)
    (target / TOKENIZER).write_text(mended.text, encoding="utf-8", newline="\n")
    for name in _COPIED:
        if (exported.folder / name).is_file():
            shutil.copyfile(exported.folder / name, target / name)
    if exported.tuning is not None:
        for file, name in ((exported.tuning.lines, LINES), (exported.tuning.card, CARD)):
            if file is not None:
                shutil.copyfile(file, target / name)
    manifest = Manifest(
        id=exported.id,
        source=exported.source,
        licence=exported.licence,
        precision=precision,
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
        verification=proof.figures,
        files=folder_entries(target),
        versions=versions(),
        cpu=cpu_class(),
        notes=tuple(proof.notes),
        card_form=exported.tuning.form if exported.tuning is not None else None,
        tuned=exported.tuning.facts if exported.tuning is not None else {},
    )
    write_manifest(target, manifest)
    return manifest


@dataclass(slots=True)
class _Proof:
    """What was measured and what is to be said, as it comes in."""

    figures: dict[str, JSON]
    notes: list[str]


def _check_tokens(tokenizer_json: str, vocab: int, eos: Sequence[int]) -> int:
    """How many tokens there are, all read by the grammar as the vocabulary means them. Raises GG807."""
    if wrong := tokenizers.wrong_tokens(tokenizer_json, vocab, eos):
        raise _unproven(f"{len(wrong)} tokens do not have the bytes that the vocabulary gives them, as id {wrong[0]}")
    return len(tokenizers.token_bytes(tokenizer_json))


def _exactness(
    plain: verify.PlainGraph, reference: Sequence[NDArray[np.float32]], texts: Sequence[Sequence[int]]
) -> dict[str, JSON]:
    """How far the exported graph is from torch, and a text in two parts from the same in one. Raises GG807."""
    differences = {"onnx_to_torch": 0.0, "parts_to_whole": 0.0}
    try:
        for row, text in enumerate(texts):
            whole = plain.logits(text)
            parts = verify.relative_difference(whole, plain.logits(text, len(text) // 2))
            differences["parts_to_whole"] = max(differences["parts_to_whole"], parts)
            if reference:
                found = verify.relative_difference(reference[row], whole)
                differences["onnx_to_torch"] = max(differences["onnx_to_torch"], found)
    except verify.GraphFailed as error:
        raise _unproven(f"the exported graph does not run ({error})") from error
    if not reference:
        del differences["onnx_to_torch"]
    for name, found in differences.items():
        if found > EXACT:
            raise _unproven(f"the logits of the exported graph differ, {name} by {found:.1e} (at most {EXACT:.0e})")
    return dict(differences)


def _rewritten(
    exported: Path,
    folder: Path,
    context: int,
    plain: verify.PlainGraph,
    texts: Sequence[Sequence[int]],
    proof: _Proof,
) -> tuple[Path, Literal["rewritten", "plain"]]:
    """The folder with the graph to go on with: the rewritten one if it proves equal, else the exported one."""
    try:
        import onnx

        folder.mkdir()
        save_graph(rewrite(onnx.load(str(exported / MODEL)), context), folder / MODEL)
        graph = verify.RewrittenGraph(folder / MODEL, len(texts), max(map(len, texts)) + 1)
        found = verify.compare_graphs(plain, graph, texts)
        if found > EXACT:
            raise NotRewritable(f"its logits differ by {found:.1e} (at most {EXACT:.0e})")
    except ImportError:
        proof.notes.append("plain graph, slower: the package onnx is not installed")
    except (NotRewritable, verify.GraphFailed) as error:
        proof.notes.append(f"plain graph, slower: {error}")
    else:
        proof.figures["rewritten_to_exported"] = found
        return folder, "rewritten"
    return exported, "plain"


def _reduced(
    full: Path,
    work: Path,
    graph: Literal["rewritten", "plain"],
    precision: Precision | None,
    samples: verify.Samples,
    proof: _Proof,
) -> tuple[Path, Precision]:
    """The folder with the graph to keep, and its precision. Raises GG806, GG807."""
    try:
        found = reduce(full, work, graph, precision or "int8", samples)
    except ImportError as error:
        if precision is None:
            proof.notes.append("float32 weights: the package onnx is not installed")
            return full, "fp32"
        raise ModelUnavailable.of(
            "GG806", "weights of fewer bits need the package onnx", 'install it with `pip install "gamegen[export]"`'
        ) from error
    except TooFar as error:
        if precision is not None:
            raise _unproven(f"the precision {precision} changes the model too much: {error}") from error
        proof.notes.append(f"float32 weights: {error}")
        return full, "fp32"
    proof.figures.update(found.figures)
    proof.notes.extend(found.notes)
    return found.folder, precision or "int8"


def _store(
    full: Path,
    folder: Path,
    target: Path,
    vocabulary: int,
    precision: Precision,
    samples: verify.Samples,
    proof: _Proof,
) -> None:
    """Put the graphs of a rewritten model into `target`, and prove the bits of each."""
    store(folder, target, vocabulary)
    proof.figures["stable_bits"] = _stable(target / MODEL, samples, proof)
    if precision not in ("int8", "int4"):
        return
    try:
        found = store_cache8(full, target, samples)
    except verify.GraphFailed as error:
        proof.notes.append(f"keys and values stay float32: {error}")
    else:
        if found <= CLOSE[precision]:
            proof.figures["cache8_divergence_from_fp32"] = found
            proof.figures["cache8_stable_bits"] = _stable(target / MODEL_CACHE8, samples, proof)
            return
        proof.notes.append(f"keys and values stay float32: in 8 bits they are {found:.3f} nats a token away")
    (target / MODEL_CACHE8).unlink(missing_ok=True)


def _stable(graph: Path, samples: verify.Samples, proof: _Proof) -> bool:
    runner = verify.RewrittenGraph(graph, max(verify.ROWS), max(map(len, samples.short)) + 4)
    stable = verify.stable_bits(runner, samples.short)
    if not stable:
        proof.notes.append(f"{graph.name}: a row's bits depend on the batch")
    return stable


def context_length(config: dict[str, JSON]) -> int:
    """Positions a row may hold: as the config says, and as far as the rotary caches go.

    optimum freezes the short factors of a "longrope" embedding: beyond the original context its graph is wrong.
    """
    limits = [MAX_CONTEXT, config.get("max_position_embeddings") or config.get("n_positions") or 2048]
    scaling = config.get("rope_scaling") or {}
    if scaling.get("rope_type", scaling.get("type")) == "longrope":
        original = "original_max_position_embeddings"
        limits.append(config.get(original) or scaling.get(original) or 4096)
    return int(min(limits))


def _dims(plain: verify.PlainGraph, config: dict[str, JSON]) -> dict[str, int]:
    """Sizes as the graph declares them, and the context length."""
    caches = [value.shape for name, value in plain.inputs.items() if name.startswith("past_key_values.")]
    outputs = {value.name: value.shape for value in plain.session.get_outputs()}
    if "input_ids" not in plain.inputs or len(outputs.get("logits", ())) != 3 or not _sized(caches):
        raise ModelUnavailable.of(
            "GG804",
            "expected a decoder graph with input_ids, past_key_values [B, heads, P, size] and logits [B, S, V]",
            "export it with the task text-generation-with-past",
        )
    vocab = outputs["logits"][2]
    return {
        "layers": len(caches) // 2,
        "kv_heads": caches[0][1],
        "head_dim": caches[0][3],
        "vocab": vocab if isinstance(vocab, int) else int(plain.logits([0]).shape[1]),
        "context_length": context_length(config),
    }


def _sized(caches: list[list[int | str]]) -> bool:
    """Whether there are caches, and the number of heads and their size are fixed."""
    return bool(caches) and all(len(shape) == 4 and {type(shape[1]), type(shape[3])} == {int} for shape in caches)


def _eos(folder: Path, config: dict[str, JSON], tokenizer_json: str) -> tuple[int, ...]:
    """Ids that end a text: of the generation config, else the config, else the tokenizer's special tokens."""
    for document in (read_json(folder / "generation_config.json"), config):
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
    template = read_json(folder / "tokenizer_config.json").get("chat_template", "")
    return template if isinstance(template, str) else ""


def read_json(path: Path) -> dict[str, JSON]:
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
