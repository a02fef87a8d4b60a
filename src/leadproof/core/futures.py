"""Waiting for futures so that a signal breaks nothing of theirs: what is waited for in threads and processes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import TypeVar

from leadproof.core.signals import noting

T = TypeVar("T")

#: Seconds between two looks at whether a signal has come.
_LOOK = 0.25


def each_done(futures: Iterable[Future[T]]) -> Iterator[Future[T]]:
    """Futures as they are done, in any order.

    Waiting takes a lock of each. An interruption that is raised between two of them leaves some locked, and whoever
    works for them waits for ever: here it is noted, and raised when no lock is held.

    Args:
        futures: Of `concurrent.futures`.

    Raises:
        KeyboardInterrupt: Ctrl-C, SIGTERM or SIGHUP came; the rest is not waited for.
    """
    pending = set(futures)
    with noting() as came:
        while pending and not came:
            done, pending = wait(pending, _LOOK, FIRST_COMPLETED)
            yield from done
    if came:
        raise came[0]
