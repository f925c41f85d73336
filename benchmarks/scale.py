"""Whether the engine stays fast and small as the work grows: throughput, memory and start-up.

    python -m benchmarks.scale [--counts 100 1000 10000] [--batch-size B] [--starts 5]

1. Requests per second for 100, 1,000 and 10,000 very short texts from an iterator, in one process, with its resident
   memory after each; the smallest count is measured five times, and its median taken, since it lasts seconds only.
2. Peak memory of a fresh process in which 32 rows hold 1,024 tokens or more at the same time.
3. Seconds from the start of a fresh process until its first request is queued and the engine can be polled: the best of
   five.

Run it from the checkout's root. Writes benchmarks/results/scale.json.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from benchmarks.peers.driver import peak_bytes, resident_bytes

JSON = Any

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results"

ROWS = 32
FULL = 1024
"""Tokens that each of the rows holds at least."""
KEYS_AND_VALUES = 2_000_000_000
"""Bytes that the full rows may take: enough for all of them at once in float32 (46 KB a token)."""

SHARED = """Names of ships in a harbor town.

"Salt Wren"
"Old Maud"
"Tar Queen"
"""
NAME = {"type": "string", "minLength": 4, "maxLength": 12, "x-gamegen": {"ends": "title"}}
LINE = {"type": "string", "minLength": 40, "maxLength": 60}


def names(count: int, start: int = 0) -> Iterator[Any]:
    """Requests for short texts, made one by one as they are asked for."""
    from gamegen.engine.api import Job

    for number in range(start, start + count):
        yield Job(f"ship_{number}", "name", SHARED, '"', NAME, seed=number)


def throughput(counts: list[int], batch_size: int | None) -> list[dict[str, JSON]]:
    """Requests per second and resident memory for each count, after a warm-up."""
    from gamegen.engine.runtime import open_engine

    results = []
    with closing(open_engine(provider="cpu", batch_size=batch_size)) as engine:
        start = 0

        def run(count: int) -> float:
            nonlocal start
            begun = time.perf_counter()
            finished = sum(1 for _ in engine.stream(names(count, start)))
            seconds = time.perf_counter() - begun
            start += count
            if finished != count:
                raise RuntimeError(f"expected {count} texts, found {finished}")
            return count / seconds

        run(min(counts))
        for count in sorted(counts):
            speeds = [run(count) for _ in range(5 if count == min(counts) else 1)]
            results.append(
                {
                    "requests": count,
                    "requests_per_second": round(statistics.median(speeds), 2),
                    "resident_gigabytes": round(resident_bytes() / 1e9, 3),
                }
            )
            print(
                f"{count:>7} requests: {results[-1]['requests_per_second']:6.1f} a second,"
                f" resident {results[-1]['resident_gigabytes']:.2f} GB",
                flush=True,
            )
    return results


def full_rows() -> dict[str, JSON]:
    """Fill the rows, each with a long prompt of its own and a short text behind it. For a fresh process."""
    from gamegen.engine.api import Job
    from gamegen.engine.runtime import open_engine

    engine = open_engine(provider="cpu", batch_size=ROWS, memory=KEYS_AND_VALUES)
    words = (
        "salt",
        "fog",
        "lamp",
        "oil",
        "bell",
        "rope",
        "tide",
        "crab",
        "debt",
        "iron",
        "key",
        "wall",
        "boat",
        "sail",
    )
    lengths = {}
    for number in range(ROWS):
        draw = random.Random(number)
        prompt = " ".join(draw.choice(words) for _ in range(FULL))
        while (length := engine.count_tokens(prompt)) > FULL:
            prompt = prompt[: -max(1, length - FULL)]
        lengths[f"row_{number}"] = length
        engine.submit(Job(f"row_{number}", "line", "", prompt, LINE, seed=number))
    held = []
    start = time.perf_counter()
    while engine.pending:
        held += [lengths[job.record] + completions[0].tokens for job, completions in engine.poll()]
    return {
        "rows": ROWS,
        "tokens_per_row": min(held),
        "seconds": round(time.perf_counter() - start, 1),
        "peak_gigabytes": round(peak_bytes() / 1e9, 3),
    }


def ready() -> dict[str, JSON]:
    """Open an engine and queue a request. For a fresh process, whose parent holds the clock."""
    from gamegen.engine.runtime import open_engine

    engine = open_engine(provider="cpu")
    engine.submit(next(names(1)))
    return {"model": engine.info.model}


def fresh(task: str) -> tuple[dict[str, JSON], float]:
    """Run one of this file's functions in a process of its own; its result, and seconds until it was there."""
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.scale", "--task", task], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    line = process.stdout.readline() if process.stdout is not None else ""
    seconds = time.perf_counter() - start
    if process.wait() or not line:
        sys.exit(f"the task {task} failed with code {process.returncode}")
    return json.loads(line), seconds


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.scale", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--counts", type=int, nargs="+", default=[100, 1000, 10_000])
    parser.add_argument("--batch-size", type=int)
    parser.add_argument("--starts", type=int, default=5)
    parser.add_argument("--task", choices=["full_rows", "ready"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.task:
        print(json.dumps({"full_rows": full_rows, "ready": ready}[options.task]()), flush=True)
        return
    starts = [fresh("ready")[1] for _ in range(options.starts)]
    print(f"ready after {min(starts):.2f} s (best of {len(starts)}; the slowest {max(starts):.2f} s)", flush=True)
    full, _ = fresh("full_rows")
    print(f"{ROWS} rows of {full['tokens_per_row']} tokens: peak {full['peak_gigabytes']:.2f} GB", flush=True)
    speeds = throughput(options.counts, options.batch_size)
    first, last = speeds[0], speeds[-1]
    kept = last["requests_per_second"] / first["requests_per_second"]
    print(f"throughput of {last['requests']} : {first['requests']} requests: {kept:.2f}")
    report = {
        "start_seconds": [round(seconds, 2) for seconds in starts],
        "full_rows": full,
        "throughput": speeds,
        "throughput_kept": round(kept, 3),
        "cores": os.cpu_count(),
    }
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / "scale.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
