"""The figures of finished content."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gamegen.engine.manifest import LINES, ModelFolder, folder_entries, write_manifest
from gamegen.originality import Copies
from gamegen.quality import SAMPLE, lines_taught, quality
from tests.engine.small_models import store

NONE = Copies()


def tuned(folder: Path, *lines: str) -> ModelFolder:
    """A model that brings the lines that it was taught on."""
    made = store(folder, folder.name)
    (folder / LINES).write_bytes(Copies.of(lines).to_bytes())
    manifest = replace(made.manifest, files=folder_entries(folder))
    write_manifest(folder, manifest)
    return ModelFolder(folder, manifest)


def sheet(name: str, **texts: str) -> dict[str, Any]:
    return {"id": name, "kind": "character", **{part: {"id": part, "text": text} for part, text in texts.items()}}


def test_texts_are_measured_by_their_kind() -> None:
    records = [
        sheet("a", flaw="Counts sheep aloud.", bond="Owes the miller."),
        {"id": "p", "kind": "poem", "verse": {"id": "v", "text": "Iron, iron."}},
    ]
    found = quality(records, [], NONE)
    assert (found.records, found.kinds["trait"].texts, found.kinds["trait"].words) == (2, 2, 3.0)
    assert found.kinds["poem"].distinct_1 == 0.5


def test_the_longest_run_is_told_with_its_text() -> None:
    found = quality([sheet("a", flaw="Counts sheep aloud at night.")], ["She counts sheep aloud and badly."], NONE)
    assert (found.longest_shared_run, found.longest_shared_text) == (3, "Counts sheep aloud at night.")
    assert found.unoriginal == 0


def test_words_of_an_example_or_of_a_text_kept_apart_are_counted() -> None:
    line = "Counts the sheep of other people aloud at night."
    records = [sheet("a", flaw=line, bond="Owes the miller a sack.")]
    assert quality(records, [line], NONE).unoriginal == 1
    assert quality(records, [], Copies.of_text(f"He {line}")).unoriginal == 1


def test_the_order_of_records_changes_nothing_and_the_sample_is_bounded() -> None:
    records = [sheet(f"r{n}", flaw=f"Counts {n} sheep aloud.") for n in range(SAMPLE + 9)]
    first, second = quality(records, [], NONE), quality(records[::-1], [], NONE)
    assert first == second
    assert (first.kinds["trait"].texts, first.kinds["trait"].sampled) == (SAMPLE + 9, SAMPLE)


def test_no_texts_are_no_fault() -> None:
    assert quality([], [], NONE).as_json()["longest_shared_run"] == 0


def test_the_models_that_the_provenance_names_bring_their_lines(tmp_path: Path) -> None:
    writer, voice = (
        tuned(tmp_path / "writer", "Owes the miller a sack."),
        tuned(tmp_path / "voice", "Counts his sheep."),
    )
    models = [{"id": each.id, "sha256": each.sha256} for each in (writer, voice)]
    record = {**sheet("a"), "provenance": {"model": models[0], "restyled": {"model": models[1]}}}
    found = lines_taught([record], [writer, voice, store(tmp_path / "other", "other")])
    assert (found.lines, found.absent) == (Copies.of(["Owes the miller a sack.", "Counts his sheep."]), {})
    assert lines_taught([record], [voice]).absent == {"writer": 1}


def test_a_model_of_another_hash_brings_none(tmp_path: Path) -> None:
    folder = tuned(tmp_path / "writer", "Owes the miller a sack.")
    record = {**sheet("a"), "provenance": {"model": {"id": "writer", "sha256": "00"}}}
    found = lines_taught([record, record], [folder])
    assert (found.lines, found.absent) == (Copies(), {"writer": 2})


@pytest.mark.parametrize("provenance", [None, [], {}, {"model": "x"}, {"model": {}, "restyled": 7}])
def test_a_record_that_names_no_model_is_no_fault(provenance: Any) -> None:
    assert lines_taught([{**sheet("a"), "provenance": provenance}], []).absent == {}


def test_words_of_a_line_that_a_model_was_taught_on_are_counted() -> None:
    records = [sheet("a", flaw="Counts the sheep aloud.", bond="Owes him.")]
    found = quality(records, [], NONE, Copies.of(["Counts the sheep aloud.", "Owes him."]))
    assert (found.unoriginal, found.taught) == (1, 1)
    assert found.as_json()["taught"] == 1


def test_near_duplicates_are_counted_in_the_order_of_ids() -> None:
    line = "Keeps a lamp in the window for a sister who is at sea."
    records = [sheet("b", bond=line.replace("sea", "war")), sheet("a", bond=line, flaw="Owes him.")]
    found = quality(records, [], NONE).near_duplicates
    assert (found.texts, found.later, found.as_json()["share"]) == (3, 1, 0.3333)


def test_lengths_and_compression_are_told_of_each_kind() -> None:
    found = quality([sheet("a", flaw="Counts sheep.", bond="Owes the miller."), sheet("b", flaw="Owes him.")], [], NONE)
    assert found.kinds["trait"].lengths == {2: 2, 3: 1}
    assert found.as_json()["kinds"]["trait"]["lengths"] == {"2": 2, "3": 1}


def test_without_checks_and_world_it_is_told_what_is_missing() -> None:
    found = quality([sheet("a", flaw="Counts sheep.")], [], NONE)
    assert found.proofs is None and "proofs" not in found.as_json()
    assert found.as_json()["not_run"] == ["texts with foreign names", "spread over speakers and givers"]
