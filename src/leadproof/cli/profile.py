"""`leadproof profile`: a posting profile from a posting document, what is suspicious about it, and as a table."""

from __future__ import annotations

import json
from pathlib import Path

import click

from leadproof.cli import completing, hints
from leadproof.commands import profiles
from leadproof.contract import profile as posting_profiles
from leadproof.contract.profile import Profile, sheets
from leadproof.contract.profile.posting import Ids, Imported, ImportNote
from leadproof.contract.profile.writing import write
from leadproof.core.errors import InputError, UsageError
from leadproof.core.text import count, one_line, visible

#: Kind of a note -> how its counts are named in the last line.
_COUNTED = ("understood", "guessed", "not read")


@click.group("profile", cls=hints.NamingGroup)
def command() -> None:
    """Make a posting profile from a posting document, check one, show one.

    A posting profile is the posting document of an account as data. The mock and generated leads go by it.

    \b
    Examples:
      leadproof profile import instructions.xlsx
      leadproof profile check posting-profile.toml
      leadproof profile show posting-profile.toml --format html > fields.html
    """


@command.command("import")
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path),
                shell_complete=completing.files)  # fmt: skip
@click.option(
    "--into", default="posting-profile.toml", show_default=True, metavar="FILE", type=click.Path(path_type=Path),
    help="The profile to write.",
)  # fmt: skip
@click.option("--vid", type=click.IntRange(1), help="Source id, where the document does not name it.")
@click.option("--lid", type=click.IntRange(1), help="Lead type id, likewise.")
@click.option("--aid", type=click.IntRange(1), help="Campaign id, likewise.")
@click.option("--name", default="", help="What the profile is called.")
@click.option("--force", is_flag=True, help="Overwrite a file that is there.")
@click.option("--json", "as_json", is_flag=True, help="Print the notes as JSON on stdout, nothing else.")
def import_(
    files: tuple[Path, ...], into: Path, vid: int | None, lid: int | None, aid: int | None, name: str, force: bool,
    as_json: bool,
) -> None:  # fmt: skip
    """Read posting documents (CSV, XLSX, HTML, JSON), and write a commented posting profile.

    Ping and post may be in one file or two, in one table or two. Columns are recognised by their headings: field, type,
    format, required (in ping, in post), required if, allowed values, max length, example, description, and what else
    they are called. Every line says what was made of it: understood, guessed, or not read. Nothing is dropped in
    silence, and what was guessed or not read of a field stands in the profile as a comment, too.

    \b
    Examples:
      leadproof profile import instructions.xlsx
      leadproof profile import ping.csv post.csv --vid 1001 --lid 2001 --aid 3001
      leadproof profile import page.html --into auto.toml --force
    """
    if into.exists() and not force:
        raise UsageError(
            f"nothing was written, for there is {into}", hint="--force overwrites, --into names another file"
        )
    imported = profiles.import_files(files, Ids(vid, lid, aid), name)
    head = (
        f"A posting profile, made by leadproof profile import from {', '.join(path.name for path in files)}.",
        "What was guessed or not read stands above the field as a comment: look at it, mend it, delete the comment.",
    )
    text = write(imported.profile, imported.comments, head)
    posting_profiles.parse(text, str(into))  # what is written can be read
    try:
        into.parent.mkdir(parents=True, exist_ok=True)
        into.write_text(text, "utf-8")
    except OSError as error:
        raise InputError(f"{into} cannot be written: {error.strerror}", hint="name another file with --into") from None
    if as_json:
        click.echo(json.dumps(_report(imported, into), indent=1, ensure_ascii=False))
        return
    for note in imported.notes:
        click.echo(
            f"{note.kind:<10}  {one_line(note.place)}  {one_line(note.subject, 60)}: {one_line(note.message, 400)}"
        )
    numbers = ", ".join(f"{_number(imported.notes, kind)} {kind}" for kind in _COUNTED)
    fields = count(len(imported.profile.lead_types[0].fields), "field")
    click.echo(f"wrote {one_line(str(into))}: {fields}; {numbers}")
    click.echo(f"next: leadproof profile check {one_line(str(into))}")


def _number(notes: tuple[ImportNote, ...], kind: str) -> int:
    return sum(note.kind == kind for note in notes)


def _report(imported: Imported, into: Path) -> dict[str, object]:
    rows = [
        {"place": one.place, "kind": one.kind, "subject": one.subject, "message": one.message} for one in imported.notes
    ]
    fields = [one.name for one in imported.profile.lead_types[0].fields]
    return {"file": str(into), "fields": fields, "counts": {kind: _number(imported.notes, kind) for kind in _COUNTED},
            "notes": rows}  # fmt: skip


def _loaded(file: Path) -> Profile:
    if not file.is_file():
        raise InputError(
            f"{file}: there is no such file", hint="leadproof profile import makes one, and leadproof init profile"
        )
    return posting_profiles.load(file)


@command.command("check")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path), shell_complete=completing.files)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON on stdout, nothing else.")
def check(file: Path, as_json: bool) -> None:
    """Is a posting profile valid, and what in it is suspicious?

    What is not valid ends with exit code 2, each mistake with its line, key and remedy. What is suspicious is listed
    and changes nothing: a field with a name that XML has no form for, a criterion that no value meets, a lead that
    cannot be made.

    \b
    Example:
      leadproof profile check posting-profile.toml
    """
    profile = _loaded(file)
    found = profiles.suspicions(profile)
    if as_json:
        click.echo(json.dumps({"file": str(file), "valid": True, "suspicious": found}, indent=1, ensure_ascii=False))
        return
    parts = (
        count(len(profile.sources), "source"), count(len(profile.lead_types), "lead type"),
        count(sum(len(kind.fields) for kind in profile.lead_types), "field"), count(len(profile.campaigns), "campaign"),
        count(len(profile.offers), "offer"),
    )  # fmt: skip
    click.echo(f"valid: {', '.join(parts)}")
    for sentence in found:
        click.echo(f"suspicious  {one_line(sentence)}")
    click.echo(count(len(found), "suspicious place") if found else "nothing is suspicious")


@command.command("show")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path), shell_complete=completing.files)
@click.option("--format", "view", type=click.Choice(list(sheets.VIEWS)), default="text", show_default=True,
              help="How to show it.")  # fmt: skip
def show(file: Path, view: str) -> None:
    """Show a posting profile as tables that a partner can read. Credentials are not shown.

    \b
    Examples:
      leadproof profile show posting-profile.toml
      leadproof profile show posting-profile.toml --format markdown
      leadproof profile show posting-profile.toml --format html > fields.html
    """
    text = sheets.VIEWS[view](_loaded(file))
    click.echo(visible(text, len(text)), nl=False)
