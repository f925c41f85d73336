"""The whole way of a tuning: collect, prepare, split, train, write the adapter. No terminal here."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gamegen.cards import FIELDS
from gamegen.engine.adapter import Adapter, read_copies
from gamegen.engine.manifest import DEFAULT_ID
from gamegen.engine.sources import SHIPPED_ADAPTER
from gamegen.errors import InvalidInput, ModelUnavailable, UsageError
from gamegen.originality import Copies
from gamegen.plugins import load_registry
from gamegen.records import JSON, canonical, content_hash
from gamegen.tune import lora
from gamegen.tune.base import Base, Progress, open_base
from gamegen.tune.batches import Coder, coder, order
from gamegen.tune.collect import Collection, DataFile, collect
from gamegen.tune.lessons import Lesson
from gamegen.tune.memory import keep_freed_memory
from gamegen.tune.model_card import command, model_card
from gamegen.tune.prepare import Prepared, prepare, require_enough, weights
from gamegen.tune.reading import Fields
from gamegen.tune.settings import CONTRACT, Hyperparameters
from gamegen.tune.split import Split, split, split_by
from gamegen.tune.train import Report, Trained, Training

ADAPTER = "adapter"
"""The folder below the work folder that the adapter is written to."""

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a tuning is asked for.

    data:     files, folders of files, projects. held_out: a file to judge by; None: a part of the data.
    licence:  of data that does not tell its own. work: where checkpoints and the adapter go.
    base:     a model's name or source. start: an adapter to begin with; None: a fresh one, and of the default model its
              own. name: of the model that is to be made, for the command in the model card.
    """

    data: tuple[Path, ...]
    base: str
    work: Path
    licence: str = ""
    held_out: Path | None = None
    start: Path | None = None
    allow_small: bool = False
    hyperparameters: Hyperparameters = field(default_factory=Hyperparameters)
    name: str = ""


@dataclass(frozen=True, slots=True)
class Material:
    """What there is to learn from. kinds: that the model is taught, in the order of their names.

    held_out: the files that were given to judge by.
    """

    collection: Collection
    prepared: Prepared
    split: Split
    fields: Fields
    held_out: tuple[DataFile, ...] = ()

    @property
    def kinds(self) -> tuple[str, ...]:
        return tuple(sorted({lesson.kind for lesson in self.split.training}))


@dataclass(frozen=True, slots=True)
class Tuned:
    """What came of it. folder: of the adapter. command: that trained it."""

    adapter: Adapter
    folder: Path
    base: Base
    trained: Trained
    material: Material
    command: str


def gather(wanted: Wanted, say: Say) -> Material:
    """Collect, prepare and split; needs no torch. Raises InvalidInput GG870 to GG874, GG879."""
    fields: Fields = {**FIELDS, **load_registry(None).cards}
    collection = collect(wanted.data, wanted.licence, fields)
    for each in collection.files:
        say(f"collect: {each.file}: {each.examples} examples, {each.licence}")
    prepared = prepare(collection.lessons)
    for reason, count in prepared.left_out.items():
        say(f"prepare: {count} left out: {reason} (as {prepared.places[reason]})")
    if not wanted.allow_small:
        require_enough(prepared.kinds)
    _require_any(prepared.lessons, "no example is left", "give examples that are whole and within the bounds")
    given: tuple[DataFile, ...] = ()
    if wanted.held_out is not None:
        held_out = collect([wanted.held_out], wanted.licence or "unknown", fields)
        parts, given = split_by(prepared.lessons, prepare(held_out.lessons).lessons), held_out.files
    else:
        parts = split(prepared.lessons)
    if parts.left_out:
        say(f"prepare: {parts.left_out} left out: they share a name, a must or six words with the held-out examples")
    reason = f"all {parts.left_out} share a name, a must or six words with the held-out examples"
    _require_any(parts.training, reason, "give other examples with --held-out, or leave it out")
    if wanted.held_out is not None and not wanted.allow_small:
        require_enough(_counts(parts))
    repeated = weights(parts.training)
    for kind, count in _counts(parts).items():
        times = f", each {repeated[kind]:.1f} times an epoch" if repeated[kind] > 1 else ""
        say(f"prepare: {kind}: {count} examples{times}")
    say(f"prepare: {len(parts.training)} to train on, {len(parts.held_out)} held out")
    return Material(collection, prepared, parts, fields, given)


