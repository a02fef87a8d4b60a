"""What a run that locust started by hand says at its end, and what it complains about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from leadproof.errors import ExitCode, LeadproofError
from leadproof.judge import Judge
from leadproof.load import objectives, telling
from leadproof.load.job import Job
from leadproof.load.story import Story, exchange_of
from leadproof.redact import Redactor
from leadproof.reports.text import visible
from leadproof.summary import Summary


def complain(error: LeadproofError) -> None:
    """An error of ours as one message with a hint."""
    click.echo(f"leadproof: error: {visible(error.message)}", err=True)
    if error.hint:
        click.echo(f"  hint: {visible(error.hint)}", err=True)


def begin(job: Job) -> Story:
    """The story of a job, before its first frame."""
    spec, profile = job.specification(), job.posting_profile()
    redactor = Redactor(profile.personal_fields, secrets=[one for one in (job.target().secret,) if one])
    return Story(job, objectives.load(job.scenario.goals), Judge(spec, profile), Summary(spec, redactor))


def tell(story: Story, samples: Sequence[Sequence[Any]]) -> ExitCode:
    """Judges what was kept, prints what came out, and gives the exit code."""
    for sample in samples:
        story.judged(exchange_of(sample))
    found = story.outcomes()
    for line in telling.lines(story, found):
        click.echo(line)
    for line in telling.findings(story.summary.report("load", story.judge.tally, {})["findings"]):
        click.echo(line)
    return story.exit_code(found)
