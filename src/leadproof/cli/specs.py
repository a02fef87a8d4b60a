"""`leadproof specs`: the hand-written specification, for other tools."""

from __future__ import annotations

import json
from pathlib import Path

import click

from leadproof.cli import hints
from leadproof.commands import postman
from leadproof.contract import profile, specs
from leadproof.core import resources
from leadproof.core.errors import InputError, UsageError
from leadproof.core.text import count, one_line

#: Ends of the names of files that an export holds; whatever else lies in the folder is nobody's.
_ENDS = (".yaml", ".xsd", ".toml", ".json")


@click.group("specs", cls=hints.NamingGroup)
def command() -> None:
    """Hand out the specification: OpenAPI, XSDs, clauses, readings, posting profile.

    \b
    Example:
      leadproof specs export contract/
    """


@command.command("export")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--postman", "with_postman", is_flag=True, help="Write a Postman collection (v2.1) beside them.")
@click.option("--force", is_flag=True, help="Overwrite files that are there.")
@click.option("--json", "as_json", is_flag=True, help="Print what was written as JSON on stdout, nothing else.")
def export(folder: Path, with_postman: bool, force: bool, as_json: bool) -> None:
    """Write the specification to a folder, as it lies in this version of leadproof.

    \b
    openapi.yaml           the ten operations in OpenAPI 3.1, with examples
    xsd/                   the XML of requests and responses
    clauses.yaml           every clause, with its place in the documentation
    readings.yaml          every place where the documentation contradicts itself,
                           and how it is read
    profiles/              a posting profile, and the JSON schema of profiles

    \b
    redocly.yaml, spectral.yaml, schemathesis.toml
                           what these tools have to know of openapi.yaml
    leadexec-v2.postman_collection.json
                           with --postman: a folder for each operation, in JSON
                           and XML

    A file that is there is not touched, and then none is written, unless --force is given.

    \b
    Examples:
      leadproof specs export contract/
      leadproof specs export contract/ --postman --force
      leadproof specs export contract/ --json
    """
    made = files(with_postman=with_postman)
    there = [name for name in made if (folder / name).exists()]
    if there and not force:
        more = f" and {count(len(there) - 3, 'more file')}" if len(there) > 3 else ""
        raise UsageError(
            f"nothing was written, for what there is in {folder}: {', '.join(there[:3])}{more}",
            hint="--force overwrites",
        )
    for name, content in made.items():
        _write(folder / name, content)
    if as_json:
        click.echo(json.dumps({"folder": str(folder), "version": specs.versions(), "files": list(made)}, indent=1))
        return
    for name in made:
        click.echo(f"wrote  {one_line(str(folder / name))}")


def files(*, with_postman: bool = False) -> dict[str, bytes]:
    """What an export consists of: path below its folder -> content."""
    root = resources.path("specs")
    found = {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and path.suffix in _ENDS
    }
    if with_postman:
        key = profile.load().credentials.api_keys[0]
        document = postman.collection(specs.load().openapi, key)
        found[postman.FILE] = (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()
    return found


def _write(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise InputError(
            f"{path} cannot be written: {error.strerror}", hint="name a folder that you may write to"
        ) from None
