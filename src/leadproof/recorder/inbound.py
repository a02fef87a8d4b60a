"""The client's side of a connection: requests, as `http.server` reads them, to the relay.

What cannot be passed on is refused here, with a problem document that says that it was the recorder.
"""

from __future__ import annotations

import asyncio
import time

from leadproof.http.server import Http1Connection, end_of, unreadable
from leadproof.recorder import heads
from leadproof.recorder.proxied_exchange import ProxiedExchange
from leadproof.recorder.proxy import Proxy
from leadproof.recorder.relay import Relay


class Inbound(Http1Connection):
    """One connection of a client."""

    _server: Proxy
    _relay: Relay

    def __init__(self, proxy: Proxy) -> None:
        super().__init__(proxy)
        self._incoming: ProxiedExchange | None = None

    # ---- asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._relay = Relay(self._server, self.transport)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._relay.lost()

    def data_received(self, data: bytes) -> None:
        self._last = self._server.loop.time()
        if not self._relay.over:
            self.feed(data)
            self._relay.send()
            self._relay.regulate()

    def eof_received(self) -> bool:
        self._relay.ended = True
        # Whoever has said all may still listen.
        return bool(self._relay.queue) and self._relay.queue[-1].complete

    def pause_writing(self) -> None:
        self._relay.client_full(full=True)

    def resume_writing(self) -> None:
        self._relay.client_full(full=False)

    # ---- httptools

    def on_headers_complete(self) -> None:
        parser = self._parser
        if self._relay.over or parser.should_upgrade():
            return
        method, version = parser.get_method(), parser.get_http_version()
        pairs, self._pairs, self._in_head = self._pairs, [], False
        coding = b", ".join(value for name, value in pairs if name.lower() == b"transfer-encoding")
        status, words = unreadable(version, self._target, pairs, coding.decode("latin-1"))
        if not status and (words := heads.ambiguous(version, self._target, coding)):
            status = 400
        if not status:
            status, words = self._server.hosts.refusal(version, self._target, pairs)
        if not status and end_of(self.transport, "peername") in self._server.leaving:
            status, words = 508, "what the recorder sends to the target comes back to the recorder: name the service"
        if status:
            self.refuse(status, words)
        elif not self._server.admit():
            self.refuse(503, "as many exchanges as were wanted are recorded, or the recorder is ending")
        else:
            target, pairs = heads.to_target(self._server.plan, self._target, pairs)
            keep = parser.should_keep_alive()
            self._incoming = ProxiedExchange(
                method, target, pairs, version=version, keep=keep, chunked=bool(coding), started=time.time(),
                ticks=time.perf_counter(),
            )  # fmt: skip
            self._relay.add(self._incoming)

    def on_body(self, body: bytes) -> None:
        proxied = self._incoming
        if proxied is not None:
            proxied.request_body.add(body)
            proxied.pending.append(heads.chunk(body) if proxied.chunked else body)

    def on_message_complete(self) -> None:
        proxied = self._incoming
        if proxied is None:
            return
        proxied.trailers = self._pairs
        self._incoming = None
        self._clear()
        self._relay.arrived(proxied)

    def refuse(self, status: int, detail: str) -> None:
        relay = self._relay
        if relay.over:
            return
        if relay.queue:  # responses before it are still to come: the end of the connection then says enough
            relay.queue[-1].keep = False
            relay.over = True
            if self._incoming is not None:  # it is the one that is being passed on that cannot be read
                self.transport.abort()
            return
        self.transport.write(heads.problem(status, detail))
        relay.end(linger=True)

    def check_time(self, now: float) -> None:
        waiting = not self._relay.queue or not self._relay.queue[0].complete
        if waiting and now - max(self._last, self._relay.last) > self._server.timeouts.idle:
            self.transport.abort()

    def close_if_idle(self) -> None:
        if not self._relay.queue and not self.transport.is_closing():
            self.transport.close()
