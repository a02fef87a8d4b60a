"""`leadproof defects`: the suite against every defect of the mock."""

from __future__ import annotations

import json
import os
from typing import Any

import click

from leadproof.cli import completing, options
from leadproof.cli.display import Display
from leadproof.commands import defects
from leadproof.contract.profile import load
from leadproof.core import signals
from leadproof.core.errors import ExitCode
from leadproof.core.progress import counted
from leadproof.core.text import count
from leadproof.mock.defects import pick

#: Survivors that are printed one by one; --json has them all.
PRINTED = 60


@click.command("defects")
@click.option(
    "--sample", type=click.IntRange(1), metavar="N", help="Try so many of them, drawn by the seed (default: all)."
)
@click.option(
    "--defect",
    "ids",
    multiple=True,
    metavar="ID",
    shell_complete=completing.defects,
    help="Try this one only; may be repeated.",
)
@click.option("--client", "of_client", is_flag=True, help="Turn the situations against clients with one mistake each.")
@click.option("--jobs", type=click.IntRange(1, 256), help="Processes (default: one for each processor).")
@options.combined(options.profile, options.seed)
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON on stdout, nothing else.")
def command(
    sample: int | None,
    ids: tuple[str, ...],
    of_client: bool,
    jobs: int | None,
    profile_path: str | None,
    seed: int | None,
    as_json: bool,
) -> int:
    """Turn the contract suite against every defect of the mock, and print who noticed: the kill matrix.

    A defect is killed if the suite finds anything; by its owner if the clause that it breaks is among what was found.
    Exit code 0 if every defect written by hand and 95 % of the generated ones are killed, 90 % by their owner; else 1.

    With --client the situations of certify-client are turned against clients, each of which has one mistake that
    integrators make; exit code 0 if each is noticed by the situation that owns it.

    \b
    Examples:
      leadproof defects
      leadproof defects --client
      leadproof defects --sample 200 --seed 7
      leadproof defects --defect expiry-ignored
      leadproof explain expiry-ignored
      leadproof explain defects
    """
    if ids:
        options.refuse_idle(("sample",), "with --defect, which names them", "leave out one of the two")
    configured = options.settings()
    number = configured.seed if seed is None else seed
    path = profile_path or configured.profile
    if of_client:
        return _clients(ids, sample or 0, number, path, jobs, as_json=as_json)
    pick(ids, number)  # a slip in a name is told before the work begins
    rows = defects.chosen(number, sample or 0, ids)
    defects.require_faithful(load(path), number)
    outcomes: list[defects.DefectResult] = []
    interrupted = ""
    with Display(quiet=as_json) as display:
        display.show(counted("starting", 0, len(rows), "defects"))
        try:
            for outcome in defects.run(rows, profile_path=path, seed=number, jobs=jobs or os.cpu_count() or 1):
                outcomes.append(outcome)
                display.show(counted(outcome.id, len(outcomes), len(rows), "defects"))
        except KeyboardInterrupt as error:
            interrupted = signals.reason(error)
    matrix = defects.KillMatrix(tuple(outcomes), tuple(rows))
    if as_json:
        click.echo(json.dumps(matrix.as_json(), indent=2))
    else:
        _show(matrix, interrupted=interrupted)
    if interrupted:
        return int(ExitCode.INTERRUPTED)
    return int(ExitCode.PASSED if matrix.holds() else ExitCode.VIOLATED)


def _clients(ids: tuple[str, ...], sample: int, seed: int, path: str | None, jobs: int | None, *, as_json: bool) -> int:
    from leadproof.commands import client_defects  # brings every client with a mistake
    from leadproof.commands.certify_client import JOBS

    names = client_defects.chosen(ids, sample, seed)
    outcomes: list[client_defects.MutantResult] = []
    interrupted = ""
    with Display(quiet=as_json) as display:
        display.show(counted("starting", 0, len(names), "clients"))
        try:
            for outcome in client_defects.run(names, load(path), seed=seed, jobs=jobs or JOBS):
                outcomes.append(outcome)
                display.show(counted(outcome.id, len(outcomes), len(names), "clients"))
        except KeyboardInterrupt as error:
            interrupted = signals.reason(error)
    order = {name: place for place, name in enumerate(names)}
    outcomes.sort(key=lambda outcome: order[outcome.id])
    killed = sum(outcome.killed for outcome in outcomes)
    if as_json:
        figures = {"total": len(outcomes), "killed": killed, "clients": [outcome.row() for outcome in outcomes]}
        click.echo(json.dumps(figures, indent=2))
    else:
        if interrupted:
            click.echo(f"{interrupted} after {len(outcomes)} of {count(len(names), 'client')}; so far:\n")
        width = max((len(outcome.id) for outcome in outcomes), default=0)
        for outcome in outcomes:
            line = f"{outcome.id:{width}}  {'killed  ' if outcome.killed else 'survived'}  {outcome.owner}"
            click.echo(line if outcome.killed else click.style(f"{line}: {outcome.words}", fg="red"))
        click.echo(f"\n{killed} of {count(len(outcomes), 'client')} killed by the situation that owns the mistake")
    if interrupted:
        return int(ExitCode.INTERRUPTED)
    return int(ExitCode.PASSED if killed == len(outcomes) else ExitCode.VIOLATED)


def _show(matrix: defects.KillMatrix, *, interrupted: str) -> None:
    if interrupted:
        click.echo(f"{interrupted} after {len(matrix.outcomes)} of {count(len(matrix.rows), 'defect')}; so far:")
        click.echo()
    kinds = matrix.kinds()
    width = max((len(kind) for kind in kinds), default=0)
    click.echo(f"{'kind':{width}}  total  by owner  by another  survived")
    for kind, counts in kinds.items():
        total = sum(counts.values())
        line = f"{kind:{width}}  {total:5}  {counts['owner']:8}  {counts['other']:10}  {counts['survived']:8}"
        click.echo(click.style(line, fg="red") if counts["survived"] else line)
    click.echo()
    for title, figures in (("written by hand", matrix.of(generated=False)), ("generated", matrix.of(generated=True))):
        if figures["total"]:
            click.echo(f"{title:16} {_figures(figures)}")
    everything = matrix.of()
    click.echo(f"{'all':16} {_figures(everything)}")
    _survivors(matrix, everything["survived"])
    crashes = [one for one in matrix.outcomes if one.crash]
    for one in crashes[:PRINTED]:
        click.echo(click.style(f"the suite itself failed on {one.id}: {one.crash}", fg="red"))


def _figures(figures: dict[str, Any]) -> str:
    total = figures["total"]
    return (
        f"{figures['killed']:5} of {total:5} killed ({_share(figures['killed'], total)}), "
        f"{figures['by_owner']:5} by the clause that owns them ({_share(figures['by_owner'], total)})"
    )


def _share(part: int, total: int) -> str:
    return f"{100 * part / total:.1f} %" if total else "–"


def _survivors(matrix: defects.KillMatrix, survived: list[str]) -> None:
    if not survived:
        return
    rows = {row.id: row for row in matrix.rows}
    click.echo()
    click.echo("survivors: the suite does not notice that")
    for one in survived[:PRINTED]:
        click.echo(f"  {one}")
        click.echo(f"    {rows[one].description} ({rows[one].expected_clause})")
    if len(survived) > PRINTED:
        click.echo(f"  … and {len(survived) - PRINTED} more (--json lists them all)")
