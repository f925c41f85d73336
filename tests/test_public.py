"""The public door: what it offers, and that opening it costs nothing."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import gamegen
from gamegen import errors
from gamegen.codes import CODES
from gamegen.errors import GamegenError
from gamegen.records import Finding

ROOT = Path(__file__).parents[1]
SOURCES = [*ROOT.glob("gamegen/**/*.py"), *ROOT.glob("exporters/**/*.py")]
HEAVY = {"numpy", "torch", "transformers", "optimum", "onnxruntime", "rich", "jinja2", "jsonschema", "llguidance"}


def modules_after(statement: str) -> set[str]:
    script = f"{statement}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_every_public_name_is_there() -> None:
    for name in gamegen.__all__:
        assert getattr(gamegen, name) is not None


def test_the_door_offers_nothing_else() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'Sesion'"):
        gamegen.Sesion  # type: ignore[attr-defined]  # noqa: B018


def test_importing_gamegen_loads_nothing_heavy() -> None:
    assert not modules_after("import gamegen") & HEAVY


def test_the_help_page_loads_nothing_heavy() -> None:
    assert not modules_after("from gamegen.cli import run; run(['--help'])") & HEAVY


def test_every_code_in_the_source_has_a_meaning() -> None:
    used = {code for path in SOURCES for code in re.findall(r"\bGG\d{3}\b", path.read_text("utf-8"))}
    assert used <= CODES.keys()


def test_every_code_with_a_meaning_is_used() -> None:
    text = "".join(path.read_text("utf-8") for path in SOURCES if path.name != "codes.py")
    assert [code for code in CODES if code not in text] == []


def test_a_finding_is_one_line_with_its_place() -> None:
    finding = Finding("GG703", "unknown key", "did you mean x?", path="w.toml", line=3, column=7)
    assert str(finding) == "w.toml:3:7: GG703 unknown key; did you mean x?"


def test_every_error_of_the_tree_has_an_exit_code() -> None:
    tree = [value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, GamegenError)]
    assert {error.__name__: error.exit_code for error in tree} == {
        "GamegenError": 2,
        "UsageError": 2,
        "InvalidInput": 2,
        "SchemaFault": 2,
        "WorldFault": 2,
        "PluginFault": 2,
        "InvalidContent": 1,
        "ModelUnavailable": 3,
        "HostFailed": 4,
    }


def test_an_error_reports_all_its_findings() -> None:
    error = GamegenError([Finding("GG001", "a"), Finding("GG002", "b")])
    assert str(error) == "GG001 a\nGG002 b"
