"""`leadproof load`: its options, which of them go together, and what `--list` shows; the run itself is in `loading`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from leadproof.cli import completing, ending, hints, loading, metrics, options
from leadproof.core import installation
from leadproof.core.errors import ConfigurationError, ExitCode, UsageError
from leadproof.core.text import figure, wrapped
from leadproof.load import driver, guard, objectives, scenarios
from leadproof.load.job import MODELS, private
from leadproof.load.schedule import PATTERNS, SHAPES
from leadproof.runs import config


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
        options.refuse_idle(
            [name for name in given if name != "listing"], "with --list, which only lists", "leave it out"
        )
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
    return loading.run(name, given, published)


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
    if given["master"]:
        options.refuse_idle(("processes",), "on a master, which puts on no load", "start a worker here, too: --worker")
    else:
        waited = ("expect_workers", "wait_workers", "master_host", "master_port")
        options.refuse_idle(waited, "without --master", "add --master, or leave it out")
    if given["target"] is None:
        options.refuse_idle(("allowed",), "without --target", "name the target, too: --target URL")
    if given["model"] == "closed" and (given["rate"] or given["shape"] or given["arrivals"]):
        raise UsageError(
            "the closed model has no rate and no shape", hint="say how many --users wait for their responses"
        )
    if given["model"] == "closed":
        options.refuse_idle(("max_rate",), "in the closed model, which has no rate", "leave it out")
    elif given["users"]:
        raise UsageError("the open model has no users", hint="say --rate, or --model closed")


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
