"""Schedulers side by side, each in a thread of its own with rows of its own, over one model and one queue.

ONNX Runtime releases Python's lock while it computes, so that one worker samples while another one decodes, and a
prefill of one delays nobody else. What a completion becomes depends on its job alone: which worker takes it, and when,
changes nothing.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Thread, current_thread

from gamegen.engine.api import Job, Score
from gamegen.engine.scheduler import Scheduler
from gamegen.engine.tasks import Done, Tasks

_PATIENCE = 0.2
"""Seconds that a wait of the caller's thread lasts at most, so that Ctrl-C is heard on Windows, too."""


class Workers:
    """The interface of one `Scheduler` over several that share their tasks. They work as long as there is work, whether
    somebody polls or not; call `close` at the end."""

    def __init__(self, schedulers: Sequence[Scheduler]) -> None:
        self.schedulers = tuple(schedulers)
        self.tasks = schedulers[0].tasks
        self._state = _State(self.tasks)
        self._threads = [
            Thread(target=_work, args=(scheduler, self._state), name=f"gamegen-{number}", daemon=True)
            for number, scheduler in enumerate(schedulers)
        ]
        self.tasks.resting.update(schedulers)
        for thread in self._threads:
            thread.start()
        # Also at the interpreter's end, which must not find a thread in native code.
        self.close = weakref.finalize(self, _close, self._state, tuple(self._threads))

    @property
    def pending(self) -> int:
        return self.tasks.pending

    def submit(self, job: Job) -> None:
        """See `Tasks.submit`."""
        self.tasks.submit(job)

    def poll(self) -> Done:
        """Wait until at least one job is done; return the finished ones. Raises what a scheduler raised."""
        with self.tasks.changed:
            while self.tasks.pending and not self.tasks.done and self._state.failure is None:
                self.tasks.changed.wait(_PATIENCE)
            done = self.take_done()
            if not done and self._state.failure is not None:
                raise self._state.failure
            return done

    def take_done(self) -> Done:
        """The finished jobs that were not returned yet."""
        return self.tasks.take_done()

    def cancel(self) -> None:
        """Drop every job that is not done."""
        with self.paused():
            self._state.failure = None
            self.tasks.drop()
            for scheduler in self.schedulers:
                scheduler.drop()

    def score(self, pairs: Sequence[tuple[str, str]]) -> list[Score]:
        """See `Scheduler.score`; the jobs under way wait for it."""
        with self.paused():
            return self.schedulers[0].score(pairs)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """While no worker is in a step."""
        state, changed = self._state, self.tasks.changed
        with changed:
            state.pauses += 1
        try:
            with changed:
                while state.running:
                    changed.wait(_PATIENCE)
            yield
        finally:
            with changed:
                state.pauses -= 1
                changed.notify_all()


class _State:
    """What the workers and the caller tell each other, under the lock of `tasks.changed`."""

    def __init__(self, tasks: Tasks) -> None:
        self.tasks = tasks
        self.failure: Exception | None = None
        self.closed = False
        self.pauses = 0
        self.running = 0
        """Workers in a step."""


def _work(scheduler: Scheduler, state: _State) -> None:
    tasks = state.tasks
    while True:
        with tasks.changed:
            while not state.closed and (state.pauses or state.failure is not None or not scheduler.has_work):
                tasks.changed.wait()
            if state.closed:
                return
            state.running += 1
        failure = None
        try:
            scheduler.step()
        except Exception as error:  # told to whoever polls
            failure = error
        with tasks.changed:
            state.running -= 1
            state.failure = state.failure or failure
            if not scheduler.busy:
                tasks.resting.add(scheduler)
            if failure is not None or state.pauses:
                tasks.changed.notify_all()


def _close(state: _State, threads: Sequence[Thread]) -> None:
    with state.tasks.changed:
        state.closed = True
        state.tasks.changed.notify_all()
    for thread in threads:
        if thread is not current_thread():
            thread.join()
