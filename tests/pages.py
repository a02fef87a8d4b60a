"""The pages of `leadproof serve` for tests: a server on loopback, runs to show, and a real browser."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "reports" / "examples" / "report.json"

#: Seconds that a server is given to begin or to end.
PATIENCE = 60

#: Clauses that fail in the example and are mended in the later run; one that fails only there.
MENDED, WORSE = "LE2-ACCEPT-RES-02", "LE2-ALL-AUTH-01"


@dataclass(frozen=True)
class Served:
    """A server that runs."""

    #: With the token, as it is printed.
    url: str
    process: subprocess.Popen[str]

    @property
    def base(self) -> str:
        """Scheme, host and port."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"

    @contextlib.contextmanager
    def client(self) -> Iterator[httpx.Client]:
        """Somebody who has opened the address that was printed."""
        with httpx.Client(base_url=self.base, follow_redirects=True, timeout=PATIENCE, trust_env=False) as client:
            client.get(self.url).raise_for_status()
            yield client


@contextlib.contextmanager
def serving(*arguments: str | Path, environment: Mapping[str, str] | None = None) -> Iterator[Served]:
    """`leadproof serve` as a process, on a free port, with a cache of its own if `environment` names one."""
    line = [sys.executable, "-m", "leadproof", "serve", "--port", "0", "--end-with-stdin", *map(str, arguments)]
    process = subprocess.Popen(
        line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, **(environment or {})}
    )
    assert process.stdout is not None
    assert process.stdin is not None
    try:
        url = ""
        while not url and (words := process.stdout.readline()):
            url = next(iter(re.findall(r"http://\S+", words)), "")
        assert url, "the server did not begin"
        yield Served(url, process)
    finally:
        process.send_signal(signal.SIGTERM)
        process.stdin.close()
        process.wait(PATIENCE)
        process.stdout.close()


def make_run(
    folder: Path, name: str, *, report: Mapping[str, Any] | None = None, facts: Mapping[str, Any] | None = None
) -> Path:
    """A run directory with a report, as the list of runs reads it."""
    document: dict[str, Any] = json.loads(EXAMPLE.read_bytes()) | dict(report or {})
    document["run"] = {**document["run"], **(facts or {}), "id": name}
    path = folder / name
    path.mkdir(parents=True)
    (path / "run.json").write_text(json.dumps(document["run"]), "utf-8")
    (path / "report.json").write_text(json.dumps(document), "utf-8")
    return path


def days(number: int) -> dict[str, str]:
    return {"started": f"2026-11-{number:02}T09:00:00.000Z", "ended": f"2026-11-{number:02}T09:01:12.500Z"}


def later_report() -> dict[str, Any]:
    """The example after a release: a clause mended, another broken, everything twice as slow, an objective missed."""
    report: dict[str, Any] = json.loads(EXAMPLE.read_bytes())
    report["findings"] = [row for row in report["findings"] if row["clause"] != MENDED]
    report["findings"].append({**report["findings"][0], "clause": WORSE, "message": "it is broken now"})
    for row in report["clauses"]:
        row["result"] = {MENDED: "passed", WORSE: "failed"}.get(row["id"], row["result"])
    load = report["latency"]
    load["curves"] = {name: [[at, 2 * value] for at, value in points] for name, points in load["curves"].items()}
    for step in load["steps"].values():
        step["latency"] |= {name: 2 * step["latency"][name] for name in ("p50", "p99")}
    load["objectives"][0]["verdict"] = "FAIL"
    return report


def chromium() -> str | None:
    """Where the Chromium of this machine is; None where there is none."""
    return next(filter(None, map(shutil.which, ("chromium", "google-chrome", "chromium-browser"))), None)


@contextlib.contextmanager
def browsing(executable: str, arguments: Sequence[str] = ()) -> Iterator[Any]:
    """A browser of Playwright, which is the one of this machine."""
    from playwright.sync_api import sync_playwright

    root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=[*root, *arguments])
        try:
            yield browser
        finally:
            browser.close()


@contextlib.contextmanager
def tab_at(url: str) -> Iterator[Any]:
    """A tab of a browser that has opened an address, as patient as a busy machine asks for."""
    executable = chromium()
    if executable is None:
        pytest.skip("there is no Chromium on this machine: apt-get install chromium")
    with browsing(executable) as browser:
        tab = browser.new_page()
        tab.set_default_timeout(PATIENCE * 1000)
        tab.goto(url)
        yield tab


def press(tab: Any, link: Any, milliseconds: int = 150) -> None:
    """Clicks as a person does, who holds the button down for a while."""
    link.hover()
    tab.mouse.down()
    tab.wait_for_timeout(milliseconds)
    tab.mouse.up()
