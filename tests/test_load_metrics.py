"""What a load measures, as others have it: no count is lost, no name is open, and a broken collector is only said."""

from __future__ import annotations

import contextlib
import math
import re
import socket
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from collectors import Collector, accept, attributes, metrics_of, samples_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leadproof.core.errors import ConfigurationError, ServerError, UsageError
from leadproof.core.histogram import Histogram
from leadproof.judge.tally import Tally
from leadproof.load import objectives
from leadproof.load.measures import OTHER, Measures, Window
from leadproof.load.metrics import buckets
from leadproof.load.metrics.instruments import INSTRUMENTS, LATENCY_BOUNDS, VALUES, Measured, snapshot

pytest.importorskip("opentelemetry.exporter.otlp.proto.http")
pytest.importorskip("prometheus_client")

from opentelemetry.exporter.otlp.proto.common.metrics_encoder import encode_metrics
from opentelemetry.sdk.resources import Resource
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics

from leadproof.load.metrics import otlp
from leadproof.load.metrics.endpoint import MOST_CONNECTIONS, MetricsEndpoint
from leadproof.load.metrics.exposition import exposed

ROOT = Path(__file__).resolve().parent.parent

#: A sample is within this share of the middle of its bucket, which it counts as.
ERROR = 2.0**-10

#: A machine that runs all tests at once cannot keep a schedule to the millisecond.
GENEROUS = '[objectives]\n"all.p95" = 2.0\n"errors.ratio" = 0.0\n"clauses.ratio" = 0.0\n"lag.p99" = 1.5\n'

#: However busy the machine is.
patient = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])

durations = st.lists(st.floats(1e-9, 1e4) | st.sampled_from([2.0**power for power in range(-20, 8)]), max_size=80)


# ---- histograms ------------------------------------------------------------------------------------------------------


@patient
@given(durations, st.integers(2, 200))
def test_an_exponential_histogram_holds_every_sample_where_it_belongs(samples: list[float], most: int) -> None:
    made = buckets.exponential(Histogram.of(samples), most)

    assert sum(made.counts) == len(samples)
    assert len(made.counts) <= most
    assert made.scale <= buckets.FINEST
    if samples:
        assert made.counts[0] > 0 < made.counts[-1]
    below = 0
    for place, number in enumerate(made.counts):
        low, high = made.bounds(place)
        below += number
        assert sum(one <= high * (1 - 2 * ERROR) for one in samples) <= below
        assert below <= sum(one <= high * (1 + 2 * ERROR) for one in samples)
        assert low < high


@patient
@given(durations.filter(bool), st.floats(0, 100))
def test_a_percentile_of_an_exponential_histogram_is_within_its_bucket(samples: list[float], percent: float) -> None:
    histogram = Histogram.of(samples)
    made, exact = buckets.exponential(histogram), sorted(samples)
    rank = min(max(math.ceil(round(percent / 100 * len(exact), 6)), 1), len(exact))
    seen = 0
    for place, number in enumerate(made.counts):
        seen += number
        if seen >= rank:
            low, high = made.bounds(place)
            assert low * (1 - 2 * ERROR) <= exact[rank - 1] <= high * (1 + 2 * ERROR)
            return
    raise AssertionError("the rank is in no bucket")


@patient
@given(st.floats(1e-9, 1e9), st.integers(-4, buckets.FINEST))
def test_the_exponential_index_is_that_of_the_data_model(seconds: float, scale: int) -> None:
    index = buckets.exponential_index(seconds, scale)

    # Above the lower bound, not above the upper one; the bounds themselves are rounded.
    assert math.pow(2.0, math.ldexp(index, -scale)) * (1 - 1e-12) <= seconds
    assert seconds <= math.pow(2.0, math.ldexp(index + 1, -scale)) * (1 + 1e-12)


@pytest.mark.parametrize("scale", range(-2, buckets.FINEST + 1))
def test_a_power_of_two_is_the_upper_bound_of_its_bucket(scale: int) -> None:
    for power in range(-30, 12):
        assert buckets.exponential_index(2.0**power, scale) == math.ceil(power * 2.0**scale) - 1


