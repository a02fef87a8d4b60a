"""The engine in processes of its own: locust changes the standard library, so no test imports it."""

from __future__ import annotations

import contextlib
import csv
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import textwrap
import threading
import time
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from networks import Front, idle_closer, listening, message

from leadproof.contract import profile
from leadproof.load import scenarios
from leadproof.mock import Mock
from leadproof.mock.server import running

pytest.importorskip("gevent")

ROOT = Path(__file__).resolve().parent.parent

#: Notes everything that would leave the process towards another machine (connections, datagrams, look-ups of names),
#: and every process that could do so in its place.
COUNTING = """
import sys
seen = []
def hook(event, arguments):
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo", "socket.gethostbyname"):
        seen.append(f"{event} {arguments[1:] if event.startswith('socket.c') else arguments}")
    elif event in ("subprocess.Popen", "os.fork", "os.posix_spawn", "os.system"):
        seen.append(event)
sys.addaudithook(hook)
"""

#: Says at the end what was seen.
TELLING = (
    COUNTING
    + """
import atexit
atexit.register(lambda: print("PACKETS", len(seen), seen, flush=True))
"""
)


def clean() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LOCUST_", "LEADPROOF_"))}
    return kept | {"PYTHONPATH": str(ROOT / "src")}


def python(
    code: str, *arguments: str, timeout: float = 60, folder: Path = ROOT, **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", textwrap.dedent(code), *arguments], cwd=folder, capture_output=True,
        text=True, timeout=timeout, check=False, env=clean() | environment,
    )  # fmt: skip


LOCUST = TELLING + "from locust.main import main\nsys.argv[0] = 'locust'\nmain()\n"


@pytest.fixture(scope="module")
def mock() -> Iterator[str]:
    with running(Mock(profile.load(), clock=time.time, token="t")) as served:
        yield served.url


# ---- nothing leaves before the target was named twice ----------------------------------------------------------------

FAR = "http://LEADS.partner.example.:8080"


@pytest.mark.parametrize(
    ("arguments", "environment"),
    [
        (["--host", FAR], {}),
        (["--allow-target", "other.example"], {"LOCUST_HOST": FAR}),
        (["--host", "http://127.0.0.1@leads.partner.example"], {"LOCUST_ALLOW_TARGET": "leads.partner.example"}),
        (["--config", "{config}"], {}),
    ],
)
def test_locust_sends_no_packet_to_a_host_that_was_not_named_twice(
    arguments: list[str], environment: dict[str, str], tmp_path: Path
) -> None:
    config = tmp_path / "locust.conf"
    config.write_text(f"host = {FAR}\nallow-target = leads.partner.example\n")
    arguments = [one.format(config=config) for one in arguments]

    done = python(LOCUST, "-f", "loadtests/ping_post.py", "--headless", "-t", "2s", *arguments, **environment)

    assert done.returncode == 2, done.stderr
    assert "PACKETS 0 []" in done.stdout
    assert "leadproof: error:" in done.stderr
    assert "Traceback" not in done.stderr


#: Ways to write a target that is not this machine, or that other programs may take for another than we do.
SPELLINGS = [
    "http://leads.partner.example",
    "http://LEADS.Partner.EXAMPLE",
    "http://leads.partner.example.",
    "http://leads.partner.example:8080/base",
    "https://leads.partner.example:8443",
    "http://leads.partner.example@127.0.0.1",
    "http://127.0.0.1@leads.partner.example",
    "http://user:word@leads.partner.example",
    "http://203.0.113.7:8080",
    "http://[2001:db8::7]:8080",
    "http://[::ffff:203.0.113.7]",
    "http://3405803783",
    "http://0xcb007107",
    "http://0313.0.0161.07",
    "http://127.1:9",
    "http://0.0.0.0:8080",
    "http://localhost.partner.example",
    "http://localhost.:8080",
    "named",
]


def test_the_command_sends_no_packet_and_starts_no_process_whatever_the_spelling(tmp_path: Path) -> None:
    (tmp_path / "leadproof.toml").write_text(f'[targets.named]\nurl = "{FAR}"\n')
    code = f"""{COUNTING}
import json, os
os.chdir({str(tmp_path)!r})
from leadproof.cli import main
codes = dict()
for one in json.loads(sys.argv[1]):
    codes[one] = main(["load", "ping_post", "--rate", "5", "--duration", "1s", "--target", one])
    codes[one + ", another named"] = main(["load", "ping_post", "--target", one, "--allow-target", "other.example"])
print(json.dumps([codes, seen]))
"""

    done = python(code, json.dumps(SPELLINGS), LOCUST_HOST=FAR, LOCUST_ALLOW_TARGET="leads.partner.example")

    codes, seen = json.loads(done.stdout)
    assert set(codes.values()) == {2}, (codes, done.stderr)
    assert len(codes) == 2 * len(SPELLINGS)
    assert seen == []
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "reports").exists()


