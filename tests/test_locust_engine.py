"""The engine in processes of its own: locust changes the standard library, so no test imports it."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from leadproof import profile
from leadproof.mock import Mock
from leadproof.server import running

pytest.importorskip("gevent")

ROOT = Path(__file__).resolve().parent.parent

#: Counts everything that would leave the process towards another machine: connections, datagrams, look-ups of names.
COUNTING = """
import sys
seen = []
def hook(event, arguments):
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo", "socket.gethostbyname"):
        seen.append(f"{event} {arguments[1:] if event.startswith('socket.c') else arguments}")
sys.addaudithook(hook)
import atexit
atexit.register(lambda: print("PACKETS", len(seen), seen, flush=True))
"""


def python(code: str, *arguments: str, timeout: float = 60, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("LOCUST_", "LEADPROOF_"))}
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", textwrap.dedent(code), *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
        env=clean | {"PYTHONPATH": str(ROOT / "src")} | environment,
    )


LOCUST = COUNTING + "from locust.main import main\nsys.argv[0] = 'locust'\nmain()\n"


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
        ([], {"LOCUST_HOST": FAR}),
        (["--host", FAR], {"LOCUST_ALLOW_TARGET": "leads.partner.example"}),
        (["--host", FAR, "--allow-target", "other.example"], {}),
        (["--host", "http://127.0.0.1@leads.partner.example"], {}),
        (["--host", "http://2130706433"], {}),
        (["--host", "http://0.0.0.0:8080"], {}),
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


@pytest.mark.parametrize("target", [FAR, "http://127.1:9", "named"])
def test_the_command_sends_no_packet_either(target: str, tmp_path: Path) -> None:
    (tmp_path / "leadproof.toml").write_text(f'[targets.named]\nurl = "{FAR}"\n')
    code = f"""{COUNTING}
import os
os.chdir({str(tmp_path)!r})
from leadproof.cli import main
code = main(sys.argv[1:])
sys.exit(code)
"""

    done = python(code, "load", "ping_post", "--rate", "5", "--duration", "1s", "--target", target)

    assert done.returncode == 2, done.stderr
    assert "PACKETS 0 []" in done.stdout
    assert "refused before anything was sent" in done.stderr
    assert not (tmp_path / "reports").exists()


# ---- what a run does -------------------------------------------------------------------------------------------------


def run_locust(
    mock: str, *arguments: str, file: str = "loadtests/ping_post.py", **more: str
) -> subprocess.CompletedProcess[str]:
    return python(LOCUST, "-f", file, "--headless", "--only-summary", "--host", mock, *arguments, **more)


def test_a_locust_file_runs_as_locust_users_expect(mock: str, tmp_path: Path) -> None:
    done = run_locust(mock, "--rate", "40", "-t", "3s", "--csv", str(tmp_path / "out"), LEADPROOF_API_KEY="")

    assert "ping_post, constant 40/s for 3 s" in done.stdout, done.stderr
    assert re.search(r"LP +ping json +\d+ +0\(0.00%\)", done.stderr)
    rows = (tmp_path / "out_stats.csv").read_text()
    assert "ping json" in rows
    assert done.returncode in (0, 4)  # 4 where this machine is too busy to keep the schedule, or for too few samples
    assert profile.load().credentials.api_keys[0] not in done.stdout + done.stderr


def test_tags_leave_the_journeys_that_they_name(mock: str) -> None:
    done = run_locust(mock, "--rate", "20", "-t", "2s", "--tags", "ping_only", file="loadtests/mixed.py")

    assert "ping accepted" in done.stdout, done.stderr
    assert "inbound_post" not in done.stdout
    assert "create_lead" not in done.stdout

    none = run_locust(mock, "-t", "2s", "--tags", "nothing", file="loadtests/mixed.py")
    assert none.returncode == 2
    assert "the tags leave no journey" in none.stderr


def test_the_closed_model_is_labelled(mock: str) -> None:
    done = run_locust(mock, "--model", "closed", "-u", "3", "-r", "10", "-t", "2s", file="loadtests/ping_only.py")

    assert "closed model: users wait for answers" in done.stdout, done.stderr
    assert int(re.search(r"([\d,]+) offered", done.stdout)[1]) >= 3  # type: ignore[index]  # it is there


def test_two_workers_share_the_rate_and_say_so_together(mock: str) -> None:
    done = run_locust(
        mock, "--rate", "100", "-t", "4s", "--processes", "2", "--seed", "5", file="loadtests/ping_only.py"
    )
    one = run_locust(mock, "--rate", "100", "-t", "4s", "--seed", "5", file="loadtests/ping_only.py")

    offered = [re.search(r"([\d,]+) offered, ([\d,]+) started", text.stdout) for text in (done, one)]

    assert offered[0] is not None, done.stderr + done.stdout
    assert offered[1] is not None
    assert offered[0].groups() == offered[1].groups()  # the same arrivals, whoever carries them


FROZEN = """
import sys, time
sys.path.insert(0, "src")
import locust, gevent
from leadproof.load import job, scenario
from leadproof.load.schedule import schedule
from leadproof.locust_engine.engine import Engine
from leadproof.histogram import Histogram
one = job.Job(scenario.load("ping_only").with_(rate=200.0, duration=3.0, arrivals="constant"), sys.argv[1])
kit = job.kit(one, one.target(), time.time)
engine = Engine(kit, ("127.0.0.1", int(sys.argv[1].rpartition(":")[2])))
engine.open()
engine.schedule(one.scenario.schedule().arrivals(), time.perf_counter() + 0.2)
while engine.offering:
    gevent.sleep(0.05)
