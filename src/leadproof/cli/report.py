"""`leadproof report`: runs that are over, rendered again, merged, compared."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from leadproof.cli import ending, options, repeating
from leadproof.core.errors import ExitCode, InputError, UsageError
from leadproof.redact import Redactor
from leadproof.runs.attestation import folder as attestation
from leadproof.runs.evidence import Run, verify, write_manifest, write_reports
from leadproof.runs.evidence.reading import read_facts, read_summary
from leadproof.runs.evidence.results import has_rows, read_rows
from leadproof.runs.merging import carried, merge, summary_of
from leadproof.runs.results import Row
from leadproof.runs.summary import Summary


@click.command("report")
@click.argument("runs", metavar="RUN...", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--sign",
    "key",
    metavar="KEY",
    type=click.Path(path_type=Path),
    help="Sign the run and its attestation with this SSH key, by ssh-keygen -Y.",
)
@click.option("--signer", metavar="NAME", default="", help="Who signs, as the signature says.")
@options.combined(ending.shared, options.out, options.json_output)
def command(
    runs: tuple[Path, ...],
    key: Path | None,
    signer: str,
    formats: tuple[str, ...],
    baseline: Path | None,
    waiver_file: Path | None,
    out: str | None,
    as_json: bool,
) -> int:
    """Render the reports of a run again, merge several runs into one, or compare with another run.

    RUN is a run directory or its report.json. One run alone is rendered in its own directory, from its report.json; of
    a run that was killed before it wrote one, the report is made from its lines, and says so. Merged, compared and
    waived reports get a run directory of their own, with the lines of all; the runs that they are made of stay as
    they are.

    With --sign, one run is signed as it is, with what leadproof attest has of it: leadproof verify says who did.

    With --baseline, findings are told as new, still failing, fixed, or not tested this time, and only what is new
    fails. The baseline may be a run against another partner.

    \b
    Examples:
      leadproof report reports/out/RUN --format har --format sarif
      leadproof report shard-1/RUN shard-2/RUN --out merged
      leadproof report reports/out/TODAY --baseline reports/out/YESTERDAY
      leadproof report reports/out/RUN --waivers waivers.toml --json
      leadproof report reports/out/RUN --sign id_ed25519 --signer alice@partner.example

    The exit code is that of the report: see leadproof explain exit-codes.
    """
    if not runs:
        raise UsageError("no run was named", hint="such as leadproof report reports/out/20261123T090000Z-5c1e")
    if len({path.resolve() for path in runs}) < len(runs):
        raise UsageError("a run was named twice", hint="its findings would count twice")
    configured = options.settings()
    if signer and key is None:
        raise UsageError("--signer names who signs, and there is no --sign", hint="add --sign KEY")
    if key is not None:
        if len(runs) > 1 or formats or baseline or waiver_file or out or as_json:
            raise UsageError("--sign signs one run as it is", hint="leave out the other options and runs")
        return _sign(runs[0], key, signer, configured.attestation_days)
    end = ending.Ending.read(configured, formats=formats, baseline=baseline, waiver_file=waiver_file, as_json=as_json)
    reports = [ending.read_run(path) for path in runs]
    if len(runs) == 1 and runs[0].is_dir() and not (out or baseline or waiver_file):
        return _again(runs[0], reports[0], end)
    arguments = [str(path) for path in runs]
    # What is taken over was redacted when it was written.
    with Run.open(Path(out or configured.out), "report", redactor=Redactor(), arguments=arguments) as run:
        offsets = [run.take_over(path) if path.is_dir() else 0 for path in runs]
        # Rows of some of the runs only would not be those of the report.
        keep = run.row if all(map(has_rows, runs)) else None
        run.add_facts(
            **{
                name: reports[0]["run"][name]
                for name in ("choices", "fail_on", "certified", "client")
                if name in reports[0]["run"]
            }
        )
        own = {}
        if len(runs) > 1 or baseline or waiver_file:  # what made the run itself would come to another verdict
            own["repeat"] = repeating.command()
            run.add_facts(**own)
        if len(runs) == 1:
            report = reports[0]
            for row in read_rows(runs[0]) if keep is not None else ():
                run.row(row)
        else:
            report = merge(reports, [_summary(*found, keep) for found in zip(runs, reports, offsets, strict=True)])
        report["run"] = {**run.end(), **report["run"], **own}
        if not as_json and len(runs) > 1:
            click.echo(f"merged {len(runs)} runs (to compare two, name one of them with --baseline)", err=True)
        return end.conclude(report, run)


def _summary(path: Path, report: dict[str, Any], offset: int, keep: Callable[[Row], None] | None) -> Summary:
    """What the rows of a run come to, or what its report tells of them where they are gone.

    Args:
        path: A run directory, or its report.json.
        report: Its report.
        offset: What is added to the numbers of its exchanges.
        keep: Takes each row for the run directory of all.
    """
    if not has_rows(path):
        return summary_of(report, offset)

    def rows() -> Iterator[Row]:
        for row in read_rows(path):
            for moved in carried(row, offset):
                if keep is not None:
                    keep(moved)
                yield moved

    return read_summary(path, read_facts(path), rows())


def _sign(folder: Path, key: Path, signer: str, days: int) -> int:
    """Signs a run, and what was attested of it."""
    from leadproof.runs.attestation import signing

    if not folder.is_dir():
        raise InputError(f"{folder} is no folder", hint="name a run directory")
    now = datetime.now(UTC)
    attestation.seal(folder, now, days)
    path = signing.sign(folder, key, signer, now)
    click.echo(f"signed: {path}")
    click.echo(f"leadproof verify {folder} --signers FILE says whose signature it is")
    return int(ExitCode.PASSED)


def _again(folder: Path, report: dict[str, Any], end: ending.Ending) -> int:
    """Renders a run in its own directory, unless somebody has changed what is in it, or vouches for it as it is."""
    if attestation.is_sealed(folder):
        raise InputError(
            f"{folder} is attested, and would be another one with other reports",
            hint="with --out DIR the reports are written elsewhere",
        )
    if (folder / "manifest.json").exists() and not verify(folder).holds:
        raise InputError(
            f"{folder} is not what its manifest says",
            hint="leadproof verify names the files; with --out DIR the reports are written elsewhere",
        )
    paths = write_reports(folder, report, end.formats)
    write_manifest(folder)
    return end.tell(report, paths)
