"""Continuous batching: candidates of many jobs share the decode steps; a row that is free is filled at once.

What a completion becomes depends on its job alone. Every choice here that touches the cuts between calls of the
session is a function of the job: shared part and prompt are prefilled apart, a run of forced tokens goes through the
batch one by one or as a chunk by its length alone.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from gamegen._random import digest, uniform
from gamegen.engine.api import Completion, Job
from gamegen.engine.grammar import Draft, Grammar, Grammars
from gamegen.engine.sampler import draw, unpack
from gamegen.engine.session import KVSession
from gamegen.errors import ModelUnavailable

if TYPE_CHECKING:
    from numpy.typing import NDArray

CHUNK = 32
"""Runs of at least so many tokens are computed alone as one chunk, shorter ones token by token in the batch
(measured per token: 2.1 ms in a batch of 32; 4.5 ms in a chunk of 24, 1.6 ms in one of 32)."""
CAPACITY = 640
"""Tokens per row, unless a job needs more."""
TIGHT = 24
"""Characters: with less room than this, a free text may be squeezed."""
PREFIXES = 8
"""Shared prefixes that are kept, least recently used first to go."""
MEMORY = 1_300_000_000
"""Bytes for keys and values. Where jobs are long or the model is large, fewer rows run at once."""


@dataclass(eq=False, slots=True)
class _Task:
    """A job under way. `need`: tokens of capacity that a row takes at most."""

    job: Job
    grammar: Grammar
    shared: tuple[int, ...]
    prompt: tuple[int, ...]
    need: int
    done: list[Completion | None]
    started: int = 0
    logits: Any = None
    """Logits [V] behind the prompt, where every candidate begins."""


@dataclass(eq=False, slots=True)
class _Row:
    """One candidate in a slot. Either `logits` wait to be sampled from, or `feed` waits to be computed."""

    task: _Task
    candidate: int
    draft: Draft
    logits: Any
    name: bytes
    feed: list[int] = field(default_factory=list)
    logprob: float = 0.0
    steps: int = 0


class Scheduler:
    """The queue and the rows. `encode` turns text into tokens; `prefix` are tokens that every prompt begins with."""

    def __init__(
        self,
        session: KVSession,
        grammars: Grammars,
        encode: Callable[[str], list[int]],
        *,
        batch_size: int,
        context: int,
        prefix: Sequence[int] = (),
        memory: int = MEMORY,
    ) -> None:
        self.session = session
        self.grammars = grammars
        self.encode = encode
        self.batch_size = batch_size
        self.context = context
        self.prefix = tuple(prefix)
        self.memory = memory
        self.pending = 0
        self._waiting: deque[_Task] = deque()
        self._rows: list[_Row | None] = []
        self._done: list[tuple[Job, tuple[Completion, ...]]] = []
        self._prefixes: OrderedDict[tuple[int, ...], int] = OrderedDict()
        """Shared tokens -> the slot that holds them, least recently used first."""
        self._spare: list[int] = []

    def submit(self, job: Job) -> None:
        """Queue a job. Raises SchemaFault, or ModelUnavailable GG850 when it cannot fit the context."""
        grammar = self.grammars.compile(job.schema, job.opening)
        shared = (*self.prefix, *self.encode(job.shared))
        prompt = (*self.encode(job.prompt), *grammar.prefix)
        if not prompt:
            shared, prompt = (), shared or tuple(sorted(self.grammars.eos))[:1]
        need = len(shared) + len(prompt) + grammar.fragment.budget
        if need > self.context:
            raise ModelUnavailable.of(
                "GG850",
                f"the request for {job.key} of {job.record} needs {need} tokens"
                f" ({len(shared) + len(prompt)} of prompt, {grammar.fragment.budget} for the bounds of its schema),"
                f" the model holds {self.context}",
                "shorten the template, lower the bounds of the schema, or use a model with a longer context",
            )
        self.pending += job.candidates
        self._waiting.append(_Task(job, grammar, shared, prompt, need, [None] * job.candidates))

    def poll(self) -> list[tuple[Job, tuple[Completion, ...]]]:
        """Run until at least one job is done; return the finished ones."""
        while (self._waiting or self._busy) and not self._done:
            self._step()
        done, self._done = self._done, []
        self.pending -= sum(job.candidates for job, _ in done)
        return done

    def _step(self) -> None:
        """Fill rows and sample until every row has tokens to compute, then compute them."""
        self._fill()
        while ready := [row for row in self._rows if row is not None and row.logits is not None]:
            self._sample(ready)
            self._fill()
        self._compact()
        self._feed()

    def _fill(self) -> None:
        """Start candidates of the waiting jobs, in order, while rows are free."""
        while self._waiting:
            task = self._waiting[0]
            if not self._make_room(task.need) or None not in self._rows:
                return
            if task.started == 0:
                self._prepare(task)
            while task.started < task.job.candidates and None in self._rows:
                slot = self._rows.index(None)
                self._rows[slot] = self._start(task, slot)
            if task.started < task.job.candidates:
                return
            self._waiting.popleft()
            if not task.job.candidates:
                self._done.append((task.job, ()))

    def _make_room(self, need: int) -> bool:
        """Whether rows hold `need` tokens; where they do not, they are made anew as soon as none is in use."""
        held = self.session.capacity
        if need <= held and not (held > CAPACITY and not self._busy and max(t.need for t in self._waiting) <= CAPACITY):
            return True
        if self._busy:
            return False
        capacity = min(max(CAPACITY, -(-need // 64) * 64), max(self.context, need))
        fitting = self.memory // (self.session.bytes_per_token * self.session.overhead * capacity)
        prefixes = max(1, min(PREFIXES, fitting // 4))
        rows = max(1, min(self.batch_size, fitting - prefixes - 1))
        self.session.resize(rows, prefixes + 1, capacity)
        self._rows = [None] * rows
        self._prefixes.clear()
        self._spare = list(range(rows + 1, rows + 1 + prefixes))
        return True

    @property
    def _busy(self) -> bool:
        return any(row is not None for row in self._rows)

    def _prepare(self, task: _Task) -> None:
        """Compute the job's prompt once, into the slot behind the rows."""
        slot = len(self._rows)
        if task.shared:
            self.session.copy_prefix(self._shared_slot(task.shared), slot, len(task.shared))
        task.logits = self.session.prefill(slot, task.prompt, len(task.shared))

    def _shared_slot(self, tokens: tuple[int, ...]) -> int:
        """The slot that holds a shared prefix; computed, if it is not there."""
        if tokens in self._prefixes:
            self._prefixes.move_to_end(tokens)
            return self._prefixes[tokens]
        slot = self._spare.pop() if self._spare else self._prefixes.popitem(last=False)[1]
        self.session.prefill(slot, tokens, 0, wanted=False)
        self._prefixes[tokens] = slot
        return slot

    def _start(self, task: _Task, slot: int) -> _Row | None:
        """The next candidate of a job; None where the schema leaves it nothing to write."""
        job, candidate = task.job, task.started
        task.started += 1
        row = _Row(
            task,
            candidate,
            Draft(task.grammar),
            task.logits,
            digest("sample", job.seed, job.record, job.key, candidate, job.attempt),
        )
        if row.draft.finished:
            self._complete(row)
            return None
        self.session.copy_prefix(len(self._rows), slot, len(task.shared) + len(task.prompt))
        return row

    def _sample(self, rows: list[_Row]) -> None:
        """Draw the next token of each row; complete the rows that end with it."""
        logits = np.stack([row.logits for row in rows])
        masks = np.zeros((len(rows), self.grammars.mask_width), np.int32)
        for row, mask in zip(rows, masks, strict=True):
            row.draft.fill_mask(mask)
        choices = np.bitwise_count(masks.view(np.uint32)).sum(axis=1)
        masks[choices == 0, 0] = 1  # such a row draws, too, so that the arrays stay whole; it is closed below
        tokens, logprobs = draw(
            logits,
            unpack(masks, self.grammars.vocabulary),
            [row.task.job.sampling for row in rows],
            [uniform(row.name, row.steps) for row in rows],
            [row.draft.tokens for row in rows],
        )
        ended = set()
        for i, row in enumerate(rows):
            row.logits = None
            row.steps += 1
            draft = row.draft
            if choices[i] > 1:
                row.logprob += float(logprobs[i])
                draft.cut |= self._is_squeezed(draft, logits[i])
            if choices[i]:
                row.feed = draft.take(int(tokens[i]), sampled=bool(choices[i] > 1))
            if not draft.finished and (draft.exhausted or not choices[i]):
                draft.close()
            if draft.finished:
                self._complete(row)
                ended.add(row)
        self._rows = [None if row in ended else row for row in self._rows]

    def _is_squeezed(self, draft: Draft, logits: NDArray[np.float32]) -> bool:
        """Whether the token that the model likes best is too long for what room is left."""
        room = draft.room
        return room is not None and room < TIGHT and int(self.grammars.characters[logits.argmax()]) > room

    def _complete(self, row: _Row) -> None:
        task = row.task
        text, forced = row.draft.text()
        finish: Literal["length", "stop"] = "length" if row.draft.cut or row.draft.room == 0 else "stop"
        task.done[row.candidate] = Completion(text, row.logprob, len(row.draft.sampled), forced, finish)
        completions = tuple(completion for completion in task.done if completion is not None)
        if len(completions) == len(task.done):
            self._done.append((task.job, completions))

    def _compact(self) -> None:
        """Move the last rows into the holes, so that a step runs over the first rows only."""
        while None in self._rows:
            hole = self._rows.index(None)
            last = max((slot for slot, row in enumerate(self._rows) if row is not None), default=-1)
            if last < hole:
                return
            self.session.copy_prefix(last, hole, self.session.lengths[last])
            self._rows[hole], self._rows[last] = self._rows[last], None

    def _feed(self) -> None:
        """Compute one token of each row with a short run in one batch, then the long runs one by one."""
        held = [(slot, row) for slot, row in enumerate(self._rows) if row is not None]
        chunks = [(slot, row) for slot, row in held if len(row.feed) >= CHUNK]
        single = [(slot, row) for slot, row in held if len(row.feed) < CHUNK]
        if single:
            wanted = [i for i, (_, row) in enumerate(single) if len(row.feed) == 1]
            logits = self.session.decode([slot for slot, _ in single], [row.feed.pop(0) for _, row in single], wanted)
            for i, values in zip(wanted, logits, strict=True):
                single[i][1].logits = values
        for slot, row in chunks:
            row.logits = self.session.prefill(slot, row.feed, self.session.lengths[slot])
            row.feed = []
