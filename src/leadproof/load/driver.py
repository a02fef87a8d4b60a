"""The processes of a load run: locust, which puts the load on, and the mock where no target was named.

Locust is never imported here: it patches the standard library. It runs in a process group of its own and hears one word
from us (stop); when we are gone, its socket ends and it stops by itself. The credential goes to it in the environment.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import queue
import re
import signal
import site
import socket
import struct
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import msgspec

import leadproof
from leadproof.core import installation, resources
from leadproof.core.errors import ServerError, UsageError
from leadproof.core.target import Target
from leadproof.load import guard
from leadproof.load.job import SECRET, Job, private

#: Variables by which locust's configuration could be changed.
_FOREIGN = "LOCUST_"

#: The locust file that carries whatever job it is given.
GENERAL = "ping_post"

#: Exit code of a locust that was to be a worker and has found no master: -1.
_NO_MASTER = 255

#: Seconds that locust is given to end after its last frame, or after it was told to stop.
GRACE = 20.0

#: Frames that wait for the judge; beyond that the socket waits, and the generator keeps what it has no room for.
_WAITING = 600


class Generator:
    """Locust, carrying a job. A context manager; ask for `frame()` after `frame()`."""

    def __init__(
        self, job: Job, target: Target, *, processes: int = 1, master: Mapping[str, Any] | None = None
    ) -> None:
        """Starts nothing yet.

        Args:
            job: The load.
            target: Its target, allowed by the guard.
            processes: Workers on this machine.
            master: Host and port to listen on for workers on other machines, and how many are expected, for how long.

        Raises:
            MissingExtraError: locust is not installed.
        """
        require_locust()
        self._job, self._target, self._processes, self._master = job, target, processes, master
        self._queue: queue.Queue[bytes | None] = queue.Queue(_WAITING)
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - as long-lived as the generator
        self._home = tempfile.TemporaryDirectory(prefix="leadproof-")
        self._process: subprocess.Popen[bytes] | None = None
        self._ours: socket.socket | None = None
        self._reader = threading.Thread()

    def __enter__(self) -> Generator:
        ours, theirs = socket.socketpair()
        self._ours = ours
        environment = _environment(self._home.name, private(self._target)) | {
            "LEADPROOF_LOAD_JOB": json.dumps(self._job.data()),
            "LEADPROOF_LOAD_CHANNEL": str(theirs.fileno()),
        }
        self._process = subprocess.Popen(
            command(self._job, self._target, processes=self._processes, master=self._master),
            env=environment,
            cwd=self._home.name,
            pass_fds=(theirs.fileno(),),
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,  # so that Ctrl-C reaches us alone, and locust hears of it in our words
        )
        theirs.close()
        self._reader = threading.Thread(target=self._read, name="leadproof-frames", daemon=True)
        self._reader.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()
        if self._ours is not None:
            with contextlib.suppress(OSError):
                self._ours.shutdown(socket.SHUT_RDWR)
            while self._reader.is_alive():  # it may be waiting for room
                self.frame(0.05)
            self._ours.close()
        self._log.close()
        self._home.cleanup()

    def frame(self, patience: float = 0.25) -> dict[str, Any] | None:
        """The next frame; an empty one where none came for `patience` seconds, None when there are no more."""
        try:
            data = self._queue.get(timeout=patience)
            return None if data is None else msgspec.msgpack.decode(data)
        except queue.Empty:
            return {}
        except msgspec.DecodeError:
            return None

    @property
    def behind(self) -> bool:
        """Does more wait to be taken than there will be time for?"""
        return self._queue.qsize() > _WAITING / 2

    def stop(self) -> None:
        """Tells locust to end the run with what there is."""
        if self._ours is not None:
            with contextlib.suppress(OSError):
                self._ours.sendall(b"s")

    def end(self) -> int:
        """Waits for locust to end, or ends it; its exit code."""
        process = self._process
        if process is None:
            return 0
        try:
            return process.wait(GRACE / 4)
        except subprocess.TimeoutExpired:
            self.stop()
        for number in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, number)  # the group that was made for this process
            with contextlib.suppress(subprocess.TimeoutExpired):
                return process.wait(GRACE / 4)
        return process.poll() or -1

    def log(self) -> str:
        """The last that locust has printed."""
        self._log.seek(0, os.SEEK_END)
        self._log.seek(max(self._log.tell() - 20_000, 0))
        return self._log.read().decode("utf-8", "backslashreplace")

    def _read(self) -> None:
        assert self._ours is not None
        lower_thread_priority()
        with contextlib.suppress(OSError, ValueError), self._ours.makefile("rb") as file:
            while len(head := file.read(4)) == 4:
                self._queue.put(file.read(struct.unpack(">I", head)[0]))
        self._queue.put(None)


def _environment(home: str, secret: str) -> dict[str, str]:
    """The environment of a locust of ours: with the secret, and without what would change its configuration behind the
    run's back. Locust reads files in the current folder and at home, so it gets an empty folder as both.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
    paths = [str(Path(leadproof.__file__).parent.parent), *filter(None, kept.get("PYTHONPATH", "").split(os.pathsep))]
    return kept | {
        "HOME": home,
        "USERPROFILE": home,
        "PYTHONUSERBASE": site.getuserbase(),
        "PYTHONPATH": os.pathsep.join(os.path.abspath(one) for one in paths),
        "PYTHONUNBUFFERED": "1",
        **({SECRET: secret} if secret else {}),
    }


