"""What people read on the terminal when a run is over: the summary of its report, on stdout."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import click

from leadproof.core.errors import ExitCode
from leadproof.core.findings import shape
from leadproof.core.operations import OPERATIONS
from leadproof.core.text import count, one_line, wrapped
from leadproof.runs.formats import loads, results
from leadproof.runs.formats.changes import unlisted_in
from leadproof.runs.formats.outcome import outcome, remedy, unlisted
from leadproof.runs.formats.situations import of_client, situation_words
from leadproof.runs.verdicts import codes_of

#: Distinct findings that are printed; the report holds the rest.
PRINTED = 20

#: Members of a comparison, in the order in which they are told, and what they are called.
CHANGES = (("new", "new"), ("still", "still failing"), ("fixed", "fixed"), ("unseen", "not tested"))

_EXCUSED = (("waived", "(waived)"), ("known", "(known)"))

#: Other operations and representations with the same finding that are named beside the first.
ALIKE = 4

#: Exchanges that were not judged, in words.
_OUTCOMES = {
    "unrecognised": "not recognised",
    "unauthorised": "with rejected credentials",
    "absent": "with nothing at the address",
    "stopped": "stopped on the way",
    "unanswered": "without a response",
    "undecided": "of which nothing could be decided",
}

_COLOURS = {"passed": "green", "failed": "red", "inconclusive": "yellow"}


def summarise(report: Mapping[str, Any], *, saved: str = "") -> None:
    """Prints what a person needs of a report: verdict, what broke, what was covered, where to read on."""
    verdict = report["verdict"]
    head = click.style(verdict.upper(), fg=_COLOURS[verdict], bold=True)
    click.echo(f"{head}  {one_line('; '.join(outcome(report)))}")
    unread = ExitCode.USAGE in codes_of(report) and not report["counts"]["exchanges"]  # its own hint stands below
    if not unread and (words := remedy(report)):
        click.echo(f"  hint: {one_line(words)}")
    click.echo()
    if of_client(report):
        from leadproof.cli import certified  # one command of many needs it

        certified.facts(report)
        certified.findings(report)
        certified.notes(report)
    else:
        _facts(report)
        _findings(report["findings"])
    if words := unlisted(report):
        click.echo(f"note: {words}")
        click.echo()
    if not of_client(report):
        _observations(report["observations"])
    _files(report["files"])
    _compared(report)
    for row in report.get("waivers", ()):
        if row["state"] in ("expired", "unused"):
            click.echo(click.style(f"note: {one_line(waiver_words(row))}", fg="yellow"))
    if saved:
        click.echo(f"report: {one_line(saved)}")


def _facts(report: Mapping[str, Any]) -> None:
    counts, run = report["counts"], report["run"]
    clauses = {row["id"]: row for row in report["clauses"]}
    findings = report["findings"]
    shown = results.shown(clauses, findings, [row for row in findings if row["decides"]])
    rest = [f"{counts[name]} {words}" for name, words in _OUTCOMES.items() if counts.get(name)]
    click.echo(
        f"  exchanges  {counts['exchanges']}, {counts['judged']} judged" + (f" ({', '.join(rest)})" if rest else "")
    )
    _wrapped("  clauses    ", f"{len(clauses)}: {results.counted(Counter(shown.values()))}")
    cells = report["coverage"]["cells"]
    rows = report["coverage"]["operations"]
    touched = sum(any(cell["exchanges"] for cell in media.values()) for media in rows.values())
    click.echo(f"  coverage   {touched} of {len(OPERATIONS)} operations, {cells['covered']} of {cells['total']} cells")
    if run.get("target"):
        click.echo(f"  target     {one_line(str(run['target']))}")
    if run.get("left_out"):
        click.echo(f"  quick      {one_line('left out: ' + ', '.join(run['left_out']))}")
    if report["latency"]:
        click.echo(f"  load       {one_line(_load(report['latency']))}")
    chosen = [f"{row['id']}={row['taken']}" for row in run.get("readings", ()) if row.get("chosen")]
    if chosen:
        click.echo(f"  readings   {one_line(', '.join(chosen))}")
    click.echo()


def _load(latency: Mapping[str, Any]) -> str:
    """The load of a run, or why there was none, in one line."""
    if "skipped" in latency:
        return f"not probed: {latency['skipped']}"
    counts = Counter[str](latency["counts"])  # empty where nothing was sent
    told = loads.told(latency)
    decides = "" if latency.get("decides", True) else " (informational)"
    return (
        f"{count(counts['completed'] + counts['failed'], 'request')}{', ' * bool(told)}{told}; "
        f"{latency['verdict']}{decides}"
    )


def _findings(findings: list[dict[str, Any]]) -> None:
    alike: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row in findings:
        key = (row["clause"], row["kind"], row["message"], shape(row["pointer"]), str(row["decides"]))
        alike.setdefault(key, []).append(row)
    for row, *others in list(alike.values())[:PRINTED]:
        colour = "red" if row["decides"] else "yellow"
        head = click.style(one_line(f"{row['level']} {row['clause']}"), fg=colour)
        click.echo(f"{head}  {_cell(row)}")
        click.echo(f"  {one_line(row['message'])}")
        where = [one for one in (row["pointer"], row["xpath"]) if one]
        if where:
            click.echo(f"  at        {one_line('   '.join(where))}")
        for name in ("expected", "actual"):
            if row[name]:
                click.echo(f"  {name:8}  {one_line(row[name])}")
        _wrapped("  clause    ", one_line(row["text"]))
        click.echo(f"            {one_line(row['place'])}")
        click.echo(f"  origin    {one_line(row['origin'])}")
        if others:
            more = f", and {len(others) - ALIKE} more" if len(others) > ALIKE else ""
            click.echo(f"  also in   {', '.join(_cell(one) for one in others[:ALIKE])}{more}")
        if row.get("replay"):
            click.echo(f"  replay    {one_line(row['replay'])}")
        click.echo()
    if len(alike) > PRINTED:
        click.echo(f"… and {count(len(alike) - PRINTED, 'more finding')} in the report")
        click.echo()


def _wrapped(label: str, text: str) -> None:
    for line in wrapped(label, text, whole_words=True) or [label.rstrip()]:
        click.echo(line)


def _compared(report: Mapping[str, Any]) -> None:
    """What changed since the baseline, in one line each."""
    found = report.get("comparison")
    if not found:
        return
    numbers = ", ".join(f"{len(found[name])} {words}" for name, words in CHANGES if found[name] or name != "unseen")
    click.echo(f"compared with {one_line(str(found['base']['id']))}: {numbers}")
    if found.get("differs"):
        click.echo(f"  note: the baseline was judged with another {one_line(', '.join(found['differs']))}")
    if words := unlisted_in(found):
        click.echo(f"  note: {words}")
    for name, words in CHANGES:
        for row in found[name][:PRINTED]:
            media = row["media_type"].removeprefix("application/")
            place = one_line(row["pointer"] or "/")
            head = one_line(f"{row['clause']}  {row['operation']} {media}".rstrip())
            click.echo(f"  {words:13}  {head}  {place}  {one_line(row['message'])}")
        if len(found[name]) > PRINTED:
            click.echo(f"  {words:13}  … and {len(found[name]) - PRINTED} more")
    click.echo()


def waiver_words(row: Mapping[str, Any]) -> str:
    """What is to be said of a waiver that does not work as it was meant."""
    name = " ".join(part for part in (row["clause"], row["operation"]) if part)
    if row["state"] == "expired":
        number = count(row["findings"], "finding")
        found = f"{number} may decide again" if row["findings"] else "nothing is broken there any more"
        return f"the waiver of {name} expired on {row['expires']} (owner: {row['owner']}): {found}"
    return f"the waiver of {name} covers nothing (owner: {row['owner']}): take it out"


def _cell(row: Mapping[str, Any]) -> str:
    """Where a finding was seen: operation and representation, and how often."""
    times = f"  ×{row['count']}" if row["count"] > 1 else ""
    times += "".join(f"  {words}" for key, words in _EXCUSED if row.get(key))
    return one_line(f"{row['operation']} {row['media_type'].removeprefix('application/')}".rstrip()) + times


def _observations(observations: list[dict[str, Any]]) -> None:
    if not observations:
        return
    click.echo("notes:")
    for row in observations[:PRINTED]:
        times = f"  ×{row['count']}" if row["count"] > 1 else ""
        where = one_line("   ".join(one for one in (row["pointer"], row["xpath"]) if one))
        place = f"  at {where}" if where else ""
        if row.get("situation"):
            place += f"  {one_line(situation_words(row['situation']))}"
        click.echo(f"  {one_line(row['operation'] or 'any')}  {one_line(row['message'])}{place}{times}")
    if len(observations) > PRINTED:
        click.echo(f"  … and {len(observations) - PRINTED} more in the report")
    click.echo()


def _files(files: list[dict[str, Any]]) -> None:
    problems = [row for row in files if row["problem"]]
    problems.sort(key=lambda row: row["problem"]["kind"] != "file.unreadable")  # what decides the exit code first
    for row in problems[:PRINTED]:
        click.echo(f"{one_line(row['path'])}: {one_line(row['problem']['message'])}")
        if row["problem"]["hint"]:
            click.echo(f"  hint: {one_line(row['problem']['hint'])}")
    if len(problems) > PRINTED:
        click.echo(f"… and {count(len(problems) - PRINTED, 'more file')} with problems in the report")
    if problems:
        click.echo()
