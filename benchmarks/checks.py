"""Who checks the checks: precision and recall of the text checks on lines that were labelled by hand.

    python -m benchmarks.checks [--wrong] [--out benchmarks/results/checks.json]

benchmarks/labelled.jsonl holds 200 lines in the words of the two sample worlds, each with the card it was asked for and
with what a reader found wrong with it (nothing, for a good one). No check was tuned on them, and none is to be.

Of a label, precision is the share of the lines which its checks reject that bear the label, recall the share of the
lines with the label that they reject; a line may bear several. What no single text can show (`off_fact`,
`wrong_person`) is asked of the choice among candidates, which drops such a text where it can: see `ASKED`. `grammar`
has no check: its recall says how much of it the others catch by accident. With --wrong each line on which checks and
reader differ is printed.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gamegen import load_world
from gamegen.checks.text import text_findings
from gamegen.records import Request, TextContext
from gamegen.selection import carries, holds

ROOT = Path(__file__).parents[1]
LABELLED = ROOT / "benchmarks" / "labelled.jsonl"
RESULTS = ROOT / "benchmarks" / "results" / "checks.json"
CODES: Mapping[str, frozenset[str]] = {
    "profile": frozenset({"GG601", "GG602", "GG603"}),
    "echo": frozenset({"GG603"}),
    "length": frozenset({"GG604"}),
    "ending": frozenset({"GG605"}),
    "avoided": frozenset({"GG606"}),
    "rating": frozenset({"GG607"}),
    "copied": frozenset({"GG608"}),
    "foreign_name": frozenset({"GG609"}),
    "target": frozenset({"GG610"}),
    "repeated": frozenset({"GG611"}),
}
"""The codes that are meant for a label."""
ASKED: Mapping[str, Callable[[Request, str], bool]] = {
    "off_fact": lambda request, text: not carries(request, text),
    "wrong_person": lambda request, text: carries(request, text) and not holds(request, text),
}
"""What the choice among candidates asks of a text (gamegen/selection.py)."""
SHARED: Mapping[str, str] = {"echo": "profile", "profile": "echo"}
"""Labels whose checks share a code: bearing either is right."""


@dataclass(frozen=True)
class Counts:
    """rejected: lines that the checks of a label reject; apt: those of them that bear it (or one that shares its code).
    labelled: lines that bear it; caught: those of them that are rejected."""

    rejected: int
    apt: int
    labelled: int
    caught: int

    @property
    def precision(self) -> float | None:
        return self.apt / self.rejected if self.rejected else None

    @property
    def recall(self) -> float | None:
        return self.caught / self.labelled if self.labelled else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--wrong", action="store_true", help="print the lines on which checks and reader differ")
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()
    lines = [json.loads(line) for line in LABELLED.read_text(encoding="utf-8").splitlines()]
    found = judged(lines)
    table = {label: counts(label, lines, found) for label in (*CODES, *ASKED, "grammar")}
    table["any"] = _counts([bool(each) for each in found], *[[bool(line["labels"]) for line in lines]] * 2)
    print(f"{'label':<14}{'lines':>6}{'rejected':>10}{'precision':>11}{'recall':>8}")
    for label, each in table.items():
        print(f"{label:<14}{each.labelled:>6}{each.rejected:>10}{_share(each.precision):>11}{_share(each.recall):>8}")
    if options.wrong:
        for line, labels in zip(lines, found, strict=True):
            if bool(labels) != bool(line["labels"]):
                print(f"reader: {line['labels'] or 'good'}; checks: {sorted(labels) or 'good'}: {line['text']}")
    options.out.write_text(
        json.dumps(
            {
                label: {"lines": c.labelled, "rejected": c.rejected, "precision": c.precision, "recall": c.recall}
                for label, c in table.items()
            },
            indent=1,
        )
        + "\n",
        encoding="utf-8",
    )


def judged(lines: list[dict[str, Any]]) -> list[set[str]]:
    """For each line the labels whose checks reject it."""
    contexts: dict[str, TextContext] = {}
    result = []
    for line in lines:
        if line["world"] not in contexts:
            contexts[line["world"]] = load_world(ROOT / "samples" / line["world"] / "world").text_context()
        card = {"kind": line["kind"], **line["card"]}
        names = tuple(line.get("names", ()))
        codes = {f.code for f in text_findings(line["text"], card, {}, contexts[line["world"]], names=names)}
        request = Request("", "", card, {"type": "string"}, names=names)
        labels = {label for label, meant in CODES.items() if meant & codes}
        labels |= {label for label, wrong in ASKED.items() if wrong(request, line["text"])}
        result.append(labels)
    return result


def counts(label: str, lines: list[dict[str, Any]], found: list[set[str]]) -> Counts:
    """Of one label. No check is meant for `grammar`: what others reject counts for its recall alone."""
    own = [label in line["labels"] for line in lines]
    if label == "grammar":
        caught = [bool(each) and is_own for each, is_own in zip(found, own, strict=True)]
        return Counts(0, 0, sum(own), sum(caught))
    borne = [bool({label, SHARED.get(label, label)} & set(line["labels"])) for line in lines]
    return _counts([label in each for each in found], borne, own)


def _counts(rejected: list[bool], borne: list[bool], own: list[bool]) -> Counts:
    return Counts(
        rejected=sum(rejected),
        apt=sum(r and b for r, b in zip(rejected, borne, strict=True)),
        labelled=sum(own),
        caught=sum(r and o for r, o in zip(rejected, own, strict=True)),
    )


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.0%}"


if __name__ == "__main__":
    main()
