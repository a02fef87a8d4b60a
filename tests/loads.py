"""Loads for tests of their pages: a run directory that grows as a load writes it, and `leadproof load --watch`."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from leadproof.contract import profile
from leadproof.judge import Judge
from leadproof.load import scenarios
from leadproof.load.job import Job
from leadproof.load.measures import Window
from leadproof.load.objectives import Objective
from leadproof.load.story import LoadRun
from leadproof.redact import Redactor
from leadproof.runs.evidence import Run
from leadproof.runs.ledger import Ledger

ROOT = Path(__file__).resolve().parent.parent

#: What holds in each fold of `fold`, but for its errors.
GOALS = (Objective("all.p99", 2.0), Objective("errors.ratio", 0.01), Objective("lag.p99", 0.02))


@contextlib.contextmanager
def written(folder: Path, *, rate: float = 100.0, duration: float = 60.0) -> Iterator[LoadRun]:
    """A load that is told by `take`, and writes its rows into a run directory below a folder."""
    job = Job(scenarios.load("ping_only").with_(rate=rate, duration=duration), "http://127.0.0.1:9")
    redactor = Redactor()
    with Run.open(folder, "load", redactor=redactor, target=job.url) as run:
        ledger = Ledger(Judge(job.specification(), profile.load()), redactor, "must", evidence=run)
        yield LoadRun(job, GOALS, ledger, run)


def fold(
    second: float, number: int = 100, *, latency: float = 0.01, failed: int = 0, name: str = "ping", words: str = "5xx"
) -> dict[str, Any]:
    """What a worker measured in a second."""
    window = Window()
    window.step(name, "json").latency.record(latency, number)
    window.step(name, "json").service.record(latency, number)
    window.journeys.record(latency, number)
    window.lag.record(0.001, number)
    window.counts |= {"offered": number, "started": number, "completed": number - failed, "failed": failed}
    for _ in range(failed):
        window.error(name, "http.5xx", words)
    window.outcome(name, words)
    return window.fold(second, Counter(pings=number), {}, cpu=0.2, memory=80.0)


@dataclass(frozen=True)
class Watched:
    """A load that was started with --watch."""

    process: subprocess.Popen[str]
    #: Of its page, as it is printed.
    url: str
    out: Path

    @property
    def run(self) -> Path:
        """Its run directory."""
        (found,) = self.out.iterdir()
        return found

    def page(self) -> int:
        """The process of the page."""
        return next(
            int(path.parent.name) for path in Path("/proc").glob("[0-9]*/cmdline")
            if f"--watching\0{self.run}" in path.read_text("utf-8", "replace")
        )  # fmt: skip

    def ended(self) -> tuple[int, str, str]:
        """Exit code, standard output and what is left of standard error, when the load has ended."""
        out, err = self.process.communicate(timeout=120)
        return self.process.returncode, out, err


@contextlib.contextmanager
def watched(out: Path, *arguments: str) -> Iterator[Watched]:
    """`leadproof load ping_post --watch` against a mock of its own."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("LOCUST_", "LEADPROOF_"))}
    clean = {name: value for name, value in clean.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    line = [sys.executable, "-m", "leadproof", "load", "ping_post", "--watch", "--out", str(out), *arguments]
    process = subprocess.Popen(
        line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=clean | {"PYTHONPATH": str(ROOT / "src")}
    )
    with process:
        try:
            assert process.stderr is not None
            url = next(found[0] for words in process.stderr if (found := re.search(r"http://\S+", words)))
            yield Watched(process, url, out)
        finally:
            if process.poll() is None:
                process.terminate()
                process.communicate(timeout=120)
