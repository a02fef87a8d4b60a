"""Frames on their way from a worker to its master: numbered, kept until the master has them, and sent again where it
does not say so. Pure: the clock and what sends come in.

Locust's messages get lost without a word: what lies in a connection that breaks is gone. So the master takes each
worker's frames in the order of their numbers and each number once (`roster`), and says which it has.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

#: Seconds after which what the master does not have is sent again.
AGAIN = 2.0


class Outbox:
    """What one worker has to tell of one run."""

    def __init__(self, run: str, send: Callable[[dict[str, Any]], object], clock: Callable[[], float]) -> None:
        """Args:

        run: Names the run, so that nothing of one is counted in another.
        send: Sends a frame, which may get lost.
        clock: Seconds, steady.
        """
        self.run = run
        self._send, self._clock = send, clock
        self._number = 0
        self._waiting: dict[int, dict[str, Any]] = {}
        self._moved = clock()

    def put(self, frame: Mapping[str, Any]) -> None:
        """Sends a frame, and keeps it."""
        if not self._waiting:
            self._moved = self._clock()
        self._number += 1
        self._waiting[self._number] = {**frame, "run": self.run, "number": self._number}
        self._send(self._waiting[self._number])

    def taken(self, number: int) -> None:
        """The master has every frame up to this one."""
        for old in [one for one in self._waiting if one <= number]:
            del self._waiting[old]
            self._moved = self._clock()

    def repeat(self) -> None:
        """Sends everything again that waits, where the master has taken nothing for `AGAIN` seconds."""
        if self._waiting and self._clock() - self._moved >= AGAIN:
            self._moved = self._clock()
            for frame in list(self._waiting.values()):
                self._send(frame)

    @property
    def empty(self) -> bool:
        """Has the master everything?"""
        return not self._waiting

    @property
    def untold(self) -> int:
        """Journeys that were started and of which the master is not known to have heard."""
        folds = (frame.get("fold") for frame in self._waiting.values())
        return sum(fold["counts"]["started"] for fold in folds if fold)
