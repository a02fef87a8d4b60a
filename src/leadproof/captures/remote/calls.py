"""One call of a library after the other, in a thread of its own, and none longer than what is left of its time.

The libraries wait as long as they like, some for ever. Whoever waits here waits for what is left, and Ctrl-C is heard.
A call that took too long is left alone: its thread ends with the process.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from leadproof.captures.remote.failures import failure
from leadproof.core.errors import InputError, LeadproofError

Result = TypeVar("Result")


class Caps(NamedTuple):
    """How much of one remote file is read, and how long."""

    #: Bytes that are really read.
    size: int = 8 << 30
    #: Seconds of waiting for them.
    seconds: float = 900.0


class Calls:
    """Calls about one place; together they may wait so long.

    Args:
        where: The place, as it may be shown.
        scheme: A key of `urls.SCHEMES`.
        seconds: For all of them.
    """

    def __init__(self, where: str, scheme: str, seconds: float) -> None:
        self._where, self._scheme = where, scheme
        self._seconds = self._left = seconds
        self._asked: queue.SimpleQueue[Callable[[], Any] | None] = queue.SimpleQueue()
        self._came: queue.SimpleQueue[tuple[Any, BaseException | None]] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def __call__(self, function: Callable[..., Result], *args: Any, **options: Any) -> Result:
        """What a call gives.

        Raises:
            InputError: The library could not do it, or took too long.
        """
        if self._left <= 0:
            raise self._late()
        if self._thread is None:
            self._thread = threading.Thread(target=self._serve, daemon=True)
            self._thread.start()
        began = time.monotonic()
        self._asked.put(lambda: function(*args, **options))
        try:
            result, error = self._came.get(timeout=self._left)
        except queue.Empty:
            self._left = 0
            raise self._late() from None
        self._left -= time.monotonic() - began
        if isinstance(error, LeadproofError):
            raise error
        if error is not None:
            raise failure(error, self._where, self._scheme) from None
        value: Result = result
        return value

    @property
    def over(self) -> bool:
        """Is the time over? A call may be at work still then."""
        return self._left <= 0

    def end(self) -> None:
        """Ends the thread, as soon as it is at work no more."""
        self._asked.put(None)

    def _serve(self) -> None:
        while (call := self._asked.get()) is not None:
            try:
                self._came.put((call(), None))
            except BaseException as error:  # whatever it is, somebody waits for it
                self._came.put((None, error))
            del call

    def _late(self) -> InputError:
        return InputError(
            f"{self._where}: took longer than {self._seconds:g} s",
            hint="--fetch-time gives it longer; is the way to it slow?",
        )