@pytest.mark.parametrize("scale", range(buckets.FINEST + 1))
def test_the_index_is_that_of_the_sdk(scale: int) -> None:
    mapping = pytest.importorskip("opentelemetry.sdk.metrics._internal.exponential_histogram.mapping")
    module = "exponent_mapping.ExponentMapping" if scale <= 0 else "logarithm_mapping.LogarithmMapping"
    name, _, kind = module.partition(".")
    there = pytest.importorskip(f"{mapping.__name__}.{name}")
    theirs = getattr(there, kind)(scale)
    middles = [Histogram().middle(index) for index in range(-15_000, 3_000, 7)]

    assert [buckets.exponential_index(one, scale) for one in middles] == [theirs.map_to_index(one) for one in middles]


@patient
@given(durations)
def test_classic_buckets_add_up_and_hold_what_is_not_above_their_bound(samples: list[float]) -> None:
    found = buckets.classic(Histogram.of(samples), LATENCY_BOUNDS)

    assert found == sorted(found)
    assert found[-1] == len(samples)
    for bound, number in zip(LATENCY_BOUNDS, found, strict=False):
        assert sum(one <= bound * (1 - 2 * ERROR) for one in samples) <= number
        assert number <= sum(one <= bound * (1 + 2 * ERROR) for one in samples)


@patient
@given(st.lists(durations, max_size=5))
def test_no_bucket_falls_as_samples_come(parts: list[list[float]]) -> None:
    histogram, classic, total = Histogram(), [0] * (len(LATENCY_BOUNDS) + 1), 0.0
    for part in parts:
        histogram.merge(Histogram.of(part))
        now = buckets.classic(histogram, LATENCY_BOUNDS)
        assert all(before <= after for before, after in zip(classic, now, strict=True))
        assert buckets.total_seconds(histogram) >= total
        classic, total = now, buckets.total_seconds(histogram)


@patient
@given(durations)
def test_the_sum_is_that_of_the_samples(samples: list[float]) -> None:
    assert buckets.total_seconds(Histogram.of(samples)) == pytest.approx(math.fsum(samples), rel=2 * ERROR)


# ---- the table -------------------------------------------------------------------------------------------------------


def of(*folds: dict[str, Any], tally: Tally | None = None) -> Measured:
    measures = Measures()
    for one in folds:
        measures.take(one)
    return Measured(measures, tally or Tally(), {"working": 1, "done": 0, "lost": 0})


def window(outcome: str = "accepted", operation: str = "ping", kind: str = "timeout") -> dict[str, Any]:
    made = Window()
    made.counts["offered"] = made.counts["started"] = 3
    made.counts["completed"], made.counts["failed"] = 2, 1
    made.step(operation, "json").latency.record(0.012)
    made.lag.record(0.0002)
    made.journeys.record(0.02)
    made.outcome(operation, outcome)
    made.error(operation, kind, "somebody@partner.example")
    return made.fold(0.5, Tally().outcomes, {})


def test_names_are_those_of_opentelemetry_and_prometheus() -> None:
    names = [one.name for one in INSTRUMENTS]

    assert len(set(names)) == len(names) == len({one.prometheus for one in INSTRUMENTS})
    for one in INSTRUMENTS:
        assert re.fullmatch(r"leadproof\.load(\.[a-z]+)+", one.name)
        assert re.fullmatch(r"leadproof_load(_[a-z]+)+", one.prometheus)
        assert (one.number is None) != (one.histogram is None)
        assert (one.unit == "s") == (one.histogram is not None) == bool(one.bounds)
        assert one.prometheus.endswith("_seconds") == (one.unit == "s")
        assert one.unit == "s" or re.fullmatch(r"\{[a-z]+\}", one.unit)
        assert one.bounds == tuple(sorted(set(one.bounds)))


