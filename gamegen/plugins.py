"""Registration (pluggy) and discovery (entry points). First-party kinds, checks and formats come the same way.

Entry point group ``gamegen``: modules or objects with hooks. Group ``gamegen.data``: packages whose folder holds
``schemas/`` and ``templates/``. A project's own ``schemas/`` and ``templates/`` come last: a schema of a known kind
extends it, any other makes a new kind.
"""

from __future__ import annotations

import re
from collections.abc import Generator as Coroutine, Mapping
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pluggy

from gamegen import _resources, hookspecs
from gamegen.cards import FIELDS
from gamegen.errors import PluginFault, UsageError
from gamegen.hookspecs import API, Check, Exporter, Generator
from gamegen.naming import did_you_mean
from gamegen.records import JSON, Plan, Request

if TYPE_CHECKING:
    from gamegen.project import Project

NAME = re.compile(r"[a-z][a-z0-9_]*")
Contribution = TypeVar("Contribution", Generator, Exporter, Check)


@dataclass(frozen=True, slots=True)
class Registry:
    """What this installation (and this project) can make, check and write. `origins` names who brought what."""

    generators: Mapping[str, Generator]
    exporters: Mapping[str, Exporter]
    checks: tuple[Check, ...]
    template_folders: tuple[Path, ...]
    origins: Mapping[str, str]

    @property
    def cards(self) -> dict[str, tuple[str, ...]]:
        """Every kind of card that a generator declares, with its fields."""
        return {kind: tuple(names) for each in self.generators.values() for kind, names in each.cards.items()}

    def generator(self, kind: str) -> Generator:
        """The generator of this kind. Raises UsageError (GG001)."""
        if kind not in self.generators:
            raise UsageError.of("GG001", f"no generator makes {kind!r}", did_you_mean(kind, self.generators))
        return self.generators[kind]

    def exporter(self, format: str) -> Exporter:
        """The exporter of this format. Raises UsageError (GG002)."""
        if format not in self.exporters:
            raise UsageError.of("GG002", f"no exporter writes {format!r}", did_you_mean(format, self.exporters))
        return self.exporters[format]

    def checks_for(self, kind: str) -> tuple[Check, ...]:
        own = self.generators[kind].checks if kind in self.generators else ()
        return (*own, *(check for check in self.checks if not check.kinds or kind in check.kinds))


def load_registry(project: Project | None = None) -> Registry:
    """Collect all plugins, validate each, and add the project's own data. Raises PluginFault, SchemaFault."""
    manager = pluggy.PluginManager("gamegen")
    manager.add_hookspecs(hookspecs)
    for entry in metadata.entry_points(group="gamegen"):
        try:
            manager.register(entry.load(), name=entry.name)
            manager.check_pending()
        except PluginFault:
            raise
        except Exception as error:
            raise _refused(entry.name, f"it cannot be loaded: {type(error).__name__}: {error}") from error
    return collect(manager, project)


def collect(manager: pluggy.PluginManager, project: Project | None = None) -> Registry:
    """The registry that the registered plugins make."""
    origins: dict[str, str] = {}
    generators = {g.kind: g for g in _gather(manager, "gamegen_generators", Generator, origins, _generator_faults)}
    exporters = {e.format: e for e in _gather(manager, "gamegen_exporters", Exporter, origins, _exporter_faults)}
    checks = tuple(_gather(manager, "gamegen_checks", Check, origins, _check_faults))
    _same_cards(generators, origins)
    folders = [g.templates for g in generators.values() if g.templates is not None]
    for origin, folder in _data_folders():
        _add_data(generators, folder, origin, origins)
        folders.append(folder / "templates")
    if project is not None:
        _add_data(generators, project.root, f"project {project.id}", origins)
    first = [project.root / "templates"] if project is not None else []
    ordered = dict.fromkeys((*first, _resources.folder("templates"), *folders))
    return Registry(generators, exporters, checks, tuple(ordered), origins)


