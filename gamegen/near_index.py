"""The index of near-duplicates on disk: the bands of every text of a project, kept from one run to the next.

    with Index.open(path) as index:
        for record in records:
            index.add(record)             # hashed only if its texts are not those that the index has
        index.pairs(order)

An SQLite file with one row a record. It is a cache: a file that is torn, of another version or no index at all is made
anew, and deleting it costs a second run its time only. What it holds never changes what is found.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from gamegen._words import words
from gamegen.errors import HostFailed
from gamegen.near_duplicates import BANDS, VERSION, Folded, Seen, bands_of, numbered, shared_bands, texts_in
from gamegen.records import JSON, Record, content_hash

if TYPE_CHECKING:
    from gamegen.near_duplicates import Numbers

_TABLES = """
CREATE TABLE records (
    id TEXT PRIMARY KEY,
    hash TEXT NOT NULL,   -- SHA-256 of its texts
    texts TEXT NOT NULL,  -- JSON: [line id, kind of card, words] of each
    bands BLOB NOT NULL   -- a number of 32 bits for each band, little-endian, for each text that is not short
) WITHOUT ROWID
"""
_WAITING = 500
"""Records that are hashed together."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A text and the earliest that it is a near-duplicate of, as (record id, line id) each."""

    earlier: tuple[str, str]
    later: tuple[str, str]


class Index:
    """One index file, for one writer at a time (SQLite's own lock). Use it as a context manager."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._db = connection
        self._hashes: dict[str, str] = dict(connection.execute("SELECT id, hash FROM records ORDER BY id"))
        self._waiting: dict[str, tuple[str, list[tuple[str, str, str]]]] = {}

    @classmethod
    def open(cls, path: Path) -> Index:
        """Open the index, or make it. Raises HostFailed: GG008 for a disk that refuses, GG009 for a locked file."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                return cls(path, _connect(path))
            except sqlite3.DatabaseError as error:
                if isinstance(error, sqlite3.OperationalError) and "locked" in str(error):
                    raise HostFailed.of(
                        "GG009", "another gamegen uses this index", "wait for it", path=str(path)
                    ) from None
                _remove(path)
                return cls(path, _connect(path))
        except (OSError, sqlite3.Error) as error:
            raise _failed(path, error) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._write()
        finally:
            self._db.close()

    def __len__(self) -> int:
        """How many records it has."""
        return len(self._hashes)

    def add(self, record: Record | Mapping[str, JSON]) -> bool:
        """Keep the texts of a record in place of those that it had; True if they are others."""
        data = record.data if isinstance(record, Record) else record
        texts = list(texts_in(data))
        hashed = content_hash(texts)
        id = str(data["id"])
        if self._hashes.get(id) == hashed:
            return False
        self._hashes[id] = hashed
        self._waiting[id] = (hashed, [(line, kind, " ".join(words(text))) for line, kind, text in texts])
        if len(self._waiting) >= _WAITING:
            self._write()
        return True

    def keep(self, ids: Iterable[str]) -> None:
        """Forget all records but these."""
        gone = sorted(self._hashes.keys() - set(ids))
        for id in gone:
            del self._hashes[id]
            self._waiting.pop(id, None)
        self._run("DELETE FROM records WHERE id = ?", [(id,) for id in gone])

    def known(self) -> dict[str, Numbers]:
        """The folded words of every text, with spaces -> its bands."""
        return {said.key: bands for id in self._hashes for _, said, bands in self._texts(id)}

    def pairs(self, order: Iterable[str] | None = None) -> list[Pair]:
        """Every text that is a near-duplicate of an earlier one, with the earliest.

        order: ids of records in project order, of which those that the index does not have are passed over; None: by
        id. Texts of a record are in the order of the document as it was added.
        """
        seen = Seen(shared_bands(self.known()))
        places: list[tuple[str, str]] = []
        pairs = []
        for id in sorted(self._hashes) if order is None else order:
            for line, said, _ in self._texts(id):
                first = seen.like(said)
                seen.add(said, len(places))
                places.append((id, line))
                if first is not None:
                    pairs.append(Pair(places[first], (id, line)))
        return pairs

    def _texts(self, id: str) -> Iterator[tuple[str, Folded, Numbers]]:
        self._write()
        try:
            row = self._db.execute("SELECT texts, bands FROM records WHERE id = ?", (id,)).fetchone()
            bands, texts = _bands(row[1]), json.loads(row[0])
            numbers = iter(bands)
            found = [
                (line, Folded.of(kind, key.split()), bands[:0].reshape(0) if short else next(numbers))
                for line, kind, key, short in texts
            ]
        except (sqlite3.Error, ValueError, TypeError, AttributeError, StopIteration):
            return  # a row that cannot be read is as good as none: its texts are hashed again
        yield from found

    def _write(self) -> None:
        """Hash and store what waits."""
        if not self._waiting:
            return
        split = [text.split() for _, texts in self._waiting.values() for _, _, text in texts]
        found = iter(bands_of(split))
        rows = []
        for id, (hashed, texts) in self._waiting.items():
            bands = [next(found) for _ in texts]
            told = [[*text, not len(own)] for text, own in zip(texts, bands, strict=True)]
            rows.append((id, hashed, json.dumps(told, ensure_ascii=False), _bytes(bands)))
        self._waiting = {}
        self._run("INSERT OR REPLACE INTO records VALUES (?, ?, ?, ?)", rows)

    def _run(self, statement: str, rows: Sequence[tuple[str | bytes, ...]]) -> None:
        try:
            with self._db:
                self._db.executemany(statement, rows)
        except sqlite3.Error as error:
            raise _failed(self.path, error) from None


def _connect(path: Path) -> sqlite3.Connection:
    """An open index of this version. Raises sqlite3.DatabaseError for any other file."""
    connection = sqlite3.connect(path)
    try:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if not tables:
            with connection:
                connection.execute(_TABLES)
                connection.execute(f"PRAGMA user_version = {VERSION}")
        elif version != VERSION:
            raise sqlite3.DatabaseError(f"expected version {VERSION}, found {version}")
        if connection.execute("PRAGMA quick_check").fetchone()[0] != "ok":
            raise sqlite3.DatabaseError("torn")
        connection.execute("SELECT id, hash, texts, bands FROM records LIMIT 1").fetchone()
    except BaseException:
        connection.close()
        raise
    return connection


def _remove(path: Path) -> None:
    for name in (path.name, f"{path.name}-journal", f"{path.name}-wal", f"{path.name}-shm"):
        path.with_name(name).unlink(missing_ok=True)


def _bytes(bands: Iterable[Numbers]) -> bytes:
    import numpy as np

    found = [own for own in bands if len(own)]
    values = np.concatenate(found) if found else np.zeros(0, dtype=np.uint64)
    return (values & np.uint64(0xFFFFFFFF)).astype("<u4").tobytes()


def _bands(raw: bytes) -> Numbers:
    import numpy as np

    return numbered(np.frombuffer(raw, dtype="<u4").reshape(-1, BANDS).astype(np.uint64))


def _failed(path: Path, error: Exception) -> HostFailed:
    reason = getattr(error, "strerror", None) or str(error)
    return HostFailed.of("GG008", f"cannot write the index: {reason}", "free space, or delete it", path=str(path))
