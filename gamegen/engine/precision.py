"""From the float32 graph to the graphs that are stored: fewer bits, each proven close enough by its divergence.

A precision names forms in the order in which they are tried; the first whose next-token distributions stay close
to float32 over the held-out texts is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from gamegen.engine import verify
from gamegen.engine.cache8 import observe_cache, quantize_cache
from gamegen.engine.graph import save_graph
from gamegen.engine.head import add_head
from gamegen.engine.integer import observe, quantize_products
from gamegen.engine.manifest import MODEL, MODEL_CACHE8, Precision
from gamegen.engine.quantize import quantize
from gamegen.records import JSON

CLOSE: dict[Precision, float] = {"fp32": 0.0, "fp16": 0.02, "int8": 0.02, "int4": 0.05}
"""Mean divergence in nats a token from float32 that a precision may cause."""

Form = Literal["integers", "blocks", "half"]
_FORMS: dict[Precision, tuple[Form, ...]] = {
    "fp32": (),
    "fp16": ("half",),
    "int8": ("integers", "blocks"),
    "int4": ("blocks",),
}


@dataclass(frozen=True, slots=True)
class Reduced:
    """A folder with the graphs to keep. figures and notes: for the manifest."""

    folder: Path
    figures: dict[str, JSON]
    notes: tuple[str, ...]


class TooFar(Exception):
    """No form of the precision stays close enough; the text says how far they are."""


def reduce(
    full: Path,
    work: Path,
    graph: Literal["rewritten", "plain"],
    precision: Precision,
    samples: verify.Samples,
) -> Reduced:
    """Fill folders below `work` with graphs of the precision made from `full` / model.onnx, float32. Raises TooFar."""
    notes: list[str] = []
    for form in _FORMS[precision]:
        if graph == "plain" and form != "blocks":
            continue
        folder = work / f"{precision}-{form}"
        folder.mkdir()
        found = _made(full, folder, graph, form, precision, samples)
        if found is None:
            notes.append(f"{form}: no product of the graph can have fewer bits")
        elif found <= CLOSE[precision]:
            return Reduced(folder, {"form": form, "divergence_from_fp32": found}, tuple(notes))
        else:
            notes.append(f"{form}: {found:.3f} nats a token from float32 (at most {CLOSE[precision]})")
    raise TooFar("; ".join(notes) or "the plain graph has no such form")


def _made(
    full: Path, folder: Path, graph: str, form: Form, precision: Precision, samples: verify.Samples
) -> float | None:
    """Write the graph of a form and measure its divergence. None where nothing could be reduced."""
    import onnx

    model = onnx.load(str(full / MODEL))
    if form == "integers":
        count = quantize_products(model, observe(model, samples.calibration, folder / "observed.onnx"))
    elif form == "blocks":
        count = quantize(model, 8 if precision == "int8" else 4)
    else:
        from gamegen.engine.half import to_half

        model, count = to_half(model), 1
    if not count:
        return None
    save_graph(model, folder / MODEL)
    del model
    return divergence(full / MODEL, folder / MODEL, graph, samples.held_out)


def divergence(full: Path, reduced: Path, graph: str, texts: Sequence[Sequence[int]]) -> float:
    """Mean divergence in nats a token between two graphs of one model."""
    return verify.mean_divergence(
        verify.open_graph(full, graph, verify.LONG), verify.open_graph(reduced, graph, verify.LONG), texts
    )


def store(folder: Path, target: Path, vocabulary: int) -> None:
    """Write a rewritten graph into `target` with the sampler's head, its weights into a file of their own."""
    import onnx

    model = onnx.load(str(folder / MODEL))
    add_head(model, vocabulary)
    onnx.save(model, str(target / MODEL), save_as_external_data=True, location=f"{MODEL}_data", size_threshold=4096)


def store_cache8(full: Path, target: Path, samples: verify.Samples) -> float:
    """Write the graph in `target` once more, with keys and values in 8 bits and the same file of weights. Returns its
    divergence from `full`, which also gives the ranges."""
    import onnx

    runner = verify.RewrittenGraph(full / MODEL, 1, max(map(len, samples.calibration)))
    ranges = observe_cache(runner, (*samples.calibration, *samples.beginnings))
    del runner
    model = onnx.load(str(target / MODEL), load_external_data=False)
    quantize_cache(model, ranges)
    onnx.save(model, str(target / MODEL_CACHE8))
    return divergence(full / MODEL, target / MODEL_CACHE8, "rewritten", samples.held_out)
