"""How fast is one large HAR judged by one process and by two, and in how much memory?

Run it with `make bench-onefile`, or `python tests/bench/onefile.py [--bytes N] [--rounds N] [--against CHECKOUT]
[--pack]`. No traffic. The HAR is made here, once for each size, and stays in `build/`: pings, creates and posts to the
mock in JSON and in XML with requests and headers, as a browser exports them, every lead a different one. In every
hundredth entry something is wrong.

The ways take turns, round by round:

    one       `leadproof validate` of the file, one process
    two       the same with `--jobs 2`; the report has to be that of one, byte for byte
    halves    two processes that know nothing of each other, at once, each over half of the entries: what the machine
              gives to two processes in the same minute
    older     one process of `--against`, another checkout with its own .venv or the one that this runs in

Told are seconds by the clock on the wall, CPU-seconds, and the most memory of each process. By the wall a figure is one
only where nobody else uses the machine; CPU-seconds hold beside others, nearly.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "src"))

from leadproof import bodies  # noqa: E402 - found in the checkout, installed or not
from leadproof.contract.profile import load  # noqa: E402 - as above
from leadproof.core.exchange import Request, Response  # noqa: E402 - as above
from leadproof.core.operations import OPERATIONS  # noqa: E402 - as above
from leadproof.generate.leads import LeadMaker  # noqa: E402 - as above
from leadproof.mock import Mock  # noqa: E402 - as above

NOW = 1_769_876_712.0
BUILD = ROOT / "build" / "onefile"

#: What a browser sends besides.
ASKED = {
    "accept-encoding": "gzip, deflate, br, zstd", "accept-language": "en-US,en;q=0.9", "cache-control": "no-cache",
    "origin": "https://www.partner.example", "pragma": "no-cache", "referer": "https://www.partner.example/form",
    "sec-ch-ua-mobile": "?0", "sec-ch-ua-platform": '"Linux"', "sec-fetch-dest": "empty", "sec-fetch-mode": "cors",
    "sec-fetch-site": "same-site",
    "user-agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0",
}  # fmt: skip

#: What is sent, in turn.
SENT = (
    ("ping", "json"), ("inbound_post", "json"), ("create_lead", "json"), ("ping", "xml"), ("create_lead", "xml"),
    ("create_call_lead", "json"),
)  # fmt: skip

#: Share of entries in which something is wrong.
WRONG = 0.01

#: What has to hold: two / older (or one), halves / two by the wall, and MB of the largest process.
GOALS = {"two / older": 0.4, "halves / two": 0.85, "peak": 150}


# ---- the file --------------------------------------------------------------------------------------------------------


def entries() -> Iterator[str]:
    """Entries without end, as JSON."""
    profile, chance = load(), random.Random(1)
    clock = [NOW]
    mock, maker, key = Mock(profile, clock=lambda: clock[0]), LeadMaker(profile), profile.credentials.api_keys[0]
    number, order = 0, None
    while True:
        for operation, media in SENT:
            number += operation != "inbound_post"
            clock[0] += 0.05
            value, _ = maker.request(operation, (number,), refused=chance.random() < 0.1)
            if operation == "inbound_post":
                if order is None:
                    continue
                value["leads"][0]["properties"]["orderId"] = order
            kind = f"application/{media}"
            headers = (("accept", kind), ("content-type", kind), ("api-key", key), *ASKED.items())
            request = Request(
                "POST", OPERATIONS[operation].path, headers, bodies.encode_request(operation, media, value)
            )
            response = Response(*mock.handle(request))
            if operation == "ping" and media == "json":
                order = json.loads(response.body)["results"][0].get("orderId")
            if chance.random() < WRONG:
                response = response._replace(body=response.body.replace(b"true", b'"yes"', 1))
            yield json.dumps(entry(request, response, clock[0]), indent=1)


def entry(request: Request, response: Response, started: float) -> dict[str, Any]:
    when = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(started))
    kind = dict(request.headers)["content-type"]
    return {
        "startedDateTime": f"{when}.{round(started * 1000) % 1000:03}Z", "time": 41.5,
        "request": {
            "method": request.method, "url": f"https://leads.partner.example{request.target}",
            "httpVersion": "http/2.0", "cookies": [], "queryString": [], "headersSize": -1,
            "headers": [{"name": name, "value": text} for name, text in request.headers],
            "postData": {"mimeType": kind, "text": request.body.decode()}, "bodySize": len(request.body),
        },
        "response": {
            "status": response.status, "statusText": "", "httpVersion": "http/2.0", "cookies": [],
            "headers": [{"name": name, "value": text} for name, text in response.headers],
            "content": {"size": len(response.body), "mimeType": kind, "text": response.body.decode()},
            "redirectURL": "", "headersSize": -1, "bodySize": -1,
        },
        "cache": {}, "timings": {"send": 0.2, "wait": 40.4, "receive": 0.9},
    }  # fmt: skip


_HEAD = '{"log": {"version": "1.2", "creator": {"name": "bench", "version": "1"}, "pages": [], "entries": ['
_TAIL = "]}}\n"


def made(size: int, packed: str) -> tuple[list[Path], int]:
    """The HAR and its two halves, and the number of entries.

    Args:
        size: Bytes of the HAR, nearly.
        packed: The program that packs them; "" for none.
    """
    BUILD.mkdir(parents=True, exist_ok=True)
    folder = BUILD / f"{size}"
    paths, count = [folder / f"{name}.har" for name in ("whole", "first", "second")], folder / "count"
    if not count.exists():
        folder.mkdir(exist_ok=True)
        number = 0
        files = [path.open("w", encoding="utf-8") for path in paths]
        places = [file.write(_HEAD) for file in files]
        for text in entries():
            half = 1 + (places[1] > size // 2)
            for at in (0, half):
                places[at] += files[at].write((",\n" if places[at] > len(_HEAD) else "") + text)
            number += 1
            if places[0] > size:
                break
        for file in files:
            file.write(_TAIL)
            file.close()
        count.write_text(str(number))
    if packed:
        ending = {"gzip": ".gz", "bzip2": ".bz2", "xz": ".xz"}[packed]
        for path in paths:
            if not path.with_name(path.name + ending).exists():
                subprocess.run([packed, "-kf1", str(path)], check=True)
        paths = [path.with_name(path.name + ending) for path in paths]
    return paths, int(count.read_text())


# ---- a run -----------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Measured:
    """What processes that ran at once came to."""

    #: Seconds, and CPU-seconds of all of them.
    wall: float
    cpu: float
    #: MB of each process, and CPU-seconds of each, the first process first.
    peaks: list[float]
    shares: list[float]
    #: Digest of what they printed.
    printed: str


def ran(checkout: Path, commands: list[list[str]]) -> Measured:
    """Runs commands of a checkout at once."""
    python = checkout / ".venv" / "bin" / "python"
    environment = {**os.environ, "PYTHONPATH": str(checkout / "src")}
    began, before = time.perf_counter(), _children()
    with tempfile.TemporaryDirectory() as name:
        outs = [(Path(name) / str(at)).open("wb") for at in range(len(commands))]
        validate = [str(python if python.exists() else sys.executable), "-m", "leadproof", "validate"]
        processes = [
            subprocess.Popen([*validate, "--no-run", "--json", *command], stdout=out, env=environment)
            for command, out in zip(commands, outs, strict=True)
        ]
        watch = Watch([process.pid for process in processes])
        for process in processes:
            process.wait()
            if process.returncode > 1:
                raise SystemExit(f"validate ended with {process.returncode}")
        wall = time.perf_counter() - began
        watch.end()
        digest = hashlib.sha256()
        for out in outs:
            out.close()
            digest.update(Path(out.name).read_bytes())
    return Measured(wall, _children() - before, watch.peaks(), watch.shares(), digest.hexdigest()[:12])


def _children() -> float:
    found = os.times()
    return found.children_user + found.children_system


class Watch(threading.Thread):
    """Looks at the memory and CPU-seconds of processes and their children in /proc, as long as they are there."""

    def __init__(self, pids: list[int]) -> None:
        super().__init__(daemon=True)
        self._roots, self._over = pids, threading.Event()
        self._peaks: dict[int, float] = {}
        self._shares: dict[int, float] = {}
        self.start()

    def run(self) -> None:
        tick = os.sysconf("SC_CLK_TCK")
        while not self._over.wait(0.1):
            for pid in [one for root in self._roots for one in (root, *_below(root))]:
                try:
                    status = Path(f"/proc/{pid}/status").read_text()
                    times = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                except OSError:
                    continue
                peak = next((line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")), "0")
                self._peaks[pid] = max(self._peaks.get(pid, 0.0), int(peak) / 1024)
                self._shares[pid] = (int(times[11]) + int(times[12])) / tick

    def end(self) -> None:
        self._over.set()
        self.join()

    def peaks(self) -> list[float]:
        return list(self._peaks.values())

    def shares(self) -> list[float]:
        return list(self._shares.values())


def _below(pid: int) -> list[int]:
    try:
        return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bytes", type=int, default=1 << 30)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--against", type=Path, help="an older checkout, which runs in turn with this one")
    parser.add_argument("--pack", choices=("gzip", "bzip2", "xz"), default="", help="the files are packed with it")
    options = parser.parse_args()
    (whole, *halves), count = made(options.bytes, options.pack)
    print(f"{whole.stat().st_size / 1e6:,.0f} MB, {count:,} entries; load of the machine {os.getloadavg()[0]:.1f}")
    ways: dict[str, tuple[Path, list[list[str]]]] = {
        "one": (ROOT, [[str(whole)]]),
        "two": (ROOT, [["--jobs", "2", str(whole)]]),
        "halves": (ROOT, [[str(half)] for half in halves]),
    }
    if options.against:
        ways["older"] = (options.against.resolve(), [[str(whole)]])
    found: dict[str, list[Measured]] = {name: [] for name in ways}
    for _ in range(options.rounds):
        for name, (checkout, commands) in ways.items():
            measured = ran(checkout, commands)
            found[name].append(measured)
            peaks = ", ".join(f"{peak:.0f}" for peak in measured.peaks)
            shares = ", ".join(f"{share:.1f}" for share in measured.shares)
            print(
                f"  {name:7} {measured.wall:7.1f} s  {measured.cpu:7.1f} CPU-s ({shares})  {peaks} MB  "
                f"report {measured.printed}",
                flush=True,
            )
    base = "older" if options.against else "one"
    ratios = {
        f"two / {base}": _median(found["two"], found[base]),
        "halves / two": _median(found["halves"], found["two"]),
        "peak": max(peak for measured in found["two"] for peak in measured.peaks),
    }
    cpu = statistics.median(one.cpu / two.cpu for one, two in zip(found["halves"], found["two"], strict=True))
    print(f"  halves / two in CPU-seconds {cpu:.2f}")
    same = len({measured.printed for name in ("one", "two") for measured in found[name]}) == 1
    print(f"  the reports of one and two are {'the same' if same else 'DIFFERENT'}")
    missed = not same
    for name, ratio in ratios.items():
        goal = GOALS.get(name)
        held = goal is None or (ratio >= goal if name == "halves / two" else ratio <= goal)
        missed |= not held
        print(f"  {name:14} {ratio:7.2f}" + (f"   goal {goal:g}: {'held' if held else 'MISSED'}" if goal else ""))
    return int(missed)


def _median(left: list[Measured], right: list[Measured]) -> float:
    return statistics.median(one.wall / other.wall for one, other in zip(left, right, strict=True))


if __name__ == "__main__":
    sys.exit(main())
