"""How fast is the mock? Ratios per CPU-second against nginx and uvicorn, and what 300,000 orders do to its latency.

Run it with `make bench`, or `python tests/bench/mock.py [--check] [--json]`. About two minutes.

* Throughput: every candidate is a process of its own on a free loopback port, all are loaded in turn, round by round,
  and what counts is responses per second of the *server's* CPU time (/proc/PID/stat). Load comes from wrk where it is
  installed, else from the client below, which is slower but loads the server just as well.
    nginx         one worker, a static file of the size of the mock's JSON ping response
    nginx return  the same bytes out of nginx's configuration: no file is opened
    asgi          the same bytes from a raw ASGI application on uvicorn (httptools, uvloop)
    mock json     the mock: JSON pings, a new order each time. 256 different bodies in turn, as a load test sends them:
                  a ping says nothing that is anybody's own, so bodies repeat, and the mock remembers them
    mock xml      the same in XML
    … all new     every body is another one, so that nothing can be remembered
    … watched     JSON pings, while the pages of `leadproof mock --watch` show them to somebody
* Latency: at half of the JSON capacity that was measured, sent on an open schedule and timed from the moment at which
  each request should have left, so that a server that stalls cannot hide it. A mock that was just reset and one with
  300,000 orders in turn; medians of the turns. The client's own lag behind its schedule is printed beside it.

Linux only (/proc). The servers are pinned to the first processor, the clients to the last.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import http.client
import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests")]

from pages import serving  # noqa: E402 - after the path of what tests share

from leadproof import bodies  # noqa: E402 - found in the checkout, installed or not
from leadproof.contract import profile  # noqa: E402 - as above
from leadproof.http.server import new_loop  # noqa: E402 - as above

ORDERS = 300_000
CONNECTIONS = 16
#: Turns of the two mocks in the latency part.
TURNS = 5
FORMATS = ("json", "xml")
#: What is to be reached: ratio to nginx for JSON and XML, and p99 with many orders over p99 with none.
WANTED = {"mock json": 0.45, "mock xml": 0.20, "p99": 3.0}
TOKEN = "bench-token"

_CPUS = sorted(os.sched_getaffinity(0))
_TICKS = os.sysconf("SC_CLK_TCK")

#: Different bodies that are sent in turn.
BODIES = 256

_VALUE = {
    "source": {"vid": 1001, "lid": 2001},
    "leads": [
        {
            "properties": {},
            "fields": {"State": "TX", "Zip": "00000", "VehicleYear": "2015", "CurrentlyInsured": "true"},
        }
    ],
}

_MOCK = """
import sys, time
from leadproof.contract import profile
from leadproof.mock import server
from leadproof.mock import Mock
mock = Mock(profile.load(), clock=time.time, token=sys.argv[2])
server.run(mock, port=int(sys.argv[1]))
"""

_ASGI = """
import sys, uvicorn
BODY = sys.argv[2].encode()
HEADERS = [(b"content-type", b"application/json"), (b"content-length", str(len(BODY)).encode())]
async def app(scope, receive, send):
    if scope["type"] == "http":
        while (await receive()).get("more_body"):
            pass
        await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
        await send({"type": "http.response.body", "body": BODY})
