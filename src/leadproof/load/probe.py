"""The short load of certify: a few seconds of ping and post at a modest rate, measured like every other load.

It shows that the target serves more than one request at a time, and how fast; it is no load test, and says so.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from leadproof.core.errors import ConfigurationError, ExitCode, LeadproofError
from leadproof.core.target import Target
from leadproof.generate.leads import LeadMaker
from leadproof.http.mock_target import is_mock
from leadproof.load import conclusion, driver, guard, latency, objectives, scenarios, verdicts
from leadproof.load.following import Show, follow
from leadproof.load.job import Job, files_of
from leadproof.load.plan import plan
from leadproof.load.scenario import Scenario
from leadproof.load.story import LoadRun
from leadproof.runs.evidence import Run
from leadproof.runs.ledger import Ledger

#: Journeys per second, and seconds.
RATE, SECONDS = 50.0, 4.0

#: Requests of one journey at most, its lookup included.
_OF_ONE = 3

#: Journeys with which a probe says anything.
_FEWEST = 50

_WORDS = "A short probe, not a load test: enough to see that the target serves many requests at once."


@dataclass(frozen=True, slots=True)
class Probe:
    """What came of it."""

    #: The `latency` member of the report.
    data: dict[str, Any]
    #: What it says about the run; PASSED where it is informational.
    code: ExitCode = ExitCode.PASSED


@dataclass(frozen=True, slots=True)
class Setting:
    """The run that the probe is a part of."""

    target: Target
    maker: LeadMaker
    ledger: Ledger
    run: Run
    #: Is the target the built-in mock? It shares our process, so the probe gets one of its own.
    own: bool
    #: Path of the posting profile; None for the shipped one.
    profile: str | None = None
    readings: Mapping[str, str] | None = None
    as_documented: bool = False
    #: Requests that may still be sent; None for any number.
    left: int | None = None
    #: Requests per second that may be sent; 0 for any number.
    per_second: float = 0.0
    #: Preset or file of objectives that decide; "" where none do.
    goals: str = ""


def probe(it: Setting, show: Show = lambda standing: None) -> Probe:
    """Runs the probe, or says why there is none.

    What it sends is judged and kept with everything else of the run. Objectives are reported; only those that were
    asked for decide.
    """
    try:
        require(it.target)
        chosen = _chosen(it)
        with ExitStack() as stack:
            target = it.target
            if it.own:
                arguments = ["--seed", str(it.maker.seed), *(["--profile", it.profile] if it.profile else [])]
                target = Target(stack.enter_context(driver.mock(arguments)), it.target.scheme, it.target.secret)
            return _run(it, chosen, target, show)
    except LeadproofError as error:
        reason = f"{error.message}: {error.hint}" if error.hint else error.message
        return Probe({"skipped": reason}, ExitCode.INCONCLUSIVE if it.goals else ExitCode.PASSED)


def require(target: Target) -> None:
    """Ends where there can be no probe of a target.

    Raises:
        LeadproofError: It is on another machine, or locust is not installed.
    """
    driver.require_locust()
    if not target.loopback:
        raise ConfigurationError(
            "load on another machine has to be asked for by its name",
            hint=f"leadproof load ping_post --target {target.base} {guard.OPTION} {target.host}",
        )
    guard.allow(target, ())


def _chosen(it: Setting) -> Scenario:
    """The scenario, within what may be sent.

    Raises:
        LeadproofError: There can be no probe.
    """
    if not it.ledger.tally.covered():
        raise LeadproofError("nothing was accepted before it")
    return chosen(it.maker, left=it.left, per_second=it.per_second, goals=it.goals)


def chosen(maker: LeadMaker, *, left: int | None, per_second: float = 0.0, goals: str = "") -> Scenario:
    """The scenario of a probe, within what may be sent.

    Args:
        maker: Whose leads are sent.
        left: Requests that may still be sent; None for any number.
        per_second: Requests per second that may be sent; 0 for any number.
        goals: Preset or file of objectives that decide; "" where none do.

    Raises:
        LeadproofError: There can be no probe.
    """
    able = all(maker.source(one) is not None for one in ("ping", "inbound_post"))
    rate = min(RATE, per_second / _OF_ONE) if per_second else RATE
    journeys = rate * SECONDS
    if left is not None:
        journeys = min(journeys, left // _OF_ONE)
    if journeys < _FEWEST:
        raise LeadproofError("too few requests are left, or too few are allowed in a second")
    made = scenarios.load("ping_post" if able else "direct_post").with_(
        rate=rate, duration=journeys / rate, objectives=goals or "smoke", arrivals="constant",
    )  # fmt: skip
    if not goals or left is not None:
        return made
    # Objectives that decide need enough samples, of posts as well: a probe too short for them would decide nothing.
    made = made.with_(post_share=1.0)
    return made.with_(duration=plan(made, objectives.load(goals)).duration)


def _run(it: Setting, chosen: Scenario, target: Target, show: Show) -> Probe:
    goals = objectives.load(chosen.goals)
    job = Job(
        chosen,
        target.base,
        target.scheme,
        profile=str(Path(it.profile).absolute()) if it.profile else None,
        seed=it.maker.seed,
        # Leads that the suite has not sent.
        nonce=0 if it.own else secrets.randbits(32),
        readings=it.readings or {},
        as_documented=it.as_documented,
        mock=it.own or is_mock(target),
        **files_of(target),
    )
    story = LoadRun(job, goals, it.ledger.apart(), it.run, keep_frames=False)
    with driver.Generator(job, target) as generator:
        follow(story, generator, show)
    outcomes = conclusion.outcomes(story)
    decides = _asked(outcomes, story) if it.goals else ExitCode.PASSED
    if story.interrupted:
        decides = ExitCode.INTERRUPTED
        it.ledger.note("interrupted")
    elif story.decides and story.reconciliation.broken:
        decides = ExitCode.VIOLATED
    words = _WORDS if it.goals else f"{_WORDS} Its objectives are informational."
    data = latency.described(story, outcomes, (decides, _asked(outcomes, story))) | {
        "probe": words,
        "decides": bool(it.goals),
    }
    return Probe(data, decides)


def _asked(outcomes: list[verdicts.ObjectiveResult], story: LoadRun) -> ExitCode:
    """What objectives that were asked for say about the run."""
    found = verdicts.verdict(outcomes)
    if story.problems or found == verdicts.INCONCLUSIVE:
        return ExitCode.INCONCLUSIVE
    return ExitCode.OBJECTIVES_MISSED if found == verdicts.FAIL else ExitCode.PASSED
