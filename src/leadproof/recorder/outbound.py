"""The service's side of a connection: responses come in piece by piece and go on to the client's side at once.

Every client connection has one of its own, opened when it is first needed and again when the service has closed it, so
nothing is ever sent twice and nobody else's response can get in between. Redirects are responses like others.
"""

from __future__ import annotations

import asyncio
from typing import Protocol, cast

import httptools

from leadproof.http.octets import BODILESS
from leadproof.http.server import MAX_HEAD, Pairs, end_of
from leadproof.recorder.proxied_exchange import Framing, ProxiedExchange

_CODING = b"transfer-encoding"


class Upstream(Protocol):
    """Who is told what happens on a connection to the target: the relay."""

    def interim(self, proxied: ProxiedExchange, status: int, reason: bytes, pairs: Pairs) -> None:
        """A response before the response."""

    def response_begins(self, proxied: ProxiedExchange, framing: Framing) -> None:
        """The head of the response is there."""

    def response_continues(self, proxied: ProxiedExchange, body: bytes) -> None:
        """A piece of the response's body."""

    def response_ends(self, proxied: ProxiedExchange, trailers: Pairs) -> None:
        """The response has arrived whole."""

    def failed(self, proxied: ProxiedExchange, failure: str, words: str) -> None:
        """No response, or not a whole one."""

    def flush(self) -> None:
        """Send what may be sent."""

    def target_full(self, outbound: asyncio.Protocol, *, full: bool) -> None:
        """The target takes no more at present, or takes more again."""

    def outbound_lost(self, outbound: Outbound) -> None:
        """The connection to the target is gone."""


class Outbound(asyncio.Protocol):
    """One connection to the target."""

    transport: asyncio.Transport
    #: Address and port on this machine.
    local: tuple[str, int]

    def __init__(self, relay: Upstream) -> None:
        self._relay = relay
        #: The exchange under way.
        self.proxied: ProxiedExchange | None = None
        #: Has the connection brought a response before?
        self._used = False
        #: Bytes that came before the head of the response was complete.
        self._head_size = 0
        #: Has the response arrived whole? What is read with its end is looked at before anybody is told.
        self._whole = self._reusable = False
        self._new_parser()

    def _new_parser(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._clear()

    def _clear(self) -> None:
        self._reason = b""
        self._pairs: Pairs = []
        self._in_head = True
        self._interim = False
        self._framing = Framing.LENGTH

    def begin(self, proxied: ProxiedExchange) -> None:
        """A request sets out; its bytes follow with `send`."""
        self.proxied = proxied
        self._head_size = 0
        self._clear()

    def send(self) -> None:
        """Send what there is of the request, in one piece."""
        if self.proxied is not None and self.proxied.pending:
            self.transport.write(b"".join(self.proxied.pending))
            self.proxied.pending.clear()

    def close(self) -> None:
        """Break off, whatever is under way; nobody is told."""
        self.proxied = None
        self.transport.abort()

    # ---- asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.local = end_of(transport, "sockname")

    def connection_lost(self, exc: Exception | None) -> None:
        if self.proxied is not None:
            if self._framing is Framing.CLOSE and exc is None:
                self._complete(reusable=False)
            elif self.proxied.status:
                self._fail("framing.length", "the connection was closed before the response was complete")
            elif self._used and not self._head_size:
                self._fail("transport.closed-on-reuse", "the connection closed as it was used again")
            else:
                self._fail("transport.reset", "the connection was closed before a response came")
        self._relay.outbound_lost(self)

    def data_received(self, data: bytes) -> None:
        if self.proxied is None:  # nobody asked
            self.transport.abort()
            return
        if self._in_head:
            self._head_size += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._fail("framing.invalid", "the response changes to a protocol that nobody offered")
        except httptools.HttpParserError as error:
            if self._whole:  # more came than was asked for: the next response would be the wrong one
                self._reusable = False
            else:
                self._fail("framing.invalid", f"the response is no valid HTTP message: {error}")
        if self._whole:
            self._complete(reusable=self._reusable)
        elif self._in_head and self._head_size > MAX_HEAD:
            self._fail("framing.invalid", f"the response's headers have more than {MAX_HEAD} bytes")
        self._relay.flush()

    def pause_writing(self) -> None:
        self._relay.target_full(self, full=True)

    def resume_writing(self) -> None:
        self._relay.target_full(self, full=False)

    # ---- httptools

    def on_message_begin(self) -> None:
        self._require_unfinished()
        self._clear()

    def on_status(self, reason: bytes) -> None:
        self._reason += reason

    def on_header(self, name: bytes, value: bytes) -> None:
        self._pairs.append((name, value))

    def on_headers_complete(self) -> None:
        proxied, status = self.proxied, self._parser.get_status_code()
        if proxied is None:
            return
        self._in_head = False
        if 100 <= status < 200:
            self._interim = True
            if status != 101:
                self._relay.interim(proxied, status, self._reason, self._pairs)
            return
        proxied.status, proxied.reason, proxied.response_headers, self._pairs = status, self._reason, self._pairs, []
        names = [name.lower() for name, _ in proxied.response_headers]
        codings = [value.strip().lower() for name, value in proxied.response_headers if name.lower() == _CODING]
        if codings and codings != [b"chunked"]:
            self._fail("framing.invalid", "the response has a transfer coding other than chunked")
            return
        if not proxied.bodiless and status not in BODILESS:
            if codings:
                self._framing = Framing.CHUNKED
            elif b"content-length" not in names:
                self._framing = Framing.CLOSE
        self._relay.response_begins(proxied, self._framing)
        if proxied.bodiless:
            # The parser does not know what was asked, and would wait for the body that the headers announce.
            self._whole, self._reusable = True, self._parser.should_keep_alive() and not codings

    def on_body(self, body: bytes) -> None:
        self._require_unfinished()
        if self.proxied is not None:
            self._relay.response_continues(self.proxied, body)

    def on_message_complete(self) -> None:
        if self._interim:
            self._interim = False
        elif self.proxied is not None and not self._whole:
            self._whole, self._reusable = True, self._parser.should_keep_alive()

    def _require_unfinished(self) -> None:
        """Stops the parser where more comes than one response."""
        if self._whole:
            raise ValueError("more than was asked for")  # httptools turns it into its own error

    # ---- ends

    def _complete(self, *, reusable: bool) -> None:
        proxied, self.proxied, self._whole = self.proxied, None, False
        self._used = True
        if proxied is not None:
            if proxied.bodiless:
                self._new_parser()
            if not (reusable and proxied.complete):
                self.transport.close()
            self._relay.response_ends(proxied, self._pairs)

    def _fail(self, failure: str, words: str) -> None:
        proxied, self.proxied = self.proxied, None
        self.transport.abort()
        if proxied is not None:
            self._relay.failed(proxied, failure, words)
