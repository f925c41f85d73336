"""Blind reading: a sheet of chosen lines mixed with hand-written ones, and the count of what readers said of them.

    python -m benchmarks.reading sheet [--lines 60] [--written 20]      # docs/reading/sheet.md and key.json
    python -m benchmarks.reading count docs/reading/*.csv               # share of keep, small edit, reject

The lines come from build/tuning/texts.json (what `python -m benchmarks.tuning` chose), over all kinds; the
hand-written ones from benchmarks/held_out.jsonl. Which is which stands in the key alone. A reader sees card and line,
and writes a CSV: number, verdict (keep, edit or reject), and a word why.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.tuning import HELD_OUT, ROOT, TEXTS
from gamegen._random import digest
from gamegen.cards import FIELDS, card_text

FOLDER = ROOT / "docs" / "reading"
PARTS = {
    "npc_line": 0.34,
    "player_choice": 0.16,
    "objective": 0.13,
    "journal": 0.11,
    "trait": 0.11,
    "quest_summary": 0.08,
    "quest_title": 0.07,
}
"""How the lines are spread over the kinds."""
VERDICTS = ("keep", "edit", "reject")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    sheet = commands.add_parser("sheet")
    sheet.add_argument("--lines", type=int, default=60)
    sheet.add_argument("--written", type=int, default=20)
    sheet.add_argument("--draw", default="1", help="another word draws other lines")
    sheet.add_argument("--folder", type=Path, default=FOLDER)
    sheet.add_argument("--texts", type=Path, default=TEXTS)
    count = commands.add_parser("count")
    count.add_argument("verdicts", nargs="+", type=Path)
    options = parser.parse_args()
    if options.command == "sheet":
        write_sheet(options.folder, options.texts, options.lines, options.written, options.draw)
    else:
        print(json.dumps({path.stem: counted(path) for path in options.verdicts}, indent=2))


def write_sheet(folder: Path, chosen: Path, lines: int, written: int, draw: str) -> None:
    texts = json.loads(chosen.read_text(encoding="utf-8"))
    generated = [{"card": each["card"], "line": each["text"], "by": "model"} for each in texts if not each["library"]]
    rows = [json.loads(row) for row in HELD_OUT.read_text(encoding="utf-8").splitlines()]
    by_hand = [
        {"card": {name: value for name, value in row.items() if name != "line"}, "line": row["line"], "by": "hand"}
        for row in rows
    ]
    drawn = _drawn(generated, lines, draw) + _drawn(by_hand, written, draw)
    drawn.sort(key=lambda each: digest("sheet", draw, each["line"]))
    folder.mkdir(parents=True, exist_ok=True)
    blocks = [
        f"## {number}\n\n```\n{card_text(each['card'], FIELDS)}\n```\n\n> {each['line']}\n"
        for number, each in enumerate(drawn, 1)
    ]
    (folder / "sheet.md").write_text("# Sheet\n\n" + "\n".join(blocks), encoding="utf-8")
    key = {str(number): each["by"] for number, each in enumerate(drawn, 1)}
    (folder / "key.json").write_text(json.dumps(key, indent=1) + "\n", encoding="utf-8")


def _drawn(pool: Sequence[dict[str, Any]], count: int, draw: str) -> list[dict[str, Any]]:
    """So many of the pool, spread over the kinds, the choice by hash."""
    ordered = sorted(pool, key=lambda each: digest("draw", draw, each["line"]))
    wanted = {kind: round(part * count) for kind, part in PARTS.items()}
    wanted["npc_line"] += count - sum(wanted.values())
    return [
        each for kind, part in wanted.items() for each in [row for row in ordered if row["card"]["kind"] == kind][:part]
    ]


def counted(path: Path) -> dict[str, Any]:
    """Shares of the verdicts of one reader, for the model's lines and for those written by hand."""
    key = json.loads((path.parent / "key.json").read_text(encoding="utf-8"))
    with path.open(encoding="utf-8", newline="") as stream:
        said = {row["number"]: row["verdict"].strip() for row in csv.DictReader(stream)}
    if said.keys() != key.keys() or not set(said.values()) <= set(VERDICTS):
        raise SystemExit(f"{path}: expected one of {', '.join(VERDICTS)} for each of {len(key)} lines")
    found = {}
    for by in ("model", "hand"):
        verdicts = Counter(said[number] for number in key if key[number] == by)
        found[by] = {"lines": verdicts.total()} | {
            verdict: round(verdicts[verdict] / verdicts.total(), 3) for verdict in VERDICTS
        }
    return found


if __name__ == "__main__":
    main()
