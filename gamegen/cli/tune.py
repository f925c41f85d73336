"""`gamegen tune`: from a studio's examples to a model of its own."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gamegen.cli.options import json_option
from gamegen.cli.progress import stage_bars

if TYPE_CHECKING:
    from gamegen.tune.train import Now, Report


@click.command("tune")
@click.argument("data", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="DATA...")
@click.option(
    "--base", default="smollm2-135m-instruct", show_default=True, help="A model's id, or what model add takes."
)
@click.option("--name", required=True, help="Id of the tuned model in the cache.")
@click.option("--held-out", type=click.Path(path_type=Path), help="Examples to judge by (default: a part of DATA).")
@click.option("--licence", default="", help="SPDX name of the licence of DATA that does not tell its own.")
@click.option("--work", type=click.Path(path_type=Path, file_okay=False), help="Folder for checkpoints and adapter.")
@click.option(
    "--start",
    type=click.Path(path_type=Path, file_okay=False),
    help="Adapter folder to go on from (default: none; of the default model its own).",
)
@click.option("--epochs", type=float, default=2.0, show_default=True, help="Passes over the data.")
@click.option("--rate", type=float, default=6e-4, show_default=True, help="Highest learning rate.")
@click.option("--rank", type=int, default=16, show_default=True, help="Size of the adapter.")
@click.option("--batch", type=int, default=16, show_default=True, help="Lines of one step.")
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--allow-small", is_flag=True, help="Train on fewer examples than can teach much.")
@click.option("--adapter-only", is_flag=True, help="Write the adapter and stop: no export, no evaluation.")
@click.option("--force", is_flag=True, help="Replace a model of this name.")
@click.option("--no-evaluate", is_flag=True, help="Do not judge the model beside its base at the end.")
@json_option
def tune_command(
    data: tuple[Path, ...],
    base: str,
    name: str,
    held_out: Path | None,
    licence: str,
    work: Path | None,
    start: Path | None,
    epochs: float,
    rate: float,
    rank: int,
    batch: int,
    seed: int,
    allow_small: bool,
    adapter_only: bool,
    force: bool,
    no_evaluate: bool,
    as_json: bool,
) -> None:
    """Teach a small model to write lines as DATA does, and add it to the models.

    DATA are JSONL or CSV files of examples, folders of them, or projects, whose approved and edited texts are taken.
    Stopped, the same command goes on from its last checkpoint.
    """
    from gamegen.engine.adapter import Adapter
    from gamegen.engine.models import cache_folder, check_name
    from gamegen.tune.finishing import evaluate, register, require_free
    from gamegen.tune.running import ADAPTER, Wanted, tune
    from gamegen.tune.settings import Hyperparameters

    check_name(name)
    place = work or cache_folder().parent / "tune" / name
    numbers = Hyperparameters(epochs=epochs, rate=rate, rank=rank, alpha=2 * rank, batch=batch, seed=seed)
    wanted = Wanted(data, base, place, licence, held_out, start, allow_small, numbers, name)
    if not adapter_only:
        require_free(name, force, place / ADAPTER)
    made = None
    with _told_where_to_go_on(place) as watch:
        with _training() as show:
            tuned = tune(wanted, _say, lambda stage, done, total: None, watch(show))
        if not adapter_only:
            with stage_bars() as progress:
                made = register(tuned, name, progress, force)
            if not no_evaluate:
                with stage_bars() as progress:
                    evaluate(tuned, name, _say, progress)
    result = {"adapter": str(tuned.folder), "model": made.id if made is not None else None}
    if as_json:
        click.echo(json.dumps({**result, **Adapter.read(tuned.folder).facts()}, sort_keys=True))
        return
    if made is not None:
        click.echo(made.id)
    click.echo(str(tuned.folder))


def _say(line: str) -> None:
    click.echo(line, err=True)


@contextmanager
def _told_where_to_go_on(place: Path) -> Iterator[Callable[[Report], Report]]:
    """After Ctrl-C, name the work folder if it has a checkpoint of this training: one that was taken up or written.

    Yields what lets a report be watched.
    """
    saved = False

    def watch(report: Report) -> Report:
        def watched(now: Now) -> None:
            nonlocal saved
            saved = saved or now.resumed or (now.evaluated and now.step > 0)
            report(now)

        return watched

    try:
        yield watch
    except KeyboardInterrupt:
        if saved:
            _say(f"the last checkpoint is in {place}: the same command goes on from there")
        raise


@contextmanager
def _training() -> Iterator[Report]:
    """A bar on stderr, and a line for each evaluation."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns: tuple[Any, ...] = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("loss {task.fields[loss]}, held out {task.fields[held_out]}, {task.fields[left]} left"),
        TimeElapsedColumn(),
    )
    bar = Progress(*columns, console=Console(stderr=True))
    task = bar.add_task("train", total=None, loss="-", held_out="-", left="-", start=True)

    def show(now: Now) -> None:
        if not bar.live.is_started:
            bar.start()
        bar.update(
            task,
            completed=now.step,
            total=now.steps,
            loss=_number(now.loss),
            held_out=_number(now.held_out),
            left=_minutes(now.seconds_left),
        )
        if now.resumed:
            bar.console.print(f"train: goes on from the checkpoint of step {now.step}", highlight=False)
        elif now.evaluated:
            bar.console.print(
                f"train: step {now.step} of {now.steps}: loss {_number(now.loss)}, "
                f"held-out loss {_number(now.held_out)}, {_minutes(now.seconds_left)} left",
                highlight=False,
                soft_wrap=True,
            )

    try:
        yield show
    finally:
        bar.stop()


def _number(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.3f}"


def _minutes(seconds: float) -> str:
    return "-" if math.isnan(seconds) else f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
