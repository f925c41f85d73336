"""Pictures of the figures: made, readable files, the same bytes twice."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gamegen.errors import HostFailed, UsageError
from gamegen.originality import Copies
from gamegen.quality import Quality, pictures, quality
from gamegen.quality.pictures import draw
from tests.quality.test_structure import DIALOGUE


def figures() -> Quality:
    people = ["clerk", "$smith & $co", "guard" * 20, "灯台守", *(f"role {n}" for n in range(20))]
    sheets: list[dict[str, Any]] = [
        {
            "id": f"c{number}",
            "kind": "character",
            "pronouns": "she" if number % 3 else "they",
            "role": role,
            "flaw": {"id": f"f{number}", "text": f"Counts {number} sheep aloud at night."},
        }
        for number, role in enumerate(people)
    ]
    return quality([DIALOGUE, *sheets], [], Copies())


@pytest.fixture(scope="module")
def found() -> Quality:
    return figures()


def test_each_picture_is_made_as_png_and_svg(found: Quality, tmp_path: Path) -> None:
    files = draw(found, tmp_path / "new" / "pictures")
    names = ("structure", "variety", "words", "spread")
    assert [path.name for path in files] == [f"{name}.{format}" for name in names for format in ("png", "svg")]
    for path in files:
        begins = b"\x89PNG" if path.suffix == ".png" else b"<?xml"
        assert path.read_bytes().startswith(begins) and path.stat().st_size > 2000


def test_the_same_figures_give_the_same_bytes(found: Quality, tmp_path: Path) -> None:
    first = [path.read_bytes() for path in draw(found, tmp_path / "one")]
    code = "import sys; from pathlib import Path; from tests.quality.test_pictures import draw, figures; "
    code += "draw(figures(), Path(sys.argv[1]))"
    root = Path(__file__).parents[2]
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "two")], cwd=root, check=True)
    again = draw(found, tmp_path / "two again")
    assert first == [path.read_bytes() for path in again]
    assert first == [(tmp_path / "two" / path.name).read_bytes() for path in again]


def test_no_file_tells_when_or_with_what_it_was_made(found: Quality, tmp_path: Path) -> None:
    for path in draw(found, tmp_path):
        assert b"date" not in path.read_bytes().lower().replace(b"update", b"")
        assert b"matplotlib.org" not in path.read_bytes()


def test_what_there_is_nothing_of_has_no_picture(found: Quality, tmp_path: Path) -> None:
    bare = replace(found, structure={}, spread={})
    assert {path.stem for path in draw(bare, tmp_path)} == {"variety", "words"}
    assert draw(quality([], [], Copies()), tmp_path) == []


def test_settings_of_the_user_change_nothing(found: Quality, tmp_path: Path) -> None:
    import matplotlib

    first = [path.read_bytes() for path in draw(found, tmp_path / "one")]
    with matplotlib.rc_context({"font.size": 30, "savefig.transparent": True}):
        assert first == [path.read_bytes() for path in draw(found, tmp_path / "two")]
        assert matplotlib.rcParams["font.size"] == 30


def test_without_matplotlib_the_extra_is_named(found: Quality, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"GG017 .*gamegen\[quality\]"):
        draw(found, tmp_path)


def test_a_folder_that_cannot_be_written_is_told(found: Quality, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(HostFailed, match="GG008"):
        draw(found, tmp_path / "file")


def test_measuring_does_not_import_matplotlib() -> None:
    code = "import sys, gamegen.quality, gamegen.quality.pictures; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
