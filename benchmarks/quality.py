"""What finished records are like: planned, proven and written, beside the same model run free under the bare schema.

    python -m benchmarks.quality [--records 30] [--seed 7] [--out benchmarks/results/quality.json]

Makes `--records` of each kind in each of the two sample worlds with the default model (build/quality/<world>/content;
a run that was stopped goes on where it was), then as many whole documents by the same model, asked in one request each
with what the world says and a schema of the same parts: no plan, no cards, no choice among candidates, no proof. Both
are measured alike; the figures stand in docs/quality.md.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks import free
from gamegen import Session, load_world
from gamegen._random import digest
from gamegen.checks.text import card_kind, texts_of
from gamegen.exporting import load_records
from gamegen.machine import calibration
from gamegen.measures import distinct, self_bleu
from gamegen.quality import SAMPLE
from gamegen.records import JSON
from gamegen.world import World

ROOT = Path(__file__).parents[1]
WORLDS = ("saltmarrow", "perihelion")
KINDS = ("quest", "dialogue", "character")
BUILD = ROOT / "build" / "quality"
RESULTS = ROOT / "benchmarks" / "results" / "quality.json"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=30, help="of each kind and world")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()
    seconds = {world: _make(world, options.records, options.seed) for world in WORLDS}
    written = _free(options.records, options.seed)
    found = {
        "records_of_each_kind_and_world": options.records,
        "seed": options.seed,
        "calibration_seconds": round(calibration(), 3),
        "seconds": seconds,
        "gamegen": {world: _measured(world) for world in WORLDS},
        "both": _of_both(),
        "free": free.figures(written, {world: _world(world) for world in WORLDS}),
    }
    options.out.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(json.dumps(found, indent=1, ensure_ascii=False))


def _make(world: str, count: int, seed: int) -> dict[str, float]:
    """Seconds that each kind took in this run; next to nothing where its records were there."""
    seconds = {}
    for kind in KINDS:
        out = BUILD / world / "content" / f"{kind}.jsonl"
        start = time.perf_counter()
        _gamegen("generate", kind, "--world", _folder(world), "-n", count, "--seed", seed, "--out", out)
        seconds[kind] = round(time.perf_counter() - start, 1)
    return seconds


def _measured(world: str) -> JSON:
    return json.loads(_gamegen("quality", BUILD / world / "content", "--world", _folder(world), "--json"))


def _of_both() -> dict[str, JSON]:
    """The NPC lines of both worlds together: 500 of them, the first by a hash of place and text."""
    found = []
    for world in WORLDS:
        for record in load_records([BUILD / world / "content" / "dialogue.jsonl"]):
            for where, text in texts_of(record.data):
                if card_kind("dialogue", where) == "npc_line":
                    found.append((digest("quality", world, record.id, where, text).hex(), text))
    lines = [text for _, text in sorted(found)]
    return {
        "npc_lines": len(lines),
        "npc_words": round(sum(len(line.split()) for line in lines) / len(lines), 2),
        "npc_distinct_2": round(distinct(lines[:SAMPLE], 2), 4),
        "npc_self_bleu_4": round(self_bleu(lines[:SAMPLE]), 4),
    }


def _free(count: int, seed: int) -> list[tuple[str, str, dict[str, Any]]]:
    """(world, kind, document) of each free one; those of an earlier run are kept."""
    path = BUILD / f"free_{seed}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    kept = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.is_file() else []
    done = {(each["world"], each["kind"], each["number"]) for each in kept}
    wanted = [(w, k, n) for w in WORLDS for k in KINDS for n in range(1, count + 1) if (w, k, n) not in done]
    if wanted:
        with Session() as session, path.open("a", encoding="utf-8") as file:
            worlds = {world: _world(world) for world in WORLDS}
            for (world, kind, number), document in free.documents(session.engine, worlds, wanted, seed):
                kept.append({"world": world, "kind": kind, "number": number, "document": document})
                file.write(json.dumps(kept[-1], ensure_ascii=False) + "\n")
    kept = [each for each in kept if each["number"] <= count]
    return [(each["world"], each["kind"], each["document"]) for each in kept]


def _world(world: str) -> World:
    return load_world(_folder(world))


def _folder(world: str) -> Path:
    return ROOT / "samples" / world / "world"


def _gamegen(*arguments: object) -> str:
    command = [str(Path(sys.executable).with_name("gamegen")), *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout


if __name__ == "__main__":
    main()
