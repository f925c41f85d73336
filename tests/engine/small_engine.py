"""A small random model that gamegen itself has exported, rewritten and brought to 8 bits, made once for all tests."""

from __future__ import annotations

import atexit
import functools
import shutil
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from gamegen.engine.api import Completion, Job
from gamegen.engine.models import add_model
from gamegen.engine.runtime import OnnxEngine
from tests.engine.small_models import save_transformers_folder

CONTEXT = 512
Results = dict[tuple[str, str], tuple[Completion, ...]]


@functools.cache
def small_model() -> Path:
    """The model's folder. Its products and its keys and values have 8 bits; nearly each byte is a token of its own."""
    pytest.importorskip("optimum")
    root = Path(tempfile.mkdtemp(prefix="gamegen-small-"))
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    source = save_transformers_folder(root / "small", max_position_embeddings=CONTEXT)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GAMEGEN_CACHE", str(root / "cache"))
        found = add_model(source)
    assert (found.manifest.graph, found.manifest.precision) == ("rewritten", "int8")
    assert found.onnx_cache8 is not None
    return found.path


def with_small_model(test: Callable[..., Any]) -> Callable[..., Any]:
    """Marks a test: it needs the export extra, and one worker runs all of them, so that the model is made once."""
    return pytest.mark.model(pytest.mark.xdist_group("small model")(test))


def run(engine: OnnxEngine, work: Iterable[Job]) -> Results:
    """The completions of each job, by record and key."""
    return {(job.record, job.key): completions for job, completions in engine.stream(work)}
