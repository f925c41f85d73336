"""Names of files that every system takes, and takes for different ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gamegen.staging import unsafe


def faults(names: Sequence[str]) -> Iterator[str]:
    """Every name that some system refuses, and every two that some system takes for one."""
    seen: dict[str, str] = {}
    for name in names:
        if reason := unsafe(name):
            yield f"file name {name!r}: {reason}"
        folded = name.casefold()
        if seen.setdefault(folded, name) != name:
            yield f"file names {seen[folded]!r} and {name!r} are one where case makes no difference"