# ---- what a run does -------------------------------------------------------------------------------------------------


def run_locust(
    mock: str, *arguments: str, folder: Path, file: str = "loadtests/ping_post.py", **more: str
) -> subprocess.CompletedProcess[str]:
    """Locust in a folder of the test's own, because it leaves a run directory there."""
    line = ("-f", str(ROOT / file), "--headless", "--only-summary", "--host", mock, *arguments)
    return python(LOCUST, *line, folder=folder, **more)


def test_a_locust_file_runs_as_locust_users_expect(mock: str, tmp_path: Path) -> None:
    done = run_locust(
        mock, "--rate", "40", "-t", "2s", "--csv", str(tmp_path / "out"), "--tags", "ping_only", "direct_post",
        folder=tmp_path, file="loadtests/mixed.py", LEADPROOF_API_KEY="",
    )  # fmt: skip

    assert "mixed, constant 40/s for 2 s" in done.stdout, done.stderr
    assert re.search(r"LP +ping json +\d+ +0\(0.00%\)", done.stderr)
    assert "ping json" in (tmp_path / "out_stats.csv").read_text()
    assert "create_lead" in done.stdout
    assert "inbound_post" not in done.stdout  # no tag names a journey that posts
    assert done.returncode in (0, 4)  # 4 for too few samples
    assert profile.load().credentials.api_keys[0] not in done.stdout + done.stderr


def test_tags_that_leave_nothing_are_an_error(mock: str, tmp_path: Path) -> None:
    none = run_locust(mock, "-t", "2s", "--tags", "nothing", folder=tmp_path, file="loadtests/mixed.py")

    assert none.returncode == 2
    assert "the tags leave no journey" in none.stderr


def test_the_closed_model_is_labelled(mock: str, tmp_path: Path) -> None:
    done = run_locust(
        mock, "--model", "closed", "-u", "3", "-r", "10", "-t", "1s", folder=tmp_path, file="loadtests/ping_only.py"
    )

    assert "closed model: users wait for responses" in done.stdout, done.stderr
    assert int(re.search(r"([\d,]+) offered", done.stdout)[1]) >= 3  # type: ignore[index]  # it is there


def test_two_workers_share_the_arrivals_of_one_schedule(mock: str, tmp_path: Path) -> None:
    expected = len(list(scenarios.load("ping_only").with_(rate=100.0, duration=2.0).schedule(5).arrivals()))

    done = run_locust(
        mock,
        "--rate",
        "100",
        "-t",
        "2s",
        "--processes",
        "2",
        *own_port(),
        "--seed",
        "5",
        folder=tmp_path,
        file="loadtests/ping_only.py",
    )

    offered = re.search(r"([\d,]+) offered, ([\d,]+) started", done.stdout)
    assert offered is not None, done.stderr + done.stdout
    assert offered.groups() == (str(expected), str(expected))
    (run,) = (tmp_path / "reports" / "out").iterdir()  # the master's; a worker has none
    assert json.loads((run / "run.json").read_text())["processes"] == 2


# ---- what a run of locust leaves behind ------------------------------------------------------------------------------


def test_a_run_of_locust_ends_with_its_report_in_the_configured_folder_and_redacted(mock: str, tmp_path: Path) -> None:
    (tmp_path / "leadproof.toml").write_text('out = "kept"\n')
    done = run_locust(mock, "--rate", "40", "-t", "3s", "--judge-share", "1", folder=tmp_path)

    (run,) = (tmp_path / "kept").iterdir()
    assert done.stdout.rstrip().splitlines().count(f"report: kept/{run.name}/report.html") == 1, done.stderr
    report = json.loads((run / "report.json").read_text())
    assert report["exit_code"] == done.returncode
    assert report["latency"]["counts"]["started"] > 0
    assert report["counts"]["exchanges"] > 0
    assert json.loads((run / "latency.json").read_text())["schema"] == "leadproof.latency/1"
    assert {path.name for path in run.iterdir()} >= {"report.html", "report.md", "exchanges.ndjson", "manifest.json"}
    secret = profile.load().credentials.api_keys[0].encode()
    assert not [path for path in run.iterdir() if secret in path.read_bytes()]


