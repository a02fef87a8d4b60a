"""What does it cost a load to be watched? Linux only; traffic on loopback only.

Run it with `make bench-metrics`, or `python tests/bench/metrics.py [--seconds 600] [--rate N] [--otlp] [--check]`.

One mock on one core, the generator and its command on the other, at half of what they reach together (measured first,
by a closed model, unless --rate says it). In turn blocks of a load that nobody watches and of one whose metrics are
scraped every five seconds, with --otlp also sent to a collector as often: `--seconds` of each. Told are lag p50 and p99
of each way over all its blocks, and the difference of neighbours with its 95 % interval; beside it by how much
unwatched blocks differ from each other, which is noise and nothing else.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import statistics
import sys
import tempfile
import threading
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from load import free_port, load, mock

from leadproof.core.histogram import Histogram

#: Seconds between two scrapes, and between two exports.
EVERY = 5.0

#: Seconds of one block, at most.
BLOCK = 60.0

#: The 97.5th percentile of Student's t by degrees of freedom; beyond the last one 1.96 is near enough.
T = {1: 12.71, 2: 4.30, 3: 3.18, 4: 2.78, 5: 2.57, 6: 2.45, 7: 2.36, 8: 2.31, 9: 2.26, 10: 2.23, 12: 2.18, 15: 2.13,
     20: 2.09, 30: 2.04}  # fmt: skip

#: What is compared, in percent.
SHOWN = (50.0, 99.0)

UNWATCHED, WATCHED = "unwatched", "watched"


class Scraper:
    """Scrapes one port every few seconds; the times when nobody listens are none."""

    def __init__(self, port: int) -> None:
        self.url, self.scrapes = f"http://127.0.0.1:{port}/metrics", 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._scrape, daemon=True)

    def __enter__(self) -> Scraper:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(30)

    def _scrape(self) -> None:
        while not self._over.wait(EVERY):
            with contextlib.suppress(OSError), urllib.request.urlopen(self.url, timeout=EVERY) as got:
                self.scrapes += b"leadproof_load_journeys_started_total" in got.read()


@contextlib.contextmanager
def collector() -> Iterator[str]:
    """Takes every export and keeps none."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Prints nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join(30)


def capacity(url: str, folder: Path) -> float:
    """Journeys a second that mock and generator reach together."""
    report = load(
        folder / "capacity", "ping_only", "--target", url, "--model", "closed", "--users", "32", "--duration", "5s",
        "--no-conservation", "--set", "think=[0, 0]",
    )  # fmt: skip
    return float(report["latency"]["counts"]["ended"]) / 5


def block(url: str, folder: Path, rate: float, seconds: float, watched: str, otlp: str) -> dict[str, Any]:
    """One block: its lag as a histogram, what it counted, and how often it was scraped."""
    line = ["ping_only", "--target", url, "--rate", f"{rate:g}", "--duration", f"{seconds:g}s", "--no-conservation"]
    line += ["--max-rate", f"{rate:g}"]
    port, scrapes = free_port(), 0
    if watched == WATCHED:
        with Scraper(port) as scraper:
            report = load(
                folder, *line, "--metrics-port", str(port), *(["--otlp", otlp] if otlp else []),
                timeout=seconds * 2 + 120,
            )  # fmt: skip
        scrapes = scraper.scrapes
    else:
        report = load(folder, *line, timeout=seconds * 2 + 120)
    newest = max(folder.iterdir(), key=lambda path: path.stat().st_mtime)
    lag = Histogram.read(json.loads((newest / "latency.json").read_text("utf-8"))["lag"])
    return {"way": watched, "lag": lag, "scrapes": scrapes, "counts": report["latency"]["counts"]}


def interval(differences: list[float]) -> tuple[float, float]:
    """The mean of differences, and half of its 95 % interval; infinite where there is only one."""
    mean = statistics.fmean(differences)
    if len(differences) < 2:
        return mean, math.inf
    free = len(differences) - 1
    quantile = T[max(known for known in T if known <= free)]
    return mean, quantile * statistics.stdev(differences) / math.sqrt(len(differences))


