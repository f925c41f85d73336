"""Fixtures that more than one folder of tests needs."""

from __future__ import annotations

import pytest

from gamegen.engine.manifest import ModelFolder


@pytest.fixture(scope="session")
def default_model() -> ModelFolder:
    """The default model in the user's own cache, made once if it is missing. Mark the test `model`."""
    from gamegen.engine.models import add_model

    return add_model()