uvicorn.run(app, port=int(sys.argv[1]), http="httptools", loop="uvloop", log_level="error", access_log=False)
"""

_NGINX = """
worker_processes 1; daemon off; pid {folder}/pid; error_log {folder}/errors;
events {{ worker_connections 1024; }}
http {{
  access_log off; keepalive_requests 1000000000; keepalive_timeout 300;
  client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
  uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
  server {{
    listen 127.0.0.1:{port}; root {folder}; default_type application/json;
    location /return {{ return 200 '{body}'; }}
  }}
}}
"""


class Load(NamedTuple):
    """What is sent."""

    method: str
    path: str
    media_type: str = ""
    #: `00000` in it becomes a number of its own.
    body: bytes = b""
    #: How many different ones there are before the first comes again.
    different: int = BODIES

    def request(self, port: int, number: int) -> bytes:
        """The bytes of one request."""
        body = self.body.replace(b"00000", b"%05d" % (number % self.different))
        lines = [f"{self.method} {self.path} HTTP/1.1", f"Host: 127.0.0.1:{port}"]
        if body:
            lines += [f"{name}: {value}" for name, value in self.headers().items()]
            lines += [f"Content-Length: {len(body)}"]
        return "\r\n".join([*lines, "", ""]).encode() + body

    def headers(self) -> dict[str, str]:
        """What goes with the body."""
        return {"Content-Type": self.media_type, "Accept": self.media_type, "api-key": _key()} if self.body else {}

    def script(self) -> str:
        """The same for wrk, in Lua."""
        headers = "\n".join(f'wrk.headers["{name}"] = "{value}"' for name, value in self.headers().items())
        return f"""
            wrk.method, wrk.path = "{self.method}", "{self.path}"
            {headers}
            local body, count, number, made = [==[{self.body.decode()}]==], {self.different}, 0, {{}}
            local function make(which)
              local text = body:gsub("00000", string.format("%05d", which))
              return wrk.format(nil, nil, nil, text)
            end
            function request()
              number = (number + 1) % count
              if count > {BODIES} then return make(number) end
              made[number] = made[number] or make(number)
              return made[number]
            end
        """


class Candidate(NamedTuple):
    """A server under load."""

    name: str
    port: int
    pid: int
    load: Load

    def requests(self) -> list[bytes]:
        """The requests that are sent in turn."""
        return [self.load.request(self.port, number) for number in range(BODIES)]


def _key() -> str:
    return profile.load().credentials.api_keys[0]


# ---- processes -----------------------------------------------------------------------------------------------------


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@contextlib.contextmanager
def _process(command: Sequence[str], port: int, processor: int) -> Iterator[int]:
    """Run a server until the context ends; yields its process id once it listens."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    process = subprocess.Popen(
        command,
        env=environment,
        stdout=subprocess.DEVNULL,
        preexec_fn=lambda: os.sched_setaffinity(0, {processor}),
    )
    try:
        for _ in range(200):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.5):
                break
            if process.poll() is not None:
                raise SystemExit(f"{command[0]} ended with {process.returncode} before it listened")
            time.sleep(0.05)
        yield process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def _watched(port: int, folder: Path) -> Iterator[None]:
    """The pages of `leadproof mock --watch`, a process of their own, and somebody who sees the list each second."""
    folder.mkdir()
    environment = {"LEADPROOF_MOCK_TOKEN": TOKEN, "XDG_CACHE_HOME": str(folder)}
    over = threading.Event()
    watching = serving("--mock", f"http://127.0.0.1:{port}", folder, environment=environment)
    with watching as served, served.client() as client:
        assert client.get("/mock").is_success

        def look() -> None:
            while not over.wait(1.0):
                client.get("/mock")

        looking = threading.Thread(target=look)
        looking.start()
        try:
            yield
        finally:
            over.set()
            looking.join()


def _children(pid: int) -> list[int]:
    with contextlib.suppress(OSError):
        return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def _cpu_seconds(pid: int) -> float:
    """User and system time of a process and its direct children."""
    total = 0.0
    for one in (pid, *_children(pid)):
        after_name = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        total += (int(after_name[11]) + int(after_name[12])) / _TICKS
    return total


