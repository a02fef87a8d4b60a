"""PDF: the HTML report printed by a browser that is installed, a few pages for people who file and sign.

The browser is a Chromium without a window. It gets a folder of its own, which is removed, no network, and an end.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from leadproof.core.errors import LeadproofError, MissingExtraError
from leadproof.runs.formats import html

#: Names of programs that print, in the order in which they are looked for.
PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")

#: Seconds after which a browser is ended.
DEADLINE = 90.0

_SWITCHES = (
    "--headless", "--disable-gpu", "--no-first-run", "--no-default-browser-check", "--disable-extensions",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-crash-reporter",
    "--disable-dev-shm-usage", "--no-pings", "--host-resolver-rules=MAP * ~NOTFOUND", "--no-pdf-header-footer",
)  # fmt: skip


class PrintingError(LeadproofError):
    """A browser did not print."""


def pdf(report: Mapping[str, Any]) -> bytes:
    """The report as a PDF.

    Raises:
        MissingExtraError: There is no browser.
        PrintingError: It did not print.
    """
    return printed(html.render(report), browser())


def browser() -> str:
    """The program that prints.

    Raises:
        MissingExtraError: There is none.
    """
    found = next((path for name in PROGRAMS if (path := shutil.which(name))), None)
    if found is None:
        raise MissingExtraError(
            "a PDF is printed by Chromium or Chrome, and none is on the path",
            hint="install chromium, or take --format html and print the page in any browser",
        )
    return found


def printed(page: str, program: str, deadline: float = DEADLINE) -> bytes:
    """A page as a PDF.

    Args:
        page: HTML that needs nothing beside it.
        program: A Chromium.
        deadline: Seconds.

    Raises:
        PrintingError: It failed, or took longer.
    """
    with tempfile.TemporaryDirectory(prefix="lp-", dir=_short(), ignore_cleanup_errors=True) as name:
        folder = Path(name)
        source, target = folder / "report.html", folder / "report.pdf"
        source.write_text(page, "utf-8", "backslashreplace")
        root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []  # its sandbox refuses root
        switches = [*_SWITCHES, *root, f"--user-data-dir={folder / 'profile'}", f"--print-to-pdf={target}"]
        said = _run([program, *switches, source.as_uri()], folder, deadline)
        if not target.is_file() or not target.stat().st_size:
            raise PrintingError(f"{program} printed nothing: {_worst(said) or 'it said nothing'}", hint=_HINT)
        return target.read_bytes()


def _short() -> str | None:
    """A folder for temporary ones with a short name: the path of a socket of a browser may be 104 bytes long."""
    return "/tmp" if len(tempfile.gettempdir()) > 30 and Path("/tmp").is_dir() else None


def _worst(said: str) -> str:
    """The line of what a browser said that tells why it ended."""
    lines = said.splitlines() or [""]
    return next((line for line in lines if "FATAL" in line), lines[0])[:300]


_HINT = "take --format html, and print the page in a browser"


def _run(line: list[str], folder: Path, deadline: float) -> str:
    """What a program said, when it and all that it started have ended."""
    own = {"HOME": str(folder), "TMPDIR": str(folder), "XDG_CONFIG_HOME": str(folder), "XDG_CACHE_HOME": str(folder)}
    with (folder / "said").open("w+b") as said:
        try:
            process = subprocess.Popen(
                line, stdin=subprocess.DEVNULL, stdout=said, stderr=said, env={**os.environ, **own},
                start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            raise PrintingError(f"{line[0]} cannot be started: {error}", hint=_HINT) from error
        try:
            process.wait(deadline)
        except subprocess.TimeoutExpired as error:
            raise PrintingError(f"{line[0]} did not print within {deadline:g} s", hint=_HINT) from error
        finally:
            _end(process)
        said.seek(0)
        return said.read().decode("utf-8", "replace").strip()


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ends a program and its children, which share its group."""
    if hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    elif process.poll() is None:
        process.kill()
    process.wait()
