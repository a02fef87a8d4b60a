"""The group of all commands, and what becomes of the errors of any of them."""

from __future__ import annotations

import importlib
import os
import sys
import traceback
from collections.abc import Sequence

import click
from click.shell_completion import CompletionItem

import leadproof
from leadproof import __version__
from leadproof.cli import front, hints, output
from leadproof.core import signals
from leadproof.core.errors import ExitCode, LeadproofError
from leadproof.core.gc import gc_paused


class _Group(hints.NamingGroup):
    """Loads a command when it is needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(front.COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in front.COMMANDS:
            return None
        with signals.held():
            command: click.Command = importlib.import_module(f"leadproof.cli.{cmd_name.replace('-', '_')}").command
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem[str]]:
        found = [
            CompletionItem(name, help=words) for name, words in front.COMMANDS.items() if name.startswith(incomplete)
        ]
        return found + click.Command.shell_complete(self, ctx, incomplete)  # a group's own would import every command

    def get_help(self, ctx: click.Context) -> str:
        return front.page().rstrip("\n")


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="leadproof", message="%(prog)s %(version)s")
def cli() -> None:
    """What `front` says."""


def run(arguments: Sequence[str] | None = None) -> int:
    """Runs a command and gives its exit code; every foreseeable error is one message with a hint, never a traceback."""
    try:
        with gc_paused():
            code = _call(arguments)
        output.flush()
        return code
    except LeadproofError as error:
        _complain(error.message, error.hint)
        return int(error.exit_code)
    except (click.exceptions.Abort, KeyboardInterrupt) as error:
        cause = error.__cause__ if isinstance(error, click.exceptions.Abort) else error
        _complain(signals.reason(cause), "")
        return int(ExitCode.INTERRUPTED)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return int(ExitCode.USAGE)
    except click.ClickException as error:
        _complain(*hints.explain(error, sys.argv[1:] if arguments is None else arguments))
        return int(ExitCode.USAGE)
    except Exception as error:
        if os.environ.get("LEADPROOF_DEBUG"):
            raise
        # Python's own way out would be exit code 1, which says that the contract is violated, and a traceback, which
        # may show what was in the messages.
        _complain(
            f"leadproof itself failed: {type(error).__name__} at {_place(error)}",
            "please report it; LEADPROOF_DEBUG=1 shows the whole story",
        )
        return int(ExitCode.USAGE)


def _call(arguments: Sequence[str] | None) -> int:
    """The exit code of a command."""
    try:
        result = cli.main(
            args=None if arguments is None else list(arguments), prog_name="leadproof", standalone_mode=False
        )
    except click.exceptions.Exit as error:
        return error.exit_code
    return int(result) if isinstance(result, int) else int(ExitCode.PASSED)


def _place(error: BaseException) -> str:
    """Where in our code an error came up: module and line."""
    package = os.path.join(os.path.dirname(leadproof.__file__), "")  # a folder of that name may hold anything
    ours = [one for one in traceback.extract_tb(error.__traceback__) if one.filename.startswith(package)]
    if not ours:
        return "an unknown place"
    return f"{ours[-1].filename.removeprefix(package).replace(os.sep, '/')}:{ours[-1].lineno}"


def _complain(message: str, hint: str) -> None:
    from leadproof.core.text import visible

    click.echo(f"leadproof: error: {visible(message)}", err=True)
    if hint:
        click.echo(f"  hint: {visible(hint)}", err=True)
