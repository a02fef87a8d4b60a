"""`leadproof load` that is watched, from end to end: what is scraped and sent is what the report says, and a broken
collector disturbs nothing.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from collectors import Collector, attributes, metrics_of, samples_of

from leadproof.cli import main
from leadproof.core import installation
from leadproof.core.histogram import Histogram
from leadproof.load import driver
from leadproof.load.metrics.instruments import INSTRUMENTS

pytest.importorskip("gevent")

ROOT = Path(__file__).resolve().parent.parent

#: A machine that runs all tests at once cannot keep a schedule to the millisecond.
GENEROUS = '[objectives]\n"all.p95" = 2.0\n"errors.ratio" = 0.0\n"clauses.ratio" = 1.0\n"lag.p99" = 1.5\n'

#: As a person would start it, whatever whoever starts the tests has told their processes about Ctrl-C.
STARTED = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
from leadproof.cli import main
sys.exit(main(sys.argv[1:]))
"""


class Watched:
    """A load in a process of its own, and its endpoint as somebody sees it who scrapes all the time."""

    def __init__(self, folder: Path, *arguments: str, **environment: str) -> None:
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("LEADPROOF_", "OTEL_"))}
        self.process = subprocess.Popen(
            [sys.executable, "-c", STARTED, "load", *arguments, "--json", "--out", str(folder / "out")], cwd=folder,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=clean | {"PYTHONPATH": str(ROOT / "src"), "OTEL_METRIC_EXPORT_INTERVAL": "500"} | environment,
        )  # fmt: skip
        self.scrapes: list[dict[tuple[str, ...], float]] = []
        self.errors: list[str] = []
        self.url = ""
        self._words: list[str] = []
        self._listening = threading.Event()
        self._over = threading.Event()
        self._threads = [threading.Thread(target=one, daemon=True) for one in (self._read, self._scrape)]
        for one in self._threads:
            one.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self._words.append(line)
            if found := re.match(r"leadproof: metrics at (\S+)", line):
                self.url = found[1]
                self._listening.set()
        self._listening.set()

    def _scrape(self) -> None:
        self._listening.wait(120)
        while self.url and not self._over.wait(0.05):
            with contextlib.suppress(OSError), urllib.request.urlopen(self.url, timeout=60) as got:
                self.scrapes.append(samples_of(got.read().decode()))

    def end(self) -> tuple[int, dict[str, Any], str]:
        """Exit code, report and what stood on stderr."""
        assert self.process.stdout is not None
        out = self.process.stdout.read()
        code = self.process.wait(120)
        self._over.set()
        for one in self._threads:
            one.join(60)
        self.process.stdout.close()
        assert self.process.stderr is not None
        self.process.stderr.close()
        return code, json.loads(out) if out.strip() else {}, "".join(self._words)


@pytest.fixture
def goals(tmp_path: Path) -> str:
    (tmp_path / "goals.toml").write_text(GENEROUS)
    return str(tmp_path / "goals.toml")


def counted(report: dict[str, Any]) -> dict[tuple[str, ...], float]:
    """What the report says of everything that is counted, by the names that Prometheus has for it."""
    latency, name = report["latency"], "leadproof_load"
    counts = latency["counts"]
    found: dict[tuple[str, ...], float] = {
        (f"{name}_journeys_{one}_total",): counts[one]
        for one in ("offered", "started", "late", "dropped", "ended", "abandoned")
    }
    found |= {(f"{name}_requests_total", f"result={one}"): counts[one] for one in ("completed", "failed")}
    found[f"{name}_requests_resent_total",] = counts["resent"]
    found[f"{name}_judged_total",] = report["counts"]["exchanges"]
    for row in latency["outcomes"]:
        key = (f"{name}_outcomes_total", f"operation={row['operation']}", f"outcome={row['outcome']}")
        found[key] = row["count"]
    for row in latency["errors"]:
        key = (f"{name}_errors_total", f"kind={row['kind']}", f"operation={row['operation']}")
        found[key] = found.get(key, 0) + row["count"]
    for row in report["clauses"]:
        if row["failed"]:
            found[f"{name}_findings_total", f"clause={row['id']}"] = row["failed"]
    found[f"{name}_lag_seconds_count",] = latency["lag"]["samples"]
    found[f"{name}_journey_duration_seconds_count",] = latency["journeys"]["samples"]
    for step, row in latency["steps"].items():
        operation, _, media = step.partition(" ")
        key = (f"{name}_latency_seconds_count", f"media={media}", f"operation={operation}")
        found[key] = row["latency"]["samples"]
    return found


def shown(scrape: dict[tuple[str, ...], float]) -> dict[tuple[str, ...], float]:
    """Of a scrape what `counted` has; a row that no report shows is none."""
    return {
        key: value for key, value in scrape.items()
        if not key[0].endswith(("_bucket", "_sum", "_workers")) and (value or not key[0].endswith("findings_total"))
    }  # fmt: skip


