"""`leadproof verify`: a run directory against its manifest."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path

import click

from leadproof.core.errors import ExitCode, InputError
from leadproof.core.text import count, one_line
from leadproof.runs.evidence import Verified, verify


@click.command("verify")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def command(folder: Path, as_json: bool) -> int:
    """Compute the SHA-256 of every file of a run directory again, and compare with its manifest.json.

    Files that are missing, changed or extra are named; so are links, named pipes and empty directories, of which a run
    has none: a copy made with links (cp -al) does not hold. Who may write the directory may write the manifest, too:
    the hash of the manifest itself is printed, to be kept elsewhere.

    \b
    Examples:
      leadproof verify reports/out/20261123T090000Z-5c1e
      leadproof verify reports/out/20261123T090000Z-5c1e --json

    Exit codes: 0 everything is as it was, 1 something is not, 2 there is no manifest that can be read.
    """
    if not folder.is_dir():
        raise InputError(f"{folder} is no folder", hint="name a run directory")
    found = verify(folder)
    own = hashlib.sha256((folder / "manifest.json").read_bytes()).hexdigest()
    if as_json:
        click.echo(json.dumps({"holds": found.holds, "manifest": own, **dataclasses.asdict(found)}, indent=1))
    else:
        _show(found, own)
    return int(ExitCode.PASSED if found.holds else ExitCode.VIOLATED)


def _show(found: Verified, own: str) -> None:
    for word in ("missing", "changed", "extra"):
        for name in getattr(found, word):
            what = f" ({found.reasons[name]})" if name in found.reasons else ""
            click.echo(click.style(f"{word:8} {one_line(name)}{what}", fg="red"))
    number = count(len(found.same), "file is", "files are")
    broken = len(found.missing) + len(found.changed) + len(found.extra)
    click.echo(f"{number} as the manifest says" + (f", {broken} not" if broken else ""))
    click.echo(f"sha-256 of the manifest: {own}")
