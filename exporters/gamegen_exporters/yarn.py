"""The format ``yarn``: a Yarn Spinner project in the subset that versions 2 and 3 share (docs/formats/yarn.md)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence

from gamegen.hookspecs import Exporter
from gamegen.records import JSON

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
)
from .state import KINDS, Project, project
from .yarn_text import yarn_text, yarn_value


def render(records: Sequence[Mapping[str, JSON]], options: Mapping[str, JSON]) -> dict[str, str]:
    """``gamegen.yarnproject``, ``variables.yarn`` (declarations) and a file per record; or ``main.yarn`` for all.

    Raises InvalidContent (GG05x, GG316) naming each record and text that Yarn cannot hold.
    """
    content = project(records)
    nodes = {f"{script.kind}_{script.record}.yarn": tuple(_script(script)) for script in content.scripts}
    files = {"variables.yarn": tuple(_variables(content)), **nodes}
    if options.get("single_file", False):
        files = {"main.yarn": tuple(line for lines in files.values() for line in lines)}
    manifest = {
        "projectFileVersion": 2,
        "sourceFiles": ["*.yarn"],
        "excludeFiles": [],
        "localisation": {},
        "baseLanguage": options.get("language", "en"),
        "compilerOptions": {},
    }
    return {
        "gamegen.yarnproject": json.dumps(manifest, indent=2, ensure_ascii=False) + "\n",
        **{name: "".join(f"{line}\n" for line in lines) for name, lines in files.items()},
    }


def _variables(content: Project) -> Iterator[str]:
    """Declarations, and a node that sets all again. Version 2 declares no negative number: those begin at 0 there."""
    values = [(one.name, one.value, yarn_value(one.value, one.origin, one.note)) for one in content.variables]
    declared = (
        f"<<declare ${name} = {0 if isinstance(value, int) and value < 0 else shown}>>" for name, value, shown in values
    )
    yield from _node("gamegen_variables", {}, (*declared, "<<stop>>"))
    yield from _node("gamegen_new_game", {}, (*(f"<<set ${name} = {shown}>>" for name, _, shown in values), "<<stop>>"))


def _script(script: Script) -> Iterator[str]:
    headers = {"kind": script.kind, "record": script.record}
    for block in script.blocks:
        body = _steps(block.body, script.record)
        yield from _node(_title(block.title), headers, (*body, "<<stop>>") if block.returns else body)


def _node(title: str, headers: Mapping[str, str], body: Iterable[str]) -> Iterator[str]:
    yield f"title: {title}"
    yield from (f"{key}: {value}" for key, value in headers.items())
    yield "---"
    yield from body
    yield "==="


def _title(title: Title) -> str:
    return f"{title.knot}__{title.stitch}" if title.stitch else title.knot


def _steps(steps: Iterable[Step], record: str) -> Iterator[str]:
    for step in steps:
        match step:
            case Set(name, value):
                yield f"<<set ${name} = {yarn_value(value, record, name)}>>"
            case Add(name, amount, floor):
                yield from _add(name, amount, yarn_value(abs(amount), record, name), floor)
            case Line():
                tags = ((f"line:{step.id}", *step.tags)) if step.id else step.tags
                yield " ".join((yarn_text(step.text, step.speaker), *(f"#{tag}" for tag in tags)))
            case Goto(target):
                yield f"<<jump {_title(target)}>>"
            case Check(skill, dc, success, failure):
                yield f'<<if skill_check("{skill}", {dc})>>'
                yield f"<<jump {_title(success)}>>"
                yield "<<else>>"
                yield f"<<jump {_title(failure)}>>"
                yield "<<endif>>"
            case If(condition, then, otherwise):
                yield f"<<if {_condition(condition, record)}>>"
                yield from _steps(then, record)
                if otherwise:
                    yield "<<else>>"
                    yield from _steps(otherwise, record)
                yield "<<endif>>"
            case Menu(choices):
                for choice in choices:
                    yield from _choice(choice, record)
            case Stop():
                yield "<<stop>>"


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


def _choice(choice: Choice, record: str) -> Iterator[str]:
    """An option: text, condition, then tags; its steps indented; no blank line, which would end the group."""
    test = (f"<<if {_condition(choice.condition, record)}>>",) if choice.condition else ()
    tags = (f"#{tag}" for tag in (f"line:{choice.id}", *choice.tags))
    yield " ".join(("->", yarn_text(choice.text), *test, *tags))
    yield from (f"    {line}" for line in _steps(choice.body, record))


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
    render=render,
    options={
        "single_file": {"type": "boolean", "default": False},
        "language": {"type": "string", "pattern": "^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$", "default": "en"},
    },
)
