"""`gamegen restyle`: the texts of records in another tone, or by another model."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gamegen.cli.options import json_option, world_option
from gamegen.cli.progress import record_bar
from gamegen.errors import EXIT_CONTENT, EXIT_DONE, UsageError
from gamegen.records import Record

if TYPE_CHECKING:
    from gamegen.project import Project
    from gamegen.restyling import Style
    from gamegen.rewording import Draft, Restyled
    from gamegen.session import Progress, Session
    from gamegen.world import World


@click.command("restyle")
@click.argument("records", nargs=-1, required=True, metavar="RECORD...")
@click.option("--tone", help='The tone of the new texts: a short phrase, like "wry" or "grim and formal".')
@click.option("--model", help="The model that writes them: a model id or folder (default: the project's, else ours).")
@click.option("--only", metavar="TEXTKEY-GLOB", help="Which texts, like 'nodes/*/lines/*' (default: all).")
@click.option("--seed", type=int, help="Seed of the new texts (default: each record's own).")
@click.option("--provider", type=click.Choice(["auto", "cpu", "cuda", "dml"]), default="auto", show_default=True)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="JSONL file (default: show a diff).")
@click.option("--overwrite", is_flag=True, help="Replace a file that holds another run.")
@world_option
@json_option
def restyle_command(
    records: tuple[str, ...],
    tone: str | None,
    model: str | None,
    only: str | None,
    seed: int | None,
    provider: str,
    out: Path | None,
    overwrite: bool,
    world_path: Path | None,
    as_json: bool,
) -> int:
    """Write the texts of each RECORD again (a JSONL file, or FILE#id), in another --tone or by another --model.

    Only texts change: structure, ids, state, numbers and line ids are locked. Without --out the old and the new texts
    are shown side by side; with it finished records reach the file in order, and the same command again goes on where
    it stopped. Exit code 1 if a record was refused; it is kept as it was.
    """
    from gamegen.plugins import load_registry
    from gamegen.restyling import prepare, style_of
    from gamegen.rewording import Draft, Restyled
    from gamegen.session import Session

    style = style_of(tone, model, only, seed)
    chosen, files = choose(records)
    if out is not None and out.resolve() in {file.resolve() for file in files}:
        raise UsageError.of("GG016", "expected --out to be another file than RECORD", "give a new name", path=str(out))
    project, world = _place(world_path, files[0])
    prepared = prepare([record for record, _ in chosen], load_registry(project), world, project, style)
    places = {record.id: place for record, place in chosen}
    results = [each for each in prepared if isinstance(each, Restyled)]
    if any(isinstance(each, Draft) for each in prepared):
        total = sum(isinstance(each, Draft) and bool(each.texts) for each in prepared)
        with Session(model, provider, project=project) as session, record_bar("restyle", total) as bar:
            click.echo(f"{session.engine.info.model} on {session.engine.info.provider}", err=True)
            if session.engine.notice:
                click.echo(session.engine.notice, err=True)
            results = _run(session, prepared, world, style, bar, out, overwrite, show=out is None and not as_json)
    if as_json:
        changes = [change.as_json() for each in results for change in each.changes]
        click.echo(json.dumps(changes, ensure_ascii=False, indent=2))
    for each in results:
        for finding in each.findings:
            click.echo(str(finding.at(places[each.record.id])), err=True)
    click.echo(_summary(results, len(prepared)), err=True)
    return EXIT_CONTENT if any(each.findings for each in results) else EXIT_DONE


def split_id(argument: str, exists: Callable[[Path], bool] = Path.exists) -> tuple[Path, str | None]:
    """FILE or FILE#id as (file, id). A file whose own name has a # is taken as it is, where it exists."""
    file, mark, id = argument.rpartition("#")
    if not mark or not file or not id or exists(Path(argument)):
        return Path(argument), None
    return Path(file), id


def choose(arguments: Sequence[str]) -> tuple[list[tuple[Record, str]], list[Path]]:
    """((record, FILE#id) of each record meant, once; the files). Raises UsageError (GG006) for an id that is not there,
    InvalidInput for a file that cannot be read."""
    from gamegen.exporting import load_records
    from gamegen.naming import did_you_mean

    loaded: dict[Path, dict[str, Record]] = {}
    chosen: dict[tuple[Path, str], Record] = {}
    for argument in arguments:
        file, id = split_id(argument)
        if file not in loaded:
            loaded[file] = {record.id: record for record in load_records([file])}
        there = loaded[file]
        if id is not None and id not in there:
            raise UsageError.of("GG006", f"no record {id!r}", did_you_mean(id, there), path=str(file))
        chosen |= {(file, name): there[name] for name in (there if id is None else [id])}
    if not chosen:
        raise UsageError.of(
            "GG006", "expected a record, found none", "name a file of records", path=str(next(iter(loaded)))
        )
    return [(record, f"{file}#{id}") for (file, id), record in chosen.items()], list(loaded)


def _place(world_path: Path | None, content: Path) -> tuple[Project | None, World]:
    """The project around the world, the content or the working folder, and the world given or else its own."""
    from gamegen.project import Project
    from gamegen.world_file import load_world

    starts = [world_path] if world_path is not None else [content, Path.cwd()]
    project = next((found for start in starts if (found := Project.find(start)) is not None), None)
    file = world_path if world_path is not None or project is None else project.world
    if file is None:
        raise UsageError.of(
            "GG006", "no world: neither RECORD nor this folder is in a project", "give --world FILE", path=str(content)
        )
    return project, load_world(file)


def _run(
    session: Session,
    prepared: Sequence[Draft | Restyled],
    world: World,
    style: Style,
    bar: Callable[[Progress], None],
    out: Path | None,
    overwrite: bool,
    show: bool,
) -> list[Restyled]:
    """What became of each record, in order; without those that an earlier run has written to the file."""
    from gamegen.build.store import RecordStore
    from gamegen.restyling import restyle_inputs, run
    from gamegen.session import in_order

    if out is None:
        results = []
        for each in in_order(run(session, prepared, world=world, style=style, progress=bar)):
            results.append(each)
            if show:
                _show(each)
        return results
    done: dict[int, Restyled] = {}
    inputs = restyle_inputs(session, prepared, world, style)
    with RecordStore(out, inputs, [each.record.id for each in prepared], overwrite) as store:
        missing = set(store.missing)
        rest = [each for each in prepared if each.record.id in missing or _refused(each)]
        for position, restyled in run(session, rest, world=world, style=style, progress=bar):
            if restyled.record.id in missing:
                store.add(restyled.record)
            done[position] = restyled
    return [done[position] for position in sorted(done)]


def _refused(each: Draft | Restyled) -> bool:
    """Refused before the model was asked; told again at each run."""
    from gamegen.rewording import Restyled

    return isinstance(each, Restyled)


def _show(restyled: Restyled) -> None:
    """Old and new texts side by side, each below its key."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    if restyled.changes:
        console.print(Text(restyled.record.id, style="bold"))
    for change in restyled.changes:
        console.print(Text(f"  {change.key}", style="dim"))
        table = Table.grid(padding=(0, 2), expand=True)
        table.add_column(ratio=1, overflow="fold")
        table.add_column(ratio=1, overflow="fold")
        new = Text(change.new) if change.changed else Text("(unchanged)", style="dim")
        table.add_row(Text(change.old), new)
        console.print(table)


def _summary(results: Sequence[Restyled], total: int) -> str:
    refused = sum(bool(each.findings) for each in results)
    asked = sum(len(each.changes) for each in results)
    changed = sum(each.changed for each in results)
    kept = f", {total - len(results)} kept from before" if total > len(results) else ""
    return f"{total} records: {changed} texts are new, {asked - changed} unchanged; {refused} records refused{kept}"
