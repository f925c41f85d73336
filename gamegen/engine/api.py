"""The seam to the model: what the pipeline asks of an engine. The fake in `gamegen.testing` implements it too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from gamegen.records import JSON, Sampling

BATCH_SIZE = 32
"""Rows that decode together unless a session says otherwise; never changes a byte."""


@dataclass(frozen=True, slots=True)
class Job:
    """One rendered request: `candidates` independent completions of one prompt under one schema.

    shared:   the part of the prompt that other jobs have too; its keys/values are computed once and copied.
    prompt:   the rest; the two are tokenized apart, so that the boundary depends on this job alone.
    opening:  words the completion begins with; they count as forced, and are part of `Completion.text`.
    The completion's bytes are a function of this value, the model and the engine contract number alone.
    """

    record: str
    key: str
    shared: str
    prompt: str
    schema: Mapping[str, JSON]
    sampling: Sampling = field(default_factory=Sampling)
    candidates: int = 1
    seed: int = 0
    attempt: int = 0
    opening: str = ""


@dataclass(frozen=True, slots=True)
class Completion:
    """What one candidate became.

    text:     for a string schema the string itself; for any other compact JSON text.
    logprob:  sum of natural-log probabilities of the sampled tokens under the unmasked model.
    tokens:   how many tokens were sampled (forced ones not counted).
    forced:   characters of `text` that were forced by the grammar or the opening.
    finish:   "stop": ended by the model's own choice; "length": the bound of the schema or of the tokens ended it.
    """

    text: str
    logprob: float
    tokens: int
    forced: int = 0
    finish: Literal["stop", "length"] = "stop"


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """What provenance records of the engine."""

    model: str
    sha256: str
    provider: str
    contract: int
    licence: str = ""
    prompt_form: Literal["few-shot", "card"] = "few-shot"


class Engine(Protocol):
    """Runs jobs of many records interleaved. Not thread-safe; one owner."""

    @property
    def info(self) -> EngineInfo: ...

    @property
    def pending(self) -> int:
        """Completions submitted and not yet returned."""
        ...

    @property
    def capacity(self) -> int:
        """How many pending completions keep the engine busy (a hint for the caller's window)."""
        ...

    def submit(self, job: Job) -> None:
        """Queue a job. Raises SchemaFault for a schema the grammar cannot hold, ModelUnavailable if it cannot fit."""
        ...

    def poll(self) -> list[tuple[Job, tuple[Completion, ...]]]:
        """Run until at least one job is done; return the finished ones. Empty when nothing is pending."""
        ...

    @property
    def notice(self) -> str:
        """A line that the user should see (a graph that could not be rewritten and is slow); empty when all is well."""
        ...

    def count_tokens(self, text: str) -> int: ...

    def close(self) -> None: ...
