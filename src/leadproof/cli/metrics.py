"""The options with which a load is watched while it runs, and what they ask for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from leadproof.cli import options
from leadproof.core.errors import UsageError
from leadproof.load.metrics.publishing import Publisher, Publishing, check

#: By the names of their values: they say nothing of the load, so they are no part of what asks for the same again.
NAMES = ("metrics_port", "metrics_host", "allow_hosts", "otlp")

watched = options.combined(
    click.option(
        "--metrics-port", type=click.IntRange(0, 65535), metavar="PORT",
        help="Serve Prometheus metrics at this port's /metrics while the load runs; 0 for a free one.",
    ),
    click.option(
        "--metrics-host", metavar="ADDRESS", default="127.0.0.1", show_default=True,
        help="Where the metrics are served; 0.0.0.0 for other machines, too.",
    ),
    options.allow_hosts,
    click.option(
        "--otlp", metavar="URL|env",
        help="Send OpenTelemetry metrics by OTLP/HTTP: to a URL, or where OTEL_EXPORTER_OTLP_ENDPOINT says.",
    ),
)  # fmt: skip


def asked_for(given: Mapping[str, Any]) -> Publishing:
    """What the options ask for, refused where it cannot be had.

    Raises:
        UsageError: They make no sense.
        MissingExtraError: The extra `metrics` is not installed.
        ConfigurationError: The environment asks for what is not spoken here.
    """
    port = given["metrics_port"]
    wanted = Publishing(port, given["metrics_host"], given["allow_hosts"], given["otlp"] or "")
    if given["worker"] and wanted.wanted:
        raise UsageError(
            "a worker has no metrics: its master has those of all workers",
            hint="give --metrics-port or --otlp to the master",
        )
    if port is None and (given["allow_hosts"] or given["metrics_host"] != "127.0.0.1"):
        raise UsageError(
            "--metrics-host and --allow-host are about the metrics, and there is no --metrics-port",
            hint="add --metrics-port 9464, OpenTelemetry's usual one",
        )
    if given["worker"] and given["watch"]:
        raise UsageError(
            "a worker has no page: its master shows what all workers do", hint="give --watch to the master"
        )
    check(wanted)
    return wanted


def tell(publisher: Publisher) -> None:
    """Says on stderr where metrics are served."""
    if publisher.endpoint is not None:
        click.echo(f"leadproof: metrics at {publisher.endpoint.url}", err=True)
