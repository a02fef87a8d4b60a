"""What a call of the command line costs before and beside its work: CPU-seconds of whole processes, in turn.

    python tests/bench/startup.py                          this checkout
    python tests/bench/startup.py --against CHECKOUT       and another one (a path), each call of both in turn
    python tests/bench/startup.py --fresh                  with nothing in the cache, as for somebody's first call

Both checkouts run on the packages of this environment, each with a cache of its own. Time is user and system time of
the process and its children. Seconds are of this machine; the ratio is what can be compared.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent

#: Call -> CPU-seconds that it may take at most.
CALLS = {
    "--version": 0.1,
    "--help": 0.1,
    "explain LE2-PING-RES-05": 0.25,
    "validate {data}/har/good/plain.har": 0.45,
    "validate --as-documented --operation duplicate_check {data}/documentation/responses/duplicate_check.json": 0.45,
    "validate --as-documented --operation create_lead {data}/documentation/responses/create_lead.xml": 0.45,
    "validate --operation create_lead {data}/xml-defects/capital-true.xml": None,
    "compare --operation create_lead {data}/documentation/responses/create_lead.json"
    " {data}/documentation/responses/create_lead.xml": None,
}  # fmt: skip


def cpu(checkout: Path, line: str, folder: Path, *, fresh: bool) -> float:
    """User and system seconds of one call."""
    cache = folder / "cache" / checkout.name / str(abs(hash(checkout)))
    if fresh:
        shutil.rmtree(cache, ignore_errors=True)
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environ |= {"PYTHONPATH": str(checkout / "src"), "XDG_CACHE_HOME": str(cache)}
    words = line.format(data=ROOT / "tests" / "data").split()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, "-m", "leadproof", *words], cwd=folder, env=environ, capture_output=True, check=False
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in (0, 1):
        raise SystemExit(f"{line}: exit code {done.returncode}: {done.stderr.decode()}")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> int:
    """Prints a table; the exit code says whether every call took no more than it may."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--against", type=Path, help="another checkout to compare with")
    parser.add_argument("--runs", type=int, default=20, help="calls of each (default: 20)")
    parser.add_argument("--fresh", action="store_true", help="empty the cache before every call")
    given = parser.parse_args()
    checkouts = [ROOT, *([given.against.resolve()] if given.against else [])]
    late = 0
    print(f"{'median (least) of ' + str(given.runs) + ' runs, CPU-seconds':60}{'here':>16}", end="")
    print(f"{'there':>16}{'ratio':>8}" if given.against else "")
    with tempfile.TemporaryDirectory() as scratch:
        for line, most in CALLS.items():
            for checkout in checkouts:  # what is compiled and cached once for everybody
                cpu(checkout, line, Path(scratch), fresh=False)
            took: dict[Path, list[float]] = {checkout: [] for checkout in checkouts}
            for _ in range(given.runs):
                for checkout in checkouts:
                    took[checkout].append(cpu(checkout, line, Path(scratch), fresh=given.fresh))
            medians = [statistics.median(took[checkout]) for checkout in checkouts]
            shown = " ".join(Path(word).name if "{data}" in word else word for word in line.split())
            figures = [f"{median:.3f} ({min(took[one]):.3f})" for median, one in zip(medians, checkouts, strict=True)]
            ratio = f"{medians[0] / medians[1]:8.2f}" if given.against else ""
            over = most is not None and not given.fresh and medians[0] > most
            late += over
            print(
                f"{shown:60}{''.join(f'{one:>16}' for one in figures)}{ratio}{f'  more than {most}' * over}", flush=True
            )
    return int(late > 0)


if __name__ == "__main__":
    sys.exit(main())