def test_the_documentation_names_every_metric_and_no_other() -> None:
    text = (ROOT / "docs" / "load.md").read_text("utf-8").partition("## Watching a load")[2].partition("\n## ")[0]
    plain = exposed(snapshot(of(window())))[1].decode()
    there = {*re.findall(r"leadproof_load_\w+", plain)}

    named = set()
    for first in re.findall(r"^\| (`leadproof\..*?) \|", text, re.M):
        first, *rest = re.findall(r"`([^`]+)`", first)
        named |= {first, *(first.rpartition(".")[0] + one for one in rest)}
    assert named == {one.name for one in INSTRUMENTS}
    assert set(re.findall(r"leadproof_load_\w+", text)) <= there
    for query in re.findall(r"^\| [^|]+\? \| `(.*)` \|$", text, re.M):
        assert query.count("(") == query.count(")")
    assert 'le="0.75"' in text
    assert 0.75 in LATENCY_BOUNDS


@pytest.mark.parametrize("preset", objectives.PRESETS)
def test_every_shipped_objective_of_a_latency_is_a_bound(preset: str) -> None:
    asked = {one.most for one in objectives.load(preset) if one.name.startswith(("all.", "ping.", "post."))}

    assert asked <= set(LATENCY_BOUNDS)


def test_every_attribute_but_the_clause_has_its_values_in_a_table() -> None:
    assert {name for one in INSTRUMENTS for name in one.attributes} == {*VALUES, "clause"}


@patient
@given(st.lists(st.tuples(st.text(max_size=20), st.text(max_size=20), st.text(max_size=20)), max_size=12))
def test_a_service_cannot_name_a_series(texts: list[tuple[str, str, str]]) -> None:
    taken = snapshot(of(*(window(outcome, operation, kind) for outcome, operation, kind in texts)))

    for instrument, rows in (*taken.numbers, *taken.histograms):
        for values, _ in rows:
            for name, value in zip(instrument.attributes, values, strict=True):
                assert name == "clause" or value == OTHER or value in VALUES[name]
    by_name = {instrument.name: sum(number for _, number in rows) for instrument, rows in taken.numbers}
    assert by_name["leadproof.load.outcomes"] == by_name["leadproof.load.errors"] == len(texts)
    latency = next(rows for instrument, rows in taken.histograms if instrument.name == "leadproof.load.latency")
    assert sum(histogram.total for _, histogram in latency) == len(texts)


def test_a_snapshot_stays_as_it_is_while_the_run_goes_on() -> None:
    measured = of(window())
    before = snapshot(measured)
    shown = exposed(before)
    measured.measures.take(window())

    assert exposed(before) == shown
    assert exposed(snapshot(measured)) != shown


def test_findings_are_counted_by_clause() -> None:
    tally = Tally()
    tally.failed.update({("LX-A", "ping", "json"): 3, ("LX-A", "ping", "xml"): 1, ("LX-B", "ping", "json"): 2})
    taken = snapshot(of(tally=tally))

    assert dict(next(rows for one, rows in taken.numbers if one.name == "leadproof.load.findings")) == {
        ("LX-A",): 4, ("LX-B",): 2,
    }  # fmt: skip


# ---- Prometheus' text ------------------------------------------------------------------------------------------------


def test_both_text_formats_say_the_same() -> None:
    taken = snapshot(of(window(), window()))
    media, plain = exposed(taken)
    open_media, opened = exposed(taken, "application/openmetrics-text; version=1.0.0; q=0.9, text/plain; q=0.5")

    assert media.startswith("text/plain; version=0.0.4")
    assert open_media.startswith("application/openmetrics-text; version=1.0.0")
    found = samples_of(plain.decode())
    assert found == samples_of(opened.decode(), open_metrics)
    assert found["leadproof_load_journeys_started_total",] == 6
    assert found["leadproof_load_requests_total", "result=failed"] == 2
    latency = ("media=json", "operation=ping")
    assert found["leadproof_load_latency_seconds_count", *latency] == 2
    assert found["leadproof_load_latency_seconds_bucket", "le=0.01", *latency] == 0
    assert found["leadproof_load_latency_seconds_bucket", "le=0.025", *latency] == 2
    assert found["leadproof_load_latency_seconds_sum", *latency] == pytest.approx(0.024, rel=ERROR)
    assert b"partner.example" not in plain + opened


# ---- the endpoint ----------------------------------------------------------------------------------------------------


@pytest.fixture
def endpoint() -> Iterator[MetricsEndpoint]:
    with MetricsEndpoint(lambda accept: ("text/plain", f"up 1\n# {accept}\n".encode())) as made:
        yield made


