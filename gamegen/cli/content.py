"""`gamegen export`, `validate` and `play`: what is done with content that exists."""

from __future__ import annotations

import json
from pathlib import Path

import click

from gamegen.briefs import parse_settings
from gamegen.cli.options import json_option, world_option
from gamegen.errors import EXIT_CONTENT, EXIT_DONE, UsageError

CONTENT = click.argument("content", nargs=-1, required=True, type=click.Path(path_type=Path))


@click.command("export")
@click.argument("format")
@CONTENT
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="Folder for the files.")
@click.option("--profile", help="A profile of the format.")
@click.option("--language", help="Language of the texts (BCP 47), where the format names it.")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="Another option of the format.")
@world_option
@json_option
def export_command(
    format: str,
    content: tuple[Path, ...],
    out: Path,
    profile: str | None,
    language: str | None,
    settings: tuple[str, ...],
    world_path: Path | None,
    as_json: bool,
) -> None:
    """Write the records of CONTENT (JSONL files or folders of them) as FORMAT: ink, yarn, json, or a plugin's."""
    from gamegen.exporting import export_records, load_records
    from gamegen.plugins import load_registry
    from gamegen.project import Project

    registry = load_registry(Project.find(world_path or content[0]))
    registry.exporter(format)
    records = load_records(content)
    named = {"profile": profile, "language": language}
    options = {**parse_settings(settings), **{key: value for key, value in named.items() if value is not None}}
    written = export_records(records, format, out, options, registry)
    if as_json:
        click.echo(json.dumps({"format": format, "records": len(records), "files": [str(path) for path in written]}))
        return
    for path in written:
        click.echo(str(path))


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
@click.argument("record", type=click.Path(path_type=Path))
@click.option("--id", "record_id", help="Which dialogue of the file (default: the first).")
@click.option("--seed", type=int, help="Roll skill checks with this seed instead of asking for the outcome.")
def play_command(record: Path, record_id: str | None, seed: int | None) -> None:
    """Play a dialogue of the JSONL file RECORD in the terminal."""
    from gamegen.cli.play import play_in_terminal
    from gamegen.exporting import load_records
    from gamegen.naming import did_you_mean

    dialogues = {each.id: each for each in load_records([record]) if each.kind == "dialogue"}
    if not dialogues:
        raise UsageError.of("GG006", "expected a dialogue, found none", "name a file of dialogues", path=str(record))
    if record_id is not None and record_id not in dialogues:
        raise UsageError.of("GG006", f"no dialogue {record_id!r}", did_you_mean(record_id, dialogues), path=str(record))
    chosen = dialogues[record_id] if record_id is not None else next(iter(dialogues.values()))
    play_in_terminal(chosen.data, seed=seed)
