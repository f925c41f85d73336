"""gamegen: quests, dialogue trees and character sheets for games.

The one public door: what `__all__` names is stable. Names load when they are first used, so that the import is quick.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_HOME = {
    "Brief": "records",
    "Check": "hookspecs",
    "CheckContext": "hookspecs",
    "Exporter": "hookspecs",
    "Finding": "records",
    "GamegenError": "errors",
    "Generator": "hookspecs",
    "Plan": "records",
    "Progress": "session",
    "Project": "project",
    "Record": "records",
    "Request": "records",
    "Restyled": "rewording",
    "Sampling": "records",
    "Session": "session",
    "World": "world",
    "export": "session",
    "generate": "session",
    "hookimpl": "hookspecs",
    "line_id": "records",
    "load_project": "project",
    "load_records": "exporting",
    "load_world": "world_file",
    "restyle": "restyling",
}

__all__ = [
    "Brief",
    "Check",
    "CheckContext",
    "Exporter",
    "Finding",
    "GamegenError",
    "Generator",
    "Plan",
    "Progress",
    "Project",
    "Record",
    "Request",
    "Restyled",
    "Sampling",
    "Session",
    "World",
    "__version__",
    "export",
    "generate",
    "hookimpl",
    "line_id",
    "load_project",
    "load_records",
    "load_world",
    "restyle",
]

if TYPE_CHECKING:
    from gamegen.errors import GamegenError
    from gamegen.exporting import load_records
    from gamegen.hookspecs import Check, CheckContext, Exporter, Generator, hookimpl
    from gamegen.project import Project, load_project
    from gamegen.records import Brief, Finding, Plan, Record, Request, Sampling, line_id
    from gamegen.restyling import restyle
    from gamegen.rewording import Restyled
    from gamegen.session import Progress, Session, export, generate
    from gamegen.world import World
    from gamegen.world_file import load_world


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'gamegen' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"gamegen.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
