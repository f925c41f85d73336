"""Reads the texts that a project keeps apart, for `gamegen.originality`."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from gamegen.document import missing
from gamegen.errors import HostFailed, WorldFault
from gamegen.originality import Copies
from gamegen.records import JSON, strings


def read_originals(paths: Iterable[Path]) -> Copies:
    """The runs of words of these files: UTF-8 text, or JSON lines (.jsonl), of which every string counts by itself.

    Raises InvalidInput GG006 for a file that is not there, HostFailed GG006 for one that cannot be read, WorldFault
    GG701 for one that is not UTF-8, GG702 for a line that is not JSON.
    """
    runs: set[bytes] = set()
    for path in paths:
        text = _read(path)
        if path.suffix.lower() != ".jsonl":
            runs |= Copies.of_text(text).runs
            continue
        for number, line in enumerate(text.split("\n"), 1):  # splitlines would also split strings, at U+2028
            if line.strip():
                runs |= Copies.of(strings(_parsed(line, path, number))).runs
    return Copies(runs=frozenset(runs))


def _read(path: Path) -> str:
    if not path.is_file():
        raise missing(path, "a text to keep apart")
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise WorldFault.of(
            "GG701", "expected UTF-8, found other bytes", "save the file as UTF-8", path=str(path)
        ) from None
    except OSError as error:
        raise HostFailed.of("GG006", f"cannot be read: {error.strerror or error}", path=str(path)) from None


def _parsed(line: str, path: Path, number: int) -> JSON:
    try:
        return json.loads(line)
    except json.JSONDecodeError as error:
        raise WorldFault.of(
            "GG702",
            f"expected one JSON value a line, found {error.msg}",
            "correct the line, or give the file another ending than .jsonl",
            path=str(path),
            line=number,
            column=error.colno,
        ) from None