def _memory(pid: int) -> float:
    """Resident memory in MiB."""
    match = re.search(r"VmRSS:\s*(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(match[1]) / 1024 if match else 0.0


# ---- load ----------------------------------------------------------------------------------------------------------


class Blaster(asyncio.Protocol):
    """One connection that sends the same request and counts responses of a known length."""

    def __init__(self, requests: list[bytes], on_response: Any) -> None:
        self._requests = requests
        self._sent = 0
        self._on_response = on_response
        self._length = 0
        self._seen = 0
        self._head = b""
        self.waiting: list[float] = []

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def send(self, due: float) -> None:
        self.waiting.append(due)
        self._sent += 1
        self._transport.write(self._requests[self._sent % len(self._requests)])

    def data_received(self, data: bytes) -> None:
        if not self._length:
            # All responses of one server have the same length, but for the digits of nothing: ids and times are fixed
            # in width. The first one tells it.
            self._head += data
            head, found, _ = self._head.partition(b"\r\n\r\n")
            if not found:
                return
            match = re.search(rb"(?i)content-length: *(\d+)", head)
            if match is None or not self._head.startswith(b"HTTP/1.1 200"):
                raise SystemExit(f"unexpected response: {self._head[:400]!r}")
            self._length = len(head) + 4 + int(match[1])
            data = self._head
        self._seen += len(data)
        while self._seen >= self._length and self.waiting:
            self._seen -= self._length
            self._on_response(self, self.waiting.pop(0))


async def _open_load(candidate: Candidate, rate: float, seconds: float) -> tuple[list[float], float]:
    """Latencies on an open schedule, from the intended start, and the p99 of the lag of the schedule, in seconds."""
    loop = asyncio.get_running_loop()
    latencies: list[float] = []
    lags: list[float] = []

    def on_response(connection: Blaster, due: float) -> None:
        latencies.append(loop.time() - due)

    requests = candidate.requests()
    connections = [
        (await loop.create_connection(lambda: Blaster(requests, on_response), "127.0.0.1", candidate.port))[1]
        for _ in range(CONNECTIONS)
    ]
    begin = loop.time()
    sent, count = 0, int(rate * seconds)
    while sent < count:
        now = loop.time()
        while sent < count and (due := begin + sent / rate) <= now:
            min(connections, key=lambda one: len(one.waiting)).send(due)
            lags.append(now - due)
            sent += 1
        await asyncio.sleep(0.0003)
    deadline = loop.time() + 5
    while len(latencies) < count and loop.time() < deadline:
        await asyncio.sleep(0.01)
    for connection in connections:
        connection._transport.close()
    return latencies, _percentile(lags, 99)


async def _closed_load(candidate: Candidate, seconds: float) -> int:
    """Send the next request as soon as the last one has its response; how many did."""
    loop = asyncio.get_running_loop()
    count = 0

    def on_response(connection: Blaster, due: float) -> None:
        nonlocal count
        count += 1
        connection.send(0.0)

    requests = candidate.requests()
    for _ in range(CONNECTIONS):
        (await loop.create_connection(lambda: Blaster(requests, on_response), "127.0.0.1", candidate.port))[1].send(0.0)
    await asyncio.sleep(seconds)
    return count


def _run(work: Any) -> Any:
    with asyncio.Runner(loop_factory=new_loop) as runner:
        return runner.run(work)


def _saturate(candidate: Candidate, seconds: int, folder: Path) -> tuple[int, float, float]:
    """Load a candidate fully: responses, CPU seconds of the server, seconds on the wall."""
    wrk = shutil.which("wrk")
    before, began = _cpu_seconds(candidate.pid), time.perf_counter()
    if wrk is None:
        responses = _run(_closed_load(candidate, seconds))
        return responses, _cpu_seconds(candidate.pid) - before, time.perf_counter() - began
    script = folder / f"{candidate.name.replace(' ', '-')}.lua"
    script.write_text(candidate.load.script())
    url = f"http://127.0.0.1:{candidate.port}{candidate.load.path}"
    command = [wrk, "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", str(script), url]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=seconds + 20)
    used, wall = _cpu_seconds(candidate.pid) - before, time.perf_counter() - began
    match = re.search(r"(\d+) requests in", done.stdout)
    if match is None or "Non-2xx" in done.stdout:
        raise SystemExit(f"{candidate.name}: {done.stdout}{done.stderr}")
    return int(match[1]), used, wall


# ---- the two parts -------------------------------------------------------------------------------------------------


