"""Export of snapshots by OTLP/HTTP: as the data classes of OpenTelemetry's SDK, by its exporter, in a thread of ours.

Figures are cumulative, so only the newest snapshot is ever sent: nothing queues, and a collector that missed some has
lost no count. Where to, with which headers, certificates, compression and timeout stands in the usual
`OTEL_EXPORTER_OTLP_*` variables. No redirect is followed, and no proxy of the environment asked.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

import requests
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    Buckets,
    ExponentialHistogram,
    ExponentialHistogramDataPoint,
    Gauge,
    Metric,
    MetricExportResult,
    MetricsData,
    NumberDataPoint,
    ResourceMetrics,
    ScopeMetrics,
    Sum,
)
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.util.instrumentation import InstrumentationScope

from leadproof import __version__
from leadproof.core.errors import ConfigurationError, UsageError
from leadproof.core.histogram import Histogram
from leadproof.core.text import count, one_line
from leadproof.load.metrics.buckets import exponential, total_seconds
from leadproof.load.metrics.instruments import Instrument, MetricsSnapshot, Values

#: What names the endpoint of the environment instead of a URL.
ENVIRONMENT = "env"

#: Where the environment says nothing: the collector's own port, on this machine.
DEFAULT = "http://127.0.0.1:4318"
_SIGNAL = "/v1/metrics"

#: Seconds between two exports, unless `OTEL_METRIC_EXPORT_INTERVAL` (milliseconds) says otherwise.
INTERVAL = 5.0

#: Seconds that the collector is given for the last figures, when the load is over.
DEADLINE = 5.0

_CUMULATIVE = AggregationTemporality.CUMULATIVE


def endpoint_of(given: str, environ: Mapping[str, str] = os.environ) -> str:
    """The URL that figures are sent to.

    Args:
        given: A URL, to which `/v1/metrics` is added if it has no path; or `ENVIRONMENT`.
        environ: The environment.

    Raises:
        UsageError: It is no URL of a collector.
        ConfigurationError: The environment asks for what is not spoken here.
    """
    url = given
    if given == ENVIRONMENT:
        protocol = environ.get("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL") or environ.get("OTEL_EXPORTER_OTLP_PROTOCOL")
        if protocol and protocol != "http/protobuf":
            raise ConfigurationError(
                f"OTEL_EXPORTER_OTLP_PROTOCOL asks for {one_line(protocol)[:40]}: metrics are sent by http/protobuf",
                hint="name the collector's HTTP port, usually 4318: --otlp http://127.0.0.1:4318",
            )
        whole = environ.get("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "").strip()
        base = environ.get("OTEL_EXPORTER_OTLP_ENDPOINT", "").strip() or DEFAULT
        url = whole or base.removesuffix("/") + _SIGNAL
    try:
        parts = urlsplit(url)
        fine = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        parts, fine = urlsplit(""), False
    if not fine or parts.username is not None or parts.query or parts.fragment:
        # It is not shown: what is wrong with it may be a password.
        raise UsageError(
            "the collector of --otlp is no URL of the form http://HOST:PORT, without credentials and query",
            hint="such as --otlp http://127.0.0.1:4318; credentials go into OTEL_EXPORTER_OTLP_HEADERS",
        )
    return url if parts.path.strip("/") else url.rstrip("/") + _SIGNAL


def interval_of(environ: Mapping[str, str] = os.environ) -> float:
    """Seconds between two exports.

    Raises:
        ConfigurationError: The environment gives no number.
    """
    given = environ.get("OTEL_METRIC_EXPORT_INTERVAL", "").strip()
    if not given:
        return INTERVAL
    if not given.isdecimal() or not 100 <= int(given) <= 3_600_000:
        raise ConfigurationError(
            "OTEL_METRIC_EXPORT_INTERVAL is no number of milliseconds from 100 to 3600000", hint="such as 5000"
        )
    return int(given) / 1000


# ---- a snapshot as the SDK has it ------------------------------------------------------------------------------------


def metrics_data(taken: MetricsSnapshot, resource: Resource, start: int, now: int) -> MetricsData:
    """A snapshot as the SDK's data.

    Args:
        taken: The snapshot.
        resource: Whose figures they are.
        start: When counting began, in nanoseconds since the Unix epoch.
        now: When the snapshot was taken, likewise.
    """
    metrics = [_numbers(one, rows, start, now) for one, rows in taken.numbers if rows]
    metrics += [_histograms(one, rows, start, now) for one, rows in taken.histograms if rows]
    scope = ScopeMetrics(InstrumentationScope("leadproof.load", __version__), metrics, "")
    return MetricsData([ResourceMetrics(resource, [scope], resource.schema_url)])


def _attributes(instrument: Instrument, values: Values) -> dict[str, str]:
    return {f"leadproof.{name}": value for name, value in zip(instrument.attributes, values, strict=True)}


def _numbers(instrument: Instrument, rows: Iterable[tuple[Values, int]], start: int, now: int) -> Metric:
    points = [NumberDataPoint(_attributes(instrument, values), start, now, number) for values, number in rows]
    data = Gauge(points) if instrument.gauge else Sum(points, _CUMULATIVE, is_monotonic=True)
    return Metric(instrument.name, instrument.about, instrument.unit, data)


def _histograms(instrument: Instrument, rows: Iterable[tuple[Values, Histogram]], start: int, now: int) -> Metric:
    points = []
    for values, histogram in rows:
        if not histogram.counts:
            continue
        made = exponential(histogram)
        points.append(
            ExponentialHistogramDataPoint(
                _attributes(instrument, values), start, now, count=histogram.total, sum=total_seconds(histogram),
                scale=made.scale, zero_count=0, positive=Buckets(made.offset, made.counts), negative=Buckets(0, ()),
                flags=0, min=max(histogram.lowest, 0.0), max=max(histogram.highest, 0.0),
            )
        )  # fmt: skip
    return Metric(instrument.name, instrument.about, instrument.unit, ExponentialHistogram(points, _CUMULATIVE))


# ---- sending ---------------------------------------------------------------------------------------------------------


class OtlpExport:
    """Sends the newest snapshot every few seconds, and the last one at the end."""

    def __init__(
        self, endpoint: str, newest: Callable[[], MetricsSnapshot], *, interval: float = INTERVAL,
        deadline: float = DEADLINE, prepare: Callable[[], None] = lambda: None,
        clock: Callable[[], int] = time.time_ns,
    ) -> None:  # fmt: skip
        """Sends nothing yet.

        Args:
            endpoint: What `endpoint_of` gave.
            newest: Gives the newest snapshot.
            interval: Seconds between two exports.
            deadline: Seconds that the end may take.
            prepare: Called first in the thread, to make it one that steps back.
            clock: Nanoseconds since the Unix epoch.
        """
        self._newest, self._interval, self._deadline = newest, interval, deadline
        self._prepare, self._clock = prepare, clock
        self._words = _Words()
        logger = logging.getLogger("opentelemetry")
        logger.addHandler(self._words)
        logger.addHandler(logging.NullHandler())  # stays: what is given up at the end may go on for a while
        logger.propagate = False
        session = requests.Session()
        session.trust_env = False
        session.hooks["response"].append(_status_only)
        self._resource = _resource("")
        timeout = None if _timeout_given(os.environ) else interval
        self._exporter = OTLPMetricExporter(endpoint=endpoint, session=session, timeout=timeout)
        self._start = clock()
        self._stop = threading.Event()
        self._sent = self._failed = 0
        #: Did the last one that was tried come to an end, and arrive?
        self._last = True
        self._thread = threading.Thread(target=self._periodically, name="leadproof-otlp", daemon=True)

    def start(self, run: str = "") -> None:
        """Sends from now on; the id of the run tells its figures from those of others."""
        self._resource = _resource(run)
        self._thread.start()

    def finish(self) -> str:
        """Sends the last figures, within the deadline; what the collector did not take, in words, or ""."""
        try:
            hanging = self._send_last()
        except KeyboardInterrupt:  # who is impatient wants the report
            hanging = True
        if hanging:
            self._failed, self._last = self._failed + 1, False
            self._words.text = self._words.text or "no response in time"
        self._exporter.shutdown()
        logging.getLogger("opentelemetry").removeHandler(self._words)
        if not self._failed:
            return ""
        state = "the last figures arrived" if self._last else "the last figures did not arrive"
        return (
            f"{count(self._failed, 'export')} of {self._sent + hanging:,} did not reach the collector, {state}: "
            f"{one_line(self._words.text)[:200]}"
        )

    def _send_last(self) -> bool:
        """Sends the last figures; is that still going on?"""
        ends = time.monotonic() + self._deadline
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join(self._deadline / 2)
        if self._thread.is_alive():
            return True
        # In a thread again, since nobody knows how long it takes; the load is over, so this one need not step back.
        last = threading.Thread(target=self._export, name="leadproof-otlp-last", daemon=True)
        last.start()
        last.join(max(ends - time.monotonic(), 0.0))
        return last.is_alive()

    def _periodically(self) -> None:
        self._prepare()
        while not self._stop.wait(self._interval):
            self._export()

    def _export(self) -> None:
        data = metrics_data(self._newest(), self._resource, self._start, self._clock())
        self._words.text = ""
        try:
            arrived = self._exporter.export(data) is MetricExportResult.SUCCESS
        except Exception as error:  # whatever a collector makes a library do, the load has nothing to do with it
            arrived, self._words.text = False, f"{type(error).__name__}: {error}"
        self._sent, self._failed, self._last = self._sent + 1, self._failed + (not arrived), arrived


def _resource(run: str) -> Resource:
    attributes = {"service.version": __version__, **({"service.instance.id": run} if run else {})}
    if not os.environ.get("OTEL_SERVICE_NAME"):
        attributes["service.name"] = "leadproof"
    return Resource.create(attributes)


class _Words(logging.Handler):
    """Keeps what the exporter says first of an export that fails, which it would print otherwise."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.text = ""

    def emit(self, record: logging.LogRecord) -> None:
        self.text = self.text or record.getMessage()


def _status_only(response: Any, **_: Any) -> Any:
    """Instead of a response, its status: a body of any length is not read, and a redirect has taken nothing."""
    response.close()
    if 300 <= response.status_code < 400:
        raise requests.RequestException(f"status {response.status_code}: a redirect, which is not followed")
    bare = requests.Response()
    bare.status_code, bare.reason, bare.headers = response.status_code, response.reason, response.headers
    bare.request, bare.url = response.request, response.url
    return bare


def _timeout_given(environ: Mapping[str, str]) -> bool:
    return bool(environ.get("OTEL_EXPORTER_OTLP_METRICS_TIMEOUT") or environ.get("OTEL_EXPORTER_OTLP_TIMEOUT"))
