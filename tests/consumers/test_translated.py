"""A dialogue in another language plays in the real runtimes as the same dialogue: other words, nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from gamegen.loc import Translation, rows, translated
from tests.consumers.runtimes import Ink, Yarn
from tests.consumers.test_dialogues import held_in_ink, held_in_yarn
from tests.dialogue_records import forge

GALLERY = Path(__file__).parents[2] / "samples" / "gallery" / "saltmarrow" / "dialogue.jsonl"


def german() -> list[dict[str, Any]]:
    """The forge talk and two finished dialogues, with words that the formats must escape."""
    finished = [json.loads(line) for line in GALLERY.read_text("utf-8").splitlines()[:2]]
    records: list[dict[str, Any]] = [forge(), *finished]
    return translated(
        records, {row.id: Translation(row.id, f"- „Übersetzt“: {row.text[:120]}", row.lock) for row in rows(records)}
    )


def test_a_translated_dialogue_plays_alike_in_ink(ink: Ink) -> None:
    held_in_ink(ink, german())


def test_a_translated_dialogue_plays_alike_in_yarn(yarn: Yarn) -> None:
    held_in_yarn(yarn, german())