def port_of(endpoint: MetricsEndpoint) -> int:
    return int(endpoint.url.rpartition(":")[2].partition("/")[0])


def raw(endpoint: MetricsEndpoint, request: bytes) -> bytes:
    """All that comes back for bytes that are sent."""
    with socket.create_connection(("127.0.0.1", port_of(endpoint)), 60) as sock:
        sock.sendall(request)
        sock.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: sock.recv(65_536), b""))


def test_a_scrape_is_a_get_of_one_path(endpoint: MetricsEndpoint) -> None:
    with urllib.request.urlopen(urllib.request.Request(endpoint.url, headers={"accept": "x/y"}), timeout=60) as got:
        assert (got.status, got.headers["content-type"], got.read()) == (200, "text/plain", b"up 1\n# x/y\n")


@pytest.mark.parametrize(("head", "status"), [
    (b"GET /metrics HTTP/1.1\r\nhost: localhost\r\n", 200),
    (b"GET /metrics?x=1 HTTP/1.1\r\nhost: 127.0.0.1:9464\r\n", 200),
    (b"GET http://localhost/metrics HTTP/1.1\r\nhost: localhost\r\n", 200),
    (b"HEAD /metrics HTTP/1.1\r\nhost: localhost\r\n", 200),
    (b"GET / HTTP/1.1\r\nhost: localhost\r\n", 404),
    (b"POST /metrics HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\n", 405),
    (b"GET /metrics HTTP/1.1\r\nhost: rebound.example\r\n", 421),
    (b"GET http://rebound.example/metrics HTTP/1.1\r\nhost: localhost\r\n", 421),
    (b"GET /metrics HTTP/1.1\r\n", 400),
    (b"GET /metrics HTTP/1.1\r\nhost: localhost\r\nhost: localhost\r\n", 400),
    (b"GET /metrics HTTP/1.1\r\nhost: localhost\r\nupgrade: h2c\r\nconnection: upgrade\r\n", 200),
    (b"GET /metrics HTTP/2.0\r\nhost: localhost\r\n", 505),
    (b"\x16\x03\x01 no HTTP at all\r\n", 400),
    (b"GET /metrics HTTP/1.1\r\nhost: localhost\r\nx: " + b"y" * 70_000 + b"\r\n", 431),
])  # fmt: skip
def test_what_is_no_scrape_gets_a_status_and_no_figures(endpoint: MetricsEndpoint, head: bytes, status: int) -> None:
    back = raw(endpoint, head + b"\r\n")

    assert back.startswith(b"HTTP/1.1 %d " % status)
    assert (b"up 1" in back) == (status == 200 and not head.startswith(b"HEAD"))


def test_one_connection_scrapes_again_and_again_and_both_at_once(endpoint: MetricsEndpoint) -> None:
    head = b"GET /metrics HTTP/1.1\r\nhost: localhost\r\n"

    assert raw(endpoint, (head + b"\r\n") * 3 + head + b"connection: close\r\n\r\n").count(b"up 1") == 4


def test_those_who_only_connect_keep_nobody_out(endpoint: MetricsEndpoint) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(MOST_CONNECTIONS - 1):
            idle = stack.enter_context(socket.create_connection(("127.0.0.1", port_of(endpoint)), 60))
            idle.sendall(b"GET /met")
        assert b"up 1" in raw(endpoint, b"GET /metrics HTTP/1.0\r\n\r\n")


def test_a_host_that_was_named_is_responded_for() -> None:
    with MetricsEndpoint(lambda accept: ("text/plain", b"up 1\n"), names=["leadproof-master"]) as made:
        back = raw(made, b"GET /metrics HTTP/1.1\r\nhost: leadproof-master:9464\r\nconnection: close\r\n\r\n")

    assert back.startswith(b"HTTP/1.1 200 ")


def test_a_port_that_is_taken_is_said_and_an_endpoint_ends_with_its_context() -> None:
    with MetricsEndpoint(lambda accept: ("text/plain", b"")) as made:
        with pytest.raises(ServerError, match=r"metrics cannot be served on 127\.0\.0\.1") as caught:
            MetricsEndpoint(lambda accept: ("text/plain", b""), port=port_of(made))
        assert "--metrics-port 0" in caught.value.hint

    with pytest.raises(OSError, match=r"refused|reset"):
        socket.create_connection(("127.0.0.1", port_of(made)), 60)


