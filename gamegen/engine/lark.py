"""Writes a normalised fragment (see `fragment`) as a grammar in llguidance's dialect of Lark.

Each scalar is one terminal, each object and array a rule over terminals; the marks `{ } [ ] , :` stand in terminals of
their own, so that alternatives which begin alike stay open. Scalars that are alternatives of one another become one
terminal. A text is an intersection of expressions: its profile, its pattern, its length where the grammar counts it,
the words to mention, and the complement of the words to avoid.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterable, Mapping, Sequence

from gamegen.engine import patterns, words
from gamegen.engine.fields import Text
from gamegen.engine.numbers import Numbers
from gamegen.records import JSON

_SLASH = re.compile(r"\\.|/", re.DOTALL)
_QUOTE = r"/\x22/"


def grammar(node: Mapping[str, JSON], free: bool) -> str:
    """The source of the grammar. free: a string without its opening quotation mark; else a JSON document."""
    writer = _Writer()
    start = writer.terminal(f"{_free(node)} {_QUOTE}") if free else writer.value(node)
    return "\n".join((f"start: {start}", *writer.lines, ""))


def _free(node: Mapping[str, JSON]) -> str:
    """The expression of a string as it is, without quotation marks around it or escapes in it."""
    if "enum" in node:
        return f"({' | '.join(_literal(value) for value in node['enum'])})"
    return f"({text(node)})"


def text(node: Mapping[str, JSON]) -> str:
    """The expression of an open string."""
    options: Text = node["x-gamegen"]
    first, *others = (part["pattern"] for part in node["allOf"])
    parts = [_regex(first[1:-1]), *(_regex(patterns.translate(pattern)) for pattern in others)]
    if options.opening:
        parts.append(_regex(options.opening[1:-1]))
    if not options.counted and "format" not in node:
        parts.append(_regex(f"(?s:.){{{node['minLength']},{node['maxLength']}}}"))
    parts += [_regex(words.contains((word,), options.letters)) for word in options.mention]
    if options.avoid:
        parts.append("~" + _regex(words.contains(options.avoid, options.letters)))
    return " & ".join(parts)


class _Writer:
    def __init__(self) -> None:
        self.lines: list[str] = []
        self._names: dict[str, str] = {}
        """Body of a rule or terminal -> its name."""
        self._values: dict[str, str] = {}
        """Normalised node -> name of its rule or terminal."""

    def terminal(self, expression: str) -> str:
        return self._name("T", expression)

    def rule(self, body: str) -> str:
        return self._name("r", body)

    def _name(self, prefix: str, body: str) -> str:
        if body not in self._names:
            self._names[body] = name = f"{prefix}{len(self._names)}"
            self.lines.append(f"{name}: {body}")
        return self._names[body]

    def value(self, node: Mapping[str, JSON]) -> str:
        """The name of the rule or terminal of a node."""
        key = json.dumps(node, default=repr)
        if key not in self._values:
            scalars, rules = self._alternatives(node)
            names = [self.terminal(" | ".join(dict.fromkeys(scalars)))] if scalars else []
            names += dict.fromkeys(rules)
            self._values[key] = names[0] if len(names) == 1 else self.rule(" | ".join(names))
        return self._values[key]

    def _alternatives(self, node: Mapping[str, JSON]) -> tuple[list[str], list[str]]:
        """Expressions of the scalars that a node allows, and rules of its objects and arrays."""
        if "anyOf" in node:
            parts = [self._alternatives(part) for part in node["anyOf"]]
            return [one for scalars, _ in parts for one in scalars], [one for _, rules in parts for one in rules]
        if "enum" in node:
            compound = [value for value in node["enum"] if isinstance(value, dict | list)]
            scalars = [value for value in node["enum"] if not isinstance(value, dict | list)]
            return [_literal(_compact(value)) for value in scalars], [self._constant(value) for value in compound]
        kind = node["type"]
        if kind == "object":
            return [], [self._object(node)]
        if kind == "array":
            return [], [self._unique(node) if node.get("uniqueItems") else self._array(node)]
        if kind == "string":
            return [f"({_QUOTE} ({text(node)}) {_QUOTE})"], []
        if kind == "boolean":
            return [_regex("true"), _regex("false")], []
        if kind == "null":
            return [_regex("null")], []
        numbers: Numbers = node["x-numbers"]
        return [_regex(numbers.pattern())], []

    def _constant(self, value: JSON) -> str:
        """An object or array of the author's, spelt by the same terminals as open ones."""
        if isinstance(value, dict):
            return self._sequence(
                "{", [f"{self._key(name)} {self._constant(part)}" for name, part in value.items()], "}"
            )
        if isinstance(value, list):
            return self._sequence("[", [self._constant(part) for part in value], "]")
        return self.terminal(_literal(_compact(value)))

    def _sequence(self, opening: str, parts: Sequence[str], closing: str) -> str:
        return self.rule(f'"{opening}" {_joined(parts)} "{closing}"')

    def _key(self, name: str) -> str:
        return f'{self.terminal(_literal(_compact(name)))} ":"'

    def _object(self, node: Mapping[str, JSON]) -> str:
        members = [
            (f"{self._key(name)} {self.value(part)}", name in node["required"])
            for name, part in node["properties"].items()
        ]
        least, most = node["minProperties"], node["maxProperties"]
        if all(required for _, required in members):
            return self._sequence("{", [member for member, _ in members], "}")
        needs = sum(required for _, required in members)
        counts = least > needs or most < len(members)  # else the properties may be chosen without counting them
        return self.rule(f'"{{" {self._members(members, least, most, counts)} "}}"')

    def _members(self, members: Sequence[tuple[str, bool]], least: int, most: int, counts: bool) -> str:
        """The properties in their order, the optional ones or not, between `least` and `most` of them."""

        @functools.cache
        def rest(place: int, held: int) -> str:
            """The rule of those from `place` on, behind `held` others (at most 1 where that does not count)."""
            if place == len(members):
                return '""'
            member, required = members[place]
            needed = sum(required for _, required in members[place + 1 :])
            ways = []
            if not counts or held + 1 + needed <= most:
                comma = '"," ' if held else ""
                ways.append(f"{comma}{member} {rest(place + 1, held + 1 if counts else 1)}")
            if not required and (not counts or held + len(members) - place - 1 >= least):
                ways.append(rest(place + 1, held))
            return self.rule(" | ".join(ways))

        return rest(0, 0)

    def _array(self, node: Mapping[str, JSON]) -> str:
        heads = [self.value(part) for part in node.get("prefixItems", ())]
        least, most = node["minItems"], node["maxItems"]
        tail = ""
        if most > len(heads):
            item = self.value(node["items"])
            tail = _repeated(f'"," {item}', least - max(len(heads), 1), most - max(len(heads), 1))
            if not heads:
                tail = f"{item} {tail}" if least else f"({item} {tail})?"
        for place in range(len(heads) - 1, -1, -1):
            comma = '"," ' if place else ""
            tail = f"{comma}{heads[place]} {tail}"
            tail = tail if place < least else f"({tail})?"
        return self.rule(f'"[" {tail} "]"')

    def _unique(self, node: Mapping[str, JSON]) -> str:
        """An array of enumerated values, none twice. Bit k of the parameter says that value k has been used."""
        least, most = node["minItems"], node["maxItems"]
        values = [self.value({"enum": [value]}) for value in node["items"]["enum"]]
        rest = f"u{len(self._names)}"
        more = [
            f'"," {value} {rest}::set_bit({k}) %if and(bit_clear({k}), bit_count_lt(_, {most}))'
            for k, value in enumerate(values)
        ]
        end = f'"" %if bit_count_ge(_, {least})'
        self._names[rest] = rest
        self.lines.append(f"{rest}::_: " + " | ".join((end, *more)))
        first = [f"{value} {rest}::set_bit({k})" for k, value in enumerate(values)] if most else []
        begin = f"{rest}_first"
        self.lines.append(f"{begin}::_: " + " | ".join((*first, *(['""'] if not least else []))))
        return self.rule(f'"[" {begin}::0x0 "]"')


def _repeated(part: str, least: int, most: int) -> str:
    return f"({part}){{{max(0, least)},{most}}}" if most else ""


def _joined(parts: Iterable[str]) -> str:
    return ' "," '.join(parts)


def _literal(value: str) -> str:
    """The expression of exactly this text."""
    return _regex("".join(patterns.character(ord(one)) for one in value)) if value else '""'


def _regex(expression: str) -> str:
    """As it stands in a grammar, where a slash ends an expression."""
    return "/" + _SLASH.sub(lambda found: r"\x2F" if found[0] in ("/", r"\/") else found[0], expression) + "/"


def _compact(value: JSON) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
