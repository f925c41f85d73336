"""docs/tuning.md says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

from click.testing import CliRunner

from gamegen.cards import FIELDS
from gamegen.checks.text_rules import WORD_BOUNDS
from gamegen.cli import cli
from gamegen.codes import CODES
from gamegen.tune.evaluate import measure
from gamegen.tune.reading import OPTIONAL

PAGE = (Path(__file__).parents[2] / "docs" / "tuning.md").read_text("utf-8")


def test_every_code_of_tuning_is_explained() -> None:
    told = set(re.findall(r"^\| (GG\d{3}) \|", PAGE, re.MULTILINE))
    assert told == {code for code in CODES if "GG870" <= code <= "GG899"}


def test_every_kind_stands_there_with_its_fields_and_bounds() -> None:
    for kind, fields in FIELDS.items():
        shown = ", ".join(f"`{name}`" + "*" * (name in OPTIONAL.get(kind, ())) for name in fields)
        low, high = WORD_BOUNDS[kind]
        assert f"| `{kind}` | {shown} | {low}-{high}" in PAGE


def test_every_option_stands_there() -> None:
    shown = CliRunner().invoke(cli, ["tune", "--help"], catch_exceptions=False).output
    options = set(re.findall(r"--[a-z-]+", shown)) - {"--help"}
    assert not {option for option in options if f"`{option}" not in PAGE}


def test_every_figure_stands_there() -> None:
    assert not {name for name in measure([], [], []) if f"`{name}`" not in PAGE} - {"texts"}
