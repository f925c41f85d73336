"""`gamegen quality`: figures of finished content."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gamegen.cli.options import json_option

if TYPE_CHECKING:
    from gamegen.quality import Quality


@click.command("quality")
@click.argument("content", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--beside",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="Another text to compare with: a text file, or JSON lines such as examples for `tune`.",
)
@click.option("--model", help="A model of the cache whose training lines are compared with, beside those named.")
@json_option
def quality_command(content: tuple[Path, ...], beside: tuple[Path, ...], model: str | None, as_json: bool) -> None:
    """Measure the texts of CONTENT (JSONL files or folders of them): variety, originality, share of library lines.

    Texts are compared with the examples, with the texts that the project keeps apart, and with the lines that the
    records' models were taught on, where those models are in the cache.
    """
    from gamegen.engine.models import find_model, list_models
    from gamegen.exporting import load_records
    from gamegen.originality import Copies
    from gamegen.originality_file import read_originals
    from gamegen.plugins import load_registry
    from gamegen.project import Project
    from gamegen.prompts import Prompts
    from gamegen.quality import lines_taught, quality

    project = Project.find(content[0])
    examples = Prompts(load_registry(project).template_folders).examples
    originals = read_originals([*(project.originality if project is not None else ()), *beside])
    given = find_model(model).training_lines() if model is not None else None
    records = [record.data for record in load_records(content)]
    taught = lines_taught(records, list_models())
    if taught.absent:
        _tell_absent(taught.absent)
    if model is not None and given is None:
        click.echo(f"{model} brings no lines that it was taught on", err=True)
    lines = taught.lines | (given or Copies())
    found = quality(records, [example["line"] for example in examples], originals, lines)
    if as_json:
        click.echo(json.dumps(found.as_json(), ensure_ascii=False, sort_keys=True))
    else:
        _show(found)


def _tell_absent(absent: Mapping[str, int]) -> None:
    models = ", ".join(f"{id} ({count} records)" for id, count in absent.items())
    click.echo(f"not compared with the training lines of {models}: not in the cache as it wrote them", err=True)


def _show(found: Quality) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("kind", box=None, pad_edge=False)
    for name in ("texts", "words", "distinct-1", "distinct-2", "distinct-3", "self-BLEU-4"):
        table.add_column(name, justify="right")
    for kind, each in found.kinds.items():
        figures = (each.distinct_1, each.distinct_2, each.distinct_3, each.self_bleu_4)
        table.add_row(kind, str(each.texts), f"{each.words:.1f}", *(f"{figure:.3f}" for figure in figures))
    Console(width=100).print(table)
    click.echo(f"{found.records} records, {found.shares}")
    click.echo(
        f"{found.unoriginal} texts with eight words in a row of an example, of a text kept apart or of a training line "
        f"({found.taught} of a training line); "
        f"the longest run shared with an example has {found.longest_shared_run} words"
        + (f": {found.longest_shared_text}" if found.longest_shared_text else "")
    )
