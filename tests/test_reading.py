"""Blind reading: the sheet gives nothing away, and verdicts are counted against the key; voices are told apart."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from benchmarks.reading import PARTS, counted, write_sheet
from benchmarks.voices import NaiveBayes, taught, told_apart

ROOT = Path(__file__).parents[1]


def chosen(folder: Path) -> Path:
    texts = [
        {
            "from": "plan",
            "card": {"kind": kind, "must": f"thing {n} is lost"},
            "text": f"Lost {n} {kind}.",
            "library": n > 9,
        }
        for kind in PARTS
        for n in range(12)
    ]
    path = folder / "texts.json"
    path.write_text(json.dumps(texts), encoding="utf-8")
    return path


def test_a_sheet_mixes_both_and_tells_neither(tmp_path: Path) -> None:
    write_sheet(tmp_path, chosen(tmp_path), lines=20, written=8, draw="1")
    sheet = (tmp_path / "sheet.md").read_text(encoding="utf-8")
    key = json.loads((tmp_path / "key.json").read_text(encoding="utf-8"))
    assert sorted(key.values()) == ["hand"] * 8 + ["model"] * 20
    assert sheet.count("\n> ") == 28
    assert "hand" not in sheet.splitlines()[0] and "model" not in sheet
    assert not any(f"Lost {n} " in sheet for n in (10, 11)), "lines of the library are not the model's"


def test_verdicts_are_counted_by_the_key(tmp_path: Path) -> None:
    (tmp_path / "key.json").write_text('{"1": "model", "2": "hand", "3": "model"}', encoding="utf-8")
    path = tmp_path / "reader.csv"
    rows = [("number", "verdict", "why"), ("1", "keep", ""), ("2", "edit", "dull"), ("3", "reject", "no sense")]
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(rows)
    assert counted(path)["model"] == {"lines": 2, "keep": 0.5, "edit": 0.0, "reject": 0.5}
    path.write_text("number,verdict,why\n1,keep,\n", encoding="utf-8")
    with pytest.raises(SystemExit, match="for each of 3 lines"):
        counted(path)


@pytest.mark.parametrize("path", sorted((ROOT / "docs" / "reading").glob("*.csv")), ids=lambda path: path.stem)
def test_the_published_verdicts_can_be_counted(path: Path) -> None:
    found = counted(path)
    assert (found["model"]["lines"], found["hand"]["lines"]) == (60, 20)


def test_the_sample_voices_are_told_apart_by_their_words() -> None:
    lines = {voice: taught(voice) for voice in ("hearth", "ledger")}
    assert {voice: len(own) for voice, own in lines.items()} == {"hearth": 150, "ledger": 150}
    assert told_apart({voice: own[:40] for voice, own in lines.items()}) > 0.9
    assert NaiveBayes(lines).voice("The sum is duly entered, per receipt.") == "ledger"
