"""`leadproof certify`: the main job."""

from __future__ import annotations

from pathlib import Path

import click

from leadproof import suite
from leadproof.cli import ending, options
from leadproof.cli.engage import REMOTE_BUDGET, REMOTE_RATE, Wish, conclude, engage
from leadproof.session import BudgetSpent


@click.command("certify")
@click.option(
    "--target", metavar="URL|NAME", help="What to test: a URL or a named target (default: the built-in mock)."
)
@options.combined(
    options.profile, options.readings, options.as_documented, options.fail_on, options.out, options.seed,
    ending.shared, options.json_output,
)  # fmt: skip
@click.option("--timeout", type=float, help="Seconds for one exchange (default: 30).")
@click.option(
    "--max-requests",
    type=click.IntRange(1),
    help=f"Requests at most (default: {REMOTE_BUDGET} on another machine, else no limit).",
)
@click.option("--rate", type=float, help=f"Requests per second at most (default: {REMOTE_RATE:g} on another machine).")
def command(
    target: str | None,
    profile_path: str | None,
    chosen: tuple[str, ...],
    as_documented: bool,
    fail_on: str,
    out: str | None,
    seed: int | None,
    formats: tuple[str, ...],
    baseline: Path | None,
    waiver_file: Path | None,
    as_json: bool,
    timeout: float | None,
    max_requests: int | None,
    rate: float | None,
) -> int:
    """Judge a target from end to end, and write the compliance report.

    Without --target the built-in mock is started on a free port of this machine. Credentials come from
    LEADPROOF_API_KEY or LEADPROOF_BEARER_TOKEN (LEADPROOF_AUTH_SCHEME: api-key, bearer or access_token), never from
    the command line.

    Against a target on another machine every lead carries noSell and a reference that begins with "leadproof", and
    at most 200 requests are sent, 5 in a second.

    \b
    Examples:
      leadproof certify
      leadproof certify --target http://127.0.0.1:8080
      LEADPROOF_API_KEY=… leadproof certify --target sandbox --profile our-profile.toml
      leadproof certify --reading namespaces=serializer --json > report.json
      leadproof certify --baseline reports/out/RUN --waivers waivers.toml --format junit --format sarif
    """
    configured = options.settings()
    end = ending.Ending.read(configured, formats=formats, baseline=baseline, waiver_file=waiver_file, as_json=as_json)
    wish = Wish(
        "certify",
        options.specification(chosen, as_documented, configured),
        options.posting_profile(profile_path, configured),
        configured,
        target=target,
        seed=seed,
        out=out,
        fail_on=fail_on,
        timeout=timeout,
        max_requests=max_requests,
        rate=rate,
        quiet=as_json,
    )
    with engage(wish) as engagement:
        try:
            suite.run(engagement.story, suite.select())
        except BudgetSpent as spent:
            words = f"the run ended after {engagement.budget} requests; --max-requests allows more"
            engagement.summary.general_reason = str(spent) or words
        except KeyboardInterrupt:
            engagement.summary.interrupted = True
            engagement.summary.general_reason = "the run was interrupted"
        return conclude(engagement, wish, end)
