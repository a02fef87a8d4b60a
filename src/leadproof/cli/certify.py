"""`leadproof certify`: the main job."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import click

from leadproof import suite
from leadproof.cli import completing, ending, options, plans
from leadproof.cli.engage import (
    REMOTE_BUDGET,
    REMOTE_RATE,
    Engagement,
    Wish,
    cap_of,
    conclude,
    engage,
    is_scarce,
    round_setting,
)
from leadproof.commands import certify
from leadproof.commands.rounds import Rounds, go_on_here, rounds
from leadproof.core.errors import ExitCode, UsageError
from leadproof.core.text import count
from leadproof.load import driver, objectives
from leadproof.load.probe import Probe, Setting, probe, require
from leadproof.suite.rounds import ROUND
from leadproof.suite.session import BudgetSpent


@click.command("certify")
@click.option(
    "--target",
    metavar="URL|NAME",
    shell_complete=completing.targets,
    help="What to test: a URL or a named target (default: the built-in mock).",
)
@ending.judging(options.seed)
@click.option("--timeout", type=float, help="Seconds for one exchange (default: 30).")
@click.option(
    "--max-requests",
    type=click.IntRange(1),
    help=f"Requests at most (default: {REMOTE_BUDGET} on another machine, else no limit).",
)
@click.option("--rate", type=float, help=f"Requests per second at most (default: {REMOTE_RATE:g} on another machine).")
@click.option(
    "--max-exchanges",
    type=click.IntRange(1),
    help="Go on with generated requests until so many exchanges were made (default: those of the suite alone).",
)
@click.option(
    "--jobs",
    type=click.IntRange(1),
    help="Processes for those requests, each with a built-in mock of its own (default: one for each processor).",
)
@click.option(
    "--objectives",
    "goals",
    metavar="PRESET|FILE",
    shell_complete=completing.objectives,
    default="",
    help=f"Let the load probe decide, too: {', '.join(objectives.PRESETS)}, or a file (default: it is reported).",
)
@click.option("--no-load", is_flag=True, help="Leave the load probe out.")
@click.option(
    "--quick",
    is_flag=True,
    help="Every operation and representation in a few seconds: one case of each kind, nothing by chance, no load.",
)
@click.option("--plan", "planned", is_flag=True, help="Show what would be done, and send nothing.")
def command(
    given: ending.Given,
    target: str | None,
    seed: int | None,
    timeout: float | None,
    max_requests: int | None,
    rate: float | None,
    max_exchanges: int | None,
    jobs: int | None,
    goals: str,
    no_load: bool,
    quick: bool,
    planned: bool,
) -> int:
    """Judge a target from end to end, and write the compliance report.

    Without --target the built-in mock is started on a free port of this machine. Credentials come from
    LEADPROOF_API_KEY or LEADPROOF_BEARER_TOKEN (LEADPROOF_AUTH_SCHEME: api-key, bearer or access_token), never from
    the command line.

    Against a target on another machine every lead carries noSell and a reference that begins with "leadproof", and
    at most 200 requests are sent, 5 in a second.

    On this machine a short load probe follows: 50 pings a second for four seconds, and posts of a share of them. What
    it measures is informational; with --objectives it decides (exit code 3, or 4), and lasts as long as
    they need. Another machine gets no load here.

    With --max-exchanges N the run goes on after the suite, with generated requests that differ from one another: every
    operation and representation gets the same share, until N exchanges were made. The same seed and N give the same
    requests, whatever the number of --jobs. Against a target one process sends, within --max-requests and --rate.

    With --quick the run takes a few seconds and says what it left out: of cases that check the same, all but the first;
    lives and generated requests; the load probe.

    \b
    Examples:
      leadproof certify
      leadproof certify --quick
      leadproof certify --target http://127.0.0.1:8080
      leadproof certify --target sandbox --plan
      LEADPROOF_API_KEY=… leadproof certify --target sandbox --profile posting-profile.toml
      leadproof certify --max-exchanges 15000 --no-load
      leadproof certify --target http://127.0.0.1:8080 --objectives auction
      leadproof certify --reading unknown-members=refuse --json > report.json
      leadproof certify --baseline reports/out/RUN --waivers waivers.toml --format junit --format sarif
    """
    if quick and goals:
        raise UsageError(
            "--quick leaves out the load probe, by which --objectives decide", hint="leave out one of the two"
        )
    if no_load and goals:
        raise UsageError(
            "--no-load leaves out the load probe, by which --objectives decide", hint="leave out one of the two"
        )
    if quick and max_exchanges:
        raise UsageError("--quick sends nothing generated, --max-exchanges much", hint="leave out one of the two")
    if jobs and (target or not max_exchanges):
        raise UsageError(
            "--jobs is for --max-exchanges against the built-in mock: a target is sent to from one process",
            hint="leave it out",
        )
    wish = Wish(
        "certify",
        given.spec,
        given.profile,
        given.configured,
        target=target,
        seed=seed,
        out=given.out,
        fail_on=given.fail_on,
        timeout=timeout,
        max_requests=max_requests,
        rate=rate,
        max_exchanges=max_exchanges,
        quiet=given.as_json,
    )
    if goals:
        objectives.load(goals)  # what is wrong with them, or missing, is said before the first packet
        driver.require_locust()
    every = suite.select()
    cases = suite.brief(every) if quick else every
    if planned:
        return plans.certify(wish, cases, probed=not no_load and not quick, goals=goals, formats=given.end.formats)
    with engage(wish) as engagement, _rounds(engagement, wish, jobs) as more:
        found = Probe({})
        probing = not no_load and not quick
        try:
            if goals:
                require(engagement.target)
            engagement.watch.begin(cases, probe=probing)
            order = suite.spread(cases) if is_scarce(wish, engagement.budget) else cases
            suite.run(engagement.story, order, engagement.watch.told, engagement.watch.done)
            if more is not None:
                more.go_on(engagement.ledger, engagement.run, engagement.client.sent)
            elif max_exchanges:
                go_on_here(engagement.story, engagement.budget)
                if engagement.client.sent < max_exchanges:
                    raise BudgetSpent
            if probing:
                cap = cap_of(wish, remote=not engagement.target.loopback)
                left = max(0, cap - engagement.client.sent) if cap else None
                setting = Setting(
                    engagement.target,
                    engagement.story.maker,
                    engagement.ledger,
                    engagement.run,
                    own=engagement.story.controls is not None,
                    profile=given.profile_path,
                    readings=dict(wish.spec.choices),
                    as_documented=given.as_documented,
                    left=left,
                    per_second=engagement.per_second,
                    goals=goals,
                )
                found = probe(setting, engagement.watch.probing())
        except BudgetSpent as spent:
            option = "--max-exchanges" if engagement.budget == max_exchanges else "--max-requests"
            words = f"the run ended after {count(engagement.budget, 'request')}; {option} allows more"
            engagement.ledger.note("general_reason", str(spent) or words)
            found = Probe({"skipped": "the run ended before it"}, ExitCode.INCONCLUSIVE if goals else ExitCode.PASSED)
        except KeyboardInterrupt as error:
            engagement.ledger.interrupt(error)
            if probing:
                found = Probe({"skipped": "the run was interrupted before it"})
        if more is not None:  # what was made until then is kept
            more.settle(engagement.ledger, engagement.run, engagement.client.sent)
        if quick:
            _leave_out(engagement, every, cases)
        return conclude(engagement, wish, given.end, latency=found.data, also=found.code)


def _leave_out(
    engagement: Engagement, every: list[tuple[str, suite.Case]], cases: list[tuple[str, suite.Case]]
) -> None:
    """Says in the report what a quick run has left out; a reason that is there already is the better one."""
    engagement.run.add_facts(left_out=certify.left_out(every, cases))
    engagement.ledger.note("reasons", certify.reasons_left_out(every, cases, engagement.ledger.spec))


@contextmanager
def _rounds(engagement: Engagement, wish: Wish, jobs: int | None) -> Iterator[Rounds | None]:
    """The rounds of a run that goes on against the built-in mock; None for another."""
    aim = engagement.budget
    if not wish.max_exchanges or engagement.story.controls is None:
        yield None
        return
    number = min(jobs or len(os.sched_getaffinity(0)), 1 + aim // ROUND)
    with rounds(round_setting(wish, engagement), aim, number, engagement.watch.rounds) as more:
        engagement.run.add_facts(max_exchanges=aim)
        yield more
