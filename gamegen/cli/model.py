"""`gamegen model`: add, list, info, pack."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gamegen.cli.options import json_option
from gamegen.cli.progress import stage_bars

if TYPE_CHECKING:
    from gamegen.engine.manifest import ModelFolder, Precision


@click.group("model")
def model_command() -> None:
    """Add, list, describe and pack language models."""


@model_command.command("add")
@click.argument("source", required=False)
@click.option(
    "--precision",
    type=click.Choice(["fp32", "fp16", "int8", "int4"]),
    help="Weights of the graph (default: int8, fp32 where that changes the model too much).",
)
@click.option("--name", help="Id in the cache (default: from the source).")
@click.option("--plain", is_flag=True, help="The default model without the adapter it is tuned with.")
@click.option(
    "--adapter",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Folder of an adapter of `gamegen tune`, merged before the export.",
)
@click.option("--force", is_flag=True, help="Make it again even if it is there and whole.")
@json_option
def add_command(
    source: str | None,
    precision: Precision | None,
    name: str | None,
    plain: bool,
    adapter: Path | None,
    force: bool,
    as_json: bool,
) -> None:
    """Fetch, export with optimum, verify and cache a model.

    SOURCE is a Hugging Face id, a model folder, a GGUF file, an exported ONNX folder or a packed model. Without it:
    the default model, SmolLM2-135M-Instruct, tuned on gamegen's own examples.
    """
    from gamegen.engine.models import PLAIN_ID, add_model

    if plain and (source or adapter):
        raise click.UsageError("--plain means the default model without its adapter: give neither SOURCE nor --adapter")
    with stage_bars() as progress:
        folder = add_model(
            PLAIN_ID if plain else source,
            precision=precision,
            name=name,
            force=force,
            progress=progress,
            adapter=adapter,
        )
    if as_json:
        click.echo(json.dumps(folder.manifest.as_json(), sort_keys=True))
        return
    click.echo(_line(folder))
    click.echo(str(folder.path))


@model_command.command("list")
@json_option
def list_command(as_json: bool) -> None:
    """List the models in the cache."""
    from gamegen.engine.models import list_models

    models = list_models()
    if as_json:
        click.echo(json.dumps([{"id": each.id, "path": str(each.path)} for each in models]))
        return
    for each in models:
        click.echo(_line(each))
    if not models:
        click.echo("no models yet; gamegen model add makes the default one", err=True)


@model_command.command("info")
@click.argument("model_id", required=False, metavar="[ID]")
def info_command(model_id: str | None) -> None:
    """Print the manifest of a model as JSON: source, licence, hashes, precision, versions, figures."""
    from gamegen.engine.models import DEFAULT_ID, find_model

    click.echo(json.dumps(find_model(model_id or DEFAULT_ID).manifest.as_json(), indent=2, sort_keys=True))


@model_command.command("pack")
@click.argument("model_id", metavar="ID")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def pack_command(model_id: str, file: Path) -> None:
    """Write a model to one FILE that `gamegen model add FILE` takes on another machine."""
    from gamegen.engine.models import pack_model

    click.echo(str(pack_model(model_id, file)))


def _line(folder: ModelFolder) -> str:
    manifest = folder.manifest
    size = sum(entry.size for entry in manifest.files.values()) / 1e6
    parts = (manifest.architecture, manifest.precision, f"{manifest.graph} graph", f"{size:.0f} MB", manifest.licence)
    return f"{folder.id}: {', '.join(parts)}"
