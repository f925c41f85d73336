"""`gamegen generate` and `gamegen plan`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from gamegen.cli.options import Place, brief_options, find_place, json_option
from gamegen.cli.progress import record_bar
from gamegen.errors import UsageError
from gamegen.records import JSON, Brief, Record

if TYPE_CHECKING:
    from gamegen.build.store import RecordStore
    from gamegen.hookspecs import Generator
    from gamegen.rewriting import Report
    from gamegen.session import Session
    from gamegen.world import World

_BLOCK = re.compile(r"[a-z][a-z0-9_]{0,99}")


@click.command("plan")
@brief_options
@click.option(
    "--rate",
    type=click.FloatRange(min=0, min_open=True),
    help="Texts per minute of your machine: adds an estimate of time.",
)
@json_option
def plan_command(
    kind: str,
    world_path: Path | None,
    count: int,
    seed: int | None,
    settings: tuple[str, ...],
    briefs: Path | None,
    block: str | None,
    chain: int | None,
    rate: float | None,
    as_json: bool,
) -> None:
    """Show what `generate` with the same arguments would make: an outline of each record and its cost."""
    from gamegen.engine.models import card_form
    from gamegen.library import Library
    from gamegen.planning import outlines, totals
    from gamegen.plugins import load_registry
    from gamegen.prompts import Prompts

    place = find_place(world_path)
    registry = load_registry(place.project)
    generator = registry.generator(kind)
    seed = _seed(seed, place)
    wanted = _briefs(generator, block, count, settings, briefs, chain, place, seed)
    form = card_form(place.project.model if place.project is not None else None)
    prompts = Prompts(registry.template_folders, form=form, cards=registry.cards)
    planned = list(outlines(generator, wanted, place.world, seed, prompts, Library()))
    total = totals(planned)
    summary = f"{total}; at {rate:g} texts per minute {total.minutes(rate):.1f} minutes" if rate else str(total)
    if as_json:
        click.echo(summary, err=True)
        fields = ("id", "lines", "requests", "candidates", "prompt_tokens", "text_tokens")
        click.echo(json.dumps([{f: getattr(each, f) for f in fields} for each in planned], ensure_ascii=False))
        return
    for outline in planned:
        click.echo(outline.id)
        for line in outline.lines:
            click.echo(f"  {line}")
        click.echo(
            f"  {outline.requests} texts of {outline.candidates} candidates, "
            f"about {outline.prompt_tokens} prompt and {outline.text_tokens} text tokens"
        )
    click.echo(summary)


@click.command("generate")
@brief_options
@click.option("--model", help="Model id in the cache, or a model folder (default: the project's, else the default).")
@click.option("--provider", type=click.Choice(["auto", "cpu", "cuda", "dml"]), default="auto", show_default=True)
@click.option(
    "--batch-size",
    type=click.IntRange(min=1),
    help="Rows that decode together (default: 96, or as many as fit); never changes the output.",
)
@click.option("--threads", type=click.IntRange(min=1), help="Threads of the engine (default: all cores).")
@click.option("--memory", type=click.FloatRange(min=0, min_open=True), help="GB for keys and values (default: 1.3).")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="JSONL file (default: stdout).")
@click.option("--overwrite", is_flag=True, help="Replace a file that holds another run.")
@json_option
def generate_command(
    kind: str,
    world_path: Path | None,
    count: int,
    seed: int | None,
    settings: tuple[str, ...],
    briefs: Path | None,
    block: str | None,
    chain: int | None,
    model: str | None,
    provider: str,
    batch_size: int | None,
    threads: int | None,
    memory: float | None,
    out: Path | None,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Make records of KIND (quest, dialogue, character, or a plugin's).

    With --out finished records reach the file in order; the same command again goes on where it stopped. When all are
    there, texts that are nearly the same as an earlier one of the file are written again.
    """
    from gamegen.build.store import RecordStore, run_inputs
    from gamegen.plugins import load_registry
    from gamegen.session import Session
    from gamegen.shares import shares

    place = find_place(world_path)
    seed = _seed(seed, place)
    generator = load_registry(place.project).generator(kind)
    wanted = _briefs(generator, block, count, settings, briefs, chain, place, seed)
    made: list[Mapping[str, JSON]] = []
    told: Report | None = None
    room = None if memory is None else int(memory * 1e9)
    opened = Session(model, provider, batch_size, threads, place.project, memory=room)
    with opened as session, record_bar(kind, len(wanted)) as bar:
        info = session.engine.info
        click.echo(f"{info.model} on {info.provider}", err=True)
        if session.engine.notice:
            click.echo(session.engine.notice, err=True)
        if out is None:
            for record in session.ordered(wanted, world=place.world, seed=seed, progress=bar):
                click.echo(record.to_line())
                made.append(record.data)
        else:
            inputs = run_inputs(session, wanted, place.world, seed)
            with RecordStore(out, inputs, [brief.id for brief in wanted], overwrite) as store:
                missing = set(store.missing)
                rest = [brief for brief in wanted if brief.id in missing]
                for _, record in session.run(rest, world=place.world, seed=seed, progress=bar):
                    store.add(record)
                    made.append(record.data)
                if (final := _told_apart(session, store, place.world)) is not None:
                    told = final[1]
                    click.echo(str(told), err=True)
                    new = {record["id"] for record in made}
                    made = [record.data for record in final[0] if record.id in new]
    summary = shares(made)
    click.echo(f"{len(made)} {kind} records made, {len(wanted) - len(made)} kept; {summary}", err=True)
    if as_json and out is not None:
        click.echo(
            json.dumps(
                {
                    "kind": kind,
                    "made": len(made),
                    "kept": len(wanted) - len(made),
                    "out": str(out),
                    **summary.as_json(),
                    "near_duplicates": told.as_json() if told is not None else None,
                }
            )
        )


def _told_apart(session: Session, store: RecordStore, world: World) -> tuple[list[Record], Report] | None:
    """Write near-duplicates of the file's texts again, the later ones: the final records and what was done; None for a
    run that was stopped."""
    from gamegen.exporting import load_records
    from gamegen.near_index import Index
    from gamegen.rewriting import without_near_duplicates

    if store.missing:
        return None
    records = load_records([store.path])
    with Index.open(store.path.with_name(store.path.name + ".near")) as index:
        final, report = without_near_duplicates(session, world, records, index=index)
        index.keep(record.id for record in final)
    if final != records:
        store.replace(final)
    return final, report


def _seed(seed: int | None, place: Place) -> int:
    if seed is not None:
        return seed
    return place.project.seed if place.project is not None else 0


def _briefs(
    generator: Generator,
    block: str | None,
    count: int,
    settings: tuple[str, ...],
    briefs: Path | None,
    chain: int | None,
    place: Place,
    seed: int,
) -> list[Brief]:
    """The briefs, each planned once: what cannot be is refused before a model is opened."""
    from gamegen.briefs import parse_settings, proven_briefs

    if briefs is not None and click.get_current_context().get_parameter_source("count") is ParameterSource.COMMANDLINE:
        raise UsageError.of("GG005", f"-n {count} beside --briefs {briefs}: the file says how many", "leave out -n")
    if block is not None and not _BLOCK.fullmatch(block):
        message = f"--block {block}: expected an id of small letters, digits and underscores"
        raise UsageError.of("GG005", message, "for example --block harbor_quests")
    pairs = settings if chain is None else (*settings, f"chain={chain}")
    wanted = parse_settings(pairs)
    return proven_briefs(generator, block or generator.kind, count, wanted, briefs, place.world, seed)
