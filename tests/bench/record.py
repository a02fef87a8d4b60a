"""What does recording cost a response? The recorder's added p99 against that of plain pass-through proxies, in one run.

Run it with `make bench-record`, or `python tests/bench/record.py [--check] [--json] [--rate N]`. About two minutes.

Pings go to the mock on an open schedule, over connections of the client's own, and are timed from the moment at which
each should have left, so that a proxy that stalls cannot hide it. The ways take turns, round by round:

    direct     to the mock
    relay      a bare relay of TCP bytes on uvloop, which knows nothing of HTTP
    plain      a plain HTTP pass-through on the recorder's own stack (uvloop, httptools): heads are read, cleaned and
               written anew, bodies are passed on, nothing is kept. What the recorder is measured against
    nginx      proxy_pass with keep-alive to the mock, where it is installed
    recorder   `leadproof record`: redacted, written and judged while the load runs

Added is the p99 through a way less the p99 direct in the same round; of the rounds the median is shown. The servers
are not pinned: what the recorder's second process takes away from the others counts. Where others keep the machine
busy, the client itself is late (`lag`), and there is no figure: then it says so. `chrt -r 1` before the command keeps
others away.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import json
import os
import select
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

shared = importlib.import_module("mock")  # the benchmark of the mock, beside this file

#: Requests per second, and connections they are spread over.
RATE, CONNECTIONS = 500, 8
#: What is to be reached: added p99 of the recorder over that of the plain pass-through.
WANTED = 1.5
#: Milliseconds: what the p99 of the client's own lag may be, and what the plain way has to add at least, for a figure.
LAG, LEAST = 0.5, 0.02

_RELAY = """
import asyncio, sys, uvloop
class Side(asyncio.Protocol):
    other = None
    def __init__(self): self.early = []
    def connection_made(self, transport): self.transport = transport
    def data_received(self, data): self.other.transport.write(data) if self.other else self.early.append(data)
    def connection_lost(self, exc): self.other and self.other.transport.close()
class Client(Side):
    def connection_made(self, transport):
        super().connection_made(transport)
        asyncio.get_running_loop().create_task(self.connect())
    async def connect(self):
        _, target = await asyncio.get_running_loop().create_connection(Side, "127.0.0.1", int(sys.argv[2]))
        target.other, self.other = self, target
        target.transport.write(b"".join(self.early))
async def main():
    server = await asyncio.get_running_loop().create_server(Client, "127.0.0.1", int(sys.argv[1]))
    await server.serve_forever()
uvloop.run(main())
"""

_PLAIN = """
import asyncio, sys, httptools, uvloop
HOST = b"127.0.0.1:" + sys.argv[2].encode()
HOP = {b"connection", b"proxy-connection", b"keep-alive", b"te", b"transfer-encoding", b"upgrade", b"host"}
class Side(asyncio.Protocol):
    other = None
    def __init__(self): self.parser, self.out = self.new_parser(), []; self.on_message_begin()
    def on_message_begin(self): self.pairs, self.url, self.reason, self.chunked = [], b"", b"", False
    def on_url(self, url): self.url += url
    def on_status(self, reason): self.reason += reason
    def on_header(self, name, value):
        if name.lower() == b"transfer-encoding": self.chunked = True
        if name.lower() not in HOP: self.pairs.append(b"%b: %b" % (name, value))
    def on_headers_complete(self):
        if self.chunked: self.pairs.append(b"Transfer-Encoding: chunked")
        self.out.append(b"\\r\\n".join([self.first_line(), *self.pairs, b"", b""]))
    def on_body(self, body): self.out.append(b"%x\\r\\n%b\\r\\n" % (len(body), body) if self.chunked else body)
    def on_message_complete(self):
        if self.chunked: self.out.append(b"0\\r\\n\\r\\n")
    def connection_made(self, transport): self.transport = transport
    def connection_lost(self, exc): self.other and self.other.transport.close()
    def data_received(self, data):
        self.parser.feed_data(data)
        self.flush()
    def flush(self):
        if self.other:
            self.other.transport.write(b"".join(self.out))
            self.out.clear()
class Target(Side):
    def new_parser(self): return httptools.HttpResponseParser(self)
    def first_line(self): return b"HTTP/1.1 %d %b" % (self.parser.get_status_code(), self.reason)
