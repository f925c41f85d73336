"""Files that are written all at once or not at all: pieces gather beside their place, and move there in the end.

A file whose content has not changed keeps its time, so that no engine imports it again. A list of the files of the last
export (``.gamegen-export.json``) lets the next one take away those that it makes no more, as long as nobody has edited
them; no other file is ever touched.
"""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import tempfile
from hashlib import sha256
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import IO, TYPE_CHECKING, Self

from gamegen.errors import HostFailed, PluginFault

if TYPE_CHECKING:
    from hashlib import _Hash as Hash

LIST = ".gamegen-export.json"
_SAFE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+@-]{0,199}")
_DEVICES = frozenset(
    ("con", "prn", "aux", "nul", *(f"{name}{number}" for name in ("com", "lpt") for number in range(1, 10)))
)
_OPEN = 32
"""Files that are kept open while their pieces come."""


def unsafe(name: str) -> str:
    """Why Windows, macOS or Linux might refuse a relative path with slashes, or take it for another; "": none does."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or not path.parts or "\\" in name or "/".join(path.parts) != name:
        return "it is outside the output folder"
    for part in path.parts:
        if not _SAFE.fullmatch(part) or part.endswith("."):
            return f"{part!r} has a character that some systems refuse, or is too long"
        if part.partition(".")[0].casefold() in _DEVICES:
            return f"{part!r} is a device on Windows"
    return ""


class Staging:
    """The files of one export of a format. Use it as a context manager: without `commit` nothing has happened.

    variant: of the format (a profile): exports of two variants to one folder know nothing of each other.

    Raises HostFailed (GG008) for what the disk refuses, PluginFault (GG010) for a name that is not safe.
    """

    def __init__(self, out: Path, format: str, variant: str = "") -> None:
        self.out = out
        self.format = format
        self._key = f"{format} {variant}".strip()
        self._names: dict[str, str] = {}
        """Each name by how it is compared where case makes no difference."""
        self._hashes: dict[str, Hash] = {}
        """Of what each file holds so far."""
        self._made: set[Path] = set()
        """Folders that are there."""
        self._open: dict[str, IO[bytes]] = {}

    def __enter__(self) -> Self:
        try:
            self.out.mkdir(parents=True, exist_ok=True)
            self._folder = Path(tempfile.mkdtemp(prefix=".gamegen-", dir=self.out))
        except OSError as error:
            raise self._failed(error) from None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def add(self, name: str, piece: str | bytes) -> None:
        """Append a piece to a file; the first one begins it."""
        try:
            file = self._open.get(name)
            if file is None:
                file = self._opened(name)
            data = piece.encode("utf-8") if isinstance(piece, str) else piece
            file.write(data)
            self._hashes[name].update(data)
        except OSError as error:
            raise self._failed(error) from None

    def commit(self) -> tuple[list[Path], int]:
        """Put the files in their places: their paths, sorted, and how many of them have changed."""
        self._close()
        made: dict[str, str] = {}
        changed = 0
        try:
            for name in sorted(self._hashes):
                path = self.out / name
                made[name] = self._hashes[name].hexdigest()
                if not path.is_file() or _digest(path) != made[name]:
                    self._folder_of(path)
                    (self._folder / name).replace(path)
                    changed += 1
            self._remember(made)
        except OSError as error:
            raise self._failed(error) from None
        return [self.out / name for name in made], changed

    def _opened(self, name: str) -> IO[bytes]:
        new = name not in self._hashes
        if new:
            if why := unsafe(name):
                raise PluginFault.of("GG010", f"exporter {self.format} names a file {name!r}: {why}")
            other = self._names.setdefault(name.casefold(), name)
            if other != name:
                message = f"exporter {self.format} names {other!r} and {name!r}: one file on Windows"
                raise PluginFault.of("GG010", message)
            self._hashes[name] = sha256()
        if len(self._open) >= _OPEN:
            self._open.pop(next(iter(self._open))).close()
        path = self._folder / name
        self._folder_of(path)
        file = self._open[name] = path.open("wb" if new else "ab")
        return file

    def _folder_of(self, path: Path) -> None:
        if path.parent not in self._made:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._made.add(path.parent)

    def _close(self) -> None:
        for file in self._open.values():
            file.close()
        self._open = {}

    def _remember(self, made: dict[str, str]) -> None:
        """Take away what the last export of the format made and this one does not, and keep the list of this one."""
        place = self.out / LIST
        lists: dict[str, dict[str, str]] = {}
        with contextlib.suppress(OSError, ValueError):
            lists = json.loads(place.read_text("utf-8"))
        others = {name for key, names in lists.items() if key != self._key for name in names}
        for name, digest in lists.get(self._key, {}).items():
            path = self.out / name
            gone = name not in made and name not in others and not unsafe(name)
            if gone and path.is_file() and _digest(path) == digest:
                path.unlink()
        kept = json.dumps({**lists, self._key: made}, indent=1, sort_keys=True) + "\n"
        if not place.is_file() or place.read_text("utf-8") != kept:
            new = self._folder / LIST
            new.write_text(kept, "utf-8")
            new.replace(place)

    def _failed(self, error: OSError) -> HostFailed:
        return HostFailed.of(
            "GG008",
            f"cannot write: {error.strerror or error}",
            "free space or choose another folder with --out",
            path=str(self.out),
        )


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        hashed = sha256()
        while piece := file.read(1 << 20):
            hashed.update(piece)
    return hashed.hexdigest()
