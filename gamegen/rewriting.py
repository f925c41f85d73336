"""Near-duplicates written again: of two texts that are nearly the same, the one of the later record yields.

    records, report = without_near_duplicates(session, world, records, earlier)

What comes out is a function of the records in their order alone: each record is compared with those before it as they
come out, and a text that is like an earlier one is asked for again with the next attempt, three times at most. So the
records of `-n 20` are the first of `-n 40`, whether these are made at once or later, and whatever runs together on the
engine. Each text's attempts stand in the record's provenance (`rewritten`), so that the same call on the result
changes nothing.

Only what the model wrote and nobody has touched yields: no text of the fallback library, none that a person edited or
that was written in another style, none that is locked, and no record that was approved or edited. A record that is not
written now yields to nobody: those come first, whatever their place.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from gamegen._words import words
from gamegen.errors import GamegenError
from gamegen.near_duplicates import Folded, Seen, bands_of, pairs_of_texts, shared_bands, texts_in
from gamegen.project import with_project
from gamegen.records import JSON, Finding, Record, line_id
from gamegen.replanning import asked_texts, replan
from gamegen.rewording import Draft, Restyled, rewording
from gamegen.session import Work

if TYPE_CHECKING:
    from gamegen.near_duplicates import Numbers
    from gamegen.near_index import Index
    from gamegen.session import Progress, Session, Writing
    from gamegen.world import World

MOST = 3
"""How often a text is written again; one that is still like an earlier one then stays."""


@dataclass(frozen=True, slots=True)
class Report:
    """What became of the near-duplicates of some records, in texts."""

    texts: int
    """All texts of the records, without those of earlier ones."""
    found: int
    """Those that were like an earlier text and could yield, at their first comparison or after a rewriting."""
    rewritten: int
    """Those of them that are like none now."""
    left: int
    """All that are like an earlier text in the end: also those that may not yield."""

    def __str__(self) -> str:
        return f"{self.found} near-duplicates written again, {self.rewritten} of them with success; {self.left} left"

    def as_json(self) -> dict[str, JSON]:
        return {name: getattr(self, name) for name in self.__slots__}


def without_near_duplicates(
    session: Session,
    world: World,
    records: Sequence[Record],
    earlier: Iterable[Record] = (),
    *,
    index: Index | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> tuple[list[Record], Report]:
    """The records, in their order, with near-duplicates written again; and what was done.

    earlier: finished records, in project order, that come before these and stay as they are. index: spares hashing the
    texts that it has, and has those of all records in the end. A record that cannot be planned again (another world,
    GG614) or whose new texts do not pass its checks keeps the texts that it has; so do all that a cancelled run did not
    reach. Raises what a session's run raises.
    """
    before = list(earlier)
    texts = _Texts(index.known() if index is not None else {})
    drafts = _Drafts(session, with_project(world, session.project), progress)
    compared = _compare(records, before, drafts, texts)
    while compared.waiting and drafts.write(compared.waiting):
        compared = _compare(records, before, drafts, texts)
    if index is not None:
        for record in (*before, *compared.records):
            index.add(record)
    return compared.records, compared.report


@dataclass(frozen=True, slots=True)
class Near:
    """A text that is like an earlier one. yields: whether it may be written again."""

    earlier: str
    """Id of the record with the earlier text."""
    record: str
    line: str
    text: str
    yields: bool


def near_duplicates_of(records: Sequence[Record]) -> list[Near]:
    """Every text that is like an earlier one, in the order of the records, those that never yield first."""
    ordered = sorted(records, key=_is_draft)
    texts = [(record, line, kind, text) for record in ordered for line, kind, text in texts_in(record.data)]
    found = []
    for first, place in pairs_of_texts([(record.id, kind, text) for record, _, kind, text in texts]):
        record, line, _, text = texts[place]
        yields = _is_draft(record) and _attempts(record).get(line, MOST) < MOST
        found.append(Near(texts[first][0].id, record.id, line, text, yields))
    return found


@dataclass(frozen=True, slots=True)
class _Step:
    """A rewriting: of the record as it stands, these texts, by line id, for the `number`th time."""

    record: Record
    lines: tuple[str, ...]
    number: int

    @property
    def key(self) -> tuple[str, tuple[str, ...], int, str]:
        return self.record.id, self.lines, self.number, self.record.to_line()


@dataclass(frozen=True, slots=True)
class _Compared:
    """records: as they come out; where steps wait, as far as they are known."""

    records: list[Record]
    waiting: list[_Step]
    report: Report


class _Texts:
    """The texts of records as they are compared, and the bands of all that were looked at."""

    def __init__(self, known: Mapping[str, Numbers]) -> None:
        self._bands = dict(known)
        self._records: dict[int, tuple[Record, list[tuple[str, Folded]]]] = {}

    def of(self, record: Record) -> list[tuple[str, Folded]]:
        """(line id, text) of each text of the record."""
        if id(record) not in self._records:  # the record is kept beside, so that its id stays its own
            said = [(line, Folded.of(kind, words(text))) for line, kind, text in texts_in(record.data)]
            self._records[id(record)] = record, said
        return self._records[id(record)][1]

    def shared(self, records: Iterable[Record]) -> dict[str, tuple[int, ...]]:
        """The bands that several texts of the records share."""
        keys = dict.fromkeys(said.key for record in records for _, said in self.of(record))
        new = [key for key in keys if key not in self._bands]
        self._bands.update(zip(new, bands_of([key.split() for key in new]), strict=True))
        return shared_bands({key: self._bands[key] for key in keys})


class _Drafts:
    """Writes steps, and remembers what came of each: a function of the step alone, in whatever company it was done."""

    def __init__(self, session: Session, world: World, progress: Callable[[Progress], None] | None) -> None:
        self._session = session
        self._world = world
        self._progress = progress
        self._done: dict[tuple[str, tuple[str, ...], int, str], Record] = {}

    @property
    def records(self) -> Iterable[Record]:
        """What came of all steps."""
        return self._done.values()

    def after(self, step: _Step) -> Record | None:
        """The record after the step; None if it is not done yet."""
        return self._done.get(step.key)

    def write(self, steps: Sequence[_Step]) -> bool:
        """Do the steps, together on the engine; they are of different records. False if the run was cancelled."""
        works = [Work(step.record.id, partial(self._start, step)) for step in steps]
        done = 0
        for position, record in self._session.work(works, self._progress):
            self._done[steps[position].key] = record
            done += 1
        return done == len(steps)

    def _start(self, step: _Step, _: int) -> Writing[tuple[Record, list[Finding]]]:
        """Write the texts of a step. Its own number is the attempt: a record that fails its checks is not tried again
        here, for the next comparison asks for the next number."""
        record = Record(json.loads(step.record.to_line()))
        restyled = Restyled(record)
        draft = self._draft(record, step.lines)
        if draft is not None and draft.texts:
            attempt = int(record.data["provenance"].get("attempt", 0)) + step.number
            restyled, _faults = yield from rewording(self._session, draft, self._world, "", attempt, anew=True)
        return _marked(step, restyled), []

    def _draft(self, record: Record, lines: Iterable[str]) -> Draft | None:
        """The texts of these line ids beside their requests; None for a record that cannot be planned again."""
        session, wanted = self._session, set(lines)
        try:
            generator = session.generator(record.kind)
            plan = replan(record, session.registry, self._world, session.project, generator=generator)
            asked = asked_texts(record, plan, generator)
        except GamegenError:
            return None
        return Draft(record, generator, plan, {each.request.key: each for each in asked if each.line in wanted})


def _marked(step: _Step, restyled: Restyled) -> Record:
    """The record after a step, whose provenance says so, and not that it has another style."""
    old: Mapping[str, JSON] = step.record.data["provenance"]
    new: Mapping[str, JSON] = restyled.record.data["provenance"]
    keys = {line_id(step.record.id, key): key for key in old["texts"]}
    texts = dict(old["texts"])
    for change in restyled.changes:
        if change.changed:
            own = new["texts"][change.key]
            same = own["model"] == old.get("model", {}).get("id")
            texts[change.key] = {name: part for name, part in own.items() if name != "model" or not same}
    provenance = {
        **{name: new[name] if name == "templates" else part for name, part in old.items()},
        "texts": texts,
        "rewritten": {**old.get("rewritten", {}), **{keys[line]: step.number for line in step.lines}},
    }
    return Record({**restyled.record.data, "provenance": provenance})


def _compare(records: Sequence[Record], before: Sequence[Record], drafts: _Drafts, texts: _Texts) -> _Compared:
    """Each record as it comes out beside those before it, as far as the steps are done; and the next steps.

    A step that waits leaves its record as it is for now, and the later ones are compared with that. What they then ask
    for may turn out to be for nothing; what was asked for in the right company is found again by its step. So the
    result is that of one record after the other, in few runs.
    """
    seen = Seen(texts.shared([*before, *records, *drafts.records]))
    place = 0
    for record in (*before, *(record for record in records if not _is_draft(record))):
        for _, said in texts.of(record):
            seen.add(said, place)
            place += 1
    out: list[Record] = []
    waiting: list[_Step] = []
    found = rewritten = left = 0
    for record in records:
        if not _is_draft(record):
            out.append(record)
            continue
        asked: set[str] = set()
        while True:
            like = _like(record, seen, texts)
            yielding = tuple(line for line, attempts in _attempts(record).items() if line in like and attempts < MOST)
            asked.update(yielding)
            if not yielding:
                break
            step = _Step(record, yielding, 1 + max(_attempts(record)[line] for line in yielding))
            after = drafts.after(step)
            if after is None:
                waiting.append(step)
                break
            record = after
        found += len(asked)
        rewritten += len(asked - like)
        left += len(like)
        out.append(record)
        for _, said in texts.of(record):
            seen.add(said, place)
            place += 1
    count = sum(len(texts.of(record)) for record in out)
    return _Compared(out, waiting, Report(count, found, rewritten, left))


def _is_draft(record: Record) -> bool:
    """Whether nobody has decided on the record yet."""
    review = record.data.get("review")
    return not isinstance(review, Mapping) or review.get("state", "draft") == "draft"


def _like(record: Record, seen: Seen, texts: _Texts) -> set[str]:
    """The line ids of the texts that are like one of those seen, or like an earlier one of the record."""
    own = seen.beside()
    like = set()
    for place, (line, said) in enumerate(texts.of(record)):
        if seen.like(said) is not None or own.like(said) is not None:
            like.add(line)
        own.add(said, place)
    return like


def _attempts(record: Record) -> dict[str, int]:
    """Line id -> how often the text was written again, of the texts that may yield, in a fixed order."""
    provenance, review = record.data.get("provenance"), record.data.get("review")
    if not isinstance(provenance, Mapping) or not isinstance(provenance.get("texts"), Mapping):
        return {}
    locks = set(review.get("locks", ())) if isinstance(review, Mapping) else set()
    rewritten = provenance.get("rewritten", {})
    restyled = "restyled" in provenance
    found = {}
    for key, own in sorted(provenance["texts"].items()):
        line = line_id(record.id, key)
        if own.get("source") == "model" and not (restyled and "model" in own) and not {key, line} & locks:
            found[line] = int(rewritten.get(key, 0))
    return found
