"""Records on disk: one JSONL file in project order, and a journal beside it that no crash can hurt.

``FILE.jsonl`` grows by whole lines in order. ``FILE.jsonl.journal`` begins with a header that names the run's inputs;
below it stand records that were ready before their turn. The header stays when the run is complete, so that the same
command again has nothing to do, and one with a larger count goes on where the first stopped.
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from gamegen import __version__
from gamegen.errors import HostFailed, UsageError
from gamegen.records import CONTRACTS, JSON, Brief, Record, canonical, content_hash

if TYPE_CHECKING:
    from filelock import FileLock

    from gamegen.session import Session
    from gamegen.world import World


def run_inputs(session: Session, briefs: Sequence[Brief], world: World, seed: int) -> dict[str, JSON]:
    """What the bytes of a run depend on, by name. The count is not among them: ``-n 40`` begins with ``-n 20``."""
    first = briefs[0]
    numbered = all(brief.row == f"{brief.ordinal:04d}" and brief.settings == first.settings for brief in briefs)
    info = session.engine.info
    return {
        "gamegen": __version__,
        "kind": first.kind,
        "block": first.block,
        "seed": seed,
        "settings": dict(first.settings) if numbered else [[brief.row, dict(brief.settings)] for brief in briefs],
        "world": world.hash,
        "model": info.sha256,
        "contracts": {**CONTRACTS, "engine": info.contract},
        "schema": content_hash(session.generator(first.kind).schema),
        "templates": content_hash(session.prompts.sources(first.kind)),
        "originality": sha256(session.originals.to_bytes()).hexdigest(),
    }


class RecordStore:
    """One output file, locked for one writer. Use it as a context manager.

    inputs:    what the bytes depend on, by name; a file of other inputs is refused without `overwrite`.
    ids:       the ids of the records wanted, in order.
    Raises UsageError (GG007) for another run's file, HostFailed (GG008, GG009) for disk, permission and lock.
    """

    def __init__(self, path: Path, inputs: Mapping[str, JSON], ids: Sequence[str], overwrite: bool = False) -> None:
        self.path = path
        self.journal = path.with_name(path.name + ".journal")
        self.ids = list(ids)
        self._inputs = dict(inputs)
        self._overwrite = overwrite
        self._written = 0
        self._early: dict[str, str] = {}
        self._files: list[io.FileIO] = []
        self._file: io.FileIO
        self._journal_file: io.FileIO

    @property
    def missing(self) -> list[str]:
        """Ids that stand neither in the file nor in the journal."""
        return [name for name in self.ids[self._written :] if name not in self._early]

    @property
    def written(self) -> int:
        """How many records stand in the file."""
        return self._written

    def __enter__(self) -> Self:
        self._lock = locked(self.path)
        try:
            self._open()
        except BaseException:
            self._lock.release()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for file in self._files:
            file.close()
        self._lock.release()

    def add(self, record: Record) -> None:
        """Keep a finished record: in the file if it is due, else in the journal until it is."""
        line = record.to_line()
        due = self._written < len(self.ids) and record.id == self.ids[self._written]
        self._early[record.id] = line
        if not due:
            self._append(self._journal_file, line)
            return
        self._flush()

    def replace(self, records: Sequence[Record]) -> None:
        """Put these records, which are complete and in order, in the place of those in the file: all at once."""
        self._file.close()  # Windows replaces no open file
        write_lines(self.path, records)
        self._file = self.path.open("ab", buffering=0)
        self._files = [self._file, self._journal_file]

    def _flush(self) -> None:
        while self._written < len(self.ids) and (line := self._early.get(self.ids[self._written])) is not None:
            self._append(self._file, line)
            del self._early[self.ids[self._written]]
            self._written += 1
        if self._written == len(self.ids):
            self._write_header()

    def _open(self) -> None:
        try:
            known = self._read()
            self._file = self.path.open("ab" if known else "wb", buffering=0)
            self._journal_file = self.journal.open("ab", buffering=0)
            self._files = [self._file, self._journal_file]
            if not known:
                self._write_header()
            self._flush()
        except OSError as error:
            raise self._failed(error) from None

    def _read(self) -> bool:
        """Take up what an earlier run of the same inputs left; True if there is one."""
        if self._overwrite or not (self.path.exists() or self.journal.exists()):
            return False
        lines = _whole_lines(self.journal)
        header = json.loads(lines[0]) if lines else None
        if header is None and self.path.exists() and self.path.stat().st_size == 0:
            return False
        if header is None or header["inputs"] != self._inputs:
            raise UsageError.of(
                "GG007",
                f"the file holds another run ({self._difference(header)})",
                "choose another --out, or give --overwrite to write it anew",
                path=str(self.path),
            )
        for line in lines[1:]:
            self._early[json.loads(line)["id"]] = line
        present = [json.loads(line)["id"] for line in _whole_lines(self.path)]
        if present[: len(self.ids)] != self.ids[: len(present)]:
            raise UsageError.of(
                "GG007",
                "the file's records are not those of this run",
                "give --overwrite to write it anew",
                path=str(self.path),
            )
        self._written = min(len(present), len(self.ids))
        for name in present:
            self._early.pop(name, None)
        return True

    def _difference(self, header: Mapping[str, JSON] | None) -> str:
        if header is None:
            return "it has no journal"
        old, new = header["inputs"], self._inputs
        changed = sorted(name for name in {*old, *new} if old.get(name) != new.get(name))
        return ", ".join(f"{name} was {_short(old.get(name))}, now {_short(new.get(name))}" for name in changed[:3])

    def _write_header(self) -> None:
        self._journal_file.truncate(0)
        self._append(self._journal_file, canonical({"gamegen": "journal", "inputs": self._inputs}))

    def _append(self, file: io.FileIO, line: str) -> None:
        """One whole line, flushed; when the disk is full, what was written of it is taken back."""
        start = file.seek(0, os.SEEK_END)
        try:
            rest = memoryview(line.encode("utf-8") + b"\n")
            while rest:
                rest = rest[file.write(rest) :]
            os.fsync(file.fileno())
        except OSError as error:
            raise self._failed(error, file, start) from None

    def _failed(self, error: OSError, file: io.FileIO | None = None, start: int = 0) -> HostFailed:
        if file is not None:
            os.truncate(file.fileno(), start)
        return _unwritten(self.path, error)


def locked(path: Path) -> FileLock:
    """The lock of a file for its one writer, held. Its own file stays when it is let go: removing that would let two
    others hold a lock each. Raises HostFailed: GG009 if another holds it, GG008 if it cannot be made."""
    from filelock import FileLock, Timeout

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path.with_name(path.name + ".lock"))
        lock.acquire(timeout=0)
    except Timeout:
        raise HostFailed.of(
            "GG009", "another gamegen writes this file", "wait for it, or choose another --out", path=str(path)
        ) from None
    except OSError as error:
        raise _unwritten(path, error) from None
    return lock


def write_lines(path: Path, records: Iterable[Record]) -> None:
    """Put these records in the place of the file, all at once. Raises HostFailed (GG008); the old file stays then."""
    new = path.with_name(path.name + ".new")
    try:
        with new.open("wb") as file:
            file.writelines(record.to_line().encode("utf-8") + b"\n" for record in records)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except OSError as error:
        new.unlink(missing_ok=True)
        raise _unwritten(path, error) from None


def _unwritten(path: Path, error: OSError) -> HostFailed:
    return HostFailed.of(
        "GG008",
        f"cannot write: {error.strerror or error}",
        "free space or choose another --out; the same command goes on where it stopped",
        path=str(path),
    )


def _short(value: JSON) -> str:
    text = canonical(value)
    return text if len(text) <= 40 else f"{text[:39]}…"


def _whole_lines(path: Path) -> list[str]:
    """The lines that are whole; a torn last line (a crash while writing) is cut off the file."""
    if not path.exists():
        return []
    data = path.read_bytes()
    end = data.rfind(b"\n") + 1
    if end < len(data):
        os.truncate(path, end)
    lines = data[:end].decode("utf-8", errors="replace").split("\n")[:-1]
    good: list[str] = []
    for line in lines:
        try:
            json.loads(line)
        except json.JSONDecodeError:
            os.truncate(path, sum(len(kept.encode("utf-8")) + 1 for kept in good))
            break
        good.append(line)
    return good
