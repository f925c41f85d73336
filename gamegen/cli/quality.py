"""`gamegen quality`: figures of finished content."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gamegen.cli.options import json_option, world_around, world_option

if TYPE_CHECKING:
    from rich.table import Table

    from gamegen.quality import Quality


@click.command("quality")
@click.argument("content", nargs=-1, required=True, type=click.Path(path_type=Path))
@world_option
@click.option(
    "--beside",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="Another text to compare with: a text file, or JSON lines such as examples for `tune`.",
)
@click.option("--model", help="A model of the cache whose training lines are compared with, beside those named.")
@click.option("--no-proofs", is_flag=True, help="Leave the checks out: they take nearly all of the time.")
@click.option(
    "--pictures", type=click.Path(path_type=Path, file_okay=False), help="Folder for PNG and SVG files of the figures."
)
@json_option
def quality_command(
    content: tuple[Path, ...],
    world_path: Path | None,
    beside: tuple[Path, ...],
    model: str | None,
    no_proofs: bool,
    pictures: Path | None,
    as_json: bool,
) -> None:
    """Measure CONTENT (JSONL files or folders of them): proofs passed, agreement of texts and fields, near-duplicates,
    variety, originality, structure, and how people's traits are spread.

    Texts are compared with the examples, with the texts that the project keeps apart, and with the lines that the
    records' models were taught on, where those models are in the cache. The world is the project's, or --world;
    without one, what needs it is told as not run.
    """
    from gamegen.engine.models import find_model, list_models
    from gamegen.exporting import load_records
    from gamegen.originality import Copies
    from gamegen.originality_file import read_originals
    from gamegen.plugins import load_registry
    from gamegen.project import Project
    from gamegen.prompts import Prompts
    from gamegen.quality import lines_taught, quality

    if pictures is not None:
        from gamegen.quality.pictures import need_matplotlib

        need_matplotlib()
    project = Project.find(content[0])
    world = world_around(project, world_path)
    registry = load_registry(project)
    examples = Prompts(registry.template_folders).examples
    originals = read_originals([*(project.originality if project is not None else ()), *beside])
    given = find_model(model).training_lines() if model is not None else None
    records = [record.data for record in load_records(content)]
    taught = lines_taught(records, list_models())
    if taught.absent:
        _tell_absent(taught.absent)
    if model is not None and given is None:
        click.echo(f"{model} brings no lines that it was taught on", err=True)
    found = quality(
        records,
        [example["line"] for example in examples],
        originals,
        taught.lines | (given or Copies()),
        registry=None if no_proofs else registry,
        world=world,
    )
    if as_json:
        click.echo(json.dumps(found.as_json(), ensure_ascii=False, sort_keys=True))
    else:
        _show(found)
    if pictures is not None:
        from gamegen.quality.pictures import draw

        for path in draw(found, pictures):
            click.echo(str(path), err=as_json)


def _tell_absent(absent: Mapping[str, int]) -> None:
    models = ", ".join(f"{id} ({count} records)" for id, count in absent.items())
    click.echo(f"not compared with the training lines of {models}: not in the cache as it wrote them", err=True)


def _show(found: Quality) -> None:
    from rich.console import Console

    console = Console(width=110)
    for table in _tables(found):
        console.print(table)
        console.print()
    near = found.near_duplicates
    click.echo(f"{found.records} records, {found.shares}")
    click.echo(f"{near.later} of {near.texts} texts have an earlier near-duplicate ({near.share:.1%})")
    if found.proofs is not None and found.proofs.foreign_names is not None:
        click.echo(f"{found.proofs.foreign_names} texts with a name that is foreign to world and project")
    click.echo(
        f"{found.unoriginal} texts with eight words in a row of an example, of a text kept apart or of a training line "
        f"({found.taught} of a training line); "
        f"the longest run shared with an example has {found.longest_shared_run} words"
        + (f": {found.longest_shared_text}" if found.longest_shared_text else "")
    )
    if found.not_run:
        click.echo(f"not run without a world: {', '.join(found.not_run)}", err=True)


def _tables(found: Quality) -> Iterator[Table]:
    """Variety by kind; then proofs, agreement, structure and spread, each if there is any."""
    names: tuple[str, ...] = ("texts", "words", "distinct-1", "distinct-2", "distinct-3", "self-BLEU-4", "compression")
    rows: dict[str, tuple[str, ...]] = {}
    for kind, each in found.kinds.items():
        figures = (each.distinct_1, each.distinct_2, each.distinct_3, each.self_bleu_4, each.compression_ratio)
        rows[kind] = (str(each.texts), f"{each.words:.1f}", *(f"{figure:.3f}" for figure in figures))
    yield _table("kind", names, rows)
    if found.proofs is not None and found.proofs.records:
        rows = {each.name: (str(each.records), f"{each.share:.1%}") for each in found.proofs.proofs}
        rows["all of them"] = (str(found.proofs.records), f"{found.proofs.passed / found.proofs.records:.1%}")
        yield _table("proof", ("records", "passed"), rows)
    if any(each.fields for each in found.agreement.values()):
        rows = {name: (str(each.fields), f"{each.share:.1%}") for name, each in found.agreement.items() if each.fields}
        yield _table("text agrees with", ("fields", "agree"), rows)
    for kind, structure in found.structure.items():
        names = ("median", "10th", "90th", *(("shipped games",) if kind == "dialogue" else ()))
        rows = {}
        for name, figure in structure.items():
            values = (figure.median, figure.p10, figure.p90, figure.reference)
            rows[name.replace("_", " ")] = tuple(f"{value:.3g}" for value in values if value is not None)
        yield _table(f"structure of a {kind}", names, rows)
    for whose, traits in found.spread.items():
        rows = {trait: (_told(counts),) for trait, counts in traits.items()}
        yield _table(f"spread: {whose}", ("",), rows, justify=False)


def _table(head: str, names: tuple[str, ...], rows: Mapping[str, tuple[str, ...]], justify: bool = True) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table(head, box=None, pad_edge=False)
    for name in names:
        table.add_column(name, justify="right" if justify else "left")
    for name, cells in rows.items():
        table.add_row(Text(name), *map(Text, cells))
    return table


def _told(counts: Mapping[str, int], most: int = 6) -> str:
    total = sum(counts.values())
    told = [f"{name} {count / total:.0%}" for name, count in list(counts.items())[:most]]
    return ", ".join(told) + (f" and {len(counts) - most} more" if len(counts) > most else "")
