"""Debian packages that the tests of engine profiles run, installed once where they are missing."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from filelock import FileLock

MONO = {
    "mcs": "mono-mcs",
    "mono": "mono-runtime",
    "/usr/lib/mono/4.5/System.Web.Extensions.dll": "libmono-system-web-extensions4.0-cil",
}
GODOT = {"godot3-server": "godot3-server"}
"""Programs (or files, by their path) and the packages that bring them."""


def _there(name: str) -> bool:
    return Path(name).exists() if name.startswith("/") else shutil.which(name) is not None


def missing(wanted: dict[str, str]) -> list[str]:
    return [package for name, package in wanted.items() if not _there(name)]


def install(wanted: dict[str, str], lock: Path) -> str:
    """Installs what is missing with apt-get, as root alone. Why it cannot be used; empty if it can."""
    with FileLock(lock):
        packages = missing(wanted)
        if not packages:
            return ""
        listed = ", ".join(packages)
        if shutil.which("apt-get") is None or not hasattr(os, "geteuid") or os.geteuid() != 0:
            return f"{listed}: not installed, and only root can install Debian packages"
        _apt("update")  # without a network the old lists may do
        done = _apt("install", "-y", "--no-install-recommends", *packages)
        if done.returncode:
            return f"{listed}: apt-get failed: {done.stderr.strip()}"
        return f"{listed}: installed, but not found" if missing(wanted) else ""


def _apt(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["apt-get", "-o", "DPkg::Lock::Timeout=300", *arguments],
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=800,
    )
