"""Continuous batching: candidates of many jobs share the decode steps; a row that is free is filled at once.

What a completion becomes depends on its job alone. Every choice here that touches the cuts between calls of the
session is a function of the job: a prompt is cut at multiples of `PAGE`, whether its pages are computed or found in
the tree of prefixes; a run of forced tokens goes through the batch one by one or as a chunk by its length alone
(docs/engine.md has the whole policy).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from time import perf_counter
from typing import Any, Literal

import numpy as np

from gamegen._random import digest, uniform
from gamegen.engine.api import Completion, Job, Score
from gamegen.engine.grammar import Draft
from gamegen.engine.prefix import PAGE, PrefixTree
from gamegen.engine.sampler import Asked, draw, unpack
from gamegen.engine.session import KVSession, Logits
from gamegen.engine.tasks import Done, Share, Task, Tasks
from gamegen.engine.tracing import trace
from gamegen.errors import ModelUnavailable
from gamegen.records import Sampling

CHUNK = 24
"""Runs of at least so many tokens are computed alone as one chunk, shorter ones token by token in the batch
(docs/engine.md has the figures)."""
CAPACITY = 640
"""Tokens per row, unless a job needs more."""
TIGHT = 24
"""Characters: with less room than this, a free text may be squeezed."""


@dataclass(slots=True)
class Times:
    """Seconds spent so far; the model's own are `KVSession.seconds`. sampling: without what the grammar took in it."""

    grammar: float = 0.0
    sampling: float = 0.0


@dataclass(eq=False, slots=True)
class _Row:
    """One candidate in a slot. Either `logits` (and `place` in them) wait to be sampled from, or `feed` waits to be
    computed."""

    task: Task
    candidate: int
    draft: Draft
    logits: Logits | None
    name: bytes
    place: int = 0
    feed: list[int] = field(default_factory=list)
    logprobs: list[float] = field(default_factory=list)
    counts: Counter[int] = field(default_factory=Counter)
    steps: int = 0


