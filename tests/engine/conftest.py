"""Small exported graphs, made once for all the tests that look at graphs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.engine.small_models import ARCHITECTURES, export_small

SmallExport = Callable[..., Path]


@pytest.fixture(scope="session")
def small_export(tmp_path_factory: pytest.TempPathFactory) -> SmallExport:
    """Export a small random model, once: `small_export("Gemma 3")`, or a name of one's own with a config's changes."""
    pytest.importorskip("optimum")
    done: dict[str, Path] = {}

    def make(name: str, architecture: str = "", **changes: Any) -> Path:
        if name not in done:
            if not architecture:
                architecture, changes = ARCHITECTURES[name]
            done[name] = export_small(tmp_path_factory.mktemp("small"), architecture, **changes)
        return done[name]

    return make
