"""Exporting ten thousand records: seconds and peak memory of each format.

    python -m benchmarks.exports [--records 10000] [--runs 5] [--out benchmarks/results/exports.json]

The records are planned for the sample world and get their last resorts as texts (build/exports/<records>.jsonl, made
once): as many quests, dialogues and sheets. Each export runs in a process of its own, `gamegen export` as a user calls
it, from the start of Python to its end, proofs included; the best of the runs counts. The first run of a format writes
every file, the others find that nothing has changed.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.proofs import GENERATORS, SEED, WORLD, documents
from gamegen.machine import calibration
from gamegen.records import JSON, Brief, canonical
from gamegen.world_file import load_world

ROOT = Path(__file__).parents[1]
BUILD = ROOT / "build" / "exports"
FORMATS: tuple[tuple[str, ...], ...] = (
    ("ink",),
    ("yarn",),
    ("yarn", "--profile", "3"),
    ("json",),
    ("json", "--profile", "unity"),
    ("json", "--profile", "unreal"),
    ("json", "--profile", "godot"),
)


def records(count: int) -> Iterator[dict[str, JSON]]:
    """Planned records with their last resorts, kinds by turns, in blocks of a thousand: names run out."""
    world = load_world(WORLD)
    for number in range(count):
        generator = GENERATORS[number % len(GENERATORS)]
        block, row = divmod(number // len(GENERATORS), 1000)
        brief = Brief(generator.kind, f"{generator.kind}_{block}", f"{row + 1:04d}", row + 1)
        yield from documents(generator, [generator.plan(world, brief, SEED)])


def content(count: int) -> Path:
    """The file of the records, made once."""
    path = BUILD / f"{count}.jsonl"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.with_suffix(".part").open("w", encoding="utf-8") as file:
            file.writelines(canonical(record) + "\n" for record in records(count))
        path.with_suffix(".part").replace(path)
    return path


def measure(command: tuple[str, ...], path: Path, runs: int) -> dict[str, JSON]:
    out = BUILD / "-".join(part.strip("-") for part in command)
    shutil.rmtree(out, ignore_errors=True)
    seconds: list[float] = []
    code = (
        "import resource, sys; from gamegen.cli import run; code = run(sys.argv[1:]); "
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, code, file=sys.stderr)"
    )
    told = ""
    for _ in range(1 + runs):
        start = time.perf_counter()
        arguments = ["export", *command, str(path), "--out", str(out)]
        done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True)
        seconds.append(time.perf_counter() - start)
        *_, told, memory = done.stderr.strip().splitlines()
    kilobytes, exit_code = map(int, memory.split())
    return {
        "first_seconds": round(seconds[0], 2),
        "seconds": round(min(seconds[1:]), 2),
        "peak_megabytes": round(kilobytes / 1024),
        "exit_code": exit_code,
        "files": sum(1 for each in out.rglob("*") if each.is_file()),
        "told": told,
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--records", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only", help="one format")
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks" / "results" / "exports.json")
    options = parser.parse_args()
    path = content(options.records)
    found: dict[str, JSON] = {
        "records": options.records,
        "megabytes": round(path.stat().st_size / 1e6),
        "calibration_seconds": round(calibration(), 3),
        "formats": {},
    }
    for command in FORMATS:
        if options.only in (None, command[0], " ".join(command)):
            found["formats"][" ".join(command)] = measure(command, path, options.runs)
            print(" ".join(command), found["formats"][" ".join(command)], flush=True)
    if options.only is None:
        options.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