def test_a_run_of_locust_that_cannot_be_written_says_so_in_one_line_and_goes_on(mock: str, tmp_path: Path) -> None:
    (tmp_path / "reports").write_text("in the way")
    done = run_locust(mock, "--rate", "40", "-t", "1s", folder=tmp_path)

    assert done.stderr.count("leadproof: there is no report of this run:") == 1, done.stderr
    assert "report:" not in done.stdout
    assert "ping_post, constant 40/s for 1 s" in done.stdout
    assert done.returncode in (0, 4)


def test_locust_refuses_steps_that_are_too_short(mock: str, tmp_path: Path) -> None:
    done = run_locust(mock, "--rate", "40", "-t", "5s", "--shape", "step", folder=tmp_path)

    assert done.returncode == 2
    assert "each step of --shape step gives about" in done.stderr
    assert not list(tmp_path.iterdir())


def test_locust_shows_journeys_as_users_and_the_size_of_responses(tmp_path: Path) -> None:
    with FrozenServer(response_after=(0.5, 3.5)) as frozen:
        run_locust(
            frozen.url, "--rate", "40", "-t", "4s", "--csv", "out", "--csv-full-history", folder=tmp_path,
            file="loadtests/ping_only.py",
        )  # fmt: skip
    with (tmp_path / "out_stats.csv").open() as file:
        sizes = {row["Name"]: float(row["Average Content Size"]) for row in csv.DictReader(file)}
    with (tmp_path / "out_stats_history.csv").open() as file:
        users = [int(row["User Count"]) for row in csv.DictReader(file)]

    assert sizes == {"ping json": len(FrozenServer.BODY), "Aggregated": len(FrozenServer.BODY)}
    # For three seconds no response comes: some hundred customers wait, and one user of locust stands for the run.
    assert 60 < max(users) <= 125


def own_port() -> list[str]:
    """Options for a port that no other run on this machine has."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
    return ["--master-bind-host", "127.0.0.1", "--master-bind-port", port, "--master-port", port]


@pytest.mark.load
def test_the_web_page_listens_on_loopback_and_starts_a_run(mock: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    line = [sys.executable, "-W", "ignore", "-m", "locust", "-f", str(ROOT / "loadtests/ping_post.py"), "--host", mock]
    process = subprocess.Popen(
        [*line, "--web-port", str(port), "--rate", "30", "--duration", "2", "--only-summary"], cwd=tmp_path,
        env=clean(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    page = f"http://127.0.0.1:{port}"

    def ask(path: str, data: bytes | None = None) -> str:
        with urllib.request.urlopen(page + path, data, timeout=5) as response:
            return str(response.read().decode())

    try:
        wait_for(lambda: "Locust" in ask("/"))
        listening = re.findall(rf"^ *\d+: (\w+):{port:04X} \w+:0000 0A", Path("/proc/net/tcp").read_text(), re.M)
        assert listening == ["0100007F"]  # 127.0.0.1
        assert json.loads(ask("/swarm", b"user_count=1&spawn_rate=1"))["success"]
        wait_for(lambda: '"ping json"' in ask("/stats/requests"))
        shown = json.loads(ask("/stats/requests"))
        wait_for(lambda: json.loads(ask("/stats/requests"))["state"] == "stopped")
        assert json.loads(ask("/stats/requests"))["fail_ratio"] == 0
    finally:
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=120)
    assert "ping_post, constant 30/s for 2 s" in said
    assert shown["user_count"] > 0
    assert all(row["avg_content_length"] > 500 for row in shown["stats"])
    (run,) = (tmp_path / "reports" / "out").iterdir()
    assert f"report: reports/out/{run.name}/report.html" in said


def wait_for(what: Any, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while True:
        with contextlib.suppress(OSError, ValueError):
            if what():
                return
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)


def test_users_stay_with_the_workers_that_a_load_began_with() -> None:
    done = python("""
        from locust import User
        from locust.runners import WorkerNode
        from leadproof.load.locust.master import FixedDispatcher
        class Buyer(User): pass
        nodes = [WorkerNode("a"), WorkerNode("b")]
        dispatcher = FixedDispatcher(list(nodes), [Buyer])
        def users():
            dispatcher.new_dispatch(9, 100)
            return {name: sum(row.values()) for name, row in list(dispatcher)[-1].items()}
        print(users())
        dispatcher.add_worker(WorkerNode("late"))
        print(users())
        dispatcher.remove_worker(nodes[0])
        print(users())
    """)

    assert done.stdout.splitlines() == ["{'a': 5, 'b': 4}"] * 3, done.stderr


@pytest.mark.load
def test_a_worker_that_dies_is_noticed_and_named(tmp_path: Path) -> None:
    if not Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").exists():
        pytest.skip("only Linux tells a process's children")
    with FrozenServer((-1.0, -1.0)) as target:
        process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "locust", "-f", str(ROOT / "loadtests/ping_only.py"), "--headless",
             "--only-summary", "--host", target.url, "--rate", "50", "-t", "5s", "--processes", "2",
             "--judge-share", "0", *own_port()],
            cwd=tmp_path, env=clean(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        try:
            wait_for(lambda: target.responses > 30)
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
            os.kill(int(children[0]), signal.SIGKILL)
            said, _ = process.communicate(timeout=60)
        finally:
            if process.poll() is None:
                process.kill()
                process.communicate()

    assert len(children) == 2
    assert re.search(r"worker \S+: it was not heard of for \d+ s and did not finish", " ".join(said.split())), said
    assert "INCONCLUSIVE" in said
    assert process.returncode == 4, said


# ---- the engine alone ------------------------------------------------------------------------------------------------

#: Engines in one process, each with its target and its settings; what each has measured.
ENGINES = (
    COUNTING
    + """
