"""The mock as an ASGI 3 application, for in-process tests and for other servers."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Collection, MutableMapping
from typing import Any

from leadproof.core.errors import ServerError
from leadproof.core.exchange import Request
from leadproof.http.hosts import Hosts
from leadproof.mock import Mock
from leadproof.mock.engine.problems import document
from leadproof.mock.server.callbacks import send_callback
from leadproof.mock.server.heads import too_large
from leadproof.mock.server.serving import new_token

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]


def asgi(mock: Mock, hosts: Collection[str] = ()) -> Application:
    """The mock as an ASGI 3 application, for in-process tests and other servers.

    Args:
        mock: What responds.
        hosts: What clients may call it, besides loopback names and the server's own address.

    Raises:
        UsageError: One of `hosts` is none.
    """
    known = Hosts.named(hosts)
    mock.token = mock.token or new_token()

    async def application(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            while (await receive())["type"] != "lifespan.shutdown":
                await send({"type": "lifespan.startup.complete"})
            await send({"type": "lifespan.shutdown.complete"})
            return
        if scope["type"] != "http":
            raise ServerError(f"the mock speaks HTTP, not {scope['type']}")
        body = await _asgi_body(receive, mock.max_body)
        target = (scope.get("raw_path") or scope["path"].encode()) + (
            b"?" + scope["query_string"] if scope["query_string"] else b""
        )
        headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"])
        server = scope.get("server") or ("",)
        status, words = known.refusal("1.0", target, scope["headers"], str(server[0]))
        request = Request(scope["method"], target.decode("latin-1"), headers, body or b"")
        if status:
            response = document(status, words)
        else:
            response = too_large(mock.max_body) if body is None else mock.handle(request)
        pairs = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in response.headers]
        pairs.append((b"content-length", str(len(response.body)).encode()))
        await send({"type": "http.response.start", "status": response.status, "headers": pairs})
        content = b"" if scope["method"] == "HEAD" else response.body
        await send({"type": "http.response.body", "body": content})
        for callback in mock.due_callbacks():
            with contextlib.suppress(Exception):  # as in Server._call: there is nobody to tell
                await send_callback(callback)

    return application


async def _asgi_body(receive: Receive, limit: int) -> bytes | None:
    """The body of an ASGI request; None if it is larger than the limit."""
    pieces, size = [], 0
    while True:
        message = await receive()
        pieces.append(message.get("body", b""))
        size += len(pieces[-1])
        if size > limit:
            return None
        if not message.get("more_body"):
            return b"".join(pieces)
