"""The mock's time: an outer clock that can be moved forward or stopped, and timestamps as the responses print them.

Reads no clock itself; the edge passes one in.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

#: Seconds from the Unix epoch.
Seconds = Callable[[], float]


class MockClock:
    """Seconds from the Unix epoch, never backwards: if the outer clock is put back, time goes on from where it was."""

    __slots__ = ("_ahead", "_latest", "_outer", "_stopped")

    def __init__(self, outer: Seconds) -> None:
        self._outer = outer
        #: Seconds that the mock is ahead of the outer clock.
        self._ahead = 0.0
        #: What the outer clock said last.
        self._latest = outer()
        #: The instant at which time stands still, if it does.
        self._stopped: float | None = None

    def now(self) -> float:
        if self._stopped is not None:
            return self._stopped + self._ahead
        outer = self._outer()
        if outer < self._latest:
            self._ahead += self._latest - outer
        self._latest = outer
        return outer + self._ahead

    def advance(self, seconds: float) -> None:
        """Move time forward."""
        self._ahead += seconds

    def stop(self, at: float) -> None:
        """Let time stand still; only `advance` moves it from now on."""
        self._stopped, self._ahead = at, 0.0


def timestamp(seconds: float) -> str:
    """2024-08-29T16:25:12Z: whole seconds in UTC, as all responses but the status print them."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def precise_timestamp(seconds: float) -> str:
    """2024-08-28T21:20:38.573Z: with milliseconds, as in the sample of Lead Request Status."""
    milliseconds = int(seconds * 1000)
    return f"{timestamp(milliseconds / 1000)[:-1]}.{milliseconds % 1000:03d}Z"
