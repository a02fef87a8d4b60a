"""A client as a process, for one situation: started with its task, watched until its end, and nothing left of it."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from leadproof.suite.client.guard import guarded
from leadproof.suite.client.played import Ended, Played
from leadproof.suite.client.stage import Stage

#: What a command has in the place of the path of the task's file.
PLACE = "{lead.json}"

#: Exit status by which a client says that it cannot do a task (EX_USAGE of sysexits.h).
UNABLE = 64

#: Seconds between being asked to end and being ended.
GRACE = 3.0

#: Seconds that a client may go on after its last callback, before it is told to end.
_AFTER_CALLBACKS = 4.0

#: Bytes of what a client prints that are kept.
_KEPT = 2_000

_LOOK = 0.02


@dataclass(frozen=True, slots=True)
class Driver:
    """How a client is started."""

    command: tuple[str, ...]
    #: Seconds that it may take, besides what the receiver lets it wait.
    deadline: float = 60.0
    #: Does it send leads of its own, whatever the task says?
    own_leads: bool = False


class _Printed:
    """The end of what a process prints; the rest is read and let go, so that it never waits."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self._pipe = pipe
        self._pieces: deque[bytes] = deque()
        self._size = 0
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        with suppress(OSError, ValueError):
            while piece := os.read(self._pipe.fileno(), 4096):
                self._pieces.append(piece)
                self._size += len(piece)
                while self._size - len(self._pieces[0]) >= _KEPT:
                    self._size -= len(self._pieces.popleft())

    def text(self) -> str:
        """What was printed last."""
        self._thread.join(1)
        return b"".join(tuple(self._pieces))[-_KEPT:].decode(errors="replace")


def drive(driver: Driver, stage: Stage, folder: Path, stopped: Callable[[], bool]) -> Played:
    """Starts a client for a situation, and gives what was seen of it once it has ended, or was ended.

    Args:
        driver: How it is started.
        stage: Plays the situation.
        folder: For the task's file.
        stopped: Is everything to end?

    Raises:
        OSError: It could not be started.
    """
    file = folder / "lead.json"
    environ = {
        **os.environ, "LEADPROOF_URL": stage.url, "LEADPROOF_API_KEY": stage.task.api_key, "LEADPROOF_LEAD": str(file),
    }  # fmt: skip
    with guarded(folder) as watch:
        file.touch(mode=0o600)
        file.write_text(stage.task.text(), "utf-8")
        if driver.own_leads:
            stage.task = replace(stage.task, leads=())
        stage.restart()
        process = subprocess.Popen(
            [word.replace(PLACE, str(file)) for word in driver.command], env=environ, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        assert process.stdout is not None
        try:
            watch(process.pid)
            printed = _Printed(process.stdout)
            ended = _watch(process, stage, driver.deadline + stage.situation.text.slow, stopped)
        finally:
            _end_all(process)
    process.stdout.close()
    code = process.returncode
    unable = ended is Ended.EXITED and code == UNABLE
    if ended is Ended.EXITED and code < 0:
        ended = Ended.CRASHED
    asked = ended in (Ended.EXITED, Ended.TOLD) and code >= 0 and not unable
    return stage.played(ended=ended, believed=code == 0 if asked else None, unable=unable, printed=printed.text())


def _watch(process: subprocess.Popen[bytes], stage: Stage, deadline: float, stopped: Callable[[], bool]) -> Ended:
    ends = time.monotonic() + deadline
    called = 0.0
    while process.poll() is None:
        now = time.monotonic()
        if stage.called_back.is_set() and not called:
            called = now
        if now > ends or stage.flooded.is_set() or stopped():
            return Ended.KILLED
        if called and now - called > _AFTER_CALLBACKS and stage.idle > _AFTER_CALLBACKS / 2:
            _signal(process, signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                process.wait(GRACE)
                return Ended.TOLD
            return Ended.KILLED
        time.sleep(_LOOK)
    return Ended.EXITED


def _end_all(process: subprocess.Popen[bytes]) -> None:
    """Ends the client, and what it has started."""
    if process.poll() is None:
        _signal(process, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(GRACE)
    _signal(process, signal.SIGKILL)
    process.wait()


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):  # the group is gone
        os.killpg(process.pid, number)


def words(command: Sequence[str]) -> str:
    """A command as a person would type it."""
    import shlex

    return shlex.join(command)
