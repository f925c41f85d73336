"""onnxruntime-genai: a graph of its own model builder, int4 or int8, under its guidance (llguidance over the schema).

Two ways work in 0.18, and the trial takes the faster: one record at a time with a `Generator`, whose keys and values of
the common beginning stay (`rewind_to`) and which takes forced tokens from the grammar; or an `Engine` that decodes
several requests as a batch, each with its whole prompt (its batches cannot be seeded). A batch in a `Generator` stops
with an error under guidance. It has no min-p.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence

import numpy as np
import onnxruntime_genai as og

from benchmarks.peers.driver import JSON, Side, Written, compact_schema, one_by_one, prompt_of, serve

CONTEXT = 1024
"""Tokens that a sequence may hold: prompt and answer take under 600."""


class Single:
    """One record at a time, on one generator that goes back to the end of the common beginning."""

    def __init__(self, work: dict[str, JSON]) -> None:
        self.work = work
        self.model = og.Model(work[work["side"]])
        self.tokenizer = og.Tokenizer(self.model)
        sampling = work["sampling"]
        parameters = og.GeneratorParams(self.model)
        parameters.set_search_options(
            do_sample=True,
            temperature=sampling["temperature"],
            top_p=sampling["top_p"],
            top_k=sampling["top_k"],
            max_length=CONTEXT,
            random_seed=work["seed"],
        )
        parameters.set_guidance("json_schema", json.dumps(compact_schema(work)), True)  # True: forced tokens at once
        self.generator = og.Generator(self.model, parameters)
        self.shared = list(self.tokenizer.encode(work["shared"]))
        self.generator.append_tokens(self.shared)

    def write(self, records: Sequence[int]) -> list[Written]:
        return one_by_one(self._record, records)

    def _record(self, record: int) -> str:
        prompt = list(self.tokenizer.encode(prompt_of(self.work, record)))
        start = len(self.shared) + len(prompt)
        self.generator.append_tokens(prompt)
        while not self.generator.is_done() and self.generator.token_count() < start + self.work["max_tokens"]:
            self.generator.generate_next_token()
        text = str(self.tokenizer.decode(self.generator.get_sequence(0)[start:]))
        self.generator.rewind_to(len(self.shared))
        return text


class Batched:
    """Up to `batch_size` requests at a time, each guided on its own."""

    def __init__(self, work: dict[str, JSON]) -> None:
        self.work = work
        config = og.Config(work[work["side"]])
        size = work["settings"]["batch_size"]
        config.overlay(
            json.dumps({"engine": {"static_batching": {"max_batch_size": size}}, "search": {"max_length": CONTEXT}})
        )
        self.model = og.Model(config)
        self.tokenizer = og.Tokenizer(self.model)
        self.engine = og.Engine(self.model)
        self.events = self.engine.create_event_buffer(4 * size)
        self.schema = json.dumps(compact_schema(work))

    def write(self, records: Sequence[int]) -> list[Written]:
        start = time.perf_counter()
        requests = {record: self._request(record) for record in records}
        numbers = {id(request): record for record, request in requests.items()}
        tokens: dict[int, list[int]] = {record: [] for record in records}
        ended: dict[int, float] = {}
        while self.engine.has_pending_requests():
            for event in self.engine.run(self.events):
                record = numbers[id(event.request)]
                if event.flags & og.EngineEventFlags.FAILED:
                    raise RuntimeError(f"the engine failed: {event.error_code}")
                if event.flags & og.EngineEventFlags.TOKEN:
                    tokens[record].append(event.token)
                if event.flags & og.EngineEventFlags.TURN_FINISHED:
                    ended[record] = time.perf_counter() - start
        for request in requests.values():
            request.close()
        return [
            Written(record, str(self.tokenizer.decode(np.array(tokens[record], np.int32))), ended[record])
            for record in records
        ]

    def _request(self, record: int) -> og.Request:
        sampling = self.work["sampling"]
        prompt = self.tokenizer.encode(self.work["shared"] + prompt_of(self.work, record))
        request = self.engine.create_request()
        options = og.TurnOptions(request)
        options.set_do_sample(True)
        options.set_temperature(sampling["temperature"])
        options.set_top_p(sampling["top_p"])
        options.set_top_k(sampling["top_k"])
        options.set_max_generated_tokens(self.work["max_tokens"])
        options.set_guidance("json_schema", self.schema)
        request.begin_turn(np.array(prompt, np.int32), options)
        return request


def load(work: dict[str, JSON]) -> Side:
    return Single(work) if work["settings"]["batch_size"] == 1 else Batched(work)


if __name__ == "__main__":
    serve(load, ["onnxruntime-genai", "onnxruntime", "numpy"])
