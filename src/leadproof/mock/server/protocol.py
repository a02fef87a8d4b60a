"""The mock's HTTP: requests to responses, responses to bytes, on what `http.server` reads.

Keep-alive, pipelining (responses in order), `Expect: 100-continue`, size and time limits. Knows nothing of operations;
`mock.Mock` does. Whatever arrives, it gets a response that names it, or the connection is closed, and the other
connections do not notice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from email.utils import formatdate
from functools import cache
from http import HTTPStatus

from leadproof.core.exchange import Headers, Request, Response
from leadproof.http.hosts import LOOPBACK, Hosts
from leadproof.http.server import CONTINUE, END_OF_HEAD, Http1Connection, Http1Server, close
from leadproof.mock import Mock, controls
from leadproof.mock.engine.callbacks import Callback
from leadproof.mock.engine.problems import document
from leadproof.mock.server.callbacks import send_callback
from leadproof.mock.server.heads import Head, Memory, read_head, too_large
from leadproof.mock.server.plays import OutgoingResponse, Script, Step, play, whole

#: Calls to returnURLs that run at the same time.
CALLBACKS_AT_ONCE = 8


class Server(Http1Server):
    """One mock behind any number of connections of one event loop."""

    def __init__(
        self, mock: Mock, *, loop: asyncio.AbstractEventLoop, fault: Script | None = None, hosts: Hosts = LOOPBACK
    ) -> None:
        self.mock = mock
        #: What clients may call the mock, besides loopback names and the address they reached it at.
        self.hosts = hosts
        #: What breaks on the way of every response but those of the controls.
        self.fault = fault
        self.callbacks_sent = 0
        self.callbacks_failed = 0
        self.known = Memory()
        self._callbacks: set[asyncio.Task[None]] = set()
        self._gate = asyncio.Semaphore(CALLBACKS_AT_ONCE)
        super().__init__(loop)

    def tick(self) -> None:
        self._stamp()
        super().tick()

    def _stamp(self) -> None:
        # The Date of all responses is made once a second. It is the mock's own time: who moved the clock forward wants
        # to be told so.
        self.date = formatdate(self.mock.world.clock.now(), usegmt=True)
        self._own = f"date: {self.date}\r\nserver: leadproof-mock\r\n"

    @property
    def busy(self) -> bool:
        return bool(self.connections or self._callbacks)

    async def stop(self) -> None:
        """Let what is under way finish for a moment, calls to returnURLs included, then close everything."""
        await super().stop()
        for task in list(self._callbacks):
            task.cancel()

    # ---- requests and responses

    def respond(self, request: Request) -> Response:
        """The mock's response. A fault of the mock itself ends in a problem document, and in a traceback on stderr."""
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
        """Status line and headers, but for those that differ from one connection to the next."""
        pairs = "".join([f"{name}: {value}\r\n" for name, value in headers])
        head = f"HTTP/1.1 {status} {_phrase(status)}\r\n{pairs}{self._own}content-length: {length}\r\n"
        return head.encode("latin-1", "replace")

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


