"""The command line: arguments, progress and exit codes only. `main` is the entry point.

Commands load when they are called, so that `gamegen --help` stays quick.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence

import click

from gamegen import __version__
from gamegen.errors import EXIT_DONE, EXIT_HOST, EXIT_INTERRUPTED, EXIT_USAGE, GamegenError
from gamegen.records import Finding

COMMANDS = {
    "init": ("gamegen.cli.project", "Make a new project from a sample."),
    "model": ("gamegen.cli.model", "Add, list, describe and pack language models."),
    "tune": ("gamegen.cli.tune", "Teach a model to write as your own examples do."),
    "plan": ("gamegen.cli.generate", "Show what would be made and what it costs; runs no model."),
    "generate": ("gamegen.cli.generate", "Make records of a kind."),
    "distinct": ("gamegen.cli.distinct", "Write texts again that are nearly the same as earlier ones."),
    "restyle": ("gamegen.cli.restyle", "Write the texts of records again, in another tone or voice."),
    "export": ("gamegen.cli.content", "Write records as Ink, Yarn, JSON or a plugin's format."),
    "loc": ("gamegen.cli.loc", "Translate the texts of records, and list what is spoken."),
    "validate": ("gamegen.cli.content", "Check worlds, projects and content."),
    "play": ("gamegen.cli.content", "Play a dialogue in the terminal."),
    "quality": ("gamegen.cli.quality", "Measure variety and originality of content."),
    "bench": ("gamegen.cli.bench", "Measure how fast records are made here."),
    "plugins": ("gamegen.cli.project", "List kinds, formats and checks, and who brings them."),
}


class LazyGroup(click.Group):
    """A group whose commands are imported when one of them is called."""

    def list_commands(self, context: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command: click.Command = getattr(importlib.import_module(COMMANDS[name][0]), f"{name}_command")
        return command

    def resolve_command(
        self, context: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and args[0] not in COMMANDS:
            from gamegen.naming import did_you_mean

            raise click.UsageError(f"no command {args[0]!r}; {did_you_mean(args[0], COMMANDS)}")
        return super().resolve_command(context, args)

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="gamegen")
def cli() -> None:
    """Quests, dialogue trees and character sheets for games: planned, proven playable, written by a language model.

    Results go to stdout, progress and errors to stderr. Exit codes: 0 done, 1 content invalid, 2 wrong usage or input,
    3 model or provider unavailable, 4 the environment failed, 130 interrupted.
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its code. Every error is one line; a traceback is shown to nobody."""
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    try:
        code = cli.main(args=list(arguments) if arguments is not None else None, standalone_mode=False)
        return code if isinstance(code, int) else EXIT_DONE
    except GamegenError as error:
        _report(error.findings)
        return error.exit_code
    except click.UsageError as error:
        name = error.ctx.command_path if error.ctx is not None else "gamegen"
        _report([Finding("GG011", error.format_message(), f"see {name} --help")])
        return EXIT_USAGE
    except (KeyboardInterrupt, click.Abort):
        _report([Finding("GG012", "interrupted", "finished records are kept; the same command goes on from there")])
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_DONE
    except OSError as error:
        _report([Finding("GG008", f"the system refused: {error.strerror or error}", path=str(error.filename or ""))])
        return EXIT_HOST
    except Exception as error:
        if os.environ.get("GAMEGEN_DEBUG"):
            raise
        message = f"a fault in gamegen or a plugin: {type(error).__name__}: {error}"
        _report([Finding("GG013", message.replace("\n", " "), "set GAMEGEN_DEBUG=1 for the details and report it")])
        return EXIT_HOST


def _report(findings: Sequence[Finding]) -> None:
    for finding in findings:
        click.echo(str(finding), err=True)
