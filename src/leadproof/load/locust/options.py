"""Our options on locust's command line, and the job that they make."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from locust.env import Environment

from leadproof.core.errors import ConfigurationError
from leadproof.load import guard, objectives, scenarios
from leadproof.load.job import MODELS, Job
from leadproof.load.schedule import SHAPES
from leadproof.runs import config


def from_options(environment: Environment) -> Job:
    """The job of locust's own command line.

    Raises:
        ConfigurationError: There is no target, or an option makes no sense.
    """
    options: Any = environment.parsed_options
    classes = [one for one in environment.user_classes if getattr(one, "scenario", "")]
    if not classes:
        raise ConfigurationError("no user class here has a scenario", hint="derive yours from PingPostUser")
    user: Any = classes[0]
    host = environment.host or user.host
    if not host:
        raise ConfigurationError("there is no target", hint="name it with --host http://127.0.0.1:8080")
    configured = config.load(Path.cwd())
    target = config.target(host.rstrip("/"), configured)
    chosen = scenarios.load(user.scenario).with_(
        rate=options.rate, duration=options.run_time or options.duration or None, shape=options.shape,
        xml_share=options.xml_share, judge_share=options.judge_share, objectives=options.objectives,
    )  # fmt: skip
    objectives.load(chosen.goals)
    scenarios.capped(chosen, loopback=target.loopback, most_rate=options.max_rate, most_seconds=options.max_duration)
    return Job(
        chosen, target.base, target.scheme, options.posting_profile or configured.profile,
        configured.seed if options.seed is None else options.seed, secrets.randbits(32), options.model,
        (options.num_users or 1) if options.model == "closed" else 0,
        configured.readings, conserve=not options.no_conservation,
    )  # fmt: skip


def with_tags(job: Job, environment: Environment) -> Job:
    """The job with the journeys that locust's --tags and --exclude-tags leave over.

    Raises:
        ConfigurationError: They leave none.
    """
    options: Any = environment.parsed_options
    wanted, unwanted = set(options.tags or ()), set(options.exclude_tags or ())
    if not (wanted or unwanted):
        return job
    left = {
        name: weight for name, weight in job.scenario.journeys.items()
        if (not wanted or name in wanted) and name not in unwanted
    }  # fmt: skip
    if not any(left.values()):
        raise ConfigurationError(
            "the tags leave no journey", hint=f"the tags of this scenario are: {', '.join(job.scenario.journeys)}"
        )
    return Job(**{**vars_of(job), "scenario": job.scenario.with_(journeys=left)})


def vars_of(job: Job) -> Mapping[str, Any]:
    """The members of a job."""
    return {name: getattr(job, name) for name in job.__dataclass_fields__}


def add_options(parser: Any) -> None:
    """Our options on locust's command line. Its web page listens on loopback unless told otherwise."""
    parser.set_defaults(web_host="127.0.0.1")
    plain: dict[str, Any] = {"include_in_web_ui": False}
    parser.add_argument("--rate", type=float, help="Journeys per second (default: the scenario's)", **plain)
    parser.add_argument("--duration", type=float, help="Seconds, unless --run-time says it", **plain)
    parser.add_argument("--shape", choices=list(SHAPES), help="Shape of the load over time", **plain)
    parser.add_argument(
        "--model", choices=MODELS, default="open", help="Journeys by schedule, or by users in a loop", **plain
    )
    parser.add_argument("--xml-share", type=float, help="Share of journeys in XML", **plain)
    parser.add_argument("--judge-share", type=float, help="Share of journeys that every clause judges", **plain)
    parser.add_argument("--objectives", metavar="PRESET|FILE", help="What must hold", **plain)
    parser.add_argument("--posting-profile", metavar="FILE", help="Posting profile", **plain)
    parser.add_argument("--seed", type=int, help="Seed of everything that is generated", **plain)
    parser.add_argument("--max-rate", type=float, help="Raises the cap on --rate", **plain)
    parser.add_argument("--max-duration", type=float, help="Raises the cap on the duration", **plain)
    parser.add_argument(
        "--no-conservation", action="store_true", help="Do not look up accepted leads afterwards", **plain
    )
    parser.add_argument(
        guard.OPTION, metavar="HOST", help="Names a host that is not this machine a second time", **plain
    )
