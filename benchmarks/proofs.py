"""The figures of plans and proofs: everything but the model.

    python -m benchmarks.proofs [--runs 5] [--count 1000]

Seconds of processor time are the best of the runs, beside the calibration of benchmarks/main_job.py. `large_dialogue`
is made here: 60 nodes in six chapters, eight variables of every type, once-choices and skill checks. The records are
planned for the sample world and get their fallback texts. Writes benchmarks/results/proofs.json.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import median

from gamegen.checks import character as character_checks, dialogue as dialogue_checks, quest as quest_checks
from gamegen.checks.dialogue_states import explore
from gamegen.errors import GamegenError
from gamegen.generators.character import generator as character
from gamegen.generators.dialogue import generator as dialogue
from gamegen.generators.quest import generator as quest
from gamegen.hookspecs import CheckContext, Generator
from gamegen.machine import calibration
from gamegen.plugins import Registry, load_registry
from gamegen.records import JSON, Brief, Plan, line_id
from gamegen.session import check_record
from gamegen.world import World
from gamegen.world_file import load_world

ROOT = Path(__file__).resolve().parent.parent
WORLD = ROOT / "samples" / "saltmarrow" / "world"
RESULTS = ROOT / "benchmarks" / "results"
GENERATORS: tuple[Generator, ...] = (quest.GENERATOR, dialogue.GENERATOR, character.GENERATOR)
CHAPTERS = 6
SEED = 7
LOCALS: dict[str, JSON] = {"trust": 0, "leverage": 0, "stance": "open", "pressed": False}
FLAGS: dict[str, JSON] = {"guild_hostile": False, "alarm": False}


def seconds(work: Callable[[], object]) -> float:
    """Processor time of this process."""
    start = time.process_time()
    work()
    return time.process_time() - start


def large_dialogue(once: int = 3) -> dict[str, JSON]:
    """A hub for each of six chapters, with eight answers and an exit: 60 nodes.

    once: how many answers of each chapter can be asked for once only.
    """
    nodes: list[dict[str, JSON]] = []
    for chapter in range(CHAPTERS):
        nodes += _chapter(chapter, once)
    ends = [{"id": "friends", "outcome": "a pact"}, {"id": "parted", "outcome": "nothing"}]
    types: dict[type, str] = {bool: "bool", int: "int", str: "string"}
    variables = [{"id": id, "type": types[type(value)], "initial": value} for id, value in LOCALS.items()]
    game = {"type": "item", "id": "ore", "name": "ore", "value_type": "int", "initial": 0}
    return {
        "kind": "dialogue",
        "id": "large_0001",
        "schema_version": 1,
        "participants": ["mira"],
        "variables": variables,
        "start": "hub_0",
        "nodes": nodes,
        "ends": ends,
        "refs": [
            {"type": "character", "id": "mira", "name": "Mira Voss"},
            *({"type": "flag", "id": id, "name": id, "value_type": "bool", "initial": v} for id, v in FLAGS.items()),
            game,
            _quest(),
        ],
    }


def _quest() -> dict[str, JSON]:
    states = ["inactive", "active", "done"]
    ref = {"type": "quest", "id": "lens", "name": "the lens", "value_type": "string"}
    return {**ref, "initial": states[0], "values": states}


def _chapter(chapter: int, once: int) -> list[dict[str, JSON]]:
    """A hub, eight answers that lead back to it, and the exit to the next chapter or to an end."""
    hub, last = f"hub_{chapter}", chapter == CHAPTERS - 1
    changes = (
        _change("local", "trust", "add", 1),
        _change("local", "leverage", "add", 1) if chapter > 2 else None,
        _change("local", "stance", "set", "warm" if chapter % 2 else "cold"),
        _change("local", "pressed", "set", True),
        _change("flag", "guild_hostile", "set", True),
        _change("item", "ore", "add", -1),
        _change("flag", "alarm", "set", False),
        None,
    )
    tests = (
        None,
        None,
        _change("flag", "alarm", "!=", True) if chapter < 3 else None,
        {"not": _change("local", "stance", "==", "warm")},
        {"any": [_change("local", "trust", ">=", 1), _change("local", "leverage", ">=", 2)]},
        _change("item", "ore", ">=", 1),
        {"all": [_change("local", "pressed", "==", True), _change("flag", "guild_hostile", "==", False)]},
        _change("quest", "lens", "==", "active") if chapter % 2 else None,
    )
    choices, answers = [], []
    for number, (change, test) in enumerate(zip(changes, tests, strict=True)):
        id = f"answer_{chapter}_{number}"
        choice: dict[str, JSON] = {"id": f"ask_{number}", "text": _text(f"{id}/ask")}
        if number == 3:
            choice["check"] = {"skill": "persuasion", "dc": 12, "success": id, "failure": hub}
        else:
            choice["goto"] = id
        if number < once:
            choice["once"] = True
        if test is not None:
            choice["condition"] = test
        choices.append(choice)
        answers.append(_node(id, goto=hub, **({"effects": [change]} if change else {})))
    out = f"exit_{chapter}"
    choices.append({"id": "leave", "text": _text(f"{out}/leave"), "goto": out})
    if last:
        trusted = _change("local", "trust", ">=", 2)
        choices.append({"id": "shake", "text": _text(f"{out}/shake"), "goto": answers[-1]["id"], "condition": trusted})
        answers[-1] = _node(answers[-1]["id"], end="friends")
    way: dict[str, JSON] = {"end": "parted"} if last else {"goto": f"hub_{chapter + 1}"}
    return [_node(hub, choices=choices), *answers, _node(out, **way)]


def _node(id: str, **rest: JSON) -> dict[str, JSON]:
    return {"id": id, "speaker": "mira", "lines": [_text(f"{id}/line")], **rest}


def _text(key: str) -> dict[str, str]:
    return {"id": line_id("large_0001", key), "text": "Well, that is a long story."}


def _change(type: str, id: str, op: str, value: JSON) -> dict[str, JSON]:
    return {"type": type, "id": id, "op": op, "value": value}


def _plan_all(generator: Generator, world: World, count: int) -> list[Plan]:
    briefs = (Brief(generator.kind, generator.kind, f"{n:04d}", n) for n in range(1, count + 1))
    return [generator.plan(world, brief, SEED) for brief in briefs]


def documents(generator: Generator, plans: Sequence[Plan]) -> list[dict[str, JSON]]:
    """The plans with the first fallback of each text."""
    found = []
    for plan in plans:
        coroutine = generator.write(plan)
        asked = next(coroutine)
        try:
            while True:
                asked = coroutine.send([(request.fallback or ("Well, that is a story.",))[0] for request in asked])
        except StopIteration as stop:
            found.append(stop.value)
    return found


def faults(records: Sequence[dict[str, JSON]], generator: Generator, registry: Registry, world: World) -> int:
    """Findings of all checks over all records."""
    return sum(len(check_record(record, generator.schema, registry, world)) for record in records)


def proven(records: Sequence[dict[str, JSON]], generator: Generator, world: World) -> int:
    """Findings of the kind's own proofs: structure, plays, knowledge, numbers; neither schema nor texts."""
    checks = {"quest": quest_checks, "dialogue": dialogue_checks, "character": character_checks}[generator.kind].CHECKS
    return sum(1 for record in records for check in checks for _ in check.run(record, CheckContext(world)))