# ---- OTLP ------------------------------------------------------------------------------------------------------------


def export_to(collector: Collector | str, measured: Measured, **more: Any) -> otlp.OtlpExport:
    url = collector if isinstance(collector, str) else collector.url
    return otlp.OtlpExport(otlp.endpoint_of(url), lambda: snapshot(measured), **more)


def test_a_collector_decodes_what_was_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-tenant=blue")
    measured = of(window(), window())
    with Collector() as collector:
        export = export_to(collector, measured)
        export.start("the-run")
        assert export.finish() == ""

    assert set(collector.paths) == {"/v1/metrics"}
    assert collector.headers[-1]["x-tenant"] == "blue"
    assert collector.headers[-1]["content-type"] == "application/x-protobuf"
    found = metrics_of(collector.requests[-1])
    resource = attributes(collector.requests[-1].resource_metrics[0].resource)
    assert (resource["service.name"], resource["service.instance.id"]) == ("leadproof", "the-run")
    (started,) = found["leadproof.load.journeys.started"].sum.data_points
    assert started.as_int == 6
    assert 0 < started.start_time_unix_nano <= started.time_unix_nano
    assert found["leadproof.load.journeys.started"].sum.is_monotonic
    assert found["leadproof.load.latency"].unit == "s"
    (point,) = found["leadproof.load.latency"].exponential_histogram.data_points
    assert attributes(point) == {"leadproof.operation": "ping", "leadproof.media": "json"}
    assert point.count == sum(point.positive.bucket_counts) == 2
    assert (point.min, point.max) == (0.012, 0.012)
    base = 2.0 ** (2.0**-point.scale)
    assert base**point.positive.offset < 0.012 * (1 + ERROR)
    assert base ** (point.positive.offset + len(point.positive.bucket_counts)) >= 0.012 * (1 - ERROR)
    temporality = found["leadproof.load.latency"].exponential_histogram.aggregation_temporality
    assert temporality == found["leadproof.load.journeys.started"].sum.aggregation_temporality == 2  # cumulative
    assert found["leadproof.load.workers"].WhichOneof("data") == "gauge"


@patient
@given(st.lists(st.floats(1e-6, 60), min_size=1, max_size=60))
def test_what_is_sent_holds_every_sample(samples: list[float]) -> None:
    measures = Measures()
    measures.lag.merge(Histogram.of(samples))
    data = otlp.metrics_data(snapshot(Measured(measures, Tally(), {})), Resource({}), 1, 2)
    request = encode_metrics(data)

    (point,) = metrics_of(request)["leadproof.load.lag"].exponential_histogram.data_points
    assert point.count == sum(point.positive.bucket_counts) == len(samples)
    assert (point.min, point.max) == (min(samples), max(samples))
    assert point.sum == pytest.approx(math.fsum(samples), rel=2 * ERROR)


