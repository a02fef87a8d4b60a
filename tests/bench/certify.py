"""What does certify cost, and how many exchanges does it judge in a second? Two checkouts in turn, by CPU time.

Run it with `make bench-certify ARGS="--against CHECKOUT"`, or
`python tests/bench/certify.py [--against CHECKOUT] [--times N] [--exchanges N] [--jobs N] [--json]`.

    suite   `certify --no-load` by the same seed: CPU-seconds (user and system, processes that it starts included), of
            each checkout the least of the times; and whether the reports say the same
    rounds  `certify --no-load --max-exchanges N`: exchanges in a second, on whatever the machine has to spare, and
            CPU-milliseconds of one; the start and the reports included. 0 leaves it out

A figure per second wants a quiet machine; CPU time shifts by a tenth or two where others work beside.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).resolve().parents[2]

#: What is wanted: CPU-seconds of the suite over those of the other checkout, and exchanges in a second on two cores.
SHARE, PER_SECOND = 0.6, 250

#: What differs from run to run: when it was, where the mock listened, and what the run is called.
_PASSING = re.compile(r"127\.0\.0\.1:\d+|\d{8}T\d{6}Z-[0-9a-f]{4}|20\d\d-\d\d-\d\dT[\d:.]+(?:Z|\+00:00)")


class Measured(NamedTuple):
    """One run of the command."""

    cpu: float
    wall: float
    report: dict[str, Any]

    @property
    def exchanges(self) -> int:
        return int(self.report["counts"]["exchanges"])


def certify(checkout: Path, *arguments: str) -> Measured:
    """Runs the command of a checkout, with the libraries of this one."""
    environment = {**os.environ, "PYTHONPATH": str(checkout / "src")}
    with tempfile.TemporaryDirectory() as out:
        line = [sys.executable, "-m", "leadproof", "certify", "--no-load", "--json", "--out", out, *arguments]
        before, began = os.times(), time.monotonic()
        done = subprocess.run(line, env=environment, stdout=subprocess.PIPE, cwd=out, check=False)
        wall, after = time.monotonic() - began, os.times()
    if done.returncode:
        raise SystemExit(f"{checkout}: certify ended with {done.returncode}")
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return Measured(used, wall, json.loads(done.stdout))


def lasting(value: Any, name: str = "") -> Any:
    """A report without what differs from run to run."""
    if isinstance(value, dict):
        return {key: lasting(sub, key) for key, sub in value.items() if key not in ("seconds", "started", "ended")}
    if isinstance(value, list):
        return [lasting(sub) for sub in value]
    return _PASSING.sub("*", value) if isinstance(value, str) else value


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--against", type=Path, help="another checkout")
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--exchanges", type=int, default=15_000)
    parser.add_argument("--jobs", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    checkouts = {"this": HERE, **({"other": given.against.resolve()} if given.against else {})}
    runs: dict[str, list[Measured]] = {name: [] for name in checkouts}
    for _ in range(given.times):
        for name, checkout in checkouts.items():
            runs[name].append(certify(checkout, "--seed", str(given.seed)))
    least = {name: min(found, key=lambda one: one.cpu) for name, found in runs.items()}
    figures: dict[str, Any] = {
        name: {"cpu_s": [round(one.cpu, 2) for one in runs[name]], "exchanges": found.exchanges}
        for name, found in least.items()
    }
    if given.against:
        figures["share"] = round(least["this"].cpu / least["other"].cpu, 3)
        figures["same report"] = lasting(least["this"].report) == lasting(least["other"].report)
    if given.exchanges:
        jobs = ("--jobs", str(given.jobs)) if given.jobs else ()
        found = certify(HERE, "--seed", str(given.seed), "--max-exchanges", str(given.exchanges), *jobs)
        figures["rounds"] = {
            "exchanges": found.exchanges, "wall_s": round(found.wall, 1), "cpu_s": round(found.cpu, 1),
            "per_s": round(found.exchanges / found.wall), "cpu_ms_each": round(1e3 * found.cpu / found.exchanges, 2),
            "wanted_per_s": PER_SECOND, "load_of_machine": round(os.getloadavg()[0], 1),
        }  # fmt: skip
    if given.json:
        print(json.dumps(figures, indent=1))
        return 0
    for name, row in figures.items():
        print(f"{name:12} {json.dumps(row)}")
    if given.against:
        print(f"{'wanted':12} a share of {SHARE} or less")
    return 0


if __name__ == "__main__":
    sys.exit(main())
