"""`gamegen export`, `validate` and `play`: what is done with content that exists."""

from __future__ import annotations

import gc
import json
from collections.abc import Iterable
from pathlib import Path

import click

from gamegen.briefs import parse_settings
from gamegen.cli.options import json_option, world_around, world_option
from gamegen.errors import EXIT_CONTENT, EXIT_DONE, UsageError
from gamegen.records import Record

CONTENT = click.argument("content", nargs=-1, required=True, type=click.Path(path_type=Path))


@click.command("export")
@click.argument("format")
@CONTENT
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="Folder for the files.")
@click.option("--profile", help="A profile of the format.")
@click.option("--language", help="Language to export (BCP 47): its translations take the place of the texts.")
@click.option(
    "--translations",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="Translations into --language (default: the project's translations/LANGUAGE.jsonl).",
)
@click.option("--fallback", is_flag=True, help="Where a translation is missing, keep the text as it is.")
@click.option("--stale", is_flag=True, help="Also use translations whose source text has changed since.")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="Another option of the format.")
@world_option
@json_option
def export_command(
    format: str,
    content: tuple[Path, ...],
    out: Path,
    profile: str | None,
    language: str | None,
    translations: tuple[Path, ...],
    fallback: bool,
    stale: bool,
    settings: tuple[str, ...],
    world_path: Path | None,
    as_json: bool,
) -> int:
    """Write the records of CONTENT (JSONL files or folders of them) as FORMAT: ink, yarn, json, or a plugin's."""
    from gamegen.exporting import export_records, read_records
    from gamegen.plugins import load_registry
    from gamegen.project import Project

    gc.set_threshold(100_000, 50, 50)  # an export makes millions of small objects and hardly a cycle
    project = Project.find(world_path or content[0])
    registry = load_registry(project)
    exporter = registry.exporter(format)
    if language is None:
        if translations or fallback or stale:
            raise click.UsageError("--translations, --fallback and --stale need --language")
        records: Iterable[Record] = read_records(content)
    else:
        from gamegen.loc.exporting import records_in

        records, told = records_in(language, content, world_path, translations, fallback=fallback, stale=stale)
        for finding in told:
            click.echo(str(finding), err=True)
    named = {"profile": profile, "language": language if "language" in exporter.options else None}
    options = {**parse_settings(settings), **{key: value for key, value in named.items() if value is not None}}
    world = world_around(project, world_path)
    exported = export_records(records, format, out, options, registry, world)
    if as_json:
        files = {"files": [str(path) for path in exported.files], "changed": exported.changed}
        refused = [finding.as_json() for finding in exported.refused]
        click.echo(json.dumps({"format": format, "records": exported.records, **files, "refused": refused}))
    else:
        for path in exported.files:
            click.echo(str(path))
    for finding in exported.refused:
        click.echo(str(finding), err=True)
    click.echo(f"{len(exported.files)} files, {exported.changed} of them changed", err=True)
    return EXIT_CONTENT if exported.refused else EXIT_DONE


def _explain(context: click.Context, _: click.Parameter, code: str | None) -> None:
    """Print the page of a code and leave."""
    if code is not None:
        from gamegen.explaining import page

        click.echo(page(code))
        context.exit(EXIT_DONE)


@click.command("validate")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@world_option
@click.option(
    "--plays", is_flag=True, help="Tell the shortest play to each end of a dialogue, each outcome of a quest."
)
@click.option(
    "--explain",
    metavar="CODE",
    is_eager=True,
    expose_value=False,
    callback=_explain,
    help="Print the page of a finding's code (GG302), and no more.",
)
@json_option
def validate_command(paths: tuple[Path, ...], world_path: Path | None, plays: bool, as_json: bool) -> int:
    """Check worlds, projects and content. Exit code 1 if anything is found; without a world, what needs one is reported
    as not run. A dialogue's dead end or softlock comes with the play that leads there."""
    from gamegen.validating import validate_paths

    report = validate_paths(paths, world_path, plays)
    if as_json:
        click.echo(json.dumps(report.as_json(), ensure_ascii=False))
    else:
        for finding in report.findings:
            click.echo(str(finding))
            for line in report.plays.get(finding, ()):
                click.echo(f"    {line}")
        for proof in report.proofs if plays else ():
            click.echo(str(proof))
            for name, lines in proof.plays.items():
                click.echo(f"  {name}:")
                for line in lines:
                    click.echo(f"    {line}")
        click.echo(report.summary, err=True)
    return EXIT_CONTENT if report.errors else EXIT_DONE


