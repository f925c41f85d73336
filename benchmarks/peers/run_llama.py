"""llama-cpp-python: one record at a time, under the grammar that it makes from the JSON schema.

Its best settings as tried: all cores; the keys and values of the common beginning stay (`Llama` keeps what the last
prompt shares with the next); flash attention. It has no batch: `Llama` decodes one sequence. The tokenizer is the
GGUF's own, read by llama.cpp, which decodes it rightly: there is nothing to mend.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence

from llama_cpp import Llama, LlamaGrammar

from benchmarks.peers.driver import JSON, Written, one_by_one, prompt_of, serve


class LlamaSide:
    def __init__(self, work: dict[str, JSON]) -> None:
        cores = os.cpu_count()
        self.work = work
        self.llama = Llama(
            work["gguf"],
            n_ctx=1024,
            n_threads=cores,
            n_threads_batch=cores,
            flash_attn=work["settings"]["flash_attention"],
            verbose=False,
        )
        self.grammar = LlamaGrammar.from_json_schema(json.dumps(work["schema"]), verbose=False)

    def write(self, records: Sequence[int]) -> list[Written]:
        return one_by_one(self._record, records)

    def _record(self, record: int) -> str:
        sampling = self.work["sampling"]
        answer = self.llama.create_completion(
            self.work["shared"] + prompt_of(self.work, record),
            max_tokens=self.work["max_tokens"],
            temperature=sampling["temperature"],
            top_p=sampling["top_p"],
            min_p=sampling["min_p"],
            top_k=sampling["top_k"],
            repeat_penalty=sampling["repetition_penalty"],
            seed=self.work["seed"] + record,
            grammar=self.grammar,
        )
        return str(answer["choices"][0]["text"])


if __name__ == "__main__":
    serve(LlamaSide, ["llama-cpp-python", "numpy"])
