"""One exchange on a raw socket, byte by byte: what httpx and requests forgive, this sees.

`probe` sends a request and takes what comes; `octets` reads it. What is wrong with the bytes is in the exchange, as
`WireProblem`s.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import httptools

from leadproof.bodies import MAX_BODY
from leadproof.core.exchange import Exchange, Request
from leadproof.core.target import Target
from leadproof.http.connecting import ConnectionFailed, connect, tls_of
from leadproof.http.octets import Octets, read
from leadproof.http.plan import PROXY_REFUSES, ConnectionPlan, plan_of

#: Seconds in which a service may close the connection, or send what nobody asked for, once its response is complete.
LINGER = 0.2


@dataclass(frozen=True, slots=True)
class Wire:
    """An exchange on a raw socket."""

    exchange: Exchange
    #: Did any byte come?
    received: bool = True
    #: Did the service leave the connection open, though it was asked to close it?
    left_open: bool = False


def probe(
    target: Target,
    request: Request,
    *,
    operation: str | None = None,
    origin: str = "",
    intent: str = "",
    clock: Callable[[], float] = time.time,
) -> Wire:
    """Sends one request on a connection of its own and reads until the response is complete or the other side closes.

    Args:
        target: Where to send; its credentials are expected in `request` already.
        request: Method, target below the base URL, headers and body.
        operation: What the sender means.
        origin: Where the exchange comes from, for reports.
        intent: What the request is built for.
        clock: Seconds since the Unix epoch.
    """
    plan = plan_of(target)
    length = ("content-length", str(len(request.body)))
    sent = Request(
        request.method,
        plan.prefix + request.target,
        (("host", plan.authority), *plan.headers, *request.headers, length, ("connection", "close")),
        request.body,
    )
    started = clock()
    raw, elapsed, failure, left_open = _talk(plan, tls_of(target), _bytes(plan, sent))
    response, problems = read(raw) if raw else Octets(None, ())
    if plan.proxied and response is not None and response.status == PROXY_REFUSES:  # nothing of the target's
        return Wire(Exchange(sent, None, operation, origin, intent, started, elapsed, "transport.refused"), False)
    if response is None and not failure:
        failure = problems[0].kind if problems else "transport.reset"
    failure = "" if response else failure
    exchange = Exchange(sent, response, operation, origin, intent, started, elapsed, failure, problems=problems)
    return Wire(exchange, bool(raw), left_open)


def _bytes(plan: ConnectionPlan, request: Request) -> bytes:
    head = "".join(f"{name}: {value}\r\n" for name, value in (*request.headers, *plan.hop_headers))
    line = f"{request.method} {plan.absolute}{request.target} HTTP/1.1\r\n"
    return f"{line}{head}\r\n".encode("latin-1") + request.body


class _End:
    """Notices where the response is complete, without a look at what is in it."""

    def __init__(self) -> None:
        #: Is there nothing more to wait for? What is no HTTP has no end to wait for.
        self.reached = False
        self._parser = httptools.HttpResponseParser(self)

    def on_message_complete(self) -> None:
        self.reached = self._parser.get_status_code() >= 200

    def feed(self, data: bytes) -> None:
        """Takes in a piece."""
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self.reached = True


class _Talk(NamedTuple):
    """What came back on a connection."""

    raw: bytes
    #: Seconds until its last byte.
    elapsed: float
    #: Why it ended early; "" if it did not.
    failure: str = ""
    #: Was there nothing more to wait for, and the connection left open all the same?
    left_open: bool = False


def _talk(plan: ConnectionPlan, tls: ssl.SSLContext | None, message: bytes) -> _Talk:
    """Everything that came back until the other side closed, or until a moment after the response was complete."""
    began = last = time.monotonic()
    deadline, received, end = began + plan.timeout, bytearray(), _End()
    failure = ""
    try:
        with connect(plan, tls, deadline) as connection:
            connection.sendall(message)
            while len(received) <= MAX_BODY + 65536:
                connection.settimeout(max(deadline - time.monotonic(), 0.001))
                chunk = connection.recv(65536)
                if not chunk:
                    break
                received += chunk
                last = time.monotonic()
                end.feed(chunk)
                if end.reached:
                    deadline = min(deadline, last + LINGER)
    except ConnectionFailed as error:
        failure, last = error.kind, time.monotonic()
    except TimeoutError:
        if end.reached:
            return _Talk(bytes(received), last - began, left_open=True)
        failure, last = "transport.timeout", time.monotonic()
    except ssl.SSLError:
        failure = "transport.tls"
    except OSError:
        failure = "transport.reset"
    return _Talk(bytes(received), last - began, failure)
