"""The figures of the main job: start-up, warm generation, memory, and (with --clean) the whole demo from nothing.

    python benchmarks/main_job.py [--runs 5] [--clean 1]

Seconds are the best of the runs, beside a calibration measured in the same minutes: a matrix product and a Python
loop, so that figures of different machines can be compared as ratios. Writes benchmarks/results/main_job.json.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from gamegen.machine import calibration

ROOT = Path(__file__).resolve().parent.parent
WORLD = ROOT / "samples" / "saltmarrow" / "world"
RESULTS = ROOT / "benchmarks" / "results"
COUNTS = {"quest": 4, "dialogue": 2, "character": 4}


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def run(*command: str | Path, env: Mapping[str, str] | None = None) -> str:
    """Run a command; returns its stdout. Raises CalledProcessError with what it said."""
    done = subprocess.run(
        [str(part) for part in command], cwd=ROOT, env={**os.environ, **(env or {})}, capture_output=True, text=True
    )
    if done.returncode:
        sys.stderr.write(done.stderr)
        raise subprocess.CalledProcessError(done.returncode, command)
    return done.stdout


def gamegen() -> Path:
    return Path(sys.executable).with_name("gamegen")


def generate(folder: Path) -> int:
    """Make the demo's records into the folder; returns the greatest peak of memory of a command, in bytes."""
    peak = 0
    for kind, count in COUNTS.items():
        arguments = ("--world", WORLD, "-n", str(count), "--seed", "7", "--out", folder / f"{kind}.jsonl")
        script = (
            "import resource, sys; from gamegen.cli import run; code = run(sys.argv[1:]); "
            "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024); sys.exit(code)"
        )
        out = run(sys.executable, "-c", script, "generate", kind, *arguments)
        peak = max(peak, int(out.splitlines()[-1]))
    return peak


def clean_demo() -> float:
    """Seconds of `make demo` in a fresh clone with an empty model cache, installs and export included."""
    with tempfile.TemporaryDirectory() as name:
        clone = Path(name) / "gamegen"
        run("git", "clone", "--quiet", ROOT, clone)
        cache = {"GAMEGEN_CACHE": str(Path(name) / "cache")}
        return seconds(lambda: run("make", "-C", clone, "demo", env=cache))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--clean", type=int, default=0, help="times to run the whole demo from nothing")
    options = parser.parse_args()
    bare, imported, helped, warm, marks, cleans = [], [], [], [], [], []
    peak = 0
    for _ in range(options.runs):
        marks.append(calibration())
        bare.append(seconds(lambda: run(sys.executable, "-c", "pass")))
        imported.append(seconds(lambda: run(sys.executable, "-c", "import gamegen")))
        helped.append(seconds(lambda: run(gamegen(), "--help")))
        folder = Path(tempfile.mkdtemp())
        start = time.perf_counter()
        peak = max(peak, generate(folder))
        warm.append(time.perf_counter() - start)
        shutil.rmtree(folder)
    for _ in range(options.clean):
        cleans.append(clean_demo())
    figures = {
        "runs": options.runs,
        "calibration_seconds": round(min(marks), 3),
        "import_seconds_over_bare": round(min(imported) - min(bare), 3),
        "help_seconds": round(min(helped), 3),
        "demo_records_warm_seconds": round(min(warm), 1),
        "generate_peak_memory_gigabytes": round(peak / 1e9, 2),
        "clean_demo_runs": options.clean,
        "clean_demo_seconds": round(min(cleans), 1) if cleans else None,
        "cores": os.cpu_count(),
    }
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / "main_job.json").write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
