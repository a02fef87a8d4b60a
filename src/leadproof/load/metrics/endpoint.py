"""The endpoint that Prometheus scrapes: an HTTP server in a thread of its own that knows one path, `PATH`.

It reads requests as the mock and the recorder do (`http.server`), for the hosts that they would (`http.hosts`).
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Collection
from types import TracebackType

from leadproof.core.errors import ServerError
from leadproof.http.hosts import Hosts
from leadproof.http.server import Http1Connection, Http1Server, Timeouts, close, new_loop, unreadable

#: What is scraped.
PATH = "/metrics"

#: Connections at once; more are closed as they come.
MOST_CONNECTIONS = 32

#: Bytes of a body that a request may announce: a scrape has none.
_MOST_BODY = 65_536

_PHRASES = {
    200: "OK", 400: "Bad Request", 404: "Not Found", 405: "Method Not Allowed", 408: "Request Timeout",
    413: "Content Too Large", 421: "Misdirected Request", 431: "Request Header Fields Too Large",
    500: "Internal Server Error", 501: "Not Implemented", 505: "HTTP Version Not Supported",
}  # fmt: skip

#: Content type and body for what a scraper accepts.
Scrape = Callable[[str], tuple[str, bytes]]


class _MetricsServer(Http1Server):
    """What the connections share."""

    def __init__(self, loop: asyncio.AbstractEventLoop, hosts: Hosts, scrape: Scrape) -> None:
        self.hosts, self.scrape = hosts, scrape
        super().__init__(loop, Timeouts(idle=120.0, request=10.0, linger=1.0, grace=0.5))


class _MetricsConnection(Http1Connection):
    """One scraper: a request after the other, each without a body."""

    _server: _MetricsServer

    def __init__(self, server: _MetricsServer) -> None:
        super().__init__(server)
        self._local, self._began, self._closing = "", server.loop.time(), False
        self._refusal: tuple[int, str] = (0, "")
        self._body_bytes = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        address = transport.get_extra_info("sockname")
        self._local = address[0] if isinstance(address, tuple) else ""
        if len(self._server.connections) > MOST_CONNECTIONS:
            self.transport.abort()

    def data_received(self, data: bytes) -> None:
        if not self._closing:
            self._last = self._server.loop.time()
            self.feed(data)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._began = self._server.loop.time()

    def on_headers_complete(self) -> None:
        if self._parser.should_upgrade():
            return
        self._in_head, self._body_bytes = False, 0
        version, pairs = self._parser.get_http_version(), list(self._pairs)
        coding = next((value.decode("latin-1") for name, value in pairs if name.lower() == b"transfer-encoding"), "")
        status, words = unreadable(version, self._target, pairs, coding)
        if not status:
            status, words = self._server.hosts.refusal(version, self._target, pairs, self._local)
        self._refusal = (status, words)

    def on_body(self, body: bytes) -> None:
        self._body_bytes += len(body)
        if self._body_bytes > _MOST_BODY:
            self.refuse(413, "a scrape has no body")

    def on_message_complete(self) -> None:
        if self._closing or self._in_head:
            return
        status, words = self._refusal
        method, path = self._parser.get_method(), self._target.partition(b"?")[0]
        if path.startswith((b"http://", b"https://")):  # absolute, as a proxy is sent it; its host was looked at
            path = b"/" + path.partition(b"://")[2].partition(b"/")[2]
        accept = b", ".join(value for name, value in self._pairs if name.lower() == b"accept").decode("latin-1")
        keep = self._parser.should_keep_alive() and not self._server.stopping
        self._clear()
        if status:
            self.refuse(status, words)
        elif path != PATH.encode():
            self._write(404, "text/plain; charset=utf-8", f"metrics are at {PATH}\n".encode(), keep=keep)
        elif method not in (b"GET", b"HEAD"):
            self._write(405, "text/plain; charset=utf-8", b"metrics are read with GET\n", keep=keep)
        else:
            media, body = self._server.scrape(accept)
            self._write(200, media, body, keep=keep, bodiless=method == b"HEAD")

    def refuse(self, status: int, detail: str) -> None:
        if not self._closing:
            self._write(status, "text/plain; charset=utf-8", f"{detail}\n".encode(), keep=False, refused=True)

    def check_time(self, now: float) -> None:
        timeouts = self._server.timeouts
        if self._begun and now - self._began > timeouts.request:
            self.refuse(408, f"the request was not complete after {timeouts.request:g} s")
        elif not self._begun and now - self._last > timeouts.idle:
            self.transport.close()

    def close_if_idle(self) -> None:
        if not self._begun:
            self.transport.close()

    def _write(
        self, status: int, media: str, body: bytes, *, keep: bool, bodiless: bool = False, refused: bool = False
    ) -> None:
        lines = [
            f"HTTP/1.1 {status} {_PHRASES.get(status, 'Unknown')}", f"content-type: {media}",
            f"content-length: {len(body)}", "cache-control: no-store", "x-content-type-options: nosniff",
            *(["allow: GET, HEAD"] if status == 405 else []), f"connection: {'keep-alive' if keep else 'close'}",
        ]  # fmt: skip
        self.transport.write("\r\n".join([*lines, "", ""]).encode("latin-1", "replace") + (b"" if bodiless else body))
        if not keep:
            self._closing = True
            close(self.transport, self._server.loop, self._server.timeouts.linger if refused else 0.0)


class MetricsEndpoint:
    """Listens while it is open; a context manager. The thread is the scraper's, not the load's."""

    def __init__(
        self, scrape: Scrape, host: str = "127.0.0.1", port: int = 0, names: Collection[str] = (),
        prepare: Callable[[], None] = lambda: None,
    ) -> None:  # fmt: skip
        """Listens from now on; serves once it is entered.

        Args:
            scrape: Content type and body for what a scraper accepts; called in the thread of the endpoint.
            host: Address to listen on.
            port: 0 for a free one.
            names: Hosts to respond for, besides loopback names and the address that is listened on.
            prepare: Called first in the thread, to make it one that steps back.

        Raises:
            UsageError: One of `names` is no host.
            ServerError: The address cannot be had.
        """
        self._prepare, self._scrape = prepare, scrape
        self._hosts = Hosts.named(names, host)
        self._loop = new_loop()
        try:
            self._listener, self._server = self._loop.run_until_complete(self._listen(host, port))
        except OSError as error:
            self._loop.close()
            raise ServerError(
                f"metrics cannot be served on {host}:{port}: {error.strerror or error}",
                hint="Something listens there already, or the address is not this machine's; --metrics-port 0 takes a "
                "free port.",
            ) from None
        found = self._listener.sockets[0].getsockname()
        self.url = f"http://[{found[0]}]:{found[1]}{PATH}" if ":" in found[0] else f"http://{found[0]}:{found[1]}{PATH}"
        self._thread = threading.Thread(target=self._serve, name="leadproof-metrics", daemon=True)

    async def _listen(self, host: str, port: int) -> tuple[asyncio.Server, _MetricsServer]:
        server = _MetricsServer(self._loop, self._hosts, self._scrape)
        try:
            listener = await self._loop.create_server(lambda: _MetricsConnection(server), host, port, backlog=64)
        except BaseException:
            await server.stop()
            raise
        return listener, server

    def __enter__(self) -> MetricsEndpoint:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(TimeoutError, RuntimeError):
            asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(self._server.timeouts.grace + 5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        if not self._thread.is_alive():
            self._loop.close()

    def _serve(self) -> None:
        self._prepare()
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    async def _end(self) -> None:
        self._listener.close()
        await self._server.stop()
