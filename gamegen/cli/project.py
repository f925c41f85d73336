"""`gamegen init` and `gamegen plugins`."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import click

from gamegen.cli.options import json_option
from gamegen.errors import HostFailed, UsageError

SAMPLE = "saltmarrow"


@click.command("init")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
def init_command(folder: Path) -> None:
    """Make a new project in FOLDER: a commented project file, and the sample world to play with and replace."""
    from gamegen._resources import folder as resource

    if folder.exists() and any(folder.iterdir()):
        raise UsageError.of(
            "GG007", "the folder is not empty", "name a new folder; init never overwrites", path=str(folder)
        )
    try:
        shutil.copytree(resource("samples") / SAMPLE, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".*"))
        for name in ("templates", "schemas"):
            (folder / name).mkdir(exist_ok=True)
    except OSError as error:
        raise HostFailed.of("GG008", f"cannot write: {error.strerror or error}", path=str(folder)) from None
    click.echo(f"project in {folder}")
    click.echo(f"next: cd {folder} && gamegen model add && gamegen generate quest -n 4 --out content/quests.jsonl")


@click.command("plugins")
@json_option
def plugins_command(as_json: bool) -> None:
    """List the kinds, formats and checks of this installation and project, and which plugin brings each."""
    from gamegen.plugins import load_registry
    from gamegen.project import Project

    origins = load_registry(Project.find(Path.cwd())).origins
    if as_json:
        click.echo(json.dumps(dict(origins), sort_keys=True))
        return
    width = max(map(len, origins))
    for what, plugin in sorted(origins.items()):
        click.echo(f"{what:<{width}}  {plugin}")
