"""Dialogues as a story: a passage per node and end, the state of the game in variables of SugarCube.

What a dialogue means is gamegen/play.py; each rule of it has its macro here. A `goto` is an ``<<include>>``, so that
the lines said on the way to an offer stand on one page; taking a choice opens a new page.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

from gamegen.errors import InvalidContent
from gamegen.hookspecs import Exporter
from gamegen.play import DEFAULTS, Value
from gamegen.records import JSON, Finding, canonical

from . import names
from .text import escaped, literal, one_line, printable, text

FORMAT = {"format": "SugarCube", "format-version": "2.31.1"}
"""The oldest version that the story is played in; Twine takes the newest it has of the same major version."""
VERSION = 1
"""The version of the dialogue schema that is understood."""
STEP = 125
"""Pixels from passage to passage on Twine's map; a passage has 100."""
_OPERATORS = {"==": "is", "!=": "isnot", "<": "lt", "<=": "lte", ">": "gt", ">=": "gte"}
_ROLL = """\
:: gamegen_rolls [script]
/* Set setup.skill_check in a script of your own to roll as your game does. */
setup.skill_check = setup.skill_check || function (skill, dc) { return random(1, 20) >= dc; };
"""


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable that the whole story shares, as the record `origin` begins it."""

    name: str
    value: Value
    origin: str


@dataclass(frozen=True, slots=True)
class Passage:
    """A page or a part of one, a macro or paragraph a line."""

    name: str
    body: tuple[str, ...]


def render(records: Sequence[Mapping[str, JSON]], options: Mapping[str, JSON]) -> dict[str, str]:
    """``story.twee``; with `per_record`, that and a file per dialogue.

    Raises InvalidContent, every fault listed: GG050 and GG316 (texts and values), GG051 (two records of one id), GG052
    (two records that begin one variable differently), GG101 (another version), GG305 (a variable that is not declared).
    """
    faults: list[Finding] = []
    dialogues: dict[str, list[Passage]] = {}
    shared: dict[str, Variable] = {}
    topics: dict[str, str] = {}
    for record in records:
        id = str(record["id"])
        if id in dialogues:
            faults.append(Finding("GG051", f"two dialogue records with the id {id!r}", "give one of them another id"))
            continue
        dialogues[id] = []
        try:
            dialogues[id] = list(_passages(record))
            topics[id] = " ".join(printable(str(record.get("topic") or id), id, "topic").split())
            faults += _disagreements(_shared(record), shared)
        except InvalidContent as error:
            faults += error.findings
    if faults:
        raise InvalidContent(faults)
    head = _head(topics, shared, options)
    if options.get("per_record", False):
        each = {f"{names.passage(id)}.twee": "\n".join(map(_source, dialogues[id])) for id in sorted(dialogues)}
        return {"story.twee": head, **each}
    return {"story.twee": "\n".join((head, *_on_a_map(dialogues[id] for id in sorted(dialogues))))}


def _on_a_map(dialogues: Iterable[Sequence[Passage]]) -> Iterator[str]:
    """The passages with places on Twine's map: rows of ten, a gap between dialogues, the first page above all."""
    top = 2 * STEP
    for passages in dialogues:
        for number, passage in enumerate(passages):
            down, right = divmod(number, 10)
            yield _source(passage, f' {{"position":"{STEP * (right + 1)},{top + STEP * down}"}}')
        top += STEP * (-(-len(passages) // 10) + 1)


def _source(passage: Passage, place: str = "") -> str:
    """Line feeds between the macros are none of the text: ``nobr``."""
    return "\n".join((f":: {passage.name} [nobr]{place}", *passage.body)) + "\n"


def _disagreements(found: Iterable[Variable], shared: dict[str, Variable]) -> Iterator[Finding]:
    for variable in found:
        first = shared.setdefault(variable.name, variable)
        if (type(first.value), first.value) != (type(variable.value), variable.value):
            message = (
                f"{variable.name} begins as {first.value!r} in record {first.origin} and as {variable.value!r} in "
                f"record {variable.origin}"
            )
            yield Finding("GG052", message, "export them apart, or let them agree")


def _head(topics: Mapping[str, str], shared: Mapping[str, Variable], options: Mapping[str, JSON]) -> str:
    """What the story has beside its dialogues. A `fragment` leaves out what the story it joins has itself."""
    sets = (f"<<set {one.name} to {literal(one.value, one.origin, one.name)}>>" for _, one in sorted(shared.items()))
    parts = ["\n".join((":: gamegen_state [nobr]", *sets)) + "\n", _ROLL]
    if not options.get("fragment", False):
        data = {"ifid": options.get("ifid") or ifid(topics), **FORMAT, "start": "gamegen_start"}
        links = (
            f'<p><<link "{escaped(topics[id]).replace(chr(34), "&#34;")}" "{names.passage(id)}">><</link>></p>'
            for id in sorted(topics)
        )
        parts = [
            f":: StoryTitle\n{options.get('title', 'Dialogues')}\n",
            f":: StoryData\n{json.dumps(data, indent=2)}\n",
            ':: StoryInit\n<<include "gamegen_state">>\n',
            *parts,
            "\n".join((":: gamegen_start [nobr]", *links)) + "\n",
            ':: gamegen_over [nobr]\n<p><<link "↺" "gamegen_start">><</link>></p>\n',
        ]
    return "\n".join(parts)


def ifid(ids: Iterable[str]) -> str:
    """The story's id, an upper-case UUID of version 4, drawn from the ids of its records: editing a text keeps it."""
    digest = bytearray(sha256(f"gamegen_twee {canonical(sorted(ids))}".encode()).digest()[:16])
    digest[6] = digest[6] & 0x0F | 0x40  # the version
    digest[8] = digest[8] & 0x3F | 0x80  # the variant of RFC 9562
    return str(UUID(bytes=bytes(digest))).upper()


def _shared(record: Mapping[str, JSON]) -> Iterator[Variable]:
    id = str(record["id"])
    for ref in record["refs"]:
        if ref["type"] in DEFAULTS:
            value = ref.get("initial", DEFAULTS[ref["type"]])
            name = names.variable(id, ref["type"], ref["id"])
            literal(value, id, name)  # what cannot be held is told here, with the record's other faults
            yield Variable(name, value, id)
    for one in record.get("placeholders", ()):
        name = names.placeholder(id, one["name"])
        yield Variable(name, one_line(one["value"], id, f"placeholder {one['name']}"), id)


def _passages(record: Mapping[str, JSON]) -> Iterator[Passage]:
    id = str(record["id"])
    if record.get("schema_version") != VERSION:
        message = f"record {id}: expected schema_version {VERSION}, found {record.get('schema_version')!r}"
        raise InvalidContent.of("GG101", message, "update gamegen-twee, or export the record with what wrote it")
    yield from _Dialogue(record).passages()


class _Dialogue:
    """One record while it is written."""

    def __init__(self, record: Mapping[str, JSON]) -> None:
        self.record = record
        self.id = str(record["id"])
        self.speakers = {ref["id"]: ref["name"] for ref in record["refs"]}
        self.declared = {(ref["type"], ref["id"]) for ref in record["refs"] if ref["type"] in DEFAULTS}
        self.declared |= {("local", one["id"]) for one in record["variables"]}

    def passages(self) -> Iterator[Passage]:
        yield Passage(names.passage(self.id), tuple(self._entry()))
        for node in self.record["nodes"]:
            yield Passage(names.node(self.id, node["id"]), tuple(self._node(node)))
        for end in self.record["ends"]:
            yield Passage(names.end(self.id, end["id"]), tuple(self._end(end)))

    def _entry(self) -> Iterator[str]:
        """All that lasts one play is set anew."""
        for one in self.record["variables"]:
            yield self._set(names.variable(self.id, "local", one["id"]), one["initial"])
        for node in self.record["nodes"]:
            for choice in node.get("choices", ()):
                if choice.get("once"):
                    yield self._set(names.chosen(self.id, node["id"], choice["id"]), False)
        yield self._set(names.reached(self.id), "")
        yield f'<<include "{names.node(self.id, self.record["start"])}">>'

    def _node(self, node: Mapping[str, JSON]) -> Iterator[str]:
        yield from self._effects(node)
        speaker = names.sound(node["speaker"], self.id)
        name = one_line(self.speakers.get(speaker, speaker), self.id, f"speaker {speaker}")
        for line in node["lines"]:
            said = text(self.record, line).in_passage()
            yield (
                f'<p class="line" data-line="{names.sound(line["id"], self.id)}" data-speaker="{speaker}">'
                f"<b>{escaped(name)}</b>: <span>{said}</span></p>"
            )
        if "goto" in node:
            yield f'<<include "{names.node(self.id, node["goto"])}">>'
        elif "end" in node:
            yield f'<<include "{names.end(self.id, node["end"])}">>'
        else:
            for choice in node["choices"]:
                yield self._choice(node, choice)

    def _end(self, end: Mapping[str, JSON]) -> Iterator[str]:
        yield from self._effects(end)
        yield self._set(names.reached(self.id), names.sound(end["id"], self.id))
        yield '<<include "gamegen_over">>'

    def _choice(self, node: Mapping[str, JSON], choice: Mapping[str, JSON]) -> str:
        tests, body, roll = [], [*self._effects(choice)], ""
        if choice.get("once"):
            taken = names.chosen(self.id, node["id"], choice["id"])
            tests.append(f"({taken} is false)")
            body.insert(0, self._set(taken, True))
        if choice.get("condition"):
            tests.append(self._condition(choice["condition"]))
        target = ""
        if check := choice.get("check"):
            skill, dc = names.sound(check["skill"], self.id), literal(check["dc"], self.id, "dc")
            success, failure = (names.node(self.id, check[outcome]) for outcome in ("success", "failure"))
            roll = f' data-skill="{skill}" data-dc="{dc}"'
            body.append(f'<<if setup.skill_check("{skill}", {dc})>><<goto "{success}">>')
            body.append(f'<<else>><<goto "{failure}">><</if>>')
        else:
            target = f' "{names.node(self.id, choice["goto"])}"'
        line, words = names.sound(choice["text"]["id"], self.id), text(self.record, choice["text"]).as_argument()
        link = f"<<link {words}{target}>>{''.join(body)}<</link>>"
        shown = f'<p class="choice" data-line="{line}"{roll}>{link}</p>'
        return f"<<if {' and '.join(tests)}>>{shown}<</if>>" if tests else shown

    def _effects(self, part: Mapping[str, JSON]) -> Iterator[str]:
        for effect in part.get("effects", ()):
            name, value = self._variable(effect), effect["value"]
            if effect["op"] == "set":
                floor = effect["type"] == "item" and isinstance(value, int)
                yield self._set(name, max(0, value) if floor else value)
            else:
                total = f"{name} {'-' if value < 0 else '+'} {literal(abs(value), self.id, name)}"
                yield f"<<set {name} to {f'Math.max(0, {total})' if effect['type'] == 'item' else total}>>"

    def _condition(self, condition: Mapping[str, JSON]) -> str:
        """In parentheses of its own."""
        for word, joint in (("all", " and "), ("any", " or ")):
            if word in condition:
                return f"({joint.join(map(self._condition, condition[word]))})"
        if "not" in condition:
            return f"(not {self._condition(condition['not'])})"
        name = self._variable(condition)
        return f"({name} {_OPERATORS[condition['op']]} {literal(condition['value'], self.id, name)})"

    def _variable(self, part: Mapping[str, JSON]) -> str:
        if (part["type"], part["id"]) not in self.declared:
            message = f"record {self.id}: expected a {part['type']} that the record declares, found {part['id']!r}"
            raise InvalidContent.of("GG305", message, "run gamegen validate on the record")
        return names.variable(self.id, part["type"], part["id"])

    def _set(self, name: str, value: Value) -> str:
        return f"<<set {name} to {literal(value, self.id, name)}>>"


EXPORTER = Exporter(
    format="twee",
    kinds=("dialogue",),
    render=render,
    options={
        "title": {"type": "string", "pattern": "^[^\\s:\\[{\\\\][^\\r\\n]*$", "default": "Dialogues"},
        "ifid": {"type": "string", "pattern": "^[0-9A-F]{8}-[0-9A-F]{4}-4[0-9A-F]{3}-[89AB][0-9A-F]{3}-[0-9A-F]{12}$"},
        "per_record": {"type": "boolean", "default": False},
        "fragment": {"type": "boolean", "default": False},
    },
)
