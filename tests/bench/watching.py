"""What does it cost a load that somebody looks at its page? Linux only (/proc); traffic on loopback only.

Run it with `make bench-watch`, or `python tests/bench/watching.py [--rate 5000] [--block 30] [--rounds 4] [--check]`.

One mock on one core, the generator and its command on the other, in turn blocks of a load

* unwatched  without a page
* reader     with --watch, and somebody who takes every event of the page and draws nothing
* killed     the same; after a third of the block the page's process is killed, after two thirds opened again
* browser    with --watch in a headless Chromium, which takes processor time of its own: on two cores that is felt

Told are for each block lag p99, completed requests a second and the processor time of the page's process as a share of
the generator's; and for each way the difference to the unwatched blocks of the same round with its 95 % interval,
beside by how much unwatched blocks differ from each other, which is noise and nothing else.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from load import CLIENT, environment, mock
from metrics import interval

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

import httpx  # noqa: E402 - after the path of what tests share
from pages import browsing, chromium, serving  # noqa: E402 - as above

from leadproof.core.histogram import Histogram  # noqa: E402 - as above

UNWATCHED, READER, KILLED, BROWSER = "unwatched", "reader", "killed", "browser"

#: Share of the generator's processor time that a page may take.
MOST = 0.02


class Processes:
    """Processor time of a load's processes, looked at twice a second."""

    def __init__(self, load: int) -> None:
        self._load, self._over = load, threading.Event()
        #: What it is -> seconds, by process.
        self.seconds: dict[str, dict[int, float]] = {"locust": {}, "serve": {}}
        #: Of the page at its first look: what it loads, it loads before the load begins.
        self.begun: dict[int, float] = {}
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Processes:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(30)

    def page(self) -> int:
        """The process of the page; 0 where there is none."""
        return max(self.seconds["serve"], default=0)

    def total(self, what: str) -> float:
        """Seconds of all processes of a kind, those of a page from when the load was on."""
        return sum(seconds - self.begun.get(pid, 0.0) for pid, seconds in self.seconds[what].items())

    def _look(self) -> None:
        while not self._over.wait(0.5):
            for pid, seconds, words in _children(self._load):
                for what, found in self.seconds.items():
                    if f"\0{what}\0" in words:
                        found[pid] = seconds
                        if what == "serve" and not self.seconds["locust"]:
                            self.begun[pid] = seconds


def _children(parent: int) -> Iterator[tuple[int, float, str]]:
    """Child processes: pid, processor seconds, command line."""
    tick = os.sysconf("SC_CLK_TCK")
    for path in Path("/proc").iterdir():
        if path.name.isdecimal():
            with contextlib.suppress(OSError, IndexError):
                fields = (path / "stat").read_text().rpartition(")")[2].split()
                if int(fields[1]) == parent:
                    words = (path / "cmdline").read_bytes().decode(errors="replace")
                    yield int(path.name), (int(fields[11]) + int(fields[12])) / tick, words


# ---- who looks -------------------------------------------------------------------------------------------------------


class Reading:
    """Takes the events of a page until it ends, and counts them."""

    def __init__(self, url: str) -> None:
        self.events = 0
        self._url, self._thread = url, threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def join(self) -> None:
        """Waits until the page has ended."""
        self._thread.join(60)

    def _read(self) -> None:
        parts = urlsplit(self._url)
        with contextlib.suppress(httpx.HTTPError), httpx.Client(timeout=60, trust_env=False) as client:
            client.get(self._url, follow_redirects=True)
            events = f"{parts.scheme}://{parts.netloc}{parts.path}/events"
            with client.stream("GET", events) as stream:
                for line in stream.iter_lines():
                    self.events += line.startswith("event: parts")


def read(url: str, processes: Processes, folder: Path, seconds: float) -> int:
    """Somebody who reads to the end."""
    reading = Reading(url)
    reading.join()
    return reading.events


def killed(url: str, processes: Processes, folder: Path, seconds: float) -> int:
    """The page's process dies, and another one is opened."""
    first = Reading(url)
    time.sleep(seconds / 3)
    os.kill(processes.page(), signal.SIGKILL)
    first.join()
    time.sleep(seconds / 3)
    with serving(folder) as served:
        key = urlsplit(url).path.split("/")[2]
        second = Reading(served.url.replace("/?", f"/runs/{key}/live?"))
        time.sleep(seconds / 3)
    second.join()
    return first.events + second.events


def browse(url: str, processes: Processes, folder: Path, seconds: float) -> int:
    """A browser that shows the page to the end of the load."""
    executable = chromium()
    assert executable is not None
    with browsing(executable) as browser:
        page = browser.new_page()
        page.goto(url)
        page.get_by_text("its report is written").wait_for(timeout=(seconds + 120) * 1e3)
        return 1


WAYS: dict[str, Callable[[str, Processes, Path, float], int] | None] = {
    UNWATCHED: None, READER: read, KILLED: killed, BROWSER: browse,
}  # fmt: skip


