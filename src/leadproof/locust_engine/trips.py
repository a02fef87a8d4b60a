"""Journeys and requests on their way, and the small questions about them that the engine asks."""

from __future__ import annotations

from collections.abc import Callable

from leadproof.load import replies
from leadproof.load.journeys import Journey, Step
from leadproof.locust_engine.connection import Connection


class Trip:
    """A journey on its way."""

    __slots__ = ("due", "ended", "journey", "quiet", "sampled", "spent")

    def __init__(self, journey: Journey, due: float, *, sampled: bool = False, quiet: bool = False) -> None:
        self.journey, self.due, self.sampled, self.quiet = journey, due, sampled, quiet
        #: Seconds that its steps took, thinking left out.
        self.spent = 0.0
        #: Is called when it is over.
        self.ended: Callable[[], None] | None = None


class Flight:
    """A request on its way."""

    __slots__ = ("connection", "intended", "sent", "started", "step", "trip")

    def __init__(self, trip: Trip, step: Step, intended: float, started: float) -> None:
        self.trip, self.step, self.intended, self.started = trip, step, intended, started
        self.sent = 0.0
        self.connection: Connection | None = None


def outcome(operation: str, result: replies.Result) -> str:
    """What a result comes to, in one word."""
    if operation == "ping":
        return "accepted" if result.willAccept else result.responseType or "not accepted"
    if operation == "duplicate_check":
        return "duplicate" if result.isDuplicate else "no duplicate" if result.success else "not permitted"
    if operation == "lead_status":
        return "valid" if result.isValid else "not valid"
    kind = result.responseType or ("No_Error" if result.isValid else "no responseType")
    return kind[:60]
