"""What the formats of translators share: their libraries, which are an extra, and the language a file is for."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from gamegen.errors import InvalidInput, UsageError

_PACKAGES = {"polib": "polib", "translate.storage.xliff": "translate-toolkit"}


def needed(module: str) -> Any:
    """A library of the extra `loc`. Raises UsageError (GG059) if it is not installed."""
    try:
        return importlib.import_module(module)
    except ImportError:
        message = f"expected {_PACKAGES[module]} for this format, found none"
        raise UsageError.of("GG059", message, 'pip install "gamegen[loc]", or use csv') from None


def same_language(path: Path, found: str, wanted: str) -> None:
    """Raises InvalidInput (GG056) for a file that names another language than the one wanted."""
    if found and found.replace("_", "-").casefold() != wanted.replace("_", "-").casefold():
        message = f"expected translations into {wanted!r}, found a file for {found!r}"
        raise InvalidInput.of("GG056", message, "give the file's own --language", path=str(path))
