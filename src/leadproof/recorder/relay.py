"""What passes between one client connection and the one to the target: requests in their order, answers back in it.

The last piece of an answer waits until every earlier exchange is on disk; with `--fail` the whole answer waits for the
judge. No body is held in memory but for the copy that is kept for the record.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
from collections import deque
from typing import Any

from leadproof.http.server import Pairs, close
from leadproof.recorder import heads
from leadproof.recorder.outbound import Outbound
from leadproof.recorder.passage import Framing, ProxiedExchange
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
        #: Loop time at which the last answer was let go.
        self.last = 0.0
        self._outbound: Outbound | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._out: list[bytes] = []
        #: Does what stands in `_out` have to wait?
        self._held = False
        self._paused = self._target_full = False

    # ---- to the target

    def add(self, passage: ProxiedExchange) -> None:
        """Take a request, of which the head is there."""
        self.queue.append(passage)
        self.forward(
            passage, heads.request_head(passage.method, passage.target, passage.headers, chunked=passage.chunked)
        )
        if self.queue[0] is passage:
            self._start()

    def add_whole(self, passage: ProxiedExchange, data: bytes) -> None:
        """Take a request that is there from its first byte to its last."""
        passage.complete = True
        passage.pending.append(data)
        self.queue.append(passage)
        if self.queue[0] is passage:
            self._start()

    def forward(self, passage: ProxiedExchange, data: bytes) -> None:
        """Send a piece of a request, or keep it until it is its turn."""
        outbound = self._outbound
        if outbound is not None and outbound.passage is passage:
            outbound.write(data)
        else:
            passage.pending.append(data)

    def arrived(self, passage: ProxiedExchange) -> None:
        """A request is complete."""
        passage.complete = True
        if passage.chunked:
            self.forward(passage, heads.last_chunk(passage.trailers))
        if self.queue and self.queue[0] is passage and not self._waits_for_record:
            self._set_timer(passage)

    def _start(self) -> None:
        """The first request of the queue sets out."""
        passage = self.queue[0]
        if passage.complete:
            self._set_timer(passage)
        if self._outbound is not None and not self._outbound.transport.is_closing():
            self._outbound.begin(passage)
        else:
            self._outbound = None
            self._connecting = self.proxy.loop.create_task(self._connect(passage))

    async def _connect(self, passage: ProxiedExchange) -> None:
        way, tls = self.proxy.way, self.proxy.tls
        try:
            opening = self.proxy.loop.create_connection(
                lambda: Outbound(self), way.host, way.port, ssl=tls, server_hostname=way.host if tls else None
            )
            _, outbound = await asyncio.wait_for(opening, self.proxy.timeout)
        except TimeoutError:
            self.failed(passage, "transport.timeout", "no connection was made in time")
        except (ssl.SSLError, ssl.CertificateError) as error:
            self.failed(passage, "transport.tls", f"the TLS handshake failed: {error}")
        except OSError as error:
            self.failed(passage, "transport.refused", f"no connection could be made: {error.strerror or error}")
        else:
            self._outbound = outbound
            outbound.begin(passage)
            self.regulate()

    def _set_timer(self, passage: ProxiedExchange) -> None:
        self._timer = self.proxy.loop.call_later(self.proxy.timeout, self._late, passage)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _late(self, passage: ProxiedExchange) -> None:
        self._drop_outbound()
        self.failed(passage, "transport.timeout", f"no complete answer came within {self.proxy.timeout:g} s")

    @property
    def _waits_for_record(self) -> bool:
        """Has the answer of the first request arrived, and only has to wait?"""
        return self._held and (self._outbound is None or self._outbound.passage is None)

    def _drop_outbound(self) -> None:
        outbound, self._outbound = self._outbound, None
        if outbound is not None:
            outbound.close()
        if self._connecting is not None:
            self._connecting.cancel()

    def outbound_lost(self, outbound: asyncio.Protocol) -> None:
        """The connection to the target is gone."""
        if self._outbound is outbound:
            self._outbound, self._target_full = None, False
            self.regulate()

    def target_full(self, outbound: asyncio.Protocol, *, full: bool) -> None:
        """The target takes no more at present, or takes more again."""
        if self._outbound is outbound:
            self._target_full = full
            self.regulate()

    def client_full(self, *, full: bool) -> None:
        """The client takes no more of its answer at present, or takes more again."""
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

    def interim(self, passage: ProxiedExchange, status: int, reason: bytes, pairs: Pairs) -> None:
        """An answer before the answer (RFC 9110, section 15.2), such as 100 Continue."""
        if passage.version == "1.1":
            self.transport.write(heads.answer_head(status, reason, pairs, chunked=False))

    def answer_begins(self, passage: ProxiedExchange, framing: Framing) -> None:
        """The head of the answer is there."""
        if framing is Framing.CHUNKED and passage.version == "1.0":
            framing = Framing.CLOSE
        passage.framing = framing
        ends = framing is Framing.CLOSE or self.proxy.stopping
        passage.keep = passage.keep and passage.complete and not ends
        connection = b"" if passage.keep and passage.version == "1.1" else b"keep-alive" if passage.keep else b"close"
        self._held = self.proxy.deciding
        passage.began = not self._held
        chunked = framing is Framing.CHUNKED
        self._out.append(
            heads.answer_head(passage.status, passage.reason, passage.answer, chunked=chunked, connection=connection)
        )

    def answer_continues(self, passage: ProxiedExchange, body: bytes) -> None:
        """A piece of the answer's body."""
        passage.answer_body.add(body)
        if self._held and passage.too_large:
            self._out.clear()
        else:
            self._out.append(heads.chunk(body) if passage.framing is Framing.CHUNKED else body)

    def answer_whole(self, passage: ProxiedExchange, head: bytes, body: bytes) -> None:
        """An answer is there from its first byte to its last."""
        passage.answer_body.add(body)
        self._out.append(head + body)
        self.answer_ends(passage, [])

    def answer_ends(self, passage: ProxiedExchange, trailers: Pairs) -> None:
        """The answer has arrived whole."""
        if passage.framing is Framing.CHUNKED:
            self._out.append(heads.last_chunk(trailers))
        self._stop_timer()
        keeping = self.proxy.keeping
        if self.proxy.deciding:
            self._held = True
            self.proxy.decide(passage, self._decided)
        elif keeping.caught_up:
            self.flush()
            self.proxy.keep(passage)
            self._next()
        else:
            self._held = True
            keeping.when_written(self.proxy.keep(passage) - 1, self._release)

    def failed(self, passage: ProxiedExchange, failure: str, words: str) -> None:
        """No answer, or not a whole one: the client is told so, if only by the end of the connection."""
        if not self.queue or self.queue[0] is not passage:
            return
        self._stop_timer()
        passage.keep = False
        passage.pending.clear()
        number = self.proxy.keep(passage, failure, answered=False)
        if passage.began:
            # As it came: what there was of it, and no more.
            self.flush()
            self._break_off(reset=passage.framing is Framing.CLOSE)
            return
        self._held = True
        status = 504 if failure == "transport.timeout" else 502
        self._answer(passage, heads.problem(status, f"{self.proxy.way.origin}: {words}", kind=failure))
        self.proxy.keeping.when_written(number - 1, self._release)

    def _decided(self, findings: list[dict[str, Any]]) -> None:
        """What the judge says of an answer that waits."""
        if findings and self.queue:
            self.queue[0].keep = False
            self._answer(self.queue[0], heads.problem(502, "the answer violates the contract", findings=findings))
        self._release()

    def _answer(self, passage: ProxiedExchange, answer: bytes) -> None:
        """An answer of the recorder's own in place of the target's."""
        self._out = [answer[: answer.index(b"\r\n\r\n") + 4] if passage.bodiless else answer]

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
        passage = self.queue.popleft()
        if not passage.keep or (not self.queue and (self.proxy.stopping or self.ended)):
            self.end(linger=not passage.complete)
        elif self.queue:
            self._start()
        self.regulate()

    # ---- ends

    def end(self, *, linger: bool) -> None:
        """Close when everything is sent; if the client is still sending, listen for a moment, so that it gets to see
        the answer instead of a reset.
        """
        self.over = True
        self._drop_outbound()
        self._forget_waiting()
        close(self.transport, self.proxy.loop, self.proxy.timeouts.linger if linger and not self.ended else 0.0)

    def _break_off(self, *, reset: bool) -> None:
        """Close within an answer; with a reset (RFC 9293, section 3.5.3) where an orderly end would make it whole."""
        self.over = True
        connection = self.transport.get_extra_info("socket") if reset else None
        if connection is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.transport.abort()
        else:
            self.transport.close()

    def lost(self) -> None:
        """The client is gone. What it sent is recorded, without an answer."""
        self.over = True
        under_way = self._outbound.passage if self._outbound is not None else None
        self._stop_timer()
        self._drop_outbound()
        if under_way is not None:
            self.proxy.keep(under_way, answered=False)
        self._forget_waiting()

    def _forget_waiting(self) -> None:
        """Requests that never set out do not count."""
        self.proxy.dismiss(sum(bool(passage.pending) for passage in self.queue))
        self.queue.clear()