engine.drain(10)
step = engine.window.step("ping", "json")
print(step.latency.percentiles((50, 90, 100)), step.latency.total, dict(engine.window.counts))
"""


def test_a_frozen_server_is_seen_in_every_request_that_was_due() -> None:
    """The server says nothing for a second; a closed client would have sent, and counted, one request in that time."""
    frozen = FrozenServer(answer_after=(1.0, 2.0))
    with frozen:
        done = python(FROZEN, frozen.url)

    assert done.returncode == 0, done.stderr
    found = re.match(r"\[([\d.]+), ([\d.]+), ([\d.]+)\] (\d+)", done.stdout)
    assert found is not None, done.stdout + done.stderr
    p90, highest, total = float(found[2]), float(found[3]), int(found[4])
    assert total == 600
    # A third of the requests was due in the frozen second, evenly: p90 is 0.7 s into it.
    assert 0.6 < p90 < 0.85
    assert 0.9 < highest < 1.4


class FrozenServer:
    """Answers every request, but in one stretch of time only when it is over."""

    BODY = b'{"requestId":"r","results":[{"willAccept":true,"orderId":"o","orderExpiresOn":"2030-01-01T00:00:00Z"}]}'

    def __init__(self, answer_after: tuple[float, float]) -> None:
        self._frozen = answer_after
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self._begun: float | None = None

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
        except OSError:
            pass
        finally:
            sock.close()


ODD = """
import sys, time
sys.path.insert(0, "src")
import locust, gevent
from leadproof.load import job, scenario
from leadproof.locust_engine.engine import Engine
one = job.Job(scenario.load("ping_only").with_(rate=40.0, duration=1.0, timeout=0.7, judge_share=0.0), sys.argv[1])
kit = job.kit(one, one.target(), time.time)
samples = []
engine = Engine(kit, ("127.0.0.1", int(sys.argv[1].rpartition(":")[2])), sink=lambda one: samples.append(one) or True)
engine.open()
engine.schedule(one.scenario.schedule().arrivals(), time.perf_counter() + 0.2)
while engine.offering:
    gevent.sleep(0.05)
print(engine.drain(5), sorted({kind for _, kind, _ in engine.window.errors}), len(samples) > 0)
"""


@pytest.mark.parametrize(
    ("answer", "kinds", "judged"),
    [
        (b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n[]", "['clause']", True),
        (b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1\r\n\r\n{", "['not parseable']", True),
        (b"HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n", "['http.5xx']", False),
        (
            b"HTTP/1.1 307 There\r\nlocation: http://leads.partner.example/\r\ncontent-length: 0\r\n\r\n",
            "['http.3xx']",
            False,
        ),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\n{", "['timeout']", False),
        (b"FTP/9 hello\r\n\r\n", "['framing']", False),
        (b"", "['reset']", False),
    ],
)
def test_errors_have_kinds_and_odd_answers_are_judged(answer: bytes, kinds: str, judged: bool) -> None:
    server = OddServer(answer)
    with server:
        done = python(ODD, server.url)

    assert done.stdout.strip() == f"True {kinds} {judged}", done.stderr


class OddServer(FrozenServer):
    """Sends the same bytes to everybody, and closes without any."""

    def __init__(self, answer: bytes) -> None:
        super().__init__((-1.0, -1.0))
        self._answer = answer

    def _serve(self, sock: socket.socket) -> None:
        with sock:
            try:
                while sock.recv(65536):
                    if not self._answer:
                        return
                    sock.sendall(self._answer)
            except OSError:
                return


def test_nobody_listening_is_an_error_of_its_own() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    done = python(ODD, url)

    assert done.stdout.strip() == "True ['connect'] False", done.stderr


def test_a_worker_that_dies_is_noticed_and_named(mock: str, tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("LOCUST_", "LEADPROOF_"))}
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "locust", "-f", "loadtests/ping_only.py", "--headless", "--only-summary",
         "--host", mock, "--rate", "50", "-t", "14s", "--processes", "2"],
        cwd=ROOT, env=environment | {"PYTHONPATH": str(ROOT / "src")}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True,
    )  # fmt: skip
    try:
        children: list[int] = []
        deadline = time.monotonic() + 10
        while len(children) < 2 and time.monotonic() < deadline:
            listed = Path(f"/proc/{process.pid}/task/{process.pid}/children")
            if not listed.exists():
                pytest.skip("only Linux tells a process's children")
            children = [int(one) for one in listed.read_text().split()]
            time.sleep(0.2)
        time.sleep(6)
        os.kill(children[0], signal.SIGKILL)
        said, _ = process.communicate(timeout=60)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()

    assert re.search(r"worker \S+: it was not heard of for \d+ s and did not finish", said), said
    assert "INCONCLUSIVE" in said
    assert process.returncode == 4, said


def test_the_command_line_never_imports_locust() -> None:
    done = python(
        """
        import sys
        import leadproof.cli.load
        from leadproof.load import driver, story, telling, latency
        import json
        print(json.dumps([name for name in ("locust", "gevent") if name in sys.modules]))
        """
    )

    assert json.loads(done.stdout) == []
