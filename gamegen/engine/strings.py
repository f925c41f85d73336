"""Reads a string of a schema: its bounds, its pattern or format, and what it asks for under `x-gamegen`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from gamegen.engine import patterns, words
from gamegen.engine.fields import Bounds, Text
from gamegen.engine.options import Options, problems
from gamegen.engine.profile import Profile, named_markup, unusual
from gamegen.engine.satisfying import UNSATISFIABLE, text_problem
from gamegen.records import JSON

Refuse = Callable[..., None]
"""Notes a fault: refuse(where, message, hint, code)."""
_MOST_IN_GRAMMAR = 2_000
_Part = tuple[dict[str, JSON], float]


def read_string(
    node: Mapping[str, JSON], where: str, opening: str | None, avoid: tuple[str, ...], refuse: Refuse
) -> _Part:
    """The normal form of a node of type string, and its estimate of tokens; ({}, 0) where it is refused.

    opening: what the fragment begins with, where this string is the whole of it; else None.
    """
    if not check_options(node, where, refuse):
        return {}, 0
    options = Options.read(node.get("x-gamegen", {}))
    avoid = words.cleaned((*avoid, *options.avoid))
    if "format" in node:
        return _format(node, options, where, avoid, refuse)
    least, most = int(node.get("minLength", 0)), node.get("maxLength")
    if most is None:
        refuse(where, "the grammar needs a bounded string, found no maxLength", "add maxLength")
        return {}, 0
    most = int(most)
    if not check_bounds(least, most, where, ("minLength", "maxLength"), refuse):
        return {}, 0
    profile = _profile(node, options, opening)
    if most < profile.least:
        refuse(where, f"a text has at least {profile.least} characters, found maxLength {most}", "", "GG851")
        return {}, 0
    schema: dict[str, JSON] = {"type": "string", "minLength": least, "maxLength": most}
    schema["allOf"] = [{"pattern": profile.pattern()}]
    per_character, bounds = profile.tokens_per_character, None
    if "pattern" in node:
        try:
            patterns.translate(node["pattern"])
        except ValueError as problem:
            refuse(f"{where}.pattern", f"the grammar does not support this pattern: {problem}")
            return {}, 0
        schema["allOf"].append({"pattern": node["pattern"]})
        per_character = max(1.0, per_character)
    else:
        more = words.escape_length(avoid)
        forces = bool(options.placeholders or options.mention)
        bounds = Bounds(least, most, profile.ending + more, profile.needs(more), options.mention, forces)
    begins = profile.opening_pattern(opening) if opening else ""
    schema["x-gamegen"] = Text(where, bounds, most, profile.letters, avoid, options.mention, begins, options.settings)
    return schema, 2 + most * per_character


def check_string(node: Mapping[str, JSON], refuse: Refuse) -> None:
    """That some text satisfies a string of the normal form, and that the grammar can hold it."""
    options: Text = node["x-gamegen"]
    if not options.counted and options.longest > _MOST_IN_GRAMMAR:
        message = (
            f"the grammar counts at most {_MOST_IN_GRAMMAR} characters of a string with a pattern, or where another"
        )
        refuse(f"{options.where}.maxLength", f"{message} string may stand in its place")
        return
    problem = text_problem(node)
    if problem == UNSATISFIABLE:
        hint = "compare its pattern, its bounds, its words and the text profile"
        refuse(options.where, "no text can satisfy this schema", hint, "GG851")
    elif problem:
        place = f"{options.where}.pattern" if len(node["allOf"]) > 1 else options.where
        refuse(place, f"the grammar does not support this string: {problem}")


def check_options(node: Mapping[str, JSON], where: str, refuse: Refuse) -> bool:
    """Whether the node's `x-gamegen` is valid."""
    found = list(problems(node.get("x-gamegen", {})))
    for problem in found:
        refuse(f"{where}.x-gamegen", problem)
    return not found


def check_bounds(least: int, most: int, where: str, keywords: tuple[str, str], refuse: Refuse) -> bool:
    if least > most:
        refuse(where, f"no value can satisfy {keywords[0]} {least} and {keywords[1]} {most}", "", "GG851")
    return least <= most


def _format(node: Mapping[str, JSON], options: Options, where: str, avoid: tuple[str, ...], refuse: Refuse) -> _Part:
    name = str(node["format"])
    if name not in patterns.FORMATS:
        refuse(f"{where}.format", f"the grammar supports the 'format' {', '.join(patterns.FORMATS)}, found {name!r}")
        return {}, 0
    beside = [keyword for keyword in ("minLength", "maxLength", "pattern") if keyword in node]
    beside += ["mention"] if options.mention else []
    if beside:
        refuse(f"{where}.format", f"a 'format' brings its own length and pattern, found {', '.join(beside)} beside it")
        return {}, 0
    expressions, most = patterns.FORMATS[name]
    schema: dict[str, JSON] = {"type": "string", "format": name}
    schema["allOf"] = [{"pattern": f"^{expression}$"} for expression in expressions]
    schema["x-gamegen"] = Text(where, None, most, "A-Za-z0-9", avoid, settings=options.settings)
    return schema, 2 + most


def _profile(node: Mapping[str, JSON], options: Options, opening: str | None) -> Profile:
    ends = options.ends or ("any" if opening is None or "pattern" in node else "sentence")
    extra = named_markup(node.get("pattern", "")) + unusual(opening or "")
    return Profile(options.language, ends, options.placeholders, extra)