def lower_thread_priority() -> None:
    """Lets the generator go first where both share a core: what this thread does may wait, an arrival may not.

    A lower priority alone is not enough: who runs is left the rest of its slice, some milliseconds. On Linux the policy
    belongs to the thread, and without privileges there is no way back: it is for a thread of its own.
    """
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


def command(job: Job, target: Target, *, processes: int = 1, master: Mapping[str, Any] | None = None) -> list[str]:
    """Locust's command line. Nothing in it is secret."""
    users = max(processes, int((master or {}).get("workers", 1)), job.users)
    # Workers elsewhere do not know the scenario when they start: theirs is the general file, and locust compares names.
    file = locust_file(GENERAL if master else job.scenario.name)
    line = [sys.executable, "-m", "locust", "-f", str(file), "--headless", "--only-summary"]
    line += ["--host", target.base, "--users", str(users), "--spawn-rate", "100", "--stop-timeout", "0"]
    if not target.loopback:
        line += [guard.OPTION, target.host]
    if processes > 1:  # locust's own choice is a port that another run may have, on every interface
        port = str(_free_port())
        line += ["--processes", str(processes), "--master-bind-host", "127.0.0.1", "--master-bind-port", port]
        line += ["--master-port", port]
    if master:
        line += ["--master", "--expect-workers", str(master["workers"]), "--master-bind-host", str(master["host"])]
        line += ["--expect-workers-max-wait", str(math.ceil(master["wait"]))]
        line += ["--master-bind-port", str(master["port"])]
    return line


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def locust_file(scenario: str) -> Path:
    """The locust file of a scenario; for one of the user's own the general one, since the job says what is done."""
    try:
        return resources.path("loadtests", f"{scenario}.py")
    except FileNotFoundError:
        return resources.path("loadtests", f"{GENERAL}.py")


def worker(arguments: Sequence[str], secret: str) -> int:
    """Runs a worker for a master on another machine until that one ends it; its exit code.

    Whatever interrupts it, locust is told, and given time to send what it has measured.

    Raises:
        MissingExtraError: locust is not installed.
        UsageError: No master was found in the five minutes that locust looks for one.
        KeyboardInterrupt: Ctrl-C, SIGTERM or SIGHUP.
    """
    require_locust()
    line = [sys.executable, "-m", "locust", "-f", str(locust_file(GENERAL)), "--worker", *arguments]
    with tempfile.TemporaryDirectory(prefix="leadproof-") as home:
        process = subprocess.Popen(line, env=_environment(home, secret), cwd=home)
        try:
            code = process.wait()
        except BaseException:
            _end(process)
            raise
    if code == _NO_MASTER:
        raise UsageError(
            "no master responded", hint="check --master-host and --master-port, and that the master listens there"
        )
    return code


def _end(process: subprocess.Popen[Any]) -> None:
    """Tells a process to end, gives it time, and ends it if it has not."""
    process.terminate()
    try:
        process.wait(GRACE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def require_locust() -> None:
    """Ends with a hint where locust is not installed.

    Raises:
        MissingExtraError: It is not.
    """
    installation.require("load", "load tests need locust")


# ---- the mock --------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def mock(arguments: Sequence[str] = ()) -> Iterator[str]:
    """The mock in a process of its own on a free port of this machine; yields its base URL.

    Raises:
        ServerError: It did not start.
    """
    line = [sys.executable, "-m", "leadproof", "mock", "--port", "0", "--end-with-stdin", *arguments]
    process = subprocess.Popen(line, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True, start_new_session=True)
    assert process.stdout is not None
    assert process.stdin is not None  # open for as long as this process lives
    reader: threading.Thread | None = None
    try:
        found = re.search(r"http://\S+", process.stdout.readline())
        if found is None:
            raise ServerError("the mock did not start", hint="leadproof mock says why")
        reader = threading.Thread(target=_discard, args=(process.stdout,), daemon=True)
        reader.start()
        yield found[0]
    finally:
        if reader is None:  # it may be at its start still, and would say that it was interrupted
            process.kill()
        _end(process)
        if reader is not None:
            reader.join(GRACE)
        process.stdout.close()
        process.stdin.close()


def _discard(lines: Any) -> None:
    for _ in lines:
        pass
