"""The signals that end a run as Ctrl-C does: what was found until then is reported, and the exit code is 130."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import FrameType
from typing import Any

#: What `kill`, `docker stop` and CI send, and what a terminal sends when it is closed (Windows has no SIGHUP).
TERMINATING: tuple[signal.Signals, ...] = tuple(
    getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)
)

#: All that end a run in good order.
ENDING = (signal.SIGINT, *TERMINATING)


#: Seconds in which signals that follow one another are one.
BURST = 3.0

#: Windows has no masks of signals.
_MASKS = hasattr(signal, "pthread_sigmask")

#: Seconds after which a signal is sent again whose exception was lost.
_AGAIN = 0.05


class Terminated(KeyboardInterrupt):
    """A run is ended by a signal that is not Ctrl-C; its text is the signal's name."""


def reason(error: BaseException | None) -> str:
    """What is said of a run that was interrupted."""
    return f"the run was interrupted by {error}" if isinstance(error, Terminated) else "the run was interrupted"


def interruption(error: BaseException) -> KeyboardInterrupt | None:
    """What interrupted a run, if an exception is that or came of it: a library that is stopped half-way may fail in
    words of its own.
    """
    found: BaseException | None = error
    while found is not None and not isinstance(found, KeyboardInterrupt):
        found = found.__cause__ or found.__context__
    return found


def give_back(handlers: Mapping[signal.Signals, Any], *, ended: bool) -> None:
    """Sets the handlers of signals as they were.

    Args:
        handlers: Those of before.
        ended: Has a signal ended the work? Then another SIGTERM or SIGHUP is ignored until `like_ctrl_c` is over: it
            must not end the writing of the report. A Ctrl-C still does.
    """
    for number, handler in handlers.items():
        signal.signal(number, signal.SIG_IGN if ended and number in TERMINATING else handler)


@contextlib.contextmanager
def noting() -> Iterator[Sequence[KeyboardInterrupt]]:
    """While it lasts, the first signal that ends a run is noted in the list that it gives; a Ctrl-C after it raises.

    For work that goes in steps, none of which may be left half-way.
    """
    came: list[KeyboardInterrupt] = []
    if threading.current_thread() is not threading.main_thread():
        yield came
        return
    before = {number: handler for number in ENDING if (handler := signal.getsignal(number)) != signal.SIG_IGN}

    def note(number: int, frame: FrameType | None) -> None:
        if number != signal.SIGINT and came:
            return
        signal.signal(signal.SIGINT, before.get(signal.SIGINT) or signal.default_int_handler)
        came.append(KeyboardInterrupt() if number == signal.SIGINT else Terminated(signal.Signals(number).name))

    for number in before:
        signal.signal(number, note)
    try:
        yield came
    finally:
        give_back(before, ended=bool(came))


@contextlib.contextmanager
def held() -> Iterator[None]:
    """While it lasts, a signal that ends a run waits, to be raised behind it; a process that is started waits on.

    For what must not be left half-way: a process that was forked and is not known yet would stay behind for good, and
    one that does not handle signals yet would end by the first. It calls `handle`.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    before = {number: signal.getsignal(number) for number in ENDING}
    handled = {number: handler for number, handler in before.items() if callable(handler)}
    for number in handled:
        signal.signal(number, lambda sent, _: came.append(sent))
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING) if _MASKS else None
    try:
        yield
    finally:
        if mask is not None:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        for number, handler in handled.items():
            signal.signal(number, handler)
    for sent in came[:1]:
        signal.raise_signal(sent)


def handle(handlers: Mapping[signal.Signals, Any]) -> None:
    """Sets the handlers of a process that was started while signals were `held`, and lets through what came since."""
    for number, handler in handlers.items():
        signal.signal(number, handler)
    if _MASKS:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)


@contextlib.contextmanager
def like_ctrl_c(clock: Callable[[], float], *, last: bool = False) -> Iterator[None]:
    """While it lasts, SIGTERM and SIGHUP raise `Terminated` in the main thread.

    Those that follow within `BURST` seconds are passed over: a terminal that closes sends SIGHUP more than once, and a
    service manager sends SIGHUP after SIGTERM; neither may end the writing of the report. What is ignored (`nohup`) or
    handled already stays so, and nothing is changed in another thread than the main one.

    Where Python ignores exceptions (hooks of `os.fork`, finalizers) an interruption would be lost: it is sent again.

    Args:
        clock: Seconds that only grow.
        last: Does the process end behind it? Then what follows a signal is passed over to its end, or it would have
            another exit code than the one that says what was found.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    told, ended = clock() - BURST, False

    def end(number: int, frame: FrameType | None) -> None:
        nonlocal told, ended
        if clock() - told >= BURST:
            told, ended = clock(), True
            raise Terminated(signal.Signals(number).name)

    def unraisable(ignored: Any) -> None:
        nonlocal told
        error = ignored.exc_value
        if not isinstance(error, KeyboardInterrupt):
            before(ignored)
            return
        told = clock() - BURST
        number = signal.Signals[str(error)] if isinstance(error, Terminated) else signal.SIGINT
        again = threading.Timer(_AGAIN, signal.pthread_kill, (main.ident, number))
        again.daemon = True
        again.start()

    main, before = threading.main_thread(), sys.unraisablehook
    installed = [number for number in TERMINATING if signal.getsignal(number) == signal.SIG_DFL]
    for number in installed:
        signal.signal(number, end)
    sys.unraisablehook = unraisable
    try:
        yield
    finally:
        sys.unraisablehook = before
        for number in installed:
            ended = ended or signal.getsignal(number) == signal.SIG_IGN  # a command that handled it itself
            signal.signal(number, signal.SIG_IGN if ended and last else signal.SIG_DFL)


def end_with_stdin() -> None:
    """Ends this process by SIGTERM when its standard input ends: whoever started it is gone, however that was."""

    def wait() -> None:
        while os.read(0, 4096):
            pass
        signal.raise_signal(signal.SIGTERM)

    threading.Thread(target=wait, name="leadproof-stdin", daemon=True).start()
