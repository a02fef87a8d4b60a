"""`leadproof compare`: two responses side by side."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import click

from leadproof import bodies, captures
from leadproof.bodies import MAX_BODY, BodyError
from leadproof.cli import options
from leadproof.commands.files import read_capped
from leadproof.contract.specs import Specification
from leadproof.core.errors import ExitCode, InputError, UsageError
from leadproof.core.operations import OPERATIONS
from leadproof.core.text import count, one_line
from leadproof.judge.equivalence import compare, left_out


@click.command("compare")
@click.argument("first", type=click.Path(path_type=Path))
@click.argument("second", type=click.Path(path_type=Path))
@options.combined(options.operation, options.readings)
@click.option("--volatile", is_flag=True, help="Compare ids and clocks too.")
@click.option("--json", "as_json", is_flag=True, help="Print the differences as JSON.")
def command(
    first: Path, second: Path, operation: str | None, chosen: tuple[str, ...], volatile: bool, as_json: bool
) -> int:
    """Do a JSON and an XML response say the same?

    Numbers are compared by value, timestamps as instants; null, empty and absent are three different things. Members
    that only one representation has, and those that differ between any two responses, are left out and named.

    \b
    Example:
      leadproof compare --operation create_lead response.json response.xml
    """
    configured = options.settings()
    spec = options.specification(chosen, False, configured)
    if operation is None:
        raise UsageError("compare needs --operation", hint=f"one of {', '.join(OPERATIONS)}")
    options.known_operation(operation)
    if len(OPERATIONS[operation].media) < 2:
        raise UsageError(f"{operation} is documented in JSON only", hint="there is nothing to compare")
    values = dict(_value(path, operation, spec) for path in (first, second))
    if len(values) < 2:
        raise UsageError("both files are of the same format", hint="name one JSON file and one XML file")
    found = [
        dataclasses.replace(one, json=options_text(one.json), xml=options_text(one.xml))
        for one in compare(operation, values["json"], values["xml"], spec, volatile=volatile)
    ]
    if as_json:
        rows = [dataclasses.asdict(one) for one in found]
        click.echo(json.dumps({"operation": operation, "equivalent": not found, "differences": rows}, indent=1))
    else:
        for one in found:
            click.echo(f"{one.pointer or '/'}   {one.xpath}\n  JSON  {one.json}\n  XML   {one.xml}")
        click.echo("equivalent" if not found else count(len(found), "difference"))
        skipped = [name for name in left_out(operation, spec) if not (volatile and "(volatile)" in name)]
        if skipped:
            click.echo(f"left out: {', '.join(skipped)}")
    return int(ExitCode.VIOLATED if found else ExitCode.PASSED)


def options_text(text: str) -> str:
    """A value made safe to print."""
    return one_line(text)


def _value(path: Path, operation: str, spec: Specification) -> tuple[str, object]:
    if not path.is_dir():
        list(captures.files([path]))  # has its own words for a name that is not there
    data = read_capped(path, MAX_BODY, "one response in JSON or XML")
    fmt = "xml" if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") else "json"
    try:
        return fmt, bodies.read_response(operation, fmt, data, spec).value
    except BodyError as error:
        raise InputError(f"{path}: {error}", hint=f"leadproof validate --operation {operation} says more") from None
