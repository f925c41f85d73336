"""Briefs: counts, settings and rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from gamegen.briefs import briefs_for, parse_settings, read_briefs
from gamegen.errors import InvalidInput, UsageError
from gamegen.hookspecs import Generator


def nothing(*_: object) -> None:
    raise NotImplementedError


GENERATOR = Generator(
    kind="toy",
    schema={},
    plan=nothing,  # type: ignore[arg-type]
    write=nothing,  # type: ignore[arg-type]
    settings={
        "level": {"type": "integer", "minimum": 1, "maximum": 20},
        "giver": {"type": "string"},
        "grim": {"type": "boolean"},
    },
)


def test_ordinals_have_four_digits() -> None:
    assert [brief.id for brief in briefs_for(GENERATOR, "toys", 2, {})] == ["toys_0001", "toys_0002"]


def test_forty_begin_with_twenty() -> None:
    assert briefs_for(GENERATOR, "toy", 40, {})[:20] == briefs_for(GENERATOR, "toy", 20, {})


@pytest.mark.parametrize("count", [0, -3])
def test_a_count_that_is_not_positive_is_refused(count: int) -> None:
    with pytest.raises(UsageError, match="GG003"):
        briefs_for(GENERATOR, "toy", count, {})


def test_texts_become_the_type_that_the_kind_declares() -> None:
    (brief,) = briefs_for(GENERATOR, "toy", 1, parse_settings(["level=3", "giver=7", "grim=true"]))
    assert brief.settings == {"level": 3, "giver": "7", "grim": True}


def test_every_wrong_setting_is_named_with_what_was_expected() -> None:
    with pytest.raises(UsageError) as caught:
        briefs_for(GENERATOR, "toy", 1, {"levle": 3, "level": 30, "grim": "maybe"})
    codes = {finding.code: finding for finding in caught.value.findings}
    assert 'did you mean "level"?' in codes["GG004"].hint
    assert len(caught.value.findings) == 3
    assert '"maximum": 20' in str(caught.value)


@pytest.mark.parametrize("pair", ["level", "=3", " =3"])
def test_a_setting_needs_a_key_and_a_value(pair: str) -> None:
    with pytest.raises(UsageError, match="GG004"):
        parse_settings([pair])


def test_a_spreadsheet_gives_a_brief_per_row(tmp_path: Path) -> None:
    path = tmp_path / "briefs.csv"
    path.write_text("\ufeffid,level,giver\nsmith,3,mira\nferry,,oren\n", encoding="utf-8")
    briefs = briefs_for(GENERATOR, "toy", 1, {"grim": True}, read_briefs(path))
    assert [brief.id for brief in briefs] == ["toy_smith", "toy_ferry"]
    assert briefs[0].settings == {"grim": True, "level": 3, "giver": "mira"}
    assert briefs[1].settings == {"grim": True, "giver": "oren"}


def test_a_toml_file_gives_a_brief_per_table(tmp_path: Path) -> None:
    path = tmp_path / "briefs.toml"
    path.write_text('[[brief]]\nid = "a"\nlevel = 4\n', encoding="utf-8")
    assert briefs_for(GENERATOR, "toy", 1, {}, read_briefs(path))[0].settings == {"level": 4}


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("b.csv", "id,level\n", "no rows"),
        ("b.csv", "level\n3\n", "expected an id"),
        ("b.csv", "id\na\na\n", "stands twice"),
        ("b.toml", "[[brief]", "not TOML"),
    ],
)
def test_a_bad_briefs_file_is_refused(tmp_path: Path, name: str, text: str, message: str) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidInput, match=message):
        read_briefs(path)


def test_a_missing_briefs_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="GG006"):
        read_briefs(tmp_path / "none.csv")
