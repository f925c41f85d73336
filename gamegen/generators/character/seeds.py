"""What the texts of a sheet may be about when the world does not say: hand-written clauses, shared out over a batch.

Each part of a sheet has three sources: seeds for everybody, seeds of the role's group, and seeds that take a name from
the world. A batch goes through each list in a seeded order, so that no two sheets share a seed before a list is used
up; within one sheet no two clauses share a word of content. Only where both cannot be does a sheet step aside.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache

from gamegen import _resources
from gamegen._random import rendezvous
from gamegen._words import content_stems, words
from gamegen.records import JSON

PARTS = ("appearance", "personality", "ideal", "bond", "flaw", "secret")
GOAL = "goal"
PRONOUNS = {
    "she": {"they": "she", "them": "her", "their": "her"},
    "he": {"they": "he", "them": "him", "their": "his"},
    "they": {"they": "they", "them": "them", "their": "their"},
    "it": {"they": "it", "them": "it", "their": "its"},
}
Row = Mapping[str, "Seed"]


@dataclass(frozen=True, slots=True)
class Seed:
    """A clause with placeholders, the groups of roles that it does not suit, and the pronouns that it does (none:
    all)."""

    text: str
    unfit: tuple[str, ...] = ()
    pronouns: tuple[str, ...] = ()
    stems: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Seeds:
    """The file templates/character/seeds.toml."""

    any: Mapping[str, tuple[Seed, ...]]
    roles: Mapping[str, Mapping[str, tuple[Seed, ...]]]
    alone: frozenset[str]
    """Groups that take nothing from `any`."""
    world: Mapping[str, tuple[Seed, ...]]
    relations: Mapping[str, tuple[Seed, ...]]
    voice: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """The sheet that seeds are wanted for.

    ordinal: of the brief, from 1. rank: how many sheets of the role's group stand before it in the batch.
    names:   values for the placeholders faction, place and goal; a seed whose name is missing is passed over.
    others:  (kind, name, what the other wants to do or "") of each relation.
    avoid:   words that the world does not let a text say, lower case.
    """

    seed: int
    block: str
    ordinal: int
    rank: int
    group: str | None
    pronouns: str
    names: Mapping[str, str] = field(default_factory=dict)
    others: Sequence[tuple[str, str, str]] = ()
    avoid: Collection[str] = ()


@cache
def seeds() -> Seeds:
    """Every seed, read once."""
    path = _resources.folder("templates") / "character" / "seeds.toml"
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    roles = data["roles"]
    return Seeds(
        any=_lists(data["any"]),
        roles={group: _lists(parts) for group, parts in roles.items()},
        alone=frozenset(group for group, parts in roles.items() if parts.get("alone")),
        world=_lists(data["world"]),
        relations=_lists(data["relations"]),
        voice=tuple(data["people"]["voice"]),
    )


def _lists(parts: Mapping[str, JSON]) -> dict[str, tuple[Seed, ...]]:
    return {part: tuple(map(_seed, value)) for part, value in parts.items() if isinstance(value, list)}


def _seed(value: JSON) -> Seed:
    entry = {"text": value} if isinstance(value, str) else value
    blank = dict.fromkeys(("they", "them", "their", "faction", "place", "other", "goal"), "")
    plain = entry["text"].format(**blank)
    return Seed(
        entry["text"],
        tuple(entry.get("not", ())),
        tuple(entry.get("pronouns", ())),
        frozenset(content_stems(plain)),
        frozenset(words(plain)),
    )


def choose(wanted: Wanted, parts: Sequence[str], said: Collection[str] = ()) -> dict[str, str]:
    """A clause for each part. `said` are clauses that the sheet has already: none shares their words of content."""
    used = {stem for clause in said for stem in content_stems(clause)}
    result = {}
    for part in parts:
        first, found = "", ""
        for clause in _options(wanted, part):
            first = first or clause
            if used.isdisjoint(content_stems(clause)):
                found = clause
                break
        result[part] = found or first
        used.update(content_stems(result[part]))
    return result


def voice(seed: int, block: str, ordinal: int) -> str:
    """The voice of the batch's `ordinal`-th new person."""
    order = rendezvous(seeds().voice, seed, block, "voice")
    return order[ordinal % len(order)]


