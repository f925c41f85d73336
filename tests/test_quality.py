"""The figures of finished content."""

from __future__ import annotations

from typing import Any

from gamegen.originality import Copies
from gamegen.quality import SAMPLE, quality

NONE = Copies()


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
