"""What passes between one client connection and the one to the target: requests in their order, responses back in it.

The last piece of a response waits until every earlier exchange is on disk; with `--fail` the whole response waits for
the judge. No body is held in memory but for the copy that is kept for the record.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections import deque
from typing import Any

from leadproof.http.connecting import ConnectionFailed, connect_async
from leadproof.http.server import Pairs, close
from leadproof.recorder import heads
from leadproof.recorder.outbound import Outbound
from leadproof.recorder.proxied_exchange import Framing, ProxiedExchange
from leadproof.recorder.proxy import Proxy

#: Bytes that wait for the way to the target to be open before the client is asked to wait.
_AHEAD = 262_144


class Relay:
    """The requests of one client connection on their way."""

    def __init__(self, proxy: Proxy, transport: asyncio.Transport) -> None:
        self.proxy: Proxy = proxy
        self.transport = transport
        #: In the order they came; the first is under way.
        self.queue: deque[ProxiedExchange] = deque()
        #: Is nothing taken any more?
        self.over = False
        #: Has the client said that nothing more comes?
        self.ended = False
        #: Loop time at which the last response was let go.
        self.last = 0.0
        self._outbound: Outbound | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._out: list[bytes] = []
        #: Does what stands in `_out` have to wait?
        self._held = False
        self._paused = self._target_full = False

    # ---- to the target

    def add(self, proxied: ProxiedExchange) -> None:
        """Take a request, of which the head is there."""
        self.queue.append(proxied)
        plan = self.proxy.plan
        where = plan.absolute.encode() + proxied.target
        hop = [(name.encode(), value.encode()) for name, value in plan.hop_headers]
        head = heads.request_head(proxied.method, where, [*proxied.headers, *hop], chunked=proxied.chunked)
        proxied.pending.append(head)
        if self.queue[0] is proxied:
            self._start()

    def send(self) -> None:
        """Send what there is of the request whose turn it is: head and body together where both have come."""
        if self._outbound is not None:
            self._outbound.send()

    def arrived(self, proxied: ProxiedExchange) -> None:
        """A request is complete."""
        proxied.complete = True
        if proxied.chunked:
            proxied.pending.append(heads.last_chunk(proxied.trailers))
        if self.queue and self.queue[0] is proxied and not self._waits_for_record:
            self._set_timer(proxied)

    def _start(self) -> None:
        """The first request of the queue sets out."""
        proxied = self.queue[0]
        if proxied.complete:
            self._set_timer(proxied)
        if self._outbound is not None and not self._outbound.transport.is_closing():
            self._outbound.begin(proxied)
        else:
            self._outbound = None
            self._connecting = self.proxy.loop.create_task(self._connect(proxied))

    async def _connect(self, proxied: ProxiedExchange) -> None:
        try:
            outbound = await connect_async(self.proxy.plan, self.proxy.tls, lambda: Outbound(self))
        except ConnectionFailed as error:
            self.failed(proxied, error.kind, str(error))
        else:
            self._outbound = outbound
            # Before the first byte is sent, so that the recorder knows itself if that is where it arrives.
            self.proxy.leaving.add(outbound.local)
            outbound.begin(proxied)
            outbound.send()
            self.regulate()

    def _set_timer(self, proxied: ProxiedExchange) -> None:
        self._timer = self.proxy.loop.call_later(self.proxy.timeout, self._late, proxied)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _late(self, proxied: ProxiedExchange) -> None:
        self._drop_outbound()
        self.failed(proxied, "transport.timeout", f"no complete response came within {self.proxy.timeout:g} s")

    @property
    def _waits_for_record(self) -> bool:
        """Has the response of the first request arrived, and only has to wait?"""
        return self._held and (self._outbound is None or self._outbound.proxied is None)

    def _drop_outbound(self) -> None:
        outbound, self._outbound = self._outbound, None
        if outbound is not None:
            outbound.close()
        if self._connecting is not None:
            self._connecting.cancel()

    def outbound_lost(self, outbound: Outbound) -> None:
        """The connection to the target is gone."""
        self.proxy.leaving.discard(outbound.local)
        if self._outbound is outbound:
            self._outbound, self._target_full = None, False
            self.regulate()

    def target_full(self, outbound: asyncio.Protocol, *, full: bool) -> None:
        """The target takes no more at present, or takes more again."""
        if self._outbound is outbound:
            self._target_full = full
            self.regulate()

    def client_full(self, *, full: bool) -> None:
        """The client takes no more of its response at present, or takes more again."""
        if self._outbound is not None and not self._outbound.transport.is_closing():
            transport = self._outbound.transport
            (transport.pause_reading if full else transport.resume_reading)()

    def regulate(self) -> None:
        """Ask the client to wait while it is too far ahead."""
        full = self._target_full or len(self.queue) > 1
        full = full or (bool(self.queue) and sum(map(len, self.queue[0].pending)) > _AHEAD)
        if full != self._paused and not self.transport.is_closing():
            self._paused = full
            (self.transport.pause_reading if full else self.transport.resume_reading)()

    # ---- to the client

    def interim(self, proxied: ProxiedExchange, status: int, reason: bytes, pairs: Pairs) -> None:
        """A response before the response (RFC 9110, section 15.2), such as 100 Continue."""
        if proxied.version == "1.1":
            self.transport.write(heads.response_head(status, reason, pairs, chunked=False))

    def response_begins(self, proxied: ProxiedExchange, framing: Framing) -> None:
        """The head of the response is there."""
        if framing is Framing.CHUNKED and proxied.version == "1.0":
            framing = Framing.CLOSE
        proxied.framing = framing
        ends = framing is Framing.CLOSE or self.proxy.stopping
        proxied.keep = proxied.keep and proxied.complete and not ends
        connection = b"" if proxied.keep and proxied.version == "1.1" else b"keep-alive" if proxied.keep else b"close"
        self._held = self.proxy.deciding
        proxied.began = not self._held
        chunked = framing is Framing.CHUNKED
        self._out.append(
            heads.response_head(
                proxied.status, proxied.reason, proxied.response_headers, chunked=chunked, connection=connection
            )
        )

    def response_continues(self, proxied: ProxiedExchange, body: bytes) -> None:
        """A piece of the response's body."""
        proxied.response_body.add(body)
        if self._held and proxied.too_large:
            self._out.clear()
        else:
            self._out.append(heads.chunk(body) if proxied.framing is Framing.CHUNKED else body)

    def response_ends(self, proxied: ProxiedExchange, trailers: Pairs) -> None:
        """The response has arrived whole."""
        if proxied.framing is Framing.CHUNKED:
            self._out.append(heads.last_chunk(trailers))
        self._stop_timer()
        keeping = self.proxy.keeping
        if self.proxy.deciding:
            self._held = True
            self.proxy.decide(proxied, self._decided)
        elif keeping.caught_up:
            self.flush()
            self.proxy.keep(proxied)
            self._next()
        else:
            self._held = True
            keeping.when_written(self.proxy.keep(proxied) - 1, self._release)

    def failed(self, proxied: ProxiedExchange, failure: str, words: str) -> None:
        """No response, or not a whole one: the client is told so, if only by the end of the connection."""
        if not self.queue or self.queue[0] is not proxied:
            return
        self._stop_timer()
        proxied.keep = False
        proxied.pending.clear()
        number = self.proxy.keep(proxied, failure, responded=False)
        if proxied.began:
            # As it came: what there was of it, and no more.
            self.flush()
            self._break_off(reset=proxied.framing is Framing.CLOSE)
            return
        self._held = True
        status = 504 if failure == "transport.timeout" else 502
        self._respond(proxied, heads.problem(status, f"{self.proxy.plan.origin}: {words}", kind=failure))
        self.proxy.keeping.when_written(number - 1, self._release)

    def _decided(self, findings: list[dict[str, Any]]) -> None:
        """What the judge says of a response that waits."""
        if findings and self.queue:
            self.queue[0].keep = False
            self._respond(self.queue[0], heads.problem(502, "the response violates the contract", findings=findings))
        self._release()

    def _respond(self, proxied: ProxiedExchange, response: bytes) -> None:
        """A response of the recorder's own in place of the target's."""
        self._out = [response[: response.index(b"\r\n\r\n") + 4] if proxied.bodiless else response]

    def _release(self) -> None:
        self._held = False
        if self.queue:
            self.flush()
            self._next()

    def flush(self) -> None:
        """Send what may be sent."""
        if self._out and not self._held and not self.transport.is_closing():
            out, self._out = self._out, []
            self.transport.write(out[0] if len(out) == 1 else b"".join(out))

    def _next(self) -> None:
        self.last = self.proxy.loop.time()
        proxied = self.queue.popleft()
        if not proxied.keep or (not self.queue and (self.proxy.stopping or self.ended)):
            self.end(linger=not proxied.complete or self.over or bool(self.queue))
        elif self.queue:
            self._start()
            self.send()
        self.regulate()

    # ---- ends

    def end(self, *, linger: bool) -> None:
        """Close when everything is sent; if the client is still sending, listen for a moment, so that it gets to see
        the response instead of a reset.
        """
        self.over = True
        self._drop_outbound()
        self._forget_waiting()
        if linger and self._paused and not self.transport.is_closing():
            self.transport.resume_reading()
        close(self.transport, self.proxy.loop, self.proxy.timeouts.linger if linger and not self.ended else 0.0)

    def _break_off(self, *, reset: bool) -> None:
        """Close within a response; with a reset (RFC 9293, section 3.5.3) where an orderly end would make it whole."""
        self.over = True
        connection = self.transport.get_extra_info("socket") if reset else None
        if connection is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.transport.abort()
        else:
            self.transport.close()

    def lost(self) -> None:
        """The client is gone. What it sent is recorded, without a response."""
        self.over = True
        under_way = self._outbound.proxied if self._outbound is not None else None
        self._stop_timer()
        self._drop_outbound()
        if under_way is not None:
            self.proxy.keep(under_way, responded=False)
        self._forget_waiting()

    def _forget_waiting(self) -> None:
        """Requests that never set out do not count."""
        self.proxy.dismiss(sum(bool(proxied.pending) for proxied in self.queue))
        self.queue.clear()
