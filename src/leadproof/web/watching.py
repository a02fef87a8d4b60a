"""`MockWatch`: the last exchanges of a running mock, read through its controls, judged and redacted as they come."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
import orjson

from leadproof import captures
from leadproof.captures.judging import PartReading
from leadproof.core.errors import LeadproofError
from leadproof.http.mock_controls import MockControls
from leadproof.runs.ledger import Ledger
from leadproof.web.judging import JudgingRules
from leadproof.web.showing import ShownExchange, shown

#: Exchanges that are remembered: as many as the mock gives.
MOST = 100

#: Seconds between two questions to the mock, however many pages are open.
_PAUSE = 0.5


@dataclass(frozen=True, slots=True)
class Watched:
    """An exchange of the mock."""

    number: int
    exchange: ShownExchange


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of the mock."""

    #: The newest first.
    exchanges: tuple[Watched, ...] = ()
    #: Why the mock gives nothing; "" while it does.
    gone: str = ""
    #: How often any of this has changed.
    version: int = 0


class MockWatch:
    """Watches a mock. Its methods may be called from any thread.

    Args:
        url: Of the mock, without a slash at the end.
        token: Of its controls.
        rules: What its exchanges are judged by.
        clock: Seconds, monotonic.
    """

    def __init__(self, url: str, token: str, rules: JudgingRules, clock: Callable[[], float]) -> None:
        self.url = url
        self._controls, self._rules, self._clock = MockControls(url, token), rules, clock
        self._lock = threading.Lock()
        self._asked = float("-inf")
        self._begin()
        self._gone, self._version = "", 0

    def _begin(self) -> None:
        self._plan = self._rules.plan()
        self._ledger = Ledger(self._plan.judge(), self._plan.redactor, self._plan.fail_on)
        self._rows: deque[Watched] = deque(maxlen=MOST)
        self._last = 0

    def look(self) -> Seen:
        """What is known now; the mock is asked for what is new, unless it was a moment ago."""
        with self._lock:
            now = self._clock()
            if now - self._asked >= _PAUSE:
                self._ask()
                self._asked = self._clock()
            return Seen(tuple(reversed(self._rows)), self._gone, self._version)

    def find(self, number: int) -> Watched | None:
        """An exchange by its number; None if it is forgotten."""
        return next((row for row in self.look().exchanges if row.number == number), None)

    def close(self) -> None:
        """Closes the connection to the mock."""
        self._controls.close()

    def _ask(self) -> None:
        before, last = self._gone, self._last
        try:
            log = self._controls.get(f"exchanges/{self._last}")["log"]
            if log["_last"] < self._last:  # another mock listens there now
                self._begin()
                log = self._controls.get("exchanges")["log"]
            self._gone = ""
        except (httpx.HTTPError, LeadproofError, KeyError, TypeError) as error:
            self._gone = error.message if isinstance(error, LeadproofError) else type(error).__name__
        else:
            self._take(log)
        if (before, last) != (self._gone, self._last):
            self._version += 1

    def _take(self, log: dict[str, Any]) -> None:
        numbers = iter([entry["_number"] for entry in log["entries"]])
        if log["entries"]:
            reading = PartReading(self._plan, captures.pasted(orjson.dumps({"log": log}), "mock.har"))
            for _, exchange in reading():
                number = next(numbers, 0)
                if exchange is None or not number:
                    continue
                judgement = self._ledger.add(exchange)
                seen = shown(exchange, judgement, self._plan.redactor, self._ledger.spec, self._plan.fail_on)
                self._rows.append(Watched(number, seen))
        self._last = log["_last"]
