"""One keep-alive connection: bytes of a request out, a response in. On the loop's own watchers, so that a response
costs no switch of greenlets; connecting, with or without TLS, is done in a greenlet.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable
from typing import Any, Protocol

import gevent
import httptools
from gevent.monkey import get_original

from leadproof.bodies import MAX_BODY
from leadproof.http.connecting import ConnectionFailed, connect
from leadproof.http.plan import ConnectionPlan
from leadproof.load.replies import UNREACHED

#: Bytes read at once; a response to a ping has about a thousand.
_CHUNK = 65_536

_READ, _WRITE = 1, 2

#: Lengths of the names of headers that say something about the body: most others are told apart by that alone.
_TELLING = frozenset(map(len, ("content-type", "content-length", "transfer-encoding")))

#: A connection that had brought a response closed before any byte of the next one came: the target may never have seen
#: the request (RFC 9112, section 9.3.1).
CLOSED_ON_REUSE = "closed on reuse"


class Owner(Protocol):
    """Who is told what a connection does."""

    def on_response(self, connection: Connection, status: int, media: str, body: bytes) -> None:
        """A whole response is there, and the connection can be used again, or has closed itself."""

    def broken(self, connection: Connection, kind: str) -> None:
        """The connection broke; `kind` is a key of `replies.ERRORS`, or `CLOSED_ON_REUSE`. It may have been idle."""


class Connection:
    """A connected socket with at most one request on its way."""

    __slots__ = (
        "_body",
        "_data",
        "_length",
        "_loop",
        "_owner",
        "_parser",
        "_size",
        "_sock",
        "_tls",
        "_watcher",
        "_writer",
        "headers",
        "heard",
        "in_flight",
        "media",
        "open",
        "used",
    )  # fmt: skip

    def __init__(self, sock: Any, owner: Owner, loop: Any) -> None:
        self._sock, self._owner, self._loop = sock, owner, loop
        self._tls = isinstance(sock, ssl.SSLSocket)
        #: What is on its way; the owner's own. None while the connection is idle.
        self.in_flight: Any = None
        self.open = True
        #: Has it brought a response before?
        self.used = False
        #: Has any byte of the response come?
        self.heard = False
        self._parser = httptools.HttpResponseParser(self)
        self._data: memoryview | None = None
        self._writer: Any = None
        self._body: bytes | list[bytes] | None = None
        self._reset()
        self._watcher = loop.io(sock.fileno(), _READ)
        self._watcher.start(self._readable)

    def send(self, data: bytes, request: object) -> None:
        """Sends a request; what becomes of it is told to the owner, never raised."""
        self.in_flight = request
        try:
            sent = self._sock.send(data)
        except (BlockingIOError, ssl.SSLWantWriteError, ssl.SSLWantReadError):
            sent = 0
        except OSError:
            self._fail(self._reset_kind)
            return
        if sent < len(data):
            self._data = memoryview(data)[sent:]
            self._writer = self._loop.io(self._sock.fileno(), _WRITE)
            self._writer.start(self._writable)

    def close(self) -> None:
        """Closes the socket; nobody is told."""
        if self.open:
            self.open = False
            self._watcher.stop()
            self._watcher.close()
            if self._writer is not None:
                self._writer.stop()
                self._writer.close()
            self._sock.close()

    # ---- the loop's callbacks ----------------------------------------------------------------------------------------

    def _writable(self) -> None:
        assert self._data is not None
        try:
            self._data = self._data[self._sock.send(self._data) :]
        except (BlockingIOError, ssl.SSLWantWriteError, ssl.SSLWantReadError):
            return
        except OSError:
            self._fail(self._reset_kind)
            return
        if not self._data:
            self._data = None
            self._writer.stop()
            self._writer.close()
            self._writer = None

    def _readable(self) -> None:
        try:
            data = self._sock.recv(_CHUNK)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return
        except OSError:
            self._fail("framing" if self.heard else self._reset_kind)
            return
        if not data:
            self._ended()
            return
        if self.in_flight is None:  # a response that nobody asked for
            self._fail("framing")
            return
        self.heard = True
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._fail("framing")
        except httptools.HttpParserError:
            if self.open:
                self._fail("framing")
        else:
            # A TLS layer may hold decrypted bytes that the socket knows nothing of any more.
            while self._tls and self.open and self.in_flight is not None and self._sock.pending():
                self._parser.feed_data(self._sock.recv(_CHUNK))

    def _ended(self) -> None:
        """The other side has closed: the end of a body without a length (RFC 9112, section 6.3), or of a response."""
        if self.in_flight is not None and self._size >= 0 and self._length < 0:
            self._take_rest()
        else:
            self._fail("framing" if self.heard else self._reset_kind)

    def _take_rest(self) -> None:
        """Takes what came as the whole body."""
        status = self._parser.get_status_code()
        body = self._whole()
        self.close()
        self._owner.on_response(self, status, self.media, body)

    @property
    def _reset_kind(self) -> str:
        return CLOSED_ON_REUSE if self.used else "reset"

    def _fail(self, kind: str) -> None:
        if self.open:
            self.close()
            self._owner.broken(self, kind)

    # ---- httptools' callbacks ----------------------------------------------------------------------------------------

    def on_header(self, name: bytes, value: bytes) -> None:
        """Notes a header."""
        self.headers.append((name, value))
        if len(name) in _TELLING:
            name = name.lower()
            if name == b"content-type":
                self.media = value.decode("latin-1").lower()
            elif name == b"content-length" or name == b"transfer-encoding":
                self._length = 0

    def on_headers_complete(self) -> None:
        """From here on there is a body, even if it is empty."""
        self._size = 0

    def on_body(self, body: bytes) -> None:
        """Notes a piece of the body."""
        self._size += len(body)
        if self._size > MAX_BODY:
            raise ValueError("larger than the cap")  # httptools turns it into its own error
        self._body = body if self._body is None else [*self._pieces(), body]

    def on_message_complete(self) -> None:
        """Hands the response over."""
        status = self._parser.get_status_code()
        if status < 200:  # an interim response; the real one follows (RFC 9110, section 15.2)
            self._reset()
            return
        media, body = self.media, self._whole()
        if not self._parser.should_keep_alive():
            self.close()
        self._owner.on_response(self, status, media, body)

    def ready(self) -> None:
        """Forgets the last response, before the next request."""
        self.in_flight = None
        self.heard, self.used = False, True
        self._reset()

    def _reset(self) -> None:
        self.headers: list[tuple[bytes, bytes]] = []
        self.media = ""
        self._body = None
        self._size, self._length = -1, -1

    def _pieces(self) -> list[bytes]:
        return self._body if isinstance(self._body, list) else [] if self._body is None else [self._body]

    def _whole(self) -> bytes:
        return self._body if isinstance(self._body, bytes) else b"".join(self._pieces())


def open_socket(
    plan: ConnectionPlan, tls: ssl.SSLContext | None, made: Callable[[Any], None], failed: Callable[[str], None]
) -> None:
    """Connects in this greenlet and hands over a socket that does not block, or says why there is none.

    Args:
        plan: Where to, and how.
        tls: With which settings TLS is spoken; None for without.
        made: Is given the socket.
        failed: Is given a key of `replies.ERRORS`.
    """
    try:
        with gevent.Timeout(plan.timeout, TimeoutError):  # the lookup of a name has no limit of its own
            sock: Any = connect(plan, tls, time.monotonic() + plan.timeout)
    except ConnectionFailed as error:
        failed(UNREACHED[error.kind])
        return
    except TimeoutError:
        failed("timeout")
        return
    if tls is None:
        # A plain socket's own methods are C; gevent's are not, and nothing here waits in them.
        sock = get_original("socket", "socket")(sock.family, socket.SOCK_STREAM, 0, sock.detach())
    sock.setblocking(False)
    made(sock)
