"""How far a graph of a peer is from the weights that all sides start from: the divergence of next-token distributions.

A side whose own quantisation changes the model writes other texts, longer or shorter ones; the figure says by how much
its model is another one. gamegen refuses its own 8-bit graphs above 0.02 nats a token, 4-bit ones above 0.05.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from gamegen.engine import verify

FILE = "divergence.json"


def divergence(graph: Path, reference: Path, tokenizer: Path) -> float:
    """Mean divergence in nats a token of `graph` / model.onnx from `reference` / model.onnx, over held-out texts.

    Both have the interface of an exported decoder. Kept in a file beside the graph.
    """
    kept = graph / FILE
    if kept.is_file():
        return float(json.loads(kept.read_text(encoding="utf-8")))
    exported = verify.PlainGraph(reference / "model.onnx")
    shapes = {name: value.shape for name, value in exported.inputs.items()}
    vocabulary = exported.session.get_outputs()[0].shape[2]
    samples = verify.sample_texts(tokenizer.read_text(encoding="utf-8"), vocabulary, verify.LONG * 2)
    session = onnxruntime.InferenceSession(str(graph / "model.onnx"), providers=[verify.CPU])
    values = [verify.divergence(exported.logits(text), _logits(session, text, shapes)) for text in samples.held_out]
    found = float(np.concatenate(values).mean())
    kept.write_text(json.dumps(found), encoding="utf-8")
    return found


def _logits(session: onnxruntime.InferenceSession, text: Sequence[int], shapes: dict[str, Any]) -> Any:
    """[S, V] of one text. The heads of a cache are not always in the graph: the exported graph's are taken."""
    feeds: dict[str, Any] = {
        "input_ids": np.array([text], np.int64),
        "attention_mask": np.ones((1, len(text)), np.int64),
        "position_ids": np.arange(len(text), dtype=np.int64)[None],
    }
    names = {value.name for value in session.get_inputs()}
    for name in names:
        if name.startswith("past_key_values."):
            feeds[name] = np.zeros((1, shapes[name][1], 0, shapes[name][3]), np.float32)
    used = {name: feed for name, feed in feeds.items() if name in names}
    return session.run(["logits"], used)[0][0]