def sent(collector: Collector) -> dict[tuple[str, ...], float]:
    """Of the last export what `counted` has."""
    names, found = {one.name: one.prometheus for one in INSTRUMENTS}, {}
    for name, metric in metrics_of(collector.requests[-1]).items():
        kind = metric.WhichOneof("data")
        for point in getattr(metric, kind).data_points if kind != "gauge" else ():
            labels = sorted(f"{key.removeprefix('leadproof.')}={value}" for key, value in attributes(point).items())
            suffix = "_total" if kind == "sum" else "_count"
            found[f"{names[name]}{suffix}", *labels] = float(point.as_int if kind == "sum" else point.count)
    return found


def agree(watched: Watched, report: dict[str, Any]) -> None:
    """What was scraped never fell, and came to what the report says."""
    for before, after in zip(watched.scrapes, watched.scrapes[1:], strict=False):
        fallen = {key for key in before if key[0] != "leadproof_load_workers" and after.get(key, 0) < before[key]}
        assert fallen == set()
    assert any(0 < one["leadproof_load_journeys_started_total",] < report["latency"]["counts"]["started"]
               for one in watched.scrapes)  # fmt: skip
    assert shown(watched.scrapes[-1]) == counted(report)


@pytest.mark.load
def test_what_is_scraped_and_sent_comes_to_what_the_report_says(tmp_path: Path, goals: str) -> None:
    with Collector() as collector, driver.mock(["--defect", "lead-id-constant"]) as mock:
        watched = Watched(
            tmp_path, "direct_post", "--target", mock, "--rate", "200", "--duration", "4s", "--objectives", goals,
            "--judge-share", "0.3", "--metrics-port", "0", "--otlp", collector.url,
        )  # fmt: skip
        code, report, err = watched.end()

    assert code == 1, err
    assert any(row["failed"] for row in report["clauses"])
    assert report["latency"]["counts"]["started"] > 600
    agree(watched, report)
    assert sent(collector) == counted(report)
    assert len(collector.requests) > 4
    (folder,) = (tmp_path / "out").iterdir()
    (instance,) = {attributes(one.resource_metrics[0].resource)["service.instance.id"] for one in collector.requests}
    assert instance == folder.name
    latency = Histogram.read(json.loads((folder / "latency.json").read_text())["steps"]["create_lead json"]["latency"])
    points = metrics_of(collector.requests[-1])["leadproof.load.latency"].exponential_histogram.data_points
    (point,) = [one for one in points if attributes(one)["leadproof.operation"] == "create_lead"]
    assert (point.count, point.min, point.max) == (latency.total, latency.lowest, latency.highest)
    assert "metrics.not-exported" not in {row["kind"] for row in report["observations"]}
    assert "--otlp" not in report["latency"]["repeat"]
    assert "--metrics-port" not in report["latency"]["repeat"]


@pytest.mark.load
def test_several_processes_are_measured_as_one(tmp_path: Path, goals: str) -> None:
    watched = Watched(
        tmp_path, "ping_post", "--processes", "2", "--rate", "100", "--duration", "3s", "--objectives", goals,
        "--metrics-port", "0",
    )  # fmt: skip
    code, report, err = watched.end()

    assert code in (0, 4), err  # 4 on a machine that is too busy to keep the schedule
    agree(watched, report)
    assert watched.scrapes[-1]["leadproof_load_workers", "state=done"] == 2
    assert max(one["leadproof_load_workers", "state=working"] for one in watched.scrapes) == 2


