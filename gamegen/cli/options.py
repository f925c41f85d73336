"""Options that several commands share, and how they find project, world and plugins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gamegen.errors import UsageError

if TYPE_CHECKING:
    from gamegen.project import Project
    from gamegen.world import World

Command = Callable[..., Any]

world_option = click.option("--world", "world_path", type=click.Path(path_type=Path), help="World file or folder.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")


def brief_options(command: Command) -> Command:
    """KIND and what is wanted of it."""
    for option in reversed(
        (
            click.argument("kind"),
            world_option,
            click.option("-n", "--count", type=int, default=1, show_default=True, help="How many records."),
            click.option("--seed", type=int, default=None, help="Seed (default: the project's, else 0)."),
            click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="Fix a property of the brief."),
            click.option("--briefs", type=click.Path(path_type=Path), help="CSV or TOML file with a brief per row."),
            click.option("--block", help="First part of the ids (default: the kind)."),
            click.option("--chain", type=int, metavar="K", help="Make quest lines of K records each."),
        )
    ):
        command = option(command)
    return command


@dataclass(frozen=True, slots=True)
class Place:
    """The project around a command, if there is one, and its world."""

    project: Project | None
    world: World


def world_around(project: Project | None, given: Path | None) -> World | None:
    """The world given, else that of the project, with what the project says of it; None if there is neither."""
    from gamegen.project import with_project
    from gamegen.world_file import load_world

    file = given or (project.world if project is not None else None)
    return with_project(load_world(file), project) if file is not None else None


def find_place(world_path: Path | None) -> Place:
    """The world given, or that of the project around the working folder. Raises UsageError if there is neither."""
    from gamegen.project import Project, with_project
    from gamegen.world_file import load_world

    project = Project.find(world_path or Path.cwd())
    if world_path is None:
        if project is None:
            raise UsageError.of(
                "GG006", "no world: this folder is not in a project", "give --world FILE, or run gamegen init DIR first"
            )
        world_path = project.world
    return Place(project, with_project(load_world(world_path), project))
