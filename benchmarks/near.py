"""Seconds to find the near-duplicates of 10,000 records of 20 texts each, and those of the index on disk.

    python -m benchmarks.near [--records 10000] [--out benchmarks/results/near.json]

The texts are made of halves of the hand-written example lines, so that they share words as those of one world do; one
in twenty is an earlier text, half of these with a word changed. Process time, beside the calibration of
benchmarks/main_job.py.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from gamegen._random import Stream
from gamegen.examples import shipped
from gamegen.machine import calibration, peak_memory
from gamegen.near_duplicates import pairs_of_texts, texts_in
from gamegen.near_index import Index
from gamegen.records import JSON

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "near.json"
TEXTS = 20
"""Of a record."""
KINDS = 4
"""Of records; only texts of one kind are compared."""

T = TypeVar("T")


def records(count: int) -> list[dict[str, JSON]]:
    stream = Stream("benchmark", "near")
    examples = [example["line"].split() for example in shipped()]
    said: list[list[str]] = []
    made = []
    for number in range(count):
        lines = []
        for place in range(TEXTS):
            said.append(_text(stream, examples, said))
            lines.append({"id": f"r{number}_{place}", "text": " ".join(said[-1])})
        made.append({"id": f"poem_{number:05}", "kind": f"poem_{number % KINDS}", "lines": lines})
    return made


def _text(stream: Stream, examples: list[list[str]], said: list[list[str]]) -> list[str]:
    if said and stream.chance(0.05):
        again = list(stream.choice(said))
        if stream.chance(0.5):
            again[stream.integer(0, len(again) - 1)] = stream.choice(stream.choice(examples))
        return again
    one, other = stream.choice(examples), stream.choice(examples)
    return one[: stream.integer(0, len(one))] + other[stream.integer(0, len(other) - 1) :]


def seconds(work: Callable[[], T]) -> tuple[float, T]:
    start = time.process_time()
    result = work()
    return round(time.process_time() - start, 2), result


def indexed(path: Path, made: list[dict[str, JSON]]) -> int:
    """Add the records to the index; returns the number of pairs."""
    with Index.open(path) as index:
        for record in made:
            index.add(record)
        return len(index.pairs())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=10_000)
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()
    made = records(options.records)
    texts = [(str(record["id"]), kind, text) for record in made for _, kind, text in texts_in(record)]
    memory, pairs = seconds(lambda: pairs_of_texts(texts))
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "near.sqlite"
        new, found = seconds(lambda: indexed(path, made))
        again, _ = seconds(lambda: indexed(path, made))
        size = path.stat().st_size
    peak = peak_memory()
    result = {
        "records": len(made),
        "texts": len(texts),
        "near_duplicates": len(pairs),
        "pairs_of_texts_seconds": memory,
        "index_new_seconds": new,
        "index_again_seconds": again,
        "index_finds_the_same": found == len(pairs),
        "index_megabytes": round(size / 1e6, 1),
        "peak_megabytes": None if peak is None else round(peak / 1e6),
        "calibration_seconds": round(calibration(), 3),
    }
    options.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
