"""`gamegen bench`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gamegen.cli.options import find_place, json_option, world_option
from gamegen.cli.project import SAMPLE

if TYPE_CHECKING:
    from rich.table import Table

    from gamegen.figures import Report, Shares


@click.command("bench")
@click.option("--model", help="Model id in the cache, or a model folder (default: the project's, else the default).")
@click.option("--provider", type=click.Choice(["auto", "cpu", "cuda", "dml"]), default="auto", show_default=True)
@click.option(
    "--batch-size",
    "sizes",
    type=click.IntRange(min=1),
    multiple=True,
    help="Rows that decode together; may be given several times (default: 1, 8, 32, 96).",
)
@click.option("--threads", type=click.IntRange(min=1), help="Threads of the engine (default: all cores).")
@world_option
@click.option("--records", type=click.IntRange(min=1), help="Records of each kind (default: 8, dialogues 4).")
@click.option("--quick", is_flag=True, help="A first look: batches of 1 and 8, one record of each kind, each once.")
@json_option
def bench_command(
    model: str | None,
    provider: str,
    sizes: tuple[int, ...],
    threads: int | None,
    world_path: Path | None,
    records: int | None,
    quick: bool,
    as_json: bool,
) -> None:
    """Measure how fast records are made here, and where the time goes.

    Without --world the sample world is used. Takes a few minutes; other programs that run meanwhile change the figures.
    """
    from gamegen._resources import folder
    from gamegen.bench import measure

    place = find_place(world_path or folder("samples") / SAMPLE / "world")
    with _progress() as progress:
        report = measure(
            place.world,
            project=place.project,
            model=model,
            provider=provider,
            sizes=sizes,
            threads=threads,
            records=records,
            quick=quick,
            progress=progress,
        )
    if as_json:
        click.echo(json.dumps(report.as_json(), sort_keys=True))
        return
    from rich.console import Console

    console = Console()
    for table in _tables(report):
        console.print(table)
    for note in report.notes:
        click.echo(note, err=True)


def _tables(report: Report) -> Iterator[Table]:
    from rich.table import Table

    setup, machine, load = report.setup, report.machine, report.load
    peak = report.peak_memory_bytes
    threads = f"{setup.threads} threads" if setup.threads else "a thread per core"
    facts = {
        "model": f"{setup.model}, {setup.precision} weights, {setup.cache} keys and values, {setup.graph} graph",
        "runs on": f"{setup.provider}, ONNX Runtime {setup.onnxruntime}, {threads}",
        "machine": f"{machine.cpu}, {machine.cores} cores, {machine.system}, Python {machine.python}",
        "calibration": f"{machine.calibration_seconds:.3f} s",
        "load": f"{load.first_seconds:.1f} s, again {load.again_seconds:.1f} s",
        "peak memory": f"{peak / 1e9:.2f} GB" if peak is not None else "not measured on this system",
    }
    table = Table(box=None, show_header=False, pad_edge=False)
    for name, value in facts.items():
        table.add_row(name, value)
    yield table

    shares = ("model", "grammar", "sampling", "Python")
    table = _table("tokens per second", "", "batch", "raw graph", "engine", "ratio", *shares)
    prefill = report.prefill
    speeds = (prefill.raw_tokens_per_second, prefill.engine_tokens_per_second, prefill.ratio)
    table.add_row("prefill", "1", *_speeds(*speeds), *[""] * len(shares))
    for each in report.decode:
        speeds = (each.raw_tokens_per_second, each.engine_tokens_per_second, each.ratio)
        table.add_row("decode", str(each.batch_size), *_speeds(*speeds), *_percents(each.shares))
    yield table

    table = _table("records per minute", "", "candidates", "records", "per min", *shares)
    for run in report.records:
        figures = (str(run.candidates), str(run.records), f"{run.records_per_minute:.1f}")
        table.add_row(run.kind, *figures, *_percents(run.shares))
    yield table


def _table(title: str, *columns: str) -> Table:
    """A table whose first column holds words, all others figures."""
    from rich import box
    from rich.table import Table

    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for place, name in enumerate(columns):
        table.add_column(name, justify="right" if place else "left", no_wrap=True)
    return table


def _speeds(raw: float, engine: float, ratio: float) -> tuple[str, str, str]:
    return f"{raw:.0f}", f"{engine:.0f}", f"{ratio:.2f}"


def _percents(shares: Shares) -> list[str]:
    return [f"{part:.1%}" for part in (shares.model, shares.grammar, shares.sampling, shares.python)]


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int], None]]:
    """A bar on stderr that says what is being measured."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description:<26}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda what, done, total: bar.update(task, description=what, completed=done, total=total)
