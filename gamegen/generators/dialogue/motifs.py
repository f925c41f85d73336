"""The repertoire of dialogue: templates/dialogue/motifs, and the deck that hands its motifs out over a batch.

A motif is one to six says with placeholders: [intent, must, plain] of a person of the world, [intent, plain] of the
player, whose choice has to say just that. It can be used when each of its placeholders has a
value. The order of a slot is drawn once for a block, seed and world (a rendezvous draw: a motif that is added moves the
others by one place at most); a record starts in it where the records before it have stopped, as far as a stride per
slot can tell. So neighbors share no motif until the slot is used up, and no plan needs to look at another one. A record
that needs more of a slot than the stride goes on at the far side of the order, where its neighbors are not.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from string import Formatter

from gamegen import _resources
from gamegen._random import rendezvous
from gamegen.generators.dialogue.words import FORMS, Claims, Say, Speaker, asked, head, length
from gamegen.generators.phrases import sentence
from gamegen.spoken import ALSO

STRIDES: Mapping[str, int] = {
    "back": 7,
    "after_fact": 4,
    "deal": 3,
    "talk": 3,
    "aside_friend": 2,
    "ask": 2,
    "bark": 2,
    "relation": 2,
    "resting": 2,
    "truth": 2,
}
"""Motifs of a slot that a dialogue of the median size uses, of barks those of a scene; of any other slot one."""


@dataclass(frozen=True, slots=True)
class Motif:
    """Says that belong together: a question and its answer, an offer and both replies, or one line alone."""

    says: tuple[tuple[str, str, str], ...]
    needs: frozenset[str]
    """Placeholders beside those of every speaker."""


@cache
def motifs() -> Mapping[str, tuple[Motif, ...]]:
    """Every slot of the files by its name."""
    paths = sorted((_resources.folder("templates") / "dialogue" / "motifs").glob("*.toml"))
    files = [tomllib.loads(path.read_text(encoding="utf-8")) for path in paths]
    return {slot: tuple(map(_motif, rows)) for file in files for slot, rows in file.items()}


def _motif(row: list[str] | list[list[str]]) -> Motif:
    says = [row] if isinstance(row[0], str) else row
    triples = tuple((say[0], say[1] if len(say) == 3 else asked(say[1]), say[-1]) for say in says)
    used = {name for _, *texts in triples for text in texts for _, name, _, _ in Formatter().parse(text) if name}
    return Motif(triples, frozenset(used - FORMS))


@lru_cache(maxsize=512)
def _order(slot: str, *name: str | int) -> tuple[Motif, ...]:
    known = {motif.says[0][1] + "\n" + motif.says[-1][1]: motif for motif in motifs().get(slot, ())}
    return tuple(known[key] for key in rendezvous(known, *name, "motifs", slot))


def turn(length: int, ordinal: int, stride: int = 1) -> int:
    """Where a record starts in an order of this length; each pass through the order starts one place later."""
    at = ordinal * min(stride, length)
    return (at + at // length) % length if length else 0


class Deck:
    """Hands out the motifs of one record: none twice, and none that says what was said already.

    name: seed, block and world. values: of the placeholders that the whole record fills; an empty one is none.
    """

    def __init__(self, name: tuple[str | int, ...], ordinal: int, values: Mapping[str, str], said: Claims) -> None:
        self.name = name
        self.ordinal = ordinal
        self.values = {key: value for key, value in values.items() if value}
        self.said = said
        self._left: dict[str, list[Motif]] = {}

    @staticmethod
    def size(slot: str) -> int:
        """How many motifs a slot holds."""
        return len(motifs().get(slot, ()))

    def share(self, slot: str) -> float:
        """How much of a slot the record has used: 0 to 1."""
        held = self.size(slot)
        return 1 - len(self._left[slot]) / held if slot in self._left and held else 0.0

    def snapshot(self) -> dict[str, list[Motif]]:
        return {slot: list(left) for slot, left in self._left.items()}

    def restore(self, before: dict[str, list[Motif]]) -> None:
        self._left = before

    def draw(self, slot: str, speaker: Speaker, most: int = 0, **values: str) -> list[Say]:
        """`filled`, with the placeholders as keywords."""
        return self.filled(slot, speaker, values, most)

    def filled(
        self, slot: str, speaker: Speaker, values: Mapping[str, str], most: int = 0, naming: str = ""
    ) -> list[Say]:
        """The says of the slot's next motif that can be used; [] when there is none left.

        most: words that the last of them may have to say, in one part (the first of two); 0: as it is. naming: a
        placeholder that the first of them has.
        """
        if slot not in self._left:
            order = _order(slot, *self.name)
            stride = STRIDES.get(slot, 1)
            at = turn(len(order), self.ordinal, stride)
            turned = [*order[at:], *order[:at]]
            far = max(stride, len(order) // 2)
            self._left[slot] = [*turned[:stride], *turned[far:], *turned[stride:far]]
        left = self._left[slot]
        known = {**self.values, **values}
        for place, motif in enumerate(left):
            if not motif.needs <= known.keys() or (f"{{{naming}}}" not in motif.says[0][-1] and naming):
                continue
            says = [
                Say(intent, speaker.fill(must, **known), sentence(speaker.fill(plain, **known)))
                for intent, must, plain in motif.says
            ]
            if most:
                says[-1] = head(says[-1]) or says[-1]
                if length(says[-1]) > most or ALSO in says[-1].must:
                    continue
            if self.said.claim(*says):
                del left[place]
                return says
        return []

    def one(self, slot: str, speaker: Speaker, most: int = 0, **values: str) -> Say | None:
        """The next motif of a slot of single lines."""
        says = self.draw(slot, speaker, most, **values)
        return says[0] if says else None
