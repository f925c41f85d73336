"""From what was collected to what is trained on: unfit lessons and doubles left out, thin kinds counted.

Each lesson that is left out has a reason, and the reasons are counted; what is wrong in form (an unknown kind, a field
that is missing) has been refused before, with its place.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from gamegen._random import digest
from gamegen._words import words
from gamegen.checks import text_rules
from gamegen.errors import InvalidInput
from gamegen.records import Finding, canonical
from gamegen.tune.lessons import Lesson

MINIMUM = 20
"""Lessons that a tuning needs in all."""
MINIMUM_OF_KIND = 3
"""Lessons of each kind that appears."""
MOST_REPEATED = 4.0
"""A thin kind is shown at most so many times as often as it stands in the data."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """lessons: fit for training. left_out: reason -> how many. places: reason -> file and line of one of them."""

    lessons: tuple[Lesson, ...]
    left_out: Mapping[str, int]
    places: Mapping[str, str]

    @property
    def kinds(self) -> Mapping[str, int]:
        """How many lessons each kind has, by name."""
        return dict(sorted(Counter(lesson.kind for lesson in self.lessons).items()))


def prepare(lessons: Iterable[Lesson]) -> Prepared:
    """Leave out what no line may be, and doubles: the same line again, or the same card with another line.

    Of doubles the first by hash stays, so that the order of the files does not matter.
    """
    kept: list[Lesson] = []
    left_out: Counter[str] = Counter()
    places: dict[str, str] = {}
    lines: set[tuple[str, ...]] = set()
    cards: set[bytes] = set()
    for lesson in sorted(lessons, key=lambda each: each.name):
        card = digest("card", canonical({name: words(value) for name, value in lesson.card.items()}))
        if lesson.words in lines:
            reason = "same line"
        elif card in cards:
            reason = "same card"
        else:
            reason = unfit(lesson)
        if reason:
            left_out[reason] += 1
            places.setdefault(reason, f"{lesson.file}:{lesson.number}")
            continue
        lines.add(lesson.words)
        cards.add(card)
        kept.append(lesson)
    return Prepared(tuple(kept), dict(sorted(left_out.items())), places)


def unfit(lesson: Lesson) -> str:
    """Why no model should learn this line; empty when it may."""
    text = lesson.line
    if '"' in text:
        return "a double quotation mark"
    for name, rule in (
        ("outside the text profile", text_rules.profile(text)),
        ("markup or words of the prompt", text_rules.echo(text, text_rules.markup_of(lesson.card.values()))),
        ("too short or too long", text_rules.length(text, lesson.kind)),
        ("no end mark, or a title with one", text_rules.ending(text, lesson.kind)),
    ):
        if rule:
            return name
    if any("<|" in value or "\n" in value for value in lesson.card.values()):
        return "a card with markup"
    return ""


def require_enough(kinds: Mapping[str, int]) -> None:
    """Raise InvalidInput GG874 saying what is missing where. kinds: how many lessons each kind has."""
    findings = []
    total = sum(kinds.values())
    if total < MINIMUM:
        counts = ", ".join(f"{kind} {count}" for kind, count in kinds.items())
        found = f"{total} ({counts})" if counts else "none"
        findings.append(
            Finding(
                "GG874",
                f"expected {MINIMUM} examples or more to tune on, found {found}: {MINIMUM - total} are missing",
                "write more, or give --allow-small to try what so few can teach",
            )
        )
    for kind, count in kinds.items():
        if count < MINIMUM_OF_KIND:
            findings.append(
                Finding(
                    "GG874",
                    f"expected {MINIMUM_OF_KIND} examples or more of {kind}, found {count}: "
                    f"{MINIMUM_OF_KIND - count} are missing",
                    f"write more, take {kind} out, or give --allow-small",
                )
            )
    if findings:
        raise InvalidInput(findings)


def weights(lessons: Sequence[Lesson]) -> dict[str, float]:
    """How often a lesson of each kind is shown in an epoch: max(1, min(4, sqrt(mean / count))).

    mean: lessons per kind. The square root halves the gap between kinds in the logarithm, as the sampling of thin
    languages does in multilingual models (Conneau and Lample, 2019, exponent 0.5); nothing is shown less than once.
    """
    counts = Counter(lesson.kind for lesson in lessons)
    mean = len(lessons) / len(counts) if counts else 0.0
    return {kind: max(1.0, min(MOST_REPEATED, math.sqrt(mean / count))) for kind, count in sorted(counts.items())}
