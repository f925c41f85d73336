"""The main job on the real model: records of each kind and seed are valid, and all their exports compile and play.

Two seeds by default; GAMEGEN_SEEDS=20 is the acceptance run of `make acceptance`.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

import gamegen
import gamegen.testing
from gamegen.session import check_record
from gamegen.shares import shares
from gamegen.world import World
from gamegen_exporters import ink as ink_format, json as json_format, yarn as yarn_format
from tests.consumers.runtimes import Ink, Play, Yarn
from tests.consumers.test_dialogues import held_in_ink, held_in_yarn

pytestmark = [pytest.mark.model, pytest.mark.xdist_group("main job")]
SEEDS = range(1, 1 + int(os.environ.get("GAMEGEN_SEEDS", "2")))
KINDS = ("quest", "dialogue", "character")


@pytest.fixture(scope="module")
def world() -> World:
    return gamegen.load_world(Path(__file__).parents[2] / "samples" / "saltmarrow" / "world")


@pytest.fixture(scope="module")
def records(world: World, default_model: Path) -> list[dict[str, Any]]:
    """One record of each kind and seed, written by the default model."""
    with gamegen.Session() as session:
        return [
            dict(record.data)
            for kind in KINDS
            for seed in SEEDS
            for record in session.stream(kind, world=world, seed=seed, block=f"{kind}_seed_{seed}")
        ]


def test_every_record_is_valid(records: list[dict[str, Any]], world: World) -> None:
    with gamegen.Session(engine=gamegen.testing.FakeEngine()) as session:
        for record in records:
            schema = session.generator(record["kind"]).schema
            assert check_record(record, schema, session.registry, world) == []
    assert len(records) == len(KINDS) * len(SEEDS)


def test_the_model_writes_most_of_the_text(records: list[dict[str, Any]]) -> None:
    found = shares(records)
    assert found.sampled_share >= 0.8
    assert found.library_share <= 0.1


def test_every_record_compiles_as_ink_without_a_warning(records: list[dict[str, Any]], ink: Ink) -> None:
    assert set(ink.play(ink_format.render(records, {}), [Play([{"get": []}])])) == {"inkjs", "bink"}


def test_every_dialogue_plays_in_ink_as_in_the_reference_player(records: list[dict[str, Any]], ink: Ink) -> None:
    held_in_ink(ink, [record for record in records if record["kind"] == "dialogue"])


def test_every_dialogue_plays_in_yarn_as_in_the_reference_player(records: list[dict[str, Any]], yarn: Yarn) -> None:
    held_in_yarn(yarn, [record for record in records if record["kind"] == "dialogue"])


def test_every_record_loads_in_yarn(records: list[dict[str, Any]], yarn: Yarn) -> None:
    titles = [f"{one['kind']}_{one['id']}" + ("" if one["kind"] == "dialogue" else "__data") for one in records]
    plays = [Play([{"call": "gamegen_new_game"}, {"goto": title}]) for title in titles]
    ((*results,),) = yarn.play(yarn_format.render(records, {}), plays).values()
    assert all(begun["lines"] for _, begun in results)


def test_the_json_export_holds_every_record(records: list[dict[str, Any]]) -> None:
    files = json_format.render(records, {})
    assert all(any(record["id"] in str(content) for content in files.values()) for record in records)
