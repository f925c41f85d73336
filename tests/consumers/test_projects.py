"""Everything together: a project of all three kinds is one story and one Yarn project."""

from __future__ import annotations

from typing import Any

import pytest

from gamegen_exporters import ink as ink_format, yarn as yarn_format
from tests.consumers.planned import GENERATORS, planned
from tests.consumers.runtimes import Ink, Play, Yarn
from tests.consumers.test_dialogues import held_in_ink, held_in_yarn

SEEDS = range(1, 21)


def everything() -> list[dict[str, Any]]:
    """Twenty records of each kind."""
    return [planned(kind, seed) for kind in sorted(GENERATORS) for seed in SEEDS]


@pytest.mark.parametrize("options", [{}, {"single_file": True}], ids=["files", "single"])
def test_all_kinds_compile_as_one_story(ink: Ink, options: dict[str, Any]) -> None:
    """No error and no warning, and the story begins without saying anything."""
    played = ink.play(ink_format.render(everything(), options), [Play([{"get": []}])])
    assert set(played) == {"inkjs", "bink"}


def test_all_kinds_load_as_one_yarn_project(yarn: Yarn) -> None:
    records = everything()
    titles = [f"{one['kind']}_{one['id']}" + ("" if one["kind"] == "dialogue" else "__data") for one in records]
    plays = [Play([{"call": "gamegen_new_game"}, {"goto": title}]) for title in titles]
    ((*results,),) = yarn.play(yarn_format.render(records, {}), plays).values()
    assert all(begun["lines"] for _, begun in results)


def test_every_planned_dialogue_plays_alike_in_ink(ink: Ink) -> None:
    held_in_ink(ink, [planned("dialogue", seed) for seed in SEEDS])


def test_every_planned_dialogue_plays_alike_in_yarn(yarn: Yarn) -> None:
    held_in_yarn(yarn, [planned("dialogue", seed) for seed in SEEDS])


def test_a_line_id_stands_once_in_a_yarn_project() -> None:
    words = [word for content in yarn_format.render(everything(), {}).values() for word in content.split()]
    ids = [word for word in words if word.startswith("#line:")]
    assert len(ids) == len(set(ids))
