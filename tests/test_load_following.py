"""Who takes the frames of a load: one at a time, whatever interrupts the run."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import loads
import pytest

from leadproof.load.driver import Generator
from leadproof.load.following import follow


class Frames(Generator):
    """Frames of a generator that is told to stop, and who takes them."""

    def __init__(self) -> None:
        self.takers: list[threading.Thread] = []
        self.at_once = 0
        self._taking = threading.Semaphore(1)
        self._stopped = False
        self._left = 20

    def frame(self, patience: float = 0.25) -> dict[str, Any]:
        if not self._taking.acquire(blocking=False):
            self.at_once += 1
        try:
            self.takers.append(threading.current_thread())
            time.sleep(0.02)
            self._left -= self._stopped
            return {"end": True} if self._left < 0 else loads.fold(float(len(self.takers)))
        finally:
            self._taking.release()

    @property
    def behind(self) -> bool:
        return False

    def stop(self) -> None:
        self._stopped = True


@contextmanager
def interrupted_after(seconds: float) -> Iterator[None]:
    """A Ctrl-C."""
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.skipif(not hasattr(signal, "SIGALRM"), reason="Windows sends no signal after a time")
@pytest.mark.parametrize("after", [0.1, 0.25, 0.4])
def test_a_ctrl_c_leaves_the_frames_to_one_thread(after: float, tmp_path: Path) -> None:
    frames = Frames()
    with loads.written(tmp_path) as run:
        with interrupted_after(after):
            follow(run, frames)

        assert run.interrupted
        assert run.stopped == "somebody pressed Ctrl-C"
    assert frames.at_once == 0
    assert threading.main_thread() in frames.takers  # the rest
    assert len(set(frames.takers)) == 2
