"""Everything together: a project of all three kinds is one story and one Yarn project."""

from __future__ import annotations

from typing import Any

import pytest

from gamegen.generators.dialogue.patterns import HUNG, MAIN
from gamegen.generators.dialogue.quest import quest_setting
from gamegen.generators.dialogue.settings import FEWEST
from gamegen_exporters import ink as ink_format, yarn as yarn_format
from tests.consumers.planned import GENERATORS, hard, last_resort, plan, planned
from tests.consumers.runtimes import Ink, Play, Yarn
from tests.consumers.test_dialogues import held_in_all

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


WORLDS = ("saltmarrow", "perihelion")
PATTERNS = tuple(FEWEST)
GROUPS = [range(start, start + 10) for start in range(1, 51, 10)]
"""A hundred dialogues: fifty of each world, ten in a project."""


def wishes(world: str, seed: int) -> dict[str, Any]:
    """A brief for each pattern in turn; what the pattern `quest` is about comes from a planned quest."""
    pattern = PATTERNS[seed % len(PATTERNS)]
    return {"quest": quest_setting(plan("quest", seed, world))} if pattern == "quest" else {"pattern": pattern}


@pytest.mark.parametrize("world", WORLDS)
def test_the_planned_dialogues_have_every_pattern(world: str) -> None:
    plans = [plan("dialogue", seed, world, **wishes(world, seed)) for group in GROUPS for seed in group]
    assert {pattern for one in plans for pattern in one.data["patterns"]} >= {*MAIN, *HUNG}


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: f"{group[0]}-{group[-1]}")
@pytest.mark.parametrize("world", WORLDS)
def test_every_planned_dialogue_plays_alike(ink: Ink, yarn: Yarn, world: str, group: range) -> None:
    """Every other one with last resorts, the rest with words that are hard for the formats."""
    words = (hard, last_resort)
    held_in_all(ink, yarn, [planned("dialogue", seed, world, words[seed % 2], **wishes(world, seed)) for seed in group])


def test_a_line_id_stands_once_in_a_yarn_project() -> None:
    words = [word for content in yarn_format.render(everything(), {}).values() for word in content.split()]
    ids = [word for word in words if word.startswith("#line:")]
    assert len(ids) == len(set(ids))