import json, time
import locust, gevent
from leadproof.http.connecting import tls_of
from leadproof.http.plan import plan_of
from leadproof.load import job, scenarios
from leadproof.load.locust.engine import LoadEngine
class Run:
    def __init__(self, url, ca="", **settings):
        one = job.Job(scenarios.load("ping_only").with_(arrivals="constant", **settings), url, ca=ca)
        target = one.target()
        self.arrivals, self.samples = one.scenario.schedule().arrivals(), []
        context_of = job.journey_context(one, target, time.time)
        self.engine = LoadEngine(context_of, plan_of(target), tls=tls_of(target), sink=self.keep)
    def keep(self, sample):
        self.samples.append(sample)
        return True
    def told(self):
        window = self.engine.window
        latency = window.step("ping", "json").latency
        return {
            "clean": self.clean, "errors": sorted({kind for _, kind, _ in window.errors}), "total": latency.total,
            "judged": len(self.samples), "percentiles": latency.percentiles((50, 90, 100)), **window.counts}
runs = [Run(**one) for one in json.loads(sys.argv[1])]
begin = time.perf_counter() + 0.2
for one in runs:
    one.engine.open()
    one.engine.schedule(one.arrivals, begin)
while any(one.engine.offering for one in runs):
    gevent.sleep(0.02)
for one in runs:
    one.clean = one.engine.drain(10)
