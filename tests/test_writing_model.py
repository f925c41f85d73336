"""The real model writes the sample world: most of it is its own, and says what it must."""

from __future__ import annotations

import pytest

from gamegen import _resources
from gamegen.engine.manifest import ModelFolder
from gamegen.session import Session
from gamegen.shares import shares
from gamegen.world_file import load_world

pytestmark = pytest.mark.model


def test_the_model_writes_most_of_the_text_itself(default_model: ModelFolder) -> None:
    world = load_world(_resources.folder("samples") / "saltmarrow" / "world")
    with Session(provider="cpu") as session:
        records = [
            record.data
            for kind, count in (("quest", 1), ("dialogue", 1), ("character", 1))
            for record in session.stream(kind, world=world, count=count, seed=3)
        ]
    result = shares(records)
    assert result.sampled_share >= 0.8
    assert result.library_share <= 0.1
