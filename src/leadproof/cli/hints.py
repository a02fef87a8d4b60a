"""What was probably meant: hints for command lines that click could not take. What a command refuses stands there."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import click

from leadproof.core.errors import LeadproofError, UsageError

#: The argument of a command that starts another program.
CLIENT = "client"


class NamingGroup(click.Group):
    """A group that says which of its commands was probably meant."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command of the first word.

        Raises:
            UsageError: There is none of that name.
        """
        name, known = args[0], self.list_commands(ctx)
        if name not in known and not name.startswith("-") and not ctx.resilient_parsing:
            import difflib

            near = difflib.get_close_matches(name.lower(), known, 1, 0.5)
            hint = f"did you mean {near[0]}?" if near else f"see {ctx.command_path} --help"
            raise UsageError(f"no such command {name!r}", hint=hint)
        return super().resolve_command(ctx, args)


def explain(error: click.ClickException, words: Sequence[str]) -> tuple[str, str]:
    """Message and hint for an error of click.

    Args:
        error: What click raised.
        words: The command line behind `leadproof`.
    """
    context = getattr(error, "ctx", None)
    if context is None:
        return error.format_message(), "see leadproof --help"
    if isinstance(error, click.NoSuchOption):
        if any(parameter.name == CLIENT for parameter in context.command.params) and "--" not in words:
            hint = f"an option of the client stands behind --: {context.command_path} -- ./send-lead {{lead.json}}"
            return f"no such option {error.option_name!r}", hint
        near = f"did you mean {' or '.join(error.possibilities)}? " if error.possibilities else ""
        return f"no such option {error.option_name!r}", f"{near}see {context.command_path} --help"
    if isinstance(error, click.UsageError) and (goal := _misplaced(context, words)):
        shown = plain(goal)
        return (
            f"{context.command_path} takes its target as an option, not as {shown}",
            f"{context.command_path} --target {shown}",
        )
    return error.format_message(), f"see {context.command_path} --help"


def is_url(word: str) -> bool:
    """Is it written like a URL?"""
    return word.lower().startswith(("http://", "https://"))


def plain(word: str) -> str:
    """A word as it may be shown: a URL without what could be a secret in it."""
    if not is_url(word):
        return word
    parts = urlsplit(word)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _misplaced(context: click.Context, words: Sequence[str]) -> str:
    """The target that was named without --target; "" if none was."""
    command = context.command
    if not any("--target" in parameter.opts for parameter in command.params) or context.info_name not in words:
        return ""
    try:
        _, extra, _ = command.make_parser(context).parse_args(list(words[words.index(context.info_name) + 1 :]))
    except click.UsageError:
        return ""  # what is wrong is something else
    known = _targets()
    return next((word for word in extra if is_url(word) or word in known), "")


def _targets() -> Collection[str]:
    """The named targets of the current folder; none if its settings cannot be read, which is not what is asked here."""
    from leadproof.runs import config

    try:
        return config.load(Path.cwd()).targets
    except (LeadproofError, OSError):
        return ()
