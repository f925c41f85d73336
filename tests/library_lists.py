"""The fallback library, read as plain data."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
LIBRARY: dict[str, Any] = tomllib.loads((ROOT / "templates" / "library.toml").read_text(encoding="utf-8"))


def library_lists() -> Iterator[tuple[str, list[str], list[str]]]:
    """(kind or kind.intent, lines, plural lines)"""
    for kind, table in LIBRARY.items():
        if "lines" in table:
            yield kind, table["lines"], []
        else:
            for name, lists in table.items():
                yield f"{kind}.{name}", lists["lines"], lists.get("plural_lines", [])
