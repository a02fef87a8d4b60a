"""The run that `leadproof load` asks for, from its options to what it came to: planned, put on, followed, reported."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click

from leadproof.cli import ci, metrics, options, plans, repeating, watched
from leadproof.cli.display import Display
from leadproof.core.errors import ConfigurationError, ExitCode, InputError
from leadproof.core.progress import Standing
from leadproof.core.target import Target
from leadproof.generate.leads import LeadMaker
from leadproof.http.mock_target import is_mock, mock_credentials, with_mock_credentials
from leadproof.judge import Judge
from leadproof.load import conclusion, console, driver, guard, latency, objectives, scenarios
from leadproof.load.following import follow
from leadproof.load.job import Job, files_of, require_sources
from leadproof.load.metrics.publishing import Publishing, publishing
from leadproof.load.plan import LoadPlan, require
from leadproof.load.plan import plan as plan_of
from leadproof.load.rebuilding import histograms
from leadproof.load.scenario import Scenario
from leadproof.load.story import KEPT, LoadRun
from leadproof.runs import config
from leadproof.runs.evidence import Run
from leadproof.runs.formats import RENDERERS
from leadproof.runs.ledger import KeepPolicy, Ledger

#: Options that say nothing of the load itself.
_UNREPEATED = ("watch", *metrics.NAMES)

#: Users of the closed model.
CLOSED_USERS = 10


def run(name: str, given: Mapping[str, Any], published: Publishing) -> int:
    """Puts the load on, or shows its plan; the exit code.

    Args:
        name: Of the scenario.
        given: The values of the options of the command, by their names.
        published: How it is watched by other tools.

    Raises:
        LeadproofError: The options contradict each other, or what they name cannot be had.
    """
    configured = options.settings()
    spec = options.specification(given["chosen"], given["as_documented"], configured)
    profile = options.posting_profile(given["profile_path"], configured)
    chosen = scenarios.changed(scenarios.load(name), given["settings"]).with_(
        rate=given["rate"], duration=given["duration"], shape=given["shape"], arrivals=given["arrivals"],
        xml_share=given["xml_share"], judge_share=given["judge_share"], objectives=given["goals"],
        timeout=given["timeout"],
    )  # fmt: skip
    goals = objectives.load(chosen.goals)
    baseline = _baseline(given["baseline"])
    seed = configured.seed if given["seed"] is None else given["seed"]
    config.auth_scheme()
    goal = None if given["target"] is None else config.target(
        given["target"], configured, timeout=given["timeout"], planned=given["planned"]
    )  # fmt: skip
    if goal is not None:
        guard.allow(goal, given["allowed"])
        if given["master"] and (goal.proxy or goal.headers):
            raise ConfigurationError(
                "the target's proxy and headers are secret and stay on this machine: workers elsewhere have none",
                hint="leave out --master; --processes N takes more processors of this machine",
            )
    scenarios.capped(
        chosen, loopback=goal is None or goal.loopback, most_rate=given["max_rate"], most_seconds=given["max_duration"]
    )
    maker = LeadMaker(profile, seed)
    require_sources(chosen, maker)
    plan = plan_of(
        chosen, goals, model=given["model"], conserve=not given["no_conservation"],
        checks=maker.source("duplicate_check") is not None,
    )  # fmt: skip
    if given["planned"]:
        return _plan(plan, goal, given)
    require(plan)
    driver.require_locust()
    if plan.warning:
        click.echo(f"leadproof: {plan.warning}", err=True)
    with ExitStack() as stack:
        # Without a thread: one would be felt in the latency.
        display = stack.enter_context(Display(quiet=given["as_json"], thread=False))
        display.show(Standing("starting"))
        own = goal is None
        if goal is None:
            goal = _goal(stack.enter_context(driver.mock(_mock_arguments(given, chosen, seed))), profile)
        else:
            goal = with_mock_credentials(goal, profile)
        job = Job(
            chosen,
            goal.base,
            goal.scheme,
            profile=_absolute(given["profile_path"] or configured.profile),
            seed=seed,
            nonce=0 if own else secrets.randbits(32),
            model=given["model"],
            users=(given["users"] or CLOSED_USERS) if given["model"] == "closed" else 0,
            readings=dict(spec.choices),
            as_documented=given["as_documented"],
            mock=own or is_mock(goal),
            conserve=not given["no_conservation"],
            **files_of(goal),
        )
        redactor = options.redactor(profile, *goal.secrets)
        facts = {
            "profile": profile.name,
            "nonce": job.nonce,
            "fail_on": given["fail_on"],
            "mock": own,
            "scenario": chosen.data(),
            "model": job.model,
            "users": job.users,
            "processes": given["processes"],
            "choices": dict(spec.choices),
            "repeat": (repeat := repeating.command(seed, _UNREPEATED)),
            **configured.cover(),
        }
        publisher = stack.enter_context(publishing(published))
        metrics.tell(publisher)
        run = stack.enter_context(
            Run.open(
                Path(given["out"] or configured.out),
                "load",
                redactor=redactor,
                seed=seed,
                target=goal.base,
                facts=facts,
            )
        )
        ledger = Ledger(Judge(spec, profile), redactor, given["fail_on"], evidence=run, keep=KeepPolicy(KEPT))
        story = LoadRun(job, goals, ledger, run, repeat=repeat)
        master = {"host": given["master_host"], "port": given["master_port"], "workers": given["expect_workers"],
                  "wait": given["wait_workers"]}  # fmt: skip
        generator = driver.Generator(
            job, goal, processes=given["processes"], master=master if given["master"] else None
        )
        page = stack.enter_context(watched.LivePage(run.path, run.path.parent)) if given["watch"] else None
        publisher.begin(run.id)
        with generator:
            follow(story, generator, display.show, publisher.publish, page.stop_asked if page else lambda: False)
        publisher.finish(story)
        display.stop()
        return _conclude(story, run, baseline, given["formats"], as_json=given["as_json"])


def _plan(plan: LoadPlan, goal: Target | None, given: Mapping[str, Any]) -> int:
    target = goal.base if goal else ""
    users = (given["users"] or CLOSED_USERS) if given["model"] == "closed" else 0
    # Whether a service on this machine is the mock only a packet could tell.
    mock = True if goal is None else None if goal.loopback else False
    plans.show(
        plans.load_lines(plan, target=target, users=users, mock=mock),
        plans.load_data(plan, target=target, model=given["model"], users=users),
        as_json=given["as_json"],
    )
    return int(ExitCode.PASSED)


def _conclude(
    story: LoadRun, run: Run, baseline: Mapping[str, Any] | None, formats: tuple[str, ...], *, as_json: bool
) -> int:
    run.add_file("latency.json", json.dumps(latency.raw(story.measures), separators=(",", ":")))
    report = conclusion.report(story, run.end(), latency.described)
    if baseline is not None:
        report["latency"]["baseline"] = latency.compared(story.measures, baseline)
    paths = run.write_reports(report, formats)
    ci.tell(report)
    if as_json:
        click.echo(RENDERERS["json"].render(report), nl=False)
    else:
        for line in console.everything(story, report):
            click.echo(line)
        click.echo(f"report: {paths.get('html', paths['json'])}")
    return int(report["exit_code"])


def _baseline(path: Path | None) -> Mapping[str, Any] | None:
    if path is None:
        return None
    file = path / "latency.json" if path.is_dir() else path
    if path.is_dir() and not file.exists() and (measured := histograms(path)) is not None:
        return measured
    try:
        return latency.baseline(json.loads(file.read_text("utf-8")))
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror}", hint="name the directory of a load run") from None
    except (ValueError, RecursionError):
        raise InputError(
            f"{file} holds no histograms", hint="name the directory of a load run, with its latency.json"
        ) from None


def _absolute(path: str | None) -> str | None:
    """Locust works in another folder."""
    return str(Path(path).absolute()) if path else None


def _goal(url: str, profile: Any) -> Target:
    return Target(url, *mock_credentials(profile))


def _mock_arguments(given: Mapping[str, Any], chosen: Scenario, seed: int) -> list[str]:
    # Conservation looks every lead up: the mock must not have forgotten the oldest by then.
    leads = round(chosen.schedule().expected * chosen.batch * 2) + 10_000
    arguments = ["--seed", str(seed), "--max-leads", str(max(leads, 200_000))]
    return [*arguments, "--profile", given["profile_path"]] if given["profile_path"] else arguments
