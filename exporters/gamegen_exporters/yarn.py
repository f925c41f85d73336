"""The format ``yarn``: a Yarn Spinner project for version 2 or 3 (docs/formats/yarn.md)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from gamegen.hookspecs import Exporter, whole
from gamegen.play import DEFAULTS
from gamegen.records import JSON

from . import names
from .script import (
    Add,
    All,
    Any,
    Check,
    Choice,
    Condition,
    Goto,
    If,
    Line,
    Menu,
    Not,
    Script,
    Set,
    Step,
    Stop,
    Test,
    Title,
    Value,
)
from .state import KINDS, Gathering, Shared
from .yarn_tables import metadata_table, string_table
from .yarn_text import command_value, yarn_text, yarn_value

_INDENT = "    "


@dataclass(frozen=True, slots=True)
class _Printer:
    """What the record that is printed and the options say. `owned` maps identifiers of the game's state to kind and id;
    it is empty without the option `commands`."""

    kind: str
    record: str
    detours: bool
    """Version 3, where a node without choices can be visited from another one: it returns instead of stopping."""
    data_ids: bool
    owned: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def stop(self) -> str:
        return "<<return>>" if self.detours else "<<stop>>"

    def goto(self, title: Title) -> str:
        return f"<<{'detour' if self.detours else 'jump'} {_title(title)}>>"


def render(records: Iterable[Mapping[str, JSON]], options: Mapping[str, JSON]) -> dict[str, str]:
    """The whole of `pieces`."""
    return whole(pieces(records, options))


def pieces(records: Iterable[Mapping[str, JSON]], options: Mapping[str, JSON]) -> Iterator[tuple[str, str]]:
    """``gamegen.yarnproject``, ``variables.yarn`` (declarations) and a file per record; or ``main.yarn`` for all.

    Yields (path, piece). Raises InvalidContent (GG05x, GG316) naming each record and text that Yarn cannot hold.
    """
    gathering = Gathering()
    version, strings = int(options.get("profile", "2")), bool(options.get("strings", False))
    single, language = bool(options.get("single_file", False)), str(options.get("language", "en"))
    files: dict[str, str] = {}
    for script, record in gathering.scripts(records):
        owned = _owned(record) if options.get("commands", False) else {}
        # A choice can only jump, and a jump forgets where a detour came from: dialogues are never visited.
        printer = _Printer(script.kind, script.record, version > 2 and script.kind != "dialogue", strings, owned)
        text = gathering.printed(lambda script=script, printer=printer: _lines(_script(script, printer)))  # type: ignore[misc]
        name = f"{script.kind}_{script.record}.yarn"
        files[name] = text or "" if single or strings else ""
        if text is not None and not single:
            yield name, text
    stop = "<<return>>" if version > 2 else "<<stop>>"
    variables = gathering.printed(lambda: _lines(_variables(gathering.shared(), stop)))
    if variables is None:
        raise gathering.refusal()
    files = {"variables.yarn": variables, **{name: files[name] for name in sorted(files)}}
    if single:
        files = {"main.yarn": "".join(files.values())}
        yield from files.items()
    else:
        yield "variables.yarn", variables
    manifest = {
        "projectFileVersion": version,
        "sourceFiles": ["*.yarn"],
        "excludeFiles": [],
        "localisation": {},
        "baseLanguage": language,
        "compilerOptions": {},
    }
    yield "gamegen.yarnproject", json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"
    if strings:
        lines = {name: text.split("\n")[:-1] for name, text in files.items()}
        yield "gamegen-Lines.csv", string_table(lines, language)
        yield "gamegen-Metadata.csv", metadata_table(lines)


def _lines(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _owned(record: Mapping[str, JSON]) -> dict[str, tuple[str, str]]:
    """The identifiers of the game's own state that the record changes. Records that are exported together agree."""
    kept = [(ref["type"], ref["id"]) for ref in record["refs"] if ref["type"] in DEFAULTS]
    kept += [("quest", record["id"])] if record["kind"] == "quest" else []
    return {names.state(kind, id): (kind, id) for kind, id in kept}


def _variables(content: Shared, stop: str) -> Iterator[str]:
    """Declarations, and a node that sets all again. Negative numbers begin at 0: version 2 does not declare them, and
    3.0 takes one for a formula, whose variable cannot be set."""
    values = [(one.name, one.value, yarn_value(one.value, one.origin, one.note)) for one in content.variables]
    declared = (
        f"<<declare ${name} = {0 if isinstance(value, int) and value < 0 else shown}>>" for name, value, shown in values
    )
    yield from _node("gamegen_variables", {}, (*declared, stop))
    yield from _node("gamegen_new_game", {}, (*(f"<<set ${name} = {shown}>>" for name, _, shown in values), stop))


