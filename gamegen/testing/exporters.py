"""The promises of an exporter: each broken one is a finding.

An exporter is tried on records that formats stumble over (gamegen/testing/hard.py), or on the author's own. What it
cannot hold it refuses with InvalidContent or InvalidInput, naming the record; what it takes, it keeps.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from gamegen.errors import GamegenError, InvalidContent, InvalidInput
from gamegen.exporting import Exported, export_records
from gamegen.hookspecs import Exporter, Generator
from gamegen.plays import Walk, walks
from gamegen.plugins import Registry, load_registry
from gamegen.records import JSON, Finding, canonical

from .filenames import faults as file_name_faults
from .hard import HARD_TEXTS, HARD_VALUES, PLAIN_TEXTS, talk, tangled
from .processes import elsewhere
from .rendering import Files, digests, encodes, rendered, whole_digest
from .transcripts import Runtime, difference, transcript
from .variants import edited, places, renamed

Record = Mapping[str, JSON]

UNPRINTABLE = ("two\nlines", "a\ttab", "nul\x00", "half \ud800", "\x1b[31mred", "a\u2028b", " outer ", "two  spaces")
"""Texts outside the text profile: no record that passes its checks has one."""
BROKEN = ("{nobody}", "{", "}", "{player", "a } b")
"""Texts whose braces mean nothing."""
ALIKE = (("talk_a", "talk_a_"), ("talk_a", "talk__a"), ("talk_a_b", "talk_a__b"), ("talk_1a", "talk_1_a"))
"""Pairs of ids that a careless mapping takes for one."""
AWKWARD = ("con", "aux", "nul", "com1", "x" * 120, "a_")
"""Ids whose bare form is no file name everywhere."""
NEXT_VERSION = 1000
"""A version of every schema that nobody has written yet."""


def conform_exporter(
    exporter: Exporter,
    records: Sequence[Record] | None = None,
    *,
    runtime: Runtime | None = None,
    options: Mapping[str, JSON] | None = None,
    ordered: bool = False,
) -> list[Finding]:
    """Every promise that the exporter breaks, as a finding (GG010); none for a good one.

    records:  sound records to try it on (default: the dialogues of `gamegen.testing`); needed if it takes none.
    runtime:  plays a dialogue in what the format is for; what it says is held against gamegen/play.py on plays that
              take every choice with both outcomes of its check. Without it, texts are only known to make a difference.
    options:  options of the format (each worth trying has a run of its own).
    ordered:  the format keeps the order of the records, so that it may make a difference.

    A promise that could not be tried is a finding of severity ``not_run``.
    """
    if records is None:
        if exporter.kinds and "dialogue" not in exporter.kinds:
            raise ValueError(f"format {exporter.format} holds no dialogues: give records of its kinds")
        records = [tangled(), talk(PLAIN_TEXTS)]
    trial = _Trial(exporter, tuple(records), dict(options or {}), ordered)
    found = list(trial.renders())
    if not found:  # an exporter that refuses sound records would break every other promise too
        for promise in (trial.pure, trial.same_bytes, trial.written, trial.file_names, trial.texts, trial.bad_input):
            found += promise()
        found += trial.plays(runtime) if runtime is not None else ()
    return list(dict.fromkeys(found))


class _Trial:
    def __init__(
        self, exporter: Exporter, records: tuple[Record, ...], options: dict[str, JSON], ordered: bool
    ) -> None:
        self.exporter = exporter
        self.records = records
        self.options = options
        self.ordered = ordered
        self.subjects = tuple({str(one["kind"]): one for one in reversed(records)}.values())
        """One record of each kind."""

    def broken(self, message: str, hint: str = "") -> Finding:
        return Finding("GG010", f"exporter {self.exporter.format}: {message}", hint)

    def render(self, *records: Record) -> Files:
        return rendered(self.exporter.render, self.exporter.streams, records, self.options)

    def tried(self, *records: Record) -> tuple[Files | None, Exception | None]:
        """The files, or what came instead of them."""
        try:
            return self.render(*records), None
        except Exception as error:
            return None, error

    def held(self, *records: Record) -> bool:
        """Whether the records are taken; what goes wrong beside a refusal is told by `_refused_well`."""
        return self.tried(*records)[0] is not None

    # What comes out

    def renders(self) -> Iterator[Finding]:
        """Sound records are taken, and the files are text or bytes."""
        try:
            files = self.render(*self.records)
        except GamegenError as error:
            yield from (self.broken(f"sound records are refused: {one}") for one in error.findings)
            return
        except Exception as error:
            yield self.broken(f"sound records end in {type(error).__name__}: {error}")
            return
        for name, content in files.items():
            if not isinstance(name, str) or not isinstance(content, str | bytes):
                yield self.broken(f"{name!r} is {type(content).__name__}, expected str or bytes under a str")
            elif not encodes(content):
                yield self.broken(f"{name} cannot be written as UTF-8")

    def pure(self) -> Iterator[Finding]:
        """The list of records, the records and the options stay as they are."""
        given, options = list(self.records), dict(self.options)
        before = canonical([given, options])
        found = self.exporter.render(iter(given) if self.exporter.streams else given, options)
        if not isinstance(found, Mapping):
            for _ in found:
                pass
        if canonical([given, options]) != before:
            yield self.broken("render changes what it is given", "copy before changing")

    def same_bytes(self) -> Iterator[Finding]:
        """The same records make the same bytes: again, in another order, in another process."""
        first = digests(self.render(*self.records))
        if digests(self.render(*self.records)) != first:
            yield self.broken("a second call gives other bytes", "use no clock, no counter and no chance")
        files, error = self.tried(*self.records[::-1])
        found = digests(files or {})
        if error is not None:
            yield self.broken(f"another order of the records ends in {type(error).__name__}: {error}")
        elif found.keys() != first.keys():
            yield self.broken("the names of the files depend on the order of the records", "name them by ids")
        elif found != first and not self.ordered:
            yield self.broken("another order of the records gives other bytes", "sort by id, or say `ordered`")
        for told, (elsewhere_found, fault) in elsewhere(self.exporter, self.records, self.options).items():
            if fault:
                yield Finding("GG010", f"exporter {self.exporter.format}: {fault}", severity="not_run")
            elif elsewhere_found != first:
                yield self.broken(f"a process with {told} gives other bytes", "sort what comes from a set")

    def written(self) -> Iterator[Finding]:
        """`gamegen export`, given an iterator, writes every file as it was rendered."""
        expected = digests(self.render(*self.records))
        with TemporaryDirectory() as folder:
            try:
                exported = self._export(iter(self.records), Path(folder), {})
            except Exception as error:
                yield self.broken(f"the files cannot be written: {type(error).__name__}: {error}")
                return
            found = {path.relative_to(folder).as_posix(): path.read_bytes() for path in exported.files}
        if digests(found) != expected:
            yield self.broken("what is written is not what was rendered", "write no two files to one place")

    def _export(self, records: Iterator[Record], folder: Path, generators: Mapping[str, Generator]) -> Exported:
        registry = Registry(generators, {self.exporter.format: self.exporter}, (), (), {})
        return export_records(records, self.exporter.format, folder, self.options, registry)

    def file_names(self) -> Iterator[Finding]:
        """Names are safe everywhere, do not depend on texts, and no two meet where case makes no difference."""
        names = list(self.render(*self.records))
        yield from (self.broken(fault) for fault in file_name_faults(names))
        for subject in self.subjects:
            for id in AWKWARD:
                files, _ = self.tried(renamed(subject, id))
                yield from (self.broken(fault) for fault in file_name_faults(list(files or ())))
            usual = set(self.render(subject))
            for place in places(subject):
                if set(self.render(edited(subject, place, "Other words."))) != usual:
                    yield self.broken("the names of the files depend on texts", "name files by the ids of records")

    # What goes in

    def texts(self) -> Iterator[Finding]:
        """Prose is taken, any other text taken or refused by name, and no two texts come out alike."""
        for subject in self.subjects:
            for place in places(subject):
                seen: dict[str, str] = {}
                for text in dict.fromkeys((*PLAIN_TEXTS, *HARD_TEXTS)):
                    record = edited(subject, place, text)
                    files, error = self.tried(record)
                    if error is not None and text in PLAIN_TEXTS:
                        yield self.broken(f"plain prose is refused, or worse: {text!r}: {error}")
                    yield from self._refused_well(record, f"text {text!r}", files, error)
                    if files is not None and (other := seen.setdefault(whole_digest(files), text)) != text:
                        yield self.broken(f"the texts {other!r} and {text!r} come out alike")

    def bad_input(self) -> Iterator[Finding]:
        """What cannot be held is refused, and nothing ends in a traceback."""
        for subject in self.subjects:
            twin = edited(subject, next(iter(places(subject)), ()), "Another text.")
            yield from self._must_refuse((subject, twin), f"two {subject['kind']} records with one id")
            later = {**subject, "schema_version": NEXT_VERSION}
            yield from self._must_refuse((later,), "an unknown schema version", door=True)
            stranger = {**subject, "kind": "no_such_kind"}
            if self.exporter.kinds:
                yield from self._must_refuse((stranger,), "an unknown kind", door=True)
            else:
                yield from self._refused_well(stranger, "an unknown kind", *self.tried(stranger))
            for place in places(subject):
                for text in (*UNPRINTABLE, *BROKEN):
                    record = edited(subject, place, text)
                    yield from self._refused_well(record, f"text {text!r}", *self.tried(record))
            for one, other in ALIKE:
                yield from self._both_kept(renamed(subject, one), renamed(subject, other))

    def _both_kept(self, one: Record, other: Record) -> Iterator[Finding]:
        """Two ids that look alike: a change in either record changes the files."""
        name = f"ids {one['id']!r} and {other['id']!r}"
        files, error = self.tried(one, other)
        if files is None:
            yield from self._judged(error, name, "")
            return
        place = next(iter(places(one)), ())
        for lost, changed in (
            ("first", (edited(one, place, "X."), other)),
            ("second", (one, edited(other, place, "X."))),
        ):
            again, _ = self.tried(*changed)
            if again is None or whole_digest(again) == whole_digest(files):
                yield self.broken(f"{name}: the {lost} record is lost")

    def _must_refuse(self, records: Sequence[Record], what: str, door: bool = False) -> Iterator[Finding]:
        """door: `gamegen export` may leave it out or refuse it before the exporter sees it."""
        try:
            if door:
                with TemporaryDirectory() as folder:
                    if self._export(iter(records), Path(folder), load_registry().generators).refused:
                        return
            else:
                self.render(*records)
        except Exception as error:
            yield from self._judged(error, what, "")
            return
        yield self.broken(f"{what}: taken, expected a refusal", "raise InvalidContent")

    def _refused_well(
        self, record: Record, what: str, files: Files | None, error: Exception | None
    ) -> Iterator[Finding]:
        """Taken and writable, or refused by name."""
        if files is None:
            yield from self._judged(error, what, str(record["id"]))
        elif not all(encodes(content) for content in files.values()):
            yield self.broken(f"{what}: taken, but the files cannot be written as UTF-8", "refuse it")

    def _judged(self, error: Exception | None, what: str, id: str) -> Iterator[Finding]:
        """A refusal is InvalidContent or InvalidInput with known codes, and names the record."""
        from gamegen.codes import CODES

        if not isinstance(error, InvalidContent | InvalidInput):
            yield self.broken(f"{what}: ends in {type(error).__name__}: {error}", "raise InvalidContent")
            return
        for finding in error.findings:
            if finding.code.startswith("GG") and finding.code not in CODES:
                yield self.broken(f"{what}: refused with the unknown code {finding.code}")
            if id and id not in str(finding):
                yield self.broken(f"{what}: the refusal does not name the record: {finding}")

    # How it plays

    def plays(self, runtime: Runtime) -> Iterator[Finding]:
        """Every dialogue plays as in the reference player, and every text that is taken is heard to the character."""
        kinds = self.exporter.kinds
        given = [one for one in self.records if one["kind"] == "dialogue"]
        own = [tangled()] if not kinds or "dialogue" in kinds else []
        for record in (*given, *own):
            for taken in walks(record, seed=1, random=3):
                if fault := self._heard(runtime, (record,), record, taken):
                    yield self.broken(f"dialogue {record['id']} plays otherwise: {fault}")
                    break
        for record in self._hard() if own else ():
            if fault := self._heard(runtime, (record,), record, Walk()):
                yield self.broken(f"a text comes out otherwise: {fault}")
        for one, other in ALIKE if own else ():
            pair = (renamed(tangled(), one), renamed(tangled(), other))
            if self.held(*pair):
                for record in pair:
                    if fault := self._heard(runtime, pair, record, walks(record, seed=2, random=1)[-1]):
                        yield self.broken(f"dialogues {one} and {other} get into each other's way: {fault}")

    def _hard(self) -> Iterator[Record]:
        """Talks of all that is taken: hard texts, hard names of speakers, hard values of placeholders."""
        yield talk([text for text in (*PLAIN_TEXTS, *HARD_TEXTS) if self.held(talk([text]))])
        bare = [text.replace("{{", "{").replace("}}", "}") for text in HARD_TEXTS if "{player}" not in text]
        yield talk(["Yes."], [name for name in bare if self.held(talk(["Yes."], [name]))])
        values = [value for value in HARD_VALUES if self.held(talk(["Yes."], values={"player": value}))]
        named = {f"item.v{n}": value for n, value in enumerate(values)}
        yield talk(
            [words.format(f"{{{name}}}") for name in named for words in ("{}", "x {}", "{}: {{{{y}}}}")], values=named
        )

    def _heard(self, runtime: Runtime, records: Sequence[Record], record: Record, taken: Walk) -> str:
        """What differs between the runtime and the reference player; "" if nothing does."""
        try:
            heard = runtime(self.render(*records), record, taken)
        except Exception as error:
            return f"{type(error).__name__}: {error}"
        return difference(transcript(record, taken), heard)
