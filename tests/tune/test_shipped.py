"""The adapter that makes the default model is the one that the shipped examples teach."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from gamegen.cards import CHATML, FIELDS
from gamegen.engine.adapter import CARD, WEIGHTS, Adapter
from gamegen.engine.sources import SHIPPED_ADAPTER
from gamegen.examples import shipped

ROOT = Path(__file__).parents[2]


def test_it_is_small_and_reads() -> None:
    adapter = Adapter.read(SHIPPED_ADAPTER)
    assert (SHIPPED_ADAPTER / WEIGHTS).stat().st_size <= 10_000_000
    assert (adapter.form.before, adapter.form.behind) == (CHATML.before, CHATML.behind)
    assert set(adapter.form.kinds) == set(FIELDS)


def test_its_data_are_the_examples_as_they_stand() -> None:
    adapter = Adapter.read(SHIPPED_ADAPTER)
    files = sorted((ROOT / "templates" / "examples").glob("*.jsonl"))
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    assert {each["file"]: each["sha256"] for each in adapter.data} == found
    assert sum(each["examples"] for each in adapter.data) == len(shipped())
    assert {each["licence"] for each in adapter.data} == {"Apache-2.0"}


def test_nobody_trained_on_the_held_out_file_that_judged_it() -> None:
    adapter = Adapter.read(SHIPPED_ADAPTER)
    path = ROOT / "benchmarks" / "held_out.jsonl"
    (held_out,) = adapter.held_out
    assert (held_out["file"], held_out["sha256"]) == (path.name, hashlib.sha256(path.read_bytes()).hexdigest())
    lines = {json.loads(line)["line"] for line in path.read_text(encoding="utf-8").splitlines()}
    assert not lines & {example["line"] for example in shipped()}


def test_its_card_has_the_command_that_trained_it() -> None:
    card = (SHIPPED_ADAPTER / CARD).read_text(encoding="utf-8")
    assert "gamegen tune" in card and "--held-out" in card
