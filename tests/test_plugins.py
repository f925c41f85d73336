"""The plugin contract: a package is installed and used; a bad plugin is refused by name."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pluggy
import pytest

import gamegen
from gamegen import hookspecs
from gamegen.errors import PluginFault, SchemaFault, UsageError
from gamegen.generators.character.generator import GENERATOR
from gamegen.plugins import collect, load_registry
from gamegen.project import load_project
from gamegen.testing import FakeEngine, conform
from gamegen.world_file import load_world

ROOT = Path(__file__).parents[1]
WORLD = ROOT / "samples" / "saltmarrow" / "world"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a Python into which the sample plugin is installed."""
    target = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*command, "--target", target, ROOT / "samples" / "plugin"], check=True)
    return {**os.environ, "PYTHONPATH": str(target)}


def run(env: dict[str, str], script: str, *arguments: str) -> Any:
    """Run a script in the environment; returns the JSON it prints."""
    done = subprocess.run([sys.executable, "-c", script, *arguments], env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


MAKE = """
import json, sys, gamegen
from gamegen.testing import FakeEngine
world = gamegen.load_world(sys.argv[1])
with gamegen.Session(engine=FakeEngine()) as session:
    records = [record for kind in ("rumor", "notice") for record in session.stream(kind, world=world, count=3, seed=4)]
paths = gamegen.export(records, "sheet", sys.argv[2])
print(json.dumps({"records": [dict(record.data) for record in records], "sheet": paths[0].read_text("utf-8")}))
"""


def test_an_installed_plugin_brings_two_kinds_and_a_format(installed: dict[str, str]) -> None:
    listed = subprocess.run(
        [sys.executable, "-m", "gamegen", "plugins", "--json"],
        env=installed,
        capture_output=True,
        text=True,
        check=True,
    )
    origins = json.loads(listed.stdout)
    assert origins["kind rumor"] == "noticeboard-data"
    assert origins["kind notice"] == origins["format sheet"] == "noticeboard"
    assert origins["kind quest"] == "generators"


def test_an_installed_plugin_makes_records_and_exports_them(installed: dict[str, str], tmp_path: Path) -> None:
    made = run(installed, MAKE, str(WORLD), str(tmp_path))
    rumors, notices = made["records"][:3], made["records"][3:]
    assert [record["id"] for record in rumors] == ["rumor_0001", "rumor_0002", "rumor_0003"]
    assert all(record["told"]["text"] and record["spread"] == 1 for record in rumors)
    world = load_world(WORLD)
    assert all(record["price"] == 15 * world.creatures[record["creature"]].danger for record in notices)
    assert made["sheet"].count("\n") == 7
    assert all(record["told"]["id"] in made["sheet"] for record in rumors)


def test_without_the_plugin_its_kind_is_unknown() -> None:
    with pytest.raises(UsageError, match="GG001 no generator makes 'rumor'"):
        load_registry().generator("rumor")


def test_the_shipped_kinds_conform() -> None:
    assert conform(GENERATOR, load_world(WORLD), seeds=[1]) == []


def project_at(folder: Path) -> gamegen.Project:
    (folder / "gamegen.toml").write_text('[project]\nid = "mine"\n', encoding="utf-8")
    return load_project(folder)


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def test_a_project_overrides_a_template(tmp_path: Path) -> None:
    write(tmp_path / "templates" / "character" / "trait.j2", 'MINE {{ card.must }}: "')
    engine = FakeEngine()
    with gamegen.Session(engine=engine, project=project_at(tmp_path)) as session:
        list(session.stream("character", world=load_world(WORLD), seed=1))
    assert engine.jobs and all(job.prompt.startswith("MINE ") for job in engine.jobs)


def test_a_project_extends_a_schema_by_a_file_of_the_same_name(tmp_path: Path) -> None:
    extension = {
        "properties": {
            "laugh": {"type": "string", "minLength": 10, "maxLength": 120, "description": "how the person laughs"},
            "shoe_size": {"type": "integer", "default": 40},
        },
        "required": ["laugh"],
    }
    write(tmp_path / "schemas" / "character.schema.json", json.dumps(extension))
    write(tmp_path / "templates" / "character" / "laugh.j2", 'How does {{ name }} laugh? "')
    engine = FakeEngine()
    with gamegen.Session(engine=engine, project=project_at(tmp_path)) as session:
        (record,) = session.stream("character", world=load_world(WORLD), seed=1)
    assert len(record["laugh"]) >= 10
    assert record["shoe_size"] == 40
    assert any(job.prompt.startswith(f"How does {record['name']} laugh") for job in engine.jobs)


def test_a_project_brings_a_kind_of_its_own(tmp_path: Path) -> None:
    schema = {
        "type": "object",
        "properties": {
            "id": {"type": "string"},
            "kind": {"const": "omen"},
            "sign": {"type": "string", "minLength": 5, "maxLength": 80},
            "weight": {"type": "integer", "minimum": 1, "maximum": 3},
            "provenance": {"type": "object"},
            "review": {"type": "object"},
        },
        "required": ["id", "kind", "sign", "weight"],
        "additionalProperties": False,
    }
    write(tmp_path / "schemas" / "omen.schema.json", json.dumps(schema))
    write(tmp_path / "templates" / "omen" / "document.j2", "An omen of {{ world.name }} as JSON:")
    with gamegen.Session(engine=FakeEngine(), project=project_at(tmp_path)) as session:
        (record,) = session.stream("omen", world=load_world(WORLD), seed=1)
    assert record["id"] == "omen_0001" and 1 <= record["weight"] <= 3


def test_an_extension_that_changes_a_property_is_refused_with_its_file(tmp_path: Path) -> None:
    path = tmp_path / "schemas" / "quest.schema.json"
    write(path, json.dumps({"properties": {"title": {"type": "string"}}}))
    with pytest.raises(SchemaFault) as caught:
        load_registry(project_at(tmp_path))
    assert caught.value.findings[0].path == str(path)


def test_a_kind_without_templates_is_refused(tmp_path: Path) -> None:
    schema = {"properties": {"id": {"type": "string"}, "kind": {"const": "omen"}}}
    write(tmp_path / "schemas" / "omen.schema.json", json.dumps(schema))
    with pytest.raises(SchemaFault, match="expected templates"):
        load_registry(project_at(tmp_path))


def refused(**hooks: Any) -> PluginFault:
    manager = pluggy.PluginManager("gamegen")
    manager.add_hookspecs(hookspecs)
    methods = {name: staticmethod(gamegen.hookimpl(lambda value=value: value)) for name, value in hooks.items()}
    manager.register(type("Bad", (), methods)(), name="bad-plugin")
    with pytest.raises(PluginFault, match="plugin 'bad-plugin' refused") as caught:
        collect(manager)
    return caught.value


@pytest.mark.parametrize(
    ("generator", "message"),
    [
        ("quest", "returned str, expected Generator"),
        (replace(GENERATOR, api=2), "Generator.api is 2, this gamegen speaks api 1"),
        (replace(GENERATOR, kind="Bad Kind"), "kind must match"),
        (replace(GENERATOR, kind="other"), "its schema must fix `kind` to 'other'"),
        (replace(GENERATOR, write=None), "plan and write must be functions"),
        (replace(GENERATOR, templates=Path("nowhere")), "does not exist"),
    ],
)
def test_a_bad_generator_is_refused_with_the_reason(generator: Any, message: str) -> None:
    assert message in str(refused(gamegen_generators=[generator]))


def test_a_kind_that_two_plugins_bring_is_refused() -> None:
    assert "already brought by bad-plugin" in str(refused(gamegen_generators=[GENERATOR, GENERATOR]))


def test_a_card_that_is_declared_with_other_fields_is_refused() -> None:
    said = str(refused(gamegen_generators=[replace(GENERATOR, cards={"trait": ("who", "must")})]))
    assert "kind character: its card 'trait' has the fields who, must, but gamegen declares who, part," in said


def test_two_kinds_agree_about_the_fields_of_a_card() -> None:
    kinds = [
        replace(GENERATOR, kind=kind, schema={"properties": {"kind": {"const": kind}}}, cards={"sign": fields})
        for kind, fields in (("omen", ("place", "must")), ("portent", ("must",)))
    ]
    said = str(refused(gamegen_generators=kinds))
    assert "GG010" in said
    assert "kind portent: its card 'sign' has the fields must, but kind omen declares place, must" in said


def test_a_bad_exporter_is_refused_with_the_reason() -> None:
    exporter = gamegen.Exporter(format="twee", kinds=(), render=None)  # type: ignore[arg-type]
    assert "render must be a function" in str(refused(gamegen_exporters=[exporter]))
