"""The client's side of a connection: bytes to requests. Keep-alive, pipelining, chunked bodies, `Expect: 100-continue`.

What cannot be passed on is refused here, with a problem document that says that it was the recorder.
"""

from __future__ import annotations

import asyncio
import time
from typing import cast

import httptools

from leadproof.recorder import heads
from leadproof.recorder.heads import MAX_HEAD, KnownRequest, Pairs
from leadproof.recorder.passage import ProxiedExchange
from leadproof.recorder.proxy import Proxy
from leadproof.recorder.relay import Relay

_CRLF = b"\r\n"
#: Headers with which a client offers to go on in another protocol.
_OFFER = (b"upgrade", b"connection", b"http2-settings")


class Inbound(asyncio.Protocol):
    """One connection of a client."""

    transport: asyncio.Transport
    _relay: Relay

    def __init__(self, proxy: Proxy) -> None:
        self._proxy = proxy
        self._parser = httptools.HttpRequestParser(self)
        self._last = proxy.loop.time()
        #: What the request that is being parsed began with; empty if something stood before it.
        self._first = b""
        self._clear()

    def _clear(self) -> None:
        self._target = b""
        self._pairs: Pairs = []
        #: Bytes of a head that did not come in one piece.
        self._head_size = 0
        self._begun = False
        self._incoming: ProxiedExchange | None = None

    @property
    def idle(self) -> bool:
        """Is no request under way?"""
        return not self._relay.queue

    @property
    def last(self) -> float:
        """Loop time of the last byte from the client, or of the last answer."""
        return max(self._last, self._relay.last)

    @property
    def waiting(self) -> bool:
        """Is it the client that something is waited for: a request, or the rest of one?"""
        return self.idle or not self._relay.queue[0].complete

    # ---- asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is none by its type, only by what it does
        self._relay = Relay(self._proxy, self.transport)
        self._proxy.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._proxy.connections.discard(self)
        self._relay.lost()

    def data_received(self, data: bytes) -> None:
        self._last = self._proxy.loop.time()
        if not self._begun and not self._relay.over:
            data = self._pass_known(data)
        if data and not self._relay.over:
            self._first = b"" if self._begun else data
            self._feed(data)

    def _pass_known(self, data: bytes) -> bytes:
        """Pass on the complete requests at the start whose heads, byte for byte, were parsed before; what is left."""
        while data:
            end = data.find(heads.END) + len(heads.END)
            known = self._proxy.requests.get(data[:end])
            if known is None or end + known.length > len(data) or not self._proxy.admit():
                break
            stop = end + known.length
            passage = _passage(known.method, known.target, known.pairs)
            passage.request_body.add(data[end:stop])
            self._relay.add_whole(passage, known.head + data[end:stop])
            data = data[stop:]
        return data

    def eof_received(self) -> bool:
        self._relay.ended = True
        # Whoever has said all may still listen.
        return bool(self._relay.queue) and self._relay.queue[-1].complete

    def pause_writing(self) -> None:
        self._relay.client_full(full=True)

    def resume_writing(self) -> None:
        self._relay.client_full(full=False)

    # ---- httptools

    def _feed(self, data: bytes) -> None:
        if self._begun and self._incoming is None:
            self._head_size += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._ignore_upgrade(data[upgrade.args[0] :])
            return
        except httptools.HttpParserError as error:
            self._refuse(400, f"the request is no valid HTTP message: {error}")
        if self._incoming is None and self._head_size > MAX_HEAD:
            self._refuse(431, f"the headers have more than {MAX_HEAD} bytes")
        self._relay.regulate()

    def on_message_begin(self) -> None:
        self._clear()
        self._begun = True

    def on_url(self, url: bytes) -> None:
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._incoming is not None:
            self._incoming.trailers.append((name, value))
            return
        self._pairs.append((name, value))

    def on_headers_complete(self) -> None:
        parser = self._parser
        method, version = parser.get_method(), parser.get_http_version()
        if self._relay.over or (parser.should_upgrade() and method != b"CONNECT"):
            return
        coding = next((value for name, value in self._pairs if name.lower() == b"transfer-encoding"), b"")
        if method == b"CONNECT":
            self._refuse(501, "CONNECT is not served: the recorder stands in front of one target")
        elif version not in ("1.0", "1.1"):
            self._refuse(505, f"HTTP/{version} is not spoken here")
        elif coding and coding.strip().lower() != b"chunked":
            self._refuse(501, "the only transfer coding spoken here is chunked")
        elif sum(len(name) + len(value) + 4 for name, value in self._pairs) + len(self._target) > MAX_HEAD:
            self._refuse(431, f"the headers have more than {MAX_HEAD} bytes")
        elif not self._proxy.admit():
            self._refuse(503, "as many exchanges as were wanted are recorded, or the recorder is ending")
        else:
            target, pairs = heads.to_target(self._proxy.way, self._target, self._pairs)
            keep = parser.should_keep_alive()
            self._incoming = _passage(method, target, pairs, version=version, keep=keep, chunked=bool(coding))
            self._relay.add(self._incoming)

    def on_body(self, body: bytes) -> None:
        passage = self._incoming
        if passage is not None:
            passage.request_body.add(body)
            self._relay.forward(passage, heads.chunk(body) if passage.chunked else body)

    def on_message_complete(self) -> None:
        passage = self._incoming
        if passage is not None:
            if self._first and passage.keep and not passage.chunked and passage.version == "1.1":
                self._learn(passage)
            self._relay.arrived(passage)
        self._begun = False
        self._first = b""

    def _learn(self, passage: ProxiedExchange) -> None:
        """Remember a head that says nothing but what is the same the next time."""
        if not any(name.lower() == b"expect" for name, _ in passage.headers):
            head = heads.request_head(passage.method, passage.target, passage.headers, chunked=False)
            known = KnownRequest(passage.method, passage.target, passage.headers, head, passage.request_body.size)
            self._proxy.requests.learn(self._first, known)

    def _ignore_upgrade(self, rest: bytes) -> None:
        """Go on as if the client had not offered another protocol (RFC 9110, section 7.8).

        The parser takes everything after the headers for the other protocol, the body of the request included. So the
        same head is fed again without the offer, then the rest. Java's HttpClient sends every first request like this.
        """
        if self._relay.over:
            return
        method, version = self._parser.get_method(), self._parser.get_http_version()
        kept = [pair for pair in self._pairs if pair[0].lower() not in _OFFER]
        lines = [b"%b %b HTTP/%b" % (method, self._target, version.encode()), *(b"%b: %b" % pair for pair in kept)]
        self._parser = httptools.HttpRequestParser(self)
        self._feed(_CRLF.join(lines) + _CRLF * 2 + rest)

    def _refuse(self, status: int, words: str) -> None:
        """Answer a request that goes nowhere; nothing that follows on this connection can be trusted."""
        relay = self._relay
        if relay.over:
            return
        if relay.queue:  # answers before it are still to come: the end of the connection then says enough
            relay.queue[-1].keep = False
            relay.over = True
            if self._incoming is not None:  # it is the one that is being passed on that cannot be read
                self.transport.abort()
            return
        self.transport.write(heads.problem(status, words))
        relay.end(linger=True)

    def close_if_idle(self) -> None:
        """Close unless a request is under way."""
        if self.idle and not self.transport.is_closing():
            self.transport.close()


def _passage(
    method: bytes, target: bytes, pairs: Pairs, *, version: str = "1.1", keep: bool = True, chunked: bool = False
) -> ProxiedExchange:
    return ProxiedExchange(
        method, target, pairs, version=version, keep=keep, chunked=chunked, started=time.time(),
        ticks=time.perf_counter(),
    )  # fmt: skip
