"""Whether two tuned voices can be told apart: a word-counting classifier, taught on the two spreadsheets, reads what
the two models write for the same plans.

    python -m benchmarks.voices ledger hearth [--records 12]

NAME is the id of a model in the cache and of a folder in samples/voices. The classifier is multinomial naive Bayes over
single words with Laplace smoothing (Manning, Raghavan, Schuetze, "Introduction to Information Retrieval", 13.2).
"""

from __future__ import annotations

import argparse
import csv
import json
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from gamegen import Session, load_world
from gamegen._words import words
from gamegen.checks.text import texts_of

ROOT = Path(__file__).parents[1]
WORLD = ROOT / "samples" / "saltmarrow" / "world"
KINDS = ("dialogue", "quest", "character")


class NaiveBayes:
    """log P(voice | text) up to a constant: the sum over the text's words of log (count + 1) / (all + vocabulary)."""

    def __init__(self, lines: dict[str, Sequence[str]]) -> None:
        self._counts = {voice: Counter(word for line in own for word in words(line)) for voice, own in lines.items()}
        self._vocabulary = len(set().union(*self._counts.values()))

    def voice(self, text: str) -> str:
        def likelihood(counts: Counter[str]) -> float:
            total = counts.total() + self._vocabulary
            return math.fsum(math.log((counts[word] + 1) / total) for word in words(text))

        return max(sorted(self._counts), key=lambda voice: likelihood(self._counts[voice]))


def taught(voice: str) -> list[str]:
    """The lines of a voice's spreadsheet."""
    path = ROOT / "samples" / "voices" / voice / "examples.csv"
    with path.open(encoding="utf-8", newline="") as stream:
        return [row["line"] for row in csv.DictReader(stream)]


def told_apart(lines: dict[str, Sequence[str]]) -> float:
    """The share of the spreadsheets' own lines that are told apart, each by a classifier that has not seen it."""
    right = 0
    for voice, own in lines.items():
        for index, line in enumerate(own):
            others = {**lines, voice: [*own[:index], *own[index + 1 :]]}
            right += NaiveBayes(others).voice(line) == voice
    return right / sum(map(len, lines.values()))


def written(model: str, records: int, seed: int) -> list[str]:
    """Every text that the model itself wrote, of the same records for each model."""
    world = load_world(WORLD)
    texts: list[str] = []
    with Session(model) as session:
        for kind in KINDS:
            for record in session.stream(kind, world=world, count=max(1, records // len(KINDS)), seed=seed):
                texts += [text for _, text in texts_of(record.data)]
    return texts


def main(arguments: Iterable[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("voices", nargs=2)
    parser.add_argument("--records", type=int, default=12)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args(arguments)
    lines = {voice: taught(voice) for voice in options.voices}
    classifier = NaiveBayes(lines)
    found: dict[str, object] = {"spreadsheets_told_apart": round(told_apart(lines), 4)}
    for voice in options.voices:
        texts = written(voice, options.records, options.seed)
        right = sum(classifier.voice(text) == voice for text in texts)
        found[voice] = {"texts": len(texts), "told": right, "share": round(right / len(texts), 4)}
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
