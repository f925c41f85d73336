"""The plugin contract: three frozen objects and the hooks that collect them.

A plugin is a module or object with functions marked ``@gamegen.hookimpl``; it is found through the entry point group
``gamegen``. A package (or a project) that only ships data names its folder under ``gamegen.data``.
"""

from __future__ import annotations

from collections.abc import Callable, Generator as Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pluggy

from gamegen.records import JSON, Brief, Finding, Plan, Request, TextContext

if TYPE_CHECKING:
    from gamegen.originality import Copies
    from gamegen.world import World

API = 1
hookspec = pluggy.HookspecMarker("gamegen")
hookimpl = pluggy.HookimplMarker("gamegen")

Rendered = Mapping[str, "str | bytes"] | Iterable[tuple[str, "str | bytes"]]
Write = Callable[[Plan], "Coroutine[list[Request], list[JSON], dict[str, JSON]]"]


def pieces_of(rendered: Rendered) -> Iterable[tuple[str, str | bytes]]:
    """What an exporter renders as (path, piece), whichever way it gives it."""
    return rendered.items() if isinstance(rendered, Mapping) else rendered


def whole(rendered: Rendered) -> dict[str, Any]:
    """Path -> content, str or bytes: the pieces of each path joined in their order; text among bytes is UTF-8."""
    if isinstance(rendered, Mapping):
        return dict(rendered)
    files: dict[str, list[str | bytes]] = {}
    for name, piece in rendered:
        files.setdefault(name, []).append(piece)
    return {name: _joined(pieces) for name, pieces in files.items()}


def _joined(pieces: Sequence[str | bytes]) -> str | bytes:
    text = [piece for piece in pieces if isinstance(piece, str)]
    if len(text) == len(pieces):
        return "".join(text)
    return b"".join(piece.encode() if isinstance(piece, str) else piece for piece in pieces)


@dataclass(frozen=True, slots=True)
class CheckContext:
    """What a check may look at beside the record. `world` is None when validating without one."""

    world: World | None = None
    text: TextContext | None = None
    schema: Mapping[str, JSON] = field(default_factory=dict)
    originals: Copies | None = None
    """The texts that the project keeps apart; None without a project, or where it names none."""


@dataclass(frozen=True, slots=True)
class Check:
    """A proof over whole records: yields a finding for each fault, nothing for a good record."""

    name: str
    kinds: tuple[str, ...]
    """Kinds it applies to; empty means every kind."""
    run: Callable[[Mapping[str, JSON], CheckContext], Iterable[Finding]]
    needs_world: bool = False
    api: int = API


@dataclass(frozen=True, slots=True)
class Generator:
    """A kind of record: its schema, its templates, and the two functions that make one.

    plan(world, brief, seed) decides everything but the words; pure and deterministic.
    write(plan) is a Python generator: it yields lists of independent requests, is sent their texts in the same order,
    and returns the document (without provenance and review).
    """

    kind: str
    schema: Mapping[str, JSON]
    plan: Callable[[World, Brief, int], Plan]
    write: Write
    templates: Path | None = None
    """Folder that holds ``<kind>/<name>.j2``; a project's file of the same name wins."""
    settings: Mapping[str, Mapping[str, JSON]] = field(default_factory=dict)
    """Keys that ``--set`` and briefs may use, each with a JSON Schema."""
    checks: tuple[Check, ...] = ()
    cards: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """The kinds of card that its requests bring, each with the fields that a tuned model is shown, in their order
    (docs/tuning.md). Texts of a kind that is not declared are asked for with the template, whatever the model."""
    resolve: Callable[[str, str], JSON] | None = None
    """(what a setting is resolved from, the text given) -> its value; for settings that declare
    ``"x-gamegen": {"resolve": ...}``: a dialogue's quest is resolved from FILE.jsonl#ID. Raises GamegenError."""
    api: int = API


@dataclass(frozen=True, slots=True)
class Exporter:
    """A pure function from records to files: ``render(records, options)`` returns relative path -> content, or yields
    (relative path, piece of its content): the pieces of a path are joined in their order."""

    format: str
    kinds: tuple[str, ...]
    """Kinds it renders; empty means every kind."""
    render: Callable[[Any, Mapping[str, JSON]], Rendered]
    options: Mapping[str, Mapping[str, JSON]] = field(default_factory=dict)
    """Options it takes (``profile``, ``language``), each with a JSON Schema and a default."""
    streams: bool = False
    """Whether it takes the records as an iterator, once; any other gets a list of them."""
    api: int = API

    def files(self, records: Iterable[Mapping[str, JSON]], options: Mapping[str, JSON]) -> dict[str, str | bytes]:
        """All that it renders, path -> content. Raises what the exporter raises."""
        return whole(self.render(iter(records) if self.streams else list(records), options))


@hookspec
def gamegen_generators() -> Iterable[Generator]:
    """Return the kinds this plugin brings."""
    raise NotImplementedError


@hookspec
def gamegen_exporters() -> Iterable[Exporter]:
    """Return the formats this plugin brings."""
    raise NotImplementedError


@hookspec
def gamegen_checks() -> Iterable[Check]:
    """Return checks that run on records of any plugin's kinds."""
    raise NotImplementedError
