"""Fixtures that more than one folder of tests needs."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

from gamegen.engine.manifest import ModelFolder

# In CI the same examples every time, so that a failure belongs to the change; on a desk new ones at each run.
settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")


@pytest.fixture(scope="session")
def default_model() -> ModelFolder:
    """The default model in the user's own cache, made once if it is missing. Mark the test `model`."""
    from gamegen.engine.models import add_model

    return add_model()
