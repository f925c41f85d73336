"""Splits lessons into training and held-out ones so that nothing of the held-out ones was seen.

Two lessons hang together when they share a person's name, what must be said, or a run of six words of their lines.
Whole groups are held out. The choice is by hash of the groups' content, so that the order does not matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from gamegen._random import digest
from gamegen._words import words
from gamegen.errors import InvalidInput
from gamegen.tune.lessons import Lesson

SHARE = 0.05
"""The part of the lessons that is held out, about."""
RUN = 6
"""Lessons whose lines share so many consecutive words hang together."""

Link = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Split:
    """left_out: lessons that are in neither, because they share something with the held-out file."""

    training: tuple[Lesson, ...]
    held_out: tuple[Lesson, ...]
    left_out: int = 0


def links(lesson: Lesson) -> Iterator[Link]:
    """What ties a lesson to others: a name, a `must`, each run of six words of its line."""
    if lesson.speaker:
        yield ("name", *lesson.speaker)
    if lesson.card.get("must"):
        yield ("must", *words(lesson.card["must"]))
    for start in range(len(lesson.words) - RUN + 1):
        yield ("run", *lesson.words[start : start + RUN])


def split(lessons: Sequence[Lesson], share: float = SHARE) -> Split:
    """Hold out whole groups, about `share` of the lessons, at least one group.

    In the order of their hashes, a group is taken as long as there is room for it; room is twice the share. Raises
    InvalidInput GG879 when all lessons hang together.
    """
    together = groups(lessons)
    if len(together) < 2:
        raise InvalidInput.of(
            "GG879",
            "expected examples that can be held out, found that all share names or words with each other",
            "give other examples with --held-out FILE",
        )
    wanted, room = max(1, round(share * len(lessons))), 2 * share * len(lessons)
    chosen: list[Lesson] = []
    for group in sorted(together, key=_group_name):
        if len(chosen) < wanted and len(chosen) + len(group) <= room:
            chosen += group
    if not chosen:
        smallest = min(map(len, together))
        chosen = min((group for group in together if len(group) == smallest), key=_group_name)
    names = {lesson.name for lesson in chosen}
    return Split(_sorted(each for each in lessons if each.name not in names), _sorted(chosen))


def split_by(lessons: Sequence[Lesson], held_out: Sequence[Lesson]) -> Split:
    """Train on what shares nothing with the given held-out lessons. Raises InvalidInput GG879 when there are none."""
    if not held_out:
        raise InvalidInput.of(
            "GG879", "expected held-out examples, found none", "fill the file, or leave --held-out out"
        )
    known = {link for lesson in held_out for link in links(lesson)}
    training = [lesson for lesson in lessons if known.isdisjoint(links(lesson))]
    return Split(_sorted(training), _sorted(held_out), len(lessons) - len(training))


def groups(lessons: Sequence[Lesson]) -> list[list[Lesson]]:
    """The lessons that hang together, directly or by way of others (union-find with path halving)."""
    parents = list(range(len(lessons)))

    def root(index: int) -> int:
        while parents[index] != index:
            parents[index] = parents[parents[index]]
            index = parents[index]
        return index

    first: dict[Link, int] = {}
    for index, lesson in enumerate(lessons):
        for link in links(lesson):
            parents[root(index)] = root(first.setdefault(link, index))
    found: dict[int, list[Lesson]] = {}
    for index, lesson in enumerate(lessons):
        found.setdefault(root(index), []).append(lesson)
    return list(found.values())


def _group_name(group: Sequence[Lesson]) -> bytes:
    return digest("group", *sorted(lesson.name.hex() for lesson in group))


def _sorted(lessons: Iterable[Lesson]) -> tuple[Lesson, ...]:
    return tuple(sorted(lessons, key=lambda lesson: lesson.name))
