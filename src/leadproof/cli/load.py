"""`leadproof load`: load that tells the truth."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click

from leadproof.cli import ci, completing, ending, hints, metrics, options, plans, repeating, watched
from leadproof.cli.display import Display
from leadproof.core import installation
from leadproof.core.errors import ConfigurationError, ExitCode, InputError, UsageError
from leadproof.core.progress import Standing
from leadproof.core.target import Target
from leadproof.core.text import figure, wrapped
from leadproof.generate.leads import LeadMaker
from leadproof.http.mock_target import is_mock, mock_credentials, with_mock_credentials
from leadproof.judge import Judge
from leadproof.load import console, driver, guard, latency, objectives, scenarios
from leadproof.load.following import follow
from leadproof.load.job import MODELS, Job, files_of, private, require_sources
from leadproof.load.metrics.publishing import Publishing, publishing
from leadproof.load.plan import LoadPlan, require
from leadproof.load.plan import plan as plan_of
from leadproof.load.rebuilding import histograms
from leadproof.load.scenario import Scenario
from leadproof.load.schedule import PATTERNS, SHAPES
from leadproof.load.story import KEPT, LoadRun
from leadproof.runs import config
from leadproof.runs.evidence import Run
from leadproof.runs.formats import RENDERERS
from leadproof.runs.ledger import KeepPolicy, Ledger

#: Options that say nothing of the load itself.
_UNREPEATED = ("watch", *metrics.NAMES)

#: Users of the closed model.
CLOSED_USERS = 10


@click.command("load")
@click.argument("name", metavar="SCENARIO", required=False, shell_complete=completing.scenarios)
@click.option(
    "--target",
    metavar="URL|NAME",
    shell_complete=completing.targets,
    help="What to load: a URL or a named target (default: a mock of its own).",
)
@click.option(
    guard.OPTION, "allowed", multiple=True, metavar="HOST",
    help="Name a host that is not this machine a second time; without it nothing is sent there.",
)  # fmt: skip
@click.option("--rate", type=float, help="Journeys per second (default: the scenario's).")
@click.option("--duration", type=options.Seconds(), help="How long: 90, 20s, 10m, 1h (default: the scenario's).")
@click.option("--shape", type=click.Choice(list(SHAPES)), help="Shape of the load over time.")
@click.option("--arrivals", type=click.Choice(PATTERNS), help="In equal gaps, or like independent customers.")
@click.option("--model", type=click.Choice(MODELS), default="open", show_default=True,
              help="open: by the schedule; closed: each user after its last response.")  # fmt: skip
@click.option("--users", type=click.IntRange(1, 10_000), help="Users of the closed model (default: 10).")
@click.option("--xml-share", type=click.FloatRange(0, 1), help="Share of journeys in XML.")
@click.option(
    "--judge-share", type=click.FloatRange(0, 1), help="Share of journeys that every clause judges (default: 0.05)."
)
@click.option(
    "--objectives",
    "goals",
    metavar="PRESET|FILE",
    shell_complete=completing.objectives,
    help=f"What must hold: {', '.join(objectives.PRESETS)}, or a file.",
)
@click.option(
    "--baseline", metavar="RUN", type=click.Path(path_type=Path), help="Compare with the run of this directory."
)
@click.option("--processes", type=click.IntRange(1, 64), default=1, show_default=True, help="Worker processes here.")
@click.option("--master", is_flag=True, help="Wait for workers on other machines; they share the load.")
@click.option("--expect-workers", type=click.IntRange(1), default=1, help="How many workers a master waits for.")
@click.option(
    "--wait-workers", type=options.Seconds(), default="10m", show_default=True, help="How long it waits for them."
)
@click.option("--worker", is_flag=True, help="Be a worker: carry what the master says.")
@click.option("--master-host", default="127.0.0.1", show_default=True, help="Where the master listens.")
@click.option("--master-port", type=click.IntRange(1, 65535), default=5557, show_default=True)
@click.option(
    "--set", "settings", multiple=True, metavar="KEY=VALUE", help="Change any other setting of the scenario: batch=5."
)
@click.option(
    "--timeout", type=options.Seconds(), help="Until a request without a response is given up (default: 30s)."
)
@click.option("--max-rate", type=float, help=f"Raise the cap on --rate ({scenarios.REMOTE_RATE:g} on another machine).")
@click.option(
    "--max-duration",
    type=options.Seconds(),
    help=f"Raise the cap on --duration ({scenarios.REMOTE_SECONDS:g}s on another machine).",
)
@metrics.watched
@click.option("--watch", is_flag=True, help="Show the load in a browser while it runs, with a button that stops it.")
@click.option("--no-conservation", is_flag=True, help="Do not look up accepted leads afterwards.")
@click.option("--plan", "planned", is_flag=True, help="Show what the load would do, and send nothing.")
@click.option("--list", "listing", is_flag=True, help="List the scenarios and the objectives, and send nothing.")
@options.combined(
    options.profile, options.readings, options.as_documented, options.fail_on, options.out, options.seed,
    ending.formats, options.json_output,
)  # fmt: skip
def command(name: str | None, **given: Any) -> int:
    """Put load on a target and say what holds: latency from the moment a request was due, not from when it left.

    Without --target a mock is started in a process of its own. Journeys begin by a schedule, whatever the responses do;
    a share of the responses is judged by every clause, and accepted leads are looked up afterwards. Credentials come
    from the environment, as for certify.

    Any load on a target that is not this machine needs its host named a second time with --allow-target.

    \b
    Examples:
      leadproof load ping_post --rate 500 --duration 20s
      leadproof load ping_only --target http://127.0.0.1:8080 --shape step --rate 2000 --objectives auction
      leadproof load mixed --processes 2 --json > report.json
      leadproof load ping_post --baseline reports/out/20261123T090000Z-5c1e
      leadproof load direct_post --set batch=10 --set duplicate_share=0.1 --xml-share 0.5
      leadproof load ping_post --model closed --users 50
      leadproof load ping_post --target sandbox --allow-target sandbox.example --shape smoke
      leadproof load --list

    While it runs, it can be watched: --watch shows it in a browser of this machine, --metrics-port serves Prometheus
    metrics, on this machine unless --metrics-host says otherwise, and --otlp sends OpenTelemetry ones.

    \b
      leadproof load ping_post --duration 60s --watch
      leadproof load ping_post --duration 60s --metrics-port 9464
      leadproof load ping_post --duration 60s --otlp http://127.0.0.1:4318

    More machines: one master, which says what to do and gathers; on each of the others a worker.

    \b
      leadproof load ping_post --target sandbox --allow-target sandbox.example \\
        --master --master-host 0.0.0.0 --expect-workers 2
      leadproof load --worker --master-host 10.0.0.5 --allow-target sandbox.example

    Exit codes: 0 passed, 1 contract violated (or leads lost on the mock), 2 usage, 3 objectives missed, 4 inconclusive
    (too few samples, generator saturated, a worker lost), 5 target unreachable, 130 interrupted.
    """
    if given["listing"]:
        _list()
        return int(ExitCode.PASSED)
    published = metrics.asked_for(given)
    _refuse_idle(given)
    if given["watch"]:
        installation.require("serve", "the page needs starlette and uvicorn")
    if given["worker"]:
        return driver.worker(_worker(given), _secret())
    if name is None:
        raise UsageError("which scenario?", hint=f"known are: {', '.join(scenarios.names())}; --list describes them")
    if hints.is_url(name):
        raise UsageError(
            "load takes a scenario, and its target as an option",
            hint=f"leadproof load ping_post --target {hints.plain(name)}",
        )
    return _run(name, given, published)


def _refuse_idle(given: Mapping[str, Any]) -> None:
    """Refuses options that the others leave without effect."""
    if given["worker"]:
        if given["target"]:
            raise ConfigurationError(
                "a worker has no --target", hint="the master names it; name its host with --allow-target"
            )
        own = ("worker", "master_host", "master_port", "allowed")
        options.refuse_idle([name for name in given if name not in own], "on a worker", "give it to the master")
        return
    if not given["master"]:
        waited = ("expect_workers", "wait_workers", "master_host", "master_port")
        options.refuse_idle(waited, "without --master", "add --master, or leave it out")
    if given["target"] is None:
        options.refuse_idle(("allowed",), "without --target", "name the target, too: --target URL")


def _run(name: str, given: dict[str, Any], published: Publishing) -> int:
    configured = options.settings()
    spec = options.specification(given["chosen"], given["as_documented"], configured)
    profile = options.posting_profile(given["profile_path"], configured)
    if given["model"] == "closed" and (given["rate"] or given["shape"] or given["arrivals"]):
        raise UsageError(
            "the closed model has no rate and no shape", hint="say how many --users wait for their responses"
        )
    if given["model"] == "open" and given["users"]:
        raise UsageError("the open model has no users", hint="say --rate, or --model closed")
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
    report = story.report(run.end(), latency.described)
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


def _worker(given: Mapping[str, Any]) -> list[str]:
    allowed = [part for host in given["allowed"] for part in (guard.OPTION, host)]
    return ["--master-host", given["master_host"], "--master-port", str(given["master_port"]), *allowed]


def _secret() -> str:
    return private(config.target("http://127.0.0.1", options.settings()))


def _list() -> None:
    click.echo("scenarios (loadtests/scenarios):")
    for name in scenarios.names():
        one = scenarios.load(name)
        _listed(name, f"{one.about} {one.shape} {one.rate:g}/s, {one.duration:g} s")
    click.echo("objectives:")
    for name, goals in objectives.PRESETS.items():
        words = ", ".join(f"{one.name} ≤ {figure(one.name, one.most)}" for one in goals)
        _listed(name, words)
    click.echo(f"shapes: {', '.join(SHAPES)}")


def _listed(name: str, words: str) -> None:
    """A line of the list, or several of 80 columns at most."""
    for line in wrapped(f"  {name:18} ", words, 21):
        click.echo(line)
