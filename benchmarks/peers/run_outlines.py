"""optimum's ORTModelForCausalLM under outlines: batches of one size, padded on the left, as `transformers` generates.

Its best settings as tried: float32 (optimum's dynamic int8 decodes slower on CPU and changes what the model says), the
batch size that a trial found. No prefix is kept: `ORTModelForCausalLM` takes no cache object, and the exported graph
computes logits at every position.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import outlines
import torch
from optimum.onnxruntime import ORTModelForCausalLM
from outlines.types import JsonSchema
from transformers import AutoTokenizer, GenerationConfig

from benchmarks.peers.driver import JSON, Written, compact_schema, prompt_of, serve


class OutlinesSide:
    def __init__(self, work: dict[str, JSON]) -> None:
        settings = work["settings"]
        sampling = work["sampling"]
        self.work = work
        self.batch_size = settings["batch_size"]
        model = ORTModelForCausalLM.from_pretrained(
            work["exported"], provider="CPUExecutionProvider", use_io_binding=settings["io_binding"]
        )
        tokenizer = AutoTokenizer.from_pretrained(work["exported"])
        tokenizer.chat_template = None  # the prompt holds its turns already; outlines would wrap it in another
        model.generation_config = GenerationConfig(
            do_sample=True,
            temperature=sampling["temperature"],
            top_p=sampling["top_p"],
            min_p=sampling["min_p"],
            top_k=sampling["top_k"],
            max_new_tokens=work["max_tokens"],
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
        if settings["backend"] == "llguidance":
            schema = JsonSchema(compact_schema(work))
        else:
            schema = JsonSchema(work["schema"], whitespace_pattern="")
        self.generator = outlines.Generator(
            outlines.from_transformers(model, tokenizer), schema, backend=settings["backend"]
        )

    def write(self, records: Sequence[int]) -> list[Written]:
        written = []
        for first in range(0, len(records), self.batch_size):
            batch = records[first : first + self.batch_size]
            start = time.perf_counter()
            torch.manual_seed(self.work["seed"] + batch[0])
            texts = self.generator.batch([self.work["shared"] + prompt_of(self.work, record) for record in batch])
            seconds = time.perf_counter() - start
            written += [Written(record, text, seconds) for record, text in zip(batch, texts, strict=True)]
        return written


if __name__ == "__main__":
    packages = ["optimum", "optimum-onnx", "outlines", "outlines-core", "llguidance", "transformers", "torch"]
    serve(OutlinesSide, [*packages, "onnxruntime"])
