"""The mock's HTTP: an asyncio protocol on httptools. Bytes to requests, responses to bytes.

Speaks HTTP/1.1 and 1.0: keep-alive, pipelining (answers in order), `Expect: 100-continue`, chunked bodies, size and
time limits. Knows nothing of operations; `mock.Mock` does. Whatever arrives, it is answered by name or the connection
is closed, and the other connections do not notice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from email.utils import formatdate
from http import HTTPStatus
from typing import cast

import httptools

from leadproof.core.exchange import Headers, Request, Response
from leadproof.mock import Mock, controls
from leadproof.mock.engine.callbacks import Callback
from leadproof.mock.engine.problems import document
from leadproof.mock.server.callbacks import send_callback
from leadproof.mock.server.heads import MAX_HEAD, Head, read_head, too_large
from leadproof.mock.server.plays import Answer, Script, Step, play, whole

#: Seconds after which a connection is closed that says nothing, or does not finish what it says.
IDLE_TIMEOUT = 75.0
REQUEST_TIMEOUT = 30.0
#: Seconds for which the rest of a request that was refused is still read, so that the client gets to see why.
LINGER = 5.0
#: Seconds that connections are given to finish when the server stops.
GRACE = 1.0
#: Calls to returnURLs that run at the same time.
CALLBACKS_AT_ONCE = 8

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_CRLF = b"\r\n"
_END_OF_HEAD = _CRLF * 2
#: Headers with which a client offers to go on in another protocol.
_OFFER = (b"upgrade", b"connection", b"http2-settings")
#: Different heads that are remembered, and the bytes that one may have to be remembered.
_HEADS, _LONGEST_KNOWN = 512, 4096


class Server:
    """One mock behind any number of connections of one event loop."""

    def __init__(self, mock: Mock, *, loop: asyncio.AbstractEventLoop, idle_timeout: float = IDLE_TIMEOUT,
                 request_timeout: float = REQUEST_TIMEOUT, fault: Script | None = None) -> None:  # fmt: skip
        self.mock = mock
        #: What breaks on the way of every answer but those of the controls.
        self.fault = fault
        self.loop = loop
        self.idle_timeout = idle_timeout
        self.request_timeout = request_timeout
        self.connections: set[Connection] = set()
        self.callbacks_sent = 0
        self.callbacks_failed = 0
        self.stopping = False
        #: Heads by their very bytes, the empty line included.
        self.known: dict[bytes, Head] = {}
        self._starts: dict[tuple[int, Headers, int], bytes] = {}
        self._callbacks: set[asyncio.Task[None]] = set()
        self._gate = asyncio.Semaphore(CALLBACKS_AT_ONCE)
        self._tick()

    # ---- once a second

    def _tick(self) -> None:
        self._stamp()
        now = self.loop.time()
        for connection in list(self.connections):
            connection.check_time(now)
        self._timer = self.loop.call_later(1.0, self._tick)

    def _stamp(self) -> None:
        # The Date of all answers is made once a second, and with it everything that stands before the length. It is
        # the mock's own time: who moved the clock forward wants to be told so.
        self.date = formatdate(self.mock.world.clock.now(), usegmt=True)
        self._starts.clear()

    async def stop(self) -> None:
        """Let what is under way finish for a moment, then close everything."""
        self.stopping = True
        for connection in list(self.connections):
            connection.close_if_idle()
        deadline = self.loop.time() + GRACE
        while (self.connections or self._callbacks) and self.loop.time() < deadline:
            await asyncio.sleep(0.01)
        for connection in list(self.connections):
            connection.transport.abort()
        for task in list(self._callbacks):
            task.cancel()
        self._timer.cancel()

    # ---- requests and responses

    def learn(self, data: bytes, head: Head) -> None:
        """Remember what a head means; `data` begins with it."""
        end = data.find(_END_OF_HEAD) + len(_END_OF_HEAD)
        if len(_END_OF_HEAD) <= end <= _LONGEST_KNOWN:
            if len(self.known) >= _HEADS:
                self.known.clear()
            self.known[data[:end]] = head

    def respond(self, request: Request) -> Response:
        """The mock's answer. A fault of the mock itself ends in a problem document, and in a traceback on stderr."""
        try:
            response = self.mock.handle(request)
            if request.target.startswith(controls.PREFIX):
                self._stamp()
            return response
        except Exception as error:
            self.loop.call_exception_handler(
                {"message": f"the mock failed on {request.method} {request.path}", "exception": error}
            )
            return document(500, f"{type(error).__name__} in the mock; its log has the details")

    def start(self, status: int, headers: Headers, length: int) -> bytes:
        """Status line and headers, but for those that differ from one connection to the next; made anew each second."""
        key = (status, headers, length)
        start = self._starts.get(key)
        if start is None:
            lines = [f"HTTP/1.1 {status} {_phrase(status)}", *(f"{name}: {value}" for name, value in headers)]
            lines += [f"date: {self.date}", "server: leadproof-mock", f"content-length: {length}", ""]
            start = "\r\n".join(lines).encode("latin-1", "replace")
            if len(self._starts) >= _HEADS:
                self._starts.clear()
            self._starts[key] = start
        return start

    # ---- calls to returnURLs

    def make_callbacks(self) -> None:
        """Start the calls that are due."""
        for callback in self.mock.due_callbacks():
            task = self.loop.create_task(self._call(callback))
            self._callbacks.add(task)
            task.add_done_callback(self._callbacks.discard)

    async def _call(self, callback: Callback) -> None:
        async with self._gate:
            try:
                await send_callback(callback)
                self.callbacks_sent += 1
            except Exception:
                # Whoever named the URL finds out by waiting; the mock has nobody to tell.
                self.callbacks_failed += 1


