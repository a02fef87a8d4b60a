"""`leadproof redact`: a copy of a capture that is safe to share."""

from __future__ import annotations

from pathlib import Path

import click

from leadproof import captures
from leadproof.bodies import MAX_BODY
from leadproof.captures.share import Copy, share, suggested
from leadproof.cli import options
from leadproof.cli.display import Display
from leadproof.core.errors import ExitCode
from leadproof.core.progress import Standing
from leadproof.core.text import count, one_line


@click.command("redact")
@click.argument("source", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="OUT", help="Where the copy goes.")
@click.option("--force", is_flag=True, help="Write over a copy that is there.")
@click.option(
    "--stable", is_flag=True,
    help="Use the same placeholders in every run: copies can be related, and whoever guesses a value can confirm it.",
)  # fmt: skip
@options.combined(options.profile)
def command(source: Path, output: Path | None, force: bool, stable: bool, profile_path: str | None) -> int:
    """Make a copy of a capture that is safe to share.

    Credentials and personal data become placeholders: the same one for the same value, of the same type, valid where
    the value was. HAR files stay HAR files, run directories, bodies, JSON lines and raw HTTP messages stay what they
    are; what cannot be written back becomes a HAR. What was replaced is said on stderr, by kind and number.

    The posting profile says which fields of a lead are personal and which have a closed set of values. Fields that
    nobody knows are treated as personal. Names in prose that stand in no field cannot be told: read the copy.

    \b
    Examples:
      leadproof redact capture.har           # writes capture.redacted.har
      leadproof redact response.xml -o to-send.xml
      leadproof redact reports/out/RUN -o for-support --profile posting-profile.toml
    """
    profile = options.posting_profile(profile_path, options.settings())
    redactor = options.redactor(profile, salted=not stable, max_body=MAX_BODY)
    list(captures.files([source]))
    to = output or suggested(source)
    with Display() as display:
        copy = share(source, to, redactor, force=force, on_progress=lambda words: display.show(Standing(words)))
    click.echo(_said(copy), err=True)
    for path, problem in copy.problems:
        click.echo(f"leadproof: error: {one_line(str(path))} {one_line(problem)}", err=True)
    return int(ExitCode.USAGE if copy.problems else ExitCode.PASSED)


def _said(copy: Copy) -> str:
    """Where the copy is, and what was replaced in it."""
    files = f" ({copy.files} files)" if copy.files > 1 else ""
    lines = [f"{one_line(str(copy.path))}{files}: {count(sum(copy.replaced.values()), 'value')} replaced"]
    lines += [f"  {number:>6}  {kind}" for kind, number in copy.replaced.most_common()]
    return "\n".join(lines)
