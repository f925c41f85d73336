"""Finished content as files that one command holds: read together, put back in place where something changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from gamegen.build.store import locked, write_lines
from gamegen.exporting import content_files, placed_records
from gamegen.records import Record


class ContentFiles:
    """JSONL files, and those in folders by name, each locked against other writers. Use it as a context manager.

    Raises InvalidInput (GG006, GG105) for what cannot be read, HostFailed (GG008, GG009) for disk, permission and lock.
    """

    def __init__(self, paths: Iterable[Path]) -> None:
        self.paths = content_files(paths)
        self.records: list[Record] = []
        """Of all files, in their order."""
        self._ids: list[list[str]] = []
        self._locks = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as locks:
            for path in self.paths:
                locks.enter_context(locked(path))
            placed = list(placed_records(self.paths))
            self.records = [record for _, record in placed]
            self._ids = [[record.id for file, record in placed if file == path] for path in self.paths]
            self._locks = locks.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._locks.close()

    def replace(self, records: Sequence[Record]) -> list[Path]:
        """Put each file's records, by id, in the place of those that it has; the files that changed, in order.

        A file is replaced as a whole or not at all."""
        old = {record.id: record.to_line() for record in self.records}
        new = {record.id: record for record in records}
        changed = []
        for path, ids in zip(self.paths, self._ids, strict=True):
            if any(new[id].to_line() != old[id] for id in ids):
                write_lines(path, [new[id] for id in ids])
                changed.append(path)
        return changed
