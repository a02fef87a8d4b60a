"""`LoadWorker`: one process's part of a run, from the beginning to the last frame."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import gevent

from leadproof.core.gc import tune_gc
from leadproof.http.connecting import tls_of
from leadproof.http.plan import plan_of
from leadproof.load import guard, reconciliation
from leadproof.load.job import Job, journey_context
from leadproof.load.locust.callbacks import CallbackReceiver
from leadproof.load.locust.engine import LoadEngine
from leadproof.load.locust.lookups import look_up

#: Seconds that journeys may take after the last arrival, beside the timeout of a request.
PATIENCE = 5.0

#: Seconds that they may take when the run was told to stop.
HURRY = 3.0

#: Seconds between two frames.
FRAME = 1.0

#: Seconds between two looks at what waits for the judge: to pack a second's worth at once would hold up the schedule.
_TURN = 0.05

#: Bytes of raw exchanges that wait for the next look at most.
_SAMPLES = 16 * 1024 * 1024


class LoadWorker:
    """Carries one share of a load."""

    def __init__(
        self, job: Job, allowed: Collection[str], emit: Callable[[dict[str, Any]], None], *, share: int = 0,
        of: int = 1, feed: Callable[[LoadEngine], None] = lambda engine: None,
    ) -> None:  # fmt: skip
        """Makes everything ahead; sends nothing yet.

        Args:
            job: The load.
            allowed: Hosts that the command line has named for the second time.
            emit: Takes the frames.
            share: Which worker this is, from 0.
            of: How many there are.
            feed: Is shown the engine before each frame.

        Raises:
            ConfigurationError: The target may not be loaded, or the profile cannot send what the scenario says.
        """
        self.job, self._emit, self._feed = job, emit, feed
        self._share, self._of = share, of
        self._target = job.target()
        guard.allow(self._target, allowed)
        self._samples: list[list[Any]] = []
        self._weight = 0
        self.context = journey_context(job, self._target, time.time, share=share, of=of, pause=lambda: gevent.sleep(0))
        self.engine = LoadEngine(
            self.context, plan_of(self._target), tls=tls_of(self._target), sink=self._keep,
        )  # fmt: skip
        self._stop = ""
        self._hurry = self._said = 0.0
        self.finished = False
        #: Journeys that were under way at once, at most, between the last two frames.
        self.journeys = 0
        self._cpu = (time.process_time(), time.perf_counter())
        self._begin = 0.0

    def run(self, begin: float) -> None:
        """Carries the load; returns when the last frame is out.

        Args:
            begin: When the schedule begins, in seconds of this process's `time.perf_counter`.
        """
        receiver = None
        engine, scenario = self.engine, self.job.scenario
        if scenario.journeys.get("callbacks"):
            receiver = CallbackReceiver(engine)
            self.context.callback_url = receiver.url
        # What was loaded and made ahead is never garbage: the collector need not walk over it while we measure.
        tune_gc()
        engine.open()
        try:
            gevent.sleep(max(0.0, begin - time.perf_counter() - 0.05))
            self._begin = begin
            self._cpu = (time.process_time(), time.perf_counter())
            if self.job.model == "open" and not self._stop:
                engine.schedule(scenario.schedule(self.job.seed).arrivals(self._share, self._of), self._begin)
            self._watch()
            engine.stop()
            self._settle(scenario.timeout + scenario.think[1] + PATIENCE)
            self._emit({"done": True, "stopped": self._stop, **self._conserve()})
        finally:
            self.finished = True
            engine.close()
            if receiver is not None:
                receiver.close()

    def stop(self, reason: str) -> None:
        """Ends the run early: no more journeys, no lookups, and a last frame. What is said again changes nothing."""
        if not self._stop:
            self._stop, self._hurry = reason, time.perf_counter() + HURRY
        self.engine.stop()

    def abandon(self, reason: str) -> None:
        """Ends the run at once: nothing more is sent, and what is on its way is not waited for."""
        self.stop(reason)
        self.engine.abandon()

    @property
    def over(self) -> bool:
        """Is the time of the schedule over?"""
        return bool(self._stop) or time.perf_counter() >= self._begin + self.job.scenario.duration

    @property
    def begun(self) -> bool:
        """Has the time of the schedule begun?"""
        return 0 < self._begin <= time.perf_counter()

    def _watch(self) -> None:
        following = self._begin + FRAME
        while not self.over or self.engine.offering:
            gevent.sleep(max(0.0, min(following - time.perf_counter(), _TURN)))
            self._hand_over()
            if time.perf_counter() >= following:
                self._frame()
                following += FRAME

    def _settle(self, seconds: float) -> None:
        """Waits for the journeys that are on their way, at most so long, and less once somebody has said stop."""
        ends = time.perf_counter() + seconds
        while not self.engine.wait(FRAME) and time.perf_counter() < (min(ends, self._hurry) if self._stop else ends):
            self._hand_over()
            self._frame()
        self.engine.abandon()
        self._hand_over()
        self._frame()

    def _frame(self) -> None:
        self.journeys, self.engine.most_under_way = self.engine.most_under_way, self.engine.under_way
        self._feed(self.engine)
        cpu, now = time.process_time(), time.perf_counter()
        spent = (cpu - self._cpu[0]) / max(now - self._cpu[1], 1e-6)
        middle = max((self._cpu[1] + now) / 2 - self._begin, 0.0)
        self._cpu = (cpu, now)
        fold = self.engine.window.fold(
            middle, self.context.funnel, self.context.amounts, cpu=round(spent, 3), memory=memory()
        )
        self._emit({"fold": fold, "elapsed": time.perf_counter() - self._begin})

    def _hand_over(self) -> None:
        if self._samples:
            samples, self._samples, self._weight = self._samples, [], 0
            self._emit({"samples": samples})

    def _conserve(self) -> dict[str, Any]:
        ledger = self.context.ledger
        if not self.job.conserve or self._stop or not len(ledger):
            return {}
        limits: dict[str, Any] = {}
        if not self.job.mock:
            scenario = self.job.scenario
            most, per_second = reconciliation.sample(scenario.rate, scenario.duration)
            limits = {"most": max(most // self._of, 1), "per_second": per_second / self._of}
        found = look_up(self.engine, **limits, going_on=self._looking)
        found.duplicated += ledger.repeated()
        return {"conservation": found.data(), "leads": ledger.leads.tobytes() if self._of > 1 else b""}

    def _looking(self, asked: int) -> bool:
        """Says about once a second that leads are being looked up; False once somebody has said stop."""
        now = time.perf_counter()
        if now - self._said >= FRAME:
            self._said = now
            self._emit({"looking": asked, "of": len(self.context.ledger)})
        return not self._stop

    def _keep(self, sample: list[Any]) -> bool:
        weight = len(sample[3]) + len(sample[6]) + 500
        if self._weight + weight > _SAMPLES:
            return False
        self._weight += weight
        self._samples.append(sample)
        return True


def memory() -> float:
    """Memory of this process in MiB: what is resident now where /proc says it, else the most that ever was."""
    if sys.platform == "win32":
        return 0.0
    import resource

    try:
        resident = int(Path("/proc/self/statm").read_bytes().split()[1])
        return round(resident * resource.getpagesize() / (1024 * 1024), 1)
    except OSError:
        used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return round(used / (1024 * 1024 if sys.platform == "darwin" else 1024), 1)
