"""The format ``ink``: one Ink project (docs/formats/ink.md)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from gamegen.hookspecs import Exporter, whole
from gamegen.records import JSON

from .ink_text import ink_text, ink_value
from .script import (
    Add,
    All,
    Any,
    Block,
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
from .state import KINDS, Gathering, Shared

_HEAD = "// Written by gamegen. Changes are lost at the next export.\n"
_ROLL = """\
// The game binds skill_check; without a binding this function rolls a twenty-sided die without modifiers.
EXTERNAL skill_check(skill, dc)
=== function skill_check(skill, dc) ===
~ return RANDOM(1, 20) >= dc
"""


def render(records: Iterable[Mapping[str, JSON]], options: Mapping[str, JSON]) -> dict[str, str]:
    """The whole of `pieces`."""
    return whole(pieces(records, options))


def pieces(records: Iterable[Mapping[str, JSON]], options: Mapping[str, JSON]) -> Iterator[tuple[str, str]]:
    """``main.ink`` (the file to compile), ``state.ink`` and a file per record; with ``single_file``, all in main.ink.

    Yields (path, content). Raises InvalidContent (GG05x, GG316) naming each record and text that Ink cannot hold.
    """
    gathering = Gathering()
    single = bool(options.get("single_file", False))
    texts: dict[str, str] = {}
    for script, _ in gathering.scripts(records):
        name = f"{script.kind}_{script.record}.ink"
        text = gathering.printed(lambda script=script: "".join(_script(script)))  # type: ignore[misc]
        texts[name] = text or "" if single else ""
        if text is not None and not single:
            yield name, _HEAD + text
    state = gathering.printed(lambda: _state(gathering.shared()))
    if state is None:
        raise gathering.refusal()
    if single:
        yield "main.ink", "\n".join((f"{_HEAD}-> DONE\n", state, *(texts[name] for name in sorted(texts))))
        return
    yield "state.ink", _HEAD + state
    includes = "".join(f"INCLUDE {name}\n" for name in ("state.ink", *sorted(texts)))
    yield "main.ink", f"{_HEAD}{includes}\n-> DONE\n"


def _state(content: Shared) -> str:
    declared = "".join(
        f"VAR {one.name} = {ink_value(one.value, one.origin, one.note)} // {one.note}\n"
        for one in (*content.variables, *content.speakers)
    )
    return f"{declared}\n{_ROLL}"


def _script(script: Script) -> Iterator[str]:
    """Knots and stitches in order. A stitch follows its knot."""
    for block in script.blocks:
        ending = (f"~ return {block.returns}",) if block.returns else ()
        yield "\n".join(("", _heading(block), *_steps(block.body, script.record), *ending, ""))


def _heading(block: Block) -> str:
    if block.title.stitch:
        return f"= {block.title.stitch}"
    return f"=== function {block.title.knot}() ===" if block.returns else f"=== {block.title.knot} ==="


def _steps(steps: Iterable[Step], record: str) -> Iterator[str]:
    for step in steps:
        match step:
            case Set(name, value):
                yield f"~ {name} = {ink_value(value, record, name)}"
            case Add(name, amount, floor):
                total = f"{name} {'-' if amount < 0 else '+'} {ink_value(abs(amount), record, name)}"
                yield f"~ {name} = MAX({total}, 0)" if floor else f"~ {name} = {total}"
            case Line():
                yield _tagged(ink_text(step.text), step.id, step.tags)
            case Goto(target):
                yield f"-> {_path(target)}"
            case Check(skill, dc, success, failure):
                yield f'{{ skill_check("{skill}", {dc}):'
                yield f"    -> {_path(success)}"
                yield "- else:"
                yield f"    -> {_path(failure)}"
                yield "}"
            case If(condition, then, otherwise):
                yield f"{{ {_condition(condition, record)}:"
                yield from _indented(then, record)
                if otherwise:
                    yield "- else:"
                    yield from _indented(otherwise, record)
                yield "}"
            case Menu(choices):
                for choice in choices:
                    yield from _choice(choice, record)
            case Stop():
                yield "-> DONE"


def _choice(choice: Choice, record: str) -> Iterator[str]:
    """A sticky choice: what may be taken once is a variable, for Ink counts visits over the whole story."""
    test = f"{{{_condition(choice.condition, record)}}} " if choice.condition else ""
    yield f"+ {test}[{_tagged(ink_text(choice.text), choice.id, choice.tags)}]"
    yield from _indented(choice.body, record)


def _indented(steps: Iterable[Step], record: str) -> Iterator[str]:
    return (f"    {line}" for line in _steps(steps, record))


def _tagged(text: str, id: str, tags: Sequence[str]) -> str:
    every = (f"id:{id}", *tags) if id else tags
    return " ".join((text, *(f"#{tag}" for tag in every)))


def _path(title: Title) -> str:
    return f"{title.knot}.{title.stitch}" if title.stitch else title.knot


def _condition(condition: Condition, record: str) -> str:
    """Always in parentheses of its own."""
    match condition:
        case Test(name, op, value):
            return f"({name} {op} {ink_value(value, record, name)})"
        case All(parts):
            return f"({' and '.join(_condition(part, record) for part in parts)})"
        case Any(parts):
            return f"({' or '.join(_condition(part, record) for part in parts)})"
        case Not(part):
            return f"(not {_condition(part, record)})"


EXPORTER = Exporter(
    format="ink",
    kinds=KINDS,
    render=pieces,
    options={"single_file": {"type": "boolean", "default": False}},
    streams=True,
)
