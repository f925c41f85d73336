"""Turns: what alternates over the ordinals of a block, in an order drawn from the seed, so that a batch varies."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from gamegen._random import digest, rendezvous, uniform
from gamegen.generators.quest.grammar import MOTIVATIONS, Strategy, names_of, variants_of


@dataclass(frozen=True, slots=True)
class Turns:
    """The turns of one record of a block."""

    seed: int
    block: str
    ordinal: int
    wished: Literal["", "motivation", "strategy"] = ""
    """What the brief fixes: then the others take their turns faster."""

    def order(self, what: str, options: Iterable[str], turn: int) -> list[str]:
        """The options in the block's own order, this turn's first."""
        order = rendezvous(options, "quest", self.seed, self.block, what)
        start = turn % len(order) if order else 0
        return order[start:] + order[:start]

    def pick(self, what: str, number: int, turn: int) -> int:
        """Which of so many alternatives has its turn."""
        offset = int(uniform(digest("quest", self.seed, self.block, what), 1) * number)
        return (turn + offset) % number

    def strategies(self, motivation: str | None, strategy: str | None) -> Iterable[Strategy]:
        """The strategies (and sequences of them) in their turn: motivations first, each with its strategies in turn."""
        if strategy is not None:
            yield from self._variants(strategy, self.ordinal)
            return
        motivations = [motivation] if motivation else self.order("motivations", MOTIVATIONS, self.ordinal)
        step = self.ordinal if motivation else self.ordinal // len(MOTIVATIONS)
        for each in motivations:
            names = names_of(each)
            for name in self.order(each, names, step):
                yield from self._variants(name, step // len(names))

    def round(self, strategy: Strategy) -> int:
        """How often this sequence of the strategy has had its turn in the block."""
        names = 1 if self.wished == "strategy" else len(names_of(strategy.motivation))
        motivations = 1 if self.wished else len(MOTIVATIONS)
        return self.ordinal // (motivations * names * len(variants_of(strategy.name)))

    def _variants(self, name: str, turn: int) -> Sequence[Strategy]:
        variants = variants_of(name)
        start = self.pick(name, len(variants), turn)
        return variants[start:] + variants[:start]

    def tone(self, tones: Sequence[str]) -> str:
        """The tone of a record among those of the world; "" if it has none."""
        return self.order("tones", tones, self.ordinal)[0] if tones else ""
