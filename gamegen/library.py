"""The hand-written fallback library: the last resort for a text that the model did not manage."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment

from gamegen._random import rendezvous
from gamegen._resources import folder
from gamegen._words import words
from gamegen.errors import WorldFault
from gamegen.records import JSON, Request
from gamegen.said import Said
from gamegen.spoken import NEXT, capital, ended, spoken, to_player

_PART = {"objective": "verb", "trait": "part"}
"""Which field of a card names the table below its kind; for any other kind it is `intent`."""
_VOICES: Mapping[str, Callable[[str], str]] = {"npc_line": spoken, "player_choice": str}
"""Who says a text of this kind (a choice is in the player's words); of any other it is the narrator, to the player."""


class Library:
    """Lines by kind and intent, verb or part. Raises WorldFault (GG716) if the file cannot be used."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or folder("templates") / "library.toml"
        self._environment = ImmutableSandboxedEnvironment(undefined=jinja2.StrictUndefined, autoescape=False)
        self._environment.filters |= {"cap": capital, "ended": ended, "sentence": _sentence}
        try:
            self._tables: Mapping[str, JSON] = tomllib.loads(self.path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise self._fault(f"expected a library in TOML, found: {error}") from error

    @property
    def lines(self) -> tuple[str, ...]:
        """Every line, as written."""
        return tuple(line for table in self._leaves(self._tables) for name in table for line in table[name])

    def candidates(self, request: Request, record: str, already: Said | None = None) -> Iterator[str]:
        """The lines that fit the request, rendered, in an order drawn from record and key; those that the record has
        used already are left out."""
        card = self._fields(request)
        for line in rendezvous(self._fitting(card), record, request.key):
            try:
                text = self._environment.from_string(line).render(card)
            except jinja2.TemplateError as error:
                raise self._fault(f"expected a line that renders, found {error}: {line}") from error
            if already is None or not already.has(words(text)):
                yield text

    def _fields(self, request: Request) -> dict[str, JSON]:
        card = {**request.values, **request.card}
        must = str(card.get("must", "")).rstrip(". ")
        say = _VOICES.get(str(card.get("kind", "")), to_player)
        card["must"] = say(must).replace(NEXT, ". Now ")
        card["then"] = say(must.rpartition(NEXT)[2])
        return card

    def _fitting(self, card: Mapping[str, JSON]) -> list[str]:
        kind = str(card.get("kind", ""))
        table = self._tables.get(kind, {})
        if "lines" not in table:
            table = table.get(str(card.get(_PART.get(kind, "intent"), "")), {})
        count = card.get("count", 1)
        many = isinstance(count, int) and count > 1 and "plural" in card and "plural_lines" in table
        lines: list[str] = table.get("plural_lines" if many else "lines", [])
        return lines

    def _leaves(self, table: Mapping[str, JSON]) -> Iterator[Mapping[str, JSON]]:
        lines = {name: value for name, value in table.items() if isinstance(value, list)}
        if lines:
            yield lines
        for value in table.values():
            if isinstance(value, Mapping):
                yield from self._leaves(value)

    def _fault(self, message: str) -> WorldFault:
        return WorldFault.of("GG716", message, "correct the file", path=str(self.path))


def _sentence(text: str) -> str:
    return capital(ended(text))
