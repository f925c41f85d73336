"""After the training: the tuned model is exported, registered, and judged beside its base."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from functools import partial

from gamegen.engine.manifest import DEFAULT_ID, PLAIN_ID, ModelFolder, write_manifest
from gamegen.engine.models import add_model, find_model, list_models
from gamegen.engine.runtime import open_engine
from gamegen.errors import UsageError
from gamegen.records import JSON
from gamegen.tune.base import Base, Progress
from gamegen.tune.evaluate import comparable, judge
from gamegen.tune.model_card import model_card
from gamegen.tune.running import Say, Tuned


def register(tuned: Tuned, name: str, progress: Progress) -> ModelFolder:
    """Merge, export and store the tuned model under its name. Raises what `add_model` raises."""
    return add_model(tuned.base.source, name=name, adapter=tuned.folder, force=True, progress=progress)


def require_free(name: str, force: bool) -> None:
    """Raise UsageError GG881 when a model of this name is there and may not be replaced."""
    taken = name in (DEFAULT_ID, PLAIN_ID) or any(found.id == name for found in list_models())
    if taken and not force:
        raise UsageError.of(
            "GG881",
            f"expected a new name, found that a model is called '{name}'",
            "choose another --name, or give --force to replace it",
        )


def evaluate(tuned: Tuned, name: str, say: Say, progress: Progress) -> Mapping[str, Mapping[str, JSON]]:
    """Judge the tuned model beside its base on the held-out examples, and write the figures into adapter and manifest.

    Returns the figures by model. The base is made for it if the cache does not have it.
    """
    lessons = comparable(tuned.material.split.held_out)
    if not lessons:
        say("warning: no held-out examples of gamegen's own kinds: nothing to compare")
        return {}
    found: dict[str, Mapping[str, JSON]] = {}
    for model in (name, _base_model(tuned.base, progress)):
        engine = open_engine(model)
        try:
            judged = judge(
                engine,
                lessons,
                tuned.material.split.training,
                tuned.material.fields,
                progress=partial(progress, f"evaluate {model}"),
            )
        finally:
            engine.close()
        found[model] = judged.figures
        say(f"evaluate: {model}: " + ", ".join(f"{key} {value}" for key, value in judged.figures.items()))
    adapter = tuned.adapter.with_figures({"evaluation": {model: dict(figures) for model, figures in found.items()}})
    adapter.write(tuned.folder, model_card(adapter, tuned.base.licence))
    folder = find_model(name)
    told = {**folder.manifest.tuned, "figures": dict(adapter.figures)}
    write_manifest(folder.path, dataclasses.replace(folder.manifest, tuned=told))
    return found


def _base_model(base: Base, progress: Progress) -> str:
    """The id of the base in the cache; it is exported if it is not there."""
    for folder in list_models():
        if folder.manifest.source.sha256 == base.sha256 and not folder.manifest.tuned:
            return folder.id
    free = base.name if all(folder.id != base.name for folder in list_models()) else f"{base.name}-base"
    return add_model(base.source, name=free, progress=progress).id