@click.command("play")
@click.argument("content", metavar="RECORD")
@click.option("--id", "record_id", help="Which dialogue of the file, like FILE#ID (default: the first).")
@click.option("--seed", type=int, help="Roll skill checks with this seed.")
@click.option("--rolls", type=click.Choice(["ask", "dice"]), help="Ask for outcomes (default without --seed), or roll.")
@click.option(
    "--set", "settings", multiple=True, metavar="TYPE.ID=VALUE", help="Start with another value: item.lens=2."
)
@click.option("--closed", is_flag=True, help="Show closed choices too, with what they need.")
@click.option("--plain", is_flag=True, help="Show no tags, ids and variables.")
@click.option("--record", "out", type=click.Path(path_type=Path, dir_okay=False), help="Write the play as JSON lines.")
@click.option(
    "--replay",
    "replays",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Play this recorded play again (or a folder of them); exit code 1 if anything comes out differently.",
)
def play_command(
    content: str,
    record_id: str | None,
    seed: int | None,
    rolls: str | None,
    settings: tuple[str, ...],
    closed: bool,
    plain: bool,
    out: Path | None,
    replays: tuple[Path, ...],
) -> int:
    """Play a dialogue of the JSONL file RECORD (FILE or FILE#ID) in the terminal.

    A choice is taken by its number or id; s shows all variables, q leaves. Answers may also come from a pipe.
    """
    from gamegen.cli.play import play_in_terminal, replay_all, starting
    from gamegen.cli.restyle import split_id
    from gamegen.exporting import content_files, load_records, write_file
    from gamegen.naming import did_you_mean
    from gamegen.recordings import recorded

    file, named = split_id(content)
    if named is not None and record_id not in (None, named):
        raise click.UsageError(f"two ids: {named} and {record_id}")
    if rolls == "ask" and seed is not None:
        raise click.UsageError("--seed rolls; leave it out with --rolls ask")
    if replays and (rolls or settings or closed or plain or out or seed is not None):
        raise click.UsageError("--replay takes start, choices and rolls from the recorded play: give it alone")
    wanted = record_id if named is None else named
    dialogues = {each.id: each for each in load_records([file]) if each.kind == "dialogue"}
    if not dialogues:
        raise UsageError.of("GG006", "expected a dialogue, found none", "name a file of dialogues", path=str(file))
    if wanted is not None and wanted not in dialogues:
        raise UsageError.of("GG006", f"no dialogue {wanted!r}", did_you_mean(wanted, dialogues), path=str(file))
    if replays:
        differences, count = replay_all(dialogues, wanted, content_files(replays))
        for difference in differences:
            click.echo(difference)
        click.echo(f"{count} plays, {len(differences)} of them differ", err=True)
        return EXIT_CONTENT if differences else EXIT_DONE
    chosen = dialogues[wanted] if wanted is not None else next(iter(dialogues.values()))
    state = starting(chosen.data, settings)
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)  # what cannot be written is refused before anything is played
    dice = (seed or 0) if seed is not None or rolls == "dice" else None
    played = play_in_terminal(chosen.data, seed=dice, state=state, plain=plain, closed=closed)
    if out is not None:
        write_file(out, recorded(chosen.data, state, played))
    return EXIT_DONE
