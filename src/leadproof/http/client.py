"""The client: sends a request to a target and brings back the exchange. HTTP only; nothing here judges.

It sends what it is given and nothing else: no redirect is followed, no cookie is kept, the environment is not asked.
The body is read under a size cap after decompression, and what goes wrong on the way becomes the exchange's `failure`,
not an exception.
"""

from __future__ import annotations

import math
import time
import zlib
from collections.abc import Callable, Iterator
from types import TracebackType

import httpx

from leadproof import __version__
from leadproof.bodies import MAX_BODY
from leadproof.core.errors import ConfigurationError, TargetError
from leadproof.core.exchange import MEDIA_TYPES, Exchange, Headers, Request, Response, header
from leadproof.core.target import SCHEMES, UNREACHED_HINTS, Target
from leadproof.http.codings import TooLarge, decoded
from leadproof.http.connecting import ConnectionFailed, proxy_asks, tls_of
from leadproof.http.deadlines import Network, transport_of
from leadproof.http.plan import PROXY_REFUSES, plan_of
from leadproof.http.wire import Wire, probe

__all__ = ["SCHEMES", "Client", "InProcess", "Target", "compose", "require_reachable"]

#: What every request says that does not say otherwise.
_ALWAYS: Headers = (
    ("user-agent", f"leadproof/{__version__}"), ("accept-encoding", "gzip, deflate"), ("connection", "keep-alive"),
)  # fmt: skip

#: The connection had been used before, and closed before a byte of the response came: the service may never have seen
#: the request (RFC 9112, section 9.3.1).
CLOSED_ON_REUSE = "transport.closed-on-reuse"


def compose(
    method: str, path: str, *, fmt: str, accept: str | None = None, body: bytes = b"", credentials: Headers = ()
) -> Request:
    """A request as the documentation writes it.

    Args:
        method: HTTP method.
        path: Path and query below the target's base URL.
        fmt: Format of the body, "json" or "xml".
        accept: Format of the response, or a media range; the format of the body if left out.
        body: Encoded body; without one no Content-Type is sent.
        credentials: Header pairs to add.
    """
    wanted = accept or fmt
    pairs = [("accept", MEDIA_TYPES[wanted][0] if wanted in MEDIA_TYPES else wanted)]
    if body:
        pairs.insert(0, ("content-type", MEDIA_TYPES[fmt][0]))
    return Request(method, path, (*pairs, *credentials), body)


class Client:
    """Sends requests to one target, one after the other."""

    def __init__(
        self,
        target: Target,
        *,
        per_second: float = 0.0,
        transport: httpx.BaseTransport | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Opens no connection yet.

        Args:
            target: Where to send.
            per_second: Requests per second at most; 0 for no limit.
            transport: Another way to the service, for tests.
            clock: Seconds since the Unix epoch.

        Raises:
            ConfigurationError: The CA bundle or client certificate cannot be used, the proxy is none, or the rate is no
                rate.
        """
        if not 0 <= per_second < math.inf:
            raise ConfigurationError(f"{per_second:g} requests per second are not possible", hint="0 means no limit")
        self.target = target
        self.sent = 0
        #: Requests that were sent once more, because the connection had closed as it was used again.
        self.resent = 0
        #: Did any byte of a response arrive, broken as it may be?
        self.reached = False
        #: Why there was no connection, the last time that there was none.
        self.trouble: ConnectionFailed | None = None
        self._pause = 1 / per_second if per_second else 0.0
        self._next = 0.0
        self._clock = clock
        self._plan = plan_of(target)
        self._network = Network(self._plan, tls_of(target)) if transport is None else None
        self._transport = transport_of(self._network) if self._network is not None else transport

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connections."""
        if self._transport is not None:
            self._transport.close()

    def send(self, request: Request, *, operation: str | None = None, origin: str = "", intent: str = "") -> Exchange:
        """Sends a request and waits for the response; every failure is in the exchange.

        A request that nobody may have seen (`CLOSED_ON_REUSE`) is sent once more, on a new connection. What becomes of
        that is the exchange. Where the service had seen it after all, a lead came twice: so it is not said of such a
        request that it was built to be accepted.
        """
        exchange = self._sent(request, operation, origin, intent)
        if exchange.failure == CLOSED_ON_REUSE:
            self.resent += 1
            built = intent.partition(":")[0]
            exchange = self._sent(request, operation, origin, "" if built in ("accepted", "mixed") else intent)
        return exchange

    def _sent(self, request: Request, operation: str | None, origin: str, intent: str) -> Exchange:
        self._wait()
        self.sent += 1
        given = {name.lower() for name, _ in request.headers}
        built = httpx.Request(
            request.method,
            self.target.base + request.target,
            headers=[*(pair for pair in _ALWAYS if pair[0] not in given), *self.target.headers, *request.headers],
            content=request.body,
        )
        sent = Request(
            request.method,
            built.url.raw_path.decode("ascii"),
            tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in built.headers.raw),
            request.body,
        )
        built.extensions = {"timeout": httpx.Timeout(self.target.timeout).as_dict()}
        if self._plan.absolute:
            built.extensions["target"] = self._plan.absolute.encode() + built.url.raw_path
            built.headers.update(dict(self._plan.hop_headers))
        started, ticks = self._clock(), time.perf_counter()
        response, failure = self._exchange(built)
        elapsed = time.perf_counter() - ticks
        if self._network is not None and failure != "transport.refused":  # what a proxy says of itself is not from it
            self.reached = self.reached or bool(self._network.first)
        return Exchange(sent, response, operation, origin, intent, started, elapsed, failure)

    def probe(self, request: Request, *, operation: str | None = None, origin: str = "", intent: str = "") -> Wire:
        """Sends a request on a raw socket of its own (see `wire.probe`)."""
        self._wait()
        self.sent += 1
        wire = probe(self.target, request, operation=operation, origin=origin, intent=intent, clock=self._clock)
        self.reached = self.reached or wire.received
        return wire

    def _wait(self) -> None:
        if self._pause:
            now = time.monotonic()
            if now < self._next:
                time.sleep(self._next - now)
            self._next = max(now, self._next) + self._pause

    def _exchange(self, built: httpx.Request) -> tuple[Response | None, str]:
        deadline = time.monotonic() + self.target.timeout
        if self._network is not None:
            self._network.begin(deadline)
        try:
            assert self._transport is not None
            response = self._transport.handle_request(built)
            if self._plan.proxied and response.status_code == PROXY_REFUSES:
                response.close()
                raise proxy_asks(self._plan)
            self.reached = True
            try:
                body = _collect(response.iter_raw(), deadline)
            except httpx.RemoteProtocolError as error:
                # The head was fine: the body ended early, or its chunks are none.
                return None, "framing.length" if "closed connection" in str(error) else "framing.invalid"
            finally:
                response.close()
            pairs = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers.raw)
            return Response(response.status_code, pairs, decoded(body, header(pairs, "content-encoding"))), ""
        except TooLarge:
            return None, "encoding.too-large"
        except (zlib.error, EOFError):
            return None, "encoding.invalid"
        except (httpx.TimeoutException, TimeoutError):
            return None, "transport.timeout"
        except ConnectionFailed as error:
            self.trouble = error
            return None, error.kind
        except httpx.ConnectError:
            return None, "transport.refused"
        except httpx.RemoteProtocolError as error:
            first = self._network.first.lstrip() if self._network is not None else b""
            if first.startswith((b"{", b"[", b"<")):  # HTTP/0.9
                return None, "framing.version"
            return None, self._reset() if "disconnected" in str(error) else "framing.invalid"
        except (httpx.TransportError, httpx.InvalidURL, OSError):
            return None, self._reset()

    def _reset(self) -> str:
        """A connection broke: one that was opened for the exchange, or that was idle before?"""
        network = self._network
        idle = network is not None and not network.opened and not network.first
        return CLOSED_ON_REUSE if idle else "transport.reset"


