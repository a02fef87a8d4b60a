"""`leadproof attest`: what only a person can confirm, beside a run."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from leadproof.cli import options
from leadproof.core.errors import ExitCode, InputError
from leadproof.core.text import count, one_line
from leadproof.runs.attestation import folder, settling
from leadproof.runs.attestation.answers import NO, NOT_APPLICABLE, YES


@click.command("attest")
@click.argument("run", metavar="RUN", type=click.Path(path_type=Path))
@click.option(
    "--carry", "earlier", metavar="RUN", type=click.Path(path_type=Path),
    help="Take over what was answered for an earlier run; what was answered for this one stays.",
)  # fmt: skip
@options.json_output
def command(run: Path, earlier: Path | None, as_json: bool) -> int:
    """Confirm what only a person can: 20 requirements that no message shows.

    The first call writes RUN.attestation/attestation.toml, with each requirement and what to look at. Answer there what
    you can, with your name and the day, put evidence into RUN.attestation/evidence, and call again: the report is made
    with the answers, and a manifest names that of the run, which itself is not changed. An answer holds for a year
    (attestation_days in leadproof.toml), and for the words of the requirement that it was given to.

    A yes decides nothing in the report, for no message showed it. A no is a failure.

    \b
    Examples:
      leadproof attest reports/out/RUN
      leadproof attest reports/out/TODAY --carry reports/out/YESTERDAY
      leadproof report reports/out/RUN --sign id_ed25519

    Exit codes: 0 everything is answered (or the file is new), 1 a requirement was denied, 4 something is open or
    expired.
    """
    for path in (run, *([earlier] if earlier else ())):
        if not path.is_dir():
            raise InputError(f"{path} is no folder", hint="name a run directory")
    days = options.settings().attestation_days
    file = folder.folder_of(run) / folder.ANSWERS_FILE
    new = not file.exists()
    if new or earlier:
        folder.begin(run, earlier)
    now = datetime.now(UTC)
    removed = folder.seal(run, now, days)
    report = folder.settled(run, now, days)
    rows = report["attestations"]
    if as_json:
        click.echo(
            json.dumps({"folder": str(file.parent), "attestations": rows, "verdict": report["verdict"]}, indent=1)
        )
    else:
        _show(rows, file, new)
        if removed:
            click.echo(f"{count(removed, 'signature')} over other answers removed: leadproof report RUN --sign KEY")
    if any(row["answer"] == NO and row["state"] != settling.EXPIRED for row in rows):
        return int(ExitCode.VIOLATED)
    undecided = any(row["state"] in (settling.OPEN, settling.EXPIRED) for row in rows)
    return int(ExitCode.INCONCLUSIVE if undecided and not new else ExitCode.PASSED)


def _show(rows: list[dict[str, Any]], file: Path, new: bool) -> None:
    for row in rows:
        if row["answer"] == NO:
            who = f"denied by {row['name']} on {row['date']}"
            click.echo(click.style(f"{row['clause']:20} {one_line(who)}", fg="red"))
        if row["expired"]:
            click.echo(click.style(f"{row['clause']:20} expired: {row['expired']}", fg="yellow"))
    valid = Counter(row["answer"] for row in rows if row["state"] in (settling.ANSWERED, settling.CARRIED))
    states = Counter(row["state"] for row in rows)
    words = [f"{valid[YES]} yes", f"{valid[NO]} no", f"{valid[NOT_APPLICABLE]} not applicable"]
    words += [f"{states[settling.OPEN]} open", f"{states[settling.EXPIRED]} expired"]
    if states[settling.CARRIED]:
        words.append(f"{states[settling.CARRIED]} carried over")
    click.echo(f"{count(len(rows), 'item')} that only a person can confirm: {', '.join(words)}")
    click.echo(f"answers: {file}")
    if new:
        click.echo("write your answers there, and call leadproof attest again")
    else:
        click.echo(f"report:  {file.with_name('report.html')}")
