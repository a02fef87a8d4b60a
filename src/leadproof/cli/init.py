"""`leadproof init`: the files that a project begins with."""

from __future__ import annotations

from pathlib import Path

import click

from leadproof.cli import completing, options
from leadproof.cli.starters import INSTALLING, STARTERS
from leadproof.core.errors import LeadproofError, UsageError
from leadproof.core.installation import only_here, requirement


@click.command("init")
@click.argument("what", nargs=-1, metavar="[WHAT]...", shell_complete=completing.starters)
@click.option(
    "--into", default=".", metavar="DIR", type=click.Path(path_type=Path), help="Where to write (default: here)."
)
@click.option(
    "--package", metavar="REQUIREMENT", help="What CI installs: a version, a wheel, a repository (default: this one)."
)
@click.option("--force", is_flag=True, help="Overwrite files that are there.")
def command(what: tuple[str, ...], into: Path, package: str | None, force: bool) -> None:
    """Write a posting profile, settings, a GitHub workflow, a GitLab job and a pre-commit hook.

    Each works as written and says in comments what to change. A file that is there is kept, unless --force is given.
    WHAT chooses: profile, settings, github, gitlab, pre-commit; all of them by default.

    \b
    Examples:
      leadproof init
      leadproof init profile settings
      leadproof init github --package "leadproof @ git+https://git.example/leadproof@v1"
      leadproof init gitlab --force
    """
    for name in what:
        if name not in STARTERS:
            raise UsageError(f"init writes no {name!r}", hint=f"there are: {', '.join(STARTERS)}")
    chosen = {name: STARTERS[name] for name in what or STARTERS}
    if not INSTALLING & chosen.keys():
        options.refuse_idle(("package",), f"on {', '.join(chosen)}, where CI installs nothing", "leave it out")
    kept = {name: row for name, row in chosen.items() if not force and (into / row.path).exists()}
    if len(kept) == len(chosen):
        names = ", ".join(row.path for row in kept.values())
        raise UsageError(f"nothing was written, for what there is: {names}", hint="--force overwrites")
    named, package = package, package or requirement()
    for name, row in chosen.items():
        if name not in kept:
            _write(into / row.path, row.text(package))
        click.echo(f"{'kept' if name in kept else 'wrote':<6} {row.path:<32} {row.about}")
    if INSTALLING & (chosen.keys() - kept.keys()):
        if only_here(package):
            click.echo(f"CI installs {package}, a path of this machine: name a source that CI reaches with --package")
        else:
            click.echo(f"CI installs {package}{'' if named else '; --package names another source'}")
    click.echo("next: leadproof certify; its reports go to reports/out/, which belongs in .gitignore")


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    except OSError as error:
        raise LeadproofError(
            f"{path} cannot be written: {error.strerror}", hint="name a folder that you may write to with --into"
        ) from None
