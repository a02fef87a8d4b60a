"""A load run read back from its rows: what was to be done, what its workers measured, and what the judge found."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from leadproof.core.errors import ExitCode, InputError
from leadproof.judge import Judge
from leadproof.load import conclusion, latency
from leadproof.load.job import Job
from leadproof.load.objectives import Objective
from leadproof.load.story import LoadRun
from leadproof.redact import Redactor
from leadproof.runs.evidence import reading
from leadproof.runs.evidence.results import has_rows, read_rows, reporting_bad_rows
from leadproof.runs.ledger import Ledger
from leadproof.runs.results import Note, Row


def rebuild(folder: Path) -> dict[str, Any]:
    """The report of a load run that wrote none, as the living one would have made it until then.

    Raises:
        InputError: Its rows do not say what was to be done, or a line but the last is broken.
    """
    facts = reading.read_facts(folder)
    with reporting_bad_rows(folder):
        run = read_back(read_rows(folder), str(facts.get("fail_on") or "must"))
    if run is None:
        raise InputError(f"{folder} has no result rows of a load", hint="was it written by an older version?")
    if run.ledger.summary.latency:
        return reading.rebuild(folder)  # it had come to its end, and only its report could not be written
    run.stopped = run.stopped or reading.why_unfinished(facts)
    if facts.get("failed"):
        run.ledger.note("code", int(ExitCode.USAGE))
    else:
        run.interrupted = True
    return conclusion.report(run, facts, latency.described)


def histograms(folder: Path) -> dict[str, Any] | None:
    """What a load run without a report had measured until then, in the form of `latency.json`; None of any other run.

    Raises:
        InputError: A line of its rows but the last is broken.
    """
    with reporting_bad_rows(folder):
        run = read_back(read_rows(folder), "must") if has_rows(folder) else None
    return latency.raw(run.measures) if run is not None else None


def read_back(rows: Iterable[Row], fail_on: str) -> LoadRun | None:
    """A run as its rows tell it, killed or not; None where they do not say what was to be done.

    Args:
        rows: Of its run directory.
        fail_on: What fails it, of `verdicts.FAIL_ON`.
    """
    run = None
    for row in rows:
        run = read_on(run, row, fail_on)
        if run is None:
            return None
    return run


def read_on(run: LoadRun | None, row: Row, fail_on: str) -> LoadRun | None:
    """The run as it stands after one more row; None where the first one does not say what was to be done.

    Args:
        run: Before it; None before the first row.
        row: Of its run directory.
        fail_on: What fails it, of `verdicts.FAIL_ON`.
    """
    if isinstance(row, Note) and row.name == "job":
        job = Job.read(row.value["job"])
        wanted = tuple(Objective(str(name), float(most), bool(left)) for name, most, left in row.value["objectives"])
        ledger = Ledger(Judge(job.specification()), Redactor(), fail_on)
        return LoadRun(job, wanted, ledger, keep_frames=False, repeat=str(row.value["repeat"]))
    if run is None:
        return None
    if isinstance(row, Note) and row.name in ("frame", "stage"):
        run.measure(row.value)
    else:
        run.ledger.append(row)
    return run
