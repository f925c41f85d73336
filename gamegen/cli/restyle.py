"""`gamegen restyle`: the texts of records in another tone, or by another model."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gamegen.cli.options import json_option, world_option
from gamegen.cli.progress import record_bar
from gamegen.errors import EXIT_CONTENT, EXIT_DONE, HostFailed, UsageError
from gamegen.records import JSON, Finding, Record, canonical, content_hash

if TYPE_CHECKING:
    from gamegen.project import Project
    from gamegen.rewording import Draft, Restyled
    from gamegen.world import World

    Prepared = Sequence[Draft | Restyled]
    Work = Callable[[Prepared], Iterator[tuple[int, Restyled]]]


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
    from gamegen.restyling import is_asked, prepare, restyle_inputs, run, settled, style_of
    from gamegen.session import Session

    style = style_of(tone, model, only, seed)
    chosen, files = choose(records)
    if out is not None and out.resolve() in {file.resolve() for file in files}:
        raise UsageError.of("GG016", "expected --out to be another file than RECORD", "give a new name", path=str(out))
    project, world = _place(world_path, files[0])
    prepared = prepare([record for record, _ in chosen], load_registry(project), world, project, style)
    places = {record.id: place for record, place in chosen}
    show = out is None and not as_json
    if total := sum(map(is_asked, prepared)):
        with Session(model, provider, project=project) as session, record_bar("restyle", total) as bar:
            click.echo(f"{session.engine.info.model} on {session.engine.info.provider}", err=True)
            if session.engine.notice:
                click.echo(session.engine.notice, err=True)
            work = partial(run, session, world=world, style=style, progress=bar)
            inputs = restyle_inputs(prepared, world, style, project, session)
            results = _results(work, prepared, inputs, out, overwrite, show)
    else:
        results = _results(settled, prepared, restyle_inputs(prepared, world, style, project), out, overwrite, show)
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


class Refusals:
    """FILE.refused, beside the output file: which records their checks refused and why, so that the same command tells
    it again. Its first line names the run; each other line is a record. Exists only where a record was refused.

    run: names the run. kept: ids of the records that an earlier run has written.
    """

    def __init__(self, file: Path, run: str, kept: Collection[str]) -> None:
        from gamegen.exporting import write_file

        self._path = file.with_name(f"{file.name}.refused")
        self._header = canonical({"gamegen": "refused", "run": run})
        self.known = {id: findings for id, findings in self._read() if id in kept}
        lines = [self._header, *(_refusal(id, findings) for id, findings in self.known.items())]
        try:  # what stands there may be another run's, or end in a line that a crash has torn
            if self.known:
                write_file(self._path, "".join(f"{line}\n" for line in lines))
            else:
                self._path.unlink(missing_ok=True)
        except OSError as error:
            raise self._failed(error) from None

    def add(self, id: str, findings: Sequence[Finding]) -> None:
        """Note a refusal, before the record itself is kept. Raises HostFailed (GG008)."""
        line = _refusal(id, findings)
        try:
            begun = self._path.exists()
            with self._path.open("a", encoding="utf-8", newline="\n") as file:
                file.write(f"{line}\n" if begun else f"{self._header}\n{line}\n")
        except OSError as error:
            raise self._failed(error) from None

    def _read(self) -> Iterator[tuple[str, tuple[Finding, ...]]]:
        """What is noted for this run; a torn line and those behind it are left out."""
        try:
            header, *lines = self._path.read_text(encoding="utf-8").split("\n")
            for line in lines[:-1] if header == self._header else ():
                value = json.loads(line)
                yield value["id"], tuple(Finding(**finding) for finding in value["findings"])
        except FileNotFoundError:
            return
        except OSError as error:
            raise self._failed(error) from None
        except (ValueError, KeyError, TypeError):
            return

    def _failed(self, error: OSError) -> HostFailed:
        return HostFailed.of(
            "GG008", f"cannot write: {error.strerror or error}", "choose another --out", path=str(self._path)
        )


def _refusal(id: str, findings: Sequence[Finding]) -> str:
    return canonical({"id": id, "findings": [finding.as_json() for finding in findings]})


def _results(
    work: Work, prepared: Prepared, inputs: Mapping[str, JSON], out: Path | None, overwrite: bool, show: bool
) -> list[Restyled]:
    """What became of each record, in order; without those that an earlier run has written to the file, but for the
    refused ones. work: makes the results. inputs: what their bytes depend on."""
    from gamegen.build.store import RecordStore
    from gamegen.rewording import Restyled
    from gamegen.session import in_order

    if out is None:
        results = []
        for each in in_order(work(prepared)):
            results.append(each)
            if show:
                _show(each)
        return results
    ids = [each.record.id for each in prepared]
    with RecordStore(out, inputs, ids, overwrite) as store:
        missing = set(store.missing)
        refusals = Refusals(out, content_hash(dict(inputs)), set(ids) - missing)
        rest = [each for each in prepared if each.record.id in missing or _refused(each)]
        done = {
            each.record.id: Restyled(each.record, (), refusals.known[each.record.id])
            for each in prepared
            if each.record.id in refusals.known
        }
        for position, restyled in work(rest):
            id = restyled.record.id
            if id in missing:
                if restyled.findings and not _refused(rest[position]):
                    refusals.add(id, restyled.findings)
                store.add(restyled.record)
            done[id] = restyled
    return [done[id] for id in ids if id in done]


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
