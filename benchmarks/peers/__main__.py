"""gamegen beside its peers: the same quest schema, prompts, weights and sampling, in one run.

    python -m benchmarks.peers [--records 64] [--only NAME ...] [--rounds 4] [--skip-build] [--skip-trials]

Run it from the checkout's root, with an environment that has the extras cpu, export and test. Each peer runs in an
environment of its own below build/peers, made at the first run; each side in its own process, loaded and warm before
the clock starts. First every side tries its settings on a few records and keeps the best, by valid records per minute.
Then the sides take turns: in each round a peer writes its share of the records, and gamegen all of them four times, so
that a machine that slows down slows all sides. Writes benchmarks/results/peers.json, and every text to
build/peers/texts.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from benchmarks.main_job import RESULTS, calibration
from benchmarks.peers.environments import BUILD, MODEL, PRECISIONS, build, prepare
from benchmarks.peers.fidelity import divergence
from benchmarks.peers.figures import Tally, summary, table
from benchmarks.peers.sides import SPECS, Driver, SideFailed, Spec
from benchmarks.peers.work import work

JSON = Any
OURS = "gamegen"
TIMES = 4
"""How often gamegen writes all records in a round."""


def main() -> None:
    options = arguments()
    specs = [spec for spec in SPECS if spec.name in options.only]
    names = {spec.name for spec in specs}
    if not options.skip_build:
        for name in sorted({spec.peer for spec in specs} - {OURS}):
            build(name)
    task = {**work(options.records), **prepare(names)}
    tokenizer = Tokenizer.from_file(str(MODEL / "torch" / "tokenizer.json"))

    def count_tokens(text: str) -> int:
        return len(tokenizer.encode(text, add_special_tokens=False).ids)

    try:
        tried = {spec.name: [] if options.skip_trials else try_settings(spec, task, count_tokens) for spec in specs}
        sides, tallies, marks = run(specs, task, tried, options.rounds)
    except SideFailed as error:
        sys.exit(str(error))
    for spec in specs:
        sides[spec.name] |= summary(tallies[spec.name], task["schema"], count_tokens)
        keep_texts(spec.name, tallies[spec.name].texts)
        if spec.name in PRECISIONS:
            found = divergence(MODEL / spec.name, MODEL / "exported", MODEL / "torch" / "tokenizer.json")
            sides[spec.name] |= {"divergence": round(found, 4)}
            sides[spec.name]["note"] += f"; its model is {found:.3f} nats a token from the weights"
    add_ratios(sides)
    report = {
        "records": options.records,
        "rounds": options.rounds,
        "calibration_seconds": [round(mark, 3) for mark in marks],
        "cores": os.cpu_count(),
        "machine": platform.machine(),
        "python": platform.python_version(),
        "sampling": task["sampling"],
        "prompt_tokens": count_tokens(task["shared"] + task["prompts"][0]),
        "max_tokens": task["max_tokens"],
        "sides": sides,
    }
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / "peers.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    print(table(sides.values()))
    print(f"calibration: {min(marks):.2f} to {max(marks):.2f} s")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.peers", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    names = [spec.name for spec in SPECS]
    parser.add_argument("--records", type=int, default=64, help="records of each peer, and of gamegen in each round")
    parser.add_argument("--only", nargs="+", choices=names, default=names)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--skip-build", action="store_true", help="use the environments as they stand")
    parser.add_argument("--skip-trials", action="store_true", help="take the first of each side's settings")
    options = parser.parse_args()
    if options.records < 1 or options.rounds < 1:
        parser.error("records and rounds are at least 1")
    return options


def try_settings(spec: Spec, task: Mapping[str, JSON], count_tokens: Callable[[str], int]) -> list[dict[str, JSON]]:
    """Every setting on a few records, each in a fresh process; one that fails says why and is no candidate."""
    count = min(spec.trial_records, len(task["prompts"]) * (TIMES if spec.name == OURS else 1))
    fitting = [settings for settings in spec.trials if settings["batch_size"] <= count] or spec.trials[:1]
    results = []
    for settings in fitting:
        result: dict[str, JSON] = {"settings": dict(settings)}
        tally = Tally()
        try:
            with Driver(spec, task, settings) as driver:
                tally.add(driver.write(range(count)))
            found = summary(tally, task["schema"], count_tokens)
            result |= {key: found[key] for key in ("records", "records_per_minute", "valid_share", "valid_per_minute")}
        except SideFailed as error:
            result["failed"] = str(error).splitlines()[-1]
        print(f"{spec.label}: {result}", flush=True)
        results.append(result)
    return results


def run(
    specs: Sequence[Spec], task: Mapping[str, JSON], tried: Mapping[str, Sequence[Mapping[str, JSON]]], rounds: int
) -> tuple[dict[str, dict[str, JSON]], dict[str, Tally], list[float]]:
    """Start every side with its best settings, then let them take turns.

    Returns what is known of each side, what each wrote, and the calibration before each round, in seconds.
    """
    tallies = {spec.name: Tally() for spec in specs}
    sides: dict[str, dict[str, JSON]] = {}
    marks = []
    with ExitStack() as stack:
        drivers = {}
        for spec in specs:
            settings = best_settings(spec, tried[spec.name])
            driver = drivers[spec.name] = stack.enter_context(Driver(spec, task, settings))
            sides[spec.name] = {
                "label": spec.label,
                "note": spec.note,
                "settings": dict(settings),
                "load_seconds": round(driver.facts["load_seconds"], 2),
                "versions": driver.facts["versions"],
                "trials": list(tried[spec.name]),
            }
        for number in range(rounds):
            marks.append(calibration())
            for spec in specs:
                if records := share(spec.name, number, rounds, len(task["prompts"])):
                    tallies[spec.name].add(drivers[spec.name].write(records))
                    progress(number, spec, tallies[spec.name])
    return sides, tallies, marks


def best_settings(spec: Spec, trials: Sequence[Mapping[str, JSON]]) -> Mapping[str, JSON]:
    """The settings of the trial with the most valid records per minute; without trials, the side's first.

    Raises SideFailed where all of them failed.
    """
    if not trials:
        return spec.trials[0]
    best = max(trials, key=lambda trial: float(trial.get("valid_per_minute", -1.0)))
    if "failed" in best:
        raise SideFailed(f"{spec.name}: {best['failed']}")
    settings: Mapping[str, JSON] = best["settings"]
    return settings


def share(name: str, number: int, rounds: int, records: int) -> Sequence[int]:
    """The records of a round. gamegen writes all four times in each: under other numbers, with other random draws."""
    if name == OURS:  # its users run thousands: a run that ends while its rows still fill says little about that
        return range(TIMES * number * records, TIMES * (number + 1) * records)
    size = math.ceil(records / rounds)
    return range(number * size, min((number + 1) * size, records))


def progress(number: int, spec: Spec, tally: Tally) -> None:
    speed = 60 * tally.records[-1] / tally.seconds[-1]
    print(f"round {number + 1}: {spec.label}: {tally.records[-1]} records, {speed:.1f} a minute", file=sys.stderr)


def keep_texts(name: str, texts: Sequence[str]) -> None:
    folder = BUILD / "texts"
    folder.mkdir(parents=True, exist_ok=True)
    Path(folder, f"{name}.jsonl").write_text("".join(json.dumps(text) + "\n" for text in texts), encoding="utf-8")


def add_ratios(sides: Mapping[str, dict[str, JSON]]) -> None:
    """gamegen's figure over each peer's: records, valid records, characters."""
    if OURS not in sides:
        return
    pairs = {
        "ratio": "records_per_minute",
        "valid_ratio": "valid_per_minute",
        "characters_ratio": "open_characters_per_record",
    }
    for name, side in sides.items():
        if name != OURS:
            side |= {key: round(sides[OURS][of] / side[of], 2) if side[of] else None for key, of in pairs.items()}


if __name__ == "__main__":
    main()
