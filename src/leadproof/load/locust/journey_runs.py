"""Journeys and requests on their way, and the small questions about them that the engine asks."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from leadproof.load import replies
from leadproof.load.journeys import Journey, Step
from leadproof.load.locust.connection import Connection


class JourneyRun(msgspec.Struct, eq=False):
    """A journey on its way."""

    journey: Journey
    #: When its first step was intended to leave, by the engine's clock.
    due: float
    sampled: bool = False
    quiet: bool = False
    #: Seconds that its steps took, thinking left out.
    spent: float = 0.0
    #: Is called when it is over.
    ended: Callable[[], None] | None = None


class InFlightRequest(msgspec.Struct, eq=False):
    """A request on its way."""

    run: JourneyRun
    step: Step
    #: When it was intended to leave, and when it did, by the engine's clock; `sent` is 0 while it waits.
    intended: float
    started: float
    sent: float = 0.0
    connection: Connection | None = None

    @property
    def heard(self) -> bool:
        """Has any byte of the response come?"""
        return self.connection is not None and self.connection.heard


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
