"""The README's blocks run as written, in a copy of what a reader has."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"<!-- runs in tests( with the model)? -->\n```(\w*)\n(.*?)```", re.DOTALL)
PAGES = ("README.md", "samples/README.md")
BLOCKS = {page: BLOCK.findall((ROOT / page).read_text("utf-8")) for page in PAGES}


def shell(commands: str, folder: Path) -> None:
    """Run commands line by line; `cd` stays for the lines below."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    command = ["sh", "-c", "set -eu\n" + commands]
    done = subprocess.run(command, cwd=folder, env={**os.environ, "PATH": path}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_readme_has_blocks_of_both_kinds() -> None:
    kinds = {(bool(model), language) for model, language, _ in BLOCKS["README.md"]}
    assert kinds == {(False, ""), (True, ""), (True, "python")}


@pytest.mark.parametrize("name", sorted(BLOCKS))
def test_blocks_without_a_model_run(name: str, tmp_path: Path) -> None:
    (tmp_path / "samples").symlink_to(ROOT / "samples")
    for model, _, text in BLOCKS[name]:
        if not model:
            shell(text, tmp_path)


@pytest.mark.model
@pytest.mark.usefixtures("default_model")
def test_the_samples_are_written_as_their_page_says(tmp_path: Path) -> None:
    (tmp_path / "samples").symlink_to(ROOT / "samples")
    shell("".join(text for model, _, text in BLOCKS["samples/README.md"] if model), tmp_path)
    assert (tmp_path / "people.jsonl").read_bytes().count(b"\n") == 4


@pytest.mark.model
@pytest.mark.usefixtures("default_model")
def test_the_first_ten_minutes_run(tmp_path: Path) -> None:
    (tmp_path / "samples").symlink_to(ROOT / "samples")
    shell("\n".join(text for _, language, text in BLOCKS["README.md"] if not language), tmp_path)
    assert list((tmp_path / "mygame" / "build" / "ink").glob("*.ink"))
    (tmp_path / "script.py").write_text(
        "".join(text for _, language, text in BLOCKS["README.md"] if language == "python"), encoding="utf-8"
    )
    done = subprocess.run([sys.executable, "script.py"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 2
    assert list((tmp_path / "build" / "ink").glob("*.ink"))


def test_every_linked_file_exists() -> None:
    for page in [*(ROOT / page for page in PAGES), *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text("utf-8")):
            if "://" not in target:
                assert (page.parent / target).exists(), f"{page.name}: {target}"
