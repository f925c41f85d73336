"""The gallery: what stands in samples/gallery passes every check, and its pages show just these records."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.gallery import EACH, GALLERY, page
from benchmarks.quality import KINDS, WORLDS
from gamegen.exporting import load_records
from gamegen.validating import validate_paths

SAMPLES = Path(__file__).parents[1] / "samples"


@pytest.mark.parametrize("world", WORLDS)
def test_every_record_passes_its_proofs(world: str) -> None:
    report = validate_paths([GALLERY / world], SAMPLES / world / "world")
    assert [str(finding) for finding in report.findings] == []
    assert report.records == EACH * len(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_shows_the_records_of_its_kind(kind: str) -> None:
    picked = [(world, record) for world in WORLDS for record in load_records([GALLERY / world / f"{kind}.jsonl"])]
    assert (GALLERY / f"{kind}.md").read_text(encoding="utf-8") == page(kind, picked)
