"""Words that a rating leaves out: gamegen's own lists, or those that a project puts in their place."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from pathlib import Path

from gamegen._resources import folder
from gamegen.errors import WorldFault

RATINGS = ("everyone", "teen", "mature")
"""From the strictest on: a rating leaves out its own list and those of the ratings behind it."""
FILE = "ratings.toml"


def unrated(rating: str, templates: Path | None = None) -> tuple[str, ...]:
    """The words that a rating leaves out, in the order of the lists.

    templates: a project's folder; its `ratings.toml`, if there is one, replaces gamegen's. Raises WorldFault (GG717).
    """
    own = templates / FILE if templates is not None else None
    path = own if own is not None and own.is_file() else folder("templates") / FILE
    lists = _lists(path, path.stat().st_mtime_ns)
    return tuple(dict.fromkeys(word for name in RATINGS[RATINGS.index(rating) :] for word in lists[name]))


@lru_cache(maxsize=8)
def _lists(path: Path, changed: int) -> dict[str, list[str]]:
    try:
        lists = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise _fault(path, f"expected TOML, found: {error}") from error
    if set(lists) != set(RATINGS):
        raise _fault(path, f"expected the lists {', '.join(RATINGS)}, found {', '.join(lists) or 'none'}")
    for name, words in lists.items():
        if not isinstance(words, list) or not all(isinstance(word, str) and word.strip() for word in words):
            raise _fault(path, f"{name}: expected a list of words, found {words!r}")
    return lists


def _fault(path: Path, message: str) -> WorldFault:
    return WorldFault.of("GG717", message, 'for example teen = ["word", "another"]', path=str(path))
