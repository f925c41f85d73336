"""Differential play of the engine profiles: every dialogue plays in Mono and Godot as it does in gamegen/play.py."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings, strategies as st

from gamegen.play import Player, initial_state
from gamegen_exporters import names
from tests.consumers import packages
from tests.consumers.engines import Batch, Godot, Mono
from tests.consumers.planned import GENERATORS, planned
from tests.consumers.runtimes import Play
from tests.consumers.test_dialogues import maze
from tests.consumers.test_texts import HARD, HARD_NAMES, VALUES, one_walk, talk
from tests.consumers.walks import Walk, said
from tests.dialogue_records import effect, forge
from tests.strategies import proven_dialogues, texts

Engine = Mono | Godot
GALLERY = Path(__file__).parents[2] / "samples" / "gallery"


@pytest.fixture(params=["mono", "godot"])
def engine(request: pytest.FixtureRequest) -> Engine:
    found: Engine = request.getfixturevalue(request.param)
    return found


def gallery(world: str) -> list[dict[str, Any]]:
    files = sorted((GALLERY / world).glob("*.jsonl"))
    return [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]


def batch_of_texts(*records: dict[str, Any]) -> list[Batch]:
    return [Batch([one], [(one["id"], walk) for walk in one_walk(one)]) for one in records]


def test_hand_made_dialogues_play_alike(engine: Engine, tmp_path: Path) -> None:
    engine.play([Batch.of([forge(), maze()])], tmp_path)


@pytest.mark.parametrize("world", ["saltmarrow", "perihelion"])
def test_finished_records_of_all_kinds_load_and_play_alike(engine: Engine, world: str, tmp_path: Path) -> None:
    engine.play([Batch.of(gallery(world))], tmp_path)


def test_planned_records_of_all_kinds_load_and_play_alike(engine: Engine, tmp_path: Path) -> None:
    engine.play([Batch.of([planned(kind, seed) for kind in sorted(GENERATORS) for seed in range(1, 6)])], tmp_path)


def test_hard_texts_names_and_values_survive(engine: Engine, tmp_path: Path) -> None:
    shown = [talk(["{player}", "x {player}", "{player}: {{y}}"], player=value) for value in VALUES]
    engine.play(batch_of_texts(talk(HARD), talk(["Yes."], HARD_NAMES), *shown), tmp_path)


def test_any_text_survives(engine: Engine, tmp_path: Path) -> None:
    found: list[dict[str, Any]] = []
    bare = texts().map(lambda name: name.replace("{{", "{").replace("}}", "}"))

    @settings(max_examples=25, deadline=None, phases=(Phase.generate,), suppress_health_check=list(HealthCheck))
    @given(st.lists(texts(), min_size=5, max_size=20), st.lists(bare, min_size=1, max_size=3))
    def draw(lines: list[str], names: list[str]) -> None:
        found.append(talk(lines, names))

    draw()
    engine.play(batch_of_texts(*found), tmp_path)


def test_any_dialogue_plays_alike(engine: Engine, tmp_path: Path) -> None:
    """One process plays them all: starting it is what costs."""
    found: list[Batch] = []

    @settings(max_examples=40, deadline=None, phases=(Phase.generate,), suppress_health_check=list(HealthCheck))
    @given(proven_dialogues())
    def draw(record: dict[str, Any]) -> None:
        found.append(Batch.of([record]))

    draw()
    assert len(found) >= 40
    engine.play(found, tmp_path)


def test_a_second_play_starts_afresh_and_the_state_stays(engine: Engine, tmp_path: Path) -> None:
    record = forge()
    record["nodes"][2]["effects"] = [effect("item", "ore", "add", 1)]
    first, again = Player(record), {"goto": names.knot("dialogue", "talk_0001")}
    begun, taken = said(first.start()), said(first.choose("weather"))
    second = Player(record, state=initial_state(record, items={"ore": 1}))
    local, item = names.local("talk_0001", "trust"), names.state("item", "ore")
    steps = (again, {"choose": 0}, again, {"get": [local, item]})
    expected = (begun, taken, said(second.start()), {local: 0, item: 1})
    walk = Walk(Play(steps), expected, frozenset())
    engine.play([Batch([record], [("talk_0001", walk)])], tmp_path)


def test_a_line_that_differs_is_found(engine: Engine, tmp_path: Path) -> None:
    other = json.loads(json.dumps(forge()).replace("Mind the step.", "Mind the stairs."))
    (batch,) = [Batch.of([forge()])]
    with pytest.raises(AssertionError, match=r"Mind the stairs\."):
        engine.play([Batch([other], batch.walks)], tmp_path)


def test_what_cannot_be_installed_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert packages.install({}, tmp_path / "lock") == ""
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    reason = packages.install({"/no/such/file": "no-such-package"}, tmp_path / "lock")
    assert reason == "no-such-package: not installed, and only root can install Debian packages"
