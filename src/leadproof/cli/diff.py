"""`leadproof diff`: two versions of a specification or posting profile."""

from __future__ import annotations

from pathlib import Path

import click

from leadproof.cli import completing
from leadproof.commands.diff import FAIL_ON, compare, rendering
from leadproof.core.errors import ExitCode, InputError, UsageError
from leadproof.core.text import visible


@click.command("diff")
@click.argument("old", metavar="OLD", shell_complete=completing.specifications)
@click.argument("new", metavar="NEW", shell_complete=completing.specifications)
@click.option(
    "--format", "name", type=click.Choice(list(rendering.FORMATS)), default="text", show_default=True,
    help="How to show the changes.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option(
    "--fail-on", type=click.Choice(list(FAIL_ON)), default="breaking", show_default=True,
    help="Which changes end with exit code 1; unclear: breaking ones, too; any: notes, too.",
)  # fmt: skip
@click.option("--all", "whole", is_flag=True, help="Show notes one by one, not only their number.")
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE", help="Write to a file, not to stdout.")
def command(old: str, new: str, name: str, as_json: bool, fail_on: str, whole: bool, out: Path | None) -> int:
    """What changed between two versions of a specification or posting profile, and whom does it break?

    OLD and NEW are files or folders, as leadproof specs export writes them: OpenAPI documents (3.0 or 3.1, yours too),
    XML Schemas, clauses.yaml, readings.yaml, posting profiles. The word packaged stands for the specification that is
    installed. Of a file and a folder, the file is compared with its like in the folder.

    \b
    breaking    something that works for clients of OLD stops working
    unclear     a program cannot decide it, a person can
    compatible  clients of OLD go on working
    note        nothing changes on the wire

    A request that may hold less breaks clients, and so does a response that may hold more. The xml keyword is compared
    wherever a body can be XML: names, attributes, namespaces, wrapped lists.

    \b
    Examples:
      leadproof diff packaged mine/openapi.yaml
      leadproof diff contract/ contract-new/ --format markdown --out changes.md
      leadproof diff old-profile.toml profile.toml --fail-on unclear
      leadproof diff old.xsd new.xsd --json

    Exit codes: 0 nothing broke, 1 something did (see --fail-on), 2 a file cannot be read or the two are not of a kind.
    """
    if as_json and name not in ("text", "json"):
        raise UsageError(f"--json and --format {name} exclude each other", hint="leave one of them out")
    comparison = compare(old, new)
    rendered = rendering.FORMATS["json" if as_json else name](comparison, whole=whole)
    if out is None:
        click.echo(rendered if as_json or name == "json" else visible(rendered, len(rendered)), nl=False)
    else:
        _write(out, rendered)
        click.echo(f"wrote {out}: {rendering.headline(comparison)}")
    failing = [change for change in comparison.changes if change.impact in FAIL_ON[fail_on]]
    return int(ExitCode.VIOLATED if failing else ExitCode.PASSED)


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    except OSError as error:
        raise InputError(
            f"{path} cannot be written: {error.strerror}", hint="name a file that you may write to"
        ) from None
