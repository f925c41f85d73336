"""`restyle`: the texts of finished records once more, in another tone or by another model; all else is locked.

prepared = prepare(records, registry, world, project, style)        # no model yet: what cannot be is refused here
for position, restyled in run(session, prepared, world=world, style=style): ...
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, TypeGuard

from gamegen import __version__
from gamegen.errors import GamegenError, UsageError
from gamegen.plugins import Registry, load_registry
from gamegen.project import with_project
from gamegen.records import CONTRACTS, JSON, Record, content_hash
from gamegen.replanning import asked_texts, replan
from gamegen.rewording import Draft, Restyled, rewording
from gamegen.session import Session, Work, in_order

if TYPE_CHECKING:
    from gamegen.project import Project
    from gamegen.session import Progress
    from gamegen.world import World

MOST_TONE = 40
"""Characters of a tone: it is a phrase among others on a card, no instruction."""
MARKUP = frozenset('"<>{}|')
"""Characters that prompts are built with."""


@dataclass(frozen=True, slots=True)
class Style:
    """What is to be written again, and how. See `style_of`.

    tone: a short phrase; "" for none. only: a glob of text keys (`*` also stands for slashes). seed: of the new texts;
    None: each record's own.
    """

    tone: str = ""
    only: str = "*"
    seed: int | None = None


def style_of(
    tone: str | None = None, model: str | Path | None = None, only: str | None = None, seed: int | None = None
) -> Style:
    """A checked style. Raises UsageError (GG016) if neither tone nor model is given, or the tone is no short phrase."""
    if tone is None and model is None:
        raise UsageError.of(
            "GG016", "expected a tone or a model, found neither", 'give --tone "wry", or --model with another voice'
        )
    if tone is None:
        return Style("", only or "*", seed)
    said = unicodedata.normalize("NFC", tone).strip(" ")
    wrong = sorted({each for each in said if not each.isprintable() or each in MARKUP})
    if wrong:
        shown = ", ".join(f"U+{ord(each):04X}" if not each.isprintable() else each for each in wrong)
        raise UsageError.of(
            "GG016", f"expected a tone in plain words, found {shown}", 'write it like "grim and formal"'
        )
    if not said or len(said) > MOST_TONE:
        found = f"found {len(said)}" if said else "found none"
        hint = 'name the tone in a few words, like "grim and formal"; for more, tune a voice and give it with --model'
        raise UsageError.of("GG016", f"expected a tone of 1 to {MOST_TONE} characters, {found}", hint)
    return Style(said, only or "*", seed)


def prepare(
    records: Sequence[Record], registry: Registry, world: World, project: Project | None, style: Style
) -> list[Draft | Restyled]:
    """Plan each record again and find the texts in question; one that cannot be is refused, with its findings.

    Texts that the record's review has locked (by key or line id) stay. Raises UsageError: GG051 for two records of one
    id, GG016 if `only` means no text of any record.
    """
    counts = Counter(record.id for record in records)
    if twice := sorted(id for id, count in counts.items() if count > 1):
        raise UsageError.of("GG051", f"expected records of different ids, found {twice[0]} twice", "leave one out")
    keys: list[str] = []
    prepared = [_prepared(record, registry, world, project, style, keys) for record in records]
    if keys and not any(fnmatchcase(key, style.only) for key in keys):
        shown = ", ".join(list(dict.fromkeys(keys))[:6])
        raise UsageError.of("GG016", f"no text has a key like {style.only!r}", f"keys are {shown} …")
    return prepared


def _prepared(
    record: Record, registry: Registry, world: World, project: Project | None, style: Style, keys: list[str]
) -> Draft | Restyled:
    try:
        generator = registry.generator(record.kind)
        plan = replan(record, registry, world, project)
        asked = asked_texts(record, plan, generator)
    except GamegenError as error:
        return Restyled(record, (), tuple(each if each.path else each.at(record.id) for each in error.findings))
    review = record.data.get("review")
    locks = set(review.get("locks", ())) if isinstance(review, Mapping) else set()
    keys += [each.request.key for each in asked]
    texts = {
        each.request.key: each
        for each in asked
        if fnmatchcase(each.request.key, style.only) and not {each.request.key, each.line} & locks
    }
    return Draft(record, generator, plan if style.seed is None else replace(plan, seed=style.seed), texts)


def is_asked(each: Draft | Restyled) -> TypeGuard[Draft]:
    """Whether a model is to be asked for a text of the record."""
    return isinstance(each, Draft) and bool(each.texts)


def settled(prepared: Sequence[Draft | Restyled]) -> Iterator[tuple[int, Restyled]]:
    """(position in `prepared`, what became of the record) of those that need no model: nothing of them changes."""
    for position, each in enumerate(prepared):
        if not is_asked(each):
            yield position, each if isinstance(each, Restyled) else Restyled(each.record)


def run(
    session: Session,
    prepared: Sequence[Draft | Restyled],
    *,
    world: World,
    style: Style,
    progress: Callable[[Progress], None] | None = None,
) -> Iterator[tuple[int, Restyled]]:
    """(position in `prepared`, what became of the record) in the order in which they become ready.

    All records are on the engine together. Raises what a session's run raises, but never for a record that cannot be
    written again: that one is refused, as it was.
    """
    world = with_project(world, session.project)
    yield from settled(prepared)
    drafts = [(position, each) for position, each in enumerate(prepared) if is_asked(each)]
    if not drafts:
        return
    works = [Work(draft.record.id, partial(rewording, session, draft, world, style.tone)) for _, draft in drafts]
    for index, restyled in session.work(works, progress):
        yield drafts[index][0], restyled


def restyle_inputs(
    prepared: Sequence[Draft | Restyled],
    world: World,
    style: Style,
    project: Project | None,
    session: Session | None = None,
) -> dict[str, JSON]:
    """What the bytes of the result depend on, by name, for `gamegen.build.store.RecordStore`.

    session: None where no record needs a model.
    """
    inputs: dict[str, JSON] = {
        "gamegen": __version__,
        "restyled": content_hash([each.record.data for each in prepared]),
        "tone": style.tone,
        "only": style.only,
        "seed": style.seed,
        "world": with_project(world, project).hash,
    }
    if session is None:
        return {**inputs, "model": None, "contracts": dict(CONTRACTS)}
    info = session.engine.info
    kinds = {each.record.kind: each.generator for each in prepared if isinstance(each, Draft)}
    return {
        **inputs,
        "model": info.sha256,
        "contracts": {**CONTRACTS, "engine": info.contract},
        "schema": content_hash({kind: kinds[kind].schema for kind in kinds}),
        "templates": content_hash({kind: session.prompts.sources(kind) for kind in kinds}),
        "originality": sha256(session.originals.to_bytes()).hexdigest(),
    }


def restyle(
    records: Sequence[Record],
    *,
    world: World,
    tone: str | None = None,
    model: str | Path | None = None,
    only: str | None = None,
    seed: int | None = None,
    provider: str = "auto",
    project: Project | None = None,
) -> list[Restyled]:
    """Write the texts of records again in another tone, by another model, or both; what they say stays the same.

    records: in the order of the result. world: the one that they were made from. only: a glob of text keys. seed: of
    the new texts. Raises UsageError (GG016) for a style that cannot be; a record that cannot be written again is
    returned as it was, with findings.
    """
    style = style_of(tone, model, only, seed)
    prepared = prepare(records, load_registry(project), world, project, style)
    if not any(map(is_asked, prepared)):
        return [restyled for _, restyled in settled(prepared)]
    with Session(model=model, provider=provider, project=project) as session:
        return list(in_order(run(session, prepared, world=world, style=style)))