far = [one for one in seen if "127.0.0.1" not in one]
print(json.dumps([[one.told() for one in runs], far]))
"""
)


def engines(*runs: Mapping[str, object]) -> tuple[list[dict[str, Any]], list[str]]:
    """What engines have measured, and what else than loopback they have asked for."""
    done = python(ENGINES, json.dumps(runs))
    assert done.returncode == 0, done.stderr
    told, far = json.loads(done.stdout)
    return told, far


def test_a_frozen_server_is_seen_in_every_request_that_was_due() -> None:
    """The server says nothing for a second; a closed client would have sent, and counted, one request in that time."""
    with FrozenServer(response_after=(1.0, 2.0)) as frozen:
        [told], _ = engines({"url": frozen.url, "rate": 200.0, "duration": 3.0})

    assert told["total"] == 600
    _, p90, highest = told["percentiles"]
    # A third of the requests was due in the frozen second, evenly: p90 is 0.7 s into it.
    assert p90 > 0.6
    assert highest > 0.9


class FrozenServer:
    """Responds to every request, but in one stretch of time only when it is over."""

    BODY = b'{"requestId":"r","results":[{"willAccept":true,"orderId":"o","orderExpiresOn":"2030-01-01T00:00:00Z"}]}'

    def __init__(self, response_after: tuple[float, float]) -> None:
        self._frozen = response_after
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self._begun: float | None = None
        #: Requests that got a response.
        self.responses = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> FrozenServer:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock: socket.socket) -> None:
        head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(self.BODY)
        try:
            while sock.recv(65536):
                now = time.monotonic()
                self._begun = self._begun or now
                if self._frozen[0] <= now - self._begun < self._frozen[1]:
                    time.sleep(self._begun + self._frozen[1] - now)
                sock.sendall(head + self.BODY)
                self.responses += 1
        except OSError:
            pass
        finally:
            sock.close()


#: At the end of what a server says: it closes then.
CLOSE = b"<close>"

#: What a server says -> the kinds of error that it makes, and whether the judge is shown such a response.
ODD = [
    (b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n[]", ["clause"], True),
    (b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1\r\n\r\n{", ["not parseable"], True),
    (b"HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n", ["http.5xx"], False),
    (b"HTTP/1.1 404 Not here\r\ncontent-length: 0\r\n\r\n", ["http.4xx"], False),
    (
        b"HTTP/1.1 307 There\r\nlocation: http://leads.partner.example/\r\ncontent-length: 0\r\n\r\n",
        ["http.3xx"],
        False,
    ),
    (b"HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\n{", ["timeout"], False),
    (b"FTP/9 hello\r\n\r\n", ["framing"], True),
    (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n", ["framing"], True),
    (b"HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\n{" + CLOSE, ["framing"], True),
    (b"HTTP/1.1 200 OK\r\ncontent-le" + CLOSE, ["framing"], True),
    (CLOSE, ["reset"], False),
    (b"", ["reset"], False),
]


def test_errors_have_kinds_odd_responses_are_judged_and_no_redirect_is_followed() -> None:
    settings = {"rate": 40.0, "duration": 0.5, "timeout": 0.7, "judge_share": 0.0}
    with contextlib.ExitStack() as stack:
        servers = [stack.enter_context(OddServer(response)) for response, *_ in ODD]
        told, far = engines(*({"url": one.url, **settings} for one in servers))

    assert [(one["errors"], one["judged"] > 0, one["clean"]) for one in told] == [
        (kinds, judged, True) for _, kinds, judged in ODD
    ]
    assert far == []


def test_a_connection_that_closes_as_it_is_used_again_is_no_error_of_the_target() -> None:
    settings = {"rate": 100.0, "duration": 1.0, "timeout": 30.0}
    with (
        FrozenServer((-1.0, -1.0)) as server,
        idle_closer(int(server.url.rpartition(":")[2]), every=5) as closing,
        closing_once_used() as lost,
    ):
        (again, never), _ = engines({"url": closing.url, **settings}, {"url": lost.url, **settings})

    assert (again["errors"], again["failed"], again["completed"], again["clean"]) == ([], 0, 100, True)
    assert 10 < again["resent"] < 40
    # One that breaks as soon as it is new is an error.
    assert (never["errors"], never["completed"] + never["failed"], never["clean"]) == (["reset"], 100, True)
    assert never["completed"] > 0


@contextlib.contextmanager
def closing_once_used() -> Iterator[Front]:
    """Responds once on each of its first connections, and closes all later ones as their first request comes."""

    def serve(client: socket.socket, front: Front) -> None:
        file = client.makefile("rb")
        early = len(front.peers) < 5
        while message(file)[0] and early:
            early = False
            head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
            client.sendall(head % len(FrozenServer.BODY) + FrozenServer.BODY)

    with listening(serve) as front:
        yield front


class OddServer(FrozenServer):
    """Sends the same bytes to everybody, and closes without any."""

    def __init__(self, response: bytes) -> None:
        super().__init__((-1.0, -1.0))
        self._response = response

    def _serve(self, sock: socket.socket) -> None:
        with sock:
            try:
                while sock.recv(65536):
                    if not self._response:
                        return
                    sock.sendall(self._response.removesuffix(CLOSE))
                    if self._response.endswith(CLOSE):
                        return
            except OSError:
                return


def test_tls_is_spoken_and_a_target_that_cannot_be_had_is_an_error_of_its_own(certificate: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        nobody = f"http://127.0.0.1:{taken.getsockname()[1]}"
    settings = {"rate": 40.0, "duration": 0.5, "timeout": 2.0}
    with TlsServer(certificate) as server:
        (good, stranger, nobody_there), _ = engines(
            {"url": server.url, "ca": str(certificate), **settings}, {"url": server.url, **settings},
            {"url": nobody, **settings},
        )  # fmt: skip

    assert (good["errors"], good["completed"]) == ([], 20)
    assert (stranger["errors"], stranger["completed"]) == (["tls"], 0)
    assert (nobody_there["errors"], nobody_there["total"], nobody_there["failed"]) == (["connect"], 0, 20)


class TlsServer(FrozenServer):
    """Responds over TLS."""

    def __init__(self, certificate: Path) -> None:
        super().__init__((-1.0, -1.0))
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate)

    @property
    def url(self) -> str:
        return super().url.replace("http:", "https:")

    def _serve(self, sock: socket.socket) -> None:
        try:
            secure = self._context.wrap_socket(sock, server_side=True)
        except OSError:
            sock.close()
            return
        super()._serve(secure)


def test_the_command_line_never_imports_locust() -> None:
    done = python(
        """
        import sys
        import leadproof.cli.load
        from leadproof.load import console, driver, latency, story
        import json
        print(json.dumps([name for name in ("locust", "gevent") if name in sys.modules]))
        """
    )

    assert json.loads(done.stdout) == []
