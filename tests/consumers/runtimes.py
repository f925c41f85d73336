"""The real runtimes behind one protocol: inkjs and bondage (Node), bink (native). See ink_play.js for the steps."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent

Step = Mapping[str, Any]
"""``{"goto": title}``, ``{"choose": index}``, ``{"call": name}``, ``{"set": {...}}`` or ``{"get": [...]}``."""


@dataclass(frozen=True)
class Play:
    """Steps of one play from a fresh state; `rolls` are the outcomes of its skill checks, in order."""

    steps: Sequence[Step]
    rolls: Sequence[bool] = ()

    def as_json(self) -> dict[str, Any]:
        return {"steps": list(self.steps), "rolls": list(self.rolls)}


class NodeRuntime:
    """A Node process that answers one request a line; started once, for starting is what costs."""

    def __init__(self, node: Path, modules: Path, script: str) -> None:
        self._process = subprocess.Popen(
            [str(node), str(HERE / script)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "NODE_PATH": str(modules)},
            encoding="utf-8",
        )

    def ask(self, request: Mapping[str, Any]) -> dict[str, Any]:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def close(self) -> None:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.close()
        self._process.wait(timeout=30)
        self._process.stdout.close()


@dataclass(frozen=True)
class Ink:
    """inkjs compiles (a warning fails) and plays; bink plays what inkjs compiled."""

    node: NodeRuntime

    def play(self, files: Mapping[str, str], plays: Sequence[Play]) -> dict[str, list[list[Any]]]:
        """By runtime, per play, the result of each step."""
        answer = self.node.ask({"main": "main.ink", "files": dict(files), "plays": [one.as_json() for one in plays]})
        assert answer["faults"] == []
        return {"inkjs": answer["plays"], "bink": bink_plays(answer["story"], plays)}


@dataclass(frozen=True)
class Yarn:
    node: NodeRuntime

    def play(self, files: Mapping[str, str], plays: Sequence[Play]) -> dict[str, list[list[Any]]]:
        answer = self.node.ask({"files": dict(files), "plays": [one.as_json() for one in plays]})
        assert answer["faults"] == []
        return {"bondage": answer["plays"]}


def bink_plays(compiled: str, plays: Sequence[Play]) -> list[list[Any]]:
    """Each from a fresh state; the story is read once, for reading is what costs."""
    from bink.story import Story

    story, rolls = Story(compiled), list[bool]()
    story.bind_external_function("skill_check", lambda *_: rolls.pop(0))

    def run() -> dict[str, Any]:
        lines = []
        while story.can_continue():
            if text := story.cont().removesuffix("\n"):
                lines.append({"text": text, "tags": list(story.get_current_tags())})
        choices = story.get_current_choices()
        return {
            "lines": lines,
            "choices": [{"text": text, "tags": list(choices.get_tags(i))} for i, text in enumerate(choices)],
        }

    def perform(step: Step) -> Any:
        if "goto" in step:
            story.choose_path_string(step["goto"])
            return run()
        if "choose" in step:
            story.choose_choice_index(step["choose"])
            return run()
        if "call" in step:
            return story.evaluate_function(step["call"])[0]
        if "set" in step:
            for name, value in step["set"].items():
                story.set_variable(name, value)
            return None
        return {name: story.get_variable(name) for name in step["get"]}

    def one_play(play: Play) -> list[Any]:
        story.reset_state()
        rolls[:] = play.rolls
        results: list[Any] = []
        for step in play.steps:
            try:
                results.append(perform(step))
            except RuntimeError as error:  # what bink raises for each fault of the story
                results.append({"error": str(error)})
                break
        return results + [None] * (len(play.steps) - len(results))

    return [one_play(play) for play in plays]