def _same_cards(generators: Mapping[str, Generator], origins: Mapping[str, str]) -> None:
    """Raise PluginFault (GG010) where two kinds declare other fields for one kind of card: a model knows one form."""
    declared = {card: (tuple(names), "gamegen") for card, names in FIELDS.items()}
    for generator in generators.values():
        label = f"kind {generator.kind}"
        for card, names in generator.cards.items():
            fields, by = declared.setdefault(card, (tuple(names), label))
            if tuple(names) != fields:
                found, expected = ", ".join(names), ", ".join(fields)
                reason = f"Generator {label}: its card {card!r} has the fields {found}, but {by} declares {expected}"
                raise _refused(origins[label], reason)


def _data_folders() -> list[tuple[str, Path]]:
    from importlib.resources import files

    found = []
    for entry in metadata.entry_points(group="gamegen.data"):
        try:
            found.append((entry.name, Path(str(files(entry.module)))))
        except ModuleNotFoundError as error:
            raise _refused(entry.name, f"its data package {entry.module!r} cannot be found: {error}") from error
    return found


def _add_data(generators: dict[str, Generator], folder: Path, origin: str, origins: dict[str, str]) -> None:
    from gamegen.generators.data import generators_in, kind_of
    from gamegen.schema import extend, read_schema

    known = dict(generators)
    for path in sorted((folder / "schemas").glob("*.schema.json")):
        kind = kind_of(path)
        if kind in known:
            extension = read_schema(path)
            generators[kind] = _extended(known[kind], extension, extend(known[kind].schema, extension, str(path)))
    for generator in generators_in(folder, known):
        generators[generator.kind] = generator
        origins[f"kind {generator.kind}"] = origin


def _extended(base: Generator, extension: Mapping[str, JSON], schema: Mapping[str, JSON]) -> Generator:
    from gamegen.generators.data import write_properties

    def write(plan: Plan) -> Coroutine[list[Request], list[JSON], dict[str, JSON]]:
        document = yield from base.write(plan)
        return (yield from write_properties(plan, extension.get("properties", {}), document, schema))

    return replace(base, schema=schema, write=write)


def _gather(
    manager: pluggy.PluginManager,
    hook: str,
    expected: type[Contribution],
    origins: dict[str, str],
    faults: Any,
) -> list[Contribution]:
    found: list[Contribution] = []
    for implementation in getattr(manager.hook, hook).get_hookimpls():
        plugin = implementation.plugin_name
        for item in implementation.function():
            if not isinstance(item, expected):
                raise _refused(plugin, f"{hook} returned {type(item).__name__}, expected {expected.__name__}")
            if item.api != API:
                raise _refused(plugin, f"{expected.__name__}.api is {item.api}, this gamegen speaks api {API}")
            label, problem = faults(item)
            if problem:
                raise _refused(plugin, f"{expected.__name__} {label}: {problem}")
            if label in origins:
                raise _refused(plugin, f"{label} is already brought by {origins[label]}")
            origins[label] = plugin
            found.append(item)
    return found


def _generator_faults(item: Generator) -> tuple[str, str]:
    label = f"kind {item.kind}"
    if not NAME.fullmatch(item.kind):
        return label, "kind must match ^[a-z][a-z0-9_]*$"
    if not callable(item.plan) or not callable(item.write):
        return label, "plan and write must be functions"
    if item.schema.get("properties", {}).get("kind", {}).get("const") != item.kind:
        return label, f"its schema must fix `kind` to {item.kind!r} with const"
    if item.templates is not None and not Path(item.templates).is_dir():
        return label, f"templates folder {item.templates} does not exist"
    for kind, names in item.cards.items():
        if isinstance(names, str) or not {"must"} <= set(names) or not all(map(NAME.fullmatch, (kind, *names))):
            return label, f"its card {kind!r} must list the names of its fields, `must` among them"
    return label, ""


def _exporter_faults(item: Exporter) -> tuple[str, str]:
    label = f"format {item.format}"
    if not NAME.fullmatch(item.format):
        return label, "format must match ^[a-z][a-z0-9_]*$"
    return label, "" if callable(item.render) else "render must be a function"


def _check_faults(item: Check) -> tuple[str, str]:
    return f"check {item.name}", "" if callable(item.run) else "run must be a function"


def _refused(plugin: str, reason: str) -> PluginFault:
    return PluginFault.of("GG010", f"plugin {plugin!r} refused: {reason}", "mend or uninstall the plugin")
