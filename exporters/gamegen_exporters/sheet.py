"""A character sheet as a script: its data as tagged lines, its numbers as variables."""

from __future__ import annotations

from collections.abc import Mapping

from gamegen.records import JSON

from .fields import data
from .script import Script


def sheet_script(record: Mapping[str, JSON]) -> Script:
    """The script of a sheet. Raises InvalidContent (GG050, GG316) for a text that cannot be shown."""
    block, variables = data(record)
    return Script("character", str(record["id"]), (block,), variables)
