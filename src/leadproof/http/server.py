"""HTTP/1.1 and 1.0 as the mock and the recorder speak it to their clients.

An asyncio protocol on httptools: reading heads and their limits, offers of other protocols, timeouts, closing.
What a request means and what it gets a response is said by those that extend `Http1Connection`; what their connections
share stands in an `Http1Server`.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

import httptools

from leadproof.core.signals import give_back

Pairs = list[tuple[bytes, bytes]]

#: Largest request line and header section together, in bytes.
MAX_HEAD = 65_536
#: The empty line that ends a head.
END_OF_HEAD = b"\r\n\r\n"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"

#: Headers with which a client offers to go on in another protocol.
_OFFER = (b"upgrade", b"connection", b"http2-settings")


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds that clients are given."""

    #: To say something.
    idle: float = 75.0
    #: To finish a request.
    request: float = 30.0
    #: To see why a request was refused: for so long its rest is still read.
    linger: float = 5.0
    #: To finish when the server stops.
    grace: float = 1.0


class Http1Server:
    """What the connections of one event loop share."""

    def __init__(self, loop: asyncio.AbstractEventLoop, timeouts: Timeouts = Timeouts()) -> None:
        self.loop = loop
        self.timeouts = timeouts
        self.connections: set[Http1Connection] = set()
        self.stopping = False
        self.tick()

    def tick(self) -> None:
        """What is done once a second."""
        now = self.loop.time()
        for connection in list(self.connections):
            connection.check_time(now)
        self._timer = self.loop.call_later(1.0, self.tick)

    @property
    def busy(self) -> bool:
        """Is anything under way that may finish before the end?"""
        return bool(self.connections)

    async def stop(self) -> None:
        """Let what is under way finish for a while, then close everything."""
        self.stopping = True
        for connection in list(self.connections):
            connection.close_if_idle()
        deadline = self.loop.time() + self.timeouts.grace
        while self.busy and self.loop.time() < deadline:
            await asyncio.sleep(0.01)
        for connection in list(self.connections):
            connection.transport.abort()
        await asyncio.sleep(0)
        self._timer.cancel()


class Http1Connection(ABC, asyncio.Protocol):
    """One connection of a client: bytes to requests. Calls of httptools begin with `on_`."""

    transport: asyncio.Transport

    def __init__(self, server: Http1Server) -> None:
        self._server: Any = server
        self._parser = httptools.HttpRequestParser(self)
        #: Loop time of the last byte.
        self._last = server.loop.time()
        self._clear()

    def _clear(self) -> None:
        """Be ready for a request; called after each."""
        self._target = b""
        #: Headers; once the head is complete, trailers.
        self._pairs: Pairs = []
        #: Is the first byte of a request here, but not the last? And is its head what is being read?
        self._begun, self._in_head = False, True
        self._head_size = 0

    # ---- what becomes of requests

    @abstractmethod
    def on_headers_complete(self) -> None:
        """The head of a request is there. Does nothing if the parser takes it for an upgrade: it will come again."""

    @abstractmethod
    def on_body(self, body: bytes) -> None:
        """A piece of the body is there."""

    @abstractmethod
    def on_message_complete(self) -> None:
        """The request is there, unless its head was never taken."""

    @abstractmethod
    def refuse(self, status: int, detail: str) -> None:
        """Respond to a request that is not read to its end; nothing that follows on this connection can be trusted."""

    @abstractmethod
    def check_time(self, now: float) -> None:
        """Close the connection if it has been idle, or busy with one request, for too long."""

    @abstractmethod
    def close_if_idle(self) -> None:
        """Close unless a request is under way."""

    # ---- asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is none by its type, only by what it does
        self._server.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._server.connections.discard(self)

    # ---- httptools

    def feed(self, data: bytes) -> None:
        """Parse what came."""
        if self._in_head:
            self._head_size += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._ignore_upgrade(data[upgrade.args[0] :])
            return
        except httptools.HttpParserError as error:
            self.refuse(400, f"the request is no valid HTTP message: {error}")
            return
        if self._in_head and self._head_size > MAX_HEAD:
            self.refuse(431, f"request line and headers have more than {MAX_HEAD} bytes")

    def on_message_begin(self) -> None:
        self._begun = True

    def on_url(self, url: bytes) -> None:
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._pairs.append((name, value))

    def _ignore_upgrade(self, rest: bytes) -> None:
        """Go on as if the client had not offered another protocol (RFC 9110, section 7.8: a server may ignore it).

        The parser takes everything after the headers for the other protocol, the body of the request included. So the
        same head is fed again without the offer, then the rest. Java's HttpClient sends every first request like this.
        """
        method, version = self._parser.get_method(), self._parser.get_http_version()
        kept = [pair for pair in self._pairs if pair[0].lower() not in _OFFER]
        lines = [b"%b %b HTTP/%b" % (method, self._target, version.encode()), *(b"%b: %b" % pair for pair in kept)]
        self._parser = httptools.HttpRequestParser(self)
        self._clear()
        if method == b"CONNECT":
            self.refuse(501, "CONNECT is not served")
        else:
            self.feed(b"\r\n".join(lines) + END_OF_HEAD + rest)


def unreadable(version: str, target: bytes, pairs: Iterable[tuple[bytes, bytes]], coding: str) -> tuple[int, str]:
    """Status and words for a head that nobody here reads on from; status 0 for every other.

    Args: the HTTP version such as "1.1", the request target, the headers, and Transfer-Encoding, "" for none.
    """
    if version not in ("1.0", "1.1"):
        return 505, f"HTTP/{version} is not spoken here"
    if len(target) + sum(len(name) + len(value) + 4 for name, value in pairs) > MAX_HEAD:
        return 431, f"request line and headers have more than {MAX_HEAD} bytes"
    if coding and coding.strip().lower() != "chunked":
        return 501, "the only transfer coding read here is chunked"
    return 0, ""


def close(transport: asyncio.Transport, loop: asyncio.AbstractEventLoop, linger: float = 0.0) -> None:
    """Close when everything is sent.

    With `linger`, read on for so many seconds: closing with unread bytes would destroy the response that is under way.
    """
    if linger and transport.can_write_eof():
        transport.write_eof()
        loop.call_later(linger, transport.abort)
    else:
        transport.close()


def end_of(transport: asyncio.BaseTransport, end: str) -> tuple[str, int]:
    """Address and port of one end of a connection, "sockname" or "peername"; IPv4 within IPv6 as IPv4."""
    host, port, *_ = transport.get_extra_info(end) or ("", 0)
    return str(host).removeprefix("::ffff:"), port


def new_loop() -> asyncio.AbstractEventLoop:
    """An event loop: uvloop's where it is installed."""
    if sys.platform == "win32":
        return asyncio.new_event_loop()
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


@contextlib.contextmanager
def signals_in_loop(
    loop: asyncio.AbstractEventLoop, handlers: Mapping[signal.Signals, Callable[[], object]], ended: Callable[[], bool]
) -> Iterator[None]:
    """While it lasts, signals call functions in a loop: not on Windows, and not in another thread than the main one.

    Args:
        loop: Runs.
        handlers: What each signal calls.
        ended: Has one of them ended the work? As of `signals.give_back`.
    """
    before = {}
    for number, handler in handlers.items():
        given = signal.getsignal(number)
        with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
            loop.add_signal_handler(number, handler)
            before[number] = given
    try:
        yield
    finally:
        for number in before:
            loop.remove_signal_handler(number)
        give_back(before, ended=ended())
