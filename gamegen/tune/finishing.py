"""After the training: the tuned model is exported, registered, and judged beside its base."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from gamegen.engine.adapter import WEIGHTS, weights_sha256
from gamegen.engine.manifest import DEFAULT_ID, PLAIN_ID, ModelFolder, write_card
from gamegen.engine.models import add_model, find_model, list_models
from gamegen.engine.runtime import open_engine
from gamegen.errors import ModelUnavailable, UsageError
from gamegen.records import JSON
from gamegen.tune.base import Base, Progress
from gamegen.tune.evaluate import comparable, judge
from gamegen.tune.model_card import model_card
from gamegen.tune.running import Say, Tuned


def register(tuned: Tuned, name: str, progress: Progress, force: bool = False) -> ModelFolder:
    """Merge, export and store the tuned model under its name; one that was made of this very adapter is kept.

    force: make it anyway, in place of any model. Raises UsageError GG881, and what `add_model` raises.
    """
    if not force and (found := _whole(name)) is not None and _made_of(found, tuned.folder):
        return found
    require_free(name, force, tuned.folder)
    return add_model(tuned.base.source, name=name, adapter=tuned.folder, force=True, progress=progress)


def require_free(name: str, force: bool, folder: Path | None = None) -> None:
    """Raise UsageError GG881 when a model of this name is there and may not be replaced.

    folder: of an adapter. The model that was made of it is this tuning's own: it was stopped after the export.
    """
    named = [found for found in list_models() if found.id == name]
    taken = any(folder is None or not _made_of(found, folder) for found in named)
    if not force and (taken or name in (DEFAULT_ID, PLAIN_ID)):
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
    card = model_card(adapter, tuned.base.licence, tuned.command)
    adapter.write(tuned.folder, card)
    folder = find_model(name)
    told = {**folder.manifest.tuned, "figures": dict(adapter.figures)}
    write_card(folder.path, card, dataclasses.replace(folder.manifest, tuned=told))
    return found


def _whole(name: str) -> ModelFolder | None:
    """The model of this name, if it is there and nothing of it is damaged."""
    try:
        return find_model(name)
    except ModelUnavailable:
        return None


def _made_of(model: ModelFolder, folder: Path) -> bool:
    """Whether the adapter of this folder is the one that was merged into the model."""
    return (folder / WEIGHTS).is_file() and model.manifest.tuned.get("adapter") == weights_sha256(folder)


def _base_model(base: Base, progress: Progress) -> str:
    """The id of the base in the cache; it is exported if it is not there."""
    for folder in list_models():
        if folder.manifest.source.sha256 == base.sha256 and not folder.manifest.tuned:
            return folder.id
    free = base.name if all(folder.id != base.name for folder in list_models()) else f"{base.name}-base"
    return add_model(base.source, name=free, progress=progress).id
