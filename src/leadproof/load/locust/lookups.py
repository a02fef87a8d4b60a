"""After the run: the status of accepted leads, asked through the same engine and not measured."""

from __future__ import annotations

import time
from collections.abc import Callable

import gevent
from gevent.lock import BoundedSemaphore

from leadproof.load.journeys import JourneyContext, Plain, Step
from leadproof.load.locust.engine import LoadEngine
from leadproof.load.locust.journey_runs import JourneyRun
from leadproof.load.reconciliation import Reconciliation

#: Lookups at once, on this machine.
AT_ONCE = 200


def look_up(
    engine: LoadEngine, *, most: int | None = None, per_second: float = 0.0,
    going_on: Callable[[int], bool] = lambda asked: True,
) -> Reconciliation:  # fmt: skip
    """Asks for the status of accepted leads.

    Args:
        engine: The engine that had them accepted.
        most: Leads that are asked for at most.
        per_second: Requests per second; 0 for as fast as responses come, a few at once.
        going_on: Is told how many were asked for, and says whether to go on.
    """
    ledger = engine.context.ledger
    found = Reconciliation(accepted=len(ledger), sold_twice=ledger.sold_twice)
    slots = BoundedSemaphore(AT_ONCE)
    asked = 0
    for request_id, leads in ledger.requests(most):
        if not going_on(asked):
            break
        asked += len(leads)
        slots.acquire()
        run = JourneyRun(lookup(engine.context, request_id, leads, found), time.perf_counter(), quiet=True)
        run.ended = slots.release
        engine.start(run)
        gevent.sleep(1 / per_second if per_second else 0)
    ends = time.perf_counter() + engine.context.scenario.timeout
    while not engine.wait(1.0) and time.perf_counter() < ends and going_on(asked):
        pass
    engine.abandon()
    return found


def lookup(context: JourneyContext, request_id: str, leads: list[int], found: Reconciliation) -> Plain:
    """The journey that asks for the status of a request's leads."""
    reply = yield Step("lead_status", "json", context.traffic.bare("lead_status", id=request_id))
    found.take(request_id, leads, reply)
