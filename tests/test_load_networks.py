"""Load over several machines, with what happens to networks: delays, losses, cuts, clocks, deaths.

`make test-load-nets` tries every row in network namespaces, for which it has to be root, and prints what was seen as a
table; the tests try a sample with plain processes on loopback behind the same relays. Whatever happens, what is
reported is held against the requests that the mock counted, and nobody may go on sending.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from namespaces import Namespaces, Order, Wires, allowed, wires

from leadproof.contract import profile
from leadproof.core.histogram import Histogram

pytest.importorskip("gevent")

ROOT = Path(__file__).resolve().parent.parent
WHOLE = os.environ.get("LEADPROOF_LOAD_NETS") == "whole"
WORKERS = ("worker1", "worker2")
TOKEN = "made-up"

#: Journeys a second and seconds of a run, unless a row says otherwise.
RATE, SECONDS = 120, 8

#: Seconds within which a worker without a master has stopped; as requests, so that a slow machine is no failure.
STOPS_WITHIN = 10

#: A machine that does something else at the same time cannot keep a schedule to the millisecond.
GOALS = '[objectives]\n"all.p95" = 6.0\n"errors.ratio" = 0.0\n"clauses.ratio" = 0.0\n"lag.p99" = 6.0\n'

#: The table of what was seen: row, and its cells.
SEEN: list[tuple[str, ...]] = []

pytestmark = pytest.mark.load

KIND: type[Wires] = Namespaces if WHOLE else Wires


@pytest.fixture(scope="module", autouse=True)
def table(request: pytest.FixtureRequest) -> Iterator[None]:
    """Prints what was seen, for docs/load.md."""
    if WHOLE and not allowed():
        pytest.skip("network namespaces need root and iproute2")
    yield
    terminal = request.config.pluginmanager.get_plugin("terminalreporter")
    assert terminal is not None
    head = (
        "tried",
        "exit code",
        "offered of asked",
        "reported / at the mock",
        "workers' exit codes",
        "p50, p99",
        "said",
    )
    for row in ((), head, ("---",) * len(head), *SEEN):
        terminal.write_line(f"| {' | '.join(row)} |" if row else "")


@dataclass
class Scene:
    """A mock, two workers and a master on their machines, and what became of them."""

    wires: Wires
    folder: Path
    #: Are relays between them?
    relayed: bool = False
    rate: int = RATE
    seconds: int = SECONDS
    scenario: str = "ping_only"
    faults: tuple[str, ...] = ()
    goals: str = GOALS
    #: Environment of worker1.
    strange: dict[str, str] = field(default_factory=dict)
    #: Orders to the relays between a machine and the master, or the target.
    to_master: dict[str, Order] = field(default_factory=dict)
    to_target: dict[str, Order] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.workers: dict[str, subprocess.Popen[str]] = {}
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("LOCUST_", "LEADPROOF_"))},
            "PYTHONPATH": str(ROOT / "src"), "LEADPROOF_API_KEY": profile.load().credentials.api_keys[0],
        }  # fmt: skip
        (self.folder / "goals.toml").write_text(self.goals)
        self.mock_port, self.master_port = self.wires.port(), self.wires.port()
        mock = self._start(
            "target", "mock", "--host", self.wires.address("target"), "--allow-remote", "--port", str(self.mock_port),
            "--token", TOKEN, "--max-leads", "300000", *(word for one in self.faults for word in ("--fault", one)),
        )  # fmt: skip
        self.target, self.near = f"http://{self.wires.address('target')}:{self.mock_port}", self.wires.address("master")
        self.worker_port = self.master_port
        if self.relayed:
            self.to_target, port = self.wires.route(("master", *WORKERS), "target", self.mock_port)
            self.target = f"http://127.0.0.1:{port}"
            self.to_master, self.worker_port = self.wires.route(WORKERS, "master", self.master_port)
        self.until(lambda: self.requests() == 0, mock)

    def _start(self, machine: str, *words: str, **more: str) -> subprocess.Popen[str]:
        line = [sys.executable, "-m", "leadproof", *words]
        with (
            (self.folder / f"{machine}-{words[0]}.out").open("w") as out,
            (self.folder / f"{machine}-{words[0]}.err").open("w") as err,
        ):
            return self.wires.start(machine, line, self.folder, self.environment | more, stdout=out, stderr=err)

    def worker(self, machine: str) -> None:
        """Starts a worker."""
        host = "127.0.0.1" if self.relayed else self.near
        self.workers[machine] = self._start(
            machine, "load", "--worker", "--master-host", host, "--master-port", str(self.worker_port),
            "--allow-target", self.wires.address("target"), **(self.strange if machine == "worker1" else {}),
        )  # fmt: skip

    def begin(self, workers: tuple[str, ...] = WORKERS, *more: str, expected: int = 0) -> None:
        """Starts workers and the master."""
        for machine in workers:
            self.worker(machine)
        self.master = self._start(
            "master", "load", self.scenario, "--target", self.target, "--allow-target", self.wires.address("target"),
            "--rate", str(self.rate), "--duration", f"{self.seconds}s", "--max-rate", "5000", "--max-duration", "1h",
            "--arrivals", "constant", "--objectives", str(self.folder / "goals.toml"), "--json", "--seed", "3",
            "--master", "--master-host", self.near, "--master-port", str(self.master_port),
            "--expect-workers", str(expected or len(workers)), *more,
        )  # fmt: skip

    def requests(self) -> int:
        """Requests that the mock has counted."""
        url = f"http://{self.wires.address('target')}:{self.mock_port}/__mock__/state"
        with contextlib.suppress(OSError):
            state = json.loads(self.wires.ask("target", url, {"x-mock-token": TOKEN}))
            return sum(number for name, number in state["requests"].items() if name != "lead_status")
        return -1

    def until(self, what: Callable[[], object], *processes: subprocess.Popen[str]) -> None:
        """Waits for something; a process that ends before is an error."""
        deadline = time.monotonic() + 120
        while not what():
            assert time.monotonic() < deadline, self.said()
            assert all(one.poll() is None for one in processes), self.said()
            time.sleep(0.1)

    def on(self, seconds: float = 1.5) -> None:
        """Waits until the load has been on for some seconds."""
        self.until(lambda: self.requests() >= self.rate * seconds, self.master)

    def said(self) -> str:
        """What everybody has printed, the ends of it."""
        files = sorted(self.folder.glob("*.err"))
        return "\n".join(f"-- {file.stem}: {file.read_text()[-1500:]}" for file in files)

    def end(self) -> tuple[int, dict[str, Any]]:
        """Exit code and report of the master, once everybody has ended."""
        code = self.master.wait(120)
        for machine, process in self.workers.items():
            try:
                process.wait(90)
            except subprocess.TimeoutExpired:
                raise AssertionError(f"{machine} goes on\n{self.said()}") from None
        text = (self.folder / "master-load.out").read_text()
        return code, json.loads(text) if text.strip() else {}

    def stays(self) -> int:
        """Requests at the mock, of which there must be no more from now on."""
        before = self.requests()
        time.sleep(1)
        assert self.requests() == before, "somebody goes on sending"
        return before

    def children(self, process: subprocess.Popen[str]) -> list[int]:
        """The processes that a process has started."""
        return [int(one) for one in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]

    def kill(self, process: subprocess.Popen[str]) -> None:
        """SIGKILL to a process and to all that it has started, as when a machine dies."""
        children = self.children(process)
        for number in (process.pid, *children):
            os.kill(number, signal.SIGKILL)
        process.wait(60)


def note(name: str, scene: Scene, code: int, report: dict[str, Any], said: str = "") -> None:
    """Adds a row to the table, and holds what is true of every row."""
    counts, at_mock = report["latency"]["counts"], scene.stays()
    asked = scene.rate * scene.seconds
    counts = dict.fromkeys(("offered", "started", "completed", "failed", "dropped"), 0) | counts
    reported = counts["completed"] + counts["failed"]
    missed = [f"{one['name']} missed" for one in report["latency"]["objectives"] if one["verdict"] == "FAIL"]
    reasons = {why for one in report["latency"]["objectives"] if (why := one["reason"])}
    ends = ", ".join(str(process.returncode) for process in scene.workers.values())
    whole = report["latency"]["steps"].get("ping json", {}).get("latency", {})
    figures = f"{whole.get('p50', 0) * 1e3:.1f} ms, {whole.get('p99', 0) * 1e3:.0f} ms"
    words = re.sub(
        r"worker \S+_[0-9a-f]{32}",
        "a worker",
        "; ".join([*filter(None, [said]), *missed, *sorted(reasons)]) or report["latency"]["verdict"],
    )
    SEEN.append(
        (name, str(code), f"{counts['offered']:,} of {asked:,}", f"{reported:,} / {at_mock:,}", ends, figures, words)
    )

    assert counts["completed"] <= at_mock, "more was reported than the mock has seen"
    assert counts["offered"] <= asked
    assert counts["started"] == counts["offered"] - counts["dropped"]
    if counts["offered"] < 0.999 * asked:
        assert code in (3, 4), "half a load has passed"
    assert sum(row["started"] for row in report["latency"]["generator"].values()) == counts["started"]


def frames(scene: Scene) -> list[dict[str, Any]]:
    """The frames of workers in the evidence of the run."""
    (run,) = (scene.folder / "reports" / "out").iterdir()
    rows = [json.loads(line) for line in (run / "rows.ndjson").read_text().splitlines()]
    return [row["is"] for row in rows if row.get("note") == "frame"]


@pytest.fixture
def machines() -> Iterator[Wires]:
    with wires(KIND) as made:
        yield made


cables = pytest.mark.skipif(not WHOLE, reason="make test-load-nets pulls cables, which needs namespaces")
whole = pytest.mark.skipif(not WHOLE, reason="make test-load-nets tries it")


# ---- everybody does their part ---------------------------------------------------------------------------------------


@whole
def test_two_machines_offer_and_report_exactly_the_load_that_was_asked_for(machines: Wires, tmp_path: Path) -> None:
    scene = Scene(machines, tmp_path, scenario="ping_post")
    scene.begin()
    code, report = scene.end()
    note("nothing: ping and post", scene, code, report)

    assert code == 0, scene.said()
    assert_exact(scene, report)


def assert_exact(scene: Scene, report: dict[str, Any]) -> None:
    """The load was offered as asked, half of it by each worker, and every request is reported once."""
    half = scene.rate * scene.seconds / 2
    assert [row["started"] for row in report["latency"]["generator"].values()] == [half, half]
    assert report["latency"]["counts"]["completed"] == scene.requests()
    assert [process.returncode for process in scene.workers.values()] == [0, 0], scene.said()


@whole
def test_merged_percentiles_are_those_of_one_machine(machines: Wires, tmp_path: Path) -> None:
    found = []
    for name, workers in (("one worker", ("worker1",)), ("two workers", WORKERS)):
        folder = tmp_path / name.replace(" ", "-")
        folder.mkdir()
        scene = Scene(machines, folder, faults=("latency:0.25",))
        scene.begin(workers)
        code, report = scene.end()
        note(f"{name}, responses after 250 ms", scene, code, report)
        assert code == 0, scene.said()
        merged = Histogram()
        for frame in frames(scene):
            for step in frame.get("fold", {}).get("steps", {}).values():
                merged.merge(Histogram.read(step["latency"]))
        shown = report["latency"]["steps"]["ping json"]["latency"]
        assert [shown[f"p{one:g}"] for one in (50, 90, 95, 99)] == merged.percentiles((50, 90, 95, 99))
        assert shown["samples"] == merged.total == scene.requests()
        found.append(shown)

    one, two = found
    assert two["p50"] == pytest.approx(one["p50"], rel=0.01)
    assert two["p90"] == pytest.approx(one["p90"], rel=0.01)


@whole
def test_a_delay_is_measured_and_costs_no_count(machines: Wires, tmp_path: Path) -> None:
    scene = Scene(machines, tmp_path, relayed=True)
    for order in (*scene.to_master.values(), *(scene.to_target[machine] for machine in WORKERS)):
        order("delay 0.05")
    scene.begin()
    code, report = scene.end()
    note("50 ms later each way, to the master and to the target", scene, code, report)

    assert code == 0, scene.said()
    assert_exact(scene, report)
    assert report["latency"]["steps"]["ping json"]["latency"]["min"] >= 0.1


@whole
def test_lost_segments_cost_no_count(machines: Wires, tmp_path: Path) -> None:
    scene = Scene(machines, tmp_path, relayed=True)
    for order in (*scene.to_master.values(), *(scene.to_target[machine] for machine in WORKERS)):
        order("loss 0.02")
    scene.begin()
    code, report = scene.end()
    note("2 % of segments lost", scene, code, report)

    assert code == 0, scene.said()
    assert_exact(scene, report)


# ---- between a worker and its master ---------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["cut", pytest.param("half", marks=whole), pytest.param("stall", marks=whole)])
def test_a_cut_of_five_seconds_to_the_master_costs_no_count(how: str, machines: Wires, tmp_path: Path) -> None:
    words = {
        "cut": "connections to the master reset for 5 s", "stall": "nothing passes to the master for 5 s",
        "half": "the same, and the master keeps a connection that is none",
    }  # fmt: skip
    scene = Scene(machines, tmp_path, relayed=True)
    scene.begin()
    scene.on()
    if how == "stall":
        scene.to_master["worker1"]("stall 5")
    else:  # what is on its way when the connection breaks is gone
        scene.to_master["worker1"]("stall 3")
        time.sleep(1.5)
        scene.to_master["worker1"](f"{how} 3.5")
    code, report = scene.end()
    note(words[how], scene, code, report)

    assert code == 0, scene.said()
    assert_exact(scene, report)


@whole
def test_who_begins_late_is_named_and_nothing_passes(machines: Wires, tmp_path: Path) -> None:
    scene = Scene(machines, tmp_path, relayed=True)
    scene.to_master["worker1"]("hold leadproof-begin 3")
    scene.begin()
    code, report = scene.end()
    note("the word to begin reaches a worker 3 s late", scene, code, report)

    assert code == 4, scene.said()
    assert any("s after the others" in row["lost"] for row in report["latency"]["generator"].values())
    assert report["latency"]["counts"]["completed"] == scene.requests()


@cables
def test_a_worker_whose_cable_is_pulled_is_named_and_ends_by_itself(machines: Wires, tmp_path: Path) -> None:
    scene = Scene(machines, tmp_path)
    scene.begin()
    scene.on()
    machines.pull("worker1")
    code, report = scene.end()
    note("a worker's link is down for good", scene, code, report)

    assert_lost(scene, code, report, "worker1")


def assert_lost(scene: Scene, code: int, report: dict[str, Any], machine: str) -> None:
    """A worker is named as lost, and what it did not report leaves nothing certain."""
    assert code == 4, scene.said()
    lost = [row["lost"] for row in report["latency"]["generator"].values() if row["lost"]]
    assert len(lost) == 1
    assert {one["verdict"] for one in report["latency"]["objectives"]} <= {"INCONCLUSIVE", "FAIL"}
    assert scene.workers[machine].returncode in (4, -signal.SIGKILL, 128 + signal.SIGTERM, 130), scene.said()


@cables
def test_a_worker_without_a_network_for_five_seconds_is_counted_once(machines: Wires, tmp_path: Path) -> None:
    scene = Scene(machines, tmp_path, seconds=12, goals='[objectives]\n"all.max" = 2.0\n"lag.p99" = 6.0\n')
    scene.begin()
    scene.on()
    machines.pull("worker1")
    time.sleep(5)
    machines.put_back("worker1")
    code, report = scene.end()
    note("a worker's link is down for 5 s", scene, code, report)

    assert code == 3, scene.said()  # its requests waited for seconds, and that is what is said
    counts = report["latency"]["counts"]
    assert counts["offered"] == counts["completed"] + counts["failed"] == scene.rate * scene.seconds
    assert [process.returncode for process in scene.workers.values()] == [0, 0]
    assert 0 <= scene.requests() - counts["completed"] <= counts["failed"]


# ---- between a worker and the target ---------------------------------------------------------------------------------


@whole
def test_a_cut_to_the_target_is_an_objective_missed(machines: Wires, tmp_path: Path) -> None:
    scene = Scene(machines, tmp_path, relayed=True, seconds=10)
    scene.begin()
    scene.on()
    scene.to_target["worker1"]("cut 5")
    code, report = scene.end()
    note("one worker's connections to the target reset for 5 s", scene, code, report, report["latency"]["stopped"])

    assert code == 3, scene.said()
    counts = report["latency"]["counts"]
    assert counts["failed"] == sum(one["count"] for one in report["latency"]["errors"]) > 0
    assert counts["failed"] + counts["completed"] == counts["started"]
    # Requests whose responses were cut off reached the mock.
    assert 0 <= scene.requests() - counts["completed"] <= counts["failed"]


# ---- clocks ----------------------------------------------------------------------------------------------------------


@whole
@pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler")
@pytest.mark.parametrize("later", [2.0, -2.0])
def test_clocks_that_disagree_change_no_figure(later: float, machines: Wires, tmp_path: Path) -> None:
    clock, library = tmp_path / "clock", tmp_path / "clock.so"
    clock.write_bytes(struct.pack("d", 2.0))
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, ROOT / "tests/data/clock.c", "-ldl"], check=True)
    strange = {"LD_PRELOAD": str(library), "CLOCK_FILE": str(clock)}
    scene = Scene(machines, tmp_path, scenario="ping_post", strange=strange)
    scene.begin()
    scene.on()
    with clock.open("r+b") as file:  # in place: it is mapped
        file.write(struct.pack("d", later))
    code, report = scene.end()
    name = {2.0: "a worker's clock is 2 s ahead", -2.0: "it is set to 2 s behind while the load is on"}[later]
    note(name, scene, code, report)

    assert code == 0, scene.said()
    assert_exact(scene, report)
    times: dict[str, list[float]] = {}
    for frame in frames(scene):
        if frame.get("fold"):
            times.setdefault(frame["worker"], []).append(frame["fold"]["second"])
    one, two = times.values()
    assert all(abs(mine - theirs) < 1 for mine, theirs in zip(one, two, strict=False))
    offered = [row["offered"] for row in report["latency"]["series"]["rows"]]
    assert sum(offered[: scene.seconds + 1]) == scene.rate * scene.seconds


# ---- who dies, comes late, or is told to end -------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGKILL, pytest.param(signal.SIGTERM, marks=whole)])
def test_a_worker_that_dies_is_named_and_its_share_is_nobodys(
    number: signal.Signals, machines: Wires, tmp_path: Path
) -> None:
    scene = Scene(machines, tmp_path)
    scene.begin()
    scene.on()
    if number == signal.SIGKILL:
        scene.kill(scene.workers["worker1"])
    else:
        scene.workers["worker1"].terminate()
    code, report = scene.end()
    note(f"a worker gets {number.name}", scene, code, report)

    assert_lost(scene, code, report, "worker1")
    if number == signal.SIGTERM:  # it had the time to tell all that it did
        assert report["latency"]["counts"]["completed"] == scene.requests()
    assert max(row["started"] for row in report["latency"]["generator"].values()) == scene.rate * scene.seconds / 2


@whole
def test_a_worker_that_joins_late_is_refused_and_changes_nothing(machines: Wires, tmp_path: Path) -> None:
    scene = Scene(
        machines, tmp_path, rate=60, seconds=30
    )  # it takes as long as ten of them to start, where much is done
    scene.begin(("worker1",))
    scene.on()
    scene.worker("worker2")
    code, report = scene.end()
    note("a worker joins late", scene, code, report)

    assert code == 0, scene.said()
    assert scene.workers["worker1"].returncode == 0
    assert scene.workers["worker2"].returncode == 4
    assert "the run had begun when this worker came" in scene.said()
    assert len(report["latency"]["refused"]) == len(report["latency"]["generator"]) == 1
    assert report["latency"]["counts"]["started"] == scene.rate * scene.seconds


@pytest.mark.parametrize("how", ["dies", pytest.param("vanishes", marks=cables)])
def test_without_a_master_no_worker_goes_on_sending(how: str, machines: Wires, tmp_path: Path) -> None:
    scene = Scene(machines, tmp_path, seconds=90)
    scene.begin()
    scene.on()
    began, before = time.monotonic(), scene.requests()
    if how == "dies":
        scene.kill(scene.master)
    else:
        machines.pull("master")
    for process in scene.workers.values():
        process.wait(60)
    after, seconds = scene.stays() - before, time.monotonic() - began
    ends = [process.returncode for process in scene.workers.values()]
    code = scene.master.wait(60)
    name = {"dies": "the master gets SIGKILL", "vanishes": "the master's link is down for good"}[how]
    SEEN.append(
        (
            name,
            str(code),
            "–",
            f"{after:,} requests after it",
            ", ".join(map(str, ends)),
            "–",
            f"all ended in {seconds:.0f} s",
        )
    )

    assert after <= scene.rate * STOPS_WITHIN, f"the workers went on for {after} requests"
    assert ends == [4, 4], scene.said()
    for machine in WORKERS:
        assert "the master was not heard of for" in (tmp_path / f"{machine}-load.err").read_text()
    if how == "vanishes":
        assert code == 4


@whole
def test_a_master_waits_for_workers_so_long_and_no_longer(machines: Wires, tmp_path: Path) -> None:
    scene = Scene(machines, tmp_path)
    scene.begin(("worker1",), "--wait-workers", "5s", expected=2)
    code, report = scene.end()
    note("one of two workers never comes", scene, code, report, report["latency"]["stopped"])

    assert code == 4, scene.said()
    assert report["latency"]["stopped"] == "1 of 2 workers came within 5 s"
    assert scene.requests() == 0
