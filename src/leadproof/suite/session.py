"""A run that sends: compose a request, send it, hand the exchange to the ledger."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from leadproof import bodies
from leadproof.core.exchange import Exchange, Headers, Request
from leadproof.core.operations import OPERATIONS
from leadproof.http.client import CLOSED_ON_REUSE, Client, compose, require_reachable
from leadproof.judge import Judgement
from leadproof.judge.stand_ins import stand_in, wait_asked
from leadproof.runs.ledger import Ledger

#: What is said of a request that was sent twice, and of a service that does not close a connection.
_AGAIN = "the connection closed as it was used again: the request was sent once more on a new one (RFC 9112, 9.3.1)"
_LEFT_OPEN = "a connection was left open after Connection: close (RFC 9112, section 9.6)"


class BudgetSpent(Exception):
    """The run has sent as many requests as it may. Caught by the command, which reports what it has."""


class GaveUp(BudgetSpent):
    """Nobody responds any more; to wait for each of what is left would take hours. Its message says so."""


#: Requests in a row that get no response in time, or do not reach the service, before a run gives up.
SILENCE = 8

#: Seconds that a service may ask to wait (429) where it is waited for; one that asks again at once is not.
LONGEST_WAIT = 5.0

#: Intents about what came of earlier requests: without knowing that, nothing is expected.
_EXPECTING = ("accepted", "mixed", "refused", "status", "unknown")


class Session:
    """Sends requests to one target and takes in what comes back."""

    def __init__(
        self,
        client: Client,
        ledger: Ledger,
        *,
        budget: int = 0,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        """Joins the parts.

        Args:
            client: Sends.
            ledger: Judges and keeps.
            budget: Requests that may be sent; 0 for any number.
            sleep: Waits so many seconds.
        """
        self.client, self.ledger, self.spec = client, ledger, ledger.spec
        self._budget = budget
        #: Requests sent, by operation and representation.
        self.sent_in: Counter[tuple[str, str]] = Counter()
        self._sleep = sleep
        self._silent = self._stopped = 0
        self._reached = False
        self._patient = True
        #: Did a request of this case get no response? What the service made of it nobody knows.
        self._lost = False

    def begin(self) -> None:
        """A case begins: it owes nothing to those before."""
        self._lost = False

    def call(
        self,
        operation: str,
        fmt: str = "json",
        value: Any = None,
        *,
        accept: str | None = None,
        intent: str = "accepted",
        what: str = "",
        parameters: Mapping[str, object] | None = None,
        body: bytes | None = None,
        authorised: bool = True,
        headers: Headers = (),
    ) -> Judgement:
        """Sends one request of an operation and judges the response.

        Args:
            operation: An operation id.
            fmt: Format of the body, and of the response unless `accept` says otherwise.
            value: The request's body as a value.
            accept: Format to ask for, or a media range such as */*.
            intent: What the request is built for: accepted, refused or refused:TYPE, invalid (readable, but against the
                documentation), unreadable, unauthorised, unknown, mixed:accepted,refused,… one for each lead, bare
                (without Accept), accepted:new (a lead that nobody sent before), status:DECISION (made about the lead
                before), or "".
            what: Words for the origin, such as "accepted" or "twin".
            parameters: Path parameters.
            body: Bytes to send instead of `value`, for what no value has.
            authorised: Send the target's credentials?
            headers: Further header pairs; one that the request has already is replaced.

        Raises:
            BudgetSpent: No more requests may be sent, or nobody responds any more (`GaveUp`).
            TargetError: The very first request could not reach the target.
            EncodeError: The format cannot carry the value.
        """
        row = OPERATIONS[operation]
        path = row.path.format_map({key: quote(str(one), safe="") for key, one in (parameters or {}).items()})
        if body is None:
            body = bodies.encode_request(operation, fmt, value, self.spec) if row.body else b""
        credentials = self.client.target.credentials() if authorised else ()
        request = compose(row.method, path, fmt=fmt, accept=accept, body=body, credentials=credentials)
        if headers:
            given = {name.lower() for name, _ in headers}
            kept = tuple(pair for pair in request.headers if pair[0].lower() not in given)
            request = request._replace(
                headers=(*kept, *((name, value) for name, value in headers if value is not None))
            )
        if self._budget and self.client.sent >= self._budget:
            raise BudgetSpent
        self.sent_in[operation, fmt] += 1
        origin = f"{operation}, {fmt}{f' to {accept}' if accept and accept != fmt else ''}: {what or intent}"
        if self._lost and intent.partition(":")[0] in _EXPECTING:
            intent = ""
        resent = self.client.resent
        exchange = self._send(request, operation, origin, intent)
        if self.client.resent > resent:
            self.ledger.observe(CLOSED_ON_REUSE, _AGAIN, origin=origin)
        if self.client.sent == 1 and not self.client.reached:
            require_reachable(exchange, self.client.target, self.client.trouble)
        return self.take(exchange)

    def _send(self, request: Request, operation: str, origin: str, intent: str) -> Exchange:
        """Sends a request; once more where the service asks to wait a moment, as a client does."""
        exchange = self.client.send(request, operation=operation, origin=origin, intent=intent)
        seconds = wait_asked(exchange.response)
        if seconds is None or seconds > LONGEST_WAIT or not self._patient:
            return exchange
        self.ledger.observe("status.throttled", "status 429: the request was sent again after the time asked for")
        self._sleep(seconds)
        exchange = self.client.send(request, operation=operation, origin=origin, intent=intent)
        self._patient = wait_asked(exchange.response) is None
        return exchange

    def probe(self, request: Request, operation: str, *, intent: str, what: str) -> Judgement:
        """Sends one request on a raw socket, and judges the bytes of the response as well as what they say."""
        origin = f"{operation}: {what}"
        wire = self.client.probe(request, operation=operation, origin=origin, intent=intent)
        if wire.left_open:
            self.ledger.observe("transport.left-open", _LEFT_OPEN)
        return self.take(wire.exchange)

    def take(self, exchange: Exchange) -> Judgement:
        """Judges an exchange and keeps it."""
        if self.client.reached and not self._reached:
            self._reached = True
            self.ledger.note("reached")
        self._silent = self._silent + 1 if exchange.failure == "transport.timeout" else 0
        judgement = self.ledger.add(exchange)
        self._lost = self._lost or judgement.outcome == "unanswered"
        if judgement.outcome != "stopped":
            self._stopped = 0
        elif exchange.intent.partition(":")[0] in ("", "accepted"):  # not one that a firewall may well refuse
            self._stopped += 1
        if self._stopped >= SILENCE:
            why = stand_in(exchange.response) if exchange.response is not None else None
            words = f": {why.words}" if why is not None else ""
            raise GaveUp(f"the run ended after {SILENCE} requests in a row that did not reach the service{words}")
        if self._silent >= SILENCE:
            raise GaveUp(f"the run ended after {SILENCE} requests in a row that got no response in time")
        return judgement