@pytest.mark.parametrize(("given_url", "environ", "expected"), [
    ("http://127.0.0.1:4318", {}, "http://127.0.0.1:4318/v1/metrics"),
    ("http://127.0.0.1:4318/", {}, "http://127.0.0.1:4318/v1/metrics"),
    ("https://collector.example/otlp/v1/metrics", {}, "https://collector.example/otlp/v1/metrics"),
    ("env", {}, "http://127.0.0.1:4318/v1/metrics"),
    ("env", {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c.example:4318/"}, "http://c.example:4318/v1/metrics"),
    ("env", {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c.example/x"}, "http://c.example/x/v1/metrics"),
    ("env", {"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "http://c.example/own"}, "http://c.example/own"),
])  # fmt: skip
def test_where_figures_are_sent(given_url: str, environ: dict[str, str], expected: str) -> None:
    assert otlp.endpoint_of(given_url, environ) == expected


@pytest.mark.parametrize("url", [
    "", "collector", "collector:4318", "ftp://c.example", "http://", "http://user:pass@c.example",
    "http://c.example/?key=abcdef", "http://c.example:port", "http://[::1", "http://c.example/#x",
])  # fmt: skip
def test_a_collector_that_is_no_url_is_refused_without_being_shown(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        otlp.endpoint_of(url, {})

    assert not any(secret in caught.value.message + caught.value.hint for secret in ("user:", "pass", "abcdef"))
    assert "OTEL_EXPORTER_OTLP_HEADERS" in caught.value.hint


def test_what_the_environment_asks_for_in_vain_is_said() -> None:
    with pytest.raises(ConfigurationError, match="asks for grpc"):
        otlp.endpoint_of("env", {"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"})
    for wrong in ("soon", "5", "-1", "1e3", "999999999"):
        with pytest.raises(ConfigurationError, match="OTEL_METRIC_EXPORT_INTERVAL"):
            otlp.interval_of({"OTEL_METRIC_EXPORT_INTERVAL": wrong})
    assert otlp.interval_of({"OTEL_METRIC_EXPORT_INTERVAL": "2500"}) == 2.5
    assert otlp.interval_of({}) == otlp.INTERVAL


def refuse(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(403)
    handler.send_header("content-length", "0")
    handler.end_headers()


def redirect(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(307)
    handler.send_header("location", "http://127.0.0.1:1/elsewhere")
    handler.send_header("content-length", "0")
    handler.end_headers()


def flood(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    with contextlib.suppress(OSError):
        while True:
            handler.wfile.write(b"x" * 65_536)


def garbage(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"\x00\xff no HTTP\r\n\r\n")


@pytest.mark.parametrize(("respond", "words"), [
    (refuse, "403"), (redirect, "a redirect, which is not followed"), (garbage, "did not arrive"),
], ids=["refuses", "redirects", "speaks no HTTP"])  # fmt: skip
def test_a_collector_that_takes_nothing_is_said_once(
    respond: Callable[[BaseHTTPRequestHandler], object], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with Collector(respond) as collector:
        export = export_to(collector, of(window()), interval=0.1)
        export.start()
        while len(collector.requests) < 2:
            time.sleep(0.01)
        said = export.finish()

    assert re.match(r"\d+ exports of \d+ did not reach the collector, the last figures did not arrive: ", said)
    assert words in said
    assert capsys.readouterr() == ("", "")


def test_a_collector_that_hangs_is_waited_for_so_long_and_no_longer(capfd: pytest.CaptureFixture[str]) -> None:
    waiting = threading.Event()
    with Collector(lambda handler: waiting.wait(60)) as collector:
        export = export_to(collector, of(window()), interval=60, deadline=0.5)
        export.start()
        said = export.finish()
        left = [one for one in threading.enumerate() if one.name == "leadproof-otlp-last"]
        waiting.set()
        for one in left:
            one.join(60)

    assert left
    assert capfd.readouterr() == ("", "")
    assert said == (
        "1 export of 1 did not reach the collector, the last figures did not arrive: no response in time"
    )  # fmt: skip


def test_a_response_without_an_end_is_not_read() -> None:
    with Collector(flood) as collector:
        export = export_to(collector, of(window()), interval=60)
        export.start()

        assert export.finish() == ""


def test_no_proxy_of_the_environment_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with Collector() as collector:
        export = export_to(collector, of(window()), interval=60)
        export.start()

        assert export.finish() == ""


def test_nobody_there_is_no_error_of_the_load() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        free = taken.getsockname()[1]
    export = export_to(f"http://127.0.0.1:{free}", of(window()), interval=60, deadline=0.5)
    export.start()

    assert "the last figures did not arrive" in export.finish()


def test_a_collector_that_comes_back_has_lost_nothing() -> None:
    number = iter(range(100))
    with Collector(lambda handler: (refuse if next(number) == 0 else accept)(handler)) as collector:
        export = export_to(collector, of(window()), interval=0.1)
        export.start()
        while len(collector.requests) < 2:
            time.sleep(0.01)
        said = export.finish()

    assert said.startswith("1 export of ")
    assert "the last figures arrived" in said
    (point,) = metrics_of(collector.requests[-1])["leadproof.load.journeys.started"].sum.data_points
    assert point.as_int == 3
