"""A strict reader of the Yarn that the exporter writes: what is outside of this subset is a fault.

It is written from the grammar files and the compiler of Yarn Spinner 2.x and 3.x (docs/formats/yarn.md names the source
of each rule), not from what a runtime tolerates.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

RULES = (
    "project",
    "file",
    "title",
    "header",
    "node",
    "body",
    "delimiter",
    "blank",
    "indent",
    "statement",
    "command",
    "if",
    "jump",
    "version",
    "declare",
    "type",
    "literal",
    "expression",
    "order",
    "tag",
    "line id",
    "escape",
    "start",
    "speaker",
    "number",
)
"""The names that the page gives them."""

IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
"""ID, less the letters beyond ASCII that the grammar allows and nothing here needs."""
TAG = re.compile(r"[A-Za-z0-9_.:\-]+")
LINE_ID = re.compile(r"line:[A-Za-z0-9_.\-]+")
HEADER = re.compile(r"([A-Za-z_][A-Za-z0-9_]*): (\S+)")
COMMAND = re.compile(r"<<(\w+)(?: (.*))?>>")
PREFIX = re.compile(r'\[character name="((?:\\[{}#<>/]|\\\\"|[^"\\{}#<>/\[\]])*)" /\]')
PIECE = re.compile(r'\\[\\{}#<>/\[\]]|\{\$[A-Za-z_]\w*\}|\{"\d*"\}|[^\\{}#<>/\[\]]')
TOKEN = re.compile(r'"[^"\\]*"|\$?[A-Za-z_]\w*|-?\d+|==|!=|<=|>=|[<>(),+\-]')
ARGUMENT = re.compile(r'[A-Za-z0-9_\-]+|"\{"[^"\\]*"\}"|"[^"\\>{}]*"')
EXACT = 2**24
INDENT = 4
PROJECT_KEYS = ("projectFileVersion", "sourceFiles", "excludeFiles", "localisation", "baseLanguage", "compilerOptions")


@dataclass(frozen=True)
class Fault:
    rule: str
    place: str
    message: str


class Refused(Exception):
    def __init__(self, rule: str, message: str) -> None:
        super().__init__(rule, message)
        self.rule, self.message = rule, message


def faults(files: Mapping[str, str], version: str) -> list[Fault]:
    """What is wrong with the files of a project of version ``2`` or ``3``."""
    reader = _Reader(version)
    reader.project(files.get("gamegen.yarnproject", "{}"))
    for name, text in files.items():
        if name.endswith(".yarn"):
            reader.file(name, text)
    reader.whole()
    return reader.faults


@dataclass
class _Reader:
    version: str
    faults: list[Fault] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)
    targets: list[tuple[str, str]] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    declared: dict[str, str] = field(default_factory=dict)
    used: list[tuple[str, str, str]] = field(default_factory=list)
    """Variable, type that its use asks for, place."""
    place: str = ""

    def add(self, rule: str, message: str) -> None:
        assert rule in RULES
        self.faults.append(Fault(rule, self.place, message))

    def project(self, text: str) -> None:
        self.place = "gamegen.yarnproject"
        found = json.loads(text)
        if tuple(found) != PROJECT_KEYS or found["projectFileVersion"] != int(self.version):
            self.add("project", f"expected {PROJECT_KEYS} of version {self.version}, found {text}")

    def file(self, name: str, text: str) -> None:
        self.place = name
        if not text.endswith("===\n") or "\r" in text or text.startswith("\ufeff"):
            self.add("file", "expected line feeds, no byte order mark, and === as the last line")
        lines = text.split("\n")[:-1]
        at = 0
        while at < len(lines):
            at = self.node(name, lines, at)

    def node(self, name: str, lines: Sequence[str], at: int) -> int:
        """Headers, ``---``, statements, ``===``. Returns where the next node begins."""
        keys: list[str] = []
        while at < len(lines) and lines[at] != "---":
            self.place = f"{name}:{at + 1}"
            if found := HEADER.fullmatch(lines[at]):
                keys.append(found[1])
                if found[1] == "title":
                    self.titles.append(found[2])
                    if not IDENTIFIER.fullmatch(found[2]):
                        self.add("title", f"expected an identifier, found {found[2]!r}")
                if "//" in found[2]:
                    self.add("header", "a comment would begin in the value")
            else:
                self.add("header", f"expected key: value, found {lines[at]!r}")
            at += 1
        if keys[:1] != ["title"] or max(Counter(keys).values(), default=0) > 1:
            self.add("title", f"expected the title first and each header once, found {keys}")
        if {"when", "tags", "tracking"} & set(keys):
            self.add("header", "these headers mean something to the compiler")
        begin = at + 1
        end = next((n for n in range(begin, len(lines)) if lines[n] == "==="), len(lines))
        if end == len(lines):
            self.add("node", "expected === after the body")
        if begin >= end:
            self.add("body", "expected statements")
        _Body(self, name, lines, begin, end).read()
        return end + 1

    def whole(self) -> None:
        """What only all files together tell."""
        self.place = "project"
        for title, count in Counter(self.titles).items():
            if count > 1:
                self.add("title", f"{title} stands {count} times")
        for id, count in Counter(self.ids).items():
            if count > 1:
                self.add("line id", f"{id} stands {count} times")
        for target, place in self.targets:
            self.place = place
            if target not in self.titles:
                self.add("jump", f"no node {target}")
        for name, type, place in self.used:
            self.place = place
            if name not in self.declared:
                self.add("declare", f"{name} is not declared")
            elif type not in ("any", self.declared[name]):
                self.add("type", f"{name} is {self.declared[name]}, used as {type}")


@dataclass
class _Body:
    reader: _Reader
    name: str
    lines: Sequence[str]
    at: int
    end: int

    def read(self) -> None:
        self.statements(0, nested=False)
        while self.at < self.end:  # an else or endif that nothing began
            self.fault("if", "no <<if>> to belong to")
            self.at += 1
            self.statements(0, nested=False)

    def fault(self, rule: str, message: str) -> None:
        self.reader.place = f"{self.name}:{self.at + 1}"
        self.reader.add(rule, message)

    def statements(self, indent: int, *, nested: bool) -> None:
        """Statements at one depth; ends before a shallower line and before <<else>> and <<endif>>."""
        while self.at < self.end:
            line = self.lines[self.at]
            depth = len(line) - len(line.lstrip(" "))
            if not line.strip():
                self.fault("blank", "a blank line")
                self.at += 1
                continue
            if depth < indent:
                return
            text = line[depth:]
            if depth > indent or text[0].isspace():
                self.fault("indent", "expected spaces, four for each option around")
            if text in ("<<else>>", "<<endif>>"):
                if nested:
                    return
                self.fault("if", "no <<if>> to belong to")
                self.at += 1
                continue
            if text.startswith(("---", "===")):
                self.fault("delimiter", "a delimiter in a body")
                self.at += 1
                continue
            self.one(text, depth)

    def one(self, text: str, depth: int) -> None:
        place = self.at
        self.reader.place = f"{self.name}:{place + 1}"
        try:
            if text.startswith("<<"):
                self.command(text, depth)
            elif text.startswith("->"):
                self.option(text)
                self.at += 1
                if self.at < self.end and self.lines[self.at].startswith(" " * (depth + INDENT)):
                    self.statements(depth + INDENT, nested=False)
            else:
                self.said(text)
                self.at += 1
        except Refused as refused:
            self.reader.place = f"{self.name}:{place + 1}"
            self.reader.add(refused.rule, f"{refused.message}: {text!r}")
            self.at = max(self.at, place + 1)

    def command(self, text: str, depth: int) -> None:
        found = COMMAND.fullmatch(text)
        if not found:
            raise Refused("statement", "expected one command on the line")
        keyword, rest = found[1], found[2] or ""
        if keyword == "if":
            self.at += 1
            self.expression(rest)
            self.branches(depth)
            return
        self.at += 1
        if keyword == "set":
            self.assignment(rest)
        elif keyword == "declare":
            self.declaration(rest)
        elif keyword in ("jump", "detour"):
            if not IDENTIFIER.fullmatch(rest):
                raise Refused("jump", "expected the title of a node")
            self.reader.targets.append((rest, self.reader.place))
        elif keyword == "gamegen_effect":
            self.effect(rest)
        elif keyword not in ("stop", "return") or rest:
            raise Refused("statement", "expected a statement of the subset")
        if keyword in ("detour", "return") and self.reader.version == "2":
            raise Refused("version", "this is version 3")

    def branches(self, depth: int) -> None:
        """The rest of an if: its two branches and the end, all at the depth of the if."""
        self.statements(depth, nested=True)
        if self.here() == " " * depth + "<<else>>":
            self.at += 1
            self.statements(depth, nested=True)
        if self.here() != " " * depth + "<<endif>>":
            raise Refused("if", "expected <<endif>> at the depth of the <<if>>")
        self.at += 1

    def here(self) -> str:
        return self.lines[self.at] if self.at < self.end else ""

    def effect(self, rest: str) -> None:
        """``kind id op value``: no newline, no bare > or {."""
        words = re.fullmatch(r"(flag|item|quest) ([a-z0-9_]+) (set|add) (.+)", rest)
        if not words or not ARGUMENT.fullmatch(words[4]):
            raise Refused("command", "expected kind, id, op and value")

    def declaration(self, rest: str) -> None:
        found = re.fullmatch(r"(\$\w+) = (.+)", rest)
        if not found or not IDENTIFIER.fullmatch(found[1][1:]):
            raise Refused("declare", "expected $variable = value")
        if found[2].startswith("-"):
            raise Refused("declare", "a negative value: an error in 2, a formula in 3.0")
        if found[1] in self.reader.declared:
            raise Refused("declare", "declared twice")
        self.reader.declared[found[1]] = self.literal(found[2])

    def assignment(self, rest: str) -> None:
        found = re.fullmatch(r"(\$\w+) = (?:(\$\w+) [+-] (\d+)|(.+))", rest)
        if not found:
            raise Refused("expression", "expected $variable = value, or a sum")
        if found[2]:
            self.reader.used += [(one, "number", self.reader.place) for one in found.group(1, 2)]
            self.literal(found[3])
        else:
            self.reader.used.append((found[1], self.literal(found[4]), self.reader.place))

    def literal(self, text: str) -> str:
        """The type of a constant."""
        if text in ("true", "false"):
            return "bool"
        if re.fullmatch(r"-?\d+", text):
            if abs(int(text)) > EXACT:
                raise Refused("literal", "numbers are 32-bit floats")
            return "number"
        if re.fullmatch(r'"[^"\\\r\n]*"', text):
            return "string"
        raise Refused("literal", "expected true, false, a whole number or a plain string")

    def expression(self, text: str) -> None:
        tokens = TOKEN.findall(text)
        if "".join(tokens) != re.sub(r'("[^"]*")|\s', lambda m: m[1] or "", text):
            raise Refused("expression", "unknown signs")
        rest = self.operand(tokens, bare=True)
        if rest:
            raise Refused("expression", f"expected the end, found {rest}")

    def operand(self, tokens: list[str], *, bare: bool = False) -> list[str]:
        """One test, negation or group; each in parentheses (`bare`: a single test may do without)."""
        match tokens:
            case ["skill_check", "(", skill, ",", dc, ")", *rest]:
                if (self.literal(skill), self.literal(dc)) != ("string", "number"):
                    raise Refused("type", "skill_check takes a string and a number")
                return rest
            case ["(", "not", *rest]:
                return self.closed(self.operand(rest))
            case ["(", name, op, value, ")", *rest] if name.startswith("$"):
                self.comparison(name, op, value)
                return rest
            case [name, op, value] if bare and name.startswith("$"):
                self.comparison(name, op, value)
                return []
            case ["(", *rest]:
                rest = self.operand(rest)
                joint = rest[:1]
                while rest[:1] == joint and joint in (["and"], ["or"]):
                    rest = self.operand(rest[1:])
                return self.closed(rest)
        raise Refused("expression", f"expected a test in parentheses, found {tokens}")

    def closed(self, tokens: list[str]) -> list[str]:
        if tokens[:1] != [")"]:
            raise Refused("expression", "expected ) : `and` and `or` bind alike")
        return tokens[1:]

    def comparison(self, name: str, op: str, value: str) -> None:
        type = self.literal(value)
        if op not in ("==", "!=", "<", "<=", ">", ">="):
            raise Refused("expression", f"no comparison {op}")
        if op not in ("==", "!=") and type != "number":
            raise Refused("type", f"{op} is for numbers")
        self.reader.used.append((name, type, self.reader.place))

    def option(self, source: str) -> None:
        if not source.startswith("-> "):
            raise Refused("statement", "expected a space after the arrow")
        text, rest = split(source[3:])
        if rest.startswith(" <<"):
            found = re.match(r' <<if ((?:"[^"]*"|[^"])*?)>>', rest)
            if not found:
                raise Refused("order", "expected a condition, then tags")
            self.expression(found[1])
            rest = rest[found.end() :]
        tags = self.tags(rest)
        if not any(tag.startswith("line:") for tag in tags):
            raise Refused("line id", "expected a line id")
        self.text(text, speaks=False)

    def said(self, source: str) -> None:
        text, rest = split(source)
        tags = self.tags(rest)
        speaks = any(tag.startswith("speaker:") for tag in tags)
        if speaks and not any(tag.startswith("line:") for tag in tags):
            raise Refused("line id", "expected a line id")
        self.text(text, speaks=speaks)

    def tags(self, rest: str) -> list[str]:
        if rest and not re.fullmatch(r"( #[^ ]+)+", rest):
            raise Refused("order", "expected nothing but tags after text and condition")
        tags = [tag.removeprefix("#") for tag in rest.split()]
        if not all(TAG.fullmatch(tag) for tag in tags):
            raise Refused("tag", "expected letters, digits and _.:-")
        ids = [tag for tag in tags if tag.startswith("line:")]
        if len(ids) > 1 or not all(LINE_ID.fullmatch(id) for id in ids):
            raise Refused("line id", "expected one well-formed line id")
        self.reader.ids += ids
        return tags

    def text(self, source: str, *, speaks: bool) -> None:
        prefix = PREFIX.match(source)
        text = source[prefix.end() :] if prefix else source
        pieces = list(PIECE.finditer(text))
        if sum(len(piece[0]) for piece in pieces) != len(text):
            raise Refused("escape", "a mark without a backslash")
        if any(not (char.isprintable() or char.isspace()) and ord(char) < 32 for char in source) or "\t" in source:
            raise Refused("escape", "a control character")
        self.reader.used += [(piece[0][1:-1], "any", self.reader.place) for piece in pieces if piece[0][:2] == "{$"]
        expressions = [piece[0] for piece in pieces if piece[0][0] == "{"]
        if not prefix:
            if not text or text[0] in "\\{}#<>/[]=-" or text[0].isspace():
                raise Refused("start", "a mark begins the line")
            if re.match(r"(set|declare|jump|detour)\b", text):
                raise Refused("start", "3.2 reads a command without its brackets")
        name, colon, _ = text.partition(":")
        if not prefix and speaks and (not colon or '"' in name or "{" in name.replace("\\{", "")):
            raise Refused("speaker", "expected a name before the first colon")
        if not prefix and not speaks and (colon or expressions):
            raise Refused("speaker", "what precedes a colon would be the speaker")
        if prefix and speaks != bool(prefix[1]):
            raise Refused("speaker", "expected a name exactly where someone speaks")
        if expanded(text) != plain(text):
            raise Refused("number", "a literal number in braces would be replaced")


def split(source: str) -> tuple[str, str]:
    """A text and what follows it: the first bare `<<` or `#` with a space before it."""
    prefix = PREFIX.match(source)
    at = prefix.end() if prefix else 0
    while at < len(source):
        if source[at] == "\\":
            at += 2
        elif source.startswith((" <<", " #"), at):
            return source[:at], source[at:]
        else:
            at += 1
    return source, ""


def values() -> Iterator[str]:
    """Values of expressions that cannot be mistaken for numbers in braces."""
    return (f"\x00{n}\x00" for n in range(10**6))


def plain(text: str) -> str:
    """What a player reads, variables as marks of their order."""
    marks = values()

    def one(match: re.Match[str]) -> str:
        found = match[0]
        if found[0] == "\\":
            return found[1]
        return found[2:-2] if found[1] == '"' else next(marks)

    return re.sub(r"\\.|\{[^}]*\}", one, text)


def expanded(text: str) -> str:
    """What a player reads after the compiler numbered the expressions and the runtime replaced the numbers in order."""
    found = re.findall(r"(?:\\.)|(\{[^}]*\})", text)
    shown = [one for one in found if one]
    count = iter(range(len(shown)))

    def numbered(match: re.Match[str]) -> str:
        return match[0][1] if match[0][0] == "\\" else f"{{{next(count)}}}"

    table = re.sub(r"\\.|\{[^}]*\}", numbered, text)
    marks = values()
    for number, one in enumerate(shown):
        table = table.replace(f"{{{number}}}", one[2:-2] if one[1] == '"' else next(marks))
    return table