def _control(port: int, method: str, name: str) -> dict[str, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request(method, f"/__mock__/{name}", headers={"x-mock-token": TOKEN})
    response: dict[str, Any] = json.loads(connection.getresponse().read())
    connection.close()
    return response


def _response_of(candidate: Candidate) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", candidate.port, timeout=10)
    connection.request(candidate.load.method, candidate.load.path, candidate.load.body, candidate.load.headers())
    body = connection.getresponse().read()
    connection.close()
    return body


def _throughput(candidates: list[Candidate], rounds: int, seconds: int, folder: Path) -> dict[str, dict[str, float]]:
    totals = {one.name: [0.0, 0.0, 0.0] for one in candidates}
    for number in range(rounds + 1):
        for one in candidates:
            measured = _saturate(one, 1 if number == 0 else seconds, folder)
            if number:  # the first, short round warms up
                totals[one.name] = [total + part for total, part in zip(totals[one.name], measured, strict=True)]
    return {
        name: {"per_cpu_second": responses / cpu, "per_second": responses / wall, "microseconds": cpu / responses * 1e6}
        for name, (responses, cpu, wall) in totals.items()
    }


def _latency(empty: Candidate, full: Candidate, rate: float, seconds: int, folder: Path) -> dict[str, dict[str, float]]:
    """Two mocks in turn, so that what else the machine does hits both; the median of the turns."""
    while _control(full.port, "GET", "state")["orders"]["remembered"] < ORDERS:
        _saturate(full, 2, folder)
    turns: dict[str, list[dict[str, float]]] = {"empty": [], f"{ORDERS:,} orders": []}
    for _ in range(TURNS):
        for (name, found), candidate in zip(turns.items(), (empty, full), strict=True):
            if name == "empty":
                _control(candidate.port, "POST", "reset")
            latencies, lag = _run(_open_load(candidate, rate, seconds))
            found.append(
                {
                    "p50_ms": _percentile(latencies, 50) * 1e3,
                    "p99_ms": _percentile(latencies, 99) * 1e3,
                    "max_ms": max(latencies) * 1e3,
                    "lag_p99_ms": lag * 1e3,
                    "memory_mib": _memory(candidate.pid),
                }
            )
    return {
        name: {figure: statistics.median(turn[figure] for turn in found) for figure in found[0]}
        for name, found in turns.items()
    }


def _percentile(values: list[float], percent: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def measure(rounds: int, seconds: int) -> dict[str, Any]:
    """Everything, as data."""
    server_cpu, client_cpu = _CPUS[0], _CPUS[-1]
    static, ping = Load("GET", "/response.json"), "/v2/insert/ping"
    loads = {
        fmt: Load("POST", ping, f"application/{fmt}", bodies.encode_request("ping", fmt, _VALUE)) for fmt in FORMATS
    }
    os.sched_setaffinity(0, {client_cpu})
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        port = _free_port()
        pid = stack.enter_context(_process([sys.executable, "-c", _MOCK, str(port), TOKEN], port, server_cpu))
        mocks = [Candidate(f"mock {fmt}", port, pid, load) for fmt, load in loads.items()]
        mocks += [one._replace(name=f"{one.name}, all new", load=one.load._replace(different=100_000)) for one in mocks]
        port = _free_port()
        pid = stack.enter_context(_process([sys.executable, "-c", _MOCK, str(port), TOKEN], port, server_cpu))
        stack.enter_context(_watched(port, folder / "pages"))
        mocks.append(Candidate("mock json, watched", port, pid, loads["json"]))
        body = _response_of(mocks[0]).decode().replace("'", "")
        peers: list[Candidate] = []
        if nginx := shutil.which("nginx"):
            port = _free_port()
            (folder / "nginx.conf").write_text(_NGINX.format(folder=folder, port=port, body=body))
            command = [nginx, "-c", str(folder / "nginx.conf"), "-e", str(folder / "errors")]
            folder.chmod(0o755)  # the worker runs as another user where the master is root
            (folder / "response.json").write_text(body)
            pid = stack.enter_context(_process(command, port, server_cpu))
            peers.append(Candidate("nginx", port, pid, static))
            peers.append(Candidate("nginx return", port, pid, loads["json"]._replace(path="/return")))
        port = _free_port()
        command = [sys.executable, "-c", _ASGI, str(port), body]
        peers.append(Candidate("asgi", port, stack.enter_context(_process(command, port, server_cpu)), loads["json"]))
        throughput = _throughput([*peers, *mocks], rounds, seconds, folder)
        rate = throughput["mock json"]["per_second"] / 2
        port = _free_port()
        pid = stack.enter_context(_process([sys.executable, "-c", _MOCK, str(port), TOKEN], port, server_cpu))
        latency = _latency(mocks[0], Candidate("full", port, pid, loads["json"]), rate, seconds, folder)
    return {"throughput": throughput, "rate": rate, "latency": latency, "response_bytes": len(body)}


def verdicts(result: dict[str, Any]) -> dict[str, tuple[float, float, bool]]:
    """Name to figure, figure wanted, and whether it was reached."""
    throughput, (empty, full) = result["throughput"], result["latency"].values()
    found = {}
    if "nginx" in throughput:
        for name in ("mock json", "mock xml"):
            ratio = throughput[name]["per_cpu_second"] / throughput["nginx"]["per_cpu_second"]
            found[f"{name} / nginx"] = (ratio, WANTED[name], ratio >= WANTED[name])
    ratio = full["p99_ms"] / empty["p99_ms"]
    found[f"p99, {ORDERS:,} orders / empty"] = (ratio, WANTED["p99"], ratio <= WANTED["p99"])
    return found


def _print(result: dict[str, Any]) -> None:
    throughput = result["throughput"]
    base = throughput.get("nginx", {}).get("per_cpu_second")
    asgi = throughput["asgi"]["per_cpu_second"]
    print(f"JSON ping response: {result['response_bytes']} bytes\n")
    print(f"{'':20}{'per CPU-s':>12}{'per s':>12}{'CPU µs each':>14}{'/ nginx':>10}{'/ asgi':>10}")
    for name, row in throughput.items():
        ratio = f"{row['per_cpu_second'] / base:.2f}" if base else "–"
        print(
            f"{name:20}{row['per_cpu_second']:12,.0f}{row['per_second']:12,.0f}{row['microseconds']:14.1f}"
            f"{ratio:>10}{row['per_cpu_second'] / asgi:10.2f}"
        )
    print(f"\nlatency at half capacity ({result['rate']:,.0f} JSON pings per second, open schedule)")
    print(f"{'':16}{'p50 ms':>10}{'p99 ms':>10}{'max ms':>10}{'client lag p99':>16}{'memory MiB':>12}")
    for name, row in result["latency"].items():
        print(
            f"{name:16}{row['p50_ms']:10.2f}{row['p99_ms']:10.2f}{row['max_ms']:10.2f}"
            f"{row['lag_p99_ms']:16.2f}{row['memory_mib']:12.1f}"
        )
    print()
    for name, (figure, wanted, reached) in verdicts(result).items():
        print(f"{name:32}{figure:8.2f}   to reach {wanted:g}   {'yes' if reached else 'NO'}")


def main() -> int:
    parser = argparse.ArgumentParser(description="Benchmark of the mock.")
    parser.add_argument("--rounds", type=int, default=3, help="interleaved rounds of the throughput part (default 3)")
    parser.add_argument("--seconds", type=int, default=2, help="seconds of one candidate in one round (default 2)")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--check", action="store_true", help="exit 1 if a figure is not reached")
    arguments = parser.parse_args()
    result = measure(arguments.rounds, arguments.seconds)
    print(json.dumps(result, indent=1)) if arguments.json else _print(result)
    return 1 if arguments.check and not all(reached for _, _, reached in verdicts(result).values()) else 0


if __name__ == "__main__":
    sys.exit(main())
