"""`leadproof explain`: everything that has an id, in plain words."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable, Iterator

import click

from leadproof.cli import completing
from leadproof.commands.explaining import EXAMPLES, SHELVES, WIDTH, WORDS, wrapped
from leadproof.core.errors import UsageError

__all__ = ["EXAMPLES", "SHELVES", "WORDS", "command", "explanation"]


def _names() -> Iterable[str]:
    rows = (completing.written_defects() if name == "defects" else shelf.rows() for name, shelf in SHELVES.items())
    return dict.fromkeys([*SHELVES, *(one for names in rows for one in names)])


@click.command("explain")
@click.argument("name", shell_complete=completing.offering(_names))
def command(name: str) -> None:
    """Explain a clause, a situation, a reading, a kind of finding or change, an operation, a defect or fault of the
    mock, an exit code, or a word of the report.

    \b
    Examples:
      leadproof explain LE2-PING-RES-05
      leadproof explain namespaces
      leadproof explain xml.namespace
      leadproof explain ping
      leadproof explain ping-declined
      leadproof explain expiry-ignored
      leadproof explain gzip-bomb
      leadproof explain 4
      leadproof explain resolved
      leadproof explain clauses

    Like clauses, these are listed: former-clauses (ids that were split), situations (of certify-client), readings,
    kinds, operations, exit-codes, words, changes (what leadproof diff tells apart), report (the members of
    report.json), faults, defects.
    """
    # A file or a pipe has no width: what is read there shall not depend on who called.
    wide = min(WIDTH, max(40, shutil.get_terminal_size().columns)) if sys.stdout.isatty() else 0
    for line in explanation(name, wide):
        click.echo(line)


def explanation(name: str, wide: int = 0) -> Iterator[str]:
    """The lines that explain an id, or list what a shelf holds.

    Args:
        name: The id, or the name of the shelf.
        wide: Columns of the terminal; 0 if there is none: explanations are then folded at `WIDTH`, lists are not.

    Raises:
        UsageError: Nothing has it; the hint names the nearest.
    """
    wanted = name.strip()
    if wanted.lower() in SHELVES:
        for line in SHELVES[wanted.lower()].list():
            yield from wrapped(line, wide) if wide else (line,)
        return
    found = False
    for shelf in SHELVES.values():
        if found and shelf.slow:
            continue
        rows = shelf.rows()
        key = next((one for one in (wanted, wanted.upper(), wanted.lower()) if one in rows), None)
        if key is not None:
            for said in shelf.explain(key, rows[key]):
                yield from wrapped(said, wide or WIDTH) if isinstance(said, str) else said.lines(wide or WIDTH)
            found = True
    if not found:
        near = _near(wanted)
        hint = f"did you mean {', '.join(near)}?" if near else f"try leadproof explain {', '.join(SHELVES)}"
        raise UsageError(f"nothing is called {name!r}", hint=hint)


def _near(wanted: str) -> list[str]:
    """The ids that were probably meant: the same in another case or nearly so, else those that hold what was said."""
    names = {one.lower(): one for shelf in SHELVES.values() for one in shelf.rows()} | {one: one for one in SHELVES}
    import difflib

    close = difflib.get_close_matches(wanted.lower(), names, 3, 0.6)
    within = [one for one in names if len(wanted) > 3 and wanted.lower() in one]
    return [names[one] for one in (close or within or difflib.get_close_matches(wanted.lower(), names, 3, 0.5))[:3]]