def _script(script: Script, printer: _Printer) -> Iterator[str]:
    headers = {"kind": script.kind, "record": script.record}
    for block in script.blocks:
        body = _steps(block.body, printer)
        yield from _node(_title(block.title), headers, (*body, printer.stop) if block.returns else body)


def _node(title: str, headers: Mapping[str, str], body: Iterable[str]) -> Iterator[str]:
    yield f"title: {title}"
    yield from (f"{key}: {value}" for key, value in headers.items())
    yield "---"
    yield from body
    yield "==="


def _title(title: Title) -> str:
    return f"{title.knot}__{title.stitch}" if title.stitch else title.knot


def _steps(steps: Iterable[Step], printer: _Printer) -> Iterator[str]:
    record = printer.record
    for step in steps:
        match step:
            case Set(name, value):
                yield f"<<set ${name} = {yarn_value(value, record, name)}>>"
                yield from _command(printer, name, "set", value)
            case Add(name, amount, floor):
                yield from _add(name, amount, yarn_value(abs(amount), record, name), floor)
                yield from _command(printer, name, "add", amount)
            case Line():
                yield _line(step, printer)
            case Goto(target):
                yield printer.goto(target)
            case Check(skill, dc, success, failure):
                yield f'<<if skill_check("{skill}", {dc})>>'
                yield printer.goto(success)
                yield "<<else>>"
                yield printer.goto(failure)
                yield "<<endif>>"
            case If(condition, then, otherwise):
                yield f"<<if {_condition(condition, record)}>>"
                yield from _steps(then, printer)
                if otherwise:
                    yield "<<else>>"
                    yield from _steps(otherwise, printer)
                yield "<<endif>>"
            case Menu(choices):
                for choice in choices:
                    yield from _choice(choice, printer)
            case Stop():
                yield printer.stop


def _line(line: Line, printer: _Printer) -> str:
    """The text with its speaker, then the tags. With a string table data lines have ids too: Yarn Spinner for Unity
    makes no table of a project in which a line has none."""
    id = line.id
    if not id and printer.data_ids:
        (path,) = (tag.removeprefix("field:") for tag in line.tags if tag.startswith("field:"))
        id = f"data.{printer.kind}.{printer.record}.{path}"
    tags = (f"line:{id}", *line.tags) if id else line.tags
    return " ".join((yarn_text(line.text, line.speaker), *(f"#{tag}" for tag in tags)))


def _command(printer: _Printer, name: str, op: str, value: Value) -> Iterator[str]:
    """Tells the game of a change of its own state, right after the change."""
    if name in printer.owned:
        kind, id = printer.owned[name]
        yield f"<<gamegen_effect {kind} {id} {op} {command_value(value, printer.record, name)}>>"


def _add(name: str, amount: int, shown: str, floor: bool) -> Iterator[str]:
    total = f"<<set ${name} = ${name} {'-' if amount < 0 else '+'} {shown}>>"
    if not floor:
        yield total
        return
    yield f"<<if ${name} < {shown}>>"
    yield f"<<set ${name} = 0>>"
    yield "<<else>>"
    yield total
    yield "<<endif>>"


def _choice(choice: Choice, printer: _Printer) -> Iterator[str]:
    """An option: text, condition, then tags; its steps indented; no blank line, which would end the group."""
    test = (f"<<if {_condition(choice.condition, printer.record)}>>",) if choice.condition else ()
    tags = (f"#{tag}" for tag in (f"line:{choice.id}", *choice.tags))
    yield " ".join(("->", yarn_text(choice.text), *test, *tags))
    yield from (_INDENT + line for line in _steps(choice.body, printer))


def _condition(condition: Condition, record: str) -> str:
    """Always in parentheses of its own: the precedence of `and` and `or` differs between compilers."""
    match condition:
        case Test(name, op, value):
            return f"(${name} {op} {yarn_value(value, record, name)})"
        case All(parts):
            return f"({' and '.join(_condition(part, record) for part in parts)})"
        case Any(parts):
            return f"({' or '.join(_condition(part, record) for part in parts)})"
        case Not(part):
            return f"(not {_condition(part, record)})"


EXPORTER = Exporter(
    format="yarn",
    kinds=KINDS,
    render=pieces,
    streams=True,
    options={
        "profile": {"type": "string", "enum": ["2", "3"], "default": "2"},
        "single_file": {"type": "boolean", "default": False},
        "strings": {"type": "boolean", "default": False},
        "commands": {"type": "boolean", "default": False},
        "language": {"type": "string", "pattern": "^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$", "default": "en"},
    },
)
