"""The page of a load that runs: `LivePage` is the load's side of it, `serve` is what runs in the page's process.

The two share a pipe each way and nothing else. The page ends when the load does; Stop on the page is a line that the
load reads. So nobody can stop a load by the network who has not the page's cookie, and no page can hold a load up.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import threading
import time
import webbrowser
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

import click

from leadproof.core.gc import tune_gc
from leadproof.load.driver import lower_thread_priority

if TYPE_CHECKING:
    from leadproof.web.site import Site

#: Seconds that a page is given to begin and to end, and browsers to take what is new at the end.
_BEGIN, _END, _LAST = 60.0, 10.0, 3.0

#: Seconds between two looks at the list of runs, of which the page is not made.
_INDEX = 20.0

#: What the page says to the load: an address, and that it is to stop.
_AT, _STOP = "at ", "stop"

#: What the page has no use for.
_SECRETS = ("LEADPROOF_API_KEY", "LEADPROOF_BEARER_TOKEN")


class LivePage:
    """A page beside a load. A context manager; where no page begins, the load goes on without it.

    Args:
        run: The run directory, which has its first row.
        out: The folder that it is in.
    """

    def __init__(self, run: Path, out: Path) -> None:
        self._run, self._out = run, out
        self._process: subprocess.Popen[str] | None = None
        self._url = ""
        self._begun, self._stop = threading.Event(), threading.Event()
        self._reader = threading.Thread(target=self._read, name="leadproof-page", daemon=True)

    def __enter__(self) -> LivePage:
        line = [
            sys.executable,
            "-m",
            "leadproof",
            "serve",
            "--end-with-stdin",
            "--watching",
            os.path.abspath(self._run),
        ]
        self._process = subprocess.Popen(
            line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            env={name: value for name, value in os.environ.items() if name not in _SECRETS},
            start_new_session=True,  # so that Ctrl-C ends the load, and the page when the load has ended
        )  # fmt: skip
        self._reader.start()
        self._begun.wait(_BEGIN)
        if not self._url:
            click.echo("leadproof: no page began, so the load goes on without; leadproof serve shows it", err=True)
            return self
        click.echo(f"leadproof: watch and stop it at\n  {self._url}", err=True)
        if sys.stderr.isatty() and has_display(os.environ):
            webbrowser.open(self._url)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            return
        early = process.poll() is not None
        with contextlib.suppress(OSError):
            process.stdin.close()
        try:
            process.wait(_END)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._reader.join(_END)
        process.stdout.close()
        if self._url:
            words = "the page ended before the load did" if early else "the page has ended with the load"
            command = f"leadproof serve {shlex.quote(str(self._out))}"
            click.echo(f"leadproof: {words}; {command} shows its report", err=True)

    def stop_asked(self) -> bool:
        """Has somebody pressed Stop?"""
        return self._stop.is_set()

    def _read(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith(_AT):
                self._url = line.removeprefix(_AT).strip()
                self._begun.set()
            elif line.strip() == _STOP:
                self._stop.set()
        self._begun.set()


def has_display(environ: Mapping[str, str]) -> bool:
    """Is there a display that a browser could open on?"""
    return sys.platform in ("darwin", "win32") or bool(environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"))


# ---- the page's process ----------------------------------------------------------------------------------------------


def serve(run: Path) -> None:
    """Serves the page of a running load, on a free port of this machine, until standard input ends.

    Args:
        run: The run directory.
    """
    from leadproof.web import serving
    from leadproof.web.access import TOKEN, Access, new_token
    from leadproof.web.app import application
    from leadproof.web.index import Index
    from leadproof.web.pages.live import own_watcher
    from leadproof.web.runs import key_of
    from leadproof.web.site import OwnRun, Site

    key = key_of(run)
    with tempfile.TemporaryDirectory(prefix="leadproof-") as folder, serving.listening("127.0.0.1", 0) as sock:
        index = Index([run], Path(folder) / "runs.sqlite", time.time)
        site = Site(index, own=OwnRun(key, run, run.parent, lambda: _tell(_STOP)))
        access = Access(new_token(), port=sock.getsockname()[1])

        def ready() -> None:
            own_watcher(site).first.wait(_BEGIN)  # what that loads and compiles would come late behind a load
            tune_gc()
            _step_back()
            _tell(f"{_AT}http://127.0.0.1:{access.port}/runs/{key}/live?{TOKEN}={access.token}")

        threading.Thread(target=_end_with_load, args=(site,), daemon=True).start()
        with contextlib.suppress(KeyboardInterrupt), serving.Refreshing(index, _INDEX):
            serving.serve(application(site, access), sock, ready)


def _tell(words: str) -> None:
    with contextlib.suppress(OSError):  # the load is gone, and so is this in a moment
        os.write(1, f"{words}\n".encode())


def _end_with_load(site: Site) -> None:
    """Ends this process when the load has ended, however that was; who looks is shown the end of it before."""
    while os.read(0, 4096):
        pass
    site.watchers.wait(_LAST)
    signal.raise_signal(signal.SIGTERM)


def _step_back() -> None:
    """From now on this process runs when nobody else has anything to do."""
    if hasattr(os, "nice"):
        os.nice(19)
    lower_thread_priority()
