"""Waiting for futures, and signals that come meanwhile: none of their locks is left behind."""

from __future__ import annotations

import signal
import threading
import time
from concurrent.futures import Future

import pytest

from leadproof.core.futures import each_done
from leadproof.core.signals import Terminated, like_ctrl_c


class Interrupted:
    """A lock of a future; when it is taken for the first time, a signal comes."""

    def __init__(self, condition: threading.Condition) -> None:
        self._condition, self._sent = condition, False

    def __getattr__(self, name: str) -> object:
        return getattr(self._condition, name)

    def acquire(self) -> None:
        self._condition.acquire()
        if not self._sent:
            self._sent = True
            signal.raise_signal(signal.SIGTERM)

    def __enter__(self) -> None:
        self.acquire()

    def __exit__(self, *_: object) -> None:
        self._condition.release()


def test_futures_are_given_as_they_are_done() -> None:
    futures: list[Future[int]] = [Future() for _ in range(4)]
    for number in (2, 0):
        futures[number].set_result(number)
    left = [futures[1], futures[3]]

    given = []
    for future in each_done(futures):
        given.append(future.result())
        if len(given) == 2:
            for number, one in enumerate(left, 10):
                one.set_result(number)

    assert sorted(given[:2]) == [0, 2]
    assert sorted(given[2:]) == [10, 11]
    assert list(each_done(())) == []


def test_a_signal_that_comes_while_a_lock_is_held_leaves_none_held() -> None:
    futures: list[Future[int]] = [Future() for _ in range(3)]
    for future in futures:
        future._condition = Interrupted(future._condition)  # type: ignore[assignment]  # it does all that a Condition does here

    with like_ctrl_c(time.monotonic), pytest.raises(Terminated, match="SIGTERM"):
        list(each_done(futures))

    free = []
    for future in futures:
        thread = threading.Thread(target=future.cancel, daemon=True)
        thread.start()
        thread.join(10)
        free.append(future.cancelled())
    assert free == [True] * 3


def test_what_is_done_before_a_signal_is_given() -> None:
    done: Future[int] = Future()
    done.set_result(7)

    with like_ctrl_c(time.monotonic):
        given = each_done([done, Future()])
        assert next(given).result() == 7
        signal.raise_signal(signal.SIGTERM)
        with pytest.raises(Terminated):
            next(given)
