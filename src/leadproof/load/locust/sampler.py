"""What of a load is given to the judge: exchanges of journeys that were chosen for it, and odd ones of all others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from leadproof.load.locust.journey_runs import InFlightRequest
from leadproof.load.measures import Window
from leadproof.load.replies import Reply

#: Odd responses of one kind that are given to the judge although their journey was not chosen for it.
ODD = 50


class Sampler:
    """Picks raw exchanges for the judge."""

    def __init__(self, sink: Callable[[list[Any]], bool], clock: Callable[[], float]) -> None:
        """Has picked none yet.

        Args:
            sink: Takes them; False where there is no room.
            clock: Seconds since the Unix epoch.
        """
        self._sink, self._clock = sink, clock
        self._odd: Counter[tuple[str, str]] = Counter()

    def take(
        self, window: Window, request: InFlightRequest, reply: Reply, now: float, parts: tuple[int, Any, bytes, str]
    ) -> None:
        """Gives an exchange to the judge, if it is one to be given.

        Args:
            window: Counts it.
            request: The request.
            reply: What was read of its response.
            now: When it came, by the engine's clock.
            parts: Status, headers and body of the response, and what went wrong.
        """
        step = request.step
        if not step.data or request.run.quiet:
            return
        if not request.run.sampled:
            key = (step.operation, reply.error)
            self._odd[key] += 1
            if self._odd[key] > ODD:
                return
        elapsed = now - (request.sent or request.started)
        status, headers, body, failure = parts
        sample = [
            step.operation, step.fmt, step.intent, step.data, status, list(headers), body, self._clock() - elapsed,
            elapsed, failure, reply.error == "clause",
        ]  # fmt: skip
        window.sampled[0 if self._sink(sample) else 1] += 1
