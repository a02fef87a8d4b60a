"""The receiver of calls to returnURL: on loopback, inside the locust process."""

from __future__ import annotations

from typing import Any

import httptools
from gevent.server import StreamServer

from leadproof.bodies import MAX_BODY
from leadproof.load.locust.engine import LoadEngine

_RESPONSE = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"


class CallbackReceiver:
    """Tells the engine of every call."""

    def __init__(self, engine: LoadEngine) -> None:
        self._server = StreamServer(("127.0.0.1", 0), lambda sock, address: _serve(sock, engine))
        self._server.start()

    @property
    def url(self) -> str:
        """Base URL of the receiver."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        """Listens no more."""
        self._server.stop(timeout=1)


class _Call:
    """One call, as httptools reads it."""

    def __init__(self) -> None:
        self.path, self.media, self.body, self.whole = "", "", b"", False

    def on_url(self, url: bytes) -> None:
        """Notes the path."""
        self.path += url.decode("latin-1")

    def on_header(self, name: bytes, value: bytes) -> None:
        """Notes the media type."""
        if name.lower() == b"content-type":
            self.media = value.decode("latin-1").lower()

    def on_body(self, body: bytes) -> None:
        """Notes a piece of the body."""
        self.body += body

    def on_message_complete(self) -> None:
        """The call is whole."""
        self.whole = True


def _serve(sock: Any, engine: LoadEngine) -> None:
    call = _Call()
    parser = httptools.HttpRequestParser(call)
    sock.settimeout(10)
    try:
        while data := sock.recv(65_536):
            parser.feed_data(data)
            if len(call.body) > MAX_BODY:
                return
            if call.whole:
                sock.sendall(_RESPONSE)
                engine.called(call.path, call.body, call.media)
                call.__init__()  # type: ignore[misc]  # the next call on the same connection
    except (OSError, httptools.HttpParserError):
        return
    finally:
        sock.close()
