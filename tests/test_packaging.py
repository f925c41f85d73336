"""The wheel alone: built, installed with the `cpu` extra into an empty environment, run elsewhere and offline."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import venv
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from gamegen.errors import EXIT_DONE, EXIT_MODEL, EXIT_USAGE

pytestmark = pytest.mark.xdist_group("packaging")

CHECKOUT = Path(__file__).resolve().parent.parent
NO_NETWORK = '''\
"""Python imports this at start: whoever opens a socket fails."""
import socket


class Blocked(socket.socket):
    def __init__(self, *args, **kwargs):
        raise OSError("no network in this test")


def blocked(*args, **kwargs):
    raise OSError("no network in this test")


socket.socket = Blocked
socket.create_connection = socket.getaddrinfo = blocked
'''


@dataclass(frozen=True)
class Installed:
    """An environment that holds gamegen and what it requires, and a folder to work in that is not the checkout."""

    wheel: Path
    python: Path
    work: Path

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run its Python."""
        return self._run(self.python, *arguments)

    def gamegen(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the installed command."""
        return self._run(self.python.with_name("gamegen.exe" if os.name == "nt" else "gamegen"), *arguments)

    def evaluate(self, expression: str) -> object:
        """The JSON value of a Python expression there."""
        result = self.run("-c", f"import importlib.util, json; print(json.dumps({expression}))")
        assert result.returncode == 0, result.stderr
        return json.loads(result.stdout)

    def _run(self, program: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("GAMEGEN", "PYTHON"))}
        added = {
            "PYTHONPATH": str(self.work / "no_network"),
            "PYTHONUTF8": "1",
            "GAMEGEN_CACHE": str(self.work / "cache"),
        }
        return subprocess.run(
            [str(program), *arguments], cwd=self.work, env=kept | added, capture_output=True, encoding="utf-8"
        )


def run_here(*arguments: str) -> None:
    result = subprocess.run([sys.executable, "-m", *arguments], capture_output=True, encoding="utf-8")
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    root = tmp_path_factory.mktemp("packaging")
    isolation = ["--no-isolation"] if importlib.util.find_spec("hatchling") else []
    run_here("build", "--wheel", *isolation, "--outdir", str(root / "dist"), str(CHECKOUT))
    (wheel,) = (root / "dist").glob("*.whl")
    venv.create(root / "env", with_pip=False)
    python = root / "env" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    constraints = str(CHECKOUT / "constraints.txt")
    run_here("pip", "--python", str(python), "install", "--quiet", "--constraint", constraints, f"{wheel}[cpu]")
    work = root / "work"
    (work / "no_network").mkdir(parents=True)
    (work / "no_network" / "sitecustomize.py").write_text(NO_NETWORK, encoding="utf-8")
    return Installed(wheel, python, work)


@pytest.fixture(scope="module")
def project(installed: Installed) -> str:
    """A project that `gamegen init` made there, by its name."""
    result = installed.gamegen("init", "town")
    assert result.returncode == EXIT_DONE, result.stderr
    return "town"


def files_of(folder: Path) -> list[str]:
    """The data files below a folder; hidden ones are not shipped for use."""
    return sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith(".")
    )


def test_the_wheel_holds_two_packages_and_nothing_else(installed: Installed) -> None:
    names = zipfile.ZipFile(installed.wheel).namelist()
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"gamegen", "gamegen_exporters"}
    assert [name for name in names if "_data/" in name and name.endswith(".py")] == []


def test_the_licence_and_the_type_marker_are_in_the_wheel(installed: Installed) -> None:
    names = zipfile.ZipFile(installed.wheel).namelist()
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)
    assert "gamegen/py.typed" in names


def test_the_network_is_blocked_there(installed: Installed) -> None:
    assert "no network in this test" in installed.run("-c", "import socket; socket.socket()").stderr


def test_the_checkout_is_not_importable_there(installed: Installed) -> None:
    home = installed.evaluate("importlib.util.find_spec('gamegen').origin")
    assert str(home).startswith(str(installed.python.parent.parent))


@pytest.mark.parametrize("package", ["torch", "transformers", "optimum", "onnx", "pytest"])
def test_what_running_does_not_need_is_not_installed(installed: Installed, package: str) -> None:
    assert installed.evaluate(f"importlib.util.find_spec({package!r}) is None") is True


@pytest.mark.parametrize("name", ["schemas", "templates", "samples/saltmarrow"])
def test_the_data_comes_from_the_wheel_and_is_whole(installed: Installed, name: str) -> None:
    top, _, below = name.partition("/")
    expression = f"str(__import__('gamegen._resources', fromlist=['folder']).folder({top!r}))"
    folder = Path(str(installed.evaluate(expression))) / below
    assert folder.is_relative_to(installed.python.parent.parent)
    assert files_of(folder) == files_of(CHECKOUT / name)


def test_help_names_the_commands(installed: Installed) -> None:
    result = installed.gamegen("--help")
    assert result.returncode == EXIT_DONE, result.stderr
    for command in ("init", "model", "plan", "generate", "export", "validate", "play", "plugins"):
        assert f"\n  {command} " in result.stdout


def test_plugins_lists_the_kinds_and_formats(installed: Installed) -> None:
    result = installed.gamegen("plugins", "--json")
    assert result.returncode == EXIT_DONE, result.stderr
    kinds = {f"kind {kind}" for kind in ("quest", "dialogue", "character")}
    assert kinds | {f"format {format}" for format in ("ink", "yarn", "json")} <= set(json.loads(result.stdout))


def test_init_makes_a_project_from_the_wheel(installed: Installed, project: str) -> None:
    made = set(files_of(installed.work / project))
    assert made >= set(files_of(CHECKOUT / "samples" / "saltmarrow"))
    assert "gamegen.toml" in made


def test_validate_accepts_the_world(installed: Installed, project: str) -> None:
    result = installed.gamegen("validate", f"{project}/world")
    assert result.returncode == EXIT_DONE, result.stdout + result.stderr


def test_validate_tells_the_place_of_a_fault(installed: Installed) -> None:
    (installed.work / "broken.toml").write_text('[world]\nid = "X"\n', encoding="utf-8")
    result = installed.gamegen("validate", "broken.toml")
    assert result.returncode not in (EXIT_DONE, EXIT_MODEL)
    assert "broken.toml:2:6: GG705" in result.stdout + result.stderr


@pytest.mark.parametrize("kind", ["quest", "dialogue", "character"])
def test_plan_needs_no_model(installed: Installed, project: str, kind: str) -> None:
    result = installed.gamegen("plan", kind, "--world", f"{project}/world", "-n", "1")
    assert result.returncode == EXIT_DONE, result.stderr
    assert f"{kind}_0001" in result.stdout


def test_generate_without_a_model_says_how_to_get_one(installed: Installed, project: str) -> None:
    result = installed.gamegen("generate", "quest", "--world", f"{project}/world", "-n", "1", "--out", "quest.jsonl")
    assert result.returncode == EXIT_MODEL, result.stderr
    assert "gamegen model add" in result.stderr
    assert "Traceback" not in result.stderr
    assert not (installed.work / "quest.jsonl").exists()


def test_an_unknown_kind_names_the_nearest(installed: Installed, project: str) -> None:
    result = installed.gamegen("plan", "qest", "--world", f"{project}/world")
    assert result.returncode == EXIT_USAGE
    assert 'did you mean "quest"?' in result.stderr