def _options(wanted: Wanted, part: str) -> Iterator[str]:
    """The clauses that this sheet may take, the one whose turn it is first."""
    for seed, names in _seeds(wanted, part):
        if wanted.group in seed.unfit or (seed.pronouns and wanted.pronouns not in seed.pronouns):
            continue
        if not seed.words.isdisjoint(wanted.avoid):
            continue
        try:
            yield seed.text.format(**PRONOUNS[wanted.pronouns], **names)
        except KeyError:  # the world has no such name for this person
            continue


def _seeds(wanted: Wanted, part: str) -> Iterator[tuple[Seed, Mapping[str, str]]]:
    """By turns: names of the world every third ordinal, the role's own every second of its group; else for everybody.

    What follows are stand-ins, only taken when two clauses of a sheet would speak of one thing: nobody else of a batch
    of half a list's length has them, and in a longer one hardly anybody.
    """
    turn = (*PARTS, GOAL).index(part)
    number = wanted.ordinal - 1
    name = (wanted.seed, wanted.block, part)
    if (number + turn) % 3 == 0:
        yield from _of_world(wanted, part, number // 3)
    own = _order(seeds().roles.get(wanted.group or "", {}).get(part, ()), *name, wanted.group or "")
    place = wanted.rank // 2
    if own and (wanted.rank + turn) % 2 == 0 and place % max(len(own), len(seeds().any[part]) // 2) < len(own):
        yield own[place % max(len(own), len(seeds().any[part]) // 2)], wanted.names
    if wanted.group in seeds().alone and own:
        for step in range(len(own)):
            yield own[(wanted.rank + step) % len(own)], wanted.names
        return
    rows = _rows(wanted.seed, wanted.block)
    yield rows[number % len(rows)][part], wanted.names
    far = number - (number + turn) % 3 + len(rows) // 6 * 3
    for step in range(0, len(rows), 3):  # half a list away, first those whose own sheets have a name of the world there
        yield rows[(far + step) % len(rows)][part], wanted.names
    for step in range(len(rows)):
        yield rows[(number + len(rows) // 2 + step) % len(rows)][part], wanted.names


def _of_world(wanted: Wanted, part: str, turn: int) -> Iterator[tuple[Seed, Mapping[str, str]]]:
    if wanted.others:
        kind, other, goal = wanted.others[turn % len(wanted.others)]
        names = {**wanted.names, "other": other, **({"goal": goal} if goal else {})}
        if part == "bond" and turn % 4 < 3:
            about = seeds().relations
            own = _order(about.get(kind, about["any"]), wanted.seed, wanted.block, kind)
            yield own[turn % len(own)], names
    else:
        names = dict(wanted.names)
    order = _order(seeds().world[part], wanted.seed, wanted.block, part, "world")
    yield order[turn % len(order)], names


@lru_cache(maxsize=1024)
def _order(items: tuple[Seed, ...], *name: str | int) -> tuple[Seed, ...]:
    by_text = {item.text: item for item in items}
    return tuple(by_text[text] for text in rendezvous(by_text, *name))


@lru_cache(maxsize=64)
def _rows(seed: int, block: str) -> tuple[Row, ...]:
    """The seeds for everybody, dealt into rows of one per part whose clauses share no word of content."""
    lists = {part: list(_order(seeds().any[part], seed, block, part)) for part in (*PARTS, GOAL)}
    rows: list[dict[str, Seed]] = [{} for _ in range(min(map(len, lists.values())))]
    for part, waiting in lists.items():
        for place, row in enumerate(rows):
            found = next((each for each in waiting if _apart(each, row)), None)
            if found is None:
                found = _swapped(part, rows[:place], row, waiting)
            waiting.remove(found)
            row[part] = found
    return tuple(rows)


def _apart(seed: Seed, row: Row, without: str = "") -> bool:
    return all(part == without or seed.stems.isdisjoint(other.stems) for part, other in row.items())


def _swapped(part: str, earlier: Sequence[dict[str, Seed]], row: Row, waiting: list[Seed]) -> Seed:
    """A seed for the row taken out of an earlier one, which gets one that waits; the first that waits if none can."""
    for other in earlier:
        given = other[part]
        if _apart(given, row):
            for each in waiting:
                if _apart(each, other, part):
                    waiting[waiting.index(each)] = given
                    other[part] = each
                    return given
    return waiting[0]
