"""The seam to the model: what the pipeline asks of an engine. The fake in `gamegen.testing` implements it too."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from gamegen.cards import CardForm
from gamegen.originality import Copies
from gamegen.records import JSON, Sampling

BATCH_SIZE = 96
"""Rows that decode together unless a session says otherwise, as far as memory allows; never changes a byte."""


@dataclass(frozen=True, slots=True)
class Job:
    """One rendered request: `candidates` independent completions of one prompt under one schema.

    shared:   the part of the prompt that other jobs have too; its keys/values are computed once and copied.
    prompt:   the rest; the two are tokenized apart, so that the boundary depends on this job alone.
    opening:  words the completion begins with; they count as forced, and are part of `Completion.text`.
    avoid:    words that no open string of the completion may contain: whole words, in any letter case.
    max_tokens: the most tokens that a completion may take; a schema whose bounds may need more is refused.
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
    avoid: tuple[str, ...] = ()
    max_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Token:
    """A token of a completion. start: where it begins in the text, in characters.

    logprob: natural-log probability under the unmasked model; None for a token that was forced.
    """

    start: int
    logprob: float | None


@dataclass(frozen=True, slots=True)
class Completion:
    """What one candidate became.

    text:     for a string schema the string itself; for any other compact JSON text.
    logprob:  sum of natural-log probabilities of the sampled tokens under the unmasked model.
    tokens:   how many tokens were sampled (forced ones not counted).
    forced:   characters of `text` that were forced by the grammar or the opening.
    finish:   "stop": ended by the model's own choice; "length": the bound of the schema or of the tokens ended it.
    trace:    its tokens; `gamegen.engine.fields.field_scores` sums them up by field of the schema.
    """

    text: str
    logprob: float
    tokens: int
    forced: int = 0
    finish: Literal["stop", "length"] = "stop"
    trace: tuple[Token, ...] = ()


@dataclass(frozen=True, slots=True)
class Score:
    """How probable a continuation is. logprobs: natural-log probability of each of its tokens."""

    logprobs: tuple[float, ...]

    @property
    def logprob(self) -> float:
        return math.fsum(self.logprobs)


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """What provenance records of the engine."""

    model: str
    sha256: str
    provider: str
    contract: int
    licence: str = ""
    card_form: CardForm | None = None
    """How a tuned model is asked; None: with few-shot prompts alone."""
    training: Copies | None = None
    """The lines that a tuned model was taught on, which no text may copy; None where they ship with gamegen."""


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

    def score(self, pairs: Sequence[tuple[str, str]]) -> list[Score]:
        """How probable each continuation is under its prompt, for pairs (prompt, continuation)."""
        ...

    def cancel(self) -> None:
        """Drop every job that is not done; nothing of them is ever returned."""
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