def tune(wanted: Wanted, say: Say, progress: Progress, report: Report) -> Tuned:
    """Train an adapter, or go on with one, and write its folder.

    say: is told one line after another. progress: stage, done, total while the base is read. report: each step.
    Raises InvalidInput (data), ModelUnavailable GG803 to GG806 and GG875 to GG880, HostFailed.
    """
    lora.require_extra()
    material = gather(wanted, say)
    begun = _begun(wanted)
    start = Adapter.read(begun) if begun is not None else None
    hyperparameters = _of(start, wanted.hyperparameters)
    keep_freed_memory()
    base = open_base(wanted.base, wanted.work, progress)
    if start is not None:
        start.check_base(base.sha256)
    known = set(material.kinds) | set(start.form.kinds if start is not None else ())
    if missing := [kind for kind in FIELDS if kind not in known]:
        say(f"warning: no examples of {', '.join(missing)}: such texts are asked for with few-shot prompts")
    how = coder(base.weights.tokenizer, base.weights.add_prefix, sorted(known), material.fields)
    facts = _facts(material, base, hyperparameters, how, start)
    lessons = [how.lesson(lesson) for lesson in material.split.training]
    held_out = [how.lesson(lesson) for lesson in material.split.held_out]
    steps = order(
        material.split.training,
        [len(each.tokens) for each in lessons],
        weights(material.split.training),
        hyperparameters.epochs,
        hyperparameters.batch,
        hyperparameters.seed,
    )
    model = lora.LoraModel(base.model, hyperparameters, start)
    say(f"train: {len(steps)} steps of {hyperparameters.batch} on {model.device} in {model.arithmetic}")
    key = content_hash([facts, model.arithmetic, model.device])
    trained = Training(model, lessons, held_out, steps, hyperparameters, wanted.work, key, report).run()
    if trained.diverged:
        say(f"warning: GG878 the training diverged: {trained.diverged}; the best checkpoint is kept")
    _require_learned(trained, start, say)
    reached = f"{trained.held_out:.3f} after step {trained.best_step}, {trained.held_out_before:.3f} before"
    say(f"train: best held-out loss {reached}")
    adapter = Adapter(
        base_name=base.name,
        base_sha256=base.sha256,
        rank=hyperparameters.rank,
        alpha=hyperparameters.alpha,
        modules=model.modules,
        form=how.form,
        data=(*(start.data if start is not None else ()), *(each.as_json() for each in material.collection.files)),
        hyperparameters={**hyperparameters.as_json(), "arithmetic": model.arithmetic, **_started(start)},
        figures=_figures(material, trained),
        weights=lora.halves(dict(trained.matrices)),
        held_out=tuple(_told(each) for each in material.held_out),
    )
    folder = wanted.work / ADAPTER
    copies = Copies.of(lesson.line for lesson in material.split.training)
    if begun is not None:
        copies |= read_copies(begun)
    trained_by = _command(wanted, base, material)
    adapter.write(folder, model_card(adapter, base.licence, trained_by), copies)
    return Tuned(adapter, folder, base, trained, material, trained_by)


def _require_any(lessons: Sequence[Lesson], reason: str, hint: str) -> None:
    """Raise InvalidInput GG874 when there is nothing to train on."""
    if not lessons:
        raise InvalidInput.of("GG874", f"expected examples to train on, found none: {reason}", hint)


def _require_learned(trained: Trained, start: Adapter | None, say: Say) -> None:
    """Raise ModelUnavailable GG878 when no evaluation was better than the start; a warning if that was an adapter."""
    if trained.best_step > 0:
        return
    found = f"found no held-out loss below the {trained.held_out_before:.3f} before the training"
    if start is None:
        raise ModelUnavailable.of(
            "GG878", f"nothing was learned: {found}", "try another --rate, more --epochs, or more examples"
        )
    say(f"warning: GG878 nothing was learned: {found}; the adapter stays as it began")


def _told(file: DataFile) -> dict[str, JSON]:
    """A held-out file: nothing of it is learned, so that its licence does not matter."""
    return {"file": file.file, "sha256": file.sha256, "examples": file.examples}


def _command(wanted: Wanted, base: Base, material: Material) -> str:
    source = base.source.resolve().name if isinstance(base.source, Path) else base.source
    return command(
        [each.file for each in material.collection.files],
        wanted.hyperparameters,
        name=wanted.name,
        base=DEFAULT_ID if wanted.base == DEFAULT_ID else source,
        held_out=[each.file for each in material.held_out],
        start=wanted.start.resolve().name if wanted.start is not None else "",
        licence=wanted.licence,
        allow_small=wanted.allow_small,
    )


def _begun(wanted: Wanted) -> Path | None:
    """The folder of the adapter to begin with: the one given, or the shipped one when the default model is the base."""
    if wanted.start is None and wanted.base == DEFAULT_ID:
        return SHIPPED_ADAPTER
    return wanted.start


def _of(start: Adapter | None, given: Hyperparameters) -> Hyperparameters:
    """The hyperparameters with the rank of the adapter that it starts from. Raises UsageError GG005 for another one."""
    if start is None:
        return given
    if given.rank not in (start.rank, Hyperparameters().rank):
        raise UsageError.of(
            "GG005", f"expected the rank of the adapter, {start.rank}, found {given.rank}", "leave --rank out"
        )
    values = {**given.as_json(), "rank": start.rank, "alpha": start.alpha}
    return Hyperparameters(**values)


def _facts(
    material: Material, base: Base, hyperparameters: Hyperparameters, how: Coder, start: Adapter | None
) -> dict[str, JSON]:
    """All that the trained matrices depend on."""
    texts = {
        part: content_hash([[canonical(dict(lesson.card)), lesson.line] for lesson in lessons])
        for part, lessons in (("training", material.split.training), ("held_out", material.split.held_out))
    }
    return {
        "contract": CONTRACT,
        "base": base.sha256,
        "texts": texts,
        "hyperparameters": hyperparameters.as_json(),
        "form": [how.form.before, how.form.behind, *(list(material.fields[kind]) for kind in material.kinds)],
        "start": start.sha256 if start is not None else "",
    }


def _started(start: Adapter | None) -> dict[str, JSON]:
    return {"start": start.sha256} if start is not None else {}


def _figures(material: Material, trained: Trained) -> dict[str, JSON]:
    return {
        "examples": len(material.split.training),
        "held_out": len(material.split.held_out),
        "kinds": _counts(material.split),
        "steps": trained.steps,
        "best_step": trained.best_step,
        "held_out_loss_before": _finite(trained.held_out_before),
        "held_out_loss": _finite(trained.held_out),
        "history": [[step, _finite(loss), _finite(held)] for step, loss, held in trained.history],
        **({"diverged": trained.diverged} if trained.diverged else {}),
    }


def _finite(value: float) -> float | None:
    """The number as JSON can hold it."""
    return round(value, 4) if math.isfinite(value) else None


def _counts(parts: Split) -> dict[str, int]:
    return dict(sorted(Counter(lesson.kind for lesson in parts.training).items()))
