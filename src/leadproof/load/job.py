"""`Job`: all that a process needs to put its share of a load on a target, as data; and the context of journeys made of
it.

A job travels from the command to locust and from a master to its workers. It holds no secret: that comes from the
environment of each process, so that no list of processes, log or report can show it.
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from leadproof import __version__
from leadproof.contract import specs
from leadproof.contract.profile import Profile
from leadproof.contract.profile import load as load_profile
from leadproof.core.errors import ConfigurationError
from leadproof.core.target import Target
from leadproof.generate.leads import LeadMaker
from leadproof.http.mock_target import mock_credentials
from leadproof.http.plan import plan_of
from leadproof.load.journeys import OPERATIONS_OF, JourneyContext
from leadproof.load.scenario import Scenario
from leadproof.load.scenarios import read as read_scenario
from leadproof.load.traffic import Traffic

#: How journeys begin: by the schedule, whatever responses do (open), or each user the next one after the last (closed).
MODELS = ("open", "closed")

#: Where what is secret of the target stands for the processes of a run: secret, proxy and headers, as JSON.
SECRET = "LEADPROOF_LOAD_SECRET"


@dataclass(frozen=True, slots=True)
class Job:
    """One load, whoever carries it."""

    scenario: Scenario
    #: Base URL.
    url: str
    scheme: str = "api-key"
    #: Path of the posting profile, for a process in another folder; None for the shipped one.
    profile: str | None = None
    seed: int = 0
    #: Makes the identities of the run its own; 0 where the target forgets between runs.
    nonce: int = 0
    model: str = "open"
    #: Users of the closed model; the open one has none.
    users: int = 0
    readings: Mapping[str, str] = field(default_factory=dict)
    as_documented: bool = False
    #: Is the target our mock? Then all accepted leads are looked up, and one that is lost decides.
    mock: bool = False
    #: Are accepted leads looked up afterwards?
    conserve: bool = True
    #: Journeys that tags have left over; empty for all of the scenario.
    only: tuple[str, ...] = ()
    #: How TLS is spoken (see `Target`): paths, for processes in another folder.
    ca: str = ""
    cert: str = ""
    key: str = ""
    verify: bool = True

    def data(self) -> dict[str, Any]:
        """The job as data that JSON can carry."""
        return asdict(self) | {
            "scenario": self.scenario.data(),
            "readings": dict(self.readings),
            "only": list(self.only),
        }

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Job:
        """The job of `data()`."""
        scenario = read_scenario(data["scenario"], str(data["scenario"].get("name", "")), "the job's scenario")
        return cls(**{**data, "scenario": scenario, "only": tuple(data.get("only", ()))})

    def target(self, environ: Mapping[str, str] = os.environ) -> Target:
        """The target with its secret from the environment; for our mock the profile's own where there is none."""
        private, scheme = json.loads(environ.get(SECRET) or "{}"), self.scheme
        secret = private.get("secret", "")
        if not secret:
            token = environ.get("LEADPROOF_BEARER_TOKEN", "").strip()
            secret = token or environ.get("LEADPROOF_API_KEY", "").strip()
            scheme = environ.get("LEADPROOF_AUTH_SCHEME", "") or ("bearer" if token else scheme)
        if not secret and self.mock:
            scheme, secret = mock_credentials(self.posting_profile())
        headers = tuple((name, value) for name, value in private.get("headers", ()))
        return Target(
            self.url, scheme, secret, self.ca, private.get("proxy", ""), self.scenario.timeout, self.cert, self.key,
            self.verify, headers,
        )  # fmt: skip

    def posting_profile(self) -> Profile:
        """The posting profile."""
        return load_profile(self.profile)

    def specification(self) -> specs.Specification:
        """The contract under the job's readings."""
        return specs.load(dict(self.readings), as_documented=self.as_documented)


def files_of(target: Target) -> dict[str, Any]:
    """What a job holds of how TLS is spoken with a target."""
    paths = {name: str(Path(path).absolute()) if path else "" for name, path in (
        ("ca", target.ca), ("cert", target.cert), ("key", target.key),
    )}  # fmt: skip
    return paths | {"verify": target.verify}


def private(target: Target) -> str:
    """What stands in `SECRET`; "" for nothing."""
    found = {"secret": target.secret, "proxy": target.proxy, "headers": target.headers}
    return json.dumps(found) if any(found.values()) else ""


def journey_context(
    job: Job, target: Target, clock: Callable[[], float], *, share: int = 0, of: int = 1,
    pause: Callable[[], object] = lambda: None,
) -> JourneyContext:  # fmt: skip
    """What the journeys of one worker need, with requests made ahead.

    Args:
        job: The load.
        target: Where it goes.
        clock: Seconds since the Unix epoch.
        share: Which worker this is, from 0.
        of: How many there are.
        pause: Called now and then while requests are made.

    Raises:
        ConfigurationError: The posting profile has no source for what the scenario sends.
    """
    way = plan_of(target)
    maker = LeadMaker(job.posting_profile(), job.seed, job.nonce, no_sell=not target.loopback)
    traffic = Traffic(
        maker, job.specification(), host=way.authority, prefix=way.absolute + way.prefix,
        credentials=(*target.credentials(), *way.headers, *way.hop_headers), agent=f"leadproof/{__version__}",
    )  # fmt: skip
    scenario = job.scenario
    wanted = require_sources(scenario, maker)
    if maker.source("duplicate_check") is None:
        wanted.discard("duplicate_check")
    formats = [one for one, share_of in (("json", 1 - scenario.xml_share), ("xml", scenario.xml_share)) if share_of]
    cells = [(name, fmt) for name in sorted(wanted) for fmt in (formats if name != "update_lead" else ["json"])]
    traffic.prepare(cells, refused=bool(scenario.refused_share), pause=pause)
    chance = random.Random(f"{job.seed}/{job.nonce}/{share}")
    return JourneyContext(scenario, traffic, chance, clock, share=share, of=of)


def require_sources(scenario: Scenario, maker: LeadMaker) -> set[str]:
    """The operations with a body of a scenario, all of which the posting profile has a source for, but for the
    duplicate check, which is left out where nobody may ask for it.

    Raises:
        ConfigurationError: The posting profile has no source for what the scenario sends.
    """
    wanted = {name for journey in scenario.journeys if scenario.journeys[journey] for name in OPERATIONS_OF[journey]}
    for name in sorted(wanted - {"duplicate_check"}):
        if maker.source(name) is None:
            raise ConfigurationError(
                f"the profile {maker.profile.name!r} has no source that may use {name}",
                hint="add the permission to a [[sources]] table, or take another scenario",
            )
    return wanted