class Connection(asyncio.Protocol):
    """One client connection: bytes to requests, responses to bytes."""

    transport: asyncio.Transport

    def __init__(self, server: Server) -> None:
        self._server = server
        self._parser = httptools.HttpRequestParser(self)
        self._out: list[bytes] = []
        #: Loop time of the last byte, and of the first byte of a request that is not complete; 0.0 if there is none.
        self._last = 0.0
        self._began = 0.0
        self._closing = False
        #: Answers that a fault plays, one after the other.
        self._plays: list[Iterator[Step]] = []
        self._player: asyncio.Task[None] | None = None
        #: What came first of the request that is being parsed.
        self._begin_of_request = b""
        self._clear()

    def _clear(self) -> None:
        self._target = b""
        self._headers: list[tuple[bytes, bytes]] = []
        self._body: list[bytes] = []
        self._head: Head | None = None
        self._head_bytes = 0
        self._body_bytes = 0
        self._upgrade = False

    # ---- asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is none by its type, only by what it does
        self._last = self._server.loop.time()
        self._server.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._server.connections.discard(self)
        if self._player is not None:
            self._player.cancel()

    def data_received(self, data: bytes) -> None:
        if self._closing:
            return
        self._last = self._server.loop.time()
        if not self._began:
            data = self._answer_known(data)
            self._begin_of_request = data
        if data:
            self._began = self._began or self._last
            self._feed(data)
        self._flush()
        if self._server.mock.callbacks.waiting:
            self._server.make_callbacks()

    def _answer_known(self, data: bytes) -> bytes:
        """Answer the complete requests at the start whose heads, byte for byte, were parsed before; what is left.

        Clients repeat their head with every request. Its meaning was settled by the parser the first time.
        """
        server = self._server
        while data:
            end = data.find(_END_OF_HEAD) + len(_END_OF_HEAD)
            head = server.known.get(data[:end])
            if head is None or end + head.length > len(data) or server.stopping:
                break
            stop = end + head.length
            request = Request(head.method, head.target, head.headers, data[end:stop])
            data = data[stop:]
            self._answer(request, keep=True)
        return data

    def eof_received(self) -> bool:
        if self._began and not self._closing and (self._head is not None or self._target):
            # Half a request and then nothing: an answer that says so, for whoever still listens.
            self._refuse(document(400, "the request ends before it is complete"))
            self._flush()
        return False

    def pause_writing(self) -> None:
        # A client that does not read its answers is not asked for more requests.
        self.transport.pause_reading()

    def resume_writing(self) -> None:
        if not self.transport.is_closing():
            self.transport.resume_reading()

    # ---- httptools

    def _feed(self, data: bytes) -> None:
        if self._head is None:
            self._head_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._ignore_upgrade(data[upgrade.args[0] :])
            return
        except httptools.HttpParserError as error:
            if not self._closing:
                self._refuse(document(400, f"the request is no valid HTTP message: {error}", kind="framing.invalid"))
            return
        if self._head is None and self._head_bytes > MAX_HEAD and not self._closing:
            self._refuse(document(431, f"request line and headers have more than {MAX_HEAD} bytes"))

    def on_url(self, url: bytes) -> None:
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        parser = self._parser
        self._upgrade = parser.should_upgrade()
        max_body = self._server.mock.max_body
        head = read_head(parser.get_http_version(), parser.get_method(), self._target, tuple(self._headers), max_body)
        self._head = head
        if head.problem is not None:
            self._refuse(head.problem)
        elif head.expects_continue:
            self.transport.write(b"".join(self._out) + _CONTINUE)
            self._out.clear()

    def on_body(self, body: bytes) -> None:
        if self._closing:
            return
        self._body.append(body)
        self._body_bytes += len(body)
        if self._body_bytes > self._server.mock.max_body:
            self._refuse(too_large(self._server.mock.max_body))

    def on_message_complete(self) -> None:
        head = self._head
        if self._closing or self._upgrade or head is None:
            return
        body = self._body
        request = Request(head.method, head.target, head.headers, body[0] if len(body) == 1 else b"".join(body))
        keep = self._parser.should_keep_alive() and not self._server.stopping
        if keep and head.plain:
            self._server.learn(self._begin_of_request, head)
        self._begin_of_request = b""
        version = self._parser.get_http_version()
        self._began = 0.0
        self._clear()
        self._answer(request, keep=keep, bodiless=head.method == "HEAD", version=version)

    def _ignore_upgrade(self, rest: bytes) -> None:
        """Go on as if the client had not offered another protocol (RFC 9110, section 7.8: a server may ignore it).

        The parser takes everything after the headers for the other protocol, the body of the request included. So the
        same head is fed again without the offer, then the rest. Java's HttpClient sends every first request like this.
        """
        method, target, version = self._parser.get_method(), self._target, self._parser.get_http_version()
        kept = [pair for pair in self._headers if pair[0].lower() not in _OFFER]
        lines = [b"%b %b HTTP/%b" % (method, target, version.encode()), *(b"%b: %b" % pair for pair in kept)]
        self._parser = httptools.HttpRequestParser(self)
        self._clear()
        if method == b"CONNECT":
            self._refuse(document(501, "CONNECT is not served"))
            return
        self._feed(_CRLF.join(lines) + _CRLF * 2 + rest)

    # ---- writing and closing

    def _answer(self, request: Request, *, keep: bool, bodiless: bool = False, version: str = "1.1") -> None:
        server = self._server
        response = server.respond(request)
        if server.fault is None or request.target.startswith(controls.PREFIX):
            self._write(response, keep=keep, bodiless=bodiless, version=version)
            return
        answer = Answer(response.status, (*response.headers, ("date", server.date)), response.body, keep=keep)
        self._plays.append(server.fault(answer, whole))
        if self._player is None:
            self._player = server.loop.create_task(self._play())

    async def _play(self) -> None:
        if await play(self.transport, self._plays):
            self._player = None
        else:
            self._closing = True

    def _write(self, response: Response, *, keep: bool, bodiless: bool = False, version: str = "1.1") -> None:
        connection = b"connection: close\r\n\r\n"
        if keep:
            connection = _CRLF if version == "1.1" else b"connection: keep-alive\r\n\r\n"
        start = self._server.start(response.status, response.headers, len(response.body))
        self._out += (start, connection, b"" if bodiless else response.body)
        if not keep:
            self._closing = True

    def _refuse(self, response: Response) -> None:
        """Answer a request that is not read to its end; nothing that follows on this connection can be trusted."""
        self._write(response, keep=False, bodiless=self._head is not None and self._head.method == "HEAD")

    def _flush(self) -> None:
        """Send what there is to send, and begin to close if nothing else may come."""
        out, self._out = self._out, []
        if out:
            self.transport.write(b"".join(out))
        if not self._closing or self._player is not None:
            return
        # After a request that was not read to its end, read on for a moment: closing with unread bytes would destroy
        # the answer that is under way.
        if self._began == 0.0:
            self.transport.close()
            return
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self._server.loop.call_later(LINGER, self.transport.abort)

    def check_time(self, now: float) -> None:
        """Close the connection if it has been idle, or busy with one request, for too long."""
        if self._closing:
            return
        if self._began and now - self._began > self._server.request_timeout:
            self._refuse(document(408, f"the request was not complete after {self._server.request_timeout:g} s"))
            self._flush()
        elif not self._began and now - self._last > self._server.idle_timeout:
            self.transport.close()

    def close_if_idle(self) -> None:
        if not self._began:
            self.transport.close()


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
