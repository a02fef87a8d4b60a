"""`leadproof mapping`: which member of a log's record is what, for `leadproof validate --mapping`."""

from __future__ import annotations

from pathlib import Path

import click

from leadproof import captures
from leadproof.cli import completing, hints
from leadproof.core.errors import InputError, UsageError
from leadproof.core.text import one_line


@click.group("mapping", cls=hints.NamingGroup)
def command() -> None:
    """Say which member of a log's record is what, for leadproof validate --mapping.

    \b
    Example:
      leadproof mapping suggest gateway.log --out gateway.toml
      leadproof validate --mapping gateway.toml gateway.log
    """


@command.command("suggest")
@click.argument("file", type=click.Path(path_type=Path), shell_complete=completing.files)
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE", help="Write it there instead of on stdout.")
@click.option("--force", is_flag=True, help="Overwrite a file that is there.")
def suggest(file: Path, out: Path | None, force: bool) -> None:
    """Write a first mapping for a log of JSON lines or a JSON document, by a sample of its records.

    Lines may have a prefix (a container's name and a bar, a date), and members may be texts that hold JSON, as
    collectors of logs write them. Compare the mapping with a record before you trust it.

    \b
    Examples:
      leadproof mapping suggest gateway.log
      leadproof mapping suggest docker.log --out docker.toml
    """
    if force and out is None:
        raise UsageError("--force: no effect without --out, as nothing is written", hint="add --out FILE")
    if out and out.exists() and not force:
        raise UsageError(
            f"nothing was written, for there is {out}", hint="--force overwrites, --out names another file"
        )
    list(captures.files([file]))
    if not file.is_file():
        raise UsageError(f"{file}: is no file", hint="name one file of the log")
    from leadproof.captures.suggesting import suggest as suggested

    text = suggested(file)
    if out is None:
        click.echo(text, nl=False)
        return
    try:
        out.write_text(text, "utf-8")
    except OSError as error:
        raise InputError(f"{one_line(str(out))}: {error.strerror}", hint="name another place with --out") from None
    click.echo(f"{one_line(str(out))} is there: compare it with a record, then leadproof validate --mapping", err=True)