class Scheduler:
    """Rows over one session, filled from `tasks`. Not thread-safe; several may share tasks and tree.

    tree:   the pages of shared prompts that the session (and its siblings) keep.
    memory: bytes for the rows' keys and values. Where jobs are long or the model is large, fewer rows run at once.
    """

    def __init__(self, session: KVSession, tasks: Tasks, tree: PrefixTree, *, batch_size: int, memory: int) -> None:
        self.session = session
        self.tasks = tasks
        self.batch_size = batch_size
        self.memory = memory
        self.times = Times()
        self._tree = tree
        self._rows: list[_Row | None] = []
        self._share: Share | None = None
        """What is being started; its prompt stands in the spare slot once its logits are known."""
        self._mask = np.zeros(tasks.grammars.mask_width, np.int32)

    def submit(self, job: Job) -> None:
        """See `Tasks.submit`."""
        self.tasks.submit(job)

    @property
    def pending(self) -> int:
        return self.tasks.pending

    def poll(self) -> Done:
        """Run until at least one job is done; return the finished ones. Raises ModelUnavailable GG860 (NaN logits)."""
        while self.has_work and not self.tasks.done:
            self.step()
        return self.take_done()

    def take_done(self) -> Done:
        """The finished jobs that were not returned yet."""
        return self.tasks.take_done()

    def cancel(self) -> None:
        """Drop every job that is not done."""
        self.tasks.drop()
        self.drop()

    def drop(self) -> None:
        """Empty the rows."""
        self._share = None
        self._rows = [None] * len(self._rows)

    @property
    def has_work(self) -> bool:
        return self.busy or self.tasks.waiting

    @property
    def busy(self) -> bool:
        """Whether candidates are under way."""
        return self._share is not None or self._filled

    def step(self) -> None:
        """One call of the model at most: compute a prompt and start its candidates, or draw the next token of each
        row, or compute the tokens that were drawn."""
        if self._begin():
            return
        if ready := [row for row in self._rows if row is not None and row.logits is not None]:
            self._sample(ready)
        else:
            self._compact()
            self._feed()

    def score(self, pairs: Sequence[tuple[str, str]]) -> list[Score]:
        """The log-probability of each token of a continuation behind its prompt, for pairs (prompt, continuation); the
        two are tokenized apart. A prompt is computed once for all its continuations.

        Raises ModelUnavailable GG850 when a pair does not fit the context, or not the rows that are in use.
        """
        asked = [(self.tasks.prompt(prompt), self.tasks.encode(continuation)) for prompt, continuation in pairs]
        need = max((len(before) + len(after) for before, after in asked), default=0)
        room = min(self.tasks.context, self.session.capacity) if self._filled else self.tasks.context
        if need > room:
            raise ModelUnavailable.of(
                "GG850",
                f"a prompt and its continuation need {need} tokens, there is room for {room}",
                "shorten the prompt, score when no job is under way, or use a model with a longer context",
            )
        self._make_room(need)
        if self._share is not None:
            self._share.logits = None  # its prompt makes way in the spare slot
        slot = len(self._rows)
        scores: list[Score] = [Score(())] * len(asked)
        before, first = None, None
        for place in sorted(range(len(asked)), key=lambda each: asked[each][0]):
            prompt, tokens = asked[place]
            if first is None or prompt != before:
                before, first = prompt, self._prefill_prompt(prompt, slot)
            if not tokens:
                continue
            behind = [first]
            if tokens[1:] and (rest := self.session.prefill(slot, tokens[:-1], len(prompt), wanted=len(tokens) - 1)):
                behind.append(rest)
            scores[place] = Score(_logprobs(behind, tokens))
        return scores

    def _begin(self) -> bool:
        """Start candidates, in the order of their jobs, where a row is free; whether any were started."""
        if self._rows and None not in self._rows:
            return False
        share = self._share = self._share or self.tasks.take(self)
        if share is None or not self._make_room(share.task.need):
            return False
        if share.logits is None:
            share.logits = self._prefill_prompt(share.task.prompt, len(self._rows), share.task.shared)
            _check_finite(share.logits)
        while share.first < share.last and None in self._rows:
            slot = self._rows.index(None)
            self._rows[slot] = self._start(share, slot)
        if share.first == share.last:
            self._share = None
        return True

    def _make_room(self, need: int) -> bool:
        """Whether rows hold `need` tokens; where they do not, they are made anew as soon as none is in use."""
        held, context = self.session.capacity if self._rows else 0, self.tasks.context
        longest = max(self.tasks.longest(), need) if held > CAPACITY else CAPACITY
        if need <= held and not (held > CAPACITY and not self._filled and longest <= CAPACITY):
            return True
        if self._filled:
            return False
        capacity = min(max(CAPACITY, -(-need // 64) * 64), max(context, need))
        rows = min(self.batch_size, rows_that_fit(self.session, self.memory, capacity))
        self._rows = []  # none, should there be no memory for the new ones
        self.session.resize(max(1, rows), capacity)
        self._rows = [None] * max(1, rows)
        if self._share is not None:
            self._share.logits = None  # its prompt is no longer in the spare slot
        return True

    @property
    def _filled(self) -> bool:
        return any(row is not None for row in self._rows)

    def _prefill_prompt(self, tokens: tuple[int, ...], slot: int, shared: int = 0) -> Logits:
        """Compute a prompt: the pages that are not in the tree, then what remains, in one call.

        shared: of so many tokens all whole pages are worth keeping. Behind them the last page stays with what remains:
        it is seldom found again, and one call of 33 to 64 tokens is cheaper than two.
        """
        whole = (len(tokens) - 1) // PAGE
        count = max(whole - 1, min(shared // PAGE, whole), 0)
        pages = [tokens[start : start + PAGE] for start in range(0, count * PAGE, PAGE)]
        with self._tree.lock:
            found = self._tree.find(pages)
            if found:
                self.session.load_pages(found, slot)
        for count in range(len(found), len(pages)):
            self.session.prefill(slot, pages[count], count * PAGE, wanted=0)
            with self._tree.lock:
                page = self._tree.add(pages[: count + 1])
                if page is not None:
                    self.session.save_page(slot, count * PAGE, page)
        start = len(pages) * PAGE
        logits = self.session.prefill(slot, tokens[start:], start)
        if logits is None:
            raise RuntimeError("a prefill without tokens")
        return logits

    def _start(self, share: Share, slot: int) -> _Row | None:
        """The next candidate of a share; None where the schema leaves it nothing to write."""
        task, job, candidate = share.task, share.task.job, share.first
        share.first += 1
        row = _Row(
            task,
            candidate,
            Draft(task.grammar),
            share.logits,
            digest("sample", job.seed, job.record, job.key, candidate, job.attempt),
        )
        row.counts.update(row.draft.tokens)
        if row.draft.finished:
            self._complete(row)
            return None
        self.session.copy(len(self._rows), slot, len(task.prompt))
        return row

    def _sample(self, rows: list[_Row]) -> None:
        """Draw the next token of each row; complete the rows that end with it."""
        ended = set()
        times = self.times
        for row in rows:
            logits, draft = row.logits, row.draft
            if logits is None:
                continue
            row.logits = None
            start, grammar = perf_counter(), times.grammar
            asked = Asked(partial(self._allows, draft), partial(self._allowed, draft), row.counts)
            choice = draw(logits, row.place, self._rule(row), asked, uniform(row.name, row.steps))
            drawn = perf_counter()
            times.sampling += drawn - start - (times.grammar - grammar)
            row.steps += 1
            if choice is not None:
                row.feed = draft.take(choice.token, sampled=not choice.alone)
                times.grammar += perf_counter() - drawn
                row.counts.update(row.feed)
                if not choice.alone:
                    row.logprobs.append(choice.logprob)
                    draft.cut |= self._is_squeezed(draft, logits.values[row.place])
            if not draft.finished and (choice is None or draft.exhausted):
                draft.close()
            if draft.finished:
                self._complete(row)
                ended.add(row)
        self._rows = [None if row in ended else row for row in self._rows]

    def _rule(self, row: _Row) -> Sampling:
        """The job's sampling, or what the schema asks of the field that is being written."""
        settings = row.draft.grammar.fragment.settings
        own = settings.get(row.draft.field) if settings else None
        return replace(row.task.job.sampling, **own) if own else row.task.job.sampling

    def _allows(self, draft: Draft, tokens: Sequence[int]) -> list[bool]:
        start = perf_counter()
        allowed = draft.allows(tokens)
        self.times.grammar += perf_counter() - start
        return allowed

    def _allowed(self, draft: Draft) -> Any:
        start = perf_counter()
        draft.fill_mask(self._mask)
        self.times.grammar += perf_counter() - start
        return unpack(self._mask, self.tasks.grammars.vocabulary)

    def _is_squeezed(self, draft: Draft, values: Any) -> bool:
        """Whether the token that the model liked best was too long for what room was left."""
        room = draft.room
        return room is not None and room < TIGHT and int(self.tasks.grammars.characters[values.argmax()]) > room

    def _complete(self, row: _Row) -> None:
        text, forced = row.draft.text()
        finish: Literal["length", "stop"] = "length" if row.draft.cut or row.draft.room == 0 else "stop"
        completion = Completion(
            text, sum(row.logprobs), len(row.logprobs), forced, finish, trace(row.draft, text, row.logprobs)
        )
        self.tasks.complete(row.task, row.candidate, completion)

    def _compact(self) -> None:
        """Move the last rows into the holes, so that a step runs over the first rows only."""
        while None in self._rows:
            hole = self._rows.index(None)
            last = max((slot for slot, row in enumerate(self._rows) if row is not None), default=-1)
            if last < hole:
                return
            self.session.copy(last, hole, self.session.lengths[last])
            self._rows[hole], self._rows[last] = self._rows[last], None

    def _feed(self) -> None:
        """Compute one token of each row with a short run in one batch, then the long runs one by one."""
        held = [(slot, row) for slot, row in enumerate(self._rows) if row is not None]
        chunks = [(slot, row) for slot, row in held if len(row.feed) >= CHUNK]
        single = [(slot, row) for slot, row in held if len(row.feed) < CHUNK]
        if single:
            wanted = [i for i, (_, row) in enumerate(single) if len(row.feed) == 1]
            logits = self.session.decode([slot for slot, _ in single], [row.feed.pop(0) for _, row in single], wanted)
            _check_finite(logits)
            for place, i in enumerate(wanted):
                single[i][1].logits, single[i][1].place = logits, place
        for slot, row in chunks:
            row.logits, row.place = self.session.prefill(slot, row.feed, self.session.lengths[slot]), 0
            row.feed = []
            if row.logits is not None:
                _check_finite(row.logits)


def rows_that_fit(session: KVSession, memory: int, capacity: int = CAPACITY) -> int:
    """Rows of `capacity` tokens, and the spare one, that `memory` bytes hold; may be 0 or less."""
    return memory // (session.bytes_per_token * session.overhead * capacity) - 1


def _logprobs(parts: Sequence[Logits], tokens: Sequence[int]) -> tuple[float, ...]:
    """The log-probability of each token under the logits before it, which lie in `parts` one after the other."""
    for logits in parts:
        _check_finite(logits)
    places = ((logits, place) for logits in parts for place in range(len(logits)))
    return tuple(
        float(logits.values[place, token]) - float(logits.norms[place])
        for token, (logits, place) in zip(tokens, places, strict=True)
    )


def _check_finite(logits: Logits) -> None:
    if not np.isfinite(logits.norms).all():
        raise ModelUnavailable.of(
            "GG860",
            "the model computed logits that are not numbers",
            "nothing of the texts under way is used; make the model again with `gamegen model add --force`,"
            " or choose another precision or provider",
        )
