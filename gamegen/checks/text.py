"""The text checks: of one text while it is written (`text_findings`), and of every text of a record (`CHECKS`)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from gamegen.checks import text_rules as rules
from gamegen.checks.names import foreign, known_tokens, respelled
from gamegen.examples import shipped
from gamegen.hookspecs import Check, CheckContext
from gamegen.originality import Copies
from gamegen.ratings import unrated
from gamegen.records import JSON, Finding, TextContext, strings
from gamegen.world import World

UNTITLED = frozenset({"quest_title"})
"""Kinds written in Title Case, where a capital names nobody."""

_PLACES: tuple[tuple[str, str, str], ...] = (
    ("quest", r"\$\.title", "quest_title"),
    ("quest", r"\$\.summary", "quest_summary"),
    ("quest", r"\$\.stages\[\d+\]\.journal", "journal"),
    ("quest", r"\$\.outcomes\[\d+\]\.text", "journal"),
    ("quest", r"\$\.stages\[\d+\]\.objectives\[\d+\]\.text", "objective"),
    ("dialogue", r"\$\.nodes\[\d+\]\.lines\[\d+\]", "npc_line"),
    ("dialogue", r"\$\.nodes\[\d+\]\.choices\[\d+\]\.text", "player_choice"),
    ("character", r"\$\.(?:appearance|personality|ideal|bond|flaw|secret|goals\[\d+\])", "trait"),
)
"""Kind of record, JSON path of a text, kind of card."""


def text_findings(
    text: str,
    card: Mapping[str, JSON],
    schema: Mapping[str, JSON],
    context: TextContext,
    *,
    names: Iterable[str] = (),
    placeholders: Iterable[str] = (),
    examples: Copies | None = None,
    originals: Copies | None = None,
    lenient: bool = False,
) -> list[Finding]:
    """What speaks against a candidate. Pure; the order of the findings is fixed.

    card, schema, names: the request's; names of the card may stand in the text. context: the plan's.
    examples: lines that no text may copy; None: the shipped corpus. The world's lines come from the context.
    originals: texts that the project keeps apart, and what the model was taught on.
    lenient: for hand-written texts, see `text_rules.length`.
    """
    kind = str(card.get("kind", ""))
    asked = (*names, *strings(card))
    world = (*context.names, *asked)
    known = _tokens(context.names) | known_tokens(asked)
    copies = (_corpus() if examples is None else examples, _copies(context.lines))
    found = _of_form(text, kind, context, placeholders, rules.markup_of(world), world)
    found += rules.length(text, kind, schema, context.language, lenient)
    if '"' in text:
        found.append(Finding("GG603", "expected no double quotation mark, found one", "use ‘ and ’"))
    found += rules.copied(text, *copies) + rules.named(text, names)
    if originals is not None:
        found += rules.unoriginal(text, originals)
    if rules.english(context.language) and kind not in UNTITLED:
        found += foreign(text, known)
    return found


def with_names(text: str, card: Mapping[str, JSON], context: TextContext) -> tuple[str, int]:
    """The text with names of its card spelt as the card has them, and how many characters that put in."""
    if not rules.english(context.language):
        return text, 0
    asked = tuple(strings(card))
    return respelled(text, _tokens(context.names) | known_tokens(asked), asked)


def _of_form(
    text: str,
    kind: str,
    context: TextContext,
    placeholders: Iterable[str],
    markup: frozenset[str],
    spelt: Iterable[str],
) -> list[Finding]:
    """spelt: names and clauses that may stand in the text as they are."""
    found = rules.profile(text, placeholders) + rules.echo(text, markup) + rules.ending(text, kind)
    found += rules.avoided(text, context.avoid) + _rated(text, context)
    return found + rules.repeated(text) + rules.runs_on(text, spelt)


def _rated(text: str, context: TextContext) -> list[Finding]:
    words = unrated(context.rating) if context.unrated is None else context.unrated
    return rules.rated(text, context.rating, words)


def texts_of(record: JSON, where: str = "$") -> Iterator[tuple[str, str]]:
    """(JSON path, text) of every text of a record: each object of exactly `id` and `text`."""
    if isinstance(record, Mapping):
        if record.keys() == {"id", "text"} and isinstance(record["text"], str):
            yield where, record["text"]
            return
        for name, part in record.items():
            if name not in ("provenance", "review"):
                yield from texts_of(part, f"{where}.{name}")
    elif isinstance(record, list | tuple):
        for index, part in enumerate(record):
            yield from texts_of(part, f"{where}[{index}]")


def card_kind(record_kind: str, where: str) -> str:
    """The kind of card that the text at this place has; empty for a kind of record that gamegen does not know."""
    return next((card for kind, place, card in _PLACES if kind == record_kind and re.fullmatch(place, where)), "")


def _profiles(record: Mapping[str, JSON], context: CheckContext) -> Iterator[Finding]:
    """Every text keeps to the profile, the words to avoid and the rating, and says nothing twice or from the prompt."""
    known = [str(each.get("name")) for each in record.get("placeholders", ())]
    words = context.text or TextContext()
    markup = rules.MARKUP
    if context.world is not None:
        markup = _of_world(_Same(context.world)).markup | rules.markup_of(_outside_texts(record))
    spelt = dict.fromkeys((*words.names, *_outside_texts(record)))
    for where, text in texts_of(record):
        for finding in _of_form(text, card_kind(str(record.get("kind")), where), words, known, markup, spelt):
            yield _at(finding, where)


def _lengths(record: Mapping[str, JSON], context: CheckContext) -> Iterator[Finding]:
    """Every text has a length that its kind may have."""
    language = context.text.language if context.text else "en"
    for where, text in texts_of(record):
        for finding in rules.length(text, card_kind(str(record.get("kind")), where), None, language, lenient=True):
            yield _at(finding, where)


def _copies_none(record: Mapping[str, JSON], context: CheckContext) -> Iterator[Finding]:
    """No text copies a line of the corpus or of the world, or words that the project keeps apart."""
    examples = (_corpus(), _copies(context.text.lines if context.text else ()))
    for where, text in texts_of(record):
        found = rules.copied(text, *examples)
        if context.originals is not None:
            found += rules.unoriginal(text, context.originals)
        for finding in found:
            yield _at(finding, where)


def _names(record: Mapping[str, JSON], context: CheckContext) -> Iterator[Finding]:
    """No text names what neither world nor record knows."""
    if context.text is None or context.world is None or not rules.english(context.text.language):
        return
    known = (
        _of_world(_Same(context.world)).names | _tokens(context.text.names) | known_tokens(set(_outside_texts(record)))
    )
    for where, text in texts_of(record):
        if card_kind(str(record.get("kind")), where) not in ("", *UNTITLED):
            for finding in foreign(text, known):
                yield _at(finding, where)


def _targets(record: Mapping[str, JSON], context: CheckContext) -> Iterator[Finding]:
    """An objective's text names its target."""
    names = {str(ref.get("id")): str(ref.get("name")) for ref in record.get("refs", ())}
    for stage_index, stage in enumerate(record.get("stages", ())):
        for index, objective in enumerate(stage.get("objectives", ())):
            name = names.get(str(objective.get("target")))
            if name is not None:
                for finding in rules.named(objective["text"]["text"], [name]):
                    yield _at(finding, f"$.stages[{stage_index}].objectives[{index}].text")


