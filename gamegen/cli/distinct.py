"""`gamegen distinct`: no two texts of a project nearly the same."""

from __future__ import annotations

import json
from pathlib import Path

import click

from gamegen.cli.options import json_option, world_option
from gamegen.errors import EXIT_CONTENT, EXIT_DONE, UsageError


@click.command("distinct")
@click.argument("content", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--model", help="Model id in the cache, or a model folder (default: the project's, else the default).")
@click.option("--provider", type=click.Choice(["auto", "cpu", "cuda", "dml"]), default="auto", show_default=True)
@click.option("--check", is_flag=True, help="Only name the texts that would be written again; runs no model.")
@world_option
@json_option
def distinct_command(
    content: tuple[Path, ...],
    model: str | None,
    provider: str,
    check: bool,
    world_path: Path | None,
    as_json: bool,
) -> int:
    """Write the near-duplicates of all of CONTENT again (JSONL files or folders of them, in this order).

    Of two texts that are nearly the same the one of the later record yields, wherever the earlier one stands; texts
    that people wrote, approved or locked never do. The same command again changes nothing. With --check exit code 1 if
    a text waits to be written again.
    """
    from gamegen.build.content import ContentFiles
    from gamegen.near_index import Index
    from gamegen.project import Project, with_project
    from gamegen.rewriting import near_duplicates_of, without_near_duplicates
    from gamegen.session import Session
    from gamegen.world_file import load_world

    project = Project.find(world_path or content[0])
    file = world_path or (project.world if project is not None else None)
    if file is None:
        raise UsageError.of("GG006", "no world: the content is not in a project", "give --world FILE")
    with ContentFiles(content) as files, Index.open(files.paths[0].with_name("content.near")) as index:
        waiting = [each for each in near_duplicates_of(files.records) if each.yields]
        if check or not waiting:
            for each in waiting:
                click.echo(f"{each.record}: like a text of {each.earlier}: {each.text}", err=as_json)
            if as_json:
                click.echo(json.dumps({"waiting": len(waiting), "changed": []}))
            return EXIT_CONTENT if waiting else EXIT_DONE
        world = with_project(load_world(file), project)
        with Session(model, provider, project=project) as session:
            records, report = without_near_duplicates(session, world, files.records, index=index)
        changed = [str(path) for path in files.replace(records)]
        index.keep(record.id for record in records)
    click.echo(str(report), err=True)
    for path in changed:
        click.echo(path, err=as_json)
    if as_json:
        click.echo(json.dumps({**report.as_json(), "changed": changed}))
    return EXIT_DONE
