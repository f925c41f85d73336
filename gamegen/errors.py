"""The error tree: everything gamegen raises on purpose.

    GamegenError                     exit code
    ├── UsageError            GG0xx  2   a wrong option, key or value
    ├── InvalidInput                 2   an input file has faults (all of them, each with its place)
    │   ├── SchemaFault       GG1xx      a schema cannot be used
    │   ├── WorldFault        GG7xx      the world, project or a template cannot be used
    │   └── PluginFault       GG0xx      a plugin breaks the contract
    ├── InvalidContent               1   records do not pass their checks
    ├── ModelUnavailable      GG8xx  3   model or provider missing, or not usable
    └── HostFailed            GG0xx  4   disk, permission, lock

A message says what was expected, what was found, and what to do next; users never see a traceback.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar, Self

if TYPE_CHECKING:
    from gamegen.records import Finding

EXIT_DONE = 0
EXIT_CONTENT = 1
EXIT_USAGE = 2
EXIT_MODEL = 3
EXIT_HOST = 4
EXIT_INTERRUPTED = 130


class GamegenError(Exception):
    """Base of the tree. Carries one or more findings; `str()` is one line per finding."""

    exit_code: ClassVar[int] = EXIT_USAGE

    def __init__(self, findings: Finding | Iterable[Finding]) -> None:
        from gamegen.records import Finding

        self.findings: tuple[Finding, ...] = (findings,) if isinstance(findings, Finding) else tuple(findings)
        if not self.findings:
            raise ValueError("an error needs at least one finding")
        super().__init__("\n".join(map(str, self.findings)))

    @classmethod
    def of(
        cls,
        code: str,
        message: str,
        hint: str = "",
        *,
        path: str = "",
        line: int = 0,
        column: int = 0,
        where: str = "",
    ) -> Self:
        """Build an error of this class from one finding."""
        from gamegen.records import Finding

        return cls(Finding(code, message, hint, path=path, line=line, column=column, where=where))


class UsageError(GamegenError):
    """A wrong option, key or value (exit code 2)."""


class InvalidInput(GamegenError):
    """An input file has faults; all are listed (exit code 2)."""


class SchemaFault(InvalidInput):
    """A schema is malformed, unsatisfiable, or uses what the grammar does not support."""


class WorldFault(InvalidInput):
    """The world, the project file or a template cannot be used."""


class PluginFault(InvalidInput):
    """A plugin breaks the contract; the message names the plugin and the field."""


class InvalidContent(GamegenError):
    """Records do not pass their checks (exit code 1)."""

    exit_code = EXIT_CONTENT


class ModelUnavailable(GamegenError):
    """The model or the execution provider is missing or not usable (exit code 3)."""

    exit_code = EXIT_MODEL


class HostFailed(GamegenError):
    """The environment failed: disk, permission, lock (exit code 4)."""

    exit_code = EXIT_HOST
