"""`gamegen loc`: texts to translators and back, and the list of what is spoken."""

from __future__ import annotations

import json
from pathlib import Path

import click

from gamegen.cli.options import json_option, world_option
from gamegen.errors import EXIT_CONTENT, EXIT_DONE, InvalidContent, InvalidInput, UsageError

CONTENT = click.argument("content", nargs=-1, required=True, type=click.Path(path_type=Path))
LANGUAGE = click.option("--language", required=True, help="Language of the translation (BCP 47): de, pt-BR.")
FORMATS = {".csv": "csv", ".po": "po", ".xlf": "xliff", ".xliff": "xliff"}
FORMAT = click.option(
    "--format",
    "format_name",
    type=click.Choice(["csv", "po", "xliff"]),
    help="Format of the file (default: by its name, .csv, .po, .xlf or .xliff).",
)


@click.group("loc")
def loc_command() -> None:
    """Translate the texts of records, and record them.

    Translations are kept in translations/LANGUAGE.jsonl beside gamegen.toml, or beside the content where there is no
    project; `gamegen export --language` uses them.
    """


@loc_command.command("export")
@CONTENT
@FORMAT
@LANGUAGE
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="The file to write.")
@click.option(
    "--translations",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="Translations that exist (default: the project's).",
)
@world_option
@json_option
def export_command(
    content: tuple[Path, ...],
    format_name: str | None,
    language: str,
    out: Path,
    translations: tuple[Path, ...],
    world_path: Path | None,
    as_json: bool,
) -> None:
    """Write the texts of CONTENT (JSONL files or folders of them) as a table for translators.

    Translations that exist stand in it; one whose source text has changed since is marked (fuzzy in PO,
    needs-review-translation in XLIFF, in the note in CSV).
    """
    from gamegen.exporting import write_file
    from gamegen.loc import csv_file, po_file, xliff_file
    from gamegen.loc.project import checked_language, read_source
    from gamegen.loc.translations import read_translations

    name = _format(format_name, out)
    checked_language(language)
    source = read_source(content, world_path)
    table = source.rows()
    own = source.file(language)
    known = read_translations(translations or ((own,) if own.is_file() else ()))
    done = {row.id: known[row.id].text for row in table if row.id in known and known[row.id].lock == row.lock}
    stale = {row.id: known[row.id].text for row in table if row.id in known and row.id not in done}
    if name == "csv":
        data = csv_file.to_csv(table, done, stale)
    elif name == "po":
        data = po_file.to_po(table, language, done, stale)
    else:
        data = xliff_file.to_xliff(table, source.language, language, done, stale)
    written = write_file(out, data)
    figures = {"texts": len(table), "translated": len(done), "stale": len(stale)}
    if as_json:
        click.echo(json.dumps({"format": name, "language": language, "file": str(written), **figures}))
        return
    click.echo(str(written))
    click.echo(f"{len(table)} texts, {len(done)} translated, {len(stale)} to be looked at again", err=True)


@loc_command.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@CONTENT
@FORMAT
@LANGUAGE
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Translations (default: the project's).")
@click.option("--by", default="", help="Who made them; kept with each new translation.")
@click.option("--partial", is_flag=True, help="Take the good rows and name the others (exit code 1).")
@click.option("--stale", is_flag=True, help="Also take translations of an earlier source text; they stay stale.")
@world_option
@json_option
def import_command(
    file: Path,
    content: tuple[Path, ...],
    format_name: str | None,
    language: str,
    out: Path | None,
    by: str,
    partial: bool,
    stale: bool,
    world_path: Path | None,
    as_json: bool,
) -> int:
    """Check a translator's FILE against CONTENT and put its rows into the translations of the language.

    Placeholders, doubled braces, the text profile, lengths, ids and the source text are checked, and that nothing is
    missing; unless all is right, nothing is written. Translations of texts that CONTENT does not have are kept.
    """
    from gamegen.build.store import locked
    from gamegen.loc import csv_file, po_file, xliff_file
    from gamegen.loc.project import checked_language, read_source
    from gamegen.loc.translations import Merged, merge, read_translations, write_translations

    name = _format(format_name, file)
    checked_language(language)
    source = read_source(content, world_path)
    table = source.rows()
    target = out or source.file(language)
    data = _bytes(file)
    if name == "csv":
        entries = csv_file.from_csv(file, data)
    elif name == "po":
        entries = po_file.from_po(file, data, language)
    else:
        entries = xliff_file.from_xliff(file, data, language)

    def merged_with_those_there() -> Merged:
        known = read_translations((target,) if target.is_file() else ())
        return merge(table, known, entries, path=str(file), by=by, stale=stale)

    merged = merged_with_those_there()
    if merged.findings and not partial:
        raise InvalidContent(merged.findings)
    with locked(target):  # another import may have written since
        merged = merged_with_those_there()
        write_translations(target, merged.translations)
    for finding in merged.findings:
        click.echo(str(finding), err=True)
    if as_json:
        findings = [finding.as_json() for finding in merged.findings]
        click.echo(json.dumps({"file": str(target), "taken": merged.taken, "findings": findings}, ensure_ascii=False))
    else:
        click.echo(str(target))
        click.echo(f"{merged.taken} translations taken", err=True)
    return EXIT_CONTENT if merged.findings else EXIT_DONE


@loc_command.command("voice")
@CONTENT
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="The CSV file to write.")
@world_option
@json_option
def voice_command(content: tuple[Path, ...], out: Path, world_path: Path | None, as_json: bool) -> None:
    """List the spoken lines of CONTENT as CSV: id, speaker, text, direction, file name and estimated seconds."""
    from gamegen.exporting import write_file
    from gamegen.loc.project import read_source
    from gamegen.loc.voice import spoken, to_csv

    lines = spoken(read_source(content, world_path).rows())
    written = write_file(out, to_csv(lines))
    total = round(sum(line.seconds for line in lines), 1)
    if as_json:
        click.echo(json.dumps({"file": str(written), "lines": len(lines), "seconds": total}))
        return
    click.echo(str(written))
    click.echo(f"{len(lines)} lines, about {total:.0f} seconds", err=True)


def _format(name: str | None, file: Path) -> str:
    if name is None and file.suffix.lower() not in FORMATS:
        message = f"expected a file named {', '.join(FORMATS)}, found {file.name}"
        raise UsageError.of("GG005", message, "or give --format csv, po or xliff")
    return name or FORMATS[file.suffix.lower()]


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        message = f"cannot read the translations: {error.strerror}"
        raise InvalidInput.of("GG006", message, "name a file of translations", path=str(file)) from None
