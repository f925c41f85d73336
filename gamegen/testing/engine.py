"""An engine without a model: it answers every job at once with text that obeys the job's schema fragment."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence

from gamegen._random import Stream
from gamegen.engine.api import Completion, EngineInfo, Job, Score
from gamegen.engine.fragment import is_free
from gamegen.errors import SchemaFault
from gamegen.records import JSON, canonical

SUBJECTS = ("the tide", "a lantern", "the north road", "an old debt", "the ferry", "a locked door", "the harvest")
VERBS = ("waits for", "hides", "remembers", "outlasts", "answers", "follows", "costs more than", "leans against")
OBJECTS = ("the morning", "a quiet house", "whoever asks", "the winter", "its owner", "the last boat", "a good name")


class FakeEngine:
    """An Engine whose text is drawn from small word lists. `reply(job, candidate)` overrides the text of a job."""

    def __init__(self, reply: Callable[[Job, int], str] | None = None, capacity: int = 8) -> None:
        self.info = EngineInfo("fake", "0" * 64, "none", 0, "Apache-2.0")
        self.capacity = capacity
        self.notice = ""
        self.jobs: list[Job] = []
        """Every job ever submitted, in order."""
        self._reply = reply or fake_text
        self._waiting: list[Job] = []

    @property
    def pending(self) -> int:
        return sum(job.candidates for job in self._waiting)

    def submit(self, job: Job) -> None:
        self.jobs.append(job)
        self._waiting.append(job)

    def poll(self) -> list[tuple[Job, tuple[Completion, ...]]]:
        if not self._waiting:
            return []
        job = self._waiting.pop()  # the newest first: callers must not rely on an order
        texts = [self._reply(job, candidate) for candidate in range(job.candidates)]
        return [(job, tuple(Completion(text, -2.0 * len(text.split()), len(text.split())) for text in texts))]

    def score(self, pairs: Sequence[tuple[str, str]]) -> list[Score]:
        """Two nats for each word of a continuation."""
        return [Score((-2.0,) * len(continuation.split())) for _, continuation in pairs]

    def cancel(self) -> None:
        self._waiting.clear()

    def count_tokens(self, text: str) -> int:
        return -(-len(text) // 4)

    def close(self) -> None:
        self._waiting.clear()


def fake_text(job: Job, candidate: int) -> str:
    """Text for a job: a sentence for a string fragment, the smallest document for any other."""
    stream = Stream("fake", job.seed, job.record, job.key, job.attempt, candidate)
    if job.schema.get("type") == "string" and "enum" not in job.schema and "const" not in job.schema:
        return _sentence(stream, job)
    value = fake_instance(job.schema, stream, job.schema)
    return str(value) if is_free(job.schema) else canonical(value)


def _sentence(stream: Stream, job: Job) -> str:
    low, high = job.schema.get("minLength", 1), job.schema.get("maxLength", 200)
    title = job.schema.get("x-gamegen", {}).get("ends") == "title"
    text = job.opening
    while len(text) < max(low, 18):
        clause = f"{stream.choice(SUBJECTS)} {stream.choice(VERBS)} {stream.choice(OBJECTS)}"
        text = f"{text} while {clause}" if text else clause[0].upper() + clause[1:]
    text = text[: high - 1].rstrip(" ,’'-")
    if title:
        return " ".join(text.split()[:5]).title()
    return text + "."


def fake_instance(schema: Mapping[str, JSON], stream: Stream, root: Mapping[str, JSON]) -> JSON:
    """A small instance of a schema of the supported keywords, drawn from the stream."""
    if "$ref" in schema:
        name = str(schema["$ref"]).removeprefix("#/$defs/")
        return fake_instance(root["$defs"][name], stream, root)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return stream.choice(schema["enum"])
    if "anyOf" in schema:
        return fake_instance(schema["anyOf"][0], stream, root)
    kind = schema.get("type")
    if kind == "object":
        properties = schema.get("properties", {})
        return {name: fake_instance(part, stream, root) for name, part in properties.items()}
    if kind == "array":
        count = max(schema.get("minItems", 0), min(1, schema.get("maxItems", 1)))
        return [fake_instance(schema["items"], stream, root) for _ in range(count)]
    if kind in ("integer", "number"):
        low = int(schema.get("minimum", schema.get("exclusiveMinimum", -1) + 1))
        return stream.integer(low, int(schema.get("maximum", low + 5)))
    if kind == "boolean":
        return stream.chance(0.5)
    if kind == "null":
        return None
    if kind == "string":
        return _sentence(stream, Job("", "", "", "", schema))
    raise SchemaFault.of("GG102", f"the fake engine cannot make an instance of {json.dumps(schema)[:120]}")
