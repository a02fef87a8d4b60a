"""`leadproof redact`: a copy of a capture that is safe to share."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import click

from leadproof import captures
from leadproof.bodies import MAX_BODY
from leadproof.captures.share import MOST, Copy, Leftover, share, suggested
from leadproof.cli import fetching, options
from leadproof.cli.display import Display
from leadproof.core.errors import ExitCode, UsageError
from leadproof.core.progress import Standing
from leadproof.core.text import count, one_line


@click.command("redact")
@click.argument("word", metavar="SOURCE", type=click.Path())
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="OUT", help="Where the copy goes.")
@click.option("--force", is_flag=True, help="Write over a copy that is there.")
@click.option(
    "--stable", is_flag=True,
    help="Use the same placeholders in every run: copies can be related, and whoever guesses a value can confirm it.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print what was replaced, and where to look, as JSON on stdout.")
@fetching.caps
@options.combined(options.profile)
def command(
    word: str,
    output: Path | None,
    force: bool,
    stable: bool,
    as_json: bool,
    fetch_size: int,
    fetch_time: float,
    profile_path: str | None,
) -> int:
    """Make a copy of a capture that is safe to share.

    Credentials and personal data become placeholders: the same one for the same value, of the same type, valid where
    the value was. HAR files stay HAR files, run directories, bodies, JSON lines and raw HTTP messages stay what they
    are; what cannot be written back becomes a HAR. What was replaced is said on stderr, by kind and number.
    SOURCE may be elsewhere, as s3://, gs://, az://, https:// or sftp://; the copy is written here.

    The posting profile says which fields of a lead are personal and which are not. Fields that nobody knows are
    treated as personal. Telephone numbers, addresses and the like are replaced wherever they stand; names in prose,
    where a field holds them or a word before them tells. What is left to a person is named at the end: look there.

    \b
    Examples:
      leadproof redact capture.har           # writes capture.redacted.har
      leadproof redact response.xml -o to-send.xml --json
      leadproof redact reports/out/RUN -o for-support --profile posting-profile.toml
    """
    profile = options.posting_profile(profile_path, options.settings())
    redactor = options.redactor(profile, salted=not stable, max_body=MAX_BODY)
    (source,) = fetching.paths([word], fetch_size, fetch_time, "redact")
    if output is not None and any(str(output).startswith(f"{scheme}:") for scheme in captures.SCHEMES):
        raise UsageError("redact writes to this machine only", hint="name a file for -o, and copy it from here")
    list(captures.files([source]))
    to = output or suggested(source)
    with Display() as display:
        copy = share(source, to, redactor, force=force, on_progress=lambda words: display.show(Standing(words)))
    if as_json:
        click.echo(json.dumps(_data(copy), indent=1))
    else:
        click.echo(_said(copy), err=True)
    for path, problem in copy.problems:
        click.echo(f"leadproof: error: {one_line(str(path))} {one_line(problem)}", err=True)
    return int(ExitCode.USAGE if copy.problems else ExitCode.PASSED)


#: Leftovers that are printed; `--json` has more of them.
_SHOWN = 20


def _data(copy: Copy) -> dict[str, Any]:
    return {
        "copy": str(copy.path),
        "files": copy.files,
        "replaced": dict(copy.replaced.most_common()),
        "look": [dataclasses.asdict(place) for place in copy.places.found],
        "more": copy.places.more,
        "problems": [{"file": str(path), "problem": problem} for path, problem in copy.problems],
    }


def _said(copy: Copy) -> str:
    """Where the copy is, what was replaced in it, and where to look before it is shared."""
    files = f" ({copy.files} files)" if copy.files > 1 else ""
    lines = [f"{one_line(str(copy.path))}{files}: {count(sum(copy.replaced.values()), 'value')} replaced"]
    lines += [f"  {number:>6}  {kind}" for kind, number in copy.replaced.most_common()]
    places = copy.places.found
    if places:
        lines += ["", "look before you share it:"]
        lines += [f"  {one_line(_place(place))}: {place.why}" for place in places[:_SHOWN]]
    if more := len(places) + copy.places.more - _SHOWN:
        lines += [f"  … and {count(more, 'more place')}; --json has up to {MOST:,}"] if more > 0 else []
    return "\n".join(lines)


def _place(place: Leftover) -> str:
    number = f" exchange {place.exchange}" if place.exchange is not None else ""
    return f"{place.file}{number} {place.at}".rstrip()
