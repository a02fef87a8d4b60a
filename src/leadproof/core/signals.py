"""The signals that end a run as Ctrl-C does: what was found until then is reported, and the exit code is 130."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType

#: What `kill`, `docker stop` and CI send, and what a terminal sends when it is closed (Windows has no SIGHUP).
TERMINATING: tuple[signal.Signals, ...] = tuple(
    getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)
)

#: All that end a run in good order.
ENDING = (signal.SIGINT, *TERMINATING)


class Terminated(KeyboardInterrupt):
    """A run is ended by a signal that is not Ctrl-C; its text is the signal's name."""


def reason(error: BaseException | None) -> str:
    """What is said of a run that was interrupted."""
    return f"the run was interrupted by {error}" if isinstance(error, Terminated) else "the run was interrupted"


@contextlib.contextmanager
def like_ctrl_c() -> Iterator[None]:
    """While it lasts, the first SIGTERM or SIGHUP raises `Terminated` in the main thread.

    Further ones are passed over: a terminal that closes sends SIGHUP more than once, and a service manager sends
    SIGHUP after SIGTERM; neither may end the writing of the report. What is ignored (`nohup`) or handled already stays
    so, and nothing is changed in another thread than the main one.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    told = False

    def end(number: int, frame: FrameType | None) -> None:
        nonlocal told
        if not told:
            told = True
            raise Terminated(signal.Signals(number).name)

    installed = [number for number in TERMINATING if signal.getsignal(number) == signal.SIG_DFL]
    for number in installed:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number in installed:
            signal.signal(number, signal.SIG_DFL)
