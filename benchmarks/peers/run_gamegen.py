"""gamegen's engine: every record is one job with one candidate; all are queued, and the engine batches them."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence

from benchmarks.peers.driver import JSON, Written, prompt_of, serve
from gamegen.engine.api import Job
from gamegen.engine.manifest import PLAIN_ID
from gamegen.engine.runtime import open_engine
from gamegen.records import Sampling

_ENDS = {"title": "title", "summary": "sentence", "objectives": "sentence"}


def profiled(schema: Mapping[str, JSON]) -> dict[str, JSON]:
    """The same schema with gamegen's wishes for how its texts end; bounds and shape stay as they are."""
    properties = dict(schema["properties"])
    for name, ends in _ENDS.items():
        node = properties[name]
        string = node.get("items", node) | {"x-gamegen": {"ends": ends}}
        properties[name] = node | {"items": string} if "items" in node else string
    return {**schema, "properties": properties}


class GamegenSide:
    def __init__(self, work: dict[str, JSON]) -> None:
        self.work = work
        self.schema = profiled(work["schema"])
        self.sampling = Sampling(**work["sampling"])
        self.engine = open_engine(PLAIN_ID, provider="cpu", batch_size=work["settings"]["batch_size"])

    def write(self, records: Sequence[int]) -> list[Written]:
        return sorted(self._run(records), key=lambda written: written.record)

    def _run(self, records: Sequence[int]) -> Iterator[Written]:
        start = time.perf_counter()
        for record in records:
            self.engine.submit(self._job(record))
        while self.engine.pending:
            for job, completions in self.engine.poll():
                yield Written(int(job.record), completions[0].text, time.perf_counter() - start)

    def _job(self, record: int) -> Job:
        return Job(
            record=str(record),
            key="quest",
            shared=self.work["shared"],
            prompt=prompt_of(self.work, record),
            schema=self.schema,
            sampling=self.sampling,
            seed=self.work["seed"],
        )


if __name__ == "__main__":
    serve(GamegenSide, ["gamegen", "onnxruntime", "llguidance", "numpy"])
