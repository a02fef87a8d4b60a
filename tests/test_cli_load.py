"""`leadproof load` from end to end, as a process of its own; what is refused before anything starts, in this one."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from namespaces import free_port

from leadproof.cli import main
from leadproof.contract import profile
from leadproof.core import resources
from leadproof.core.errors import TargetError
from leadproof.core.target import UNREACHED_HINTS, Target
from leadproof.http.client import Client, compose, require_reachable
from leadproof.load import conclusion, driver, objectives, scenarios
from leadproof.load.job import Job
from leadproof.load.rebuilding import histograms, read_back
from leadproof.load.schedule import SHAPES
from leadproof.runs.evidence.results import read_rows

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

#: A machine that runs all tests at once cannot keep a schedule to the millisecond.
GENEROUS = '[objectives]\n"all.p95" = 2.0\n"errors.ratio" = 0.0\n"clauses.ratio" = 0.0\n"lag.p99" = 1.5\n'


def start(folder: Path, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("LOCUST_", "LEADPROOF_"))}
    return subprocess.Popen(
        [sys.executable, "-c", STARTED, "load", *arguments], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, env=clean | {"PYTHONPATH": str(ROOT / "src")} | environment,
    )  # fmt: skip


def ended(process: subprocess.Popen[str]) -> tuple[int, dict[str, Any], str]:
    """Exit code, report and what stood on stderr of a process that was started with --json."""
    with process:
        out, err = process.communicate(timeout=120)
    return process.returncode, json.loads(out) if out.strip() else {}, err


def load(folder: Path, *arguments: str, **environment: str) -> tuple[int, dict[str, Any], str]:
    return ended(start(folder, *arguments, "--json", **environment))


@pytest.fixture(scope="module")
def mock() -> Iterator[str]:
    """A mock in a process of its own, which several runs load one after the other."""
    with driver.mock() as url:
        yield url


@pytest.fixture
def goals(tmp_path: Path) -> str:
    (tmp_path / "goals.toml").write_text(GENEROUS)
    return str(tmp_path / "goals.toml")


# ---- what runs come to -----------------------------------------------------------------------------------------------


def test_a_good_run_passes_with_its_funnel_and_every_lead_looked_up(tmp_path: Path, goals: str) -> None:
    line = ("ping_post", "--rate", "100", "--duration", "3s", "--objectives", goals, "--arrivals", "constant")
    # What locust would read by itself has no say.
    (tmp_path / "locust.conf").write_text("host = http://leads.partner.example\nprocesses = 3\ncsv = stolen\n")
    code, report, err = load(tmp_path, *line, "--seed", "3", LOCUST_HOST="http://leads.partner.example")

    assert (code, report.get("verdict")) == (0, "passed"), err
    found = report["latency"]
    assert found["funnel"]["pings"] == found["funnel"]["accepted"] == 300
    assert 0 < found["funnel"]["posted"] == found["funnel"]["in_time"] == found["funnel"]["sold"]
    kept = found["conservation"]
    assert kept["decides"]
    assert kept["checked"] == kept["accepted"] == found["funnel"]["sold"]
    assert kept["lost"] == kept["duplicated"] == kept["sold_twice"] == 0
    wanted = ["leadproof", "load", *line, "--seed", "3"]
    assert sorted(found["repeat"].split()) == sorted(word.replace("3s", "3") for word in wanted)
    (run,) = (tmp_path / "reports" / "out").iterdir()
    assert json.loads((run / "latency.json").read_text())["schema"] == "leadproof.latency/1"
    page = (run / "report.html").read_text()
    assert page.count("<script") == 1  # its own, by its hash
    assert "Percentiles" in page
    assert not list(tmp_path.glob("stolen*"))


def test_a_baseline_says_better_same_or_worse_and_xml_is_sent_too(tmp_path: Path, mock: str, goals: str) -> None:
    line = ("direct_post", "--target", mock, "--rate", "150", "--duration", "2s", "--objectives", goals)
    code, _, err = load(tmp_path, *line, "--xml-share", "0.5", "--set", "batch=2", "--set", "think=[0, 0.1]")
    (run,) = (tmp_path / "reports" / "out").iterdir()
    again, report, _ = load(tmp_path, *line, "--xml-share", "0.5", "--baseline", str(run))

    assert (code, again) == (0, 0), err
    assert {row["step"] for row in report["latency"]["baseline"]} == {"create_lead json", "create_lead xml"}
    assert {row["verdict"] for row in report["latency"]["baseline"]} <= {"better", "same", "worse", "too few samples"}
    assert {row["bound"] for row in report["latency"]["baseline"]} == {"5% and 1 ms"}


def test_late_responses_miss_the_objectives_and_a_hopeless_run_ends_early(tmp_path: Path) -> None:
    (tmp_path / "goals.toml").write_text('[objectives]\n"all.p95" = 0.2\n"lag.p99" = 1.5\n')
    with driver.mock(["--fault", "latency:0.6"]) as url:
        code, report, err = load(
            tmp_path, "ping_post", "--target", url, "--rate", "60", "--duration", "20s", "--objectives", "goals.toml"
        )

    assert (code, report.get("verdict")) == (3, "failed"), err
    assert "cannot come down" in report["latency"]["stopped"]
    assert report["latency"]["counts"]["started"] < 60 * 15


def test_a_defect_violates_the_contract(tmp_path: Path, goals: str) -> None:
    with driver.mock(["--defect", "lead-id-constant"]) as url:
        code, report, err = load(
            tmp_path, "direct_post", "--target", url, "--rate", "30", "--duration", "2s", "--objectives", goals,
            "--judge-share", "1",
        )  # fmt: skip

    assert (code, report.get("verdict")) == (1, "failed"), err
    assert report["latency"]["conservation"]["duplicated"] > 0


def test_what_only_the_judge_finds_misses_an_objective_and_stands_in_the_rows(tmp_path: Path, goals: str) -> None:
    with driver.mock(["--defect", "expiry-in-the-past"]) as url:
        code, report, err = load(
            tmp_path, "ping_post", "--target", url, "--rate", "30", "--duration", "3s", "--objectives", goals,
            "--judge-share", "1",
        )  # fmt: skip
    latency = report["latency"]
    [run] = tmp_path.glob("reports/out/*")
    again = read_back(read_rows(run), "must")

    assert (code, latency["verdict"]) == (1, "FAIL"), err
    assert {row["name"]: row["verdict"] for row in latency["objectives"]}["clauses.ratio"] == "FAIL"
    assert latency["judged"]["cheap_checks_broken"] == 0
    assert latency["stopped"] == ""  # the rest of the load was measured
    assert again is not None
    assert again.measures.violations == latency["judged"]["violations"] > 10  # a page that follows it says the same
    assert {one.name: one.verdict for one in conclusion.outcomes(again)}["clauses.ratio"] == "FAIL"


def test_what_the_generator_cannot_do_is_inconclusive(tmp_path: Path, mock: str) -> None:
    (tmp_path / "goals.toml").write_text('preset = "standard"\n[objectives]\n"lag.p99" = 0.0000001\n')
    code, report, err = load(
        tmp_path, "ping_only", "--target", mock, "--rate", "50", "--duration", "2s", "--objectives", "goals.toml"
    )

    assert (code, report.get("verdict")) == (4, "inconclusive"), err
    assert any("generator saturated" in row["reason"] for row in report["latency"]["objectives"])


def test_nobody_there_is_unreachable(tmp_path: Path, goals: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        nobody = f"http://127.0.0.1:{taken.getsockname()[1]}"
    code, _, err = load(
        tmp_path, "ping_only", "--target", nobody, "--rate", "20", "--duration", "1s", "--objectives", goals
    )

    assert code == 5, err


@pytest.mark.parametrize("fault", ["transport.refused", "transport.tls", "transport.timeout"])
def test_a_load_says_of_a_target_that_is_not_there_what_every_other_command_says(
    fault: str, mock: str, raw_target: Callable, tmp_path: Path, goals: str
) -> None:
    urls = {
        "transport.refused": lambda: f"http://127.0.0.1:{free_port()}",
        "transport.tls": lambda: mock.replace("http:", "https:"),
        "transport.timeout": lambda: raw_target(b"", pause=600).url,
    }
    target = Target(urls[fault](), timeout=0.3)
    with Client(target) as client:
        exchange = client.send(compose("GET", "/v2/status/1", fmt="json"))
    with pytest.raises(TargetError) as raised:
        require_reachable(exchange, target, client.trouble)

    _, report, err = load(
        tmp_path, "ping_post", "--target", target.url, "--objectives", goals, "--rate", "20", "--duration", "1",
        "--timeout", "0.3",
    )  # fmt: skip

    assert exchange.failure == fault
    assert raised.value.hint == UNREACHED_HINTS[fault]
    assert report["latency"]["nothing"] == f"nothing responded at {target.url}: {raised.value.hint}", err


def test_ctrl_c_gives_the_report_so_far(tmp_path: Path, mock: str, goals: str) -> None:
    process = start(
        tmp_path, "ping_only", "--target", mock, "--rate", "50", "--duration", "60s", "--objectives", goals,
        "--judge-share", "1", "--json",
    )  # fmt: skip
    _wait_for(lambda: _judged(tmp_path))
    time.sleep(1.5)  # a second's worth has been told
    process.send_signal(signal.SIGINT)
    code, report, err = ended(process)

    assert code == 130, err
    assert report["latency"]["counts"]["completed"] > 0


@pytest.mark.load
def test_ctrl_c_before_the_first_packet_ends_the_run_too(tmp_path: Path, mock: str) -> None:
    process = start(tmp_path, "ping_only", "--target", mock, "--rate", "50", "--duration", "60s", "--json")
    _wait_for(lambda: list(tmp_path.glob("reports/out/*/run.json")))
    time.sleep(0.5)  # locust is being started
    process.send_signal(signal.SIGINT)
    code, report, err = ended(process)

    assert code == 130, err
    assert report["latency"]["counts"].get("started", 0) < 3000  # what the whole minute would have brought


@pytest.mark.load
@pytest.mark.skipif(os.name != "posix", reason="Windows knows no SIGKILL")
@pytest.mark.parametrize("processes", ["1", "2"])
def test_a_killed_load_has_measured_until_then(
    processes: str, tmp_path: Path, mock: str, capsys: pytest.CaptureFixture[str]
) -> None:
    process = start(
        tmp_path, "ping_only", "--target", mock, "--rate", "40", "--duration", "120s", "--processes", processes
    )
    _wait_for(lambda: _frames(tmp_path) >= 3)
    process.kill()
    with process:
        process.communicate()
    [run] = tmp_path.glob("reports/out/*")

    code = main(["report", str(run), "--json"])

    latency = json.loads(capsys.readouterr().out)["latency"]
    assert (code, latency["verdict"]) == (130, "INCONCLUSIVE")
    assert latency["counts"]["completed"] > 20
    assert 0 < latency["steps"]["ping json"]["latency"]["p99"] < 60
    assert main(["load", "ping_only", "--plan", "--baseline", str(run)]) == 0, "its histograms can be compared with"
    assert (histograms(run) or {})["steps"]["ping json"]["failed"] == 0


@pytest.mark.skipif(sys.platform == "win32", reason="a full disk is tried by RLIMIT_FSIZE, which Windows has not")
def test_a_load_that_could_not_be_written_says_so_and_what_it_had_measured(
    tmp_path: Path, mock: str, capsys: pytest.CaptureFixture[str]
) -> None:
    limited = (
        "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, -1)){STARTED}"
    )
    arguments = ("ping_only", "--target", mock, "--rate", "40", "--duration", "60s", "--judge-share", "0.5")
    process = subprocess.run(
        [sys.executable, "-c", limited, "load", *arguments], cwd=tmp_path, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src"), "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    [run] = tmp_path.glob("reports/out/*")
    facts = json.loads((run / "run.json").read_text())
    full = tmp_path / "full"  # where no new file has room, the old run.json was overwritten and the end is not in it
    shutil.copytree(run, full)
    (full / "manifest.json").unlink()
    (full / "run.json").write_text(json.dumps(facts | {"ended": None}))

    assert process.returncode == 2, process.stderr
    assert "ndjson: File too large" in facts["failed"]
    for folder in (run, full):
        assert main(["report", str(folder), "--json", "--out", str(tmp_path / "again")]) == 2
        report = json.loads(capsys.readouterr().out)
        assert report["latency"]["stopped"] == f"the run could not go on: {facts['failed']}"
        assert (report["latency"]["verdict"], report["codes"]) == ("INCONCLUSIVE", [2, 4])
        assert report["latency"]["counts"]["completed"] > 20
        assert main(["report", str(folder)]) == 2
        assert capsys.readouterr().out.startswith("INCONCLUSIVE  what was found could not be written to its end")


@pytest.mark.load
@pytest.mark.skipif(os.name != "posix", reason="Windows knows no SIGKILL")
def test_a_load_that_is_killed_before_its_first_packet_is_reported_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        process = start(tmp_path, "ping_only", "--target", url, "--rate", "1", "--duration", "60s")
        _wait_for(lambda: any(path.stat().st_size for path in tmp_path.glob("reports/out/*/rows.ndjson")))
        process.kill()
        with process:
            process.communicate()
    [run] = tmp_path.glob("reports/out/*")

    assert main(["report", str(run)]) == 130
    assert "load       0 requests; INCONCLUSIVE" in capsys.readouterr().out


def _frames(folder: Path) -> int:
    """Seconds of which something was measured: workers that wait for the first one say so, too."""
    files = folder.glob("reports/out/*/rows.ndjson")
    return sum('"frame"' in line and '"completed"' in line for path in files for line in path.read_text().splitlines())


def _wait_for(condition: Callable[[], Any]) -> None:
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.02)


def _judged(folder: Path) -> bool:
    return any(path.stat().st_size for path in folder.glob("reports/out/*/exchanges.ndjson"))


def test_no_secret_in_the_process_list_the_log_or_the_report(tmp_path: Path, goals: str) -> None:
    secret = f"token-of-this-test-{os.getpid()}"
    shipped = resources.path("specs", "profiles", "default.toml").read_text()
    own = tmp_path / "profile.toml"
    own.write_text(shipped.replace(profile.load().credentials.bearer_tokens[0], secret))
    job = Job(scenarios.load("ping_only"), "http://127.0.0.1:8080", "bearer")
    assert secret not in " ".join(driver.command(job, Target(job.url, "bearer", secret)))

    seen = ""
    with driver.mock(["--profile", str(own)]) as url:
        process = start(
            tmp_path, "ping_only", "--target", url, "--rate", "20", "--duration", "2s", "--objectives", goals,
            LEADPROOF_BEARER_TOKEN=secret,
        )  # fmt: skip
        while process.poll() is None:
            for one in Path("/proc").glob("[0-9]*/cmdline"):
                with contextlib.suppress(OSError):
                    seen += one.read_bytes().decode("utf-8", "replace")
            time.sleep(0.3)
        out, err = process.communicate()

    assert "ping accepted" in out, err
    assert secret not in seen
    assert secret not in out + err
    written = [path for path in (tmp_path / "reports").rglob("*") if path.is_file()]
    assert written
    assert all(secret.encode() not in path.read_bytes() for path in written)


# ---- more machines, and the real thing -------------------------------------------------------------------------------


@pytest.mark.parametrize("scenario", scenarios.names())
def test_a_master_reads_the_file_that_its_workers_read_whatever_the_scenario(scenario: str) -> None:
    """Locust compares the names of the classes in it."""
    job, target = (
        Job(scenarios.load(scenario), "http://127.0.0.1:1"),
        Target("http://127.0.0.1:1", "api-key", "made-up"),
    )
    master = {"host": "127.0.0.1", "port": 5557, "workers": 2, "wait": 4.5}
    line = driver.command(job, target, master=master)

    assert line[line.index("-f") + 1] == str(driver.locust_file(driver.GENERAL))
    assert line[line.index("--expect-workers-max-wait") + 1] == "5"
    assert driver.command(job, target)[4] == str(driver.locust_file(scenario))


def test_processes_of_one_machine_meet_on_loopback_at_a_port_of_their_own() -> None:
    job, target = (
        Job(scenarios.load("ping_only"), "http://127.0.0.1:1"),
        Target("http://127.0.0.1:1", "api-key", "made-up"),
    )
    line = driver.command(job, target, processes=2)

    assert line[line.index("--master-bind-host") + 1] == "127.0.0.1"
    assert line[line.index("--master-bind-port") + 1] == line[line.index("--master-port") + 1] != "5557"


def test_a_worker_that_finds_no_master_says_what_to_look_at(
    said: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    class GaveUp:
        """A locust that has looked for its master for five minutes."""

        def __init__(self, *line: object, **how: object) -> None:
            pass

        def wait(self) -> int:
            return 255

    monkeypatch.setattr(driver.subprocess, "Popen", GaveUp)
    code, out, err = said("--worker")

    assert (code, out) == (2, "")
    assert "no master responded" in err
    assert "--master-host" in err


@pytest.mark.load
def test_a_master_and_two_workers_share_a_load(tmp_path: Path, mock: str, goals: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
    workers = [start(tmp_path, "--worker", "--master-port", port) for _ in range(2)]
    code, report, err = load(
        tmp_path, "ping_post", "--target", mock, "--rate", "200", "--duration", "5s", "--arrivals", "constant",
        "--objectives", goals, "--master", "--master-port", port, "--expect-workers", "2",
    )  # fmt: skip
    ends = [worker.communicate(timeout=120) and worker.returncode for worker in workers]

    assert code == 0, err
    generator = report["latency"]["generator"]
    assert [row["started"] for row in generator.values()] == [500, 500]
    assert report["latency"]["counts"]["started"] == 1000
    assert report["latency"]["conservation"]["checked"] == report["latency"]["funnel"]["sold"]
    assert ends == [0, 0]


@pytest.mark.load
@pytest.mark.parametrize(
    ("fault", "code", "verdict"),
    [
        ([], 0, "PASS"),
        (["--fault", "latency:2.5"], 3, "FAIL"),
        (["--defect", "acceptance-without-an-order"], 1, "FAIL"),
    ],
)
def test_half_a_thousand_journeys_a_second(tmp_path: Path, fault: list[str], code: int, verdict: str) -> None:
    # As a user has it, but for the lag: this machine may be doing something else.
    (tmp_path / "goals.toml").write_text('preset = "standard"\n[objectives]\n"lag.p99" = 0.5\n')
    with driver.mock(fault) as url:
        found, report, err = load(
            tmp_path, "ping_post", "--target", url, "--rate", "500", "--duration", "20s", "--objectives", "goals.toml"
        )

    assert (found, report["latency"]["verdict"]) == (code, verdict), err
    if not fault:
        funnel, kept = report["latency"]["funnel"], report["latency"]["conservation"]
        assert 9_500 < funnel["pings"] == funnel["accepted"]
        assert 2_500 < funnel["posted"] == funnel["in_time"] == funnel["sold"] == kept["checked"] == kept["accepted"]


# ---- what is said before anything starts -----------------------------------------------------------------------------


@pytest.fixture
def said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Runs the command in this process, for what ends before anything starts."""

    def run(*arguments: str) -> tuple[int, str, str]:
        with contextlib.chdir(tmp_path):
            code = main(["load", *arguments])
        printed = capsys.readouterr()
        assert not (tmp_path / "reports").exists()
        return code, printed.out, printed.err

    return run


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["ping_pots"], "there is no scenario 'ping_pots'"),
        ([], "which scenario?"),
        (["ping_post", "--objectives", "auctions"], "there are no objectives called 'auctions'"),
        (["ping_post", "--objectives", "odd.toml"], "there is no objective 'pings.p99'"),
        (["ping_post", "--rate", "1000000"], "more than the cap"),
        (["ping_post", "--rate", "0"], "rate is 0"),
        (["ping_post", "--duration", "9h"], "more than the cap"),
        (["ping_post", "--duration", "soon"], "no duration"),
        (["ping_post", "--baseline", "nowhere"], "cannot be read"),
        (["ping_post", "--baseline", "odd.toml"], "holds no histograms"),
        (["ping_post", "--set", "batch"], "not of the form key=value"),
        (["ping_post", "--set", "bacth=2"], "there is no key bacth"),
        (["ping_post", "--set", "batch=0"], "batch is 0"),
        (["ping_post", "--model", "closed", "--rate", "5"], "the closed model has no rate"),
        (["ping_post", "--users", "5"], "the open model has no users"),
        (["ping_post", "--shape", "step", "--rate", "200", "--duration", "20s"], "all.p99 needs 1,000"),
        (["--worker", "--target", "http://127.0.0.1:1"], "a worker has no --target"),
    ],
)
def test_what_makes_no_sense_is_said_before_anything_starts(
    said: Callable[..., tuple[int, str, str]], tmp_path: Path, arguments: list[str], words: str
) -> None:
    (tmp_path / "odd.toml").write_text('[objectives]\n"pings.p99" = 1.0\n')

    code, out, err = said(*arguments)

    assert (code, out) == (2, "")
    assert words in err
    assert "hint:" in err or "Usage:" in err


