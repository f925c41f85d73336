"""Each code has a page that says what it means, shows it and says what to do; the examples are true."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from gamegen.codes import CODES
from gamegen.errors import GamegenError
from gamegen.explaining import page
from gamegen.world_file import load_world
from tests.check_pages import FOLDER, Example, base, examples, pages, patched
from tests.mutations.good import findings, records

HEADINGS = ["## What it means", "## Example", "## What to do"]


def test_every_code_has_a_page_and_every_page_a_code() -> None:
    assert set(pages()) == set(CODES)


@pytest.mark.parametrize("code", CODES)
def test_a_page_has_its_title_and_the_three_headings(code: str) -> None:
    lines = pages()[code].splitlines()
    assert lines[0] == f"# {code}: {CODES[code]}"
    assert [line for line in lines if line.startswith("#") and not line.startswith("# ")][:3] == HEADINGS
    assert page(code) == pages()[code].rstrip("\n")


def test_pages_share_no_paragraph() -> None:
    """Of the explanations; examples may resemble each other."""
    found = Counter(
        paragraph
        for text in pages().values()
        for part in (text.split("## Example")[0], text.split("## What to do")[1])
        for paragraph in re.split(r"\n+", part)
        if not paragraph.startswith("#") and paragraph
    )
    assert [paragraph for paragraph, count in found.items() if count > 1] == []


def test_each_page_shows_its_own_code() -> None:
    for code, text in pages().items():
        example = text.split("## Example")[1].split("## What to do")[0]
        assert code in example or code.lower() in example or "```json" in example, code


def test_the_index_lists_every_page() -> None:
    listed = re.findall(r"^- \[(GG\d+)\]\((GG\d+)\.md\) (.+)$", (FOLDER / "README.md").read_text("utf-8"), re.MULTILINE)
    assert listed == [(code, code, meaning) for code, meaning in CODES.items()]


def test_the_records_of_the_examples_are_good() -> None:
    for kind in ("dialogue", "quest"):
        record = base(kind)
        assert record is not None
        assert [str(finding) for finding in findings("saltmarrow", record)] == []


def test_enough_pages_can_be_run() -> None:
    assert len({example.page for example in examples()}) >= 25
    assert all(example.page == example.code for example in examples())


@pytest.mark.parametrize("example", examples(), ids=[example.page for example in examples()])
def test_an_example_yields_its_code(example: Example, tmp_path: Path) -> None:
    if example.language == "toml":
        file = tmp_path / "world.toml"
        file.write_text(example.source, encoding="utf-8")
        with pytest.raises(GamegenError) as error:
            load_world(file)
        assert example.code in {finding.code for finding in error.value.findings}
        return
    record = base(example.kind) or records(example.kind)[0][1]
    document = patched(record, json.loads(example.source))
    assert example.code in {finding.code for finding in findings("saltmarrow", document)}
