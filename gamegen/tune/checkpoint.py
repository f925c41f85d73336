"""What an interrupted training goes on from: one file, replaced whole, that knows which training it belongs to."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gamegen.errors import HostFailed

FILE = "checkpoint.pt"


@dataclass(slots=True)
class State:
    """How far a training is. step: steps done. smoothed: of the training loss, with its weight for the correction of
    its start. best: matrices of the lowest held-out loss. rises: evaluations in a row above the best by a tenth."""

    step: int = 0
    smoothed: float = 0.0
    smoothed_weight: float = 0.0
    best_smoothed: float = math.inf
    best_loss: float = math.inf
    best_step: int = 0
    rises: int = 0
    history: list[tuple[int, float, float]] = field(default_factory=list)
    """(step, smoothed training loss, held-out loss) of each evaluation."""
    best: dict[str, Any] = field(default_factory=dict)

    @property
    def training_loss(self) -> float:
        return self.smoothed / self.smoothed_weight if self.smoothed_weight else math.nan


def save(folder: Path, key: str, state: State, matrices: dict[str, Any], optimizer: dict[str, Any]) -> Path:
    """Write the checkpoint; the old one stays until the new one is whole. Raises HostFailed GG008."""
    import torch

    path = folder / FILE
    part = folder / f".{FILE}.part"
    names = State.__slots__
    document = {
        "key": key,
        "state": {name: getattr(state, name) for name in names},
        "matrices": matrices,
        "optimizer": optimizer,
        "random": torch.get_rng_state(),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        buffer = io.BytesIO()
        torch.save(document, buffer)
        part.write_bytes(buffer.getbuffer())
        part.replace(path)
    except OSError as error:
        raise HostFailed.of(
            "GG008",
            f"cannot write the checkpoint: {error.strerror or error}",
            "free space, or give another --work",
            path=str(path),
        ) from None
    return path


def load(folder: Path, key: str) -> tuple[State, dict[str, Any], dict[str, Any]] | None:
    """State, matrices and optimizer of this training; None where there is no checkpoint, or that of another one.

    The random numbers of torch go on where they were.
    """
    import torch

    path = folder / FILE
    if not path.is_file():
        return None
    try:
        document = torch.load(path, map_location="cpu", weights_only=True)
        if document["key"] != key:
            return None
        values = document["state"]
        values["history"] = [tuple(each) for each in values["history"]]
        state = State(**values)
        torch.set_rng_state(document["random"])
    except Exception:  # a file of another kind or version: the training begins anew
        return None
    return state, document["matrices"], document["optimizer"]