PLAN = """\
PLAN  ping_post, step 200/s for 20 s; nothing is sent
  target     a mock of its own on this machine
  journeys   about 2,400, poisson arrivals
  requests   inbound_post           about 720
  requests   ping                   about 2,400
  leads      about 720 created
  samples    all.p99        about 203 a step, 1,000 needed: too few
                            --duration 110s would be enough
  sockets    1,000 connections at most
  judged     5% of the journeys, about 156 exchanges
  looked up  all accepted leads afterwards
  This load would be refused: its steps are too short.
"""


def test_a_plan_says_what_would_be_done_and_does_nothing(
    said: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(driver, "require_locust", lambda: pytest.fail("a plan needs no locust"))
    monkeypatch.setattr("leadproof.cli.loading.is_mock", lambda target: pytest.fail("a plan sends nothing"))
    line = ("ping_post", "--shape", "step", "--rate", "200", "--duration", "20s", "--plan")

    assert said(*line) == (0, PLAN, "")
    code, out, _ = said(*line, "--json", "--target", "http://127.0.0.1:9")
    assert code == 0
    data = json.loads(out)
    assert (data["target"], data["journeys"], data["requests"]) == (
        "http://127.0.0.1:9", 2400, {"ping": 2400, "inbound_post": 720},
    )  # fmt: skip
    assert data["samples"][0]["enough"] is False
    assert data["duration_enough"] == 110


@pytest.mark.parametrize("arguments", [[name] for name in scenarios.names()] + [["mixed", "--model", "closed"]])
def test_a_plan_fits_eighty_columns(said: Callable[..., tuple[int, str, str]], arguments: list[str]) -> None:
    for more in ([], ["--target", "http://127.0.0.1:9", "--objectives", "auction", "--duration", "2"]):
        code, out, err = said(*arguments, *more, "--plan")

        assert (code, err) == (0, "")
        assert [line for line in out.splitlines() if len(line) > 80] == []


def test_a_plan_of_a_load_that_is_not_allowed_is_refused_too(said: Callable[..., tuple[int, str, str]]) -> None:
    code, out, err = said("ping_post", "--target", "http://leads.partner.example", "--plan")

    assert (code, out) == (2, "")
    assert "name it a second time" in err


def test_the_list_names_scenarios_objectives_and_shapes(said: Callable[..., tuple[int, str, str]]) -> None:
    code, out, _ = said("--list")

    assert code == 0
    assert all(name in out for name in [*scenarios.names(), *objectives.PRESETS, *SHAPES])
    assert [line for line in out.splitlines() if len(line) > 80] == []


def test_help_shows_every_kind_of_use(said: Callable[..., tuple[int, str, str]]) -> None:
    code, out, _ = said("--help")

    assert code == 0
    examples = re.findall(r"^ +leadproof load (.*)$", out, re.M)
    assert len(examples) >= 7
    assert all(option in out for option in ("--master", "--worker", "--baseline", "--set", "--users", "--allow-target"))
