"""Where the data folders are: the checkout's when it is one, else the copies inside the wheel."""

from __future__ import annotations

from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_CHECKOUT = _PACKAGE.parent


@cache
def folder(name: str) -> Path:
    """The folder `schemas`, `templates`, `docs/checks` or `samples` that belongs to this copy of gamegen."""
    checkout = _CHECKOUT / name
    if (_CHECKOUT / "pyproject.toml").is_file() and checkout.is_dir():
        return checkout
    return _PACKAGE / "_data" / name