class MockConnection(Http1Connection):
    """One client connection: requests to responses, responses to bytes."""

    _server: Server

    def __init__(self, server: Server) -> None:
        super().__init__(server)
        self._out: list[bytes] = []
        #: Address at which the client reached the mock.
        self._local = ""
        #: Loop time of the first byte of the request that is being read.
        self._began = 0.0
        #: Does nothing follow on what is in `_out`? And was a request not read to its end?
        self._closing = self._refused = False
        #: Responses that a fault plays, one after the other.
        self._plays: list[Iterator[Step]] = []
        self._player: asyncio.Task[None] | None = None
        #: What came first of the request that is being parsed.
        self._begin_of_request = b""
        self._body: list[bytes] = []
        self._body_bytes = 0
        self._head: Head | None = None

    # ---- asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        address = transport.get_extra_info("sockname")
        self._local = address[0] if isinstance(address, tuple) else ""

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self._player is not None:
            self._player.cancel()

    def data_received(self, data: bytes) -> None:
        if self._closing:
            return
        self._last = self._server.loop.time()
        if not self._begun:
            data = self._respond_known(data)
            self._begin_of_request = data
            self._began = self._last
        if data:
            self.feed(data)
        self._flush()
        if self._server.mock.callbacks.waiting:
            self._server.make_callbacks()

    def _respond_known(self, data: bytes) -> bytes:
        """Respond to the complete requests at the start whose heads, byte for byte, were parsed before; what is left.

        Clients repeat their head with every request. Its meaning was settled by the parser the first time. Worth 1.9 x
        on the whole of the mock (`make bench-fastpaths`).
        """
        server = self._server
        while data:
            end = data.find(END_OF_HEAD) + len(END_OF_HEAD)
            head = server.known.get(data[:end])
            if head is None or end + head.length > len(data) or server.stopping:
                break
            stop = end + head.length
            request = Request(head.method, head.target, head.headers, data[end:stop])
            data = data[stop:]
            self._respond(request, keep=True)
        return data

    def eof_received(self) -> bool:
        if self._begun and self._target and not self._closing:
            # Half a request and then nothing: a response that says so, for whoever still listens.
            self.refuse(400, "the request ends before it is complete")
            self._flush()
        return False

    def pause_writing(self) -> None:
        # A client that does not read its responses is not asked for more requests.
        self.transport.pause_reading()

    def resume_writing(self) -> None:
        if not self.transport.is_closing():
            self.transport.resume_reading()

    # ---- httptools

    def on_headers_complete(self) -> None:
        parser = self._parser
        if parser.should_upgrade():
            return
        server = self._server
        head = read_head(
            parser.get_http_version(), parser.get_method(), self._target, tuple(self._pairs), server.mock.max_body,
            server.hosts, self._local,
        )  # fmt: skip
        self._head, self._in_head = head, False
        self._body, self._body_bytes = [], 0
        if head.problem is not None:
            self._refuse(head.problem)
        elif head.expects_continue:
            self.transport.write(b"".join(self._out) + CONTINUE)
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
        if self._closing or self._in_head or head is None:
            return
        body = self._body
        request = Request(head.method, head.target, head.headers, body[0] if len(body) == 1 else b"".join(body))
        keep = self._parser.should_keep_alive() and not self._server.stopping
        if keep and head.plain:
            self._server.known.learn(self._begin_of_request, head)
        self._begin_of_request = b""
        version = self._parser.get_http_version()
        self._clear()
        self._respond(request, keep=keep, bodiless=head.method == "HEAD", version=version)

    # ---- writing and closing

    def _respond(self, request: Request, *, keep: bool, bodiless: bool = False, version: str = "1.1") -> None:
        server = self._server
        response = server.respond(request)
        if server.fault is None or request.target.startswith(controls.PREFIX):
            self._write(response, keep=keep, bodiless=bodiless, version=version)
            return
        outgoing = OutgoingResponse(
            response.status, (*response.headers, ("date", server.date)), response.body, keep=keep
        )
        self._plays.append(server.fault(outgoing, whole))
        if self._player is None:
            self._player = server.loop.create_task(self._play())

    async def _play(self) -> None:
        if await play(self.transport, self._plays):
            self._player, self._last = None, self._server.loop.time()
        else:
            self._closing = True

    def _write(self, response: Response, *, keep: bool, bodiless: bool = False, version: str = "1.1") -> None:
        connection = b"connection: close\r\n\r\n"
        if keep:
            connection = b"\r\n" if version == "1.1" else b"connection: keep-alive\r\n\r\n"
        start = self._server.start(response.status, response.headers, len(response.body))
        self._out += (start, connection, b"" if bodiless else response.body)
        if not keep:
            self._closing = True

    def refuse(self, status: int, detail: str) -> None:
        self._refuse(document(status, detail, kind="framing.invalid" if status == 400 else ""))

    def _refuse(self, response: Response) -> None:
        if not self._closing:
            head = None if self._in_head else self._head
            self._write(response, keep=False, bodiless=head is not None and head.method == "HEAD")
            self._refused = True

    def _flush(self) -> None:
        """Send what there is to send, and begin to close if nothing else may come."""
        out, self._out = self._out, []
        if out:
            self.transport.write(b"".join(out))
        if self._closing and self._player is None:
            close(self.transport, self._server.loop, self._server.timeouts.linger if self._refused else 0.0)

    def check_time(self, now: float) -> None:
        timeouts = self._server.timeouts
        if self._closing:
            return
        if self._begun and now - self._began > timeouts.request:
            self.refuse(408, f"the request was not complete after {timeouts.request:g} s")
            self._flush()
        elif not self._begun and self._player is None and now - self._last > timeouts.idle:
            self.transport.close()

    def close_if_idle(self) -> None:
        if not self._begun:
            self.transport.close()


@cache
def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