class InProcess(Client):
    """The way to a service that is a function in this process: no socket, so nothing can go wrong on the wire."""

    def __init__(self, target: Target, respond: Callable[[Request], Response], *, clock: Callable[[], float]) -> None:
        """Opens nothing.

        Args:
            target: Whose credentials are sent; its host is what the service is told.
            respond: The service.
            clock: Seconds since the Unix epoch.
        """
        self.target = target
        self.sent = self.resent = 0
        self.reached = True
        self.trouble = None
        self._respond = respond
        self._clock = clock

    def close(self) -> None:
        """Has nothing to close."""

    def send(self, request: Request, *, operation: str | None = None, origin: str = "", intent: str = "") -> Exchange:
        """Calls the service."""
        self.sent += 1
        started = self._clock()
        response = self._respond(request)
        return Exchange(request, response, operation, origin, intent, started, max(0.0, self._clock() - started))

    def probe(self, request: Request, *, operation: str | None = None, origin: str = "", intent: str = "") -> Wire:
        """Calls the service; there are no bytes on a wire that could be wrong."""
        return Wire(self.send(request, operation=operation, origin=origin, intent=intent))


def _collect(chunks: Iterator[bytes], deadline: float) -> bytes:
    """A body as it came, under the cap and before the deadline (seconds of the monotonic clock)."""
    kept, size = [], 0
    for chunk in chunks:
        kept.append(chunk)
        size += len(chunk)
        if size > MAX_BODY:
            raise TooLarge
        if time.monotonic() > deadline:  # every read has a limit of its own; a response in drops would stay below it
            raise TimeoutError
    return b"".join(kept)


def require_reachable(exchange: Exchange, target: Target, trouble: ConnectionFailed | None = None) -> None:
    """Ends a run whose very first exchange could not reach the target.

    Args:
        exchange: The exchange.
        target: The target.
        trouble: Why there was no connection, where that is known.

    Raises:
        TargetError: It could not.
    """
    words = {
        "transport.refused": "no connection could be made",
        "transport.tls": "the TLS handshake failed",
        "transport.timeout": "no response came in time",
    }
    if exchange.response is None and exchange.failure in words:
        reason = str(trouble or words[exchange.failure])
        doubt = " Does the proxy let you?" if target.proxy and exchange.failure == "transport.refused" else ""
        hint = (trouble and trouble.hint) or UNREACHED_HINTS[exchange.failure] + doubt
        way = " through its proxy" if target.proxy else ""
        raise TargetError(f"the target {target.base} cannot be reached{way}: {reason}", hint=hint)
