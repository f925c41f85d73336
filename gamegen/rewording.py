"""One record in a new wording: its generator writes once more, from the same plan, and only texts may come out new.

The generator's own coroutine runs. Requests whose texts are to be written again go to the engine, with the tone added;
all others are answered with what stands in the record. Where nothing better comes, the present text stays.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Generator as Coroutine, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gamegen._words import folded
from gamegen.cards import TONE
from gamegen.errors import InvalidContent
from gamegen.hookspecs import Generator
from gamegen.records import CONTRACTS, JSON, Finding, Plan, Record, Request, canonical, content_hash
from gamegen.replanning import Asked, Present, first_difference, lines_of, locked, with_texts
from gamegen.selection import holds
from gamegen.session import MAX_RECORD_ATTEMPTS, check_record
from gamegen.writing import INSISTENT

if TYPE_CHECKING:
    from gamegen.session import Session, Writing
    from gamegen.world import World
    from gamegen.writing import Written


@dataclass(frozen=True, slots=True)
class Change:
    """A text that was asked for again. key: its place in the record. new: equal to old where nothing better came."""

    record: str
    key: str
    old: str
    new: str

    @property
    def changed(self) -> bool:
        return self.new != self.old

    def as_json(self) -> dict[str, JSON]:
        return {"record": self.record, "key": self.key, "old": self.old, "new": self.new}


@dataclass(frozen=True, slots=True)
class Restyled:
    """What became of a record.

    record:   the record in its new wording; the very one that was given where nothing changed or it was refused.
    changes:  every text that was asked for again, in the order of the generator.
    findings: why the record was refused; empty for a good one.
    """

    record: Record
    changes: tuple[Change, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def changed(self) -> int:
        """How many texts are new."""
        return sum(change.changed for change in self.changes)


@dataclass(frozen=True, slots=True)
class Draft:
    """A record that can be written again. texts: request key -> what is asked and stands there now, in their order."""

    record: Record
    generator: Generator
    plan: Plan
    texts: Mapping[str, Asked]


def toned(request: Request, tone: str) -> Request:
    """The request with this tone on its card, in place of the planned one."""
    return replace(request, card={**request.card, TONE: tone}) if tone else request


def rewording(
    session: Session, draft: Draft, world: World, tone: str, attempt: int, anew: bool = False
) -> Writing[tuple[Restyled, list[Finding]]]:
    """Write the texts of a draft again, merge and prove them. The faults returned ask for another attempt; after the
    last one they are in the result, which then holds the record as it was. anew: each is to be another than it is."""
    answers: dict[str, JSON] = {}
    generator = replace(draft.generator, write=lambda plan: _write(draft, plan, tone, answers))
    try:
        kept = {key: asked.text for key, asked in draft.texts.items()}
        apart = kept.values() if anew else ()
        written = yield from session.writing(generator, draft.plan, attempt, kept, apart)
        result = _merged(session, draft, world, tone, attempt, written, answers)
    except InvalidContent as error:
        result = Restyled(draft.record, (), error.findings)
    if result.findings and attempt + 1 < MAX_RECORD_ATTEMPTS:
        return result, list(result.findings)
    return result, []


def _write(
    draft: Draft, plan: Plan, tone: str, answers: dict[str, JSON]
) -> Coroutine[list[Request], list[JSON], dict[str, JSON]]:
    """The generator's coroutine, with the record itself answering for all that is not to be written again."""
    present = Present.of(draft.record)
    coroutine = draft.generator.write(plan)
    try:
        requests = next(coroutine)
        while True:
            again = [request for request in requests if request.key in draft.texts]
            texts = (yield [toned(request, tone) for request in again]) if again else []
            answers |= {request.key: text for request, text in zip(again, texts, strict=True)}
            requests = coroutine.send(
                [answers[each.key] if each.key in draft.texts else present.answer(each) for each in requests]
            )
    except StopIteration as stop:
        document: dict[str, JSON] = stop.value
        return document


def _merged(
    session: Session,
    draft: Draft,
    world: World,
    tone: str,
    attempt: int,
    written: Written,
    answers: Mapping[str, JSON],
) -> Restyled:
    """The record with its new texts, proved. Raises InvalidContent: GG615, and what the checks find."""
    old = draft.record
    document = json.loads(canonical(written.document))
    _same_but_for_texts(old, document)
    new = _new_texts(draft, dict(lines_of(document)), written, answers)
    changes = tuple(
        Change(old.id, key, asked.text, new.get(asked.line, asked.text)) for key, asked in draft.texts.items()
    )
    if not any(change.changed for change in changes):
        return Restyled(old, changes)
    data = with_texts(old.data, new)
    data["provenance"] = _provenance(session, draft, tone, attempt, written, changes)
    data["review"] = {**data.get("review", {}), "state": "draft"}
    _same_but_for_texts(old, data)
    generator = draft.generator
    # Without originals: each new text was held against them as a candidate, and a text that stood there may be one of
    # those that the model was taught on.
    found = check_record(data, generator.schema, session.registry, world, generator)
    if found:
        raise InvalidContent(finding if finding.path else finding.at(old.id) for finding in found)
    return Restyled(Record(data), changes)


def _new_texts(draft: Draft, texts: Mapping[str, str], written: Written, answers: Mapping[str, JSON]) -> dict[str, str]:
    """Line id -> new text, for each text that the model wrote and that reached the document as it wrote it.

    texts: those of the written document, by line id. Not taken is a text that reads like another one of the record
    (what the record tells apart stays apart), and one that no longer says its `must`, each unless the old one did too.
    """
    final = dict(lines_of(draft.record.data))
    new: dict[str, str] = {}
    for key, asked in draft.texts.items():
        text = texts.get(asked.line, asked.text)
        own = written.texts[key]["source"] == "model" and text == unicodedata.normalize("NFC", str(answers[key]))
        others = {folded(other) for line, other in final.items() if line != asked.line}
        apart = folded(text) not in others or folded(asked.text) in others
        if own and text != asked.text and apart and not _says_less(asked, text):
            final[asked.line] = new[asked.line] = text
    return new


def _says_less(asked: Asked, text: str) -> bool:
    """Whether the present text says its `must` and the new one does not, or denies it; a title only hints at it."""
    if asked.request.card.get("kind") not in INSISTENT:
        return False
    return holds(asked.request, asked.text) and not holds(asked.request, text)


def _provenance(
    session: Session, draft: Draft, tone: str, attempt: int, written: Written, changes: Sequence[Change]
) -> dict[str, JSON]:
    old: Mapping[str, JSON] = draft.record.data["provenance"]
    info = session.engine.info
    again = {change.key: {**written.texts[change.key], "model": info.model} for change in changes if change.changed}
    restyled: dict[str, JSON] = {
        "model": {"id": info.model, "sha256": info.sha256, "licence": info.licence},
        "seed": draft.plan.seed,
        "attempt": attempt,
        "contracts": {**CONTRACTS, "engine": info.contract},
        "from": content_hash(draft.record.data),
    }
    return {
        **old,
        "templates": {**old.get("templates", {}), **written.templates},
        "texts": {**old.get("texts", {}), **again},
        "restyled": {"tone": tone, **restyled} if tone else restyled,
    }


def _same_but_for_texts(old: Record, document: Mapping[str, JSON]) -> None:
    """Raise InvalidContent (GG615) if anything but texts differs."""
    different = first_difference(locked(old.data), locked(document))
    if different is not None:
        raise InvalidContent.of(
            "GG615",
            f"expected only texts to change, found another value at {different[0]}",
            f"let the generator of {old.kind!r} decide it in the plan, not from the words",
            path=old.id,
        )
