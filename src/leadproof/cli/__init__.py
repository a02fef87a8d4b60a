"""The command line: parses, calls, prints, exits. The last and thinnest layer; nothing here judges.

Each command is a module with one click command, imported only when it is called, so that `--help` is quick.
"""

from __future__ import annotations

import importlib
import os
import sys
import time
import traceback
from collections.abc import Sequence

import click
from click.shell_completion import CompletionItem

from leadproof import __version__
from leadproof.cli import hints, output
from leadproof.core import signals
from leadproof.core.errors import ExitCode, LeadproofError

#: Command -> the line that `leadproof --help` shows. The module has the same name.
COMMANDS: dict[str, str] = {
    "certify": "Judge a target from end to end, and write the compliance report.",
    "test": "Run the contract suite alone, or a part of it.",
    "load": "Put load on a target: open model, judged, with objectives and a verdict.",
    "validate": "Judge captured responses: HAR files, bare bodies, folders.",
    "mapping": "Write a first mapping for a log, which validate reads it by.",
    "record": "Record what goes to a target and comes back, and judge it as it passes.",
    "redact": "Make a copy of a capture that is safe to share.",
    "compare": "Do a JSON and an XML response say the same?",
    "mock": "Run the mock of the lead receiver.",
    "defects": "Turn the suite against every defect of the mock: the kill matrix.",
    "report": "Render a run again, merge several, compare with another.",
    "verify": "Is a run directory still what its manifest says?",
    "explain": "Explain a clause, reading, operation, defect, fault, exit code, kind of finding or of change.",
    "diff": "What changed between two versions of a specification or profile, and whom does it break?",
    "profile": "Make a posting profile from a posting document, check one, show one.",
    "specs": "Hand out the specification: OpenAPI, XSDs, clauses, readings, a Postman collection.",
    "init": "Write a posting profile, settings, CI jobs and a pre-commit hook.",
    "completion": "Print the script that lets bash, zsh or fish complete command lines.",
    "doctor": "Say what is here and what is missing on this machine.",
}


class _Group(hints.NamingGroup):
    """Loads a command when it is needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"leadproof.cli.{cmd_name}").command
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem[str]]:
        found = [CompletionItem(name, help=words) for name, words in COMMANDS.items() if name.startswith(incomplete)]
        return found + click.Command.shell_complete(self, ctx, incomplete)  # a group's own would import every command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="leadproof", message="%(prog)s %(version)s")
def cli() -> None:
    """Contract and load testing for the LeadExec lead-receiver API, version 2 (JSON and XML).

    \b
    Start here:
      leadproof certify                                  the whole story against the built-in mock
      leadproof certify --target http://127.0.0.1:8080   the same against a service
      leadproof validate capture.har                     judge what was recorded
      leadproof explain LE2-PING-RES-05                  what a clause asks, and where it is documented

    \b
    Exit codes: 0 passed, 1 contract violated, 2 usage, configuration or unreadable input,
    3 load objectives missed, 4 too little could be tested, 5 target unreachable, 130 interrupted.
    """


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command and gives its exit code; every foreseeable error is one message with a hint, never a traceback."""
    output.prepare()
    try:
        with signals.like_ctrl_c(time.monotonic):
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
    ours = [frame for frame in traceback.extract_tb(error.__traceback__) if "leadproof" in frame.filename]
    last = ours[-1] if ours else None
    return (
        f"{last.filename.replace(os.sep, '/').rpartition('leadproof/')[2]}:{last.lineno}"
        if last
        else "an unknown place"
    )


def _complain(message: str, hint: str) -> None:
    from leadproof.core.text import visible

    click.echo(f"leadproof: error: {visible(message)}", err=True)
    if hint:
        click.echo(f"  hint: {visible(hint)}", err=True)
