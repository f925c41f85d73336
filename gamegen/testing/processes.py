"""An exporter run in processes of their own: another hash seed, another time zone, another folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from operator import attrgetter
from tempfile import TemporaryDirectory

from gamegen.hookspecs import Exporter
from gamegen.records import JSON

WORLDS = (("1", "XYZ-14"), ("2", "XYZ12"))
"""Hash seeds and time zones."""
_SCRIPT = """\
import importlib, json, operator, sys
module, name, part, streams = sys.argv[1:]
render = operator.attrgetter(name)(importlib.import_module(module))
render = render.render if part == "exporter" else render
from gamegen.testing.rendering import digests, rendered
given = json.load(sys.stdin)
print("\\n" + json.dumps(digests(rendered(render, streams == "True", given["records"], given["options"]))))
"""


def elsewhere(
    exporter: Exporter, records: Sequence[Mapping[str, JSON]], options: Mapping[str, JSON]
) -> dict[str, tuple[dict[str, str], str]]:
    """By what is told of the process: the digest of each file, and why there is none."""
    address = _address(exporter)
    if address is None:
        return {"": ({}, "render is not to be found by its name in its module: not tried in other processes")}
    found = {}
    given = json.dumps({"records": list(records), "options": dict(options)})
    path = os.pathsep.join(os.path.abspath(one) for one in sys.path)  # noqa: PTH100 - an empty one is this folder
    for seed, zone in WORLDS:
        with TemporaryDirectory() as folder:
            done = subprocess.run(
                [sys.executable, "-c", _SCRIPT, *address, str(exporter.streams)],
                input=given,
                cwd=folder,
                env={**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "PYTHONPATH": path, "PYTHONUTF8": "1"},
                capture_output=True,
                encoding="utf-8",
                check=False,
            )
        fault = "" if done.returncode == 0 else f"it fails in another process: {done.stderr.strip()[-300:]}"
        found[f"hash seed {seed}"] = ({} if fault else json.loads(done.stdout.splitlines()[-1]), fault)
    return found


def _address(exporter: Exporter) -> tuple[str, str, str] | None:
    """Module, name and sort of what another process can import: the function itself, or the exporter that holds it."""
    name = getattr(exporter.render, "__module__", "")
    module = sys.modules.get(name)
    qualified = getattr(exporter.render, "__qualname__", "<locals>")
    if module is not None and "<" not in qualified:
        try:
            if attrgetter(qualified)(module) is exporter.render:
                return name, qualified, "render"
        except AttributeError:
            pass
    held = (key for key, value in vars(module).items() if value is exporter) if module is not None else iter(())
    return next(((name, key, "exporter") for key in held), None)
