"""`leadproof load` from end to end, as a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from leadproof import profile
from leadproof.load import driver, scenario
from leadproof.load.job import Job
from leadproof.target import Target

pytest.importorskip("gevent")

ROOT = Path(__file__).resolve().parent.parent


#: Whoever starts the tests may have told their processes to ignore Ctrl-C.
STARTED = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
from leadproof.cli import main
sys.exit(main(sys.argv[1:]))
"""


def start(folder: Path, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("LOCUST_", "LEADPROOF_"))}
    return subprocess.Popen(
        [sys.executable, "-c", STARTED, "load", *arguments], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, env=clean | {"PYTHONPATH": str(ROOT / "src")} | environment,
    )  # fmt: skip


def load(folder: Path, *arguments: str, **environment: str) -> tuple[int, dict[str, Any], str]:
    process = start(folder, *arguments, "--json", **environment)
    out, err = process.communicate(timeout=120)
    return process.returncode, json.loads(out) if out.strip() else {}, err


@contextmanager
def mock(*arguments: str) -> Iterator[str]:
    with driver.mock(arguments) as url:
        yield url


@pytest.fixture(autouse=True)
def _findable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "src"))


#: A machine that runs all tests at once cannot keep a schedule to the millisecond.
GENEROUS = '[objectives]\n"all.p95" = 2.0\n"errors.ratio" = 0.0\n"clauses.ratio" = 0.0\n"lag.p99" = 1.5\n'


@pytest.fixture
def goals(tmp_path: Path) -> str:
    (tmp_path / "goals.toml").write_text(GENEROUS)
    return str(tmp_path / "goals.toml")


def test_a_good_run_passes_with_its_funnel_and_every_lead_looked_up(tmp_path: Path, goals: str) -> None:
    code, report, err = load(
        tmp_path, "ping_post", "--rate", "60", "--duration", "5s", "--objectives", goals, "--arrivals", "constant"
    )

    assert (code, report.get("verdict")) == (0, "passed"), err
    found = report["latency"]
    assert found["funnel"]["pings"] == found["funnel"]["accepted"] == 300
    assert 0 < found["funnel"]["posted"] == found["funnel"]["in_time"] == found["funnel"]["sold"]
    kept = found["conservation"]
    assert kept["decides"]
    assert kept["checked"] == kept["accepted"] == found["funnel"]["sold"]
    assert kept["lost"] == kept["duplicated"] == kept["sold_twice"] == 0
    (run,) = (tmp_path / "reports" / "out").iterdir()
    assert json.loads((run / "latency.json").read_text())["schema"] == "leadproof.latency/1"
    page = (run / "report.html").read_text()
    assert "<script" not in page
    assert "Percentiles" in page

    code, report, err = load(
        tmp_path, "ping_post", "--rate", "60", "--duration", "3s", "--objectives", goals, "--baseline", str(run)
    )
    assert {row["figure"] for row in report["latency"]["baseline"]} == {"p50", "p95", "p99"}, err


def test_late_answers_miss_the_objectives(tmp_path: Path) -> None:
    (tmp_path / "goals.toml").write_text('[objectives]\n"all.p95" = 0.2\n"lag.p99" = 1.5\n')
    with mock("--fault", "latency:0.6") as url:
        code, report, err = load(
            tmp_path, "ping_post", "--target", url, "--rate", "60", "--duration", "6s", "--objectives", "goals.toml"
        )

    assert (code, report.get("verdict")) == (3, "failed"), err
    assert "cannot come down" in report["latency"]["stopped"]


def test_a_defect_violates_the_contract(tmp_path: Path, goals: str) -> None:
    with mock("--defect", "lead-id-constant") as url:
        code, report, err = load(
            tmp_path, "direct_post", "--target", url, "--rate", "30", "--duration", "3s", "--objectives", goals,
            "--judge-share", "1",
        )  # fmt: skip

    assert (code, report.get("verdict")) == (1, "failed"), err
    assert report["latency"]["conservation"]["duplicated"] > 0


def test_what_the_generator_cannot_do_is_inconclusive(tmp_path: Path) -> None:
    (tmp_path / "goals.toml").write_text('preset = "standard"\n[objectives]\n"lag.p99" = 0.0000001\n')
    code, report, err = load(tmp_path, "ping_only", "--rate", "50", "--duration", "3s", "--objectives", "goals.toml")

    assert (code, report.get("verdict")) == (4, "inconclusive"), err
    assert any("generator saturated" in row["reason"] for row in report["latency"]["objectives"])


def test_nobody_there_is_unreachable(tmp_path: Path, goals: str) -> None:
    code, _, err = load(
        tmp_path,
        "ping_only",
        "--target",
        "http://127.0.0.1:9",
        "--rate",
        "20",
        "--duration",
        "2s",
        "--objectives",
        goals,
    )

    assert code == 5, err


def test_ctrl_c_gives_the_report_so_far(tmp_path: Path, goals: str) -> None:
    process = start(tmp_path, "ping_only", "--rate", "50", "--duration", "60s", "--objectives", goals, "--json")
    deadline = time.monotonic() + 30
    while not list(tmp_path.glob("reports/out/*/exchanges.ndjson")) and time.monotonic() < deadline:
        time.sleep(0.2)
    time.sleep(7)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)

    assert process.returncode == 130, err
    assert json.loads(out)["latency"]["counts"]["completed"] > 0


def test_no_secret_in_the_process_list_the_log_or_the_report(tmp_path: Path, goals: str) -> None:
    secret = profile.load().credentials.bearer_tokens[0]
    job = Job(scenario.load("ping_only"), "http://127.0.0.1:8080", "bearer")
    assert secret not in " ".join(driver.command(job, Target(job.url, "bearer", secret)))

    with mock() as url:
        process = start(
            tmp_path, "ping_only", "--target", url, "--rate", "20", "--duration", "3s", "--objectives", goals,
            LEADPROOF_BEARER_TOKEN=secret,
        )  # fmt: skip
        seen = ""
        while process.poll() is None:
            for one in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    seen += one.read_bytes().decode("utf-8", "replace")
                except OSError:
                    continue
            time.sleep(0.3)
        out, err = process.communicate()

    assert secret not in seen
    assert secret not in out + err
    written = [path for path in (tmp_path / "reports").rglob("*") if path.is_file()]
    assert written
    assert all(secret.encode() not in path.read_bytes() for path in written)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["ping_pots"], "there is no scenario 'ping_pots'"),
        ([], "which scenario?"),
        (["ping_post", "--objectives", "auctions"], "there are no objectives called 'auctions'"),
        (["ping_post", "--rate", "1000000"], "more than the cap"),
        (["ping_post", "--duration", "9h"], "more than the cap"),
        (["ping_post", "--duration", "soon"], "no duration"),
        (["ping_post", "--baseline", "nowhere"], "cannot be read"),
    ],
)
def test_what_makes_no_sense_is_said_before_anything_starts(tmp_path: Path, arguments: list[str], words: str) -> None:
    code, _, err = load(tmp_path, *arguments)

    assert code == 2
    assert words in err
    assert not (tmp_path / "reports").exists()


def test_the_list_names_scenarios_and_objectives(tmp_path: Path) -> None:
    process = start(tmp_path, "--list")
    out, _ = process.communicate(timeout=30)

    assert process.returncode == 0
    assert all(name in out for name in [*scenario.names(), "auction", "leadexec-delivery", "soak"])


def test_the_mock_is_told_from_other_services() -> None:
    with mock() as url:
        assert driver.is_mock(Target(url))
    assert not driver.is_mock(Target(url))
    assert not driver.is_mock(Target("http://sandbox.example"))
