"""What a run that locust started by hand leaves behind: a run directory, lines of text, and what it complains about."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from leadproof.core.errors import ExitCode, LeadproofError
from leadproof.core.text import visible
from leadproof.judge import Judge
from leadproof.load import conclusion, console, latency, objectives
from leadproof.load.job import Job
from leadproof.load.story import KEPT, LoadRun
from leadproof.redact import Redactor
from leadproof.runs import config
from leadproof.runs.evidence import Run
from leadproof.runs.ledger import KeepPolicy, Ledger


def complain(error: LeadproofError) -> None:
    """An error of ours as one message with a hint."""
    click.echo(f"leadproof: error: {visible(error.message)}", err=True)
    if error.hint:
        click.echo(f"  hint: {visible(error.hint)}", err=True)


def begin(job: Job, processes: int = 1) -> LoadRun:
    """The story of a job, before its first frame, with a run directory where one can be made."""
    spec, profile = job.specification(), job.posting_profile()
    redactor = Redactor.of(profile, *job.target().secrets)
    configured = config.load(Path.cwd())
    facts = {
        "profile": profile.name, "nonce": job.nonce, "fail_on": "must", "mock": False, "scenario": job.scenario.data(),
        "model": job.model, "users": job.users, "processes": processes, "choices": dict(spec.choices),
        **configured.cover(),
    }  # fmt: skip
    run = None
    try:
        run = Run.open(Path(configured.out), "load", redactor=redactor, seed=job.seed, target=job.url, facts=facts)
    except LeadproofError as error:
        _unwritten(error)
    ledger = Ledger(Judge(spec, profile), redactor, evidence=run, keep=KeepPolicy(KEPT))
    return LoadRun(job, objectives.load(job.scenario.goals), ledger, run)


def print_summary(story: LoadRun, samples: Sequence[Sequence[Any]]) -> ExitCode:
    """Judges what was kept, writes the reports, prints what came out, and gives the exit code."""
    report, path = None, None
    try:
        report, path = _report(story, samples)
    except LeadproofError as error:  # the disk is full, say: what was measured is still told
        _unwritten(error)
        story.run = None
        story.ledger.stop_keeping()
        report, _ = _report(story, samples)
    for line in console.everything(story, report):
        click.echo(line)
    if path is not None:
        click.echo(f"report: {path}")
    return ExitCode(report["exit_code"])


def _report(story: LoadRun, samples: Sequence[Sequence[Any]]) -> tuple[dict[str, Any], Path | None]:
    """The report, and the page of it where there is a run directory."""
    story.measures.violations += story.judge(samples)
    run = story.run
    if run is None:
        return conclusion.report(story, {}, latency.described), None
    with run:
        run.add_file("latency.json", json.dumps(latency.raw(story.measures), separators=(",", ":")))
        report = conclusion.report(story, run.end(), latency.described)
        return report, run.write_reports(report)["html"]


def _unwritten(error: LeadproofError) -> None:
    click.echo(f"leadproof: there is no report of this run: {visible(error.message)}", err=True)
