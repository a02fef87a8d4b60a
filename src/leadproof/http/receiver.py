"""A receiver on loopback for the call to `returnURL`: keeps what arrives, responds with 200, and waits for a certain
call.
"""

from __future__ import annotations

import contextlib
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BufferedIOBase
from types import TracebackType
from typing import Protocol

from leadproof.bodies import MAX_BODY
from leadproof.core.errors import ServerError
from leadproof.core.exchange import Request

#: Calls that are kept; later ones get a response and are forgotten.
_KEPT = 1000

#: Seconds that a caller may be silent within a call.
_PATIENCE = 10.0


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Says nothing: a caller that goes away in the middle is the caller's affair."""


def _body(file: BufferedIOBase, length: str, coding: str) -> bytes | None:
    """The body of a call (RFC 9112, section 6.3), cut at the cap; None if it cannot be told where it ends."""
    if "chunked" in coding.lower():
        body = b""
        with contextlib.suppress(ValueError):
            while len(body) <= MAX_BODY:
                size = int(file.readline(100).partition(b";")[0], 16)
                if size <= 0:
                    return body if size == 0 else None
                body += file.read(min(size, MAX_BODY))
                file.readline(100)
        return None
    if length.isascii() and length.isdigit():
        return file.read(min(int(length), MAX_BODY))
    return b"" if not length else None


class Postbox(Protocol):
    """Where calls to `returnURL` arrive."""

    @property
    def url(self) -> str:
        """Base URL; whatever path is added to it is received."""

    def wait(self, path: str, timeout: float) -> Request | None:
        """The first call to a path, or None if none comes within `timeout` seconds."""

    def all(self, path: str, settle: float) -> list[Request]:
        """Every call to a path, after `settle` seconds in which more may come."""


class Receiver:
    """Listens while it is open; a context manager."""

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Raises ServerError if the address is taken."""
        self._calls: list[Request] = []
        self._arrived = threading.Condition()
        calls, arrived = self._calls, self._arrived

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"  # for callers that wait for 100 Continue, and send in chunks
            timeout = _PATIENCE

            def handle_any(self) -> None:
                body = _body(
                    self.rfile, self.headers.get("content-length", ""), self.headers.get("transfer-encoding", "")
                )
                with arrived:
                    if len(calls) < _KEPT:
                        calls.append(Request(self.command, self.path, tuple(self.headers.items()), body or b""))
                    arrived.notify_all()
                self.close_connection = True
                self.send_response(200 if body is not None else 400)
                self.send_header("Content-Length", "0")
                self.send_header("Connection", "close")
                self.end_headers()

            do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any  # noqa: N815 - http.server's names

            def log_message(self, format: str, *args: object) -> None:
                """Prints nothing: what arrives is personal data."""

        try:
            self._server = _Server((host, port), Handler)
        except OSError as error:
            raise ServerError(f"cannot listen on {host}:{port}: {error.strerror}", hint="choose another port") from None
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        """Base URL; whatever path is added to it is received."""
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}"

    def __enter__(self) -> Receiver:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=2)

    def wait(self, path: str, timeout: float) -> Request | None:
        """The first call to a path, or None if none comes within `timeout` seconds."""
        deadline = time.monotonic() + timeout
        with self._arrived:
            while True:
                for call in self._calls:
                    if path in (call.target, call.path):
                        return call
                left = deadline - time.monotonic()
                if left <= 0:
                    return None
                self._arrived.wait(left)

    def all(self, path: str, settle: float) -> list[Request]:
        """Every call to a path, after `settle` seconds in which more may come."""
        time.sleep(settle)
        with self._arrived:
            return [call for call in self._calls if call.path == path]

    def calls(self) -> list[Request]:
        """What came until now."""
        with self._arrived:
            return list(self._calls)
