"""Examples made up for the tests: enough of each kind to tune a tiny model on."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from gamegen.tune.lessons import Lesson

_NAMES = (
    *("Ada", "Odo", "Mira", "Pell", "Hessa", "Calder", "Bram", "Tully", "Wren", "Juno"),
    *("Silas", "Petra", "Ivo", "Marta", "Enzo", "Greta", "Nils", "Orla", "Pim", "Quill"),
)
_THINGS = (
    *("lamp", "bell", "rope", "barrel", "ledger", "anchor", "kettle", "saddle"),
    *("lantern", "compass", "mirror", "hammer", "basket", "ladder", "candle"),
)
_PLACES = ("mill", "kiln", "weir", "forge", "tower", "quay")


def npc_line(i: int) -> dict[str, str]:
    """A line of its own for each i below 300."""
    name, thing, place = _NAMES[i % 20], _THINGS[i % 15], _PLACES[i // 15 % 6]
    must = f"the {thing} number {_word(i)} is at the {place}"
    return {
        "kind": "npc_line",
        "who": f"{name} {_word(i).capitalize()}, porter",
        "voice": "dry",
        "intent": "reveals",
        "must": must,
        "line": f"Look for {_word(i)} {thing} down at the {place}.",
    }


def journal(i: int) -> dict[str, str]:
    must = f"the player found the {_THINGS[i % 15]} of {_word(i)}"
    return {"kind": "journal", "must": must, "line": f"You found what {_word(i)} had hidden, the {_THINGS[i % 15]}."}


def corpus(lines: int = 16, journals: int = 4) -> list[dict[str, str]]:
    return [*map(npc_line, range(lines)), *map(journal, range(journals))]


def lesson(fields: Mapping[str, str]) -> Lesson:
    card = dict(fields)
    return Lesson(card, card.pop("line"), "data.jsonl", 1)


def write_corpus(folder: Path, examples: Iterable[Mapping[str, str]], licence: str = "Apache-2.0") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "data.jsonl"
    path.write_text("".join(json.dumps(each) + "\n" for each in examples), encoding="utf-8")
    if licence:
        (folder / "corpus.toml").write_text(f'licence = "{licence}"\n', encoding="utf-8")
    return path


def _word(i: int) -> str:
    """A made-up word for each i."""
    first, second = divmod(i, 20)
    return "bcdfghjklmnprstvwz"[first % 18] + "aeiou"[second % 5] + "lmnr"[second // 5] + "o"
