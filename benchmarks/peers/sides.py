"""The sides of the comparison: what each tries before it runs, and the process that runs it."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from benchmarks.peers.environments import BUILD, LOGS, ROOT, python, tail

JSON = Any


@dataclass(frozen=True, slots=True)
class Spec:
    """One side. trials: settings of which the best is taken; trial_records: how many records each of them writes.

    shares: whose environment and driver it uses, its own where nothing is said.
    """

    name: str
    label: str
    trials: tuple[Mapping[str, JSON], ...]
    trial_records: int
    note: str = ""
    shares: str = ""

    @property
    def peer(self) -> str:
        return self.shares or self.name


SPECS = (
    Spec("gamegen", "gamegen", tuple({"batch_size": size} for size in (32, 64, 96, 128)), 256),
    Spec(
        "llama",
        "llama-cpp-python, Q4_1",
        tuple({"batch_size": 1, "flash_attention": flash} for flash in (True, False)),
        8,
        "its grammar ignores the bounds of integers",
    ),
    Spec(
        "outlines",
        "optimum + outlines",
        (
            *({"batch_size": size, "backend": "llguidance", "io_binding": True} for size in (1, 4, 8, 16)),
            {"batch_size": 8, "backend": "llguidance", "io_binding": False},
            {"batch_size": 8, "backend": "outlines_core", "io_binding": True},
        ),
        16,
        "its own backend, outlines_core, ignores the bounds of integers",
    ),
    Spec(
        "genai",
        "onnxruntime-genai, int4",
        tuple({"batch_size": size} for size in (1, 4, 8, 16)),
        16,
        "it has no min-p",
    ),
    Spec(
        "genai_int8",
        "onnxruntime-genai, int8",
        tuple({"batch_size": size} for size in (1, 16)),
        16,
        "it has no min-p",
        shares="genai",
    ),
)


class SideFailed(RuntimeError):
    """A driver ended, or answered nothing; the text holds the end of its log."""


class Driver:
    """A side's process, loaded and warm. Use it as a context manager."""

    def __init__(self, spec: Spec, work: Mapping[str, JSON], settings: Mapping[str, JSON]) -> None:
        self.name = spec.name
        file = BUILD / f"work_{spec.name}.json"
        file.write_text(json.dumps({**work, "settings": dict(settings), "side": spec.name}), encoding="utf-8")
        LOGS.mkdir(parents=True, exist_ok=True)
        self.log = (LOGS / f"run_{spec.name}.log").open("a", encoding="utf-8")
        self.process = subprocess.Popen(
            [str(python(spec.peer)), "-m", f"benchmarks.peers.run_{spec.peer}", str(file)],
            cwd=ROOT,
            env={**os.environ, "TOKENIZERS_PARALLELISM": "false"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log,
            text=True,
            encoding="utf-8",
        )
        self.facts = self._answer()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def write(self, records: Sequence[int]) -> dict[str, JSON]:
        """The driver's answer for these records. Raises SideFailed."""
        if self.process.stdin is None or self.process.poll() is not None:
            raise self._failure()
        self.process.stdin.write(json.dumps({"records": list(records)}) + "\n")
        self.process.stdin.flush()
        return self._answer()

    def close(self) -> None:
        """End the process: its input ends, and with it its loop."""
        if self.process.stdin is not None:
            self.process.stdin.close()
        self.process.wait()
        self.log.close()

    def _answer(self) -> dict[str, JSON]:
        line = self.process.stdout.readline() if self.process.stdout is not None else ""
        if not line:
            raise self._failure()
        return dict(json.loads(line))

    def _failure(self) -> SideFailed:
        code = self.process.wait()
        self.log.flush()
        return SideFailed(f"{self.name} ended with code {code}:\n{tail(LOGS / f'run_{self.name}.log')}")
