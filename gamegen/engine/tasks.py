"""Jobs on their way: what waits, which scheduler takes it, what is done.

One `Tasks` stands between the caller and all schedulers of an engine; each of these works in a thread of its own.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from threading import Condition

from gamegen.engine.api import Completion, Job
from gamegen.engine.grammar import Grammar, Grammars
from gamegen.engine.sampler import check
from gamegen.engine.session import Logits
from gamegen.errors import ModelUnavailable

Done = list[tuple[Job, tuple[Completion, ...]]]


@dataclass(eq=False, slots=True)
class Task:
    """A job under way. shared: how many tokens the prompt's shared part has. need: tokens of capacity that a row takes
    at most."""

    job: Job
    grammar: Grammar
    prompt: tuple[int, ...]
    shared: int
    need: int
    completions: list[Completion | None]
    taken: int = 0
    """Candidates that schedulers have taken."""


@dataclass(eq=False, slots=True)
class Share:
    """Candidates `first` to `last` - 1 of a task, which one scheduler starts. logits: behind the prompt."""

    task: Task
    first: int
    last: int
    logits: Logits | None = None


class Tasks:
    """The queue and the results. Every method may be called from any thread.

    encode: turns text into tokens. prefix: tokens that every prompt begins with. context: tokens of a row at most.
    """

    def __init__(
        self,
        grammars: Grammars,
        encode: Callable[[str], list[int]],
        *,
        context: int,
        prefix: Sequence[int] = (),
    ) -> None:
        self.grammars = grammars
        self.encode = encode
        self.context = context
        self.prefix = tuple(prefix)
        self.changed = Condition()
        """Told when a job is queued or done."""
        self.pending = 0
        """Completions submitted and not yet taken."""
        self.resting: set[object] = set()
        """Schedulers that have nothing to do."""
        self._waiting: deque[Task] = deque()
        self._done: Done = []

    def submit(self, job: Job) -> None:
        """Queue a job. Raises SchemaFault, UsageError GG005, or ModelUnavailable GG850 if the context is too short."""
        check(job.sampling)
        grammar = self.grammars.compile(job.schema, job.opening, avoid=job.avoid, max_tokens=job.max_tokens)
        for own in grammar.fragment.settings.values():
            check(replace(job.sampling, **own))
        shared = (*self.prefix, *self.encode(job.shared))
        prompt = self._never_empty((*shared, *self.encode(job.prompt), *grammar.prefix))
        need = len(prompt) + grammar.fragment.budget
        if need > self.context:
            raise ModelUnavailable.of(
                "GG850",
                f"the request for {job.key} of {job.record} needs {need} tokens"
                f" ({len(prompt)} of prompt, {grammar.fragment.budget} for the bounds of its schema),"
                f" the model holds {self.context}",
                "shorten the template, lower the bounds of the schema, or use a model with a longer context",
            )
        with self.changed:
            self.pending += job.candidates
            if job.candidates:
                self._waiting.append(Task(job, grammar, prompt, len(shared), need, [None] * job.candidates))
            else:
                self._done.append((job, ()))
            self.changed.notify_all()

    def prompt(self, text: str) -> tuple[int, ...]:
        """The tokens of a prompt of one part; never none."""
        return self._never_empty((*self.prefix, *self.encode(text)))

    def _never_empty(self, tokens: tuple[int, ...]) -> tuple[int, ...]:
        return tokens or tuple(sorted(self.grammars.eos))[:1]

    @property
    def waiting(self) -> bool:
        return bool(self._waiting)

    @property
    def done(self) -> bool:
        return bool(self._done)

    def longest(self) -> int:
        """Tokens that the longest of the waiting jobs needs; 0 where none waits."""
        with self.changed:
            return max((task.need for task in self._waiting), default=0)

    def take(self, scheduler: object) -> Share | None:
        """The candidates that a scheduler starts next: all of the first job that are left. When no job is behind it,
        schedulers without work get their part of it."""
        with self.changed:
            if not self._waiting:
                return None
            task = self._waiting[0]
            if task.taken and self.resting and scheduler not in self.resting:
                return None
            self.resting.discard(scheduler)
            first, left = task.taken, task.job.candidates - task.taken
            if len(self._waiting) == 1:
                left = -(-left // (len(self.resting) + 1))
            task.taken += left
            if task.taken == task.job.candidates:
                self._waiting.popleft()
            return Share(task, first, first + left)

    def complete(self, task: Task, candidate: int, completion: Completion) -> None:
        with self.changed:
            task.completions[candidate] = completion
            completions = tuple(each for each in task.completions if each is not None)
            if len(completions) == len(task.completions):
                self._done.append((task.job, completions))
                self.changed.notify_all()

    def take_done(self) -> Done:
        """The finished jobs that were not taken yet."""
        with self.changed:
            done, self._done = self._done, []
            self.pending -= sum(job.candidates for job, _ in done)
            return done

    def drop(self) -> None:
        """Forget every job that is not done."""
        with self.changed:
            self._waiting.clear()
            self.pending = sum(job.candidates for job, _ in self._done)
