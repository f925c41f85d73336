"""What all drivers share: they live in their own process and environment, and write records when told to.

A driver is started as `python -m benchmarks.peers.run_<name> FILE`, where FILE holds the work and the settings as JSON.
It loads, warms up, and prints one line of JSON; then it answers each line `{"records": [numbers]}` with one of results,
until its input ends. This file needs the standard library alone: it runs in every peer's environment.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Protocol

JSON = Any

WARM_UP = 1_000_000
"""Records from this number on warm a side up."""


@dataclass(frozen=True, slots=True)
class Written:
    """One record as a side wrote it. seconds: from its start to its end, its whole batch's where one runs as one."""

    record: int
    text: str
    seconds: float


class Side(Protocol):
    """A loaded model with its grammar compiled."""

    def write(self, records: Sequence[int]) -> list[Written]:
        """Write the records of these numbers; of a number past the prompts, the prompts begin again."""
        ...


def prompt_of(work: dict[str, JSON], record: int) -> str:
    return str(work["prompts"][record % len(work["prompts"])])


def compact_schema(work: dict[str, JSON]) -> dict[str, JSON]:
    """The schema, with llguidance's own wish for compact JSON: no tokens are spent on white space."""
    separators = {"whitespace_flexible": False, "item_separator": ",", "key_separator": ":"}
    return {**work["schema"], "x-guidance": separators}


def one_by_one(write: Callable[[int], str], records: Sequence[int]) -> list[Written]:
    """Time a side that writes one record at a time."""
    written = []
    for record in records:
        start = time.perf_counter()
        text = write(record)
        written.append(Written(record, text, time.perf_counter() - start))
    return written


def serve(load: Callable[[dict[str, JSON]], Side], packages: Sequence[str]) -> None:
    """Run a driver: `load` makes the side from the work file; the versions of `packages` are reported."""
    work = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    # What a library prints, from C too, goes to stderr: stdout carries the answers alone.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def answer(**values: JSON) -> None:
        answers.write(json.dumps(values) + "\n")
        answers.flush()

    start = time.perf_counter()
    side = load(work)
    loaded = time.perf_counter() - start
    side.write(range(WARM_UP, WARM_UP + min(work["settings"]["batch_size"], 4)))
    answer(load_seconds=loaded, versions={package: _version(package) for package in packages})
    for line in sys.stdin:
        start = time.perf_counter()
        written = side.write(json.loads(line)["records"])
        seconds = time.perf_counter() - start
        answer(written=[asdict(each) for each in written], seconds=seconds, peak_bytes=peak_bytes())


def peak_bytes() -> int:
    """The greatest resident memory of this process, in bytes; 0 where the system does not tell.

    Linux keeps in ru_maxrss what the parent held when it forked, so the process's own mark is read there.
    """
    if found := _status("VmHWM:"):
        return found
    with contextlib.suppress(ImportError):
        import resource

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024
    return 0


def resident_bytes() -> int:
    """The resident memory of this process now, in bytes; 0 where the system does not tell."""
    return _status("VmRSS:")


def _status(name: str) -> int:
    """A figure of Linux's /proc/self/status in bytes; 0 elsewhere."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
            if line.startswith(name):
                return int(line.split()[1]) * 1024
    return 0


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "missing"
