"""What certify and test have in common: the mock or a target, the guard rails, the run directory, the story."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from leadproof.cli import options, repeating
from leadproof.cli.display import Display
from leadproof.cli.ending import Ending
from leadproof.cli.watching import Watch
from leadproof.commands import certify
from leadproof.contract.profile import Profile
from leadproof.contract.specs import Specification
from leadproof.core.errors import ExitCode, TargetError
from leadproof.core.gc import gc_paused
from leadproof.generate.leads import LeadMaker
from leadproof.http.client import Client, Target
from leadproof.http.mock_target import mock_credentials, with_mock_credentials
from leadproof.http.receiver import Receiver
from leadproof.judge import Judge
from leadproof.mock import Mock
from leadproof.mock.server import new_token, running
from leadproof.redact import Redactor
from leadproof.runs import config
from leadproof.runs.evidence import Run
from leadproof.runs.ledger import Ledger
from leadproof.suite import CaseContext, Controls
from leadproof.suite.session import Session

if TYPE_CHECKING:
    from leadproof.commands.rounds import RoundSetting

#: Said where the target was given no key: that the requests carry none is then nobody's breach.
NO_SECRET = "the requests carried no credentials: none were given (LEADPROOF_API_KEY or LEADPROOF_BEARER_TOKEN)"

#: Said where the target's table says so.
UNVERIFIED = "the certificate of the target was not verified (verify = false): whoever responded may be somebody else"

#: What is sent at most to a target that is not this machine, unless told otherwise.
REMOTE_BUDGET, REMOTE_RATE = 200, 5.0

#: Requests that are enough for the whole suite, whatever the profile.
AMPLE = 3_000


@dataclass(frozen=True, slots=True)
class Wish:
    """What the command line asks for."""

    command: str
    spec: Specification
    profile: Profile
    configured: config.Config
    #: A URL or a named target; None for the built-in mock.
    target: str | None = None
    seed: int | None = None
    out: str | None = None
    fail_on: str = "must"
    timeout: float | None = None
    max_requests: int | None = None
    rate: float | None = None
    #: Exchanges to go on to with generated requests; None for those of the suite alone.
    max_exchanges: int | None = None
    #: Generated examples of each cell.
    examples: int = 3
    #: Makes the identities of the run the same as another's; None for those of its own.
    nonce: int | None = None
    #: Show no progress?
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Engagement:
    """A run that is under way."""

    story: CaseContext
    ledger: Ledger
    run: Run
    #: Requests that may be sent; 0 for any number.
    budget: int
    #: Requests per second that may be sent; 0 for any number.
    per_second: float
    #: Shows how far it is.
    watch: Watch

    @property
    def client(self) -> Client:
        """Who sends."""
        return self.story.session.client

    @property
    def target(self) -> Target:
        """Where it goes."""
        return self.client.target


@contextmanager
def engage(wish: Wish) -> Iterator[Engagement]:
    """Everything that a run of the suite needs, opened, and closed again.

    Raises:
        LeadproofError: The profile has no sender, the target's name is unknown, the run directory cannot be made, …
    """
    profile, configured = wish.profile, wish.configured
    seed = configured.seed if wish.seed is None else wish.seed
    with ExitStack() as stack:
        stack.enter_context(gc_paused())
        controls = None
        if wish.target is None:
            config.auth_scheme()
            token = new_token()
            mock = stack.enter_context(running(Mock(_roomy(profile), clock=time.time, seed=seed, token=token)))
            goal = _goal(mock.url, profile, wish.timeout)
            controls = Controls(mock.url, token)
            stack.callback(controls.close)
        else:
            goal = with_mock_credentials(config.target(wish.target, configured, timeout=wish.timeout), profile)
        remote = not goal.loopback
        # On the mock the same leads every time, elsewhere with identities of their own.
        nonce = wish.nonce if wish.nonce is not None else 0 if controls else secrets.randbits(32)
        maker = LeadMaker(profile, seed, nonce, no_sell=remote)
        certify.require_sender(maker)
        receiver = None if remote else stack.enter_context(Receiver())
        per_second = rate_of(wish, remote=remote)
        client = stack.enter_context(Client(goal, per_second=per_second))
        redactor = _redactor(profile, goal, remote=remote)
        facts = {
            "profile": profile.name,
            "nonce": maker.nonce,
            "fail_on": wish.fail_on,
            "mock": controls is not None,
            "repeat": repeating.command(seed),
            "choices": dict(wish.spec.choices),
            **configured.cover(),
        }
        run = stack.enter_context(
            Run.open(
                Path(wish.out or configured.out),
                wish.command,
                redactor=redactor,
                seed=seed,
                target=goal.base,
                facts=facts,
            )
        )
        without = () if goal.secret else ("client_credentials",)
        budget = budget_of(wish, remote=remote)
        watch = Watch(stack.enter_context(Display(quiet=wish.quiet)), budget, aimed=bool(wish.max_exchanges))
        judge = Judge(wish.spec, profile, without=without)
        ledger = Ledger(judge, redactor, wish.fail_on, evidence=run, progress=watch.sent)
        if not goal.verify and goal.base.startswith("https:"):
            ledger.observe("transport.unverified", UNVERIFIED)
        if without:
            ledger.observe("client.credentials", NO_SECRET)
            missing = {clause.id: NO_SECRET for clause in wish.spec.clauses.values() if clause.check in without}
            ledger.note("reasons", missing)
        ledger.note("reasons", certify.reasons(wish.spec, maker))
        session = Session(client, ledger, budget=budget)
        story = CaseContext(session, maker, controls, receiver, seed=seed, examples=wish.examples)
        try:
            yield Engagement(story, ledger, run, budget, per_second, watch)
        except TargetError as error:  # a run that reached nobody has reports, too: CI collects them
            ledger.note("general_reason", error.message)
            ledger.note("codes", [int(ExitCode.UNREACHABLE)])
            run.write_reports(ledger.report(wish.command, run.end()))
            raise


def conclude(
    engagement: Engagement,
    wish: Wish,
    end: Ending,
    *,
    latency: Mapping[str, Any] | None = None,
    also: ExitCode = ExitCode.PASSED,
) -> int:
    """Writes the reports, prints what a person or a machine needs, and gives the exit code.

    Args:
        engagement: The run.
        wish: What was asked for.
        end: What is to be done with the report.
        latency: What a load has measured.
        also: What it says about the run.
    """
    engagement.watch.display.stop()
    if latency:
        engagement.ledger.note("latency", dict(latency))
    if also:
        engagement.ledger.note("code", int(also))
    return end.conclude(engagement.ledger.report(wish.command, engagement.run.end()), engagement.run)


def _roomy(profile: Profile) -> Profile:
    """The profile as the mock of a run goes by it: the campaign that leads are made for takes them at any hour and in
    any number, because a run sends more than a campaign may take in a day.
    """
    chosen = LeadMaker(profile).chosen()
    if not (chosen.hours or chosen.capped):
        return profile
    roomy = replace(chosen, hours=(), caps=(), cap=None)
    return replace(profile, campaigns=tuple(roomy if one is chosen else one for one in profile.campaigns))


def _goal(url: str, profile: Profile, timeout: float | None) -> Target:
    """The built-in mock as a target, with credentials that the profile says it takes."""
    return Target(url, *mock_credentials(profile), timeout=config.TIMEOUT if timeout is None else timeout)


def budget_of(wish: Wish, *, remote: bool) -> int:
    """Requests at most; 0 for any number."""
    most = cap_of(wish, remote=remote)
    return min(most, wish.max_exchanges or most) if most else wish.max_exchanges or 0


def cap_of(wish: Wish, *, remote: bool) -> int:
    """Requests that the target may get at most, whatever is aimed at; 0 for any number."""
    return wish.max_requests or (REMOTE_BUDGET if remote else 0)


def is_scarce(wish: Wish, budget: int) -> bool:
    """May so many requests be too few for all cases? Then those come first that say most."""
    return bool(budget) and (budget != wish.max_exchanges or budget < AMPLE)


def round_setting(wish: Wish, engagement: Engagement) -> RoundSetting:
    """What rounds against mocks of their own need to know of a run."""
    from leadproof.commands.rounds import RoundSetting  # brings what begins processes; certify alone has rounds

    return RoundSetting(
        wish.profile, _roomy(wish.profile), dict(wish.spec.choices), wish.fail_on, engagement.story.seed,
        engagement.target.timeout,
    )  # fmt: skip


def rate_of(wish: Wish, *, remote: bool) -> float:
    """Requests per second at most; 0 for no limit."""
    return (REMOTE_RATE if remote else 0.0) if wish.rate is None else wish.rate


def _redactor(profile: Profile, goal: Target, *, remote: bool) -> Redactor:
    """Against a real service the placeholders are salted, so that nobody can confirm a guess."""
    return options.redactor(profile, *goal.secrets, salted=remote)
