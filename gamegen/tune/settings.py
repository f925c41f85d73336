"""What a training is asked for: the numbers that, with data and base, decide its result."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

from gamegen.errors import UsageError
from gamegen.records import JSON

CONTRACT = 1
"""Goes up when the same inputs train another adapter; checkpoints of another number are not taken up."""


@dataclass(frozen=True, slots=True)
class Hyperparameters:
    """epochs: passes over the data (1.5 is one and a half). rate: highest learning rate. batch: lines of one step.

    rank: of the adapter's matrices; alpha: their weight is alpha / rank. warmup: share of the steps in which the rate
    rises. clip: longest gradient. decay: AdamW's weight decay.
    """

    epochs: float = 2.0
    rate: float = 6e-4
    rank: int = 16
    alpha: int = 32
    batch: int = 16
    seed: int = 0
    warmup: float = 0.1
    clip: float = 1.0
    decay: float = 0.01

    def __post_init__(self) -> None:
        for name in ("epochs", "rate", "rank", "alpha", "batch"):
            if not 0 < getattr(self, name) < math.inf:  # NaN is not above 0 either
                raise UsageError.of(
                    "GG005",
                    f"expected {name} above 0 and finite, found {getattr(self, name)}",
                    f"leave --{name} out to take its default",
                )

    def as_json(self) -> dict[str, JSON]:
        return dataclasses.asdict(self)
