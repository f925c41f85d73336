"""The engine profiles of ``json`` in real runtimes: Mono for unity, Godot 3 for godot; one process plays many walks."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gamegen_exporters import json as json_format, names
from tests.consumers.walks import Walk, walks

HERE = Path(__file__).parent
Record = Mapping[str, Any]


@dataclass(frozen=True)
class Batch:
    """Records that are exported together, and walks through each."""

    records: Sequence[Record]
    walks: Sequence[tuple[str, Walk]]
    """(id of the dialogue, walk)."""

    @classmethod
    def of(cls, records: Sequence[Record], **limits: int) -> Batch:
        dialogues = [one for one in records if one["kind"] == "dialogue"]
        return cls(records, [(one["id"], walk) for one in dialogues for walk in walks(one, **limits)])


def identifiers(record: Record) -> dict[str, list[str]]:
    """What the identifiers in walks stand for: ``[type, id]``, ``["chosen", node, choice]`` or ``["end"]``."""
    id = record["id"]
    return {
        **{
            names.state(one["type"], one["id"]): [one["type"], one["id"]]
            for one in record["refs"]
            if one["type"] in ("flag", "item", "quest")
        },
        **{names.local(id, one["id"]): ["local", one["id"]] for one in record["variables"]},
        **{
            names.chosen(id, node["id"], choice["id"]): ["chosen", node["id"], choice["id"]]
            for node in record["nodes"]
            for choice in node.get("choices", ())
        },
        names.end(id): ["end"],
    }


def request(batch: Batch, profile: str) -> dict[str, Any]:
    """What a driver is asked: the content, and per walk the steps in terms of the record."""
    known = {one["id"]: identifiers(one) for one in batch.records if one["kind"] == "dialogue"}
    plays = []
    for id, walk in batch.walks:
        steps: list[dict[str, Any]] = []
        for step in walk.play.steps:
            if "set" in step:
                steps.append({"set": [[*known[id][name], value] for name, value in step["set"].items()]})
            elif "get" in step:
                steps.append({"get": [known[id][name] for name in step["get"]]})
            else:
                steps.append({"start": id} if "goto" in step else dict(step))
        plays.append({"dialogue": id, "steps": steps, "rolls": list(walk.play.rolls)})
    content = json_format.render(batch.records, {"profile": profile})["gamegen.json"]
    return {"content": content, "plays": plays}


def hold(runtime: str, batches: Sequence[Batch], answers: Sequence[Sequence[Sequence[Any]]]) -> None:
    """Every step of every walk answers what the reference player does; 1 is not True."""
    assert len(answers) == len(batches)
    for batch, plays in zip(batches, answers, strict=True):
        for (id, walk), results in zip(batch.walks, plays, strict=True):
            assert len(results) == len(walk.expected)
            for number, (found, expected) in enumerate(zip(results, walk.expected, strict=True)):
                if "get" in (step := walk.play.steps[number]):
                    found = dict(zip(step["get"], found, strict=True))
                where = f"{runtime}, {id}, step {number}: {step}"
                assert (where, _exact(found)) == (where, _exact(expected))


def _exact(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


@dataclass(frozen=True)
class Mono:
    """The classes and the player, compiled without a warning, in a small program that reads the file by reflection."""

    program: Path

    @classmethod
    def compiled(cls, folder: Path) -> Mono:
        files = json_format.render([], {"profile": "unity"})
        sources = [folder / "GamegenContent.cs", folder / "GamegenPlayer.cs"]
        for source in sources:
            source.write_text(files[source.name], encoding="utf-8")
        program = folder / "play.exe"
        done = subprocess.run(
            [
                *("mcs", "-langversion:6", "-warn:4", "-warnaserror+", "-r:System.Web.Extensions.dll"),
                *(f"-out:{program}", str(HERE / "unity_play.cs"), *map(str, sources)),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stdout + done.stderr) == (0, "")
        return cls(program)

    def play(self, batches: Sequence[Batch], folder: Path) -> None:
        asked, answered = folder / "asked.json", folder / "answered.json"
        asked.write_text(json.dumps([request(batch, "unity") for batch in batches]), encoding="utf-8")
        done = subprocess.run(
            ["mono", "--debug", str(self.program), str(asked), str(answered)],
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert (done.returncode, done.stdout + done.stderr) == (0, "")
        hold("unity", batches, json.loads(answered.read_text(encoding="utf-8")))


@dataclass(frozen=True)
class Godot:
    """The scripts in a project of their own. A syntax error exits 0 and a fault waits: the last line must come."""

    project: Path

    @classmethod
    def prepared(cls, folder: Path) -> Godot:
        (folder / "project.godot").write_text("config_version=4\n", encoding="utf-8")
        for name, text in json_format.render([], {"profile": "godot"}).items():
            (folder / name).write_text(text, encoding="utf-8")
        (folder / "walk.gd").write_text((HERE / "godot_play.gd").read_text(encoding="utf-8"), encoding="utf-8")
        return cls(folder)

    def play(self, batches: Sequence[Batch], folder: Path) -> None:
        asked, answered = folder / "asked.json", folder / "answered.json"
        requests = []
        for number, batch in enumerate(batches):
            one = request(batch, "godot")
            content = folder / f"content{number}.json"
            content.write_text(one["content"], encoding="utf-8")
            requests.append({"content": str(content), "plays": one["plays"]})
        asked.write_text(json.dumps({"requests": requests}, ensure_ascii=False), encoding="utf-8")
        done = subprocess.run(
            ["godot3-server", "--path", str(self.project), "-s", "walk.gd", str(asked), str(answered)],
            env={**os.environ, "LANG": "en_US.UTF-8", "LC_ALL": "en_US.UTF-8"},  # it takes no other for granted
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.rstrip().endswith("GAMEGEN DONE"), done.stdout
        hold("godot", batches, json.loads(answered.read_text(encoding="utf-8")))