class Client(Side):
    def new_parser(self): return httptools.HttpRequestParser(self)
    def first_line(self): return b"%b %b HTTP/1.1\\r\\nHost: %b" % (self.parser.get_method(), self.url, HOST)
    def connection_made(self, transport):
        super().connection_made(transport)
        asyncio.get_running_loop().create_task(self.connect())
    async def connect(self):
        _, target = await asyncio.get_running_loop().create_connection(Target, "127.0.0.1", int(sys.argv[2]))
        target.other, self.other = self, target
        self.flush()
async def main():
    server = await asyncio.get_running_loop().create_server(Client, "127.0.0.1", int(sys.argv[1]))
    await server.serve_forever()
uvloop.run(main())
"""

_NGINX = """
worker_processes 1; daemon off; pid {folder}/pid; error_log {folder}/errors;
events {{ worker_connections 1024; }}
http {{
  access_log off; keepalive_requests 1000000000; keepalive_timeout 300;
  client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
  uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
  upstream target {{ server 127.0.0.1:{target}; keepalive 64; keepalive_requests 1000000000; }}
  server {{
    listen 127.0.0.1:{port};
    location / {{ proxy_pass http://target; proxy_http_version 1.1; proxy_set_header Connection ""; }}
  }}
}}
"""


# ---- the ways --------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _server(command: list[str], port: int) -> Iterator[None]:
    """A server on a port until the context ends; no processor is its own."""
    environment = {**os.environ, "PYTHONPATH": str(shared.ROOT / "src")}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    try:
        for _ in range(400):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.5):
                break
            if process.poll() is not None:
                raise SystemExit(f"{command[0]} ended with {process.returncode} before it listened")
            time.sleep(0.05)
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def _ways(folder: Path) -> Iterator[dict[str, int]]:
    """Every way's port."""
    with contextlib.ExitStack() as stack:

        def start(*command: str, port: int) -> int:
            stack.enter_context(_server(list(command), port))
            return port

        target = shared._free_port()
        start(sys.executable, "-c", shared._MOCK, str(target), shared.TOKEN, port=target)
        ways = {"direct": target}
        for name, program in (("relay", _RELAY), ("plain", _PLAIN)):
            port = shared._free_port()
            ways[name] = start(sys.executable, "-c", program, str(port), str(target), port=port)
        if nginx := shutil.which("nginx"):
            port = shared._free_port()
            (folder / "nginx.conf").write_text(_NGINX.format(folder=folder, port=port, target=target))
            folder.chmod(0o755)  # the worker runs as another user where the master is root
            ways["nginx"] = start(nginx, "-c", str(folder / "nginx.conf"), "-e", str(folder / "errors"), port=port)
        port = shared._free_port()
        record = ("-m", "leadproof", "record", "--target", f"http://127.0.0.1:{target}", "--port", str(port))
        ways["recorder"] = start(sys.executable, *record, "--no-har", "--out", str(folder / "out"), port=port)
        yield ways


# ---- the load --------------------------------------------------------------------------------------------------------


class _Connection:
    """One connection of the client: requests leave on time, responses come back in order."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.due: list[float] = []
        self._data = b""

    def send(self, request: bytes, due: float) -> None:
        self.due.append(due)
        self.socket.sendall(request)

    def read(self, now: float) -> list[float]:
        """The latencies of the responses that are complete now."""
        self._data += self.socket.recv(262_144)
        found = []
        while (end := self._data.find(b"\r\n\r\n")) >= 0:
            head = self._data[:end].lower()
            if not head.startswith(b"http/1.1 200"):
                raise SystemExit(f"unexpected response: {self._data[:400]!r}")
            whole = end + 4 + int(head.partition(b"content-length:")[2].split(b"\r\n")[0])
            if len(self._data) < whole:
                break
            self._data = self._data[whole:]
            found.append(now - self.due.pop(0))
        return found


def _load(port: int, requests: list[bytes], rate: float, seconds: float) -> tuple[list[float], float]:
    """Latencies on an open schedule, from the intended start, and the p99 of the schedule's own lag, in seconds."""
    connections = [_Connection(port) for _ in range(CONNECTIONS)]
    by_socket = {one.socket: one for one in connections}
    latencies: list[float] = []
    lags: list[float] = []
    begin, count, sent = time.perf_counter() + 0.1, int(rate * seconds), 0
    deadline = begin + seconds + 10
    while len(latencies) < count:
        now = time.perf_counter()
        if sent < count and (due := begin + sent / rate) <= now:
            connections[sent % CONNECTIONS].send(requests[sent % len(requests)], due)
            lags.append(now - due)
            sent += 1
            continue
        if now > deadline:
            raise SystemExit(f"{count - len(latencies)} of {count} responses did not come")
        # select, because it waits for microseconds where epoll would wait for milliseconds.
        ready = select.select(list(by_socket), [], [], (due if sent < count else deadline) - now)[0]
        for one in ready:
            latencies += by_socket[one].read(time.perf_counter())
    for one in connections:
        one.socket.close()
    return latencies, shared._percentile(lags, 99)


# ---- the figures -----------------------------------------------------------------------------------------------------


def measure(rounds: int, seconds: float, rate: float) -> dict[str, Any]:
    """Everything, as data; milliseconds."""
    body = shared.bodies.encode_request("ping", "json", shared._VALUE)
    load = shared.Load("POST", "/v2/insert/ping", "application/json", body)
    turns: dict[str, list[dict[str, float]]] = {}
    with tempfile.TemporaryDirectory() as name:
        with _ways(Path(name)) as ways:
            requests = {
                way: [load.request(port, number) for number in range(load.different)] for way, port in ways.items()
            }
            for number in range(rounds + 1):
                direct = 0.0
                for way, port in ways.items():
                    latencies, lag = _load(port, requests[way], rate, 1.0 if number == 0 else seconds)
                    p99 = shared._percentile(latencies, 99) * 1e3
                    direct = p99 if way == "direct" else direct
                    if number:  # the first, short round warms up
                        row = {"p50": shared._percentile(latencies, 50) * 1e3, "p99": p99, "added": p99 - direct}
                        row |= {"max": max(latencies) * 1e3, "lag p99": lag * 1e3}
                        turns.setdefault(way, []).append(row)
        [run] = (Path(name) / "out").iterdir()
        written = sum(1 for _ in (run / "exchanges.ndjson").open("rb"))
    figures = {
        way: {figure: statistics.median(row[figure] for row in rows) for figure in rows[0]}
        for way, rows in turns.items()
    }
    quiet = all(row["lag p99"] <= LAG for row in figures.values()) and figures["plain"]["added"] >= LEAST
    return {
        "rate": rate,
        "ways": figures,
        "recorded": written,
        "sent": int(rate) + int(rate * seconds) * rounds,
        "ratio": figures["recorder"]["added"] / figures["plain"]["added"] if quiet else None,
    }


def _print(result: dict[str, Any]) -> None:
    print(f"{result['rate']:g} pings per second on an open schedule, milliseconds, median of the rounds\n")
    names = ("p50", "p99", "added", "max", "lag p99")
    print(f"{'':12}" + "".join(f"{name:>10}" for name in names))
    for way, row in result["ways"].items():
        print(f"{way:12}" + "".join(f"{row[name]:10.2f}" for name in names))
    print(f"\nrecorded: {result['recorded']} of {result['sent']}")
    if result["ratio"] is None:
        print("the machine is too busy for a figure")
        return
    reached = "yes" if _reached(result) else "NO"
    print(f"added p99, recorder / plain {result['ratio']:8.2f}   to reach {WANTED:g}   {reached}")


def _reached(result: dict[str, Any]) -> bool:
    return result["ratio"] is not None and result["ratio"] <= WANTED and result["recorded"] == result["sent"]


def main() -> int:
    parser = argparse.ArgumentParser(description="Benchmark of the recorder.")
    parser.add_argument("--rounds", type=int, default=7, help="rounds in which the ways take turns (default 7)")
    parser.add_argument("--seconds", type=float, default=3, help="seconds of one way in one round (default 3)")
    parser.add_argument("--rate", type=float, default=RATE, help=f"requests per second (default {RATE})")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--check", action="store_true", help="exit 1 if the figure is not reached")
    arguments = parser.parse_args()
    result = measure(arguments.rounds, arguments.seconds, arguments.rate)
    print(json.dumps(result, indent=1)) if arguments.json else _print(result)
    return 1 if arguments.check and not _reached(result) else 0


if __name__ == "__main__":
    sys.exit(main())
