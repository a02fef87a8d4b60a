"""`leadproof record`: a reverse proxy that records and judges."""

from __future__ import annotations

import time

import click

from leadproof.cli import completing, ending, options, repeating
from leadproof.cli.display import Display
from leadproof.core.progress import counted, timed
from leadproof.core.text import count
from leadproof.http.hosts import Hosts
from leadproof.recorder import RecordingJob, RecordingLimits, record
from leadproof.recorder.frames import Counts
from leadproof.runs import config
from leadproof.runs.evidence import write_manifest, write_reports


@click.command("record")
@click.option(
    "--target",
    required=True,
    metavar="URL|NAME",
    shell_complete=completing.targets,
    help="What stands behind it: a URL or a named target.",
)
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8081, show_default=True, help="Port here; 0 for a free one."
)
@options.allow_hosts
@click.option(
    "--fail", is_flag=True, help="Hold each response until it is judged, and respond with 502 and what is wrong."
)
@click.option("--har/--no-har", default=True, show_default=True, help="Write traffic.har at the end.")
@click.option("--duration", type=options.Seconds(), default=0.0, help="End after this time: 90, 20s, 10m, 1h.")
@click.option("--max-exchanges", type=click.IntRange(1), help="End after so many exchanges.")
@click.option(
    "--timeout", type=options.Seconds(), help="Until a response that does not come is given up (default: 30s)."
)
@ending.judging()
def command(
    given: ending.Given,
    target: str,
    port: int,
    allow_hosts: tuple[str, ...],
    fail: bool,
    har: bool,
    duration: float,
    max_exchanges: int | None,
    timeout: float | None,
) -> int:
    """Record what a client and a target say to each other, and judge it as it passes.

    Send the client to http://127.0.0.1:8081 instead of the target. What it sends goes on to the target, to no other
    host, and nothing of leadproof's own: its credentials, not yours. Responses come back unchanged and without delay;
    redirects are passed on, not followed. Credentials and personal data are replaced before anything is written.

    Ctrl-C, SIGTERM or SIGHUP ends a recording and writes the reports; the exit code says what was found. With
    --duration or --max-exchanges, each of them is an interruption (130). However it ends, exchanges.ndjson is complete
    but for the last exchange at most.

    \b
    Examples:
      leadproof record --target https://your-endpoint.example
      leadproof record --target sandbox --port 9000 --duration 10m
      leadproof record --target http://127.0.0.1:8080 --fail
      leadproof record --target sandbox --allow-host host.docker.internal
      leadproof record --target sandbox --max-exchanges 50 --json > report.json
    """
    hosts = Hosts.named(allow_hosts)
    goal = config.target(target, given.configured, timeout=timeout)
    # Against a real service the placeholders are salted, so that nobody can confirm a guess.
    redactor = options.redactor(given.profile, *goal.secrets, salted=not goal.loopback)
    facts = given.facts | {"fail": fail, "repeat": repeating.command()}
    job = RecordingJob(
        dict(given.spec.choices), given.profile, redactor, given.fail_on, given.out or given.configured.out, goal.base,
        har, facts,
    )  # fmt: skip

    def ready(url: str, folder: str) -> None:
        click.echo(f"recording what goes through {url} to {goal.base}", err=given.as_json)
        click.echo(f"  written to  {folder}", err=given.as_json)
        click.echo("Ctrl-C ends it.", err=given.as_json)

    # Without a thread: one would be felt in the responses.
    with Display(quiet=given.as_json, thread=False) as display:
        begun = time.monotonic()

        def progress(counts: Counts) -> None:
            words = f"{counts.judged:,} judged, {count(counts.findings, 'finding')}"
            if duration and not max_exchanges:
                words = f"{count(counts.written, 'exchange')}, {words}"
                display.show(timed(words, time.monotonic() - begun, duration))
            else:
                display.show(counted(words, counts.written, max_exchanges, "exchanges"))

        outcome = record(
            job, goal, port=port, hosts=hosts, deciding=fail, ready=ready,
            limits=RecordingLimits(duration, max_exchanges or 0), progress=progress if display.shown else None,
        )  # fmt: skip
    given.end.settle(outcome.report)
    paths = write_reports(outcome.folder, outcome.report, given.end.formats)
    write_manifest(outcome.folder)
    if not given.as_json:
        click.echo()
    return given.end.tell(outcome.report, paths)