@pytest.mark.load
def test_a_master_has_the_metrics_of_its_workers(tmp_path: Path, goals: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    with driver.mock() as mock:
        watched = Watched(
            tmp_path, "ping_post", "--target", mock, "--rate", "100", "--duration", "3s", "--objectives", goals,
            "--master", "--expect-workers", "2", "--master-port", port, "--metrics-port", "0",
        )  # fmt: skip
        workers = [
            subprocess.Popen(
                [sys.executable, "-c", STARTED, "load", "--worker", "--master-port", port], cwd=tmp_path,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
            )
            for _ in range(2)
        ]  # fmt: skip
        code, report, err = watched.end()
        for one in workers:
            assert one.wait(120) == 0

    assert code in (0, 4), err  # 4 on a machine that is too busy to keep the schedule
    agree(watched, report)
    assert watched.scrapes[-1]["leadproof_load_workers", "state=done"] == 2


# ---- whoever watches badly -------------------------------------------------------------------------------------------


@contextlib.contextmanager
def deaf() -> Iterator[str]:
    """A collector that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@contextlib.contextmanager
def nobody() -> Iterator[str]:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    yield url


@contextlib.contextmanager
def dying() -> Iterator[str]:
    """A collector that dies after its first export."""
    with Collector() as collector:

        def die() -> None:
            while not collector.requests:
                time.sleep(0.02)
            collector.die()

        thread = threading.Thread(target=die, daemon=True)
        thread.start()
        yield collector.url
        thread.join(60)


@pytest.mark.load
@pytest.mark.parametrize("broken", [deaf, nobody, dying])
def test_a_load_does_not_notice_a_broken_collector(
    broken: Callable[[], contextlib.AbstractContextManager[str]], tmp_path: Path, goals: str
) -> None:
    line = ("ping_post", "--rate", "100", "--duration", "3s", "--arrivals", "constant", "--objectives", goals)
    with broken() as url:
        watched = Watched(tmp_path, *line, "--otlp", url)
        code, report, err = watched.end()

    assert code in (0, 4), err  # 4 on a machine that is too busy to keep the schedule
    counts = report["latency"]["counts"]
    assert counts["offered"] == counts["started"] == counts["ended"] == 300
    (row,) = [row for row in report["observations"] if row["kind"] == "metrics.not-exported"]
    assert row["count"] == 1
    assert "the last figures did not arrive" in row["message"]
    assert "Traceback" not in err
    assert "export" not in err


@pytest.mark.load
def test_ctrl_c_sends_what_was_measured_until_then_and_closes_the_endpoint(tmp_path: Path, goals: str) -> None:
    with Collector() as collector:
        watched = Watched(
            tmp_path, "ping_post", "--rate", "50", "--duration", "60s", "--objectives", goals, "--metrics-port", "0",
            "--otlp", collector.url,
        )  # fmt: skip
        while not any(one["leadproof_load_journeys_started_total",] > 60 for one in list(watched.scrapes)):
            assert watched.process.poll() is None
            time.sleep(0.05)
        watched.process.send_signal(signal.SIGINT)
        code, report, err = watched.end()

    assert code == 130, err
    assert sent(collector) == counted(report)
    with pytest.raises(OSError, match=r"refused|reset"):
        urllib.request.urlopen(watched.url, timeout=60)


# ---- before anything starts ------------------------------------------------------------------------------------------


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Any]:
    """What the command says without having started anything."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(driver, "mock", lambda *_: pytest.fail("a mock was started"))
    monkeypatch.setattr(driver, "Generator", lambda *_, **__: pytest.fail("a generator was started"))
    monkeypatch.setattr(driver, "worker", lambda *_: pytest.fail("a worker was started"))

    def run(*arguments: str) -> tuple[int, str]:
        code = main(["load", *arguments])
        printed = capsys.readouterr()
        assert printed.out == ""
        assert not (tmp_path / "reports").exists()
        return code, printed.err

    return run


@pytest.mark.parametrize(("arguments", "words"), [
    (["ping_post", "--otlp", "collector:4318"], "--otlp http://127.0.0.1:4318"),
    (["ping_post", "--otlp", "http://user:word@127.0.0.1"], "OTEL_EXPORTER_OTLP_HEADERS"),
    (["ping_post", "--metrics-host", "0.0.0.0"], "add --metrics-port 9464"),
    (["ping_post", "--allow-host", "prometheus"], "add --metrics-port 9464"),
    (["ping_post", "--metrics-port", "65536"], "65536"),
    (["--worker", "--metrics-port", "9464"], "a worker has no metrics"),
    (["--worker", "--otlp", "env"], "a worker has no metrics"),
])  # fmt: skip
def test_what_cannot_be_watched_is_said_before_anything_starts(
    said: Callable[..., tuple[int, str]], arguments: list[str], words: str
) -> None:
    code, err = said(*arguments)

    assert code == 2
    assert words in err
    assert "word@" not in err


@pytest.mark.parametrize("asked", [("--metrics-port", "0"), ("--otlp", "env")])
def test_the_missing_extra_is_said_before_anything_starts(
    said: Callable[..., tuple[int, str]], asked: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = {"no_such_package.sdk": "opentelemetry-sdk", "no_such_module": "prometheus-client"}
    monkeypatch.setitem(installation.EXTRAS, "metrics", rows)

    code, err = said("ping_post", *asked)

    assert code == 2
    assert "pip install opentelemetry-sdk prometheus-client" in err


def test_the_environment_is_read_where_it_was_asked_for(
    said: Callable[..., tuple[int, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")

    code, err = said("ping_post", "--otlp", "env")

    assert code == 2
    assert "sent by http/protobuf" in err


def test_a_port_that_is_taken_leaves_no_run_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(driver, "Generator", lambda *_, **__: pytest.fail("a generator was started"))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        code = main(["load", "ping_post", "--target", "http://127.0.0.1:9", "--metrics-port", port])

    assert code == 2
    assert not (tmp_path / "reports").exists()