def compared(blocks: list[dict[str, Any]]) -> dict[str, Any]:
    """The figures: percentiles of each way in ms, and of the differences of neighbours their mean and interval."""
    ways = {way: [one["lag"] for one in blocks if one["way"] == way] for way in (UNWATCHED, WATCHED)}
    whole: dict[str, Any] = {}
    for way, histograms in ways.items():
        merged = Histogram()
        for one in histograms:
            merged.merge(one)
        whole[way] = {f"p{percent:g}": merged.percentile(percent) * 1e3 for percent in SHOWN}
        whole[way] |= {"samples": merged.total, "blocks": len(histograms)}
        whole[way]["scrapes"] = sum(one["scrapes"] for one in blocks if one["way"] == way)
    for percent in SHOWN:
        plain, seen = (
            [one.percentile(percent) * 1e3 for one in histograms] for histograms in (ways[UNWATCHED], ways[WATCHED])
        )
        mean, half = interval([one - other for one, other in zip(seen, plain, strict=True)])
        pairs = [one - other for one, other in zip(plain[::2], plain[1::2], strict=False)]
        whole[f"p{percent:g}"] = {
            "difference": mean,
            "interval": half,
            "noise": statistics.fmean(map(abs, pairs)) if pairs else math.nan,
            "beyond_noise": abs(mean) > half,
            "blocks": {UNWATCHED: plain, WATCHED: seen},
        }
    return whole


def measured(arguments: argparse.Namespace) -> dict[str, Any]:
    """All blocks, in turn: the one way first in every other pair."""
    number = max(round(arguments.seconds / BLOCK), 2)
    seconds = arguments.seconds / number
    with tempfile.TemporaryDirectory() as name, mock() as url, contextlib.ExitStack() as stack:
        folder = Path(name)
        rate = arguments.rate or round(capacity(url, folder) / 2)
        otlp = stack.enter_context(collector()) if arguments.otlp else ""
        blocks = []
        for pair in range(number):
            for way in (UNWATCHED, WATCHED)[:: 1 if pair % 2 == 0 else -1]:
                blocks.append(block(url, folder / "blocks", rate, seconds, way, otlp))
                if not arguments.json:
                    lag = [blocks[-1]["lag"].percentile(percent) * 1e3 for percent in SHOWN]
                    print(f"  {way:10} lag p50 {lag[0]:.3f} ms, p99 {lag[1]:.3f} ms", flush=True)
    return {"rate": rate, "seconds": arguments.seconds, "block": seconds, **compared(blocks)}


def main() -> int:
    """Measures, and prints the figures."""
    parser = argparse.ArgumentParser(description="What it costs a load to be watched.")
    parser.add_argument("--seconds", type=float, default=600.0, help="of load, of each way (default: 600)")
    parser.add_argument("--rate", type=float, help="journeys a second (default: half of what is reached)")
    parser.add_argument("--otlp", action="store_true", help="send the metrics to a collector, too")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--check", action="store_true", help="exit 1 where the lag's p99 grows beyond noise")
    arguments = parser.parse_args()
    found = measured(arguments)
    if arguments.json:
        print(json.dumps(found, indent=1))
    else:
        print(
            f"{found['rate']:g} journeys a second, {found['seconds']:g} s of each way in blocks of {found['block']:g} s"
        )
        for way in (UNWATCHED, WATCHED):
            row = found[way]
            print(
                f"{way:10} lag p50 {row['p50']:.3f} ms  p99 {row['p99']:.3f} ms  {row['samples']:,} samples, "
                f"{row['scrapes']} scrapes"
            )
        for percent in SHOWN:
            row = found[f"p{percent:g}"]
            where = "beyond" if row["beyond_noise"] else "within"
            print(
                f"p{percent:g} of watched less unwatched: {row['difference']:+.3f} ms ± {row['interval']:.3f} (95 %), "
                f"{where} noise; unwatched blocks differ by {row['noise']:.3f} ms"
            )
    grown = found["p99"]["beyond_noise"] and found["p99"]["difference"] > 0
    return 1 if arguments.check and grown else 0


if __name__ == "__main__":
    sys.exit(main())
