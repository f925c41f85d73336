"""The training loop: AdamW, one learning-rate cycle, ten evaluations, a checkpoint after each, the best one kept."""

from __future__ import annotations

import contextlib
import math
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gamegen.errors import ModelUnavailable
from gamegen.tune import checkpoint
from gamegen.tune.batches import Encoded
from gamegen.tune.checkpoint import State
from gamegen.tune.lora import LoraModel
from gamegen.tune.settings import Hyperparameters

EVALUATIONS = 10
"""Held-out losses, and checkpoints, of one training; the last one at its end."""
SMOOTHING = 0.95
"""The training loss is told, and watched, as an exponential mean: so much of it is what it was."""
LOSS_LIMIT = 1.5
"""A smoothed training loss so many times its best has diverged."""
HELD_OUT_LIMIT = 1.1
"""A held-out loss so many times its best, twice in a row, has diverged."""
_WATCHED_FROM = 20
"""Steps before which the smoothed loss says too little."""


@dataclass(frozen=True, slots=True)
class Now:
    """What is told after each step. loss: smoothed, per token. held_out: the newest, or NaN. evaluated: just now."""

    step: int
    steps: int
    loss: float
    held_out: float
    best: float
    seconds_left: float
    evaluated: bool
    resumed: bool = False


Report = Callable[[Now], None]


@dataclass(frozen=True, slots=True)
class Trained:
    """matrices: of the best checkpoint, float32. diverged: why it stopped early; empty when it ran to its end."""

    matrices: Mapping[str, Any]
    steps: int
    best_step: int
    held_out_before: float
    held_out: float
    history: tuple[tuple[int, float, float], ...]
    diverged: str = ""


def rate_at(step: int, steps: int, highest: float, warmup: float) -> float:
    """The learning rate of a step (from 0): it rises evenly for a share of the steps, then falls as a cosine to zero.

    One cycle of Smith and Topin (2019), in the form of torch's OneCycleLR with cosine, without the cycle of momentum.
    """
    rise = max(1, round(steps * warmup))
    if step < rise:
        return highest * (step + 1) / rise
    return highest * 0.5 * (1 + math.cos(math.pi * (step - rise + 1) / (steps - rise + 1)))


def marks(steps: int) -> frozenset[int]:
    """The steps after which is evaluated: each tenth of the training, the last step among them."""
    return frozenset(math.ceil(steps * part / EVALUATIONS) for part in range(1, EVALUATIONS + 1))


class Training:
    """One training, from its start or from its checkpoint to its end.

    order:  the lessons of every step, by index into `lessons`.
    key:    names all that the result depends on; a checkpoint in `folder` of the same key is taken up.
    """

    def __init__(
        self,
        model: LoraModel,
        lessons: Sequence[Encoded],
        held_out: Sequence[Encoded],
        order: Sequence[Sequence[int]],
        wanted: Hyperparameters,
        folder: Path,
        key: str,
        report: Report,
    ) -> None:
        import torch

        self.model = model
        self.lessons = lessons
        self.held_out = held_out
        self.order = order
        self.wanted = wanted
        self.folder = folder
        self.key = key
        self.report = report
        self.state = State()
        self.diverged = ""
        self._optimizer = torch.optim.AdamW(model.parameters, lr=wanted.rate, weight_decay=wanted.decay)
        self._seconds: list[float] = []

    def run(self) -> Trained:
        """Train to the end. Raises ModelUnavailable GG878 when it diverges before anything was learned."""
        with _deterministic():
            resumed = self._take_up()
            if not resumed:
                self._evaluate()
            self._tell(evaluated=True, resumed=resumed)
            marked = marks(len(self.order))
            while self.state.step < len(self.order) and not self.diverged:
                began = time.monotonic()
                self._step()
                evaluated = self.state.step in marked and not self.diverged
                self._seconds.append(time.monotonic() - began)
                if evaluated:
                    self._evaluate()
                    checkpoint.save(self.folder, self.key, self.state, self.model.take(), self._optimizer.state_dict())
                self._tell(evaluated)
        return self._result()

    def _take_up(self) -> bool:
        found = checkpoint.load(self.folder, self.key)
        if found is None:
            return False
        self.state, matrices, optimizer = found
        self.model.put(matrices)
        self._optimizer.load_state_dict(optimizer)
        self._watch_held_out()
        return True

    def _step(self) -> None:
        import torch

        state = self.state
        rate = rate_at(state.step, len(self.order), self.wanted.rate, self.wanted.warmup)
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        total, tokens = self.model.loss([self.lessons[index] for index in self.order[state.step]])
        loss = total / tokens
        value = float(loss.detach())
        if not math.isfinite(value):
            self.diverged = f"the loss of step {state.step + 1} is {value}"
            return
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters, self.wanted.clip)
        self._optimizer.step()
        state.step += 1
        state.smoothed = SMOOTHING * state.smoothed + (1 - SMOOTHING) * value
        state.smoothed_weight = SMOOTHING * state.smoothed_weight + (1 - SMOOTHING)
        if state.step >= _WATCHED_FROM:
            state.best_smoothed = min(state.best_smoothed, state.training_loss)
            if state.training_loss > LOSS_LIMIT * state.best_smoothed:
                rise = f"from {state.best_smoothed:.2f} to {state.training_loss:.2f}"
                self.diverged = f"the training loss rose {rise} by step {state.step}"

    def _evaluate(self) -> None:
        """The held-out loss of the matrices as they are; they are kept when it is the lowest."""
        state = self.state
        loss = self.model.mean_loss(self.held_out, self.wanted.batch)
        state.history.append((state.step, state.training_loss, loss))
        if loss < state.best_loss:
            state.best_loss, state.best_step, state.best = loss, state.step, self.model.take()
        state.rises = state.rises + 1 if loss > HELD_OUT_LIMIT * state.best_loss else 0
        if not math.isfinite(loss):
            self.diverged = f"the held-out loss of step {state.step} is {loss}"
        self._watch_held_out()

    def _watch_held_out(self) -> None:
        if self.state.rises >= 2:
            self.diverged = f"the held-out loss was twice a tenth above its best, {self.state.best_loss:.3f}"

    def _tell(self, evaluated: bool, resumed: bool = False) -> None:
        state = self.state
        recent = self._seconds[-50:]
        left = sum(recent) / len(recent) * (len(self.order) - state.step) if recent else math.nan
        held_out = state.history[-1][2] if state.history else math.nan
        self.report(
            Now(state.step, len(self.order), state.training_loss, held_out, state.best_loss, left, evaluated, resumed)
        )

    def _result(self) -> Trained:
        state = self.state
        if self.diverged and state.best_step == 0:
            raise ModelUnavailable.of(
                "GG878",
                f"the training diverged before anything was learned: {self.diverged}",
                f"try again with a lower --rate than {self.wanted.rate:g}",
                path=str(self.folder),
            )
        return Trained(
            state.best,
            state.step,
            state.best_step,
            state.history[0][2],
            state.best_loss,
            tuple(state.history),
            self.diverged,
        )


@contextlib.contextmanager
def _deterministic() -> Iterator[None]:
    """torch takes the kernels that give the same bits each time."""
    import torch

    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # of cuBLAS, read when CUDA starts
    before = torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(True)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before)
