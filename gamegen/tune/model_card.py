"""The model card of an adapter: what people should know before they use or pass it on (Mitchell et al., 2019)."""

from __future__ import annotations

import shlex
from collections.abc import Iterable

from gamegen.engine.adapter import Adapter
from gamegen.engine.manifest import DEFAULT_ID
from gamegen.records import JSON
from gamegen.tune.settings import Hyperparameters


def command(
    files: Iterable[str],
    numbers: Hyperparameters,
    *,
    name: str = "",
    base: str = DEFAULT_ID,
    held_out: Iterable[str] = (),
    start: str = "",
    licence: str = "",
    allow_small: bool = False,
) -> str:
    """The command line of a training: files by name, a project by its id, and the options that are not the default.

    Options that change nothing of what is learned (--work, --force ...) are left out.
    """
    plain = Hyperparameters()
    parts = ["gamegen", "tune", *_inputs(files), "--name", name or "NAME"]
    parts += ["--base", base] if base != DEFAULT_ID else []
    parts += [part for file in _inputs(held_out) for part in ("--held-out", file)]
    parts += ["--start", start] if start else []
    parts += ["--licence", licence] if licence else []
    for option in ("epochs", "rate", "rank", "batch", "seed"):
        if (value := getattr(numbers, option)) != getattr(plain, option):
            parts += [f"--{option}", str(int(value)) if value == int(value) else repr(value)]
    parts += ["--allow-small"] if allow_small else []
    return shlex.join(parts)


def model_card(adapter: Adapter, base_licence: str, trained_by: str) -> str:
    """CARD.md: base, data and licences, training, figures, use and limits. trained_by: the `command`."""
    facts = adapter.figures
    parts = [
        f"# Adapter of {adapter.base_name} for game texts",
        "Made by `gamegen tune`. It teaches the base to go from a card (kind and fields of a plan) to one line of game "
        "text.",
        "## Base",
        f"{adapter.base_name}, licence {base_licence}, SHA-256 of its weights `{adapter.base_sha256}`. The adapter "
        "fits these weights alone.",
        "## Data",
        _table(
            ("file", "examples", "licence", "source", "SHA-256"),
            [
                (each["file"], each["examples"], each["licence"], each.get("source", ""), f"`{each['sha256'][:16]}…`")
                for each in adapter.data
            ],
        ),
        "Kinds: " + ", ".join(f"{kind} ({count})" for kind, count in dict(facts.get("kinds", {})).items()) + ".",
        "## Training",
        f"Trained by `{trained_by}`.",
        f"LoRA of rank {adapter.rank}, alpha {adapter.alpha}, on {', '.join(adapter.modules)}. "
        + ", ".join(
            f"{name} {value}"
            for name, value in sorted(adapter.hyperparameters.items())
            if name not in ("rank", "alpha")
        )
        + ".",
        *_judged_by(adapter),
        f"{facts.get('examples')} examples trained on, {facts.get('held_out')} held out; they share no person, no "
        "`must` and no run of six words. Held-out loss of the lines, nats per token: "
        f"{facts.get('held_out_loss_before')} before, {facts.get('held_out_loss')} after step "
        f"{facts.get('best_step')}.",
    ]
    if isinstance(found := facts.get("evaluation"), dict):
        names = sorted({name for values in found.values() for name in values})
        parts += [
            "## Evaluation",
            "On the held-out examples, on the exported models; docs/tuning.md has the formulas.",
            _table(
                ("figure", *found), [(name, *(values.get(name, "") for values in found.values())) for name in names]
            ),
        ]
    parts += [
        "## Use and limits",
        "For short game texts that are checked and reviewed. Saying what a card asks for is not yet making sense: read "
        "before you ship. It knows no facts, writes one line at a time, and only the language of its data.",
    ]
    return "\n\n".join(parts) + "\n"


def _judged_by(adapter: Adapter) -> list[str]:
    files = [f"{each['file']} ({each['examples']} examples, `{each['sha256'][:16]}…`)" for each in adapter.held_out]
    return [f"Held-out examples of {', '.join(files)}."] if files else []


def _inputs(files: Iterable[str]) -> list[str]:
    """The names to give for data files; those of a project are named PROJECT/FOLDER/FILE."""
    return list(dict.fromkeys(file.split("/")[0] for file in files))


def _table(head: tuple[str, ...], rows: list[tuple[JSON, ...]]) -> str:
    lines = [" | ".join(map(str, row)) for row in (head, ("---",) * len(head), *rows)]
    return "\n".join(f"| {line} |" for line in lines)