def _at(finding: Finding, where: str) -> Finding:
    return Finding(finding.code, finding.message, finding.hint, where=f"{where}.text")


def _outside_texts(value: JSON) -> Iterator[str]:
    """Every string of a record that is no text: the names in its refs, roles, its own name."""
    if isinstance(value, Mapping):
        if value.keys() == {"id", "text"}:
            return
        for name, part in value.items():
            if name not in ("provenance", "review"):
                yield from _outside_texts(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _outside_texts(part)
    elif isinstance(value, str):
        yield value


@dataclass(frozen=True, slots=True, eq=False)
class _Same:
    """A world as a key: equal to itself alone."""

    world: World

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.world is self.world

    def __hash__(self) -> int:
        return id(self.world)


@dataclass(frozen=True, slots=True)
class _Words:
    """Of a world, what is the same for each of its records. markup: characters that its own entries have; without a
    world any may be a name's. names: words of its facts and of its cultures' lists."""

    markup: frozenset[str]
    names: frozenset[str]


@lru_cache(maxsize=4)
def _of_world(key: _Same) -> _Words:
    world = key.world
    facts = (fact.text for fact in world.facts.values())
    cultures = (name for culture in world.cultures.values() for name in (*culture.given, *culture.family))
    entries = (text for entity in world for text in strings(world.as_json(entity.id)))
    return _Words(rules.markup_of(entries), known_tokens((*facts, *cultures)))


_tokens = lru_cache(maxsize=64)(known_tokens)
"""Of the names of a world, which are the same for each of its texts."""


@lru_cache
def _corpus() -> Copies:
    return Copies.of(example["line"] for example in shipped())


@lru_cache(maxsize=8)
def _copies(lines: tuple[str, ...]) -> Copies:
    return Copies.of(lines)


CHECKS: tuple[Check, ...] = (
    Check("text_profile", (), _profiles),
    Check("text_length", (), _lengths),
    Check("text_copies", (), _copies_none),
    Check("text_names", (), _names, needs_world=True),
    Check("text_targets", ("quest",), _targets),
)
