from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from gamegen.checks.text import text_findings
from gamegen.errors import WorldFault
from gamegen.project import Project, with_project
from gamegen.ratings import RATINGS, unrated
from gamegen.world import World
from tests.worlds import small_world

WORLD = small_world()


def _project(root: Path, lists: str | None) -> Project:
    if lists is not None:
        (root / "templates").mkdir()
        (root / "templates" / "ratings.toml").write_text(lists, encoding="utf-8")
    return Project(root, "own", root / "world.toml")


def _codes(world: World, text: str) -> set[str]:
    found = text_findings(text, {"kind": "npc_line"}, {"type": "string"}, world.text_context())
    return {finding.code for finding in found}


def test_a_stricter_rating_leaves_out_all_that_a_milder_one_does() -> None:
    everyone, teen, mature = (set(unrated(rating)) for rating in RATINGS)
    assert everyone > teen > mature
    assert mature == set()


def test_a_word_counts_whole_and_in_any_case() -> None:
    world = replace(WORLD, rating="everyone")
    assert "GG607" in _codes(world, "What the Hell’s that noise in the cellar?")
    assert "GG607" not in _codes(world, "A shell is all that is left of it now.")


def test_a_project_replaces_the_lists(tmp_path: Path) -> None:
    project = _project(tmp_path, 'everyone = []\nteen = ["tax collector"]\nmature = []\n')
    world = with_project(replace(WORLD, rating="teen"), project)
    assert "GG607" in _codes(world, "The Tax Collector comes on the first of the month.")
    assert world.hash != WORLD.hash


def test_a_project_without_lists_has_the_shipped_ones(tmp_path: Path) -> None:
    assert with_project(WORLD, _project(tmp_path, None)) == WORLD


@pytest.mark.parametrize(
    "lists",
    [
        "everyone = [",
        "everyone = []\nteen = []\n",
        'everyone = "hell"\nteen = []\nmature = []\n',
        "everyone = [1]\nteen = []\nmature = []\n",
    ],
)
def test_lists_that_cannot_be_used_are_refused(tmp_path: Path, lists: str) -> None:
    with pytest.raises(WorldFault) as caught:
        with_project(WORLD, _project(tmp_path, lists))
    assert caught.value.findings[0].code == "GG717"
    assert "ratings.toml" in caught.value.findings[0].path
