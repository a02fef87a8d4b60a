"""A worker's line to its master: what it is to carry, when it begins, what it tells, and whether the master is there.

Locust sends a heartbeat from worker to master every second and the master responds to each; whoever hears none for
`roster.SILENCE` seconds gives the other up. A worker without a master has nobody to report to and nobody who could stop
it, so it sends nothing more and ends.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import gevent
from gevent.event import AsyncResult
from locust import events
from locust.runners import WorkerRunner

from leadproof.load.outbox import Outbox
from leadproof.load.roster import SILENCE

#: Messages of a master.
CARRY, BEGIN, STOP = "leadproof-carry", "leadproof-begin", "leadproof-stop"
TAKEN, REFUSED = "leadproof-taken", "leadproof-refused"

#: Messages of a worker: that it listens, and a frame.
HERE, FRAME = "leadproof-here", "leadproof-frame"

#: Seconds between two looks at how long the master has been silent.
_LOOK = 0.25


class MasterLink:
    """The line to the master."""

    def __init__(
        self, runner: WorkerRunner, *, perform: Callable[[dict[str, Any]], None], stop: Callable[[str], None],
        leave: Callable[[str, int], None],
    ) -> None:  # fmt: skip
        """Args:

        runner: Locust's runner in this process.
        perform: Is given what the worker is to do, in a greenlet of its own.
        stop: Is told why the run is to end early.
        leave: Is told why this worker has no master any more, and how many of the journeys that it started are reported
            nowhere as far as this line knows.
        """
        self._runner: Any = runner
        self._on_job, self._on_stop, self._on_leave = perform, stop, leave
        self._outbox: Outbox | None = None
        self._word: AsyncResult[float] = AsyncResult()
        self._heard = time.monotonic()
        #: Does somebody count on this worker: has it something to do, or to tell?
        self._busy = False
        runner.register_message(CARRY, self._carry, concurrent=True)
        runner.register_message(BEGIN, self._begin)
        runner.register_message(STOP, self._stop)
        runner.register_message(TAKEN, self._taken)
        runner.register_message(REFUSED, self._refused)
        hooks: Any = events
        hooks.heartbeat_received.add_listener(self._beat)
        gevent.spawn(self._mind)
        self._runner.send_message(HERE)

    def emit(self, frame: dict[str, Any]) -> None:
        """Tells the master, and again until it has heard."""
        if self._outbox is not None:
            self._outbox.put(frame)

    def await_begin(self) -> float:
        """Waits for the word; when the schedule begins, by `time.perf_counter`."""
        begin: float = self._word.get()
        return begin

    @property
    def told(self) -> bool:
        """Has the master everything that it was told?"""
        return self._outbox is None or self._outbox.empty

    def _beat(self, client_id: str, timestamp: float, **_: Any) -> None:
        self._heard = time.monotonic()  # the timestamp is of a clock that may be set

    def _carry(self, environment: Any, msg: Any) -> None:
        if self._outbox is not None and self._outbox.run == msg.data["run"]:
            return  # it was told twice
        self._heard = time.monotonic()
        self._word, self._busy = AsyncResult(), True
        self._outbox = Outbox(msg.data["run"], lambda frame: self._runner.send_message(FRAME, frame), time.monotonic)
        try:
            self._on_job(msg.data)
        finally:
            self._busy = False

    def _begin(self, environment: Any, msg: Any) -> None:
        if self._outbox is not None and self._outbox.run == msg.data["run"] and not self._word.ready():
            self._word.set(time.perf_counter() + msg.data["after"])  # not by the time of day: clocks of machines differ

    def _stop(self, environment: Any, msg: Any) -> None:
        self._on_stop("told to stop")

    def _taken(self, environment: Any, msg: Any) -> None:
        if self._outbox is not None and self._outbox.run == msg.data["run"]:
            self._outbox.taken(msg.data["number"])
            if msg.data["stop"]:
                self._on_stop("told to stop")

    def _refused(self, environment: Any, msg: Any) -> None:
        self._on_leave(str(msg.data["why"]), 0)

    def _mind(self) -> None:
        while True:
            gevent.sleep(_LOOK)
            if self._outbox is None or not (self._busy or not self._outbox.empty):
                continue
            silent = time.monotonic() - self._heard
            if silent > SILENCE:
                untold, self._outbox = self._outbox.untold, None
                self._on_leave(f"the master was not heard of for {silent:.0f} s", untold)
                if not self._word.ready():  # who waits for the word comes to an end at once
                    self._word.set(time.perf_counter())
                return
            self._outbox.repeat()