def measure(runs: int, count: int) -> dict[str, JSON]:
    world, registry = load_world(WORLD), load_registry(None)
    marks = [calibration() for _ in range(runs)]
    large = {once: large_dialogue(once) for once in (0, 2, 3)}
    figures: dict[str, JSON] = {"runs": runs, "count": count, "cores": os.cpu_count()}
    for once, record in large.items():
        explored = explore(record)
        figures[f"large_dialogue_once_{once * CHAPTERS}"] = {
            "nodes": len(record["nodes"]),
            "states": explored.states,
            "complete": explored.complete,
            "seconds": round(min(seconds(partial(explore, record)) for _ in range(runs)), 3),
        }
    for generator in GENERATORS:
        try:
            plans = _plan_all(generator, world, count)
        except GamegenError as error:
            figures[generator.kind] = str(error)
            continue
        records = documents(generator, plans)
        plan = partial(_plan_all, generator, world, count)
        prove = partial(faults, records, generator, registry, world)
        plays = partial(proven, records, generator, world)
        figures[generator.kind] = {
            "median_size": median(len(record.get("nodes", record.get("stages", ()))) for record in records),
            "faults": prove(),
            "plan_seconds": round(min(seconds(plan) for _ in range(runs)), 2),
            "prove_seconds": round(min(seconds(plays) for _ in range(runs)), 2),
            "all_checks_seconds": round(min(seconds(prove) for _ in range(runs)), 2),
        }
    figures["calibration_seconds"] = round(min(marks), 3)
    return figures


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--count", type=int, default=1000)
    options = parser.parse_args()
    figures = measure(options.runs, options.count)
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / "proofs.json").write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
