"""Runs rewritten graphs with nothing but ONNX Runtime and numpy, so that any version of it can be asked.

python run_graph.py FOLDER    for each FOLDER/*.onnx writes the logits of a prompt and of three more tokens, [S, V],
                              to FOLDER/<name>.<version>.npy
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import onnxruntime

PROMPT, REST = list(range(10, 31)), [7, 300, 45]
TYPES = {"tensor(float)": np.float32, "tensor(float16)": np.float16, "tensor(int8)": np.int8}


def run_graph(path: Path) -> np.ndarray:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    capacity = len(PROMPT) + len(REST)
    caches = {
        value.name: np.zeros((1, value.shape[1], capacity, value.shape[3]), TYPES[value.type])
        for value in session.get_inputs()
        if value.name.startswith("past_key_values.")
    }
    found, past = [], 0
    for tokens in (PROMPT, *([token] for token in REST)):
        past += len(tokens)
        feeds = {
            "input_ids": np.array([tokens], np.int64),
            "seqlens_k": np.array([past - 1], np.int32),
            "total_sequence_length": np.array(past, np.int32),
            "logits_index": np.arange(len(tokens), dtype=np.int64),
        }
        names = ["logits", *(name.replace("past_key_values", "present") for name in caches)]
        logits, *present = session.run(names, {**feeds, **caches})
        caches = dict(zip(caches, present, strict=True))
        found.append(logits)
    return np.concatenate(found)


if __name__ == "__main__":
    for graph in sorted(Path(sys.argv[1]).glob("*.onnx")):
        np.save(graph.with_suffix(f".{onnxruntime.__version__}.npy"), run_graph(graph))
    print(onnxruntime.__version__)  # noqa: T201
