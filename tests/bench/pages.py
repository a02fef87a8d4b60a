"""How fast `leadproof serve` is over many run directories: the index built, and its pages once it is there.

Run it with `make bench-pages`, or `python tests/bench/pages.py [--runs 10000] [--requests 50]`. Some minutes, and two
gigabytes of the disk for as long as it takes; traffic on loopback alone. The directories hold real reports: nine of
ten the example cut to a few clauses and findings (140 kB), the tenth the example as it is (620 kB).
Figures are of the server: the wall clock of a request on loopback, from the first byte that is sent.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from pages import EXAMPLE, serving

from leadproof.web.index import Index

#: What must hold: runs a second, and milliseconds at the 99th percentile.
LEAST, MOST = 300, 300

#: Of so many runs one is large.
_LARGE = 10


def _small(report: dict[str, Any]) -> dict[str, Any]:
    """A run that has little to say."""
    left_out = {"observations": [], "equivalence": [], "latency": {}}
    return report | left_out | {"findings": report["findings"][:5], "clauses": report["clauses"][:25]}


def make(folder: Path, number: int) -> None:
    """Run directories over some years, of 40 subjects."""
    large = json.loads(EXAMPLE.read_bytes())
    small = _small(large)
    pieces = [json.dumps({name: value for name, value in one.items() if name != "run"})[:-1] for one in (small, large)]
    first = datetime(2023, 1, 1, tzinfo=UTC)
    for one in range(number):
        facts = large["run"] | {
            "id": f"run-{one:05}", "target": f"http://127.0.0.1:{41900 + one * 7 % 40}",
            "started": (first + timedelta(minutes=150 * one)).isoformat(),
            "ended": (first + timedelta(minutes=150 * one, seconds=95)).isoformat(),
        }  # fmt: skip
        text = json.dumps(facts)
        path = folder / f"run-{one:05}"
        path.mkdir()
        (path / "run.json").write_text(text, "utf-8")
        (path / "report.json").write_text(f'{pieces[not one % _LARGE]}, "run": {text}}}', "utf-8")


def get(client: httpx.Client, path: str) -> None:
    """A page, which has to be one."""
    client.get(path).raise_for_status()


def timed(call: Callable[[], Any], times: int) -> tuple[float, float, float]:
    """Median, 99th percentile and longest of calls, in milliseconds."""
    found = []
    for _ in range(times):
        began = time.perf_counter()
        call()
        found.append((time.perf_counter() - began) * 1e3)
    found.sort()
    return statistics.median(found), found[min(round(0.99 * times), times - 1)], found[-1]


def main() -> int:
    """Measures, and says what does not hold."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--requests", type=int, default=50)
    asked = parser.parse_args()
    top = Path(tempfile.mkdtemp(prefix="leadproof-bench-"))
    folder = top / "runs"
    folder.mkdir()
    try:
        make(folder, asked.runs)
        size = sum(path.stat().st_size for path in folder.rglob("*.json"))
        print(f"{asked.runs:,} runs, {size / 1e6:,.0f} MB")
        index = Index([folder], top / "index.sqlite", time.time)
        began, processor = time.perf_counter(), time.process_time()
        index.refresh()
        took = time.perf_counter() - began
        rate = asked.runs / took
        used = time.process_time() - processor
        print(f"index built: {rate:,.0f} runs/s in {took:.1f} s; {asked.runs / used:,.0f} a second of a processor")
        began = time.perf_counter()
        index.refresh()
        print(f"looked at again, nothing new: {(time.perf_counter() - began) * 1e3:.0f} ms")
        index.close()
        slow = _requests(top, folder, asked.requests)
        return int(rate < LEAST or slow)
    finally:
        shutil.rmtree(top)


def _requests(top: Path, folder: Path, times: int) -> bool:
    subject = {"command": "certify", "subject": "http://127.0.0.1:41907"}
    pages = {
        "list": "/", "list, last page": "/?page=200", "list, searched": "/?words=run-0123",
        "list, filtered": "/?verdict=failed&state=finished", "subjects": "/trends",
        "trend": f"/trends?{urlencode(subject)}", "reference": "/reference?words=expiry",
    }  # fmt: skip
    slow = False
    with serving(folder, environment={"XDG_CACHE_HOME": str(top / "cache")}) as served, served.client() as client:
        while "are left" in client.get("/").text:
            time.sleep(0.2)
        for name, path in pages.items():
            client.get(path).raise_for_status()
            median, high, longest = timed(partial(get, client, path), times)
            slow |= high > MOST
            print(f"{name:18} p50 {median:6.1f} ms   p99 {high:6.1f} ms   highest {longest:6.1f} ms")
    return slow


if __name__ == "__main__":
    sys.exit(main())
