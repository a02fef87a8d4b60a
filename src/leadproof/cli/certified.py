"""What people read on the terminal when a client was certified: situations by group, what went wrong, and advice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from leadproof.core.text import count, one_line
from leadproof.runs.formats.situations import (
    SituationTold,
    groups,
    left_out,
    numbers,
    played,
    situation_words,
    subject,
    untested,
)

#: Columns of the terminal.
WIDTH = 80

#: Situations with findings that are printed; the report holds the rest.
_PRINTED = 20

#: Ids that are printed of those that share a reason.
_NAMED = 4

#: Ways in which one situation went wrong that are printed.
_WAYS = 3

_EXCUSED = (("waived", "(waived)"), ("known", "(known)"))


def facts(report: Mapping[str, Any]) -> None:
    """Prints who was certified, and how many situations of each group came to what."""
    _told("client", subject(report))
    _told("requests", f"{report['counts']['exchanges']}")
    _told("situations", numbers(report))
    for group in groups(report):
        told = ", ".join(f"{number} {name}" for name, number in group.counts.items())
        _told("", f"{group.heading}: {told}")
    click.echo()


def findings(report: Mapping[str, Any]) -> None:
    """Prints the situations in which something went wrong, those that decide first, and why others are untested."""
    known = played(report)
    wrong = list(dict.fromkeys(row["clause"] for row in report["findings"] if row["clause"] in known))
    for name in wrong[:_PRINTED]:
        _situation(known[name])
    if len(wrong) > _PRINTED:
        click.echo(f"… and {count(len(wrong) - _PRINTED, 'more situation')} in the report")
        click.echo()
    for head, found in (("untested", untested(report)), ("not played", left_out(report))):
        if found:
            click.echo(f"{head}:")
            for reason, names in found:
                more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
                _told(f"{len(names):>5}", f"{reason} ({', '.join(names[:_NAMED])}{more})")
            click.echo()


def notes(report: Mapping[str, Any]) -> None:
    """Prints what was seen and decides nothing, as the notes of a service are."""
    seen: dict[tuple[str, str], int] = {}
    for row in report["observations"]:
        key = (row["message"], row.get("situation", ""))
        seen[key] = seen.get(key, 0) + row["count"]
    if seen:
        click.echo("notes:")
    for (message, name), times in list(seen.items())[:_PRINTED]:
        where = f", {situation_words(name)}" if name else ""
        _told(f"{f'×{times}':>5}", f"{message}{where}")
    if len(seen) > _PRINTED:
        click.echo(f"  … and {len(seen) - _PRINTED} more in the report")
    if seen:
        click.echo()


def _situation(one: SituationTold) -> None:
    first = one.findings[0]
    head = click.style(one_line(f"{first['level']} {one.id}"), fg="red" if first["decides"] else "yellow")
    marks = "".join(f"  {words}" for key, words in _EXCUSED if first.get(key))
    click.echo(f"{head}  {one_line(str(one.told.get('heading', '')))}{marks}")
    _told("receiver", str(one.told.get("happens", "")))
    _told("right is", str(one.told.get("right", "")))
    for row in one.findings[:_WAYS]:
        _told("client", row["message"] + (f" (at {row['pointer']})" if row["pointer"] else ""))
        for name in ("expected", "actual"):
            if row[name]:
                _told(f"  {name}", row[name])
    if len(one.findings) > _WAYS:
        _told("", f"… and {count(len(one.findings) - _WAYS, 'more finding')} in the report")
    _told("advice", str(one.told.get("advice", "")))
    _told("more", one.more)
    click.echo()


def _told(label: str, text: str) -> None:
    """A labelled line, or several of no more than `WIDTH` columns."""
    import textwrap  # only here: a service's report has no long texts of its own

    lines = textwrap.wrap(one_line(text, 600), WIDTH - 13, break_on_hyphens=False) or [""]
    click.echo(f"  {label:<11}{lines[0]}".rstrip())
    for line in lines[1:]:
        click.echo(f"             {line}")