def block(target: str, folder: Path, rate: float, seconds: float, way: str) -> dict[str, Any]:
    """One load."""
    look = WAYS[way]
    line = [sys.executable, "-m", "leadproof", "load", "ping_only", "--target", target, "--rate", f"{rate:g}"]
    line += ["--duration", f"{seconds:g}s", "--max-rate", f"{rate:g}", "--no-conservation", "--json"]
    line += ["--out", str(folder), *(["--watch"] if look else [])]
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(
            line, stdout=out, stderr=subprocess.PIPE, text=True, env=environment(),
            preexec_fn=lambda: os.sched_setaffinity(0, {CLIENT}),
        )  # fmt: skip
        with process, Processes(process.pid) as processes:
            seen = 0
            if look is not None and process.stderr is not None:
                url = next(found[0] for said in process.stderr if (found := re.search(r"http://\S+", said)))
                seen = look(url, processes, folder, seconds)
            process.communicate(timeout=seconds + 120)
        out.seek(0)
        latency = json.loads(out.read())["latency"]
    newest = max(folder.iterdir(), key=lambda path: path.stat().st_mtime)
    lag = Histogram.read(json.loads((newest / "latency.json").read_text("utf-8"))["lag"])
    generator = processes.total("locust")
    return {
        "way": way, "lag_ms": lag.percentile(99) * 1e3, "completed": latency["counts"]["completed"] / seconds,
        "offered": latency["counts"]["offered"] / seconds, "seen": seen, "generator": generator,
        "page": processes.total("serve") / generator if generator else math.nan,
    }  # fmt: skip


def compared(blocks: list[dict[str, Any]]) -> dict[str, Any]:
    """Each way against the unwatched block of its round."""
    found: dict[str, Any] = {}
    plain = [one for one in blocks if one["way"] == UNWATCHED]
    for name in ("lag_ms", "completed"):
        pairs = [abs(one[name] - other[name]) for one, other in pairwise(plain)]
        found[f"noise_{name}"] = statistics.fmean(pairs) if pairs else math.nan
    for way in dict.fromkeys(one["way"] for one in blocks if one["way"] != UNWATCHED):
        rows = [one for one in blocks if one["way"] == way]
        row: dict[str, Any] = {"page": statistics.fmean(one["page"] for one in rows)}
        for name in ("lag_ms", "completed"):
            mean, half = interval([one[name] - other[name] for one, other in zip(rows, plain, strict=True)])
            row[name] = {"difference": mean, "interval": half, "beyond_noise": abs(mean) > half}
        found[way] = row
    return found


def main() -> int:
    """Measures, and prints the figures."""
    parser = argparse.ArgumentParser(description="What it costs a load that somebody looks at its page.")
    parser.add_argument("--rate", type=float, default=5000.0, help="journeys a second (default: 5000)")
    parser.add_argument("--block", type=float, default=30.0, help="seconds of a block (default: 30)")
    parser.add_argument("--rounds", type=int, default=4, help="blocks of each way (default: 4)")
    parser.add_argument("--ways", nargs="*", choices=[*WAYS], default=[*WAYS], help="which ways (default: all)")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--check", action="store_true", help="exit 1 where a page costs more than it may")
    arguments = parser.parse_args()
    ways = [way for way in WAYS if way in (UNWATCHED, *arguments.ways) and (way != BROWSER or chromium())]
    blocks = []
    with tempfile.TemporaryDirectory() as name, mock() as url:
        for number in range(arguments.rounds):
            for way in ways[:: 1 if number % 2 == 0 else -1]:
                blocks.append(block(url, Path(name), arguments.rate, arguments.block, way))
                if not arguments.json:
                    print(_told(blocks[-1]), flush=True)
    found = {"rate": arguments.rate, "block": arguments.block, "blocks": blocks, **compared(blocks)}
    print(json.dumps(found, indent=1) if arguments.json else "\n".join(_summary(found)))
    watched = [found[way] for way in ways if way in (READER, KILLED)]
    bad = any(
        row["page"] > MOST
        or (row["lag_ms"]["beyond_noise"] and row["lag_ms"]["difference"] > 0)
        or (row["completed"]["beyond_noise"] and row["completed"]["difference"] < 0)
        for row in watched
    )
    return 1 if arguments.check and bad else 0


def _told(one: dict[str, Any]) -> str:
    page = "" if one["way"] == UNWATCHED else f", page {one['page']:.1%} of the generator, {one['seen']} events seen"
    return (
        f"  {one['way']:10} lag p99 {one['lag_ms']:.2f} ms, completed {one['completed']:,.0f}/s of "
        f"{one['offered']:,.0f}/s{page}"
    )


def _summary(found: dict[str, Any]) -> Iterator[str]:
    yield (
        f"unwatched blocks differ from each other by {found['noise_lag_ms']:.2f} ms and "
        f"{found['noise_completed']:,.0f}/s"
    )
    for way in (way for way in WAYS if way in found):
        lag, completed = found[way]["lag_ms"], found[way]["completed"]
        words = {False: "within noise", True: "beyond noise"}
        yield (
            f"{way:10} lag p99 {lag['difference']:+.2f} ms ± {lag['interval']:.2f} ({words[lag['beyond_noise']]}), "
            f"completed {completed['difference']:+,.0f}/s ± {completed['interval']:,.0f} "
            f"({words[completed['beyond_noise']]}), page {found[way]['page']:.1%} of the generator's processor time"
        )


if __name__ == "__main__":
    sys.exit(main())
